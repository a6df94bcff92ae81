//! What a card must say of columns that are in a model: those that are too good to be true, and those whose empty cells tell.

use super::{
    binning::{Bins, Wish},
    scorecard::Orders,
    table::Table,
};
use crate::{domain::Points, score::Input};

/// Information value above which a column is likely to have been written down after the outcome: honest ones seldom reach 3.
const TOO_MUCH: f64 = 4.0;

/// A missing cell that moves the score by this many points is named.
const TELLING_POINTS: Points = 36;

/// The same in log-odds, for models without points: 50 points double the odds.
const TELLING_LOG_ODDS: f64 = 0.5;

/// Of a column, by its information value.
pub(super) fn too_good(column: &str, information_value: f64) -> Option<(String, String)> {
    (information_value > TOO_MUCH).then(|| {
        let note = "tells the outcome nearly by itself; ask whether it was known before the outcome was";
        (column.to_owned(), note.to_owned())
    })
}

/// Of an input of a scorecard whose missing cells have many points.
pub(super) fn of_points_for_missing(input: &Input, table: &Table, rows: &[usize]) -> Option<(String, String)> {
    let place = table.names.iter().position(|n| *n == input.feature)?;
    let (n, n_bad) = missing(table, place, rows.iter().copied());
    (n > 0 && input.missing.abs() >= TELLING_POINTS)
        .then(|| (input.feature.clone(), telling(n, n_bad, &format!("{:+} points", input.missing))))
}

/// Of every column as the table alone shows it, whatever a model makes of it: trees have no points to look at.
pub(super) fn of_columns(table: &Table, orders: &Orders) -> Vec<(String, String)> {
    let all = vec![true; table.n_rows()];
    let of_column = |place: usize| {
        let (name, column) = (&table.names[place], &table.columns[place]);
        let wish = Wish { n_words: table.words.get(name).map(Vec::len), ..Wish::default() };
        let bins = Bins::fit(&orders[place], column, &table.bad, &all, &wish);
        let (n, n_bad) = missing(table, place, 0..table.n_rows());
        let evidence = -bins.woe.last().copied().unwrap_or(0.0);
        let tells = n > 0 && evidence.abs() >= TELLING_LOG_ODDS;
        let of_missing = tells.then(|| (name.clone(), telling(n, n_bad, &format!("{evidence:+.1} in log-odds"))));
        [too_good(name, bins.iv), of_missing]
    };
    (0..table.names.len()).flat_map(of_column).flatten().collect()
}

/// Rows without a value, and the bad ones of these.
fn missing(table: &Table, place: usize, rows: impl Iterator<Item = usize>) -> (usize, usize) {
    rows.filter(|row| table.columns[place][*row].is_nan())
        .fold((0, 0), |(n, bad), row| (n + 1, bad + usize::from(table.bad[row])))
}

fn telling(n: usize, n_bad: usize, weight: &str) -> String {
    format!(
        "a missing cell itself tells much: {n} rows, {n_bad} of them bad, {weight}; ask why the cell was empty, and whether it \
         will be empty for the same reason when the model is used"
    )
}
