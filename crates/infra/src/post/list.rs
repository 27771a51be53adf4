use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};
use diesel_async::RunQueryDsl;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Page, Position, Total};
use hexpress_domain::post::{PostQuery, PostScope, PostSort, PostStatus, PostView};

use super::rows::{self, AuthorRow, PostRow, PostViewRow, unsigned};
use super::selection::Selection;
use crate::database::list::{self, Condition, Order};
use crate::database::schema::{post_views, posts, users};
use crate::database::{Connection, Failure, Prepared, on_both};

pub(super) async fn page(
    connection: &mut Connection,
    scope: PostScope,
    query: &PostQuery,
) -> Result<Page<PostView>, Failure> {
    let selection = Selection::of(scope, query);
    let (rows, total) = match selection {
        Selection::Nothing => (Vec::new(), query.page.count.then_some(Total::Exactly(0))),
        _ => select(connection, scope, selection, query).await?,
    };
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
    selection: Selection,
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
    // Whether a post is deleted is only known to those who may see all.
    let liveness = match scope {
        PostScope::All => query.liveness,
        _ => Liveness::Live,
    };
    Ok(on_both!(connection, |c, dialect| {
        let hidden = query.search.as_ref().map_or("", dialect::hidden_beside);
        let mut page = posts::table
            .inner_join(users::table)
            .inner_join(post_views::table)
            .filter(matching(selection, liveness, &columns, hidden))
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
        // What a search finds says which way is the shortest.
        let rows = match query.search {
            Some(_) => page.load(c).await?,
            None => Prepared(page).load(c).await?,
        };

        if !query.page.count {
            return Ok((rows, None));
        }
        let all =
            |selection| posts::table.filter(matching(selection, liveness, &Columns::POSTS, hidden));
        let Some(search) = &query.search else {
            let mut total = 0;
            for part in selection.parts() {
                let count: i64 = all(part).count().get_result(c).await?;
                total += unsigned(count);
            }
            return Ok((rows, Some(Total::Exactly(total))));
        };
        let one_more = i64::try_from(Total::SEARCH_BOUND + 1).unwrap_or(i64::MAX);
        let counted = diesel::alias!(posts as counted);
        let as_far_as_needed = all(selection)
            .filter(dialect::matches("posts", search))
            .select(posts::id)
            .limit(one_more);
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
    selection: Selection,
    liveness: Liveness,
    columns: &Columns,
    hidden: &'static str,
) -> Condition {
    let mut matching = match liveness {
        Liveness::Live => Condition::sql(format!("{hidden}{}", columns.live)),
        Liveness::Deleted => Condition::sql(format!("{hidden}{}", columns.deleted)),
        Liveness::Any => Condition::sql("TRUE"),
    };
    // Statuses stand in the text: bound ones would hide from the planner how many rows
    // have them.
    let has_status = |status: PostStatus| format!("{} = '{status}'", columns.status);
    let published = has_status(PostStatus::Published);
    let by = columns.author_id;
    match selection {
        Selection::Nothing => Condition::sql("FALSE"),
        Selection::Of { status, author_id } => {
            if let Some(status) = status {
                matching = matching.and_sql(format!(" AND {}", has_status(status)));
            }
            if let Some(author_id) = author_id {
                matching = matching
                    .and_sql(format!(" AND {by} = "))
                    .and_id(author_id.as_uuid());
            }
            matching
        }
        Selection::PublishedOrBy(reader) => matching
            .and_sql(format!(" AND ({published} OR {by} = "))
            .and_id(reader.as_uuid())
            .and_sql(")"),
        Selection::UnpublishedBy(author) => matching
            .and_sql(format!(" AND NOT {published} AND {by} = "))
            .and_id(author.as_uuid()),
    }
}
