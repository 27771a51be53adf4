//! Lists: each declares its filters once, for the reader of its query, for the document,
//! and for the fingerprint in its cursors. The rest is the same for all.

use std::fmt::Display;
use std::str::FromStr;

use hexpress_app::permissions::{self, RestrictedFilters};
use hexpress_domain::auth::Actor;
use hexpress_domain::entity::Liveness;
use hexpress_domain::list::{
    CursorError, Direction, Page, PageNumber, PageNumberError, PageQuery, PageRequest, PageSize,
    Position, Search, Sort, Total,
};
use hexpress_domain::validation::ValidationErrors;
use serde::Serialize;
use serde_json::json;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{RefOr, Required, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::cursor::{self, Fingerprint};
use crate::error::ApiError;
use crate::extract::{Fields, Query};
use crate::openapi::types;

/// What a list can be narrowed to.
pub(crate) trait Listing: RestrictedFilters + Send {
    /// The orders that it has.
    type Sort: Sort + Send;

    /// What the list is of. Cursors outlive the program that gave them: whoever changes it
    /// breaks those that clients hold.
    const NAME: &'static str;

    /// Takes its filters, in the order in which the document lists them and cursors know
    /// them.
    fn declare(filters: &mut Filters) -> Self;

    /// How many rows a page may hold at most.
    fn largest_page(&self) -> u8 {
        PageSize::MAX
    }

    /// The parameter that lets a page end before it is full, if it was sent. Then pages have
    /// no numbers.
    fn ends_early(&self) -> Option<&'static str> {
        None
    }
}

/// A page of a list that is asked for.
pub(crate) struct ListRequest<L: Listing> {
    pub(crate) query: PageQuery<L, L::Sort>,
    /// Of the filters and the order: cursors lead on in this list alone.
    pub(crate) fingerprint: Fingerprint,
}

impl<L: Listing> Query for ListRequest<L> {
    fn read(fields: Fields, actor: &Actor) -> Result<Self, ApiError> {
        permissions::permit_filter_names::<L>(actor, |name| fields.has(name))?;
        Ok(Self::parse(fields)?)
    }
}

impl<L: Listing> ListRequest<L> {
    fn parse(fields: Fields) -> Result<Self, ValidationErrors> {
        let mut filters = Filters::of(fields);
        let sort = filters
            .parsed("sortBy", |text| L::Sort::parse(&text))
            .unwrap_or_default();
        let direction: Direction = filters
            .parsed("order", |text| text.parse())
            .unwrap_or_default();
        let filter = L::declare(&mut filters);
        let Filters {
            mut fields,
            errors,
            text,
            search,
            ..
        } = filters;
        let (sort_by, order) = (sort.as_str(), direction.as_str());
        let list = format!("{} sortBy={sort_by} order={order}{text}{search}", L::NAME);
        let fingerprint = Fingerprint::of(&list);
        // Where the order or a filter is at fault, nobody can say whose cursor it is.
        let known = errors.is_empty().then_some(&fingerprint);
        let mut all = ValidationErrors::new();
        let page = read_page(&mut fields, &filter, known, errors, &mut all);
        let query = PageQuery {
            filter,
            sort,
            direction,
            page,
        };
        fields.finish(all.finish(|| Some(Self { query, fingerprint })))
    }

    /// What tells this page from others.
    pub(crate) const fn part(&self) -> (&PageRequest, &Fingerprint) {
        (&self.query.page, &self.fingerprint)
    }

    /// Where this page stands in the list.
    pub(crate) fn pagination<T>(&self, page: &Page<T>) -> Pagination {
        let pagination = Pagination::new(&self.query.page, page, &self.fingerprint);
        match self.query.filter.ends_early() {
            None => pagination,
            Some(_) => Pagination {
                total_pages: None,
                ..pagination
            },
        }
    }
}

/// Reads which part of a list is asked for: `page` and `limit`, which come first in the
/// schema, and `cursor` and `count`, which come behind the order and the filters, whose
/// faults are `which`. The cursor must be one of `list`.
fn read_page(
    fields: &mut Fields,
    filter: &impl Listing,
    list: Option<&Fingerprint>,
    which: ValidationErrors,
    errors: &mut ValidationErrors,
) -> PageRequest {
    let (largest, has_cursor) = (filter.largest_page(), fields.has("cursor"));
    let page = errors.optional_with("page", fields.text("page"), |text| {
        let page: PageNumber = text
            .parse()
            .map_err(|error: PageNumberError| error.to_string())?;
        if has_cursor {
            return Err("Must not be sent beside cursor".to_owned());
        }
        if let Some(parameter) = filter.ends_early() {
            return Err(format!(
                "Must not be sent beside {parameter}; cursor leads on"
            ));
        }
        Ok(page)
    });
    let size = errors.optional_with("limit", fields.text("limit"), |text| {
        let size: Option<PageSize> = text.parse().ok();
        size.filter(|size| size.get() <= largest)
            .ok_or_else(|| format!("Limit must be between {} and {largest}", PageSize::MIN))
    });
    errors.extend(which);
    let cursor = errors.optional_with("cursor", fields.text("cursor"), |text| match list {
        None => Ok(None),
        Some(list) => cursor::decode(&text, list).map(Some).ok_or(CursorError),
    });
    let count = errors.optional_with("count", fields.text("count"), |text| match text.as_str() {
        "none" => Ok(false),
        _ => Err("Must be: none"),
    });
    PageRequest {
        position: match cursor.flatten() {
            Some(cursor) => Position::After(cursor),
            None => Position::Page(page.unwrap_or_default()),
        },
        size: size.unwrap_or_default(),
        count: count.unwrap_or(true),
    }
}

/// The filters of a list: those that were sent, or none while they are described.
pub(crate) struct Filters {
    fields: Fields,
    errors: ValidationErrors,
    /// The filters as cursors know them. Cursors outlive the program that gave them, so
    /// names and values stand here as clients write them.
    text: String,
    /// The search, which may hold any text, and so comes last in `text`.
    search: String,
    /// Only while they are described.
    parameters: Option<Vec<Parameter>>,
}

impl Filters {
    fn of(fields: Fields) -> Self {
        Self {
            fields,
            errors: ValidationErrors::new(),
            text: String::new(),
            search: String::new(),
            parameters: None,
        }
    }

    /// What to look for.
    pub(crate) fn search(&mut self, about: &str) -> Option<Search> {
        self.describe("search", about, types::Search::schema);
        let search = self.parsed("search", |text| Search::parse(&text)).flatten();
        let folded = search.as_ref().map_or("", Search::folded);
        self.search = format!(" search={folded}");
        search
    }

    /// One value of a property, described by the schema of `T`.
    pub(crate) fn one<T: PartialSchema, V>(&mut self, name: &'static str, about: &str) -> Option<V>
    where
        V: FromStr<Err: Display> + Display,
    {
        self.describe(name, about, T::schema);
        let value: Option<V> = self.parsed(name, |text| text.parse());
        let shown = value.as_ref().map_or("any".to_owned(), V::to_string);
        self.add(name, &shown);
        value
    }

    /// True or false.
    pub(crate) fn flag(&mut self, name: &'static str, about: &str) -> Option<bool> {
        let value = self.boolean(name, about);
        self.add(name, value.map_or("any", as_str));
        value
    }

    /// `deleted`: whether the list is of the deleted rows, in place of the live ones.
    pub(crate) fn deleted(&mut self, about: &str) -> Liveness {
        let deleted = self.boolean("deleted", about).unwrap_or(false);
        self.add("deleted", as_str(deleted));
        if deleted {
            Liveness::Deleted
        } else {
            Liveness::Live
        }
    }

    /// Whether a parameter is there, with the one value that it can have. It may differ
    /// from one page of a list to the next.
    pub(crate) fn switch(&mut self, name: &'static str, value: &str, about: &str) -> bool {
        self.describe(name, about, || types::one_of([value]).into());
        let read = |text| match text {
            text if text == value => Ok(()),
            _ => Err(format!("Must be: {value}")),
        };
        self.parsed(name, read).is_some()
    }

    fn boolean(&mut self, name: &'static str, about: &str) -> Option<bool> {
        self.describe(name, about, bool::schema);
        let field = self.fields.boolean(name);
        self.errors.optional(name, field)
    }

    fn parsed<V, E: Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(String) -> Result<V, E>,
    ) -> Option<V> {
        let field = self.fields.text(name);
        self.errors.optional_with(name, field, parse)
    }

    fn add(&mut self, name: &str, value: &str) {
        self.text.push_str(&format!(" {name}={value}"));
    }

    fn describe(&mut self, name: &str, about: &str, schema: impl FnOnce() -> RefOr<Schema>) {
        if let Some(parameters) = &mut self.parameters {
            parameters.push(parameter(name, about, schema()));
        }
    }
}

const fn as_str(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

impl<L: Listing> IntoParams for ListRequest<L> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let names = L::Sort::ALL.iter().map(|sort| sort.as_str());
        let default = json!(L::Sort::default().as_str());
        let sort = types::text()
            .enum_values(Some(names))
            .default(Some(default));
        let mut filters = Filters::of(Fields::default());
        filters.parameters = Some(vec![
            parameter(
                "page",
                "Which page. Not beside `cursor`, nor where pages may end early.",
                types::PageNumber::schema(),
            ),
            parameter(
                "limit",
                "How many things on a page.",
                types::PageSize::schema(),
            ),
            parameter(
                "cursor",
                "The `nextCursor` of a list with the same filters and order: continues there.",
                types::text().into(),
            ),
            parameter(
                "count",
                "`none` leaves `total` and `totalPages` out.",
                types::one_of(["none"]).into(),
            ),
            parameter(
                "order",
                "The direction of the order: `asc` or `desc`, in upper or lower case.",
                types::Order::schema(),
            ),
            parameter("sortBy", "What the list is ordered by.", sort.into()),
        ]);
        L::declare(&mut filters);
        filters.parameters.unwrap_or_default()
    }
}

fn parameter(name: &str, about: &str, schema: RefOr<Schema>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(about))
        .schema(Some(schema))
        .build()
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
    #[schema(value_type = bool, required = false)]
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

#[cfg(test)]
pub(crate) fn fingerprint_of<L: Listing>(query: &[(&str, &str)]) -> Fingerprint {
    let pairs = query.iter();
    let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let list = ListRequest::<L>::parse(pairs.collect::<Vec<_>>().into());
    list.unwrap().fingerprint
}
