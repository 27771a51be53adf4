//! Orders.

use chrono::{DateTime, Utc};
use hexpress_domain::list::{Direction, Sort as _};
use hexpress_domain::money::{Currency, Price};
use hexpress_domain::order::{
    IdempotencyKey, IdempotencyKeyError, NewOrder, OrderId, OrderSort, OrderStatus, Quantity,
};
use hexpress_domain::product::{ProductId, ProductName};
use hexpress_domain::user::UserId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::call::Call;
use crate::list::{Filters, Page, Part, Things, filter};
use crate::{Client, EntityTag, Error, Tagged};

const PATH: &str = "orders";

/// Says that an answer was given before.
const REPLAYED: &str = "idempotency-replayed";

/// What can be done with orders. See [`Client::orders`].
#[derive(Debug, Clone, Copy)]
pub struct Orders<'a>(&'a Client);

/// An order. Names and prices are those of the products when it was placed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Order {
    /// The id.
    pub id: OrderId,
    /// Who placed it.
    pub user_id: UserId,
    /// How far it has come.
    pub status: OrderStatus,
    /// What is ordered.
    pub items: Vec<OrderItem>,
    /// What all of it costs, in minor units.
    pub total_cents: u64,
    /// The currency of all prices.
    pub currency: Currency,
    /// When it was placed.
    pub created_at: DateTime<Utc>,
    /// When its status last changed.
    pub updated_at: DateTime<Utc>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OrderItem {
    /// Which product.
    pub product_id: ProductId,
    /// What it was called.
    pub name: ProductName,
    /// How many pieces.
    pub quantity: Quantity,
    /// What one piece cost, in minor units.
    pub unit_price_cents: Price,
    /// What all pieces of the line cost, in minor units.
    pub line_total_cents: u64,
}

/// An order that was asked for and is there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Placed {
    /// The order as it was when it was placed.
    pub order: Tagged<Order>,
    /// Whether an earlier request with the same key has placed it.
    pub is_replayed: bool,
}

/// Which orders to list, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListOrders {
    /// Only orders of this status.
    pub status: Option<OrderStatus>,
    /// By admins: only orders of this user.
    pub user_id: Option<UserId>,
    /// What the list is ordered by.
    pub sort: OrderSort,
    /// The direction of the order.
    pub direction: Direction,
    /// Which part of the list.
    pub part: Part,
}

impl ListOrders {
    fn filters(&self) -> Filters {
        let mut filters = vec![
            ("sortBy", self.sort.as_str().to_owned()),
            ("order", self.direction.as_str().to_owned()),
        ];
        filter(&mut filters, "status", self.status);
        filter(&mut filters, "userId", self.user_id);
        filters
    }
}

#[derive(Serialize)]
struct NewOrderBody {
    items: Vec<NewOrderLine>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewOrderLine {
    product_id: ProductId,
    quantity: Quantity,
}

impl Client {
    /// Orders.
    #[must_use]
    pub const fn orders(&self) -> Orders<'_> {
        Orders(self)
    }
}

impl Orders<'_> {
    /// Places an order, once: the client gives it a key of its own, so that it can be sent again
    /// when no answer comes.
    ///
    /// When even the last attempt has no answer, the order may be there. Who must know, also after
    /// a crash, keeps a key and uses [`Self::place_with_key`].
    ///
    /// # Errors
    ///
    /// [`InsufficientStock`] with a detail for each line that asks for too much,
    /// [`ReferenceError`] with the lines whose products are not for sale.
    ///
    /// [`InsufficientStock`]: crate::ErrorCode::InsufficientStock
    /// [`ReferenceError`]: crate::ErrorCode::ReferenceError
    pub async fn place(self, order: &NewOrder) -> Result<Placed, Error> {
        let key = new_key().map_err(|error| Error::NoAnswer(error.into()))?;
        self.place_with_key(order, &key).await
    }

    /// As [`Self::place`], with a key that the caller keeps: the same order with the same key is
    /// answered with the order that is there already, however often it is sent while the server
    /// knows the key, which is a day unless it is configured otherwise.
    ///
    /// ```no_run
    /// use hexpress_client::domain::product::ProductId;
    /// use hexpress_client::domain::order::{IdempotencyKey, NewOrder, NewOrderItem};
    ///
    /// # async fn buy(
    /// #     ada: hexpress_client::Client,
    /// #     product_id: ProductId,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let order = NewOrder::new(vec![NewOrderItem { product_id, quantity: 2.try_into()? }])?;
    /// let key: IdempotencyKey = "cart-4711".parse()?;
    /// let placed = ada.orders().place_with_key(&order, &key).await?;
    /// let again = ada.orders().place_with_key(&order, &key).await?;
    /// assert!(again.is_replayed);
    /// assert_eq!(placed.order, again.order);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Self::place`], and [`IdempotencyKeyReused`] where the key was used for another order.
    ///
    /// [`IdempotencyKeyReused`]: crate::ErrorCode::IdempotencyKeyReused
    pub async fn place_with_key(
        self,
        order: &NewOrder,
        key: &IdempotencyKey,
    ) -> Result<Placed, Error> {
        let lines = order.items().iter().map(|item| NewOrderLine {
            product_id: item.product_id,
            quantity: item.quantity,
        });
        let body = NewOrderBody {
            items: lines.collect(),
        };
        let answer = self.0.send(&Call::post(PATH).json(&body)?.key(key)).await?;
        Ok(Placed {
            is_replayed: answer
                .headers
                .get(REPLAYED)
                .is_some_and(|value| value == "true"),
            order: answer.tagged()?,
        })
    }

    /// One order.
    ///
    /// # Errors
    ///
    /// [`NotFound`](crate::ErrorCode::NotFound) where there is none that the caller may see.
    pub async fn read(self, id: OrderId) -> Result<Tagged<Order>, Error> {
        self.0.tagged(&Call::get(format!("{PATH}/{id}"))).await
    }

    /// One page of orders: the caller's own, or for admins all.
    ///
    /// # Errors
    ///
    /// [`Error`].
    pub async fn list(self, list: &ListOrders) -> Result<Page<Order>, Error> {
        self.0.page(PATH, list.filters(), &list.part).await
    }

    /// Orders, over all pages. Its errors are those of [`Self::list`].
    #[must_use]
    pub fn stream(self, list: ListOrders) -> Things<Order> {
        self.0.things(PATH, list.filters(), list.part)
    }

    /// Calls an order off, and gives its pieces back; with a tag, only in the state that it stands
    /// for.
    ///
    /// # Errors
    ///
    /// [`InvalidState`] for an order that has come too far, [`PreconditionFailed`] for another
    /// state.
    ///
    /// [`InvalidState`]: crate::ErrorCode::InvalidState
    /// [`PreconditionFailed`]: crate::ErrorCode::PreconditionFailed
    pub async fn cancel(
        self,
        id: OrderId,
        tag: Option<&EntityTag>,
    ) -> Result<Tagged<Order>, Error> {
        self.step(id, "cancel", tag).await
    }

    /// Says that an order is paid for. For admins.
    ///
    /// # Errors
    ///
    /// As [`Self::cancel`].
    pub async fn pay(self, id: OrderId, tag: Option<&EntityTag>) -> Result<Tagged<Order>, Error> {
        self.step(id, "pay", tag).await
    }

    /// Says that an order is sent. For admins.
    ///
    /// # Errors
    ///
    /// As [`Self::cancel`].
    pub async fn fulfil(
        self,
        id: OrderId,
        tag: Option<&EntityTag>,
    ) -> Result<Tagged<Order>, Error> {
        self.step(id, "fulfil", tag).await
    }

    async fn step(
        self,
        id: OrderId,
        step: &str,
        tag: Option<&EntityTag>,
    ) -> Result<Tagged<Order>, Error> {
        let call = Call::post(format!("{PATH}/{id}/{step}")).if_match(tag);
        self.0.tagged(&call).await
    }
}

/// A key that nobody else has used: a UUID of version 7 is visible ASCII, and mostly random.
#[expect(
    clippy::disallowed_methods,
    reason = "the client lives in programs that have no port for ids"
)]
fn new_key() -> Result<IdempotencyKey, IdempotencyKeyError> {
    Uuid::now_v7().to_string().parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_keys_and_differ() {
        let (one, other) = (new_key(), new_key());
        assert!(one.is_ok());
        assert_ne!(one, other);
    }
}
