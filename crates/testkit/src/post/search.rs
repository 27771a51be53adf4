use std::sync::Arc;

use hexpress_domain::list::{PageRequest, Search, Total, fold};
use hexpress_domain::post::{Content, PostFilter, PostQuery, PostScope, PostSort, PostView};

use super::Blog;
use super::list::{library, list};
use crate::promise::race;
use crate::samples::{draft, named, page, post_edit};

pub(super) async fn a_search_matches_anywhere_in_title_and_content(stores: &Blog) {
    library(stores).await;
    let list = list(stores, PostScope::All);
    #[rustfmt::skip]
    let searches = [
        ("ADA'S ENG", 3), ("gin", 3), ("zo", 2), ("ZOË", 2), ("100%", 1), ("%", 2), ("%%%", 1), ("_", 2),
        ("жук", 1), ("李", 1), ("\\", 1), ("🦀 CRAB", 1), ("ÉMILIE", 2), ("emilie", 2), ("ＵＮＡＬ", 1), ("\"quoted\"", 1), ("οδος", 14),
        ("text 1", 5), ("text 13", 1), ("plain text", 0), ("a OR b", 0), ("nobody", 0), ("%_\\", 0),
    ];
    for sort in [PostSort::CreatedAt, PostSort::ViewCount] {
        for (text, expected) in searches {
            let search = Search::parse(text).unwrap();
            let query = PostQuery {
                filter: PostFilter {
                    search: search.clone(),
                    with_content: true,
                    ..PostFilter::default()
                },
                sort,
                page: page(20),
                ..PostQuery::default()
            };
            let found = list.page(query).await;
            assert_eq!(found.items.len(), expected, "{text}");
            let matches = |view: &PostView| {
                let content = view.content.as_ref().unwrap();
                let folded = fold([view.post.title.as_str(), content.as_str()]);
                folded.contains(search.as_ref().unwrap().folded())
            };
            assert!(found.items.iter().all(matches), "{text}");
            let is_behind =
                |left: &PostView, right: &PostView| list.compare(sort, left, right).is_gt();
            assert!(found.items.is_sorted_by(is_behind), "{text} {sort:?}");
            let total = u64::try_from(expected).unwrap();
            assert_eq!(found.total, Some(Total::Exactly(total)), "{text}");
        }
    }
}

pub(super) async fn a_search_finds_what_a_change_made_of_a_row_within_the_scope(stores: &Blog) {
    let author = stores.user().await;
    let view = stores.post(draft(&author, "On Computing")).await;
    let as_long_as_may_be: String = ('一'..).take(Search::MAX_LENGTH).collect();
    let content = format!("Of looms and bananas: {as_long_as_may_be}");
    let edit = post_edit(move |change| change.content = Some(content.parse().unwrap()));
    stores.posts.change(view.post.id, edit).await.unwrap();
    for (text, scope, expected) in [
        ("once upon", PostScope::All, 0),
        ("LOOMS", PostScope::All, 1),
        ("looms", PostScope::PublishedOrBy(author.id), 1),
        ("looms", PostScope::Published, 0),
        // All its parts are there, and it is not.
        ("nanana", PostScope::All, 0),
        (&as_long_as_may_be, PostScope::All, 1),
    ] {
        let query = PostQuery {
            filter: PostFilter {
                search: Search::parse(text).unwrap(),
                ..PostFilter::default()
            },
            ..PostQuery::default()
        };
        let page = list(stores, scope).page(query).await;
        assert_eq!(page.items.len(), expected, "{text} {scope:?}");
    }
}

pub(super) async fn the_beginning_of_a_content_is_searched(stores: &Blog) {
    let author = stores.user().await;
    let filling = "-".repeat(Content::SEARCHED_LENGTH - "first".len() - "last".len());
    let content = format!("first{filling}last, and beyond");
    let mut record = draft(&author, "On Computing");
    record.content = content.parse().unwrap();
    stores.post(record).await;
    for (text, expected) in [("FIRST", 1), ("-last", 1), ("last,", 0), ("beyond", 0)] {
        let query = PostQuery {
            filter: PostFilter {
                search: Search::parse(text).unwrap(),
                ..PostFilter::default()
            },
            ..PostQuery::default()
        };
        let page = list(stores, PostScope::All).page(query).await;
        assert_eq!(page.items.len(), expected, "{text}");
    }
}

pub(super) async fn slow_a_search_counts_no_further_than_its_bound(stores: &Blog) {
    let author = stores.user().await;
    let one = stores.post(draft(&author, "On Computing")).await;
    let clerks = (0..4).map(|clerk| {
        let (posts, author) = (Arc::clone(&stores.posts), author.clone());
        async move {
            for number in 0..Total::SEARCH_BOUND / 4 {
                let slug = format!("copy-{clerk}-{number}");
                let record = named(draft(&author, "On Computing"), &slug);
                posts.insert(record).await.unwrap();
            }
        }
    });
    race(clerks).await;
    for (text, deleted, total) in [
        ("computing", false, Total::MoreThan(10_000)),
        ("computing", true, Total::Exactly(10_000)),
        ("o", true, Total::Exactly(10_000)),
    ] {
        if deleted && stores.leads_to("on-computing").await.is_some() {
            stores.delete_post(one.post.id).await;
        }
        let query = PostQuery {
            filter: PostFilter {
                search: Search::parse(text).unwrap(),
                ..PostFilter::default()
            },
            page: page(1),
            ..PostQuery::default()
        };
        let page = list(stores, PostScope::All).page(query).await;
        assert_eq!(page.total, Some(total), "{text}");
    }
    let uncounted = PostQuery {
        page: PageRequest {
            count: false,
            ..page(1)
        },
        ..PostQuery::default()
    };
    let uncounted = list(stores, PostScope::All).page(uncounted).await;
    assert_eq!(uncounted.total, None);
}
