//! The posts of a user who is deleted and restored.

use std::sync::Arc;

use hexpress_domain::auth::CREDENTIALS_CHANGED;
use hexpress_domain::entity::Version;
use hexpress_domain::list::Total;
use hexpress_domain::post::{LockedPost, PostChange, PostQuery, PostScope};
use hexpress_domain::repository::{Decide, Refusal, RepositoryError};
use hexpress_domain::user::User;

use super::Blog;
use crate::promise::race;
use crate::samples::{
    batch, draft, is_refused, later, named, post_edit, published, renaming, slug, user_deletion,
    user_restoration,
};

async fn delete(stores: &Blog, user: &User) {
    stores.users.change(user.id, user_deletion()).await.unwrap();
}

async fn restore(stores: &Blog, user: &User) {
    let restoration = stores.users.change(user.id, user_restoration());
    restoration.await.unwrap();
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

    for id in [gone.post.id, before] {
        let looking: Decide<LockedPost, PostChange> =
            Arc::new(|locked| match locked.is_author_deleted {
                true => Err(Refusal::from("the author is deleted")),
                false => Ok(None),
            });
        assert!(is_refused(&stores.posts.change(id, looking).await));
    }

    restore(stores, &author).await;
    let back = stores.found(mine.post.id).await.unwrap();
    assert_eq!(back.post.deleted_at, None);
    assert_eq!(back.post.version, Version::new(3));
    assert_eq!(back.post.slug, slug("mine"));
    assert_eq!(stores.found(before).await, Some(deleted_before));

    // The second deletion takes what is live then, not what the first one took.
    stores.delete_post(mine.post.id).await;
    delete(stores, &author).await;
    restore(stores, &author).await;
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
    let elsewhere = renaming("elsewhere");
    posts.change(beta.post.id, elsewhere).await.unwrap();

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
        let outcomes = race((0..12).map(|number| {
            let (posts, users) = (Arc::clone(&stores.posts), Arc::clone(&stores.users));
            let record = draft(&author, "On Computing");
            let id = author.id;
            async move {
                match number {
                    6 => users.change(id, user_deletion()).await.map(|_| None),
                    _ => posts.insert(record).await.map(Some),
                }
            }
        }))
        .await;
        for outcome in outcomes {
            assert!(matches!(
                outcome,
                Ok(_) | Err(RepositoryError::Conflict(CREDENTIALS_CHANGED))
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
        let outcomes = race((0..16).map(|number: usize| {
            let (posts, users) = (Arc::clone(&stores.posts), Arc::clone(&stores.users));
            let counts = Arc::clone(&stores.views);
            let (author, post) = (author.id, views[number].post.id);
            let read = read.clone();
            async move {
                match number {
                    8 => users.change(author, user_deletion()).await.map(drop),
                    _ if number.is_multiple_of(2) => counts.add(batch(&read)).await,
                    _ => posts.change(post, post_edit(|_| {})).await.map(drop),
                }
            }
        }))
        .await;
        for outcome in outcomes {
            assert!(outcome.is_ok(), "{outcome:?}");
        }
        restore(stores, &author).await;
        for view in &mut views {
            *view = stores.found(view.post.id).await.unwrap();
            assert_eq!(view.view_count, 7 * (round + 1));
        }
    }
}
