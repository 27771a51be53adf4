use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Locked, Prepared, StoredId};
use hexpress_database::{Connection, Corrupt, Failure, on_backend, pipelined};
use hexpress_domain::auth::CREDENTIALS_CHANGED;
use hexpress_domain::post::{
    LockedPost, NewSlug, Post, PostChange, PostId, PostRecord, PostView, Slug,
};
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::UserId;

use super::rows::{AuthorRow, PostRow};
use super::{read, rows, slugs};
use crate::schema::{post_texts, posts, users};

/// A post was restored between the moments in which it was looked for and locked.
#[derive(Debug, thiserror::Error)]
#[error("the post has been restored meanwhile")]
struct PostRestored;

/// Who may get posts: no foreign key fires when a user is marked as deleted.
const LIVE: &str = "users.deleted_at IS NULL";
const LIVE_AND_ACTIVE: &str = "users.deleted_at IS NULL AND users.is_active";

pub(super) async fn insert(
    connection: &mut Connection,
    post: &PostRecord,
    search_text: &str,
) -> Result<PostView, Failure> {
    let author = share_author(connection, post.author_id, LIVE_AND_ACTIVE).await?;
    let author = author.ok_or(RepositoryError::Conflict(CREDENTIALS_CHANGED))?;
    let slug = slugs::choose(connection, post.id, &post.slug).await?;
    let is_named = matches!(post.slug, NewSlug::Named(_));
    let is_known = post.published_at.is_some();
    let row = rows::NewPostRow::of(post, &slug, is_named);
    let text = rows::NewTextRow::of(post, search_text);
    let (row, stored, is_free) = pipelined!(
        connection,
        |c| {
            let insert = diesel::insert_into(posts::table)
                .values(row)
                .returning(PostRow::as_returning());
            Prepared(insert).get_result(c)
        },
        Prepared(diesel::insert_into(post_texts::table).values(text)).execute(c),
        slugs::frees!(c, post.id, &post.slug, slug, is_known),
    );
    let row: PostRow = row.map_err(|error| slugs::refused(error, &post.slug))?;
    stored?;
    slugs::settled(is_free?)?;
    let content = Some(post.content.as_str().to_owned());
    Ok(rows::view((row, author, 0, content))?)
}

pub(super) async fn change(
    connection: &mut Connection,
    id: PostId,
    decide: &Decide<LockedPost, PostChange>,
) -> Result<PostView, Failure> {
    let (view, is_author_deleted) = lock(connection, id).await?;
    let locked = LockedPost {
        content: view.content.ok_or_else(|| no_content(id))?,
        post: view.post,
        is_author_deleted,
    };
    let change = decide(&locked).map_err(RepositoryError::Refused)?;
    let (post, content) = match change {
        None => (locked.post, locked.content),
        Some(change) => {
            let slug = update(connection, &locked, &change).await?;
            let content = change.content.unwrap_or(locked.content);
            (
                Post {
                    slug,
                    ..change.post
                },
                content,
            )
        }
    };
    Ok(PostView {
        post,
        content: Some(content),
        ..view
    })
}

/// The post, held until the transaction ends, and whether its author is deleted. An
/// author who is not stays so until then, where the post is deleted: those who go and
/// come with their posts are held before them.
async fn lock(connection: &mut Connection, id: PostId) -> Result<(PostView, bool), Failure> {
    if let Some(live) = read::lock(connection, id, false).await? {
        return Ok((live, false));
    }
    let found = read::find(connection, id).await?;
    let author_id = found.ok_or(RepositoryError::NotFound)?.post.author_id;
    let author = share_author(connection, author_id, LIVE).await?;
    match read::lock(connection, id, true).await? {
        Some(deleted) => Ok((deleted, author.is_none())),
        None => Err(Failure::Contention(PostRestored.into())),
    }
}

/// Stores what becomes of a post, and returns the slug that it gets.
async fn update(
    connection: &mut Connection,
    locked: &LockedPost,
    change: &PostChange,
) -> Result<Slug, Failure> {
    let LockedPost { post: before, .. } = locked;
    let (id, former) = (before.id, &before.slug);
    let slug = match &change.slug {
        Some(new) => slugs::choose(connection, id, new).await?,
        None => former.clone(),
    };
    let row = rows::PostChangeset::of(before, &change.post, slug.as_str());
    on_backend!(&mut *connection, |c| {
        let update = diesel::update(posts::table.find(StoredId::from(id))).set(row);
        Prepared(update)
            .execute(c)
            .await
            .map_err(|error| match &change.slug {
                Some(new) => slugs::refused(error, new),
                None => error.into(),
            })?
    });
    if let Some(text) = rows::TextChangeset::of(locked, change) {
        on_backend!(&mut *connection, |c| {
            let update = diesel::update(post_texts::table.find(StoredId::from(id))).set(text);
            Prepared(update).execute(c).await?
        });
    }
    let is_known = change.post.published_at.is_some();
    let Some(new) = &change.slug else {
        if is_known && before.published_at.is_none() {
            slugs::take_over(connection, id, &slug).await?;
        }
        return Ok(slug);
    };
    slugs::settle(connection, id, new, &slug, is_known).await?;
    if change.keeps_former_slug && *former != slug {
        match before.is_live() {
            true => slugs::keep(connection, id, former).await?,
            false => slugs::keep_unless_known(connection, id, former).await?,
        }
    }
    Ok(slug)
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

/// No query of one post leaves its content out.
fn no_content(id: PostId) -> Corrupt {
    Corrupt::row("post_texts", id.as_uuid()).column("content")("missing")
}
