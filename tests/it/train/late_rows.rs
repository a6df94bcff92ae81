//! Rows with times: what the past says of the last of them.

use std::fmt::Write as _;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vedetta::train::{OutOfTime, Roles, Table, TrainOptions, scorecard};

/// 1 500 rows of five years; `x` raises the risk until `turns`, and lowers it from then on. Each client has a row a year.
fn report_of(turns: usize) -> Option<OutOfTime> {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut csv = "client,year,x,bad\n".to_owned();
    for row in 0..1_500 {
        let (client, year, x) = (row / 5, 2020 + row % 5, rng.random::<f64>());
        let risk = if year < turns { x } else { 1.0 - x };
        writeln!(csv, "c{client},{year},{x},{}", u8::from(rng.random::<f64>() < 0.6 * risk)).unwrap();
    }
    let roles = Roles { target: "bad", exclude: &[], group: Some("client"), time: Some("year") };
    let table = Table::read_with(csv.as_bytes(), &roles).unwrap();
    scorecard(&table, "bad", &TrainOptions::default()).unwrap().1.out_of_time
}

#[test]
fn the_last_fifth_of_the_rows_is_judged_by_models_of_earlier_ones() {
    let steady = report_of(2030).unwrap();
    assert_eq!((steady.from.as_str(), steady.n), ("2024", 300));
    assert!(steady.auc > 0.65, "{steady:?}");
    let turned = report_of(2024).unwrap();
    assert!(turned.auc < 0.4, "what turned in the last year no model of earlier years can know: {turned:?}");
}

#[test]
fn the_last_rows_are_those_of_the_last_time_and_rows_without_one_are_told_of() {
    let mut csv = "month,x,bad\n".to_owned();
    for row in 0..600 {
        let (x, month) = (row * 7 % 100, ["8", "9", "10", "11", ""][row % 5]);
        writeln!(csv, "{month},{x},{}", u8::from(x + row * 31 % 40 > 90)).unwrap();
    }
    let roles = Roles { target: "bad", exclude: &[], group: None, time: Some("month") };
    let table = Table::read_with(csv.as_bytes(), &roles).unwrap();
    let report = scorecard(&table, "bad", &TrainOptions::default()).unwrap().1;
    let late = report.out_of_time.unwrap();
    assert_eq!((late.from.as_str(), late.n), ("11", 120), "and not 9, whose first letter is the last");
    let note = report.notes.iter().find(|note| note.column == "month").map(|note| note.why.as_str());
    assert!(note.is_some_and(|why| why.starts_with("120 rows have no time")), "{:?}", report.notes);
    let refused = Table::read_with(csv.replace("\n11,", "\n31/01/2020,").as_bytes(), &roles).unwrap_err().to_string();
    assert!(refused.contains("row 3: column \"month\" is \"31/01/2020\""), "{refused}");
}

#[test]
fn rows_without_times_or_of_one_time_have_no_last_fifth() {
    let csv = |year: fn(usize) -> usize| {
        let mut csv = "year,x,bad\n".to_owned();
        (0..400).for_each(|row| {
            writeln!(csv, "{},{},{}", year(row), row * 7 % 100, u8::from(row * 7 % 100 + row * 31 % 40 > 90)).unwrap()
        });
        csv
    };
    let report = |csv: String, time| {
        let roles = Roles { target: "bad", exclude: &["year"], group: None, time };
        let table = Table::read_with(csv.as_bytes(), &roles).unwrap();
        scorecard(&table, "bad", &TrainOptions::default()).unwrap().1.out_of_time
    };
    assert_eq!(report(csv(|_| 2024), Some("year")), None);
    assert_eq!(report(csv(|row| 2020 + row % 5), None), None);
}
