use hexpress_domain::auth::Actor;
use hexpress_domain::product::Product;
use hexpress_domain::user::Role;

/// Whether the actor sees products that are not for sale: admins do.
#[must_use]
pub fn sees_inactive_products(actor: &Actor) -> bool {
    actor.role() == Some(Role::Admin)
}

/// Whether the actor may know that the product exists. Nobody sees a deleted product.
#[must_use]
pub fn sees_product(actor: &Actor, product: &Product) -> bool {
    product.deleted_at.is_none() && (product.is_active || sees_inactive_products(actor))
}
