//! A post that is made while its author is deleted.

use std::sync::Arc;

use hexpress_domain::auth::CREDENTIALS_CHANGED;
use hexpress_domain::repository::RepositoryError;
use hexpress_test_support::Kind;
use hexpress_testkit::samples::draft;
use rstest::rstest;

use crate::support::stores;

/// The author's row is held by the creation, or no foreign key would tell it that the
/// author is gone.
#[rstest]
#[tokio::test]
async fn no_post_is_made_behind_the_back_of_a_deletion(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let author = stores.user().await;
    let now = match kind {
        Kind::Sqlite => "0",
        Kind::Postgres => "'1970-01-01Z'",
    };
    let deletion = stores
        .raw
        .begin(&format!("UPDATE users SET deleted_at = {now}"))
        .await;
    let posts = Arc::clone(&stores.ports.posts);
    let record = draft(&author, "On Computing");
    let creation = tokio::spawn(async move { posts.insert(record).await });
    stores.raw.wait_for_waiting(1).await;
    deletion.commit().await;
    let outcome = creation.await.unwrap();
    assert!(matches!(
        outcome,
        Err(RepositoryError::Conflict(CREDENTIALS_CHANGED))
    ));
}
