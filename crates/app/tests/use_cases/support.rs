//! Somebody to act, something to act on, and services on mocks.

use std::ops::{Deref, DerefMut};

use chrono::{DateTime, TimeDelta, Utc};
use hexpress_app::order::OrderPolicy;
use hexpress_app::permissions::{Permission, Permit};
use hexpress_app::{MockPorts, Policy, Ports, Services};
use hexpress_domain::auth::{
    Actor, ClientAddress, MintedToken, Principal, Reservation, SessionPolicy, TokenDigest, TokenId,
    TokenKind, TokenSecret, Verification,
};
use hexpress_domain::entity::Version;
use hexpress_domain::money::Money;
use hexpress_domain::order::{Order, OrderId, OrderItem, OrderStatus};
use hexpress_domain::post::{
    Author, LockedPost, Metadata, Post, PostChange, PostId, PostStatus, PostView,
};
use hexpress_domain::product::{Product, ProductId, Stock};
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::{LockedUser, PasswordHash, PersonName, Role, User, UserId};
use uuid::Uuid;

pub const ADDRESS: ClientAddress = ClientAddress::LOCAL;

pub const POLICY: SessionPolicy = SessionPolicy {
    idle: TimeDelta::days(14),
    max: TimeDelta::days(90),
    per_user: 100,
};

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

pub fn user_id(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

pub fn token_id(number: u128) -> TokenId {
    TokenId::new(Uuid::from_u128(number))
}

/// User number 1, unless a test says otherwise.
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
        created_at: now() - TimeDelta::days(1),
        updated_at: now() - TimeDelta::days(1),
        deleted_at: None,
    }
}

pub fn deleted(user: User) -> User {
    User {
        deleted_at: Some(now()),
        ..user
    }
}

pub fn hash() -> PasswordHash {
    PasswordHash::new("$argon2id$old".into())
}

pub fn new_hash() -> PasswordHash {
    PasswordHash::new("$argon2id$new".into())
}

pub fn secret() -> TokenSecret {
    format!("hxp_{}", "x".repeat(43)).parse().unwrap()
}

pub fn product_id(number: u128) -> ProductId {
    ProductId::new(Uuid::from_u128(number))
}

pub fn order_id(number: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(number))
}

/// Product number 1.
pub fn engine() -> Product {
    Product {
        id: product_id(1),
        name: "Engine".parse().unwrap(),
        description: "".parse().unwrap(),
        price: 250.try_into().unwrap(),
        currency: "EUR".parse().unwrap(),
        stock: Stock::new(5),
        is_active: true,
        version: Version::new(3),
        created_at: now() - TimeDelta::days(1),
        updated_at: now() - TimeDelta::days(1),
        deleted_at: None,
    }
}

/// A pending order of user number 1, for two engines.
pub fn order() -> Order {
    Order {
        id: order_id(1),
        user_id: user_id(1),
        status: OrderStatus::Pending,
        items: vec![OrderItem {
            product_id: engine().id,
            name: engine().name,
            quantity: 2.try_into().unwrap(),
            unit_price: engine().price,
        }],
        total: Money::new(500, engine().currency).unwrap(),
        version: Version::FIRST,
        created_at: now() - TimeDelta::days(1),
        updated_at: now() - TimeDelta::days(1),
    }
}

fn actor(number: u128, role: Role, token_kind: TokenKind) -> Actor {
    Actor::User(Principal {
        user_id: user_id(number),
        role,
        token_id: token_id(number),
        token_kind,
    })
}

/// A user with a session, whose number is also the token's.
pub fn session(number: u128, role: Role) -> Actor {
    actor(number, role, TokenKind::Session)
}

pub fn api_token(number: u128, role: Role) -> Actor {
    actor(number, role, TokenKind::Api)
}

/// A user as a decision sees it, with the hash [`hash`].
pub fn locked(user: &User) -> LockedUser {
    LockedUser {
        user: user.clone(),
        password_hash: hash(),
        is_last_admin: false,
    }
}

pub fn post_id(number: u128) -> PostId {
    PostId::new(Uuid::from_u128(number))
}

/// Post number 7, a draft of user number 1.
pub fn draft() -> PostView {
    let at = now() - TimeDelta::hours(1);
    PostView {
        post: Post {
            id: post_id(7),
            author_id: user_id(1),
            title: "On Computing".parse().unwrap(),
            slug: "on-computing".parse().unwrap(),
            is_slug_named: false,
            excerpt: None,
            status: PostStatus::Draft,
            published_at: None,
            metadata: Metadata::default(),
            version: Version::new(3),
            created_at: at,
            updated_at: at,
            deleted_at: None,
        },
        content: Some("Once upon a time".parse().unwrap()),
        author: Author {
            id: user_id(1),
            name: ada().name,
        },
        view_count: 0,
    }
}

pub fn published() -> PostView {
    let mut view = draft();
    view.post.status = PostStatus::Published;
    view.post.published_at = Some(view.post.created_at);
    view
}

pub fn deleted_post() -> PostView {
    let mut view = published();
    view.post.deleted_at = Some(now());
    view
}

/// A post as a decision sees it.
pub fn locked_post(view: &PostView) -> LockedPost {
    LockedPost {
        post: view.post.clone(),
        content: view.content.clone().unwrap(),
        is_author_deleted: false,
    }
}

/// What a repository answers to a decision about a post.
pub fn decided(
    view: &PostView,
    decide: &Decide<LockedPost, PostChange>,
) -> Result<PostView, RepositoryError> {
    let locked = locked_post(view);
    let change = decide(&locked).map_err(RepositoryError::Refused)?;
    Ok(match change {
        None => view.clone(),
        Some(change) => PostView {
            post: change.post,
            content: change.content.or(view.content.clone()),
            ..view.clone()
        },
    })
}

/// The mocks of a test: fill in what it expects, then make the services.
/// Whatever is not expected fails the test.
#[derive(Default)]
pub struct Mocks(MockPorts);

impl Deref for Mocks {
    type Target = MockPorts;

    fn deref(&self) -> &MockPorts {
        &self.0
    }
}

impl DerefMut for Mocks {
    fn deref_mut(&mut self) -> &mut MockPorts {
        &mut self.0
    }
}

impl Mocks {
    /// The user that every look-up by id finds.
    pub fn finding(user: &User) -> Self {
        let mut mocks = Self::default();
        let user = user.clone();
        mocks.users.expect_find().returning(move |id, _| {
            assert_eq!(id, user.id);
            Ok(Some(user.clone()))
        });
        mocks
    }

    /// The user that every look-up by id finds, and that decisions see.
    pub fn with_user(user: &User) -> Self {
        Self::finding(user).deciding_on(locked(user))
    }

    /// The user that decisions see.
    pub fn deciding_on(mut self, locked: LockedUser) -> Self {
        self.users.expect_change().returning(move |id, decide| {
            assert_eq!(id, locked.user.id);
            let change = decide(&locked).map_err(RepositoryError::Refused)?;
            Ok(change.map_or(locked.user.clone(), |change| change.user))
        });
        self
    }

    /// The post that every look-up by id finds, and that decisions see.
    pub fn with_post(view: &PostView) -> Self {
        let mut mocks = Self::default();
        let found = view.clone();
        mocks.posts.expect_find().returning(move |id, _| {
            assert_eq!(id, found.post.id);
            Ok(Some(found.clone()))
        });
        let view = view.clone();
        mocks.posts.expect_change().returning(move |id, decide| {
            assert_eq!(id, view.post.id);
            decided(&view, &decide)
        });
        mocks
    }

    /// The user that a login finds.
    pub fn with_login_of(user: Option<User>) -> Self {
        let mut mocks = Self::default();
        mocks
            .users
            .expect_find_by_email()
            .returning(move |_| Ok(user.clone().map(|user| (user, hash()))));
        mocks
    }

    /// One guess is granted, and taken back as often as said; otherwise it has failed.
    pub fn granting(mut self, releases: usize) -> Self {
        self.guard
            .expect_reserve()
            .times(1)
            .returning(|attempt| Ok(Reservation::Granted { at: attempt.at }));
        self.guard.expect_release().times(releases).return_const(());
        self.guard
            .expect_fail()
            .times(1 - releases)
            .return_const(());
        self
    }

    pub fn verifying(mut self, verification: Verification) -> Self {
        self.hasher
            .expect_verify()
            .returning(move |_, _| Ok(verification));
        self
    }

    /// The product that every look-up finds, and that decisions see.
    pub fn with_product(product: &Product) -> Self {
        let mut mocks = Self::default();
        let found = product.clone();
        mocks.products.expect_find().returning(move |id| {
            assert_eq!(id, found.id);
            Ok(Some(found.clone()))
        });
        let product = product.clone();
        mocks.products.expect_change().returning(move |id, decide| {
            assert_eq!(id, product.id);
            let after = decide(&product).map_err(RepositoryError::Refused)?;
            Ok(after.unwrap_or(product.clone()))
        });
        mocks
    }

    /// The order that every look-up finds, and that decisions see.
    pub fn with_order(order: &Order) -> Self {
        let mut mocks = Self::default();
        let found = order.clone();
        mocks.orders.expect_find().returning(move |id| {
            assert_eq!(id, found.id);
            Ok(Some(found.clone()))
        });
        let order = order.clone();
        mocks.orders.expect_change().returning(move |id, decide| {
            assert_eq!(id, order.id);
            let after = decide(&order).map_err(RepositoryError::Refused)?;
            Ok(after.unwrap_or(order.clone()))
        });
        mocks
    }

    pub fn services(self) -> Services {
        self.services_with(OrderPolicy {
            key_ttl: TimeDelta::hours(24),
            pending_ttl: Some(TimeDelta::minutes(30)),
        })
    }

    pub fn services_with(self, orders: OrderPolicy) -> Services {
        let policy = Policy {
            sessions: POLICY,
            orders,
        };
        Services::new(&self.ports(), policy)
    }

    pub fn ports(mut self) -> Ports {
        self.clock.expect_now().returning(now);
        self.ids.expect_uuid().returning(|| Uuid::from_u128(100));
        self.mint.expect_mint().returning(|| {
            Ok(MintedToken {
                secret: secret(),
                digest: TokenDigest::new([7; 32]),
            })
        });
        self.mint
            .expect_digest()
            .returning(|_| TokenDigest::new([7; 32]));
        self.0.into()
    }
}

/// What proves that an actor may do an operation.
pub fn may<O: Permission>(actor: &Actor) -> Permit<O> {
    Permit::of(actor.clone()).unwrap()
}
