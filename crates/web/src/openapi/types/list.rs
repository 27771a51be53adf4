use hexpress_domain::list;
use serde_json::json;

use super::{integer, text};

field_types! {
    PageNumber => integer()
        .minimum(Some(1))
        .default(Some(json!(list::PageNumber::default().get())));
    PageSize => {
        let default = list::PageSize::default().get();
        integer()
            .minimum(Some(list::PageSize::MIN))
            .maximum(Some(list::PageSize::MAX))
            .default(Some(json!(default)))
    };
    Order => {
        let names = list::Direction::ALL.map(list::Direction::as_str);
        let default = list::Direction::default().as_str();
        text()
            .pattern(Some(in_any_case(&names)))
            .default(Some(json!(default)))
            .examples(names)
    };
    Search => text().max_length(Some(list::Search::MAX_LENGTH));
}

/// A pattern of these names, which has no flag that would say so.
fn in_any_case(names: &[&str]) -> String {
    let letter = |letter: char| format!("[{letter}{}]", letter.to_ascii_uppercase());
    let name = |name: &&str| name.chars().map(letter).collect::<String>();
    let names: Vec<_> = names.iter().map(name).collect();
    format!("^({})$", names.join("|"))
}
