//! Scores with their outcomes in rising order, and what chance alone would have made of every figure.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::{
    evaluate::Outcomes,
    metrics::{Figure, Interval, tenths},
};

/// Resamples of an interval: the ends of a 95 % interval rest on five of them each.
const N_RESAMPLES: u64 = 200;

/// The same on many rows, where chance moves little and each resample takes long.
const N_RESAMPLES_OF_MANY: u64 = 40;

/// What counts as many rows.
const MANY_ROWS: usize = 200_000;

/// Rows of a class, or groups with one, from which on resamples tell how far chance moves a figure. A resample of one bad row
/// has that very row, however often.
const ENOUGH_OF_CLASS: usize = 10;

/// Newton steps of the calibration line; it settles in five or six.
const N_STEPS: usize = 12;

/// A figure's place in an array of all of them.
pub(super) const AUC: usize = 0;
const KS: usize = 1;
const BRIER: usize = 2;
const LOG_LOSS: usize = 3;
const SLOPE: usize = 4;
const INTERCEPT: usize = 5;
const HOSMER_LEMESHOW: usize = 6;

/// Scores in their order, once; a resample is a count for each row.
pub(super) struct Ranked {
    /// PDs, rising.
    pd: Vec<f64>,
    log_odds: Vec<f64>,
    bad: Vec<bool>,
    /// Where the next score begins, for ties: true at the last row of each score.
    ends_tie: Vec<bool>,
    /// What a resample draws: for each row the number of its group, and how many groups there are. Without groups each row
    /// is drawn by itself.
    drawn: (Vec<usize>, usize),
    is_grouped: bool,
}

impl Ranked {
    /// `groups`: whose row each is. Rows of one client are alike, and drawn one by one they would count as so many witnesses:
    /// intervals would come out too narrow.
    pub(super) fn new(outcomes: &Outcomes, groups: Option<&[String]>) -> Self {
        let mut order: Vec<usize> = (0..outcomes.bad.len()).collect();
        let pd = |row: &usize| outcomes.scored[*row].pd.get();
        order.sort_by(|a, b| pd(a).total_cmp(&pd(b)));
        let pd: Vec<f64> = order.iter().map(|row| pd(row).clamp(1e-12, 1.0 - 1e-12)).collect();
        let ends_tie = (0..pd.len()).map(|i| pd.get(i + 1).is_none_or(|next| *next > pd[i])).collect();
        Self {
            log_odds: pd.iter().map(|p| (p / (1.0 - p)).ln()).collect(),
            bad: order.iter().map(|row| outcomes.bad[*row]).collect(),
            drawn: groups.map_or_else(|| ((0..pd.len()).collect(), pd.len()), |groups| numbered(groups, &order)),
            is_grouped: groups.is_some(),
            pd,
            ends_tie,
        }
    }

    /// All figures, in the order of their places, each with its interval, where there is one; and why some have none.
    pub(super) fn intervals(&self, seed: u64) -> ([Figure; 7], Option<String>) {
        let value = self.figures(&vec![1.0; self.pd.len()]);
        let [n_good, n_bad] = self.witnesses();
        let auc = || Figure::auc_of_few(value[AUC], n_bad as f64, n_good as f64);
        if n_good.min(n_bad) < ENOUGH_OF_CLASS {
            let mut figures = value.map(Figure::alone);
            figures[AUC] = auc();
            let why = format!(
                "{n_bad} bad and {n_good} good {}: of fewer than {ENOUGH_OF_CLASS} of either resamples tell nothing; AUC and Gini \
                 have the interval of Newcombe, no other figure has one",
                if self.is_grouped { "groups" } else { "rows" }
            );
            return (figures, Some(why));
        }
        let mut figures = self.bootstrap(seed, &value).map(Figure::from);
        // What is below all in the sample is below all in each of its resamples.
        if value[AUC] == 0.0 || value[AUC] == 1.0 {
            (figures[AUC], figures[KS]) = (auc(), Figure::alone(value[KS]));
            let why = "good and bad rows do not overlap, and would in no resample; AUC and Gini have the interval of Newcombe, KS has \
                       none";
            return (figures, Some(why.to_owned()));
        }
        (figures, None)
    }

    /// Rows that are good, and bad; where rows have groups, groups with such a row.
    fn witnesses(&self) -> [usize; 2] {
        let (group_of, n_groups) = &self.drawn;
        [false, true].map(|class| {
            let mut has = vec![false; *n_groups];
            group_of.iter().zip(&self.bad).filter(|(_, bad)| **bad == class).for_each(|(group, _)| has[*group] = true);
            has.into_iter().filter(|has| *has).count()
        })
    }

    fn bootstrap(&self, seed: u64, value: &[f64; 7]) -> [Interval; 7] {
        let n = self.pd.len();
        let n_resamples = if n > MANY_ROWS { N_RESAMPLES_OF_MANY } else { N_RESAMPLES };
        let resampled: Vec<[f64; 7]> = (0..n_resamples)
            .into_par_iter()
            .map(|i| {
                let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_add(i));
                let (group_of, n_groups) = &self.drawn;
                let mut times = vec![0.0; *n_groups];
                (0..*n_groups).for_each(|_| times[rng.random_range(0..*n_groups)] += 1.0);
                self.figures(&group_of.iter().map(|group| times[*group]).collect::<Vec<f64>>())
            })
            .collect();
        std::array::from_fn(|figure| {
            let mut of_figure: Vec<f64> = resampled.iter().map(|r| r[figure]).filter(|f| f.is_finite()).collect();
            of_figure.sort_by(f64::total_cmp);
            let around = Interval::around(value[figure], &of_figure);
            // A resample adds its own chance to a test, so that its figures may all lie on one side of the sample's.
            Interval { low: around.low.min(around.value), high: around.high.max(around.value), ..around }
        })
    }

    /// All figures of the rows, each counted so often.
    fn figures(&self, counts: &[f64]) -> [f64; 7] {
        let mut figures = [0.0; 7];
        (figures[AUC], figures[KS]) = self.ranking(counts);
        let n: f64 = counts.iter().sum();
        for ((p, bad), count) in self.pd.iter().zip(&self.bad).zip(counts) {
            figures[BRIER] += count * (p - f64::from(u8::from(*bad))).powi(2) / n;
            figures[LOG_LOSS] -= count * if *bad { p.ln() } else { (-p).ln_1p() } / n;
        }
        (figures[SLOPE], figures[INTERCEPT]) = self.line(counts);
        figures[HOSMER_LEMESHOW] = self.hosmer_lemeshow(counts);
        figures
    }

    /// AUC (ties count half) and Kolmogorov and Smirnov's distance.
    fn ranking(&self, counts: &[f64]) -> (f64, f64) {
        let of_class =
            |class: bool| self.bad.iter().zip(counts).filter(|(b, _)| **b == class).map(|(_, c)| c).sum::<f64>();
        let (n_bad, n_good) = (of_class(true), of_class(false));
        let (mut good_below, mut bad_below, mut won, mut widest) = (0.0, 0.0, 0.0, 0.0f64);
        let (mut good_tied, mut bad_tied) = (0.0, 0.0);
        for ((is_bad, ends_tie), count) in self.bad.iter().zip(&self.ends_tie).zip(counts) {
            *(if *is_bad { &mut bad_tied } else { &mut good_tied }) += count;
            if *ends_tie {
                won += bad_tied * (good_below + good_tied / 2.0);
                (good_below, bad_below) = (good_below + good_tied, bad_below + bad_tied);
                widest = widest.max((good_below / n_good - bad_below / n_bad).abs());
                (good_tied, bad_tied) = (0.0, 0.0);
            }
        }
        (won / (n_bad * n_good), widest)
    }

    /// Slope and intercept of the outcomes on the log-odds, by Newton's method.
    fn line(&self, counts: &[f64]) -> (f64, f64) {
        let (mut slope, mut intercept) = (1.0, 0.0);
        for _ in 0..N_STEPS {
            let (mut g0, mut g1, mut h00, mut h01, mut h11) = (0.0, 0.0, 1e-9, 0.0, 1e-9);
            for ((x, bad), count) in self.log_odds.iter().zip(&self.bad).zip(counts) {
                let p = 1.0 / (1.0 + (-(intercept + slope * x)).exp());
                let (error, weight) = (count * (f64::from(u8::from(*bad)) - p), count * p * (1.0 - p));
                g0 += error;
                g1 += error * x;
                h00 += weight;
                h01 += weight * x;
                h11 += weight * x * x;
            }
            let determinant = (h00 * h11 - h01 * h01).max(1e-12);
            let (d0, d1) = ((h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant);
            intercept += d0.clamp(-2.0, 2.0);
            slope += d1.clamp(-0.5, 0.5);
        }
        (slope, intercept)
    }

    /// The p-value of the test of Hosmer and Lemeshow (1980) for PDs that were not fitted on these rows: as many degrees of
    /// freedom as groups.
    fn hosmer_lemeshow(&self, counts: &[f64]) -> f64 {
        let groups = tenths(&self.ends_tie);
        let statistic: f64 = groups
            .iter()
            .map(|(from, to)| {
                let rows = *from..*to;
                let sum = |of: &dyn Fn(usize) -> f64| rows.clone().map(|r| counts[r] * of(r)).sum::<f64>();
                let (n, expected) = (sum(&|_| 1.0), sum(&|r| self.pd[r]));
                let seen = sum(&|r| f64::from(u8::from(self.bad[r])));
                let variance = expected * (1.0 - expected / n.max(1.0));
                if variance > 0.0 { (seen - expected).powi(2) / variance } else { 0.0 }
            })
            .sum();
        ChiSquared::new(groups.len() as f64).map_or(f64::NAN, |chi| chi.sf(statistic))
    }
}

/// The number of each row's group, rows in this order, and how many groups there are.
fn numbered(groups: &[String], order: &[usize]) -> (Vec<usize>, usize) {
    let mut numbers: BTreeMap<&String, usize> = BTreeMap::new();
    let group_of = order
        .iter()
        .map(|row| {
            let next = numbers.len();
            *numbers.entry(&groups[*row]).or_insert(next)
        })
        .collect();
    (group_of, numbers.len())
}
