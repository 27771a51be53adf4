use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hexpress_domain::auth::{Revocation, SessionRecord, TokenRepository};
use hexpress_domain::entity::{Liveness, Version};
use hexpress_domain::list::{Page, Position, Total};
use hexpress_domain::repository::RepositoryError;
use hexpress_domain::user::{
    Email, PasswordHash, User, UserChange, UserId, UserQuery, UserRecord, UserRepository, UserSort,
};
use hexpress_testkit::memory::MemoryStore;
use hexpress_testkit::samples::now;
use hexpress_testkit::user::{Accounts, PROMISES};

use crate::assert_found;
use crate::tokens::FaultyTokens;

pub struct FaultyUsers {
    pub users: Arc<MemoryStore>,
    /// The sessions that were opened.
    pub opened: Arc<Mutex<Vec<SessionRecord>>>,
    pub fault: &'static str,
}

/// Accounts with this fault.
pub async fn accounts(fault: &'static str) -> (Accounts, ()) {
    let store = Arc::new(MemoryStore::default());
    let opened = Arc::default();
    let accounts = Accounts {
        tokens: Arc::new(FaultyTokens::new(&store, &opened, fault)),
        users: Arc::new(FaultyUsers {
            users: store,
            opened,
            fault,
        }),
    };
    (accounts, ())
}

#[tokio::test(start_paused = true)]
async fn each_is_found_by_the_name_of_its_promise() {
    assert_found(PROMISES, false, accounts).await;
}

#[tokio::test(start_paused = true)]
async fn slow_each_is_found_by_the_name_of_its_promise() {
    assert_found(PROMISES, true, accounts).await;
}

impl FaultyUsers {
    fn users(&self) -> &dyn UserRepository {
        &*self.users
    }

    async fn present(&self, id: UserId) -> Option<User> {
        self.users().find(id, Liveness::Any).await.unwrap()
    }

    /// Ends all tokens of a user.
    async fn log_out(&self, id: UserId) {
        let tokens: &dyn TokenRepository = &*self.users;
        for token in tokens.list(id, now()).await.unwrap() {
            tokens.revoke(id, token.id).await.unwrap();
        }
    }
}

#[async_trait]
impl UserRepository for FaultyUsers {
    async fn insert(&self, mut user: UserRecord) -> Result<User, RepositoryError> {
        match self.fault {
            "what_is_stored_is_found" => user.role = hexpress_domain::user::Role::User,
            "a_write_that_was_begun_is_finished_when_nobody_waits_for_it" => {
                tokio::task::yield_now().await;
            }
            _ => {}
        }
        let mut again = user.clone();
        let outcome = self.users().insert(user).await;
        match self.fault {
            "of_racing_sign_ups_with_one_email_one_succeeds" if outcome.is_err() => {
                again.email = format!("{}.{}", again.id, again.email).parse().unwrap();
                self.users().insert(again).await
            }
            _ => outcome,
        }
    }

    async fn find(
        &self,
        id: UserId,
        mut liveness: Liveness,
    ) -> Result<Option<User>, RepositoryError> {
        if self.fault == "a_deletion_hides_the_user_and_frees_the_email" {
            liveness = Liveness::Any;
        }
        self.users().find(id, liveness).await
    }

    async fn find_by_email(
        &self,
        email: Email,
    ) -> Result<Option<(User, PasswordHash)>, RepositoryError> {
        self.users().find_by_email(email).await
    }

    async fn password_hash(
        &self,
        id: UserId,
        mut seen: Version,
    ) -> Result<Option<PasswordHash>, RepositoryError> {
        if self.fault == "the_hash_is_that_of_the_version_seen" {
            seen = self.present(id).await.map_or(seen, |user| user.version);
        }
        self.users().password_hash(id, seen).await
    }

    async fn list(&self, mut query: UserQuery) -> Result<Page<User>, RepositoryError> {
        let is_continued = matches!(query.page.position, Position::After(_));
        match self.fault {
            "every_order_is_total_and_cursors_walk_it" if query.sort == UserSort::LastName => {
                query.sort = UserSort::FirstName;
            }
            "page_numbers_cut_the_same_order" if !is_continued => {
                query.page.position = Position::Page(1.try_into().unwrap());
            }
            "filters_hold_for_rows_and_totals" => query.filter.role = None,
            "a_search_matches_anywhere_and_ignores_case" => {
                // As a pattern of SQL.
                query.filter.search = query.filter.search.filter(|search| search.folded() != "%");
            }
            "a_count_that_is_not_asked_for_is_not_made" => query.page.count = true,
            _ => {}
        }
        let mut page = self.users().list(query).await?;
        match self.fault {
            "a_walk_neither_skips_nor_repeats_while_others_come_and_go"
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

    async fn change(&self, mut change: UserChange) -> Result<User, RepositoryError> {
        let before = self.present(change.id).await;
        match (self.fault, &before) {
            ("a_change_is_stored_and_moves_the_version_by_one", Some(user)) => {
                change.role = user.role;
            }
            ("a_search_finds_what_a_change_made_of_a_row", Some(user)) => {
                change.name = user.name.clone();
            }
            ("of_racing_changes_that_saw_one_version_one_succeeds", Some(user)) => {
                change.seen = user.version;
            }
            (
                "a_change_ends_the_tokens_that_it_names"
                | "no_session_outlives_what_ended_it_while_it_was_opened",
                _,
            ) => change.revocation = Revocation::None,
            ("a_change_that_fails_ends_no_token", _) => self.log_out(change.id).await,
            (
                "the_last_active_admin_stays" | "admins_who_remove_each_other_at_once_leave_one",
                _,
            ) => change.removes_admin = false,
            _ => {}
        }
        let outcome = self.users().change(change).await;
        match (self.fault, outcome) {
            ("a_write_says_what_it_did_not_find", Err(RepositoryError::Stale)) => {
                Err(RepositoryError::NotFound)
            }
            (_, outcome) => outcome,
        }
    }

    async fn delete(
        &self,
        id: UserId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<(), RepositoryError> {
        self.users().delete(id, seen, at).await
    }

    async fn restore(
        &self,
        id: UserId,
        seen: Version,
        at: DateTime<Utc>,
    ) -> Result<User, RepositoryError> {
        let outcome = self.users().restore(id, seen, at).await;
        match (self.fault, outcome) {
            ("a_restored_user_is_live_again_without_tokens", Ok(user)) => {
                let tokens: &dyn TokenRepository = &*self.users;
                let opened = self.opened.lock().unwrap().clone();
                for session in opened {
                    tokens.open_session(session).await?;
                }
                Ok(user)
            }
            ("a_restoration_says_what_it_did_not_find", Err(RepositoryError::Stale))
            | (
                "a_user_whose_email_is_taken_by_now_stays_deleted",
                Err(RepositoryError::Duplicate { .. }),
            ) => Err(RepositoryError::NotFound),
            (_, outcome) => outcome,
        }
    }

    async fn has_active_admin(&self) -> Result<bool, RepositoryError> {
        self.users().has_active_admin().await
    }
}
