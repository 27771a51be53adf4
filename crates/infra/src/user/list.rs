use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use hexpress_database::sql::{Keyset, Prepared, StoredId};
use hexpress_database::{Connection, Failure, on_backend};
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Page, Position, Total};
use hexpress_domain::user::{User, UserQuery, UserSort};

use super::UserRow;
use crate::list;
use crate::schema::users;

pub(super) async fn page(
    connection: &mut Connection,
    query: &UserQuery,
) -> Result<Page<User>, Failure> {
    let (rows, total) = select(connection, query).await?;
    let users = rows
        .into_iter()
        .map(User::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let cursor = |user: &User| query.sort.cursor(user);
    Ok(list::page(users, total, query.page.size, cursor))
}

/// The page's rows, one more where more come behind it, and the total where it is
/// asked for.
async fn select(
    connection: &mut Connection,
    query: &UserQuery,
) -> Result<(Vec<UserRow>, Option<Total>), Failure> {
    let order = Keyset {
        key: sort_key(query.sort),
        id: "users.id",
        direction: list::direction(query.direction),
    };
    Ok(on_backend!(connection, |c, dialect| {
        let matching = || {
            let mut users = users::table.into_boxed::<dialect::Backend>();
            users = match query.filter.liveness {
                Liveness::Live => users.filter(users::deleted_at.is_null()),
                Liveness::Deleted => users.filter(users::deleted_at.is_not_null()),
                Liveness::Any => users,
            };
            if let Some(role) = query.filter.role {
                users = users.filter(users::role.eq(role.as_str()));
            }
            if let Some(is_active) = query.filter.is_active {
                users = users.filter(users::is_active.eq(is_active));
            }
            if let Some(search) = &query.filter.search {
                users = users.filter(dialect::matches("users", search.folded()));
            }
            users
        };

        let mut page = matching()
            .select(UserRow::as_select())
            .order(sql::<Text>(&order.clause()))
            .limit(list::one_more_than(query.page.size));
        page = match &query.page.position {
            Position::Page(number) => match number.offset(query.page.size) {
                Some(offset) => page.offset(offset),
                None => page.limit(0),
            },
            Position::After(cursor) => {
                page.filter(list::behind(&order, cursor, dialect::LOWEST_INSTANT))
            }
        };
        // What a search finds says which way is the shortest.
        let rows = match query.filter.search {
            Some(_) => page.load(c).await?,
            None => Prepared(page).load(c).await?,
        };

        if !query.page.count {
            return Ok((rows, None));
        }
        if query.filter.search.is_some() {
            let beyond: Option<StoredId> = matching()
                .select(users::id)
                .offset(i64::try_from(Total::SEARCH_BOUND).unwrap_or(i64::MAX))
                .limit(1)
                .get_result(c)
                .await
                .optional()?;
            if beyond.is_some() {
                return Ok((rows, Some(Total::MoreThan(Total::SEARCH_BOUND))));
            }
        }
        let count: i64 = matching().count().get_result(c).await?;
        let total = Total::Exactly(u64::try_from(count).unwrap_or_default());
        (rows, Some(total))
    }))
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
