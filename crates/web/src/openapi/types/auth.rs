use hexpress_domain::auth;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::{NOT_BLANK, one_of, text};

pub(crate) struct TokenKind;

impl ToSchema for TokenKind {}

impl PartialSchema for TokenKind {
    fn schema() -> RefOr<Schema> {
        one_of(auth::TokenKind::ALL.map(auth::TokenKind::as_str))
            .description(Some("Made by a login, or for a program"))
            .examples(["api"])
            .into()
    }
}

pub(crate) struct TokenName;

impl ToSchema for TokenName {}

impl PartialSchema for TokenName {
    fn schema() -> RefOr<Schema> {
        text()
            .min_length(Some(1))
            .max_length(Some(auth::TokenName::MAX_LENGTH))
            .pattern(Some(NOT_BLANK))
            .examples(["deploy"])
            .into()
    }
}

pub(crate) struct TokenSecret;

impl ToSchema for TokenSecret {}

impl PartialSchema for TokenSecret {
    fn schema() -> RefOr<Schema> {
        let prefix = auth::TokenSecret::PREFIX;
        let length = auth::TokenSecret::RANDOM_LENGTH;
        let example = format!("{prefix}{:0>length$}", "EXAMPLE");
        text()
            .description(Some("For the header `Authorization: Bearer`"))
            .pattern(Some(format!("^{prefix}[0-9A-Za-z]{{{length}}}$")))
            .examples([example])
            .into()
    }
}

pub(crate) struct TokenType;

impl ToSchema for TokenType {}

impl PartialSchema for TokenType {
    fn schema() -> RefOr<Schema> {
        one_of(["Bearer"]).into()
    }
}
