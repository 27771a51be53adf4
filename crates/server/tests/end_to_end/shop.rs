//! A product's life, and an order's.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;

use crate::support::{Kind, Server, assert_books_balance, cart, text};

#[rstest]
#[tokio::test]
async fn from_the_catalogue_to_the_customer(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let admin = server.admin(&database, "root").await;
    let ada = server.sign_up("ada").await;
    let engine = admin.create_product("Engine", 1_999, 5).await;
    let wheel = admin.create_product("Wheel", 50, 100).await;

    let catalogue = server.anonymous().get("/api/products?search=ENGINE").await;
    assert_eq!(catalogue.body["data"], json!([engine]));
    let path = format!("/api/products/{}", text(&engine["id"]));
    let before = server.anonymous().get(&path).await;

    let cart = cart(&[(&wheel, 9), (&engine, 2)]);
    let placed = ada.post("/api/orders", cart).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    let order = placed.body["data"].clone();
    assert_eq!(order["totalCents"], 9 * 50 + 2 * 1_999);
    assert_eq!(
        placed.location,
        format!("/api/orders/{}", text(&order["id"]))
    );
    assert_eq!(ada.get(&placed.location).await.etag, placed.etag);
    assert_eq!(ada.stock_of(&engine).await, 3);

    // What the order moved is no reason for a precondition to fail; a change is.
    let dearer = json!({"priceCents": 2_999, "name": "Finer Engine"});
    let changed = admin.patch_if(&before.etag, &path, dearer.clone()).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let stale = admin.patch_if(&before.etag, &path, dearer).await;
    assert_eq!(stale.status, 412);
    let restocked = admin.patch(&path, json!({"stockDelta": -4})).await;
    assert_eq!(restocked.body["error"]["code"], "INSUFFICIENT_STOCK");
    assert_eq!(ada.get(&placed.location).await.body["data"], order);

    let step = async |by: &crate::support::Caller, step: &str| {
        by.post(&format!("{}/{step}", placed.location), json!({}))
            .await
    };
    assert_eq!(step(&ada, "pay").await.status, 403);
    assert_eq!(step(&admin, "fulfil").await.status, 409);
    assert_eq!(step(&admin, "pay").await.body["data"]["status"], "paid");
    assert_eq!(step(&ada, "cancel").await.status, 409);
    let fulfilled = step(&admin, "fulfil").await;
    assert_eq!(fulfilled.body["data"]["status"], "fulfilled");
    assert_eq!(step(&admin, "cancel").await.status, 409);
    assert_books_balance(&database).await;

    let stranger = server.sign_up("bob").await;
    assert_eq!(stranger.get(&placed.location).await.status, 404);
    assert_eq!(stranger.get("/api/orders").await.body["data"], json!([]));
    assert_eq!(ada.delete(&ada.path()).await.status, 200);
    let kept = admin.get(&format!("/api/orders?userId={}", ada.id)).await;
    assert_eq!(kept.body["data"][0]["id"], order["id"]);

    assert_eq!(admin.delete(&path).await.status, 200);
    assert_eq!(admin.get(&path).await.status, 404);
}

#[rstest]
#[tokio::test]
async fn a_cancelled_order_gives_back_once(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let admin = server.admin(&database, "root").await;
    let ada = server.sign_up("ada").await;
    let engine = admin.create_product("Engine", 1_999, 5).await;
    let placed = ada.post("/api/orders", cart(&[(&engine, 5)])).await;
    let cancel = format!("{}/cancel", placed.location);
    let short = ada.post("/api/orders", cart(&[(&engine, 1)])).await;
    assert_eq!(short.status, 409);
    assert_eq!(
        short.body["error"]["details"],
        json!([{"field": "items[0].quantity", "message": "Only 0 in stock"}])
    );
    let cancelled = ada.post(&cancel, json!({})).await;
    assert_eq!(cancelled.body["data"]["status"], "cancelled");
    assert_eq!(ada.post(&cancel, json!({})).await.status, 409);
    assert_eq!(ada.stock_of(&engine).await, 5);
    assert_books_balance(&database).await;
}

#[rstest]
#[tokio::test]
async fn fifty_requests_with_one_key_are_one_order(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = super::database(kind).await;
    let servers = [Server::start(&database, &[]), Server::start(&database, &[])];
    let admin = servers[0].admin(&database, "root").await;
    let engine = admin.create_product("Engine", 1_999, 5).await;
    let ada = servers[0].sign_up("ada").await;
    let sent = ada.request(reqwest::Method::GET, "/").build().unwrap();
    let token = sent.headers()["authorization"].to_str().unwrap();
    let elsewhere = servers[1].with_token(token.trim_start_matches("Bearer "));
    let calls: Vec<_> = (0..50)
        .map(|number| {
            let caller = [&ada, &elsewhere][number % 2].clone();
            let cart = cart(&[(&engine, 5)]);
            tokio::spawn(async move { caller.post_with_key("key", "/api/orders", cart).await })
        })
        .collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    let first = &answers[0];
    for answer in &answers {
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(answer.body, first.body);
        assert_eq!(answer.etag, first.etag);
        assert_eq!(answer.location, first.location);
    }
    let new = answers.iter().filter(|answer| !answer.is_replayed).count();
    assert_eq!(new, 1);
    let orders = ada.get("/api/orders").await;
    assert_eq!(orders.body["pagination"]["total"], 1);

    let other = ada
        .post_with_key("key", "/api/orders", cart(&[(&engine, 4)]))
        .await;
    assert_eq!(other.status, 422);
    assert_eq!(other.body["error"]["code"], "IDEMPOTENCY_KEY_REUSED");
    // Whatever has become of the order since, the first answer is given again.
    let pay = format!("{}/pay", first.location);
    assert_eq!(admin.post(&pay, json!({})).await.status, 200);
    let again = ada
        .post_with_key("key", "/api/orders", cart(&[(&engine, 5)]))
        .await;
    assert!(again.is_replayed);
    assert_eq!(
        (again.body, again.etag),
        (first.body.clone(), first.etag.clone())
    );
    assert_books_balance(&database).await;
}

#[rstest]
#[tokio::test]
async fn what_nobody_pays_for_is_cancelled_by_whoever_gets_there_first(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = super::database(kind).await;
    let server = Server::start(&database, &[]);
    let admin = server.admin(&database, "root").await;
    let ada = server.sign_up("ada").await;
    let engine = admin.create_product("Engine", 1_999, 100).await;
    let mut locations = Vec::new();
    for _ in 0..30 {
        let placed = ada.post("/api/orders", cart(&[(&engine, 2)])).await;
        locations.push(placed.location);
    }
    let paid = locations.pop().unwrap();
    admin.post(&format!("{paid}/pay"), json!({})).await;
    database
        .execute(match kind {
            Kind::Sqlite => "UPDATE orders SET created_at = created_at - 3600000000",
            Kind::Postgres => "UPDATE orders SET created_at = created_at - interval '1 hour'",
        })
        .await;
    let recent = ada.post("/api/orders", cart(&[(&engine, 2)])).await;

    let limit = [("ORDER_PENDING_TTL_MINUTES", "30")];
    let _others = [
        Server::start(&database, &limit),
        Server::start(&database, &limit),
    ];
    let cancelled = tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            let list = ada.get("/api/orders?status=cancelled").await;
            if list.body["pagination"]["total"] == 29 {
                break;
            }
        }
    });
    assert!(cancelled.await.is_ok(), "overdue orders stay");
    let status = async |location: &str| ada.get(location).await.body["data"]["status"].clone();
    assert_eq!(status(&paid).await, "paid");
    assert_eq!(status(&recent.location).await, "pending");
    assert_eq!(ada.stock_of(&engine).await, 96);
    assert_books_balance(&database).await;
}
