use std::cmp::Ordering;

use hexpress_domain::list::{Cursor, Direction, Page, PageRequest, Position, Search, Total, fold};

/// Whether a row with these fields matches a search, as one without a search does.
pub(super) fn matches<'a>(
    search: Option<&Search>,
    fields: impl IntoIterator<Item = &'a str>,
) -> bool {
    search.is_none_or(|search| fold(fields).contains(search.folded()))
}

/// The page of these rows, in the order that `cursor` says.
pub(super) fn page<T>(
    mut rows: Vec<T>,
    cursor: impl Fn(&T) -> Cursor,
    direction: Direction,
    request: &PageRequest,
    is_search: bool,
) -> Page<T> {
    let total = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let total = match total {
        more if is_search && more > Total::SEARCH_BOUND => Total::MoreThan(Total::SEARCH_BOUND),
        total => Total::Exactly(total),
    };
    let compare = |left: &Cursor, right: &Cursor| {
        let order = left.value.cmp(&right.value).then(left.id.cmp(&right.id));
        match direction {
            Direction::Ascending => order,
            Direction::Descending => order.reverse(),
        }
    };
    rows.sort_by(|left, right| compare(&cursor(left), &cursor(right)));

    let before = match &request.position {
        Position::Page(number) => number
            .offset(request.size)
            .and_then(|offset| usize::try_from(offset).ok())
            .unwrap_or(usize::MAX),
        Position::After(place) => {
            rows.partition_point(|row| compare(&cursor(row), place) != Ordering::Greater)
        }
    };
    let mut rest = rows.into_iter().skip(before);
    let items: Vec<T> = rest.by_ref().take(request.size.get().into()).collect();
    let has_more = rest.next().is_some();
    Page {
        next: items.last().filter(|_| has_more).map(cursor),
        total: request.count.then_some(total),
        items,
    }
}
