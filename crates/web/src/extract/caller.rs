use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use hexpress_app::Error;
use hexpress_app::permissions::{self, Operation};
use hexpress_domain::auth::Actor;

use super::Address;
use crate::Api;
use crate::error::ApiError;
use crate::limits::{QuotaSlot, overload};
use crate::request;

/// Who calls. A token that vouches for nobody ends the request here, as too much load and too many requests do. Without one the
/// caller is anonymous.
pub(crate) struct Caller(Actor);

impl Caller {
    /// Whoever it is.
    pub(crate) const fn actor(&self) -> &Actor {
        &self.0
    }

    /// The caller, if the kind of caller alone does not forbid the operation.
    pub(crate) fn permitted(&self, operation: Operation) -> Result<&Actor, ApiError> {
        permissions::permit(&self.0, operation)?;
        Ok(&self.0)
    }

    /// As [`Self::permitted`], for an operation that one field asks for.
    pub(crate) fn permitted_field(
        &self,
        operation: Operation,
        field: &'static str,
    ) -> Result<(), ApiError> {
        match permissions::permit(&self.0, operation) {
            Err(Error::Forbidden { .. }) => Err(Error::Forbidden {
                fields: vec![field],
            }
            .into()),
            outcome => Ok(outcome?),
        }
    }
}

impl FromRequestParts<Arc<Api>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        api: &Arc<Api>,
    ) -> Result<Self, Self::Rejection> {
        overload::refuse_surplus(parts)?;
        let actor = authenticate(parts, api).await?;
        if let Some(user) = actor.principal() {
            request::record_user(user.user_id);
        }
        let Ok(Address(address)) = Address::from_request_parts(parts, api).await;
        let slot = parts.extensions.get::<QuotaSlot>();
        api.limits.request(&actor, address, slot)?;
        Ok(Self(actor))
    }
}

async fn authenticate(parts: &Parts, api: &Api) -> Result<Actor, ApiError> {
    let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
    let Some(header) = headers.next() else {
        return Ok(Actor::Anonymous);
    };
    let header = header.to_str().ok().filter(|_| headers.next().is_none());
    let token = header.and_then(bearer_token).ok_or(Error::InvalidToken)?;
    Ok(api.services.auth.authenticate(token).await?)
}

/// The token of a header value (RFC 6750, section 2.1); schemes have no case
/// (RFC 9110, section 11.1).
fn bearer_token(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then(|| token.trim_matches(' '))
}
