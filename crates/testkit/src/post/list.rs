use std::sync::Arc;

use chrono::TimeDelta;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Direction, PageRequest, Position, Sort, Total};
use hexpress_domain::post::{
    Post, PostFilter, PostQuery, PostRecord, PostRepository, PostScope, PostSort, PostStatus,
    PostView,
};
use hexpress_domain::user::User;

use super::Blog;
use crate::list::List;
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

pub(super) type Posts = List<(Arc<dyn PostRepository>, PostScope), PostView, PostFilter, PostSort>;

/// What can be seen within a scope.
pub(super) fn list(stores: &Blog, scope: PostScope) -> Posts {
    List {
        port: (Arc::clone(&stores.posts), scope),
        ask: |(posts, scope), query| posts.list(*scope, query),
        cursor: PostSort::cursor,
    }
}

pub(super) async fn every_order_is_total_and_cursors_walk_it(stores: &Blog) {
    let (_, library) = library(stores).await;
    list(stores, PostScope::All)
        .assert_every_order(library)
        .await;
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
            let expected = library.iter().filter(|view| fits(view)).cloned();
            let list = list(stores, scope);
            list.assert_rows(query, expected.collect(), &[2]).await;
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
            let page = list(stores, PostScope::All).page(query.clone()).await;
            assert_eq!(page.items.len(), all, "{sort:?}");
            for scope in [
                PostScope::Published,
                PostScope::PublishedOrBy(authors[0].id),
            ] {
                let page = list(stores, scope).page(query.clone()).await;
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
        let page = list(stores, PostScope::All).page(query).await;
        let content = with_content.then(|| record.content.clone());
        assert_eq!(page.items[0].content, content);
        assert_eq!(page.total, with_content.then_some(Total::Exactly(1)));
    }
}

pub(super) async fn slow_a_page_with_content_ends_before_it_is_too_long(stores: &Blog) {
    // Two of these are too long for one page, two of the short ones are not.
    const LONG: usize = 800_000;
    let author = stores.user().await;
    let mut expected = Vec::new();
    for (second, length) in [LONG, LONG, 10, 10, LONG].into_iter().enumerate() {
        let record = PostRecord {
            content: "語".repeat(length).parse().unwrap(),
            at: now() + TimeDelta::seconds(i64::try_from(second).unwrap()),
            ..draft(&author, "On Computing")
        };
        expected.push(stores.post(record).await.post.id);
    }
    let mut query = PostQuery {
        filter: PostFilter {
            with_content: true,
            ..PostFilter::default()
        },
        direction: Direction::Ascending,
        ..PostQuery::default()
    };
    let list = list(stores, PostScope::All);
    let mut found = Vec::new();
    for length in [1, 3, 1] {
        let page = list.page(query.clone()).await;
        assert_eq!(
            (page.items.len(), page.total),
            (length, Some(Total::Exactly(5)))
        );
        assert!(page.items.iter().all(|view| view.content.is_some()));
        found.extend(page.items.iter().map(|view| view.post.id));
        let Some(next) = page.next else { break };
        query.page.position = Position::After(next);
    }
    assert_eq!(found, expected);
}

pub(super) async fn page_numbers_past_the_end_are_empty_with_the_true_total(stores: &Blog) {
    let (_, library) = library(stores).await;
    let list = list(stores, PostScope::All);
    list.assert_page_numbers(&library).await;
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
            let list = list(stores, PostScope::All);
            async move {
                let mut walks = Vec::new();
                for _ in 0..3 {
                    walks.push(list.walk(&query).await);
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
            list(stores, PostScope::All).assert_met_once(&walked, &stay);
        }
    }
}
