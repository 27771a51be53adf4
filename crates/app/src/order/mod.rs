//! Orders: placing, reading, listing, and the steps that they take.

use std::sync::Arc;

use chrono::TimeDelta;
use hexpress_domain::auth::Actor;
use hexpress_domain::clock::{Clock, IdGenerator};
use hexpress_domain::id::Id;
use hexpress_domain::list::Page;
use hexpress_domain::order::{
    Idempotency, IdempotencyKey, NewOrder, Order, OrderId, OrderQuery, OrderRecord,
    OrderRepository, OrderStatus, Placement, PlacementRefusal,
};
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::validation::ValidationErrors;

use crate::decision::decision;
use crate::permissions::operations::{
    CancelOrder, FulfilOrder, ListOrders, PayOrder, PlaceOrder, ReadOrder,
};
use crate::permissions::{self, Permit, Target};
use crate::{Error, InvalidState, Preconditions, Resource, StockShortage};

/// How long orders and their keys wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderPolicy {
    /// How long an idempotency key is known.
    pub key_ttl: TimeDelta,
    /// When an order that nobody pays for is cancelled; `None` is never.
    pub pending_ttl: Option<TimeDelta>,
}

/// Keys are known for a day, and orders wait for ever.
impl Default for OrderPolicy {
    fn default() -> Self {
        Self {
            key_ttl: TimeDelta::days(1),
            pending_ttl: None,
        }
    }
}

/// An order that was asked for and is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedOrder {
    /// The order as it was when it was placed.
    pub order: Order,
    /// Whether it was placed by an earlier request with the same key.
    pub is_replayed: bool,
}

/// What the use cases of orders need.
pub struct OrderPorts {
    /// Keeps orders.
    pub orders: Arc<dyn OrderRepository>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub ids: Arc<dyn IdGenerator>,
}

/// The use cases of orders.
pub struct OrderService {
    ports: OrderPorts,
    policy: OrderPolicy,
}

impl OrderService {
    /// Puts the use cases on their ports.
    #[must_use]
    pub const fn new(ports: OrderPorts, policy: OrderPolicy) -> Self {
        Self { ports, policy }
    }

    /// Places an order for the caller. With a key, the same command is answered with
    /// the same order however often it is sent while the key is known.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] where the caller has no account,
    /// [`Error::IdempotencyKeyReused`], [`Error::MissingReference`] for products that
    /// are unknown or not for sale, [`Error::Validation`] where the lines have no sum,
    /// [`Error::InsufficientStock`].
    pub async fn place(
        &self,
        who: &Permit<PlaceOrder>,
        command: NewOrder,
        key: Option<IdempotencyKey>,
    ) -> Result<PlacedOrder, Error> {
        let principal = who.principal()?;
        let now = self.ports.clock.now();
        let record = OrderRecord {
            id: Id::generate(&*self.ports.ids),
            user_id: principal.user_id,
            order: command,
            idempotency: key.map(|key| Idempotency {
                key,
                expires_at: now + self.policy.key_ttl,
            }),
            at: now,
        };
        let placement = match self.ports.orders.place(record).await {
            // The account has been removed for good since the token was looked up.
            Err(RepositoryError::MissingReference) => return Err(Error::InvalidToken),
            outcome => outcome?,
        };
        match placement {
            Placement::Placed(order) => Ok(PlacedOrder {
                order,
                is_replayed: false,
            }),
            Placement::Replayed(order) => Ok(PlacedOrder {
                order,
                is_replayed: true,
            }),
            Placement::KeyReused => Err(Error::IdempotencyKeyReused),
            Placement::Refused(refusal) => Err(refused(refusal)),
        }
    }

    /// One order.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`], and [`Error::NotFound`] where there is none that the
    /// actor may see.
    pub async fn read(&self, who: &Permit<ReadOrder>, id: OrderId) -> Result<Order, Error> {
        let actor = who.actor();
        let found = self.ports.orders.find(id).await?;
        let visible = found.filter(|order| order.is_visible_to(actor));
        visible.ok_or(Error::NotFound(Resource::Order))
    }

    /// A page of the actor's own orders, or of all for an admin.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`]; [`Error::Forbidden`] for others than admins who ask
    /// whose orders to list; [`Error::Validation`] for a cursor of another order.
    pub async fn list(
        &self,
        who: &Permit<ListOrders>,
        mut query: OrderQuery,
    ) -> Result<Page<Order>, Error> {
        let actor = who.actor();
        permissions::permit_filter(actor, &query.filter)?;
        query.check_cursor()?;
        if let Some(own) = permissions::visible_orders(actor)? {
            query.filter.user_id = Some(own);
        }
        Ok(self.ports.orders.list(query).await?)
    }

    /// Cancels an order; its pieces go back into stock.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`], [`Error::NotFound`], [`Error::PreconditionFailed`],
    /// and [`Error::InvalidState`] for an order that is fulfilled or cancelled, or that
    /// is paid for and the actor is no admin.
    pub async fn cancel(
        &self,
        who: &Permit<CancelOrder>,
        id: OrderId,
        preconditions: Option<&Preconditions>,
    ) -> Result<Order, Error> {
        let actor = who.actor();
        self.step(actor, id, OrderStatus::Cancelled, preconditions)
            .await
    }

    /// Says that an order is paid for.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] and [`Error::Forbidden`] for all but admins,
    /// [`Error::NotFound`], [`Error::PreconditionFailed`], and [`Error::InvalidState`]
    /// for an order that is not pending.
    pub async fn pay(
        &self,
        who: &Permit<PayOrder>,
        id: OrderId,
        preconditions: Option<&Preconditions>,
    ) -> Result<Order, Error> {
        let actor = who.actor();
        self.step(actor, id, OrderStatus::Paid, preconditions).await
    }

    /// Says that an order is sent.
    ///
    /// # Errors
    ///
    /// As [`OrderService::pay`], for an order that is not paid for.
    pub async fn fulfil(
        &self,
        who: &Permit<FulfilOrder>,
        id: OrderId,
        preconditions: Option<&Preconditions>,
    ) -> Result<Order, Error> {
        let actor = who.actor();
        self.step(actor, id, OrderStatus::Fulfilled, preconditions)
            .await
    }

    async fn step(
        &self,
        actor: &Actor,
        id: OrderId,
        to: OrderStatus,
        preconditions: Option<&Preconditions>,
    ) -> Result<Order, Error> {
        let asking = actor.clone();
        let decide = move |order: &Order, at| {
            if to == OrderStatus::Cancelled {
                permissions::permit_cancellation(&asking, order)?;
            }
            let step = order.transition(to, at);
            let step = step.map_err(InvalidState::OrderTransition);
            Ok(Some(step.map_err(Error::InvalidState)?))
        };
        let decide = decision(
            actor,
            preconditions,
            &self.ports.clock,
            |_, _| Ok(()),
            decide,
        );
        let changed = self.ports.orders.change(id, decide).await;
        changed.map_err(Error::about(Resource::Order))
    }

    /// Cancels the orders that nobody has paid for in time; returns how many.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn cancel_overdue(&self) -> Result<u64, Error> {
        let Some(pending_ttl) = self.policy.pending_ttl else {
            return Ok(0);
        };
        let now = self.ports.clock.now();
        Ok(self
            .ports
            .orders
            .cancel_overdue(now - pending_ttl, now)
            .await?)
    }

    /// Forgets the idempotency keys whose time is over; returns how many.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Internal`].
    pub async fn sweep(&self) -> Result<u64, Error> {
        Ok(self.ports.orders.sweep(self.ports.clock.now()).await?)
    }
}

/// Names the lines at fault by the fields of the command.
fn refused(refusal: PlacementRefusal) -> Error {
    match refusal {
        PlacementRefusal::NotForSale(items) => Error::MissingReference {
            fields: items
                .into_iter()
                .map(|item| format!("items[{item}].productId"))
                .collect(),
        },
        PlacementRefusal::Total(error) => ValidationErrors::of("items", error).into(),
        PlacementRefusal::Short(shortages) => Error::InsufficientStock(
            shortages
                .into_iter()
                .map(|shortage| StockShortage {
                    field: format!("items[{}].quantity", shortage.item),
                    available: shortage.available,
                })
                .collect(),
        ),
    }
}
