use std::sync::Arc;

use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::post::PostId;
use hexpress_domain::post::{Author, NewSlug, Post, PostChange, PostRecord, PostStatus, PostView};
use hexpress_domain::repository::{Conflict, RepositoryError};

use super::Blog;
use crate::promise::race;
use crate::samples::{
    deactivation, draft, later, now, post_change, published, renaming, slug, unknown,
};

const METADATA: &str = r#"{"b":[1.10,1e400,-0,12345678901234567890123],"a":"\u00e4","c":{}}"#;

fn is_conflict<T>(outcome: &Result<T, RepositoryError>, conflict: Conflict) -> bool {
    matches!(outcome, Err(RepositoryError::Conflict(found)) if *found == conflict)
}

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
    users.delete(gone.id, gone.version, later()).await.unwrap();
    users.change(deactivation(&inactive)).await.unwrap();
    for author in [&gone, &inactive] {
        let outcome = stores.posts.insert(draft(author, "On Computing")).await;
        assert!(
            is_conflict(&outcome, Conflict::CredentialsChanged),
            "{outcome:?}"
        );
    }
}

pub(super) async fn a_change_is_stored_and_moves_the_version_by_one(stores: &Blog) {
    let author = stores.user().await;
    let view = stores.post(draft(&author, "On Computing")).await;
    stores.view(view.post.id, 3).await;
    let change = PostChange {
        title: "On Engines".parse().unwrap(),
        content: "Another text".parse().unwrap(),
        excerpt: Some("".parse().unwrap()),
        status: PostStatus::Published,
        published_at: Some(later()),
        metadata: METADATA.parse().unwrap(),
        ..post_change(&view)
    };
    let changed = stores.posts.change(change.clone()).await.unwrap();
    let expected = PostView {
        post: Post {
            title: change.title,
            excerpt: change.excerpt,
            status: PostStatus::Published,
            published_at: Some(later()),
            metadata: change.metadata,
            version: Version::new(2),
            updated_at: later(),
            ..view.post
        },
        content: Some(change.content),
        author: view.author,
        view_count: 3,
    };
    assert_eq!(changed, expected);
    assert_eq!(stores.found(change.id).await, Some(expected));
    let back = PostChange {
        excerpt: None,
        ..post_change(&changed)
    };
    let changed = stores.posts.change(back).await.unwrap();
    assert_eq!(changed.post.excerpt, None);
}

pub(super) async fn of_racing_changes_that_saw_one_version_one_succeeds(stores: &Blog) {
    let author = stores.user().await;
    let view = stores.post(published(&author, "On Computing")).await;
    let outcomes = race((0..20).map(|number| {
        let posts = Arc::clone(&stores.posts);
        let change = renaming(&view, &format!("name-{number}"));
        async move { posts.change(change).await }
    }))
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let is_stale =
        |outcome: &&Result<_, RepositoryError>| matches!(outcome, Err(RepositoryError::Stale));
    assert_eq!(outcomes.iter().filter(is_stale).count(), 19);
    // Those that lost have kept nothing.
    assert_eq!(stores.leads_to("on-computing").await, Some(view.post.id));
    let mut led = 0;
    for number in 0..20 {
        led += usize::from(stores.leads_to(&format!("name-{number}")).await.is_some());
    }
    assert_eq!(led, 1);
}

pub(super) async fn a_write_that_finds_no_row_says_why(stores: &Blog) {
    let author = stores.user().await;
    let posts = &stores.posts;
    let view = stores.post(draft(&author, "On Computing")).await;
    let (id, first) = (view.post.id, view.post.version);
    let unknown = PostId::new(unknown());
    let change = |id, seen| PostChange {
        id,
        seen,
        ..post_change(&view)
    };

    let other = Version::new(7);
    assert!(matches!(
        posts.change(change(id, other)).await,
        Err(RepositoryError::Stale)
    ));
    assert!(matches!(
        posts.delete(id, other, later()).await,
        Err(RepositoryError::Stale)
    ));
    let outcome = posts.restore(id, first, later()).await;
    assert!(is_conflict(&outcome, Conflict::NotDeleted), "{outcome:?}");

    posts.delete(id, first, later()).await.unwrap();
    assert!(matches!(
        posts.restore(id, first, later()).await,
        Err(RepositoryError::Stale)
    ));
    for id in [id, unknown] {
        assert!(matches!(
            posts.change(change(id, Version::new(2))).await,
            Err(RepositoryError::NotFound)
        ));
        assert!(matches!(
            posts.delete(id, Version::new(2), later()).await,
            Err(RepositoryError::NotFound)
        ));
    }
    assert!(matches!(
        posts.restore(unknown, first, later()).await,
        Err(RepositoryError::NotFound)
    ));
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
    let restored = posts.restore(id, Version::new(2), later()).await.unwrap();
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
