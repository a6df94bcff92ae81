use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    Error,
    binning::{Bins, Direction, place},
    calibration::{Calibration, logistic},
    folds, metrics,
    table::Table,
};
use crate::domain::{Points, Probability};

/// The usual scale: so many points at odds of 19 good to 1 bad, and so many more double the odds.
const POINTS_AT_ANCHOR: f64 = 600.0;
const ANCHOR_ODDS: f64 = 19.0;
const POINTS_TO_DOUBLE: f64 = 50.0;

/// Columns that tell less than this (information value) are left out, as the trade does.
const MIN_INFORMATION: f64 = 0.02;

/// Pull of the weights towards zero: mild, for weights of evidence are on one scale.
const RIDGE: f64 = 1.0;

/// How to train.
#[derive(Debug, Clone, Default)]
pub struct TrainOptions {
    /// Which way the risk must go with a column.
    pub monotone: BTreeMap<String, Direction>,
    /// The test fold of each row, for each repeat; else five folds are drawn.
    pub folds: Option<Vec<Vec<usize>>>,
    /// For the drawing of folds.
    pub seed: u64,
}

/// A scorecard over the columns of a table: whole points per bin, which add up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableModel {
    /// `table`.
    pub kind: String,
    /// The column it predicts.
    pub target: String,
    /// Points before any column.
    pub base_points: Points,
    /// The columns that have points.
    pub columns: Vec<ColumnPoints>,
    /// From the log-odds of the points to those of the PD.
    pub calibration: Calibration,
}

/// The points of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnPoints {
    /// Its name in the table.
    pub name: String,
    /// Upper ends of the bins but the last, inclusive.
    pub edges: Vec<f64>,
    /// Points of each bin.
    pub points: Vec<Points>,
    /// Points of a missing value.
    pub missing: Points,
    /// Information value in training.
    pub information: f64,
}

/// How good the model is, out of fold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainReport {
    /// Mean over the test folds.
    pub auc: f64,
    /// Its standard deviation over the test folds.
    pub auc_sd: f64,
    /// `2 × auc − 1`.
    pub gini: f64,
    /// On all rows, each scored by a model that had not seen it.
    pub ks: f64,
    /// The same.
    pub brier: f64,
    /// The same.
    pub log_loss: f64,
    /// Slope of the outcome on the predicted log-odds before calibration; below 1 is over-confident.
    pub calibration_slope: f64,
    /// Rows.
    pub n: usize,
    /// Bad rows.
    pub bad: usize,
    /// Columns left out, and why.
    pub dropped: Vec<Dropped>,
    /// Out-of-fold predictions: row, repeat, fold, PD.
    #[serde(skip)]
    pub oof: Vec<(usize, usize, usize, f64)>,
}

/// A column that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// Its name.
    pub column: String,
    /// Why.
    pub why: String,
}

impl TableModel {
    /// PD and points of a row; `value` gives a column's number, `None` when missing.
    pub fn score(&self, value: impl Fn(&str) -> Option<f64>) -> (Probability, Points) {
        let points = self.base_points + self.columns.iter().map(|c| c.points_of(value(&c.name))).sum::<Points>();
        let odds = (f64::from(points) - POINTS_AT_ANCHOR) / factor() + ANCHOR_ODDS.ln();
        (self.calibration.probability(-odds), points)
    }
}

impl ColumnPoints {
    fn points_of(&self, value: Option<f64>) -> Points {
        match value.filter(|v| !v.is_nan()) {
            Some(value) => self.points.get(place(&self.edges, value)).copied().unwrap_or(0),
            None => self.missing,
        }
    }
}

/// Trains a scorecard: bins and weights of evidence, logistic regression (linfa), whole points; judged out of fold, then
/// fitted on all rows and calibrated on the out-of-fold predictions.
pub fn scorecard(table: &Table, target: &str, options: &TrainOptions) -> Result<(TableModel, TrainReport), Error> {
    let n_bad = table.bad.iter().filter(|b| **b).count();
    if n_bad < 10 || table.n_rows() - n_bad < 10 {
        return Err(Error::Table(format!(
            "{n_bad} bad rows of {}: at least 10 good and 10 bad are needed",
            table.n_rows()
        )));
    }
    let repeats = match &options.folds {
        Some(folds) => folds.clone(),
        None => vec![folds::stratified(&table.bad, table.groups.as_deref(), 5, options.seed)],
    };
    let jobs: Vec<(usize, usize)> = repeats
        .iter()
        .enumerate()
        .flat_map(|(repeat, folds)| (0..=folds.iter().copied().max().unwrap_or(0)).map(move |fold| (repeat, fold)))
        .collect();
    let judged: Result<Vec<_>, Error> = jobs
        .par_iter()
        .map(|(repeat, fold)| judge(table, target, options, &repeats[*repeat], *repeat, *fold))
        .collect();
    let mut oof: Vec<(usize, usize, usize, f64)> = Vec::new();
    let mut aucs = Vec::new();
    for (auc, rows) in judged? {
        aucs.extend(Some(auc).filter(|a| a.is_finite()));
        oof.extend(rows);
    }
    let all: Vec<usize> = (0..table.n_rows()).collect();
    let (mut model, dropped) = fit(table, target, &all, options)?;
    let report = report(table, &aucs, oof, dropped)?;
    let log_odds: Vec<f64> = report.oof.iter().map(|(.., p)| (p / (1.0 - p)).ln()).collect();
    let bad: Vec<bool> = report.oof.iter().map(|(row, ..)| table.bad[*row]).collect();
    model.calibration = Calibration::fit(&log_odds, &bad)?;
    Ok((model, report))
}

type Judged = (f64, Vec<(usize, usize, usize, f64)>);

fn judge(
    table: &Table,
    target: &str,
    options: &TrainOptions,
    folds: &[usize],
    repeat: usize,
    fold: usize,
) -> Result<Judged, Error> {
    let (test, train): (Vec<usize>, Vec<usize>) = (0..table.n_rows()).partition(|row| folds[*row] == fold);
    let (model, _) = fit(table, target, &train, options)?;
    let pd: Vec<f64> = test.iter().map(|row| model.score(|name| cell(table, name, *row)).0.get()).collect();
    let bad: Vec<bool> = test.iter().map(|row| table.bad[*row]).collect();
    let rows = test.iter().zip(&pd).map(|(row, p)| (*row, repeat, fold, p.clamp(1e-9, 1.0 - 1e-9))).collect();
    Ok((metrics::auc(&pd, &bad), rows))
}

fn report(
    table: &Table,
    aucs: &[f64],
    oof: Vec<(usize, usize, usize, f64)>,
    dropped: Vec<Dropped>,
) -> Result<TrainReport, Error> {
    let pd: Vec<f64> = oof.iter().map(|(.., p)| *p).collect();
    let bad: Vec<bool> = oof.iter().map(|(row, ..)| table.bad[*row]).collect();
    let log_odds: Vec<f64> = pd.iter().map(|p| (p / (1.0 - p)).ln()).collect();
    let auc = aucs.iter().sum::<f64>() / aucs.len() as f64;
    let spread = aucs.iter().map(|a| (a - auc).powi(2)).sum::<f64>() / (aucs.len() as f64 - 1.0).max(1.0);
    Ok(TrainReport {
        auc,
        auc_sd: spread.sqrt(),
        gini: 2.0 * auc - 1.0,
        ks: metrics::ks(&pd, &bad),
        brier: metrics::brier(&pd, &bad),
        log_loss: metrics::log_loss(&pd, &bad),
        calibration_slope: Calibration::fit(&log_odds, &bad)?.slope,
        n: table.n_rows(),
        bad: table.bad.iter().filter(|b| **b).count(),
        dropped,
        oof,
    })
}

/// One fit on some rows, without calibration.
fn fit(
    table: &Table,
    target: &str,
    rows: &[usize],
    options: &TrainOptions,
) -> Result<(TableModel, Vec<Dropped>), Error> {
    let bad: Vec<bool> = rows.iter().map(|r| table.bad[*r]).collect();
    let bins: Vec<Bins> = (table.names.iter().zip(&table.columns))
        .map(|(name, column)| {
            let values: Vec<f64> = rows.iter().map(|r| column[*r]).collect();
            Bins::fit(&values, &bad, options.monotone.get(name).copied())
        })
        .collect();
    let mut dropped: Vec<Dropped> =
        table.left_out.iter().map(|(column, why)| Dropped { column: column.clone(), why: why.clone() }).collect();
    let mut chosen: Vec<usize> = (0..bins.len()).filter(|i| bins[*i].iv >= MIN_INFORMATION).collect();
    dropped.extend((0..bins.len()).filter(|i| bins[*i].iv < MIN_INFORMATION).map(|i| Dropped {
        column: table.names[i].clone(),
        why: format!("tells too little (information value {:.3})", bins[i].iv),
    }));
    let (weights, intercept) = loop {
        if chosen.is_empty() {
            return Err(Error::Table("no column tells anything about the target".to_owned()));
        }
        let inputs = |row: usize, i: usize| bins[chosen[i]].woe_of(table.columns[chosen[i]][rows[row]]);
        let (weights, intercept) = logistic(rows.len(), chosen.len(), inputs, &bad, RIDGE)?;
        // More evidence of good must mean less risk; a weight of the other sign only repairs what its neighbours overdo.
        let (kept, reversed): (Vec<usize>, Vec<usize>) = (0..chosen.len()).partition(|i| weights[*i] < 0.0);
        if reversed.is_empty() {
            break (weights, intercept);
        }
        dropped.extend(reversed.iter().map(|i| Dropped {
            column: table.names[chosen[*i]].clone(),
            why: "its weight had the wrong sign beside the others".to_owned(),
        }));
        chosen = kept.into_iter().map(|i| chosen[i]).collect();
    };
    let columns =
        chosen.iter().zip(&weights).map(|(i, weight)| column_points(&table.names[*i], &bins[*i], *weight)).collect();
    let base = POINTS_AT_ANCHOR + factor() * (-intercept - ANCHOR_ODDS.ln());
    let calibration = Calibration { slope: 1.0, intercept: 0.0 };
    let model = TableModel {
        kind: "table".to_owned(),
        target: target.to_owned(),
        base_points: whole(base),
        columns,
        calibration,
    };
    Ok((model, dropped))
}

fn column_points(name: &str, bins: &Bins, weight: f64) -> ColumnPoints {
    let points = |woe: f64| whole(-weight * woe * factor());
    ColumnPoints {
        name: name.to_owned(),
        edges: bins.edges.clone(),
        points: bins.woe.iter().map(|woe| points(*woe)).collect(),
        missing: points(bins.woe_missing),
        information: bins.iv,
    }
}

fn cell(table: &Table, name: &str, row: usize) -> Option<f64> {
    let place = table.names.iter().position(|n| n == name)?;
    Some(table.columns[place][row]).filter(|v| !v.is_nan())
}

fn factor() -> f64 {
    POINTS_TO_DOUBLE / std::f64::consts::LN_2
}

#[expect(clippy::cast_possible_truncation, reason = "points are some hundred; beyond the type they stop at its ends")]
fn whole(points: f64) -> Points {
    points.round() as Points
}
