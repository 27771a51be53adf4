use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{StoredId, StoredInstant};
use hexpress_database::{Connection, Failure, on_backend};

use super::{BATCH, counted, rows};
use crate::schema::{kept_slugs, posts};

/// How many are to be removed, and how many old slugs with them.
pub(super) async fn count(
    connection: &mut Connection,
    before: DateTime<Utc>,
) -> Result<(u64, u64), Failure> {
    let (posts, slugs): (i64, i64) = on_backend!(connection, |c| {
        let posts = posts::table
            .filter(posts::deleted_at.lt(StoredInstant(before)))
            .count()
            .get_result(c)
            .await?;
        let slugs = kept_slugs::table
            .inner_join(posts::table)
            .filter(posts::deleted_at.lt(StoredInstant(before)))
            .count()
            .get_result(c)
            .await?;
        (posts, slugs)
    });
    Ok((counted(posts), counted(slugs)))
}

/// Removes a batch, with old slugs and views, and returns how many posts and slugs;
/// `None` if there are no more.
pub(super) async fn remove(
    connection: &mut Connection,
    before: DateTime<Utc>,
) -> Result<Option<(u64, u64)>, Failure> {
    let before = StoredInstant(before);
    let removed = on_backend!(connection, |c, dialect in crate::dialect| {
        let ids: Vec<StoredId> = dialect::lock_deleted_posts(c, before, BATCH.into()).await?;
        if ids.is_empty() {
            return Ok(None);
        }
        // The views go with the posts; they are held in the order in which others
        // take several of them.
        dialect::lock_views(c, &ids).await?;
        let slugs = diesel::delete(kept_slugs::table)
            .filter(kept_slugs::post_id.eq_any(&ids))
            .execute(c)
            .await?;
        let posts = diesel::delete(posts::table)
            .filter(posts::id.eq_any(&ids))
            .execute(c)
            .await?;
        (rows(posts), rows(slugs))
    });
    Ok(Some(removed))
}
