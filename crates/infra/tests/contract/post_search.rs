use hexpress_domain::list::{PageRequest, Search, Total};
use hexpress_domain::post::{PostChange, PostQuery, PostRepository, PostScope, PostSort};
use hexpress_test_support::Kind;
use rstest::rstest;

use crate::post_list::{library, list, size};
use crate::support::{draft, post_change, stores};

#[rstest]
#[tokio::test]
async fn a_search_matches_anywhere_in_title_and_content(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    library(&stores).await;
    #[rustfmt::skip]
    let searches = [
        ("ADA'S ENG", 3), ("gin", 3), ("zo", 2), ("ZOË", 1), ("100%", 1), ("%", 2), ("%%%", 1), ("_", 2),
        ("жук", 1), ("李", 1), ("\\", 1), ("🦀 CRAB", 1), ("ÉMILIE", 2), ("\"quoted\"", 1), ("οδος", 14),
        ("text 1", 5), ("text 13", 1), ("plain text", 0), ("a OR b", 0), ("nobody", 0), ("%_\\", 0),
    ];
    for (text, expected) in searches {
        for sort in [PostSort::CreatedAt, PostSort::ViewCount] {
            let query = PostQuery {
                search: Search::parse(text).unwrap(),
                sort,
                page: size("100"),
                ..PostQuery::default()
            };
            let page = list(&stores, PostScope::All, query).await;
            assert_eq!(page.items.len(), expected, "{text}");
            let total = u64::try_from(expected).unwrap();
            assert_eq!(page.total, Some(Total::Exactly(total)), "{text}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_search_finds_what_a_change_made_of_a_row_within_the_scope(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let author = stores.user().await;
    let view = stores.post(draft(&author, "On Computing")).await;
    let change = PostChange {
        content: "Of looms and engines".parse().unwrap(),
        ..post_change(&view)
    };
    stores.posts.change(change).await.unwrap();
    for (text, scope, expected) in [
        ("once upon", PostScope::All, 0),
        ("LOOMS", PostScope::All, 1),
        ("looms", PostScope::PublishedOrBy(author.id), 1),
        ("looms", PostScope::Published, 0),
    ] {
        let query = PostQuery {
            search: Search::parse(text).unwrap(),
            ..PostQuery::default()
        };
        let page = list(&stores, scope, query).await;
        assert_eq!(page.items.len(), expected, "{text} {scope:?}");
    }
}

#[rstest]
#[tokio::test]
async fn a_search_counts_no_further_than_its_bound(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let author = stores.user().await;
    let template = stores.post(draft(&author, "On Computing")).await;
    let (numbers, id) = match kind {
        Kind::Sqlite => (
            "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) \
             SELECT i FROM n) AS numbers",
            "randomblob(16)",
        ),
        Kind::Postgres => (
            "generate_series(1, 10000) AS numbers(i)",
            "gen_random_uuid()",
        ),
    };
    stores
        .raw
        .execute(&format!(
            "INSERT INTO posts (id, author_id, title, slug, slug_named, content, status, metadata, \
                 search_text, version, created_at, updated_at, deleted_with_author) \
             SELECT {id}, author_id, title, 'copy-' || i, slug_named, content, status, metadata, \
                 search_text, version, created_at, updated_at, deleted_with_author \
             FROM posts, {numbers}"
        ))
        .await;
    for (text, deleted, total) in [
        ("computing", false, Total::MoreThan(10_000)),
        ("computing", true, Total::Exactly(10_000)),
        ("o", true, Total::Exactly(10_000)),
    ] {
        if deleted && stores.leads_to("on-computing").await.is_some() {
            stores.delete_post(template.post.id).await;
        }
        let query = PostQuery {
            search: Search::parse(text).unwrap(),
            page: size("1"),
            ..PostQuery::default()
        };
        let page = list(&stores, PostScope::All, query).await;
        assert_eq!(page.total, Some(total), "{text}");
    }
    let uncounted = PostQuery {
        page: PageRequest {
            count: false,
            ..size("1")
        },
        ..PostQuery::default()
    };
    assert_eq!(list(&stores, PostScope::All, uncounted).await.total, None);
}
