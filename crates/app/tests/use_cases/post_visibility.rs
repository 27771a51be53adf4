//! Who sees which posts, by every way that leads to one.

use std::sync::Arc;

use hexpress_app::permissions::Permit;
use hexpress_app::post::{PostService, SlugTarget};
use hexpress_app::{Error, Freshness};
use hexpress_domain::auth::Actor;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Page, PageRequest, Position, Search, Total, fold};
use hexpress_domain::post::{
    MonthlyPosts, PostFilter, PostHeadline, PostId, PostQuery, PostScope, PostSort, PostStatus,
    PostView, StatusCount,
};
use hexpress_domain::user::Role;

use crate::support::{Mocks, ada, draft, now, post_id, session, user_id};

/// A draft, a published, an archived and a deleted post of user number 1.
fn posts() -> [PostView; 4] {
    let post = |number, status, is_deleted: bool| {
        let mut view = draft();
        view.post.id = post_id(number);
        view.post.slug = format!("post-{number}").parse().unwrap();
        view.post.title = format!("Engine {}", number % 2).parse().unwrap();
        view.post.status = status;
        view.post.deleted_at = is_deleted.then(now);
        view
    };
    [
        post(1, PostStatus::Draft, false),
        post(2, PostStatus::Published, false),
        post(3, PostStatus::Archived, false),
        post(4, PostStatus::Published, true),
    ]
}

fn is_in_scope(view: &PostView, scope: PostScope) -> bool {
    match scope {
        PostScope::Published => view.post.status == PostStatus::Published,
        PostScope::PublishedOrBy(author) => {
            view.post.status == PostStatus::Published || view.post.author_id == author
        }
        PostScope::All => true,
    }
}

fn says(view: &PostView, search: &Search) -> bool {
    fold([view.post.title.as_str()]).contains(search.folded())
}

/// The use cases on a store that keeps what its port promises about these posts.
fn service() -> Arc<PostService> {
    store().services().posts
}

fn store() -> Mocks {
    let mut mocks = Mocks::with_user(&ada());
    mocks
        .posts
        .expect_find()
        .returning(|id, _| Ok(posts().into_iter().find(|view| view.post.id == id)));
    mocks.posts.expect_find_by_slug().returning(|slug| {
        let number = slug.as_str().rsplit('-').next().unwrap().to_owned();
        let mut live = posts().into_iter().filter(|view| view.post.is_live());
        Ok(live.find(|view| view.post.slug.as_str().ends_with(&number)))
    });
    mocks.posts.expect_list().returning(|scope, query| {
        let items: Vec<_> = posts()
            .into_iter()
            .filter(|view| view.post.is_live() == (query.filter.liveness == Liveness::Live))
            .filter(|view| is_in_scope(view, scope))
            .filter(|view| query.filter.search.as_ref().is_none_or(|s| says(view, s)))
            .filter(|view| match &query.page.position {
                Position::After(cursor) => view.post.id.as_uuid() > cursor.id,
                Position::Page(_) => true,
            })
            .collect();
        Ok(Page {
            total: Some(Total::Exactly(items.len().try_into().unwrap())),
            next: items.last().map(|last| query.sort.cursor(last)),
            items,
        })
    });
    mocks.posts.expect_latest_published().returning(|_, _| {
        let published = posts()
            .into_iter()
            .filter(|view| view.post.is_live() && view.post.status == PostStatus::Published);
        let headlines = published.map(|view| PostHeadline {
            id: view.post.id,
            title: view.post.title,
            slug: view.post.slug,
            published_at: now(),
        });
        Ok(headlines.collect())
    });
    mocks.posts.expect_count_by_status().returning(|_| {
        let live = posts().into_iter().filter(|view| view.post.is_live());
        let counts = live.map(|view| StatusCount {
            status: view.post.status,
            count: 1,
            total_views: 0,
        });
        Ok(counts.collect())
    });
    mocks.posts.expect_count_by_month().returning(|_, _| {
        Ok(vec![MonthlyPosts {
            month: now(),
            post_count: 1,
            total_views: 0,
        }])
    });
    mocks
}

/// Who asks, and which of the four posts they see: by id, by slug, and in lists.
type Row = (Actor, [bool; 4], [bool; 4], [bool; 3]);

#[rustfmt::skip]
fn table() -> [Row; 5] {
    const NO: bool = false;
    const YES: bool = true;
    [
        //                            by id: draft publ. arch. deleted  by slug               in lists: live
        (Actor::Anonymous,            [NO,  YES, NO,  NO ], [NO,  YES, NO,  NO], [NO,  YES, NO ]),
        (session(2, Role::User),      [NO,  YES, NO,  NO ], [NO,  YES, NO,  NO], [NO,  YES, NO ]),
        (session(1, Role::User),      [YES, YES, YES, NO ], [YES, YES, YES, NO], [YES, YES, YES]),
        (session(3, Role::Moderator), [YES, YES, YES, NO ], [YES, YES, YES, NO], [YES, YES, YES]),
        (session(4, Role::Admin),     [YES, YES, YES, YES], [YES, YES, YES, NO], [YES, YES, YES]),
    ]
}

#[tokio::test]
async fn by_id() {
    let service = service();
    for (actor, by_id, ..) in table() {
        for (view, expected) in posts().into_iter().zip(by_id) {
            let seen = match service.read(&actor, view.post.id, Freshness::Recent).await {
                Ok(post) => *post.view() == view,
                Err(Error::NotFound(_)) => false,
                Err(error) => panic!("{error}"),
            };
            assert_eq!(seen, expected, "{actor:?} {:?}", view.post);
        }
    }
}

#[tokio::test]
async fn by_slug_and_by_an_old_slug() {
    let service = service();
    for (actor, _, by_slug, _) in table() {
        for (view, expected) in posts().into_iter().zip(by_slug) {
            let present = view.post.slug.clone();
            let old = format!("old-{present}").parse().unwrap();
            for (slug, is_old) in [(present.clone(), false), (old, true)] {
                let seen = match service.read_by_slug(&actor, slug, Freshness::Recent).await {
                    Ok(SlugTarget::Post(post)) => !is_old && *post.view() == view,
                    Ok(SlugTarget::Moved(target)) => is_old && target == present,
                    Err(Error::NotFound(_)) => false,
                    Err(error) => panic!("{error}"),
                };
                assert_eq!(seen, expected, "{actor:?} {present} {is_old}");
            }
        }
    }
}

#[tokio::test]
async fn in_lists_searches_totals_and_cursors() {
    let service = service();
    let [first, ..] = posts();
    let everything = PostQuery::default();
    let search = PostQuery {
        filter: PostFilter {
            search: Search::parse("ENGINE 0").unwrap(),
            ..everything.filter.clone()
        },
        ..everything.clone()
    };
    let continued = PostQuery {
        page: PageRequest {
            position: Position::After(PostSort::CreatedAt.cursor(&first)),
            ..PageRequest::default()
        },
        ..everything.clone()
    };
    for (actor, _, _, live) in table() {
        let seen: Vec<PostView> = posts()
            .into_iter()
            .zip(live)
            .filter_map(|(view, is_seen)| is_seen.then_some(view))
            .collect();
        for (query, lies_in) in [
            (&everything, [true, true, true]),
            (&search, [false, true, false]),
            (&continued, [false, true, true]),
        ] {
            let expected: Vec<PostId> = seen
                .iter()
                .map(|view| view.post.id)
                .filter(|id| {
                    posts()
                        .iter()
                        .zip(lies_in)
                        .any(|(v, is)| is && v.post.id == *id)
                })
                .collect();
            let page = service.list(&actor, query.clone()).await.unwrap();
            let page = page.page();
            let items = page.items.iter().map(|view| view.post.id);
            assert_eq!(items.collect::<Vec<_>>(), expected, "{actor:?}");
            let total = u64::try_from(expected.len()).unwrap();
            assert_eq!(page.total, Some(Total::Exactly(total)), "{actor:?}");
            let last = expected.last().unwrap().as_uuid();
            assert_eq!(page.next.as_ref().unwrap().id, last, "{actor:?}");
        }
        let deleted = PostQuery {
            filter: PostFilter {
                liveness: Liveness::Deleted,
                ..PostFilter::default()
            },
            ..PostQuery::default()
        };
        let seen = match service.list(&actor, deleted).await {
            Ok(page) => page.page().items.len() == 1,
            Err(Error::Forbidden { .. } | Error::Unauthenticated) => false,
            Err(error) => panic!("{error}"),
        };
        assert_eq!(seen, actor.role() == Some(Role::Admin), "{actor:?}");
    }
}

#[tokio::test]
async fn in_profiles_and_statistics() {
    for (actor, ..) in table() {
        let profile = store().services().users.read(&actor, user_id(1)).await;
        let posts: Vec<_> = profile.unwrap().posts.iter().map(|post| post.id).collect();
        assert_eq!(posts, [post_id(2)], "{actor:?}");

        let statistics = async {
            store()
                .services()
                .users
                .statistics(&Permit::of(actor.clone())?, user_id(1))
                .await
        }
        .await;
        let counts = match statistics {
            Ok(counts) => Some(counts.iter().map(|count| count.count).collect::<Vec<_>>()),
            Err(Error::Forbidden { .. } | Error::Unauthenticated) => None,
            Err(error) => panic!("{error}"),
        };
        let is_staff = matches!(actor.role(), Some(Role::Moderator | Role::Admin));
        let is_told = actor.is(user_id(1)) || is_staff;
        assert_eq!(counts, is_told.then(|| vec![1, 1, 1]), "{actor:?}");

        let months = async {
            store()
                .services()
                .users
                .analytics(&Permit::of(actor.clone())?, user_id(1))
                .await
        }
        .await;
        assert_eq!(months.is_ok(), is_told, "{actor:?}");
    }
}
