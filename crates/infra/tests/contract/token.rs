//! Tokens that race with what ends them, in the order that the test gives them, and what
//! no port shows.

use std::sync::Arc;

use hexpress_domain::auth::{CREDENTIALS_CHANGED, Revocation, SessionRecord};
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::User;
use hexpress_test_support::Kind;
use hexpress_testkit::samples::{api_token, deactivation, new_password, session, user_deletion};
use rstest::rstest;
use tokio::task::JoinHandle;

use crate::support::{Stores, stores};

fn is_refused<T>(outcome: &Result<T, RepositoryError>) -> bool {
    matches!(outcome, Err(RepositoryError::Conflict(CREDENTIALS_CHANGED)))
}

/// What ends all sessions of a user.
#[derive(Debug, Clone, Copy)]
enum Ending {
    NewPassword,
    Deactivation,
    Deletion,
}

fn end(stores: &Stores, user: &User, ending: Ending) -> JoinHandle<()> {
    let (users, user) = (Arc::clone(&stores.ports.users), user.clone());
    tokio::spawn(async move {
        let end = match ending {
            Ending::NewPassword => new_password(Revocation::All),
            Ending::Deactivation => deactivation(),
            Ending::Deletion => user_deletion(),
        };
        users.change(user.id, end).await.unwrap();
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
        let (tokens, session) = (Arc::clone(&stores.ports.tokens), session.clone());
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
async fn no_api_token_outlives_a_logout_while_it_was_made(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    let logout = stores.raw.begin("DELETE FROM tokens").await;
    let (tokens, record) = (
        Arc::clone(&stores.ports.tokens),
        api_token(user.id, session.id),
    );
    let made = tokio::spawn(async move { tokens.insert_api_token(record).await });
    stores.raw.wait_for_waiting(1).await;
    logout.commit().await;
    assert!(is_refused(&made.await.unwrap()));
}

/// A user whose deletion has overlooked a token.
#[rstest]
#[tokio::test]
async fn a_session_of_a_deleted_user_makes_no_api_token(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    let delete = "UPDATE users SET deleted_at = created_at";
    stores.raw.execute(delete).await;
    let token = api_token(user.id, session.id);
    assert!(is_refused(
        &stores.ports.tokens.insert_api_token(token).await
    ));
}
