use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;

use super::{History, Rival};
use crate::{
    domain::{Grade, Light, Points, Probability, Scale},
    score::{Artefact, Input, TableScorer},
    train::{
        Calibration, Dropped, Error, metrics,
        prior::{Moved, Settled},
        sample::{self, SampleColumn},
    },
};

/// Bad rows, in rows that stand for themselves, from which on the fitted log-odds are settled by a line: with fewer the
/// line would be luck.
const ENOUGH_TO_SETTLE: f64 = 100.0;
/// Points of the living: 0 is for those in default.
const LIVING: std::ops::RangeInclusive<Points> = 1..=1000;

/// How good the model is on clients, and on days, that it has not seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryReport {
    /// Mean over the test folds; each holds clients of its own.
    pub auc: f64,
    /// Its standard deviation over the test folds.
    pub auc_sd: f64,
    /// Standard error of the AUC over all rows, clients counting as wholes.
    pub auc_se: f64,
    /// `2 × auc − 1`.
    pub gini: f64,
    /// On all rows, each scored by a model that had not seen its client.
    pub ks: f64,
    /// The same.
    pub brier: f64,
    /// The same.
    pub log_loss: f64,
    /// The same; below 1 is over-confident.
    pub calibration_slope: f64,
    /// Rows that train.
    pub n: usize,
    /// Bad ones of these.
    pub bad: usize,
    /// Clients in them.
    pub clients: usize,
    /// First and last day of them.
    pub days: (Date, Date),
    /// The AUC of the expert scorecard on the same rows.
    pub auc_expert: f64,
    /// The AUC over all these rows at once, to be compared with the two beside it.
    pub auc_pooled: f64,
    /// The AUC of the best ranking possible on the same rows, where the labels told it.
    pub auc_best: Option<f64>,
    /// On days that came after all that trained, by the model as it is delivered.
    pub later: Option<LaterReport>,
    /// The binomial test of each grade on the last day there is.
    pub grades: Vec<GradeCheck>,
    /// How far the evidence moved the expert.
    pub moved: Vec<Moved>,
    /// Columns left out, and why.
    pub dropped: Vec<Dropped>,
    /// `scorecard` or `boosted`.
    pub algorithm: &'static str,
    /// The other kind of model, where both were tried.
    pub rival: Option<Rival>,
}

/// How good the model is on later days.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LaterReport {
    /// First and last day.
    pub days: (Date, Date),
    /// Rows.
    pub n: usize,
    /// Bad ones.
    pub bad: usize,
    /// Area under the ROC curve.
    pub auc: f64,
    /// Its standard error, clients counting as wholes.
    pub auc_se: f64,
    /// Of the expert scorecard.
    pub auc_expert: f64,
    /// Of the best ranking possible, where the labels told it.
    pub auc_best: Option<f64>,
    /// Mean PD over the share that went bad.
    pub pd_over_bad: f64,
}

/// A grade, and whether as many went bad in it as its PDs say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GradeCheck {
    /// The grade.
    pub grade: String,
    /// Rows in it.
    pub n: usize,
    /// Bad ones.
    pub bad: usize,
    /// Mean PD of them; none for an empty grade.
    pub pd: Option<f64>,
    /// `green`, `yellow` or `red`; a grade that nobody is in is green.
    pub light: &'static str,
}

/// The points that an artefact gives each of these rows.
fn points(history: &History, rows: &[usize], artefact: &Artefact) -> Vec<Points> {
    let columns: Vec<Option<&Vec<f64>>> = artefact.inputs.iter().map(|i| history.column(&i.feature)).collect();
    let of_row = |row: &usize| {
        let value = |column: &Option<&Vec<f64>>| column.map(|c| c[*row]).filter(|v| !v.is_nan());
        let points = artefact.inputs.iter().zip(&columns).map(|(input, column)| input.points(value(column)));
        artefact.calibrated(artefact.base + points.sum::<Points>())
    };
    rows.iter().map(of_row).collect()
}

/// The log-odds that trees give each of these rows, calibrated.
fn by_trees(history: &History, rows: &[usize], artefact: &Artefact, scale: &Scale) -> Vec<f64> {
    let of_rows = |column: &Vec<f64>| rows.iter().map(|row| column[*row]).collect();
    let column = |input: &Input| history.column(&input.feature).map_or_else(|| vec![f64::NAN; rows.len()], of_rows);
    let columns: Vec<Vec<f64>> = artefact.inputs.iter().map(column).collect();
    let scored =
        TableScorer::new(artefact.clone(), scale.clone()).score(&columns.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let log_odds = |pd: f64| (pd / (1.0 - pd)).ln();
    scored.into_iter().map(|scored| log_odds(scored.pd.get())).collect()
}

/// The text of `training.json`: how the points and the inputs of these rows were spread, each row by its weight.
pub(super) fn training_json(
    history: &History,
    rows: &[usize],
    weights: &[f64],
    artefact: &Artefact,
) -> Result<Vec<u8>, Error> {
    let whole = |points: Points| f64::from(points.clamp(*LIVING.start(), *LIVING.end()));
    let points: Vec<f64> = points(history, rows, artefact).into_iter().map(whole).collect();
    let values = |input: &Input| match history.column(&input.feature) {
        Some(column) => rows.iter().map(|row| column[*row]).collect(),
        None => vec![f64::NAN; rows.len()],
    };
    let values: Vec<Vec<f64>> = artefact.inputs.iter().map(values).collect();
    let columns = artefact.inputs.iter().zip(&values).map(|(input, values)| SampleColumn { input, values });
    let weights: Vec<f64> = rows.iter().map(|row| weights[*row]).collect();
    sample::spread_json(&points, &columns.collect::<Vec<_>>(), &weights)
}

/// Rows with a score each, and what became of them.
pub(super) struct Scored<'a> {
    pub(super) history: &'a History,
    pub(super) rows: Vec<usize>,
    /// Log-odds of going bad.
    pub(super) scores: Vec<f64>,
}

impl<'a> Scored<'a> {
    /// Rows scored by an artefact: the log-odds of the PD its points stand for.
    pub(super) fn by(history: &'a History, rows: Vec<usize>, artefact: &Artefact, scale: &Scale) -> Self {
        let log_odds = |points: Points| {
            let pd = scale.pd(points).get();
            (pd / (1.0 - pd)).ln()
        };
        let scores = match artefact.forest {
            Some(_) => by_trees(history, &rows, artefact, scale),
            None => points(history, &rows, artefact).into_iter().map(log_odds).collect(),
        };
        Self { history, rows, scores }
    }

    fn bad(&self) -> Vec<bool> {
        self.rows.iter().map(|row| self.history.table.bad[*row]).collect()
    }

    fn pd(&self) -> Vec<f64> {
        self.scores.iter().map(|score| 1.0 / (1.0 + (-score).exp())).collect()
    }

    pub(super) fn auc(&self) -> f64 {
        metrics::auc(&self.scores, &self.bad())
    }

    fn auc_best(&self) -> Option<f64> {
        let best: Vec<f64> = self.rows.iter().filter_map(|row| self.history.best.get(*row).copied()).collect();
        self.history.has_best().then(|| metrics::auc(&best, &self.bad()))
    }

    fn days(&self) -> (Date, Date) {
        let days = || self.rows.iter().map(|row| self.history.days[*row]);
        (days().min().unwrap_or(Date::MIN), days().max().unwrap_or(Date::MIN))
    }

    /// The line that makes these scores hold, when there is evidence enough for one.
    pub(super) fn settle(&self, weights: &[f64]) -> Result<Settled, Error> {
        let n_bad: f64 = self.rows.iter().filter(|row| self.history.table.bad[**row]).map(|row| weights[*row]).sum();
        if n_bad < ENOUGH_TO_SETTLE {
            return Ok(Settled::AS_FITTED);
        }
        let Calibration { slope, intercept } = Calibration::fit(&self.scores, &self.bad())?;
        // A line that turned the order round would be a fit gone wrong, not a calibration.
        Ok(if slope > 0.0 { Settled { slope, intercept } } else { Settled::AS_FITTED })
    }

    pub(super) fn settled(&self, line: Settled) -> Self {
        let scores = self.scores.iter().map(|score| line.intercept + line.slope * score).collect();
        Self { history: self.history, rows: self.rows.clone(), scores }
    }

    /// The report of rows that were scored unseen; `before` are the scores as fitted, whose slope shows over-confidence,
    /// `aucs` those of the folds.
    pub(super) fn report(&self, before: &Self, aucs: &[f64], scale: &Scale) -> Result<HistoryReport, Error> {
        let (bad, pd, auc) = (self.bad(), self.pd(), mean(aucs));
        let clients: BTreeSet<&str> = self.rows.iter().map(|row| self.history.client(*row)).collect();
        Ok(HistoryReport {
            auc,
            auc_sd: deviation(aucs, auc),
            auc_se: self.auc_se(),
            gini: 2.0 * auc - 1.0,
            ks: metrics::ks(&pd, &bad),
            brier: metrics::brier(&pd, &bad),
            log_loss: metrics::log_loss(&pd, &bad),
            calibration_slope: Calibration::fit(&before.scores, &bad)?.slope,
            n: bad.len(),
            bad: bad.iter().filter(|b| **b).count(),
            clients: clients.len(),
            days: self.days(),
            auc_expert: f64::NAN,
            auc_pooled: self.auc(),
            auc_best: self.auc_best(),
            later: None,
            grades: self.grades(scale),
            moved: Vec::new(),
            dropped: Vec::new(),
            algorithm: "scorecard",
            rival: None,
        })
    }

    /// The report of rows that came after all that trained.
    pub(super) fn later_report(&self, auc_expert: f64) -> LaterReport {
        let (bad, pd) = (self.bad(), self.pd());
        let n_bad = bad.iter().filter(|b| **b).count();
        LaterReport {
            days: self.days(),
            n: bad.len(),
            bad: n_bad,
            auc: self.auc(),
            auc_se: self.auc_se(),
            auc_expert,
            auc_best: self.auc_best(),
            pd_over_bad: pd.iter().sum::<f64>() / n_bad as f64,
        }
    }

    /// Standard error of the AUC when rows of a client go together (Obuchowski 1997, Biometrics 53, 567): the spread over
    /// clients of how their rows stand among those of the other outcome.
    fn auc_se(&self) -> f64 {
        spread(self.standing().into_values())
    }

    /// By how much the AUC is above that of other scores of the same rows, and the standard error of the difference.
    pub(super) fn ahead_of(&self, other: &Self) -> (f64, f64) {
        let theirs = other.standing();
        let differences =
            self.standing().into_iter().map(|(client, mine)| mine - theirs.get(client).copied().unwrap_or(0.0));
        (self.auc() - other.auc(), spread(differences))
    }

    /// How the rows of each client stand among those of the other outcome, against the average.
    fn standing(&self) -> BTreeMap<&str, f64> {
        let bad = self.bad();
        let of = |outcome: bool| {
            let mut scores: Vec<f64> =
                self.scores.iter().zip(&bad).filter(|(_, b)| **b == outcome).map(|(s, _)| *s).collect();
            scores.sort_by(f64::total_cmp);
            scores
        };
        let (goods, bads) = (of(false), of(true));
        // The share of `others` below a score, ties counting half.
        let below = |others: &[f64], score: f64| {
            let (under, upto) = (others.partition_point(|o| *o < score), others.partition_point(|o| *o <= score));
            (under + upto) as f64 / (2.0 * others.len() as f64)
        };
        let auc = self.auc();
        let mut of_client: BTreeMap<&str, f64> = BTreeMap::new();
        for ((row, score), is_bad) in self.rows.iter().zip(&self.scores).zip(&bad) {
            let stands = match is_bad {
                true => (below(&goods, *score) - auc) / bads.len() as f64,
                false => (1.0 - below(&bads, *score) - auc) / goods.len() as f64,
            };
            *of_client.entry(self.history.client(*row)).or_default() += stands;
        }
        of_client
    }

    /// The binomial test of each grade on the last day, on which a client stands once.
    pub(super) fn grades(&self, scale: &Scale) -> Vec<GradeCheck> {
        let (_, last) = self.days();
        let (pd, bad) = (self.pd(), self.bad());
        let on_last = |at: &usize| self.history.days[self.rows[*at]] == last;
        let check = |grade: &Grade| {
            let is_of = |at: &usize| Probability::new(pd[*at]).is_ok_and(|pd| scale.grade(pd) == *grade);
            let members: Vec<usize> = (0..pd.len()).filter(|at| on_last(at) && is_of(at)).collect();
            let n_bad = members.iter().filter(|at| bad[**at]).count();
            let mean = members.iter().map(|at| pd[*at]).sum::<f64>() / members.len() as f64;
            GradeCheck {
                grade: grade.to_string(),
                n: members.len(),
                bad: n_bad,
                pd: Some(mean).filter(|p| p.is_finite()),
                // Nothing stands against a grade that nobody is in; its number says so.
                light: match members.len() {
                    0 => Light::Green.as_str(),
                    n => Light::of_count(n as u64, n_bad as u64, mean).as_str(),
                },
            }
        };
        Grade::PERFORMING.iter().map(check).collect()
    }
}

/// The standard error of a sum of independent parts.
fn spread(parts: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = parts.len() as f64;
    (parts.map(|d| d * d).sum::<f64>() * n / (n - 1.0).max(1.0)).sqrt()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn deviation(values: &[f64], mean: f64) -> f64 {
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0).max(1.0)).sqrt()
}
