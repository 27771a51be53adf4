//! The shop under load, through several processes, and killed in the middle.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{
    Answer, Caller, Kind, Server, TestDatabase, assert_books_balance, cart, text,
};

/// Settings for machines on which five hundred requests at once take their time.
const PATIENT: [(&str, &str); 5] = [
    // All callers come from one address.
    ("MAX_CONNECTIONS_PER_ADDRESS", "1024"),
    ("REQUEST_TIMEOUT_MS", "240000"),
    ("DB_ACQUIRE_TIMEOUT_MS", "200000"),
    ("DB_LOCK_TIMEOUT_MS", "200000"),
    ("DB_STATEMENT_TIMEOUT_MS", "200000"),
];

/// Somebody's calls, through each of these servers in turn.
async fn through_all(servers: &[Server], name: &str) -> Vec<Caller> {
    servers[0].sign_up(name).await;
    let mut callers = Vec::new();
    for server in servers {
        callers.push(server.log_in(name).await);
    }
    callers
}

async fn all(calls: Vec<tokio::task::JoinHandle<Answer>>) -> Vec<Answer> {
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    answers
}

/// Five hundred carts with one or both of two products, in both orders, over a
/// hundred pieces of each.
#[rstest]
#[case(Kind::Sqlite, 1)]
#[case(Kind::Postgres, 3)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_the_stock_is_sold(#[case] kind: Kind, #[case] processes: usize) {
    let database = TestDatabase::migrated(kind).await;
    let servers: Vec<_> = (0..processes)
        .map(|_| Server::start(&database, &PATIENT))
        .collect();
    let admin = servers[0].admin(&database, "root").await;
    let engine = admin.create_product("Engine", 1_999, 100).await;
    let wheel = admin.create_product("Wheel", 50, 100).await;
    let callers = through_all(&servers, "ada").await;
    let carts = [
        cart(&[(&engine, 1), (&wheel, 1)]),
        cart(&[(&wheel, 1), (&engine, 1)]),
        cart(&[(&engine, 1)]),
        cart(&[(&wheel, 1)]),
    ];
    let calls = (0..500).map(|number| {
        let caller = callers[number % callers.len()].clone();
        let cart = carts[number / callers.len() % carts.len()].clone();
        tokio::spawn(async move { caller.post("/api/orders", cart).await })
    });
    let answers = all(calls.collect()).await;
    let mut sold = 0;
    for answer in &answers {
        match answer.status.as_u16() {
            201 => sold += answer.body["data"]["items"].as_array().unwrap().len(),
            409 => assert_eq!(answer.body["error"]["code"], "INSUFFICIENT_STOCK"),
            status => panic!("{status}: {}", answer.body),
        }
    }
    // There are single carts enough to take whatever is left of either.
    assert_eq!(sold, 200);
    assert_eq!(admin.stock_of(&engine).await, 0);
    assert_eq!(admin.stock_of(&wheel).await, 0);
    assert_books_balance(&database).await;
}

#[rstest]
#[case(Kind::Sqlite, 1)]
#[case(Kind::Postgres, 3)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn however_steps_race_stock_goes_back_once(#[case] kind: Kind, #[case] processes: usize) {
    let database = TestDatabase::migrated(kind).await;
    let servers: Vec<_> = (0..processes)
        .map(|_| Server::start(&database, &PATIENT))
        .collect();
    let admin = servers[0].admin(&database, "root").await;
    let admins: Vec<_> = {
        let mut admins = Vec::new();
        for server in &servers {
            admins.push(server.log_in("root").await);
        }
        admins
    };
    let owners = through_all(&servers, "ada").await;
    let engine = admin.create_product("Engine", 1_999, 100).await;
    let mut taken = 0;
    for _ in 0..10 {
        let placed = owners[0].post("/api/orders", cart(&[(&engine, 3)])).await;
        let calls = (0..12).map(|number| {
            let step = ["cancel", "pay", "fulfil"][number % 3];
            let by = if number % 2 == 0 { &admins } else { &owners };
            let caller = by[number % by.len()].clone();
            let path = format!("{}/{step}", placed.location);
            tokio::spawn(async move { caller.post(&path, json!({})).await })
        });
        let mut done = Vec::new();
        for answer in all(calls.collect()).await {
            match answer.status.as_u16() {
                200 => done.push(text(&answer.body["data"]["status"])),
                403 | 409 => {}
                status => panic!("{status}: {}", answer.body),
            }
        }
        let count = |status: &str| done.iter().filter(|done| *done == status).count();
        // The admins may call off what is pending and what is paid for: one way it ends.
        assert_eq!(count("cancelled") + count("fulfilled"), 1, "{done:?}");
        assert!(count("paid") <= 1 && count("fulfilled") <= count("paid"));
        let order = owners[0].get(&placed.location).await;
        if order.body["data"]["status"] != "cancelled" {
            taken += 3;
        }
        assert_eq!(admin.stock_of(&engine).await, 100 - taken);
        assert_books_balance(&database).await;
    }
}

/// Waits until so many orders are committed.
async fn committed(database: &TestDatabase, count: usize) {
    let committed = tokio::time::timeout(Duration::from_secs(60), async {
        while database.query_text("SELECT id FROM orders").await.len() < count {
            tokio::task::yield_now().await;
        }
    });
    assert!(committed.await.is_ok(), "no order is committed");
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_after_the_commit_answers_the_first_order_when_asked_again(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let mut server = Server::start(&database, &[("SQLITE_SYNCHRONOUS", "full")]);
    let admin = server.admin(&database, "root").await;
    let engine = admin.create_product("Engine", 1_999, 100).await;
    server.sign_up("ada").await;
    for round in 1..=10 {
        let ada = server.log_in("ada").await;
        let key = format!("key-{round}");
        let body = cart(&[(&engine, 2)]);
        let request = ada
            .request(reqwest::Method::POST, "/api/orders")
            .header("idempotency-key", &key)
            .json(&body);
        let first = tokio::spawn(async move {
            let answer = request.send().await.ok()?;
            answer.json::<Value>().await.ok()
        });
        committed(&database, round).await;
        server.kill();
        let first = first.await.unwrap();

        server = Server::start(&database, &[("SQLITE_SYNCHRONOUS", "full")]);
        let ada = server.log_in("ada").await;
        let again = ada.post_with_key(&key, "/api/orders", body).await;
        assert_eq!(again.status, 201, "{}", again.body);
        assert!(again.is_replayed);
        if let Some(first) = first {
            assert_eq!(again.body, first);
        }
        let orders = ada.get("/api/orders?limit=100").await;
        assert_eq!(orders.body["pagination"]["total"], round);
        assert_eq!(orders.body["data"][0]["id"], again.body["data"]["id"]);
    }
    let admin = server.log_in("root").await;
    assert_eq!(admin.stock_of(&engine).await, 80);
    assert_books_balance(&database).await;
}
