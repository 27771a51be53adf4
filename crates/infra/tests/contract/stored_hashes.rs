//! The settings that stored hashes were made with.

use hexpress_domain::user::{PasswordHash, UserRecord};
use hexpress_infra::user::DieselUserRepository;
use hexpress_test_support::Kind;
use hexpress_testkit::samples::{someone, user_deletion};
use rstest::rstest;

use crate::support::stores;

#[rstest]
#[tokio::test]
async fn the_settings_of_stored_hashes_are_known(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let store = async |settings: &str, salt: &str, output: &str| {
        let (salt, output) = (salt.repeat(22), output.repeat(43));
        let record = UserRecord {
            password_hash: PasswordHash::new(format!("{settings}${salt}${output}")),
            ..someone()
        };
        stores.ports.users.insert(record).await.unwrap()
    };
    let (weak, strong) = (
        "$argon2id$v=19$m=8,t=1,p=1",
        "$argon2id$v=19$m=19456,t=2,p=1",
    );
    store(weak, "a", "b").await;
    store(weak, "c", "d").await;
    // One that may be restored.
    let deleted = store(strong, "e", "f").await;
    let users = &stores.ports.users;
    users.change(deleted.id, user_deletion()).await.unwrap();
    // One with a hash that is none.
    stores.user().await;

    let repository = DieselUserRepository::new(stores.database.clone());
    let mut settings = repository.hash_settings().await.unwrap();
    settings.sort_unstable();
    assert_eq!(settings, [strong, weak]);
}
