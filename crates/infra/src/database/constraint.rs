use diesel::result::DatabaseErrorInformation;
use hexpress_domain::repository::{RepositoryError, UniqueField};

/// The named rules of the schema that a statement can break, the same on both
/// databases. Their names are part of the design: which one collided tells which
/// field it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Constraint {
    UsersPkey,
    UsersEmailLiveKey,
    UsersEmailCheck,
    UsersPasswordHashCheck,
    UsersFirstNameCheck,
    UsersLastNameCheck,
    UsersRoleCheck,
    UsersVersionCheck,
    TokensPkey,
    TokensUserIdFkey,
    TokensKindCheck,
    TokensNameCheck,
    TokensDigestKey,
    TokensDigestCheck,
    TokensKindNameCheck,
    TokensKindExpiresAtCheck,
    LoginCountersPkey,
    LoginCountersKeyCheck,
    LoginCountersCountCheck,
}

impl Constraint {
    pub(crate) const ALL: [Self; 19] = [
        Self::UsersPkey,
        Self::UsersEmailLiveKey,
        Self::UsersEmailCheck,
        Self::UsersPasswordHashCheck,
        Self::UsersFirstNameCheck,
        Self::UsersLastNameCheck,
        Self::UsersRoleCheck,
        Self::UsersVersionCheck,
        Self::TokensPkey,
        Self::TokensUserIdFkey,
        Self::TokensKindCheck,
        Self::TokensNameCheck,
        Self::TokensDigestKey,
        Self::TokensDigestCheck,
        Self::TokensKindNameCheck,
        Self::TokensKindExpiresAtCheck,
        Self::LoginCountersPkey,
        Self::LoginCountersKeyCheck,
        Self::LoginCountersCountCheck,
    ];

    /// The name in the schema, which PostgreSQL reports. SQLite reports it for a
    /// check.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::UsersPkey => "users_pkey",
            Self::UsersEmailLiveKey => "users_email_live_key",
            Self::UsersEmailCheck => "users_email_check",
            Self::UsersPasswordHashCheck => "users_password_hash_check",
            Self::UsersFirstNameCheck => "users_first_name_check",
            Self::UsersLastNameCheck => "users_last_name_check",
            Self::UsersRoleCheck => "users_role_check",
            Self::UsersVersionCheck => "users_version_check",
            Self::TokensPkey => "tokens_pkey",
            Self::TokensUserIdFkey => "tokens_user_id_fkey",
            Self::TokensKindCheck => "tokens_kind_check",
            Self::TokensNameCheck => "tokens_name_check",
            Self::TokensDigestKey => "tokens_digest_key",
            Self::TokensDigestCheck => "tokens_digest_check",
            Self::TokensKindNameCheck => "tokens_kind_name_check",
            Self::TokensKindExpiresAtCheck => "tokens_kind_expires_at_check",
            Self::LoginCountersPkey => "login_counters_pkey",
            Self::LoginCountersKeyCheck => "login_counters_key_check",
            Self::LoginCountersCountCheck => "login_counters_count_check",
        }
    }

    /// What SQLite reports instead of the name of a unique constraint.
    const fn sqlite_columns(self) -> Option<&'static str> {
        match self {
            Self::UsersPkey => Some("users.id"),
            Self::UsersEmailLiveKey => Some("users.email"),
            Self::TokensPkey => Some("tokens.id"),
            Self::TokensDigestKey => Some("tokens.digest"),
            Self::LoginCountersPkey => Some("login_counters.key"),
            _ => None,
        }
    }

    /// The constraint that a database's error is about.
    pub(super) fn of(error: &dyn DatabaseErrorInformation) -> Option<Self> {
        let reported = match error.constraint_name() {
            Some(name) => name,
            // SQLite: `UNIQUE constraint failed: users.email`.
            None => error.message().rsplit_once(": ")?.1,
        };
        Self::ALL.into_iter().find(|constraint| {
            constraint.name() == reported || constraint.sqlite_columns() == Some(reported)
        })
    }

    /// What a broken constraint means to a caller. `None`: commands are valid by
    /// their types and ids are fresh, so that only a fault of ours can break it.
    pub(super) const fn answer(self) -> Option<RepositoryError> {
        match self {
            Self::UsersEmailLiveKey => Some(RepositoryError::Duplicate {
                field: UniqueField::UserEmail,
            }),
            Self::TokensUserIdFkey => Some(RepositoryError::MissingReference),
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
mod tests {
    use std::collections::BTreeSet;

    use diesel::result::Error;
    use diesel_async::SimpleAsyncConnection;
    use hexpress_test_support::{Kind, TestDatabase};
    use rstest::rstest;

    use super::super::testing::open;
    use super::super::{Failure, Work, on_both};
    use super::*;

    /// Two users, two tokens and two counters, in words that both databases know.
    fn rows(kind: Kind) -> String {
        let (id, bytes, time) = match kind {
            Kind::Sqlite => (
                ["x'00000000000000000000000000000001'", "x'00000000000000000000000000000002'"],
                |byte: &str| format!("x'{}'", byte.repeat(32)),
                "0",
            ),
            Kind::Postgres => (
                ["'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-000000000002'"],
                |byte: &str| format!("'\\x{}'::bytea", byte.repeat(32)),
                "'2026-01-01Z'",
            ),
        };
        let [first, second] = id;
        let (a, b) = (bytes("aa"), bytes("bb"));
        format!(
            "INSERT INTO users (id, email, password_hash, first_name, last_name, role, is_active,
                 search_text, version, created_at, updated_at)
             VALUES ({first}, 'a@x', 'hash', 'A', '', 'user', TRUE, '', 1, {time}, {time}),
                    ({second}, 'b@x', 'hash', 'B', '', 'user', TRUE, '', 1, {time}, {time});
             INSERT INTO tokens (id, user_id, kind, digest, created_at, last_used_at, expires_at)
             VALUES ({first}, {first}, 'session', {a}, {time}, {time}, {time}),
                    ({second}, {second}, 'session', {b}, {time}, {time}, {time});
             INSERT INTO login_counters (key, count, window_ends_at)
             VALUES ({a}, 1, {time}), ({b}, 1, {time});"
        )
    }

    /// A statement that breaks the constraint and no other.
    fn breach(constraint: Constraint) -> String {
        let first_of = |table: &str, column: &str| {
            format!(
                "UPDATE {table} SET {column} = (SELECT {column} FROM {table} ORDER BY {column} LIMIT 1)"
            )
        };
        match constraint {
            Constraint::UsersPkey => {
                "INSERT INTO users (id, email, password_hash, first_name, last_name, role, is_active,
                     search_text, version, created_at, updated_at)
                 SELECT id, 'c@x', 'hash', 'C', '', 'user', TRUE, '', 1, created_at, updated_at
                 FROM users WHERE email = 'a@x'"
                    .to_owned()
            }
            Constraint::UsersEmailLiveKey => "UPDATE users SET email = 'same@x'".to_owned(),
            Constraint::UsersEmailCheck => "UPDATE users SET email = 'Upper@x'".to_owned(),
            Constraint::UsersPasswordHashCheck => "UPDATE users SET password_hash = ''".to_owned(),
            Constraint::UsersFirstNameCheck => "UPDATE users SET first_name = ''".to_owned(),
            Constraint::UsersLastNameCheck => {
                format!("UPDATE users SET last_name = '{}'", "ж".repeat(101))
            }
            Constraint::UsersRoleCheck => "UPDATE users SET role = 'root'".to_owned(),
            Constraint::UsersVersionCheck => "UPDATE users SET version = 0".to_owned(),
            Constraint::TokensPkey => first_of("tokens", "id"),
            Constraint::TokensUserIdFkey => "DELETE FROM tokens; \
                 INSERT INTO tokens (id, user_id, kind, digest, created_at, last_used_at, expires_at) \
                 SELECT id, id, 'session', key, created_at, created_at, created_at \
                 FROM users, login_counters WHERE FALSE"
                .to_owned(),
            Constraint::TokensKindCheck => "UPDATE tokens SET kind = 'other'".to_owned(),
            Constraint::TokensNameCheck => "UPDATE tokens SET kind = 'api', name = ''".to_owned(),
            Constraint::TokensDigestKey => first_of("tokens", "digest"),
            Constraint::TokensDigestCheck => {
                "UPDATE tokens SET digest = substr(digest, 1, 31)".to_owned()
            }
            Constraint::TokensKindNameCheck => "UPDATE tokens SET name = 'laptop'".to_owned(),
            Constraint::TokensKindExpiresAtCheck => {
                "UPDATE tokens SET expires_at = NULL".to_owned()
            }
            Constraint::LoginCountersPkey => first_of("login_counters", "key"),
            Constraint::LoginCountersKeyCheck => {
                "UPDATE login_counters SET key = substr(key, 1, 31)".to_owned()
            }
            Constraint::LoginCountersCountCheck => "UPDATE login_counters SET count = -1".to_owned(),
        }
    }
}
