use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Locked, StoredId, StoredInstant};
use hexpress_database::{Connection, Failure, on_backend};

use super::batch::{BATCH, counted, rows};
use crate::post::lock_views;
use crate::schema::{posts, slug_redirects};

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
        let slugs = slug_redirects::table
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
    let ids: Vec<StoredId> = on_backend!(&mut *connection, |c| {
        // In the order in which all others lock several of them. A post that another
        // transaction holds is being restored or purged by it; to wait for it could close
        // a circle with the restoring of an author, which locks slugs before posts.
        let posts = posts::table
            .filter(posts::deleted_at.lt(before))
            .order(posts::id)
            .limit(BATCH.into())
            .select(posts::id);
        Locked::for_update(posts).skip_locked().load(c).await?
    });
    if ids.is_empty() {
        return Ok(None);
    }
    // The views are deleted with the posts.
    lock_views(connection, &ids).await?;
    let removed = on_backend!(connection, |c| {
        let slugs = diesel::delete(slug_redirects::table)
            .filter(slug_redirects::post_id.eq_any(&ids))
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
