//! `hexpress-client` against the real program.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use futures_util::TryStreamExt;
use hexpress_client::auth::Session;
use hexpress_client::domain::auth::{Credentials, NewApiToken};
use hexpress_client::domain::list::{Direction, Search, Total};
use hexpress_client::domain::order::{NewOrder, NewOrderItem, OrderStatus};
use hexpress_client::domain::post::{Metadata, NewPost, PostPatch, PostSort, PostStatus};
use hexpress_client::domain::product::{NewProduct, ProductPatch, Stock, StockChange, StockDelta};
use hexpress_client::domain::user::{NewUser, PersonName, Role, UserPatch};
use hexpress_client::list::Part;
use hexpress_client::order::ListOrders;
use hexpress_client::post::ListPosts;
use hexpress_client::product::{ListProducts, Product};
use hexpress_client::user::ListUsers;
use hexpress_client::{Client, Error, ErrorCode, RetryPolicy, Tagged};
use rstest::rstest;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::observability::{metrics_address, read};
use crate::support::{
    Kind, PASSWORD, Server, TestDatabase, assert_books_balance, create_admin, email,
};

fn client_of(address: SocketAddr) -> Client {
    let client = Client::builder(&format!("http://{address}")).no_proxy();
    client.build().unwrap()
}

fn client(server: &Server) -> Client {
    client_of(server.address)
}

fn credentials(name: &str) -> Credentials {
    Credentials {
        email: email(name).parse().unwrap(),
        password: PASSWORD.parse().unwrap(),
    }
}

async fn log_in(client: &Client, name: &str) -> Client {
    let session: Session = client.auth().log_in(&credentials(name)).await.unwrap();
    client.with_token(&session.token)
}

fn new_user(name: &str) -> NewUser {
    let Credentials { email, password } = credentials(name);
    NewUser {
        email,
        password,
        name: PersonName {
            first: "Ada".parse().unwrap(),
            last: "Lovelace".parse().unwrap(),
        },
    }
}

async fn sign_up(client: &Client, name: &str) -> Client {
    client.users().sign_up(&new_user(name)).await.unwrap();
    log_in(client, name).await
}

async fn admin(client: &Client, database: &TestDatabase) -> Client {
    create_admin(database, "root");
    log_in(client, "root").await
}

fn new_post(title: &str) -> NewPost {
    NewPost {
        title: title.parse().unwrap(),
        content: "It weaves algebraic patterns.".parse().unwrap(),
        excerpt: None,
        status: PostStatus::Published,
        metadata: r#"{"tags":["engines"],"rank":1.50}"#.parse().unwrap(),
        slug: None,
    }
}

async fn new_product(admin: &Client, stock: u64) -> Product {
    let product = NewProduct {
        name: "Engine".parse().unwrap(),
        description: "With brass wheels".parse().unwrap(),
        price: 1_999.try_into().unwrap(),
        currency: "EUR".parse().unwrap(),
        stock: Stock::new(stock),
        is_active: true,
    };
    admin.products().create(&product).await.unwrap().value
}

fn cart(product: &Product, quantity: i64) -> NewOrder {
    NewOrder::new(vec![NewOrderItem {
        product_id: product.id,
        quantity: quantity.try_into().unwrap(),
    }])
    .unwrap()
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    let error = result.unwrap_err();
    error.code().unwrap_or_else(|| panic!("{error:?}")).clone()
}

#[rstest]
#[tokio::test]
async fn accounts_from_sign_up_to_restoring(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let anonymous = client(&server);
    let admin = admin(&anonymous, &database).await;

    let signed_up = anonymous.users().sign_up(&new_user("ada")).await.unwrap();
    let id = signed_up.value.id;
    assert_eq!(signed_up.value.full_name, "Ada Lovelace");
    let taken = anonymous.users().sign_up(&new_user("ada")).await;
    let error = taken.unwrap_err();
    let refusal = error.api().unwrap();
    assert_eq!(refusal.code, ErrorCode::DuplicateError);
    assert_eq!(refusal.status, 409);
    assert_eq!(refusal.details[0].field, "email");
    assert!(refusal.request_id.is_some());

    let ada = log_in(&anonymous, "ada").await;
    let me = ada.auth().me().await.unwrap();
    assert_eq!((me.value.id, me.value.role), (id, Role::User));
    assert!(me.value.last_login_at.is_some());
    let wrong = Credentials {
        password: "battery staple".parse().unwrap(),
        ..credentials("ada")
    };
    let refused = anonymous.auth().log_in(&wrong).await;
    assert_eq!(code(refused), ErrorCode::InvalidCredentials);

    let token = NewApiToken {
        name: "deploy".parse().unwrap(),
        expires_at: None,
    };
    let token = ada.auth().create_token(&token).await.unwrap();
    let program = anonymous.with_token(&token.token);
    assert_eq!(program.auth().me().await.unwrap().value.id, id);
    assert_eq!(code(program.auth().tokens().await), ErrorCode::Forbidden);
    assert_eq!(ada.auth().tokens().await.unwrap().len(), 2);
    ada.auth().revoke_token(token.id).await.unwrap();
    assert_eq!(code(program.auth().me().await), ErrorCode::Unauthenticated);

    let married = UserPatch {
        last_name: Some("King".parse().unwrap()),
        ..UserPatch::default()
    };
    let changed = ada.users().update(id, &married, Some(&me.tag)).await;
    let changed = changed.unwrap();
    assert_eq!(changed.value.full_name, "Ada King");
    let stale = ada
        .users()
        .update(id, &UserPatch::default(), Some(&me.tag))
        .await;
    assert_eq!(code(stale), ErrorCode::PreconditionFailed);
    let moved = UserPatch {
        email: Some("ada@example.com".parse().unwrap()),
        ..UserPatch::default()
    };
    let unproven = ada.users().update(id, &moved, None).await.unwrap_err();
    let fields = &unproven.api().unwrap().details;
    assert_eq!(fields[0].field, "currentPassword");

    let profile = anonymous.users().read(id).await.unwrap().value;
    assert_eq!(
        (profile.last_name.as_str(), profile.email),
        ("King", None::<_>)
    );
    let counts = ada.users().statistics(id).await.unwrap();
    assert_eq!(counts.len(), 3);
    assert_eq!(ada.users().analytics(id).await.unwrap(), []);

    let list = ListUsers {
        role: Some(Role::User),
        ..ListUsers::default()
    };
    let found = admin.users().list(&list).await.unwrap();
    assert_eq!(found.total, Some(Total::Exactly(1)));
    assert_eq!(found.items[0].id, id);
    let refused = ada.users().list(&ListUsers::default()).await;
    assert_eq!(code(refused), ErrorCode::Forbidden);

    ada.users().delete(id, Some(&changed.tag)).await.unwrap();
    assert_eq!(code(anonymous.users().read(id).await), ErrorCode::NotFound);
    let deleted = admin.users().stream(ListUsers {
        deleted: true,
        ..ListUsers::default()
    });
    let deleted: Vec<_> = deleted.try_collect().await.unwrap();
    assert!(deleted[0].deleted_at.is_some());
    let restored = admin.users().restore(id, None).await.unwrap();
    assert_eq!(restored.value.deleted_at, None);

    let ada = log_in(&anonymous, "ada").await;
    ada.auth().log_out().await.unwrap();
    assert_eq!(code(ada.auth().me().await), ErrorCode::Unauthenticated);
}

#[rstest]
#[tokio::test]
async fn posts_from_draft_to_restoring(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let anonymous = client(&server);
    let admin = admin(&anonymous, &database).await;
    let ada = sign_up(&anonymous, "ada").await;

    let draft = NewPost {
        excerpt: Some("In short".parse().unwrap()),
        status: PostStatus::Draft,
        ..new_post("On Computing")
    };
    let Tagged { value: post, tag } = ada.posts().create(&draft).await.unwrap();
    assert_eq!(post.metadata, draft.metadata);
    assert_eq!(post.content, Some(draft.content));
    let id = post.id;
    assert_eq!(code(anonymous.posts().read(id).await), ErrorCode::NotFound);

    let published = ada.posts().publish(id, Some(&tag)).await.unwrap();
    let again = ada.posts().publish(id, None).await;
    assert_eq!(code(again), ErrorCode::InvalidState);
    let patch = PostPatch {
        excerpt: Some(None),
        metadata: Some(Metadata::default()),
        slug: Some("engines".parse().unwrap()),
        ..PostPatch::default()
    };
    let stale = ada.posts().update(id, &patch, Some(&tag)).await;
    assert_eq!(code(stale), ErrorCode::PreconditionFailed);
    let changed = ada.posts().update(id, &patch, Some(&published.tag)).await;
    let changed = changed.unwrap();
    assert_eq!(changed.value.excerpt, None);
    assert_eq!(changed.value.metadata, Metadata::default());

    // The slug that readers knew leads to the present one.
    for slug in [post.slug, changed.value.slug] {
        let read = anonymous.posts().read_by_slug(&slug).await.unwrap();
        assert_eq!(read.value.slug.as_str(), "engines");
        assert_eq!(read.value.author.full_name, "Ada Lovelace");
    }

    let stale = ada.posts().delete(id, Some(&tag)).await;
    assert_eq!(code(stale), ErrorCode::PreconditionFailed);
    ada.posts().delete(id, Some(&changed.tag)).await.unwrap();
    let restored = admin.posts().restore(id, None).await.unwrap();
    assert_eq!(restored.value.slug.as_str(), "engines");
}

#[rstest]
#[tokio::test]
async fn a_stream_goes_over_all_pages_while_others_write(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let anonymous = client(&server);
    let ada = sign_up(&anonymous, "ada").await;
    let mut written = BTreeSet::new();
    for number in 0..25 {
        let post = new_post(&format!("Engine {number:02}"));
        written.insert(ada.posts().create(&post).await.unwrap().value.id);
    }

    let list = ListPosts {
        with_content: true,
        ..ListPosts::default()
    };
    let mut posts = anonymous.posts().stream(list.clone());
    let mut read = Vec::new();
    while let Some(post) = posts.try_next().await.unwrap() {
        assert!(post.content.is_some());
        read.push(post.id);
        if read.len() == 5 {
            ada.posts().create(&new_post("Later")).await.unwrap();
        }
    }
    assert_eq!(read.len(), 25);
    assert_eq!(read.iter().copied().collect::<BTreeSet<_>>(), written);

    let by_title = ListPosts {
        search: hexpress_client::domain::list::Search::parse("ENGINE 1").unwrap(),
        sort: PostSort::Title,
        direction: Direction::Ascending,
        part: Part {
            limit: 4.try_into().unwrap(),
            ..Part::default()
        },
        ..ListPosts::default()
    };
    let first = anonymous.posts().list(&by_title).await.unwrap();
    assert_eq!(
        (first.items.len(), first.total),
        (4, Some(Total::Exactly(10)))
    );
    let all: Vec<_> = anonymous
        .posts()
        .stream(by_title)
        .map_ok(|post| post.title.to_string())
        .try_collect()
        .await
        .unwrap();
    let expected: Vec<_> = (10..20).map(|number| format!("Engine {number}")).collect();
    assert_eq!(all, expected);
}

#[rstest]
#[tokio::test]
async fn the_catalogue_and_orders(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let anonymous = client(&server);
    let admin = admin(&anonymous, &database).await;
    let ada = sign_up(&anonymous, "ada").await;

    let engine = new_product(&admin, 5).await;
    let seen = anonymous.products().read(engine.id).await.unwrap();
    assert_eq!(seen.value, engine);
    let patch = ProductPatch {
        price: Some(2_999.try_into().unwrap()),
        stock: Some(StockChange::Add(StockDelta::try_from(2).unwrap())),
        ..ProductPatch::default()
    };
    let dearer = admin.products().update(engine.id, &patch, Some(&seen.tag));
    assert_eq!(dearer.await.unwrap().value.stock, 7);
    let stale = admin.products().update(engine.id, &patch, Some(&seen.tag));
    assert_eq!(code(stale.await), ErrorCode::PreconditionFailed);
    let found = anonymous.products().list(&ListProducts::default()).await;
    assert_eq!(found.unwrap().items.len(), 1);

    let key = "cart-4711".parse().unwrap();
    let order = cart(&engine, 2);
    let placed = ada.orders().place_with_key(&order, &key).await.unwrap();
    assert!(!placed.is_replayed);
    assert_eq!(placed.order.value.total_cents, 5_998);
    assert_eq!(placed.order.value.items[0].name, engine.name);
    let again = ada.orders().place_with_key(&order, &key).await.unwrap();
    assert!(again.is_replayed);
    assert_eq!(again.order, placed.order);
    let other = ada.orders().place_with_key(&cart(&engine, 1), &key).await;
    assert_eq!(code(other), ErrorCode::IdempotencyKeyReused);
    let short = ada.orders().place(&cart(&engine, 6)).await.unwrap_err();
    let refusal = short.api().unwrap();
    assert_eq!(refusal.code, ErrorCode::InsufficientStock);
    assert_eq!(refusal.details[0].field, "items[0].quantity");

    // Each call without a key of the caller's is an order of its own.
    let second = ada.orders().place(&cart(&engine, 2)).await.unwrap();
    assert_ne!(second.order.value.id, placed.order.value.id);
    let id = second.order.value.id;
    let paid = admin.orders().pay(id, Some(&second.order.tag)).await;
    let stale = admin.orders().fulfil(id, Some(&second.order.tag)).await;
    assert_eq!(code(stale), ErrorCode::PreconditionFailed);
    let fulfilled = admin.orders().fulfil(id, Some(&paid.unwrap().tag)).await;
    assert_eq!(fulfilled.unwrap().value.status, OrderStatus::Fulfilled);
    let late = ada.orders().cancel(id, None).await;
    assert_eq!(code(late), ErrorCode::InvalidState);
    let first = placed.order.value.id;
    let cancelled = ada.orders().cancel(first, None).await.unwrap();
    let read = ada.orders().read(first).await.unwrap();
    assert_eq!(read, cancelled);

    let pending = ListOrders {
        status: Some(OrderStatus::Pending),
        ..ListOrders::default()
    };
    assert_eq!(ada.orders().list(&pending).await.unwrap().items, []);
    let all: Vec<_> = ada
        .orders()
        .stream(ListOrders::default())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 2);
    assert_books_balance(&database).await;

    let now = admin.products().read(engine.id).await.unwrap();
    admin
        .products()
        .delete(engine.id, Some(&now.tag))
        .await
        .unwrap();
    let gone = anonymous.products().read(engine.id).await;
    assert_eq!(code(gone), ErrorCode::NotFound);
}

/// Stands before a server, and loses the first answer to an order.
async fn losing_an_answer(server: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut upstream = TcpStream::connect(server).await.unwrap();
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = upstream.split();
        let mut answer = [0; 1024];
        tokio::select! {
            _ = tokio::io::copy(&mut from_client, &mut to_server) => {}
            read = from_server.read(&mut answer) => {
                assert!(answer[..read.unwrap()].starts_with(b"HTTP/1.1 201"));
            }
        }
        to_client.shutdown().await.unwrap();
        drop(client);
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut upstream = TcpStream::connect(server).await.unwrap();
            tokio::spawn(async move { copy_bidirectional(&mut client, &mut upstream).await.ok() });
        }
    });
    address
}

#[rstest]
#[tokio::test]
async fn an_order_whose_answer_is_lost_is_placed_once(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[]);
    let direct = client(&server);
    let admin = admin(&direct, &database).await;
    let engine = new_product(&admin, 5).await;
    direct.users().sign_up(&new_user("ada")).await.unwrap();
    let session = direct.auth().log_in(&credentials("ada")).await.unwrap();

    let ada = client_of(losing_an_answer(server.address).await).with_token(&session.token);
    let placed = ada.orders().place(&cart(&engine, 2)).await.unwrap();
    assert!(placed.is_replayed);
    let orders = ada.orders().list(&ListOrders::default()).await.unwrap();
    assert_eq!(orders.total, Some(Total::Exactly(1)));
    let left = direct.products().read(engine.id).await.unwrap();
    assert_eq!(left.value.stock, 3);
    assert_books_balance(&database).await;
}

#[rstest]
#[tokio::test]
async fn slow_who_asks_too_often_is_let_in_later(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(&database, &[("RATE_LIMIT_PER_MINUTE", "60")]);
    let patient = client(&server);
    let impatient = Client::builder(&format!("http://{}", server.address))
        .no_proxy()
        .retry(RetryPolicy::NONE);
    let impatient = impatient.build().unwrap();
    let refusal = loop {
        match impatient.posts().list(&ListPosts::default()).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    let refusal = refusal.api().unwrap();
    assert_eq!(refusal.code, ErrorCode::RateLimited);
    assert!(refusal.retry_after.is_some());
    patient.posts().list(&ListPosts::default()).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn slow_a_read_waits_until_the_server_has_a_place_again(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let server = Server::start(
        &database,
        &[
            ("MAX_CONCURRENT_REQUESTS", "1"),
            ("METRICS_ADDR", "127.0.0.1:0"),
        ],
    );
    // A request that waits for the database holds the only place.
    let lock = match kind {
        Kind::Sqlite => "UPDATE users SET version = version",
        Kind::Postgres => "LOCK TABLE users IN EXCLUSIVE MODE",
    };
    let lock = database.begin(lock).await;
    let body = format!(
        r#"{{"email":"{}","password":"{PASSWORD}","firstName":"A","lastName":""}}"#,
        email("held")
    );
    let request = format!(
        "POST /api/users HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut held = TcpStream::connect(server.address).await.unwrap();
    held.write_all(request.as_bytes()).await.unwrap();
    // Not by asking the API: who asks might get the place.
    let metrics = metrics_address(&server);
    let is_held = "hexpress_http_requests_in_flight 1";
    while !read(metrics, "/metrics").await.1.contains(is_held) {}

    let reading = tokio::spawn({
        let client = client(&server);
        async move { client.products().list(&ListProducts::default()).await }
    });
    let refused = r#"method="GET",route="/api/products",status="503""#;
    while !read(metrics, "/metrics").await.1.contains(refused) {}
    lock.commit().await;
    assert_eq!(reading.await.unwrap().unwrap().items, []);
}

/// The lines of `docs/clients.md`, but for the first, which names the server.
#[tokio::test]
async fn the_lines_of_the_documentation_work() -> Result<(), Box<dyn std::error::Error>> {
    let database = TestDatabase::migrated(Kind::Sqlite).await;
    let server = Server::start(&database, &[]);
    let client = client(&server);

    let user = NewUser {
        email: "ada@example.org".parse()?,
        password: "correct horse".parse()?,
        name: PersonName {
            first: "Ada".parse()?,
            last: "Lovelace".parse()?,
        },
    };
    client.users().sign_up(&user).await?;
    let NewUser {
        email, password, ..
    } = user;
    let session = client
        .auth()
        .log_in(&Credentials { email, password })
        .await?;
    let ada = client.with_token(&session.token);

    for title in ["Notes on engines", "Notes on looms"] {
        let post = NewPost {
            title: title.parse()?,
            content: "Brass.".parse()?,
            excerpt: None,
            status: PostStatus::Published,
            metadata: Metadata::default(),
            slug: None,
        };
        ada.posts().create(&post).await?;
    }
    let list = ListPosts {
        search: Search::parse("notes")?,
        ..ListPosts::default()
    };
    let posts: Vec<_> = client.posts().stream(list).try_collect().await?;
    println!("{} and {}", posts[0].title, posts[1].title);

    let post = ada.posts().read(posts[1].id).await?;
    let patch = PostPatch {
        content: Some("Steam.".parse()?),
        ..PostPatch::default()
    };
    ada.posts()
        .update(post.value.id, &patch, Some(&post.tag))
        .await?;
    let late = ada.posts().update(post.value.id, &patch, Some(&post.tag));
    assert_eq!(
        late.await.unwrap_err().code(),
        Some(&ErrorCode::PreconditionFailed)
    );
    ada.posts().delete(post.value.id, None).await?;

    let document = include_str!("../../../../docs/clients.md");
    let (_, block) = document.split_once("```rust\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let code = |text: &str| text.split_whitespace().collect::<String>();
    let (_, lines) = block.split_once("\n\n").unwrap();
    assert!(code(include_str!("client.rs")).contains(&code(lines)));
    Ok(())
}
