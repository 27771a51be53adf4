//! What is promised of tokens.

use std::sync::Arc;

use chrono::TimeDelta;
use hexpress_domain::auth::{
    ApiTokenRecord, CREDENTIALS_CHANGED, Revocation, SessionRecord, TOO_MANY_TOKENS, TokenId,
    TokenKind,
};
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::{Role, User, UserId, UserRepository};

use crate::promise::{eventually, promises, race};
use crate::samples::{
    api_token, deactivation, digest, hash, later, new_password, now, session, unknown,
    user_deletion, user_edit,
};
use crate::user::Accounts;

promises! {
    /// Makes a test of each promise of a [`TokenRepository`] beside the users that the
    /// tokens are of.
    ///
    /// Takes a function `async fn() -> (Accounts, G)`.
    ///
    /// [`TokenRepository`]: hexpress_domain::auth::TokenRepository
    token_promises of token;
    /// What a [`TokenRepository`](hexpress_domain::auth::TokenRepository) promises.
    for Accounts {
        self {
            a_session_stands_for_its_user,
            a_session_can_replace_the_hash,
            a_session_needs_the_user_as_verified,
            a_session_beyond_the_limit_ends_the_one_used_longest_ago,
            racing_logins_do_not_pass_the_limit_together,
            no_session_outlives_what_ended_it_while_it_was_opened,
            what_happens_to_the_user_bites_at_once,
            an_expired_token_lets_nobody_in,
            a_use_is_written_down,
            tokens_are_listed_newest_first_without_expired_ones,
            only_own_tokens_are_revoked,
            racing_api_tokens_do_not_pass_the_limit_together,
            an_api_token_needs_a_session_that_stands,
            a_sweep_removes_expired_tokens_alone,
        }
    }
}

fn is_refused<T>(outcome: &Result<T, RepositoryError>) -> bool {
    matches!(outcome, Err(RepositoryError::Conflict(CREDENTIALS_CHANGED)))
}

async fn a_session_stands_for_its_user(stores: &Accounts) {
    let user = stores.user().await;
    let session = session(user.id);
    let opened = stores.tokens.open_session(session.clone()).await.unwrap();
    assert_eq!(opened.ended, []);
    assert_eq!(
        opened.user,
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
    let unknown = digest(TokenId::new(unknown()));
    assert_eq!(stores.authenticated(unknown).await, None);
}

async fn a_session_can_replace_the_hash(stores: &Accounts) {
    let user = stores.user().await;
    let upgrade = SessionRecord {
        upgraded_hash: Some(hash("stronger")),
        ..session(user.id)
    };
    let after = stores.tokens.open_session(upgrade).await.unwrap();
    assert_eq!(after.user.version, user.version);
    let stored = stores.users.password_hash(user.id).await;
    assert_eq!(stored.unwrap(), Some(hash("stronger")));
}

async fn a_session_needs_the_user_as_verified(stores: &Accounts) {
    let users = &stores.users;
    let tokens = &stores.tokens;

    let changed = stores.user().await;
    users
        .change(changed.id, new_password(Revocation::All))
        .await
        .unwrap();
    assert!(is_refused(&tokens.open_session(session(changed.id)).await));

    let inactive = stores.user().await;
    users.change(inactive.id, deactivation()).await.unwrap();
    assert!(is_refused(&tokens.open_session(session(inactive.id)).await));

    let deleted = stores.user().await;
    users.change(deleted.id, user_deletion()).await.unwrap();
    assert!(is_refused(&tokens.open_session(session(deleted.id)).await));
    assert!(is_refused(
        &tokens.open_session(session(UserId::new(unknown()))).await
    ));
}

async fn a_session_beyond_the_limit_ends_the_one_used_longest_ago(stores: &Accounts) {
    let tokens = &stores.tokens;
    let (user, other) = (stores.user().await, stores.user().await);
    let foreign = stores.session_of(&other).await;
    let open = async |minutes, expires_at| {
        let record = SessionRecord {
            at: now() + TimeDelta::minutes(minutes),
            expires_at,
            limit: 3,
            ..session(user.id)
        };
        let opened = tokens.open_session(record.clone()).await.unwrap();
        (record, opened.ended)
    };
    let fortnight = now() + TimeDelta::days(14);
    let (used, _) = open(0, fortnight).await;
    let api = api_token(user.id, used.id);
    tokens.insert_api_token(api.clone()).await.unwrap();
    let (unused, ended) = open(1, fortnight).await;
    assert_eq!(ended, []);
    // One that has ended by itself takes no place.
    let (_, ended) = open(2, now() + TimeDelta::minutes(3)).await;
    assert_eq!(ended, []);
    let (recent, ended) = open(3, fortnight).await;
    assert_eq!(ended, []);

    let use_at = now() + TimeDelta::minutes(4);
    tokens.record_use(used.id, use_at, Some(fortnight));
    eventually("the use of a token", async || {
        let found = stores.authenticated(used.digest).await.unwrap();
        (found.token.last_used_at == use_at).then_some(())
    })
    .await;
    // Were anything kept of it, it would be let in below.
    assert!(stores.is_let_in(&unused).await);
    let (new, ended) = open(5, fortnight).await;
    assert_eq!(ended, [unused.id]);
    assert!(!stores.is_let_in(&unused).await);
    for left in [&used, &recent, &new, &foreign] {
        assert!(stores.is_let_in(left).await);
    }
    assert!(stores.authenticated(api.digest).await.is_some());

    // A limit that was lowered since ends as many as are too many.
    let last = SessionRecord {
        at: now() + TimeDelta::minutes(6),
        limit: 1,
        ..session(user.id)
    };
    let mut ended = tokens.open_session(last.clone()).await.unwrap().ended;
    ended.sort_unstable();
    assert_eq!(ended, [used.id, recent.id, new.id]);
    let left = tokens.list(user.id, last.at).await.unwrap();
    let left: Vec<_> = left.into_iter().map(|token| token.id).collect();
    assert_eq!(left, [last.id, api.id]);
}

async fn racing_logins_do_not_pass_the_limit_together(stores: &Accounts) {
    let user = stores.user().await;
    let outcomes = race((0..20).map(|_| {
        let tokens = Arc::clone(&stores.tokens);
        let record = SessionRecord {
            limit: 5,
            ..session(user.id)
        };
        async move { tokens.open_session(record).await.unwrap().ended.len() }
    }))
    .await;
    assert_eq!(outcomes.into_iter().sum::<usize>(), 15);
    let left = stores.tokens.list(user.id, now()).await.unwrap();
    assert_eq!(left.len(), 5);
}

/// What ends all sessions of a user.
#[derive(Debug, Clone, Copy)]
enum Ending {
    NewPassword,
    Deactivation,
    Deletion,
}

async fn end(users: Arc<dyn UserRepository>, user: User, ending: Ending) {
    let end = match ending {
        Ending::NewPassword => new_password(Revocation::All),
        Ending::Deactivation => deactivation(),
        Ending::Deletion => user_deletion(),
    };
    users.change(user.id, end).await.unwrap();
}

async fn no_session_outlives_what_ended_it_while_it_was_opened(stores: &Accounts) {
    for ending in [Ending::NewPassword, Ending::Deactivation, Ending::Deletion] {
        for _ in 0..10 {
            let user = stores.user().await;
            let (tokens, record) = (Arc::clone(&stores.tokens), session(user.id));
            let opened = tokio::spawn(async move { tokens.open_session(record).await });
            let ended = tokio::spawn(end(Arc::clone(&stores.users), user.clone(), ending));
            ended.await.unwrap();
            let opened = opened.await.unwrap();
            assert!(opened.is_ok() || is_refused(&opened), "{opened:?}");
            let left = stores.tokens.list(user.id, now()).await.unwrap();
            assert_eq!(left, [], "{ending:?}");
        }
    }
}

async fn what_happens_to_the_user_bites_at_once(stores: &Accounts) {
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    let promotion = user_edit(|change| change.user.role = Role::Admin);
    stores.users.change(user.id, promotion).await.unwrap();
    let found = stores.authenticated(session.digest).await.unwrap();
    assert_eq!(found.principal.role, Role::Admin);

    stores.admin().await;
    // Whether or not a deactivation ended the token.
    let inactive = user_edit(|change| change.user.is_active = false);
    stores.users.change(user.id, inactive).await.unwrap();
    assert!(!stores.is_let_in(&session).await);
}

async fn an_expired_token_lets_nobody_in(stores: &Accounts) {
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    let at = async |time| {
        let found = stores.tokens.authenticate(session.digest, time).await;
        found.unwrap().is_some()
    };
    assert!(at(session.expires_at - TimeDelta::milliseconds(1)).await);
    assert!(!at(session.expires_at).await);
}

async fn a_use_is_written_down(stores: &Accounts) {
    let user = stores.user().await;
    let session = stores.session_of(&user).await;
    let end = session.expires_at + TimeDelta::days(1);
    stores.tokens.record_use(session.id, later(), Some(end));
    let token = eventually("the use of a token", async || {
        let found = stores.authenticated(session.digest).await.unwrap();
        (found.token.last_used_at == later()).then_some(found.token)
    })
    .await;
    assert_eq!(token.expires_at, Some(end));
}

async fn tokens_are_listed_newest_first_without_expired_ones(stores: &Accounts) {
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

async fn only_own_tokens_are_revoked(stores: &Accounts) {
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

async fn racing_api_tokens_do_not_pass_the_limit_together(stores: &Accounts) {
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
            Err(RepositoryError::Conflict(TOO_MANY_TOKENS))
        ));
    }
}

async fn an_api_token_needs_a_session_that_stands(stores: &Accounts) {
    let user = stores.user().await;
    let other = stores.user().await;
    let session = stores.session_of(&user).await;
    let foreign = api_token(other.id, session.id);
    assert!(is_refused(&stores.tokens.insert_api_token(foreign).await));
    stores.tokens.revoke(user.id, session.id).await.unwrap();
    let late = api_token(user.id, session.id);
    assert!(is_refused(&stores.tokens.insert_api_token(late).await));

    let session = stores.session_of(&user).await;
    let inactive = user_edit(|change| change.user.is_active = false);
    stores.users.change(user.id, inactive).await.unwrap();
    let inactive = api_token(user.id, session.id);
    assert!(is_refused(&stores.tokens.insert_api_token(inactive).await));

    let deleted = stores.user().await;
    let session = stores.session_of(&deleted).await;
    let users = &stores.users;
    users.change(deleted.id, user_deletion()).await.unwrap();
    let deleted = api_token(deleted.id, session.id);
    assert!(is_refused(&stores.tokens.insert_api_token(deleted).await));
}

async fn a_sweep_removes_expired_tokens_alone(stores: &Accounts) {
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
    assert!(!stores.is_let_in(&session).await);
    assert!(stores.authenticated(forever.digest).await.is_some());
}
