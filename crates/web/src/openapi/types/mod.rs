//! The types of single fields, as the document names and bounds them. Each bound
//! is the domain's own constant.

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

mod auth;
mod list;
mod order;
mod post;
mod product;
mod user;

pub(crate) use auth::{TokenKind, TokenName, TokenSecret, TokenType};
pub(crate) use list::{Order, PageNumber, PageSize, Search};
pub(crate) use order::{Lines, Money, OrderStatus, Quantity};
pub(crate) use post::{
    Content, Excerpt, InitialStatus, Metadata, NewSlug, PostStatus, Slug, Title, ViewCount,
};
pub(crate) use product::{Currency, Description, NewStock, Price, ProductName, Stock, StockDelta};
pub(crate) use user::{Email, FirstName, LastName, NewPassword, Password, Role};
use utoipa::openapi::schema::{KnownFormat, Schema, SchemaFormat};
use utoipa::openapi::{ObjectBuilder, RefOr, Type};

/// The pattern of a text that may not be blank: the blanks around it do not count.
const NOT_BLANK: &str = "\\S";

pub(crate) fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn integer() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer)
}

/// A text that is one of a few.
pub(crate) fn one_of<const N: usize>(names: [&str; N]) -> ObjectBuilder {
    text().enum_values(Some(names))
}

fn known(format: KnownFormat) -> Option<SchemaFormat> {
    Some(SchemaFormat::KnownFormat(format))
}

fn exactly(value: bool) -> RefOr<Schema> {
    let boolean = ObjectBuilder::new().schema_type(Type::Boolean);
    boolean.enum_values(Some([value])).into()
}

field_types! {
    /// Always true.
    True => exactly(true);
    /// Always false.
    False => exactly(false);
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
}
