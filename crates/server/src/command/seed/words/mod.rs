//! What made-up posts are made of: words of several languages and scripts.

mod eastern;
mod english;
mod european;

/// A language's stock of words. Any subject goes with any predicate, in any place.
pub struct Language {
    /// Its tag (BCP 47).
    pub tag: &'static str,
    /// What titles are made of: `{}` stands for a topic.
    pub titles: &'static [&'static str],
    /// What posts are about, as it stands in titles and as a tag.
    pub topics: &'static [&'static str],
    /// What sentences are made of: `{s}` subject, `{p}` predicate, `{c}` circumstance.
    pub sentences: &'static [&'static str],
    /// Who or what does something, in the singular.
    pub subjects: &'static [&'static str],
    /// What it does.
    pub predicates: &'static [&'static str],
    /// When, where or how.
    pub circumstances: &'static [&'static str],
    /// What stands between two sentences.
    pub gap: &'static str,
}

/// Each with how many of a hundred posts are written in it.
pub const LANGUAGES: [(&Language, u32); 8] = [
    (&english::ENGLISH, 44),
    (&european::GERMAN, 12),
    (&european::SPANISH, 12),
    (&european::RUSSIAN, 10),
    (&european::GREEK, 5),
    (&eastern::ARABIC, 5),
    (&eastern::JAPANESE, 6),
    (&eastern::CHINESE, 6),
];
