//! Lists: one page at a time, or as a stream over all of them.

use std::fmt;

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use hexpress_domain::list::{PageNumber, PageSize, Total};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::call::Call;
use crate::{Client, Error};

/// Things of a list, one after the other, over as many pages as there are. Things whose own place
/// in the order stays are neither repeated nor left out while others come and go.
pub type Things<T> = BoxStream<'static, Result<T, Error>>;

/// Which part of a list is asked for: at first the ten things at its begin, with a count of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Where it begins.
    pub start: Start,
    /// How many things a page holds at most.
    pub limit: PageSize,
    /// Whether to count all things of the list. Streams never do.
    pub count: bool,
}

/// Where a part of a list begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// At the page of this number.
    Page(PageNumber),
    /// Where the page ended that this cursor came with.
    After(Cursor),
}

/// A place in one list: of its filters and its order. Nothing in it has a meaning to clients, but
/// it may be kept for later.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Cursor(String);

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The things, in the order asked for.
    pub items: Vec<T>,
    /// How many things the whole list has; `None` if the count was not asked for.
    pub total: Option<Total>,
    /// Where the list goes on; `None` at its end.
    pub next: Option<Cursor>,
}

impl Default for Part {
    fn default() -> Self {
        Self {
            start: Start::Page(PageNumber::default()),
            limit: PageSize::default(),
            count: true,
        }
    }
}

impl Cursor {
    /// Takes a cursor that was kept as text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The cursor, to be kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Deserialize)]
struct Listed<T> {
    data: Vec<T>,
    pagination: Pagination,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pagination {
    total: Option<u64>,
    #[serde(default)]
    total_is_minimum: bool,
    next_cursor: Option<Cursor>,
}

/// The filters and the order of a list, by the names that the API has for them.
pub(crate) type Filters = Vec<(&'static str, String)>;

/// Adds a filter, where there is one.
pub(crate) fn filter(filters: &mut Filters, name: &'static str, value: Option<impl ToString>) {
    filters.extend(value.map(|value| (name, value.to_string())));
}

impl Part {
    fn query(&self, mut filters: Filters) -> Filters {
        filters.extend(match &self.start {
            // Lists whose pages end early have a first one, and no numbers.
            Start::Page(number) if *number == PageNumber::default() => None,
            Start::Page(number) => Some(("page", number.get().to_string())),
            Start::After(cursor) => Some(("cursor", cursor.to_string())),
        });
        filters.push(("limit", self.limit.get().to_string()));
        if !self.count {
            filters.push(("count", "none".to_owned()));
        }
        filters
    }
}

impl Client {
    /// One page of the list at a path behind `/api`.
    pub(crate) async fn page<T: DeserializeOwned>(
        &self,
        path: &'static str,
        filters: Filters,
        part: &Part,
    ) -> Result<Page<T>, Error> {
        let call = Call::get(path).query(part.query(filters));
        let Listed { data, pagination } = self.send(&call).await?.json()?;
        let total = pagination
            .total
            .map(|total| match pagination.total_is_minimum {
                true => Total::MoreThan(total),
                false => Total::Exactly(total),
            });
        Ok(Page {
            items: data,
            total,
            next: pagination.next_cursor,
        })
    }

    /// All things of that list, from where the part begins. A page is asked for when the one
    /// before it is used up.
    pub(crate) fn things<T: DeserializeOwned + Send + 'static>(
        &self,
        path: &'static str,
        filters: Filters,
        part: Part,
    ) -> Things<T> {
        let client = self.clone();
        let Part { start, limit, .. } = part;
        let pages = stream::try_unfold(Some(start), move |start| {
            let (client, filters) = (client.clone(), filters.clone());
            async move {
                let Some(start) = start else {
                    return Ok::<_, Error>(None);
                };
                let part = Part {
                    start,
                    limit,
                    count: false,
                };
                let page: Page<T> = client.page(path, filters, &part).await?;
                let things = stream::iter(page.items.into_iter().map(Ok));
                Ok(Some((things, page.next.map(Start::After))))
            }
        });
        pages.try_flatten().boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_asked_for_by_page_or_cursor() {
        let shown = |part: Part| {
            let query = part.query(vec![("status", "draft".to_owned())]);
            let pairs = query.iter().map(|(name, value)| format!("{name}={value}"));
            pairs.collect::<Vec<_>>().join("&")
        };
        assert_eq!(shown(Part::default()), "status=draft&limit=10");
        let second = Part {
            start: Start::Page(2_u64.try_into().unwrap()),
            ..Part::default()
        };
        assert_eq!(shown(second), "status=draft&page=2&limit=10");
        let behind = Part {
            start: Start::After(Cursor::new("abc".to_owned())),
            count: false,
            ..Part::default()
        };
        assert_eq!(shown(behind), "status=draft&cursor=abc&limit=10&count=none");
    }
}
