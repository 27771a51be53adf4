use std::sync::Arc;
use std::time::Duration;

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel::sqlite::Sqlite;
use diesel::{QueryDsl, QueryResult};
use diesel_async::RunQueryDsl;
use diesel_migrations::MigrationHarness;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::address::{DatabaseUrl, PostgresUrl};
use crate::connection::{Connection, on_backend};
use crate::database::Database;
use crate::error::is_busy;
use crate::lease::Intent;
use crate::migrations::error::MigrationError;
use crate::options::{BlockingPgConnection, CodeStep, Schema};
use crate::postgres::{Connector, commands};
use crate::sqlite::on_thread;
use crate::work::Work;

diesel::table! {
    use diesel::sql_types::Text;

    // Diesel's own table: which migrations have been run.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}
use __diesel_schema_migrations as applied;

/// How often another process' lock is tried.
const LOCK_ROUND: Duration = Duration::from_millis(100);

/// A step of the schema's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// `<timestamp>_<name>`; of an unknown one, the timestamp alone.
    pub name: String,
    /// What became of it.
    pub state: MigrationState,
}

/// What became of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationState {
    /// It has been run.
    Applied,
    /// It has not been run.
    Pending,
    /// It has been run by another version of the program, which knows it.
    Unknown,
}

/// Which way to go.
#[derive(Debug, Clone, Copy)]
enum Direction {
    Up,
    DownOne,
    DownAll,
}

/// What became of each migration of a source, and of those that it does not know, where these
/// versions have been run: in order.
pub(crate) fn states<DB: Backend>(
    source: &impl MigrationSource<DB>,
    versions: Vec<String>,
) -> Result<Vec<Migration>, MigrationError> {
    let known = source.migrations().map_err(MigrationError::Harness)?;
    let mut all: Vec<_> = known
        .iter()
        .map(|migration| {
            let name = migration.name().to_string();
            let state = if versions.iter().any(|v| v == version(&name)) {
                MigrationState::Applied
            } else {
                MigrationState::Pending
            };
            Migration { name, state }
        })
        .collect();
    for unknown in versions {
        if !all.iter().any(|known| version(&known.name) == unknown) {
            all.push(Migration {
                name: unknown,
                state: MigrationState::Unknown,
            });
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

/// Runs, shows and takes back the migrations that the program brings for its
/// database. Any number of processes may do so at once: each migration runs once.
#[derive(Clone)]
pub struct Migrator {
    database: Database,
}

impl Database {
    /// Runs, shows and takes back the migrations of this database.
    #[must_use]
    pub fn migrator(&self) -> Migrator {
        Migrator {
            database: self.clone(),
        }
    }
}

impl Migrator {
    /// The names of those that have not been run, in order.
    ///
    /// # Errors
    ///
    /// [`MigrationError::Database`].
    pub async fn pending(&self) -> Result<Vec<String>, MigrationError> {
        let status = self.status().await?;
        Ok(status
            .into_iter()
            .filter(|migration| migration.state == MigrationState::Pending)
            .map(|migration| migration.name)
            .collect())
    }

    /// All of them in order, those of other versions of the program included.
    /// Writes nothing.
    ///
    /// # Errors
    ///
    /// [`MigrationError::Database`].
    pub async fn status(&self) -> Result<Vec<Migration>, MigrationError> {
        let work: Work<(), Vec<String>> = |connection, ()| {
            Box::pin(async move {
                let is_there = on_backend!(&mut *connection, |c, backend in crate| {
                    backend::commands::has_migrations_table(c).await?
                });
                if !is_there {
                    return Ok(Vec::new());
                }
                Ok(on_backend!(connection, |c| {
                    applied::table.select(applied::version).load(c).await?
                }))
            })
        };
        // Not by `read`, which comes here to learn what a failure means.
        let inner = &self.database.inner;
        let reading = inner.run(Intent::Read, Arc::new(()), work, |_| true);
        let versions: Vec<String> = reading.await?;
        let schema = inner.schema;
        if self.database.url().is_sqlite() {
            states::<Sqlite>(schema.sqlite, versions)
        } else {
            states::<Pg>(schema.postgres, versions)
        }
    }

    /// Runs all that have not been run, and returns their names in order. Waits
    /// while another process does so.
    ///
    /// # Errors
    ///
    /// [`MigrationError`]. On PostgreSQL those before a broken one stay; on SQLite
    /// none does.
    pub async fn up(&self) -> Result<Vec<String>, MigrationError> {
        self.go(Direction::Up).await
    }

    /// Takes the newest one back, or all, and returns their names, the newest first.
    ///
    /// # Errors
    ///
    /// As [`Migrator::up`], and [`MigrationError::Unknown`].
    pub async fn down(&self, all: bool) -> Result<Vec<String>, MigrationError> {
        self.go(if all {
            Direction::DownAll
        } else {
            Direction::DownOne
        })
        .await
    }

    async fn go(&self, direction: Direction) -> Result<Vec<String>, MigrationError> {
        let done = match self.database.url() {
            DatabaseUrl::Postgres(url) => self.go_postgres(url, direction).await,
            DatabaseUrl::Sqlite(_) => self.go_sqlite(direction).await,
        };
        self.database.inner.readiness.lock().await.take();
        done
    }

    /// On a connection of its own, which holds an advisory lock.
    async fn go_postgres(
        &self,
        url: &PostgresUrl,
        direction: Direction,
    ) -> Result<Vec<String>, MigrationError> {
        let options = &self.database.inner.options;
        let connector = Connector::for_migrations(url, options)?;
        let connection = connector
            .connect()
            .await
            .map_err(|error| connector.explain(&error))?;
        let schema = commands::current_schema(&mut &connection)
            .await?
            .ok_or(MigrationError::NoSchema)?;
        let key = lock_key(&schema);
        let started = Instant::now();
        while !commands::try_migration_lock(&mut &connection, key).await? {
            if started.elapsed() >= options.migrate_lock_timeout {
                return Err(MigrationError::Locked(options.migrate_lock_timeout));
            }
            tokio::time::sleep(LOCK_ROUND).await;
        }
        let schema = self.database.inner.schema;
        let (done, connection) = blocking(move || {
            let mut connection = BlockingPgConnection::from(connection);
            let step = |c: &mut _, name: &str| match step_of(schema, name) {
                Some(step) => (step.postgres)(c),
                None => Ok(()),
            };
            let done = go(&mut connection, schema.postgres, direction, step);
            (done, connection.into_inner())
        })
        .await?;
        // What went wrong before says more; and the lock goes with the connection.
        let done = done?;
        commands::release_migration_lock(&mut &connection, key).await?;
        Ok(done)
    }

    /// In one transaction, which holds the database's write lock.
    async fn go_sqlite(&self, direction: Direction) -> Result<Vec<String>, MigrationError> {
        let inner = &self.database.inner;
        let patience = inner.options.migrate_lock_timeout;
        let usual = inner.options.lock_timeout;
        let schema = inner.schema;
        let mut lease = inner.connections.acquire(Intent::Write).await?;
        on_thread(async move {
            let Connection::Sqlite(connection) = &mut lease.connection else {
                return Err(MigrationError::Harness("not SQLite".into()));
            };
            let going = connection.spawn_blocking(move |c| {
                c.batch_execute(&format!("PRAGMA busy_timeout = {}", patience.as_millis()))?;
                let step = |c: &mut _, name: &str| match step_of(schema, name) {
                    Some(step) => (step.sqlite)(c),
                    None => Ok(()),
                };
                let done = c.immediate_transaction(|c| go(c, schema.sqlite, direction, step));
                c.batch_execute(&format!("PRAGMA busy_timeout = {}", usual.as_millis()))?;
                Ok(done)
            });
            going.await?
        })
        .await
        .map_err(|error| MigrationError::Harness(error.into()))?
        .map_err(|error| match error {
            MigrationError::Harness(source) if source.downcast_ref().is_some_and(is_busy) => {
                MigrationError::Locked(patience)
            }
            error => error,
        })
    }
}

/// What the migration of this name does beside its SQL.
fn step_of(schema: Schema, name: &str) -> Option<&'static CodeStep> {
    schema.steps.iter().find(|step| step.migration == name)
}

/// Goes this way, and does its `step` before the SQL of each migration on the way up.
fn go<DB: Backend, C: MigrationHarness<DB>>(
    connection: &mut C,
    source: &impl MigrationSource<DB>,
    direction: Direction,
    step: impl Fn(&mut C, &str) -> QueryResult<()>,
) -> Result<Vec<String>, MigrationError> {
    let mut known = source.migrations().map_err(MigrationError::Harness)?;
    known.sort_by_key(|migration| migration.name().version().as_owned());
    // The newest first.
    let applied = connection
        .applied_migrations()
        .map_err(MigrationError::Harness)?;
    let mut done = Vec::new();
    let failed = |name: &str| {
        let name = name.to_owned();
        move |source| MigrationError::Failed { name, source }
    };
    match direction {
        Direction::Up => {
            for migration in known {
                if !applied.contains(&migration.name().version()) {
                    let name = migration.name().to_string();
                    step(connection, &name)
                        .map_err(Into::into)
                        .and_then(|()| connection.run_migration(&*migration))
                        .map_err(failed(&name))?;
                    done.push(name);
                }
            }
        }
        Direction::DownOne | Direction::DownAll => {
            let count = match direction {
                Direction::DownOne => 1,
                _ => applied.len(),
            };
            for version in applied.into_iter().take(count) {
                let migration = known
                    .iter()
                    .find(|migration| migration.name().version() == version)
                    .ok_or_else(|| MigrationError::Unknown(version.to_string()))?;
                let name = migration.name().to_string();
                connection
                    .revert_migration(&**migration)
                    .map_err(failed(&name))?;
                done.push(name);
            }
        }
    }
    Ok(done)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, MigrationError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| MigrationError::Harness(error.into()))
}

/// The key of the advisory lock of one schema, so that installations side by side
/// in one database do not wait for each other.
pub(crate) fn lock_key(schema: &str) -> i64 {
    let digest = Sha256::digest(format!("hexpress migrations of {schema}"));
    digest.first_chunk().copied().map_or(0, i64::from_be_bytes)
}

/// What stands before the first `_` of a name.
fn version(name: &str) -> &str {
    name.split_once('_').map_or(name, |(version, _)| version)
}
