//! The types of single fields, as the document names and bounds them. Each bound
//! is the domain's own constant.

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
use utoipa::{PartialSchema, ToSchema};

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

/// Always true.
pub(crate) struct True;

impl ToSchema for True {}

impl PartialSchema for True {
    fn schema() -> RefOr<Schema> {
        exactly(true)
    }
}

/// Always false.
pub(crate) struct False;

impl ToSchema for False {}

impl PartialSchema for False {
    fn schema() -> RefOr<Schema> {
        exactly(false)
    }
}

pub(crate) struct Id;

impl ToSchema for Id {}

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        let example = "0192d3a4-5b6c-7d8e-9f01-23456789abcd";
        let id = text().format(Some(SchemaFormat::Custom("uuid".to_owned())));
        id.examples([example]).into()
    }
}

/// A time that a client sends, in any offset.
pub(crate) struct Time;

impl ToSchema for Time {}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        text()
            .description(Some("In RFC 3339, in any offset"))
            .format(known(KnownFormat::DateTime))
            .examples(["2030-01-31T12:00:00Z"])
            .into()
    }
}

/// A JSON object of which nothing more is said here.
pub(crate) struct AnyObject;

impl ToSchema for AnyObject {}

impl PartialSchema for AnyObject {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().into()
    }
}
