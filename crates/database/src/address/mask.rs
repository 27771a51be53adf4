use std::fmt::Display;

/// A value for a message, on one line: control characters are written as escapes.
pub(crate) fn shown(value: impl Display) -> String {
    let mut text = String::new();
    for character in value.to_string().chars() {
        if character.is_control() {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    text
}

/// A text that was given to the program, for a message: if it may be a URL, without all that may
/// be a password in it, wherever a parser would find one.
///
/// What stands between the scheme and the last `@` is replaced by `***`. A password may hold any
/// character, `@` and `/` included, so that no reading of the text is relied on.
#[must_use]
pub fn masked(text: &str) -> String {
    let Some((secret, rest)) = text.rsplit_once('@') else {
        return text.to_owned();
    };
    match secret.split_once("://") {
        Some((scheme, _)) => format!("{scheme}://***@{rest}"),
        None => format!("***@{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_on_one_line() {
        assert_eq!(
            shown("my \"shop\"\n\u{1b}[2J\t\u{fc}"),
            r#"my "shop"\n\u{1b}[2J\tü"#
        );
    }

    #[test]
    fn what_may_be_a_password_is_not_shown() {
        for (text, shown) in [
            (
                "postgres://hx:4711/secret@host/db",
                "postgres://***@host/db",
            ),
            ("postgres://hx:se@cret@host/db", "postgres://***@host/db"),
            ("postgres://hx:se#c?r/et@host/db", "postgres://***@host/db"),
            ("hx:secret@host", "***@host"),
            (
                "https://a.example,https://hx:secret@b.example",
                "https://***@b.example",
            ),
            ("https://a.example:8443", "https://a.example:8443"),
            ("tcp://10.97.188.247:5432", "tcp://10.97.188.247:5432"),
            ("", ""),
        ] {
            assert_eq!(masked(text), shown);
        }
    }
}
