use std::collections::BTreeSet;
use std::sync::Arc;

use hexpress_domain::post::{MadeSlug, NewSlug, Post, PostChange, PostStatus, Title};
use hexpress_domain::repository::RepositoryError;

use super::Blog;
use crate::promise::race;
use crate::samples::{draft, later, named, post_edit, post_restoration, published, renaming, slug};

fn is_duplicate<T>(outcome: &Result<T, RepositoryError>) -> bool {
    matches!(outcome, Err(RepositoryError::Duplicate(Post::UNIQUE_SLUG)))
}

pub(super) async fn of_a_hundred_racing_creations_with_one_title_each_gets_its_own_slug(
    stores: &Blog,
) {
    let author = stores.user().await;
    let outcomes = race((0..100).map(|_| {
        let posts = Arc::clone(&stores.posts);
        let record = draft(&author, "On Computing");
        async move { posts.insert(record).await }
    }))
    .await;
    let slugs: BTreeSet<_> = outcomes
        .into_iter()
        .map(|outcome| outcome.unwrap().post.slug.to_string())
        .collect();
    let expected: BTreeSet<_> = std::iter::once("on-computing".to_owned())
        .chain((2..=100).map(|number| format!("on-computing-{number}")))
        .collect();
    assert_eq!(slugs, expected);
}

pub(super) async fn a_made_slug_gives_way_to_a_named_one_that_is_faster(stores: &Blog) {
    let author = stores.user().await;
    let outcomes = race((0..40).map(|number| {
        let posts = Arc::clone(&stores.posts);
        let made = draft(&author, "On Computing");
        let record = match number % 2 {
            0 => made,
            _ => named(made, &format!("on-computing-{}", number / 2 + 2)),
        };
        async move { posts.insert(record).await }
    }))
    .await;
    let (stored, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert!(refused.iter().all(is_duplicate), "{refused:?}");
    let made = stored
        .iter()
        .filter(|outcome| !outcome.as_ref().unwrap().post.is_slug_named);
    assert_eq!(made.count(), 20);
}

pub(super) async fn a_named_slug_that_is_taken_is_a_duplicate(stores: &Blog) {
    let author = stores.user().await;
    let posts = &stores.posts;
    let first = stores.post(draft(&author, "On Computing")).await;
    let second = stores.post(draft(&author, "On Engines")).await;
    let outcome = posts
        .insert(named(draft(&author, "Other"), "on-computing"))
        .await;
    assert!(is_duplicate(&outcome), "{outcome:?}");
    let outcome = posts.change(second.post.id, renaming("on-computing")).await;
    assert!(is_duplicate(&outcome), "{outcome:?}");
    assert_eq!(stores.found(second.post.id).await, Some(second.clone()));

    stores.delete_post(first.post.id).await;
    let renamed = posts.change(second.post.id, renaming("on-computing")).await;
    assert_eq!(renamed.unwrap().post.slug, slug("on-computing"));
}

pub(super) async fn the_first_url_lands_after_any_number_of_renames(stores: &Blog) {
    let author = stores.user().await;
    let mut view = stores.post(published(&author, "On Computing")).await;
    let id = view.post.id;
    for name in ["one", "two", "three", "four", "five"] {
        view = stores
            .posts
            .change(view.post.id, renaming(name))
            .await
            .unwrap();
    }
    for name in ["on-computing", "one", "two", "three", "four", "five"] {
        let found = stores.posts.find_by_slug(slug(name)).await.unwrap();
        assert_eq!(found.as_ref(), Some(&view), "{name}");
    }
    // Back to a former one: it is no longer kept, but taken.
    view = stores
        .posts
        .change(view.post.id, renaming("two"))
        .await
        .unwrap();
    assert_eq!(stores.leads_to("five").await, Some(id));
    assert_eq!(stores.leads_to("two").await, Some(id));
    assert_eq!(view.post.slug, slug("two"));
}

pub(super) async fn a_slug_that_no_reader_knew_is_not_kept(stores: &Blog) {
    let author = stores.user().await;
    let view = stores.post(draft(&author, "On Computing")).await;
    stores
        .posts
        .change(view.post.id, renaming("engines"))
        .await
        .unwrap();
    assert_eq!(stores.leads_to("on-computing").await, None);
}

pub(super) async fn a_made_slug_avoids_kept_ones_and_a_named_one_takes_them_over(stores: &Blog) {
    let author = stores.user().await;
    let posts = &stores.posts;
    let first = stores.post(published(&author, "On Computing")).await;
    let renamed = posts
        .change(first.post.id, renaming("engines"))
        .await
        .unwrap();
    let made = stores.post(draft(&author, "On Computing")).await;
    assert_eq!(made.post.slug, slug("on-computing-2"));

    let other = stores
        .post(named(published(&author, "Other"), "on-computing"))
        .await;
    assert_eq!(stores.leads_to("on-computing").await, Some(other.post.id));
    // What was taken over is lost to the first, even when it is free again.
    stores.delete_post(other.post.id).await;
    assert_eq!(stores.leads_to("on-computing").await, None);
    assert_eq!(stores.leads_to("engines").await, Some(renamed.post.id));
}

pub(super) async fn a_draft_takes_no_address_of_a_published_post(stores: &Blog) {
    let author = stores.user().await;
    let posts = &stores.posts;
    let first = stores.post(published(&author, "On Computing")).await.post;
    posts.change(first.id, renaming("engines")).await.unwrap();
    let made_with_it = stores
        .post(named(draft(&author, "Other"), "on-computing"))
        .await;
    assert_eq!(stores.leads_to("on-computing").await, Some(first.id));
    stores.delete_post(made_with_it.post.id).await;
    let other = stores.post(draft(&author, "Another")).await.post;
    posts
        .change(other.id, renaming("on-computing"))
        .await
        .unwrap();
    assert_eq!(stores.leads_to("on-computing").await, Some(first.id));

    // Where the published one is not seen any more, nor missed.
    let status = |status| post_edit(move |change| change.post.status = status);
    posts
        .change(first.id, status(PostStatus::Archived))
        .await
        .unwrap();
    assert_eq!(stores.leads_to("on-computing").await, Some(other.id));
    posts
        .change(first.id, status(PostStatus::Published))
        .await
        .unwrap();
    assert_eq!(stores.leads_to("on-computing").await, Some(first.id));

    let publication = post_edit(|PostChange { post, .. }| {
        post.status = PostStatus::Published;
        post.published_at = Some(later());
    });
    posts.change(other.id, publication).await.unwrap();
    assert_eq!(stores.leads_to("on-computing").await, Some(other.id));
    stores.delete_post(other.id).await;
    assert_eq!(stores.leads_to("on-computing").await, None);
}

pub(super) async fn a_slug_leads_to_its_last_holder(stores: &Blog) {
    let author = stores.user().await;
    let posts = &stores.posts;
    let first = stores.post(published(&author, "On Computing")).await;
    posts.change(first.post.id, renaming("one")).await.unwrap();
    let second = stores
        .post(named(published(&author, "Other"), "on-computing"))
        .await;
    posts.change(second.post.id, renaming("two")).await.unwrap();
    assert_eq!(stores.leads_to("on-computing").await, Some(second.post.id));
}

pub(super) async fn a_slug_kept_for_a_deleted_post_leads_nowhere_and_is_kept(stores: &Blog) {
    let author = stores.user().await;
    let view = stores.post(published(&author, "On Computing")).await;
    stores
        .posts
        .change(view.post.id, renaming("engines"))
        .await
        .unwrap();
    stores.delete_post(view.post.id).await;
    assert_eq!(stores.leads_to("on-computing").await, None);
    let made = stores.post(draft(&author, "On Computing")).await;
    assert_eq!(made.post.slug, slug("on-computing-2"));
}

pub(super) async fn a_new_title_may_leave_the_post_its_own_number(stores: &Blog) {
    let author = stores.user().await;
    stores.post(draft(&author, "On Computing")).await;
    stores
        .post(draft(&author, "On Computing: a new Hope"))
        .await;
    let second = stores.post(draft(&author, "On Computing")).await;
    assert_eq!(second.post.slug, slug("on-computing-2"));
    let title: Title = "On Computing!".parse().unwrap();
    let edit = post_edit(move |change| {
        change.slug = Some(NewSlug::Made(MadeSlug::of_title(&title)));
        change.post.title = title.clone();
    });
    let changed = stores.posts.change(second.post.id, edit).await.unwrap();
    assert_eq!(changed.post.slug, slug("on-computing-2"));
}

pub(super) async fn a_restored_post_gives_way_to_whoever_has_its_slug_by_now(stores: &Blog) {
    let author = stores.user().await;
    let posts = &stores.posts;
    for (title, is_kept) in [("On Computing", false), ("On Engines", true)] {
        let first = stores.post(published(&author, title)).await;
        let name = first.post.slug.to_string();
        stores.delete_post(first.post.id).await;
        let second = stores.post(published(&author, title)).await;
        assert_eq!(second.post.slug, first.post.slug);
        if is_kept {
            posts
                .change(second.post.id, renaming("elsewhere"))
                .await
                .unwrap();
        }
        let restored = posts
            .change(first.post.id, post_restoration())
            .await
            .unwrap();
        assert_eq!(restored.post.slug, slug(&format!("{name}-2")));
        assert_eq!(stores.leads_to(&name).await, Some(second.post.id));
    }
}

/// The first holder is published and deleted, a draft gets its slug, and the first comes
/// back under another one.
pub(super) async fn a_restored_post_is_found_by_the_slug_that_only_it_was_known_by(stores: &Blog) {
    let author = stores.user().await;
    let posts = &stores.posts;
    for (title, name, is_known) in [
        ("On Computing", "on-computing", true),
        ("On Engines", "on-engines", false),
    ] {
        let record = if is_known { published } else { draft };
        let first = stores.post(record(&author, title)).await.post;
        stores.delete_post(first.id).await;
        let second = stores.post(draft(&author, title)).await;
        assert_eq!(second.post.slug, first.slug);
        let restored = posts.change(first.id, post_restoration()).await;
        assert_eq!(restored.unwrap().post.slug, slug(&format!("{name}-2")));

        let holder = if is_known { first.id } else { second.post.id };
        assert_eq!(stores.leads_to(name).await, Some(holder));
        let rename = renaming(&format!("no-{name}"));
        posts.change(second.post.id, rename).await.unwrap();
        assert_eq!(stores.leads_to(name).await, is_known.then_some(first.id));
    }
}

pub(super) async fn a_publication_ends_what_its_slug_was_kept_for(stores: &Blog) {
    let author = stores.user().await;
    let posts = &stores.posts;
    let first = stores.post(published(&author, "On Computing")).await.post;
    stores.delete_post(first.id).await;
    let second = stores.post(draft(&author, "On Computing")).await;
    posts.change(first.id, post_restoration()).await.unwrap();
    let publication = post_edit(|PostChange { post, .. }| {
        post.status = PostStatus::Published;
        post.published_at = Some(later());
    });
    posts.change(second.post.id, publication).await.unwrap();
    stores.delete_post(second.post.id).await;
    assert_eq!(stores.leads_to("on-computing").await, None);
}
