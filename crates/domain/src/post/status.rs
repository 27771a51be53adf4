use std::str::FromStr;

use strum::{Display, IntoStaticStr};

use crate::text::trim;

/// The status of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Display, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub enum PostStatus {
    /// Not visible to readers, not yet or not any more.
    #[default]
    Draft,
    /// Visible to everyone.
    Published,
    /// Was published, and is no longer visible to readers.
    Archived,
}

/// The text names no status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Status must be one of: draft, published, archived")]
pub struct PostStatusError;

/// The text names no status in which a post can begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Status must be one of: draft, published")]
pub struct InitialStatusError;

impl PostStatus {
    /// Every status.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Published, Self::Archived];

    /// The status's name, as the API and the store spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Whether a post may go from this status to the other, or stay where it is.
    #[must_use]
    pub const fn may_become(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Draft, Self::Draft | Self::Published)
                | (
                    Self::Published,
                    Self::Published | Self::Draft | Self::Archived
                )
                | (Self::Archived, Self::Archived | Self::Published)
        )
    }

    /// Reads a status in which a post can begin.
    ///
    /// # Errors
    ///
    /// [`InitialStatusError`] for all but draft and published.
    pub fn initial(text: &str) -> Result<Self, InitialStatusError> {
        match text.parse() {
            Ok(status @ (Self::Draft | Self::Published)) => Ok(status),
            _ => Err(InitialStatusError),
        }
    }
}

impl FromStr for PostStatus {
    type Err = PostStatusError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|status| status.as_str() == trim(text))
            .ok_or(PostStatusError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for status in PostStatus::ALL {
            assert_eq!(status.to_string().parse(), Ok(status));
        }
        assert_eq!("Draft".parse::<PostStatus>(), Err(PostStatusError));
    }

    #[test]
    fn begins_as_draft_or_published() {
        assert_eq!(PostStatus::initial(" draft "), Ok(PostStatus::Draft));
        assert_eq!(PostStatus::initial("published"), Ok(PostStatus::Published));
        assert_eq!(PostStatus::initial("archived"), Err(InitialStatusError));
    }

    #[test]
    fn moves_along_four_arrows() {
        use PostStatus::{Archived, Draft, Published};

        let arrows: Vec<_> = PostStatus::ALL
            .into_iter()
            .flat_map(|from| PostStatus::ALL.map(|to| (from, to)))
            .filter(|(from, to)| from != to && from.may_become(*to))
            .collect();
        assert_eq!(
            arrows,
            [
                (Draft, Published),
                (Published, Draft),
                (Published, Archived),
                (Archived, Published),
            ]
        );
        assert!(
            PostStatus::ALL
                .into_iter()
                .all(|same| same.may_become(same))
        );
    }
}
