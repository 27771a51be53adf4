//! What made-up posts say.

use std::ops::RangeInclusive;

use fastrand::Rng;

use super::people::pick;
use super::words::{LANGUAGES, Language};

/// How many sentences a post has, and how many of a thousand posts are so long.
const LENGTHS: [(RangeInclusive<u32>, u32); 4] =
    [(2..=5, 700), (6..=15, 250), (20..=50, 45), (100..=300, 5)];

/// A text in one language.
pub struct Prose {
    pub language: &'static Language,
    pub topic: &'static str,
    pub title: String,
    pub content: String,
    /// What an excerpt may be.
    pub first_sentence: String,
}

pub fn write(rng: &mut Rng) -> Prose {
    let [english, ..] = &*LANGUAGES;
    let languages = LANGUAGES.iter();
    let language =
        weighted(rng, languages.map(|language| (language, language.posts))).unwrap_or(english);
    let topic = pick(rng, &language.topics);
    let title = capitalised(&pick(rng, &language.titles).replace("{}", topic));
    let length = weighted(rng, LENGTHS.iter().map(|(length, share)| (length, *share)))
        .map_or(1, |length| rng.u32(length.clone()));
    let first_sentence = sentence(rng, language);
    let mut content = first_sentence.clone();
    for _ in 1..length {
        // Every fifth sentence, more or less, begins a paragraph.
        content.push_str(if rng.u8(..5) == 0 {
            "\n\n"
        } else {
            language.gap
        });
        content.push_str(&sentence(rng, language));
    }
    Prose {
        language,
        topic,
        title,
        content,
        first_sentence,
    }
}

fn sentence(rng: &mut Rng, language: &'static Language) -> String {
    let sentence = pick(rng, &language.sentences)
        .replace("{s}", pick(rng, &language.subjects))
        .replace("{p}", pick(rng, &language.predicates))
        .replace("{c}", pick(rng, &language.circumstances));
    capitalised(&sentence)
}

/// With a capital first letter, where the script has such.
pub fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(characters)
        .collect()
}

/// One of several things, each as often as its share of all shares says.
pub fn weighted<T: Clone>(
    rng: &mut Rng,
    things: impl Iterator<Item = (T, u32)> + Clone,
) -> Option<T> {
    let total: u32 = things.clone().map(|(_, share)| share).sum();
    let mut rest = rng.u32(..total.max(1));
    for (thing, share) in things {
        match rest.checked_sub(share) {
            Some(left) => rest = left,
            None => return Some(thing),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_pattern_is_left_unfilled_and_every_language_occurs() {
        let mut rng = Rng::with_seed(1);
        let mut languages = BTreeSet::new();
        for _ in 0..2_000 {
            let prose = write(&mut rng);
            for text in [&prose.title, &prose.content, &prose.first_sentence] {
                assert!(!text.contains(['{', '}']), "{text}");
                assert!(!text.trim().is_empty());
            }
            assert!(prose.content.starts_with(&prose.first_sentence));
            languages.insert(prose.language.tag);
        }
        assert_eq!(languages.len(), LANGUAGES.len());
    }

    #[test]
    fn shares_are_kept() {
        let mut rng = Rng::with_seed(1);
        let things = [("often", 9), ("seldom", 1), ("never", 0)];
        let drawn: Vec<_> = (0..1_000)
            .map(|_| weighted(&mut rng, things.into_iter()).unwrap())
            .collect();
        let count = |thing| drawn.iter().filter(|drawn| **drawn == thing).count();
        assert!((850..950).contains(&count("often")), "{}", count("often"));
        assert_eq!(count("never"), 0);
    }
}
