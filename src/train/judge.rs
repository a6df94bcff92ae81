//! Training and its honest examination: every figure of the report comes from rows that the model at hand had not seen.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rayon::prelude::*;
use serde::Serialize;

use super::{
    Error, SILENT, Times,
    binning::Direction,
    boosted,
    calibration::{Calibration, Chosen, Isotonic},
    columns, folds, metrics, remarks,
    table::Table,
    weights::RidgeTried,
};
use crate::{
    domain::Scale,
    score::{self, Artefact, TableScorer},
};

/// Folds that are drawn when none are given.
const N_FOLDS: usize = 5;

/// How far from 0 and 1 a PD stays in the report, so that its log-odds are numbers.
const EDGE: f64 = 1e-9;

/// One row in so many is of the last time, which is judged by itself.
const LATE_PART: usize = 5;

/// What is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// Points per bin, which a person can add up.
    #[default]
    Scorecard,
    /// Gradient-boosted trees: the challenger.
    Boosted,
    /// The same, smaller: rows of one client overlap in time, and their outcomes are mostly chance.
    History,
}

/// How to train.
#[derive(Debug, Clone, Default)]
pub struct TrainOptions {
    /// Which way the risk must go with a column.
    pub monotone: BTreeMap<String, Direction>,
    /// The test fold of each row, for each repeat; else five folds are drawn.
    pub folds: Option<Vec<Vec<usize>>>,
    /// For the drawing of folds and of the trees' rows and columns.
    pub seed: u64,
    /// Values that stand for a state and not for a quantity, in any column: they get bins of their own. Only a scorecard has
    /// bins; trees take them for quantities.
    pub special: Vec<f64>,
    /// The share of bad rows where the model will be used, when it is not that of the table.
    pub base_rate: Option<f64>,
    /// The master scale whose points the model will speak; the built-in one when none. What rates with another scale must be
    /// trained for it: points of one scale are other PDs on another.
    pub scale: Option<Scale>,
}

impl TrainOptions {
    /// The master scale, whether it was given or not.
    pub fn scale(&self) -> Result<Scale, Error> {
        match &self.scale {
            Some(scale) => Ok(scale.clone()),
            None => score::scale(score::BUILT_IN_SCALE).map_err(|e| Error::Table(e.to_string())),
        }
    }
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
    /// Slope of the outcome on the log-odds of PDs that were calibrated without the row's fold; below 1 is over-confident.
    pub calibration_slope: f64,
    /// The same before any calibration.
    pub raw_slope: f64,
    /// `platt` or `isotonic`: what did better on held-out rows.
    pub calibration: String,
    /// Seconds of the one fit on all rows that gave the model, sorting of the columns included.
    pub fit_seconds: f64,
    /// Rows.
    pub n: usize,
    /// Bad rows.
    pub bad: usize,
    /// The pull of the weights towards zero that was chosen; none for trees.
    pub ridge: Option<f64>,
    /// What it was chosen from, by cross-validation; empty for trees, and where no part of the rows could be held out.
    pub ridges: Vec<RidgeTried>,
    /// The share of bad rows that the PDs were moved to; none when it is that of the table. The figures above are before that.
    pub base_rate: Option<f64>,
    /// How the last rows were foretold by models of earlier ones; none without a column of times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_time: Option<OutOfTime>,
    /// Columns left out, and why.
    pub dropped: Vec<Dropped>,
    /// What a reader must know of columns that stayed.
    pub notes: Vec<Dropped>,
    /// Out-of-fold predictions: row, repeat, fold, PD.
    #[serde(skip)]
    pub oof: Vec<(usize, usize, usize, f64)>,
}

/// The last fifth of the rows, judged by models that saw neither their time nor their groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutOfTime {
    /// Their first time, as the file writes it.
    pub from: String,
    /// Rows.
    pub n: usize,
    /// Bad rows.
    pub bad: usize,
    /// The area under their ROC curve.
    pub auc: f64,
}

/// A column and what is to be said of it: why it was left out, or what to know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dropped {
    /// Its name.
    pub column: String,
    /// Why.
    pub why: String,
}

/// A model before calibration.
#[derive(Debug, Clone)]
pub(super) struct Fitted {
    pub(super) model: Artefact,
    pub(super) dropped: Vec<Dropped>,
    pub(super) notes: Vec<(String, String)>,
    pub(super) ridge: Option<f64>,
    pub(super) ridges: Vec<RidgeTried>,
}

/// Trains a scorecard: optimal bins, weights of evidence, logistic regression (linfa), bins settled beside each other, whole
/// points; judged out of fold, then fitted on all rows and calibrated on the out-of-fold predictions. The model is a table
/// model without a name; its target is `target`.
pub fn scorecard(table: &Table, target: &str, options: &TrainOptions) -> Result<(Artefact, TrainReport), Error> {
    train(table, target, Algorithm::Scorecard, options)
}

/// Trains either kind of model.
pub fn train(
    table: &Table,
    target: &str,
    algorithm: Algorithm,
    options: &TrainOptions,
) -> Result<(Artefact, TrainReport), Error> {
    super::scorecard::check(table, options)?;
    let scale = options.scale()?;
    let start = Instant::now();
    let orders = super::scorecard::orders(table);
    let sorting = start.elapsed();
    let bench = Bench { table, orders, algorithm, options, scale };
    let repeats = bench.repeats()?;
    let held_out = bench.hold_out(&repeats)?;
    let out_of_time = bench.out_of_time(&repeats[0])?;
    let start = Instant::now();
    let all: Vec<usize> = (0..table.n_rows()).collect();
    let mut fitted = bench.fit(&all).map_err(|error| match error {
        Error::Silent => Error::Table(format!("{SILENT}{}", table.columns_in_words())),
        other => other,
    })?;
    let seconds = sorting + start.elapsed();
    if algorithm != Algorithm::Scorecard {
        fitted.notes.extend(remarks::of_columns(table, &bench.orders, &fitted.model.inputs));
    }
    fitted.notes.extend(table.times.as_ref().and_then(Times::note));
    let (mut calibration, slopes, oof) = calibrate(table, &held_out)?;
    let report = TrainReport {
        base_rate: options.base_rate,
        out_of_time,
        ..report(table, &fitted, &oof, (&calibration, slopes), seconds)
    };
    if let Some(base_rate) = options.base_rate {
        calibration.rebase(report.bad as f64 / report.n as f64, base_rate);
    }
    let mut model = Artefact { target: Some(target.to_owned()), ..fitted.model };
    calibration.write(&mut model, &bench.scale);
    Ok((model, report))
}

/// A table model that says nothing yet.
pub(super) fn blank() -> Artefact {
    Artefact {
        format: 1,
        name: String::new(),
        kind: "table".to_owned(),
        catalogue: None,
        definition_of_default: "the target column of the training table is 1".to_owned(),
        horizon_months: 12,
        base: 0,
        calibration: score::Calibration { slope: 1.0, intercept: 0.0 },
        target: None,
        steps: Vec::new(),
        inputs: Vec::new(),
        forest: None,
    }
}

/// What every fit on a table shares.
struct Bench<'a> {
    table: &'a Table,
    orders: super::scorecard::Orders,
    algorithm: Algorithm,
    options: &'a TrainOptions,
    scale: Scale,
}

/// Predictions of one test fold: log-odds before calibration.
struct HeldOut {
    repeat: usize,
    fold: usize,
    rows: Vec<usize>,
    log_odds: Vec<f64>,
}

impl Bench<'_> {
    fn fit(&self, rows: &[usize]) -> Result<Fitted, Error> {
        match self.algorithm {
            Algorithm::Scorecard => super::scorecard::fit(self.table, &self.orders, rows, self.options, &self.scale),
            Algorithm::Boosted => boosted::fit(self.table, rows, self.options, &boosted::TABLE),
            Algorithm::History => boosted::fit(self.table, rows, self.options, &boosted::HISTORY),
        }
    }

    /// The folds that were given, or five that are drawn.
    fn repeats(&self) -> Result<Vec<Vec<usize>>, Error> {
        let table = self.table;
        let repeats = match &self.options.folds {
            Some(repeats) => repeats.clone(),
            None => vec![folds::stratified(&table.bad, table.groups.as_deref(), N_FOLDS, self.options.seed)],
        };
        for (repeat, folds) in repeats.iter().enumerate() {
            folds::check_groups(folds, table.groups.as_deref())?;
            folds::check_classes(folds, &table.bad, repeat)?;
        }
        Ok(repeats)
    }

    fn hold_out(&self, repeats: &[Vec<usize>]) -> Result<Vec<HeldOut>, Error> {
        let folds_of =
            |(repeat, folds): (usize, &Vec<usize>)| folds::distinct(folds).into_iter().map(move |fold| (repeat, fold));
        let jobs: Vec<(usize, usize)> = repeats.iter().enumerate().flat_map(folds_of).collect();
        jobs.par_iter().map(|(repeat, fold)| self.test(&repeats[*repeat], *repeat, *fold)).collect()
    }

    fn test(&self, folds: &[usize], repeat: usize, fold: usize) -> Result<HeldOut, Error> {
        let (rows, rest): (Vec<usize>, Vec<usize>) = (0..folds.len()).partition(|row| folds[*row] == fold);
        let log_odds = self.foretold(&rest, &rows).map_err(|e| Error::Fold { repeat, fold, why: e.to_string() })?;
        Ok(HeldOut { repeat, fold, rows, log_odds })
    }

    /// What a model of some rows says of others: log-odds before calibration.
    fn foretold(&self, rest: &[usize], rows: &[usize]) -> Result<Vec<f64>, Error> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let fitted = match self.fit(rest) {
            Ok(fitted) => fitted,
            // Where nothing can be learned the honest prediction is the average.
            Err(Error::Silent) => {
                let n_bad = rest.iter().filter(|r| self.table.bad[**r]).count();
                let average = (n_bad as f64 / (rest.len() - n_bad) as f64).ln();
                return Ok(vec![average; rows.len()]);
            }
            Err(e) => return Err(e),
        };
        let scorer = TableScorer::new(fitted.model, self.scale.clone());
        let inputs = columns::of_table(self.table, scorer.model(), Some(rows))?;
        let inputs: Vec<&[f64]> = inputs.iter().map(Vec::as_slice).collect();
        Ok(scorer.raw(&inputs).into_iter().map(|raw| self.scale.log_odds(raw)).collect())
    }

    /// The last rows, judged by models of earlier rows of other groups: what the next year may bring. None without times, or
    /// where a side of the cut has one class only.
    fn out_of_time(&self, folds: &[usize]) -> Result<Option<OutOfTime>, Error> {
        let Some((from, is_late)) = self.table.times.as_ref().and_then(cut) else { return Ok(None) };
        let bad = &self.table.bad;
        let parts: Vec<(Vec<usize>, Vec<usize>)> = folds::distinct(folds)
            .into_iter()
            .map(|fold| {
                let of = |late: bool, held: bool| {
                    let is_in = |row: &usize| is_late[*row] == Some(late) && (folds[*row] == fold) == held;
                    (0..folds.len()).filter(is_in).collect()
                };
                (of(false, false), of(true, true))
            })
            .collect();
        let has_both = |rows: &[usize]| rows.iter().any(|r| bad[*r]) && rows.iter().any(|r| !bad[*r]);
        if !parts.iter().all(|(rest, rows)| rows.is_empty() || has_both(rest)) {
            return Ok(None);
        }
        let foretold: Vec<Vec<f64>> =
            parts.par_iter().map(|(rest, rows)| self.foretold(rest, rows)).collect::<Result<_, Error>>()?;
        let late: Vec<bool> = parts.iter().flat_map(|(_, rows)| rows.iter().map(|r| bad[*r])).collect();
        let n_bad = late.iter().filter(|b| **b).count();
        let auc = metrics::auc(&foretold.concat(), &late);
        Ok(auc.is_finite().then_some(OutOfTime { from, n: late.len(), bad: n_bad, auc }))
    }
}

/// From which time on rows are the last: the latest that leaves at least a fifth of those that have one; and which rows these
/// are, which nobody can tell of a row without a time. None when all are of one time.
fn cut(times: &Times) -> Option<(String, Vec<Option<bool>>)> {
    let mut sorted: Vec<usize> = times.places().iter().copied().flatten().collect();
    sorted.sort_unstable();
    let from = *sorted.get(sorted.len().checked_sub((sorted.len() / LATE_PART).max(1))?)?;
    let is_late = |place: &Option<usize>| place.map(|place| place >= from);
    (from > 0).then(|| (times.word(from).to_owned(), times.places().iter().map(is_late).collect()))
}

/// The PD of each held-out row, by the calibration that stands.
type Oof = Vec<(usize, usize, usize, f64)>;

/// Chooses the calibration: for each fold, both kinds are fitted on the other folds of its repeat, and judged on it. The
/// winner is fitted on all predictions. With the slopes before and after, and the calibrated predictions.
fn calibrate(table: &Table, held_out: &[HeldOut]) -> Result<(Chosen, (f64, f64), Oof), Error> {
    let mut rows: Vec<(usize, usize, usize, f64, f64)> = Vec::new();
    for test in held_out {
        let others: Vec<(f64, bool)> = held_out
            .iter()
            .filter(|h| h.repeat == test.repeat && h.fold != test.fold)
            .flat_map(|h| h.log_odds.iter().copied().zip(h.rows.iter().map(|r| table.bad[*r])))
            .collect();
        let (log_odds, bad): (Vec<f64>, Vec<bool>) = others.into_iter().unzip();
        let (line, steps) = (Calibration::fit(&log_odds, &bad)?, Isotonic::fit(&log_odds, &bad));
        rows.extend(
            test.rows
                .iter()
                .zip(&test.log_odds)
                .map(|(row, s)| (*row, test.repeat, test.fold, line.probability(*s).get(), expit(steps.log_odds(*s)))),
        );
    }
    let bad: Vec<bool> = rows.iter().map(|r| table.bad[r.0]).collect();
    let [platt, isotonic] = [|r: &(usize, usize, usize, f64, f64)| r.3, |r: &(usize, usize, usize, f64, f64)| r.4]
        .map(|pd| rows.iter().map(pd).collect::<Vec<f64>>());
    let gain = metrics::log_loss(&platt, &bad) - metrics::log_loss(&isotonic, &bad);
    let raw: Vec<f64> = held_out.iter().flat_map(|h| h.log_odds.iter().copied()).collect();
    let chosen = Chosen::fit(&raw, &bad, gain)?;
    let pd = if chosen.name() == "platt" { platt } else { isotonic };
    let pd: Vec<f64> = pd.into_iter().map(|p| p.clamp(EDGE, 1.0 - EDGE)).collect();
    let log_odds: Vec<f64> = pd.iter().map(|p| (p / (1.0 - p)).ln()).collect();
    let slopes = (Calibration::fit(&raw, &bad)?.slope, Calibration::fit(&log_odds, &bad)?.slope);
    let oof = rows.iter().zip(&pd).map(|(r, p)| (r.0, r.1, r.2, *p)).collect();
    Ok((chosen, slopes, oof))
}

fn report(
    table: &Table,
    fitted: &Fitted,
    oof: &Oof,
    (calibration, (raw_slope, slope)): (&Chosen, (f64, f64)),
    fit_time: Duration,
) -> TrainReport {
    let pd: Vec<f64> = oof.iter().map(|(.., p)| *p).collect();
    let bad: Vec<bool> = oof.iter().map(|(row, ..)| table.bad[*row]).collect();
    let mut of_fold: BTreeMap<(usize, usize), (Vec<f64>, Vec<bool>)> = BTreeMap::new();
    for ((row, repeat, fold, p), _) in oof.iter().zip(&bad) {
        let (pd, bad) = of_fold.entry((*repeat, *fold)).or_default();
        pd.push(*p);
        bad.push(table.bad[*row]);
    }
    let aucs: Vec<f64> = of_fold.values().map(|(p, b)| metrics::auc(p, b)).filter(|a| a.is_finite()).collect();
    let auc = aucs.iter().sum::<f64>() / aucs.len() as f64;
    let spread = aucs.iter().map(|a| (a - auc).powi(2)).sum::<f64>() / (aucs.len() as f64 - 1.0).max(1.0);
    let note = |(column, why): &(String, String)| Dropped { column: column.clone(), why: why.clone() };
    // What the fit found comes first: a column that knows the outcome must not stand below a list of typing errors.
    let of_table = table.notes.iter().filter(|(c, _)| table.names.contains(c));
    TrainReport {
        auc,
        auc_sd: spread.sqrt(),
        gini: 2.0 * auc - 1.0,
        ks: metrics::ks(&pd, &bad),
        brier: metrics::brier(&pd, &bad),
        log_loss: metrics::log_loss(&pd, &bad),
        calibration_slope: slope,
        raw_slope,
        calibration: calibration.name().to_owned(),
        fit_seconds: (fit_time.as_secs_f64() * 1000.0).round() / 1000.0,
        n: table.n_rows(),
        bad: table.bad.iter().filter(|b| **b).count(),
        ridge: fitted.ridge,
        ridges: fitted.ridges.clone(),
        base_rate: None,
        out_of_time: None,
        dropped: fitted.all_dropped(table),
        notes: fitted.notes.iter().chain(of_table).map(note).collect(),
        oof: oof.clone(),
    }
}

fn expit(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}
