use hexpress_database::sql::Condition;
use hexpress_database::{Connection, Failure};
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::Page;
use hexpress_domain::user::{User, UserFilter, UserQuery, UserSort};

use super::UserRow;
use crate::list;
use crate::schema::users;

pub(super) async fn page(
    connection: &mut Connection,
    query: &UserQuery,
) -> Result<Page<User>, Failure> {
    let (rows, total) = list::select!(
        connection, query, users as UserRow, by sort_key(query.sort),
        search query.filter.search.as_ref(), |dialect| conditions(&query.filter),
    );
    let users = rows
        .into_iter()
        .map(User::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let cursor = |user: &User| query.sort.cursor(user);
    Ok(list::page(users, total, query.page.size, cursor))
}

fn conditions(filter: &UserFilter) -> [Option<Condition>; 3] {
    let liveness = match filter.liveness {
        Liveness::Live => Some("users.deleted_at IS NULL"),
        Liveness::Deleted => Some("users.deleted_at IS NOT NULL"),
        Liveness::Any => None,
    };
    let has_role = Condition::sql("users.role = ");
    let is_active = Condition::sql("users.is_active = ");
    [
        liveness.map(Condition::sql),
        filter.role.map(|role| has_role.and_text(role.as_str())),
        filter.is_active.map(|flag| is_active.and_flag(flag)),
    ]
}

/// What an order compares: the columns of the index that serves it, before the id.
const fn sort_key(sort: UserSort) -> &'static str {
    match sort {
        UserSort::CreatedAt => "users.created_at",
        UserSort::UpdatedAt => "users.updated_at",
        UserSort::Email => "users.email",
        UserSort::FirstName => "users.first_name",
        UserSort::LastName => "users.last_name",
        UserSort::LastLoginAt => "users.last_login_key",
    }
}
