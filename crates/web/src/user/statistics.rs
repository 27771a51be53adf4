use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_app::permissions::Permit;
use hexpress_app::permissions::operations::ReadStatistics;
use hexpress_domain::post::{MonthlyPosts, PostStatus, StatusCount};
use hexpress_domain::user::UserId;
use serde::Serialize;
use utoipa::ToSchema;

use super::responses::UserNotFound;
use crate::Api;
use crate::error::ApiError;
use crate::extract::Checked;
use crate::openapi::error_responses::Forbidden;
use crate::openapi::parameters::PathId;
use crate::post::responses::types;
use crate::respond::{self, Data};
use crate::time::Timestamp;

/// An author's posts of one status.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatusCountAnswer {
    #[schema(value_type = types::PostStatus)]
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

/// Count a user's posts by status
///
/// For the user, moderators and admins: all statuses, in their order.
#[utoipa::path(
    get,
    path = "/users/{id}/stats",
    tag = "Users",
    params(PathId),
    responses(
        (status = 200, description = "What each status has", body = Data<Vec<StatusCountAnswer>>),
        Forbidden,
        UserNotFound,
    ),
    security(("token" = [])),
)]
pub(super) async fn get_user_stats(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<ReadStatistics>, UserId>,
) -> Result<Response, ApiError> {
    let Checked { who, path: id, .. } = request;
    let counts = api.services.users.statistics(&who, id).await?.into_iter();
    Ok(respond::data(
        counts.map(StatusCountAnswer::from).collect::<Vec<_>>(),
    ))
}

/// An author's published posts of one month.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct MonthlyPostsAnswer {
    /// Its first instant, in UTC.
    month: Timestamp,
    post_count: u64,
    total_views: u64,
    /// With two decimals at most.
    #[schema(minimum = 0)]
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

/// Count a user's posts by month
///
/// For the user, moderators and admins: the 12 newest months in which posts that are published now were first published, newest first.
#[utoipa::path(
    get,
    path = "/users/{id}/analytics",
    tag = "Users",
    params(PathId),
    responses(
        (status = 200, description = "What each month has", body = Data<Vec<MonthlyPostsAnswer>>),
        Forbidden,
        UserNotFound,
    ),
    security(("token" = [])),
)]
pub(super) async fn get_user_analytics(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<ReadStatistics>, UserId>,
) -> Result<Response, ApiError> {
    let Checked { who, path: id, .. } = request;
    let months = api.services.users.analytics(&who, id).await?.into_iter();
    Ok(respond::data(
        months.map(MonthlyPostsAnswer::from).collect::<Vec<_>>(),
    ))
}
