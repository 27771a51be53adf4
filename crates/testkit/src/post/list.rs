use std::cmp::Ordering;
use std::sync::Arc;

use chrono::TimeDelta;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Direction, Page, PageRequest, Position, Sort, Total};
use hexpress_domain::post::{
    Post, PostFilter, PostQuery, PostRecord, PostRepository, PostScope, PostSort, PostStatus,
    PostView,
};
use hexpress_domain::user::User;

use super::Blog;
use crate::promise::MOST_PAGES;
use crate::samples::{draft, now, page, post_edit};

/// Posts of two authors whose titles, times and views tie, in all statuses. The first
/// author's come first in each pair.
pub(super) async fn library(stores: &Blog) -> ([User; 2], Vec<PostView>) {
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
            let edit = post_edit(|change| change.post.excerpt = Some("short".parse().unwrap()));
            view = stores.posts.change(view.post.id, edit).await.unwrap();
        }
        view.view_count = u64::try_from(index % 3 * 10).unwrap();
        stores.view(view.post.id, view.view_count).await;
        view.content = None;
        library.push(view);
    }
    (authors, library)
}

pub(super) fn compare(sort: PostSort, left: &PostView, right: &PostView) -> Ordering {
    let value = |view: &PostView| sort.cursor(view).value;
    value(left)
        .cmp(&value(right))
        .then(left.post.id.cmp(&right.post.id))
}

pub(super) async fn list(stores: &Blog, scope: PostScope, query: PostQuery) -> Page<PostView> {
    stores.posts.list(scope, query).await.unwrap()
}

/// Follows the cursors from the first page to the last.
async fn walk(posts: &dyn PostRepository, scope: PostScope, query: &PostQuery) -> Vec<PostView> {
    let mut query = query.clone();
    let mut walked = Vec::new();
    for _ in 0..MOST_PAGES {
        let page = posts.list(scope, query.clone()).await.unwrap();
        walked.extend(page.items);
        match page.next {
            Some(cursor) => query.page.position = Position::After(cursor),
            None => return walked,
        }
    }
    panic!("the cursors lead to no end");
}

/// Asks for one page number after the other, until one is past the end.
async fn turn_pages(
    posts: &dyn PostRepository,
    scope: PostScope,
    query: &PostQuery,
) -> Vec<PostView> {
    let mut query = query.clone();
    let mut turned = Vec::new();
    for number in 1..=MOST_PAGES {
        query.page.position = Position::Page(number.to_string().parse().unwrap());
        let page = posts.list(scope, query.clone()).await.unwrap();
        if page.items.is_empty() {
            return turned;
        }
        turned.extend(page.items);
    }
    panic!("the pages have no end");
}

pub(super) async fn every_order_is_total_and_cursors_walk_it(stores: &Blog) {
    let (_, mut library) = library(stores).await;
    for &sort in PostSort::ALL {
        for direction in [Direction::Ascending, Direction::Descending] {
            library.sort_by(|left, right| compare(sort, left, right));
            if direction == Direction::Descending {
                library.reverse();
            }
            let query = |size: u8| PostQuery {
                sort,
                direction,
                page: page(size),
                ..PostQuery::default()
            };
            let all = list(stores, PostScope::All, query(100)).await;
            assert_eq!(all.items, library, "{sort:?} {direction:?}");
            assert_eq!(all.next, None);
            for size in [1, 5, 14] {
                let walked = walk(&*stores.posts, PostScope::All, &query(size)).await;
                assert_eq!(walked, library, "{sort:?} {direction:?} by {size}");
                let turned = turn_pages(&*stores.posts, PostScope::All, &query(size)).await;
                assert_eq!(turned, library, "{sort:?} {direction:?} by {size}");
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
                    filter: PostFilter {
                        status,
                        author_id,
                        ..PostFilter::default()
                    },
                    page: page(100),
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

pub(super) async fn scopes_and_filters_hold_for_rows_totals_and_cursors(stores: &Blog) {
    let (authors, mut library) = library(stores).await;
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
            let found = list(stores, scope, query.clone()).await;
            assert_eq!(
                found.items.iter().collect::<Vec<_>>(),
                expected,
                "{query:?}"
            );
            let total = u64::try_from(expected.len()).unwrap();
            assert_eq!(found.total, Some(Total::Exactly(total)), "{query:?}");
            let by_two = PostQuery {
                page: page(2),
                ..query
            };
            let walked = walk(&*stores.posts, scope, &by_two).await;
            assert_eq!(walked, found.items, "{by_two:?}");
            let turned = turn_pages(&*stores.posts, scope, &by_two).await;
            assert_eq!(turned, found.items, "{by_two:?}");
        }
    }
}

pub(super) async fn deleted_posts_are_listed_in_the_scope_of_all_alone(stores: &Blog) {
    let (authors, library) = library(stores).await;
    let gone = &library[1];
    stores.delete_post(gone.post.id).await;
    for &sort in PostSort::ALL {
        for (liveness, all) in [(Liveness::Deleted, 1), (Liveness::Any, 14)] {
            let query = PostQuery {
                filter: PostFilter {
                    liveness,
                    ..PostFilter::default()
                },
                sort,
                page: page(100),
                ..PostQuery::default()
            };
            let page = list(stores, PostScope::All, query.clone()).await;
            assert_eq!(page.items.len(), all, "{sort:?}");
            for scope in [
                PostScope::Published,
                PostScope::PublishedOrBy(authors[0].id),
            ] {
                let page = list(stores, scope, query.clone()).await;
                assert!(page.items.iter().all(|view| view.post.deleted_at.is_none()));
                assert!(liveness == Liveness::Any || page.total == Some(Total::Exactly(0)));
            }
        }
    }
}

pub(super) async fn lists_leave_out_what_was_not_asked_for(stores: &Blog) {
    let author = stores.user().await;
    let record = draft(&author, "On Computing");
    stores.post(record.clone()).await;
    for with_content in [false, true] {
        let query = PostQuery {
            filter: PostFilter {
                with_content,
                ..PostFilter::default()
            },
            page: PageRequest {
                count: with_content,
                ..PageRequest::default()
            },
            ..PostQuery::default()
        };
        let page = list(stores, PostScope::All, query).await;
        let content = with_content.then(|| record.content.clone());
        assert_eq!(page.items[0].content, content);
        assert_eq!(page.total, with_content.then_some(Total::Exactly(1)));
    }
}

pub(super) async fn page_numbers_past_the_end_are_empty_with_the_true_total(stores: &Blog) {
    let (_, library) = library(stores).await;
    for (number, rows) in [("2", 4), ("3", 0), ("9223372036854775807", 0)] {
        let query = PostQuery {
            page: PageRequest {
                position: Position::Page(number.parse().unwrap()),
                ..page(10)
            },
            ..PostQuery::default()
        };
        let page = list(stores, PostScope::All, query).await;
        assert_eq!(page.items.len(), rows, "{number}");
        let total = u64::try_from(library.len()).unwrap();
        assert_eq!((page.total, page.next), (Some(Total::Exactly(total)), None));
    }
}

pub(super) async fn a_walk_neither_skips_nor_repeats_while_another_task_comes_and_goes(
    stores: &Blog,
) {
    let (authors, stay) = library(stores).await;
    for (sort, direction) in PostSort::ALL
        .iter()
        .flat_map(|&sort| Direction::ALL.map(|direction| (sort, direction)))
    {
        let query = PostQuery {
            sort,
            direction,
            page: page(2),
            ..PostQuery::default()
        };
        let walks = tokio::spawn({
            let posts = Arc::clone(&stores.posts);
            async move {
                let mut walks = Vec::new();
                for _ in 0..3 {
                    walks.push(walk(&*posts, PostScope::All, &query).await);
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
            tokio::task::yield_now().await;
        }
        for walked in walks.await.unwrap() {
            for view in &stay {
                let times = walked.iter().filter(|found| found.post.id == view.post.id);
                assert_eq!(times.count(), 1, "{sort:?}: {}", view.post.slug);
            }
        }
    }
}
