use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::maintenance::bulk::{Row, Value};

/// The SHA-256 of a canonical text of rows: no two tables of different values have
/// one text, whatever stands in them.
pub(super) struct TableDigest(Sha256);

impl TableDigest {
    pub(super) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(super) fn add(&mut self, row: &Row) {
        for value in row {
            match value {
                Value::Null => self.0.update("null;"),
                Value::Integer(number) => self.0.update(format!("integer {number};")),
                Value::Text(text) => {
                    self.0.update(format!("text {}:", text.len()));
                    self.0.update(text);
                }
                Value::Bytes(bytes) => {
                    self.0.update(format!("bytes {}:", bytes.len()));
                    self.0.update(bytes);
                }
            }
        }
        self.0.update("\n");
    }

    /// In hexadecimal digits.
    pub(super) fn finish(self) -> String {
        let mut text = String::new();
        for byte in self.0.finalize() {
            // Writing to a text cannot fail.
            write!(text, "{byte:02x}").ok();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(rows: &[&[Value]]) -> String {
        let mut digest = TableDigest::new();
        for row in rows {
            digest.add(&row.to_vec());
        }
        digest.finish()
    }

    #[test]
    fn other_values_have_another_digest() {
        let text = |text: &str| Value::Text(text.to_owned());
        let tables: [&[&[Value]]; 9] = [
            &[],
            &[&[]],
            &[&[Value::Null]],
            &[&[Value::Integer(1)]],
            &[&[text("1")]],
            &[&[Value::Bytes(vec![b'1'])]],
            &[&[text("a"), text("b")]],
            &[&[text("a")], &[text("b")]],
            &[&[text("atext 1:b")]],
        ];
        let digests: std::collections::BTreeSet<_> = tables.into_iter().map(digest).collect();
        assert_eq!(digests.len(), tables.len());
        assert_eq!(digest(&[&[text("a")]]), digest(&[&[text("a")]]));
    }
}
