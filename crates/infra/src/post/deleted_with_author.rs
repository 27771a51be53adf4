//! The posts that are deleted with their author, and come back with them: not those
//! that were deleted before.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Locked, StoredId, StoredInstant};
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::post::MadeSlug;
use hexpress_domain::user::UserId;

use super::slugs::Renamed;
use super::{rows, slugs};
use crate::schema::{post_views, posts};

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

/// Restores the posts that were deleted with an author whose row this transaction holds, in as
/// many statements whatever becomes of their slugs.
pub(crate) async fn restore_with_author(
    connection: &mut Connection,
    author_id: UserId,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let (author_id, at) = (StoredId::from(author_id), StoredInstant(at));
    let mut lost = Vec::new();
    let mut taken = HashSet::new();
    for (id, slug, is_lost) in returning(connection, author_id).await? {
        if is_lost {
            lost.push((id, MadeSlug::from(rows::slug(&slug, id.0)?)));
        } else {
            taken.insert(slug);
        }
    }
    let stems = || lost.iter().map(|(_, made)| made.stem());
    slugs::lock(connection, stems()).await?;
    lock_posts(connection, author_id, DELETED_WITH_AUTHOR).await?;
    taken.extend(slugs::numbered(connection, stems()).await?);
    slugs::bring_back(connection, renamed(lost, &taken), at).await?;
    on_backend!(connection, |c| {
        diesel::update(posts::table)
            .filter(posts::author_id.eq(author_id))
            .filter(posts::deleted_with_author)
            .set((
                posts::deleted_at.eq(None::<StoredInstant>),
                posts::deleted_with_author.eq(false),
                posts::updated_at.eq(at),
                posts::version.eq(posts::version + 1),
            ))
            .execute(c)
            .await
            .map_err(slugs::refused_made)?
    });
    Ok(())
}

/// Gives each of these posts the first number that is free behind those before it.
fn renamed(lost: Vec<(StoredId, MadeSlug)>, taken: &HashSet<String>) -> Vec<Renamed> {
    let mut numbers = HashMap::new();
    let renamed = lost.into_iter().map(|(id, made)| {
        let next = numbers
            .entry(made.stem().clone())
            .or_insert(MadeSlug::FIRST_NUMBER);
        let mut slug = made.numbered(*next);
        while taken.contains(slug.as_str()) {
            *next += 1;
            slug = made.numbered(*next);
        }
        *next += 1;
        Renamed {
            id,
            slug,
            former: made.plain().clone(),
        }
    });
    renamed.collect()
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

/// The posts that were deleted with their author, and whether their slugs lead to other posts
/// by now.
async fn returning(
    connection: &mut Connection,
    author_id: StoredId,
) -> Result<Vec<(StoredId, String, bool)>, Failure> {
    const IS_LOST: &str = "EXISTS (SELECT 1 FROM posts AS taken WHERE taken.slug = posts.slug \
         AND taken.deleted_at IS NULL) \
         OR EXISTS (SELECT 1 FROM kept_slugs WHERE kept_slugs.slug = posts.slug \
         AND kept_slugs.post_id <> posts.id)";

    Ok(on_backend!(connection, |c| {
        posts::table
            .filter(posts::author_id.eq(author_id))
            .filter(posts::deleted_with_author)
            .order(posts::id)
            .select((posts::id, posts::slug, sql::<Bool>(IS_LOST)))
            .load(c)
            .await?
    }))
}
