use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use hexpress_app::permissions::Permit;
use hexpress_app::permissions::operations::ListUsers;
use hexpress_domain::user::{UserFilter, UserSort};

use super::responses::{FullUser, types};
use crate::api::Api;
use crate::error::ApiError;
use crate::extract::Checked;
use crate::list::{Filters, ListRequest, Listing};
use crate::openapi::error_responses::{Forbidden, ForbiddenParameter};
use crate::respond::{self, List};

type UserList = ListRequest<UserFilter>;

impl Listing for UserFilter {
    type Sort = UserSort;

    const NAME: &'static str = "users";

    fn declare(filters: &mut Filters) -> Self {
        Self {
            search: filters
                .search("Only users whose email, first or last name contain this, in any case, with or without marks."),
            role: filters.one::<types::Role, _>("role", "Only users of this role."),
            is_active: filters.flag("isActive", "Only users who are, or are not, active."),
            liveness: filters.deleted("By admins: the deleted users in place of the live ones."),
        }
    }
}

/// List users
///
/// For moderators and admins.
#[utoipa::path(
    get,
    path = "/users",
    tag = "Users",
    params(UserList),
    responses(
        (status = 200, description = "A page of the list", body = List<FullUser>),
        Forbidden,
        ForbiddenParameter,
    ),
    security(("token" = [])),
)]
pub(super) async fn list_users(
    State(api): State<Arc<Api>>,
    request: Checked<Permit<ListUsers>, (), UserList>,
) -> Result<Response, ApiError> {
    let Checked {
        who, query: list, ..
    } = request;
    let page = api.services.users.list(&who, list.query.clone()).await?;
    let pagination = list.pagination(&page);
    let users = page.items.into_iter().map(FullUser::from).collect();
    Ok(respond::page(users, pagination))
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
            fingerprint_of::<UserFilter>(&[("page", "3"), ("limit", "7"), ("count", "none")]),
            Fingerprint::of(
                "users sortBy=createdAt order=desc role=any isActive=any deleted=false search="
            )
        );
        assert_eq!(
            fingerprint_of::<UserFilter>(&[
                ("sortBy", "lastName"),
                ("order", "ASC"),
                ("search", " KING ς"),
                ("role", "moderator"),
                ("isActive", "false"),
                ("deleted", "true"),
            ]),
            Fingerprint::of(
                "users sortBy=lastName order=asc role=moderator isActive=false deleted=true \
                 search=king σ"
            )
        );
    }
}
