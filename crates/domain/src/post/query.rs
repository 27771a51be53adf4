use strum::{IntoStaticStr, VariantArray};

use super::{PostStatus, PostView};
use crate::entity::Liveness;
use crate::list::{Cursor, PageQuery, Search, Sort, SortType, SortValue};
use crate::user::UserId;

/// The orders in which posts can be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum PostSort {
    /// By the time of creation.
    #[default]
    CreatedAt,
    /// By the time of the last change.
    UpdatedAt,
    /// By the time of the first publication; posts without one sort lowest.
    PublishedAt,
    /// By title.
    Title,
    /// By the number of views.
    ViewCount,
}

impl PostSort {
    /// The place of a post in this order.
    #[must_use]
    pub fn cursor(self, view: &PostView) -> Cursor {
        let post = &view.post;
        let value = match self {
            Self::CreatedAt => SortValue::Time(Some(post.created_at)),
            Self::UpdatedAt => SortValue::Time(Some(post.updated_at)),
            Self::PublishedAt => SortValue::Time(post.published_at),
            Self::Title => SortValue::Text(post.title.as_str().to_owned()),
            Self::ViewCount => SortValue::Number(view.view_count),
        };
        Cursor {
            value,
            id: post.id.as_uuid(),
        }
    }
}

impl Sort for PostSort {
    fn value_type(self) -> SortType {
        match self {
            Self::CreatedAt | Self::UpdatedAt => SortType::Time,
            Self::PublishedAt => SortType::OptionalTime,
            Self::Title => SortType::Text,
            Self::ViewCount => SortType::Number,
        }
    }
}

/// Which live posts a list may show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PostScope {
    /// Published ones.
    #[default]
    Published,
    /// Published ones, and all of this author.
    PublishedOrBy(UserId),
    /// All.
    All,
}

/// Which posts a list has.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct PostFilter {
    /// Only posts whose title or content contain this.
    pub search: Option<Search>,
    /// Only posts of this status.
    pub status: Option<PostStatus>,
    /// Only posts of this author.
    pub author_id: Option<UserId>,
    /// Live posts, or deleted ones.
    pub liveness: Liveness,
    /// Whether to say what the posts say; then a page holds at most
    /// [`PostQuery::MAX_SIZE_WITH_CONTENT`], and ends early before its content passes
    /// [`PostQuery::MAX_CONTENT_BYTES`].
    pub with_content: bool,
}

/// Which posts to list, and how.
pub type PostQuery = PageQuery<PostFilter, PostSort>;

impl PostQuery {
    /// How many posts a page with content holds at most.
    pub const MAX_SIZE_WITH_CONTENT: u8 = 20;

    /// How much content a page holds at most, in bytes, unless one post alone has more.
    pub const MAX_CONTENT_BYTES: usize = 4 * 1024 * 1024;

    /// How many posts, whose contents have these lengths in bytes, one page holds: as many as
    /// [`Self::MAX_CONTENT_BYTES`] lets it, and one at least.
    #[must_use]
    pub fn fitting(lengths: impl IntoIterator<Item = usize>) -> usize {
        let sums = lengths.into_iter().scan(0_usize, |sum, length| {
            *sum = sum.saturating_add(length);
            Some(*sum)
        });
        let fitting = sums.take_while(|sum| *sum <= Self::MAX_CONTENT_BYTES);
        fitting.count().max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_before_its_content_passes_the_limit_and_holds_one_post_at_least() {
        const MOST: usize = PostQuery::MAX_CONTENT_BYTES;
        for (lengths, fitting) in [
            (vec![], 1),
            (vec![0, 0, 0], 3),
            (vec![MOST - 1, 1], 2),
            (vec![MOST - 1, 2, 0], 1),
            (vec![MOST, 0, 1, 0], 2),
            (vec![MOST + 1, 0], 1),
            (vec![1, usize::MAX, 1], 1),
        ] {
            assert_eq!(PostQuery::fitting(lengths.clone()), fitting, "{lengths:?}");
        }
    }
}
