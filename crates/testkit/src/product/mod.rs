//! What is promised of products.

mod list;
mod writes;

use crate::order::Shop;
use crate::promise::promises;

promises! {
    /// Makes a test of each promise of a [`ProductRepository`] with the orders that move
    /// its stock.
    ///
    /// Takes a function `async fn() -> (Shop, G)`.
    ///
    /// [`ProductRepository`]: hexpress_domain::product::ProductRepository
    product_promises of product;
    /// What a [`ProductRepository`](hexpress_domain::product::ProductRepository) promises,
    /// but for its ledger, which no port reads.
    for Shop {
        writes {
            what_is_stored_is_found,
            a_change_is_stored_and_moves_the_version_by_one,
            stock_is_what_the_decision_says,
            a_decision_sees_the_stock_that_orders_have_left,
            a_decision_that_refuses_or_says_nothing_changes_nothing,
            a_deleted_product_is_seen_by_decisions_alone,
            of_racing_decisions_none_is_lost,
        }
        list {
            every_order_is_total_and_cursors_walk_it,
            filters_and_searches_find_the_same_everywhere,
            a_search_finds_what_a_change_made_of_a_row,
        }
    }
}
