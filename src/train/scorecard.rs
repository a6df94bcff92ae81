use ndarray::Array2;
use rayon::prelude::*;

use super::{
    Dropped, Error, Fitted, TrainOptions,
    binning::{Bins, Direction, Wish},
    folds,
    judge::blank,
    remarks::{self, Telling},
    settle::{Settling, settle},
    table::Table,
    weights,
};
use crate::{
    domain::{Points, Scale},
    score::{Artefact, Bin, Group, Input, Special},
};

/// Parts of the training rows. Each row's weight of evidence, as the regression sees it, comes from bins that did not see the
/// row, and the bins of the card are the mean of those of all parts.
const N_PARTS: usize = 5;

/// Fewer good or bad rows than this teach nothing.
const MIN_OF_CLASS: usize = 10;

/// Rows of the table by each column's value, missing ones left out: sorted once, used by every fit.
pub(super) type Orders = Vec<Vec<u32>>;

/// Sorts every column.
#[expect(clippy::cast_possible_truncation, reason = "a table has fewer than 2^32 rows")]
pub(super) fn orders(table: &Table) -> Orders {
    let sorted = |column: &Vec<f64>| {
        let mut order: Vec<u32> = (0..column.len() as u32).filter(|row| !column[*row as usize].is_nan()).collect();
        order.sort_unstable_by(|a, b| column[*a as usize].total_cmp(&column[*b as usize]).then(a.cmp(b)));
        order
    };
    table.columns.par_iter().map(sorted).collect()
}

/// One fit on some rows, without calibration.
pub(super) fn fit(
    table: &Table,
    orders: &Orders,
    rows: &[usize],
    options: &TrainOptions,
    scale: &Scale,
) -> Result<Fitted, Error> {
    let bad: Vec<bool> = rows.iter().map(|r| table.bad[*r]).collect();
    let by_group = folds::stratified(&bad, groups_of(table, rows).as_deref(), N_PARTS, options.seed);
    // Where few groups hold all bad rows, bins without one of these would see none: better to part the group.
    let parts = match folds::check_classes(&by_group, &bad, 0) {
        Ok(()) => by_group,
        Err(_) => folds::stratified(&bad, None, N_PARTS, options.seed),
    };
    let binned = bin(table, orders, rows, &parts, options);
    let woe = binned.evidence(table, rows, &parts);
    let iv: Vec<f64> = binned.mean.iter().map(|b| b.iv).collect();
    let (kept, mut dropped) = weights::select(woe.view(), &iv, &table.names);
    let (weights, reversed) = weights::fit(woe.view(), &bad, &parts, kept.clone(), &table.names)?;
    let direction = |i: usize| options.monotone.get(&table.names[i]).copied();
    let mut columns: Vec<Settling<'_>> = kept
        .iter()
        .map(|i| Settling {
            log_odds: binned.mean[*i].woe.iter().map(|woe| weights.columns[*i] * woe).collect(),
            bins: &binned.mean[*i],
            is_guarded: weights.columns[*i] >= 0.0,
            direction: direction(*i).filter(|_| !table.words.contains_key(&table.names[*i])),
        })
        .collect();
    let values: Vec<Vec<f64>> = kept.iter().map(|i| rows.iter().map(|r| table.columns[*i][*r]).collect()).collect();
    settle(&mut columns, &values, &bad, weights.intercept);
    let all: Vec<Input> = kept.iter().zip(&columns).map(|(i, column)| input(table, *i, column, scale)).collect();
    let (inputs, silent): (Vec<Input>, Vec<Input>) = all.into_iter().partition(says_something);
    if inputs.is_empty() {
        return Err(Error::Silent);
    }
    dropped.extend(silent.into_iter().map(|input| gone(input.feature, &reversed)));
    let leaks = inputs.iter().filter_map(|i| remarks::too_good(&i.feature, i.weight));
    let telling = inputs.iter().filter_map(|i| Telling::of_points(i, table, rows)).collect();
    let signs = inputs.iter().filter_map(|i| sign_note(i, &reversed));
    let notes = leaks.chain(Telling::note(telling)).chain(signs).collect();
    let model = Artefact { base: whole(scale.exact_points(weights.intercept)), inputs, ..blank() };
    Ok(Fitted { model, dropped, notes, ridge: Some(weights.ridge), ridges: weights.tried })
}

/// Bins of every column: the mean ones, and those of each part.
struct Binned {
    mean: Vec<Bins>,
    parts: Vec<Vec<Bins>>,
}

impl Binned {
    /// The weight of evidence of every row and column, from bins that did not see the row.
    fn evidence(&self, table: &Table, rows: &[usize], parts: &[usize]) -> Array2<f64> {
        let columns: Vec<Vec<f64>> = (table.columns.par_iter().zip(&self.parts))
            .map(|(column, bins)| rows.iter().zip(parts).map(|(r, part)| bins[*part].woe_of(column[*r])).collect())
            .collect();
        Array2::from_shape_fn((rows.len(), columns.len()), |(row, column)| columns[column][row])
    }
}

fn bin(table: &Table, orders: &Orders, rows: &[usize], parts: &[usize], options: &TrainOptions) -> Binned {
    let mut is_in = vec![vec![false; table.n_rows()]; N_PARTS + 1];
    for (row, part) in rows.iter().zip(parts) {
        (0..=N_PARTS).filter(|p| p != part).for_each(|p| is_in[p][*row] = true);
    }
    let of_column = |(i, column): (usize, &Vec<f64>)| {
        let name = &table.names[i];
        let wish = Wish {
            direction: options.monotone.get(name).copied(),
            special: if table.words.contains_key(name) { &[] } else { &options.special },
            n_words: table.words.get(name).map(Vec::len),
        };
        let fit = |is_in: &Vec<bool>| Bins::fit(&orders[i], column, &table.bad, is_in, &wish);
        let parts: Vec<Bins> = is_in[..N_PARTS].iter().map(fit).collect();
        let all = &is_in[N_PARTS];
        let mean = Bins::mean(&parts.iter().collect::<Vec<_>>(), fit(all).iv, column, all);
        (mean, parts)
    };
    let (mean, parts) = table.columns.par_iter().enumerate().map(of_column).unzip();
    Binned { mean, parts }
}

/// The points of a column; neighbours with the same points are one bin.
fn input(table: &Table, place: usize, column: &Settling<'_>, scale: &Scale) -> Input {
    let points: Vec<Points> =
        column.log_odds.iter().map(|l| whole(scale.exact_points(*l) - scale.exact_points(0.0))).collect();
    let cuts = &column.bins.cuts;
    let n_own = points.len() - cuts.special.len() - 1;
    let (mut bins, mut groups): (Vec<Bin>, Vec<Group>) = (Vec::new(), Vec::new());
    if let Some(words) = table.words.get(&table.names[place]) {
        for (word, points) in words.iter().zip(&points) {
            match groups.iter_mut().find(|g| g.points == *points) {
                Some(group) => group.words.push(word.clone()),
                None => groups.push(Group { words: vec![word.clone()], code: groups.len() as f64, points: *points }),
            }
        }
    } else {
        for (bin, points) in points[..n_own].iter().enumerate() {
            bins.pop_if(|last: &mut Bin| last.points == *points);
            bins.push(Bin { upto: cuts.edges.get(bin).copied(), points: *points });
        }
    }
    let special = cuts.special.iter().zip(&points[n_own..]);
    Input {
        feature: table.names[place].clone(),
        weight: (column.bins.iv * 1e4).round() / 1e4,
        bins,
        missing: points.last().copied().unwrap_or(0),
        special: special.map(|(value, points)| Special { value: *value, points: *points }).collect(),
        groups,
    }
}

fn says_something(input: &Input) -> bool {
    let bins = input.bins.iter().map(|b| b.points).chain(input.groups.iter().map(|g| g.points));
    bins.chain(input.special.iter().map(|s| s.points)).chain([input.missing]).any(|points| points != 0)
}

/// Why a column that was weighed is not in the model.
fn gone(column: String, reversed: &[String]) -> Dropped {
    let why = match reversed.contains(&column) {
        true => "its weight beside the others had the wrong sign, and no bin of its own tells anything more",
        false => "beside the others none of its bins is worth a point",
    };
    Dropped { column, why: why.to_owned() }
}

/// What the card must say of a column that the regression went without and whose bins still tell something.
fn sign_note(input: &Input, reversed: &[String]) -> Option<(String, String)> {
    reversed.contains(&input.feature).then(|| {
        let note = "the regression went without it, because its weight beside the others had the wrong sign; its points are what \
                    its bins still tell beside the others, and none speaks against what its bin tells by itself";
        (input.feature.clone(), note.to_owned())
    })
}

fn groups_of(table: &Table, rows: &[usize]) -> Option<Vec<String>> {
    table.groups.as_ref().map(|groups| rows.iter().map(|r| groups[*r].clone()).collect())
}

/// Whether the rows can teach anything.
pub(super) fn check(table: &Table, options: &TrainOptions) -> Result<(), Error> {
    let n_bad = table.bad.iter().filter(|b| **b).count();
    let n_good = table.n_rows() - n_bad;
    if table.n_rows() == 0 {
        return Err(Error::Table("there is no row below the header".to_owned()));
    }
    if n_bad == 0 || n_good == 0 {
        let class = if n_bad == 0 { "good" } else { "bad" };
        return Err(Error::Table(format!("all {} rows are {class}: there is nothing to tell apart", table.n_rows())));
    }
    if n_bad < MIN_OF_CLASS || n_good < MIN_OF_CLASS {
        return Err(Error::Table(format!(
            "{n_bad} bad rows of {}: at least {MIN_OF_CLASS} good and {MIN_OF_CLASS} bad are needed",
            table.n_rows()
        )));
    }
    if table.names.is_empty() {
        return Err(Error::Table(format!("no column is left to learn from{}", table.columns_in_words())));
    }
    let all = || table.names.iter().chain(table.left_out.iter().map(|(name, _)| name));
    let unknown = options.monotone.keys().find(|name| !all().any(|n| n == *name));
    if let Some(name) = unknown {
        return Err(Error::Table(format!("monotone: there is no column {name:?}")));
    }
    match options.monotone.keys().find(|name| table.words.contains_key(*name)) {
        Some(name) => Err(Error::Table(format!("monotone: column {name:?} holds words, which have no order"))),
        None => Ok(()),
    }
}

/// Reads a file of directions: TOML, `column = "up"` or `"down"`.
pub fn read_directions(text: &str) -> Result<std::collections::BTreeMap<String, Direction>, Error> {
    let written: std::collections::BTreeMap<String, String> =
        toml::from_str(text).map_err(|e| Error::Table(format!("monotone: {}", e.message())))?;
    let direction = |(column, way): (String, String)| match way.as_str() {
        "up" => Ok((column, Direction::Up)),
        "down" => Ok((column, Direction::Down)),
        _ => Err(Error::Table(format!("monotone: column {column:?} is {way:?}, must be \"up\" or \"down\""))),
    };
    written.into_iter().map(direction).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "points are some hundred; beyond the type they stop at its ends")]
fn whole(points: f64) -> Points {
    points.round() as Points
}

impl Fitted {
    /// The columns left out, those of the table first.
    pub(super) fn all_dropped(&self, table: &Table) -> Vec<Dropped> {
        table.dropped().into_iter().chain(self.dropped.iter().cloned()).collect()
    }
}
