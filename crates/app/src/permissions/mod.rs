//! Who may do what and who sees what: the one place where that is decided.
//!
//! [`permit`] and [`Permit`] decide what the kind of actor alone decides, before anything
//! is read. [`permit_filter`] decides whether the actor may use a filter of a list. The other
//! functions decide about one user, post, product or order that was read, or say which of
//! them the actor sees.

mod filters;
mod operation;
mod order;
mod post;
mod product;
mod user;

pub use filters::{RestrictedFilter, RestrictedFilters, permit_filter, permit_filter_names};
pub use operation::{Operation, Permission, Permit, operations, permit};
pub use order::{permit_cancellation, visible_orders};
pub use post::{
    VisiblePage, VisiblePost, permit_post_moderation, permit_post_patch, sees_post, visible_posts,
};
pub use product::sees_inactive_products;
pub(crate) use user::revoked_by_new_password;
pub use user::{
    must_confirm_password, permit_statistics, permit_user_deletion, permit_user_patch,
    sees_full_user, visible_users,
};

use hexpress_domain::auth::Actor;
use hexpress_domain::entity::Version;

use crate::{Error, Resource};

/// A thing, as the decision about a change of it is given it.
pub trait Target: 'static {
    /// What clients call it.
    const RESOURCE: Resource;

    /// The number of its state.
    fn version(&self) -> Version;

    /// Whether the actor may know that it exists.
    fn is_visible_to(&self, actor: &Actor) -> bool;

    /// Refuses an actor who may not know that it exists.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`].
    fn require_visible_to(&self, actor: &Actor) -> Result<(), Error> {
        if self.is_visible_to(actor) {
            Ok(())
        } else {
            Err(Error::NotFound(Self::RESOURCE))
        }
    }
}

/// Refuses fields that the actor may not send, if there are any.
fn refuse_fields(fields: impl Iterator<Item = &'static str>) -> Result<(), Error> {
    let fields: Vec<_> = fields.collect();
    if fields.is_empty() {
        Ok(())
    } else {
        Err(Error::Forbidden { fields })
    }
}
