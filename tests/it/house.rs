//! The house rules: who may open whom, how long a file may be, what a room may never know.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The plan: each room and the doors it may open.
const DOORS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &["domain"]),
    ("escape", &[]),
    ("intake", &["domain", "store", "clock"]),
    ("collect", &["domain", "clock", "store", "resolve"]),
    ("resolve", &["domain", "store", "clock"]),
    ("extract", &["domain"]),
    ("score", &["domain"]),
    ("train", &["domain", "extract", "score"]),
    ("treat", &["domain"]),
    ("pipeline", &["domain", "extract", "score", "treat", "store"]),
    ("store", &["domain"]),
    ("publish", &["domain", "clock", "store"]),
    ("alert", &["domain", "clock", "escape", "store", "publish"]),
    ("paper", &[]),
    (
        "desk",
        &["domain", "clock", "store", "intake", "collect", "resolve", "pipeline", "treat", "alert", "paper", "escape"],
    ),
    ("serve", &["domain", "clock", "escape", "store", "publish", "desk"]),
    ("simulate", &["domain"]),
    ("config", &["alert", "collect", "domain", "extract", "pipeline", "publish", "score", "treat"]),
];

/// Rooms that compose the others, and may open every door.
const COMPOSERS: &[&str] = &["app", "cli", "main", "lib"];

/// Crates that a room must never know, because it is values in, values out.
const FORBIDDEN_CRATES: &[(&str, &[&str])] = &[
    ("domain", &["serde", "tokio", "sqlx", "axum", "reqwest", "rayon"]),
    ("extract", &["serde", "tokio", "sqlx", "axum", "reqwest"]),
    ("score", &["tokio", "sqlx", "axum", "reqwest"]),
    ("treat", &["tokio", "sqlx", "axum", "reqwest"]),
    ("train", &["tokio", "sqlx", "axum", "reqwest"]),
    ("paper", &["serde", "tokio", "sqlx", "axum", "reqwest"]),
    ("pipeline", &["axum", "reqwest", "redis", "sqlx"]),
    ("desk", &["axum", "reqwest", "clap", "sqlx"]),
];

/// No file is longer; one past 350 wants a second idea named.
const MAX_LINES: usize = 500;

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push((path.clone(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

fn room_of(path: &Path) -> String {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// Code without comments: what a doc links to is not a door.
fn code(text: &str) -> String {
    text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Rooms opened by `crate::room…`, also inside `use crate::{…}`.
fn doors_opened(code: &str) -> BTreeSet<String> {
    let word = |t: &str| t.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = code.get(at + "crate::".len()..).unwrap();
        let Some(list) = rest.strip_prefix('{') else {
            rooms.insert(word(rest));
            continue;
        };
        let (mut depth, mut expects) = (1, true);
        for (i, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => expects = true,
                c if c.is_whitespace() => {}
                _ if expects && depth == 1 => {
                    rooms.insert(word(list.get(i..).unwrap()));
                    expects = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    rooms
}

#[test]
fn every_room_opens_only_the_doors_of_the_plan() {
    let mut trespasses = Vec::new();
    for (path, text) in sources() {
        let room = room_of(&path);
        if COMPOSERS.contains(&room.as_str()) {
            continue;
        }
        let Some((_, allowed)) = DOORS.iter().find(|(r, _)| *r == room) else {
            trespasses.push(format!("{room} is not in the plan ({})", path.display()));
            continue;
        };
        for door in doors_opened(&code(&text)) {
            if door != room && !allowed.contains(&door.as_str()) {
                trespasses.push(format!("{room} opens {door} in {}", path.display()));
            }
        }
    }
    assert!(trespasses.is_empty(), "{trespasses:#?}");
}

#[test]
fn pure_rooms_know_no_crate_that_waits() {
    let mut found = Vec::new();
    for (path, text) in sources() {
        let room = room_of(&path);
        let Some((_, forbidden)) = FORBIDDEN_CRATES.iter().find(|(r, _)| *r == room) else { continue };
        let code = code(&text);
        for krate in *forbidden {
            if code.contains(&format!("{krate}::")) || code.contains(&format!("use {krate}")) {
                found.push(format!("{room} knows {krate} in {}", path.display()));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn files_fit_in_the_head() {
    let long: Vec<_> = sources()
        .into_iter()
        .filter(|(_, text)| text.lines().count() > MAX_LINES)
        .map(|(path, text)| format!("{} has {} lines", path.display(), text.lines().count()))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn there_are_no_cupboards() {
    let cupboards = ["util", "utils", "helpers", "common", "misc", "types", "models", "manager"];
    let found: Vec<_> = sources()
        .into_iter()
        .flat_map(|(path, _)| {
            path.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect::<Vec<_>>()
        })
        .filter(|part| cupboards.contains(&part.trim_end_matches(".rs")))
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_plan_and_the_library_name_the_same_rooms() {
    let library = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let declared: BTreeSet<_> =
        library.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';')).map(str::to_owned).collect();
    let planned: BTreeSet<_> =
        DOORS.iter().map(|(room, _)| (*room).to_owned()).chain(["app".to_owned(), "cli".to_owned()]).collect();
    assert_eq!(declared, planned);
}
