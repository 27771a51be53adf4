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
pub use order::{permit_cancellation, sees_order, visible_orders};
pub use post::{
    VisiblePage, VisiblePost, permit_post_moderation, permit_post_patch, sees_post, visible_posts,
};
pub use product::{sees_inactive_products, sees_product};
pub(crate) use user::revoked_by_new_password;
pub use user::{
    must_confirm_password, permit_statistics, permit_user_deletion, permit_user_patch,
    sees_full_user, sees_user, visible_users,
};

use crate::Error;

/// Refuses fields that the actor may not send, if there are any.
fn refuse_fields(fields: impl Iterator<Item = &'static str>) -> Result<(), Error> {
    let fields: Vec<_> = fields.collect();
    if fields.is_empty() {
        Ok(())
    } else {
        Err(Error::Forbidden { fields })
    }
}
