//! What writes do with text, and with very many slugs of one title.

use std::sync::Arc;

use crate::testing::open;
use crate::testing::plans::{Caught, catch, id_of, minute, numbers, plan};
use hexpress_database::Database;
use hexpress_domain::post::{LockedPost, MadeSlug, NewSlug, PostChange, PostId, PostStatus, Title};
use hexpress_domain::repository::Decide;
use hexpress_domain::user::UserId;
use hexpress_test_support::{Kind, TestDatabase};
use hexpress_testkit::samples::{later, post_edit};
use rstest::rstest;
use uuid::Uuid;

use super::{deleted_with_author, slugs, write};

const LAST: u128 = 10_001;

/// Posts whose slugs are `post`, which the first has, and `post-2` to `post-10001`.
async fn posts(kind: Kind) -> (TestDatabase, Database) {
    let raw = TestDatabase::migrated(kind).await;
    let (author, id) = (id_of(kind, "1"), id_of(kind, "i"));
    let (time, numbers) = (minute(kind, "1"), numbers(kind, 10_001));
    raw.execute(&format!(
        "INSERT INTO users (id, email, password_hash, first_name, last_name, role, is_active, \
             search_text, version, created_at, updated_at) \
         VALUES ({author}, 'a@x', 'h', 'A', '', 'user', TRUE, '', 1, {time}, {time});
         INSERT INTO posts (id, author_id, title, slug, slug_named, status, metadata, \
             version, created_at, updated_at, deleted_with_author) \
         SELECT {id}, {author}, 'Post', CASE i WHEN 1 THEN 'post' ELSE 'post-' || i END, FALSE, \
             'draft', '{{}}', 1, {time}, {time}, FALSE FROM {numbers};
         INSERT INTO post_texts (post_id, content, search_text) \
         SELECT {id}, 'Words', 'post words' FROM {numbers};"
    ))
    .await;
    raw.analyze().await;
    let database = open(&raw).await;
    (raw, database)
}

/// The slug that a post would get, and the last statement on the way to it.
async fn choose(database: &Database, post: Uuid, title: &str) -> (String, String) {
    let title: Title = title.parse().unwrap();
    let made = NewSlug::Made(MadeSlug::of_title(&title));
    let caught = Caught::default();
    let input = (PostId::new(post), made, Arc::clone(&caught));
    let slug = database
        .read(input, |connection, (post, made, caught)| {
            Box::pin(async move {
                catch(connection, caught);
                slugs::choose(connection, *post, made).await
            })
        })
        .await
        .unwrap();
    let statement = caught.lock().unwrap().last().cloned().unwrap();
    (slug.to_string(), statement)
}

#[rstest]
#[tokio::test]
async fn the_first_gap_between_ten_thousand_slugs_is_found(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let (raw, database) = posts(kind).await;
    let next = async |title| choose(&database, Uuid::nil(), title).await.0;
    assert_eq!(next("Post").await, "post-10002");
    assert_eq!(next("Post office").await, "post-office");

    // What only looks like a number of the stem is none.
    for (number, slug) in [(2, "post-02"), (3, "post-office-3"), (4, "post-4x")] {
        let id = id_of(kind, &number.to_string());
        raw.execute(&format!("UPDATE posts SET slug = '{slug}' WHERE id = {id}"))
            .await;
    }
    let of_a_post = async |number| choose(&database, Uuid::from_u128(number), "Post").await.0;
    assert_eq!(next("Post").await, "post-2");
    let (two, four) = (id_of(kind, "2"), id_of(kind, "4"));
    raw.execute(&format!(
        "INSERT INTO kept_slugs (slug, post_id) VALUES ('post-2', {two}), \
             ('post-99999999999999999999', {two}), ('post-4', {four});"
    ))
    .await;
    assert_eq!(next("Post").await, "post-3");
    assert_eq!(of_a_post(2).await, "post-2");
    assert_eq!(of_a_post(1).await, "post");
    raw.execute(&format!(
        "UPDATE posts SET slug = 'post-3' WHERE id = {two}"
    ))
    .await;
    assert_eq!(next("Post").await, "post-10002");
    assert_eq!(of_a_post(LAST).await, "post-10001");
    assert_eq!(of_a_post(4).await, "post-4");
}

#[rstest]
#[tokio::test]
async fn slugs_and_the_first_gap_are_looked_for_in_indexes(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let (raw, database) = posts(kind).await;
    let five = id_of(kind, "5");
    raw.execute(&format!("UPDATE posts SET slug = 'rare' WHERE id = {five}"))
        .await;
    let id = format!("'{}'", Uuid::nil());
    for (title, values) in [
        // A slug that nobody has, and the number of one that is taken.
        ("Words", vec!["'words'", &id]),
        ("Rare", vec!["'rare-'", &id, "'rare.'"]),
    ] {
        let (_, statement) = choose(&database, Uuid::nil(), title).await;
        let values: Vec<_> = values.into_iter().map(str::to_owned).collect();
        let plan = plan(kind, &raw, &statement, &values).await;
        assert_eq!(plan.matches("posts_slug_live_key").count(), 1, "{plan}");
        let reads_a_table =
            |line: &&str| line.contains("Seq Scan on posts") || line.contains("SCAN posts");
        assert_eq!(plan.lines().find(reads_a_table), None, "{plan}");
    }
}

/// Changes post number 7 and returns the columns that the updates set.
async fn columns_set_by(database: &Database, decide: Decide<LockedPost, PostChange>) -> String {
    let caught = Caught::default();
    let input = (decide, Arc::clone(&caught));
    database
        .write(input, |connection, (decide, caught)| {
            Box::pin(async move {
                catch(connection, caught);
                write::change(connection, PostId::new(Uuid::from_u128(7)), decide).await
            })
        })
        .await
        .unwrap();
    let caught = caught.lock().unwrap();
    let updates = caught.iter().filter(|sql| sql.starts_with("UPDATE"));
    let columns = updates.map(|sql| sql.split(" WHERE ").next().unwrap());
    columns.collect::<Vec<_>>().join("\n")
}

#[rstest]
#[tokio::test]
async fn text_that_stays_the_same_is_not_written_again(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let (raw, database) = posts(kind).await;
    let publication = post_edit(|PostChange { post, .. }| {
        post.status = PostStatus::Published;
        post.published_at = Some(later());
    });
    let set = columns_set_by(&database, publication).await;
    assert!(set.contains("status"), "{set}");
    for text in ["post_texts", "metadata"] {
        assert!(!set.contains(text), "{text}: {set}");
    }
    let retitling = post_edit(|change| change.post.title = "Parcels".parse().unwrap());
    let set = columns_set_by(&database, retitling).await;
    assert!(
        set.contains("search_text") && !set.contains("content"),
        "{set}"
    );
    let stored = raw
        .query_text(
            "SELECT search_text FROM posts JOIN post_texts ON post_id = id WHERE title = 'Parcels'",
        )
        .await;
    let stored = stored.into_iter().flatten().flatten().next().unwrap();
    assert!(
        stored.contains("parcels") && stored.contains("words"),
        "{stored}"
    );
}

/// An author whose posts have gone with them, and whose slugs others have by now.
const LOST: u32 = 7_000;

#[rstest]
#[tokio::test]
async fn thousands_of_lost_slugs_are_settled_by_a_few_statements(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let raw = TestDatabase::migrated(kind).await;
    let (time, numbers) = (minute(kind, "1"), numbers(kind, LOST));
    let (author, other) = (id_of(kind, "1"), id_of(kind, "2"));
    let (lost, taken) = (id_of(kind, "i"), id_of(kind, "i + 10000"));
    // Every second of those that have the slugs by now is a draft, of which no reader knows.
    raw.execute(&format!(
        "INSERT INTO users (id, email, password_hash, first_name, last_name, role, is_active, \
             search_text, version, created_at, updated_at) \
         VALUES ({author}, 'a@x', 'h', 'A', '', 'user', TRUE, '', 1, {time}, {time}), \
             ({other}, 'b@x', 'h', 'B', '', 'user', TRUE, '', 1, {time}, {time});
         INSERT INTO posts (id, author_id, title, slug, slug_named, status, published_at, metadata, \
             version, created_at, updated_at, deleted_at, deleted_with_author) \
         SELECT {lost}, {author}, 'Post', 'of-' || i || '-looms', FALSE, 'published', {time}, \
             '{{}}', 1, {time}, {time}, {time}, TRUE FROM {numbers};
         INSERT INTO posts (id, author_id, title, slug, slug_named, status, published_at, metadata, \
             version, created_at, updated_at, deleted_with_author) \
         SELECT {taken}, {other}, 'Post', 'of-' || i || '-looms', FALSE, \
             CASE i % 2 WHEN 0 THEN 'draft' ELSE 'published' END, \
             CASE i % 2 WHEN 0 THEN NULL ELSE {time} END, '{{}}', 1, {time}, {time}, FALSE \
         FROM {numbers};
         INSERT INTO posts (id, author_id, title, slug, slug_named, status, metadata, version, \
             created_at, updated_at, deleted_with_author) \
         VALUES ({free}, {other}, 'Post', 'of-7-looms-2', FALSE, 'draft', '{{}}', 1, {time}, {time}, \
             FALSE);",
        free = id_of(kind, "30000"),
    ))
    .await;
    let database = open(&raw).await;
    let caught = Caught::default();
    database
        .write(Arc::clone(&caught), |connection, caught| {
            Box::pin(async move {
                catch(connection, caught);
                let author = UserId::new(Uuid::from_u128(1));
                deleted_with_author::restore_with_author(connection, author, later()).await
            })
        })
        .await
        .unwrap();
    let statements = caught.lock().unwrap().len();
    assert!(statements <= 20, "{statements}");

    let count = async |condition: &str| {
        let sql = format!("SELECT CAST(count(*) AS text) FROM {condition}");
        raw.query_text(&sql).await[0][0].clone().unwrap()
    };
    let live = "posts WHERE deleted_at IS NULL AND NOT deleted_with_author AND version = 2";
    assert_eq!(count(live).await, LOST.to_string());
    let numbered = format!("{live} AND slug LIKE 'of-%-looms-2'");
    assert_eq!(count(&numbered).await, (LOST - 1).to_string());
    assert_eq!(
        count(&format!("{live} AND slug = 'of-7-looms-3'")).await,
        "1"
    );
    assert_eq!(count("kept_slugs").await, (LOST / 2).to_string());
}
