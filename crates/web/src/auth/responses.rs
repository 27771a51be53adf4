use hexpress_app::{Error, InvalidState, Resource};

use crate::openapi::error_responses::error_responses;

/// The types of fields, as the document names and bounds them.
pub(super) mod types {
    use hexpress_domain::auth;

    pub(crate) use crate::openapi::types::{Id, Time};
    use crate::openapi::types::{bounded, field_types, one_of, text};
    pub(crate) use crate::user::responses::types::{Email, Password};

    field_types! {
        TokenKind => one_of(auth::TokenKind::ALL.map(auth::TokenKind::as_str))
            .description(Some("Made by a login, or for a program"))
            .examples(["api"]);
        TokenName => bounded(auth::TokenName::MIN_LENGTH, auth::TokenName::MAX_LENGTH)
            .examples(["deploy"]);
        TokenSecret => {
            let prefix = auth::TokenSecret::PREFIX;
            let length = auth::TokenSecret::RANDOM_LENGTH;
            let example = format!("{prefix}{:0>length$}", "EXAMPLE");
            text()
                .description(Some("For the header `Authorization: Bearer`"))
                .pattern(Some(format!("^{prefix}[0-9A-Za-z]{{{length}}}$")))
                .examples([example])
        };
        TokenType => one_of(["Bearer"]);
    }
}

error_responses! {
    InvalidCredentials => Error::InvalidCredentials;
    TokenNotFound => Error::NotFound(Resource::Token);
    TokenLimit => Error::InvalidState(InvalidState::TokenLimit);
}
