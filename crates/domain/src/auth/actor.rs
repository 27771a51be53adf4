use crate::auth::{TokenId, TokenKind};
use crate::user::Role;
use crate::user::UserId;

/// Who asks for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Somebody without a token.
    Anonymous,
    /// A user, known by a token.
    User(Principal),
    /// Whoever runs the service, at its command line.
    Operator,
}

/// A live and active user, authenticated by a token at the beginning of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The user.
    pub user_id: UserId,
    /// What the user is trusted with.
    pub role: Role,
    /// The token.
    pub token_id: TokenId,
    /// The token's kind: some things only a session may do.
    pub token_kind: TokenKind,
}

impl Actor {
    /// The signed-in user, if the actor is one.
    #[must_use]
    pub const fn principal(&self) -> Option<&Principal> {
        match self {
            Self::User(principal) => Some(principal),
            Self::Anonymous | Self::Operator => None,
        }
    }

    /// Whether the actor is the user of this id.
    #[must_use]
    pub fn is(&self, id: UserId) -> bool {
        self.principal()
            .is_some_and(|principal| principal.user_id == id)
    }

    /// The actor's role; the operator is trusted like an admin.
    #[must_use]
    pub const fn role(&self) -> Option<Role> {
        match self {
            Self::Anonymous => None,
            Self::User(principal) => Some(principal.role),
            Self::Operator => Some(Role::Admin),
        }
    }
}
