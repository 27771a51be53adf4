use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::RunQueryDsl;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{Direction, Page, PageSize, Position, SortValue, Total};
use hexpress_domain::user::{User, UserQuery, UserSort};

use super::UserRow;
use crate::database::schema::users;
use crate::database::types::{Id, Instant, StoredId, StoredInstant};
use crate::database::{Connection, Failure, on_both};

pub(super) async fn page(
    connection: &mut Connection,
    query: &UserQuery,
) -> Result<Page<User>, Failure> {
    let (mut rows, total) = select(connection, query).await?;
    let size = usize::from(query.page.size.get());
    let has_more = rows.len() > size;
    rows.truncate(size);
    let items = rows
        .into_iter()
        .map(User::try_from)
        .collect::<Result<Vec<_>, _>>()?;
    let next = items
        .last()
        .filter(|_| has_more)
        .map(|last| query.sort.cursor(last));
    Ok(Page { items, total, next })
}

/// The page's rows, one more where more come behind it, and the total where it is
/// asked for.
async fn select(
    connection: &mut Connection,
    query: &UserQuery,
) -> Result<(Vec<UserRow>, Option<Total>), Failure> {
    let (direction, comparison) = match query.direction {
        Direction::Ascending => ("ASC", ">"),
        Direction::Descending => ("DESC", "<"),
    };
    let key = sort_key(query.sort);
    Ok(on_both!(connection, |c, dialect| {
        let matching = || {
            let mut users = users::table.into_boxed::<dialect::Backend>();
            users = match query.liveness {
                Liveness::Live => users.filter(users::deleted_at.is_null()),
                Liveness::Deleted => users.filter(users::deleted_at.is_not_null()),
                Liveness::Any => users,
            };
            if let Some(role) = query.role {
                users = users.filter(users::role.eq(role.as_str()));
            }
            if let Some(is_active) = query.is_active {
                users = users.filter(users::is_active.eq(is_active));
            }
            if let Some(search) = &query.search {
                users = users.filter(dialect::matches(search));
            }
            users
        };

        let mut page = matching()
            .select(UserRow::as_select())
            .order(sql::<Text>(&format!(
                "{key} {direction}, users.id {direction}"
            )))
            .limit(one_more_than(query.page.size));
        page = match &query.page.position {
            Position::Page(number) => match number.offset(query.page.size) {
                Some(offset) => page.offset(offset),
                None => page.limit(0),
            },
            // One comparison of both values, so that the index leads right to the row,
            // however many others have the same sort value.
            Position::After(cursor) => {
                let behind = sql::<Bool>(&format!("({key}, users.id) {comparison} ("));
                let id = StoredId(cursor.id);
                match &cursor.value {
                    SortValue::Time(Some(time)) => page.filter(
                        behind
                            .bind::<Instant, _>(StoredInstant(*time))
                            .sql(", ")
                            .bind::<Id, _>(id)
                            .sql(")"),
                    ),
                    SortValue::Time(None) => page.filter(
                        behind
                            .sql(dialect::LOWEST_INSTANT)
                            .sql(", ")
                            .bind::<Id, _>(id)
                            .sql(")"),
                    ),
                    SortValue::Text(text) => page.filter(
                        behind
                            .bind::<Text, _>(text)
                            .sql(", ")
                            .bind::<Id, _>(id)
                            .sql(")"),
                    ),
                }
            }
        };
        let rows = page.load(c).await?;

        if !query.page.count {
            return Ok((rows, None));
        }
        if query.search.is_some() {
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

fn one_more_than(size: PageSize) -> i64 {
    i64::from(size.get()) + 1
}
