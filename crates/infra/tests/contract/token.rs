use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use hexpress_domain::auth::{
    ApiTokenRecord, Revocation, SessionRecord, TokenKind, TokenRepository,
};
use hexpress_domain::id::TokenId;
use hexpress_domain::repository::{Conflict, RepositoryError};
use hexpress_domain::user::{Role, User, UserChange, UserRepository};
use hexpress_test_support::Kind;
use rstest::rstest;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::support::{
    Stores, api_token, change, deactivation, digest, hash, later, new_password, now, race, session,
    stores, unknown_user,
};

fn is_refused<T>(outcome: &Result<T, RepositoryError>) -> bool {
    matches!(
        outcome,
        Err(RepositoryError::Conflict(Conflict::CredentialsChanged))
    )
}

#[rstest]
#[tokio::test]
async fn a_session_stands_for_its_user(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let session = session(user.id);
    let logged_in = stores.tokens.open_session(session.clone()).await.unwrap();
    assert_eq!(
        logged_in,
        User {
            last_login_at: Some(now()),
            ..user.clone()
        }
    );
    let found = stores.authenticated(session.digest).await.unwrap();
    assert_eq!(found.principal.user_id, user.id);
    assert_eq!(found.principal.role, user.role);
    assert_eq!(found.principal.token_id, session.id);
    assert_eq!(found.principal.token_kind, TokenKind::Session);
    assert_eq!(found.token.expires_at, Some(session.expires_at));
    assert_eq!(found.token.created_at, now());
    assert_eq!(found.token.last_used_at, now());
    let unknown = digest(TokenId::new(Uuid::from_u128(1)));
    assert_eq!(stores.authenticated(unknown).await, None);
}

#[rstest]
#[tokio::test]
async fn a_session_can_replace_the_hash(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let upgrade = SessionRecord {
        upgraded_hash: Some(hash("stronger")),
        ..session(user.id)
    };
    let after = stores.tokens.open_session(upgrade).await.unwrap();
    assert_eq!(after.version, user.version);
    let stored = stores.users.password_hash(user.id, user.version).await;
    assert_eq!(stored.unwrap(), Some(hash("stronger")));
}

#[rstest]
#[tokio::test]
async fn a_session_needs_the_user_as_verified(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    let users = &stores.users;
    let tokens = &stores.tokens;

    let changed = stores.user().await;
    users
        .change(new_password(&changed, Revocation::All))
        .await
        .unwrap();
    assert!(is_refused(&tokens.open_session(session(changed.id)).await));

    let inactive = stores.user().await;
    users.change(deactivation(&inactive)).await.unwrap();
    assert!(is_refused(&tokens.open_session(session(inactive.id)).await));

    let deleted = stores.user().await;
    users
        .delete(deleted.id, deleted.version, later())
        .await
        .unwrap();
    assert!(is_refused(&tokens.open_session(session(deleted.id)).await));
    assert!(is_refused(
        &tokens.open_session(session(unknown_user())).await
    ));
}

/// What ends all sessions of a user.
#[derive(Debug, Clone, Copy)]
enum Ending {
    NewPassword,
    Deactivation,
    Deletion,
}

fn end(stores: &Stores, user: &User, ending: Ending) -> JoinHandle<()> {
    let (users, user) = (Arc::clone(&stores.users), user.clone());
    tokio::spawn(async move {
        let ended = match ending {
            Ending::NewPassword => {
                let change = new_password(&user, Revocation::All);
                users.change(change).await.map(|_| ())
            }
            Ending::Deactivation => users.change(deactivation(&user)).await.map(|_| ()),
            Ending::Deletion => users.delete(user.id, user.version, later()).await,
        };
        ended.unwrap();
    })
}

#[rstest]
#[tokio::test]
async fn no_session_outlives_what_ended_it_while_it_was_opened(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
    #[values(Ending::NewPassword, Ending::Deactivation, Ending::Deletion)] ending: Ending,
    #[values(false, true)] is_opened_first: bool,
) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let session = session(user.id);
    // Both wait for the user's row, and then take it one after the other: an update
    // would make a new version of the row, for which they would race.
    let hold = match kind {
        Kind::Sqlite => "",
        Kind::Postgres => "SELECT FROM users FOR UPDATE",
    };
    let held = stores.raw.begin(hold).await;
    let open = || {
        let (tokens, session) = (Arc::clone(&stores.tokens), session.clone());
        tokio::spawn(async move { tokens.open_session(session).await })
    };
    let (opened, ended) = if is_opened_first {
        let opened = open();
        stores.raw.wait_for_waiting(1).await;
        (opened, end(&stores, &user, ending))
    } else {
        let ended = end(&stores, &user, ending);
        stores.raw.wait_for_waiting(1).await;
        (open(), ended)
    };
    stores.raw.wait_for_waiting(2).await;
    held.commit().await;
    ended.await.unwrap();
    let opened = opened.await.unwrap();
    assert!(
        if is_opened_first {
            opened.is_ok()
        } else {
            is_refused(&opened)
        },
        "{opened:?}"
    );
    assert_eq!(token_rows(&stores, &session).await, 0);
}

/// How many rows the store holds of a session, whoever may use it.
async fn token_rows(stores: &Stores, session: &SessionRecord) -> usize {
    let rows = stores.raw.query_text("SELECT digest FROM tokens").await;
    let wanted: String = session
        .digest
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    rows.iter()
        .filter(|row| {
            row[0]
                .as_ref()
                .is_some_and(|digest| digest.ends_with(&wanted))
        })
        .count()
}

#[rstest]
#[tokio::test]
async fn what_happens_to_the_user_bites_at_once(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    let promoted = UserChange {
        role: Role::Admin,
        ..change(&user)
    };
    let user = stores.users.change(promoted).await.unwrap();
    let found = stores.authenticated(session.digest).await.unwrap();
    assert_eq!(found.principal.role, Role::Admin);

    // Whether or not a deactivation ended the token.
    let inactive = UserChange {
        is_active: false,
        ..change(&user)
    };
    stores.users.change(inactive).await.unwrap();
    assert!(!stores.is_let_in(&session).await);
}

#[rstest]
#[tokio::test]
async fn an_expired_token_lets_nobody_in(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    let at = async |time| {
        let found = stores.tokens.authenticate(session.digest, time).await;
        found.unwrap().is_some()
    };
    assert!(at(session.expires_at - TimeDelta::milliseconds(1)).await);
    assert!(!at(session.expires_at).await);
}

#[rstest]
#[tokio::test]
async fn a_use_is_written_down(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    let end = session.expires_at + TimeDelta::days(1);
    stores.tokens.record_use(session.id, later(), Some(end));
    let patience = Duration::from_secs(10);
    let written = tokio::time::timeout(patience, async {
        loop {
            let found = stores.authenticated(session.digest).await.unwrap();
            if found.token.last_used_at == later() {
                return found.token;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(written.unwrap().expires_at, Some(end));
}

#[rstest]
#[tokio::test]
async fn tokens_are_listed_newest_first_without_expired_ones(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let other = stores.user().await;
    stores.session_of(&other).await;
    let session = stores.session_of(&user).await;
    let insert = async |seconds, expires_at| {
        let record = ApiTokenRecord {
            at: now() + TimeDelta::seconds(seconds),
            expires_at,
            ..api_token(user.id, session.id)
        };
        stores.tokens.insert_api_token(record).await.unwrap()
    };
    let lasting = insert(2, None).await;
    let ending = insert(1, Some(later())).await;
    assert_eq!(lasting.name.as_ref().unwrap().as_str(), "deploy");
    assert_eq!((lasting.kind, lasting.user_id), (TokenKind::Api, user.id));

    let ids = async |at| {
        let tokens = stores.tokens.list(user.id, at).await.unwrap();
        tokens.into_iter().map(|token| token.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(now()).await, [lasting.id, ending.id, session.id]);
    assert_eq!(ids(later()).await, [lasting.id, session.id]);
}

#[rstest]
#[tokio::test]
async fn only_own_tokens_are_revoked(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let other = stores.user().await;
    let session = stores.session_of(&user).await;
    let foreign = stores.tokens.revoke(other.id, session.id).await;
    assert!(matches!(foreign, Err(RepositoryError::NotFound)));
    assert!(stores.is_let_in(&session).await);
    stores.tokens.revoke(user.id, session.id).await.unwrap();
    assert!(!stores.is_let_in(&session).await);
    let again = stores.tokens.revoke(user.id, session.id).await;
    assert!(matches!(again, Err(RepositoryError::NotFound)));
}

#[rstest]
#[tokio::test]
async fn racing_api_tokens_do_not_pass_the_limit_together(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    let limited = |expires_at| ApiTokenRecord {
        limit: 5,
        expires_at,
        ..api_token(user.id, session.id)
    };
    let expired = limited(Some(now() - TimeDelta::days(1)));
    stores.tokens.insert_api_token(expired).await.unwrap();
    let outcomes = race((0..20).map(|_| {
        let tokens = Arc::clone(&stores.tokens);
        let record = limited(None);
        async move { tokens.insert_api_token(record).await }
    }))
    .await;
    let (made, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(made.len(), 5);
    for outcome in refused {
        assert!(matches!(
            outcome,
            Err(RepositoryError::Conflict(Conflict::TokenLimit))
        ));
    }
}

#[rstest]
#[tokio::test]
async fn an_api_token_needs_a_session_that_stands(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let other = stores.user().await;
    let session = stores.session_of(&user).await;
    let foreign = api_token(other.id, session.id);
    assert!(is_refused(&stores.tokens.insert_api_token(foreign).await));
    stores.tokens.revoke(user.id, session.id).await.unwrap();
    let late = api_token(user.id, session.id);
    assert!(is_refused(&stores.tokens.insert_api_token(late).await));

    let session = stores.session_of(&user).await;
    let inactive = UserChange {
        is_active: false,
        ..change(&user)
    };
    stores.users.change(inactive).await.unwrap();
    let inactive = api_token(user.id, session.id);
    assert!(is_refused(&stores.tokens.insert_api_token(inactive).await));

    let deleted = stores.user().await;
    let session = stores.session_of(&deleted).await;
    let delete = "UPDATE users SET deleted_at = created_at WHERE email = '";
    stores
        .raw
        .execute(&format!("{delete}{}'", deleted.email))
        .await;
    let deleted = api_token(deleted.id, session.id);
    assert!(is_refused(&stores.tokens.insert_api_token(deleted).await));
}

#[rstest]
#[tokio::test]
async fn no_api_token_outlives_a_logout_while_it_was_made(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    let logout = stores.raw.begin("DELETE FROM tokens").await;
    let (tokens, record) = (Arc::clone(&stores.tokens), api_token(user.id, session.id));
    let made = tokio::spawn(async move { tokens.insert_api_token(record).await });
    stores.raw.wait_for_waiting(1).await;
    logout.commit().await;
    assert!(is_refused(&made.await.unwrap()));
}

#[rstest]
#[tokio::test]
async fn a_sweep_removes_expired_tokens_alone(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    let forever = api_token(user.id, session.id);
    stores
        .tokens
        .insert_api_token(forever.clone())
        .await
        .unwrap();
    assert_eq!(stores.tokens.sweep(now()).await.unwrap(), 0);
    assert_eq!(stores.tokens.sweep(session.expires_at).await.unwrap(), 1);
    assert_eq!(token_rows(&stores, &session).await, 0);
    assert!(stores.authenticated(forever.digest).await.is_some());
}
