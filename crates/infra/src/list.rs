//! Lists: between the domain's pages and those of the kernel.

use hexpress_database::sql::{self, Condition, Keyset};
use hexpress_database::{Database, Work};
use hexpress_domain::list::{Cursor, Direction, Page, PageSize, SortValue, Total};
use hexpress_domain::repository::RepositoryError;

pub(crate) const fn direction(direction: Direction) -> sql::Direction {
    match direction {
        Direction::Ascending => sql::Direction::Ascending,
        Direction::Descending => sql::Direction::Descending,
    }
}

/// Reads a page. What searches may take no more than a part of the connections, and of their
/// time.
pub(crate) async fn read<I, T>(
    database: &Database,
    is_search: bool,
    input: I,
    work: Work<I, T>,
) -> Result<T, RepositoryError>
where
    I: Send + Sync + 'static,
    T: Send + 'static,
{
    match is_search {
        true => database.search(input, work).await,
        false => database.read(input, work).await,
    }
}

/// The condition of rows that come behind a cursor.
pub(crate) fn behind(order: &Keyset, cursor: &Cursor, lowest: &'static str) -> Condition {
    let value = match &cursor.value {
        SortValue::Time(time) => sql::SortValue::Time(*time),
        SortValue::Text(text) => sql::SortValue::Text(text.clone()),
        // No stored number is larger than the largest of its type.
        SortValue::Number(number) => {
            sql::SortValue::Number(i64::try_from(*number).unwrap_or(i64::MAX))
        }
    };
    order.behind(&value, cursor.id, lowest)
}

/// How many rows to ask for: one more than a page holds tells whether more come.
pub(crate) fn one_more_than(size: PageSize) -> i64 {
    i64::from(size.get()) + 1
}

/// A page of rows that were selected by [`one_more_than`], and its next cursor.
pub(crate) fn page<T>(
    rows: Vec<T>,
    total: Option<Total>,
    size: PageSize,
    cursor: impl Fn(&T) -> Cursor,
) -> Page<T> {
    let (items, has_more) = sql::split_page(rows, size.get().into());
    let next = items.last().filter(|_| has_more).map(cursor);
    Page { items, total, next }
}

/// Selects a page of a table, as [`page`] takes it: the rows, one more where more come behind
/// it, and the total where it is asked for. Evaluates to `(Vec<Row>, Option<Total>)`.
///
/// The rows are those that meet all conditions, an iterator of `Option<Condition>`, and that
/// the search finds, an `Option<&Search>`. The order is by the column of `by`, then by id.
macro_rules! select {
    (
        $connection:expr, $query:expr, $table:ident as $row:ty, by $key:expr,
        search $search:expr, |$dialect:ident| $conditions:expr $(,)?
    ) => {{
        use diesel::prelude::*;
        use diesel_async::RunQueryDsl;
        use hexpress_database::sql::{Condition, Keyset, Prepared, StoredId};
        use hexpress_domain::list::{PageRequest, Position, Search, Total};

        let order = Keyset {
            key: $key,
            id: concat!(stringify!($table), ".id"),
            direction: $crate::list::direction($query.direction),
        };
        let request: &PageRequest = &$query.page;
        let search: Option<&Search> = $search;
        hexpress_database::on_backend!($connection, |c, $dialect| {
            let found = search.map(|s| $dialect::matches(stringify!($table), s.folded()));
            let conditions = $conditions.into_iter().chain([found]).flatten();
            let condition = conditions.reduce(Condition::and);
            let matching = || {
                let all = $table::table.into_boxed::<$dialect::Backend>();
                match &condition {
                    Some(condition) => all.filter(condition),
                    None => all,
                }
            };

            let mut page = matching()
                .select(<$row>::as_select())
                .order(diesel::dsl::sql::<diesel::sql_types::Text>(&order.clause()))
                .limit($crate::list::one_more_than(request.size));
            page = match &request.position {
                Position::Page(number) => match number.offset(request.size) {
                    Some(offset) => page.offset(offset),
                    None => page.limit(0),
                },
                Position::After(cursor) => page.filter($crate::list::behind(
                    &order,
                    cursor,
                    $dialect::LOWEST_INSTANT,
                )),
            };
            // What a search finds says which way is the shortest.
            let rows: Vec<$row> = match search {
                Some(_) => page.load(c).await?,
                None => Prepared(page).load(c).await?,
            };

            let beyond: Option<StoredId> = match search {
                Some(_) if request.count => matching()
                    .select($table::id)
                    .offset(i64::try_from(Total::SEARCH_BOUND).unwrap_or(i64::MAX))
                    .limit(1)
                    .get_result(c)
                    .await
                    .optional()?,
                _ => None,
            };
            let total = match beyond {
                Some(_) => Some(Total::MoreThan(Total::SEARCH_BOUND)),
                None if request.count => {
                    let count: i64 = matching().count().get_result(c).await?;
                    Some(Total::Exactly(u64::try_from(count).unwrap_or_default()))
                }
                None => None,
            };
            (rows, total)
        })
    }};
}
pub(crate) use select;
