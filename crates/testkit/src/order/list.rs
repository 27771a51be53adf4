use std::cmp::Ordering;

use chrono::TimeDelta;
use hexpress_domain::list::{Direction, Page, Position, Sort, Total};
use hexpress_domain::order::{Order, OrderFilter, OrderQuery, OrderRecord, OrderSort, OrderStatus};
use hexpress_domain::user::User;

use super::Shop;
use crate::promise::MOST_PAGES;
use crate::samples::{now, order_record, order_step, page};

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

fn compare(sort: OrderSort, left: &Order, right: &Order) -> Ordering {
    let value = |order: &Order| sort.cursor(order).value;
    value(left).cmp(&value(right)).then(left.id.cmp(&right.id))
}

async fn list(stores: &Shop, query: OrderQuery) -> Page<Order> {
    stores.orders.list(query).await.unwrap()
}

async fn walk(stores: &Shop, query: &OrderQuery) -> Vec<Order> {
    let mut query = query.clone();
    let mut walked = Vec::new();
    for _ in 0..MOST_PAGES {
        let page = list(stores, query.clone()).await;
        walked.extend(page.items);
        match page.next {
            Some(cursor) => query.page.position = Position::After(cursor),
            None => return walked,
        }
    }
    panic!("the cursors lead to no end");
}

pub(super) async fn every_order_is_total_and_cursors_walk_it(stores: &Shop) {
    let users = [stores.user().await, stores.user().await];
    let mut orders = orders(stores, &users).await;
    for &sort in OrderSort::ALL {
        for direction in [Direction::Ascending, Direction::Descending] {
            orders.sort_by(|left, right| compare(sort, left, right));
            if direction == Direction::Descending {
                orders.reverse();
            }
            for size in [100, 1, 5, 12] {
                let query = OrderQuery {
                    sort,
                    direction,
                    page: page(size),
                    ..OrderQuery::default()
                };
                let walked = walk(stores, &query).await;
                assert_eq!(walked, orders, "{sort:?} {direction:?} by {size}");
            }
        }
    }
}

pub(super) async fn filters_are_of_user_and_status(stores: &Shop) {
    let users = [stores.user().await, stores.user().await];
    let orders = orders(stores, &users).await;
    let everybody = users.iter().map(|user| Some(user.id)).chain([None]);
    for user_id in everybody {
        for status in OrderStatus::ALL.map(Some).into_iter().chain([None]) {
            let query = OrderQuery {
                filter: OrderFilter { user_id, status },
                direction: Direction::Ascending,
                page: page(3),
                ..OrderQuery::default()
            };
            let mut expected: Vec<_> = orders
                .iter()
                .filter(|order| user_id.is_none_or(|id| order.user_id == id))
                .filter(|order| status.is_none_or(|status| order.status == status))
                .cloned()
                .collect();
            expected.sort_by(|left, right| compare(OrderSort::CreatedAt, left, right));
            let total = Total::Exactly(expected.len().try_into().unwrap());
            assert_eq!(list(stores, query.clone()).await.total, Some(total));
            assert_eq!(walk(stores, &query).await, expected);
        }
    }
}
