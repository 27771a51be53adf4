use hexpress_domain::post::Author;
use hexpress_domain::user::{PersonName, UserId};
use serde::{Deserialize, Serialize};

/// What a newsletter is called, and who writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Masthead {
    /// What it is called.
    pub name: String,
    /// Who writes it.
    pub editor: Editor,
}

/// Who writes a newsletter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Editor {
    /// By which the letters name their author.
    pub id: UserId,
    /// The person's name.
    pub name: PersonName,
}

impl Editor {
    pub(super) fn author(&self) -> Author {
        Author {
            id: self.id,
            name: self.name.clone(),
        }
    }
}
