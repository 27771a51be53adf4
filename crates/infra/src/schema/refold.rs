//! The texts of searches, folded anew by the rules that the program folds a search by.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;
use hexpress_database::sql::{Id, StoredId};
use hexpress_database::{BlockingPgConnection, CodeStep};
use hexpress_domain::list::{fold, join_folded};
use hexpress_domain::post::Content;
use uuid::Uuid;

/// What the migration of this name does beside its SQL.
pub(crate) const REFOLD: CodeStep = CodeStep {
    migration: "20261129000101_index_post_texts",
    postgres: on_postgres,
    sqlite: on_sqlite,
};

/// The texts of a table.
struct Texts {
    /// A batch of rows behind `$1`, each with what is folded and its text as it is.
    batch: &'static str,
    fold: fn(&Row) -> String,
    /// Sets the text `$1` of the row `$2` in place of `$3`: not of one that was changed meanwhile.
    update: &'static str,
}

/// Those of posts are left to be written to a table without an index on them.
const ALL: [Texts; 3] = [
    Texts {
        batch: "SELECT id, search_text, email AS part1, first_name AS part2, last_name AS part3 \
            FROM users WHERE id > $1 ORDER BY id LIMIT 500",
        fold: |row| fold([&*row.part1, &*row.part2, &*row.part3]),
        update: "UPDATE users SET search_text = $1 WHERE id = $2 AND search_text = $3",
    },
    Texts {
        batch: "SELECT id, search_text, name AS part1, description AS part2, '' AS part3 \
            FROM products WHERE id > $1 ORDER BY id LIMIT 100",
        fold: |row| fold([&*row.part1, &*row.part2]),
        update: "UPDATE products SET search_text = $1 WHERE id = $2 AND search_text = $3",
    },
    Texts {
        batch: "SELECT post_id AS id, search_text, title AS part1, \
                substr(content, 1, 100000) AS part2, '' AS part3 \
            FROM post_texts JOIN posts ON posts.id = post_id \
            WHERE post_id > $1 ORDER BY post_id LIMIT 20",
        fold: |row| join_folded([fold([&*row.part1]), Content::fold(&row.part2)]),
        update: "UPDATE post_texts SET search_text = $1 WHERE post_id = $2 AND search_text = $3",
    },
];

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Id)]
    id: StoredId,
    #[diesel(sql_type = Text)]
    search_text: String,
    #[diesel(sql_type = Text)]
    part1: String,
    #[diesel(sql_type = Text)]
    part2: String,
    #[diesel(sql_type = Text)]
    part3: String,
}

/// Folds all texts anew, on a connection of this type. No function, since no signature says
/// simply what Diesel must know of a connection of either.
macro_rules! refold {
    ($connection:expr) => {{
        let connection = $connection;
        for Texts {
            batch,
            fold,
            update,
        } in ALL
        {
            // No row has this id.
            let mut last = StoredId(Uuid::nil());
            loop {
                let rows: Vec<Row> = sql_query(batch).bind::<Id, _>(last).load(connection)?;
                let Some(row) = rows.last() else { break };
                last = row.id;
                connection.transaction(|connection| {
                    rows.iter().try_for_each(|row| {
                        let folded = fold(row);
                        if folded == row.search_text {
                            return Ok(());
                        }
                        let update = sql_query(update)
                            .bind::<Text, _>(folded)
                            .bind::<Id, _>(row.id)
                            .bind::<Text, _>(&row.search_text);
                        update.execute(connection).map(drop)
                    })
                })?;
            }
        }
        Ok(())
    }};
}

fn on_postgres(connection: &mut BlockingPgConnection) -> QueryResult<()> {
    refold!(connection)
}

fn on_sqlite(connection: &mut SqliteConnection) -> QueryResult<()> {
    refold!(connection)
}

#[cfg(test)]
mod tests {
    use hexpress_test_support::{Kind, TestDatabase};
    use rstest::rstest;

    use crate::testing::{id, open, two_of_each};

    /// The texts of searches of three rows.
    async fn texts(raw: &TestDatabase) -> [String; 3] {
        let tables = [
            "users WHERE first_name = 'Émilie'",
            "products WHERE name = 'Straße'",
            "post_texts WHERE content = 'Ünal'",
        ];
        let mut texts = [const { String::new() }; 3];
        for (text, table) in texts.iter_mut().zip(tables) {
            let rows = raw
                .query_text(&format!("SELECT search_text FROM {table}"))
                .await;
            *text = rows[0][0].clone().unwrap();
        }
        texts
    }

    #[rstest]
    #[tokio::test]
    async fn a_step_that_was_broken_off_is_finished_by_the_next(
        #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
    ) {
        let raw = TestDatabase::migrated(kind).await;
        raw.execute(&two_of_each(kind)).await;
        let migrator = open(&raw).await.migrator();
        while !migrator.down(false).await.unwrap()[0].ends_with("index_post_texts") {}
        let (user, thing) = (id(kind, 1), id(kind, 5));
        raw.execute(&format!(
            "UPDATE users SET first_name = 'Émilie', search_text = '1@xémilie' WHERE id = {user};
             UPDATE products SET name = 'Straße', search_text = 'straße' WHERE id = {thing};
             UPDATE posts SET title = 'Übung' WHERE id = {thing};
             UPDATE post_texts SET content = 'Ünal', search_text = 'ünal' WHERE post_id = {thing};"
        ))
        .await;
        let (obstacle, way_out) = match kind {
            Kind::Sqlite => (
                "CREATE TRIGGER obstacle BEFORE UPDATE ON post_texts
                 BEGIN SELECT RAISE(ABORT, 'in the way'); END",
                "DROP TRIGGER obstacle",
            ),
            Kind::Postgres => (
                "ALTER TABLE post_texts ADD CONSTRAINT obstacle CHECK (search_text = '') NOT VALID",
                "ALTER TABLE post_texts DROP CONSTRAINT obstacle",
            ),
        };
        raw.execute(obstacle).await;
        let failed = migrator.up().await.unwrap_err().to_string();
        assert!(
            failed.contains("Correct that, and run the command again"),
            "{failed}"
        );
        let [_, product, post] = texts(&raw).await;
        // What PostgreSQL has done before is done.
        let is_done = kind == Kind::Postgres;
        assert_eq!(product == "strasse\u{1f}", is_done, "{product}");
        assert_eq!(post, "ünal");

        raw.execute(way_out).await;
        migrator.up().await.unwrap();
        let folded = ["1@x\u{1f}emilie\u{1f}", "strasse\u{1f}", "ubung\u{1f}unal"];
        assert_eq!(texts(&raw).await, folded);
    }
}
