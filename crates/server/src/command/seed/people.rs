//! Who made-up people are.

use fastrand::Rng;

use super::words::ORIGINS;

/// A first and a last name.
pub fn name(rng: &mut Rng) -> (&'static str, &'static str) {
    let Some(origin) = rng.choice(&*ORIGINS) else {
        return ("Ada", "");
    };
    (pick(rng, &origin.first), pick(rng, &origin.last))
}

/// One of several texts.
pub fn pick(rng: &mut Rng, texts: &[&'static str]) -> &'static str {
    rng.choice(texts).copied().unwrap_or_default()
}
