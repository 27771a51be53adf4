use crate::kind::Kind;
use crate::migrations;
use crate::postgres::{self, Schema};
use crate::sqlite::{self, DatabaseFile};

/// A database of one test alone, removed when this is dropped.
///
/// Every method panics when the database refuses, which fails the test with the database's own words.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    store: Store,
}

/// A transaction that a test holds open, so that others wait for it. Rolled back when this is dropped.
pub struct OpenTransaction(Open);

enum Open {
    Sqlite(sqlite::Transaction),
    Postgres(postgres::Transaction),
}

#[derive(Debug)]
enum Store {
    Sqlite(DatabaseFile),
    Postgres(Schema),
}

impl TestDatabase {
    /// A database with all migrations applied and recorded.
    pub async fn migrated(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self::sqlite(DatabaseFile::migrated()),
            Kind::Postgres => {
                let database = Self::postgres(Schema::create().await);
                let all = migrations::all(kind);
                database.execute(&migrations::replay(all)).await;
                database
            }
        }
    }

    /// A database of the time when the migration of this version was the last: it and those before it are applied and
    /// recorded.
    pub async fn migrated_up_to(kind: Kind, version: &str) -> Self {
        let until = migrations::all(kind)
            .into_iter()
            .filter(|migration| *migration.version() <= *version);
        let database = Self::empty(kind).await;
        database.execute(&migrations::replay(until)).await;
        database
    }

    /// A database without any table. The SQLite file does not exist until somebody opens it.
    pub async fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self::sqlite(DatabaseFile::empty()),
            Kind::Postgres => Self::postgres(Schema::create().await),
        }
    }

    /// What to give a server as `DATABASE_URL`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs one or more statements on a connection of its own.
    pub async fn execute(&self, sql: &str) {
        match &self.store {
            Store::Sqlite(file) => file.execute(sql),
            Store::Postgres(schema) => schema.execute(sql).await,
        }
    }

    /// Runs one query on a connection of its own and returns each row as text, `None` for NULL.
    ///
    /// Bytes come as lower-case hexadecimal digits, on PostgreSQL behind `\x`.
    pub async fn query_text(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        match &self.store {
            Store::Sqlite(file) => file.query_text(sql),
            Store::Postgres(schema) => schema.query_text(sql).await,
        }
    }

    /// Gathers the planner's statistics of all tables, and of no other test's: PostgreSQL would
    /// lock those until the end.
    pub async fn analyze(&self) {
        let tables = match &self.store {
            Store::Sqlite(_) => String::new(),
            Store::Postgres(_) => {
                let names = "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables
                    WHERE schemaname = current_schema()";
                let rows = self.query_text(names).await;
                rows.into_iter().flatten().flatten().collect()
            }
        };
        self.execute(&format!("ANALYZE {tables}")).await;
    }

    /// Runs statements in a transaction of its own and leaves it open. On SQLite it keeps every other writer
    /// waiting, whatever the statements are.
    pub async fn begin(&self, sql: &str) -> OpenTransaction {
        OpenTransaction(match &self.store {
            Store::Sqlite(file) => Open::Sqlite(file.begin(sql)),
            Store::Postgres(schema) => Open::Postgres(schema.begin(sql).await),
        })
    }

    /// Returns when so many transactions wait for a lock in this database. SQLite shows nobody who waits: there
    /// it lets the other tasks of this thread have their turn, in which they queue.
    pub async fn wait_for_waiting(&self, count: u32) {
        match &self.store {
            Store::Sqlite(_) => tokio::task::yield_now().await,
            Store::Postgres(schema) => schema.wait_for_waiting(count).await,
        }
    }

    /// Everything that the schema consists of, with its definition, which does not name the schema.
    pub async fn definitions(&self) -> Vec<Vec<Option<String>>> {
        let sql = match &self.store {
            Store::Sqlite(_) => "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name",
            Store::Postgres(_) => {
                "WITH own AS (SELECT * FROM pg_class WHERE relnamespace = current_schema()::regnamespace)
                SELECT 'column', relname || '.' || attname,
                    concat_ws(' ', row_number() OVER (PARTITION BY attrelid ORDER BY attnum),
                        format_type(atttypid, atttypmod), attnotnull, attcollation,
                        pg_get_expr(adbin, adrelid))
                FROM own JOIN pg_attribute ON attrelid = own.oid AND attnum > 0 AND NOT attisdropped
                    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
                WHERE relkind <> 'i'
                UNION ALL SELECT 'index', relname,
                    replace(pg_get_indexdef(oid), current_schema() || '.', '')
                FROM own WHERE relkind = 'i'
                UNION ALL SELECT 'constraint', conname, conrelid::regclass || pg_get_constraintdef(oid)
                FROM pg_constraint WHERE connamespace = current_schema()::regnamespace
                UNION ALL SELECT 'trigger', tgname, replace(pg_get_triggerdef(pg_trigger.oid), current_schema() || '.', '')
                FROM pg_trigger JOIN own ON tgrelid = own.oid WHERE NOT tgisinternal
                UNION ALL SELECT 'function', proname, replace(pg_get_functiondef(oid), current_schema() || '.', '')
                FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
                UNION ALL SELECT 'type', typname, typtype::text
                FROM pg_type WHERE typnamespace = current_schema()::regnamespace AND typtype IN ('d', 'e', 'r')
                ORDER BY 1, 2"
            }
        };
        self.query_text(sql).await
    }

    fn sqlite(file: DatabaseFile) -> Self {
        Self {
            url: file.url(),
            store: Store::Sqlite(file),
        }
    }

    fn postgres(schema: Schema) -> Self {
        Self {
            url: schema.url(),
            store: Store::Postgres(schema),
        }
    }
}

impl OpenTransaction {
    /// Commits, and lets the others go on.
    pub async fn commit(self) {
        match self.0 {
            Open::Sqlite(transaction) => transaction.commit(),
            Open::Postgres(transaction) => transaction.commit().await,
        }
    }
}
