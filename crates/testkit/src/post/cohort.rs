//! The posts of a user who is deleted and restored.

use std::sync::Arc;

use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::list::Total;
use hexpress_domain::post::{PostQuery, PostScope};
use hexpress_domain::repository::{Conflict, RepositoryError};
use hexpress_domain::user::User;

use super::Blog;
use crate::promise::race;
use crate::samples::{batch, draft, later, named, post_change, published, renaming, slug};

async fn delete(stores: &Blog, user: &User) {
    let users = &stores.users;
    users.delete(user.id, user.version, later()).await.unwrap();
}

async fn restore(stores: &Blog, user: &User) {
    let users = &stores.users;
    let deleted = users.find(user.id, Liveness::Deleted).await.unwrap();
    let version = deleted.unwrap().version;
    users.restore(user.id, version, later()).await.unwrap();
}

pub(super) async fn a_user_takes_live_posts_along_and_brings_those_back(stores: &Blog) {
    let (author, other) = (stores.user().await, stores.user().await);
    let before = stores.post(draft(&author, "Deleted before")).await.post.id;
    stores.delete_post(before).await;
    let mine = stores.post(published(&author, "Mine")).await;
    let yours = stores.post(published(&other, "Yours")).await;

    delete(stores, &author).await;
    let gone = stores.found(mine.post.id).await.unwrap();
    assert_eq!(gone.post.deleted_at, Some(later()));
    assert_eq!(gone.post.updated_at, later());
    assert_eq!(gone.post.version, Version::new(2));
    assert_eq!(stores.leads_to("mine").await, None);
    assert_eq!(stores.found(yours.post.id).await, Some(yours));
    let deleted_before = stores.found(before).await.unwrap();
    assert_eq!(deleted_before.post.version, Version::new(2));

    let posts = &stores.posts;
    let outcome = posts
        .restore(gone.post.id, gone.post.version, later())
        .await;
    assert!(matches!(
        outcome,
        Err(RepositoryError::Conflict(Conflict::AuthorDeleted))
    ));

    restore(stores, &author).await;
    let back = stores.found(mine.post.id).await.unwrap();
    assert_eq!(back.post.deleted_at, None);
    assert_eq!(back.post.version, Version::new(3));
    assert_eq!(back.post.slug, slug("mine"));
    assert_eq!(stores.found(before).await, Some(deleted_before));

    // The second cohort is what is live then, not what was the first.
    stores.delete_post(mine.post.id).await;
    let author = stores.users.find(author.id, Liveness::Live).await.unwrap();
    delete(stores, &author.clone().unwrap()).await;
    restore(stores, &author.unwrap()).await;
    let still = stores.found(mine.post.id).await.unwrap();
    assert!(still.post.deleted_at.is_some());
}

pub(super) async fn posts_that_come_back_give_way_to_whoever_has_their_slugs(stores: &Blog) {
    let (author, other) = (stores.user().await, stores.user().await);
    let mut mine = Vec::new();
    for title in ["Alpha", "Beta", "Gamma", "Beta"] {
        mine.push(stores.post(published(&author, title)).await.post.id);
    }
    delete(stores, &author).await;
    let alpha = stores.post(published(&other, "Alpha")).await;
    let beta = stores.post(published(&other, "Beta")).await;
    let posts = &stores.posts;
    posts.change(renaming(&beta, "elsewhere")).await.unwrap();

    restore(stores, &author).await;
    let mut slugs = Vec::new();
    for id in mine {
        slugs.push(stores.found(id).await.unwrap().post.slug.to_string());
    }
    assert_eq!(slugs, ["alpha-2", "beta-3", "gamma", "beta-2"]);
    assert_eq!(stores.leads_to("alpha").await, Some(alpha.post.id));
    assert_eq!(stores.leads_to("beta").await, Some(beta.post.id));
}

pub(super) async fn posts_that_come_back_are_found_by_the_slugs_that_only_they_were_known_by(
    stores: &Blog,
) {
    let (author, other) = (stores.user().await, stores.user().await);
    let alpha = stores.post(published(&author, "Alpha")).await.post.id;
    stores.post(draft(&author, "Beta")).await;
    delete(stores, &author).await;
    let mut drafts = Vec::new();
    for title in ["Alpha", "Beta"] {
        drafts.push(stores.post(draft(&other, title)).await.post.id);
    }
    restore(stores, &author).await;
    assert_eq!(stores.leads_to("alpha-2").await, Some(alpha));
    for id in drafts {
        stores.delete_post(id).await;
    }
    assert_eq!(stores.leads_to("alpha").await, Some(alpha));
    assert_eq!(stores.leads_to("beta").await, None);
}

pub(super) async fn after_racing_creations_and_a_deletion_no_post_is_live(stores: &Blog) {
    let author = stores.user().await;
    for _ in 0..5 {
        let author = stores.users.find(author.id, Liveness::Any).await;
        let author = author.unwrap().unwrap();
        let outcomes = race((0..12).map(|number| {
            let (posts, users) = (Arc::clone(&stores.posts), Arc::clone(&stores.users));
            let record = draft(&author, "On Computing");
            let (id, version) = (author.id, author.version);
            async move {
                match number {
                    6 => users.delete(id, version, later()).await.map(|()| None),
                    _ => posts.insert(record).await.map(Some),
                }
            }
        }))
        .await;
        for outcome in outcomes {
            assert!(matches!(
                outcome,
                Ok(_) | Err(RepositoryError::Conflict(Conflict::CredentialsChanged))
            ));
        }
        let live = stores.posts.list(PostScope::All, PostQuery::default());
        assert_eq!(live.await.unwrap().total, Some(Total::Exactly(0)));
        restore(stores, &author).await;
    }
}

pub(super) async fn no_view_is_lost_when_deletions_changes_and_views_race(stores: &Blog) {
    let author = stores.user().await;
    let mut views = Vec::new();
    for number in 0..30 {
        let record = named(
            published(&author, "On Computing"),
            &format!("post-{number}"),
        );
        views.push(stores.post(record).await);
    }
    let mut read: Vec<_> = views.iter().map(|view| (view.post.id, 1)).collect();
    read.reverse();
    for round in 0..3 {
        let user = stores.users.find(author.id, Liveness::Any).await;
        let user = user.unwrap().unwrap();
        let outcomes = race((0..16).map(|number: usize| {
            let (posts, users) = (Arc::clone(&stores.posts), Arc::clone(&stores.users));
            let counts = Arc::clone(&stores.views);
            let (id, version) = (user.id, user.version);
            let change = post_change(&views[number]);
            let read = read.clone();
            async move {
                match number {
                    8 => users.delete(id, version, later()).await,
                    _ if number.is_multiple_of(2) => counts.add(batch(&read)).await,
                    _ => posts.change(change).await.map(drop),
                }
            }
        }))
        .await;
        for outcome in outcomes {
            assert!(
                matches!(
                    outcome,
                    Ok(()) | Err(RepositoryError::NotFound | RepositoryError::Stale)
                ),
                "{outcome:?}"
            );
        }
        restore(stores, &author).await;
        for view in &mut views {
            *view = stores.found(view.post.id).await.unwrap();
            assert_eq!(view.view_count, 7 * (round + 1));
        }
    }
}
