use hexpress_domain::list::{PageSize, Search};
use hexpress_domain::post::{
    NewPost, PostPatch, PostQuery, PostSort, PostStatus, RawNewPost, RawPostPatch,
};
use hexpress_domain::validation::ValidationErrors;
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::cursor::Fingerprint;
use crate::extract::Fields;
use crate::list::{self, ListFields};
use crate::openapi::types;

/// The one thing that a list may include on request.
const CONTENT: &str = "content";

/// A post to be written.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it describes a body, which is read field by field"
)]
pub(super) struct NewPostBody {
    title: types::Title,
    content: types::Content,
    excerpt: Option<types::Excerpt>,
    #[schema(required = false)]
    status: types::InitialStatus,
    #[schema(required = false)]
    metadata: types::Metadata,
    #[schema(required = false)]
    slug: types::NewSlug,
}

pub(super) fn new_post(mut fields: Fields) -> Result<NewPost, ValidationErrors> {
    let raw = RawNewPost {
        title: fields.text("title"),
        content: fields.text("content"),
        excerpt: fields.text("excerpt"),
        status: fields.text("status"),
        metadata: fields.object("metadata"),
        slug: fields.text("slug"),
    };
    fields.finish(NewPost::parse(raw))
}

/// A change to a post: what is absent stays as it is.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"title": "On Computing", "status": "published"}))]
#[expect(
    dead_code,
    reason = "it describes a body, which is read field by field"
)]
pub(super) struct PostPatchBody {
    #[schema(required = false)]
    title: types::Title,
    #[schema(required = false)]
    content: types::Content,
    /// Null takes it away.
    excerpt: Option<types::Excerpt>,
    /// From `draft` to `published` and back, from `published` to `archived` and back.
    #[schema(required = false)]
    status: types::PostStatus,
    /// Replaces all of the old.
    #[schema(required = false)]
    metadata: types::Metadata,
    #[schema(required = false)]
    slug: types::NewSlug,
}

pub(super) fn patch_post(mut fields: Fields) -> Result<PostPatch, ValidationErrors> {
    let raw = RawPostPatch {
        title: fields.text("title"),
        content: fields.text("content"),
        excerpt: fields.text("excerpt"),
        status: fields.text("status"),
        metadata: fields.object("metadata"),
        slug: fields.text("slug"),
    };
    fields.finish(PostPatch::parse(raw))
}

/// What [`ListPosts`] reads, beside what every list takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it describes a query, which is read field by field"
)]
pub(super) struct ListPostsParameters {
    /// What the list is ordered by.
    #[param(inline, required = false)]
    sort_by: SortBy,
    /// Only posts whose title or content contain this, in any case.
    #[param(inline, required = false)]
    search: types::Search,
    /// Only posts of this status, as far as the caller may see them.
    #[param(inline, required = false)]
    status: types::PostStatus,
    /// Only posts of this author.
    #[param(inline, required = false)]
    author_id: types::Id,
    /// `content` shows what the posts say; then `limit` is at most 20.
    #[param(inline, required = false)]
    include: Include,
    /// By admins: the deleted posts in place of the live ones.
    #[param(required = false)]
    deleted: bool,
}

struct SortBy;

impl ToSchema for SortBy {}

impl PartialSchema for SortBy {
    fn schema() -> RefOr<Schema> {
        let default = json!(PostSort::default().as_str());
        let names = types::one_of(PostSort::ALL.map(PostSort::as_str));
        names.default(Some(default)).into()
    }
}

struct Include;

impl ToSchema for Include {}

impl PartialSchema for Include {
    fn schema() -> RefOr<Schema> {
        types::one_of([CONTENT]).into()
    }
}

/// A list of posts that is asked for.
pub(super) struct ListPosts {
    pub(super) query: PostQuery,
    /// Of the filters and the order.
    pub(super) fingerprint: Fingerprint,
}

impl ListPosts {
    pub(super) fn parse(mut fields: Fields) -> Result<Self, ValidationErrors> {
        let mut errors = ValidationErrors::new();
        let largest = match fields.peek("include") {
            Some(CONTENT) => PostQuery::MAX_SIZE_WITH_CONTENT,
            _ => PageSize::MAX,
        };
        let list = ListFields::take(&mut fields, largest, &mut errors);
        // What says which list it is, and so whose cursor continues it.
        let mut which = ValidationErrors::new();
        let sort = which.optional("sortBy", fields.text("sortBy"), |text| text.parse());
        let direction = which.optional("order", fields.text("order"), |text| text.parse());
        let search = which.optional("search", fields.text("search"), |text| Search::parse(&text));
        let status = which.optional("status", fields.text("status"), |text| text.parse());
        let author_id = which.optional("authorId", fields.text("authorId"), |text| text.parse());
        let include = which.optional("include", fields.text("include"), |text| {
            match text.as_str() {
                CONTENT => Ok(()),
                _ => Err("Must be: content"),
            }
        });
        let liveness = list::deleted(&mut fields, &mut which);
        let mut query = PostQuery {
            search: search.flatten(),
            status,
            author_id,
            liveness,
            with_content: include.is_some(),
            sort: sort.unwrap_or_default(),
            direction: direction.unwrap_or_default(),
            ..PostQuery::default()
        };
        let fingerprint = Fingerprint::of(&description(&query));
        let known = which.is_empty().then_some(&fingerprint);
        errors.extend(which);
        query.page = list.finish(&mut fields, known, &mut errors);
        let list = errors.finish(Some(Self { query, fingerprint }));
        fields.finish(list)
    }
}

/// Which list a query asks for: its filters and its order, but neither its page nor
/// how much of each post it shows, which may differ from one page of a list to the
/// next. Written out by name, as cursors outlive the program that gave them; the
/// search, which may hold any text, comes last.
fn description(query: &PostQuery) -> String {
    let PostQuery {
        search,
        status,
        author_id,
        liveness,
        with_content: _,
        sort,
        direction,
        page: _,
    } = query;
    let sort = sort.as_str();
    let order = direction.as_str();
    let status = status.map_or("any", PostStatus::as_str);
    let author = author_id.map_or("any".to_owned(), |id| id.to_string());
    let deleted = list::deleted_name(*liveness);
    let search = search.as_ref().map_or("", Search::folded);
    format!(
        "posts sortBy={sort} order={order} status={status} authorId={author} deleted={deleted} \
         search={search}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::names_taken_by;
    use crate::list::{ListParameters, OrderParameter};
    use crate::openapi::{parameter_names, property_names};

    #[test]
    fn the_document_names_what_is_read() {
        let new = names_taken_by(|fields| drop(new_post(fields)));
        assert_eq!(property_names::<NewPostBody>(), new);
        let patch = names_taken_by(|fields| drop(patch_post(fields)));
        assert_eq!(property_names::<PostPatchBody>(), patch);
        let mut list = names_taken_by(|fields| drop(ListPosts::parse(fields)));
        let mut documented = parameter_names::<ListParameters>();
        documented.extend(parameter_names::<OrderParameter>());
        documented.extend(parameter_names::<ListPostsParameters>());
        list.sort_unstable();
        documented.sort_unstable();
        assert_eq!(documented, list);
    }

    fn described(query: &[(&str, &str)]) -> String {
        let pairs = query.iter();
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let list = ListPosts::parse(pairs.collect::<Vec<_>>().into()).unwrap();
        assert_eq!(list.fingerprint, Fingerprint::of(&description(&list.query)));
        description(&list.query)
    }

    /// Whoever changes one of these breaks every cursor that a client holds.
    #[test]
    fn a_list_is_described_alike_by_every_version_of_the_program() {
        assert_eq!(
            described(&[("page", "3"), ("limit", "7"), ("include", "content")]),
            "posts sortBy=createdAt order=desc status=any authorId=any deleted=false search="
        );
        assert_eq!(
            described(&[
                ("sortBy", "viewCount"),
                ("order", "ASC"),
                ("search", " ENGINES"),
                ("status", "archived"),
                ("authorId", "0192D3A4-5b6c-7d8e-9f01-23456789abcd"),
                ("deleted", "true"),
            ]),
            "posts sortBy=viewCount order=asc status=archived \
             authorId=0192d3a4-5b6c-7d8e-9f01-23456789abcd deleted=true search=engines"
        );
    }
}
