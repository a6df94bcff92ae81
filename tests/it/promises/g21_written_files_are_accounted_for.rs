//! G21, for a hundred files of every format that is read: through the program, as whoever sends them does.

use std::path::Path;

use serde_json::Value;
use vedetta::store::Store;

use super::{
    doses,
    program::{answer, vedetta},
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
            let whole = import(&data, this, &["--atomic"], 1);
            assert_eq!(
                (&whole["written"], &whole["rejects"]),
                (&false.into(), &plan["rejects"]),
                "{name}: nothing is written"
            );
            assert_eq!((&whole["accepted"], &whole["acceptable"]), (&0.into(), &plan["accepted"]), "{name}");
            let beside = folder.path().join(format!("{name}.rejected.csv"));
            assert!(!beside.exists(), "{name}: the whole file comes again, and not its refused rows alone");
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

#[tokio::test]
async fn g21_a_file_that_is_refused_whole_leaves_no_portfolio_and_one_that_is_good_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("ledger.csv"));
    let header = "client,invoice,issued_on,due_on,amount\n";
    let good = "A,1,2026-01-10,2026-02-10,10.00\n";
    std::fs::write(&file, format!("{header}{good}A,2,2026-01-10,2026-02-10,nothing\n")).unwrap();
    let name = file.to_str().unwrap();
    let whole = ["import", "invoices", name, "--create-clients", "--portfolio", "north", "--atomic"];
    answer(&data, &whole, 1);
    let url = crate::stores::address(&data.join("vedetta.db"));
    let store = Store::open(&url, &data.join("archive")).await.unwrap();
    let is_open = async || store.facts().portfolios().await.unwrap().iter().any(|(_, name)| name.as_str() == "north");
    assert!(!is_open().await, "a refused file leaves no portfolio behind");
    std::fs::write(&file, format!("{header}{good}")).unwrap();
    assert_eq!(answer(&data, &whole, 0)["changed"], 1);
    assert!(is_open().await);
    let of_folder = vedetta(&data).args(["import", "invoices", folder.path().to_str().unwrap(), "--atomic"]).output();
    assert_eq!(of_folder.unwrap().status.code(), Some(2), "a folder may change between the check and the import");
    let paid = "client,invoice,paid_on,amount\nA,1,2026-02-01,4.00\nA,9,2026-02-01,4.00\n";
    let payments = ["import", "payments", "-", "--portfolio", "north", "--atomic"];
    let mut child = vedetta(&data)
        .arg("--json")
        .args(payments)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), paid.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &said["written"], &said["accepted"]), (Some(1), &false.into(), &0.into()));
    assert_eq!(answer(&data, &["ledger", "A"], 0)["items"][0]["open"], "10.00", "no payment was written");
}
