//! One test's schema on the run's PostgreSQL server.

use std::fs;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::cluster;
use crate::run::{Run, write_private};

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A schema that comes first on the search path of its URL, dropped with this.
#[derive(Debug)]
pub(crate) struct Schema {
    name: String,
}

impl Schema {
    pub(crate) async fn create() -> Self {
        let client = connect(server_url()).await;
        // No two connections have the same process id within a second, whichever run they belong to.
        let sql = "SELECT format('hexpress_test_%s_%s',
            extract(epoch FROM now())::bigint, pg_backend_pid())";
        let name = rows(&client, sql).await.remove(0).remove(0).unwrap();
        run(&client, &format!("CREATE SCHEMA {name}")).await;
        Self { name }
    }

    pub(crate) fn url(&self) -> String {
        let server = server_url();
        let joint = if server.contains('?') { '&' } else { '?' };
        format!(
            "{server}{joint}options=-c%20search_path%3D{}%2Cpublic",
            self.name
        )
    }

    pub(crate) async fn execute(&self, sql: &str) {
        run(&connect(&self.url()).await, sql).await;
    }

    pub(crate) async fn query_text(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        rows(&connect(&self.url()).await, sql).await
    }

    pub(crate) async fn begin(&self, sql: &str) -> Transaction {
        let client = connect(&self.url()).await;
        run(&client, &format!("BEGIN; {sql}")).await;
        Transaction(client)
    }

    pub(crate) async fn wait_for_waiting(&self, count: u32) {
        let client = connect(&self.url()).await;
        // Who waits for a row waits for the transaction that holds it, and holds a lock on the table.
        let sql = "SELECT count(DISTINCT waiting.pid) FROM pg_locks waiting
            JOIN pg_locks held ON held.pid = waiting.pid JOIN pg_class ON pg_class.oid = held.relation
            WHERE NOT waiting.granted AND relnamespace = current_schema()::regnamespace";
        let expected = Some(count.to_string());
        let started = Instant::now();
        while rows(&client, sql).await.remove(0).remove(0) != expected {
            assert!(started.elapsed() < PATIENCE, "nobody waits for a lock");
        }
    }
}

/// An open transaction, which ends with its connection.
pub(crate) struct Transaction(Client);

impl Transaction {
    pub(crate) async fn commit(self) {
        run(&self.0, "COMMIT").await;
    }
}

impl Drop for Schema {
    /// What connections still hold locks on goes later, with the cluster or in a sweep.
    fn drop(&mut self) {
        on_a_thread(async || {
            if let Ok((client, connection)) = tokio_postgres::connect(server_url(), NoTls).await {
                tokio::spawn(connection);
                let _ = client.batch_execute(&drop_statement(&self.name)).await;
            }
        });
    }
}

/// The server of this run: `TEST_DATABASE_URL`, or a cluster that the first to ask starts.
/// Blocks until it is ready.
fn server_url() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        let run = Run::current();
        let _lock = run.lock();
        let known = run.files().join("postgres-url");
        fs::read_to_string(&known).unwrap_or_else(|_| {
            let url =
                std::env::var("TEST_DATABASE_URL").unwrap_or_else(|_| cluster::start(&run.files()));
            on_a_thread(async || prepare(&connect(&url).await).await);
            write_private(&known, &url);
            url
        })
    })
}

/// Makes the extension, and removes the schemas of tests that were killed.
/// They are told by an age that no test reaches: an hour.
async fn prepare(client: &Client) {
    run(
        client,
        "CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public",
    )
    .await;
    let left = "SELECT nspname FROM pg_namespace WHERE extract(epoch FROM now()) - 3600
        > substring(nspname FROM '^hexpress_test_([0-9]+)_[0-9]+$')::bigint";
    for name in rows(client, left).await.into_iter().flatten().flatten() {
        let _ = client.batch_execute(&drop_statement(&name)).await;
    }
}

fn drop_statement(schema: &str) -> String {
    format!("SET lock_timeout = '2s'; DROP SCHEMA IF EXISTS {schema} CASCADE")
}

/// Runs a future to its end on a thread and runtime of its own, for callers that cannot await.
fn on_a_thread(work: impl AsyncFnOnce() + Send) {
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(work());
        });
    });
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .unwrap_or_else(|error| panic!("the tests' PostgreSQL server refuses: {error:?}"));
    tokio::spawn(connection);
    client
}

async fn run(client: &Client, sql: &str) {
    client
        .batch_execute(sql)
        .await
        .unwrap_or_else(|error| panic!("{error:?}, in: {sql}"));
}

async fn rows(client: &Client, sql: &str) -> Vec<Vec<Option<String>>> {
    let messages = client.simple_query(sql).await;
    messages
        .unwrap_or_else(|error| panic!("{error:?}, in: {sql}"))
        .into_iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(
                (0..row.len())
                    .map(|column| row.get(column).map(str::to_owned))
                    .collect(),
            ),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn exists(client: &Client, schema: &str) -> bool {
        !rows(
            client,
            &format!("SELECT 1 FROM pg_namespace WHERE nspname = '{schema}'"),
        )
        .await
        .is_empty()
    }

    #[tokio::test]
    async fn a_schema_goes_with_its_test() {
        let schema = Schema::create().await;
        let name = schema.name.clone();
        let client = connect(server_url()).await;
        assert!(exists(&client, &name).await);
        drop(schema);
        assert!(!exists(&client, &name).await);
    }

    #[tokio::test]
    async fn the_sweep_takes_old_schemas_only() {
        let present = Schema::create().await;
        let client = connect(server_url()).await;
        let number = present.name.rsplit('_').next().unwrap();
        let foreign = format!("hexpress_testament_1_{number}");
        let old = format!("hexpress_test_1_{number}");
        run(
            &client,
            &format!("CREATE SCHEMA {foreign}; CREATE SCHEMA {old} CREATE TABLE t (a int)"),
        )
        .await;

        prepare(&client).await;

        assert!(!exists(&client, &old).await);
        assert!(exists(&client, &present.name).await);
        assert!(exists(&client, &foreign).await);
        run(&client, &drop_statement(&foreign)).await;
    }
}
