use hexpress_domain::list::PageSize;
use hexpress_domain::order::{
    NewOrder, OrderQuery, OrderSort, OrderStatus, RawNewOrder, RawNewOrderItem,
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

/// A name without arguments, which utoipa would want to see through.
type Lines = types::Lines<NewOrderItemBody>;

/// An order to be placed: each product once, and all in one currency.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it describes a body, which is read field by field"
)]
pub(super) struct NewOrderBody {
    #[schema(inline)]
    items: Lines,
}

/// A line of an order to be placed.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "it describes a body, which is read field by field"
)]
pub(super) struct NewOrderItemBody {
    product_id: types::Id,
    quantity: types::Quantity,
}

pub(super) fn new_order(mut fields: Fields) -> Result<NewOrder, ValidationErrors> {
    let mut unknown = ValidationErrors::new();
    let items = fields.objects("items").map(|items| {
        let items = items.into_iter().enumerate();
        let items = items.map(|(index, item)| {
            item.map(|mut fields| {
                let raw = new_order_item(&mut fields);
                fields.left_over(&format!("items[{index}]."), &mut unknown);
                raw
            })
        });
        items.collect()
    });
    fields.finish_beside(unknown, NewOrder::parse(RawNewOrder { items }))
}

fn new_order_item(fields: &mut Fields) -> RawNewOrderItem {
    RawNewOrderItem {
        product_id: fields.text("productId"),
        quantity: fields.whole_number("quantity"),
    }
}

/// What [`ListOrders`] reads, beside what every list takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it describes a query, which is read field by field"
)]
pub(super) struct ListOrdersParameters {
    /// What the list is ordered by.
    #[param(inline, required = false)]
    sort_by: SortBy,
    /// Only orders of this status.
    #[param(inline, required = false)]
    status: types::OrderStatus,
    /// By admins: only orders of this user.
    #[param(inline, required = false)]
    user_id: types::Id,
}

struct SortBy;

impl ToSchema for SortBy {}

impl PartialSchema for SortBy {
    fn schema() -> RefOr<Schema> {
        let default = json!(OrderSort::default().as_str());
        let names = types::one_of(OrderSort::ALL.map(OrderSort::as_str));
        names.default(Some(default)).into()
    }
}

/// A list of orders that is asked for.
pub(super) struct ListOrders {
    pub(super) query: OrderQuery,
    /// Of the filters and the order.
    pub(super) fingerprint: Fingerprint,
}

impl ListOrders {
    pub(super) fn parse(mut fields: Fields) -> Result<Self, ValidationErrors> {
        let mut errors = ValidationErrors::new();
        let list = ListFields::take(&mut fields, PageSize::MAX, &mut errors);
        // What says which list it is, and so whose cursor continues it.
        let mut which = ValidationErrors::new();
        let sort = which.optional("sortBy", fields.text("sortBy"), |text| text.parse());
        let direction = which.optional("order", fields.text("order"), |text| text.parse());
        let status = which.optional("status", fields.text("status"), |text| text.parse());
        let user_id = which.optional("userId", fields.text("userId"), |text| text.parse());
        let mut query = OrderQuery {
            status,
            user_id,
            sort: sort.unwrap_or_default(),
            direction: direction.unwrap_or_default(),
            ..OrderQuery::default()
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
/// cursors outlive the program that gave them.
fn description(query: &OrderQuery) -> String {
    let OrderQuery {
        status,
        user_id,
        sort,
        direction,
        page: _,
    } = query;
    let sort = sort.as_str();
    let order = direction.as_str();
    let status = status.map_or("any", OrderStatus::as_str);
    let user_id = user_id.map_or_else(|| "any".to_owned(), |id| id.to_string());
    format!("orders sortBy={sort} order={order} status={status} userId={user_id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::names_taken_by;
    use crate::list::{ListParameters, OrderParameter};
    use crate::openapi::{parameter_names, property_names};

    #[test]
    fn the_document_names_what_is_read() {
        let new = names_taken_by(|fields| drop(new_order(fields)));
        assert_eq!(property_names::<NewOrderBody>(), new);
        let item = names_taken_by(|mut fields| drop(new_order_item(&mut fields)));
        assert_eq!(property_names::<NewOrderItemBody>(), item);
        let mut list = names_taken_by(|fields| drop(ListOrders::parse(fields)));
        let mut documented = parameter_names::<ListParameters>();
        documented.extend(parameter_names::<OrderParameter>());
        documented.extend(parameter_names::<ListOrdersParameters>());
        list.sort_unstable();
        documented.sort_unstable();
        assert_eq!(documented, list);
    }

    fn described(query: &[(&str, &str)]) -> String {
        let pairs = query.iter();
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let list = ListOrders::parse(pairs.collect::<Vec<_>>().into()).unwrap();
        assert_eq!(list.fingerprint, Fingerprint::of(&description(&list.query)));
        description(&list.query)
    }

    /// Whoever changes one of these breaks every cursor that a client holds.
    #[test]
    fn a_list_is_described_alike_by_every_version_of_the_program() {
        assert_eq!(
            described(&[("page", "3"), ("limit", "7"), ("count", "none")]),
            "orders sortBy=createdAt order=desc status=any userId=any"
        );
        let id = "00000000-0000-0000-0000-000000000001";
        assert_eq!(
            described(&[
                ("sortBy", "totalCents"),
                ("order", "ASC"),
                ("status", "paid"),
                ("userId", id),
            ]),
            format!("orders sortBy=totalCents order=asc status=paid userId={id}")
        );
    }
}
