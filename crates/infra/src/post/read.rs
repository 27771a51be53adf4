use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Condition, Locked, Prepared, StoredId};
use hexpress_database::{Connection, Failure, on_backend, pipelined};
use hexpress_domain::post::{PostId, PostView, Slug};

use super::rows::{self, AuthorRow, PostRow, PostViewRow};
use crate::schema::{post_texts, post_views, posts, users};

/// The post of this id, deleted or not.
pub(super) async fn find(
    connection: &mut Connection,
    id: PostId,
) -> Result<Option<PostView>, Failure> {
    first(
        connection,
        Condition::sql("posts.id = ").and_id(id.as_uuid()),
    )
    .await
}

/// Which post a slug leads to, in this order: one that everybody sees, the post that had it and
/// that everybody sees, and where nobody but its author would miss it, a draft, or an archived
/// post.
pub(super) async fn find_by_slug(
    connection: &mut Connection,
    slug: &Slug,
) -> Result<Option<PostView>, Failure> {
    const HOLDER: &str =
        "(SELECT id FROM posts AS holder WHERE holder.deleted_at IS NULL AND holder.slug = ";
    const FORMER: &str = "(SELECT post_id FROM kept_slugs WHERE kept_slugs.slug = ";
    const PUBLISHED: &str = " AND EXISTS (SELECT 1 FROM posts AS target WHERE target.id = post_id \
         AND target.deleted_at IS NULL AND target.status = 'published')), ";

    let slug = slug.as_str();
    let leads_to = Condition::sql("posts.deleted_at IS NULL AND posts.id = coalesce(")
        .and_sql(HOLDER)
        .and_text(slug)
        .and_sql(" AND holder.status = 'published'), ")
        .and_sql(FORMER)
        .and_text(slug)
        .and_sql(PUBLISHED)
        .and_sql(HOLDER)
        .and_text(slug)
        .and_sql("), ")
        .and_sql(FORMER)
        .and_text(slug)
        .and_sql("))");
    first(connection, leads_to).await
}

/// The query of a post with all that is shown of it. No function, since no signature says
/// simply for which database it selects.
macro_rules! view_where {
    ($condition:expr, $content:expr) => {
        posts::table
            .inner_join(users::table)
            .inner_join(post_views::table)
            .left_join(post_texts::table)
            .filter($condition)
            .select((
                PostRow::as_select(),
                AuthorRow::as_select(),
                post_views::count,
                $content,
            ))
    };
}

async fn first(
    connection: &mut Connection,
    condition: Condition,
) -> Result<Option<PostView>, Failure> {
    let row: Option<PostViewRow> = on_backend!(connection, |c| {
        let view = view_where!(condition, post_texts::content.nullable());
        view.get_result(c).await.optional()?
    });
    Ok(row.map(rows::view).transpose()?)
}

/// The post of this id that is deleted or is not, held until the transaction ends.
pub(super) async fn lock(
    connection: &mut Connection,
    id: PostId,
    is_deleted: bool,
) -> Result<Option<PostView>, Failure> {
    let liveness = match is_deleted {
        true => " AND posts.deleted_at IS NOT NULL",
        false => " AND posts.deleted_at IS NULL",
    };
    let condition = Condition::sql("posts.id = ")
        .and_id(id.as_uuid())
        .and_sql(liveness);
    // The content is asked for by itself: a statement that has waited for the row sees of all
    // other rows what was there before.
    let (view, content) = pipelined!(
        connection,
        |c| {
            let no_content = sql::<Nullable<Text>>("NULL");
            let view = view_where!(condition, no_content);
            Prepared(Locked::for_no_key_update(view).of("posts")).get_result(c)
        },
        {
            let text = post_texts::table.find(StoredId::from(id));
            Prepared(text.select(post_texts::content)).get_result(c)
        },
    );
    let view: Option<PostViewRow> = view.optional()?;
    let content: Option<String> = content.optional()?;
    let row = view.map(|(post, author, views, _)| (post, author, views, content));
    Ok(row.map(rows::view).transpose()?)
}
