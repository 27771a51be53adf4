use diesel::result::Error;
use hexpress_database::violated_constraint;
use hexpress_domain::post::Post;
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::User;

/// The named rules of the schema that a statement can break, the same on both
/// databases. Their names are part of the design: which one collided tells which
/// field it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Constraint {
    UsersPkey,
    UsersEmailLiveKey,
    UsersEmailCheck,
    UsersPasswordHashCheck,
    UsersFirstNameCheck,
    UsersLastNameCheck,
    UsersRoleCheck,
    UsersVersionCheck,
    TokensPkey,
    TokensUserIdFkey,
    TokensKindCheck,
    TokensNameCheck,
    TokensDigestKey,
    TokensDigestCheck,
    TokensKindNameCheck,
    TokensKindExpiresAtCheck,
    LoginCountersPkey,
    LoginCountersKeyCheck,
    LoginCountersCountCheck,
    PostsPkey,
    PostsAuthorIdFkey,
    PostsTitleCheck,
    PostsSlugCheck,
    PostsSlugLiveKey,
    PostsContentCheck,
    PostsExcerptCheck,
    PostsStatusCheck,
    PostsMetadataCheck,
    PostsVersionCheck,
    PostsStatusPublishedAtCheck,
    PostsDeletedWithAuthorCheck,
    KeptSlugsPkey,
    KeptSlugsSlugCheck,
    KeptSlugsPostIdFkey,
    PostViewsPkey,
    PostViewsPostIdFkey,
    PostViewsCountCheck,
    PostCountsPkey,
    ViewBatchesPkey,
    ProductsPkey,
    ProductsNameCheck,
    ProductsDescriptionCheck,
    ProductsPriceCentsCheck,
    ProductsCurrencyCheck,
    ProductsStockCheck,
    ProductsVersionCheck,
    OrdersPkey,
    OrdersUserIdFkey,
    OrdersStatusCheck,
    OrdersTotalCentsCheck,
    OrdersCurrencyCheck,
    OrdersVersionCheck,
    OrderItemsPkey,
    OrderItemsOrderIdFkey,
    OrderItemsPositionCheck,
    OrderItemsProductIdFkey,
    OrderItemsNameCheck,
    OrderItemsQuantityCheck,
    OrderItemsUnitPriceCentsCheck,
    OrderItemsProductKey,
    StockMovementsPkey,
    StockMovementsProductIdFkey,
    StockMovementsCauseCheck,
    StockMovementsOrderIdFkey,
    StockMovementsOrderCheck,
    StockMovementsDeltaCheck,
    StockMovementsOrderKey,
    IdempotencyKeysUserIdFkey,
    IdempotencyKeysKeyCheck,
    IdempotencyKeysFingerprintCheck,
    IdempotencyKeysOrderIdFkey,
    IdempotencyKeysPkey,
    UnfinishedCopiesPkey,
    UnfinishedCopiesIsThereCheck,
}

impl Constraint {
    pub(crate) const ALL: [Self; 74] = [
        Self::UsersPkey,
        Self::UsersEmailLiveKey,
        Self::UsersEmailCheck,
        Self::UsersPasswordHashCheck,
        Self::UsersFirstNameCheck,
        Self::UsersLastNameCheck,
        Self::UsersRoleCheck,
        Self::UsersVersionCheck,
        Self::TokensPkey,
        Self::TokensUserIdFkey,
        Self::TokensKindCheck,
        Self::TokensNameCheck,
        Self::TokensDigestKey,
        Self::TokensDigestCheck,
        Self::TokensKindNameCheck,
        Self::TokensKindExpiresAtCheck,
        Self::LoginCountersPkey,
        Self::LoginCountersKeyCheck,
        Self::LoginCountersCountCheck,
        Self::PostsPkey,
        Self::PostsAuthorIdFkey,
        Self::PostsTitleCheck,
        Self::PostsSlugCheck,
        Self::PostsSlugLiveKey,
        Self::PostsContentCheck,
        Self::PostsExcerptCheck,
        Self::PostsStatusCheck,
        Self::PostsMetadataCheck,
        Self::PostsVersionCheck,
        Self::PostsStatusPublishedAtCheck,
        Self::PostsDeletedWithAuthorCheck,
        Self::KeptSlugsPkey,
        Self::KeptSlugsSlugCheck,
        Self::KeptSlugsPostIdFkey,
        Self::PostViewsPkey,
        Self::PostViewsPostIdFkey,
        Self::PostViewsCountCheck,
        Self::PostCountsPkey,
        Self::ViewBatchesPkey,
        Self::ProductsPkey,
        Self::ProductsNameCheck,
        Self::ProductsDescriptionCheck,
        Self::ProductsPriceCentsCheck,
        Self::ProductsCurrencyCheck,
        Self::ProductsStockCheck,
        Self::ProductsVersionCheck,
        Self::OrdersPkey,
        Self::OrdersUserIdFkey,
        Self::OrdersStatusCheck,
        Self::OrdersTotalCentsCheck,
        Self::OrdersCurrencyCheck,
        Self::OrdersVersionCheck,
        Self::OrderItemsPkey,
        Self::OrderItemsOrderIdFkey,
        Self::OrderItemsPositionCheck,
        Self::OrderItemsProductIdFkey,
        Self::OrderItemsNameCheck,
        Self::OrderItemsQuantityCheck,
        Self::OrderItemsUnitPriceCentsCheck,
        Self::OrderItemsProductKey,
        Self::StockMovementsPkey,
        Self::StockMovementsProductIdFkey,
        Self::StockMovementsCauseCheck,
        Self::StockMovementsOrderIdFkey,
        Self::StockMovementsOrderCheck,
        Self::StockMovementsDeltaCheck,
        Self::StockMovementsOrderKey,
        Self::IdempotencyKeysUserIdFkey,
        Self::IdempotencyKeysKeyCheck,
        Self::IdempotencyKeysFingerprintCheck,
        Self::IdempotencyKeysOrderIdFkey,
        Self::IdempotencyKeysPkey,
        Self::UnfinishedCopiesPkey,
        Self::UnfinishedCopiesIsThereCheck,
    ];

    /// The name in the schema, which PostgreSQL reports. SQLite reports it for a
    /// check.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::UsersPkey => "users_pkey",
            Self::UsersEmailLiveKey => "users_email_live_key",
            Self::UsersEmailCheck => "users_email_check",
            Self::UsersPasswordHashCheck => "users_password_hash_check",
            Self::UsersFirstNameCheck => "users_first_name_check",
            Self::UsersLastNameCheck => "users_last_name_check",
            Self::UsersRoleCheck => "users_role_check",
            Self::UsersVersionCheck => "users_version_check",
            Self::TokensPkey => "tokens_pkey",
            Self::TokensUserIdFkey => "tokens_user_id_fkey",
            Self::TokensKindCheck => "tokens_kind_check",
            Self::TokensNameCheck => "tokens_name_check",
            Self::TokensDigestKey => "tokens_digest_key",
            Self::TokensDigestCheck => "tokens_digest_check",
            Self::TokensKindNameCheck => "tokens_kind_name_check",
            Self::TokensKindExpiresAtCheck => "tokens_kind_expires_at_check",
            Self::LoginCountersPkey => "login_counters_pkey",
            Self::LoginCountersKeyCheck => "login_counters_key_check",
            Self::LoginCountersCountCheck => "login_counters_count_check",
            Self::PostsPkey => "posts_pkey",
            Self::PostsAuthorIdFkey => "posts_author_id_fkey",
            Self::PostsTitleCheck => "posts_title_check",
            Self::PostsSlugCheck => "posts_slug_check",
            Self::PostsSlugLiveKey => "posts_slug_live_key",
            Self::PostsContentCheck => "posts_content_check",
            Self::PostsExcerptCheck => "posts_excerpt_check",
            Self::PostsStatusCheck => "posts_status_check",
            Self::PostsMetadataCheck => "posts_metadata_check",
            Self::PostsVersionCheck => "posts_version_check",
            Self::PostsStatusPublishedAtCheck => "posts_status_published_at_check",
            Self::PostsDeletedWithAuthorCheck => "posts_deleted_with_author_check",
            Self::KeptSlugsPkey => "kept_slugs_pkey",
            Self::KeptSlugsSlugCheck => "kept_slugs_slug_check",
            Self::KeptSlugsPostIdFkey => "kept_slugs_post_id_fkey",
            Self::PostViewsPkey => "post_views_pkey",
            Self::PostViewsPostIdFkey => "post_views_post_id_fkey",
            Self::PostViewsCountCheck => "post_views_count_check",
            Self::PostCountsPkey => "post_counts_pkey",
            Self::ViewBatchesPkey => "view_batches_pkey",
            Self::ProductsPkey => "products_pkey",
            Self::ProductsNameCheck => "products_name_check",
            Self::ProductsDescriptionCheck => "products_description_check",
            Self::ProductsPriceCentsCheck => "products_price_cents_check",
            Self::ProductsCurrencyCheck => "products_currency_check",
            Self::ProductsStockCheck => "products_stock_check",
            Self::ProductsVersionCheck => "products_version_check",
            Self::OrdersPkey => "orders_pkey",
            Self::OrdersUserIdFkey => "orders_user_id_fkey",
            Self::OrdersStatusCheck => "orders_status_check",
            Self::OrdersTotalCentsCheck => "orders_total_cents_check",
            Self::OrdersCurrencyCheck => "orders_currency_check",
            Self::OrdersVersionCheck => "orders_version_check",
            Self::OrderItemsPkey => "order_items_pkey",
            Self::OrderItemsOrderIdFkey => "order_items_order_id_fkey",
            Self::OrderItemsPositionCheck => "order_items_position_check",
            Self::OrderItemsProductIdFkey => "order_items_product_id_fkey",
            Self::OrderItemsNameCheck => "order_items_name_check",
            Self::OrderItemsQuantityCheck => "order_items_quantity_check",
            Self::OrderItemsUnitPriceCentsCheck => "order_items_unit_price_cents_check",
            Self::OrderItemsProductKey => "order_items_product_key",
            Self::StockMovementsPkey => "stock_movements_pkey",
            Self::StockMovementsProductIdFkey => "stock_movements_product_id_fkey",
            Self::StockMovementsCauseCheck => "stock_movements_cause_check",
            Self::StockMovementsOrderIdFkey => "stock_movements_order_id_fkey",
            Self::StockMovementsOrderCheck => "stock_movements_order_check",
            Self::StockMovementsDeltaCheck => "stock_movements_delta_check",
            Self::StockMovementsOrderKey => "stock_movements_order_key",
            Self::IdempotencyKeysUserIdFkey => "idempotency_keys_user_id_fkey",
            Self::IdempotencyKeysKeyCheck => "idempotency_keys_key_check",
            Self::IdempotencyKeysFingerprintCheck => "idempotency_keys_fingerprint_check",
            Self::IdempotencyKeysOrderIdFkey => "idempotency_keys_order_id_fkey",
            Self::IdempotencyKeysPkey => "idempotency_keys_pkey",
            Self::UnfinishedCopiesPkey => "unfinished_copies_pkey",
            Self::UnfinishedCopiesIsThereCheck => "unfinished_copies_is_there_check",
        }
    }

    /// What SQLite reports instead of the name of a unique constraint.
    const fn sqlite_columns(self) -> Option<&'static str> {
        match self {
            Self::UsersPkey => Some("users.id"),
            Self::UsersEmailLiveKey => Some("users.email"),
            Self::TokensPkey => Some("tokens.id"),
            Self::TokensDigestKey => Some("tokens.digest"),
            Self::LoginCountersPkey => Some("login_counters.key"),
            Self::PostsPkey => Some("posts.id"),
            Self::PostsSlugLiveKey => Some("posts.slug"),
            Self::KeptSlugsPkey => Some("kept_slugs.slug"),
            Self::PostViewsPkey => Some("post_views.post_id"),
            Self::PostCountsPkey => Some("post_counts.id"),
            Self::ViewBatchesPkey => Some("view_batches.id"),
            Self::ProductsPkey => Some("products.id"),
            Self::OrdersPkey => Some("orders.id"),
            Self::OrderItemsPkey => Some("order_items.order_id, order_items.position"),
            Self::OrderItemsProductKey => Some("order_items.order_id, order_items.product_id"),
            Self::StockMovementsPkey => Some("stock_movements.id"),
            Self::StockMovementsOrderKey => {
                Some("stock_movements.order_id, stock_movements.product_id, stock_movements.cause")
            }
            Self::IdempotencyKeysPkey => Some("idempotency_keys.user_id, idempotency_keys.key"),
            Self::UnfinishedCopiesPkey => Some("unfinished_copies.is_there"),
            _ => None,
        }
    }

    /// The constraint with this name, or with these columns as SQLite reports them.
    fn of(reported: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|constraint| {
            constraint.name() == reported || constraint.sqlite_columns() == Some(reported)
        })
    }

    /// What a broken constraint means to a caller. `None`: commands are valid by
    /// their types and ids are fresh, so that only a fault of ours can break it.
    const fn meaning(self) -> Option<RepositoryError> {
        match self {
            Self::UsersEmailLiveKey => Some(RepositoryError::Duplicate(User::UNIQUE_EMAIL)),
            Self::PostsSlugLiveKey => Some(RepositoryError::Duplicate(Post::UNIQUE_SLUG)),
            Self::TokensUserIdFkey | Self::OrdersUserIdFkey | Self::IdempotencyKeysUserIdFkey => {
                Some(RepositoryError::MissingReference)
            }
            _ => None,
        }
    }
}

/// What a broken constraint means, by its name or its columns.
pub(crate) fn meaning_of(reported: &str) -> Option<RepositoryError> {
    Constraint::of(reported)?.meaning()
}

/// Whether a statement gave a post a slug that another live one has.
pub(crate) fn is_slug_taken(error: &Error) -> bool {
    violated_constraint(error).and_then(Constraint::of) == Some(Constraint::PostsSlugLiveKey)
}

#[cfg(test)]
mod tests;
