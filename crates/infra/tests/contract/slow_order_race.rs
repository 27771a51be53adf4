//! The ledger, when those who move stock race.

use hexpress_test_support::Kind;
use hexpress_testkit::order::{PROMISES, Shop};
use rstest::rstest;

use crate::promises::open;

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_books_balance_however_orders_cancellations_and_admins_race(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    const RACE: &str = "slow_orders_cancellations_and_admins_do_not_lose_each_others_pieces";
    let (shop, stores) = open::<Shop>(kind).await;
    let race = PROMISES.iter().find(|promise| promise.name() == RACE);
    race.unwrap().check(async || (shop, ())).await.unwrap();
    stores.assert_books_balance().await;
}
