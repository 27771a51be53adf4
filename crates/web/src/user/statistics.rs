use axum::extract::State;
use axum::response::Response;
use hexpress_app::permissions::Operation;
use hexpress_domain::id::UserId;
use hexpress_domain::post::{MonthlyPosts, PostStatus, StatusCount};
use serde::Serialize;

use crate::Api;
use crate::answer;
use crate::error::ApiError;
use crate::extract::{Caller, PathId, Query};
use crate::time::Timestamp;

/// An author's posts of one status.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusCountAnswer {
    status: PostStatus,
    count: u64,
    total_views: u64,
}

impl From<StatusCount> for StatusCountAnswer {
    fn from(count: StatusCount) -> Self {
        Self {
            status: count.status,
            count: count.count,
            total_views: count.total_views,
        }
    }
}

pub(super) async fn get_user_stats(
    State(api): State<Api>,
    caller: Caller,
    id: PathId,
    query: Query,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ReadStatistics)?;
    let id: UserId = id.parse()?;
    query.nothing()?;
    let counts = api.posts.statistics(actor, id).await?.into_iter();
    Ok(answer::data(
        counts.map(StatusCountAnswer::from).collect::<Vec<_>>(),
    ))
}

/// An author's published posts of one month.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MonthlyPostsAnswer {
    month: Timestamp,
    post_count: u64,
    total_views: u64,
    /// With two decimals at most.
    avg_views: f64,
}

/// The nearest number to so many hundredths.
fn from_hundredths(hundredths: u64) -> f64 {
    // Digits are always a number.
    format!("{hundredths}e-2").parse().unwrap_or_default()
}

impl From<MonthlyPosts> for MonthlyPostsAnswer {
    fn from(month: MonthlyPosts) -> Self {
        Self {
            month: Timestamp(month.month),
            post_count: month.post_count,
            total_views: month.total_views,
            avg_views: from_hundredths(month.average_views_in_hundredths()),
        }
    }
}

pub(super) async fn get_user_analytics(
    State(api): State<Api>,
    caller: Caller,
    id: PathId,
    query: Query,
) -> Result<Response, ApiError> {
    let actor = caller.permitted(Operation::ReadStatistics)?;
    let id: UserId = id.parse()?;
    query.nothing()?;
    let months = api.posts.analytics(actor, id).await?.into_iter();
    Ok(answer::data(
        months.map(MonthlyPostsAnswer::from).collect::<Vec<_>>(),
    ))
}
