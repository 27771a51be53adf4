//! What is promised of accounts.

mod list;
mod writes;

use std::sync::Arc;

use hexpress_app::Ports;
use hexpress_domain::auth::{Authenticated, SessionRecord, TokenDigest, TokenRepository};
use hexpress_domain::user::{Role, User, UserRecord, UserRepository};

use crate::promise::promises;
use crate::samples::{now, session, someone};

/// Users and their tokens, in one store that holds nothing.
pub struct Accounts {
    /// The users.
    pub users: Arc<dyn UserRepository>,
    /// Their tokens.
    pub tokens: Arc<dyn TokenRepository>,
}

impl From<&Ports> for Accounts {
    fn from(ports: &Ports) -> Self {
        Self {
            users: Arc::clone(&ports.users),
            tokens: Arc::clone(&ports.tokens),
        }
    }
}

promises! {
    /// Makes a test of each promise of a [`UserRepository`] with the tokens of its users.
    ///
    /// Takes a function `async fn() -> (Accounts, G)`.
    ///
    /// [`UserRepository`]: hexpress_domain::user::UserRepository
    user_promises of user;
    /// What a [`UserRepository`] promises.
    for Accounts {
        writes {
            what_is_stored_is_found,
            of_racing_sign_ups_with_one_email_one_succeeds,
            a_decision_sees_the_user_and_the_hash,
            a_change_is_stored_and_moves_the_version_by_one,
            a_decision_that_refuses_or_says_nothing_changes_nothing,
            a_write_says_what_it_did_not_find,
            of_racing_decisions_none_is_lost,
            a_change_ends_the_tokens_that_it_names,
            a_change_that_fails_ends_no_token,
            a_deletion_hides_the_user_and_frees_the_email,
            a_restored_user_is_live_again_without_tokens,
            a_user_whose_email_is_taken_by_now_stays_deleted,
            the_decision_about_the_last_active_admin_knows,
            admins_who_remove_each_other_at_once_leave_one,
            a_change_that_was_begun_is_finished_when_nobody_waits_for_it,
        }
        list {
            every_order_is_total_and_cursors_walk_it,
            page_numbers_cut_the_same_order,
            a_walk_neither_skips_nor_repeats_while_others_come_and_go,
            filters_hold_for_rows_and_totals,
            a_search_matches_anywhere_and_ignores_case,
            a_search_finds_what_a_change_made_of_a_row,
            slow_a_search_counts_no_further_than_its_bound,
            a_count_that_is_not_asked_for_is_not_made,
        }
    }
}

/// Stores a user of this role.
pub(crate) async fn sign_up(users: &dyn UserRepository, role: Role) -> User {
    let record = UserRecord { role, ..someone() };
    users.insert(record).await.unwrap()
}

impl Accounts {
    pub(crate) async fn user(&self) -> User {
        sign_up(&*self.users, Role::User).await
    }

    pub(crate) async fn admin(&self) -> User {
        sign_up(&*self.users, Role::Admin).await
    }

    /// Opens a session and returns what was stored.
    pub(crate) async fn session_of(&self, user: &User) -> SessionRecord {
        let session = session(user.id);
        self.tokens.open_session(session.clone()).await.unwrap();
        session
    }

    pub(crate) async fn authenticated(&self, digest: TokenDigest) -> Option<Authenticated> {
        self.tokens.authenticate(digest, now()).await.unwrap()
    }

    pub(crate) async fn is_let_in(&self, session: &SessionRecord) -> bool {
        self.authenticated(session.digest).await.is_some()
    }
}
