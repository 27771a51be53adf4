//! The arrows between the crates point inward only, and a release is built as the design counts on.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// A crate of the workspace, those that it may use, and those that its tests may use as well.
type Layer = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const LAYERS: &[Layer] = &[
    ("hexpress-domain", &[], &[]),
    ("hexpress-app", &["hexpress-domain"], &["hexpress-app"]),
    (
        "hexpress-database",
        &["hexpress-domain"],
        &["hexpress-test-support"],
    ),
    (
        "hexpress-infra",
        &["hexpress-app", "hexpress-database", "hexpress-domain"],
        &["hexpress-test-support", "hexpress-testkit"],
    ),
    (
        "hexpress-web",
        &["hexpress-app", "hexpress-domain"],
        &["hexpress-conformance"],
    ),
    (
        "hexpress",
        &[
            "hexpress-app",
            "hexpress-domain",
            "hexpress-infra",
            "hexpress-web",
        ],
        &[
            "hexpress-client",
            "hexpress-conformance",
            "hexpress-test-support",
        ],
    ),
    ("hexpress-client", &["hexpress-domain"], &[]),
    ("hexpress-conformance", &[], &[]),
    (
        "hexpress-test-support",
        &[],
        &[
            "hexpress-app",
            "hexpress-client",
            "hexpress-domain",
            "hexpress-infra",
            "hexpress-testkit",
            "hexpress-web",
        ],
    ),
    (
        "hexpress-testkit",
        &["hexpress-app", "hexpress-domain"],
        &[],
    ),
    ("newsletter", &["hexpress-app", "hexpress-domain"], &[]),
    (
        "embedded-blog",
        &[
            "hexpress-app",
            "hexpress-domain",
            "hexpress-infra",
            "hexpress-web",
        ],
        &["hexpress-client"],
    ),
    (
        "json-file-adapter",
        &["hexpress-domain"],
        &["hexpress-testkit"],
    ),
];

const DRIVERS: &[&str] = &[
    "diesel",
    "diesel-async",
    "libsqlite3-sys",
    "tokio-postgres",
    "deadpool",
];
const RUNTIMES: &[&str] = &[
    "tokio",
    "mio",
    "socket2",
    "rustls",
    "tracing-subscriber",
    "argon2",
];
const FRAMEWORKS: &[&str] = &["axum", "hyper", "http", "tower", "clap", "reqwest"];

/// One package of `cargo metadata`: its name and the names and kinds of what it uses.
struct Package {
    name: String,
    dependencies: Vec<(String, String)>,
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--locked", "--offline", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn workspace() -> Vec<Package> {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--format-version", "1", "--no-deps"])).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("normal").to_owned();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| Package {
            name: text(&package["name"]),
            dependencies: package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .map(|dependency| (text(&dependency["name"]), text(&dependency["kind"])))
                .collect(),
        })
        .collect()
}

fn turned_arrows(packages: &[Package]) -> Vec<String> {
    let layers: BTreeMap<_, _> = LAYERS.iter().map(|layer| (layer.0, layer)).collect();
    let mut turned = Vec::new();
    for Package { name, dependencies } in packages {
        let Some((_, uses, tests_use)) = layers.get(name.as_str()) else {
            turned.push(format!("{name} has no place among the layers"));
            continue;
        };
        let ours = dependencies
            .iter()
            .filter(|(used, _)| layers.contains_key(used.as_str()));
        for (used, kind) in ours {
            let allowed = uses.contains(&used.as_str())
                || (kind == "dev" && tests_use.contains(&used.as_str()));
            if !allowed {
                turned.push(format!("{name} -> {used} ({kind})"));
            }
        }
    }
    turned
}

/// What a service that takes this crate alone, with all its features, takes along.
fn taken_along(package: &str) -> Vec<String> {
    let tree = cargo(&[
        "tree",
        "--package",
        package,
        "--all-features",
        "--edges",
        "normal",
        "--prefix",
        "none",
    ]);
    tree.lines()
        .filter_map(|line| line.split(' ').next().map(str::to_owned))
        .collect()
}

fn assert_without(package: &str, unwanted: &[&[&str]]) {
    let tree = taken_along(package);
    assert_eq!(tree.first().map(String::as_str), Some(package));
    let found: Vec<_> = unwanted
        .concat()
        .into_iter()
        .filter(|name| tree.iter().any(|part| part == name))
        .collect();
    assert!(found.is_empty(), "{package} must not depend on {found:?}");
}

#[test]
fn every_arrow_points_inward() {
    let packages = workspace();
    assert_eq!(packages.len(), LAYERS.len());
    assert_eq!(turned_arrows(&packages), Vec::<String>::new());
}

#[test]
fn a_turned_arrow_is_found() {
    let package = |name: &str, used: &str, kind: &str| Package {
        name: name.to_owned(),
        dependencies: vec![
            (used.to_owned(), kind.to_owned()),
            ("serde".to_owned(), "normal".to_owned()),
        ],
    };
    assert_eq!(
        turned_arrows(&[
            package("hexpress-web", "hexpress-infra", "normal"),
            package("hexpress-domain", "hexpress-app", "dev"),
            package("hexpress-infra", "hexpress-test-support", "normal"),
            package("hexpress-infra", "hexpress-test-support", "dev"),
            package("hexpress-utils", "serde", "normal"),
        ]),
        [
            "hexpress-web -> hexpress-infra (normal)",
            "hexpress-domain -> hexpress-app (dev)",
            "hexpress-infra -> hexpress-test-support (normal)",
            "hexpress-utils has no place among the layers",
        ]
    );
}

#[test]
fn the_domain_takes_no_runtime_framework_or_driver_along() {
    assert_without("hexpress-domain", &[DRIVERS, RUNTIMES, FRAMEWORKS]);
}

#[test]
fn the_use_cases_take_no_runtime_framework_or_driver_along() {
    assert_without("hexpress-app", &[DRIVERS, RUNTIMES, FRAMEWORKS]);
}

#[test]
fn the_client_takes_no_driver_server_or_openssl_along() {
    assert_without(
        "hexpress-client",
        &[
            DRIVERS,
            &[
                "hexpress-app",
                "axum",
                "argon2",
                "aws-lc-rs",
                "native-tls",
                "openssl",
            ],
        ],
    );
}

/// A command line is its own, so that of the frameworks it may have clap.
#[test]
fn the_newsletter_takes_no_server_driver_or_runtime_along() {
    assert_without(
        "newsletter",
        &[
            DRIVERS,
            RUNTIMES,
            &["axum", "hyper", "http", "tower", "reqwest"],
            &["hexpress-infra", "hexpress-web"],
        ],
    );
}

#[test]
fn the_web_layer_takes_no_driver_along() {
    assert_without("hexpress-web", &[DRIVERS, &["hexpress-infra", "argon2"]]);
}

#[test]
fn the_kernel_takes_no_framework_along() {
    assert_without("hexpress-database", &[FRAMEWORKS, &["argon2"]]);
}

#[test]
fn the_adapters_take_no_framework_along() {
    assert_without(
        "hexpress-infra",
        &[&["axum", "clap", "hexpress-web", "hexpress"]],
    );
}

#[test]
fn the_testkit_takes_no_framework_or_driver_along() {
    assert_without("hexpress-testkit", &[DRIVERS, FRAMEWORKS]);
}

#[test]
#[should_panic(expected = "hexpress-infra must not depend on [\"diesel\"]")]
fn an_unwanted_crate_is_found() {
    assert_without("hexpress-infra", &[&["diesel"]]);
}

/// The lines of one table of a `Cargo.toml`.
fn table<'a>(manifest: &'a str, header: &str) -> Vec<&'a str> {
    manifest
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != header)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .collect()
}

#[test]
fn a_release_unwinds_and_sees_overflows() {
    let release = table(include_str!("../../../Cargo.toml"), "[profile.release]");
    for line in ["panic = \"unwind\"", "overflow-checks = true"] {
        assert!(release.contains(&line), "[profile.release] lacks {line}");
    }
}
