//! The tables as Diesel sees them, one text for both databases. What else the
//! schema promises (keys, checks, indexes) stands in `migrations/`.

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

/// Which users are live, active admins, in the words of the index that finds them:
/// a bound value would not lead to it.
pub(crate) const ACTIVE_ADMIN: &str =
    "users.role = 'admin' AND users.is_active AND users.deleted_at IS NULL";

table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::database::types::{Id, Instant};

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
    }
}

table! {
    use diesel::sql_types::{Binary, Nullable, Text};
    use crate::database::types::{Id, Instant};

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
    use crate::database::types::Instant;

    login_counters (key) {
        key -> Binary,
        count -> BigInt,
        window_ends_at -> Instant,
    }
}

table! {
    use diesel::sql_types::{BigInt, Bool, Nullable, Text};
    use crate::database::types::{Id, Instant};

    posts (id) {
        id -> Id,
        author_id -> Id,
        title -> Text,
        slug -> Text,
        slug_named -> Bool,
        content -> Text,
        excerpt -> Nullable<Text>,
        status -> Text,
        published_at -> Nullable<Instant>,
        metadata -> Text,
        search_text -> Text,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
        deleted_with_author -> Bool,
    }
}

table! {
    use diesel::sql_types::Text;
    use crate::database::types::Id;

    kept_slugs (slug) {
        slug -> Text,
        post_id -> Id,
    }
}

table! {
    use diesel::sql_types::{BigInt, Bool, Text};
    use crate::database::types::Id;

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
    use crate::database::types::{Id, Instant};

    view_batches (id) {
        id -> Id,
        made_at -> Instant,
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
joinable!(post_views -> posts (post_id));
joinable!(kept_slugs -> posts (post_id));
allow_tables_to_appear_in_same_query!(tokens, users);
allow_tables_to_appear_in_same_query!(posts, users, post_views, kept_slugs);

table! {
    use diesel::sql_types::Text;

    // Diesel's own: which migrations have been run.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}
