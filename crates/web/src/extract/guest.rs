use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use hexpress_domain::auth::{Actor, ClientAddress};

use super::Address;
use crate::Api;
use crate::error::ApiError;
use crate::limits::{QuotaSlot, overload};

/// A client of an endpoint that looks at no token, known by its address alone. Too
/// much load, or too many requests from there, end the request here.
pub(crate) struct Guest(pub(crate) ClientAddress);

impl FromRequestParts<Arc<Api>> for Guest {
    type Rejection = ApiError;

    async fn from_request_parts(
        parts: &mut Parts,
        api: &Arc<Api>,
    ) -> Result<Self, Self::Rejection> {
        overload::refuse_surplus(parts)?;
        let Ok(Address(address)) = Address::from_request_parts(parts, api).await;
        let slot = parts.extensions.get::<QuotaSlot>();
        api.limits.request(&Actor::Anonymous, address, slot)?;
        Ok(Self(address))
    }
}
