use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use crate::list::fold;
use crate::text::{self, Kept, TextError, texts};

texts! {
    /// The title of a post: 3 to 200 characters, trimmed.
    Title("Title", 3..=200);
    /// A short text about a post: at most 500 characters, trimmed.
    Excerpt("Excerpt", 0..=500);
}

/// What a post says: 1 to 1,000,000 characters that are not all white space. Kept
/// as it was sent, white space around it too.
#[derive(Clone)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "String", into = "String")
)]
pub struct Content {
    text: String,
    /// Made when it is first needed, and shared by the clones that come after.
    folded: OnceLock<Arc<str>>,
}

impl Content {
    /// The fewest characters.
    pub const MIN_LENGTH: usize = 1;
    /// The most characters.
    pub const MAX_LENGTH: usize = 1_000_000;
    /// How many characters searches look at, from the first one on. The index of more would take
    /// longer to write than others should have to wait.
    pub const SEARCHED_LENGTH: usize = 100_000;

    const fn new(text: String) -> Self {
        Self {
            text,
            folded: OnceLock::new(),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text as searches find it: the beginning of it, [`Self::SEARCHED_LENGTH`] characters,
    /// by [`fold`]. The first call takes long for a long text. Whoever makes a command calls it
    /// before others wait for the command to be carried out.
    #[must_use]
    pub fn folded(&self) -> &str {
        self.folded.get_or_init(|| Self::fold(self.as_str()).into())
    }

    /// What [`Self::folded`] is of a content of this text.
    #[must_use]
    pub fn fold(text: &str) -> String {
        let end = text.char_indices().nth(Self::SEARCHED_LENGTH);
        let searched = end.and_then(|(end, _)| text.get(..end));
        fold([searched.unwrap_or(text)])
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Content {}

/// A post may be a book: `Debug` tells its length alone.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Content({} bytes)", self.text.len())
    }
}

impl TryFrom<String> for Content {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text::check(&text, "Content", Self::MIN_LENGTH, Self::MAX_LENGTH)?;
        Ok(Self::new(text))
    }
}

impl TryFrom<Kept> for Content {
    type Error = TextError;

    fn try_from(kept: Kept) -> Result<Self, Self::Error> {
        text::check_length(kept.0, "Content", Self::MIN_LENGTH, Self::MAX_LENGTH).map(Self::new)
    }
}

impl FromStr for Content {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl From<Content> for String {
    fn from(content: Content) -> Self {
        content.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::assert_bounds;
    use crate::validation::NulError;

    #[test]
    fn clones_share_what_was_folded() {
        let content = "Once upon a Time".parse::<Content>().unwrap();
        assert_eq!(content.folded(), "once upon a time");
        let clone = content.clone();
        assert_eq!(clone.folded().as_ptr(), content.folded().as_ptr());
        assert_eq!("Once upon a Time".parse(), Ok(clone));
    }

    #[test]
    fn the_beginning_of_a_content_is_searched() {
        let text = format!("{}ЁŽ", "é".repeat(Content::SEARCHED_LENGTH - 1));
        let content = text.parse::<Content>().unwrap();
        assert!(content.folded().ends_with("eе"));
        assert_eq!(content.folded().chars().count(), Content::SEARCHED_LENGTH);
    }

    #[test]
    fn texts_keep_their_bounds() {
        assert_bounds::<Title>("Title", 3, 200);
        assert_bounds::<Excerpt>("Excerpt", 0, 500);
    }

    #[test]
    fn content_is_kept_as_it_is() {
        let text = "\n  Once upon a time …  \n";
        let content = text.parse::<Content>().map(String::from);
        assert_eq!(content.as_deref(), Ok(text));
    }

    #[test]
    fn content_is_not_blank_and_bounded() {
        let blank = TextError::Empty("Content");
        for text in [" \n\u{a0}", "\u{2800}\u{200b}"] {
            assert_eq!(text.parse::<Content>(), Err(blank));
            let kept = Content::try_from(Kept(text.to_owned())).map(String::from);
            assert_eq!(kept.as_deref(), Ok(text));
        }
        assert_eq!("".parse::<Content>(), Err(blank));
        assert_eq!("a\0".parse::<Content>(), Err(TextError::Nul(NulError)));
        assert!("🦀".repeat(1_000_000).parse::<Content>().is_ok());
        let longer = "a".repeat(1_000_001).parse::<Content>();
        let (field, max) = ("Content", 1_000_000);
        assert_eq!(longer, Err(TextError::TooLong { field, max }));
    }
}
