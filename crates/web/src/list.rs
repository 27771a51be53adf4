//! What all lists have in common: which part is asked for, and how it is shown.

use hexpress_domain::list::{
    CursorError, Direction, Page, PageNumber, PageRequest, PageSize, Position, Total,
};
use hexpress_domain::validation::{Field, ValidationErrors};
use serde::Serialize;

use crate::cursor::{self, Fingerprint};
use crate::extract::Fields;

/// The part of a list that is asked for, before its cursor can be read: that
/// takes the filters and the order, too.
pub(crate) struct ListFields {
    page: Option<PageNumber>,
    size: PageSize,
    count: bool,
    cursor: Option<String>,
    pub(crate) direction: Direction,
}

impl ListFields {
    /// Takes `page`, `limit`, `order`, `cursor` and `count` out of a query.
    pub(crate) fn take(fields: &mut Fields, errors: &mut ValidationErrors) -> Self {
        let page = errors.optional("page", fields.text("page"), |text| text.parse());
        let size = errors.optional("limit", fields.text("limit"), |text| text.parse());
        let order = errors.optional("order", fields.text("order"), |text| text.parse());
        let cursor = errors.optional("cursor", fields.text("cursor"), Ok::<_, &str>);
        let count = errors.optional("count", fields.text("count"), |text| match text.as_str() {
            "none" => Ok(false),
            _ => Err("Must be: none"),
        });
        if page.is_some() && cursor.is_some() {
            errors.add("page", "Must not be sent beside cursor");
        }
        Self {
            page,
            size: size.unwrap_or_default(),
            count: count.unwrap_or(true),
            cursor,
            direction: order.unwrap_or_default(),
        }
    }

    /// Reads the cursor, which must be one of the list with this fingerprint.
    pub(crate) fn finish(self, list: &Fingerprint, errors: &mut ValidationErrors) -> PageRequest {
        let cursor = self.cursor.map_or(Field::Absent, Field::Value);
        let cursor = errors.optional("cursor", cursor, |text| {
            cursor::decode(&text, list).ok_or(CursorError)
        });
        PageRequest {
            position: match cursor {
                Some(cursor) => Position::After(cursor),
                None => Position::Page(self.page.unwrap_or_default()),
            },
            size: self.size,
            count: self.count,
        }
    }
}

/// Where a page stands in its list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pagination {
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<u64>,
    limit: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_pages: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_is_minimum: Option<bool>,
    next_cursor: Option<String>,
}

impl Pagination {
    pub(crate) fn new<T>(request: &PageRequest, page: &Page<T>, list: &Fingerprint) -> Self {
        let (total, total_is_minimum) = match page.total {
            None => (None, None),
            Some(Total::Exactly(total)) => (Some(total), None),
            Some(Total::MoreThan(total)) => (Some(total), Some(true)),
        };
        Self {
            page: match &request.position {
                Position::Page(number) => Some(number.get()),
                Position::After(_) => None,
            },
            limit: request.size.get(),
            total,
            total_pages: total.map(|total| total.div_ceil(request.size.get().into())),
            total_is_minimum,
            next_cursor: page.next.as_ref().map(|next| cursor::encode(next, list)),
        }
    }
}
