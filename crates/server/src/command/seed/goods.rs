//! What a made-up shop sells.

use fastrand::Rng;

use super::people::pick;
use super::prose::{capitalised, weighted};

/// How many sentences are said of a product, and of how many out of a hundred.
const PRAISE: [(usize, u32); 4] = [(0, 10), (1, 35), (2, 35), (3, 20)];

/// What is sold in one language.
struct Range {
    /// What a product's name is made of: `{g}` the goods, `{m}` the model.
    name: &'static str,
    /// Kinds of goods, with what the cheapest of each costs, in minor units.
    goods: &'static [(&'static str, u32)],
    models: &'static [&'static str],
    /// Sentences that are true of any goods.
    praise: &'static [&'static str],
    /// What stands between two sentences.
    gap: &'static str,
}

/// A product before anybody has put a price tag on it.
pub struct Ware {
    pub name: String,
    pub description: String,
    /// What the cheapest of its kind costs, in minor units.
    pub lowest_price: u32,
}

pub fn ware(rng: &mut Rng) -> Ware {
    let range =
        weighted(rng, RANGES.iter().map(|(range, share)| (range, *share))).unwrap_or(&RANGES[0].0);
    let (goods, lowest_price) = rng.choice(range.goods).copied().unwrap_or_default();
    let name = range
        .name
        .replace("{g}", goods)
        .replace("{m}", pick(rng, range.models));
    let count = weighted(rng, PRAISE.into_iter()).unwrap_or_default();
    let mut praise = range.praise.to_vec();
    rng.shuffle(&mut praise);
    praise.truncate(count);
    Ware {
        name: capitalised(&name),
        description: praise.join(range.gap),
        lowest_price,
    }
}

/// Each with how many of a hundred products it holds.
const RANGES: [(Range, u32); 8] = [
    (
        Range {
            name: "{m} {g}",
            goods: &[
                ("reading lamp", 3_900),
                ("cargo bike", 189_000),
                ("bread knife", 2_400),
                ("wall clock", 4_900),
                ("canvas rucksack", 7_900),
                ("notebook", 650),
                ("enamel mug", 900),
                ("wool blanket", 8_500),
                ("fountain pen", 2_900),
                ("box of tea", 490),
            ],
            models: &[
                "Northlight",
                "Harbour",
                "Millstone",
                "Fernway",
                "Kestrel",
                "Slate",
                "Meridian",
                "Old Mill",
            ],
            praise: &[
                "Made by hand in small batches.",
                "Comes in a box that needs no tape.",
                "Looks better with every year.",
                "Spare parts are kept for ten years.",
                "Tried by our neighbours for a whole winter.",
                "Made to be repaired, not replaced.",
                "Ships within two working days.",
            ],
            gap: " ",
        },
        40,
    ),
    (
        Range {
            name: "{g} »{m}«",
            goods: &[
                ("Leselampe", 3_900),
                ("Lastenrad", 199_000),
                ("Brotmesser", 2_900),
                ("Wanduhr", 5_400),
                ("Notizbuch", 750),
                ("Wolldecke", 8_900),
                ("Füllfederhalter", 3_400),
            ],
            models: &[
                "Nordlicht",
                "Hafen",
                "Mühle",
                "Föhre",
                "Großer Bär",
                "Schiefer",
            ],
            praise: &[
                "In kleiner Auflage von Hand gefertigt.",
                "Ersatzteile gibt es zehn Jahre lang.",
                "Wird mit den Jahren schöner.",
                "Kommt ohne Klebeband im Karton.",
                "Versand innerhalb von zwei Werktagen.",
            ],
            gap: " ",
        },
        16,
    ),
    (
        Range {
            name: "{g} «{m}»",
            goods: &[
                ("Lámpara de lectura", 3_500),
                ("Bicicleta de carga", 179_000),
                ("Cuchillo de pan", 2_200),
                ("Reloj de pared", 4_500),
                ("Cuaderno", 600),
                ("Manta de lana", 7_900),
            ],
            models: &["Peñalara", "Albufera", "Cigüeña", "Molino", "Aurora"],
            praise: &[
                "Hecho a mano en series pequeñas.",
                "Hay repuestos durante diez años.",
                "Mejora con los años.",
                "Se envía en dos días laborables.",
            ],
            gap: " ",
        },
        12,
    ),
    (
        Range {
            name: "{g} «{m}»",
            goods: &[
                ("Настольная лампа", 3_200),
                ("Хлебный нож", 1_900),
                ("Настенные часы", 4_200),
                ("Записная книжка", 550),
                ("Шерстяной плед", 6_900),
            ],
            models: &["Полярная звезда", "Гавань", "Журавль", "Мельница"],
            praise: &[
                "Сделано вручную, малыми партиями.",
                "Запасные части — в течение десяти лет.",
                "С годами становится только лучше.",
                "Отправляем за два рабочих дня.",
            ],
            gap: " ",
        },
        10,
    ),
    (
        Range {
            name: "{g} «{m}»",
            goods: &[
                ("Φωτιστικό γραφείου", 3_300),
                ("Μαχαίρι ψωμιού", 2_000),
                ("Ρολόι τοίχου", 4_400),
                ("Σημειωματάριο", 600),
            ],
            models: &["Βοριάς", "Λιμάνι", "Μύλος", "Αλκυόνα"],
            praise: &[
                "Φτιαγμένο στο χέρι, σε μικρές παρτίδες.",
                "Ανταλλακτικά για δέκα χρόνια.",
                "Αποστολή σε δύο εργάσιμες ημέρες.",
            ],
            gap: " ",
        },
        5,
    ),
    (
        Range {
            name: "{g} «{m}»",
            goods: &[
                ("مصباح قراءة", 3_000),
                ("سكين خبز", 1_800),
                ("ساعة حائط", 4_000),
                ("دفتر ملاحظات", 500),
            ],
            models: &["الشمال", "الميناء", "الطاحونة", "الفجر"],
            praise: &[
                "صناعة يدوية بكميات صغيرة.",
                "قطع الغيار متوفرة لعشر سنوات.",
                "الشحن خلال يومي عمل.",
            ],
            gap: " ",
        },
        5,
    ),
    (
        Range {
            name: "{g}「{m}」",
            goods: &[
                ("読書灯", 3_800),
                ("パン切り包丁", 2_800),
                ("掛け時計", 4_800),
                ("手帳", 800),
                ("万年筆", 3_600),
            ],
            models: &["北極星", "港", "水車", "つばめ"],
            praise: &[
                "少しずつ手作りしています。",
                "部品は十年間ご用意します。",
                "年とともに味わいが増します。",
                "二営業日以内に発送します。",
            ],
            gap: "",
        },
        6,
    ),
    (
        Range {
            name: "{g}“{m}”",
            goods: &[
                ("阅读灯", 3_100),
                ("面包刀", 1_900),
                ("挂钟", 3_900),
                ("笔记本", 480),
                ("羊毛毯", 6_500),
            ],
            models: &["北极光", "海港", "磨坊", "燕子"],
            praise: &[
                "小批量手工制作。",
                "零件供应十年。",
                "越用越好。",
                "两个工作日内发货。",
            ],
            gap: "",
        },
        6,
    ),
];

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
        for (range, _) in &RANGES {
            let is_drawn = |(goods, _): &(&str, u32)| names.iter().any(|name| name.contains(goods));
            assert!(range.goods.iter().any(is_drawn), "{}", range.name);
        }
    }
}
