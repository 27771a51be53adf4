use async_trait::async_trait;
use chrono::{DateTime, Utc};
use diesel::backend::Backend;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, HasSqlType};
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Id, Locked, StoredId, StoredInstant};
use hexpress_database::{Connection, Database, Failure, SWEEP_BATCH, on_backend};
use hexpress_domain::post::{ViewBatch, ViewRepository};
use hexpress_domain::repository::RepositoryError;

use crate::schema::{post_views, view_batches};

/// [`ViewRepository`] in the database.
#[derive(Clone)]
pub struct DieselViewRepository {
    database: Database,
}

impl DieselViewRepository {
    /// Counts in this database, whose migrations have been run.
    #[must_use]
    pub const fn new(database: Database) -> Self {
        Self { database }
    }
}

#[async_trait]
impl ViewRepository for DieselViewRepository {
    async fn add(&self, batch: ViewBatch) -> Result<(), RepositoryError> {
        self.database
            .write(batch, |connection, batch| Box::pin(add(connection, batch)))
            .await
    }

    async fn forget_batches(&self, before: DateTime<Utc>) -> Result<u64, RepositoryError> {
        self.database
            .sweep(before, |connection, before| {
                Box::pin(forget_some(connection, *before))
            })
            .await
    }
}

async fn add(connection: &mut Connection, batch: &ViewBatch) -> Result<(), Failure> {
    let is_new = on_backend!(&mut *connection, |c| {
        diesel::insert_into(view_batches::table)
            .values((
                view_batches::id.eq(StoredId::from(batch.id)),
                view_batches::made_at.eq(StoredInstant(batch.at)),
            ))
            .on_conflict_do_nothing()
            .execute(c)
            .await?
    });
    if is_new == 0 || batch.views.is_empty() {
        return Ok(());
    }
    let views = batch.views.iter().map(|&(id, views)| {
        let views = i64::try_from(views).unwrap_or(i64::MAX);
        (StoredId::from(id), views)
    });
    let addition = Addition(views.collect());
    let ids: Vec<_> = addition.0.iter().map(|(id, _)| *id).collect();
    lock_views(connection, &ids).await?;
    on_backend!(connection, |c| addition.execute(c).await?);
    Ok(())
}

/// Locks the views of these posts until the transaction ends, in the order of their ids.
pub(crate) async fn lock_views(
    connection: &mut Connection,
    ids: &[StoredId],
) -> Result<(), Failure> {
    let views = post_views::table
        .filter(post_views::post_id.eq_any(ids))
        .order(post_views::post_id)
        .select(post_views::post_id);
    Ok(connection.lock(Locked::for_update(views)).await?)
}

/// Adds to the counts of many posts at once. Both databases call the columns of
/// `VALUES` so.
pub(crate) struct Addition(pub(crate) Vec<(StoredId, i64)>);

impl QueryId for Addition {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB> QueryFragment<DB> for Addition
where
    DB: Backend + HasSqlType<Id>,
    StoredId: ToSql<Id, DB>,
    i64: ToSql<BigInt, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        // There are as many texts as sizes of batches.
        out.unsafe_to_cache_prepared();
        out.push_sql("UPDATE post_views SET count = count + batch.column2 FROM (VALUES ");
        for (index, (id, views)) in self.0.iter().enumerate() {
            out.push_sql(if index == 0 { "(" } else { "), (" });
            out.push_bind_param::<Id, _>(id)?;
            out.push_sql(", ");
            out.push_bind_param::<BigInt, _>(views)?;
        }
        out.push_sql(")) AS batch WHERE post_views.post_id = batch.column1");
        Ok(())
    }
}

async fn forget_some(connection: &mut Connection, before: DateTime<Utc>) -> Result<u64, Failure> {
    let old = diesel::alias!(view_batches as old);
    let batch = old
        .filter(old.field(view_batches::made_at).lt(StoredInstant(before)))
        .select(old.field(view_batches::id))
        .limit(SWEEP_BATCH.into());
    let count = on_backend!(connection, |c| {
        diesel::delete(view_batches::table)
            .filter(view_batches::id.eq_any(batch))
            .execute(c)
            .await?
    });
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}
