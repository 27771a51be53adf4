use diesel::result::DatabaseErrorInformation;
use hexpress_domain::repository::{RepositoryError, UniqueField};

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
    ViewBatchesPkey,
    UnfinishedCopiesPkey,
    UnfinishedCopiesIsThereCheck,
}

impl Constraint {
    pub(crate) const ALL: [Self; 40] = [
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
        Self::ViewBatchesPkey,
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
            Self::ViewBatchesPkey => "view_batches_pkey",
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
            Self::ViewBatchesPkey => Some("view_batches.id"),
            Self::UnfinishedCopiesPkey => Some("unfinished_copies.is_there"),
            _ => None,
        }
    }

    /// The constraint that a database's error is about.
    pub(super) fn of(error: &dyn DatabaseErrorInformation) -> Option<Self> {
        let reported = match error.constraint_name() {
            Some(name) => name,
            // SQLite: `UNIQUE constraint failed: users.email`.
            None => error.message().rsplit_once(": ")?.1,
        };
        Self::ALL.into_iter().find(|constraint| {
            constraint.name() == reported || constraint.sqlite_columns() == Some(reported)
        })
    }

    /// What a broken constraint means to a caller. `None`: commands are valid by
    /// their types and ids are fresh, so that only a fault of ours can break it.
    pub(super) const fn answer(self) -> Option<RepositoryError> {
        match self {
            Self::UsersEmailLiveKey => Some(RepositoryError::Duplicate {
                field: UniqueField::UserEmail,
            }),
            Self::PostsSlugLiveKey => Some(RepositoryError::Duplicate {
                field: UniqueField::PostSlug,
            }),
            Self::TokensUserIdFkey => Some(RepositoryError::MissingReference),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
