use diesel::QueryableByName;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use hexpress_domain::repository::{Conflict, RepositoryError};
use hexpress_test_support::Kind;
use rstest::rstest;

use crate::sql::Prepared;
use crate::testing::{open, stage};
use crate::work::Work;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The first statement is another one each time, and has to be prepared; the others are
/// prepared after the first round.
const IN_ORDER: Work<u32, i64> = |connection, number| {
    Box::pin(async move {
        let insert = format!("INSERT INTO notes VALUES ({number}, 'a')");
        let (inserted, count, deleted) = pipelined!(
            connection,
            |c| Prepared(diesel::sql_query(&insert)).execute(c),
            {
                let count = diesel::sql_query("SELECT count(*) AS count FROM notes");
                Prepared(count).get_result::<Count>(c)
            },
            Prepared(diesel::sql_query("DELETE FROM notes")).execute(c),
        );
        assert_eq!((inserted?, deleted?), (1, 1));
        Ok(count?.count)
    })
};

#[rstest]
#[tokio::test]
async fn statements_of_one_trip_run_in_their_order(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stage = stage(kind).await;
    let database = open(&stage.raw).await;
    for number in 0..20 {
        assert_eq!(database.write(number, IN_ORDER).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn behind_a_statement_that_fails_nothing_is_done() {
    let stage = stage(Kind::Postgres).await;
    let database = open(&stage.raw).await;
    let work: Work<(), ()> = |connection, ()| {
        Box::pin(async move {
            let insert = "INSERT INTO notes VALUES (1, 'a'), (1, 'b')";
            let other = "INSERT INTO notes VALUES (2, 'a')";
            let (failed, behind) = pipelined!(
                connection,
                |c| Prepared(diesel::sql_query(insert)).execute(c),
                Prepared(diesel::sql_query(other)).execute(c),
            );
            let kind = |outcome| match outcome {
                Err(Error::DatabaseError(kind, _)) => Some(kind),
                _ => None,
            };
            assert!(matches!(
                kind(failed),
                Some(DatabaseErrorKind::UniqueViolation)
            ));
            assert!(behind.is_err());
            Err(RepositoryError::Conflict(Conflict("refused")).into())
        })
    };
    let refused = database.write((), work).await;
    assert!(matches!(refused, Err(RepositoryError::Conflict(_))));
    assert_eq!(stage.count().await, "0");
    // The connection is of use.
    let again = database.write(3, IN_ORDER).await;
    assert_eq!(again.unwrap(), 1);
}
