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
