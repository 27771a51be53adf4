use std::sync::Arc;

use hexpress_domain::auth::CREDENTIALS_CHANGED;
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::post::{
    Author, LockedPost, NewSlug, Post, PostChange, PostId, PostRecord, PostStatus, PostView,
};
use hexpress_domain::repository::{Decide, RepositoryError};

use super::Blog;
use crate::promise::race;
use crate::samples::{
    deactivation, draft, is_refused, later, nothing, now, post_deletion, post_edit,
    post_restoration, published, refusal, renaming, slug, unknown, user_deletion,
};

const METADATA: &str = r#"{"b":[1.10,1e400,-0,12345678901234567890123],"a":"\u00e4","c":{}}"#;

pub(super) async fn what_is_stored_is_found(stores: &Blog) {
    let author = stores.user().await;
    let record = PostRecord {
        slug: NewSlug::Named(slug("crabs")),
        content: "  Ωmega 🦀\r\n\t".parse().unwrap(),
        excerpt: Some("In short".parse().unwrap()),
        metadata: METADATA.parse().unwrap(),
        ..published(&author, "李 and 🦀")
    };
    let stored = stores.post(record.clone()).await;
    let expected = PostView {
        post: Post {
            id: record.id,
            author_id: author.id,
            title: record.title,
            slug: slug("crabs"),
            is_slug_named: true,
            excerpt: record.excerpt,
            status: PostStatus::Published,
            published_at: Some(now()),
            metadata: record.metadata,
            version: Version::FIRST,
            created_at: now(),
            updated_at: now(),
            deleted_at: None,
        },
        content: Some(record.content),
        author: Author {
            id: author.id,
            name: author.name,
        },
        view_count: 0,
    };
    assert_eq!(stored, expected);
    let find = async |liveness| stores.posts.find(record.id, liveness).await.unwrap();
    assert_eq!(find(Liveness::Live).await, Some(expected.clone()));
    assert_eq!(find(Liveness::Any).await, Some(expected.clone()));
    assert_eq!(find(Liveness::Deleted).await, None);
    let by_slug = stores.posts.find_by_slug(slug("crabs")).await.unwrap();
    assert_eq!(by_slug, Some(expected));
    assert_eq!(stores.leads_to("crab").await, None);
}

pub(super) async fn the_longest_post_is_stored_and_found(stores: &Blog) {
    let author = stores.user().await;
    let metadata = format!(r#"{{"a":"{}"}}"#, "x".repeat(64 * 1024 - 8));
    let record = PostRecord {
        content: "🦀".repeat(1_000_000).parse().unwrap(),
        excerpt: Some("Ж".repeat(500).parse().unwrap()),
        metadata: metadata.parse().unwrap(),
        slug: NewSlug::Named(slug(&"a".repeat(250))),
        ..draft(&author, &"🦀".repeat(200))
    };
    let stored = stores.post(record.clone()).await;
    assert_eq!(stored.content, Some(record.content));
    assert_eq!(stored.post.metadata, record.metadata);
    assert_eq!(stores.leads_to(&"a".repeat(250)).await, Some(record.id));
}

pub(super) async fn only_a_live_and_active_author_gets_posts(stores: &Blog) {
    let (gone, inactive) = (stores.user().await, stores.user().await);
    let users = &stores.users;
    users.change(gone.id, user_deletion()).await.unwrap();
    users.change(inactive.id, deactivation()).await.unwrap();
    for author in [&gone, &inactive] {
        let outcome = stores.posts.insert(draft(author, "On Computing")).await;
        assert!(
            matches!(outcome, Err(RepositoryError::Conflict(CREDENTIALS_CHANGED))),
            "{outcome:?}"
        );
    }
}

pub(super) async fn a_change_is_stored_and_moves_the_version_by_one(stores: &Blog) {
    let author = stores.user().await;
    let view = stores.post(draft(&author, "On Computing")).await;
    stores.view(view.post.id, 3).await;
    let edit = post_edit(|PostChange { post, content, .. }| {
        post.title = "On Engines".parse().unwrap();
        post.excerpt = Some("".parse().unwrap());
        post.status = PostStatus::Published;
        post.published_at = Some(later());
        post.metadata = METADATA.parse().unwrap();
        *content = Some("Another text".parse().unwrap());
    });
    let id = view.post.id;
    let changed = stores.posts.change(id, edit).await.unwrap();
    let expected = PostView {
        post: Post {
            title: "On Engines".parse().unwrap(),
            excerpt: Some("".parse().unwrap()),
            status: PostStatus::Published,
            published_at: Some(later()),
            metadata: METADATA.parse().unwrap(),
            version: Version::new(2),
            updated_at: later(),
            ..view.post
        },
        content: Some("Another text".parse().unwrap()),
        author: view.author,
        view_count: 3,
    };
    assert_eq!(changed, expected);
    assert_eq!(stores.found(id).await, Some(expected.clone()));
    let back = post_edit(|change| change.post.excerpt = None);
    let changed = stores.posts.change(id, back).await.unwrap();
    assert_eq!(changed.post.excerpt, None);
    assert_eq!(changed.content, expected.content);
    assert_eq!(stores.found(id).await, Some(changed));
}

pub(super) async fn of_racing_decisions_none_is_lost(stores: &Blog) {
    let author = stores.user().await;
    let view = stores.post(published(&author, "On Computing")).await;
    let id = view.post.id;
    let outcomes = race((0..20).map(|number| {
        let posts = Arc::clone(&stores.posts);
        let rename = renaming(&format!("name-{number}"));
        async move { posts.change(id, rename).await }
    }))
    .await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let found = stores.found(id).await.unwrap();
    assert_eq!(found.post.version, Version::new(21));
    // Each kept the slug that the one before had given.
    assert_eq!(stores.leads_to("on-computing").await, Some(id));
    for number in 0..20 {
        let name = format!("name-{number}");
        assert_eq!(stores.leads_to(&name).await, Some(id), "{name}");
    }
}

pub(super) async fn racing_decisions_are_taken_on_the_content_that_is_there(stores: &Blog) {
    let author = stores.user().await;
    let id = stores.post(draft(&author, "On Computing")).await.post.id;
    let addition: Decide<LockedPost, PostChange> =
        Arc::new(|LockedPost { post, content, .. }| {
            let content = format!("{} and again", content.as_str());
            Ok(Some(PostChange {
                post: Post {
                    version: post.version.next(),
                    ..post.clone()
                },
                slug: None,
                keeps_former_slug: false,
                content: Some(content.parse()?),
            }))
        });
    let outcomes = race((0..20).map(|_| {
        let (posts, addition) = (Arc::clone(&stores.posts), Arc::clone(&addition));
        async move { posts.change(id, addition).await }
    }));
    assert!(outcomes.await.iter().all(Result::is_ok));
    let found = stores.found(id).await.unwrap();
    let expected = format!("Once upon a time{}", " and again".repeat(20));
    assert_eq!(found.content.unwrap().as_str(), expected);
}

pub(super) async fn a_decision_that_refuses_or_says_nothing_changes_nothing(stores: &Blog) {
    let author = stores.user().await;
    let posts = &stores.posts;
    let view = stores.post(draft(&author, "On Computing")).await;
    let id = view.post.id;
    assert_eq!(posts.change(id, nothing()).await.unwrap(), view);
    let refused = posts.change(id, refusal()).await;
    assert!(is_refused(&refused), "{refused:?}");
    assert_eq!(stores.found(id).await, Some(view));
    let deleted = posts.change(id, post_deletion()).await.unwrap();
    assert_eq!(posts.change(id, nothing()).await.unwrap(), deleted);
    let refused = posts.change(id, refusal()).await;
    assert!(is_refused(&refused), "{refused:?}");
    assert_eq!(stores.found(id).await, Some(deleted));
    for decide in [post_deletion(), post_restoration(), nothing()] {
        let outcome = posts.change(PostId::new(unknown()), decide).await;
        assert!(matches!(outcome, Err(RepositoryError::NotFound)));
    }
}

pub(super) async fn a_deleted_post_is_out_of_sight_until_it_is_restored(stores: &Blog) {
    let author = stores.user().await;
    let view = stores.post(published(&author, "On Computing")).await;
    let id = view.post.id;
    stores.delete_post(id).await;
    let find = async |liveness| stores.posts.find(id, liveness).await.unwrap();
    assert_eq!(find(Liveness::Live).await, None);
    assert_eq!(stores.leads_to("on-computing").await, None);
    let deleted = find(Liveness::Deleted).await.unwrap();
    let expected = Post {
        version: Version::new(2),
        updated_at: later(),
        deleted_at: Some(later()),
        ..view.post.clone()
    };
    assert_eq!(deleted.post, expected);

    let posts = &stores.posts;
    let restored = posts.change(id, post_restoration()).await.unwrap();
    let expected = PostView {
        post: Post {
            version: Version::new(3),
            updated_at: later(),
            ..view.post
        },
        ..view
    };
    assert_eq!(restored, expected);
    assert_eq!(stores.leads_to("on-computing").await, Some(id));
}
