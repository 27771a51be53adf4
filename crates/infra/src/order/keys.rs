//! Idempotency keys: what a user's key was used for.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::query_dsl::methods;
use diesel::sql_types::Bool;
use diesel::upsert::excluded;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Instant, Prepared, StoredId, StoredInstant};
use hexpress_database::{Connection, Failure, SWEEP_BATCH, on_backend};
use hexpress_domain::order::{Idempotency, NewOrder, OrderRecord, Placement};
use hexpress_domain::repository::RepositoryError;
use sha2::{Digest, Sha256};

use super::read::with_items;
use super::rows::OrderRow;
use crate::schema::{idempotency_keys, orders};

/// A bug: what stood in the way of the claim is not there.
#[derive(Debug, thiserror::Error)]
#[error("an idempotency key that was held is gone")]
struct KeyGone;

/// Claims the key for the order, where nobody has it or who had it is forgotten; else
/// says what it was used for. Comes before all else in the transaction: who claims a
/// key that another transaction has claimed waits here until that one has ended.
pub(super) async fn claim(
    connection: &mut Connection,
    record: &OrderRecord,
    idempotency: &Idempotency,
) -> Result<Option<Placement>, Failure> {
    let fingerprint = fingerprint(&record.order);
    let claimed = on_backend!(&mut *connection, |c| {
        let claim = diesel::insert_into(idempotency_keys::table)
            .values((
                idempotency_keys::user_id.eq(StoredId::from(record.user_id)),
                idempotency_keys::key.eq(idempotency.key.as_str()),
                idempotency_keys::fingerprint.eq(fingerprint.as_slice()),
                idempotency_keys::order_id.eq(StoredId::from(record.id)),
                idempotency_keys::expires_at.eq(StoredInstant(idempotency.expires_at)),
            ))
            .on_conflict((idempotency_keys::user_id, idempotency_keys::key))
            .do_update()
            .set((
                idempotency_keys::fingerprint.eq(excluded(idempotency_keys::fingerprint)),
                idempotency_keys::order_id.eq(excluded(idempotency_keys::order_id)),
                idempotency_keys::expires_at.eq(excluded(idempotency_keys::expires_at)),
            ));
        let is_forgotten = idempotency_keys::expires_at.le(StoredInstant(record.at));
        Prepared(methods::FilterDsl::filter(claim, is_forgotten))
            .execute(c)
            .await?
    });
    if claimed > 0 {
        return Ok(None);
    }
    let known: Option<(Vec<u8>, OrderRow)> = on_backend!(&mut *connection, |c| {
        idempotency_keys::table
            .inner_join(orders::table)
            .filter(idempotency_keys::user_id.eq(StoredId::from(record.user_id)))
            .filter(idempotency_keys::key.eq(idempotency.key.as_str()))
            .select((idempotency_keys::fingerprint, OrderRow::as_select()))
            .get_result(c)
            .await
            .optional()?
    });
    let gone = || RepositoryError::Internal(KeyGone.into());
    let (known, row) = known.ok_or_else(gone)?;
    if known != fingerprint {
        return Ok(Some(Placement::KeyReused));
    }
    let order = with_items(connection, vec![row]).await?.pop();
    let order = order.ok_or_else(gone)?;
    Ok(Some(Placement::Replayed(order.as_placed())))
}

/// Of the command, not of the bytes that it came in: a form and JSON that ask for the
/// same are the same.
fn fingerprint(order: &NewOrder) -> [u8; 32] {
    let mut digest = Sha256::new();
    for item in order.items() {
        digest.update(item.product_id.as_uuid().as_bytes());
        digest.update(item.quantity.get().to_be_bytes());
    }
    digest.finalize().into()
}

pub(super) async fn sweep_batch(
    connection: &mut Connection,
    now: DateTime<Utc>,
) -> Result<u64, Failure> {
    let oldest = format!(" ORDER BY expires_at LIMIT {SWEEP_BATCH})");
    let batch = sql::<Bool>(
        "(user_id, key) IN (SELECT user_id, key FROM idempotency_keys WHERE expires_at <= ",
    )
    .bind::<Instant, _>(StoredInstant(now))
    .sql(&oldest);
    let count = on_backend!(connection, |c| {
        diesel::delete(idempotency_keys::table)
            .filter(batch)
            // A key that is used again meanwhile has a new end.
            .filter(idempotency_keys::expires_at.le(StoredInstant(now)))
            .execute(c)
            .await?
    });
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}
