use chrono::{DateTime, Utc};
use hexpress_domain::order::OrderId;
use hexpress_domain::order::{Order, OrderStatus};
use hexpress_domain::post::{Content, Post};
use hexpress_domain::product::{Product, ProductId};
use hexpress_domain::user::{PasswordHash, User};

use crate::maintenance::bulk::Value;
use crate::product::Cause;
use crate::{post, product, user};

/// A user to be stored as it is.
#[derive(Debug, Clone)]
pub struct SeedUser {
    /// All but the password.
    pub user: User,
    /// The password's hash.
    pub password_hash: PasswordHash,
}

/// A post to be stored as it is.
#[derive(Debug, Clone)]
pub struct SeedPost {
    /// All but what it says.
    pub post: Post,
    /// What it says.
    pub content: Content,
    /// How often it has been viewed.
    pub views: u32,
}

/// The columns of a row.
type Columns = Vec<(&'static str, Value)>;

pub(super) fn user(seed: &SeedUser) -> Columns {
    let user = &seed.user;
    let search_text = user::search_text(&user.email, &user.name);
    vec![
        ("id", user.id.into()),
        ("email", user.email.as_str().into()),
        ("password_hash", seed.password_hash.expose().into()),
        ("first_name", user.name.first.as_str().into()),
        ("last_name", user.name.last.as_str().into()),
        ("role", user.role.as_str().into()),
        ("is_active", user.is_active.into()),
        ("last_login_at", user.last_login_at.into()),
        ("search_text", search_text.into()),
        ("version", user.version.get().into()),
        ("created_at", user.created_at.into()),
        ("updated_at", user.updated_at.into()),
        ("deleted_at", user.deleted_at.into()),
    ]
}

pub(super) fn post(seed: &SeedPost) -> Columns {
    let post = &seed.post;
    let excerpt = post.excerpt.as_ref().map(|excerpt| excerpt.as_str());
    vec![
        ("id", post.id.into()),
        ("author_id", post.author_id.into()),
        ("title", post.title.as_str().into()),
        ("slug", post.slug.as_str().into()),
        ("slug_named", post.is_slug_named.into()),
        ("excerpt", excerpt.into()),
        ("status", post.status.as_str().into()),
        ("published_at", post.published_at.into()),
        ("metadata", post.metadata.as_str().into()),
        ("version", post.version.get().into()),
        ("created_at", post.created_at.into()),
        ("updated_at", post.updated_at.into()),
        ("deleted_at", post.deleted_at.into()),
        ("deleted_with_author", false.into()),
    ]
}

pub(super) fn text(seed: &SeedPost) -> Columns {
    let search_text = post::search_text(&seed.post.title, &seed.content);
    vec![
        ("post_id", seed.post.id.into()),
        ("content", seed.content.as_str().into()),
        ("search_text", search_text.into()),
    ]
}

pub(super) fn product(product: &Product) -> Columns {
    let search_text = product::search_text(&product.name, &product.description);
    vec![
        ("id", product.id.into()),
        ("name", product.name.as_str().into()),
        ("description", product.description.as_str().into()),
        ("price_cents", i64::from(product.price).into()),
        ("currency", product.currency.as_str().into()),
        ("stock", product::pieces(product.stock).into()),
        ("is_active", product.is_active.into()),
        ("search_text", search_text.into()),
        ("version", product.version.get().into()),
        ("created_at", product.created_at.into()),
        ("updated_at", product.updated_at.into()),
        ("deleted_at", product.deleted_at.into()),
    ]
}

pub(super) fn order(order: &Order) -> Columns {
    // Money is at most 2^53 - 1.
    let total_cents = i64::try_from(order.total.cents()).unwrap_or(i64::MAX);
    vec![
        ("id", order.id.into()),
        ("user_id", order.user_id.into()),
        ("status", order.status.as_str().into()),
        ("total_cents", total_cents.into()),
        ("currency", order.total.currency().as_str().into()),
        ("version", order.version.get().into()),
        ("created_at", order.created_at.into()),
        ("updated_at", order.updated_at.into()),
    ]
}

pub(super) fn items(order: &Order) -> impl Iterator<Item = Columns> {
    (0_i64..).zip(&order.items).map(|(position, item)| {
        vec![
            ("order_id", order.id.into()),
            ("position", position.into()),
            ("product_id", item.product_id.into()),
            ("name", item.name.as_str().into()),
            ("quantity", i64::from(item.quantity).into()),
            ("unit_price_cents", i64::from(item.unit_price).into()),
        ]
    })
}

/// The first movement of a product's stock.
pub(super) fn creation(product: &Product) -> Columns {
    let stock = product::pieces(product.stock);
    movement(product.id, stock, Cause::Created, None, product.created_at)
}

/// What an order took and, where it is cancelled, gave back.
pub(super) fn movements(order: &Order) -> impl Iterator<Item = Columns> {
    let is_cancelled = order.status == OrderStatus::Cancelled;
    let steps = [
        Some((-1, Cause::Ordered, order.created_at)),
        is_cancelled.then_some((1, Cause::Cancelled, order.updated_at)),
    ];
    steps
        .into_iter()
        .flatten()
        .flat_map(move |(sign, cause, at)| {
            order.items.iter().map(move |item| {
                let delta = sign * i64::from(item.quantity);
                movement(item.product_id, delta, cause, Some(order.id), at)
            })
        })
}

/// All columns but the number, which the database gives.
fn movement(
    product_id: ProductId,
    delta: i64,
    cause: Cause,
    order_id: Option<OrderId>,
    at: DateTime<Utc>,
) -> Columns {
    vec![
        ("product_id", product_id.into()),
        ("delta", delta.into()),
        ("cause", cause.as_str().into()),
        ("order_id", order_id.into()),
        ("created_at", at.into()),
    ]
}
