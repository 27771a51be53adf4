//! The commands in the documents, typed as they stand there.
//!
//! Every block of a shell is run, with those above it in its document and in their order.
//! Two kinds are not: what .ci/run runs itself, and what its paragraph marks as needing what a
//! test has not (`*(needs Docker)*`), which is checked for syntax.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rstest::rstest;
use tempfile::TempDir;
use url::Url;

use crate::support::{Kind, OwnPostgres, TestDatabase, hexpress, stderr, stdout};

/// What a document may say that a block needs.
const NEEDS: [&str; 3] = ["Docker", "systemd", "root"];

/// What the reader has: the program, as if cargo had built it here, and a second terminal in which a
/// server runs until another takes its place.
const READER: &str = r#"
set -euo pipefail
at=0 server=
trap 'status=$?; [[ $status = 0 ]] || echo "failed in the block of line $at" >&2; [[ -z $server ]] || kill "$server"' EXIT

stop() {
    if [[ -n $server ]]; then
        kill -TERM "$server"
        wait "$server"
        server=
    fi
}

# On any free port: curl is told which, and goes there in place of the usual one.
hexpress() {
    if [[ $# -gt 0 && $1 != serve ]]; then
        command hexpress "$@"
        return
    fi
    stop
    # What the one before it said is gone before this one begins.
    : >greeting
    PORT=0 command hexpress "$@" >>greeting &
    server=$!
    until grep --quiet '^Ctrl-C' greeting; do
        kill -0 "$server"
        sleep 0.05
    done
    cat greeting
    sed -n 's|^Hexpress listens on http://|connect-to = 127.0.0.1:3000:|p' greeting >"$HOME/.curlrc"
}

cargo() {
    case $* in
        run) hexpress ;;
        'run -- '*) hexpress "${@:3}" ;;
        'run -q -- '*) hexpress "${@:4}" ;;
        'build --locked --release')
            mkdir -p target/release
            ln -sf "$HEXPRESS" target/release/hexpress
            ;;
        *)
            echo "the tests know no: cargo $*" >&2
            return 1
            ;;
    esac
}
"#;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All Markdown of the repository.
fn documents() -> Vec<PathBuf> {
    let mut documents = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let is_ours = !["target", "node_modules"].contains(&name) && !name.starts_with('.');
            if path.is_dir() && is_ours {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                documents.push(path);
            }
        }
    }
    documents
}

/// What stands between two fences.
struct Block {
    line: usize,
    language: String,
    text: String,
    /// The paragraph above it.
    above: String,
}

fn blocks(document: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let (mut above, mut has_ended) = (String::new(), false);
    for (line, text) in (1..).zip(document.lines()) {
        match (open.take(), text.trim_start().strip_prefix("```")) {
            (None, Some(language)) => {
                open = Some(Block {
                    line,
                    language: language.to_owned(),
                    text: String::new(),
                    above: std::mem::take(&mut above),
                });
            }
            (Some(block), Some(_)) => blocks.push(block),
            (Some(mut block), None) => {
                block.text += &format!("{text}\n");
                open = Some(block);
            }
            (None, None) => {
                if std::mem::replace(&mut has_ended, text.is_empty()) {
                    above.clear();
                }
                above += text;
            }
        }
    }
    assert!(open.is_none(), "a fence is not closed");
    blocks
}

impl Block {
    /// What a test has not, as the paragraph above says it.
    fn needs(&self) -> Option<&str> {
        let (_, rest) = self.above.split_once("*(needs ")?;
        Some(rest.split_once(")*").unwrap().0)
    }

    fn is_run_by_ci(&self) -> bool {
        let ci = fs::read_to_string(root().join(".ci/run")).unwrap();
        self.text
            .lines()
            .all(|line| ci.lines().any(|other| other == line))
    }

    fn check_syntax(&self) {
        let checked = Command::new("bash").args(["-n", "-c", &self.text]).output();
        let checked = checked.unwrap();
        assert!(
            checked.status.success(),
            "{}: {}",
            self.line,
            stderr(&checked)
        );
    }
}

/// What a reader types who does all that can be done here.
fn script(document: &str) -> String {
    let mut script = String::new();
    for block in blocks(document) {
        let line = block.line;
        // Behind a comma stands what is for rustdoc.
        let language = block.language.split(',').next();
        match language.unwrap_or_default() {
            "sh" => {}
            "js" | "json" | "python" | "rust" | "text" | "toml" => continue,
            other => panic!("line {line}: a shell's block begins with ```sh, not with ```{other}"),
        }
        if let Some(needs) = block.needs() {
            let is_known = needs.split(" and ").all(|need| NEEDS.contains(&need));
            assert!(is_known, "line {line}: needs {needs}");
            block.check_syntax();
        } else if !block.is_run_by_ci() {
            script += &format!("at={line}\n{}", block.text);
        }
    }
    script
}

/// Puts an empty database of the test's own in the place of each that a document makes up.
fn with_databases(script: &str, postgres: &OwnPostgres) -> String {
    const SCHEME: &str = "postgres://";
    let ends = |character: char| character.is_whitespace() || "\"'`)".contains(character);
    let made_up: BTreeSet<&str> = script
        .split(SCHEME)
        .skip(1)
        .filter_map(|rest| rest.split(ends).next())
        .collect();
    let mut script = script.to_owned();
    // A longer one may begin with a shorter one.
    for (number, rest) in made_up.iter().rev().enumerate() {
        let mut url: Url = postgres.url().parse().unwrap();
        let create = format!("CREATE DATABASE reader{number}");
        let mut psql = postgres.client("psql");
        let created = psql.args([url.as_str(), "--command", &create]).output();
        let created = created.unwrap();
        assert!(created.status.success(), "{}", stderr(&created));
        url.set_path(&format!("reader{number}"));
        script = script.replace(&format!("{SCHEME}{rest}"), url.as_str());
    }
    script
}

/// Types what a document says, in an empty folder with the sources' own folders, and stops the
/// server that still runs: it ends with exit code 0.
fn type_out(document: &Path, settings: &[(&str, &str)]) -> Option<Output> {
    let typed = script(&fs::read_to_string(document).unwrap());
    if typed.is_empty() {
        return None;
    }
    let postgres = OwnPostgres::start();
    let typed = with_databases(&typed, &postgres);
    let folder = tempfile::tempdir().unwrap();
    for part in ["bin", "docs", "migrations/postgres", "migrations/sqlite"] {
        fs::create_dir_all(folder.path().join(part)).unwrap();
    }
    let program = env!("CARGO_BIN_EXE_hexpress");
    std::os::unix::fs::symlink(program, folder.path().join("bin/hexpress")).unwrap();
    let output = reader(&folder, &postgres)
        .args(["-c", &format!("{READER}\n{typed}\nstop\n")])
        .envs(settings.iter().copied())
        .output()
        .unwrap();
    let shown = stdout(&output);
    let errors = stderr(&output);
    let name = document.display();
    assert!(output.status.success(), "{name}\n{shown}\n{errors}");
    Some(output)
}

/// A shell in a folder of its own, with PostgreSQL's programs and the way to their server.
fn reader(folder: &TempDir, postgres: &OwnPostgres) -> Command {
    let server: Url = postgres.url().parse().unwrap();
    let programs = Path::new(postgres.client("psql").get_program())
        .parent()
        .unwrap()
        .to_owned();
    let path = std::env::var("PATH").unwrap();
    let path = format!(
        "{}:{path}:{}",
        folder.path().join("bin").display(),
        programs.display()
    );
    let mut shell = Command::new("bash");
    shell
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("HOME", folder.path())
        .env("HEXPRESS", env!("CARGO_BIN_EXE_hexpress"))
        .env("LOG_LEVEL", "debug")
        .env("PGHOST", server.host_str().unwrap())
        .env("PGPORT", server.port().unwrap().to_string())
        .env("PGUSER", server.username())
        .env("PGPASSWORD", server.password().unwrap_or_default())
        .stdin(Stdio::null());
    shell
}

#[rstest]
#[tokio::test]
async fn slow_the_readme_works_as_it_is_written(
    #[values(Kind::Sqlite, Kind::Postgres)] kind: Kind,
) {
    let database = TestDatabase::migrated(kind).await;
    let settings = [("DATABASE_URL", database.url())];
    // Without a setting it is a SQLite file of the program's own.
    let settings = match kind {
        Kind::Sqlite => &[],
        Kind::Postgres => &settings[..],
    };
    let output = type_out(&root().join("README.md"), settings).unwrap();
    let shown = stdout(&output);

    let mut rest = shown.as_str();
    for expected in [
        "Ctrl-C stops it.",
        "User created successfully",
        r#""email":"ada@example.org""#,
        "User updated successfully",
        "PRECONDITION_FAILED",
        "Post published successfully",
        r#""slug":"notes-on-the-analytical-engine","content":"It weaves"#,
        r#""total":1"#,
        "VALIDATION_ERROR",
        r#""fullName":"Ada King""#,
        "201 Created",
        "Order created successfully",
        r#""stock":3"#,
        "posts: 200 added, 0 were there",
        r#""limit":1"#,
        "create_users",
        "database  postgres://",
        "Usage: hexpress",
        "METRICS_ADDR",
    ] {
        let found = rest.split_once(expected);
        rest = found.unwrap_or_else(|| panic!("{expected}\n{shown}")).1;
    }
}

#[test]
fn slow_every_other_document_works_as_it_is_written() {
    let readme = root().join("README.md");
    let others = documents().into_iter().filter(|path| *path != readme);
    let typed = others.filter_map(|document| type_out(&document, &[]));
    assert!(typed.count() > 0, "nothing was typed");
}

/// Words of commands in the text, such as `hexpress migrate up`, up to what the reader fills in.
fn commands_in(document: &str) -> Vec<Vec<String>> {
    let text: String = document.split("```").step_by(2).collect();
    let spans = text.split('`').skip(1).step_by(2);
    let commands = spans.filter_map(|span| span.strip_prefix("hexpress "));
    let is_literal = |word: &&str| {
        word.chars()
            .all(|character| character.is_ascii_lowercase() || character == '-')
    };
    commands
        .map(|command| {
            let words = command.split_whitespace().take_while(is_literal);
            let mut words: Vec<String> = words.map(str::to_owned).collect();
            // Its value is left to the reader.
            if words.len() < command.split_whitespace().count() {
                words.truncate(
                    words
                        .iter()
                        .take_while(|word| !word.starts_with("--"))
                        .count(),
                );
            }
            words
        })
        .collect()
}

#[test]
fn every_command_that_a_document_names_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut commands: Vec<Vec<String>> = documents()
        .iter()
        .flat_map(|document| commands_in(&fs::read_to_string(document).unwrap()))
        .collect();
    commands.sort();
    commands.dedup();
    let backup = ["backup"].map(str::to_owned).to_vec();
    assert!(commands.contains(&backup), "{commands:?}");
    for command in commands {
        let helped = hexpress(folder.path())
            .args(&command)
            .arg("--help")
            .output();
        let helped = helped.unwrap();
        assert!(helped.status.success(), "{command:?}: {}", stderr(&helped));
    }
}
