//! The types of single fields, as the document names and bounds them. Each bound
//! is the domain's own constant. The types of one resource stand in its `responses.rs`;
//! those of several stand here.

/// Declares the types of fields, each with its schema.
macro_rules! field_types {
    ($($(#[$doc:meta])* $name:ident => $schema:expr;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name;

        impl utoipa::ToSchema for $name {}

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $schema.into()
            }
        }
    )+};
}

pub(crate) use field_types;

mod list;

use hexpress_domain::{money, user};
pub(crate) use list::{Order, PageNumber, PageSize, Search};
use serde_json::json;
use utoipa::openapi::schema::{KnownFormat, SchemaFormat};
use utoipa::openapi::{ObjectBuilder, Type};

/// The pattern of a text that may not be blank: the white space around it does not count
/// ([`hexpress_domain::text::trim`]).
const NOT_BLANK: &str = r"[^\s\u0085\u00AD\u200B-\u200F\u2060\u2800\u3164\uFEFF]";

/// A text of so many characters, which is not blank where it needs any.
pub(crate) fn bounded(min: usize, max: usize) -> ObjectBuilder {
    let text = text().max_length(Some(max));
    match min {
        0 => text,
        _ => text.min_length(Some(min)).pattern(Some(NOT_BLANK)),
    }
}

pub(crate) fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

pub(crate) fn integer() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer)
}

/// A text that is one of a few.
pub(crate) fn one_of<const N: usize>(names: [&str; N]) -> ObjectBuilder {
    text().enum_values(Some(names))
}

pub(crate) fn known(format: KnownFormat) -> Option<SchemaFormat> {
    Some(SchemaFormat::KnownFormat(format))
}

field_types! {
    Id => {
        let example = "0192d3a4-5b6c-7d8e-9f01-23456789abcd";
        let id = text().format(Some(SchemaFormat::Custom("uuid".to_owned())));
        id.examples([example])
    };
    /// A time that a client sends, in any offset.
    Time => text()
        .description(Some("In RFC 3339, in any offset"))
        .format(known(KnownFormat::DateTime))
        .examples(["2030-01-31T12:00:00Z"]);
    /// A JSON object of which nothing more is said here.
    AnyObject => ObjectBuilder::new();
    /// What one piece costs.
    Price => integer()
        .minimum(Some(0))
        .maximum(Some(money::Price::MAX))
        .description(Some("In minor units of the currency"))
        .examples([json!(1999)]);
    Currency => text()
        .pattern(Some("^[A-Z]{3}$"))
        .description(Some("A code of ISO 4217"))
        .examples(["EUR"]);
    /// What several pieces cost.
    Money => integer()
        .minimum(Some(0))
        .maximum(Some(money::Money::MAX))
        .description(Some("In minor units of the currency"))
        .examples([json!(3998)]);
    FirstName => bounded(user::FirstName::MIN_LENGTH, user::FirstName::MAX_LENGTH)
        .examples(["Ada"]);
    /// Empty for who has but one name.
    LastName => bounded(user::LastName::MIN_LENGTH, user::LastName::MAX_LENGTH)
        .examples(["Lovelace"]);
}
