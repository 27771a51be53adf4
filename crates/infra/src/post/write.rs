use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Locked, Prepared, StoredId, StoredInstant};
use hexpress_database::{Connection, Failure, on_backend, pipelined};
use hexpress_domain::entity::Version;
use hexpress_domain::post::PostId;
use hexpress_domain::post::{MadeSlug, NewSlug, PostChange, PostRecord, PostView, Slug};
use hexpress_domain::repository::{Conflict, RepositoryError};
use hexpress_domain::user::UserId;

use super::rows::{AuthorRow, PostRow, Same};
use super::{read, rows, slugs};
use crate::schema::{posts, users};

/// Who may get posts: no foreign key fires when a user is marked as deleted.
const LIVE: &str = "users.deleted_at IS NULL";
const LIVE_AND_ACTIVE: &str = "users.deleted_at IS NULL AND users.is_active";

pub(super) async fn insert(
    connection: &mut Connection,
    post: &PostRecord,
    search_text: &str,
) -> Result<PostView, Failure> {
    let author = share_author(connection, post.author_id, LIVE_AND_ACTIVE).await?;
    let author = author.ok_or(RepositoryError::Conflict(Conflict::CredentialsChanged))?;
    let slug = slugs::choose(connection, post.id, &post.slug).await?;
    let is_named = matches!(post.slug, NewSlug::Named(_));
    let row = rows::NewPostRow::of(post, search_text, &slug, is_named);
    let (row, is_free) = pipelined!(
        connection,
        |c| {
            let insert = diesel::insert_into(posts::table)
                .values(row)
                .returning(PostRow::as_returning());
            Prepared(insert).get_result(c)
        },
        slugs::frees!(c, post.id, &post.slug, slug),
    );
    let row: PostRow = row.map_err(|error| slugs::refused(error, &post.slug))?;
    slugs::settled(is_free?)?;
    let content = Some(post.content.as_str().to_owned());
    Ok(rows::view((row, author, 0, content))?)
}

pub(super) async fn change(
    connection: &mut Connection,
    change: &PostChange,
    search_text: &str,
) -> Result<PostView, Failure> {
    // What it had at the version seen it has still when the update finds that version.
    let (former, same) = compare(connection, change).await?;
    let slug = match &change.slug {
        Some(slug) => slugs::choose(connection, change.id, slug).await?,
        None => former.clone(),
    };
    let changed = on_backend!(&mut *connection, |c| {
        let update = diesel::update(posts::table.find(StoredId::from(change.id)))
            .filter(posts::version.eq(change.seen.get()))
            .filter(posts::deleted_at.is_null())
            .set((
                rows::PostChangeset::of(change, search_text, slug.as_str(), same),
                posts::version.eq(posts::version + 1),
            ));
        Prepared(update)
            .execute(c)
            .await
            .map_err(|error| match &change.slug {
                Some(new) => slugs::refused(error, new),
                None => error.into(),
            })?
    });
    if changed == 0 {
        return Err(why_not_live(connection, change.id).await?.into());
    }
    if change.published_at.is_some() && change.slug.is_none() {
        slugs::take_over(connection, change.id, &slug).await?;
    }
    if let Some(new) = &change.slug {
        slugs::settle(connection, change.id, new, &slug).await?;
        if change.keeps_former_slug && former != slug {
            slugs::keep(connection, change.id, &former).await?;
        }
    }
    written(connection, change.id).await
}

pub(super) async fn delete(
    connection: &mut Connection,
    id: PostId,
    seen: Version,
    at: DateTime<Utc>,
) -> Result<(), Failure> {
    let deleted = on_backend!(&mut *connection, |c| {
        diesel::update(posts::table.find(StoredId::from(id)))
            .filter(posts::version.eq(seen.get()))
            .filter(posts::deleted_at.is_null())
            .set((
                posts::deleted_at.eq(Some(StoredInstant(at))),
                posts::updated_at.eq(StoredInstant(at)),
                posts::version.eq(posts::version + 1),
            ))
            .execute(c)
            .await?
    });
    match deleted {
        0 => Err(why_not_live(connection, id).await?.into()),
        _ => Ok(()),
    }
}

pub(super) async fn restore(
    connection: &mut Connection,
    id: PostId,
    seen: Version,
    at: DateTime<Utc>,
) -> Result<PostView, Failure> {
    let Some(PostView { post, .. }) = read::find(connection, id).await? else {
        return Err(RepositoryError::NotFound.into());
    };
    if post.deleted_at.is_none() {
        return Err(RepositoryError::Conflict(Conflict::NotDeleted).into());
    }
    if share_author(connection, post.author_id, LIVE)
        .await?
        .is_none()
    {
        return Err(RepositoryError::Conflict(Conflict::AuthorDeleted).into());
    }
    match bring_back(connection, id, seen, &post.slug, at).await? {
        0 => Err(RepositoryError::Stale.into()),
        _ => written(connection, id).await,
    }
}

/// Undoes the deletion of a post that is at this version, and returns whether there
/// was one. The slug gets a number where it leads to another post by now, and goes on
/// leading here where readers know it by this post alone.
pub(super) async fn bring_back(
    connection: &mut Connection,
    id: PostId,
    seen: Version,
    former: &Slug,
    at: DateTime<Utc>,
) -> Result<usize, Failure> {
    let made = NewSlug::Made(MadeSlug::from(former.clone()));
    let slug = slugs::choose(connection, id, &made).await?;
    let restored = on_backend!(&mut *connection, |c| {
        diesel::update(posts::table.find(StoredId::from(id)))
            .filter(posts::version.eq(seen.get()))
            .filter(posts::deleted_at.is_not_null())
            .set((
                posts::slug.eq(slug.as_str()),
                posts::deleted_at.eq(None::<StoredInstant>),
                posts::deleted_with_author.eq(false),
                posts::updated_at.eq(StoredInstant(at)),
                posts::version.eq(posts::version + 1),
            ))
            .execute(c)
            .await
            .map_err(slugs::refused_made)?
    });
    if restored > 0 {
        slugs::settle(connection, id, &made, &slug).await?;
        if slug != *former {
            slugs::keep_unless_known(connection, id, former).await?;
        }
    }
    Ok(restored)
}

/// The author, if this is true of them, locked against changes until the transaction ends, so
/// that no deletion of the author overlooks the post. Others may lock them so at the same time.
async fn share_author(
    connection: &mut Connection,
    author_id: UserId,
    which: &'static str,
) -> Result<Option<AuthorRow>, Failure> {
    let author_id = StoredId::from(author_id);
    Ok(on_backend!(connection, |c| {
        let author = users::table
            .find(author_id)
            .filter(sql::<Bool>(which))
            .select(AuthorRow::as_select());
        let author = Prepared(Locked::for_share(author));
        author.get_result(c).await.optional()?
    }))
}

/// The slug that a post has at the version seen, and which of its text stays the same.
async fn compare(
    connection: &mut Connection,
    change: &PostChange,
) -> Result<(Slug, Same), Failure> {
    let found: Option<(String, Same)> = on_backend!(&mut *connection, |c| {
        posts::table
            .find(StoredId::from(change.id))
            .filter(posts::version.eq(change.seen.get()))
            .filter(posts::deleted_at.is_null())
            .select((
                posts::slug,
                (
                    posts::title.eq(change.title.as_str()),
                    posts::content.eq(change.content.as_str()),
                    posts::metadata.eq(change.metadata.as_str()),
                ),
            ))
            .get_result(c)
            .await
            .optional()?
    });
    match found {
        Some((slug, same)) => Ok((rows::slug(&slug, change.id.as_uuid())?, same)),
        None => Err(why_not_live(connection, change.id).await?.into()),
    }
}

/// Why no live post of this id was at the version that the caller saw.
async fn why_not_live(connection: &mut Connection, id: PostId) -> Result<RepositoryError, Failure> {
    let found = read::find(connection, id).await?;
    Ok(match found {
        Some(view) if view.post.deleted_at.is_none() => RepositoryError::Stale,
        _ => RepositoryError::NotFound,
    })
}

/// The post as this transaction has left it.
async fn written(connection: &mut Connection, id: PostId) -> Result<PostView, Failure> {
    let view = read::find(connection, id).await?;
    Ok(view.ok_or(RepositoryError::NotFound)?)
}
