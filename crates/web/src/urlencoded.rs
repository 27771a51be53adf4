//! `application/x-www-form-urlencoded` (WHATWG URL, section 5.1), in queries and
//! in bodies; read strictly, where the standard puts U+FFFD for what is no UTF-8.

use percent_encoding::percent_decode_str;

/// A name or value whose bytes are no UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotUtf8;

/// The names and values, in the order sent: at most one more than `most`.
pub(crate) fn parse(text: &str, most: usize) -> Result<Vec<(String, String)>, NotUtf8> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .take(most.saturating_add(1))
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

fn decode(text: &str) -> Result<String, NotUtf8> {
    let text = text.replace('+', " ");
    let decoded = percent_decode_str(&text).decode_utf8();
    decoded.map(Into::into).map_err(|_| NotUtf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(text: &str) -> Vec<(String, String)> {
        parse(text, 10).unwrap_or_default()
    }

    #[test]
    fn decodes_names_and_values() {
        assert_eq!(
            pairs("a=1&b+c=%C3%A4%2B&&d&e=f=g"),
            [("a", "1"), ("b c", "ä+"), ("d", ""), ("e", "f=g")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert!(pairs("").is_empty());
    }

    #[test]
    fn refuses_what_is_no_utf8() {
        assert_eq!(parse("a=%FF", 10), Err(NotUtf8));
        assert_eq!(parse("%C3=1", 10), Err(NotUtf8));
    }

    #[test]
    fn reads_no_more_than_tells_that_there_are_too_many() {
        assert_eq!(pairs(&"a&".repeat(10)).len(), 10);
        assert_eq!(pairs(&"a&".repeat(1_000_000)).len(), 11);
    }
}
