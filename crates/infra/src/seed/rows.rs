use super::{SeedPost, SeedUser};
use crate::bulk::Value;
use crate::{post, user};

/// The columns of a user's row.
pub(super) fn user(seed: &SeedUser) -> Vec<(&'static str, Value)> {
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

/// The columns of a post's row.
pub(super) fn post(seed: &SeedPost) -> Vec<(&'static str, Value)> {
    let post = &seed.post;
    let search_text = post::search_text(&post.title, &seed.content);
    let excerpt = post.excerpt.as_ref().map(|excerpt| excerpt.as_str());
    vec![
        ("id", post.id.into()),
        ("author_id", post.author_id.into()),
        ("title", post.title.as_str().into()),
        ("slug", post.slug.as_str().into()),
        ("slug_named", post.is_slug_named.into()),
        ("content", seed.content.as_str().into()),
        ("excerpt", excerpt.into()),
        ("status", post.status.as_str().into()),
        ("published_at", post.published_at.into()),
        ("metadata", post.metadata.as_str().into()),
        ("search_text", search_text.into()),
        ("version", post.version.get().into()),
        ("created_at", post.created_at.into()),
        ("updated_at", post.updated_at.into()),
        ("deleted_at", post.deleted_at.into()),
        ("deleted_with_author", false.into()),
    ]
}
