//! The tables as Diesel sees them, one text for both databases, and the table of tables. What
//! else the schema promises (checks, indexes, triggers) stands in `migrations/`.

mod constraint;
mod meaning;
mod refold;
#[cfg(test)]
mod steps;
mod tables;

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

pub(crate) use meaning::{is_slug_taken, meaning_of};
pub(crate) use refold::REFOLD;
pub(crate) use tables::{
    ORDER_ITEMS, ORDERS, POST_TEXTS, POSTS, PRODUCTS, STOCK_MOVEMENTS, TABLES, Table, USERS,
    copied, growing, references_to, search_tables,
};

/// Which users are live, active admins, in the words of the index that finds them:
/// a bound value would not lead to it.
pub(crate) const ACTIVE_ADMIN: &str =
    "users.role = 'admin' AND users.is_active AND users.deleted_at IS NULL";

table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use hexpress_database::sql::{Id, Instant};

    users (id) {
        id -> Id,
        email -> Text,
        password_hash -> Text,
        first_name -> Text,
        last_name -> Text,
        role -> Text,
        is_active -> Bool,
        last_login_at -> Nullable<Instant>,
        search_text -> Text,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
        forgotten_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::{Binary, Nullable, Text};
    use hexpress_database::sql::{Id, Instant};

    tokens (id) {
        id -> Id,
        user_id -> Id,
        kind -> Text,
        name -> Nullable<Text>,
        digest -> Binary,
        created_at -> Instant,
        last_used_at -> Instant,
        expires_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::{BigInt, Binary};
    use hexpress_database::sql::Instant;

    login_counters (key) {
        key -> Binary,
        count -> BigInt,
        window_ends_at -> Instant,
        in_flight -> BigInt,
    }
}

table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use hexpress_database::sql::{Id, Instant};

    posts (id) {
        id -> Id,
        author_id -> Id,
        title -> Text,
        slug -> Text,
        slug_named -> Bool,
        excerpt -> Nullable<Text>,
        status -> Text,
        published_at -> Nullable<Instant>,
        metadata -> Text,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
        deleted_with_author -> Bool,
    }
}

table! {
    use diesel::sql_types::Text;
    use hexpress_database::sql::Id;

    // What a post says, apart from it: no other change of the post touches the index of its text.
    post_texts (post_id) {
        post_id -> Id,
        content -> Text,
        search_text -> Text,
    }
}

table! {
    use diesel::sql_types::Text;
    use hexpress_database::sql::Id;

    #[sql_name = "kept_slugs"]
    slug_redirects (slug) {
        slug -> Text,
        post_id -> Id,
    }
}

table! {
    use diesel::sql_types::{BigInt, Bool, Text};
    use hexpress_database::sql::Id;

    // All but the count follows the post by triggers.
    post_views (post_id) {
        post_id -> Id,
        author_id -> Id,
        status -> Text,
        is_live -> Bool,
        count -> BigInt,
    }
}

table! {
    use diesel::sql_types::{BigInt, Bool, Text};

    // Follows the posts by triggers. Several rows of one kind count together.
    post_counts (id) {
        id -> BigInt,
        status -> Text,
        is_live -> Bool,
        count -> BigInt,
    }
}

table! {
    use hexpress_database::sql::{Id, Instant};

    view_batches (id) {
        id -> Id,
        made_at -> Instant,
    }
}

table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use hexpress_database::sql::{Id, Instant};

    products (id) {
        id -> Id,
        name -> Text,
        description -> Text,
        price_cents -> BigInt,
        currency -> Text,
        stock -> BigInt,
        is_active -> Bool,
        search_text -> Text,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::{BigInt, Text};
    use hexpress_database::sql::{Id, Instant};

    orders (id) {
        id -> Id,
        user_id -> Id,
        status -> Text,
        total_cents -> BigInt,
        currency -> Text,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

table! {
    use diesel::sql_types::{BigInt, Integer, Text};
    use hexpress_database::sql::Id;

    order_items (order_id, position) {
        order_id -> Id,
        position -> Integer,
        product_id -> Id,
        name -> Text,
        quantity -> BigInt,
        unit_price_cents -> BigInt,
    }
}

table! {
    use diesel::sql_types::{BigInt, Nullable, Text};
    use hexpress_database::sql::{Id, Instant};

    stock_movements (id) {
        id -> BigInt,
        product_id -> Id,
        delta -> BigInt,
        cause -> Text,
        order_id -> Nullable<Id>,
        created_at -> Instant,
    }
}

table! {
    use diesel::sql_types::{Binary, Text};
    use hexpress_database::sql::{Id, Instant};

    idempotency_keys (user_id, key) {
        user_id -> Id,
        key -> Text,
        fingerprint -> Binary,
        order_id -> Id,
        expires_at -> Instant,
    }
}

table! {
    use diesel::sql_types::Bool;

    unfinished_copies (is_there) {
        is_there -> Bool,
    }
}

joinable!(tokens -> users (user_id));
joinable!(posts -> users (author_id));
joinable!(post_texts -> posts (post_id));
joinable!(post_views -> posts (post_id));
joinable!(slug_redirects -> posts (post_id));
joinable!(idempotency_keys -> orders (order_id));
joinable!(orders -> users (user_id));
allow_tables_to_appear_in_same_query!(tokens, users);
allow_tables_to_appear_in_same_query!(posts, users, post_texts, post_views, slug_redirects);
allow_tables_to_appear_in_same_query!(products, order_items, orders, idempotency_keys);
allow_tables_to_appear_in_same_query!(orders, users);
