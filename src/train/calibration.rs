use linfa::{Dataset, traits::Fit};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::Error;
use crate::domain::Probability;

/// Iterations after which a fit that has not settled is taken as it is.
const MAX_ITERATIONS: u64 = 100;

/// The gradient, summed over all rows, under which a fit has settled: some thousandth of a row is far below a point.
const GRADIENT_TOLERANCE: f64 = 1e-3;

/// Platt's scaling: the log-odds of the PD are `intercept + slope ×` those predicted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// 1 when the predictions are as spread as the outcomes; below 1 they are over-confident.
    pub slope: f64,
    /// 0 when they are right on average.
    pub intercept: f64,
}

impl Calibration {
    /// Fits outcomes on predicted log-odds.
    pub fn fit(log_odds: &[f64], bad: &[bool]) -> Result<Self, Error> {
        let (weights, intercept) = logistic(log_odds.len(), 1, |row, _| log_odds[row], bad, 0.0)?;
        Ok(Self { slope: weights[0], intercept })
    }

    /// The PD of predicted log-odds (of bad).
    pub fn probability(&self, log_odds: f64) -> Probability {
        Probability::from_log_odds(self.intercept + self.slope * log_odds)
    }
}

/// Logistic regression by linfa: weights and intercept for the log-odds of bad.
pub(super) fn logistic(
    n_rows: usize,
    n_columns: usize,
    input: impl Fn(usize, usize) -> f64,
    bad: &[bool],
    ridge: f64,
) -> Result<(Vec<f64>, f64), Error> {
    let inputs = Array2::from_shape_fn((n_rows, n_columns), |(row, column)| input(row, column));
    let dataset = Dataset::new(inputs, Array1::from(bad.to_vec()));
    let fitted = LogisticRegression::default()
        .alpha(ridge)
        .max_iterations(MAX_ITERATIONS)
        .gradient_tolerance(GRADIENT_TOLERANCE)
        .fit(&dataset)
        .map_err(|e| Error::Fit(e.to_string()))?;
    // linfa calls the more frequent class positive; we speak of the bad one.
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    let weights: Vec<f64> = fitted.params().iter().map(|w| sign * w).collect();
    let intercept = sign * fitted.intercept();
    let finite = intercept.is_finite() && weights.iter().all(|w| w.is_finite());
    match finite {
        true => Ok((weights, intercept)),
        false => Err(Error::Fit("the weights are not finite".to_owned())),
    }
}
