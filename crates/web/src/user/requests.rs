use std::convert::Infallible;

use hexpress_domain::list::{PageSize, Search};
use hexpress_domain::user::{
    NewUser, RawNewUser, RawUserPatch, Role, UserPatch, UserQuery, UserSort,
};
use hexpress_domain::validation::ValidationErrors;
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{IntoParams, PartialSchema, ToSchema};

use crate::cursor::Fingerprint;
use crate::extract::Fields;
use crate::list::{self, ListFields};
use crate::openapi::types::{self, Email, FirstName, LastName, NewPassword, Password};

/// A sign-up.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it describes a body, which is read field by field"
)]
pub(super) struct SignUpBody {
    /// No other live user's.
    email: Email,
    password: NewPassword,
    first_name: FirstName,
    last_name: LastName,
}

pub(super) fn sign_up(mut fields: Fields) -> Result<NewUser, ValidationErrors> {
    let raw = RawNewUser {
        email: fields.text("email"),
        password: fields.text("password"),
        first_name: fields.text("firstName"),
        last_name: fields.text("lastName"),
    };
    fields.finish(NewUser::parse(raw))
}

/// A change to a user: what is absent stays as it is.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"lastName": "King"}))]
#[expect(
    dead_code,
    reason = "it describes a body, which is read field by field"
)]
pub(super) struct UserPatchBody {
    /// No other live user's.
    #[schema(required = false)]
    email: Email,
    #[schema(required = false)]
    password: NewPassword,
    /// Needed by whoever changes the own email or password.
    #[schema(required = false)]
    current_password: Password,
    #[schema(required = false)]
    first_name: FirstName,
    #[schema(required = false)]
    last_name: LastName,
    /// By admins, of others.
    #[schema(required = false)]
    role: types::Role,
    /// By admins, of others: whether the user may log in.
    #[schema(required = false)]
    is_active: bool,
}

pub(super) fn patch_user(mut fields: Fields) -> Result<UserPatch, ValidationErrors> {
    let raw = RawUserPatch {
        email: fields.text("email"),
        password: fields.text("password"),
        current_password: fields.text("currentPassword"),
        first_name: fields.text("firstName"),
        last_name: fields.text("lastName"),
        role: fields.text("role"),
        is_active: fields.boolean("isActive"),
    };
    fields.finish(UserPatch::parse(raw))
}

/// What [`ListUsers`] reads, beside what every list takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "it describes a query, which is read field by field"
)]
pub(super) struct ListUsersParameters {
    /// What the list is ordered by.
    #[param(inline, required = false)]
    sort_by: SortBy,
    /// Only users whose email, first or last name contain this, in any case.
    #[param(inline, required = false)]
    search: types::Search,
    /// Only users of this role.
    #[param(inline, required = false)]
    role: types::Role,
    /// Only users who are, or are not, active.
    #[param(required = false)]
    is_active: bool,
    /// By admins: the deleted users in place of the live ones.
    #[param(required = false)]
    deleted: bool,
}

struct SortBy;

impl ToSchema for SortBy {}

impl PartialSchema for SortBy {
    fn schema() -> RefOr<Schema> {
        let default = json!(UserSort::default().as_str());
        let names = types::one_of(UserSort::ALL.map(UserSort::as_str));
        names.default(Some(default)).into()
    }
}

/// A list of users that is asked for.
pub(super) struct ListUsers {
    pub(super) query: UserQuery,
    /// Of the filters and the order.
    pub(super) fingerprint: Fingerprint,
}

impl ListUsers {
    pub(super) fn parse(mut fields: Fields) -> Result<Self, ValidationErrors> {
        let mut errors = ValidationErrors::new();
        let list = ListFields::take(&mut fields, PageSize::MAX, &mut errors);
        // What says which list it is, and so whose cursor continues it.
        let mut which = ValidationErrors::new();
        let sort = which.optional("sortBy", fields.text("sortBy"), |text| text.parse());
        let direction = which.optional("order", fields.text("order"), |text| text.parse());
        let search = which.optional("search", fields.text("search"), |text| Search::parse(&text));
        let role = which.optional("role", fields.text("role"), |text| text.parse());
        let is_active = which.optional("isActive", fields.boolean("isActive"), Ok::<_, Infallible>);
        let liveness = list::deleted(&mut fields, &mut which);
        let mut query = UserQuery {
            search: search.flatten(),
            role,
            is_active,
            liveness,
            sort: sort.unwrap_or_default(),
            direction: direction.unwrap_or_default(),
            ..UserQuery::default()
        };
        let fingerprint = Fingerprint::of(&description(&query));
        let known = which.is_empty().then_some(&fingerprint);
        errors.extend(which);
        query.page = list.finish(&mut fields, known, &mut errors);
        let list = errors.finish(Some(Self { query, fingerprint }));
        fields.finish(list)
    }
}

/// Which list a query asks for: its filters and its order, but not its page,
/// which differs from one page of a list to the next. Written out by name, as
/// cursors outlive the program that gave them; the search, which may hold any
/// text, comes last.
fn description(query: &UserQuery) -> String {
    let UserQuery {
        search,
        role,
        is_active,
        liveness,
        sort,
        direction,
        page: _,
    } = query;
    let sort = sort.as_str();
    let order = direction.as_str();
    let role = role.map_or("any", Role::as_str);
    let is_active = match is_active {
        None => "any",
        Some(true) => "true",
        Some(false) => "false",
    };
    let deleted = list::deleted_name(*liveness);
    let search = search.as_ref().map_or("", Search::folded);
    format!(
        "users sortBy={sort} order={order} role={role} isActive={is_active} deleted={deleted} \
         search={search}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::names_taken_by;
    use crate::list::{ListParameters, OrderParameter};
    use crate::openapi::{parameter_names, property_names};

    fn asked(query: &[(&str, &str)]) -> ListUsers {
        let pairs = query.iter();
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        ListUsers::parse(pairs.collect::<Vec<_>>().into()).unwrap()
    }

    #[test]
    fn the_document_names_what_is_read() {
        let sign_up = names_taken_by(|fields| drop(sign_up(fields)));
        assert_eq!(property_names::<SignUpBody>(), sign_up);
        let patch = names_taken_by(|fields| drop(patch_user(fields)));
        assert_eq!(property_names::<UserPatchBody>(), patch);
        let mut list = names_taken_by(|fields| drop(ListUsers::parse(fields)));
        let mut documented = parameter_names::<ListParameters>();
        documented.extend(parameter_names::<OrderParameter>());
        documented.extend(parameter_names::<ListUsersParameters>());
        list.sort_unstable();
        documented.sort_unstable();
        assert_eq!(documented, list);
    }

    /// Whoever changes one of these breaks every cursor that a client holds.
    #[test]
    fn a_list_is_described_alike_by_every_version_of_the_program() {
        let plain = asked(&[("page", "3"), ("limit", "7"), ("count", "none")]);
        assert_eq!(
            description(&plain.query),
            "users sortBy=createdAt order=desc role=any isActive=any deleted=false search="
        );
        let full = asked(&[
            ("sortBy", "lastName"),
            ("order", "ASC"),
            ("search", " KING ς"),
            ("role", "moderator"),
            ("isActive", "false"),
            ("deleted", "true"),
        ]);
        assert_eq!(
            description(&full.query),
            "users sortBy=lastName order=asc role=moderator isActive=false deleted=true \
             search=king σ"
        );
        assert_eq!(
            plain.fingerprint,
            Fingerprint::of(&description(&plain.query))
        );
    }
}
