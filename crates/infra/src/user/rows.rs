use diesel::prelude::*;
use hexpress_database::Corrupt;
use hexpress_database::sql::{StoredId, StoredInstant};
use hexpress_domain::entity::Version;
use hexpress_domain::list::fold;
use hexpress_domain::user::{Email, PersonName, User, UserChange, UserId, UserRecord};

use crate::schema::users;

/// A user as it is read. The password's hash is not part of it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(crate) struct UserRow {
    id: StoredId,
    email: String,
    first_name: String,
    last_name: String,
    role: String,
    is_active: bool,
    last_login_at: Option<StoredInstant>,
    version: i64,
    created_at: StoredInstant,
    updated_at: StoredInstant,
    deleted_at: Option<StoredInstant>,
}

impl TryFrom<UserRow> for User {
    type Error = Corrupt;

    fn try_from(row: UserRow) -> Result<Self, Corrupt> {
        let id = row.id.0;
        Ok(Self {
            id: UserId::new(id),
            email: row
                .email
                .parse()
                .map_err(|fault| Corrupt::new("users", "email", id, fault))?,
            name: PersonName {
                first: row
                    .first_name
                    .parse()
                    .map_err(|fault| Corrupt::new("users", "first_name", id, fault))?,
                last: row
                    .last_name
                    .parse()
                    .map_err(|fault| Corrupt::new("users", "last_name", id, fault))?,
            },
            role: row
                .role
                .parse()
                .map_err(|fault| Corrupt::new("users", "role", id, fault))?,
            is_active: row.is_active,
            last_login_at: row.last_login_at.map(|time| time.0),
            version: Version::new(row.version),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
            deleted_at: row.deleted_at.map(|time| time.0),
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = users)]
pub(super) struct NewUserRow<'a> {
    id: StoredId,
    email: &'a str,
    password_hash: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    role: &'a str,
    is_active: bool,
    search_text: String,
    version: i64,
    created_at: StoredInstant,
    updated_at: StoredInstant,
}

impl<'a> NewUserRow<'a> {
    pub(super) fn of(user: &'a UserRecord) -> Self {
        Self {
            id: user.id.into(),
            email: user.email.as_str(),
            password_hash: user.password_hash.expose(),
            first_name: user.name.first.as_str(),
            last_name: user.name.last.as_str(),
            role: user.role.as_str(),
            is_active: true,
            search_text: search_text(&user.email, &user.name),
            version: Version::FIRST.get(),
            created_at: user.at.into(),
            updated_at: user.at.into(),
        }
    }
}

#[derive(AsChangeset)]
#[diesel(table_name = users)]
pub(super) struct UserChangeset<'a> {
    email: &'a str,
    /// The old one stays where there is no new one.
    password_hash: Option<&'a str>,
    first_name: &'a str,
    last_name: &'a str,
    role: &'a str,
    is_active: bool,
    /// The old one stays where the text that it is made of does.
    search_text: Option<String>,
    version: i64,
    updated_at: StoredInstant,
    #[diesel(treat_none_as_null = true)]
    deleted_at: Option<StoredInstant>,
}

impl<'a> UserChangeset<'a> {
    pub(super) fn of(before: &User, change: &'a UserChange) -> Self {
        let after = &change.user;
        let is_same = (&before.email, &before.name) == (&after.email, &after.name);
        Self {
            email: after.email.as_str(),
            password_hash: change.password_hash.as_ref().map(|hash| hash.expose()),
            first_name: after.name.first.as_str(),
            last_name: after.name.last.as_str(),
            role: after.role.as_str(),
            is_active: after.is_active,
            search_text: (!is_same).then(|| search_text(&after.email, &after.name)),
            version: after.version.get(),
            updated_at: after.updated_at.into(),
            deleted_at: after.deleted_at.map(StoredInstant),
        }
    }
}

/// The fields that the user list is searched in, the same ones for every row.
pub(crate) fn search_text(email: &Email, name: &PersonName) -> String {
    fold([email.as_str(), name.first.as_str(), name.last.as_str()])
}
