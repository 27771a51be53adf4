use hexpress_app::auth::AuthService;
use hexpress_domain::auth::{Credentials, NewApiToken, RawCredentials, RawNewApiToken};
use hexpress_domain::validation::ValidationErrors;
use utoipa::ToSchema;

use crate::extract::Fields;
use crate::openapi::types::{Email, Password, Time, TokenName};

/// Who logs in.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "it describes a body, which is read field by field"
)]
pub(super) struct LoginBody {
    email: Email,
    password: Password,
}

pub(super) fn login_of(mut fields: Fields) -> Result<Credentials, ValidationErrors> {
    let raw = RawCredentials {
        email: fields.text("email"),
        password: fields.text("password"),
    };
    fields.finish(Credentials::parse(raw))
}

/// A token for a program.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it describes a body, which is read field by field"
)]
pub(super) struct NewTokenBody {
    name: TokenName,
    /// When the token ends, in the future; null or absent is never.
    expires_at: Option<Time>,
}

pub(super) fn new_token(
    mut fields: Fields,
    auth: &AuthService,
) -> Result<NewApiToken, ValidationErrors> {
    let raw = raw_new_token(&mut fields);
    fields.finish(auth.read_new_token(raw))
}

fn raw_new_token(fields: &mut Fields) -> RawNewApiToken {
    RawNewApiToken {
        name: fields.text("name"),
        expires_at: fields.text("expiresAt"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::names_taken_by;
    use crate::openapi::property_names;

    #[test]
    fn the_document_names_what_is_read() {
        let login = names_taken_by(|fields| drop(login_of(fields)));
        assert_eq!(property_names::<LoginBody>(), login);
        let new_token = names_taken_by(|mut fields| drop(raw_new_token(&mut fields)));
        assert_eq!(property_names::<NewTokenBody>(), new_token);
    }
}
