//! The posts that are deleted with their author, and come back with them: not those
//! that were deleted before.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Locked, StoredId, StoredInstant};
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::post::{MadeSlug, PostId};
use hexpress_domain::user::UserId;

use super::{rows, slugs, write};
use crate::schema::{post_views, posts, slug_redirects};

const LIVE: &str = "posts.deleted_at IS NULL";
const DELETED_WITH_AUTHOR: &str = "posts.deleted_with_author";

/// Deletes the live posts of an author whose row this transaction holds.
pub(crate) async fn delete_with_author(
    connection: &mut Connection,
    author_id: UserId,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let author_id = StoredId::from(author_id);
    lock_posts(connection, author_id, LIVE).await?;
    on_backend!(connection, |c| {
        diesel::update(posts::table)
            .filter(posts::author_id.eq(author_id))
            .filter(posts::deleted_at.is_null())
            .set((
                posts::deleted_at.eq(Some(StoredInstant(at))),
                posts::deleted_with_author.eq(true),
                posts::updated_at.eq(StoredInstant(at)),
                posts::version.eq(posts::version + 1),
            ))
            .execute(c)
            .await?
    });
    Ok(())
}

/// Restores the posts that were deleted with an author whose row this transaction holds.
/// Most posts still have their slugs: one statement restores them all.
pub(crate) async fn restore_with_author(
    connection: &mut Connection,
    author_id: UserId,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let lost = with_lost_slugs(connection, author_id).await?;
    let mut stems = Vec::new();
    for (id, slug) in &lost {
        stems.push(MadeSlug::from(rows::slug(slug, id.0)?).stem().clone());
    }
    stems.sort();
    stems.dedup();
    for stem in &stems {
        slugs::lock(connection, stem).await?;
    }

    let stored_id = StoredId::from(author_id);
    let others: Vec<StoredId> = lost.iter().map(|(id, _)| *id).collect();
    lock_posts(connection, stored_id, DELETED_WITH_AUTHOR).await?;
    on_backend!(&mut *connection, |c| {
        diesel::update(posts::table)
            .filter(posts::author_id.eq(stored_id))
            .filter(posts::deleted_with_author)
            .filter(posts::id.ne_all(others))
            .set((
                posts::deleted_at.eq(None::<StoredInstant>),
                posts::deleted_with_author.eq(false),
                posts::updated_at.eq(StoredInstant(at)),
                posts::version.eq(posts::version + 1),
            ))
            .execute(c)
            .await
            .map_err(slugs::refused_made)?
    });
    for (id, slug) in lost {
        let slug = rows::slug(&slug, id.0)?;
        write::bring_back(connection, PostId::new(id.0), &slug, at).await?;
    }
    Ok(())
}

/// Locks those posts of an author that fulfil an SQL condition, and their views, until the
/// transaction ends. All who lock several posts do so in this order, so that there is no
/// deadlock.
async fn lock_posts(
    connection: &mut Connection,
    author_id: StoredId,
    condition: &'static str,
) -> Result<(), Failure> {
    let posts = posts::table
        .inner_join(post_views::table)
        .filter(posts::author_id.eq(author_id))
        .filter(sql::<Bool>(condition))
        .order(posts::id)
        .select(posts::id);
    Ok(connection.lock(Locked::for_update(posts)).await?)
}

/// The posts deleted with their author whose slugs lead to other posts by now.
async fn with_lost_slugs(
    connection: &mut Connection,
    author_id: UserId,
) -> Result<Vec<(StoredId, String)>, Failure> {
    let (taken, redirects) = (diesel::alias!(posts as taken), slug_redirects::table);
    Ok(on_backend!(connection, |c| {
        posts::table
            .filter(posts::author_id.eq(StoredId::from(author_id)))
            .filter(posts::deleted_with_author)
            .filter(
                diesel::dsl::exists(
                    taken
                        .filter(taken.field(posts::slug).eq(posts::slug))
                        .filter(taken.field(posts::deleted_at).is_null()),
                )
                .or(diesel::dsl::exists(
                    redirects
                        .filter(slug_redirects::slug.eq(posts::slug))
                        .filter(slug_redirects::post_id.ne(posts::id)),
                )),
            )
            .order(posts::id)
            .select((posts::id, posts::slug))
            .load(c)
            .await?
    }))
}
