//! Accounts: who someone is, and what they may be changed into.

mod change;
mod commands;
mod email;
mod entity;
mod name;
mod password;
mod ports;
mod query;
mod role;

pub use change::{LockedUser, UserChange};
pub use commands::{NewUser, RawNewUser, RawUserPatch, UserField, UserPatch};
pub use email::{Email, EmailError};
pub use entity::{User, UserId};
pub use name::{FirstName, LastName, PersonName};
pub use password::{CurrentPasswordError, Password, PasswordError, PasswordHash};
#[cfg(feature = "mocks")]
pub use ports::MockUserRepository;
pub use ports::{UserRecord, UserRepository};
pub use query::{UserFilter, UserQuery, UserSort};
pub use role::{Role, RoleError};
