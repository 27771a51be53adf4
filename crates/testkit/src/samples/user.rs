use std::sync::atomic::{AtomicU32, Ordering};

use hexpress_domain::auth::Revocation;
use hexpress_domain::id::Id;
use hexpress_domain::user::{PasswordHash, PersonName, Role, User, UserChange, UserRecord};

use super::{CountingIds, later, now};

/// A hash in the form of one, which is that of no password.
#[must_use]
pub fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(format!("$argon2id${text}"))
}

/// A name of these parts, which must be valid.
#[must_use]
pub fn name(first: &str, last: &str) -> PersonName {
    PersonName {
        first: first.parse().unwrap(),
        last: last.parse().unwrap(),
    }
}

/// Ada Lovelace, a user with this address and the hash `first`.
#[must_use]
pub fn user_record(email: &str) -> UserRecord {
    UserRecord {
        id: Id::generate(&CountingIds),
        email: email.parse().unwrap(),
        password_hash: hash("first"),
        name: name("Ada", "Lovelace"),
        role: Role::User,
        at: now(),
    }
}

/// As [`user_record`], with an address that nobody else in this process has.
#[must_use]
pub fn someone() -> UserRecord {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    user_record(&format!("user{number}@example.org"))
}

/// A change that leaves everything as it is, for tests to fill in.
#[must_use]
pub fn user_change(user: &User) -> UserChange {
    UserChange {
        id: user.id,
        seen: user.version,
        email: user.email.clone(),
        name: user.name.clone(),
        role: user.role,
        is_active: user.is_active,
        password_hash: None,
        removes_admin: false,
        changes_rights: false,
        revocation: Revocation::None,
        at: later(),
    }
}

/// An admin's change into a user.
#[must_use]
pub fn demotion(admin: &User) -> UserChange {
    UserChange {
        role: Role::User,
        removes_admin: true,
        changes_rights: true,
        ..user_change(admin)
    }
}

/// What takes the right to log in, and all tokens.
#[must_use]
pub fn deactivation(user: &User) -> UserChange {
    UserChange {
        is_active: false,
        removes_admin: user.is_active_admin(),
        changes_rights: true,
        revocation: Revocation::All,
        ..user_change(user)
    }
}

/// The hash `second` instead of the one there was.
#[must_use]
pub fn new_password(user: &User, revocation: Revocation) -> UserChange {
    UserChange {
        password_hash: Some(hash("second")),
        revocation,
        ..user_change(user)
    }
}
