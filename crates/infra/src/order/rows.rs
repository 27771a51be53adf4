use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType, Integer, Text};
use hexpress_database::Corrupt;
use hexpress_database::sql::{Id, StoredId, StoredInstant};
use hexpress_domain::entity::Version;
use hexpress_domain::money::Money;
use hexpress_domain::order::{Order, OrderId, OrderItem};
use hexpress_domain::product::ProductId;
use hexpress_domain::text::Kept;
use hexpress_domain::user::UserId;

use crate::schema::{order_items, orders};

/// An order without its lines.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = orders)]
pub(super) struct OrderRow {
    pub(super) id: StoredId,
    user_id: StoredId,
    status: String,
    total_cents: i64,
    currency: String,
    version: i64,
    created_at: StoredInstant,
    updated_at: StoredInstant,
}

/// A line of an order.
#[derive(Queryable, Selectable)]
#[diesel(table_name = order_items)]
pub(super) struct OrderItemRow {
    pub(super) order_id: StoredId,
    position: i32,
    product_id: StoredId,
    name: String,
    quantity: i64,
    unit_price_cents: i64,
}

/// The statement that stores the lines of an order. Diesel has none for several rows on SQLite.
pub(super) struct NewItems(Vec<OrderItemRow>);

impl OrderRow {
    pub(super) fn of(order: &Order) -> Self {
        Self {
            id: order.id.into(),
            user_id: order.user_id.into(),
            status: order.status.as_str().to_owned(),
            // Money is at most 2^53 - 1.
            total_cents: i64::try_from(order.total.cents()).unwrap_or(i64::MAX),
            currency: order.total.currency().as_str().to_owned(),
            version: order.version.get(),
            created_at: order.created_at.into(),
            updated_at: order.updated_at.into(),
        }
    }

    /// The order with its lines, which come in their order.
    pub(super) fn with(self, items: Vec<OrderItemRow>) -> Result<Order, Corrupt> {
        let columns = Corrupt::row("orders", self.id.0);
        let currency = columns.parse("currency", &self.currency)?;
        let cents = columns.convert("total_cents", self.total_cents)?;
        Ok(Order {
            id: OrderId::new(self.id.0),
            user_id: UserId::new(self.user_id.0),
            status: columns.parse("status", &self.status)?,
            items: items
                .into_iter()
                .map(OrderItem::try_from)
                .collect::<Result<_, _>>()?,
            total: Money::new(cents, currency).map_err(columns.column("total_cents"))?,
            version: Version::new(self.version),
            created_at: self.created_at.0,
            updated_at: self.updated_at.0,
        })
    }
}

impl NewItems {
    pub(super) fn of(order: &Order) -> Self {
        let rows = (0..)
            .zip(&order.items)
            .map(|(position, item)| OrderItemRow {
                order_id: order.id.into(),
                position,
                product_id: item.product_id.into(),
                name: item.name.as_str().to_owned(),
                quantity: item.quantity.into(),
                unit_price_cents: item.unit_price.into(),
            })
            .collect();
        Self(rows)
    }
}

impl QueryId for NewItems {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB> QueryFragment<DB> for NewItems
where
    DB: Backend + HasSqlType<Id>,
    StoredId: ToSql<Id, DB>,
    i32: ToSql<Integer, DB>,
    i64: ToSql<BigInt, DB>,
    String: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql(
            "INSERT INTO order_items \
             (order_id, position, product_id, name, quantity, unit_price_cents) VALUES ",
        );
        for (index, row) in self.0.iter().enumerate() {
            out.push_sql(if index == 0 { "(" } else { ", (" });
            out.push_bind_param::<Id, _>(&row.order_id)?;
            out.push_sql(", ");
            out.push_bind_param::<Integer, _>(&row.position)?;
            out.push_sql(", ");
            out.push_bind_param::<Id, _>(&row.product_id)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(&row.name)?;
            out.push_sql(", ");
            out.push_bind_param::<BigInt, _>(&row.quantity)?;
            out.push_sql(", ");
            out.push_bind_param::<BigInt, _>(&row.unit_price_cents)?;
            out.push_sql(")");
        }
        Ok(())
    }
}

impl TryFrom<OrderItemRow> for OrderItem {
    type Error = Corrupt;

    fn try_from(row: OrderItemRow) -> Result<Self, Corrupt> {
        let columns = Corrupt::row("order_items", row.order_id.0);
        Ok(Self {
            product_id: ProductId::new(row.product_id.0),
            name: columns.convert("name", Kept(row.name))?,
            quantity: columns.convert("quantity", row.quantity)?,
            unit_price: columns.convert("unit_price_cents", row.unit_price_cents)?,
        })
    }
}
