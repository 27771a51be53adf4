//! The tables of docs/configuration.md, made from the settings.

use std::collections::BTreeMap;
use std::path::Path;
use std::{env, fs};

use super::{AppEnv, Config, Effective, Sources};

/// Set, the test writes the document.
const RENEW: &str = "HEXPRESS_RENEW_DOCUMENT";

const HEAD: &str = "| name | default | meaning |\n| --- | --- | --- |\n";

fn settings(app_env: AppEnv) -> Vec<Effective> {
    let url = "sqlite://data/hexpress.db";
    let environment = [
        ("APP_ENV", app_env.to_string().as_str()),
        ("DATABASE_URL", url),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let sources = Sources {
        environment: environment.into(),
        ..Sources::default()
    };
    Config::load(&sources).unwrap().settings
}

/// The default in each environment, once where it is the same in all.
fn default([development, test, production]: [&Effective; 3]) -> String {
    let setting = development.setting;
    if let Some(words) = setting.default_in_words {
        return words.to_owned();
    }
    let words = [development, test, production].map(|effective| match &effective.value {
        Some(value) if !value.is_empty() => format!("`{value}`"),
        _ => "none".to_owned(),
    });
    let is_same = words.iter().all(|word| *word == words[0]);
    if is_same || setting.name == "APP_ENV" {
        return words[0].clone();
    }
    words.join(" / ")
}

/// The table of each section.
fn tables() -> BTreeMap<&'static str, String> {
    let [development, test, production] =
        [AppEnv::Development, AppEnv::Test, AppEnv::Production].map(settings);
    let mut tables = BTreeMap::new();
    for ((first, second), third) in development.iter().zip(&test).zip(&production) {
        assert_eq!(
            (first.setting, first.setting),
            (second.setting, third.setting)
        );
        let default = default([first, second, third]);
        let table: &mut String = tables
            .entry(first.section)
            .or_insert_with(|| HEAD.to_owned());
        let setting = first.setting;
        let file = setting.file.map(|file| format!(", `{file}`"));
        table.push_str(&format!(
            "| `{}`{} | {default} | {} |\n",
            setting.name,
            file.unwrap_or_default(),
            setting.meaning
        ));
    }
    tables
}

/// The document with these tables in place of those that it has.
fn renewed(document: &str) -> String {
    let mut tables = tables();
    let mut sections = document.split("\n## ");
    let mut text = sections.next().unwrap().to_owned();
    for section in sections {
        let (title, _) = section.split_once('\n').unwrap();
        text.push_str("\n## ");
        match (tables.remove(title), section.split_once(HEAD)) {
            (None, _) => text.push_str(section),
            (Some(_), None) => panic!("no table of settings below `{title}`"),
            (Some(table), Some((before, rest))) => {
                text.push_str(before);
                text.push_str(&table);
                let is_row = |line: &&str| line.starts_with("| ");
                text.extend(rest.split_inclusive('\n').skip_while(is_row));
            }
        }
    }
    assert!(tables.is_empty(), "no sections for {:?}", tables.keys());
    text
}

#[test]
fn every_setting_is_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let document = fs::read_to_string(&path).unwrap();
    let renewed = renewed(&document);
    if env::var_os(RENEW).is_some() {
        fs::write(&path, &renewed).unwrap();
        return;
    }
    assert!(
        document == renewed,
        "docs/configuration.md is not what the code says. Renew it, and read what has changed:\n\
         {RENEW}=1 cargo test -p hexpress every_setting_is_documented"
    );
}
