use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::Prepared;
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Search, Total};

use super::matching::{Columns, TEXT_OF, matching};
use crate::post::rows::unsigned;
use crate::post::selection::Selection;
use crate::schema::{post_counts, post_views, posts};

/// How many posts a list has that is no search: those of an author are counted, all others
/// have been.
pub(super) async fn counted(
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
        let count: i64 = on_backend!(&mut *connection, |c| {
            if is_of_all_authors {
                let counted = post_counts::table
                    .filter(matching(part, liveness, &Columns::COUNTS, ""))
                    // PostgreSQL's sum is of a wider type.
                    .select(sql::<BigInt>("CAST(sum(post_counts.count) AS bigint)"));
                Prepared(counted).get_result(c).await?
            } else if liveness == Liveness::Live {
                // There rows are small, and SQLite's index holds all that is asked for.
                let all = post_views::table.filter(matching(part, liveness, &Columns::VIEWS, ""));
                Prepared(all.count()).get_result(c).await?
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
pub(super) async fn found(
    connection: &mut Connection,
    selection: Selection,
    liveness: Liveness,
    search: &Search,
) -> Result<Total, Failure> {
    let one_more = i64::try_from(Total::SEARCH_BOUND + 1).unwrap_or(i64::MAX);
    let counted = diesel::alias!(posts as counted);
    let count: i64 = on_backend!(connection, |c, dialect| {
        let hidden = dialect::unindexed_beside(search.folded());
        let as_far_as_needed = posts::table
            .filter(matching(selection, liveness, &Columns::POSTS, hidden))
            .filter(dialect::matches_in("post_texts", TEXT_OF, search.folded()))
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
