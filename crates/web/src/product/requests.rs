use std::convert::Infallible;

use hexpress_domain::list::{PageSize, Search};
use hexpress_domain::product::{
    NewProduct, ProductPatch, ProductQuery, ProductSort, RawNewProduct, RawProductPatch,
};
use hexpress_domain::validation::ValidationErrors;
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::cursor::Fingerprint;
use crate::extract::Fields;
use crate::list::ListFields;
use crate::openapi::types;

/// A product for the catalogue.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it describes a body, which is read field by field"
)]
pub(super) struct NewProductBody {
    name: types::ProductName,
    #[schema(required = false)]
    description: types::Description,
    price_cents: types::Price,
    currency: types::Currency,
    stock: types::NewStock,
    /// Whether it is for sale.
    #[schema(required = false, default = true)]
    is_active: bool,
}

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

/// A change to a product: what is absent stays as it is.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"priceCents": 1899, "stockDelta": -1}))]
#[expect(
    dead_code,
    reason = "it describes a body, which is read field by field"
)]
pub(super) struct ProductPatchBody {
    #[schema(required = false)]
    name: types::ProductName,
    #[schema(required = false)]
    description: types::Description,
    #[schema(required = false)]
    price_cents: types::Price,
    #[schema(required = false)]
    currency: types::Currency,
    /// How many pieces there are now, whatever was counted before.
    #[schema(required = false)]
    stock: types::NewStock,
    /// How many pieces have come, or gone where it is negative. Not beside `stock`.
    #[schema(required = false)]
    stock_delta: types::StockDelta,
    /// Whether it is for sale.
    #[schema(required = false)]
    is_active: bool,
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

/// What [`ListProducts`] reads, beside what every list takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it describes a query, which is read field by field"
)]
pub(super) struct ListProductsParameters {
    /// What the list is ordered by.
    #[param(inline, required = false)]
    sort_by: SortBy,
    /// Only products whose name or description contain this, in any case.
    #[param(inline, required = false)]
    search: types::Search,
    /// By admins: only products that are, or are not, for sale.
    #[param(required = false)]
    is_active: bool,
}

struct SortBy;

impl ToSchema for SortBy {}

impl PartialSchema for SortBy {
    fn schema() -> RefOr<Schema> {
        let default = json!(ProductSort::default().as_str());
        let names = types::one_of(ProductSort::ALL.map(ProductSort::as_str));
        names.default(Some(default)).into()
    }
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
mod tests {
    use super::*;
    use crate::extract::names_taken_by;
    use crate::list::{ListParameters, OrderParameter};
    use crate::openapi::{parameter_names, property_names};

    #[test]
    fn the_document_names_what_is_read() {
        let new = names_taken_by(|fields| drop(new_product(fields)));
        assert_eq!(property_names::<NewProductBody>(), new);
        let patch = names_taken_by(|fields| drop(patch_product(fields)));
        assert_eq!(property_names::<ProductPatchBody>(), patch);
        let mut list = names_taken_by(|fields| drop(ListProducts::parse(fields)));
        let mut documented = parameter_names::<ListParameters>();
        documented.extend(parameter_names::<OrderParameter>());
        documented.extend(parameter_names::<ListProductsParameters>());
        list.sort_unstable();
        documented.sort_unstable();
        assert_eq!(documented, list);
    }

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
