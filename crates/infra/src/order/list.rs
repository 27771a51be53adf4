use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Keyset, Prepared, StoredId};
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::list::{Page, Position, Total};
use hexpress_domain::order::{Order, OrderQuery, OrderSort};

use super::read::with_items;
use super::rows::OrderRow;
use crate::list;
use crate::schema::orders;

pub(super) async fn page(
    connection: &mut Connection,
    query: &OrderQuery,
) -> Result<Page<Order>, Failure> {
    let (rows, total) = select(connection, query).await?;
    let orders = with_items(connection, rows).await?;
    let cursor = |order: &Order| query.sort.cursor(order);
    Ok(list::page(orders, total, query.page.size, cursor))
}

/// The page's rows, one more where more come behind it, and the total where it is
/// asked for.
async fn select(
    connection: &mut Connection,
    query: &OrderQuery,
) -> Result<(Vec<OrderRow>, Option<Total>), Failure> {
    let order = Keyset {
        key: sort_key(query.sort),
        id: "orders.id",
        direction: list::direction(query.direction),
    };
    Ok(on_backend!(connection, |c, dialect| {
        let matching = || {
            let mut orders = orders::table.into_boxed::<dialect::Backend>();
            if let Some(user_id) = query.filter.user_id {
                orders = orders.filter(orders::user_id.eq(StoredId::from(user_id)));
            }
            if let Some(status) = query.filter.status {
                // A user's orders are few beside all of one status.
                let hidden = query.filter.user_id.map_or("", |_| dialect::UNINDEXED);
                let has_status = format!("{hidden}orders.status = '{status}'");
                orders = orders.filter(sql::<Bool>(&has_status));
            }
            orders
        };

        let mut page = matching()
            .select(OrderRow::as_select())
            .order(sql::<Text>(&order.clause()))
            .limit(list::one_more_than(query.page.size));
        page = match &query.page.position {
            Position::Page(number) => match number.offset(query.page.size) {
                Some(offset) => page.offset(offset),
                None => page.limit(0),
            },
            Position::After(cursor) => {
                page.filter(list::behind(&order, cursor, dialect::LOWEST_INSTANT))
            }
        };
        let rows = Prepared(page).load(c).await?;

        if !query.page.count {
            return Ok((rows, None));
        }
        let count: i64 = matching().count().get_result(c).await?;
        let total = Total::Exactly(u64::try_from(count).unwrap_or_default());
        (rows, Some(total))
    }))
}

/// What an order compares: the columns of the index that serves it, before the id.
const fn sort_key(sort: OrderSort) -> &'static str {
    match sort {
        OrderSort::CreatedAt => "orders.created_at",
        OrderSort::UpdatedAt => "orders.updated_at",
        OrderSort::TotalCents => "orders.total_cents",
    }
}
