use std::fmt;

use chrono::{DateTime, Datelike, Utc};

use crate::clock::to_milliseconds;
use crate::text::trim;
use crate::user::{Email, Password};
use crate::validation::{Field, ValidationErrors};

/// The fields of a login as they arrived.
#[derive(Default)]
pub struct RawCredentials {
    /// The address.
    pub email: Field<String>,
    /// The password.
    pub password: Field<String>,
}

/// Shows no field: the password is still in clear.
impl fmt::Debug for RawCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawCredentials").finish_non_exhaustive()
    }
}

/// Who somebody claims to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The address.
    pub email: Email,
    /// The password, to be compared.
    pub password: Password,
}

impl Credentials {
    /// Reads a login.
    ///
    /// # Errors
    ///
    /// All faults of all fields.
    pub fn parse(raw: RawCredentials) -> Result<Self, ValidationErrors> {
        let mut errors = ValidationErrors::new();
        let email = errors.required("email", raw.email, "Email is required");
        let missing = "Password is required";
        let password = errors.required_with("password", raw.password, missing, |text| {
            Password::claimed(&text)
        });
        errors.finish(|| {
            Some(Self {
                email: email?,
                password: password?,
            })
        })
    }
}

crate::text::texts! {
    /// The name of an API token: 1 to 100 characters, trimmed.
    TokenName("Name", 1..=100);
}

/// The fields of a new API token as they arrived.
#[derive(Debug, Default)]
pub struct RawNewApiToken {
    /// What its owner calls it.
    pub name: Field<String>,
    /// When it ends, in RFC 3339; `null` or absent is never.
    pub expires_at: Field<String>,
}

/// A valid wish for an API token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiToken {
    /// What its owner calls it.
    pub name: TokenName,
    /// When it ends; `None` is never.
    pub expires_at: Option<DateTime<Utc>>,
}

/// The latest year that has four digits, as RFC 3339 writes it.
const MAX_YEAR: i32 = 9999;

impl NewApiToken {
    /// Reads a wish for an API token that is made at `now`.
    ///
    /// # Errors
    ///
    /// All faults of all fields.
    pub fn parse(raw: RawNewApiToken, now: DateTime<Utc>) -> Result<Self, ValidationErrors> {
        let mut errors = ValidationErrors::new();
        let name = errors.required("name", raw.name, "Name is required");
        let expires_at =
            errors.nullable_with("expiresAt", raw.expires_at, |text| parse_expiry(&text, now));
        errors.finish(|| {
            Some(Self {
                name: name?,
                expires_at,
            })
        })
    }

    /// Checks that the token would not end before it is made, at `now`.
    ///
    /// # Errors
    ///
    /// The fault of `expiresAt`.
    pub fn check_end(&self, now: DateTime<Utc>) -> Result<(), ValidationErrors> {
        match self.expires_at.map(|end| in_future(end, now)) {
            Some(Err(error)) => Err(ValidationErrors::of("expiresAt", error)),
            _ => Ok(()),
        }
    }
}

fn parse_expiry(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, ExpiryError> {
    let time = DateTime::parse_from_rfc3339(trim(text))
        .map_err(|_| ExpiryError::NoTime)?
        .to_utc();
    let time = to_milliseconds(time);
    if time.year() > MAX_YEAR {
        return Err(ExpiryError::NoTime);
    }
    in_future(time, now)
}

fn in_future(time: DateTime<Utc>, now: DateTime<Utc>) -> Result<DateTime<Utc>, ExpiryError> {
    if time > now {
        Ok(time)
    } else {
        Err(ExpiryError::Past)
    }
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum ExpiryError {
    #[error("Must be a time in RFC 3339, such as 2030-01-31T12:00:00Z")]
    NoTime,
    #[error("Must be in the future")]
    Past,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::assert_bounds;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    fn messages(errors: &ValidationErrors) -> Vec<(&str, &str)> {
        errors
            .as_slice()
            .iter()
            .map(|fault| (fault.field.as_str(), fault.message.as_str()))
            .collect()
    }

    #[test]
    fn a_login_needs_both() {
        let errors = Credentials::parse(RawCredentials::default()).unwrap_err();
        assert_eq!(
            messages(&errors),
            [
                ("email", "Email is required"),
                ("password", "Password is required")
            ]
        );
    }

    #[test]
    fn debug_shows_no_password() {
        let raw = RawCredentials {
            email: Field::Absent,
            password: Field::Value("correct horse".into()),
        };
        assert_eq!(format!("{raw:?}"), "RawCredentials { .. }");
    }

    #[test]
    fn a_token_without_an_end_never_ends() {
        for expires_at in [Field::Absent, Field::Null] {
            let raw = RawNewApiToken {
                name: Field::Value(" deploy ".into()),
                expires_at,
            };
            let token = NewApiToken::parse(raw, now()).unwrap();
            assert_eq!((token.name.as_str(), token.expires_at), ("deploy", None));
        }
    }

    #[test]
    fn an_end_lies_in_the_future() {
        assert_eq!(
            parse_expiry("2023-11-14T22:13:20Z", now()),
            Err(ExpiryError::Past)
        );
        assert!(parse_expiry("2023-11-14T23:13:21+01:00", now()).is_ok());
        for text in ["", "tomorrow", "2030-01-31", "+12030-01-31T12:00:00Z"] {
            assert_eq!(
                parse_expiry(text, now()),
                Err(ExpiryError::NoTime),
                "{text}"
            );
        }
    }

    #[test]
    fn names_are_bounded() {
        assert_bounds::<TokenName>("Name", 1, 100);
    }
}
