//! The two migration trees are twins, and every migration can be taken back.
//!
//! Twins differ in two things, told by their names. SQLite says by a `…_type_check` what a type says
//! on PostgreSQL. And where PostgreSQL has a trigram index on a table, SQLite has `<table>_search`
//! (FTS5) and `<table>_search_rows`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::time::Duration;

use hexpress_infra::database::{self, DatabaseOptions, Migrator, SslMode, Synchronous};
use hexpress_test_support::migrations::{self, Migration};
use hexpress_test_support::{Kind, TestDatabase};

type Rows = Vec<Vec<Option<String>>>;

/// Table, column and whether NULL is refused, in the order of the table.
async fn columns(kind: Kind, database: &TestDatabase) -> Rows {
    database
        .query_text(match kind {
            Kind::Sqlite => {
                "SELECT t.name, c.name, iif(c.\"notnull\", 't', 'f')
                FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c
                WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT GLOB 'sqlite_*'
                    AND t.name NOT GLOB '*_search_rows'
                ORDER BY t.name, c.cid"
            }
            Kind::Postgres => {
                "SELECT t.relname, c.attname, c.attnotnull
                FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid
                WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind = 'r'
                    AND c.attnum > 0 AND NOT c.attisdropped
                ORDER BY t.relname COLLATE \"C\", c.attnum"
            }
        })
        .await
}

/// `table.name` of every constraint and index, but not of Diesel's own table.
async fn constraints_and_indexes(kind: Kind, database: &TestDatabase) -> BTreeSet<String> {
    let rows = database
        .query_text(match kind {
            Kind::Sqlite => {
                "SELECT m.type, m.tbl_name, m.name, m.sql
                FROM sqlite_schema m JOIN pragma_table_list t ON t.schema = 'main' AND t.name = m.tbl_name
                WHERE t.type = 'table' AND m.type IN ('table', 'index') AND m.sql IS NOT NULL
                    AND t.name NOT GLOB '*_search_rows' AND t.name <> '__diesel_schema_migrations'"
            }
            Kind::Postgres => {
                "SELECT 'constraint', conrelid::regclass, conname, NULL FROM pg_constraint
                WHERE connamespace = current_schema()::regnamespace AND contype IN ('p', 'u', 'f', 'c')
                    AND conrelid <> '__diesel_schema_migrations'::regclass
                UNION SELECT 'index', indrelid::regclass, relname, NULL
                FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
                WHERE relnamespace = current_schema()::regnamespace AND amname <> 'gin'
                    AND indrelid <> '__diesel_schema_migrations'::regclass"
            }
        })
        .await;
    rows.iter()
        .flat_map(|row| {
            let [Some(kind), Some(table), Some(name), sql] = row.as_slice() else {
                panic!("a name is missing: {row:?}");
            };
            let names = match (kind.as_str(), sql) {
                ("table", Some(sql)) => constraint_names(sql),
                _ => vec![name.clone()],
            };
            names.into_iter().map(move |name| format!("{table}.{name}"))
        })
        .collect()
}

/// SQLite keeps the names of constraints nowhere but in the table's own text.
fn constraint_names(create_table: &str) -> Vec<String> {
    let code = create_table
        .lines()
        .map(|line| line.split("--").next().unwrap());
    let words: Vec<_> = code.flat_map(str::split_whitespace).collect();
    words
        .windows(2)
        .filter(|pair| pair[0] == "CONSTRAINT" && !pair[1].ends_with("_type_check"))
        .map(|pair| pair[1].to_owned())
        .collect()
}

/// The tables that have an index for searches.
async fn searched_tables(kind: Kind, database: &TestDatabase) -> Rows {
    database
        .query_text(match kind {
            Kind::Sqlite => {
                "SELECT replace(name, '_search', '') FROM pragma_table_list
                WHERE schema = 'main' AND type = 'virtual' ORDER BY 1"
            }
            Kind::Postgres => {
                "SELECT DISTINCT indrelid::regclass::text COLLATE \"C\"
                FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
                WHERE relnamespace = current_schema()::regnamespace AND amname = 'gin' ORDER BY 1"
            }
        })
        .await
}

#[test]
fn both_trees_have_the_same_names() {
    let names = |kind| -> Vec<String> {
        migrations::all(kind)
            .into_iter()
            .map(|migration| migration.name)
            .collect()
    };
    assert_eq!(names(Kind::Sqlite), names(Kind::Postgres));
    assert_ne!(names(Kind::Sqlite), Vec::<String>::new());
}

#[test]
fn every_migration_goes_up_and_down() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        for Migration { name, up, down } in migrations::all(kind) {
            assert!(!up.trim().is_empty(), "{kind:?}: {name}/up.sql is empty");
            assert!(
                !down.trim().is_empty(),
                "{kind:?}: {name}/down.sql is empty"
            );
        }
    }
}

#[tokio::test]
async fn both_databases_have_the_same_columns() {
    let sqlite = TestDatabase::migrated(Kind::Sqlite).await;
    let postgres = TestDatabase::migrated(Kind::Postgres).await;
    let on_sqlite = columns(Kind::Sqlite, &sqlite).await;
    assert_eq!(on_sqlite, columns(Kind::Postgres, &postgres).await);
}

#[tokio::test]
async fn both_databases_have_the_same_constraints_and_indexes() {
    let sqlite = TestDatabase::migrated(Kind::Sqlite).await;
    let postgres = TestDatabase::migrated(Kind::Postgres).await;
    assert_eq!(
        constraints_and_indexes(Kind::Sqlite, &sqlite).await,
        constraints_and_indexes(Kind::Postgres, &postgres).await
    );
}

#[tokio::test]
async fn both_databases_search_the_same_tables() {
    let sqlite = TestDatabase::migrated(Kind::Sqlite).await;
    let postgres = TestDatabase::migrated(Kind::Postgres).await;
    assert_eq!(
        searched_tables(Kind::Sqlite, &sqlite).await,
        searched_tables(Kind::Postgres, &postgres).await
    );
}

/// `table.column` of every foreign key that leads no index of all rows of its table.
async fn foreign_keys_without_an_index(kind: Kind, database: &TestDatabase) -> Rows {
    database
        .query_text(match kind {
            Kind::Sqlite => {
                "SELECT t.name || '.' || f.\"from\"
                FROM pragma_table_list t JOIN pragma_foreign_key_list(t.name) f
                WHERE t.schema = 'main' AND NOT EXISTS (
                    SELECT 1 FROM pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c
                    WHERE NOT i.partial AND c.seqno = 0 AND c.name = f.\"from\")
                ORDER BY 1"
            }
            Kind::Postgres => {
                "SELECT conrelid::regclass || '.' || attname
                FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
                WHERE connamespace = current_schema()::regnamespace AND contype = 'f'
                    AND NOT EXISTS (SELECT 1 FROM pg_index
                        WHERE indrelid = conrelid AND indpred IS NULL AND indkey[0] = conkey[1])
                ORDER BY 1"
            }
        })
        .await
}

#[tokio::test]
async fn every_foreign_key_leads_an_index_of_all_rows() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let database = TestDatabase::migrated(kind).await;
        let without = foreign_keys_without_an_index(kind, &database).await;
        assert_eq!(without, Rows::new(), "{kind:?}");
    }
}

/// A generated table is searched as those that are there, and can be taken back.
async fn a_generated_table_is_searched_as_the_others(kind: Kind) {
    let folder = tempfile::tempdir().unwrap();
    let at = "2026-01-01T00:00:00Z".parse().unwrap();
    database::generate(folder.path(), "create_drafts", Some("drafts"), at).unwrap();
    let pair = folder.path().join(match kind {
        Kind::Sqlite => "sqlite/20260101000000_create_drafts",
        Kind::Postgres => "postgres/20260101000000_create_drafts",
    });
    let sql = |file: &str| std::fs::read_to_string(pair.join(file)).unwrap();
    let database = TestDatabase::migrated(kind).await;
    let before = database.definitions().await;
    database.execute(&sql("up.sql")).await;
    let definitions = database.definitions().await;
    let searches = |table: &str| {
        let search = format!("{table}_search");
        let own = definitions.iter().filter(|row| {
            let name = row[1].as_deref();
            name.is_some_and(|name| name.contains(&search))
        });
        let texts = own.flatten().flatten();
        texts
            .map(|text| text.replace(table, "…"))
            .collect::<BTreeSet<_>>()
    };
    assert_ne!(searches("drafts"), BTreeSet::new());
    assert_eq!(searches("drafts"), searches("products"));
    database.execute(&sql("down.sql")).await;
    assert_eq!(database.definitions().await, before);
}

#[tokio::test]
async fn a_generated_table_is_searched_as_the_others_on_sqlite() {
    a_generated_table_is_searched_as_the_others(Kind::Sqlite).await;
}

#[tokio::test]
async fn a_generated_table_is_searched_as_the_others_on_postgres() {
    a_generated_table_is_searched_as_the_others(Kind::Postgres).await;
}

/// The migration that takes columns of `posts` away.
const MOVING: &str = "20261129000100_create_post_texts";

/// Definitions, but for the place of the columns of `posts`: what is added to a table comes last,
/// and on SQLite with a default for the rows that are there.
fn but_for_places(kind: Kind, mut definitions: Rows) -> Rows {
    for row in &mut definitions {
        let [kind_of, name] = [0, 1].map(|column| row[column].clone().unwrap());
        let definition = row.last_mut().unwrap();
        match kind {
            Kind::Postgres if kind_of == "column" && name.starts_with("posts.") => {
                let (_, rest) = definition.as_ref().unwrap().split_once(' ').unwrap();
                *definition = Some(rest.to_owned());
            }
            Kind::Sqlite if kind_of == "table" && name == "posts" => {
                let mut names = constraint_names(definition.as_ref().unwrap());
                names.sort();
                *definition = Some(names.join(" "));
            }
            _ => {}
        }
    }
    definitions
}

async fn every_step_can_be_taken_back(kind: Kind) {
    let database = TestDatabase::empty(kind).await;
    let migrations = migrations::all(kind);
    let mut before = Vec::new();
    for Migration { name, up, .. } in &migrations {
        let definitions = database.definitions().await;
        let columns = BTreeSet::from_iter(columns(kind, &database).await);
        database.execute(up).await;
        let is_changed = database.definitions().await != definitions;
        // Some are quoted.
        let mut words = up.split(|letter: char| !letter.is_ascii_alphabetic());
        let defines = words.any(|word| ["CREATE", "ALTER", "DROP"].contains(&word));
        assert_eq!(is_changed, defines, "{name}");
        before.push((definitions, columns));
    }
    let complete = database.definitions().await;
    for (migration, (before, columns_before)) in migrations.iter().zip(before).rev() {
        database.execute(&migration.down).await;
        let mut after = database.definitions().await;
        let mut before = before;
        if *migration.name <= *MOVING {
            after = but_for_places(kind, after);
            before = but_for_places(kind, before);
        }
        assert_eq!(after, before, "{}", migration.name);
        let columns = BTreeSet::from_iter(columns(kind, &database).await);
        assert_eq!(columns, columns_before, "{}", migration.name);
    }
    for migration in &migrations {
        database.execute(&migration.up).await;
    }
    assert_eq!(database.definitions().await, complete);
}

#[tokio::test]
async fn every_sqlite_step_can_be_taken_back() {
    every_step_can_be_taken_back(Kind::Sqlite).await;
}

#[tokio::test]
async fn every_postgres_step_can_be_taken_back() {
    every_step_can_be_taken_back(Kind::Postgres).await;
}

/// What purges left behind before there was a state for it; and who was restored after one.
async fn who_was_purged_before_is_forgotten(kind: Kind) {
    let database = TestDatabase::migrated_up_to(kind, "20261106000000").await;
    let (time, id) = match kind {
        Kind::Sqlite => ("0", "x'0000000000000000000000000000000"),
        Kind::Postgres => ("'1970-01-01Z'", "'0000000000000000000000000000000"),
    };
    for (number, hash, deleted_at) in [(1, "!", time), (2, "!", "NULL"), (3, "h", time)] {
        let user = format!("{id}{number}'");
        database
            .execute(&format!(
                "INSERT INTO users (id, email, password_hash, first_name, last_name, role,
                     is_active, search_text, version, created_at, updated_at, deleted_at)
                 VALUES ({user}, '{number}@x', '{hash}', 'A', '', 'user', TRUE, '', 1, {time},
                     {time}, {deleted_at});
                 INSERT INTO orders (id, user_id, status, total_cents, currency, version,
                     created_at, updated_at)
                 VALUES ({user}, {user}, 'pending', 1, 'EUR', 1, {time}, {time});"
            ))
            .await;
        let fingerprint = match kind {
            Kind::Sqlite => format!("x'{number:064}'"),
            Kind::Postgres => format!(r"'\x{number:064}'"),
        };
        database
            .execute(&format!(
                "INSERT INTO idempotency_keys (user_id, key, fingerprint, order_id, expires_at)
                 VALUES ({user}, 'key', {fingerprint}, {user}, {time})"
            ))
            .await;
    }
    migrator(&database).await.up().await.unwrap();
    let users = database
        .query_text(
            "SELECT email, CASE WHEN forgotten_at IS NULL THEN 'known' ELSE 'forgotten' END,
                 CASE WHEN deleted_at IS NULL THEN 'live' ELSE 'deleted' END,
                 (SELECT count(*) FROM idempotency_keys WHERE user_id = users.id)
             FROM users ORDER BY id",
        )
        .await;
    let users: Vec<_> = users
        .iter()
        .map(|row| row.iter().flatten().map(String::as_str).collect::<Vec<_>>())
        .collect();
    assert_eq!(
        users,
        [
            ["1@x", "forgotten", "deleted", "0"],
            ["2@x", "forgotten", "deleted", "0"],
            ["3@x", "known", "deleted", "1"]
        ]
    );
}

#[tokio::test]
async fn who_was_purged_before_is_forgotten_on_sqlite() {
    who_was_purged_before_is_forgotten(Kind::Sqlite).await;
}

#[tokio::test]
async fn who_was_purged_before_is_forgotten_on_postgres() {
    who_was_purged_before_is_forgotten(Kind::Postgres).await;
}

/// What a step down and up again has lost before there was something that fills it, on a database
/// that has been in use since.
async fn derived_tables_are_refilled(kind: Kind) {
    let database = TestDatabase::migrated_up_to(kind, "20261106000001").await;
    let (time, later, id) = match kind {
        Kind::Sqlite => ("0", "7", "x'0000000000000000000000000000000"),
        Kind::Postgres => (
            "'1970-01-01Z'",
            "'1970-01-02Z'",
            "'0000000000000000000000000000000",
        ),
    };
    let mut sql = format!(
        "INSERT INTO users (id, email, password_hash, first_name, last_name, role, is_active,
             search_text, version, created_at, updated_at)
         VALUES ({id}1', 'a@x', 'h', 'A', '', 'user', TRUE, '', 1, {time}, {time});"
    );
    for (number, slug, deleted_at) in [(1, "kept", "NULL"), (2, "live", "NULL"), (3, "gone", time)]
    {
        sql += &format!(
            "INSERT INTO posts (id, author_id, title, slug, slug_named, content, status, metadata,
                 search_text, version, created_at, updated_at, deleted_at, deleted_with_author)
             VALUES ({id}{number}', {id}1', 'Post', '{slug}', FALSE, 'c', 'draft', '{{}}', '', 1,
                 {time}, {time}, {deleted_at}, FALSE);"
        );
    }
    for (number, name, stock) in [
        (1, "kept", 3),
        (2, "lost", 4),
        (3, "used", 9),
        (4, "void", 0),
        (5, "sold", 0),
    ] {
        sql += &format!(
            "INSERT INTO products (id, name, description, price_cents, currency, stock, is_active,
                 search_text, version, created_at, updated_at)
             VALUES ({id}{number}', '{name}', '', 1, 'EUR', {stock}, TRUE, '', 1, {time}, {time});"
        );
    }
    for (number, status) in [(1, "pending"), (2, "cancelled")] {
        sql += &format!(
            "INSERT INTO orders (id, user_id, status, total_cents, currency, version, created_at,
                 updated_at)
             VALUES ({id}{number}', {id}1', '{status}', {number}, 'EUR', 1, {time}, {later});"
        );
    }
    for (order, product, quantity) in [(1, 1, 2), (1, 2, 1), (1, 3, 1), (1, 5, 3), (2, 2, 2)] {
        sql += &format!(
            "INSERT INTO order_items (order_id, position, product_id, name, quantity,
                 unit_price_cents)
             VALUES ({id}{order}', {product}, {id}{product}', 'A', {quantity}, 1);"
        );
    }
    sql += &format!(
        "UPDATE post_views SET count = 7 WHERE post_id = {id}1';
         DELETE FROM post_views WHERE post_id <> {id}1';
         INSERT INTO stock_movements (product_id, delta, cause, order_id, created_at)
         VALUES ({id}1', 5, 'created', NULL, {time}), ({id}1', -2, 'ordered', {id}1', {time}),
             ({id}3', -1, 'ordered', {id}1', {time}), ({id}3', 2, 'adjusted', NULL, {time});"
    );
    database.execute(&sql).await;
    migrator(&database).await.up().await.unwrap();

    let joined = async |sql: &str| -> Vec<String> {
        let rows = database.query_text(sql).await;
        rows.into_iter()
            .map(|row| row.into_iter().flatten().collect::<Vec<_>>().join(" "))
            .collect()
    };
    let views = "SELECT slug, post_views.status, count,
             CASE WHEN is_live THEN 'live' ELSE 'deleted' END
         FROM post_views JOIN posts ON posts.id = post_id AND posts.author_id = post_views.author_id
         ORDER BY posts.id";
    assert_eq!(
        joined(views).await,
        [
            "kept draft 7 live",
            "live draft 0 live",
            "gone draft 0 deleted"
        ]
    );
    let movements = format!(
        "SELECT products.name, delta, cause, total_cents,
             CASE stock_movements.created_at WHEN {time} THEN 'then' WHEN {later} THEN 'later' END
         FROM stock_movements JOIN products ON products.id = product_id
             LEFT JOIN orders ON orders.id = order_id
         ORDER BY products.id, coalesce(total_cents, 0), cause DESC"
    );
    assert_eq!(
        joined(&movements).await,
        [
            "kept 5 created then",
            "kept -2 ordered 1 then",
            "lost 5 created then",
            "lost -1 ordered 1 then",
            "lost -2 ordered 2 then",
            "lost 2 cancelled 2 later",
            "used 8 created then",
            "used 2 adjusted then",
            "used -1 ordered 1 then",
            "sold 3 created then",
            "sold -3 ordered 1 then",
        ]
    );
}

#[tokio::test]
async fn derived_tables_are_refilled_on_sqlite() {
    derived_tables_are_refilled(Kind::Sqlite).await;
}

#[tokio::test]
async fn derived_tables_are_refilled_on_postgres() {
    derived_tables_are_refilled(Kind::Postgres).await;
}

async fn migrator(database: &TestDatabase) -> Migrator {
    let patience = Duration::from_secs(20);
    let options = DatabaseOptions {
        url: database.url().parse().unwrap(),
        pool_max: 1,
        pool_min: 0,
        acquire_timeout: patience,
        idle_timeout: patience,
        statement_timeout: patience,
        search_connections: 2,
        search_timeout: patience,
        lock_timeout: patience,
        idle_in_transaction_timeout: patience,
        migrate_lock_timeout: patience,
        ssl_mode_default: SslMode::Prefer,
        sqlite_synchronous: Synchronous::Off,
    };
    database::open(options).await.unwrap().migrator()
}

async fn tests_get_what_the_program_makes(kind: Kind) {
    let ours = TestDatabase::migrated(kind).await;
    let theirs = TestDatabase::empty(kind).await;
    migrator(&theirs).await.up().await.unwrap();
    assert_eq!(ours.definitions().await, theirs.definitions().await);
    let versions = "SELECT version FROM __diesel_schema_migrations ORDER BY 1";
    assert_eq!(
        ours.query_text(versions).await,
        theirs.query_text(versions).await
    );
}

#[tokio::test]
async fn sqlite_tests_get_what_the_program_makes() {
    tests_get_what_the_program_makes(Kind::Sqlite).await;
}

#[tokio::test]
async fn postgres_tests_get_what_the_program_makes() {
    tests_get_what_the_program_makes(Kind::Postgres).await;
}

async fn the_program_goes_up_down_and_up(kind: Kind) {
    let database = TestDatabase::empty(kind).await;
    let migrator = migrator(&database).await;
    let names: Vec<_> = migrations::all(kind)
        .into_iter()
        .map(|migration| migration.name)
        .collect();
    assert_eq!(migrator.up().await.unwrap(), names);
    let complete = database.definitions().await;

    let mut undone = migrator.down(false).await.unwrap();
    undone.extend(migrator.down(true).await.unwrap());
    undone.reverse();
    assert_eq!(undone, names);
    let tables: Vec<_> = columns(kind, &database)
        .await
        .into_iter()
        .map(|row| row[0].clone())
        .collect();
    assert_eq!(
        BTreeSet::from_iter(tables),
        [Some("__diesel_schema_migrations".to_owned())].into()
    );

    assert_eq!(migrator.up().await.unwrap(), names);
    assert_eq!(database.definitions().await, complete);
}

#[tokio::test]
async fn the_program_goes_up_down_and_up_on_sqlite() {
    the_program_goes_up_down_and_up(Kind::Sqlite).await;
}

#[tokio::test]
async fn the_program_goes_up_down_and_up_on_postgres() {
    the_program_goes_up_down_and_up(Kind::Postgres).await;
}
