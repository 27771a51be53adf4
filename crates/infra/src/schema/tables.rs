//! The table of tables: what the parts of the program that go through all tables must know of
//! each of them. A test compares it with the catalogues of both databases.

use hexpress_domain::post::Post;
use hexpress_domain::user::User;

use super::constraint::{Constraint, Meaning, Reference};

/// A table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// The columns of its primary key.
    pub(crate) key: &'static [&'static str],
    /// Whether a row may take megabytes.
    pub(crate) has_long_rows: bool,
    /// Whether a copy of a database fills it. Triggers fill it otherwise, or nobody does.
    pub(crate) is_copied: bool,
    /// Whether it gets so many rows that PostgreSQL's planner needs fresh statistics.
    pub(crate) grows: bool,
    /// The column that the database numbers by itself.
    pub(crate) numbered: Option<&'static str>,
    /// SQLite's FTS5 table, which keeps what was removed until it is told to merge.
    pub(crate) search: Option<&'static str>,
    /// Whether a deletion only marks a row, in `deleted_at`, until a purge removes it. The key
    /// is then `id`.
    pub(crate) is_marked: bool,
    /// What people call the rows that a purge removes, where it counts them.
    pub(crate) purged_as: Option<&'static str>,
    pub(crate) constraints: &'static [Constraint],
}

/// What most tables have in common.
const PLAIN: Table = Table {
    name: "",
    key: &[],
    has_long_rows: false,
    is_copied: true,
    grows: false,
    numbered: None,
    search: None,
    is_marked: false,
    purged_as: None,
    constraints: &[],
};

/// All tables, each behind those that it refers to.
pub(crate) const TABLES: &[Table] = &[
    USERS,
    TOKENS,
    LOGIN_COUNTERS,
    POSTS,
    POST_TEXTS,
    SLUG_REDIRECTS,
    POST_VIEWS,
    POST_COUNTS,
    VIEW_BATCHES,
    PRODUCTS,
    ORDERS,
    ORDER_ITEMS,
    STOCK_MOVEMENTS,
    IDEMPOTENCY_KEYS,
    UNFINISHED_COPIES,
];

/// The tables that a copy fills, each behind those that it refers to.
pub(crate) fn copied() -> impl Iterator<Item = Table> {
    TABLES.iter().copied().filter(|table| table.is_copied)
}

/// The names of the tables that need fresh statistics once many rows have been added.
pub(crate) fn growing() -> Vec<&'static str> {
    TABLES
        .iter()
        .filter(|table| table.grows)
        .map(|table| table.name)
        .collect()
}

/// The FTS5 tables of SQLite.
pub(crate) fn search_tables() -> Vec<&'static str> {
    TABLES.iter().filter_map(|table| table.search).collect()
}

/// The foreign keys that lead to this table, with the tables that have them. Those come first
/// that refer to others of them.
pub(crate) fn references_to(name: &str) -> impl Iterator<Item = (Table, Reference)> {
    let references = TABLES.iter().rev().flat_map(|&table| {
        let constraints = table.constraints.iter();
        constraints.filter_map(move |constraint| Some((table, constraint.reference?)))
    });
    references.filter(move |(_, reference)| reference.to == name)
}

pub(crate) const USERS: Table = Table {
    name: "users",
    key: &["id"],
    grows: true,
    search: Some("users_search"),
    is_marked: true,
    constraints: &[
        Constraint::of("users_pkey").reported_as("users.id"),
        Constraint::of("users_email_live_key")
            .reported_as("users.email")
            .means(Meaning::Duplicate(User::UNIQUE_EMAIL)),
        Constraint::of("users_email_check"),
        Constraint::of("users_password_hash_check"),
        Constraint::of("users_first_name_check"),
        Constraint::of("users_last_name_check"),
        Constraint::of("users_role_check"),
        Constraint::of("users_version_check"),
        Constraint::of("users_forgotten_at_check"),
    ],
    ..PLAIN
};

pub(crate) const TOKENS: Table = Table {
    name: "tokens",
    key: &["id"],
    constraints: &[
        Constraint::of("tokens_pkey").reported_as("tokens.id"),
        Constraint::of("tokens_user_id_fkey")
            .is_part_of("users", "user_id")
            .means(Meaning::MissingReference),
        Constraint::of("tokens_kind_check"),
        Constraint::of("tokens_name_check"),
        Constraint::of("tokens_digest_key").reported_as("tokens.digest"),
        Constraint::of("tokens_digest_check"),
        Constraint::of("tokens_kind_name_check"),
        Constraint::of("tokens_kind_expires_at_check"),
    ],
    ..PLAIN
};

pub(crate) const LOGIN_COUNTERS: Table = Table {
    name: "login_counters",
    key: &["key"],
    constraints: &[
        Constraint::of("login_counters_pkey").reported_as("login_counters.key"),
        Constraint::of("login_counters_key_check"),
        Constraint::of("login_counters_count_check"),
        Constraint::of("login_counters_in_flight_check"),
    ],
    ..PLAIN
};

pub(crate) const POSTS: Table = Table {
    name: "posts",
    key: &["id"],
    grows: true,
    is_marked: true,
    purged_as: Some("posts"),
    constraints: &[
        Constraint::of("posts_pkey").reported_as("posts.id"),
        Constraint::of("posts_author_id_fkey").refers_to("users", "author_id"),
        Constraint::of("posts_title_check"),
        Constraint::of("posts_slug_check"),
        Constraint::of("posts_slug_live_key")
            .reported_as("posts.slug")
            .means(Meaning::Duplicate(Post::UNIQUE_SLUG)),
        Constraint::of("posts_excerpt_check"),
        Constraint::of("posts_status_check"),
        Constraint::of("posts_metadata_check"),
        Constraint::of("posts_version_check"),
        Constraint::of("posts_status_published_at_check"),
        Constraint::of("posts_deleted_with_author_check"),
    ],
    ..PLAIN
};

pub(crate) const POST_TEXTS: Table = Table {
    name: "post_texts",
    key: &["post_id"],
    has_long_rows: true,
    grows: true,
    search: Some("post_texts_search"),
    constraints: &[
        Constraint::of("post_texts_pkey").reported_as("post_texts.post_id"),
        Constraint::of("post_texts_post_id_fkey").is_part_of("posts", "post_id"),
        Constraint::of("post_texts_content_check"),
    ],
    ..PLAIN
};

pub(crate) const SLUG_REDIRECTS: Table = Table {
    name: "kept_slugs",
    key: &["slug"],
    grows: true,
    purged_as: Some("old slugs"),
    constraints: &[
        Constraint::of("kept_slugs_pkey").reported_as("kept_slugs.slug"),
        Constraint::of("kept_slugs_slug_check"),
        Constraint::of("kept_slugs_post_id_fkey").is_part_of("posts", "post_id"),
    ],
    ..PLAIN
};

pub(crate) const POST_VIEWS: Table = Table {
    name: "post_views",
    key: &["post_id"],
    grows: true,
    constraints: &[
        Constraint::of("post_views_pkey").reported_as("post_views.post_id"),
        Constraint::of("post_views_post_id_fkey").is_part_of("posts", "post_id"),
        Constraint::of("post_views_count_check"),
    ],
    ..PLAIN
};

pub(crate) const POST_COUNTS: Table = Table {
    name: "post_counts",
    key: &["id"],
    is_copied: false,
    constraints: &[Constraint::of("post_counts_pkey").reported_as("post_counts.id")],
    ..PLAIN
};

pub(crate) const VIEW_BATCHES: Table = Table {
    name: "view_batches",
    key: &["id"],
    constraints: &[Constraint::of("view_batches_pkey").reported_as("view_batches.id")],
    ..PLAIN
};

pub(crate) const PRODUCTS: Table = Table {
    name: "products",
    key: &["id"],
    grows: true,
    search: Some("products_search"),
    is_marked: true,
    purged_as: Some("products"),
    constraints: &[
        Constraint::of("products_pkey").reported_as("products.id"),
        Constraint::of("products_name_check"),
        Constraint::of("products_description_check"),
        Constraint::of("products_price_cents_check"),
        Constraint::of("products_currency_check"),
        Constraint::of("products_stock_check"),
        Constraint::of("products_version_check"),
    ],
    ..PLAIN
};

pub(crate) const ORDERS: Table = Table {
    name: "orders",
    key: &["id"],
    grows: true,
    constraints: &[
        Constraint::of("orders_pkey").reported_as("orders.id"),
        Constraint::of("orders_user_id_fkey")
            .refers_to("users", "user_id")
            .means(Meaning::MissingReference),
        Constraint::of("orders_status_check"),
        Constraint::of("orders_total_cents_check"),
        Constraint::of("orders_currency_check"),
        Constraint::of("orders_version_check"),
    ],
    ..PLAIN
};

pub(crate) const ORDER_ITEMS: Table = Table {
    name: "order_items",
    key: &["order_id", "position"],
    grows: true,
    constraints: &[
        Constraint::of("order_items_pkey")
            .reported_as("order_items.order_id, order_items.position"),
        Constraint::of("order_items_order_id_fkey").refers_to("orders", "order_id"),
        Constraint::of("order_items_position_check"),
        Constraint::of("order_items_product_id_fkey").refers_to("products", "product_id"),
        Constraint::of("order_items_name_check"),
        Constraint::of("order_items_quantity_check"),
        Constraint::of("order_items_unit_price_cents_check"),
        Constraint::of("order_items_product_key")
            .reported_as("order_items.order_id, order_items.product_id"),
    ],
    ..PLAIN
};

pub(crate) const STOCK_MOVEMENTS: Table = Table {
    name: "stock_movements",
    key: &["id"],
    grows: true,
    numbered: Some("id"),
    constraints: &[
        Constraint::of("stock_movements_pkey").reported_as("stock_movements.id"),
        Constraint::of("stock_movements_product_id_fkey").is_part_of("products", "product_id"),
        Constraint::of("stock_movements_cause_check"),
        Constraint::of("stock_movements_order_id_fkey").refers_to("orders", "order_id"),
        Constraint::of("stock_movements_order_check"),
        Constraint::of("stock_movements_delta_check"),
        Constraint::of("stock_movements_order_key").reported_as(
            "stock_movements.order_id, stock_movements.product_id, stock_movements.cause",
        ),
    ],
    ..PLAIN
};

pub(crate) const IDEMPOTENCY_KEYS: Table = Table {
    name: "idempotency_keys",
    key: &["user_id", "key"],
    constraints: &[
        Constraint::of("idempotency_keys_user_id_fkey")
            .is_part_of("users", "user_id")
            .means(Meaning::MissingReference),
        Constraint::of("idempotency_keys_key_check"),
        Constraint::of("idempotency_keys_fingerprint_check"),
        Constraint::of("idempotency_keys_order_id_fkey").refers_to("orders", "order_id"),
        Constraint::of("idempotency_keys_pkey")
            .reported_as("idempotency_keys.user_id, idempotency_keys.key"),
    ],
    ..PLAIN
};

pub(crate) const UNFINISHED_COPIES: Table = Table {
    name: "unfinished_copies",
    key: &["is_there"],
    is_copied: false,
    constraints: &[
        Constraint::of("unfinished_copies_pkey").reported_as("unfinished_copies.is_there"),
        Constraint::of("unfinished_copies_is_there_check"),
    ],
    ..PLAIN
};

#[cfg(test)]
mod tests;
