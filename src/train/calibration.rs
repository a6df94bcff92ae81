//! From predicted log-odds to probabilities that come true.

use ndarray::Array2;
use statrs::distribution::{Beta, ContinuousCDF};

use super::{
    Error,
    weights::{SETTLED, logistic},
};
use crate::{
    domain::{Probability, Scale},
    score,
};

/// Isotonic regression is taken only when it beats the line by this much log-loss per row on held-out data: its steps tie
/// rows that the line keeps apart.
const ISOTONIC_MUST_WIN: f64 = 2e-4;

/// Log-odds nearer than this are one: on the scale of points, which is coarser, they would be.
const LEAST_GAP: f64 = 1e-9;

/// Rows at the average rate that are added to each step, so that no step says never or always.
const PRIOR_ROWS: f64 = 2.0;

/// Platt's scaling: the log-odds of the PD are `intercept + slope ×` those predicted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration {
    /// 1 when the predictions are as spread as the outcomes; below 1 they are over-confident.
    pub slope: f64,
    /// 0 when they are right on average.
    pub intercept: f64,
}

impl Calibration {
    /// Fits outcomes on predicted log-odds. The slope never falls below a small positive number: a model that ranks backwards
    /// is not turned around behind its reader's back.
    pub fn fit(log_odds: &[f64], bad: &[bool]) -> Result<Self, Error> {
        let inputs = Array2::from_shape_fn((log_odds.len(), 1), |(row, _)| log_odds[row]);
        let (weights, intercept) = logistic(inputs, bad, 0.0, None, SETTLED)?;
        Ok(Self { slope: weights[0].max(1e-3), intercept })
    }

    /// The PD of predicted log-odds (of bad).
    pub fn probability(&self, log_odds: f64) -> Probability {
        Probability::from_log_odds(self.log_odds(log_odds))
    }

    /// The same line between points: what turns raw points into calibrated ones on a scale.
    pub(super) fn in_points(&self, scale: &Scale) -> score::Calibration {
        let even = scale.exact_points(0.0);
        let intercept = (1.0 - self.slope) * even + scale.exact_points(self.intercept) - even;
        score::Calibration { slope: self.slope, intercept }
    }

    fn log_odds(&self, log_odds: f64) -> f64 {
        self.intercept + self.slope * log_odds
    }
}

/// Isotonic regression of outcomes on log-odds, joined by straight lines: knots of predicted and true log-odds, both rising.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Isotonic {
    knots: Vec<(f64, f64)>,
}

impl Isotonic {
    /// By pooling neighbours whose rates fall (Ayer et al. 1955; Zadrozny and Elkan 2002).
    pub(super) fn fit(log_odds: &[f64], bad: &[bool]) -> Self {
        let mut rows: Vec<(f64, f64)> = log_odds.iter().zip(bad).map(|(s, b)| (*s, f64::from(u8::from(*b)))).collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        // Rows of one score are one from the start: their order means nothing. (score, bad rows, rows)
        let mut scores: Vec<(f64, f64, f64)> = Vec::new();
        for (score, bad) in rows {
            match scores.last_mut().filter(|last| score - last.0 <= LEAST_GAP) {
                Some(last) => (last.1, last.2) = (last.1 + bad, last.2 + 1.0),
                None => scores.push((score, bad, 1.0)),
            }
        }
        // Pools of (sum of log-odds, bad rows, rows).
        let mut pools: Vec<(f64, f64, f64)> = Vec::new();
        for (score, bad, n) in scores {
            pools.push((score * n, bad, n));
            while let [.., a, b] = pools.as_slice()
                && a.1 * b.2 >= b.1 * a.2
            {
                let pooled = (a.0 + b.0, a.1 + b.1, a.2 + b.2);
                pools.truncate(pools.len() - 2);
                pools.push(pooled);
            }
        }
        let average = bad.iter().filter(|b| **b).count() as f64 / bad.len().max(1) as f64;
        let mut knots: Vec<(f64, f64)> = Vec::new();
        for (sum, bad, n) in pools {
            let rate = (bad + PRIOR_ROWS * average) / (n + PRIOR_ROWS);
            let (at, gives) = (sum / n, (rate / (1.0 - rate)).ln());
            let last = knots.last().copied().unwrap_or((f64::NEG_INFINITY, f64::NEG_INFINITY));
            if at > last.0 + LEAST_GAP {
                knots.push((at, gives.max(last.1)));
            }
        }
        Self { knots }
    }

    pub(super) fn log_odds(&self, predicted: f64) -> f64 {
        let after = self.knots.partition_point(|k| k.0 <= predicted);
        match (after.checked_sub(1).map(|i| self.knots[i]), self.knots.get(after)) {
            (Some(a), Some(b)) => a.1 + (b.1 - a.1) * (predicted - a.0) / (b.0 - a.0),
            (Some(only), None) => only.1,
            (None, Some(only)) => only.1,
            (None, None) => predicted,
        }
    }

    /// The knots between points of a scale, where more is better.
    fn in_points(&self, scale: &Scale) -> Vec<score::Knot> {
        let point = |k: &(f64, f64)| score::Knot { raw: scale.exact_points(k.0), points: scale.exact_points(k.1) };
        self.knots.iter().rev().map(point).collect()
    }
}

/// What was chosen on held-out data.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Chosen {
    Platt(Calibration),
    Isotonic(Calibration, Isotonic),
}

impl Chosen {
    /// `isotonic` when it won on held-out rows by enough; fitted on all of them.
    pub(super) fn fit(log_odds: &[f64], bad: &[bool], isotonic_gain: f64) -> Result<Self, Error> {
        let line = Calibration::fit(log_odds, bad)?;
        Ok(match isotonic_gain > ISOTONIC_MUST_WIN {
            true => Self::Isotonic(line, Isotonic::fit(log_odds, bad)),
            false => Self::Platt(line),
        })
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Platt(_) => "platt",
            Self::Isotonic(..) => "isotonic",
        }
    }

    /// Moves every PD so that a sample with the share `sample_rate` of bad rows speaks of one with `base_rate`: the log-odds
    /// shift by the difference of both (Elkan 2001).
    pub(super) fn rebase(&mut self, sample_rate: f64, base_rate: f64) {
        let log_odds = |p: f64| (p / (1.0 - p)).ln();
        let shift = log_odds(base_rate) - log_odds(sample_rate);
        match self {
            Self::Platt(line) => line.intercept += shift,
            Self::Isotonic(line, steps) => {
                line.intercept += shift;
                steps.knots.iter_mut().for_each(|k| k.1 += shift);
            }
        }
    }

    /// Writes the calibration into a model.
    pub(super) fn write(&self, model: &mut score::Artefact, scale: &Scale) {
        let (Self::Platt(line) | Self::Isotonic(line, _)) = self;
        model.calibration = line.in_points(scale);
        model.steps = match self {
            Self::Platt(_) => Vec::new(),
            Self::Isotonic(_, steps) => steps.in_points(scale),
        };
    }
}

/// Upper bounds of the PD of grades, best first, by the most prudent estimate of Pluto and Tasche (2005), independent
/// defaults: the clients of a grade are no worse than those of all grades below it, so all of these speak for it. Each entry is
/// `(clients, defaults)`; the bound holds with `confidence`, and is there also for a grade without any default. Never falls
/// from grade to grade; 1 for a tail without clients.
pub fn prudent_bounds(grades: &[(u64, u64)], confidence: f64) -> Vec<f64> {
    let tail = |from: usize| grades[from..].iter().fold((0, 0), |sum, g| (sum.0 + g.0, sum.1 + g.1));
    let bound = |(n, bad): (u64, u64)| {
        if bad >= n {
            return 1.0;
        }
        // The p at which as few defaults as seen have the probability 1 − confidence (Clopper and Pearson).
        Beta::new(bad as f64 + 1.0, (n - bad) as f64).map_or(1.0, |beta| beta.inverse_cdf(confidence))
    };
    let mut highest = 0.0f64;
    let raise = |p: f64| {
        highest = highest.max(p);
        highest
    };
    (0..grades.len()).map(|from| bound(tail(from))).map(raise).collect()
}

/// The 95 % interval of a share of bad rows, by Jeffreys' prior: right on average also where few rows are bad, or none.
pub(super) fn rate_interval(n: u64, n_bad: u64) -> (f64, f64) {
    let Ok(beta) = Beta::new(n_bad as f64 + 0.5, (n - n_bad) as f64 + 0.5) else { return (0.0, 1.0) };
    // An end that was reached belongs to the interval (Brown, Cai and DasGupta 2001).
    let low = if n_bad == 0 { 0.0 } else { beta.inverse_cdf(0.025) };
    let high = if n_bad == n { 1.0 } else { beta.inverse_cdf(0.975) };
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::Isotonic;

    #[test]
    fn rows_of_one_score_are_one_step_in_whatever_order_they_come() {
        let row = |i: usize| if i < 30 { (-2.0, i < 3) } else { (0.1, i < 45) };
        let fit = |rows: Vec<(f64, bool)>| {
            let (scores, bad): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
            Isotonic::fit(&scores, &bad)
        };
        let steps = fit((0..60).map(row).collect());
        assert_eq!(steps, fit((0..60).rev().map(row).collect()));
        assert_eq!(steps.knots.len(), 2);
        assert!(steps.log_odds(0.1).abs() < 0.1 && steps.log_odds(-2.0) < -1.5, "{steps:?}");
    }
}
