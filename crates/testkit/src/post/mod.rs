//! What is promised of posts, their slugs, their views, and what becomes of them with
//! their author.

mod deleted_with_author;
mod list;
mod search;
mod slugs;
mod statistics;
pub mod view;
mod writes;

use std::sync::Arc;

use hexpress_app::Ports;
use hexpress_domain::entity::Liveness;
use hexpress_domain::post::PostId;
use hexpress_domain::post::{PostRecord, PostRepository, PostView, ViewRepository};
use hexpress_domain::user::{Role, User, UserRepository};

use crate::promise::promises;
use crate::samples::{batch, post_deletion, slug};
use crate::user::sign_up;

/// Posts, their authors and the counts of their views, in one store that holds nothing.
pub struct Blog {
    /// The authors.
    pub users: Arc<dyn UserRepository>,
    /// Their posts.
    pub posts: Arc<dyn PostRepository>,
    /// What counts views.
    pub views: Arc<dyn ViewRepository>,
}

impl From<&Ports> for Blog {
    fn from(ports: &Ports) -> Self {
        Self {
            users: Arc::clone(&ports.users),
            posts: Arc::clone(&ports.posts),
            views: Arc::clone(&ports.view_batches),
        }
    }
}

promises! {
    /// Makes a test of each promise of a [`PostRepository`] with its authors and views.
    ///
    /// Takes a function `async fn() -> (Blog, G)`.
    ///
    /// [`PostRepository`]: hexpress_domain::post::PostRepository
    post_promises of post;
    /// What a [`PostRepository`] promises, and a [`UserRepository`] of the posts of its
    /// users.
    for Blog {
        writes {
            what_is_stored_is_found,
            the_longest_post_is_stored_and_found,
            only_a_live_and_active_author_gets_posts,
            a_change_is_stored_and_moves_the_version_by_one,
            of_racing_decisions_none_is_lost,
            racing_decisions_are_taken_on_the_content_that_is_there,
            a_decision_that_refuses_or_says_nothing_changes_nothing,
            a_deleted_post_is_out_of_sight_until_it_is_restored,
        }
        slugs {
            of_a_hundred_racing_creations_with_one_title_each_gets_its_own_slug,
            a_made_slug_gives_way_to_a_named_one_that_is_faster,
            a_named_slug_that_is_taken_is_a_duplicate,
            the_first_url_lands_after_any_number_of_renames,
            a_slug_that_no_reader_knew_is_not_kept,
            a_made_slug_avoids_kept_ones_and_a_named_one_takes_them_over,
            a_draft_takes_no_address_of_a_published_post,
            a_slug_leads_to_its_last_holder,
            a_slug_kept_for_a_deleted_post_leads_nowhere_and_is_kept,
            a_new_title_may_leave_the_post_its_own_number,
            a_restored_post_gives_way_to_whoever_has_its_slug_by_now,
            a_restored_post_is_found_by_the_slug_that_only_it_was_known_by,
            a_publication_ends_what_its_slug_was_kept_for,
        }
        list {
            every_order_is_total_and_cursors_walk_it,
            scopes_and_filters_hold_for_rows_totals_and_cursors,
            deleted_posts_are_listed_in_the_scope_of_all_alone,
            lists_leave_out_what_was_not_asked_for,
            slow_a_page_with_content_ends_before_it_is_too_long,
            page_numbers_past_the_end_are_empty_with_the_true_total,
            a_walk_neither_skips_nor_repeats_while_another_task_comes_and_goes,
        }
        search {
            a_search_matches_anywhere_in_title_and_content,
            a_search_finds_what_a_change_made_of_a_row_within_the_scope,
            the_beginning_of_a_content_is_searched,
            slow_a_search_counts_no_further_than_its_bound,
        }
        deleted_with_author {
            a_user_takes_live_posts_along_and_brings_those_back,
            posts_that_come_back_give_way_to_whoever_has_their_slugs,
            posts_that_come_back_are_found_by_the_slugs_that_only_they_were_known_by,
            after_racing_creations_and_a_deletion_no_post_is_live,
            no_view_is_lost_when_deletions_changes_and_views_race,
        }
        statistics {
            months_are_those_of_utc_and_of_published_posts,
            statuses_are_counted_with_their_views,
            the_latest_are_those_published_last,
        }
    }
}

impl Blog {
    pub(crate) async fn user(&self) -> User {
        sign_up(&*self.users, Role::User).await
    }

    pub(crate) async fn post(&self, record: PostRecord) -> PostView {
        self.posts.insert(record).await.unwrap()
    }

    /// Deletes a post.
    pub(crate) async fn delete_post(&self, id: PostId) {
        self.posts.change(id, post_deletion()).await.unwrap();
    }

    /// The post, deleted or not.
    pub(crate) async fn found(&self, id: PostId) -> Option<PostView> {
        self.posts.find(id, Liveness::Any).await.unwrap()
    }

    pub(crate) async fn leads_to(&self, text: &str) -> Option<PostId> {
        let found = self.posts.find_by_slug(slug(text)).await.unwrap();
        found.map(|view| view.post.id)
    }

    pub(crate) async fn view(&self, id: PostId, times: u64) {
        self.views.add(batch(&[(id, times)])).await.unwrap();
    }
}
