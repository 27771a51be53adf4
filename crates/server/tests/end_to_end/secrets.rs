//! What no log may tell: each password and token that a test uses, and whatever looks
//! like a token or the hash of a password.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;
use sha2::{Digest, Sha256};

/// How every token and every hash of a password begins.
const BEGINNINGS: [&str; 2] = ["hxp_", "$argon2"];

/// Shorter ones are refused as passwords, and are words that a log may hold.
const SHORTEST: usize = 8;

/// The fields of requests and answers that are secret.
const FIELDS: [&str; 3] = ["password", "currentPassword", "token"];

static KNOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// From here on no log may hold it.
pub fn remember(secret: &str) {
    if secret.len() >= SHORTEST {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(secret.to_owned());
    }
}

/// Remembers what is secret of a request or an answer.
pub fn remember_those_in(body: &Value) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if FIELDS.contains(&name.as_str()) => remember(text),
                    value => remember_those_in(value),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(remember_those_in),
        _ => {}
    }
}

/// The first line of a log that tells a secret, or its hash as the database has it.
fn leak_in(log: &str) -> Option<&str> {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let forms: Vec<String> = known.iter().flat_map(|secret| forms(secret)).collect();
    let forms = || {
        BEGINNINGS
            .into_iter()
            .chain(forms.iter().map(String::as_str))
    };
    log.lines()
        .find(|line| forms().any(|form| line.contains(form)))
}

/// As itself, and its SHA-256 in hexadecimal digits and as Rust shows bytes.
fn forms(secret: &str) -> [String; 3] {
    let digest = Sha256::digest(secret);
    let mut digits = String::new();
    for byte in digest {
        write!(digits, "{byte:02x}").unwrap();
    }
    let bytes = format!("{:?}", digest.as_slice());
    let bytes = bytes.trim_matches(['[', ']']).to_owned();
    [secret.to_owned(), digits, bytes]
}

/// Fails the test where a log tells a secret.
pub fn assert_none_in(log: &str) {
    let leak = leak_in(log);
    assert_eq!(leak, None, "the log tells a secret");
}

#[test]
fn a_planted_leak_is_found_in_every_form() {
    const TOKEN: &str = "plantedTokenWithoutItsBeginning";
    remember_those_in(&serde_json::json!({
        "data": [{"token": TOKEN, "name": "planted name"}],
        "password": "planted pass",
        "currentPassword": "short",
    }));
    let digest = Sha256::digest(TOKEN);
    for leak in [
        format!("INFO {TOKEN}"),
        "{\"message\":\"logs in with planted pass\"}".to_owned(),
        format!("DEBUG binds: [{:?}]", digest.as_slice()),
        format!("DEBUG \\x{}", forms(TOKEN)[1]),
        "hxp_anything".to_owned(),
        "$argon2id$v=19$m=8,t=1,p=1$".to_owned(),
    ] {
        let log = format!("INFO listening\n{leak}\nINFO stopped\n");
        assert_eq!(leak_in(&log), Some(leak.as_str()));
    }
    assert_eq!(leak_in("INFO planted name\nINFO short\n"), None);
}
