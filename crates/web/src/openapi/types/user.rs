use hexpress_domain::user;
use utoipa::openapi::schema::KnownFormat;

use super::{NOT_BLANK, known, one_of, text};

field_types! {
    Email => text()
        .format(known(KnownFormat::Email))
        .max_length(Some(user::Email::MAX_LENGTH))
        .examples(["ada@example.org"]);
    FirstName => text()
        .min_length(Some(1))
        .max_length(Some(user::FirstName::MAX_LENGTH))
        .pattern(Some(NOT_BLANK))
        .examples(["Ada"]);
    /// Empty for who has but one name.
    LastName => text()
        .max_length(Some(user::LastName::MAX_LENGTH))
        .examples(["Lovelace"]);
    /// A password that is chosen.
    NewPassword => text()
        .format(known(KnownFormat::Password))
        .min_length(Some(user::Password::MIN_LENGTH))
        .max_length(Some(user::Password::MAX_LENGTH))
        .examples(["correct horse"]);
    /// A password that is compared, with one that may be older than the rules.
    Password => text()
        .format(known(KnownFormat::Password))
        .min_length(Some(1))
        .max_length(Some(user::Password::MAX_LENGTH))
        .examples(["correct horse"]);
    Role => one_of(user::Role::ALL.map(user::Role::as_str));
}
