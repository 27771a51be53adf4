use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_domain::auth::Actor;
use hexpress_domain::product::{ProductFilter, ProductSort};

use super::responses::{ForbiddenProductFilter, ProductAnswer};
use crate::api::Api;
use crate::error::ApiError;
use crate::extract::Checked;
use crate::list::{Filters, ListRequest, Listing};
use crate::openapi::error_responses::Unauthenticated;
use crate::respond::{self, List};

type ListProducts = ListRequest<ProductFilter>;

impl Listing for ProductFilter {
    type Sort = ProductSort;

    const NAME: &'static str = "products";

    fn declare(filters: &mut Filters) -> Self {
        Self {
            search: filters
                .search("Only products whose name or description contain this, in any case, with or without marks."),
            is_active: filters.flag(
                "isActive",
                "By admins: only products that are, or are not, for sale.",
            ),
        }
    }
}

/// List products
///
/// What is not for sale is listed to admins alone.
#[utoipa::path(
    get,
    path = "/products",
    tag = "Products",
    params(ListProducts),
    responses(
        (status = 200, description = "A page of the list", body = List<ProductAnswer>),
        Unauthenticated,
        ForbiddenProductFilter,
    ),
    security((), ("token" = [])),
)]
pub(super) async fn list_products(
    State(api): State<Arc<Api>>,
    request: Checked<Actor, (), ListProducts>,
) -> Result<Response, ApiError> {
    let Checked {
        who, query: list, ..
    } = request;
    let page = api.services.products.list(&who, list.query.clone()).await?;
    let rendered = api
        .render_cache
        .get_or_render(&page, Some(list.part()), |page| {
            let products = page.items.iter().map(ProductAnswer::from).collect();
            respond::render_page(products, list.pagination(page))
        })?;
    Ok(respond::rendered(rendered.body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::Fingerprint;
    use crate::list::fingerprint_of;

    /// Whoever changes one of these breaks every cursor that a client holds.
    #[test]
    fn a_list_is_described_alike_by_every_version_of_the_program() {
        assert_eq!(
            fingerprint_of::<ProductFilter>(&[("page", "3"), ("limit", "7"), ("count", "none")]),
            Fingerprint::of("products sortBy=createdAt order=desc isActive=any search=")
        );
        assert_eq!(
            fingerprint_of::<ProductFilter>(&[
                ("sortBy", "priceCents"),
                ("order", "ASC"),
                ("search", " ENGINE ς"),
                ("isActive", "false"),
            ]),
            Fingerprint::of("products sortBy=priceCents order=asc isActive=false search=engine σ")
        );
    }
}
