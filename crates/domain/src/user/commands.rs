use std::fmt;

use super::{CurrentPasswordError, Email, FirstName, LastName, Password, PersonName, Role};
use crate::validation::{Field, ValidationErrors};

/// The fields of a sign-up as they arrived.
#[derive(Default)]
pub struct RawNewUser {
    /// The address to log in with.
    pub email: Field<String>,
    /// The chosen password.
    pub password: Field<String>,
    /// The first name.
    pub first_name: Field<String>,
    /// The last name; must be there, may be empty.
    pub last_name: Field<String>,
}

/// Shows no field: the password is still in clear.
impl fmt::Debug for RawNewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawNewUser").finish_non_exhaustive()
    }
}

/// A valid sign-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The address to log in with.
    pub email: Email,
    /// The chosen password.
    pub password: Password,
    /// The person's name.
    pub name: PersonName,
}

impl NewUser {
    /// Reads a sign-up.
    ///
    /// # Errors
    ///
    /// All faults of all fields.
    pub fn parse(raw: RawNewUser) -> Result<Self, ValidationErrors> {
        let mut errors = ValidationErrors::new();
        let email = errors.required("email", raw.email, "Email is required");
        let password = errors.required("password", raw.password, "Password is required");
        let first = errors.required("firstName", raw.first_name, "First name is required");
        let last = errors.required("lastName", raw.last_name, "Last name is required");
        errors.finish(|| {
            Some(Self {
                email: email?,
                password: password?,
                name: PersonName {
                    first: first?,
                    last: last?,
                },
            })
        })
    }
}

/// The fields of a change to a user as they arrived.
#[derive(Default)]
pub struct RawUserPatch {
    /// A new address.
    pub email: Field<String>,
    /// A new password.
    pub password: Field<String>,
    /// The present password, which proves that the user is the one asking.
    pub current_password: Field<String>,
    /// A new first name.
    pub first_name: Field<String>,
    /// A new last name.
    pub last_name: Field<String>,
    /// A new role.
    pub role: Field<String>,
    /// Whether the user may log in.
    pub is_active: Field<bool>,
}

/// Shows no field: the passwords are still in clear.
impl fmt::Debug for RawUserPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawUserPatch").finish_non_exhaustive()
    }
}

/// A valid change to a user; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserPatch {
    /// A new address.
    pub email: Option<Email>,
    /// A new password.
    pub password: Option<Password>,
    /// The present password, to be compared.
    pub current_password: Option<Password>,
    /// A new first name.
    pub first_name: Option<FirstName>,
    /// A new last name.
    pub last_name: Option<LastName>,
    /// A new role.
    pub role: Option<Role>,
    /// Whether the user may log in.
    pub is_active: Option<bool>,
}

/// The fields of a change to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "camelCase")]
pub enum UserField {
    /// A new address.
    Email,
    /// A new password.
    Password,
    /// The present password.
    CurrentPassword,
    /// A new first name.
    FirstName,
    /// A new last name.
    LastName,
    /// A new role.
    Role,
    /// Whether the user may log in.
    IsActive,
}

impl UserField {
    /// Every field, in the order of the schema.
    pub const ALL: [Self; 7] = [
        Self::Email,
        Self::Password,
        Self::CurrentPassword,
        Self::FirstName,
        Self::LastName,
        Self::Role,
        Self::IsActive,
    ];

    /// The field's name, as the API spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl UserPatch {
    /// Reads a change.
    ///
    /// # Errors
    ///
    /// All faults of all fields.
    pub fn parse(raw: RawUserPatch) -> Result<Self, ValidationErrors> {
        let mut errors = ValidationErrors::new();
        let patch = Self {
            email: errors.optional(UserField::Email.as_str(), raw.email),
            password: errors.optional(UserField::Password.as_str(), raw.password),
            current_password: errors.optional_with(
                UserField::CurrentPassword.as_str(),
                raw.current_password,
                |text| Password::claimed(&text).map_err(|_| CurrentPasswordError),
            ),
            first_name: errors.optional(UserField::FirstName.as_str(), raw.first_name),
            last_name: errors.optional(UserField::LastName.as_str(), raw.last_name),
            role: errors.optional_with(UserField::Role.as_str(), raw.role, |text| text.parse()),
            is_active: errors.optional(UserField::IsActive.as_str(), raw.is_active),
        };
        errors.finish(|| Some(patch))
    }

    /// The fields that the patch holds, in the order of its schema.
    #[must_use]
    pub fn fields(&self) -> Vec<UserField> {
        // Each by name, so that a new field cannot be forgotten here.
        let Self {
            email,
            password,
            current_password,
            first_name,
            last_name,
            role,
            is_active,
        } = self;
        [
            (UserField::Email, email.is_some()),
            (UserField::Password, password.is_some()),
            (UserField::CurrentPassword, current_password.is_some()),
            (UserField::FirstName, first_name.is_some()),
            (UserField::LastName, last_name.is_some()),
            (UserField::Role, role.is_some()),
            (UserField::IsActive, is_active.is_some()),
        ]
        .into_iter()
        .filter_map(|(field, is_there)| is_there.then_some(field))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_sign_up_names_every_field() {
        let errors = NewUser::parse(RawNewUser::default()).err();
        assert_eq!(
            errors
                .as_ref()
                .map(ValidationErrors::pairs)
                .unwrap_or_default(),
            [
                ("email", "Email is required"),
                ("password", "Password is required"),
                ("firstName", "First name is required"),
                ("lastName", "Last name is required"),
            ]
        );
    }

    #[test]
    fn a_last_name_may_be_empty_but_not_absent() {
        let raw = || RawNewUser {
            email: Field::Value("ada@example.org".into()),
            password: Field::Value("correct horse".into()),
            first_name: Field::Value("Ada".into()),
            last_name: Field::Value(String::new()),
        };
        assert!(NewUser::parse(raw()).is_ok());
        let without = RawNewUser {
            last_name: Field::Absent,
            ..raw()
        };
        assert!(NewUser::parse(without).is_err());
    }

    #[test]
    fn nothing_in_a_patch_may_be_null() {
        let raw = RawUserPatch {
            email: Field::Null,
            last_name: Field::Null,
            is_active: Field::Malformed("Must be a boolean".into()),
            ..RawUserPatch::default()
        };
        let errors = UserPatch::parse(raw).err();
        assert_eq!(
            errors
                .as_ref()
                .map(ValidationErrors::pairs)
                .unwrap_or_default(),
            [
                ("email", "Must not be null"),
                ("lastName", "Must not be null"),
                ("isActive", "Must be a boolean"),
            ]
        );
    }

    #[test]
    fn a_patch_knows_its_fields() {
        let text = |text: &str| Field::Value(text.to_owned());
        let full = RawUserPatch {
            email: text("ada@example.org"),
            password: text("correct horse"),
            current_password: text("battery staple"),
            first_name: text("Ada"),
            last_name: text("Lovelace"),
            role: text("admin"),
            is_active: Field::Value(true),
        };
        let fields = UserPatch::parse(full).map(|patch| patch.fields());
        assert_eq!(fields.unwrap_or_default(), UserField::ALL);
        let some = RawUserPatch {
            role: text("admin"),
            first_name: text("Ada"),
            ..RawUserPatch::default()
        };
        let fields = UserPatch::parse(some).map(|patch| patch.fields());
        assert_eq!(
            fields.unwrap_or_default(),
            [UserField::FirstName, UserField::Role]
        );
    }

    #[test]
    fn debug_shows_no_password() {
        let secret = || Field::Value("correct horse".to_owned());
        let sign_up = RawNewUser {
            password: secret(),
            ..RawNewUser::default()
        };
        assert_eq!(format!("{sign_up:?}"), "RawNewUser { .. }");
        let patch = RawUserPatch {
            password: secret(),
            current_password: secret(),
            ..RawUserPatch::default()
        };
        assert_eq!(format!("{patch:?}"), "RawUserPatch { .. }");
    }
}
