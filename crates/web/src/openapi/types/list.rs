use hexpress_domain::list;
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::{integer, text};

pub(crate) struct PageNumber;

impl ToSchema for PageNumber {}

impl PartialSchema for PageNumber {
    fn schema() -> RefOr<Schema> {
        integer()
            .minimum(Some(1))
            .default(Some(json!(list::PageNumber::default().get())))
            .into()
    }
}

pub(crate) struct PageSize;

impl ToSchema for PageSize {}

impl PartialSchema for PageSize {
    fn schema() -> RefOr<Schema> {
        let default = list::PageSize::default().get();
        integer()
            .minimum(Some(list::PageSize::MIN))
            .maximum(Some(list::PageSize::MAX))
            .default(Some(json!(default)))
            .into()
    }
}

pub(crate) struct Order;

impl ToSchema for Order {}

impl PartialSchema for Order {
    fn schema() -> RefOr<Schema> {
        let names = list::Direction::ALL.map(list::Direction::as_str);
        let default = list::Direction::default().as_str();
        text()
            .pattern(Some(in_any_case(&names)))
            .default(Some(json!(default)))
            .examples(names)
            .into()
    }
}

/// A pattern of these names, which has no flag that would say so.
fn in_any_case(names: &[&str]) -> String {
    let letter = |letter: char| format!("[{letter}{}]", letter.to_ascii_uppercase());
    let name = |name: &&str| name.chars().map(letter).collect::<String>();
    let names: Vec<_> = names.iter().map(name).collect();
    format!("^({})$", names.join("|"))
}

pub(crate) struct Search;

impl ToSchema for Search {}

impl PartialSchema for Search {
    fn schema() -> RefOr<Schema> {
        text().max_length(Some(list::Search::MAX_LENGTH)).into()
    }
}
