//! G20: no bytes make a reader of the outside world fall. What the fuzzer starts from, and whatever once made a reader
//! fall, is read by all of them here; `scripts/soak` looks for more.

use std::{
    fs,
    path::{Path, PathBuf},
};

#[path = "../../fuzz/targets.rs"]
mod targets;

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

#[test]
fn g20_every_reader_survives_every_fixture_every_seed_and_every_crash_of_the_past() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let everybodys = [tests.join("it/fixtures"), tests.join("fuzz/corpus/any")];
    let common: Vec<_> = everybodys.iter().flat_map(|folder| files_below(folder)).collect();
    assert!(common.len() > 20, "{}", common.len());
    for target in targets::names() {
        let own = ["corpus", "crashes"].map(|shelf| files_below(&tests.join("fuzz").join(shelf).join(&target)));
        for path in common.iter().chain(own.iter().flatten()) {
            let bytes = fs::read(path).unwrap();
            let run = std::panic::catch_unwind(|| targets::run(&target, &bytes));
            assert!(run.is_ok(), "{target} falls over {}", path.display());
        }
    }
}

#[test]
fn g20_every_kind_of_source_is_a_target_and_no_crash_is_of_a_target_that_is_gone() {
    let names = targets::names();
    for kind in vedetta::collect::sources::KINDS {
        assert!(names.contains(&format!("source-{kind}")), "{kind}");
    }
    let shelves =
        ["corpus", "crashes"].map(|shelf| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz").join(shelf));
    for folder in shelves.iter().flat_map(|shelf| fs::read_dir(shelf).into_iter().flatten()) {
        let name = folder.unwrap().file_name().into_string().unwrap();
        assert!(name == "any" || names.contains(&name), "{name} is no target");
    }
}
