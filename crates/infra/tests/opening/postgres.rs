use hexpress_infra::database::{DatabaseUrl, OpenError, Readiness, SslMode};
use hexpress_test_support::{Kind, TestDatabase};

use crate::{open, refusal};

/// The URL of the tests' server with something else in it.
fn changed(raw: &TestDatabase, from: &str, to: &str) -> String {
    let url = raw.url().replace(from, to);
    assert_ne!(url, raw.url());
    url
}

fn name(raw: &TestDatabase) -> String {
    match raw.url().parse().unwrap() {
        DatabaseUrl::Postgres(url) => url.name,
        DatabaseUrl::Sqlite(_) => unreachable!(),
    }
}

#[tokio::test]
async fn a_database_that_is_there_opens() {
    let raw = TestDatabase::migrated(Kind::Postgres).await;
    let database = open(raw.url()).await.unwrap();
    assert_eq!(database.readiness().await, Readiness::Ready);
}

#[tokio::test]
async fn an_unknown_database_is_named() {
    let raw = TestDatabase::empty(Kind::Postgres).await;
    let known = format!("/{}", name(&raw));
    let error = refusal(&changed(&raw, &known, "/no_such_shop")).await;
    assert!(matches!(&error, OpenError::NoDatabase { name, .. } if name == "no_such_shop"));
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_tls_is_demanded() {
    let raw = TestDatabase::empty(Kind::Postgres).await;
    let ssl = raw.query_text("SHOW ssl").await;
    assert_eq!(ssl[0][0].as_deref(), Some("off"));
    for mode in [SslMode::Require, SslMode::VerifyCa, SslMode::VerifyFull] {
        let error = refusal(&format!("{}&sslmode={mode}", raw.url())).await;
        assert!(matches!(error, OpenError::TlsRefused { .. }), "{error:?}");
    }
    open(&format!("{}&sslmode=prefer", raw.url()))
        .await
        .unwrap();
    open(&format!("{}&sslmode=disable", raw.url()))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_server_that_says_nothing_is_unreachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = format!("postgres://ada@127.0.0.1:{port}/shop?connect_timeout=1");
    let error = refusal(&url).await;
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error:?}");
    drop(listener);
}

#[tokio::test]
async fn a_server_that_ends_the_connection_is_unreachable_and_not_without_tls() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            drop(listener.accept().await.unwrap());
        }
    });
    let error = refusal(&format!("postgres://ada@127.0.0.1:{port}/shop")).await;
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error:?}");
}

/// The first of the hosts has no server.
#[tokio::test]
async fn the_next_host_is_tried_where_one_is_down() {
    let raw = TestDatabase::empty(Kind::Postgres).await;
    let hosts = |target: &str| {
        let url = changed(&raw, "@", "@127.0.0.1:1,");
        format!("{url}&target_session_attrs={target}")
    };
    open(&hosts("any")).await.unwrap();
    open(&hosts("read-write")).await.unwrap();
    let read_only = |target: &str| {
        let option = "options=-c%20default_transaction_read_only%3Don%20";
        hosts(target).replace("options=", option)
    };
    open(&read_only("any")).await.unwrap();
    let refused = refusal(&read_only("read-write")).await;
    assert!(refused.to_string().contains("127.0.0.1:1, "), "{refused}");
}
