//! G22: whatever a name begins with, no export makes a spreadsheet run it; numbers stay numbers, and JSON stays as it came.

use std::{collections::HashMap, path::Path};

use calamine::{Data, Reader, Xlsx, open_workbook};
use serde_json::Value;

use super::program::{answer, ran, vedetta};

/// What makes a spreadsheet run a cell: signs of a formula, plain and full width, behind a break, a blank or a quote.
const TRIGGERS: [&str; 12] = ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\n=", " =", "\"=", "; ="];

/// Names that would run, by the code of who bears them.
fn names() -> HashMap<String, String> {
    let rest = ["cmd|' /C calc'!A0", "HYPERLINK(\"http://x.example\",\"y\")", "1+1", "SUM(A1:A9)"];
    let all = TRIGGERS.iter().flat_map(|trigger| rest.map(|rest| format!("{trigger}{rest}")));
    (1..).zip(all).map(|(n, name)| (format!("C-{n}"), name)).collect()
}

/// A house with these clients, and one whose code is a formula.
fn house(folder: &Path, names: &HashMap<String, String>) -> std::path::PathBuf {
    let (data, file) = (folder.join("data"), folder.join("clients.csv"));
    let mut csv = csv::Writer::from_path(&file).unwrap();
    csv.write_record(["client", "name"]).unwrap();
    names.iter().for_each(|row| csv.write_record([row.0, row.1]).unwrap());
    csv.write_record(["=2+3", "-12.50"]).unwrap();
    csv.flush().unwrap();
    answer(&data, &["import", "clients", file.to_str().unwrap()], 0);
    answer(&data, &["night"], 0);
    data
}

/// What a spreadsheet would see first in a cell.
fn begins(text: &str) -> Option<char> {
    text.trim_start_matches(|c: char| c.is_whitespace() || c == '"' || c == ';').chars().next()
}

#[test]
fn g22_no_cell_of_an_export_is_a_formula() {
    let folder = tempfile::tempdir().unwrap();
    let names = names();
    let data = house(folder.path(), &names);
    for what in ["ratings", "changes"] {
        let csv = ran(vedetta(&data).args(["export", what]), 0).stdout;
        let mut rows = csv::Reader::from_reader(csv.as_slice());
        let mut n_rows = 0;
        for row in rows.records() {
            let row = row.unwrap();
            for cell in row.iter().filter(|cell| cell.parse::<f64>().is_err()) {
                assert!(!begins(cell).is_some_and(|c| "=+-@＝＋－＠".contains(c)), "{what}: {cell:?}");
            }
            n_rows += 1;
        }
        assert!(n_rows > names.len(), "{what}: {n_rows}");
    }
    let csv = String::from_utf8(ran(vedetta(&data).args(["export", "ratings"]), 0).stdout).unwrap();
    assert!(csv.contains("'=2+3,-12.50,"), "a number below zero stays a number: {csv}");

    let json = answer(&data, &["export", "ratings", "--format", "json"], 0);
    let rows = json["ratings"].as_array().unwrap();
    for row in rows.iter().filter(|row| row["client"] != "=2+3") {
        let name = names[row["client"].as_str().unwrap()].trim().replace('\n', " ");
        assert_eq!(row["name"].as_str().unwrap().trim(), name.trim(), "JSON is lossless");
    }
}

#[test]
fn g22_a_workbook_has_texts_numbers_and_days_and_no_formula() {
    let folder = tempfile::tempdir().unwrap();
    let names = names();
    let data = house(folder.path(), &names);
    let file = folder.path().join("ratings.xlsx");
    ran(vedetta(&data).args(["export", "ratings", "--format", "xlsx", "-o"]).arg(&file), 0);
    let mut workbook: Xlsx<_> = open_workbook(&file).unwrap();
    let formulas = workbook.worksheet_formula("ratings").unwrap();
    assert_eq!(formulas.used_cells().count(), 0);
    let range = workbook.worksheet_range("ratings").unwrap();
    assert_eq!(range.height(), names.len() + 2);
    let header: Vec<String> = range.rows().next().unwrap().iter().map(ToString::to_string).collect();
    let place = |name: &str| header.iter().position(|h| h == name).unwrap();
    for row in range.rows().skip(1) {
        assert!(matches!(&row[place("client")], Data::String(_)) && matches!(&row[place("name")], Data::String(_)));
        assert!(matches!(&row[place("coverage")], Data::Float(_)), "{row:?}");
        assert!(matches!(&row[place("valid_at")], Data::DateTime(_)), "{row:?}");
    }
    let json: Value = answer(&data, &["export", "ratings", "--format", "json"], 0);
    let first = &json["ratings"][0];
    assert_eq!(range.rows().nth(1).unwrap()[place("name")].to_string(), first["name"].as_str().unwrap(), "as it came");
}
