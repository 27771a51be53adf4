//! Callers, calls, and an API on mocks.

use std::convert::Infallible;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri};
use chrono::{DateTime, Utc};
use futures_util::stream;
use hexpress_app::{MockPorts, Policy, Services};
use hexpress_conformance::{Contract, Exchange};
use hexpress_domain::auth::{
    Authenticated, MintedToken, Principal, Reservation, Token, TokenDigest, TokenId, TokenKind,
    TokenSecret, Verification,
};
use hexpress_domain::entity::Version;
use hexpress_domain::post::PostId;
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::{LockedUser, PasswordHash, PersonName, Role, User, UserId};
use hexpress_web::{
    Api, CorsOrigins, HttpMetrics, LimitSettings, Limits, RenderCache, Settings, openapi, router,
};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;
use uuid::Uuid;

/// The callers: what each brings as a token, and who that is.
pub const NOBODY: Option<char> = None;
pub const ADA: Option<char> = Some('u');
pub const OTHER: Option<char> = Some('o');
pub const MODERATOR: Option<char> = Some('m');
pub const ADMIN: Option<char> = Some('a');
pub const ADAS_PROGRAM: Option<char> = Some('p');
/// A token of the right form that nobody knows.
pub const STRANGER: Option<char> = Some('x');

pub const ADA_PATH: &str = "/api/users/00000000-0000-0000-0000-000000000001";

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_700_000_000_120).unwrap()
}

pub fn user_id(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

pub fn token_id(number: u128) -> TokenId {
    TokenId::new(Uuid::from_u128(number))
}

pub fn post_id(number: u128) -> PostId {
    PostId::new(Uuid::from_u128(number))
}

pub fn token(letter: char) -> String {
    format!("hxp_{}", letter.to_string().repeat(43))
}

/// User number 1.
pub fn ada() -> User {
    User {
        id: user_id(1),
        email: "ada@example.org".parse().unwrap(),
        name: PersonName {
            first: "Ada".parse().unwrap(),
            last: "Lovelace".parse().unwrap(),
        },
        role: Role::User,
        is_active: true,
        last_login_at: None,
        version: Version::new(3),
        created_at: now(),
        updated_at: now(),
        deleted_at: None,
    }
}

/// A token for a program of user number 1.
pub fn api_token(id: TokenId) -> Token {
    Token {
        id,
        user_id: user_id(1),
        kind: TokenKind::Api,
        name: Some("deploy".parse().unwrap()),
        created_at: now(),
        last_used_at: now(),
        expires_at: None,
    }
}

/// The mocks of a test. What is not expected fails it.
pub struct Mocks {
    pub ports: MockPorts,
    pub draining: bool,
    pub limits: LimitSettings,
    pub metrics: HttpMetrics,
    pub settings: Settings,
}

impl Deref for Mocks {
    type Target = MockPorts;

    fn deref(&self) -> &MockPorts {
        &self.ports
    }
}

impl DerefMut for Mocks {
    fn deref_mut(&mut self) -> &mut MockPorts {
        &mut self.ports
    }
}

impl Default for Mocks {
    fn default() -> Self {
        let mut ports = MockPorts::default();
        ports.tokens.expect_authenticate().returning(|digest, _| {
            let (number, role, kind) = match char::from(digest.as_bytes()[0]) {
                'u' => (1, Role::User, TokenKind::Session),
                'p' => (1, Role::User, TokenKind::Api),
                'o' => (2, Role::User, TokenKind::Session),
                'm' => (3, Role::Moderator, TokenKind::Session),
                'a' => (4, Role::Admin, TokenKind::Session),
                _ => return Ok(None),
            };
            Ok(Some(authenticated(number, role, kind)))
        });
        Self {
            ports,
            draining: false,
            limits: LimitSettings::default(),
            metrics: HttpMetrics::default(),
            settings: Settings {
                base_path: String::new(),
                request_timeout: Duration::from_secs(30),
                body_read_timeout: Duration::from_secs(20),
                post_body_limit: 10 * 1024 * 1024,
                strict_transport_security: false,
                cors_origins: CorsOrigins::Any,
                trusted_proxies: Vec::new(),
                request_id: Box::new(|| "made-here".to_owned()),
            },
        }
    }
}

fn authenticated(number: u128, role: Role, kind: TokenKind) -> Authenticated {
    Authenticated {
        principal: Principal {
            user_id: user_id(number),
            role,
            token_id: token_id(number),
            token_kind: kind,
        },
        token: Token {
            id: token_id(number),
            user_id: user_id(number),
            kind,
            name: None,
            created_at: now(),
            last_used_at: now(),
            expires_at: None,
        },
    }
}

impl Mocks {
    /// An API where the look-up of Ada's id finds this user, who can be changed.
    pub fn knowing(user: User) -> Self {
        Self::knowing_locked(LockedUser {
            user,
            password_hash: PasswordHash::new("hash".into()),
            is_last_admin: false,
        })
    }

    /// As [`Mocks::knowing`], of a user as decisions see them.
    pub fn knowing_locked(locked: LockedUser) -> Self {
        let mut mocks = Self::default();
        let user = locked.user.clone();
        mocks
            .users
            .expect_find()
            .returning(move |id, _| Ok((id == user.id).then(|| user.clone())));
        mocks.users.expect_change().returning(move |id, decide| {
            if id != locked.user.id {
                return Err(RepositoryError::NotFound);
            }
            let change = decide(&locked).map_err(RepositoryError::Refused)?;
            Ok(change.map_or(locked.user.clone(), |change| change.user))
        });
        let posts = &mut mocks.posts;
        posts.expect_latest_published().returning(|_, _| Ok(vec![]));
        mocks
    }

    pub fn hashing(mut self) -> Self {
        self.hasher
            .expect_hash()
            .returning(|_| Ok(PasswordHash::new("hash".into())));
        self
    }

    pub fn verifying(mut self, verification: Verification) -> Self {
        self.guard
            .expect_reserve()
            .returning(|attempt| Ok(Reservation::Granted { at: attempt.at }));
        self.guard.expect_release().return_const(());
        self.guard.expect_fail().return_const(());
        self.guard.expect_abandon().return_const(());
        self.users
            .expect_password_hash()
            .returning(|_| Ok(Some(PasswordHash::new("hash".into()))));
        self.hasher
            .expect_verify()
            .returning(move |_, _| Ok(verification));
        self
    }

    pub fn router(mut self) -> Router {
        self.clock.expect_now().returning(now);
        self.ids.expect_uuid().returning(|| Uuid::from_u128(100));
        self.mint.expect_mint().returning(|| {
            Ok(MintedToken {
                secret: token('n').parse().unwrap(),
                digest: TokenDigest::new([b'n'; 32]),
            })
        });
        self.mint.expect_digest().returning(|secret: TokenSecret| {
            let letter = secret.expose().as_bytes()[TokenSecret::PREFIX.len()];
            TokenDigest::new([letter; 32])
        });
        let services = Services::new(&self.ports.into(), Policy::default());
        if self.draining {
            services.health.drain();
        }
        router(Api {
            services,
            limits: Arc::new(Limits::new(&self.limits)),
            metrics: self.metrics,
            render_cache: RenderCache::new(1024 * 1024),
            settings: Arc::new(self.settings),
        })
    }
}

/// A body that never comes.
pub fn never() -> Body {
    Body::from_stream(stream::pending::<Result<Vec<u8>, Infallible>>())
}

/// A request, put together word by word.
pub struct Call {
    request: Request<Body>,
    /// Its `Content-Type` and body, where that is some text.
    sent: Option<(String, String)>,
}

pub fn call(method: &str, path: &str) -> Call {
    let method: Method = method.parse().unwrap();
    let request = Request::builder().method(method).uri(path);
    let request = request.header("host", "localhost");
    Call {
        request: request.body(Body::empty()).unwrap(),
        sent: None,
    }
}

pub fn get(path: &str) -> Call {
    call("GET", path)
}

pub fn post(path: &str, body: Value) -> Call {
    call("POST", path).json(body)
}

pub fn patch(path: &str, body: Value) -> Call {
    call("PATCH", path).json(body)
}

impl Call {
    pub fn by(self, caller: Option<char>) -> Self {
        match caller {
            Some(letter) => self.header("authorization", &format!("Bearer {}", token(letter))),
            None => self,
        }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.request
            .headers_mut()
            .append(name, value.parse().unwrap());
        self
    }

    pub fn json(self, body: Value) -> Self {
        self.body("application/json", &body.to_string())
    }

    pub fn form(self, body: &str) -> Self {
        self.body("application/x-www-form-urlencoded", body)
    }

    pub fn body(self, content_type: &str, body: &str) -> Self {
        let mut call = self.header("content-type", content_type);
        *call.request.body_mut() = Body::from(body.to_owned());
        call.sent = Some((content_type.to_owned(), body.to_owned()));
        call
    }

    pub fn stream(mut self, body: Body) -> Self {
        *self.request.body_mut() = body;
        self
    }

    pub fn extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.request.extensions_mut().insert(value);
        self
    }

    pub async fn on(self, router: &Router) -> Answer {
        let (method, uri) = (self.request.method().clone(), self.request.uri().clone());
        let response = router.clone().oneshot(self.request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap_or_default(),
        };
        answer.assert_documented(&method, &uri, self.sent.as_ref());
        answer
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Empty for what is no text.
    pub text: String,
}

/// What the document promises. Tests nest the router below `/blog`, where they nest it.
static CONTRACT: LazyLock<Contract> = LazyLock::new(|| Contract::new(openapi("")));

impl Answer {
    fn assert_documented(&self, method: &Method, uri: &Uri, request: Option<&(String, String)>) {
        let headers = self.headers.iter();
        let headers: Vec<_> = headers
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        let path = uri.path_and_query().unwrap().as_str();
        let exchange = Exchange {
            method: method.as_str(),
            path: path.strip_prefix("/blog").unwrap_or(path),
            request: request.map(|(content_type, body)| (content_type.as_str(), body.as_str())),
            status: self.status.as_u16(),
            headers: &headers,
            body: &self.text,
        };
        // For browsers, and no part of the API.
        if exchange.path.starts_with("/docs") {
            return;
        }
        let departures = CONTRACT.departures(&exchange);
        assert!(departures.is_empty(), "{departures:#?}\n{self:#?}");
        // The document says no more than that it is true or false.
        let body = serde_json::from_str::<Value>(&self.text).unwrap_or_default();
        if let Some(success) = body["success"].as_bool() {
            assert_eq!(success, self.status.as_u16() < 400, "{self:#?}");
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub fn data(&self) -> Value {
        let body = self.json();
        assert_eq!(body["success"], true, "{body}");
        body["data"].clone()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Status and code of a failure, whose envelope is checked on the way.
    pub fn failure(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(body["success"], false, "{body}");
        let error = body["error"].as_object().unwrap();
        assert!(
            error["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
        assert_eq!(error["requestId"], self.header("x-request-id"));
        let code = error["code"].as_str().unwrap().to_owned();
        (self.status.as_u16(), code)
    }

    pub fn message(&self) -> String {
        let body = self.json();
        let message = match body["success"].as_bool() {
            Some(true) => &body["message"],
            _ => &body["error"]["message"],
        };
        message.as_str().unwrap_or_default().to_owned()
    }

    /// The fields that a failure names, with what is said of each.
    pub fn details(&self) -> Vec<(String, String)> {
        let body = self.json();
        let details = body["error"]["details"].as_array().cloned();
        let text = |detail: &Value, name: &str| detail[name].as_str().unwrap().to_owned();
        let details = details.unwrap_or_default();
        let pairs = details
            .iter()
            .map(|d| (text(d, "field"), text(d, "message")));
        pairs.collect()
    }

    pub fn fields(&self) -> Vec<String> {
        self.details().into_iter().map(|(field, _)| field).collect()
    }
}

/// What a failure is compared with.
pub fn failure(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
