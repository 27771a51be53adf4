use chrono::{DateTime, Utc};
use hexpress_domain::auth::{Credentials, NewApiToken, RawCredentials, RawNewApiToken};
use hexpress_domain::validation::ValidationErrors;

use crate::extract::Fields;

pub(super) fn login_of(mut fields: Fields) -> Result<Credentials, ValidationErrors> {
    let raw = RawCredentials {
        email: fields.text("email"),
        password: fields.text("password"),
    };
    fields.finish(Credentials::parse(raw))
}

pub(super) fn new_token(
    mut fields: Fields,
    now: DateTime<Utc>,
) -> Result<NewApiToken, ValidationErrors> {
    let raw = RawNewApiToken {
        name: fields.text("name"),
        expires_at: fields.text("expiresAt"),
    };
    fields.finish(NewApiToken::parse(raw, now))
}
