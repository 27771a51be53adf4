//! What a made-up shop sells.

use fastrand::Rng;

use super::people::pick;
use super::prose::{capitalised, weighted};
use super::words::LANGUAGES;

/// How many sentences are said of a product, and of how many out of a hundred.
const PRAISE: [(usize, u32); 4] = [(0, 10), (1, 35), (2, 35), (3, 20)];

/// A product before anybody has put a price tag on it.
pub struct Ware {
    pub name: String,
    pub description: String,
    /// What the cheapest of its kind costs, in minor units.
    pub lowest_price: u32,
}

pub fn ware(rng: &mut Rng) -> Ware {
    let [english, ..] = &*LANGUAGES;
    let languages = LANGUAGES.iter();
    let language =
        weighted(rng, languages.map(|language| (language, language.products))).unwrap_or(english);
    let (goods, lowest_price) = rng.choice(&language.goods).copied().unwrap_or_default();
    let model = pick(rng, &language.models);
    let name = language
        .product
        .concat()
        .replace("{g}", goods)
        .replace("{m}", model);
    let count = weighted(rng, PRAISE.into_iter()).unwrap_or_default();
    let mut praise = language.praise.clone();
    rng.shuffle(&mut praise);
    praise.truncate(count);
    Ware {
        name: capitalised(&name),
        description: praise.join(language.gap),
        lowest_price,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_range_is_drawn_from_and_no_pattern_is_left_unfilled() {
        let mut rng = Rng::with_seed(1);
        let wares: Vec<_> = (0..2_000).map(|_| ware(&mut rng)).collect();
        for ware in &wares {
            for text in [&ware.name, &ware.description] {
                assert!(!text.contains(['{', '}']), "{text}");
            }
            assert!(ware.lowest_price > 0, "{}", ware.name);
        }
        assert!(wares.iter().any(|ware| ware.description.is_empty()));
        let names: BTreeSet<_> = wares.iter().map(|ware| ware.name.as_str()).collect();
        for language in &*LANGUAGES {
            let is_drawn = |(goods, _): &(&str, u32)| names.iter().any(|name| name.contains(goods));
            assert!(language.goods.iter().any(is_drawn), "{}", language.tag);
        }
    }
}
