use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use hexpress_app::auth::MAX_API_TOKENS;
use hexpress_app::permissions::Permit;
use hexpress_app::{Error, InvalidState, Policy, Ports, Resource, Services};
use hexpress_domain::auth::{
    Actor, Authenticated, CREDENTIALS_CHANGED, Credentials, HasherError, NewApiToken,
    OpenedSession, PasswordHasher, Principal, RawNewApiToken, Reservation, TOO_MANY_TOKENS, Token,
    TokenKind, Verification,
};
use hexpress_domain::repository::{Conflict, RepositoryError};
use hexpress_domain::user::{Password, PasswordHash, Role, User};
use hexpress_domain::validation::{Field, ValidationErrors};
use tokio::time::timeout;

use crate::support::{
    ADDRESS, Mocks, POLICY, ada, api_token, hash, may, new_hash, now, secret, session, token_id,
};

const MATCH: Verification = Verification::Match { outdated: false };

fn opened(user: User) -> OpenedSession {
    OpenedSession {
        user,
        ended: Vec::new(),
    }
}

fn credentials() -> Credentials {
    Credentials {
        email: "ada@example.org".parse().unwrap(),
        password: "correct horse".parse().unwrap(),
    }
}

#[tokio::test]
async fn a_login_opens_a_session_and_takes_its_guess_back() {
    let mut mocks = Mocks::with_login_of(Some(ada()))
        .granting(1)
        .verifying(MATCH);
    mocks
        .tokens
        .expect_open_session()
        .times(1)
        .returning(|record| {
            assert_eq!(record.user_id, ada().id);
            assert_eq!(record.verified_hash, hash());
            assert_eq!(record.upgraded_hash, None);
            assert_eq!(record.expires_at, now() + POLICY.idle);
            assert_eq!(record.at, now());
            assert_eq!(record.limit, POLICY.per_user);
            Ok(opened(ada()))
        });
    let login = mocks.services().auth.login(&credentials(), ADDRESS).await;
    let login = login.unwrap();
    assert_eq!(login.secret, secret());
    assert_eq!(login.expires_at, now() + POLICY.idle);
}

#[tokio::test]
async fn an_unknown_email_costs_a_hash_and_its_guess_stays_counted() {
    let mut mocks = Mocks::with_login_of(None).granting(0);
    mocks
        .hasher
        .expect_verify()
        .times(1)
        .withf(|password, hash| password.expose() == "correct horse" && hash.is_none())
        .returning(|_, _| Ok(Verification::Mismatch));
    let login = mocks.services().auth.login(&credentials(), ADDRESS).await;
    assert!(matches!(login, Err(Error::InvalidCredentials)));
}

#[tokio::test]
async fn a_wrong_password_stays_counted() {
    let mocks = Mocks::with_login_of(Some(ada()))
        .granting(0)
        .verifying(Verification::Mismatch);
    let login = mocks.services().auth.login(&credentials(), ADDRESS).await;
    assert!(matches!(login, Err(Error::InvalidCredentials)));
}

#[tokio::test]
async fn a_deactivated_user_is_answered_like_a_wrong_password() {
    let inactive = User {
        is_active: false,
        ..ada()
    };
    let mocks = Mocks::with_login_of(Some(inactive))
        .granting(0)
        .verifying(MATCH);
    let login = mocks.services().auth.login(&credentials(), ADDRESS).await;
    assert!(matches!(login, Err(Error::InvalidCredentials)));
}

#[tokio::test]
async fn a_refused_guess_looks_at_nothing() {
    let retry_after = Duration::from_secs(42);
    let moment = Duration::from_secs(1);
    for (refusal, expected) in [
        (Reservation::Refused { retry_after }, retry_after),
        (Reservation::Pending, moment),
    ] {
        let mut mocks = Mocks::default();
        mocks.guard.expect_reserve().returning(move |_| Ok(refusal));
        let login = mocks.services().auth.login(&credentials(), ADDRESS).await;
        assert!(
            matches!(login, Err(Error::RateLimited { retry_after: after }) if after == expected)
        );
    }
}

/// A hasher that is never done.
struct Stuck;

#[async_trait]
impl PasswordHasher for Stuck {
    async fn hash(&self, _: Password) -> Result<PasswordHash, HasherError> {
        pending().await
    }

    async fn verify(
        &self,
        _: Password,
        _: Option<PasswordHash>,
    ) -> Result<Verification, HasherError> {
        pending().await
    }
}

#[tokio::test]
async fn a_guess_is_abandoned_when_the_caller_goes_before_its_outcome() {
    let mut mocks = Mocks::with_login_of(Some(ada()));
    let granted_at = now() + TimeDelta::seconds(1);
    mocks
        .guard
        .expect_reserve()
        .returning(move |_| Ok(Reservation::Granted { at: granted_at }));
    mocks
        .guard
        .expect_abandon()
        .withf(move |attempt| attempt.at == granted_at)
        .times(1)
        .return_const(());
    let ports = Ports {
        hasher: Arc::new(Stuck),
        ..mocks.ports()
    };
    let services = Services::new(&ports, Policy::default());
    let credentials = credentials();
    let login = services.auth.login(&credentials, ADDRESS);
    assert!(timeout(Duration::ZERO, login).await.is_err());
}

#[tokio::test]
async fn a_guess_is_taken_back_when_nobody_could_look_at_it() {
    let mut mocks = Mocks::with_login_of(Some(ada())).granting(1);
    mocks
        .hasher
        .expect_verify()
        .returning(|_, _| Err(HasherError::Overloaded));
    let login = mocks.services().auth.login(&credentials(), ADDRESS).await;
    assert!(matches!(login, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn a_weaker_hash_is_upgraded_with_the_login() {
    let mut mocks = Mocks::with_login_of(Some(ada()))
        .granting(1)
        .verifying(Verification::Match { outdated: true });
    mocks
        .hasher
        .expect_hash()
        .times(1)
        .returning(|_| Ok(new_hash()));
    mocks
        .tokens
        .expect_open_session()
        .withf(|record| record.upgraded_hash == Some(new_hash()))
        .times(1)
        .returning(|_| Ok(opened(ada())));
    assert!(
        mocks
            .services()
            .auth
            .login(&credentials(), ADDRESS)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_login_that_raced_a_change_of_password_is_decided_anew() {
    let mut mocks = Mocks::with_login_of(Some(ada())).granting(0);
    let verifications = AtomicU32::new(0);
    mocks.hasher.expect_verify().returning(move |_, _| {
        match verifications.fetch_add(1, Ordering::Relaxed) {
            0 => Ok(MATCH),
            _ => Ok(Verification::Mismatch),
        }
    });
    mocks
        .tokens
        .expect_open_session()
        .times(1)
        .returning(|_| Err(RepositoryError::Conflict(CREDENTIALS_CHANGED)));
    let login = mocks.services().auth.login(&credentials(), ADDRESS).await;
    assert!(matches!(login, Err(Error::InvalidCredentials)));
}

fn authenticated(kind: TokenKind, last_used: TimeDelta) -> Authenticated {
    Authenticated {
        principal: Principal {
            user_id: ada().id,
            role: Role::User,
            token_id: token_id(1),
            token_kind: kind,
        },
        token: Token {
            id: token_id(1),
            user_id: ada().id,
            kind,
            name: None,
            created_at: now() - TimeDelta::days(80),
            last_used_at: now() - last_used,
            expires_at: None,
        },
    }
}

#[tokio::test]
async fn a_use_is_written_down_once_a_minute_and_moves_a_sessions_end() {
    for (kind, last_used, written) in [
        (TokenKind::Session, TimeDelta::seconds(59), None),
        (
            TokenKind::Session,
            TimeDelta::seconds(60),
            // Used on day 80: day 90 comes before fourteen idle days have gone by.
            Some(Some(now() + TimeDelta::days(10))),
        ),
        (TokenKind::Api, TimeDelta::days(30), Some(None)),
    ] {
        let mut mocks = Mocks::default();
        mocks
            .tokens
            .expect_authenticate()
            .returning(move |_, _| Ok(Some(authenticated(kind, last_used))));
        if let Some(expires_at) = written {
            mocks
                .tokens
                .expect_record_use()
                .withf(move |id, at, end| (*id, *at, *end) == (token_id(1), now(), expires_at))
                .times(1)
                .return_const(());
        }
        let actor = mocks.services().auth.authenticate(secret().expose()).await;
        assert_eq!(actor.unwrap().principal().unwrap().user_id, ada().id);
    }
}

#[tokio::test]
async fn a_token_that_is_none_is_never_looked_up() {
    for text in ["", "hxp_", "hxp_short", "Bearer hxp_"] {
        let actor = Mocks::default().services().auth.authenticate(text).await;
        assert!(matches!(actor, Err(Error::InvalidToken)), "{text}");
    }
}

#[tokio::test]
async fn an_unknown_token_is_invalid() {
    let mut mocks = Mocks::default();
    mocks
        .tokens
        .expect_authenticate()
        .returning(|_, _| Ok(None));
    let actor = mocks.services().auth.authenticate(secret().expose()).await;
    assert!(matches!(actor, Err(Error::InvalidToken)));
}

#[tokio::test]
async fn logging_out_revokes_the_token_in_use_and_may_be_done_twice() {
    let mut mocks = Mocks::default();
    let calls = AtomicU32::new(0);
    mocks
        .tokens
        .expect_revoke()
        .withf(|user, token| (*user, *token) == (ada().id, token_id(1)))
        .returning(move |_, _| match calls.fetch_add(1, Ordering::Relaxed) {
            0 => Ok(()),
            _ => Err(RepositoryError::NotFound),
        });
    let service = mocks.services().auth;
    for _ in 0..2 {
        assert!(
            service
                .logout(&may(&api_token(1, Role::User)))
                .await
                .is_ok()
        );
    }
    let anonymous = async { service.logout(&Permit::of(Actor::Anonymous)?).await }.await;
    assert!(matches!(anonymous, Err(Error::Unauthenticated)));
}

fn deploy_token() -> NewApiToken {
    NewApiToken {
        name: "deploy".parse().unwrap(),
        expires_at: None,
    }
}

#[tokio::test]
async fn an_api_token_is_made_for_the_callers_session() {
    let mut mocks = Mocks::default();
    mocks.tokens.expect_insert_api_token().returning(|record| {
        assert_eq!((record.user_id, record.session_id), (ada().id, token_id(1)));
        assert_eq!(record.limit, MAX_API_TOKENS);
        Ok(Token {
            id: record.id,
            user_id: record.user_id,
            kind: TokenKind::Api,
            name: Some(record.name),
            created_at: record.at,
            last_used_at: record.at,
            expires_at: record.expires_at,
        })
    });
    let service = mocks.services().auth;
    let made = service
        .create_token(&may(&session(1, Role::User)), deploy_token())
        .await;
    let (token, shown) = made.unwrap();
    assert_eq!((token.id, shown), (token_id(100), secret()));
}

#[tokio::test]
async fn no_api_token_is_dead_at_birth() {
    for expires_at in [now() - TimeDelta::days(1), now()] {
        let wish = NewApiToken {
            expires_at: Some(expires_at),
            ..deploy_token()
        };
        let service = Mocks::default().services().auth;
        let made = service
            .create_token(&may(&session(1, Role::User)), wish)
            .await;
        let Err(Error::Validation(errors)) = made else {
            panic!("{made:?}");
        };
        assert_eq!(
            errors,
            ValidationErrors::of("expiresAt", "Must be in the future")
        );
    }
}

#[tokio::test]
async fn a_wish_for_an_api_token_is_read_by_the_services_clock() {
    let service = Mocks::default().services().auth;
    let read = service.read_new_token(RawNewApiToken {
        name: Field::Absent,
        expires_at: Field::Value(now().to_rfc3339()),
    });
    let mut faults = ValidationErrors::of("name", "Name is required");
    faults.add("expiresAt", "Must be in the future");
    assert_eq!(read, Err(faults));
}

async fn creation_after(conflict: Conflict) -> Error {
    let mut mocks = Mocks::default();
    mocks
        .tokens
        .expect_insert_api_token()
        .returning(move |_| Err(RepositoryError::Conflict(conflict)));
    let service = mocks.services().auth;
    let caller = session(1, Role::User);
    async {
        service
            .create_token(&Permit::of(caller.clone())?, deploy_token())
            .await
    }
    .await
    .unwrap_err()
}

#[tokio::test]
async fn api_tokens_have_a_limit() {
    let error = creation_after(TOO_MANY_TOKENS).await;
    assert!(matches!(
        error,
        Error::InvalidState(InvalidState::TokenLimit)
    ));
}

#[tokio::test]
async fn an_api_token_needs_a_session_that_stands() {
    let error = creation_after(CREDENTIALS_CHANGED).await;
    assert!(matches!(error, Error::InvalidToken));
}

#[tokio::test]
async fn an_api_token_may_not_touch_tokens() {
    let service = Mocks::default().services().auth;
    let caller = api_token(1, Role::Admin);
    let forbidden = [
        async { service.list_tokens(&Permit::of(caller.clone())?).await }
            .await
            .map(|_| ()),
        async {
            service
                .create_token(&Permit::of(caller.clone())?, deploy_token())
                .await
        }
        .await
        .map(|_| ()),
        async {
            service
                .revoke_token(&Permit::of(caller.clone())?, token_id(1))
                .await
        }
        .await,
    ];
    for outcome in forbidden {
        assert!(matches!(outcome, Err(Error::Forbidden { .. })));
    }
}

#[tokio::test]
async fn only_own_tokens_are_listed_and_revoked() {
    let mut mocks = Mocks::default();
    mocks
        .tokens
        .expect_list()
        .withf(|user, at| (*user, *at) == (ada().id, now()))
        .returning(|_, _| Ok(Vec::new()));
    mocks
        .tokens
        .expect_revoke()
        .withf(|user, _| *user == ada().id)
        .returning(|_, _| Err(RepositoryError::NotFound));
    let service = mocks.services().auth;
    let caller = session(1, Role::User);
    assert!(
        async { service.list_tokens(&Permit::of(caller.clone())?).await }
            .await
            .unwrap()
            .is_empty()
    );
    let revoked = async {
        service
            .revoke_token(&Permit::of(caller.clone())?, token_id(9))
            .await
    }
    .await;
    assert!(matches!(revoked, Err(Error::NotFound(Resource::Token))));
}

#[tokio::test]
async fn a_sweep_counts_what_it_removed() {
    let mut mocks = Mocks::default();
    mocks.tokens.expect_sweep().returning(|_| Ok(3));
    mocks.guard.expect_sweep().returning(|_| Ok(4));
    assert_eq!(mocks.services().auth.sweep().await.unwrap(), 7);
}
