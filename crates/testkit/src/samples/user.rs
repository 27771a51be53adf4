use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use hexpress_domain::auth::Revocation;
use hexpress_domain::id::Id;
use hexpress_domain::repository::{Decide, Refusal};
use hexpress_domain::user::{
    LockedUser, PasswordHash, PersonName, Role, User, UserChange, UserRecord,
};

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

/// A decision that edits a user as they stand: one version on, at [`later`]. It refuses
/// to take the last active admin away.
#[must_use]
pub fn user_edit(
    edit: impl Fn(&mut UserChange) + Send + Sync + 'static,
) -> Decide<LockedUser, UserChange> {
    deciding(move |user| {
        let mut change = UserChange {
            user: User {
                version: user.version.next(),
                updated_at: later(),
                ..user.clone()
            },
            password_hash: None,
            revocation: Revocation::None,
        };
        edit(&mut change);
        change
    })
}

fn deciding(
    change: impl Fn(&User) -> UserChange + Send + Sync + 'static,
) -> Decide<LockedUser, UserChange> {
    Arc::new(move |locked: &LockedUser| {
        let change = change(&locked.user);
        match locked.removes_last_admin(&change) {
            true => Err(Refusal::from("the last active admin")),
            false => Ok(Some(change)),
        }
    })
}

/// An admin's change into a user.
#[must_use]
pub fn demotion() -> Decide<LockedUser, UserChange> {
    user_edit(|change| change.user.role = Role::User)
}

/// What takes the right to log in, and all tokens.
#[must_use]
pub fn deactivation() -> Decide<LockedUser, UserChange> {
    user_edit(|change| {
        change.user.is_active = false;
        change.revocation = Revocation::All;
    })
}

/// The hash `second` instead of the one there was.
#[must_use]
pub fn new_password(revocation: Revocation) -> Decide<LockedUser, UserChange> {
    user_edit(move |change| {
        change.password_hash = Some(hash("second"));
        change.revocation = revocation;
    })
}

/// The deletion of a user, and of all their live posts.
#[must_use]
pub fn user_deletion() -> Decide<LockedUser, UserChange> {
    deciding(|user| user.deletion(later()))
}

/// What undoes the deletion of a user.
#[must_use]
pub fn user_restoration() -> Decide<LockedUser, UserChange> {
    deciding(|user| user.restoration(later()))
}
