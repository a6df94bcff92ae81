//! G21, for a hundred files of every format that is read: through the program, as whoever sends them does.

use std::path::Path;

use serde_json::Value;

use super::{
    doses,
    program::answer,
    written_files::{Fixture, LEDGER, written_files},
};

/// Imports a file into a portfolio of its own, and expects the program to end with this code.
fn import(data: &Path, (fixture, file): (&Fixture, &Path), more: &[&str], code: i32) -> Value {
    let mut words = vec!["import", fixture.what, file.to_str().unwrap(), "--portfolio", &fixture.name];
    words.extend(if fixture.what == "invoices" { ["--create-clients"].as_slice() } else { &[] });
    answer(data, &[words.as_slice(), more].concat(), code)
}

/// Where each row that was refused stood, and why it was.
fn refused(answer: &Value) -> Vec<(&str, u64, &str, &str)> {
    let rejects = answer["rejects"].as_array().unwrap().iter();
    rejects
        .map(|reject| {
            let text = |key: &str| reject[key].as_str().unwrap();
            (text("file"), reject["line"].as_u64().unwrap(), text("column"), text("code"))
        })
        .collect()
}

#[test]
fn g21_of_a_hundred_written_files_every_row_is_accepted_or_refused_by_file_line_column_and_code() {
    let folder = tempfile::tempdir().unwrap();
    let (data, ledger) = (folder.path().join("data"), folder.path().join("before.csv"));
    std::fs::write(&ledger, LEDGER).unwrap();
    let all = written_files();
    assert!(all.len() >= 100, "{}", all.len());
    for fixture in all.iter().step_by(doses::g21_written_one_in()) {
        let Fixture { name, bytes, n_accepted, .. } = fixture;
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        if fixture.on_a_ledger {
            let before = ["import", "invoices", ledger.to_str().unwrap(), "--create-clients", "--portfolio", name];
            answer(&data, &before, 0);
        }
        let has_refused = !fixture.refused.is_empty();
        let (this, code) = ((fixture, file.as_path()), if has_refused { 3 } else { 0 });
        let plan = import(&data, this, &["--dry-run"], code);
        if has_refused {
            assert_eq!(import(&data, this, &["--atomic"], 1), plan, "{name}: all or nothing is nothing");
        }
        let first = import(&data, this, &[], code);
        assert_eq!(plan, first, "{name}: what was to change is what changed, and nothing had been written before");
        let of_a_zip = if name.ends_with(".zip") { "bad.xml.p7m" } else { name };
        let expected = fixture.refused.iter().map(|(line, column, code)| (of_a_zip, *line, *column, *code));
        let expected: Vec<_> = expected.collect();
        assert_eq!(refused(&first), expected, "{name}: {first}");
        let count = |key: &str| first[key].as_u64().unwrap();
        assert_eq!((count("accepted"), count("rejected")), (*n_accepted, expected.len() as u64), "{name}: {first}");
        let again = import(&data, this, &[], code);
        assert_eq!((&again["changed"], &again["created_clients"]), (&0.into(), &0.into()), "{name}: twice is once");
        assert_eq!((&again["accepted"], refused(&again)), (&first["accepted"], refused(&first)), "{name}");
    }
}
