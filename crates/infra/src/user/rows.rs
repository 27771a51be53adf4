use diesel::prelude::*;
use hexpress_database::Corrupt;
use hexpress_database::sql::{StoredId, StoredInstant};
use hexpress_domain::entity::Version;
use hexpress_domain::list::fold;
use hexpress_domain::text::Kept;
use hexpress_domain::user::{Email, PersonName, User, UserId};

use crate::schema::users;

/// A user as it is stored, but for the password's hash and the text of searches.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = users, treat_none_as_null = true)]
pub(crate) struct UserRow {
    id: StoredId,
    email: String,
    first_name: String,
    last_name: String,
    role: String,
    is_active: bool,
    #[diesel(skip_update)]
    last_login_at: Option<StoredInstant>,
    version: i64,
    #[diesel(skip_update)]
    created_at: StoredInstant,
    updated_at: StoredInstant,
    deleted_at: Option<StoredInstant>,
}

impl TryFrom<UserRow> for User {
    type Error = Corrupt;

    fn try_from(row: UserRow) -> Result<Self, Corrupt> {
        let columns = Corrupt::row("users", row.id.0);
        Ok(Self {
            id: UserId::new(row.id.0),
            email: columns.parse("email", &row.email)?,
            name: PersonName {
                first: columns.convert("first_name", Kept(row.first_name))?,
                last: columns.convert("last_name", Kept(row.last_name))?,
            },
            role: columns.parse("role", &row.role)?,
            is_active: row.is_active,
            last_login_at: row.last_login_at.map(|time| time.0),
            version: Version::new(row.version),
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
            deleted_at: row.deleted_at.map(|time| time.0),
        })
    }
}

impl From<&User> for UserRow {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.into(),
            email: user.email.as_str().to_owned(),
            first_name: user.name.first.as_str().to_owned(),
            last_name: user.name.last.as_str().to_owned(),
            role: user.role.as_str().to_owned(),
            is_active: user.is_active,
            last_login_at: user.last_login_at.map(StoredInstant),
            version: user.version.get(),
            created_at: user.created_at.into(),
            updated_at: user.updated_at.into(),
            deleted_at: user.deleted_at.map(StoredInstant),
        }
    }
}

/// The change of the text of searches, where the text that it is made of changes.
pub(super) fn search_change(before: &User, after: &User) -> Option<String> {
    let is_same = (&before.email, &before.name) == (&after.email, &after.name);
    (!is_same).then(|| search_text(&after.email, &after.name))
}

/// The fields that the user list is searched in, the same ones for every row.
pub(crate) fn search_text(email: &Email, name: &PersonName) -> String {
    fold([email.as_str(), name.first.as_str(), name.last.as_str()])
}
