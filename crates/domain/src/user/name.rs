use std::fmt;

crate::text::texts! {
    /// A first name: 1 to 100 characters, trimmed.
    FirstName("First name", 1..=100);
    /// A last name: at most 100 characters, trimmed; empty for people with one name only.
    LastName("Last name", 0..=100);
}

/// A person's name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PersonName {
    /// The first name.
    pub first: FirstName,
    /// The last name.
    pub last: LastName,
}

impl PersonName {
    /// Both parts, with no trailing blank where there is no last name.
    #[must_use]
    pub fn full(&self) -> String {
        format!("{} {}", self.first, self.last)
            .trim_end()
            .to_owned()
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{TextError, assert_bounds};

    fn full(first: &str, last: &str) -> Result<String, TextError> {
        let (first, last) = (first.parse()?, last.parse()?);
        Ok(PersonName { first, last }.full())
    }

    #[test]
    fn parts_keep_their_bounds() {
        assert_bounds::<FirstName>("First name", 1, 100);
        assert_bounds::<LastName>("Last name", 0, 100);
        let ada = full("  Ada ", "\tLovelace\n");
        assert_eq!(ada.as_deref(), Ok("Ada Lovelace"));
    }

    #[test]
    fn a_single_name_has_no_trailing_blank() {
        assert_eq!(full("Plato", " ").as_deref(), Ok("Plato"));
    }
}
