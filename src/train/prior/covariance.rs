use std::ops::Range;

use ndarray::Array2;

use super::Cells;

/// How sure the expert is, as standard deviations. They are opinions, and stand here to be argued with.
///
/// How common defaults are: the expert's base may be wrong by a factor of fifty either way, for it was set for another
/// portfolio and perhaps for another definition.
const BASE: f64 = 4.0;
/// How much everything weighs together: by half more or less.
const OVERALL: f64 = 0.5;
/// How much one input weighs among the others: by half more or less.
const INPUT: f64 = 0.5;
/// How steep the risk rises from a bin to the next: by the expert's own step more or less, …
const STEP: f64 = 1.0;
/// … and by so much where the expert sees none, in log-odds.
const FLAT_STEP: f64 = 0.05;
/// How steep the risk may rise from a bin to the next where the expert says nothing of the input at all, in log-odds.
const OPEN_STEP: f64 = 0.4;
/// What it means that a value is missing, in log-odds.
const MISSING: f64 = 0.25;
/// What each bin may be by itself, in log-odds. It also keeps the matrix from being singular.
const ALONE: f64 = 0.02;

/// The covariance of the expert's weights, around `mean`.
pub(super) fn covariance(cells: &Cells, mean: &[f64]) -> Array2<f64> {
    let n = cells.n_cells();
    let mut matrix = Array2::from_shape_fn((n, n), |(a, b)| match (a, b) {
        (0, 0) => BASE * BASE,
        (0, _) | (_, 0) => 0.0,
        _ => OVERALL * OVERALL * mean[a] * mean[b],
    });
    for cell in 1..n {
        matrix[(cell, cell)] += ALONE * ALONE;
    }
    for input in 0..cells.n_inputs() {
        let (bins, missing) = (cells.bins_of(input), cells.missing_of(input));
        matrix[(missing, missing)] += MISSING * MISSING;
        for a in bins.start..=missing {
            for b in bins.start..=missing {
                matrix[(a, b)] += INPUT * INPUT * mean[a] * mean[b];
            }
        }
        // Steps add up along the input, so that two bins share the doubt about every step before both.
        let flat_step = if mean[bins.clone()].iter().all(|m| *m == mean[bins.start]) { OPEN_STEP } else { FLAT_STEP };
        let mut so_far = 0.0;
        for a in bins.clone().skip(1) {
            let step = STEP * (mean[a] - mean[a - 1]).abs() + flat_step;
            so_far += step * step;
            matrix[(a, a)] += so_far;
            for b in a + 1..bins.end {
                matrix[(a, b)] += so_far;
                matrix[(b, a)] += so_far;
            }
        }
    }
    matrix
}

/// The variance of the difference between the first and the last bin of an input.
pub(super) fn contrast(matrix: &Array2<f64>, bins: &Range<usize>) -> f64 {
    let (first, last) = (bins.start, bins.end.saturating_sub(1).max(bins.start));
    matrix[(first, first)] + matrix[(last, last)] - 2.0 * matrix[(first, last)]
}
