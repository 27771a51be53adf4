use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_app::permissions::Permit;
use hexpress_app::permissions::operations::ListOrders;
use hexpress_domain::order::{OrderFilter, OrderSort};

use super::responses::{ForbiddenOrderFilter, OrderAnswer, types};
use crate::api::Api;
use crate::error::ApiError;
use crate::extract::Checked;
use crate::list::{Filters, ListRequest, Listing};
use crate::respond::{self, List};

type OrderList = ListRequest<OrderFilter>;

impl Listing for OrderFilter {
    type Sort = OrderSort;

    const NAME: &'static str = "orders";

    fn declare(filters: &mut Filters) -> Self {
        Self {
            status: filters.one::<types::OrderStatus, _>("status", "Only orders of this status."),
            user_id: filters.one::<types::Id, _>("userId", "By admins: only orders of this user."),
        }
    }
}

/// List orders
///
/// One's own; those of all users for admins.
#[utoipa::path(
    get,
    path = "/orders",
    tag = "Orders",
    params(OrderList),
    responses(
        (status = 200, description = "A page of the list", body = List<OrderAnswer>),
        ForbiddenOrderFilter,
    ),
    security(("token" = [])),
)]
pub(super) async fn list_orders(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<ListOrders>, (), OrderList>,
) -> Result<Response, ApiError> {
    let Checked {
        who, query: list, ..
    } = request;
    let page = api.services.orders.list(&who, list.query.clone()).await?;
    let pagination = list.pagination(&page);
    let orders = page.items.into_iter().map(OrderAnswer::from).collect();
    Ok(respond::page(orders, pagination))
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
            fingerprint_of::<OrderFilter>(&[("page", "3"), ("limit", "7"), ("count", "none")]),
            Fingerprint::of("orders sortBy=createdAt order=desc status=any userId=any")
        );
        let id = "00000000-0000-0000-0000-000000000001";
        assert_eq!(
            fingerprint_of::<OrderFilter>(&[
                ("sortBy", "totalCents"),
                ("order", "ASC"),
                ("status", "paid"),
                ("userId", id),
            ]),
            Fingerprint::of(&format!(
                "orders sortBy=totalCents order=asc status=paid userId={id}"
            ))
        );
    }
}
