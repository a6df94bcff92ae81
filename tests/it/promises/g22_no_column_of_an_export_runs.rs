//! G22, column by column: whoever writes a formula into any field finds it in no export as one.
//!
//! Every column of every export is either one that says what somebody wrote, and then every trigger is planted in it and seen to come
//! out as text, or one that speaks in the house's own words and numbers. A column that is neither is new, and fails the test
//! until it is one of them. The list that the page of clients gives is looked at where the pages are (`pages::contents`); a
//! back-test and a review are no tables. Opening the files in LibreOffice would need an office suite wherever the suite runs; the types of
//! the cells are read in the files themselves, which is what any office suite goes by.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Cursor, Read as _},
    path::{Path, PathBuf},
};

use calamine::{Data, Reader, Xlsx};
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use serde_json::{Value, json};
use vedetta::clock::Clock;

use super::program::{House, answer, ran, vedetta};

/// What makes a spreadsheet run a cell: signs of a formula, plain and full width, and what may stand before one.
const TRIGGERS: [&str; 12] = ["=", "+", "-", "@", "\t=", "\r=", "＝", "＋", "－", "＠", "\"=", "\n="];

/// Columns in which stands what somebody wrote, by export.
const WRITTEN: [(&str, &[&str]); 13] = [
    ("ratings", &["client", "name"]),
    ("changes", &["client"]),
    ("treatments", &["client", "name", "invoices"]),
    ("dialler", &["client", "name", "invoices"]),
    ("replay", &["client", "name"]),
    ("resolve", &["id", "client"]),
    ("ledger/invoices", &["client", "invoice", "credit_type", "plan", "reference"]),
    ("ledger/payments", &["invoice"]),
    ("ledger/charges", &["invoice"]),
    ("actions", &["invoice", "note"]),
    ("ratings.csv", &["override_reason"]),
    ("identity", &["client", "name", "city", "address", "email"]),
    ("evidence/index", &["url"]),
];

/// Columns in the house's own words: grades, phases, codes, currencies, instants, hashes, figures, sentences that begin with
/// the house's words; and what a source or a policy says in a word that is checked.
const OURS: &str = "accepted action active amount amount_currency because cause certainty channel client_seq country coverage \
    credit_type currency days_late decision disputed disputed_amount disputed_on dispute_closed_on dispute_outcome due_on exposure \
    feature fields from grade id instalments issued_on kind known_at language late_since lei model next_on next_phase not_enclosed \
    notches official oldest_overdue_days on open overdue override_by owner author paid_amount paid_on path pd pd_from pd_to phase phone \
    plan_due_on points portfolio promise_due_on promise_state promised_amount refers_to registry_id result script sector seen_at seq sha256 \
    signal signals since source state tax_id text time to told_by tone type until url valid_at value what why written_off_amount \
    written_off_on";

/// A text that would run, and by which it is found again.
fn trap(n: usize) -> String {
    format!("{}SUM(A1)t{n:02}", TRIGGERS[n])
}

/// Which of the traps a cell holds.
fn traps_in(cell: &str) -> impl Iterator<Item = usize> {
    (0..TRIGGERS.len()).filter(move |n| cell.contains(&format!("SUM(A1)t{n:02}")))
}

/// Whether a spreadsheet would run a cell of a CSV file, in any of its lines.
fn runs(cell: &str) -> bool {
    let is_number = cell.parse::<f64>().is_ok();
    let begins = |line: &str| {
        let behind = line.trim_start_matches(|c: char| c.is_whitespace() || c == '"' || c == ';' || c == ',');
        behind.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
    };
    // An apostrophe in front makes the whole cell a text.
    !is_number && !cell.starts_with('\'') && cell.split(['\n', '\r', '\t']).any(begins)
}

/// What was seen: by export and column, the traps that came out as text.
#[derive(Default)]
struct Seen(BTreeMap<(String, String), BTreeSet<usize>>);

impl Seen {
    fn csv(&mut self, export: &str, bytes: &[u8]) {
        let mut reader = csv::Reader::from_reader(bytes);
        let header = reader.headers().unwrap().clone();
        for column in &header {
            self.0.entry((export.to_owned(), column.to_owned())).or_default();
        }
        for row in reader.records() {
            for (column, cell) in header.iter().zip(row.unwrap().iter()) {
                assert!(!runs(cell), "{export}, {column}: {cell:?}");
                self.0.get_mut(&(export.to_owned(), column.to_owned())).unwrap().extend(traps_in(cell));
            }
        }
    }

    /// Of a workbook, every sheet; answers how many numbers below zero were numbers.
    fn workbook(&mut self, export: impl Fn(&str) -> String, bytes: Vec<u8>) -> usize {
        let mut workbook: Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(bytes)).unwrap();
        let mut n_negative = 0;
        for sheet in workbook.sheet_names() {
            assert_eq!(workbook.worksheet_formula(&sheet).unwrap().used_cells().count(), 0, "{sheet}");
            let range = workbook.worksheet_range(&sheet).unwrap();
            let mut rows = range.rows();
            let header: Vec<String> = rows.next().unwrap().iter().map(ToString::to_string).collect();
            for (column, cell) in rows.flat_map(|row| header.iter().zip(row)) {
                n_negative += usize::from(matches!(cell, Data::Float(number) if *number < 0.0));
                let found: Vec<usize> = traps_in(&cell.to_string()).collect();
                let is_text = matches!(cell, Data::String(text) if text.parse::<f64>().is_err());
                assert!(found.is_empty() || is_text, "{sheet}, {column}: {cell:?}");
                self.0.entry((export(&sheet), column.clone())).or_default().extend(found);
            }
        }
        n_negative
    }
}

fn csv_file(path: &Path, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut csv = csv::Writer::from_path(path).unwrap();
    csv.write_record(header).unwrap();
    rows.into_iter().for_each(|row| csv.write_record(row).unwrap());
    csv.flush().unwrap();
    path.to_str().unwrap().to_owned()
}

/// The code of a client as it is known, after blanks were taken off.
fn code(n: usize) -> String {
    trap(n).trim().to_owned()
}

/// A VAT number of a company that there is not: ten digits, and the one that checks them.
fn tax_number(n: usize) -> String {
    let digits = format!("{:07}078", 1_234_500 + n);
    let doubled = |(place, digit): (usize, u32)| if place % 2 == 0 { digit } else { digit / 5 + digit * 2 % 10 };
    let sum: u32 = digits.chars().filter_map(|c| c.to_digit(10)).enumerate().map(doubled).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

fn encoded(code: &str) -> String {
    code.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Imports everything that an import may bring, with a trap in every text of it.
fn import(folder: &Path, data: &Path, today: Date) {
    for n in 0..TRIGGERS.len() {
        let file = folder.join(format!("{}.csv", trap(n)));
        let header = ["client", "name", "country", "tax_id", "registry_id", "city", "address", "email"];
        let row = header.map(|column| match column {
            "country" => "IT".to_owned(),
            "tax_id" => tax_number(n),
            _ => trap(n),
        });
        let file = csv_file(&file, &header, [row.to_vec()]);
        answer(data, &["import", "clients", &file], 0);
    }
    let header = ["client", "invoice", "issued_on", "due_on", "amount", "paid_on", "credit_type", "reference", "plan"];
    let rows = (0..TRIGGERS.len()).flat_map(|n| {
        let day = |days: i64| (today - days.days()).to_string();
        let row = |number: &str, issued: i64, due: i64, paid: String| {
            let (number, text) = (format!("{}{number}", trap(n)), trap(n));
            let plan = if number.ends_with('P') { text.clone() } else { String::new() };
            vec![trap(n), number, day(issued), day(due), "900.00".to_owned(), paid, text.clone(), text, plan]
        };
        let paid = (0..6i64).map(move |k| row(&format!("-{k}"), 300 - 30 * k, 270 - 30 * k, day(250 - 30 * k)));
        paid.chain([row("", 50, 20, String::new()), row("D", 40, 2, String::new()), row("P", 10, -20, String::new())])
            .collect::<Vec<_>>()
    });
    let ledger = csv_file(&folder.join("ledger.csv"), &header, rows);
    answer(data, &["import", "invoices", &ledger, "--backfill"], 0);
    answer(data, &["night"], 0);
}

/// Says of every client what people say of it: a note, a dispute, a decision above the model.
async fn speak(data: &Path) {
    let mut house = House::start(data).await;
    for n in 0..TRIGGERS.len() {
        let client = format!("/v1/clients/{}", encoded(&code(n)));
        let rating: Value = house.ask("GET", &format!("{client}/rating")).send().await.unwrap().json().await.unwrap();
        let scale = ["A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3"];
        let grade = scale.iter().position(|grade| rating["grade"] == *grade).map_or(4, |place| place.min(7) + 1);
        let said = [
            ("override", json!({"grade": scale[grade], "reason": trap(n)})),
            ("actions", json!({"kind": "note", "note": trap(n)})),
            ("actions", json!({"kind": "dispute", "invoice": format!("{}D", code(n))})),
        ];
        for (what, body) in said {
            let answer = house.ask("POST", &format!("{client}/{what}")).json(&body).send().await.unwrap();
            let status = answer.status();
            assert!(status.is_success(), "{what}: {status} {} {rating}", answer.text().await.unwrap());
        }
    }
    house.signal("TERM");
    house.ended().await;
}

/// The pieces of a client's file.
fn dossier(folder: &Path, data: &Path, n: usize) -> BTreeMap<String, Vec<u8>> {
    let file = folder.join("file.zip");
    ran(vedetta(data).args(["dossier", "-o"]).arg(&file).arg("--").arg(code(n)), 0);
    let mut archive = zip::ZipArchive::new(std::fs::File::open(&file).unwrap()).unwrap();
    let n_pieces = archive.len();
    let read = |place| {
        let mut piece = archive.by_index(place).unwrap();
        let (name, mut bytes) = (piece.name().unwrap().into_owned(), Vec::new());
        piece.read_to_end(&mut bytes).unwrap();
        (name, bytes)
    };
    (0..n_pieces).map(read).collect()
}

/// Every export, as CSV and as a workbook; answers how many numbers below zero the workbooks have.
fn exported(seen: &mut Seen, folder: &Path, data: &Path, today: Date) -> usize {
    let mut n_negative = 0;
    let policy = calling(folder);
    let export = |words: &[&str], to: &Path| {
        ran(vedetta(data).env("VEDETTA__FILES__POLICY", &policy).args(words).arg("-o").arg(to), 0);
        std::fs::read(to).unwrap()
    };
    for (name, words) in [
        ("ratings", ["export", "ratings"].as_slice()),
        ("changes", ["export", "changes"].as_slice()),
        ("treatments", ["export", "treatments"].as_slice()),
        ("dialler", ["export", "treatments", "--dialler"].as_slice()),
    ] {
        seen.csv(name, &export(words, &folder.join("out.csv")));
        let typed = export(&[words, &["--format", "xlsx"]].concat(), &folder.join("out.xlsx"));
        n_negative += seen.workbook(|_| name.to_owned(), typed);
    }
    seen.csv("replay", &export(&["replay", "--valid-at", &today.to_string()], &folder.join("out.csv")));
    let asked = (0..TRIGGERS.len()).map(|n| vec![trap(n), trap(n), "IT".to_owned(), tax_number(n)]);
    let asked = csv_file(&folder.join("asked.csv"), &["id", "name", "country", "tax_id"], asked);
    seen.csv("resolve", &export(&["resolve", "--from", &asked], &folder.join("out.csv")));
    for n in 0..TRIGGERS.len() {
        for (path, bytes) in dossier(folder, data, n) {
            match path.as_str() {
                "ledger/ledger.xlsx" => n_negative += seen.workbook(|sheet| format!("ledger/{sheet}"), bytes),
                "ratings.csv" => seen.csv("ratings.csv", &bytes),
                path if path.ends_with(".csv") && !path.starts_with("evidence/") || path == "evidence/index.csv" => {
                    seen.csv(path.trim_end_matches(".csv"), &bytes);
                }
                _ => {}
            }
        }
    }
    n_negative
}

/// The policy of the house, in which a reminder is a call: so every overdue client is on the dialler's list.
fn calling(folder: &Path) -> PathBuf {
    let path = folder.join("policy.toml");
    let text = include_str!("../../../config/policy.toml").replace("action = \"send_reminder\"", "action = \"call\"");
    std::fs::write(&path, text).unwrap();
    path
}

#[tokio::test]
async fn g22_of_every_column_of_every_export_each_trigger_comes_out_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let today = Clock::system().now().to_zoned(TimeZone::UTC).date();
    import(folder.path(), &data, today);
    speak(&data).await;
    let mut seen = Seen::default();
    let n_negative = exported(&mut seen, folder.path(), &data, today);
    assert!(n_negative > 0, "a grade that fell by a notch is a number below zero in the workbook");
    let written: BTreeSet<(&str, &str)> =
        WRITTEN.iter().flat_map(|(export, columns)| columns.iter().map(move |column| (*export, *column))).collect();
    let ours: BTreeSet<&str> = OURS.split_whitespace().collect();
    let mut missing = Vec::new();
    for ((export, column), found) in &seen.0 {
        match written.contains(&(export.as_str(), column.as_str())) {
            true if found.len() < TRIGGERS.len() => missing.push(format!("{export}, {column}: {found:?}")),
            false if !ours.contains(column.as_str()) => missing.push(format!("{export}, {column}: new")),
            _ => {}
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    let n_seen = seen.0.keys().filter(|(e, c)| written.contains(&(e.as_str(), c.as_str()))).count();
    assert_eq!(n_seen, written.len(), "every column that is listed is there");
    let workbooks =
        ["ratings", "changes", "treatments", "dialler", "ledger/invoices", "ledger/payments", "ledger/charges"];
    let n_twice = written.iter().filter(|(export, _)| workbooks.contains(export)).count();
    assert!(n_seen + n_twice >= 40, "{n_seen} columns, {n_twice} of them as cells of a workbook too");
}
