use std::collections::HashSet;
use std::str::FromStr;
use std::{fmt, iter};

use deunicode::deunicode;

use super::Title;
use crate::text::trim;

/// The part of a post's URL that names it: `[a-z0-9]+(-[a-z0-9]+)*`, at most 250
/// characters.
///
/// ```
/// use hexpress_domain::post::{Slug, SlugError};
///
/// let slug: Slug = "on-computing-2".parse()?;
/// assert_eq!(slug.as_str(), "on-computing-2");
/// assert_eq!("On Computing".parse::<Slug>(), Err(SlugError::Form));
/// # Ok::<(), SlugError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Slug(String);

/// Why a text is no slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SlugError {
    /// Other characters, or hyphens that do not stand alone between others.
    #[error("Slug must be lower-case letters and digits with single hyphens between them")]
    Form,
    /// More than [`Slug::MAX_LENGTH`] characters.
    #[error("Slug must be at most {} characters long", Slug::MAX_LENGTH)]
    TooLong,
}

/// The slug that a new post, or a new title, is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NewSlug {
    /// This one and no other.
    Named(Slug),
    /// The first free one that is made of this.
    Made(MadeSlug),
}

/// A slug that is made from a title: the plain one where it is free, or else the first
/// free one of `…-2`, `…-3` and so on.
///
/// ```
/// use hexpress_domain::post::{MadeSlug, Title};
///
/// let title: Title = "Жизнь & Engines".parse()?;
/// let made = MadeSlug::of_title(&title);
/// assert_eq!(made.plain().as_str(), "zhizn-engines");
/// assert_eq!(made.first_free(["zhizn-engines"]).as_str(), "zhizn-engines-2");
/// # Ok::<(), hexpress_domain::text::TextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeSlug {
    plain: Slug,
    stem: Slug,
}

impl Slug {
    /// The longest slug, in characters, which are bytes.
    pub const MAX_LENGTH: usize = 250;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As much of it as fits, up to a hyphen where there is one.
    fn cut(&self, length: usize) -> Self {
        let Some((head, tail)) = self.0.split_at_checked(length) else {
            return self.clone();
        };
        let end = match head.rfind('-') {
            Some(hyphen) if !tail.is_empty() && !tail.starts_with('-') => hyphen,
            _ => head.len(),
        };
        Self(self.0.chars().take(end).collect())
    }
}

impl MadeSlug {
    /// The longest suffix: a hyphen and the digits of a 32-bit number.
    const MAX_SUFFIX: usize = 11;
    /// The number of the first slug that has one.
    pub const FIRST_NUMBER: u32 = 2;
    /// For titles without any character that a slug can hold.
    const FALLBACK: &str = "post";

    /// A slug in the words of a title, in ASCII.
    #[must_use]
    pub fn of_title(title: &Title) -> Self {
        let ascii = deunicode(title.as_str()).to_ascii_lowercase();
        let words: Vec<_> = ascii
            .split(|character: char| !character.is_ascii_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        let slug = match words.join("-") {
            empty if empty.is_empty() => Self::FALLBACK.to_owned(),
            slug => slug,
        };
        Slug(slug).cut(Slug::MAX_LENGTH).into()
    }

    /// The part before the hyphen and the number.
    #[must_use]
    pub const fn stem(&self) -> &Slug {
        &self.stem
    }

    /// The slug without a number.
    #[must_use]
    pub const fn plain(&self) -> &Slug {
        &self.plain
    }

    /// The first of its slugs that is none of those taken. Stores that hold many look
    /// for it themselves.
    #[must_use]
    pub fn first_free<'a>(&self, taken: impl IntoIterator<Item = &'a str>) -> Slug {
        let taken: HashSet<&str> = taken.into_iter().collect();
        let numbered = (Self::FIRST_NUMBER..=u32::MAX).map(|number| self.numbered(number));
        iter::once(self.plain.clone())
            .chain(numbered)
            .find(|slug| !taken.contains(slug.as_str()))
            .unwrap_or_else(|| self.plain.clone())
    }

    /// The slug with a number, which is at least [`MadeSlug::FIRST_NUMBER`].
    #[must_use]
    pub fn numbered(&self, number: u32) -> Slug {
        Slug(format!("{}-{number}", self.stem))
    }
}

impl From<Slug> for MadeSlug {
    fn from(plain: Slug) -> Self {
        let stem = plain.cut(Slug::MAX_LENGTH - Self::MAX_SUFFIX);
        Self { plain, stem }
    }
}

impl FromStr for Slug {
    type Err = SlugError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = trim(text);
        let is_word = |word: &str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if !text.split('-').all(is_word) {
            return Err(SlugError::Form);
        }
        if text.len() > Self::MAX_LENGTH {
            return Err(SlugError::TooLong);
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Slug {
    type Error = SlugError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn made(title: &str) -> MadeSlug {
        MadeSlug::of_title(&title.parse().unwrap())
    }

    fn slug(text: &str) -> Slug {
        text.parse().unwrap()
    }

    #[test]
    fn a_slug_is_words_between_hyphens() {
        for text in ["a", "on-computing-2", "2026"] {
            assert_eq!(slug(text).as_str(), text);
        }
        for text in ["", "-", "a-", "-a", "a--b", "A", "a b", "a_b", "ä", "a\0"] {
            assert_eq!(text.parse::<Slug>(), Err(SlugError::Form), "{text}");
        }
        assert!("a".repeat(250).parse::<Slug>().is_ok());
        assert_eq!("a".repeat(251).parse::<Slug>(), Err(SlugError::TooLong));
    }

    #[test]
    fn titles_in_any_script_have_a_slug() {
        for (title, slug) in [
            ("On Computing", "on-computing"),
            ("  What's new?! (2026) ", "what-s-new-2026"),
            ("Crème Brûlée à la carte", "creme-brulee-a-la-carte"),
            ("Straße und Größe", "strasse-und-grosse"),
            ("Привет, мир", "privet-mir"),
            ("Ελληνικά νέα", "ellenika-nea"),
            ("北京日报", "bei-jing-ri-bao"),
            ("***", "post"),
            ("−−−\u{200b}", "post"),
        ] {
            assert_eq!(made(title).plain().as_str(), slug, "{title}");
        }
        assert_ne!(made("🦀🦀🦀").plain().as_str(), "");
    }

    #[test]
    fn a_taken_slug_gets_the_first_free_number() {
        let made = made("On Computing");
        let free = |taken: &[&str]| made.first_free(taken.iter().copied()).to_string();
        assert_eq!(free(&["on-computing-2"]), "on-computing");
        assert_eq!(free(&["on-computing"]), "on-computing-2");
        let with_a_gap = ["on-computing", "on-computing-2", "on-computing-4"];
        assert_eq!(free(&with_a_gap), "on-computing-3");
        assert_eq!(free(&["on-computing", "on-computing-02"]), "on-computing-2");
    }

    #[test]
    fn a_long_slug_is_cut_at_a_hyphen() {
        // Each ideograph is four letters or so, and a word of its own.
        let long = made(&"京报".repeat(100));
        let plain = long.plain().as_str();
        assert!(plain.len() <= Slug::MAX_LENGTH);
        assert!(plain.ends_with("jing") || plain.ends_with("bao"));
        let last = long.numbered(u32::MAX);
        assert!(last.as_str().len() <= Slug::MAX_LENGTH);
        assert!(last.as_str().ends_with("-4294967295"));
    }

    #[test]
    fn a_word_without_hyphens_is_cut_anywhere() {
        let longest = MadeSlug::from(slug(&"a".repeat(250)));
        let second = longest.numbered(MadeSlug::FIRST_NUMBER);
        assert_eq!(second.as_str(), format!("{}-2", "a".repeat(239)));
    }

    proptest! {
        #[test]
        fn whatever_the_title_the_slug_is_one(title in ".{3,200}") {
            if let Ok(title) = title.parse::<Title>() {
                let made = MadeSlug::of_title(&title);
                let plain = made.plain();
                prop_assert_eq!(plain.as_str().parse::<Slug>(), Ok(plain.clone()));
                let next = made.numbered(MadeSlug::FIRST_NUMBER);
                prop_assert_eq!(next.as_str().parse::<Slug>(), Ok(next.clone()));
                prop_assert_ne!(plain, &next);
            }
        }
    }
}
