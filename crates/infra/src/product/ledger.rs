//! The ledger: every movement of stock, with its cause.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{StoredId, StoredInstant};
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::product::ProductId;

use crate::schema::stock_movements;

/// What stock moved for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The product is new.
    Created,
    /// An admin has said so.
    Adjusted,
    /// An order took it.
    Ordered,
    /// An order gave it back.
    Cancelled,
}

impl Cause {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Adjusted => "adjusted",
            Self::Ordered => "ordered",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Records a movement of stock that no order has caused. A delta of 0 is not recorded.
pub(super) async fn record(
    connection: &mut Connection,
    product_id: ProductId,
    delta: i64,
    cause: Cause,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    if delta == 0 {
        return Ok(());
    }
    on_backend!(connection, |c| {
        diesel::insert_into(stock_movements::table)
            .values((
                stock_movements::product_id.eq(StoredId::from(product_id)),
                stock_movements::delta.eq(delta),
                stock_movements::cause.eq(cause.as_str()),
                stock_movements::created_at.eq(StoredInstant(at)),
            ))
            .execute(c)
            .await?;
    });
    Ok(())
}
