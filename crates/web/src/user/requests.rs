use std::convert::Infallible;

use hexpress_domain::entity::Liveness;
use hexpress_domain::list::Search;
use hexpress_domain::user::{NewUser, RawNewUser, RawUserPatch, UserPatch, UserQuery};
use hexpress_domain::validation::ValidationErrors;

use crate::cursor::Fingerprint;
use crate::extract::Fields;
use crate::list::ListFields;

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
        let list = ListFields::take(&mut fields, &mut errors);
        // What says which list it is, and so whose cursor continues it.
        let mut which = ValidationErrors::new();
        let sort = which.optional("sortBy", fields.text("sortBy"), |text| text.parse());
        let direction = which.optional("order", fields.text("order"), |text| text.parse());
        let search = which.optional("search", fields.text("search"), |text| Search::parse(&text));
        let role = which.optional("role", fields.text("role"), |text| text.parse());
        let is_active = which.optional("isActive", fields.boolean("isActive"), Ok::<_, Infallible>);
        let deleted = which.optional("deleted", fields.boolean("deleted"), Ok::<_, Infallible>);
        let mut query = UserQuery {
            search: search.flatten(),
            role,
            is_active,
            liveness: match deleted {
                Some(true) => Liveness::Deleted,
                _ => Liveness::Live,
            },
            sort: sort.unwrap_or_default(),
            direction: direction.unwrap_or_default(),
            ..UserQuery::default()
        };
        // All but the page, which differs from one page of a list to the next.
        let fingerprint = Fingerprint::of(&format!("users {query:?}"));
        let known = which.is_empty().then_some(&fingerprint);
        errors.extend(which);
        query.page = list.finish(&mut fields, known, &mut errors);
        let list = errors.finish(Some(Self { query, fingerprint }));
        fields.finish(list)
    }
}
