//! What all lists have in common: which part is asked for, and how it is shown.

use std::convert::Infallible;

use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{
    CursorError, Page, PageNumber, PageNumberError, PageRequest, PageSize, Position, Total,
};
use hexpress_domain::validation::ValidationErrors;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::cursor::{self, Fingerprint};
use crate::extract::Fields;
use crate::openapi::types;

/// The part of a list that is asked for, before its cursor can be read: that
/// takes the order and the filters, too.
pub(crate) struct ListFields {
    page: Option<PageNumber>,
    size: PageSize,
}

impl ListFields {
    /// Takes `page` and `limit`, `largest` at most, out of a query, in whose schema they
    /// come first.
    pub(crate) fn take(fields: &mut Fields, largest: u8, errors: &mut ValidationErrors) -> Self {
        let has_cursor = fields.has("cursor");
        let page = errors.optional("page", fields.text("page"), |text| {
            let page = text
                .parse()
                .map_err(|error: PageNumberError| error.to_string())?;
            if has_cursor {
                return Err("Must not be sent beside cursor".to_owned());
            }
            Ok(page)
        });
        let size = errors.optional("limit", fields.text("limit"), |text| {
            let size: Option<PageSize> = text.parse().ok();
            size.filter(|size| size.get() <= largest)
                .ok_or_else(|| format!("Limit must be between {} and {largest}", PageSize::MIN))
        });
        Self {
            page,
            size: size.unwrap_or_default(),
        }
    }

    /// Takes `cursor` and `count`, which come last. The cursor must be one of the
    /// list with this fingerprint; `None` where the order or a filter is at fault,
    /// as then nobody can say whose it is.
    pub(crate) fn finish(
        self,
        fields: &mut Fields,
        list: Option<&Fingerprint>,
        errors: &mut ValidationErrors,
    ) -> PageRequest {
        let cursor = errors.optional("cursor", fields.text("cursor"), |text| match list {
            None => Ok(None),
            Some(list) => cursor::decode(&text, list).map(Some).ok_or(CursorError),
        });
        let count = errors.optional("count", fields.text("count"), |text| match text.as_str() {
            "none" => Ok(false),
            _ => Err("Must be: none"),
        });
        PageRequest {
            position: match cursor.flatten() {
                Some(cursor) => Position::After(cursor),
                None => Position::Page(self.page.unwrap_or_default()),
            },
            size: self.size,
            count: count.unwrap_or(true),
        }
    }
}

/// Takes `deleted`: whether a list is of deleted rows.
pub(crate) fn deleted(fields: &mut Fields, errors: &mut ValidationErrors) -> Liveness {
    let deleted = fields.boolean("deleted");
    match errors.optional("deleted", deleted, Ok::<_, Infallible>) {
        Some(true) => Liveness::Deleted,
        _ => Liveness::Live,
    }
}

/// The rows that a list is of, as its fingerprint spells them.
pub(crate) const fn deleted_name(liveness: Liveness) -> &'static str {
    match liveness {
        Liveness::Live => "false",
        Liveness::Deleted => "true",
        Liveness::Any => "any",
    }
}

/// What [`ListFields`] takes out of the query of every list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it describes a query, which is read field by field"
)]
pub(crate) struct ListParameters {
    /// Which page. Not beside `cursor`.
    #[param(inline, required = false)]
    page: types::PageNumber,
    /// How many things on a page.
    #[param(inline, required = false)]
    limit: types::PageSize,
    /// The `nextCursor` of a list with the same filters and order: continues there.
    #[param(inline, required = false)]
    cursor: types::Cursor,
    /// `none` leaves `total` and `totalPages` out.
    #[param(inline, required = false)]
    count: types::Count,
}

/// What every list takes in its query that says in which order it comes, beside
/// `sortBy`, whose values each list has for itself.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "it describes a query, which is read field by field"
)]
pub(crate) struct OrderParameter {
    /// The direction of the order: `asc` or `desc`, in upper or lower case.
    #[param(inline, required = false)]
    order: types::Order,
}

/// Where a page stands in its list.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = Pagination::example)]
pub(crate) struct Pagination {
    /// Left out behind a cursor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64, required = false, minimum = 1)]
    page: Option<u64>,
    #[schema(value_type = types::PageSize)]
    limit: u8,
    /// How many things the list has; left out with `count=none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64, required = false)]
    total: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64, required = false)]
    total_pages: Option<u64>,
    /// There, and true, where a search has more matches than are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = types::True, required = false)]
    total_is_minimum: Option<bool>,
    /// Continues the list behind this page; null at its end.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

impl Pagination {
    fn example() -> Self {
        Self {
            page: Some(1),
            limit: PageSize::default().get(),
            total: Some(42),
            total_pages: Some(5),
            total_is_minimum: None,
            next_cursor: Some("eyJsaXN0IjoiZmZ0TTluZENpd1kifQ".to_owned()),
        }
    }

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
