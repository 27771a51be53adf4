//! What is promised of orders, their idempotency keys, and the stock that they move.

mod key;
mod list;
mod race;
mod writes;

use std::sync::Arc;

use hexpress_app::Ports;
use hexpress_domain::order::{Order, OrderQuery, OrderRecord, OrderRepository, Placement};
use hexpress_domain::product::{Product, ProductQuery, ProductRepository};
use hexpress_domain::user::{Role, User, UserRepository};

use crate::promise::promises;
use crate::samples::{page, product_record};
use crate::user::sign_up;

/// Products, orders and those who place them, in one store that holds nothing.
pub struct Shop {
    /// Those who order.
    pub users: Arc<dyn UserRepository>,
    /// What is sold.
    pub products: Arc<dyn ProductRepository>,
    /// What was ordered.
    pub orders: Arc<dyn OrderRepository>,
}

impl From<&Ports> for Shop {
    fn from(ports: &Ports) -> Self {
        Self {
            users: Arc::clone(&ports.users),
            products: Arc::clone(&ports.products),
            orders: Arc::clone(&ports.orders),
        }
    }
}

promises! {
    /// Makes a test of each promise of an [`OrderRepository`] with the products whose
    /// stock it moves.
    ///
    /// Takes a function `async fn() -> (Shop, G)`.
    ///
    /// [`OrderRepository`]: hexpress_domain::order::OrderRepository
    order_promises of order;
    /// What an [`OrderRepository`] promises.
    for Shop {
        writes {
            what_is_placed_is_found_with_prices_of_its_own,
            a_hundred_lines_are_one_order,
            one_bad_line_leaves_all_as_it_was,
            an_order_moves_along_and_a_cancelled_one_gives_back,
            a_step_that_is_refused_or_none_leaves_all_as_it_was,
            overdue_orders_are_cancelled_and_others_stay,
            the_orders_of_a_deleted_user_stay,
            nobody_places_no_order,
        }
        key {
            the_same_command_is_answered_with_the_order_of_then,
            another_command_is_not_what_the_key_was_used_for,
            a_key_is_its_users_own,
            a_key_is_forgotten_when_its_time_is_over,
            of_racing_calls_with_one_key_one_places_and_all_answer_it,
        }
        list {
            every_order_is_total_and_cursors_walk_it,
            filters_are_of_user_and_status,
        }
        race {
            slow_no_piece_is_sold_twice,
            slow_orders_cancellations_and_admins_do_not_lose_each_others_pieces,
            slow_however_steps_race_pieces_go_back_once,
            slow_each_overdue_order_is_cancelled_once_whoever_gets_there_first,
        }
    }
}

impl Shop {
    pub(crate) async fn user(&self) -> User {
        sign_up(&*self.users, Role::User).await
    }

    pub(crate) async fn product(&self, price: i64, stock: u64) -> Product {
        let record = product_record("Engine", price, stock);
        self.products.insert(record).await.unwrap()
    }

    pub(crate) async fn stock_of(&self, product: &Product) -> u64 {
        let found = self.products.find(product.id).await.unwrap();
        found.unwrap().stock.get()
    }

    /// Places an order that cannot fail.
    pub(crate) async fn order(&self, record: OrderRecord) -> Order {
        match self.orders.place(record).await.unwrap() {
            Placement::Placed(order) => order,
            other => panic!("{other:?}"),
        }
    }

    /// All that orders write, as far as it can be read, to see that nothing has changed.
    pub(crate) async fn snapshot(&self) -> (Vec<Product>, Vec<Order>) {
        let products = self.products.list(ProductQuery {
            page: page(100),
            ..ProductQuery::default()
        });
        let orders = self.orders.list(OrderQuery {
            page: page(100),
            ..OrderQuery::default()
        });
        (products.await.unwrap().items, orders.await.unwrap().items)
    }
}
