//! G21, for workbooks: the same rows as a sheet and as a table are accepted and refused alike, by the same line and column.

use std::path::Path;

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use serde_json::Value;

use super::program::{answer, vedetta};

const HEADER: [&str; 6] = ["client", "invoice", "issued_on", "due_on", "amount", "name"];

/// A ledger as a sheet: days as days, numbers as numbers, formulas by their value, texts in the file's own spelling.
fn workbook(path: &Path) {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Notes").unwrap().set_hidden(true);
    let sheet = workbook.add_worksheet().set_name("Partite").unwrap().set_active(true);
    let day = Format::new().set_num_format("dd/mm/yyyy");
    for (column, name) in (0..).zip(HEADER) {
        sheet.write_string(0, column, name).unwrap();
    }
    let date = |text: &str| ExcelDateTime::parse_from_str(text).unwrap();
    let mut row = |line: u32, invoice: &str, issued: &str, amount: f64| {
        sheet.write_string(line, 0, "00042").unwrap();
        sheet.write_string(line, 1, invoice).unwrap();
        sheet.write_datetime_with_format(line, 2, date(issued), &day).unwrap();
        sheet.write_datetime_with_format(line, 3, date("2026-04-30"), &day).unwrap();
        sheet.write_number(line, 4, amount).unwrap();
        sheet.write_string(line, 5, "Società \"Perù\", S.r.l.").unwrap();
    };
    row(1, "F1", "2026-03-01", 1234.56);
    row(2, "F2", "2026-03-02", 0.1 + 0.2);
    row(5, "F3\nnext line", "2026-03-03", -5.0);
    row(6, "F4", "2026-03-04", 7.0);
    row(7, "F5", "2026-03-05", 8.0);
    row(8, "F6", "2026-03-06", 8.0);
    sheet.write_formula(6, 4, Formula::new("=1000*1.22").set_result("1220")).unwrap();
    sheet.write_string(7, 4, "1.234,50").unwrap();
    sheet.write_string(7, 2, "15/03/2026").unwrap();
    sheet.write_string(8, 2, "31/02/2026").unwrap();
    sheet.write_number(9, 1, 20_260_007.0).unwrap();
    workbook.save(path).unwrap();
}

fn places(answer: &Value) -> Vec<(u64, String, String)> {
    let text = |r: &Value, key: &str| r[key].as_str().unwrap().to_owned();
    let rejects = answer["rejects"].as_array().unwrap().iter();
    rejects.map(|r| (r["line"].as_u64().unwrap(), text(r, "column"), text(r, "code"))).collect()
}

#[test]
fn g21_a_sheet_is_read_as_its_table_is_and_twice_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("ledger.xlsx");
    workbook(&file);
    let import = ["import", "invoices", file.to_str().unwrap(), "--create-clients"];
    let dry = answer(&data, &[import.as_slice(), &["--dry-run"]].concat(), 3);
    let first = answer(&data, &import, 3);
    assert_eq!(dry, first);
    let expected = [(6, "amount", "not_positive"), (9, "issued_on", "bad_date"), (10, "client", "missing")];
    let expected = expected.map(|(line, column, code)| (line, column.to_owned(), code.to_owned()));
    assert_eq!(places(&first), expected, "{first}");
    assert_eq!((&first["accepted"], &first["rejected"]), (&Value::from(4), &Value::from(3)));
    assert!(first["notes"].to_string().contains("sheet: Partite (of: Notes, Partite)"), "{first}");
    assert_eq!(answer(&data, &import, 3)["changed"], 0);

    let ledger = answer(&data, &["ledger", "00042"], 0);
    let said: Vec<String> = ledger["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| format!("{} {} {}", l["invoice"], l["issued_on"], l["amount"]))
        .collect();
    let expected = [
        "\"F5\" \"2026-03-15\" \"1234.50\"",
        "\"F4\" \"2026-03-04\" \"1220.00\"",
        "\"F2\" \"2026-03-02\" \"0.30\"",
        "\"F1\" \"2026-03-01\" \"1234.56\"",
    ];
    assert_eq!(said, expected);
    let rejected = std::fs::read_to_string(format!("{}.rejected.csv", file.display())).unwrap();
    assert!(rejected.contains("F3 next line") && rejected.lines().count() == 4, "{rejected}");
    let kept = vedetta(&data).args(["export", "ratings"]).output().unwrap().stdout;
    assert!(String::from_utf8(kept).unwrap().contains("Perù"));
}

#[test]
fn g21_a_workbook_that_cannot_be_read_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (file, map) = (folder.path().join("ledger.xlsx"), folder.path().join("map.toml"));
    workbook(&file);
    std::fs::write(&map, "[file]\nsheet = \"Clienti\"\n").unwrap();
    let import = ["import", "invoices", file.to_str().unwrap(), "--map", map.to_str().unwrap()];
    let output = vedetta(&data).args(import).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("no sheet \"Clienti\"; found: Notes, Partite"), "{said}");
}

#[test]
fn g21_a_number_of_a_sheet_is_never_taken_for_a_thousand_times_as_much() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ledger.xlsx");
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, name) in (0..).zip(["client", "invoice", "issued_on", "due_on", "amount"]) {
        sheet.write_string(0, column, name).unwrap();
    }
    for line in 1..=4 {
        let name = format!("F{line}");
        for (column, text) in (0..).zip(["C1", name.as_str(), "2026-03-01", "2026-04-30"]) {
            sheet.write_string(line, column, text).unwrap();
        }
    }
    // A text elsewhere in the column says that a comma stands before the cents: it says so of texts.
    sheet.write_string(1, 4, "100,50").unwrap();
    sheet.write_number(2, 4, 10.005).unwrap();
    sheet.write_formula(3, 4, Formula::new("=101.2*1.22").set_result("123.464")).unwrap();
    sheet.write_number(4, 4, 10.25).unwrap();
    workbook.save(&file).unwrap();
    let data = folder.path().join("data");
    let said = answer(&data, &["import", "invoices", file.to_str().unwrap(), "--create-clients"], 3);
    let expected = [3, 4].map(|line| (line, "amount".to_owned(), "bad_amount".to_owned()));
    assert_eq!(places(&said), expected, "{said}");
    assert!(said["rejects"][0]["reason"].as_str().unwrap().contains("round the cell"), "{said}");
    assert_eq!(answer(&data, &["ledger", "C1"], 0)["totals"][0]["open"], "110.75");
}
