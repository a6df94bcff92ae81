//! How good a score is: figures of discrimination, accuracy and association, and intervals around them.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// Groups of about equal size in the test of Hosmer and Lemeshow, and bars of the report.
const N_GROUPS: usize = 10;

/// Standard deviations on either side that hold 95 % of a normal distribution.
const Z_95: f64 = 1.959_963_984_540_054;

/// Steps by which a bound is closed in on: far below a digit that anybody reads.
const N_HALVINGS: usize = 40;

/// A figure and the 95 % interval around it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// On the whole sample.
    pub value: f64,
    /// 2.5th percentile of the resamples.
    pub low: f64,
    /// 97.5th percentile of the resamples.
    pub high: f64,
}

/// A figure and the 95 % interval around it, where the sample can tell one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figure {
    /// On the whole sample.
    pub value: f64,
    /// The interval's lower end; none where nothing can be said of it.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

/// Area under the ROC curve: the chance that a bad row scores above a good one, ties counting half (Mann and Whitney).
/// `NaN` when there are only good or only bad rows. `scores` rise with the risk.
pub fn auc(scores: &[f64], bad: &[bool]) -> f64 {
    let ranks = ranks(scores);
    let n_bad = count(bad);
    let n_good = bad.len() as f64 - n_bad;
    let sum: f64 = ranks.iter().zip(bad).filter(|(_, b)| **b).map(|(r, _)| r).sum();
    (sum - n_bad * (n_bad + 1.0) / 2.0) / (n_bad * n_good)
}

/// `2 × AUC − 1`, the accuracy ratio.
pub fn gini(scores: &[f64], bad: &[bool]) -> f64 {
    2.0 * auc(scores, bad) - 1.0
}

/// Kolmogorov and Smirnov: the largest distance between the score distributions of bad and good rows.
pub fn ks(scores: &[f64], bad: &[bool]) -> f64 {
    let order = order(scores);
    let n_bad = count(bad);
    let n_good = bad.len() as f64 - n_bad;
    let (mut seen_bad, mut seen_good, mut widest) = (0.0, 0.0, 0.0f64);
    for (place, row) in order.iter().enumerate() {
        if bad[*row] {
            seen_bad += 1.0;
        } else {
            seen_good += 1.0;
        }
        let tied = order.get(place + 1).is_some_and(|next| scores[*next].total_cmp(&scores[*row]).is_eq());
        if !tied {
            widest = widest.max((seen_bad / n_bad - seen_good / n_good).abs());
        }
    }
    widest
}

/// Mean squared distance between PD and outcome.
pub fn brier(pd: &[f64], bad: &[bool]) -> f64 {
    mean(pd.iter().zip(bad).map(|(p, b)| (p - f64::from(u8::from(*b))).powi(2)), bad.len())
}

/// Mean negative log-likelihood of the outcomes; PDs are kept 1e-12 away from 0 and 1.
pub fn log_loss(pd: &[f64], bad: &[bool]) -> f64 {
    let loss = |p: f64, b: bool| if b { -p.ln() } else { -(1.0 - p).ln() };
    mean(pd.iter().zip(bad).map(|(p, b)| loss(p.clamp(1e-12, 1.0 - 1e-12), *b)), bad.len())
}

/// Spearman's rank correlation, ties by mean rank.
pub fn spearman(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (ranks(a), ranks(b));
    let middle = (a.len() as f64 + 1.0) / 2.0;
    let sum = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - middle) * (y - middle)).sum::<f64>();
    sum(&a, &b) / (sum(&a, &a) * sum(&b, &b)).sqrt()
}

/// The 95 % bootstrap interval of a figure of `n` rows, over `n_resamples` resamples drawn with `seed`. `figure` gets row
/// numbers with repetition; resamples on which it is not a number are left out.
pub fn bootstrap(n: usize, n_resamples: usize, seed: u64, figure: impl Fn(&[usize]) -> f64) -> Interval {
    let all: Vec<usize> = (0..n).collect();
    let value = figure(&all);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn = vec![0; n];
    let mut figures: Vec<f64> = (0..n_resamples)
        .map(|_| {
            drawn.iter_mut().for_each(|row| *row = rng.random_range(0..n.max(1)));
            figure(&drawn)
        })
        .filter(|f| f.is_finite())
        .collect();
    figures.sort_by(f64::total_cmp);
    Interval::around(value, &figures)
}

impl Interval {
    /// From the figures of resamples, rising.
    pub(super) fn around(value: f64, resampled: &[f64]) -> Self {
        let at = |share: f64| percentile(resampled, share).unwrap_or(value);
        Self { value, low: at(0.025), high: at(0.975) }
    }
}

impl From<Interval> for Figure {
    fn from(interval: Interval) -> Self {
        Self { value: interval.value, low: Some(interval.low), high: Some(interval.high) }
    }
}

impl Figure {
    /// One of which nothing more can be said.
    pub(super) fn alone(value: f64) -> Self {
        Self { value, low: None, high: None }
    }

    /// The AUC of so few rows, or of so clean a ranking, that resamples would all say the same: the interval of Newcombe (2006,
    /// Statistics in Medicine 25, method 5), which asks of every possible AUC whether the one that was seen would surprise. It
    /// rests on the variance of Hanley and McNeil, and has a width for an AUC of 0 or 1, too.
    pub(super) fn auc_of_few(auc: f64, n_bad: f64, n_good: f64) -> Self {
        let half = (n_bad + n_good) / 2.0 - 1.0;
        let variance =
            |a: f64| a * (1.0 - a) * (1.0 + half * (1.0 - a) / (2.0 - a) + half * a / (1.0 + a)) / (n_bad * n_good);
        let surprises = |a: f64| (auc - a).abs() > Z_95 * variance(a).sqrt();
        // From an end that surprises towards the AUC, which does not.
        let bound = |end: f64| {
            let (mut out, mut within) = (end, auc);
            for _ in 0..N_HALVINGS {
                let middle = f64::midpoint(out, within);
                *(if surprises(middle) { &mut out } else { &mut within }) = middle;
            }
            within
        };
        Self { value: auc, low: Some(bound(0.0)), high: Some(bound(1.0)) }
    }
}

/// About ten groups of neighbours of about equal size `(from, to)`; rows of one score are never parted, because their order is
/// that of the file and means nothing.
pub(super) fn tenths(ends_tie: &[bool]) -> Vec<(usize, usize)> {
    let n = ends_tie.len();
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for i in 1..=N_GROUPS {
        let from = groups.last().map_or(0, |g| g.1);
        let at_least = (i * n / N_GROUPS).max(1);
        let to = (at_least..=n).find(|to| *to == n || ends_tie[to - 1]).unwrap_or(n);
        if to > from {
            groups.push((from, to));
        }
    }
    groups
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length is a place in it")]
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    Some(sorted[(share * last as f64).round() as usize])
}

fn count(bad: &[bool]) -> f64 {
    bad.iter().filter(|b| **b).count() as f64
}

fn mean(values: impl Iterator<Item = f64>, n: usize) -> f64 {
    values.sum::<f64>() / n as f64
}

fn order(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    order
}

/// Ranks from 1; equal values share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let order = order(values);
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    while from < order.len() {
        let value = values[order[from]];
        let to = (from..order.len()).find(|i| values[order[*i]] > value).unwrap_or(order.len());
        let rank = (from + 1 + to) as f64 / 2.0;
        order[from..to].iter().for_each(|row| ranks[*row] = rank);
        from = to;
    }
    ranks
}
