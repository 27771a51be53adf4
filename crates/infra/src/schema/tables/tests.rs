use std::collections::BTreeSet;

use hexpress_test_support::{Kind, TestDatabase};

use super::{Reference, TABLES, Table};

async fn texts(raw: &TestDatabase, sql: &str) -> BTreeSet<String> {
    let rows = raw.query_text(sql).await;
    rows.into_iter().flatten().flatten().collect()
}

fn names(which: impl Fn(&Table) -> bool) -> BTreeSet<String> {
    let tables = TABLES.iter().filter(|table| which(table));
    tables.map(|table| table.name.to_owned()).collect()
}

#[tokio::test]
async fn postgres_has_these_tables_and_no_others() {
    let raw = TestDatabase::migrated(Kind::Postgres).await;
    let in_schema = texts(
        &raw,
        "SELECT relname FROM pg_class
         WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
             AND relname <> '__diesel_schema_migrations'",
    );
    assert_eq!(in_schema.await, names(|_| true));
}

#[tokio::test]
async fn sqlite_has_these_tables_and_no_others_but_for_its_searches() {
    let raw = TestDatabase::migrated(Kind::Sqlite).await;
    let in_schema = texts(
        &raw,
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
             AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%_search_rows'
             AND name <> '__diesel_schema_migrations'",
    );
    assert_eq!(in_schema.await, names(|_| true));
    let searches = texts(
        &raw,
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'virtual'",
    );
    let listed = TABLES.iter().filter_map(|table| table.search);
    assert_eq!(searches.await, listed.map(str::to_owned).collect());
}

#[tokio::test]
async fn keys_are_the_primary_keys() {
    let raw = TestDatabase::migrated(Kind::Postgres).await;
    for table in TABLES {
        let sql = format!(
            "SELECT string_agg(attname, ',' ORDER BY array_position(conkey, attnum))
             FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = ANY (conkey)
             WHERE contype = 'p' AND conrelid = '{}'::regclass",
            table.name
        );
        assert_eq!(
            texts(&raw, &sql).await,
            [table.key.join(",")].into(),
            "{}",
            table.name
        );
    }
}

#[tokio::test]
async fn every_table_refers_to_those_before_it() {
    let raw = TestDatabase::migrated(Kind::Postgres).await;
    let mut before = BTreeSet::new();
    for table in TABLES {
        before.insert(table.name.to_owned());
        let sql = format!(
            "SELECT relname FROM pg_constraint JOIN pg_class ON pg_class.oid = confrelid
             WHERE contype = 'f' AND conrelid = '{}'::regclass",
            table.name
        );
        let referred = texts(&raw, &sql).await;
        assert!(referred.is_subset(&before), "{}: {referred:?}", table.name);
    }
}

#[tokio::test]
async fn the_columns_that_the_database_numbers_are_listed() {
    let raw = TestDatabase::migrated(Kind::Postgres).await;
    let numbered = texts(
        &raw,
        "SELECT relname || '.' || attname FROM pg_attribute
             JOIN pg_class ON pg_class.oid = attrelid
         WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND attnum > 0
             AND NOT attisdropped AND pg_get_serial_sequence(relname, attname) IS NOT NULL
             AND relname <> 'post_counts'",
    );
    let listed = TABLES.iter().filter_map(|table| {
        table
            .numbered
            .map(|column| format!("{}.{column}", table.name))
    });
    assert_eq!(numbered.await, listed.collect());
}

#[tokio::test]
async fn every_constraint_is_listed_with_its_table() {
    let raw = TestDatabase::migrated(Kind::Postgres).await;
    for table in TABLES {
        let sql = format!(
            "SELECT conname FROM pg_constraint
             WHERE contype IN ('c', 'f', 'p', 'u') AND conrelid = '{0}'::regclass
             UNION
             SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
             WHERE indisunique AND indrelid = '{0}'::regclass",
            table.name
        );
        let listed = table
            .constraints
            .iter()
            .map(|constraint| constraint.name.to_owned());
        assert_eq!(texts(&raw, &sql).await, listed.collect(), "{}", table.name);
    }
}

#[tokio::test]
async fn every_column_that_marks_a_deletion_is_known() {
    let raw = TestDatabase::migrated(Kind::Postgres).await;
    let marked = texts(
        &raw,
        "SELECT relname FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
         WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
             AND attname = 'deleted_at'",
    );
    assert_eq!(marked.await, names(|table| table.is_marked));
}

#[tokio::test]
async fn every_foreign_key_leads_where_it_is_said_to() {
    let raw = TestDatabase::migrated(Kind::Postgres).await;
    let keys = "SELECT concat_ws(' ', conname, attname, confrelid::regclass)
        FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
        WHERE contype = 'f' AND connamespace = current_schema()::regnamespace";
    let listed = |which: fn(&Reference) -> bool| {
        let constraints = TABLES.iter().flat_map(|table| table.constraints);
        let keys = constraints.filter_map(|constraint| {
            let key = constraint.reference.filter(which)?;
            Some(format!("{} {} {}", constraint.name, key.column, key.to))
        });
        keys.collect::<BTreeSet<_>>()
    };
    assert_eq!(texts(&raw, keys).await, listed(|_| true));
    // What the database removes with a row is no reason for a purge to spare the row.
    let cascading = texts(&raw, &format!("{keys} AND confdeltype = 'c'")).await;
    let parts = listed(|reference| reference.is_part);
    assert!(cascading.is_subset(&parts), "{cascading:?}");
}
