//! `/api/posts`: posts.

mod list;
mod read;
mod responses;
mod write;

use std::sync::Arc;

use hexpress_domain::post::PostView;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use responses::Headline;

use self::responses::PostAnswer;
use crate::api::Api;
use crate::error::ApiError;
use crate::respond::Tagged;

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_posts, write::create_post))
        .routes(routes!(
            read::get_post,
            write::update_post,
            write::delete_post
        ))
        .routes(routes!(read::get_post_by_slug))
        .routes(routes!(write::publish_post))
        .routes(routes!(write::restore_post))
}

/// The version stands for all that the post itself says; beside it, the answer shows
/// who wrote it. Views are left out of the tag, so that none changes it.
fn show(view: &PostView) -> Result<Tagged, ApiError> {
    let shown = PostAnswer::from(view);
    Tagged::beside(view.post.version, &shown.author, &shown)
}
