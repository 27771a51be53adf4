//! `/api/posts`: posts.

mod list;
mod read;
pub(crate) mod responses;
mod write;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use responses::Headline;

use crate::api::Api;
use crate::openapi;

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    openapi::tagged("Posts", "Writing, publishing and reading")
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
