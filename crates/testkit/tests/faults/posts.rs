use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hexpress_domain::auth::CREDENTIALS_CHANGED;
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::list::{Page, Position, Total};
use hexpress_domain::post::{
    LockedPost, MadeSlug, Metadata, MonthlyPosts, NewSlug, PostChange, PostHeadline, PostId,
    PostQuery, PostRecord, PostRepository, PostScope, PostSort, PostStatus, PostView, Slug,
    StatusCount,
};
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::UserId;
use hexpress_testkit::memory::MemoryStore;
use hexpress_testkit::post::{Blog, PROMISES};
use hexpress_testkit::samples::slug;

use crate::views::FaultyViews;
use crate::{assert_found, misled, spoiled};

struct FaultyPosts {
    posts: Arc<MemoryStore>,
    /// The first post that got each slug.
    first_holders: Mutex<HashMap<Slug, PostId>>,
    fault: &'static str,
}

/// A blog with this fault.
pub async fn blog(fault: &'static str) -> (Blog, ()) {
    let store = Arc::new(MemoryStore::default());
    let blog = Blog {
        users: store.clone(),
        views: Arc::new(FaultyViews {
            store: store.clone(),
            fault,
        }),
        posts: Arc::new(FaultyPosts {
            posts: store,
            first_holders: Mutex::default(),
            fault,
        }),
    };
    (blog, ())
}

#[tokio::test(start_paused = true)]
async fn each_is_found_by_the_name_of_its_promise() {
    assert_found(PROMISES, false, blog).await;
}

#[tokio::test(start_paused = true)]
async fn slow_each_is_found_by_the_name_of_its_promise() {
    assert_found(PROMISES, true, blog).await;
}

/// The slug without its number.
fn without_number(view: PostView) -> PostView {
    let text = view.post.slug.as_str();
    let plain = text.trim_end_matches(|character: char| character.is_ascii_digit());
    let plain = slug(plain.trim_end_matches('-'));
    let post = hexpress_domain::post::Post {
        slug: plain,
        ..view.post
    };
    PostView { post, ..view }
}

impl FaultyPosts {
    fn posts(&self) -> &dyn PostRepository {
        &*self.posts
    }

    async fn present(&self, id: PostId) -> Option<PostView> {
        self.posts().find(id, Liveness::Any).await.unwrap()
    }

    /// What becomes of a slug that is to be made.
    async fn spoiled(&self, made: MadeSlug) -> NewSlug {
        let plain = made.plain().clone();
        let leads_to = self.posts().find_by_slug(plain.clone()).await.unwrap();
        let is_spoiled = match self.fault {
            "of_a_hundred_racing_creations_with_one_title_each_gets_its_own_slug" => true,
            "a_made_slug_avoids_kept_ones_and_a_named_one_takes_them_over" => {
                leads_to.is_some_and(|view| view.post.slug != plain)
            }
            "a_slug_kept_for_a_deleted_post_leads_nowhere_and_is_kept" => leads_to.is_none(),
            _ => false,
        };
        match is_spoiled {
            true => NewSlug::Named(plain),
            false => NewSlug::Made(made),
        }
    }
}

#[async_trait]
impl PostRepository for FaultyPosts {
    async fn insert(&self, mut post: PostRecord) -> Result<PostView, RepositoryError> {
        match self.fault {
            "what_is_stored_is_found" => post.excerpt = None,
            "the_longest_post_is_stored_and_found" => {
                let cut: String = post.content.as_str().chars().take(65_535).collect();
                post.content = cut.try_into().unwrap();
            }
            _ => {}
        }
        if let NewSlug::Made(made) = post.slug {
            post.slug = self.spoiled(made).await;
        }
        let mut again = post.clone();
        let outcome = self.posts().insert(post).await;
        match (self.fault, outcome) {
            (
                "only_a_live_and_active_author_gets_posts"
                | "after_racing_creations_and_a_deletion_no_post_is_live",
                Err(RepositoryError::Conflict(CREDENTIALS_CHANGED)),
            ) => Err(RepositoryError::MissingReference),
            (
                "a_made_slug_gives_way_to_a_named_one_that_is_faster",
                Err(RepositoryError::Duplicate(_)),
            ) => {
                if let NewSlug::Named(slug) = again.slug {
                    again.slug = NewSlug::Made(slug.into());
                }
                self.posts().insert(again).await
            }
            ("a_named_slug_that_is_taken_is_a_duplicate", Err(RepositoryError::Duplicate(_))) => {
                Err(RepositoryError::NotFound)
            }
            (_, Ok(view)) => {
                let mut holders = self.first_holders.lock().unwrap();
                let slug = view.post.slug.clone();
                holders.entry(slug).or_insert(view.post.id);
                Ok(view)
            }
            (_, outcome) => outcome,
        }
    }

    async fn find(
        &self,
        id: PostId,
        mut liveness: Liveness,
    ) -> Result<Option<PostView>, RepositoryError> {
        if self.fault == "a_deleted_post_is_out_of_sight_until_it_is_restored" {
            liveness = Liveness::Any;
        }
        let found = self.posts().find(id, liveness).await?;
        Ok(match self.fault {
            "posts_that_come_back_give_way_to_whoever_has_their_slugs" => found.map(without_number),
            _ => found,
        })
    }

    async fn find_by_slug(&self, slug: Slug) -> Result<Option<PostView>, RepositoryError> {
        let found = self.posts().find_by_slug(slug.clone()).await?;
        match self.fault {
            "the_first_url_lands_after_any_number_of_renames" => Ok(found.filter(|view| {
                // Only where it was the last one but one.
                view.post.slug == slug || view.post.version <= Version::new(2)
            })),
            "a_slug_leads_to_its_last_holder" => {
                let first = self.first_holders.lock().unwrap().get(&slug).copied();
                match first {
                    Some(first) => self.posts().find(first, Liveness::Live).await,
                    None => Ok(found),
                }
            }
            "a_draft_takes_no_address_of_a_published_post"
            | "a_restored_post_is_found_by_the_slug_that_only_it_was_known_by"
            | "posts_that_come_back_are_found_by_the_slugs_that_only_they_were_known_by" => {
                Ok(found.filter(|view| view.post.slug == slug))
            }
            "a_publication_ends_what_its_slug_was_kept_for" if found.is_none() => {
                let first = self.first_holders.lock().unwrap().get(&slug).copied();
                match first {
                    Some(first) => self.posts().find(first, Liveness::Live).await,
                    None => Ok(None),
                }
            }
            _ => Ok(found),
        }
    }

    async fn list(
        &self,
        mut scope: PostScope,
        mut query: PostQuery,
    ) -> Result<Page<PostView>, RepositoryError> {
        let is_continued = matches!(query.page.position, Position::After(_));
        match self.fault {
            "every_order_is_total_and_cursors_walk_it" if query.sort == PostSort::Title => {
                query.sort = PostSort::CreatedAt;
            }
            "scopes_and_filters_hold_for_rows_totals_and_cursors" => {
                if matches!(scope, PostScope::PublishedOrBy(_)) {
                    scope = PostScope::Published;
                }
            }
            "deleted_posts_are_listed_in_the_scope_of_all_alone"
                if query.filter.liveness == Liveness::Deleted =>
            {
                scope = PostScope::All;
            }
            "slow_a_page_with_content_ends_before_it_is_too_long" => {
                query.filter.with_content = false;
            }
            "lists_leave_out_what_was_not_asked_for" => query.filter.with_content = true,
            "a_search_matches_anywhere_in_title_and_content" => {
                // As a pattern of SQL.
                query.filter.search = query.filter.search.filter(|search| search.folded() != "%");
            }
            "the_beginning_of_a_content_is_searched" => query.filter.search = None,
            _ => {}
        }
        let mut page = self.posts().list(scope, query).await?;
        match self.fault {
            "page_numbers_past_the_end_are_empty_with_the_true_total" if page.items.is_empty() => {
                page.total = Some(Total::Exactly(0));
            }
            "a_walk_neither_skips_nor_repeats_while_another_task_comes_and_goes"
                if is_continued && !page.items.is_empty() =>
            {
                page.items.remove(0);
            }
            "slow_a_search_counts_no_further_than_its_bound" => {
                page.total = page.total.map(|total| match total {
                    Total::Exactly(count) | Total::MoreThan(count) => Total::Exactly(count),
                });
            }
            _ => {}
        }
        Ok(page)
    }

    async fn change(
        &self,
        id: PostId,
        decide: Decide<LockedPost, PostChange>,
    ) -> Result<PostView, RepositoryError> {
        let before = self.present(id).await;
        let was_deleted = before.as_ref().is_some_and(|view| !view.post.is_live());
        let decide = match (self.fault, before) {
            ("a_change_is_stored_and_moves_the_version_by_one", _) => {
                spoiled(decide, |_, change| {
                    let mut change = change?;
                    change.post.metadata = Metadata::default();
                    Some(change)
                })
            }
            ("a_search_finds_what_a_change_made_of_a_row_within_the_scope", _) => {
                spoiled(decide, |_, change| {
                    Some(PostChange {
                        content: None,
                        ..change?
                    })
                })
            }
            ("a_decision_that_refuses_or_says_nothing_changes_nothing", _) => {
                spoiled(decide, |LockedPost { post, .. }, change| {
                    change.or_else(|| Some(post.deletion(post.updated_at)))
                })
            }
            ("of_racing_decisions_none_is_lost", Some(view)) => {
                // Reads without a lock.
                tokio::task::yield_now().await;
                misled(decide, move |locked| LockedPost {
                    post: view.post.clone(),
                    ..locked.clone()
                })
            }
            ("racing_decisions_are_taken_on_the_content_that_is_there", Some(view)) => {
                // As where a row beside the locked one is read with it.
                tokio::task::yield_now().await;
                misled(decide, move |locked| LockedPost {
                    content: view.content.clone().unwrap(),
                    ..locked.clone()
                })
            }
            ("a_slug_that_no_reader_knew_is_not_kept", _) => spoiled(decide, |_, change| {
                Some(PostChange {
                    keeps_former_slug: true,
                    ..change?
                })
            }),
            ("a_new_title_may_leave_the_post_its_own_number", _) => spoiled(decide, |_, change| {
                let mut change = change?;
                if let Some(NewSlug::Made(made)) = &change.slug {
                    let number = slug(&format!("{}-9", made.stem()));
                    change.slug = Some(NewSlug::Named(number));
                }
                Some(change)
            }),
            ("a_user_takes_live_posts_along_and_brings_those_back", _) => {
                misled(decide, |locked| LockedPost {
                    is_author_deleted: false,
                    ..locked.clone()
                })
            }
            _ => decide,
        };
        let changed = self.posts().change(id, decide).await?;
        Ok(match self.fault {
            "a_restored_post_gives_way_to_whoever_has_its_slug_by_now" if was_deleted => {
                without_number(changed)
            }
            _ => changed,
        })
    }

    async fn latest_published(
        &self,
        author_id: UserId,
        limit: u8,
    ) -> Result<Vec<PostHeadline>, RepositoryError> {
        let mut latest = self.posts().latest_published(author_id, limit).await?;
        if self.fault == "the_latest_are_those_published_last" {
            latest.reverse();
        }
        Ok(latest)
    }

    async fn count_by_status(
        &self,
        author_id: UserId,
    ) -> Result<Vec<StatusCount>, RepositoryError> {
        let mut counts = self.posts().count_by_status(author_id).await?;
        if self.fault == "statuses_are_counted_with_their_views" {
            counts.retain(|count| count.status != PostStatus::Archived);
        }
        Ok(counts)
    }

    async fn count_by_month(
        &self,
        author_id: UserId,
        mut months: u8,
    ) -> Result<Vec<MonthlyPosts>, RepositoryError> {
        if self.fault == "months_are_those_of_utc_and_of_published_posts" {
            months += 1;
        }
        self.posts().count_by_month(author_id, months).await
    }
}
