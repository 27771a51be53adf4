use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hexpress_domain::auth::{Revocation, SessionRecord, TokenRepository};
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Page, Position, Total};
use hexpress_domain::repository::{Decide, RepositoryError};
use hexpress_domain::user::{
    Email, LockedUser, PasswordHash, User, UserChange, UserId, UserQuery, UserRecord,
    UserRepository, UserSort,
};
use hexpress_testkit::memory::MemoryStore;
use hexpress_testkit::samples::{hash, now};
use hexpress_testkit::user::{Accounts, PROMISES};

use crate::tokens::FaultyTokens;
use crate::{assert_found, misled, spoiled};

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
        if self.fault == "what_is_stored_is_found" {
            user.role = hexpress_domain::user::Role::User;
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

    async fn password_hash(&self, id: UserId) -> Result<Option<PasswordHash>, RepositoryError> {
        self.users().password_hash(id).await
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

    async fn change(
        &self,
        id: UserId,
        decide: Decide<LockedUser, UserChange>,
    ) -> Result<User, RepositoryError> {
        if self.fault == "a_change_that_was_begun_is_finished_when_nobody_waits_for_it" {
            let trial = spoiled(Arc::clone(&decide), |_, _| None);
            self.users().change(id, trial).await?;
            tokio::task::yield_now().await;
        }
        let before = self.present(id).await;
        let decide = match (self.fault, before.clone()) {
            ("a_decision_sees_the_user_and_the_hash", _) => misled(decide, |locked| LockedUser {
                password_hash: hash("first"),
                ..locked.clone()
            }),
            ("a_change_is_stored_and_moves_the_version_by_one", Some(user)) => {
                spoiled(decide, move |_, change| {
                    let mut change = change?;
                    change.user.role = user.role;
                    Some(change)
                })
            }
            ("a_search_finds_what_a_change_made_of_a_row", Some(user)) => {
                spoiled(decide, move |_, change| {
                    let mut change = change?;
                    change.user.name = user.name.clone();
                    Some(change)
                })
            }
            ("a_decision_that_refuses_or_says_nothing_changes_nothing", _) => {
                spoiled(decide, |LockedUser { user, .. }, change| {
                    change.or_else(|| Some(user.restoration(user.updated_at)))
                })
            }
            ("of_racing_decisions_none_is_lost", Some(user)) => {
                // Reads without a lock.
                tokio::task::yield_now().await;
                misled(decide, move |locked| LockedUser {
                    user: user.clone(),
                    ..locked.clone()
                })
            }
            (
                "a_change_ends_the_tokens_that_it_names"
                | "no_session_outlives_what_ended_it_while_it_was_opened",
                _,
            ) => spoiled(decide, |_, change| {
                Some(UserChange {
                    revocation: Revocation::None,
                    ..change?
                })
            }),
            ("a_change_that_fails_ends_no_token", _) => {
                self.log_out(id).await;
                decide
            }
            (
                "the_decision_about_the_last_active_admin_knows"
                | "admins_who_remove_each_other_at_once_leave_one",
                _,
            ) => misled(decide, |locked| LockedUser {
                is_last_admin: false,
                ..locked.clone()
            }),
            _ => decide,
        };
        let outcome = self.users().change(id, decide).await;
        let was_deleted = before.is_some_and(|user| !user.is_live());
        match (self.fault, outcome) {
            ("a_write_says_what_it_did_not_find", Err(RepositoryError::NotFound)) => {
                Err(RepositoryError::Refused("not found".into()))
            }
            ("a_restored_user_is_live_again_without_tokens", Ok(user)) if was_deleted => {
                let tokens: &dyn TokenRepository = &*self.users;
                let opened = self.opened.lock().unwrap().clone();
                for session in opened {
                    tokens.open_session(session).await?;
                }
                Ok(user)
            }
            (
                "a_user_whose_email_is_taken_by_now_stays_deleted",
                Err(RepositoryError::Duplicate(_)),
            ) => Err(RepositoryError::NotFound),
            (_, outcome) => outcome,
        }
    }

    async fn has_active_admin(&self) -> Result<bool, RepositoryError> {
        self.users().has_active_admin().await
    }
}
