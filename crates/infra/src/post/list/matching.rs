use hexpress_database::sql::Condition;
use hexpress_domain::entity::Liveness;
use hexpress_domain::post::PostStatus;

use crate::post::selection::Selection;

/// Where a search looks: the key of posts, and the column of their texts that refers to it.
pub(super) const TEXT_OF: (&str, &str) = ("posts.id", "post_id");

/// What a list compares, in the words of a table that has it.
pub(super) struct Columns {
    live: &'static str,
    deleted: &'static str,
    status: &'static str,
    author_id: &'static str,
}

impl Columns {
    pub(super) const POSTS: Self = Self {
        live: "posts.deleted_at IS NULL",
        deleted: "posts.deleted_at IS NOT NULL",
        status: "posts.status",
        author_id: "posts.author_id",
    };

    /// The indexes that serve the order by views, and the totals of authors, lie on these.
    pub(super) const VIEWS: Self = Self {
        live: "post_views.is_live",
        deleted: "post_views.is_live = FALSE",
        status: "post_views.status",
        author_id: "post_views.author_id",
    };

    /// Counted for all authors together.
    pub(super) const COUNTS: Self = Self {
        live: "post_counts.is_live",
        deleted: "post_counts.is_live = FALSE",
        status: "post_counts.status",
        author_id: "NULL",
    };
}

/// Which posts belong to the list, but for the search. `hidden` stands before the
/// liveness, which all indexes of lists ask for.
pub(super) fn matching(
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
