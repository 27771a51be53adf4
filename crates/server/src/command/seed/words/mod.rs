//! What made-up things are made of: words of several languages and scripts, in one text
//! file each.

use std::sync::LazyLock;

/// A language's stock of words. Any subject goes with any predicate, in any place.
pub struct Language {
    /// Its tag (BCP 47).
    pub tag: &'static str,
    /// What stands between two sentences.
    pub gap: &'static str,
    /// How many of a hundred posts are written in it.
    pub posts: u32,
    /// How many of a hundred products are sold in it.
    pub products: u32,
    /// What titles are made of: `{}` stands for a topic.
    pub titles: Words,
    /// What posts are about, as it stands in titles and as a tag.
    pub topics: Words,
    /// What sentences are made of: `{s}` subject, `{p}` predicate, `{c}` circumstance.
    pub sentences: Words,
    /// Who or what does something, in the singular.
    pub subjects: Words,
    /// What it does.
    pub predicates: Words,
    /// When, where or how.
    pub circumstances: Words,
    /// What a product's name is made of: `{g}` the goods, `{m}` the model.
    pub product: Words,
    /// Kinds of goods, with what the cheapest of each costs, in minor units.
    pub goods: Vec<(&'static str, u32)>,
    /// What goods of one kind are told apart by.
    pub models: Words,
    /// Sentences that are true of any goods.
    pub praise: Words,
}

type Words = Vec<&'static str>;

/// First and last names that go together, in the script in which they are written.
pub struct Origin {
    pub first: Words,
    /// A last name may be empty.
    pub last: Words,
}

pub static LANGUAGES: LazyLock<[Language; 8]> = LazyLock::new(|| {
    [
        ("en", " ", 44, 40, include_str!("en.txt")),
        ("de", " ", 12, 16, include_str!("de.txt")),
        ("es", " ", 12, 12, include_str!("es.txt")),
        ("ru", " ", 10, 10, include_str!("ru.txt")),
        ("el", " ", 5, 5, include_str!("el.txt")),
        ("ar", " ", 5, 5, include_str!("ar.txt")),
        ("ja", "", 6, 6, include_str!("ja.txt")),
        ("zh", "", 6, 6, include_str!("zh.txt")),
    ]
    .map(|(tag, gap, posts, products, text)| Language {
        tag,
        gap,
        posts,
        products,
        titles: section(text, "[titles]"),
        topics: section(text, "[topics]"),
        sentences: section(text, "[sentences]"),
        subjects: section(text, "[subjects]"),
        predicates: section(text, "[predicates]"),
        circumstances: section(text, "[circumstances]"),
        product: section(text, "[product]"),
        goods: section(text, "[goods]")
            .into_iter()
            .filter_map(priced)
            .collect(),
        models: section(text, "[models]"),
        praise: section(text, "[praise]"),
    })
});

/// Of each a line of first names and one of last names.
pub static ORIGINS: LazyLock<Vec<Origin>> = LazyLock::new(|| {
    let names = |line: &'static str| line.split(',').map(str::trim).collect();
    let blocks = include_str!("people.txt").split("\n\n");
    blocks
        .filter_map(|block| block.split_once('\n'))
        .map(|(first, last)| Origin {
            first: names(first),
            last: names(last),
        })
        .collect()
});

/// The lines below a heading, up to the blank one.
fn section(text: &'static str, heading: &str) -> Words {
    text.lines()
        .skip_while(|line| *line != heading)
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect()
}

/// Goods with their price in front.
fn priced(line: &'static str) -> Option<(&'static str, u32)> {
    let (price, goods) = line.split_once(' ')?;
    Some((goods, price.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_list_is_empty() {
        for language in &*LANGUAGES {
            for words in [
                &language.titles,
                &language.topics,
                &language.sentences,
                &language.subjects,
                &language.predicates,
                &language.circumstances,
                &language.product,
                &language.models,
                &language.praise,
            ] {
                assert!(!words.is_empty(), "{}", language.tag);
            }
            assert!(language.goods.len() > 3, "{}", language.tag);
        }
        assert_eq!(ORIGINS.len(), 8);
    }
}
