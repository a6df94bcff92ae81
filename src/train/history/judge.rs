use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{
    Definition, History,
    card::golden,
    report::{HistoryReport, Scored, training_json},
    rows::overlap,
};
use crate::{
    domain::{Scale, day_number},
    score::Artefact,
    train::{
        Dropped, Error, folds, metrics,
        prior::{Cells, Fit, Prior},
    },
};

/// Test folds, each of clients that training has not seen.
const N_FOLDS: usize = 5;

/// Which rows train, and which judge.
#[derive(Debug, Clone, Copy, Default)]
pub struct Split {
    /// The last day of rows that train; none is all.
    pub until: Option<Date>,
    /// The first day of rows that only judge. Rows whose outcome was not known then do not train.
    pub judge_from: Option<Date>,
    /// For the drawing of folds.
    pub seed: u64,
}

/// What training from history gives.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The expert's inputs under a new name, moved.
    pub model: Artefact,
    /// How good it is.
    pub report: HistoryReport,
    /// The text of `training.json`.
    pub training: Vec<u8>,
    /// The text of `golden.csv`.
    pub golden: Vec<u8>,
    /// The rows that trained.
    pub rows: Vec<usize>,
    /// The log-odds of each, given by a fit that had not seen its client.
    pub unseen: Vec<f64>,
}

/// Moves an expert scorecard as far as the rows allow, and judges it. The model has the expert's inputs, `name`, and
/// the definition of default.
pub fn train(
    history: &History,
    expert: &Artefact,
    scale: &Scale,
    definition: &Definition,
    split: Split,
    name: &str,
) -> Result<Trained, Error> {
    let rows = training_rows(history, split)?;
    let weights = weights(history, &rows, definition);
    let prior = Prior::new(expert, scale);
    let cells = prior.cells(&history.table);
    let fit = prior.fit(&cells, &history.table.bad, &weights, &rows, None)?;
    let judge = Judge { history, prior: &prior, cells: &cells, weights: &weights, rows: &rows, seed: split.seed };
    let (unseen, fold_aucs) = judge.out_of_fold(&fit)?;
    let settled = unseen.settle(&weights)?;
    let fitted = prior.artefact(&cells, &fit, settled);
    let artefact = Artefact {
        name: name.to_owned(),
        definition_of_default: definition.sentence(),
        horizon_months: definition.horizon_months(),
        ..fitted
    };
    let later = Scored::by(history, later_rows(history, split), &artefact, scale);
    let expert = |rows: &[usize]| Scored::by(history, rows.to_vec(), expert, scale).auc();
    let settled = unseen.settled(settled);
    let report = settled.report(&unseen, &fold_aucs, scale)?;
    let has_later = !later.rows.is_empty();
    let report = HistoryReport {
        auc_expert: expert(&rows),
        later: has_later.then(|| later.later_report(expert(&later.rows))),
        grades: if has_later { later.grades(scale) } else { report.grades },
        moved: prior.moved(&cells, &fit)?,
        dropped: dropped(history, &artefact),
        ..report
    };
    let training = training_json(history, &rows, &weights, &artefact)?;
    let golden = golden(&artefact)?;
    Ok(Trained { model: artefact, report, training, golden, rows: unseen.rows, unseen: unseen.scores })
}

pub(super) fn training_rows(history: &History, split: Split) -> Result<Vec<usize>, Error> {
    let is_early = |row: &usize| split.until.is_none_or(|until| history.days[*row] <= until);
    let is_known = |row: &usize| split.judge_from.is_none_or(|from| history.matures_on[*row] < from);
    let rows: Vec<usize> = (0..history.days.len()).filter(|row| is_early(row) && is_known(row)).collect();
    let n_bad = rows.iter().filter(|row| history.table.bad[**row]).count();
    match n_bad == 0 || n_bad == rows.len() {
        true => Err(Error::Table(format!(
            "{n_bad} bad rows of {} on days whose outcome is known: there must be good and bad ones to learn from",
            rows.len()
        ))),
        false => Ok(rows),
    }
}

pub(super) fn later_rows(history: &History, split: Split) -> Vec<usize> {
    let is_later = |row: &usize| split.judge_from.is_some_and(|from| history.days[*row] >= from);
    (0..history.days.len()).filter(is_later).collect()
}

/// For how many rows each row counts: rows of a client that wait for the same future share one.
fn weights(history: &History, rows: &[usize], definition: &Definition) -> Vec<f64> {
    let mut of_client: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for row in rows {
        of_client.entry(history.client(*row)).or_default().push(*row);
    }
    let mut weights = vec![0.0; history.days.len()];
    for rows in of_client.values() {
        let days: Vec<Date> = rows.iter().map(|row| history.days[*row]).collect();
        let horizon = days.first().map_or(0, |day| day_number(definition.matures_on(*day)) - day_number(*day));
        for (row, n) in rows.iter().zip(overlap(&days, horizon)) {
            weights[*row] = 1.0 / n;
        }
    }
    weights
}

/// Judging by folds of clients.
struct Judge<'a> {
    history: &'a History,
    prior: &'a Prior,
    cells: &'a Cells,
    weights: &'a [f64],
    rows: &'a [usize],
    seed: u64,
}

impl<'a> Judge<'a> {
    /// Each row scored by a fit that has not seen its client, and the AUC of each fold that has one.
    fn out_of_fold(&self, whole: &Fit) -> Result<(Scored<'a>, Vec<f64>), Error> {
        let bad: Vec<bool> = self.rows.iter().map(|row| self.history.table.bad[*row]).collect();
        let clients: Vec<String> = self.rows.iter().map(|row| self.history.client(*row).to_owned()).collect();
        let folds = folds::stratified(&bad, Some(&clients), N_FOLDS, self.seed);
        let (mut scores, mut aucs) = (vec![0.0; self.rows.len()], Vec::new());
        for fold in 0..N_FOLDS {
            let (test, train): (Vec<usize>, Vec<usize>) = (0..self.rows.len()).partition(|at| folds[*at] == fold);
            let train: Vec<usize> = train.into_iter().map(|at| self.rows[at]).collect();
            let fit = self.prior.fit(self.cells, &self.history.table.bad, self.weights, &train, Some(whole))?;
            test.iter().for_each(|at| scores[*at] = fit.log_odds(self.cells, self.rows[*at]));
            let (of_test, bad_of_test): (Vec<f64>, Vec<bool>) = test.iter().map(|at| (scores[*at], bad[*at])).unzip();
            aucs.extend(Some(metrics::auc(&of_test, &bad_of_test)).filter(|auc| auc.is_finite()));
        }
        Ok((Scored { history: self.history, rows: self.rows.to_vec(), scores }, aucs))
    }
}

fn dropped(history: &History, artefact: &Artefact) -> Vec<Dropped> {
    let excluded = history.table.left_out.iter().cloned();
    let blind = artefact
        .inputs
        .iter()
        .filter(|i| history.column(&i.feature).is_some_and(|column| column.iter().all(|v| v.is_nan())));
    let blind = blind.map(|i| (i.feature.clone(), "no row has a value for it; the expert's points stay".to_owned()));
    excluded.chain(blind).map(|(column, why)| Dropped { column, why }).collect()
}
