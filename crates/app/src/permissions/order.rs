use hexpress_domain::auth::Actor;
use hexpress_domain::entity::Version;
use hexpress_domain::order::{Order, OrderFilter, OrderStatus};
use hexpress_domain::user::{Role, UserId};

use super::{Operation, RestrictedFilter, RestrictedFilters, Target};
use crate::{Error, InvalidState, Resource};

impl RestrictedFilters for OrderFilter {
    const RESTRICTED: &'static [RestrictedFilter<Self>] = &[RestrictedFilter {
        name: "userId",
        operation: Operation::FilterOrdersByUser,
        is_used: |filter| filter.user_id.is_some(),
    }];
}

/// The user whose orders the actor may see; `None` means all users.
///
/// # Errors
///
/// [`Error::Unauthenticated`] for an anonymous actor, who has none.
pub fn visible_orders(actor: &Actor) -> Result<Option<UserId>, Error> {
    match actor {
        Actor::Anonymous => Err(Error::Unauthenticated),
        Actor::Operator => Ok(None),
        Actor::User(principal) if principal.role == Role::Admin => Ok(None),
        Actor::User(principal) => Ok(Some(principal.user_id)),
    }
}

impl Target for Order {
    const RESOURCE: Resource = Resource::Order;

    fn version(&self) -> Version {
        self.version
    }

    fn is_visible_to(&self, actor: &Actor) -> bool {
        visible_orders(actor).is_ok_and(|whose| whose.is_none_or(|id| id == self.user_id))
    }
}

/// Decides whether the role of the actor allows to cancel this order: only admins cancel
/// an order that is paid for.
///
/// # Errors
///
/// [`Error::InvalidState`].
pub fn permit_cancellation(actor: &Actor, order: &Order) -> Result<(), Error> {
    if order.status == OrderStatus::Paid && actor.role() != Some(Role::Admin) {
        return Err(Error::InvalidState(InvalidState::OrderPaid));
    }
    Ok(())
}
