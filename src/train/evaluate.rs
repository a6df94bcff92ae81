//! A model on rows with known outcomes: figures with intervals, grades with lights, segments and periods.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;
use statrs::distribution::{Binomial, ChiSquared, ContinuousCDF, DiscreteCDF};

use super::{
    Error,
    metrics::{Interval, tenths},
    prudent_bounds,
};
use crate::{domain::Grade, score::Scored};

/// Resamples of an interval: the ends of a 95 % interval rest on five of them each.
const N_RESAMPLES: u64 = 200;

/// The same on many rows, where chance moves little and each resample takes long.
const N_RESAMPLES_OF_MANY: u64 = 40;

/// What counts as many rows.
const MANY_ROWS: usize = 200_000;

/// Newton steps of the calibration line; it settles in five or six.
const N_STEPS: usize = 12;

/// How sure the prudent bound of a grade is.
const CONFIDENCE: f64 = 0.95;

/// Binomial levels from which a grade's light is yellow, and red.
const YELLOW: f64 = 0.95;
const RED: f64 = 0.999;

/// Rows, their scores and what became of them.
#[derive(Debug, Clone, Default)]
pub struct Outcomes {
    /// From the model, in the file's order.
    pub scored: Vec<Scored>,
    /// Whether the row went bad.
    pub bad: Vec<bool>,
}

/// A figure's place in an array of all of them.
const AUC: usize = 0;
const KS: usize = 1;
const BRIER: usize = 2;
const LOG_LOSS: usize = 3;
const SLOPE: usize = 4;
const INTERCEPT: usize = 5;
const HOSMER_LEMESHOW: usize = 6;

/// Everything that is said of a model on a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Rows.
    pub n: usize,
    /// Bad rows.
    pub bad: usize,
    /// The area under the ROC curve.
    pub auc: Interval,
    /// `2 × auc − 1`.
    pub gini: Interval,
    /// Kolmogorov and Smirnov's distance.
    pub ks: Interval,
    /// Mean squared distance between PD and outcome.
    pub brier: Interval,
    /// Mean negative log-likelihood.
    pub log_loss: Interval,
    /// Of the outcomes on the log-odds of the PD: 1 is right, below 1 over-confident.
    pub calibration_slope: Interval,
    /// The same line's start: 0 is right.
    pub calibration_intercept: Interval,
    /// The chance of outcomes at least as far from the PDs, were these true (ten groups, ten degrees of freedom).
    pub hosmer_lemeshow_p: Interval,
    /// The master scale's grades that have rows, best first.
    pub grades: Vec<GradeFigures>,
    /// By the words of a column.
    pub segments: Vec<PartFigures>,
    /// By the periods of a column: vintages.
    pub vintages: Vec<PartFigures>,
    /// From one period to the next: rows of each pair of grades.
    pub migration: Vec<Move>,
}

/// A grade and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GradeFigures {
    /// Its name.
    pub grade: String,
    /// Rows.
    pub n: u64,
    /// Bad rows.
    pub bad: u64,
    /// Mean PD.
    pub pd: f64,
    /// `green` when that many bad rows or more are not unusual for the PD; `yellow` from 95 %, `red` from 99.9 %.
    pub light: &'static str,
    /// The most prudent upper bound of its PD (Pluto and Tasche), at 95 %, also without any bad row.
    pub pd_upper: f64,
}

/// A segment or a period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartFigures {
    /// The word of the column.
    pub name: String,
    /// Rows.
    pub n: usize,
    /// Bad rows.
    pub bad: usize,
    /// Mean PD.
    pub pd: f64,
    /// Share of bad rows.
    pub rate: f64,
    /// None when all rows are of one class.
    pub auc: Option<Interval>,
}

/// Rows that went from a grade to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Move {
    /// In a period.
    pub from: String,
    /// In the next period in which the same group has a row.
    pub to: String,
    /// How often.
    pub n: u64,
}

/// Columns that part the rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts<'a> {
    /// Which segment each row is of.
    pub segment: Option<&'a [String]>,
    /// When the row was so; sorts as text.
    pub time: Option<&'a [String]>,
    /// Whose row it is.
    pub group: Option<&'a [String]>,
}

/// Judges scores by outcomes. Intervals are 95 %, by the bootstrap, the same for the same seed.
pub fn evaluate(outcomes: &Outcomes, parts: &Parts<'_>, seed: u64) -> Result<Evaluation, Error> {
    let n_bad = outcomes.bad.iter().filter(|b| **b).count();
    if n_bad == 0 || n_bad == outcomes.bad.len() {
        let class = if n_bad == 0 { "good" } else { "bad" };
        return Err(Error::Table(format!("all {} rows are {class}: nothing can be judged", outcomes.bad.len())));
    }
    let sample = Sample::new(outcomes);
    let [auc, ks, brier, log_loss, slope, intercept, hosmer_lemeshow] = sample.intervals(seed);
    let twice = |x: f64| 2.0 * x - 1.0;
    Ok(Evaluation {
        n: outcomes.bad.len(),
        bad: n_bad,
        auc,
        gini: Interval { value: twice(auc.value), low: twice(auc.low), high: twice(auc.high) },
        ks,
        brier,
        log_loss,
        calibration_slope: slope,
        calibration_intercept: intercept,
        hosmer_lemeshow_p: hosmer_lemeshow,
        grades: grades(outcomes),
        segments: parts.segment.map(|words| by_word(outcomes, words, seed)).unwrap_or_default(),
        vintages: parts.time.map(|words| by_word(outcomes, words, seed)).unwrap_or_default(),
        migration: parts.time.zip(parts.group).map(|(t, g)| migration(outcomes, t, g)).unwrap_or_default(),
    })
}

/// Scores in their order, once; a resample is a count for each row.
struct Sample {
    /// PDs, rising.
    pd: Vec<f64>,
    log_odds: Vec<f64>,
    bad: Vec<bool>,
    /// Where the next score begins, for ties: true at the last row of each score.
    ends_tie: Vec<bool>,
}

impl Sample {
    fn new(outcomes: &Outcomes) -> Self {
        let mut order: Vec<usize> = (0..outcomes.bad.len()).collect();
        let pd = |row: &usize| outcomes.scored[*row].pd.get();
        order.sort_by(|a, b| pd(a).total_cmp(&pd(b)));
        let pd: Vec<f64> = order.iter().map(|row| pd(row).clamp(1e-12, 1.0 - 1e-12)).collect();
        let ends_tie = (0..pd.len()).map(|i| pd.get(i + 1).is_none_or(|next| *next > pd[i])).collect();
        Self {
            log_odds: pd.iter().map(|p| (p / (1.0 - p)).ln()).collect(),
            bad: order.iter().map(|row| outcomes.bad[*row]).collect(),
            pd,
            ends_tie,
        }
    }

    fn intervals(&self, seed: u64) -> [Interval; 7] {
        let n = self.pd.len();
        let value = self.figures(&vec![1.0; n]);
        let n_resamples = if n > MANY_ROWS { N_RESAMPLES_OF_MANY } else { N_RESAMPLES };
        let resampled: Vec<[f64; 7]> = (0..n_resamples)
            .into_par_iter()
            .map(|i| {
                let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_add(i));
                let mut counts = vec![0.0; n];
                (0..n).for_each(|_| counts[rng.random_range(0..n)] += 1.0);
                self.figures(&counts)
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

fn grades(outcomes: &Outcomes) -> Vec<GradeFigures> {
    let of_grade = |grade: Grade| {
        let rows = outcomes.scored.iter().zip(&outcomes.bad).filter(move |(s, _)| s.grade == grade);
        rows.fold((0u64, 0u64, 0.0), |(n, bad, pd), (s, b)| (n + 1, bad + u64::from(*b), pd + s.pd.get()))
    };
    let all: Vec<(Grade, (u64, u64, f64))> =
        Grade::PERFORMING.iter().map(|g| (*g, of_grade(*g))).filter(|(_, (n, ..))| *n > 0).collect();
    let counts: Vec<(u64, u64)> = all.iter().map(|(_, (n, bad, _))| (*n, *bad)).collect();
    let figures = |((grade, (n, bad, pd)), pd_upper): (&(Grade, (u64, u64, f64)), f64)| GradeFigures {
        grade: grade.to_string(),
        n: *n,
        bad: *bad,
        pd: pd / *n as f64,
        light: light(*n, *bad, pd / *n as f64),
        pd_upper,
    };
    all.iter().zip(prudent_bounds(&counts, CONFIDENCE)).map(figures).collect()
}

/// How unusual so many bad rows are, were the PD true.
fn light(n: u64, bad: u64, pd: f64) -> &'static str {
    let level = match (bad.checked_sub(1), Binomial::new(pd.clamp(0.0, 1.0), n)) {
        (Some(fewer), Ok(binomial)) => binomial.cdf(fewer),
        _ => 0.0,
    };
    if level >= RED {
        "red"
    } else if level >= YELLOW {
        "yellow"
    } else {
        "green"
    }
}

fn by_word(outcomes: &Outcomes, words: &[String], seed: u64) -> Vec<PartFigures> {
    let mut rows: std::collections::BTreeMap<&String, Outcomes> = std::collections::BTreeMap::new();
    for ((word, scored), bad) in words.iter().zip(&outcomes.scored).zip(&outcomes.bad) {
        let part = rows.entry(word).or_default();
        part.scored.push(*scored);
        part.bad.push(*bad);
    }
    let figures = |(name, part): (&String, Outcomes)| {
        let (n, bad) = (part.bad.len(), part.bad.iter().filter(|b| **b).count());
        PartFigures {
            name: name.clone(),
            n,
            bad,
            pd: part.scored.iter().map(|s| s.pd.get()).sum::<f64>() / n as f64,
            rate: bad as f64 / n as f64,
            auc: (bad > 0 && bad < n).then(|| Sample::new(&part).intervals(seed)[AUC]),
        }
    };
    rows.into_iter().map(figures).collect()
}

fn migration(outcomes: &Outcomes, times: &[String], groups: &[String]) -> Vec<Move> {
    let mut rows: Vec<usize> = (0..outcomes.bad.len()).collect();
    rows.sort_by(|a, b| (&groups[*a], &times[*a]).cmp(&(&groups[*b], &times[*b])));
    let mut moves: std::collections::BTreeMap<(Grade, Grade), u64> = std::collections::BTreeMap::new();
    for pair in rows.windows(2).filter(|p| groups[p[0]] == groups[p[1]] && times[p[0]] != times[p[1]]) {
        *moves.entry((outcomes.scored[pair[0]].grade, outcomes.scored[pair[1]].grade)).or_default() += 1;
    }
    moves.into_iter().map(|((from, to), n)| Move { from: from.to_string(), to: to.to_string(), n }).collect()
}
