use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::Page;
use hexpress_domain::order::{
    Order, OrderId, OrderQuery, OrderRecord, OrderRepository, OrderSort, OrderStatus, Placement,
    PlacementRefusal,
};
use hexpress_domain::product::{ProductId, ProductRepository, Stock};
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::{UserId, UserRepository};
use hexpress_testkit::memory::MemoryStore;
use hexpress_testkit::order::{PROMISES, Shop};
use hexpress_testkit::samples::product_edit;

use crate::products::FaultyProducts;
use crate::{assert_found, spoiled};

struct FaultyOrders {
    orders: Arc<MemoryStore>,
    /// Who used a key first.
    first_user: Mutex<Option<UserId>>,
    fault: &'static str,
}

/// A shop with this fault.
pub async fn shop(fault: &'static str) -> (Shop, ()) {
    let store = Arc::new(MemoryStore::default());
    let shop = Shop {
        users: store.clone(),
        products: Arc::new(FaultyProducts {
            products: store.clone(),
            first_stock: Mutex::default(),
            fault,
        }),
        orders: Arc::new(FaultyOrders {
            orders: store,
            first_user: Mutex::default(),
            fault,
        }),
    };
    (shop, ())
}

#[tokio::test(start_paused = true)]
async fn each_is_found_by_the_name_of_its_promise() {
    assert_found(PROMISES, false, shop).await;
}

#[tokio::test(start_paused = true)]
async fn slow_each_is_found_by_the_name_of_its_promise() {
    assert_found(PROMISES, true, shop).await;
}

impl FaultyOrders {
    fn orders(&self) -> &dyn OrderRepository {
        &*self.orders
    }

    /// Moves the stock of a product that is there.
    async fn add(&self, id: ProductId, pieces: i64) {
        let products: &dyn ProductRepository = &*self.orders;
        if products.find(id).await.unwrap().is_some() {
            let more = product_edit(move |product| {
                let stock = product.stock.get().saturating_add_signed(pieces);
                product.stock = Stock::new(stock);
            });
            products.change(id, more).await.unwrap();
        }
    }
}

#[async_trait]
impl OrderRepository for FaultyOrders {
    async fn place(&self, mut order: OrderRecord) -> Result<Placement, RepositoryError> {
        match (self.fault, &mut order.idempotency) {
            ("a_key_is_its_users_own", Some(_)) => {
                let mut first = self.first_user.lock().unwrap();
                order.user_id = *first.get_or_insert(order.user_id);
            }
            ("a_key_is_forgotten_when_its_time_is_over", Some(idempotency)) => {
                idempotency.expires_at += TimeDelta::days(9);
            }
            ("of_racing_calls_with_one_key_one_places_and_all_answer_it", idempotency) => {
                *idempotency = None;
            }
            _ => {}
        }
        let mut again = order.clone();
        let outcome = self.orders().place(order).await;
        match (self.fault, outcome) {
            ("one_bad_line_leaves_all_as_it_was", Ok(Placement::Refused(refusal))) => {
                self.add(again.order.items()[0].product_id, -1).await;
                Ok(Placement::Refused(refusal))
            }
            ("nobody_places_no_order", Err(RepositoryError::MissingReference)) => {
                Err(RepositoryError::NotFound)
            }
            (
                "the_same_command_is_answered_with_the_order_of_then",
                Ok(Placement::Replayed(order)),
            ) => {
                let present = self.orders().find(order.id).await?;
                Ok(Placement::Replayed(present.unwrap()))
            }
            ("another_command_is_not_what_the_key_was_used_for", Ok(Placement::KeyReused)) => {
                again.idempotency = None;
                self.orders().place(again).await
            }
            ("slow_no_piece_is_sold_twice", Ok(Placement::Refused(PlacementRefusal::Short(_)))) => {
                for item in again.order.items() {
                    self.add(item.product_id, 1).await;
                }
                self.orders().place(again).await
            }
            (_, outcome) => outcome,
        }
    }

    async fn find(&self, id: OrderId) -> Result<Option<Order>, RepositoryError> {
        let mut found = self.orders().find(id).await?;
        match (self.fault, &mut found) {
            ("what_is_placed_is_found_with_prices_of_its_own", Some(order)) => {
                let products: &dyn ProductRepository = &*self.orders;
                for item in &mut order.items {
                    if products.find(item.product_id).await?.is_none() {
                        item.name = "Gone".parse().unwrap();
                    }
                }
            }
            ("a_hundred_lines_are_one_order", Some(order)) => {
                order.items.sort_by_key(|item| item.product_id);
            }
            ("the_orders_of_a_deleted_user_stay", Some(order)) => {
                let users: &dyn UserRepository = &*self.orders;
                let user = users.find(order.user_id, Liveness::Live).await?;
                found = found.filter(|_| user.is_some());
            }
            _ => {}
        }
        Ok(found)
    }

    async fn list(&self, mut query: OrderQuery) -> Result<Page<Order>, RepositoryError> {
        match self.fault {
            "every_order_is_total_and_cursors_walk_it" if query.sort == OrderSort::TotalCents => {
                query.sort = OrderSort::CreatedAt;
            }
            "filters_are_of_user_and_status" => query.filter.status = None,
            _ => {}
        }
        self.orders().list(query).await
    }

    async fn change(
        &self,
        id: OrderId,
        mut decide: Decide<Order>,
    ) -> Result<Order, RepositoryError> {
        if self.fault == "a_step_that_is_refused_or_none_leaves_all_as_it_was" {
            decide = spoiled(decide, |before, after| {
                after.or_else(|| before.transition(OrderStatus::Paid, before.updated_at).ok())
            });
        }
        let outcome = self.orders().change(id, decide).await;
        let times = match self.fault {
            "an_order_moves_along_and_a_cancelled_one_gives_back"
            | "slow_orders_cancellations_and_admins_do_not_lose_each_others_pieces" => -1,
            "slow_however_steps_race_pieces_go_back_once" => 1,
            _ => 0,
        };
        match outcome {
            Ok(order) if order.status == OrderStatus::Cancelled && times != 0 => {
                for item in &order.items {
                    let pieces = times * i64::from(item.quantity.get());
                    self.add(item.product_id, pieces).await;
                }
                Ok(order)
            }
            outcome => outcome,
        }
    }

    async fn cancel_overdue(
        &self,
        mut placed_until: DateTime<Utc>,
        at: DateTime<Utc>,
    ) -> Result<u64, RepositoryError> {
        if self.fault == "overdue_orders_are_cancelled_and_others_stay" {
            placed_until += TimeDelta::days(1);
        }
        let count = self.orders().cancel_overdue(placed_until, at).await?;
        Ok(match self.fault {
            "slow_each_overdue_order_is_cancelled_once_whoever_gets_there_first" => count + 1,
            _ => count,
        })
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, RepositoryError> {
        self.orders().sweep(now).await
    }
}
