//! What subscribers get: the letters of a month, as plain text.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use hexpress_domain::post::PostView;

/// A month of the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month(NaiveDate);

/// The text is no month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a month such as 2026-11")]
pub struct MonthError;

/// The letters of a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// What the newsletter is called.
    pub newsletter: String,
    /// The month.
    pub month: Month,
    /// The letters, with what they say, in the order in which they are printed.
    pub letters: Vec<PostView>,
}

impl Month {
    /// The month of this time.
    #[must_use]
    pub fn of(time: DateTime<Utc>) -> Self {
        let day = time.date_naive();
        Self(day.with_day(1).unwrap_or(day))
    }

    /// Its first instant.
    #[must_use]
    pub fn begin(self) -> DateTime<Utc> {
        self.0.and_time(chrono::NaiveTime::MIN).and_utc()
    }

    /// The first instant behind it.
    #[must_use]
    pub fn end(self) -> DateTime<Utc> {
        let next = self.0.checked_add_months(Months::new(1));
        next.map_or(DateTime::<Utc>::MAX_UTC, |next| Self(next).begin())
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let first = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d");
        first.map(Self).map_err(|_| MonthError)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%B %Y"))
    }
}

/// A title for each letter, what it says, and who says it.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = format!("{}, {}", self.newsletter, self.month);
        writeln!(f, "{title}\n{}", "=".repeat(title.chars().count()))?;
        if self.letters.is_empty() {
            return writeln!(f, "\nNothing was published in this month.");
        }
        for letter in &self.letters {
            let title = letter.post.title.as_str();
            writeln!(f, "\n{title}\n{}", "-".repeat(title.chars().count()))?;
            if let Some(content) = &letter.content {
                writeln!(f, "\n{}", content.as_str().trim_end())?;
            }
            writeln!(f, "\n{}", letter.author.name.full())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ends_where_the_next_begins() {
        let december: Month = "2026-12".parse().unwrap();
        assert_eq!(december.begin().to_rfc3339(), "2026-12-01T00:00:00+00:00");
        assert_eq!(december.end().to_rfc3339(), "2027-01-01T00:00:00+00:00");
        assert_eq!(december.to_string(), "December 2026");
        let last: DateTime<Utc> = "2026-12-31T23:59:59.999Z".parse().unwrap();
        assert_eq!(Month::of(last), december);
    }

    #[test]
    fn what_is_no_month_is_refused() {
        for text in ["", "2026", "2026-13", "2026-11-01", "November 2026"] {
            assert_eq!(text.parse::<Month>(), Err(MonthError), "{text}");
        }
    }
}
