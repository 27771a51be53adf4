//! Imports between the files of a crate: none in a circle, and none from a lower floor to a
//! higher one.
//!
//! A file that imports a name depends on the file that defines it: re-exports are followed, and
//! a re-export alone makes no dependency. Names that are written out in the code
//! (`crate::a::b`, or `b::c` where `b` is a child or imported) count as imports. Unit tests do not
//! count.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The floors of a crate, the lowest first: modules by their paths, of which the longest counts.
/// The empty path is the crate's root, and `*` is each aggregate.
type Floors = &'static [&'static [&'static str]];

const DATABASE: Floors = &[
    &[
        "address",
        "error",
        "finishing",
        "open_error",
        "private",
        "sql",
    ],
    &["activity", "options"],
    &["postgres", "sqlite"],
    &["connection"],
    &["lease"],
    &["sqlite/group_commit", "sqlite/pool"],
    &["pool"],
    &["database"],
    &["work"],
    &["backup", "migrations", "snapshot", "sweep", "upkeep"],
    &["restore"],
    &[""],
];

const INFRA: Floors = &[
    &["cache", "list", "schema", "security"],
    &["database"],
    &["*"],
    &["adapters", "maintenance"],
    &[""],
];

/// The path of a module: `post/list`.
type Module = String;

/// The files of a crate: where names come from, and what each file depends on.
#[derive(Default)]
struct Imports {
    /// The code of each module, without its `use` declarations.
    code: BTreeMap<Module, String>,
    uses: BTreeMap<Module, Vec<Use>>,
}

struct Use {
    /// The name by which the file knows it.
    name: String,
    /// What is imported, from the root of the crate on.
    path: Vec<String>,
    is_re_export: bool,
}

impl Imports {
    fn of(root: &Path) -> Self {
        let mut sources = BTreeMap::new();
        read(&root.join("src"), "", &mut sources);
        let tests: Vec<_> = sources
            .keys()
            .filter(|module| is_test(module, &sources))
            .map(|module| format!("{module}/"))
            .collect();
        sources.retain(|module, _| {
            !tests
                .iter()
                .any(|test| format!("{module}/").starts_with(test))
        });
        Self::between(&sources)
    }

    fn between(sources: &BTreeMap<Module, String>) -> Self {
        let mut imports = Self::default();
        for (module, source) in sources {
            let (code, declarations) = split(source);
            let mut uses = Vec::new();
            for (declaration, is_re_export) in declarations {
                for path in expand(&declaration) {
                    let (path, name) = match path.split_once(" as ") {
                        Some((path, name)) => (path.to_owned(), Some(name.trim().to_owned())),
                        None => (path, None),
                    };
                    if let Some(path) = absolute(module, &path, sources) {
                        let name = name.or_else(|| path.last().cloned()).unwrap_or_default();
                        uses.push(Use {
                            name,
                            path,
                            is_re_export,
                        });
                    }
                }
            }
            for written in written_paths(&code) {
                let (start, rest) = written.split_once("::").unwrap();
                let path = match uses.iter().find(|found| found.name == start) {
                    Some(found) => Some(extended(&found.path, rest)),
                    None => absolute(module, written, sources),
                };
                if let Some(path) = path {
                    uses.push(Use {
                        name: String::new(),
                        path,
                        is_re_export: false,
                    });
                }
            }
            imports.code.insert(module.clone(), code);
            imports.uses.insert(module.clone(), uses);
        }
        imports
    }

    /// The file that defines what a path names.
    fn definer(&self, path: &[String], followed: usize) -> Module {
        let mut length = path.len();
        while !self.code.contains_key(&path[..length].join("/")) {
            length -= 1;
        }
        let module = path[..length].join("/");
        let re_export = path.get(length).and_then(|name| {
            let mut uses = self.uses.get(&module)?.iter();
            uses.find(|found| found.is_re_export && found.name == *name)
        });
        match re_export {
            Some(found) if followed < 10 => {
                let path = [found.path.as_slice(), &path[length + 1..]].concat();
                self.definer(&path, followed + 1)
            }
            _ => module,
        }
    }

    fn arrows(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let mut arrows: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        for (module, uses) in &self.uses {
            for found in uses {
                if found.is_re_export && !names(&self.code[module], &found.name) {
                    continue;
                }
                let definer = self.definer(&found.path, 0);
                if definer != *module {
                    arrows.entry(module.clone()).or_default().insert(definer);
                }
            }
        }
        arrows
    }

    /// The imports that take part in a circle: what is imported leads back to the importer.
    fn in_circles(&self) -> Vec<String> {
        let arrows = self.arrows();
        let leads_to = |start: &Module, goal: &Module| {
            let mut seen = BTreeSet::from([start]);
            let mut next = vec![start];
            while let Some(module) = next.pop() {
                if module == goal {
                    return true;
                }
                let used = arrows.get(module).into_iter().flatten();
                next.extend(used.filter(|used| seen.insert(used)));
            }
            false
        };
        let mut circles = Vec::new();
        for (module, used) in &arrows {
            let back = used.iter().filter(|used| leads_to(used, module));
            circles.extend(back.map(|used| format!("{module} -> {used}")));
        }
        circles
    }

    /// The imports that lead upwards, and the modules that stand on no floor.
    fn upwards(&self, floors: Floors) -> Vec<String> {
        let floor = |module: &str| {
            let mut prefix = module;
            loop {
                let found = floors
                    .iter()
                    .position(|floor| floor.contains(&prefix))
                    .or_else(|| {
                        let aggregates = floors.iter().position(|floor| floor.contains(&"*"));
                        aggregates.filter(|_| is_aggregate(prefix))
                    });
                match prefix.rsplit_once('/') {
                    Some((shorter, _)) if found.is_none() => prefix = shorter,
                    _ => return found,
                }
            }
        };
        let mut wrong: Vec<_> = self
            .code
            .keys()
            .filter(|module| floor(module).is_none())
            .map(|module| format!("{module} stands on no floor"))
            .collect();
        for (module, used) in self.arrows() {
            let higher = used.into_iter().filter(|used| floor(used) > floor(&module));
            wrong.extend(higher.map(|used| format!("{module} -> {used}")));
        }
        wrong
    }
}

/// Whether the domain has a folder of this name, which every crate gives to its aggregate.
fn is_aggregate(module: &str) -> bool {
    let folder = workspace().join("crates/domain/src").join(module);
    !module.is_empty() && folder.join("mod.rs").exists()
}

/// Whether a module is declared for unit tests alone.
fn is_test(module: &str, sources: &BTreeMap<Module, String>) -> bool {
    let (parent, name) = module.rsplit_once('/').unwrap_or(("", module));
    let declaration = format!("mod {name};");
    let lines: Vec<_> = sources
        .get(parent)
        .into_iter()
        .flat_map(|source| source.lines())
        .collect();
    lines
        .windows(2)
        .any(|pair| pair[0] == "#[cfg(test)]" && pair[1].ends_with(&declaration))
}

/// Reads the files below a folder.
fn read(folder: &Path, module: &str, sources: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let name = match stem {
            "lib" | "main" | "mod" => module.to_owned(),
            _ if module.is_empty() => stem.to_owned(),
            _ => format!("{module}/{stem}"),
        };
        if path.is_dir() {
            read(&path, &name, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources
                .entry(name)
                .or_default()
                .push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// The code of a file without comments, unit tests and `use` declarations, and those, with
/// whether they re-export.
fn split(source: &str) -> (String, Vec<(String, bool)>) {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let mut code = String::new();
    let mut declarations = Vec::new();
    let mut declaration: Option<(String, bool)> = None;
    for line in source.lines() {
        let line = line.split("//").next().unwrap();
        let start = line.trim_start();
        let visible = start
            .strip_prefix("pub")
            .map(|rest| match rest.strip_prefix('(') {
                Some(rest) => rest
                    .split_once(')')
                    .map_or("", |(_, rest)| rest)
                    .trim_start(),
                None => rest.trim_start(),
            });
        if let Some((text, _)) = &mut declaration {
            text.push_str(line);
        } else if let Some(text) = visible.unwrap_or(start).strip_prefix("use ") {
            declaration = Some((text.to_owned(), visible.is_some()));
        } else {
            code.push_str(line);
            code.push('\n');
        }
        if let Some((text, is_re_export)) = &declaration
            && let Some((text, _)) = text.split_once(';')
        {
            declarations.push((text.to_owned(), *is_re_export));
            declaration = None;
        }
    }
    (code, declarations)
}

/// The paths that are written out: `a::b`. Those behind a `$` are of whoever calls a macro, and
/// those that begin with `::` are of other crates.
fn written_paths(code: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = code.split(move |c| !is_part(c) && c != '$');
    let paths = words.filter(|word| !word.starts_with(['$', ':']));
    let paths = paths.map(|word| word.trim_end_matches(':'));
    paths.filter(|path| path.contains("::"))
}

/// The single paths of a `use` declaration.
fn expand(declaration: &str) -> Vec<String> {
    let Some((head, list)) = declaration.split_once('{') else {
        return vec![declaration.trim().to_owned()];
    };
    let list = list.rsplit_once('}').map_or(list, |(list, _)| list);
    let mut depth = 0_usize;
    let parts = list.split(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts
        .filter(|part| !part.trim().is_empty())
        .flat_map(expand)
        .map(|part| format!("{}{part}", head.trim()))
        .collect()
}

/// A path from the root of the crate on; `None` for one of another crate.
fn absolute(module: &str, path: &str, sources: &BTreeMap<Module, String>) -> Option<Vec<String>> {
    let mut parts = path.split("::").map(str::trim).peekable();
    let mut base: Vec<&str> = module.split('/').filter(|part| !part.is_empty()).collect();
    match parts.peek().copied()? {
        "crate" => {
            base.clear();
            parts.next();
        }
        "self" => {
            parts.next();
        }
        "super" => {
            while parts.peek() == Some(&"super") {
                base.pop();
                parts.next();
            }
        }
        child => {
            let path = [module, child].join("/");
            sources.get(path.trim_start_matches('/'))?;
        }
    }
    base.extend(parts.filter(|part| *part != "self"));
    Some(base.into_iter().map(str::to_owned).collect())
}

fn extended(path: &[String], rest: &str) -> Vec<String> {
    let rest = rest.split("::").map(str::to_owned);
    path.iter().cloned().chain(rest).collect()
}

/// Whether a name stands in the code by itself.
fn names(code: &str, name: &str) -> bool {
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == name)
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folders of the workspace's members, from the root of the workspace on.
///
/// Every crate counts that lies in the folders that the manifest names: `crates/*`.
fn members() -> Vec<String> {
    let manifest = fs::read_to_string(workspace().join("Cargo.toml")).unwrap();
    let (_, list) = manifest.split_once("\nmembers = [").unwrap();
    let (list, _) = list.split_once(']').unwrap();
    let mut members = Vec::new();
    for pattern in list.split('"').skip(1).step_by(2) {
        let folder = pattern.strip_suffix("/*").unwrap();
        for entry in fs::read_dir(workspace().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.join("Cargo.toml").exists() {
                let name = path.file_name().unwrap().to_str().unwrap();
                members.push(format!("{folder}/{name}"));
            }
        }
    }
    members.sort();
    members
}

fn crate_at(path: &str) -> Imports {
    Imports::of(&workspace().join(path))
}

#[test]
fn no_file_takes_part_in_a_circle_of_imports() {
    let members = members();
    for known in ["crates/test-support", "examples/embedded-blog"] {
        assert!(members.iter().any(|path| path == known), "{members:?}");
    }
    let circles: BTreeMap<_, _> = members
        .into_iter()
        .map(|path| (crate_at(&path).in_circles(), path))
        .filter(|(circles, _)| !circles.is_empty())
        .map(|(circles, path)| (path, circles))
        .collect();
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn nothing_is_imported_from_a_higher_floor() {
    for (path, floors) in [("crates/database", DATABASE), ("crates/infra", INFRA)] {
        assert_eq!(
            crate_at(path).upwards(floors),
            Vec::<String>::new(),
            "{path}"
        );
    }
}

fn imports(sources: &[(&str, &str)]) -> Imports {
    let owned = |&(module, source): &(&str, &str)| (module.to_owned(), source.to_owned());
    Imports::between(&sources.iter().map(owned).collect())
}

#[test]
fn a_circle_is_found_through_re_exports_and_written_paths() {
    let imports = imports(&[
        ("", "mod a;\nmod b;\nmod c;"),
        ("a", "mod inner;\npub use inner::A;"),
        (
            "a/inner",
            "use crate::{b::{self, B}, c::C as D};\npub struct A;",
        ),
        ("b", "pub struct B;\nfn f() { crate::a::A; }"),
        ("c", "pub struct C;\n// use crate::a::A;"),
    ]);
    assert_eq!(imports.in_circles(), ["a/inner -> b", "b -> a/inner"]);
}

#[test]
fn a_circle_is_found_through_the_names_of_modules() {
    let imports = imports(&[
        ("", "mod a;\nmod b;"),
        ("a", "mod inner;\npub struct A;\nfn f() { inner::f(); }"),
        ("a/inner", "use crate::b;\npub fn f() { b::f(); }"),
        ("b", "mod inner;\npub use inner::f;"),
        ("b/inner", "use crate::a::A;\npub fn f() {}"),
    ]);
    let circle = ["a -> a/inner", "a/inner -> b/inner", "b/inner -> a"];
    assert_eq!(imports.in_circles(), circle);
}

#[test]
fn an_import_from_a_higher_floor_is_found() {
    const FLOORS: Floors = &[&["ground"], &["*"], &["upper"], &["ground/roof"]];
    let imports = imports(&[
        ("ground", "use crate::upper::U;"),
        ("ground/roof", "use super::super::upper::U;\nuse std::fmt;"),
        ("upper", "pub struct U;"),
        ("post/list", "use crate::{ground, upper::U};"),
        ("cellar", ""),
    ]);
    let wrong = [
        "cellar stands on no floor",
        "ground -> upper",
        "post/list -> upper",
    ];
    assert_eq!(imports.upwards(FLOORS), wrong);
}
