//! The plans of the list of orders: none may read the whole table.

use hexpress_domain::list::SortValue;
use hexpress_domain::order::{OrderFilter, OrderSort, OrderStatus};
use hexpress_domain::user::UserId;
use hexpress_test_support::Kind;
use rstest::rstest;
use uuid::Uuid;

use super::list;
use crate::testing::plans::{Filled, assert_led_by, id_of, middle, minute, numbers};

const USER: Uuid = Uuid::from_u128(7);

#[rstest]
#[case("", None, None)]
#[case("status_", None, Some(OrderStatus::Paid))]
#[case("user_id_", Some(USER), None)]
#[case("user_id_", Some(USER), Some(OrderStatus::Paid))]
#[tokio::test]
async fn a_cursor_leads_into_the_index_of_its_order(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
    #[case] narrowed: &str,
    #[case] user: Option<Uuid>,
    #[case] status: Option<OrderStatus>,
) {
    let (id, user_id) = (id_of(kind, "i"), id_of(kind, "i % 80 + 1"));
    let (time, numbers) = (minute(kind, "i"), numbers(kind, 6000));
    let rows = format!(
        "INSERT INTO users (id, email, password_hash, first_name, last_name, role, is_active, \
             search_text, version, created_at, updated_at) \
         SELECT {id}, i || '@x', 'h', 'A', '', 'user', TRUE, '', 1, {time}, {time} \
         FROM {numbers} WHERE i <= 80;
         INSERT INTO orders (id, user_id, status, total_cents, currency, version, created_at, \
             updated_at) \
         SELECT {id}, {user_id}, CASE i % 19 WHEN 0 THEN 'paid' ELSE 'pending' END, i, 'EUR', \
             1, {time}, {time} FROM {numbers};"
    );
    let filled = Filled::with(kind, &rows).await;
    let filter = OrderFilter {
        user_id: user.map(UserId::new),
        status,
    };
    let values: Vec<_> = user.iter().map(|user| format!("'{user}'")).collect();
    for (sort, value, key) in [
        (OrderSort::CreatedAt, middle(), "created_at"),
        (OrderSort::UpdatedAt, middle(), "updated_at"),
        (
            OrderSort::TotalCents,
            SortValue::Number(3000),
            "total_cents",
        ),
    ] {
        let plans = filled.plans_behind((filter.clone(), &values), (sort, value), |c, query| {
            Box::pin(list::page(c, query))
        });
        for plan in plans.await {
            if user.is_some() && status.is_some() {
                // So few that they may as well be sorted, once an index has found them.
                assert!(plan.contains("orders_user_id_"), "{plan}");
            } else {
                assert_led_by(&plan, &format!("orders_{narrowed}{key}_idx"));
            }
        }
    }
}
