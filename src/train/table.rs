use std::collections::BTreeMap;

use super::Error;

/// A labelled table in columns. A missing cell (empty, `NA`, `?`) is `NaN` inside and never leaves it as a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Names of the inputs, in the file's order.
    pub names: Vec<String>,
    /// One vector per input, rows in the file's order.
    pub columns: Vec<Vec<f64>>,
    /// Whether the row went bad.
    pub bad: Vec<bool>,
    /// The group of each row, where a group column was named: a group is never split between folds.
    pub groups: Option<Vec<String>>,
    /// Columns that hold no numbers and were left out, and why.
    pub left_out: Vec<(String, String)>,
}

impl Table {
    /// Reads a CSV file with a header; `target` holds 0 and 1, `exclude` and `group` are no inputs.
    pub fn read(csv: &[u8], target: &str, exclude: &[&str], group: Option<&str>) -> Result<Self, Error> {
        let mut reader = csv::ReaderBuilder::new().from_reader(csv);
        let header: Vec<String> = reader.headers()?.iter().map(|h| h.trim().to_owned()).collect();
        let place = |name: &str| {
            let found = header.iter().position(|h| h == name);
            found.ok_or_else(|| Error::Table(format!("there is no column {name:?}; found: {}", header.join(", "))))
        };
        let (target_place, group_place) = (place(target)?, group.map(place).transpose()?);
        let inputs: Vec<usize> = (0..header.len())
            .filter(|p| *p != target_place && Some(*p) != group_place && !exclude.contains(&header[*p].as_str()))
            .collect();
        let mut columns: Vec<Vec<f64>> = vec![Vec::new(); inputs.len()];
        let mut odd: BTreeMap<usize, String> = BTreeMap::new();
        let (mut bad, mut groups) = (Vec::new(), Vec::new());
        for (row, record) in reader.records().enumerate() {
            let record = record?;
            let cell = |place: usize| record.get(place).unwrap_or_default().trim();
            bad.push(label(cell(target_place)).ok_or_else(|| {
                Error::Table(format!("row {row}: {target} is {:?}, must be 0 or 1", cell(target_place)))
            })?);
            groups.extend(group_place.map(|p| cell(p).to_owned()));
            for (i, place) in inputs.iter().enumerate() {
                let value = number(cell(*place));
                if value.is_none() {
                    odd.entry(i).or_insert_with(|| format!("row {row} holds {:?}, which is no number", cell(*place)));
                }
                columns[i].push(value.unwrap_or(f64::NAN));
            }
        }
        let left_out = odd.iter().map(|(i, why)| (header[inputs[*i]].clone(), why.clone())).collect();
        let kept = |i: &usize| !odd.contains_key(i);
        Ok(Self {
            names: (0..inputs.len()).filter(kept).map(|i| header[inputs[i]].clone()).collect(),
            columns: columns.into_iter().enumerate().filter(|(i, _)| kept(i)).map(|(_, c)| c).collect(),
            bad,
            groups: group_place.map(|_| groups),
            left_out,
        })
    }

    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        self.bad.len()
    }
}

/// Reads a file of folds, `row,r0,r1,…` (data row from 0, test fold in each repeat): for each repeat the fold of each row.
pub fn read_folds(csv: &[u8], n_rows: usize) -> Result<Vec<Vec<usize>>, Error> {
    let mut reader = csv::ReaderBuilder::new().from_reader(csv);
    let n_repeats = reader.headers()?.len().saturating_sub(1);
    let mut folds = vec![vec![usize::MAX; n_rows]; n_repeats];
    for record in reader.records() {
        let record = record?;
        let number = |place: usize| record.get(place).and_then(|t| t.trim().parse::<usize>().ok());
        let bad = || Error::Table(format!("folds: {:?} must be whole numbers row,fold,fold…", record.as_slice()));
        let row = number(0).filter(|r| *r < n_rows).ok_or_else(bad)?;
        for (repeat, fold) in folds.iter_mut().enumerate() {
            fold[row] = number(repeat + 1).ok_or_else(bad)?;
        }
    }
    match folds.iter().flatten().any(|f| *f == usize::MAX) || folds.is_empty() {
        true => Err(Error::Table(format!("folds: each of the {n_rows} rows needs a fold in each repeat"))),
        false => Ok(folds),
    }
}

fn label(text: &str) -> Option<bool> {
    match text {
        "1" | "1.0" | "true" => Some(true),
        "0" | "0.0" | "false" => Some(false),
        _ => None,
    }
}

/// The number of a cell, `NaN` when it is missing; `None` when it is something else.
fn number(text: &str) -> Option<f64> {
    match text {
        "" | "NA" | "?" | "NaN" | "nan" => Some(f64::NAN),
        _ => text.parse().ok().filter(|v: &f64| v.is_finite()),
    }
}
