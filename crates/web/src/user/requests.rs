use std::convert::Infallible;

use hexpress_domain::list::{PageSize, Search};
use hexpress_domain::user::{NewUser, RawNewUser, RawUserPatch, Role, UserPatch, UserQuery};
use hexpress_domain::validation::ValidationErrors;

use crate::cursor::Fingerprint;
use crate::extract::Fields;
use crate::list::{self, ListFields};

pub(super) fn sign_up(mut fields: Fields) -> Result<NewUser, ValidationErrors> {
    let raw = RawNewUser {
        email: fields.text("email"),
        password: fields.text("password"),
        first_name: fields.text("firstName"),
        last_name: fields.text("lastName"),
    };
    fields.finish(NewUser::parse(raw))
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
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn asked(query: &[(&str, &str)]) -> ListUsers {
        let pairs = query.iter();
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        ListUsers::parse(pairs.collect::<Vec<_>>().into()).unwrap()
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
