//! The feature `serde`: value objects come back as they went out, and only through
//! their constructors.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Debug;

use hexpress_domain::auth::{TokenId, TokenKind, TokenName};
use hexpress_domain::money::{Currency, Price};
use hexpress_domain::order::{OrderStatus, Quantity};
use hexpress_domain::product::{Description, ProductName};
use hexpress_domain::user::{Email, FirstName, LastName, PersonName, Role, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn comes_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, shown: Value) {
    assert_eq!(serde_json::to_value(&value).unwrap(), shown);
    assert_eq!(serde_json::from_value::<T>(shown).unwrap(), value);
}

fn refuses<T: DeserializeOwned + Debug>(values: impl IntoIterator<Item = Value>) {
    for value in values {
        let read = serde_json::from_value::<T>(value.clone());
        assert!(read.is_err(), "{value} is read as {read:?}");
    }
}

const ID: &str = "0192d3a4-5b6c-7d8e-9f01-23456789abcd";

#[test]
fn ids_have_the_one_spelling_that_they_have_everywhere() {
    comes_back::<UserId>(ID.parse().unwrap(), json!(ID));
    comes_back::<TokenId>(ID.parse().unwrap(), json!(ID));
    let others = [
        json!("0192d3a45b6c7d8e9f0123456789abcd"),
        json!("{0192d3a4-5b6c-7d8e-9f01-23456789abcd}"),
        json!("urn:uuid:0192d3a4-5b6c-7d8e-9f01-23456789abcd"),
        json!(""),
        json!(1),
        json!(null),
    ];
    refuses::<UserId>(others.clone());
    refuses::<TokenId>(others);
}

#[test]
fn emails_are_canonical_addresses() {
    comes_back::<Email>("ada@example.org".parse().unwrap(), json!("ada@example.org"));
    let email: Email = serde_json::from_value(json!(" Ada@Example.org ")).unwrap();
    assert_eq!(email.as_str(), "ada@example.org");
    refuses::<Email>([json!("ada"), json!(""), json!("ada@example.org\0")]);
}

#[test]
fn names_keep_their_bounds() {
    let plato = PersonName {
        first: "Plato".parse().unwrap(),
        last: "".parse().unwrap(),
    };
    comes_back(plato, json!({"first": "Plato", "last": ""}));
    let long = "x".repeat(101);
    refuses::<FirstName>([json!(" "), json!(long), json!("a\0")]);
    refuses::<LastName>([json!(long), json!("a\0")]);
    refuses::<PersonName>([json!({"first": "", "last": ""}), json!({"first": "Ada"})]);

    comes_back::<TokenName>("deploy".parse().unwrap(), json!("deploy"));
    refuses::<TokenName>([json!(" "), json!(long), json!("a\0")]);
}

#[test]
fn roles_and_kinds_are_called_what_the_api_calls_them() {
    for role in Role::ALL {
        comes_back(role, json!(role.as_str()));
    }
    refuses::<Role>([json!("root"), json!("Admin"), json!(0)]);
    for kind in [TokenKind::Session, TokenKind::Api] {
        comes_back(kind, json!(kind.as_str()));
    }
    refuses::<TokenKind>([json!("Session"), json!("")]);
}

#[test]
fn prices_and_quantities_are_numbers_within_their_bounds() {
    comes_back::<Currency>("EUR".parse().unwrap(), json!("EUR"));
    refuses::<Currency>([json!("eur"), json!("ZZZ"), json!(978)]);
    comes_back::<Price>(1_999.try_into().unwrap(), json!(1_999));
    refuses::<Price>([json!(-1), json!(1_000_000_001), json!(1.5), json!("1")]);
    comes_back::<Quantity>(1.try_into().unwrap(), json!(1));
    refuses::<Quantity>([json!(0), json!(1_000_001), json!(1.5), json!("1")]);
}

#[test]
fn products_and_orders_keep_their_words() {
    comes_back::<ProductName>("Engine".parse().unwrap(), json!("Engine"));
    refuses::<ProductName>([json!(" "), json!("x".repeat(201)), json!("a\0")]);
    comes_back::<Description>("".parse().unwrap(), json!(""));
    refuses::<Description>([json!("x".repeat(5_001)), json!("a\0")]);
    for status in OrderStatus::ALL {
        comes_back(status, json!(status.as_str()));
    }
    refuses::<OrderStatus>([json!("Paid"), json!("")]);
}
