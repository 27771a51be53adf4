//! Who is asking: actors, tokens, and what guards a password.

mod actor;
mod address;
mod commands;
mod ports;
mod token;

pub use actor::{Actor, Principal};
pub use address::ClientAddress;
pub use commands::{Credentials, NewApiToken, RawCredentials, RawNewApiToken, TokenName};
pub use ports::{
    ApiTokenRecord, Authenticated, CREDENTIALS_CHANGED, HasherError, LoginAttempt, LoginGuard,
    OpenedSession, PasswordHasher, Reservation, SessionRecord, TOO_MANY_TOKENS, TokenMint,
    TokenRepository, Verification,
};
#[cfg(feature = "mocks")]
pub use ports::{MockLoginGuard, MockPasswordHasher, MockTokenMint, MockTokenRepository};
pub use token::{
    MintedToken, Revocation, SessionPolicy, Token, TokenDigest, TokenId, TokenKind, TokenSecret,
    TokenSecretError,
};
