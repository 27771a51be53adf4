//! Who made-up people are.

use fastrand::Rng;

/// First and last names that go together, in the script in which they are written.
struct Origin {
    first: &'static [&'static str],
    /// A last name may be empty.
    last: &'static [&'static str],
}

const ORIGINS: [Origin; 8] = [
    Origin {
        first: &[
            "Ada", "Grace", "Alan", "Edith", "Samuel", "Ruth", "Oliver", "Maya", "Isaac", "Nora",
        ],
        last: &[
            "Whitfield",
            "Barlow",
            "Hughes",
            "O'Connor",
            "Ashdown",
            "Pembroke",
            "Lowell",
            "Marsh",
        ],
    },
    Origin {
        first: &[
            "Jürgen", "Käthe", "Matthias", "Zoë", "Björn", "Ingrid", "Jörg", "Lotte",
        ],
        last: &[
            "Müller",
            "Groß",
            "Schäfer",
            "von der Heide",
            "Åkesson",
            "Nyström",
            "de Vries",
        ],
    },
    Origin {
        first: &[
            "María José",
            "Íñigo",
            "João",
            "Lucía",
            "Sebastián",
            "Conceição",
            "Ana",
        ],
        last: &[
            "Núñez",
            "García Márquez",
            "da Silva",
            "Peña",
            "Ibáñez",
            "Guimarães",
        ],
    },
    Origin {
        first: &["Анна", "Дмитрий", "Ольга", "Юрий", "Екатерина", "Тарас"],
        last: &["Шевченко", "Чайка", "Короленко", "Мельник", "Гончар"],
    },
    Origin {
        first: &["Amara", "Chinedu", "Wanjiru", "Kwame", "Zanele", "Tendai"],
        last: &["Okafor", "Mensah", "Kamau", "Dlamini", "Adeyemi", ""],
    },
    Origin {
        first: &["Aarav", "Priya", "Nguyễn", "Siti", "Ravi", "Suharto"],
        last: &["Krishnamurthy", "Patel", "Thị Minh", "Rahman", ""],
    },
    Origin {
        first: &["葵", "翔太", "さくら", "健"],
        last: &["田中", "佐藤", "鈴木", "高橋"],
    },
    Origin {
        first: &["Ελένη", "Νίκος", "Σοφία", "Γιώργος"],
        last: &["Παπαδοπούλου", "Οικονόμου", "Γεωργίου", "Δήμου"],
    },
];

/// A first and a last name.
pub fn name(rng: &mut Rng) -> (&'static str, &'static str) {
    let Some(origin) = rng.choice(&ORIGINS) else {
        return ("Ada", "");
    };
    (pick(rng, origin.first), pick(rng, origin.last))
}

/// One of several texts.
pub fn pick(rng: &mut Rng, texts: &'static [&'static str]) -> &'static str {
    rng.choice(texts).copied().unwrap_or_default()
}
