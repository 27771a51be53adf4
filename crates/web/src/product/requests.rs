use std::convert::Infallible;

use hexpress_domain::list::{PageSize, Search};
use hexpress_domain::product::{
    NewProduct, ProductPatch, ProductQuery, RawNewProduct, RawProductPatch,
};
use hexpress_domain::validation::ValidationErrors;

use crate::cursor::Fingerprint;
use crate::extract::Fields;
use crate::list::ListFields;

pub(super) fn new_product(mut fields: Fields) -> Result<NewProduct, ValidationErrors> {
    let raw = RawNewProduct {
        name: fields.text("name"),
        description: fields.text("description"),
        price_cents: fields.whole_number("priceCents"),
        currency: fields.text("currency"),
        stock: fields.whole_number("stock"),
        is_active: fields.boolean("isActive"),
    };
    fields.finish(NewProduct::parse(raw))
}

pub(super) fn patch_product(mut fields: Fields) -> Result<ProductPatch, ValidationErrors> {
    let raw = RawProductPatch {
        name: fields.text("name"),
        description: fields.text("description"),
        price_cents: fields.whole_number("priceCents"),
        currency: fields.text("currency"),
        stock: fields.whole_number("stock"),
        stock_delta: fields.whole_number("stockDelta"),
        is_active: fields.boolean("isActive"),
    };
    fields.finish(ProductPatch::parse(raw))
}

/// A list of products that is asked for.
pub(super) struct ListProducts {
    pub(super) query: ProductQuery,
    /// Of the filters and the order.
    pub(super) fingerprint: Fingerprint,
}

impl ListProducts {
    pub(super) fn parse(mut fields: Fields) -> Result<Self, ValidationErrors> {
        let mut errors = ValidationErrors::new();
        let list = ListFields::take(&mut fields, PageSize::MAX, &mut errors);
        // What says which list it is, and so whose cursor continues it.
        let mut which = ValidationErrors::new();
        let sort = which.optional("sortBy", fields.text("sortBy"), |text| text.parse());
        let direction = which.optional("order", fields.text("order"), |text| text.parse());
        let search = which.optional("search", fields.text("search"), |text| Search::parse(&text));
        let is_active = which.optional("isActive", fields.boolean("isActive"), Ok::<_, Infallible>);
        let mut query = ProductQuery {
            search: search.flatten(),
            is_active,
            sort: sort.unwrap_or_default(),
            direction: direction.unwrap_or_default(),
            ..ProductQuery::default()
        };
        let fingerprint = Fingerprint::of(&description(&query));
        let known = which.is_empty().then_some(&fingerprint);
        errors.extend(which);
        query.page = list.finish(&mut fields, known, &mut errors);
        let list = errors.finish(Some(Self { query, fingerprint }));
        fields.finish(list)
    }
}

/// Which list a query asks for: its filters and its order, but not its page,
/// which differs from one page of a list to the next. Written out by name, as
/// cursors outlive the program that gave them; the search, which may hold any
/// text, comes last.
fn description(query: &ProductQuery) -> String {
    let ProductQuery {
        search,
        is_active,
        sort,
        direction,
        page: _,
    } = query;
    let sort = sort.as_str();
    let order = direction.as_str();
    let is_active = match is_active {
        None => "any",
        Some(true) => "true",
        Some(false) => "false",
    };
    let search = search.as_ref().map_or("", Search::folded);
    format!("products sortBy={sort} order={order} isActive={is_active} search={search}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn described(query: &[(&str, &str)]) -> String {
        let pairs = query.iter();
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let list = ListProducts::parse(pairs.collect::<Vec<_>>().into()).unwrap();
        assert_eq!(list.fingerprint, Fingerprint::of(&description(&list.query)));
        description(&list.query)
    }

    /// Whoever changes one of these breaks every cursor that a client holds.
    #[test]
    fn a_list_is_described_alike_by_every_version_of_the_program() {
        assert_eq!(
            described(&[("page", "3"), ("limit", "7"), ("count", "none")]),
            "products sortBy=createdAt order=desc isActive=any search="
        );
        assert_eq!(
            described(&[
                ("sortBy", "priceCents"),
                ("order", "ASC"),
                ("search", " ENGINE ς"),
                ("isActive", "false"),
            ]),
            "products sortBy=priceCents order=asc isActive=false search=engine σ"
        );
    }
}
