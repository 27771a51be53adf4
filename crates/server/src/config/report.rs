use serde_json::{Value, json};

use super::Effective;

/// The settings as a table for people.
pub fn table(settings: &[Effective]) -> String {
    let rows: Vec<[String; 3]> = settings
        .iter()
        .map(|effective| {
            let value = effective.value.as_deref().unwrap_or("(not set)");
            [
                effective.setting.name.to_owned(),
                value.escape_debug().to_string(),
                match effective.is_ignored() {
                    true => format!("{}, not in use", effective.origin),
                    false => effective.origin.to_string(),
                },
            ]
        })
        .collect();
    let width = |cell: fn(&[String; 3]) -> &String| {
        let widths = rows.iter().map(|row| cell(row).chars().count());
        widths.max().unwrap_or_default()
    };
    let (names, values) = (width(|[name, ..]| name), width(|[_, value, _]| value));
    rows.iter()
        .map(|[name, value, origin]| format!("{name:names$}  {value:values$}  {origin}\n"))
        .collect()
}

/// The settings for programs: values as the environment would spell them, `null`
/// for what is not set; `inUse` is false of those that nothing depends on.
pub fn json(settings: &[Effective]) -> Value {
    settings
        .iter()
        .map(|effective| {
            json!({
                "name": effective.setting.name,
                "value": effective.value,
                "source": effective.origin.to_string(),
                "inUse": effective.setting.is_in_use,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Origin, Setting};

    fn effective(name: &'static str, value: Option<&str>, origin: Origin) -> Effective {
        Effective {
            setting: Setting::new(name, ""),
            section: "",
            value: value.map(str::to_owned),
            origin,
        }
    }

    fn settings() -> [Effective; 2] {
        [
            effective("PORT", Some("3000"), Origin::Flag),
            effective("DB_HOST", None, Origin::Default),
        ]
    }

    #[test]
    fn a_table_has_straight_columns() {
        assert_eq!(
            table(&settings()),
            "PORT     3000       flag\nDB_HOST  (not set)  default\n"
        );
    }

    #[test]
    fn json_says_null_for_what_is_not_set() {
        assert_eq!(
            json(&settings()),
            json!([
                {"name": "PORT", "value": "3000", "source": "flag", "inUse": true},
                {"name": "DB_HOST", "value": null, "source": "default", "inUse": true},
            ])
        );
    }
}
