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
            stock_is_set_and_moved,
            a_change_of_stock_is_about_the_stock_that_orders_have_left,
            stock_stays_within_its_bounds,
            a_write_says_what_it_did_not_find,
            of_racing_changes_that_saw_one_version_one_succeeds,
        }
        list {
            every_order_is_total_and_cursors_walk_it,
            filters_and_searches_find_the_same_everywhere,
            a_search_finds_what_a_change_made_of_a_row,
        }
    }
}
