//! `/api/auth`: logging in and out, and tokens.

mod responses;
mod session;
mod tokens;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::Api;
use crate::openapi;

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    openapi::tagged(
        "Authentication",
        "Logging in and out, and tokens for programs",
    )
    .routes(routes!(session::login))
    .routes(routes!(session::logout))
    .routes(routes!(session::me))
    .routes(routes!(tokens::list_tokens, tokens::create_token))
    .routes(routes!(tokens::revoke_token))
}
