use std::sync::Arc;

use chrono::TimeDelta;
use hexpress_domain::order::{
    Order, OrderFilter, OrderQuery, OrderRecord, OrderRepository, OrderSort, OrderStatus,
};
use hexpress_domain::user::User;

use super::Shop;
use crate::list::List;
use crate::samples::{now, order_record, order_step};

/// Orders of two users whose times and totals tie, of which some have come further.
async fn orders(stores: &Shop, users: &[User; 2]) -> Vec<Order> {
    let products = [stores.product(5, 100).await, stores.product(7, 100).await];
    let mut orders = Vec::new();
    for number in 0..12_i64 {
        let index = usize::try_from(number).unwrap();
        let items = [(products[1].id, 1 + number % 3), (products[0].id, 2)];
        let record = OrderRecord {
            at: now() + TimeDelta::milliseconds(number / 3),
            ..order_record(users[index % 2].id, &items[..1 + index % 2])
        };
        let mut order = stores.order(record).await;
        if index % 3 == 0 {
            let to = [OrderStatus::Paid, OrderStatus::Cancelled][index % 2];
            let step = stores.orders.change(order.id, order_step(to));
            order = step.await.unwrap();
        }
        orders.push(order);
    }
    orders
}

fn list(stores: &Shop) -> List<Arc<dyn OrderRepository>, Order, OrderFilter, OrderSort> {
    List {
        port: Arc::clone(&stores.orders),
        ask: |orders, query| orders.list(query),
        cursor: OrderSort::cursor,
    }
}

pub(super) async fn every_order_is_total_and_cursors_walk_it(stores: &Shop) {
    let users = [stores.user().await, stores.user().await];
    let orders = orders(stores, &users).await;
    list(stores).assert_every_order(orders).await;
}

pub(super) async fn filters_are_of_user_and_status(stores: &Shop) {
    let users = [stores.user().await, stores.user().await];
    let orders = orders(stores, &users).await;
    let everybody = users.iter().map(|user| Some(user.id)).chain([None]);
    for user_id in everybody {
        for status in OrderStatus::ALL.map(Some).into_iter().chain([None]) {
            let query = OrderQuery {
                filter: OrderFilter { user_id, status },
                ..OrderQuery::default()
            };
            let fits = |order: &&Order| {
                user_id.is_none_or(|id| order.user_id == id)
                    && status.is_none_or(|status| order.status == status)
            };
            let expected = orders.iter().filter(fits).cloned().collect();
            list(stores).assert_rows(query, expected, &[3]).await;
        }
    }
}
