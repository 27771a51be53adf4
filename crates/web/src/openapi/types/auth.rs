use hexpress_domain::auth;

use super::{NOT_BLANK, one_of, text};

field_types! {
    TokenKind => one_of(auth::TokenKind::ALL.map(auth::TokenKind::as_str))
        .description(Some("Made by a login, or for a program"))
        .examples(["api"]);
    TokenName => text()
        .min_length(Some(1))
        .max_length(Some(auth::TokenName::MAX_LENGTH))
        .pattern(Some(NOT_BLANK))
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
