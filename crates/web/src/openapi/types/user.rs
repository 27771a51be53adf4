use hexpress_domain::user;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{NOT_BLANK, known, one_of, text};

pub(crate) struct Email;

impl ToSchema for Email {}

impl PartialSchema for Email {
    fn schema() -> RefOr<Schema> {
        text()
            .format(known(KnownFormat::Email))
            .max_length(Some(user::Email::MAX_LENGTH))
            .examples(["ada@example.org"])
            .into()
    }
}

pub(crate) struct FirstName;

impl ToSchema for FirstName {}

impl PartialSchema for FirstName {
    fn schema() -> RefOr<Schema> {
        text()
            .min_length(Some(1))
            .max_length(Some(user::FirstName::MAX_LENGTH))
            .pattern(Some(NOT_BLANK))
            .examples(["Ada"])
            .into()
    }
}

/// Empty for who has but one name.
pub(crate) struct LastName;

impl ToSchema for LastName {}

impl PartialSchema for LastName {
    fn schema() -> RefOr<Schema> {
        text()
            .max_length(Some(user::LastName::MAX_LENGTH))
            .examples(["Lovelace"])
            .into()
    }
}

/// A password that is chosen.
pub(crate) struct NewPassword;

impl ToSchema for NewPassword {}

impl PartialSchema for NewPassword {
    fn schema() -> RefOr<Schema> {
        text()
            .format(known(KnownFormat::Password))
            .min_length(Some(user::Password::MIN_LENGTH))
            .max_length(Some(user::Password::MAX_LENGTH))
            .examples(["correct horse"])
            .into()
    }
}

/// A password that is compared, with one that may be older than the rules.
pub(crate) struct Password;

impl ToSchema for Password {}

impl PartialSchema for Password {
    fn schema() -> RefOr<Schema> {
        text()
            .format(known(KnownFormat::Password))
            .min_length(Some(1))
            .max_length(Some(user::Password::MAX_LENGTH))
            .examples(["correct horse"])
            .into()
    }
}

pub(crate) struct Role;

impl ToSchema for Role {}

impl PartialSchema for Role {
    fn schema() -> RefOr<Schema> {
        one_of(user::Role::ALL.map(user::Role::as_str)).into()
    }
}
