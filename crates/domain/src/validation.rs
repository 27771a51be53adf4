//! From raw fields to valid values: all faults at once, each with its field.

use std::fmt::Display;

/// One field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name as the API spells it; nested fields as `items[1].quantity`.
    pub field: String,
    /// What is wrong, for the person who sent it.
    pub message: String,
}

/// Every fault of one input, in the order in which its fields were read.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
#[error("Validation failed")]
pub struct ValidationErrors(Vec<FieldError>);

/// A field as it arrived: `PATCH` tells an absent field from `null`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Field<T> {
    /// The input does not name the field.
    #[default]
    Absent,
    /// The input sets the field to `null`.
    Null,
    /// The field holds a value of another type; the text says which type it should be.
    Malformed(String),
    /// The field holds a value.
    Value(T),
}

impl<T> From<T> for Field<T> {
    fn from(value: T) -> Self {
        Self::Value(value)
    }
}

impl<T> Field<T> {
    /// The field with another value, where it holds one.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Absent => Field::Absent,
            Self::Null => Field::Null,
            Self::Malformed(message) => Field::Malformed(message),
            Self::Value(value) => Field::Value(convert(value)),
        }
    }
}

impl ValidationErrors {
    /// No faults yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// One fault.
    #[must_use]
    pub fn of(field: impl Into<String>, message: impl Display) -> Self {
        let mut errors = Self::new();
        errors.add(field, message);
        errors
    }

    /// Adds a fault behind those that are there.
    pub fn add(&mut self, field: impl Into<String>, message: impl Display) {
        self.0.push(FieldError {
            field: field.into(),
            message: message.to_string(),
        });
    }

    /// Adds the faults of another part of the same input.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[FieldError] {
        &self.0
    }

    /// Reads a field that must be there, as its type does. `missing` is the text for an
    /// absent one.
    pub fn required<T, U: TryFrom<T, Error: Display>>(
        &mut self,
        name: &str,
        field: Field<T>,
        missing: &str,
    ) -> Option<U> {
        self.required_with(name, field, missing, U::try_from)
    }

    /// Reads a field that may be absent, but not `null`, as its type does.
    pub fn optional<T, U: TryFrom<T, Error: Display>>(
        &mut self,
        name: &str,
        field: Field<T>,
    ) -> Option<U> {
        self.optional_with(name, field, U::try_from)
    }

    /// Reads a field that may be absent or `null`, which here mean the same, as its type
    /// does.
    pub fn nullable<T, U: TryFrom<T, Error: Display>>(
        &mut self,
        name: &str,
        field: Field<T>,
    ) -> Option<U> {
        self.nullable_with(name, field, U::try_from)
    }

    /// As [`Self::required`], in another way than the type's own.
    pub fn required_with<T, U, E: Display>(
        &mut self,
        name: &str,
        field: Field<T>,
        missing: &str,
        parse: impl FnOnce(T) -> Result<U, E>,
    ) -> Option<U> {
        if matches!(field, Field::Absent) {
            self.add(name, missing);
            return None;
        }
        self.optional_with(name, field, parse)
    }

    /// As [`Self::optional`], in another way than the type's own.
    pub fn optional_with<T, U, E: Display>(
        &mut self,
        name: &str,
        field: Field<T>,
        parse: impl FnOnce(T) -> Result<U, E>,
    ) -> Option<U> {
        let message = match field {
            Field::Absent => return None,
            Field::Null => "Must not be null".to_owned(),
            Field::Malformed(message) => message,
            Field::Value(value) => match parse(value) {
                Ok(value) => return Some(value),
                Err(error) => error.to_string(),
            },
        };
        self.add(name, message);
        None
    }

    /// As [`Self::nullable`], in another way than the type's own.
    pub fn nullable_with<T, U, E: Display>(
        &mut self,
        name: &str,
        field: Field<T>,
        parse: impl FnOnce(T) -> Result<U, E>,
    ) -> Option<U> {
        if matches!(field, Field::Null) {
            return None;
        }
        self.optional_with(name, field, parse)
    }

    /// The command that was read, unless something is wrong with it.
    ///
    /// `command` gives `None` only where a fault was added: a required field that has no
    /// value.
    ///
    /// # Errors
    ///
    /// All faults that were added.
    pub fn finish<T>(self, command: impl FnOnce() -> Option<T>) -> Result<T, Self> {
        match self.is_empty().then(command).flatten() {
            Some(command) => Ok(command),
            None => Err(self),
        }
    }

    /// Each field at fault with its message, for tests to compare.
    #[cfg(test)]
    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        let pairs = self.0.iter();
        pairs
            .map(|fault| (fault.field.as_str(), fault.message.as_str()))
            .collect()
    }
}

/// Why a text cannot be stored, whatever field it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Must not contain the character U+0000")]
pub struct NulError;

/// Refuses U+0000: PostgreSQL cannot store it, and SQLite cuts text at it.
///
/// # Errors
///
/// [`NulError`] where the text holds it.
pub fn without_nul(text: &str) -> Result<&str, NulError> {
    if text.contains('\0') {
        Err(NulError)
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: String) -> Result<i32, std::num::ParseIntError> {
        text.parse()
    }

    #[test]
    fn collects_every_fault_in_order() {
        let mut errors = ValidationErrors::new();
        let a = errors.required_with("a", Field::Absent, "A is required", number);
        let b = errors.optional_with("b", Field::Null, number);
        let c = errors.optional_with("c", Field::Malformed("Must be a string".into()), number);
        let d = errors.optional_with("d", Field::Value("4".to_owned()), number);
        let e = errors.nullable_with("e", Field::Null, number);
        let f: Option<u8> = errors.required("f", Field::Value(5_i64), "F is required");
        assert_eq!(f, Some(5));
        assert_eq!((a, b, c, d, e), (None, None, None, Some(4), None));
        assert_eq!(
            errors.pairs(),
            [
                ("a", "A is required"),
                ("b", "Must not be null"),
                ("c", "Must be a string")
            ]
        );
        assert!(errors.finish(|| Some(())).is_err());
    }

    #[test]
    fn gives_the_command_where_nothing_is_wrong() {
        assert_eq!(ValidationErrors::new().finish(|| Some(1)), Ok(1));
    }
}
