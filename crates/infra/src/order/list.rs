use hexpress_database::sql::Condition;
use hexpress_database::{Connection, Failure};
use hexpress_domain::list::Page;
use hexpress_domain::order::{Order, OrderFilter, OrderQuery, OrderSort};

use super::read::with_items;
use super::rows::OrderRow;
use crate::list;
use crate::schema::orders;

pub(super) async fn page(
    connection: &mut Connection,
    query: &OrderQuery,
) -> Result<Page<Order>, Failure> {
    let (rows, total) = list::select!(
        connection, query, orders as OrderRow, by sort_key(query.sort),
        search None, |dialect| conditions(&query.filter, dialect::UNINDEXED),
    );
    let orders = with_items(connection, rows).await?;
    let cursor = |order: &Order| query.sort.cursor(order);
    Ok(list::page(orders, total, query.page.size, cursor))
}

fn conditions(filter: &OrderFilter, unindexed: &str) -> [Option<Condition>; 2] {
    let has_user = Condition::sql("orders.user_id = ");
    // A user's orders are few beside all of one status.
    let hidden = filter.user_id.map_or("", |_| unindexed);
    let has_status = |status| Condition::sql(format!("{hidden}orders.status = '{status}'"));
    [
        filter.user_id.map(|id| has_user.and_id(id.as_uuid())),
        filter.status.map(has_status),
    ]
}

/// What an order compares: the columns of the index that serves it, before the id.
const fn sort_key(sort: OrderSort) -> &'static str {
    match sort {
        OrderSort::CreatedAt => "orders.created_at",
        OrderSort::UpdatedAt => "orders.updated_at",
        OrderSort::TotalCents => "orders.total_cents",
    }
}
