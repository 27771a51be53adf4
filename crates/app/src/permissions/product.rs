use hexpress_domain::auth::Actor;
use hexpress_domain::entity::Version;
use hexpress_domain::product::{Product, ProductFilter};
use hexpress_domain::user::Role;

use super::{Operation, RestrictedFilter, RestrictedFilters, Target};
use crate::Resource;

impl RestrictedFilters for ProductFilter {
    const RESTRICTED: &'static [RestrictedFilter<Self>] = &[RestrictedFilter {
        name: "isActive",
        operation: Operation::FilterProductsByActivity,
        is_used: |filter| filter.is_active.is_some(),
    }];
}

/// Whether the actor sees products that are not for sale: admins do.
#[must_use]
pub fn sees_inactive_products(actor: &Actor) -> bool {
    actor.role() == Some(Role::Admin)
}

/// Nobody sees a deleted product.
impl Target for Product {
    const RESOURCE: Resource = Resource::Product;

    fn version(&self) -> Version {
        self.version
    }

    fn is_visible_to(&self, actor: &Actor) -> bool {
        self.deleted_at.is_none() && (self.is_active || sees_inactive_products(actor))
    }
}
