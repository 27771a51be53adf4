use crate::validation::{NulError, without_nul};

/// Separates the fields of a folded text, so that no match spans two of them.
const FIELD_SEPARATOR: char = '\u{1f}';

/// What to look for, anywhere in the listed fields of a row: 1 to 200
/// characters, folded by [`fold`].
///
/// ```
/// use hexpress_domain::list::{Search, fold};
///
/// let row = fold(["L'École", "des engins"]);
/// let search = Search::parse("ÉCOLE")?;
/// assert!(search.is_some_and(|search| row.contains(search.folded())));
/// assert_eq!(Search::parse(" ")?, None);
/// # Ok::<(), hexpress_domain::list::SearchError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Search(String);

/// Why a text cannot be searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SearchError {
    /// More than [`Search::MAX_LENGTH`] characters.
    #[error("Search must be at most {} characters long", Search::MAX_LENGTH)]
    TooLong,
    /// It holds U+0000.
    #[error(transparent)]
    Nul(#[from] NulError),
}

impl Search {
    /// The longest search, in characters.
    pub const MAX_LENGTH: usize = 200;

    /// Takes a text to search for. White space around it is dropped; `None` is
    /// no search at all, as an empty one.
    ///
    /// # Errors
    ///
    /// [`SearchError`] where the text is too long or holds U+0000.
    pub fn parse(text: &str) -> Result<Option<Self>, SearchError> {
        let text = without_nul(text.trim())?;
        if text.chars().count() > Self::MAX_LENGTH {
            return Err(SearchError::TooLong);
        }
        Ok((!text.is_empty()).then(|| Self(fold([text]))))
    }

    /// The folded text, as it must occur in a row's folded text.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.0
    }
}

/// The searchable text of a row: its fields in lower case by Unicode's rules,
/// whatever the store's locale.
///
/// Lower case has two sigmas, chosen by what stands around; a search for part of
/// a word must find both, so one is taken for the other.
#[must_use]
pub fn fold<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    join_folded(fields.into_iter().map(|field| {
        field
            .replace(FIELD_SEPARATOR, " ")
            .to_lowercase()
            .replace('ς', "σ")
    }))
}

/// The [`fold`] of several fields, made of the fold of each.
#[must_use]
pub fn join_folded<T: AsRef<str>>(folded: impl IntoIterator<Item = T>) -> String {
    let mut joined = String::new();
    for (index, field) in folded.into_iter().enumerate() {
        if index > 0 {
            joined.push(FIELD_SEPARATOR);
        }
        joined.push_str(field.as_ref());
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_search_is_none() {
        assert_eq!(Search::parse("  "), Ok(None));
    }

    #[test]
    fn case_is_ignored_in_all_of_unicode() {
        let found = |search: &str, field: &str| {
            Search::parse(search).map(|s| s.is_some_and(|s| fold([field]).contains(s.folded())))
        };
        assert_eq!(found("ÉCOLE", "L'école"), Ok(true));
        assert_eq!(found("жук", "ЖУК"), Ok(true));
        assert_eq!(found("ΟΔΟΣ", "Οδοστρωτήρας"), Ok(true));
        assert_eq!(found("%", "100%"), Ok(true));
        assert_eq!(found("%", "100"), Ok(false));
    }

    #[test]
    fn no_match_spans_two_fields() {
        let row = fold(["ab", "cd"]);
        for search in ["bc", "b c", "b\u{1f}c"] {
            let search = Search::parse(search).ok().flatten();
            assert!(search.is_some_and(|s| !row.contains(s.folded())));
        }
    }

    #[test]
    fn fields_may_be_folded_one_by_one() {
        let (title, content) = ("ΟΔΟΣ", "Στο τέλος");
        let joined = join_folded([fold([title]), fold([content])]);
        assert_eq!(joined, fold([title, content]));
    }

    #[test]
    fn lengths_are_characters() {
        assert!(Search::parse(&"ж".repeat(200)).is_ok());
        assert_eq!(Search::parse(&"a".repeat(201)), Err(SearchError::TooLong));
        assert_eq!(Search::parse("a\0b"), Err(SearchError::Nul(NulError)));
    }
}
