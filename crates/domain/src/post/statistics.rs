use chrono::{DateTime, Utc};

use super::PostStatus;

/// How many posts of an author have one status, and how often they were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusCount {
    /// The status.
    pub status: PostStatus,
    /// How many live posts have it.
    pub count: u64,
    /// The sum of their views.
    pub total_views: u64,
}

impl StatusCount {
    /// A count for each status, in the order of the statuses: zero for a status without
    /// posts.
    #[must_use]
    pub fn of_all(counts: &[Self]) -> Vec<Self> {
        let of = |status| {
            let count = counts.iter().find(|count| count.status == status);
            count.copied().unwrap_or(Self {
                status,
                count: 0,
                total_views: 0,
            })
        };
        PostStatus::ALL.map(of).to_vec()
    }
}

/// An author's published posts of one calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonthlyPosts {
    /// The month's first instant, in UTC.
    pub month: DateTime<Utc>,
    /// How many posts that are published now were first published in it; at least 1.
    pub post_count: u64,
    /// The sum of their views.
    pub total_views: u64,
}

impl MonthlyPosts {
    /// How many months an author's analytics show.
    pub const MONTHS: u8 = 12;

    /// Views for each post in hundredths, rounded half up.
    #[must_use]
    pub fn average_views_in_hundredths(&self) -> u64 {
        let (views, posts) = (u128::from(self.total_views), u128::from(self.post_count));
        let rounded = (views * 200 + posts) / (posts * 2).max(1);
        u64::try_from(rounded).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_count() {
        let published = StatusCount {
            status: PostStatus::Published,
            count: 2,
            total_views: 9,
        };
        let all = StatusCount::of_all(&[published]);
        let statuses = all.iter().map(|count| (count.status, count.count));
        assert!(statuses.eq([
            (PostStatus::Draft, 0),
            (PostStatus::Published, 2),
            (PostStatus::Archived, 0),
        ]));
        assert_eq!(all.get(1), Some(&published));
    }

    #[test]
    fn averages_are_rounded_half_up() {
        let average = |total_views, post_count| {
            let month = DateTime::UNIX_EPOCH;
            MonthlyPosts {
                month,
                post_count,
                total_views,
            }
            .average_views_in_hundredths()
        };
        assert_eq!(average(0, 3), 0);
        assert_eq!(average(10, 3), 333);
        assert_eq!(average(20, 3), 667);
        assert_eq!(average(1, 200), 1);
        assert_eq!(average(1, 201), 0);
        assert_eq!(average(1, 8), 13);
    }
}
