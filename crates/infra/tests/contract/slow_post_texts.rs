//! What becomes of a post leaves its text alone, and the index of it, however long it is.

use hexpress_domain::post::{Content, PostChange, PostId, PostStatus};
use hexpress_domain::user::User;
use hexpress_infra::database::{self, DatabaseOptions, Synchronous};
use hexpress_infra::{AdapterOptions, Adapters, plain_adapters};
use hexpress_test_support::{Kind, TestDatabase};
use hexpress_testkit::samples::{later, post_edit, published, user_deletion, user_restoration};
use rstest::rstest;

use crate::support::Stores;

/// Stores with the limits on statements that people have.
async fn stores(kind: Kind) -> Stores {
    let raw = TestDatabase::migrated(kind).await;
    let options = DatabaseOptions {
        sqlite_synchronous: Synchronous::Off,
        ..DatabaseOptions::new(raw.url().parse().unwrap())
    };
    let database = database::open(options).await.unwrap();
    let Adapters { ports, .. } = plain_adapters(&database, &AdapterOptions::default()).unwrap();
    Stores {
        ports,
        database,
        raw,
    }
}

/// As long as may be, of hundreds of thousands of trigrams.
fn long_content(seed: u64) -> Content {
    let mut state = seed + 1;
    let characters = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let ideograph = u32::try_from((state >> 40) % 20_000).unwrap();
        char::from_u32(0x4e00 + ideograph).unwrap()
    });
    let text: String = characters.take(Content::MAX_LENGTH).collect();
    text.parse().unwrap()
}

/// Which rows there are of the texts, by where and by whom they were written last, and what the
/// index is made of.
async fn texts(stores: &Stores, kind: Kind) -> Vec<Vec<Option<String>>> {
    let sql = match kind {
        Kind::Postgres => {
            "SELECT ctid, xmin, pg_relation_size('post_texts_search_text_idx') FROM post_texts
            ORDER BY post_id"
        }
        Kind::Sqlite => "SELECT id, length(block) FROM post_texts_search_data ORDER BY id",
    };
    stores.raw.query_text(sql).await
}

async fn long_post(stores: &Stores, author: &User, number: u64) -> PostId {
    let mut record = published(author, &format!("Long post {number}"));
    record.content = long_content(number);
    stores.post(record).await.post.id
}

#[rstest]
#[tokio::test]
async fn archiving_a_long_post_writes_no_text(#[values(Kind::Sqlite, Kind::Postgres)] kind: Kind) {
    let stores = stores(kind).await;
    let author = stores.user().await;
    let id = long_post(&stores, &author, 1).await;
    let before = texts(&stores, kind).await;
    assert!(!before.is_empty());
    let archiving = post_edit(|PostChange { post, .. }| post.status = PostStatus::Archived);
    stores.ports.posts.change(id, archiving).await.unwrap();
    assert_eq!(texts(&stores, kind).await, before);

    let rewriting = post_edit(|change| change.content = Some(long_content(2)));
    stores.ports.posts.change(id, rewriting).await.unwrap();
    assert_ne!(texts(&stores, kind).await, before);
}

#[rstest]
#[tokio::test]
async fn an_author_of_sixty_long_posts_goes_and_comes_back(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let author = stores.user().await;
    let mut ids = Vec::new();
    for number in 0..60 {
        ids.push(long_post(&stores, &author, number).await);
    }
    let before = texts(&stores, kind).await;
    let users = &stores.ports.users;
    users.change(author.id, user_deletion()).await.unwrap();
    let gone = stores.found(ids[59]).await.unwrap();
    assert_eq!(gone.post.deleted_at, Some(later()));
    users.change(author.id, user_restoration()).await.unwrap();
    let back = stores.found(ids[59]).await.unwrap();
    assert_eq!(back.post.deleted_at, None);
    assert_eq!(back.content, Some(long_content(59)));
    assert_eq!(texts(&stores, kind).await, before);
}
