use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

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
    /// no search at all, as an empty one, or one of nothing but marks.
    ///
    /// # Errors
    ///
    /// [`SearchError`] where the text is too long or holds U+0000.
    pub fn parse(text: &str) -> Result<Option<Self>, SearchError> {
        let text = without_nul(text.trim())?;
        if text.chars().count() > Self::MAX_LENGTH {
            return Err(SearchError::TooLong);
        }
        let folded = fold([text]);
        Ok((!folded.is_empty()).then_some(Self(folded)))
    }

    /// The folded text, as it must occur in a row's folded text.
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.0
    }
}

/// The searchable text of a row: its fields without what tells apart texts that people take
/// for the same, by Unicode's rules, whatever the store's locale.
///
/// Case goes, all forms of it (`ß` is `ss`, both small sigmas are one), compatibility forms (`ﬁ`
/// is `fi`, `Ａ` is `a`), and marks on letters (`é` is `e`, `İ` is `i`). Signs that make another
/// letter of one, as in Japanese, Hindi or Thai, stay. What is folded stays as it is if it is
/// folded again.
#[must_use]
pub fn fold<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    join_folded(fields.into_iter().map(fold_field))
}

fn fold_field(field: &str) -> String {
    let field = field.replace(FIELD_SEPARATOR, " ");
    if field.is_ascii() {
        return field.to_ascii_lowercase();
    }
    field
        .nfkd()
        .filter(|character| !is_mark(*character))
        .flat_map(fold_case)
        // Letters of one sign again, where several are left of them: as those of Korean.
        .nfc()
        .collect()
}

/// Whether this is a mark on a letter, by its combining class: above, below or through it, or a
/// point of Hebrew, Arabic or Syriac.
fn is_mark(character: char) -> bool {
    matches!(canonical_combining_class(character), 1 | 10..=36 | 200..)
}

/// By way of the capital, since several small letters may have one, and a capital `ẞ` none
/// but itself.
fn fold_case(character: char) -> impl Iterator<Item = char> {
    let small = character.to_lowercase();
    small
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
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
    fn what_people_take_for_the_same_is_found() {
        for (search, field) in [
            ("e", "é"),
            ("é", "E"),
            ("i", "İ"),
            ("İSTANBUL", "istanbul"),
            ("ısparta", "ISPARTA"),
            ("STRASSE", "Straße"),
            ("straße", "STRASSE"),
            ("groß", "GROẞ"),
            ("fisch", "ﬁsch"),
            ("abc １２", "ＡＢＣ 12"),
            ("x2", "x²"),
            ("e\u{301}", "É"),
            ("ε", "έ"),
            ("елка", "Ёлка"),
            ("שלום", "שָׁלוֹם"),
            ("محمد", "مُحَمَّد"),
            ("ガ", "ｶﾞ"),
            ("한", "\u{1112}\u{1161}\u{11ab}"),
        ] {
            let search = Search::parse(search).unwrap().unwrap();
            assert!(
                fold([field]).contains(search.folded()),
                "{search:?} {field}"
            );
        }
    }

    #[test]
    fn other_letters_are_not_found() {
        for (search, field) in [
            ("カ", "ガ"),
            ("하", "한"),
            ("o", "ø"),
            ("क", "क़ी"),
            ("ก", "ข"),
        ] {
            let search = Search::parse(search).unwrap().unwrap();
            let is_found = fold([field]).split(' ').any(|word| word == search.folded());
            assert!(!is_found, "{search:?} {field}");
        }
    }

    #[test]
    fn a_search_of_marks_alone_is_none() {
        assert_eq!(Search::parse("\u{301}"), Ok(None));
    }

    #[test]
    fn what_is_folded_stays_as_it_is() {
        for character in '\0'..=char::MAX {
            let folded = fold([&*character.encode_utf8(&mut [0; 4])]);
            assert_eq!(fold([folded.as_str()]), folded, "{character:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_text_is_found_in_whatever_case(text in "\\PC{1,20}") {
            let row = fold([text.as_str()]);
            proptest::prop_assert_eq!(&fold([row.as_str()]), &row);
            proptest::prop_assert_eq!(&fold([text.to_lowercase().as_str()]), &row);
        }
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
