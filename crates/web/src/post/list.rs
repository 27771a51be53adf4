use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_domain::auth::Actor;
use hexpress_domain::list::PageSize;
use hexpress_domain::post::{PostFilter, PostQuery, PostSort};

use super::responses::{PostAnswer, types};
use crate::api::Api;
use crate::error::ApiError;
use crate::extract::Checked;
use crate::list::{Filters, ListRequest, Listing};
use crate::openapi::error_responses::{ForbiddenParameter, Unauthenticated};
use crate::respond::{self, List};

type ListPosts = ListRequest<PostFilter>;

impl Listing for PostFilter {
    type Sort = PostSort;

    const NAME: &'static str = "posts";

    fn declare(filters: &mut Filters) -> Self {
        Self {
            search: filters.search("Only posts whose title or content contain this, in any case, with or without marks. Of a content the first 100,000 characters are searched."),
            status: filters.one::<types::PostStatus, _>(
                "status",
                "Only posts of this status, as far as the caller may see them.",
            ),
            author_id: filters.one::<types::Id, _>("authorId", "Only posts of this author."),
            with_content: filters.switch(
                "include",
                "content",
                "`content` shows what the posts say; then `limit` is at most 20, a page ends before its content passes 4 MiB (after one post at least), and `cursor` leads on: `page` is refused, `totalPages` left out.",
            ),
            liveness: filters.deleted("By admins: the deleted posts in place of the live ones."),
        }
    }

    fn largest_page(&self) -> u8 {
        if self.with_content {
            PostQuery::MAX_SIZE_WITH_CONTENT
        } else {
            PageSize::MAX
        }
    }

    fn ends_early(&self) -> Option<&'static str> {
        self.with_content.then_some("include=content")
    }
}

/// List posts
///
/// Published posts for everybody; drafts and archived ones for their author, moderators and admins.
#[utoipa::path(
    get,
    path = "/posts",
    tag = "Posts",
    params(ListPosts),
    responses(
        (status = 200, description = "A page of the list", body = List<PostAnswer>),
        Unauthenticated,
        ForbiddenParameter,
    ),
    security((), ("token" = [])),
)]
pub(super) async fn list_posts(
    State(api): State<Arc<Api>>,
    request: Checked<Actor, (), ListPosts>,
) -> Result<Response, ApiError> {
    let Checked {
        who, query: list, ..
    } = request;
    let page = api.services.posts.list(&who, list.query.clone()).await?;
    let rendered = api
        .render_cache
        .get_or_render(page.shared(), Some(list.part()), |page| {
            let posts = page.items.iter().map(PostAnswer::from).collect();
            respond::render_page(posts, list.pagination(page))
        })?;
    Ok(respond::rendered(rendered.body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cursor::Fingerprint;
    use crate::list::fingerprint_of;

    /// Whoever changes one of these breaks every cursor that a client holds.
    #[test]
    fn a_list_is_described_alike_by_every_version_of_the_program() {
        assert_eq!(
            fingerprint_of::<PostFilter>(&[("limit", "7"), ("include", "content")]),
            Fingerprint::of(
                "posts sortBy=createdAt order=desc status=any authorId=any deleted=false search="
            )
        );
        assert_eq!(
            fingerprint_of::<PostFilter>(&[
                ("sortBy", "viewCount"),
                ("order", "ASC"),
                ("search", " ENGINES"),
                ("status", "archived"),
                ("authorId", "0192D3A4-5b6c-7d8e-9f01-23456789abcd"),
                ("deleted", "true"),
            ]),
            Fingerprint::of(
                "posts sortBy=viewCount order=asc status=archived \
                 authorId=0192d3a4-5b6c-7d8e-9f01-23456789abcd deleted=true search=engines"
            )
        );
    }
}
