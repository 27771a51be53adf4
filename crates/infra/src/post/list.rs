use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::RunQueryDsl;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Page, Position, Search, Total};
use hexpress_domain::post::{PostQuery, PostScope, PostSort, PostStatus, PostView};

use super::rows::{self, AuthorRow, PostRow, PostViewRow, unsigned};
use super::selection::Selection;
use crate::database::list::{self, Condition, Order};
use crate::database::schema::{post_counts, post_views, posts, users};
use crate::database::{Connection, Failure, Prepared, on_both};

pub(super) async fn page(
    connection: &mut Connection,
    scope: PostScope,
    query: &PostQuery,
) -> Result<Page<PostView>, Failure> {
    // Whether a post is deleted is only known to those who may see all.
    let liveness = match scope {
        PostScope::All => query.liveness,
        _ => Liveness::Live,
    };
    let selection = Selection::of(scope, query);
    let (rows, total) = match selection {
        Selection::Nothing => (Vec::new(), query.page.count.then_some(Total::Exactly(0))),
        _ => {
            let rows = rows(connection, selection, liveness, query).await?;
            let total = match (query.page.count, &query.search) {
                (false, _) => None,
                (true, None) => Some(total(connection, selection, liveness).await?),
                (true, Some(search)) => Some(found(connection, selection, liveness, search).await?),
            };
            (rows, total)
        }
    };
    let posts = rows
        .into_iter()
        .map(rows::view)
        .collect::<Result<Vec<_>, _>>()?;
    let cursor = |view: &PostView| query.sort.cursor(view);
    Ok(list::page(posts, total, query.page.size, cursor))
}

/// The page's rows, one more where more come behind it.
async fn rows(
    connection: &mut Connection,
    selection: Selection,
    liveness: Liveness,
    query: &PostQuery,
) -> Result<Vec<PostViewRow>, Failure> {
    let order = order(query);
    let columns = match query.sort {
        PostSort::ViewCount => &Columns::VIEWS,
        _ => &Columns::POSTS,
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
            .filter(matching(selection, liveness, columns, hidden))
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
        match query.search {
            Some(_) => page.load(c).await?,
            None => Prepared(page).load(c).await?,
        }
    }))
}

/// How many posts a list has that is no search: those of an author are counted, all others
/// have been.
async fn total(
    connection: &mut Connection,
    selection: Selection,
    liveness: Liveness,
) -> Result<Total, Failure> {
    let mut total = 0;
    for part in selection.parts() {
        let is_of_all_authors = matches!(
            part,
            Selection::Of {
                author_id: None,
                ..
            }
        );
        let count: i64 = on_both!(&mut *connection, |c| {
            if is_of_all_authors {
                let counted = post_counts::table
                    .filter(matching(part, liveness, &Columns::COUNTS, ""))
                    // PostgreSQL's sum is of a wider type.
                    .select(sql::<BigInt>("CAST(sum(post_counts.count) AS bigint)"));
                Prepared(counted).get_result(c).await?
            } else {
                let all = posts::table.filter(matching(part, liveness, &Columns::POSTS, ""));
                Prepared(all.count()).get_result(c).await?
            }
        });
        total += unsigned(count);
    }
    Ok(Total::Exactly(total))
}

/// How many posts a search finds, counted no further than is promised.
async fn found(
    connection: &mut Connection,
    selection: Selection,
    liveness: Liveness,
    search: &Search,
) -> Result<Total, Failure> {
    let one_more = i64::try_from(Total::SEARCH_BOUND + 1).unwrap_or(i64::MAX);
    let counted = diesel::alias!(posts as counted);
    let count: i64 = on_both!(connection, |c, dialect| {
        let hidden = dialect::hidden_beside(search);
        let as_far_as_needed = posts::table
            .filter(matching(selection, liveness, &Columns::POSTS, hidden))
            .filter(dialect::matches("posts", search))
            .select(posts::id)
            .limit(one_more);
        counted
            .filter(counted.field(posts::id).eq_any(as_far_as_needed))
            .count()
            .get_result(c)
            .await?
    });
    Ok(match unsigned(count) {
        count if count > Total::SEARCH_BOUND => Total::MoreThan(Total::SEARCH_BOUND),
        count => Total::Exactly(count),
    })
}

const fn order(query: &PostQuery) -> Order {
    let (key, id) = match query.sort {
        PostSort::CreatedAt => ("posts.created_at", "posts.id"),
        PostSort::UpdatedAt => ("posts.updated_at", "posts.id"),
        PostSort::PublishedAt => ("posts.published_key", "posts.id"),
        PostSort::Title => ("posts.title", "posts.id"),
        PostSort::ViewCount => ("post_views.count", "post_views.post_id"),
    };
    Order {
        key,
        id,
        direction: query.direction,
    }
}

/// What a list compares, in the words of a table that has it.
struct Columns {
    live: &'static str,
    deleted: &'static str,
    status: &'static str,
    author_id: &'static str,
}

impl Columns {
    const POSTS: Self = Self {
        live: "posts.deleted_at IS NULL",
        deleted: "posts.deleted_at IS NOT NULL",
        status: "posts.status",
        author_id: "posts.author_id",
    };

    /// The indexes that serve the order by views lie on these.
    const VIEWS: Self = Self {
        live: "post_views.is_live",
        deleted: "post_views.is_live = FALSE",
        status: "post_views.status",
        author_id: "post_views.author_id",
    };

    /// Counted for all authors together.
    const COUNTS: Self = Self {
        live: "post_counts.is_live",
        deleted: "post_counts.is_live = FALSE",
        status: "post_counts.status",
        author_id: "NULL",
    };
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
