use hexpress_app::user::{Profile, UserView};
use hexpress_domain::id::UserId;
use hexpress_domain::user::{Role, User};
use serde::Serialize;

use crate::post::Headline;
use crate::time::Timestamp;

/// An account as its user, moderators and admins see it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FullUser {
    id: UserId,
    email: String,
    first_name: String,
    last_name: String,
    full_name: String,
    role: Role,
    is_active: bool,
    last_login_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// Only admins ever see an account that has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<Timestamp>,
}

impl From<User> for FullUser {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            full_name: user.name.full(),
            email: user.email.into(),
            first_name: user.name.first.into(),
            last_name: user.name.last.into(),
            role: user.role,
            is_active: user.is_active,
            last_login_at: user.last_login_at.map(Timestamp),
            created_at: Timestamp(user.created_at),
            updated_at: Timestamp(user.updated_at),
            deleted_at: user.deleted_at.map(Timestamp),
        }
    }
}

/// An account as everybody else sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PublicUser {
    id: UserId,
    first_name: String,
    last_name: String,
    full_name: String,
    created_at: Timestamp,
}

/// An account as the caller may see it, with its latest published posts.
#[derive(Serialize)]
pub(super) struct ProfileAnswer {
    #[serde(flatten)]
    user: Projection,
    posts: Vec<Headline>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Projection {
    Full(FullUser),
    Public(PublicUser),
}

impl From<Profile> for ProfileAnswer {
    fn from(profile: Profile) -> Self {
        let user = match profile.user {
            UserView::Full(user) => Projection::Full(user.into()),
            UserView::Public(user) => Projection::Public(PublicUser {
                id: user.id,
                full_name: user.name.full(),
                first_name: user.name.first.into(),
                last_name: user.name.last.into(),
                created_at: Timestamp(user.created_at),
            }),
        };
        Self {
            user,
            posts: profile.posts.into_iter().map(Headline::from).collect(),
        }
    }
}
