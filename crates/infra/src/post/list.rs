mod matching;
mod total;

use std::collections::HashMap;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Instant, Keyset, Prepared, StoredId, StoredInstant};
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Cursor, Page, PageSize, Position, SortValue, Total};
use hexpress_domain::post::{PostQuery, PostScope, PostSort, PostView};
use uuid::Uuid;

use self::matching::{Columns, TEXT_OF, matching};
use super::rows::{self, AuthorRow, PostRow, unsigned};
use super::selection::Selection;
use crate::list;
use crate::schema::{post_texts, post_views, posts, users};

pub(super) async fn page(
    connection: &mut Connection,
    scope: PostScope,
    query: &PostQuery,
) -> Result<Page<PostView>, Failure> {
    // Whether a post is deleted is only known to those who may see all.
    let liveness = match scope {
        PostScope::All => query.filter.liveness,
        _ => Liveness::Live,
    };
    let selection = Selection::of(scope, query);
    let (rows, total) = match selection {
        Selection::Nothing => (Vec::new(), query.page.count.then_some(Total::Exactly(0))),
        _ => {
            let rows = rows(connection, selection, liveness, query).await?;
            let total = match (query.page.count, &query.filter.search) {
                (false, _) => None,
                (true, None) => Some(total::counted(connection, selection, liveness).await?),
                (true, Some(search)) => {
                    Some(total::found(connection, selection, liveness, search).await?)
                }
            };
            (rows, total)
        }
    };
    let mut size = query.page.size;
    let mut contents = HashMap::new();
    if query.filter.with_content {
        size = fitting(&rows, size);
        let shown = rows.iter().take(size.get().into());
        let ids: Vec<_> = shown.map(|(post, ..)| post.id).collect();
        contents = self::contents(connection, &ids).await?;
    }
    let posts = rows
        .into_iter()
        .map(|(post, author, views, _)| {
            let content = contents.remove(&post.id.0);
            rows::view((post, author, views, content))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let cursor = |view: &PostView| query.sort.cursor(view);
    Ok(list::page(posts, total, size, cursor))
}

/// A post with its author, the number of its views, and the length of its content where
/// that was asked for.
type ListedRow = (PostRow, AuthorRow, i64, Option<i64>);

/// How many of the rows a page holds with their contents.
fn fitting(rows: &[ListedRow], size: PageSize) -> PageSize {
    let lengths = rows.iter().map(|(.., length)| length.unwrap_or_default());
    let fitting = PostQuery::fitting(lengths.map(|length| usize::try_from(length).unwrap_or(0)));
    let fitting = fitting.min(size.get().into());
    let fitting = u8::try_from(fitting).ok().map(PageSize::try_from);
    fitting.and_then(Result::ok).unwrap_or(size)
}

/// The contents of these posts.
async fn contents(
    connection: &mut Connection,
    ids: &[StoredId],
) -> Result<HashMap<Uuid, String>, Failure> {
    let contents = post_texts::table
        .filter(post_texts::post_id.eq_any(ids))
        .select((post_texts::post_id, post_texts::content));
    let rows: Vec<(StoredId, String)> = on_backend!(connection, |c| contents.load(c).await?);
    Ok(rows
        .into_iter()
        .map(|(id, content)| (id.0, content))
        .collect())
}

/// The page's rows, one more where more come behind it.
async fn rows(
    connection: &mut Connection,
    selection: Selection,
    liveness: Liveness,
    query: &PostQuery,
) -> Result<Vec<ListedRow>, Failure> {
    let order = order(query);
    let Some(start) = start(connection, selection, liveness, query).await? else {
        return Ok(Vec::new());
    };
    let columns = match query.sort {
        PostSort::ViewCount => &Columns::VIEWS,
        _ => &Columns::POSTS,
    };
    // Neither database reads a content for its length.
    let content_length = match query.filter.with_content {
        true => {
            "(SELECT CAST(octet_length(content) AS bigint) FROM post_texts \
             WHERE post_id = posts.id)"
        }
        false => "NULL",
    };
    Ok(on_backend!(connection, |c, dialect| {
        let hidden = query
            .filter
            .search
            .as_ref()
            .map_or("", |search| dialect::unindexed_beside(search.folded()));
        let mut page = posts::table
            .inner_join(users::table)
            .inner_join(post_views::table)
            .filter(matching(selection, liveness, columns, hidden))
            .select((
                PostRow::as_select(),
                AuthorRow::as_select(),
                post_views::count,
                sql::<Nullable<BigInt>>(content_length),
            ))
            .order(sql::<Text>(&order.clause()))
            .limit(list::one_more_than(query.page.size))
            .into_boxed::<dialect::Backend>();
        if let Some(search) = &query.filter.search {
            page = page.filter(dialect::matches_in("post_texts", TEXT_OF, search.folded()));
        }
        page = match &start {
            Start::Row(offset) => page.offset(*offset),
            Start::Behind(cursor) => {
                page.filter(list::behind(&order, cursor, dialect::LOWEST_INSTANT))
            }
        };
        // What a search finds says which way is the shortest.
        match query.filter.search {
            Some(_) => page.load(c).await?,
            None => Prepared(page).load(c).await?,
        }
    }))
}

/// Where a page begins that has posts.
enum Start {
    /// At the row that has so many before it.
    Row(i64),
    Behind(Cursor),
}

/// A page by its number begins behind the last post of the page before, which the index of
/// the list's order finds. The statement that shows the page would read the author and
/// views of all that it passes over. What a search finds is in no index.
async fn start(
    connection: &mut Connection,
    selection: Selection,
    liveness: Liveness,
    query: &PostQuery,
) -> Result<Option<Start>, Failure> {
    let offset = match &query.page.position {
        Position::After(cursor) => return Ok(Some(Start::Behind(cursor.clone()))),
        Position::Page(number) => match number.offset(query.page.size) {
            None => return Ok(None),
            Some(offset) if offset == 0 || query.filter.search.is_some() => {
                return Ok(Some(Start::Row(offset)));
            }
            Some(offset) => offset,
        },
    };
    let order = order(query);
    let last = offset - 1;
    let last_before = on_backend!(connection, |c, dialect| match query.sort {
        PostSort::ViewCount => {
            let last = post_views::table
                .filter(matching(selection, liveness, &Columns::VIEWS, ""))
                .select((post_views::count, post_views::post_id))
                .order(sql::<Text>(&order.clause()))
                .offset(last)
                .limit(1);
            let found: Option<(i64, StoredId)> = Prepared(last).get_result(c).await.optional()?;
            found.map(|(count, id)| (SortValue::Number(unsigned(count)), id))
        }
        PostSort::Title => {
            let last = posts::table
                .filter(matching(selection, liveness, &Columns::POSTS, ""))
                .select((posts::title, posts::id))
                .order(sql::<Text>(&order.clause()))
                .offset(last)
                .limit(1);
            let found: Option<(String, StoredId)> =
                Prepared(last).get_result(c).await.optional()?;
            found.map(|(title, id)| (SortValue::Text(title), id))
        }
        PostSort::CreatedAt | PostSort::UpdatedAt | PostSort::PublishedAt => {
            let time = format!("nullif({}, {})", order.key, dialect::LOWEST_INSTANT);
            let last = posts::table
                .filter(matching(selection, liveness, &Columns::POSTS, ""))
                .select((sql::<Nullable<Instant>>(&time), posts::id))
                .order(sql::<Text>(&order.clause()))
                .offset(last)
                .limit(1);
            let found: Option<(Option<StoredInstant>, StoredId)> =
                Prepared(last).get_result(c).await.optional()?;
            found.map(|(time, id)| (SortValue::Time(time.map(|time| time.0)), id))
        }
    });
    Ok(last_before.map(|(value, StoredId(id))| Start::Behind(Cursor { value, id })))
}

const fn order(query: &PostQuery) -> Keyset {
    let (key, id) = match query.sort {
        PostSort::CreatedAt => ("posts.created_at", "posts.id"),
        PostSort::UpdatedAt => ("posts.updated_at", "posts.id"),
        PostSort::PublishedAt => ("posts.published_key", "posts.id"),
        PostSort::Title => ("posts.title", "posts.id"),
        PostSort::ViewCount => ("post_views.count", "post_views.post_id"),
    };
    Keyset {
        key,
        id,
        direction: list::direction(query.direction),
    }
}
