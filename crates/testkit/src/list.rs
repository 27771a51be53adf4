//! What every list promises, said once. An aggregate adds its rows and its filters.

use std::cmp::Ordering;
use std::fmt::Debug;

use futures_util::future::BoxFuture;
use hexpress_domain::list::{
    Cursor, Direction, Page, PageQuery, PageRequest, Position, Sort, Total,
};
use hexpress_domain::repository::RepositoryError;

use crate::samples::page;

type Asked<'a, T> = BoxFuture<'a, Result<Page<T>, RepositoryError>>;

/// A list of rows `T` in the orders `S`, of which a filter `F` chooses some.
pub(crate) struct List<P, T, F, S> {
    /// What is asked for pages.
    pub(crate) port: P,
    pub(crate) ask: fn(&P, PageQuery<F, S>) -> Asked<'_, T>,
    /// The place of a row in an order.
    pub(crate) cursor: fn(S, &T) -> Cursor,
}

impl<P, T, F, S> List<P, T, F, S>
where
    T: Clone + Debug + PartialEq,
    F: Clone + Debug + Default,
    S: Sort + Debug,
{
    pub(crate) async fn page(&self, query: PageQuery<F, S>) -> Page<T> {
        (self.ask)(&self.port, query).await.unwrap()
    }

    /// Follows the cursors from the first page to the last.
    pub(crate) async fn walk(&self, query: &PageQuery<F, S>) -> Vec<T> {
        let mut query = query.clone();
        let mut walked = Vec::new();
        for _ in 0..MOST_PAGES {
            let page = self.page(query.clone()).await;
            walked.extend(page.items);
            match page.next {
                Some(cursor) => query.page.position = Position::After(cursor),
                None => return walked,
            }
        }
        panic!("the cursors lead to no end");
    }

    /// Asks for one page number after the other, until one is past the end.
    async fn turn_pages(&self, query: &PageQuery<F, S>) -> Vec<T> {
        let mut query = query.clone();
        let mut turned = Vec::new();
        for number in 1..=MOST_PAGES {
            query.page.position = Position::Page(number.to_string().parse().unwrap());
            let page = self.page(query.clone()).await;
            if page.items.is_empty() {
                return turned;
            }
            turned.extend(page.items);
        }
        panic!("the pages have no end");
    }

    /// Where one row stands to another in an ascending order.
    pub(crate) fn compare(&self, sort: S, left: &T, right: &T) -> Ordering {
        let [left, right] = [left, right].map(|row| (self.cursor)(sort, row));
        left.value.cmp(&right.value).then(left.id.cmp(&right.id))
    }

    /// What a filter finds, in the ascending order of the default, with its true total.
    pub(crate) async fn found(&self, filter: F) -> Vec<T> {
        let query = PageQuery {
            filter,
            direction: Direction::Ascending,
            page: page(100),
            sort: S::default(),
        };
        let page = self.page(query.clone()).await;
        assert_eq!(page.total, Some(total(&page.items)), "{query:?}");
        page.items
    }

    /// Checks that these are the rows of a list without a filter, both ways in every order,
    /// however its pages are cut.
    pub(crate) async fn assert_every_order(&self, rows: Vec<T>) {
        let sizes = [1, 5, rows.len().try_into().unwrap()];
        for &sort in S::ALL {
            for direction in Direction::ALL {
                let query = PageQuery {
                    sort,
                    direction,
                    ..PageQuery::default()
                };
                self.assert_rows(query, rows.clone(), &sizes).await;
            }
        }
    }

    /// Checks that these are the rows of a query, whatever their order here: on one page,
    /// and cut into pages of each size by cursors and by numbers.
    pub(crate) async fn assert_rows(&self, query: PageQuery<F, S>, mut rows: Vec<T>, sizes: &[u8]) {
        rows.sort_by(|left, right| self.compare(query.sort, left, right));
        if query.direction == Direction::Descending {
            rows.reverse();
        }
        let with_page = |page| PageQuery {
            page,
            ..query.clone()
        };
        let all = self.page(with_page(page(100))).await;
        assert_eq!(all.items, rows, "{query:?}");
        assert_eq!(
            (all.total, all.next),
            (Some(total(&rows)), None),
            "{query:?}"
        );
        let uncounted = PageRequest {
            count: false,
            ..page(100)
        };
        let uncounted = self.page(with_page(uncounted)).await;
        assert_eq!((uncounted.items.len(), uncounted.total), (rows.len(), None));
        for &size in sizes {
            let query = with_page(page(size));
            assert_eq!(self.walk(&query).await, rows, "{query:?}");
            assert_eq!(self.turn_pages(&query).await, rows, "{query:?}");
        }
    }

    /// Checks the numbered pages of a list of these rows, up to the last and past the end.
    pub(crate) async fn assert_page_numbers(&self, rows: &[T]) {
        let numbered = async |number: &str| {
            let page = PageRequest {
                position: Position::Page(number.parse().unwrap()),
                ..page(5)
            };
            let query = PageQuery {
                page,
                ..PageQuery::default()
            };
            self.page(query).await
        };
        let last = rows.len().div_ceil(5);
        let page = numbered(&last.to_string()).await;
        assert_eq!(
            (page.items.len() + 5 * (last - 1), page.next),
            (rows.len(), None)
        );
        let next = (last + 1).to_string();
        for past_the_end in [&next, "9223372036854775807", "99999999999999999999999"] {
            let page = numbered(past_the_end).await;
            assert_eq!(page.items, []);
            assert_eq!((page.total, page.next), (Some(total(rows)), None));
        }
    }

    /// Checks that a walk has met each of these rows once, as they are now or were before.
    pub(crate) fn assert_met_once(&self, walked: &[T], rows: &[T]) {
        let id = |row: &T| (self.cursor)(S::default(), row).id;
        for row in rows {
            let times = walked.iter().filter(|walked| id(walked) == id(row));
            assert_eq!(times.count(), 1, "{row:?}");
        }
    }
}

fn total<T>(rows: &[T]) -> Total {
    Total::Exactly(rows.len().try_into().unwrap())
}

/// A walk along cursors that takes longer goes in a circle.
const MOST_PAGES: usize = 1_000;
