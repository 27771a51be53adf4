use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;

use super::{ConfigError, Origin};

/// Texts of settings by name.
pub type Texts = BTreeMap<String, String>;

/// Texts of settings by name, as the command line's flags give them.
pub type Flags = BTreeMap<&'static str, String>;

/// Where settings are looked for, the weightiest first. Nothing is looked for
/// anywhere else, so that a test can say all there is.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The command line's flags, under the names of their settings.
    pub flags: Flags,
    /// The process's environment.
    pub environment: Texts,
    /// The `.env` file.
    pub dot_env: Texts,
}

impl Sources {
    /// The text of a setting in the weightiest source that has one.
    pub fn find(&self, name: &str) -> Option<(&str, Origin)> {
        [
            (self.flags.get(name), Origin::Flag),
            (self.environment.get(name), Origin::Environment),
            (self.dot_env.get(name), Origin::DotEnv),
        ]
        .into_iter()
        .find_map(|(text, origin)| Some((text?.as_str(), origin)))
    }
}

/// Takes the environment as the operating system has it. Names that are not UTF-8
/// are nobody's settings. In a value that is not, U+FFFD stands for the bytes that
/// are no text; a setting that holds it is refused when it is read.
pub fn environment(variables: impl Iterator<Item = (OsString, OsString)>) -> Texts {
    variables
        .filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            Some((name, value.to_string_lossy().into_owned()))
        })
        .collect()
}

/// Reads a `.env` file; where there is none, nothing is set.
///
/// # Errors
///
/// [`ConfigError::DotEnv`] where it cannot be read, or a line is none of its form.
/// The message never repeats a value.
pub fn read_dot_env(path: &Path) -> Result<Texts, ConfigError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Texts::new()),
        Err(error) => return Err(ConfigError::DotEnv(format!("cannot be read: {error}"))),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if let Some(line) = line_of_substitution(text) {
        return Err(ConfigError::DotEnv(format!(
            "has a `$` in line {line}: put the value in single quotes, or a backslash before the `$`"
        )));
    }
    dotenvy::from_read_iter(text.as_bytes())
        .collect::<Result<_, _>>()
        .map_err(|error| match error {
            dotenvy::Error::LineParse(part, _) => malformed(text, &part),
            error => ConfigError::DotEnv(format!("cannot be read: {error}")),
        })
}

/// The first line that would have a `$` and the name behind it replaced by another
/// variable's value. dotenvy does so outside single quotes, in a password too, and
/// cannot be told not to.
fn line_of_substitution(text: &str) -> Option<usize> {
    let (mut line, mut quote, mut previous) = (1, None, '\n');
    let mut characters = text.chars();
    while let Some(mut character) = characters.next() {
        match (character, quote) {
            ('$', None | Some('"')) => return Some(line),
            ('\\', None | Some('"')) => line += usize::from(characters.next() == Some('\n')),
            ('\'' | '"', None) => quote = Some(character),
            ('#', None) if previous.is_whitespace() => {
                // The rest of the line is a comment.
                characters.find(|character| *character == '\n');
                character = '\n';
                line += 1;
            }
            (character, _) => {
                line += usize::from(character == '\n');
                quote = quote.filter(|quote| *quote != character);
            }
        }
        previous = character;
    }
    None
}

/// `part` is what dotenvy made nothing of: a whole line, or its value alone, which
/// is not repeated. So the name is looked up in the file.
fn malformed(text: &str, part: &str) -> ConfigError {
    let part = part.lines().next().unwrap_or_default().trim_end();
    let line = text.lines().find(|line| line.trim_end().ends_with(part));
    let name = line
        .and_then(|line| line.split_once('='))
        .map(|(name, _)| name.trim());
    // A value may hold a `=` too, and what stands before that is no name.
    let is_name = |name: &str| {
        let mut bytes = name.bytes();
        bytes.all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let place = match name {
        Some(name) if is_name(name) => format!("a malformed line for `{name}`"),
        Some(_) => "a line that does not begin with NAME=".to_owned(),
        None => "a line without `=`".to_owned(),
    };
    ConfigError::DotEnv(format!(
        "has {place}: expected NAME=value, with single quotes around blanks, quotes, # and $"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot_env(text: &[u8]) -> Result<Texts, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        fs::write(&path, text).unwrap();
        read_dot_env(&path)
    }

    #[test]
    fn the_weightiest_source_wins() {
        let text = |value: &str| Texts::from([("PORT".to_owned(), value.to_owned())]);
        let mut sources = Sources {
            flags: BTreeMap::from([("PORT", "1".to_owned())]),
            environment: text("2"),
            dot_env: text("3"),
        };
        assert_eq!(sources.find("PORT"), Some(("1", Origin::Flag)));
        sources.flags.clear();
        assert_eq!(sources.find("PORT"), Some(("2", Origin::Environment)));
        sources.environment.clear();
        assert_eq!(sources.find("PORT"), Some(("3", Origin::DotEnv)));
        sources.dot_env.clear();
        assert_eq!(sources.find("PORT"), None);
    }

    #[test]
    fn a_file_is_read_with_quotes_comments_and_a_byte_order_mark() {
        let texts = dot_env("\u{feff}PORT=1\n# note\n\nDB_PASSWORD='a b#$c'\n".as_bytes());
        let expected = [("DB_PASSWORD", "a b#$c"), ("PORT", "1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(texts.unwrap(), Texts::from(expected));
    }

    #[test]
    fn nothing_is_put_in_place_of_a_dollar() {
        for value in [
            "pa$word",
            "$",
            "pa${word}",
            "\"pa$word\"",
            "'a'$b",
            "'a\\'$b",
            "\"a'\"$b'",
            "\"a\\\"$b\"",
            "a#$b",
        ] {
            let text = format!("PORT=1 # don't\nDB_NAME='a\nb'\nDB_PASSWORD={value}\n");
            let message = dot_env(text.as_bytes()).unwrap_err().to_string();
            assert!(message.contains("line 4"), "{value}: {message}");
            assert!(message.contains("single quotes"), "{message}");
            assert!(!message.contains("word"), "{message}");
        }
        for (value, expected) in [
            ("'pa$word'", "pa$word"),
            ("'\"$'", "\"$"),
            ("pa\\$word", "pa$word"),
            ("\"pa\\$word\"", "pa$word"),
            ("a # $b", "a"),
        ] {
            let text = format!("# don't\n# pay $5\nDB_PASSWORD={value}\n");
            let texts = dot_env(text.as_bytes()).unwrap();
            let set = texts.get("DB_PASSWORD").map(String::as_str);
            assert_eq!(set, Some(expected), "{value}");
        }
    }

    #[test]
    fn no_file_sets_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            read_dot_env(&folder.path().join(".env")).unwrap(),
            Texts::new()
        );
    }

    #[test]
    fn a_malformed_line_is_named_without_its_value() {
        let message = dot_env(b"PORT=1\nDB_PASSWORD=hunter2 'x\n")
            .unwrap_err()
            .to_string();
        assert!(message.contains("`DB_PASSWORD`"), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
        let message = dot_env(b"DB_PASSWORD=hunter2 x=y\n")
            .unwrap_err()
            .to_string();
        assert!(message.contains("`DB_PASSWORD`"), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
        let message = dot_env(b"DATABASE_URL postgres://ada:hunter2@db/shop?sslmode=require\n")
            .unwrap_err()
            .to_string();
        assert!(message.contains("NAME="), "{message}");
        assert!(!message.contains("hunter2"), "{message}");
        let message = dot_env(b"hunter2\n").unwrap_err().to_string();
        assert!(!message.contains("hunter2"), "{message}");
    }

    #[test]
    fn a_file_that_is_no_text_is_refused() {
        assert!(dot_env(b"PORT=\xff").is_err());
    }
}
