use hexpress_domain::list::PageSize;
use hexpress_domain::order::{NewOrder, OrderQuery, OrderStatus, RawNewOrder, RawNewOrderItem};
use hexpress_domain::validation::ValidationErrors;

use crate::cursor::Fingerprint;
use crate::extract::Fields;
use crate::list::ListFields;

pub(super) fn new_order(mut fields: Fields) -> Result<NewOrder, ValidationErrors> {
    let mut unknown = ValidationErrors::new();
    let items = fields.objects("items").map(|items| {
        let items = items.into_iter().enumerate();
        let items = items.map(|(index, item)| {
            item.map(|mut fields| {
                let raw = RawNewOrderItem {
                    product_id: fields.text("productId"),
                    quantity: fields.whole_number("quantity"),
                };
                fields.left_over(&format!("items[{index}]."), &mut unknown);
                raw
            })
        });
        items.collect()
    });
    fields.finish_beside(unknown, NewOrder::parse(RawNewOrder { items }))
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
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

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
