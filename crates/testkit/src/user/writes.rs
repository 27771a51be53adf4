use std::sync::{Arc, Mutex};

use hexpress_domain::auth::Revocation;
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::{LockedUser, Role, User, UserChange, UserId, UserRecord};
use tokio::sync::Notify;

use super::Accounts;
use crate::promise::{eventually, race};
use crate::samples::{
    deactivation, demotion, hash, is_refused, later, name, new_password, nothing, now, refusal,
    unknown, user_deletion, user_edit, user_record, user_restoration,
};

fn is_duplicate<T>(outcome: &Result<T, RepositoryError>) -> bool {
    matches!(outcome, Err(RepositoryError::Duplicate(User::UNIQUE_EMAIL)))
}

async fn find(stores: &Accounts, user: &User, liveness: Liveness) -> Option<User> {
    stores.users.find(user.id, liveness).await.unwrap()
}

pub(super) async fn what_is_stored_is_found(stores: &Accounts) {
    let record = UserRecord {
        name: name("Ωmega 🦀", ""),
        role: Role::Moderator,
        ..user_record("ada@example.org")
    };
    let user = stores.users.insert(record.clone()).await.unwrap();
    assert_eq!(
        user,
        User {
            id: record.id,
            email: record.email,
            name: record.name,
            role: record.role,
            is_active: true,
            last_login_at: None,
            version: Version::FIRST,
            created_at: now(),
            updated_at: now(),
            deleted_at: None,
        }
    );
    assert_eq!(
        find(stores, &user, Liveness::Live).await,
        Some(user.clone())
    );
    assert_eq!(find(stores, &user, Liveness::Any).await, Some(user.clone()));
    assert_eq!(find(stores, &user, Liveness::Deleted).await, None);
    let by_email = stores.users.find_by_email(user.email.clone()).await;
    assert_eq!(by_email.unwrap(), Some((user, hash("first"))));
}

pub(super) async fn of_racing_sign_ups_with_one_email_one_succeeds(stores: &Accounts) {
    let outcomes = race((0..20).map(|_| {
        let users = Arc::clone(&stores.users);
        async move { users.insert(user_record("ada@example.org")).await }
    }))
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(
        outcomes
            .iter()
            .filter(|outcome| is_duplicate(outcome))
            .count(),
        19
    );
}

pub(super) async fn a_decision_sees_the_user_and_the_hash(stores: &Accounts) {
    let user = stores.user().await;
    let change = new_password(Revocation::All);
    let changed = stores.users.change(user.id, change).await.unwrap();
    let stored = stores.users.password_hash(user.id).await.unwrap();
    assert_eq!(stored, Some(hash("second")));
    let seen = Arc::new(Mutex::new(None));
    let note = Arc::clone(&seen);
    let looking = Arc::new(move |locked: &LockedUser| {
        *note.lock().unwrap() = Some(locked.clone());
        Ok(None)
    });
    stores.users.change(user.id, looking).await.unwrap();
    let expected = LockedUser {
        user: changed,
        password_hash: hash("second"),
        is_last_admin: false,
    };
    assert_eq!(*seen.lock().unwrap(), Some(expected));
}

pub(super) async fn a_change_is_stored_and_moves_the_version_by_one(stores: &Accounts) {
    let user = stores.user().await;
    let edit = user_edit(|UserChange { user, .. }| {
        user.email = "new@example.org".parse().unwrap();
        user.name = name("Augusta", "King");
        user.role = Role::Moderator;
        user.is_active = false;
    });
    let changed = stores.users.change(user.id, edit).await.unwrap();
    let expected = User {
        email: "new@example.org".parse().unwrap(),
        name: name("Augusta", "King"),
        role: Role::Moderator,
        is_active: false,
        version: Version::new(user.version.get() + 1),
        updated_at: later(),
        ..user.clone()
    };
    assert_eq!(changed, expected);
    assert_eq!(find(stores, &user, Liveness::Live).await, Some(expected));
}

pub(super) async fn a_decision_that_refuses_or_says_nothing_changes_nothing(stores: &Accounts) {
    let users = &stores.users;
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    let user = find(stores, &user, Liveness::Live).await.unwrap();
    let unchanged = users.change(user.id, nothing()).await;
    assert_eq!(unchanged.unwrap(), user);
    let refused = users.change(user.id, refusal()).await;
    assert!(is_refused(&refused), "{refused:?}");
    assert_eq!(find(stores, &user, Liveness::Live).await, Some(user));
    assert!(stores.is_let_in(&session).await);
}

pub(super) async fn a_write_says_what_it_did_not_find(stores: &Accounts) {
    let users = &stores.users;
    let user = stores.user().await;
    let other = stores.user().await;
    for decide in [user_deletion(), nothing()] {
        let outcome = users.change(UserId::new(unknown()), decide).await;
        assert!(matches!(outcome, Err(RepositoryError::NotFound)));
    }
    let taken = user_edit(move |change| change.user.email = other.email.clone());
    assert!(is_duplicate(&users.change(user.id, taken).await));
}

pub(super) async fn of_racing_decisions_none_is_lost(stores: &Accounts) {
    let user = stores.user().await;
    let outcomes = race((0..50).map(|_| {
        let users = Arc::clone(&stores.users);
        let longer = user_edit(|UserChange { user, .. }| {
            user.name = name(&format!("{}a", user.name.first.as_str()), "");
        });
        async move { users.change(user.id, longer).await }
    }))
    .await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let stored = find(stores, &user, Liveness::Live).await.unwrap();
    assert_eq!(stored.version.get(), user.version.get() + 50);
    let first = format!("{}{}", user.name.first.as_str(), "a".repeat(50));
    assert_eq!(stored.name, name(&first, ""));
}

pub(super) async fn a_change_ends_the_tokens_that_it_names(stores: &Accounts) {
    let user = stores.user().await;
    let bystander = stores.user().await;
    let kept = stores.session_of(&user).await;
    let ended = stores.session_of(&user).await;
    let foreign = stores.session_of(&bystander).await;

    let change = new_password(Revocation::AllBut(kept.id));
    stores.users.change(user.id, change).await.unwrap();
    assert!(stores.is_let_in(&kept).await);
    assert!(!stores.is_let_in(&ended).await);

    let change = user_edit(|change| change.revocation = Revocation::All);
    stores.users.change(user.id, change).await.unwrap();
    assert!(!stores.is_let_in(&kept).await);
    assert!(stores.is_let_in(&foreign).await);
}

pub(super) async fn a_change_that_fails_ends_no_token(stores: &Accounts) {
    let user = stores.user().await;
    let other = stores.user().await;
    let session = stores.session_of(&user).await;
    let taken = user_edit(move |change| {
        change.user.email = other.email.clone();
        change.revocation = Revocation::All;
    });
    assert!(is_duplicate(&stores.users.change(user.id, taken).await));
    assert!(stores.is_let_in(&session).await);
}

pub(super) async fn a_deletion_hides_the_user_and_frees_the_email(stores: &Accounts) {
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    let deleted = stores.users.change(user.id, user_deletion()).await.unwrap();

    assert!(!stores.is_let_in(&session).await);
    assert_eq!(find(stores, &user, Liveness::Live).await, None);
    assert_eq!(deleted.deleted_at, Some(later()));
    assert_eq!(deleted.version.get(), user.version.get() + 1);
    for liveness in [Liveness::Deleted, Liveness::Any] {
        assert_eq!(find(stores, &user, liveness).await, Some(deleted.clone()));
    }
    let seen = stores.users.change(user.id, nothing()).await;
    assert_eq!(seen.unwrap(), deleted);
    let by_email = stores.users.find_by_email(user.email.clone()).await;
    assert_eq!(by_email.unwrap(), None);
    let hash = stores.users.password_hash(user.id).await;
    assert_eq!(hash.unwrap(), None);
    let again = stores.users.insert(user_record(user.email.as_str())).await;
    assert!(again.is_ok());
}

pub(super) async fn a_restored_user_is_live_again_without_tokens(stores: &Accounts) {
    let users = &stores.users;
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    users.change(user.id, user_deletion()).await.unwrap();
    let restored = users.change(user.id, user_restoration()).await.unwrap();
    assert_eq!(
        (restored.deleted_at, restored.version),
        (None, Version::new(3))
    );
    assert_eq!(restored.updated_at, later());
    assert_eq!(find(stores, &user, Liveness::Live).await, Some(restored));
    assert!(!stores.is_let_in(&session).await);
    assert_eq!(stores.tokens.list(user.id, now()).await.unwrap(), []);
}

pub(super) async fn a_user_whose_email_is_taken_by_now_stays_deleted(stores: &Accounts) {
    let users = &stores.users;
    let user = stores.user().await;
    users.change(user.id, user_deletion()).await.unwrap();
    let taken = user_record(user.email.as_str());
    users.insert(taken).await.unwrap();
    let restored = users.change(user.id, user_restoration()).await;
    assert!(is_duplicate(&restored));
    assert_eq!(find(stores, &user, Liveness::Live).await, None);
}

pub(super) async fn the_decision_about_the_last_active_admin_knows(stores: &Accounts) {
    let users = &stores.users;
    assert!(!users.has_active_admin().await.unwrap());
    let admin = stores.admin().await;
    assert!(users.has_active_admin().await.unwrap());
    let sleeper = stores.admin().await;
    users.change(sleeper.id, deactivation()).await.unwrap();
    let gone = stores.admin().await;
    users.change(gone.id, user_deletion()).await.unwrap();

    for decide in [demotion(), deactivation(), user_deletion()] {
        let refused = users.change(admin.id, decide).await;
        assert!(is_refused(&refused), "{refused:?}");
    }
    assert_eq!(
        find(stores, &admin, Liveness::Live).await,
        Some(admin.clone())
    );
    // Of those who are none, no one is the last.
    users.change(sleeper.id, demotion()).await.unwrap();

    stores.admin().await;
    users.change(admin.id, demotion()).await.unwrap();
}

pub(super) async fn admins_who_remove_each_other_at_once_leave_one(stores: &Accounts) {
    let mut left = stores.admin().await;
    for round in 0..20 {
        let (first, second) = (left, stores.admin().await);
        let remove = if round % 2 == 0 {
            deactivation()
        } else {
            user_deletion()
        };
        let removals = [(first.id, demotion()), (second.id, remove)];
        let outcomes = race(removals.map(|(id, decide)| {
            let users = Arc::clone(&stores.users);
            async move { users.change(id, decide).await }
        }))
        .await;
        left = match &outcomes[..] {
            [Ok(_), refused] if is_refused(refused) => second,
            [refused, Ok(_)] if is_refused(refused) => first,
            _ => panic!("{outcomes:?}"),
        };
        let found = find(stores, &left, Liveness::Live).await;
        assert_eq!(found, Some(left.clone()));
    }
}

pub(super) async fn a_change_that_was_begun_is_finished_when_nobody_waits_for_it(
    stores: &Accounts,
) {
    let user = stores.user().await;
    let decided = Arc::new(Notify::new());
    let tell = Arc::clone(&decided);
    let edit = user_edit(move |change| {
        change.user.role = Role::Moderator;
        tell.notify_one();
    });
    tokio::select! {
        biased;
        changed = stores.users.change(user.id, edit) => {
            changed.unwrap();
        }
        () = decided.notified() => {}
    }
    eventually("a change whose caller has gone", async || {
        let found = find(stores, &user, Liveness::Live).await;
        found.filter(|user| user.role == Role::Moderator)
    })
    .await;
}
