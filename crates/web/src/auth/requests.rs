use hexpress_app::auth::AuthService;
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
    auth: &AuthService,
) -> Result<NewApiToken, ValidationErrors> {
    let raw = RawNewApiToken {
        name: fields.text("name"),
        expires_at: fields.text("expiresAt"),
    };
    fields.finish(auth.read_new_token(raw))
}
