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

/// A column whose empty cells tell much.
pub(super) struct Telling {
    column: String,
    /// Its empty cells, and the bad rows among them.
    n: usize,
    n_bad: usize,
    /// What such a cell counts for, whichever way, and the same in words.
    strength: f64,
    weight: String,
}

impl Telling {
    /// Of an input of a scorecard, by the points of its missing cells.
    pub(super) fn of_points(input: &Input, table: &Table, rows: &[usize]) -> Option<Self> {
        let place = table.names.iter().position(|n| *n == input.feature)?;
        let (n, n_bad) = missing(table, place, rows.iter().copied());
        let is_telling = n > 0 && input.missing.abs() >= TELLING_POINTS;
        let weight = format!("{:+} points", input.missing);
        is_telling.then(|| Self {
            column: input.feature.clone(),
            n,
            n_bad,
            strength: f64::from(input.missing.abs()),
            weight,
        })
    }

    /// One note of all such columns, what tells most first: one for each of many would hide the notes that are about one column.
    pub(super) fn note(mut all: Vec<Self>) -> Option<(String, String)> {
        all.sort_by(|a, b| b.strength.total_cmp(&a.strength));
        let weight = |t: &Self| format!("{} in {} rows, {} of them bad", t.weight, t.n, t.n_bad);
        let (columns, told) = match all.as_slice() {
            [] => return None,
            [only] => (only.column.clone(), weight(only)),
            several => {
                let told: Vec<String> = several.iter().map(|t| format!("{} {}", t.column, weight(t))).collect();
                (format!("{} columns", several.len()), told.join("; "))
            }
        };
        let note = format!(
            "a missing cell itself tells much ({told}); ask why the cell was empty, and whether it will be empty for the same \
             reason when the model is used"
        );
        Some((columns, note))
    }
}

/// Of the columns of a model as the table alone shows them, whatever the model makes of them: trees have no points to look at.
pub(super) fn of_columns(table: &Table, orders: &Orders, inputs: &[Input]) -> Vec<(String, String)> {
    let all = vec![true; table.n_rows()];
    let (mut notes, mut telling) = (Vec::new(), Vec::new());
    for place in (0..table.names.len()).filter(|place| inputs.iter().any(|i| i.feature == table.names[*place])) {
        let (name, column) = (&table.names[place], &table.columns[place]);
        let wish = Wish { n_words: table.words.get(name).map(Vec::len), ..Wish::default() };
        let bins = Bins::fit(&orders[place], column, &table.bad, &all, &wish);
        let (n, n_bad) = missing(table, place, 0..table.n_rows());
        let evidence = -bins.woe.last().copied().unwrap_or(0.0);
        notes.extend(too_good(name, bins.iv));
        if n > 0 && evidence.abs() >= TELLING_LOG_ODDS {
            let weight = format!("{evidence:+.1} in log-odds");
            telling.push(Telling { column: name.clone(), n, n_bad, strength: evidence.abs(), weight });
        }
    }
    notes.extend(Telling::note(telling));
    notes
}

/// Rows without a value, and the bad ones of these.
fn missing(table: &Table, place: usize, rows: impl Iterator<Item = usize>) -> (usize, usize) {
    rows.filter(|row| table.columns[place][*row].is_nan())
        .fold((0, 0), |(n, bad), row| (n + 1, bad + usize::from(table.bad[row])))
}

#[cfg(test)]
mod tests {
    use super::Telling;

    fn of(column: &str, strength: f64) -> Telling {
        Telling { column: column.to_owned(), n: 9, n_bad: 4, strength, weight: format!("-{strength} points") }
    }

    #[test]
    fn empty_cells_of_many_columns_are_one_note_that_begins_with_those_that_tell_most() {
        let (columns, note) = Telling::note(vec![of("gap", 40.0), of("audit", 90.0), of("age", 60.0)]).unwrap();
        assert_eq!(columns, "3 columns");
        let places = ["audit -90 points in 9 rows, 4 of them bad", "age -60", "gap -40"].map(|told| note.find(told));
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{note}");
        let (column, note) = Telling::note(vec![of("gap", 40.0)]).unwrap();
        assert!(column == "gap" && note.contains("(-40 points in 9 rows, 4 of them bad)"), "{note}");
        assert!(Telling::note(Vec::new()).is_none());
    }
}
