use chrono::{DateTime, Utc};
use hexpress_domain::auth::Actor;
use hexpress_domain::entity::Version;
use hexpress_domain::post::PostHeadline;
use hexpress_domain::user::{PersonName, User, UserId};

use crate::permissions;

/// What everybody may know of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUser {
    /// The id.
    pub id: UserId,
    /// The person's name.
    pub name: PersonName,
    /// When the user signed up.
    pub created_at: DateTime<Utc>,
    /// The number of the account's state.
    pub version: Version,
}

/// An account as far as one actor may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserView {
    /// All of it.
    Full(User),
    /// What everybody may see.
    Public(PublicUser),
}

impl UserView {
    pub(super) fn of(user: User, actor: &Actor) -> Self {
        if permissions::sees_full_user(actor, &user) {
            return Self::Full(user);
        }
        Self::Public(PublicUser {
            id: user.id,
            name: user.name,
            created_at: user.created_at,
            version: user.version,
        })
    }

    /// The number of the account's state.
    #[must_use]
    pub const fn version(&self) -> Version {
        match self {
            Self::Full(user) => user.version,
            Self::Public(user) => user.version,
        }
    }
}

/// An account as far as one actor may see it, with what everybody may know of its
/// posts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// The account.
    pub user: UserView,
    /// The published posts that were first published last, newest first.
    pub posts: Vec<PostHeadline>,
}

impl Profile {
    /// How many posts a profile shows.
    pub const POSTS: u8 = 5;
}
