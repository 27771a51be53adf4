use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::RunQueryDsl;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Page, Position, Total};
use hexpress_domain::post::{PostQuery, PostScope, PostSort, PostStatus, PostView};

use super::rows::{self, AuthorRow, PostRow, PostViewRow, unsigned};
use crate::database::list::{self, Condition, Order};
use crate::database::schema::{post_views, posts, users};
use crate::database::{Connection, Failure, on_both};

pub(super) async fn page(
    connection: &mut Connection,
    scope: PostScope,
    query: &PostQuery,
) -> Result<Page<PostView>, Failure> {
    let (rows, total) = select(connection, scope, query).await?;
    let posts = rows
        .into_iter()
        .map(rows::view)
        .collect::<Result<Vec<_>, _>>()?;
    let cursor = |view: &PostView| query.sort.cursor(view);
    Ok(list::page(posts, total, query.page.size, cursor))
}

/// The page's rows, one more where more come behind it, and the total where it is
/// asked for.
async fn select(
    connection: &mut Connection,
    scope: PostScope,
    query: &PostQuery,
) -> Result<(Vec<PostViewRow>, Option<Total>), Failure> {
    let columns = Columns::of(query.sort);
    let order = Order {
        key: columns.key,
        id: columns.id,
        direction: query.direction,
    };
    let content = match query.with_content {
        true => "posts.content",
        false => "NULL",
    };
    Ok(on_both!(connection, |c, dialect| {
        let hidden = query.search.as_ref().map_or("", dialect::hidden_beside);
        let mut page = posts::table
            .inner_join(users::table)
            .inner_join(post_views::table)
            .filter(matching(scope, query, &columns, hidden))
            .select((
                PostRow::as_select(),
                AuthorRow::as_select(),
                post_views::count,
                sql::<Nullable<Text>>(content),
            ))
            .order(sql::<Text>(&order.clause()))
            .limit(list::one_more_than(query.page.size))
            .into_boxed::<dialect::Backend>();
        if let Some(search) = &query.search {
            page = page.filter(dialect::matches("posts", search));
        }
        page = match &query.page.position {
            Position::Page(number) => match number.offset(query.page.size) {
                Some(offset) => page.offset(offset),
                None => page.limit(0),
            },
            Position::After(cursor) => page.filter(order.behind(cursor, dialect::LOWEST_INSTANT)),
        };
        let rows = page.load(c).await?;

        if !query.page.count {
            return Ok((rows, None));
        }
        let all = || {
            let mut all = posts::table
                .filter(matching(scope, query, &Columns::POSTS, hidden))
                .into_boxed::<dialect::Backend>();
            if let Some(search) = &query.search {
                all = all.filter(dialect::matches("posts", search));
            }
            all
        };
        if query.search.is_none() {
            let count: i64 = all().count().get_result(c).await?;
            return Ok((rows, Some(Total::Exactly(unsigned(count)))));
        }
        let one_more = i64::try_from(Total::SEARCH_BOUND + 1).unwrap_or(i64::MAX);
        let counted = diesel::alias!(posts as counted);
        let as_far_as_needed = all().select(posts::id).limit(one_more);
        let count: i64 = counted
            .filter(counted.field(posts::id).eq_any(as_far_as_needed))
            .count()
            .get_result(c)
            .await?;
        let total = match unsigned(count) {
            count if count > Total::SEARCH_BOUND => Total::MoreThan(Total::SEARCH_BOUND),
            count => Total::Exactly(count),
        };
        (rows, Some(total))
    }))
}

/// What a list compares, in the words of the indexes that serve its order: those of
/// the order by views lie on the counts.
struct Columns {
    key: &'static str,
    id: &'static str,
    live: &'static str,
    deleted: &'static str,
    status: &'static str,
    author_id: &'static str,
}

impl Columns {
    const POSTS: Self = Self {
        key: "posts.created_at",
        id: "posts.id",
        live: "posts.deleted_at IS NULL",
        deleted: "posts.deleted_at IS NOT NULL",
        status: "posts.status",
        author_id: "posts.author_id",
    };

    const fn of(sort: PostSort) -> Self {
        let key = match sort {
            PostSort::CreatedAt => "posts.created_at",
            PostSort::UpdatedAt => "posts.updated_at",
            PostSort::PublishedAt => "posts.published_key",
            PostSort::Title => "posts.title",
            PostSort::ViewCount => {
                return Self {
                    key: "post_views.count",
                    id: "post_views.post_id",
                    live: "post_views.is_live",
                    deleted: "post_views.is_live = FALSE",
                    status: "post_views.status",
                    author_id: "post_views.author_id",
                };
            }
        };
        Self { key, ..Self::POSTS }
    }
}

/// Which posts belong to the list, but for the search. `hidden` stands before the
/// liveness, which all indexes of lists ask for.
fn matching(
    scope: PostScope,
    query: &PostQuery,
    columns: &Columns,
    hidden: &'static str,
) -> Condition {
    let live = format!("{hidden}{}", columns.live);
    let mut matching = match query.liveness {
        Liveness::Live => Condition::sql(live),
        Liveness::Deleted if scope == PostScope::All => {
            Condition::sql(format!("{hidden}{}", columns.deleted))
        }
        Liveness::Deleted => Condition::sql("FALSE"),
        Liveness::Any if scope == PostScope::All => Condition::sql("TRUE"),
        Liveness::Any => Condition::sql(live),
    };
    // Statuses stand in the text: bound ones would hide from the planner how many rows
    // have them.
    let has_status = |status: PostStatus| format!("{} = '{status}'", columns.status);
    if let Some(status) = query.status {
        matching = matching.and_sql(format!(" AND {}", has_status(status)));
    }
    if let Some(author_id) = query.author_id {
        matching = matching
            .and_sql(format!(" AND {} = ", columns.author_id))
            .and_id(author_id.as_uuid());
    }
    let published = has_status(PostStatus::Published);
    match scope {
        PostScope::All => matching,
        PostScope::Published => matching.and_sql(format!(" AND {published}")),
        PostScope::PublishedOrBy(reader) => matching
            .and_sql(format!(" AND ({published} OR {} = ", columns.author_id))
            .and_id(reader.as_uuid())
            .and_sql(")"),
    }
}
