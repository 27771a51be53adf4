use std::sync::Arc;
use std::time::Duration;

use hexpress_domain::auth::Revocation;
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::repository::{Conflict, RepositoryError, UniqueField};
use hexpress_domain::user::{Role, User, UserChange, UserId, UserRecord};

use super::Accounts;
use crate::promise::{eventually, race};
use crate::samples::{
    deactivation, demotion, hash, later, name, new_password, now, unknown, user_change, user_record,
};

fn is_duplicate<T>(outcome: &Result<T, RepositoryError>) -> bool {
    matches!(
        outcome,
        Err(RepositoryError::Duplicate {
            field: UniqueField::UserEmail
        })
    )
}

fn is_last_admin<T>(outcome: &Result<T, RepositoryError>) -> bool {
    matches!(outcome, Err(RepositoryError::Conflict(Conflict::LastAdmin)))
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

pub(super) async fn the_hash_is_that_of_the_version_seen(stores: &Accounts) {
    let user = stores.user().await;
    let changed = stores
        .users
        .change(new_password(&user, Revocation::All))
        .await
        .unwrap();
    let at = async |version| stores.users.password_hash(user.id, version).await.unwrap();
    assert_eq!(at(changed.version).await, Some(hash("second")));
    assert_eq!(at(user.version).await, None);
}

pub(super) async fn a_change_is_stored_and_moves_the_version_by_one(stores: &Accounts) {
    let user = stores.user().await;
    let changed = stores
        .users
        .change(UserChange {
            email: "new@example.org".parse().unwrap(),
            name: name("Augusta", "King"),
            role: Role::Moderator,
            is_active: false,
            ..user_change(&user)
        })
        .await
        .unwrap();
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

pub(super) async fn a_write_says_what_it_did_not_find(stores: &Accounts) {
    let users = &stores.users;
    let user = stores.user().await;
    let other = stores.user().await;

    let stale = users
        .change(UserChange {
            seen: Version::new(9),
            ..user_change(&user)
        })
        .await;
    assert!(matches!(stale, Err(RepositoryError::Stale)));
    let stale = users.delete(user.id, Version::new(9), later()).await;
    assert!(matches!(stale, Err(RepositoryError::Stale)));

    let nobody = UserId::new(unknown());
    let outcome = users
        .change(UserChange {
            id: nobody,
            ..user_change(&user)
        })
        .await;
    assert!(matches!(outcome, Err(RepositoryError::NotFound)));
    let outcome = users.delete(nobody, Version::FIRST, later()).await;
    assert!(matches!(outcome, Err(RepositoryError::NotFound)));

    let taken = users
        .change(UserChange {
            email: other.email,
            ..user_change(&user)
        })
        .await;
    assert!(is_duplicate(&taken));

    users.delete(user.id, user.version, later()).await.unwrap();
    let deleted = users.change(user_change(&user)).await;
    assert!(matches!(deleted, Err(RepositoryError::NotFound)));
    let deleted = users.delete(user.id, user.version, later()).await;
    assert!(matches!(deleted, Err(RepositoryError::NotFound)));
}

pub(super) async fn of_racing_changes_that_saw_one_version_one_succeeds(stores: &Accounts) {
    let user = stores.user().await;
    let outcomes = race((0..50).map(|number| {
        let users = Arc::clone(&stores.users);
        let change = UserChange {
            name: name(&format!("Ada {number}"), ""),
            ..user_change(&user)
        };
        async move { users.change(change).await }
    }))
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1);
    for outcome in lost {
        assert!(
            matches!(outcome, Err(RepositoryError::Stale)),
            "{outcome:?}"
        );
    }
    let stored = find(stores, &user, Liveness::Live).await.unwrap();
    assert_eq!(stored.version.get(), user.version.get() + 1);
}

pub(super) async fn a_change_ends_the_tokens_that_it_names(stores: &Accounts) {
    let user = stores.user().await;
    let bystander = stores.user().await;
    let kept = stores.session_of(&user).await;
    let ended = stores.session_of(&user).await;
    let foreign = stores.session_of(&bystander).await;

    let user = stores
        .users
        .change(new_password(&user, Revocation::AllBut(kept.id)))
        .await
        .unwrap();
    assert!(stores.is_let_in(&kept).await);
    assert!(!stores.is_let_in(&ended).await);

    stores
        .users
        .change(UserChange {
            revocation: Revocation::All,
            ..user_change(&user)
        })
        .await
        .unwrap();
    assert!(!stores.is_let_in(&kept).await);
    assert!(stores.is_let_in(&foreign).await);
}

pub(super) async fn a_change_that_fails_ends_no_token(stores: &Accounts) {
    let user = stores.user().await;
    let other = stores.user().await;
    let session = stores.session_of(&user).await;
    let taken = stores
        .users
        .change(UserChange {
            email: other.email,
            ..new_password(&user, Revocation::All)
        })
        .await;
    assert!(is_duplicate(&taken));
    let stale = stores
        .users
        .change(UserChange {
            seen: Version::new(9),
            ..new_password(&user, Revocation::All)
        })
        .await;
    assert!(matches!(stale, Err(RepositoryError::Stale)));
    assert!(stores.is_let_in(&session).await);
}

pub(super) async fn a_deletion_hides_the_user_and_frees_the_email(stores: &Accounts) {
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    stores
        .users
        .delete(user.id, user.version, later())
        .await
        .unwrap();

    assert!(!stores.is_let_in(&session).await);
    assert_eq!(find(stores, &user, Liveness::Live).await, None);
    let deleted = find(stores, &user, Liveness::Deleted).await.unwrap();
    assert_eq!(deleted.deleted_at, Some(later()));
    assert_eq!(deleted.version.get(), user.version.get() + 1);
    assert_eq!(find(stores, &user, Liveness::Any).await, Some(deleted));
    let by_email = stores.users.find_by_email(user.email.clone()).await;
    assert_eq!(by_email.unwrap(), None);
    let hash = stores.users.password_hash(user.id, Version::new(2)).await;
    assert_eq!(hash.unwrap(), None);
    let again = stores.users.insert(user_record(user.email.as_str())).await;
    assert!(again.is_ok());
}

pub(super) async fn a_restored_user_is_live_again_without_tokens(stores: &Accounts) {
    let users = &stores.users;
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    users.delete(user.id, user.version, later()).await.unwrap();
    let restored = users.restore(user.id, Version::new(2), later()).await;
    let restored = restored.unwrap();
    assert_eq!(
        (restored.deleted_at, restored.version),
        (None, Version::new(3))
    );
    assert_eq!(restored.updated_at, later());
    assert_eq!(find(stores, &user, Liveness::Live).await, Some(restored));
    assert!(!stores.is_let_in(&session).await);
    assert_eq!(stores.tokens.list(user.id, now()).await.unwrap(), []);
}

pub(super) async fn a_restoration_says_what_it_did_not_find(stores: &Accounts) {
    let users = &stores.users;
    let user = stores.user().await;
    let live = users.restore(user.id, user.version, later()).await;
    assert!(matches!(
        live,
        Err(RepositoryError::Conflict(Conflict::NotDeleted))
    ));
    let unknown = UserId::new(unknown());
    let unknown = users.restore(unknown, Version::FIRST, later()).await;
    assert!(matches!(unknown, Err(RepositoryError::NotFound)));

    users.delete(user.id, user.version, later()).await.unwrap();
    let stale = users.restore(user.id, user.version, later()).await;
    assert!(matches!(stale, Err(RepositoryError::Stale)));
    assert_eq!(find(stores, &user, Liveness::Live).await, None);
}

pub(super) async fn a_user_whose_email_is_taken_by_now_stays_deleted(stores: &Accounts) {
    let user = stores.user().await;
    stores
        .users
        .delete(user.id, user.version, later())
        .await
        .unwrap();
    stores
        .users
        .insert(user_record(user.email.as_str()))
        .await
        .unwrap();
    let restored = stores
        .users
        .restore(user.id, Version::new(2), later())
        .await;
    assert!(is_duplicate(&restored));
    assert_eq!(find(stores, &user, Liveness::Live).await, None);
}

pub(super) async fn the_last_active_admin_stays(stores: &Accounts) {
    let users = &stores.users;
    assert!(!users.has_active_admin().await.unwrap());
    let admin = stores.admin().await;
    assert!(users.has_active_admin().await.unwrap());
    let sleeper = stores.admin().await;
    users.change(deactivation(&sleeper)).await.unwrap();
    let gone = stores.admin().await;
    users.delete(gone.id, gone.version, later()).await.unwrap();

    assert!(is_last_admin(&users.change(demotion(&admin)).await));
    assert!(is_last_admin(&users.change(deactivation(&admin)).await));
    let deletion = users.delete(admin.id, admin.version, later()).await;
    assert!(is_last_admin(&deletion));
    assert_eq!(
        find(stores, &admin, Liveness::Live).await,
        Some(admin.clone())
    );

    stores.admin().await;
    assert!(users.change(demotion(&admin)).await.is_ok());
}

pub(super) async fn admins_who_remove_each_other_at_once_leave_one(stores: &Accounts) {
    let mut left = stores.admin().await;
    for round in 0..20 {
        let (first, second) = (left, stores.admin().await);
        let (users, demoted) = (Arc::clone(&stores.users), demotion(&first));
        let demote = tokio::spawn(async move { users.change(demoted).await.map(|_| ()) });
        let (users, removed) = (Arc::clone(&stores.users), second.clone());
        let remove = tokio::spawn(async move {
            if round % 2 == 0 {
                users.change(deactivation(&removed)).await.map(|_| ())
            } else {
                users.delete(removed.id, removed.version, later()).await
            }
        });
        let outcomes = (demote.await.unwrap(), remove.await.unwrap());
        left = match &outcomes {
            (Ok(()), refused) if is_last_admin(refused) => second,
            (refused, Ok(())) if is_last_admin(refused) => first,
            _ => panic!("{outcomes:?}"),
        };
        let found = find(stores, &left, Liveness::Live).await;
        assert_eq!(found, Some(left.clone()));
    }
}

pub(super) async fn a_write_that_was_begun_is_finished_when_nobody_waits_for_it(stores: &Accounts) {
    for number in 0..20_u64 {
        // Whatever is under way ends before this returns: the next write begins at once.
        stores.user().await;
        let record = user_record(&format!("dropped{number}@example.org"));
        let id = record.id;
        let insert = stores.users.insert(record);
        let patience = Duration::from_micros(number * 100);
        tokio::time::timeout(patience, insert).await.ok();
        eventually(
            &format!("the write dropped after {patience:?}"),
            async || stores.users.find(id, Liveness::Live).await.unwrap(),
        )
        .await;
    }
}
