use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use hexpress_app::Error;
use hexpress_app::permissions::{Permission, Permit};
use hexpress_domain::auth::{Actor, ClientAddress};

use super::Address;
use crate::Api;
use crate::error::ApiError;
use crate::limits::{QuotaSlot, SignUpPlace};
use crate::request;

/// Who calls, as far as an endpoint wants to know it. Too many requests of one client end a
/// request here, too.
pub(crate) trait Who: Sized + Send {
    /// Checks who calls.
    fn identify(
        parts: &mut Parts,
        api: &Arc<Api>,
    ) -> impl Future<Output = Result<Self, ApiError>> + Send;

    /// The caller.
    fn actor(&self) -> &Actor;
}

/// Anybody. An invalid token ends the request. Without a token the caller is anonymous.
impl Who for Actor {
    async fn identify(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, ApiError> {
        let actor = authenticate(parts, api).await?;
        if let Some(user) = actor.principal() {
            request::record_user(user.user_id);
        }
        count(parts, api, &actor).await?;
        Ok(actor)
    }

    fn actor(&self) -> &Actor {
        self
    }
}

/// Callers to whom the kind of caller alone does not forbid the operation.
impl<O: Permission> Who for Permit<O> {
    async fn identify(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, ApiError> {
        Ok(Self::of(Actor::identify(parts, api).await?)?)
    }

    fn actor(&self) -> &Actor {
        self.actor()
    }
}

/// A client of an endpoint that looks at no token, known by its address alone.
pub(crate) struct Guest(pub(crate) ClientAddress);

impl Who for Guest {
    async fn identify(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, ApiError> {
        Ok(Self(count(parts, api, &Actor::Anonymous).await?))
    }

    fn actor(&self) -> &Actor {
        &Actor::Anonymous
    }
}

/// A [`Guest`] whose sign-up is counted.
impl Who for SignUpPlace {
    async fn identify(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, ApiError> {
        let Guest(address) = Guest::identify(parts, api).await?;
        api.limits.sign_up(address)
    }

    fn actor(&self) -> &Actor {
        &Actor::Anonymous
    }
}

/// Counts the request of an actor at an address.
async fn count(
    parts: &mut Parts,
    api: &Arc<Api>,
    actor: &Actor,
) -> Result<ClientAddress, ApiError> {
    let Ok(Address(address)) = Address::from_request_parts(parts, api).await;
    let slot = parts.extensions.get::<QuotaSlot>();
    api.limits.request(actor, address, slot)?;
    Ok(address)
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
