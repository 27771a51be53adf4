use std::cmp::Ordering;

use chrono::TimeDelta;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Direction, Page, PageRequest, Position, Search, Total};
use hexpress_domain::post::{
    Post, PostChange, PostQuery, PostRecord, PostRepository, PostScope, PostSort, PostStatus,
    PostView,
};
use hexpress_domain::user::{User, UserRepository};
use hexpress_test_support::Kind;
use rstest::rstest;

use crate::support::{Stores, draft, later, now, post_change, stores};

/// Posts of two authors whose titles, times and views tie, in all statuses. The first
/// author's come first in each pair.
pub async fn library(stores: &Stores) -> ([User; 2], Vec<PostView>) {
    const TITLES: [&str; 14] = [
        "Ada's Engine",
        "ada's engine",
        "Zoë 100%",
        "Zoé a_b",
        "Юлия и ЖУК",
        "李 \\ 京",
        "🦀 crab",
        "Ada's Engine",
        "___",
        "%%%",
        "Émilie",
        "émilie",
        "Ünal \"quoted\"",
        "plain",
    ];
    let authors = [stores.user().await, stores.user().await];
    let mut library = Vec::new();
    for (index, title) in TITLES.into_iter().enumerate() {
        let number = i64::try_from(index).unwrap();
        let status = PostStatus::ALL[index % 3];
        let published_at =
            (status != PostStatus::Draft).then(|| now() - TimeDelta::days(number / 4));
        let record = PostRecord {
            content: format!("Text {index} of ΟΔΟΣ").parse().unwrap(),
            status,
            published_at,
            at: now() + TimeDelta::milliseconds(number / 3),
            ..draft(&authors[index / 2 % 2], title)
        };
        let mut view = stores.post(record).await;
        if index % 4 == 0 {
            let change = PostChange {
                excerpt: Some("short".parse().unwrap()),
                ..post_change(&view)
            };
            view = stores.posts.change(change).await.unwrap();
        }
        view.view_count = u64::try_from(index % 3 * 10).unwrap();
        stores.view(view.post.id, view.view_count).await;
        view.content = None;
        library.push(view);
    }
    (authors, library)
}

fn compare(sort: PostSort, left: &PostView, right: &PostView) -> Ordering {
    let value = |view: &PostView| sort.cursor(view).value;
    value(left)
        .cmp(&value(right))
        .then(left.post.id.cmp(&right.post.id))
}

pub fn size(text: &str) -> PageRequest {
    PageRequest {
        size: text.parse().unwrap(),
        ..PageRequest::default()
    }
}

pub async fn list(stores: &Stores, scope: PostScope, query: PostQuery) -> Page<PostView> {
    stores.posts.list(scope, query).await.unwrap()
}

/// Follows the cursors from the first page to the last.
async fn walk(stores: &Stores, scope: PostScope, query: &PostQuery) -> Vec<PostView> {
    let mut query = query.clone();
    let mut walked = Vec::new();
    loop {
        let page = list(stores, scope, query.clone()).await;
        walked.extend(page.items);
        match page.next {
            Some(cursor) => query.page.position = Position::After(cursor),
            None => return walked,
        }
    }
}

#[rstest]
#[tokio::test]
async fn every_order_is_total_and_cursors_walk_it(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let (_, mut library) = library(&stores).await;
    for sort in PostSort::ALL {
        for direction in [Direction::Ascending, Direction::Descending] {
            library.sort_by(|left, right| compare(sort, left, right));
            if direction == Direction::Descending {
                library.reverse();
            }
            let query = |size_of: &str| PostQuery {
                sort,
                direction,
                page: size(size_of),
                ..PostQuery::default()
            };
            let all = list(&stores, PostScope::All, query("100")).await;
            assert_eq!(all.items, library, "{sort:?} {direction:?}");
            assert_eq!(all.next, None);
            for page_size in ["1", "5", "14"] {
                let walked = walk(&stores, PostScope::All, &query(page_size)).await;
                assert_eq!(walked, library, "{sort:?} {direction:?} by {page_size}");
            }
        }
    }
}

/// A filter, and the posts that it must find among live ones.
type Filter = (PostScope, PostQuery, Box<dyn Fn(&PostView) -> bool>);

fn filters(authors: &[User; 2]) -> Vec<Filter> {
    let [first, second] = authors.each_ref().map(|author| author.id);
    let scopes = [
        PostScope::All,
        PostScope::Published,
        PostScope::PublishedOrBy(first),
    ];
    let is_within = |scope: PostScope, post: &Post| match scope {
        PostScope::All => true,
        PostScope::Published => post.status == PostStatus::Published,
        PostScope::PublishedOrBy(reader) => {
            post.status == PostStatus::Published || post.author_id == reader
        }
    };
    let mut filters: Vec<Filter> = Vec::new();
    for scope in scopes {
        for author_id in [None, Some(first), Some(second)] {
            for status in [None].into_iter().chain(PostStatus::ALL.map(Some)) {
                let query = PostQuery {
                    status,
                    author_id,
                    page: size("100"),
                    ..PostQuery::default()
                };
                let fits = move |view: &PostView| {
                    is_within(scope, &view.post)
                        && author_id.is_none_or(|id| view.post.author_id == id)
                        && status.is_none_or(|status| view.post.status == status)
                };
                filters.push((scope, query, Box::new(fits)));
            }
        }
    }
    filters
}

#[rstest]
#[tokio::test]
async fn scopes_and_filters_hold_for_rows_totals_and_cursors(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let (authors, mut library) = library(&stores).await;
    let gone = library.remove(4);
    stores.delete_post(gone.post.id).await;
    for (scope, query, fits) in filters(&authors) {
        for sort in [PostSort::CreatedAt, PostSort::ViewCount] {
            let query = PostQuery {
                sort,
                ..query.clone()
            };
            let mut expected: Vec<_> = library.iter().filter(|view| fits(view)).collect();
            expected.sort_by(|left, right| compare(sort, right, left));
            let page = list(&stores, scope, query.clone()).await;
            assert_eq!(page.items.iter().collect::<Vec<_>>(), expected, "{query:?}");
            let total = u64::try_from(expected.len()).unwrap();
            assert_eq!(page.total, Some(Total::Exactly(total)), "{query:?}");
            let by_two = PostQuery {
                page: size("2"),
                ..query
            };
            let walked = walk(&stores, scope, &by_two).await;
            assert_eq!(walked, page.items, "{by_two:?}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn deleted_posts_are_listed_in_the_scope_of_all_alone(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let (authors, library) = library(&stores).await;
    let gone = &library[1];
    stores.delete_post(gone.post.id).await;
    for sort in PostSort::ALL {
        for (liveness, all) in [(Liveness::Deleted, 1), (Liveness::Any, 14)] {
            let query = PostQuery {
                liveness,
                sort,
                page: size("100"),
                ..PostQuery::default()
            };
            let page = list(&stores, PostScope::All, query.clone()).await;
            assert_eq!(page.items.len(), all, "{sort:?}");
            for scope in [
                PostScope::Published,
                PostScope::PublishedOrBy(authors[0].id),
            ] {
                let page = list(&stores, scope, query.clone()).await;
                assert!(page.items.iter().all(|view| view.post.deleted_at.is_none()));
                assert!(liveness == Liveness::Any || page.total == Some(Total::Exactly(0)));
            }
        }
    }
}

#[rstest]
#[tokio::test]
async fn lists_leave_out_what_was_not_asked_for(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let author = stores.user().await;
    let record = draft(&author, "On Computing");
    stores.post(record.clone()).await;
    for with_content in [false, true] {
        let query = PostQuery {
            with_content,
            page: PageRequest {
                count: with_content,
                ..PageRequest::default()
            },
            ..PostQuery::default()
        };
        let page = list(&stores, PostScope::All, query).await;
        let content = with_content.then(|| record.content.clone());
        assert_eq!(page.items[0].content, content);
        assert_eq!(page.total, with_content.then_some(Total::Exactly(1)));
    }
}

#[rstest]
#[tokio::test]
async fn page_numbers_past_the_end_are_empty_with_the_true_total(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let (_, library) = library(&stores).await;
    for (number, rows) in [("2", 4), ("3", 0), ("9223372036854775807", 0)] {
        let query = PostQuery {
            page: PageRequest {
                position: Position::Page(number.parse().unwrap()),
                ..size("10")
            },
            ..PostQuery::default()
        };
        let page = list(&stores, PostScope::All, query).await;
        assert_eq!(page.items.len(), rows, "{number}");
        let total = u64::try_from(library.len()).unwrap();
        assert_eq!((page.total, page.next), (Some(Total::Exactly(total)), None));
    }
}

#[rstest]
#[tokio::test]
async fn a_walk_neither_skips_nor_repeats_while_another_task_comes_and_goes(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
    #[values(Direction::Ascending, Direction::Descending)] direction: Direction,
) {
    let stores = std::sync::Arc::new(stores(kind).await);
    let (authors, stay) = library(&stores).await;
    for sort in PostSort::ALL {
        let query = PostQuery {
            sort,
            direction,
            page: size("2"),
            ..PostQuery::default()
        };
        let walks = tokio::spawn({
            let stores = std::sync::Arc::clone(&stores);
            async move {
                let mut walks = Vec::new();
                for _ in 0..3 {
                    walks.push(walk(&stores, PostScope::All, &query).await);
                }
                walks
            }
        });
        let mut number = 0;
        while !walks.is_finished() {
            number += 1;
            let record = PostRecord {
                at: now() + TimeDelta::milliseconds(number % 5),
                ..draft(&authors[0], "Ada's Engine")
            };
            let passing = stores.post(record).await;
            stores.view(passing.post.id, 10).await;
            stores.delete_post(passing.post.id).await;
        }
        for walked in walks.await.unwrap() {
            for view in &stay {
                let times = walked.iter().filter(|found| found.post.id == view.post.id);
                assert_eq!(times.count(), 1, "{sort:?}: {}", view.post.slug);
            }
        }
    }
}

/// Both databases list, search and count the same.
#[tokio::test]
async fn both_databases_list_the_same() {
    let (sqlite, postgres) = (stores(Kind::Sqlite).await, stores(Kind::Postgres).await);
    library(&sqlite).await;
    library(&postgres).await;
    for sort in PostSort::ALL {
        for text in ["", "e", "ada", "οδός", "ZO", "text 1"] {
            let query = PostQuery {
                search: Search::parse(text).unwrap(),
                sort,
                page: size("100"),
                ..PostQuery::default()
            };
            let slugs = async |stores| {
                let page = list(stores, PostScope::All, query.clone()).await;
                let slugs = page.items.into_iter().map(|view| view.post.slug);
                (slugs.collect::<Vec<_>>(), page.total)
            };
            assert_eq!(
                slugs(&sqlite).await,
                slugs(&postgres).await,
                "{sort:?} {text}"
            );
        }
    }
}

#[rstest]
#[tokio::test]
async fn what_lists_by_views_compare_never_disagrees_with_the_posts(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let stores = stores(kind).await;
    let (authors, library) = library(&stores).await;
    let agree = async || {
        let sql = "SELECT count(*), sum(CASE WHEN post_views.author_id = posts.author_id
                AND post_views.status = posts.status
                AND post_views.is_live = (posts.deleted_at IS NULL) THEN 1 ELSE 0 END)
            FROM posts LEFT JOIN post_views ON post_id = id";
        let rows = stores.raw.query_text(sql).await;
        assert_eq!(rows[0][0].as_deref(), Some("14"));
        assert_eq!(rows[0][0], rows[0][1]);
    };
    agree().await;
    let change = PostChange {
        status: PostStatus::Published,
        published_at: Some(later()),
        content: "changed".parse().unwrap(),
        ..post_change(&PostView {
            content: Some("changed".parse().unwrap()),
            ..library[0].clone()
        })
    };
    stores.posts.change(change).await.unwrap();
    agree().await;
    stores.delete_post(library[1].post.id).await;
    agree().await;
    let users = &stores.users;
    let author = &authors[0];
    users
        .delete(author.id, author.version, later())
        .await
        .unwrap();
    agree().await;
    let author = users.find(author.id, Liveness::Any).await.unwrap().unwrap();
    users
        .restore(author.id, author.version, later())
        .await
        .unwrap();
    agree().await;
    let gone = stores.found(library[1].post.id).await.unwrap().post;
    stores
        .posts
        .restore(gone.id, gone.version, later())
        .await
        .unwrap();
    agree().await;
    // Whoever writes, and whatever way.
    stores
        .raw
        .execute(
            "UPDATE posts SET status = 'draft', deleted_at = NULL, deleted_with_author = FALSE",
        )
        .await;
    agree().await;
}
