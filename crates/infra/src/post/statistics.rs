use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Id, Instant, StoredId, StoredInstant};
use hexpress_database::{Connection, Corrupt, Failure, on_backend};
use hexpress_domain::post::{MonthlyPosts, PostHeadline, PostStatus, StatusCount};
use hexpress_domain::user::UserId;

use super::rows::{HeadlineRow, unsigned};
use crate::schema::{post_views, posts};

/// PostgreSQL sums up whole numbers to `numeric`.
const TOTAL_VIEWS: &str = "CAST(sum(post_views.count) AS bigint)";

pub(super) async fn latest_published(
    connection: &mut Connection,
    author_id: UserId,
    limit: u8,
) -> Result<Vec<PostHeadline>, Failure> {
    let rows: Vec<HeadlineRow> = on_backend!(connection, |c| {
        posts::table
            .filter(posts::author_id.eq(StoredId::from(author_id)))
            .filter(posts::status.eq(PostStatus::Published.as_str()))
            .filter(posts::deleted_at.is_null())
            .order(sql::<Instant>("posts.published_key DESC, posts.id DESC"))
            .limit(limit.into())
            .select(HeadlineRow::as_select())
            .load(c)
            .await?
    });
    let headlines: Result<_, Corrupt> = rows.into_iter().map(PostHeadline::try_from).collect();
    Ok(headlines?)
}

pub(super) async fn count_by_status(
    connection: &mut Connection,
    author_id: UserId,
) -> Result<Vec<StatusCount>, Failure> {
    let rows: Vec<(String, i64, i64)> = on_backend!(connection, |c| {
        post_views::table
            .filter(post_views::author_id.eq(StoredId::from(author_id)))
            .filter(post_views::is_live)
            .group_by(post_views::status)
            .select((post_views::status, count_star(), sql::<BigInt>(TOTAL_VIEWS)))
            .load(c)
            .await?
    });
    let counts = rows.into_iter().map(|(status, count, views)| {
        let corrupt = Corrupt::row("post_views", author_id.as_uuid()).column("status");
        Ok(StatusCount {
            status: status.parse().map_err(corrupt)?,
            count: unsigned(count),
            total_views: unsigned(views),
        })
    });
    counts.collect()
}

#[derive(QueryableByName)]
struct MonthRow {
    #[diesel(sql_type = Instant)]
    month: StoredInstant,
    #[diesel(sql_type = BigInt)]
    post_count: i64,
    #[diesel(sql_type = BigInt)]
    total_views: i64,
}

pub(super) async fn count_by_month(
    connection: &mut Connection,
    author_id: UserId,
    months: u8,
) -> Result<Vec<MonthlyPosts>, Failure> {
    let rows: Vec<MonthRow> = on_backend!(connection, |c, dialect| {
        diesel::sql_query(format!(
            "SELECT {month} AS month, count(*) AS post_count, {TOTAL_VIEWS} AS total_views
             FROM posts JOIN post_views ON post_views.post_id = posts.id
             WHERE posts.author_id = $1 AND posts.status = 'published'
                 AND posts.deleted_at IS NULL
             GROUP BY 1 ORDER BY 1 DESC LIMIT $2",
            month = dialect::month_of("posts.published_at"),
        ))
        .bind::<Id, _>(StoredId::from(author_id))
        .bind::<BigInt, _>(i64::from(months))
        .load(c)
        .await?
    });
    let months = rows.into_iter().map(|row| MonthlyPosts {
        month: row.month.0,
        post_count: unsigned(row.post_count),
        total_views: unsigned(row.total_views),
    });
    Ok(months.collect())
}
