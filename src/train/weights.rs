//! The regression on weights of evidence: which columns it gets, how strongly it is held back, which weights it may have.

use linfa::{Dataset, traits::Fit};
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, ArrayView2, Axis};
use rayon::prelude::*;
use serde::Serialize;

use super::{Dropped, Error, folds};

/// How far a fit goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Precision {
    /// The gradient, summed over all rows, under which the fit has settled.
    gradient: f64,
    /// Iterations after which one that has not settled is taken as it is.
    iterations: u64,
}

/// Some hundredth of a row is far below a point.
pub(super) const SETTLED: Precision = Precision { gradient: 1e-2, iterations: 60 };

/// Where weights are only compared, and fitted again after.
const ROUGH: Precision = Precision { gradient: 0.3, iterations: 20 };

/// Columns that tell less than this (information value) are left out. The trade's habit is 0.02, for cards that a person picks by
/// hand; many weak columns together still tell, and those that owe it to chance get no weight.
const MIN_INFORMATION: f64 = 0.01;

/// Of two columns whose weights of evidence are this alike the one that tells less is left out.
const MAX_CORRELATION: f64 = 0.99;

/// A column that the others explain to this degree (variance inflation factor) adds nothing but doubt.
const MAX_VIF: f64 = 100.0;

/// The pulls towards zero to choose from; weights of evidence are on one scale, so one pull serves all.
const RIDGES: &[f64] = &[50.0, 10.0, 2.0];

/// Rows that are enough to choose the pull on: each of them is held out once, and every part costs a fit for each pull.
pub(super) const MAX_ROWS_FOR_RIDGE: usize = 2_500;

/// Weights of the log-odds of bad, for the columns kept.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Weights {
    /// One for each column, 0 where it was left out.
    pub(super) columns: Vec<f64>,
    pub(super) intercept: f64,
    /// The pull that was chosen.
    pub(super) ridge: f64,
    /// All that were tried.
    pub(super) tried: Vec<RidgeTried>,
}

/// A pull towards zero, and how it did on rows that its weights had not seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RidgeTried {
    /// How strong it is.
    pub ridge: f64,
    /// Mean log-loss of the rows, each part of them held out once.
    pub log_loss: f64,
}

/// Selects columns by information value, correlation and variance inflation: those kept, and why the others were not.
pub(super) fn select(woe: ArrayView2<'_, f64>, iv: &[f64], names: &[String]) -> (Vec<usize>, Vec<Dropped>) {
    let mut dropped = Vec::new();
    let mut leave = |column: usize, why: String| dropped.push(Dropped { column: names[column].clone(), why });
    let mut order: Vec<usize> = (0..iv.len()).collect();
    order.sort_by(|a, b| iv[*b].total_cmp(&iv[*a]));
    let correlations = correlations(woe);
    let mut kept: Vec<usize> = Vec::new();
    for column in order {
        let twin = kept.iter().find(|k| correlations[(**k, column)].abs() > MAX_CORRELATION);
        if iv[column] < MIN_INFORMATION {
            leave(column, format!("tells too little (information value {:.3})", iv[column]));
        } else if let Some(twin) = twin {
            leave(
                column,
                format!("tells the same as {} (correlation {:.3})", names[*twin], correlations[(*twin, column)]),
            );
        } else {
            kept.push(column);
        }
    }
    while let Some((worst, vif)) = worst_inflated(&correlations, &kept) {
        leave(kept[worst], format!("the other columns tell it already (variance inflation {vif:.0})"));
        kept.remove(worst);
    }
    kept.sort_unstable();
    (kept, dropped)
}

/// Fits the weights with the pull that does best on held-out rows; a column whose weight would reverse its own evidence gets
/// none and is named, and the rest is fitted again.
pub(super) fn fit(
    woe: ArrayView2<'_, f64>,
    bad: &[bool],
    parts: &[usize],
    mut kept: Vec<usize>,
    names: &[String],
) -> Result<(Weights, Vec<String>), Error> {
    if kept.is_empty() {
        return Err(Error::Silent);
    }
    let Choice { ridge, tried, mut start } = choose_ridge(woe.select(Axis(1), &kept).view(), bad, parts)?;
    let mut without = Vec::new();
    let mut precision = ROUGH;
    loop {
        let (weights, intercept) = logistic(woe.select(Axis(1), &kept), bad, ridge, Some(&start), precision)?;
        // More evidence of good must mean less risk; a weight of the other sign only repairs what its neighbours overdo.
        let (right, reversed): (Vec<usize>, Vec<usize>) = (0..kept.len()).partition(|i| weights[*i] < 0.0);
        start = right.iter().map(|i| weights[*i]).chain([intercept]).collect();
        if reversed.is_empty() && precision == SETTLED {
            let mut columns = vec![0.0; woe.ncols()];
            kept.iter().zip(&weights).for_each(|(column, weight)| columns[*column] = *weight);
            return Ok((Weights { columns, intercept, ridge, tried }, without));
        }
        if reversed.is_empty() {
            precision = SETTLED;
            continue;
        }
        without.extend(reversed.iter().map(|i| names[kept[*i]].clone()));
        if right.is_empty() {
            return Err(Error::Silent);
        }
        kept = right.into_iter().map(|i| kept[i]).collect();
    }
}

/// Logistic regression by linfa: weights and intercept for the log-odds of bad. `start`: weights, then intercept.
pub(super) fn logistic(
    inputs: Array2<f64>,
    bad: &[bool],
    ridge: f64,
    start: Option<&[f64]>,
    precision: Precision,
) -> Result<(Vec<f64>, f64), Error> {
    let n_good = bad.iter().filter(|b| !**b).count();
    if n_good == 0 || n_good == bad.len() {
        return Err(Error::Fit("all rows are of one class".to_owned()));
    }
    let dataset = Dataset::new(inputs, Array1::from(bad.to_vec()));
    let mut regression = LogisticRegression::default()
        .alpha(ridge)
        .max_iterations(precision.iterations)
        .gradient_tolerance(precision.gradient);
    // linfa calls the more frequent class positive, the first one seen among equals; we speak of the bad one.
    let is_bad_positive = bad.len() - n_good > n_good || (2 * n_good == bad.len() && bad.first() == Some(&true));
    if let Some(start) = start {
        let sign = if is_bad_positive { 1.0 } else { -1.0 };
        regression = regression.initial_params(start.iter().map(|w| sign * w).collect());
    }
    let fitted = regression.fit(&dataset).map_err(|e| Error::Fit(e.to_string()))?;
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    let weights: Vec<f64> = fitted.params().iter().map(|w| sign * w).collect();
    let intercept = sign * fitted.intercept();
    match intercept.is_finite() && weights.iter().all(|w| w.is_finite()) {
        true => Ok((weights, intercept)),
        false => Err(Error::Fit("the weights are not finite".to_owned())),
    }
}

/// A pull, what it was chosen from, and weights to start from.
struct Choice {
    ridge: f64,
    tried: Vec<RidgeTried>,
    start: Vec<f64>,
}

/// The pull with the least mean log-loss of rows when each part of them is held out once; the middle one where no part can be.
fn choose_ridge(woe: ArrayView2<'_, f64>, bad: &[bool], parts: &[usize]) -> Result<Choice, Error> {
    let rows = enough(bad);
    let distinct: Vec<usize> = folds::distinct(parts).into_iter().collect();
    let tests: Vec<Option<HeldOut>> =
        distinct.into_par_iter().map(|part| hold_out(woe, bad, parts, &rows, part)).collect::<Result<_, Error>>()?;
    let tests: Vec<HeldOut> = tests.into_iter().flatten().collect();
    let n_rows = tests.iter().map(|test| test.n_rows).sum::<usize>() as f64;
    // Parts add up in one order, so that the same rows give the same bytes.
    let log_loss = |place: usize| tests.iter().map(|test| test.loss[place]).sum::<f64>() / n_rows;
    let tried: Vec<RidgeTried> = RIDGES
        .iter()
        .enumerate()
        .map(|(place, ridge)| RidgeTried { ridge: *ridge, log_loss: log_loss(place) })
        .collect();
    let best = tried.iter().enumerate().min_by(|a, b| a.1.log_loss.total_cmp(&b.1.log_loss));
    match best.filter(|_| !tests.is_empty()) {
        Some((place, best)) => {
            let mean = |i: usize| tests.iter().map(|test| test.weights[place][i]).sum::<f64>() / tests.len() as f64;
            Ok(Choice { ridge: best.ridge, start: (0..=woe.ncols()).map(mean).collect(), tried })
        }
        None => Ok(Choice { ridge: RIDGES[RIDGES.len() / 2], start: vec![0.0; woe.ncols() + 1], tried: Vec::new() }),
    }
}

/// One part of the rows under each pull, which had not seen it.
struct HeldOut {
    n_rows: usize,
    /// The log-losses of its rows, added up, for each pull.
    loss: Vec<f64>,
    /// Weights, then intercept, for each pull.
    weights: Vec<Vec<f64>>,
}

/// None where the other parts have one class only or cannot be fitted, or the part has no row.
fn hold_out(
    woe: ArrayView2<'_, f64>,
    bad: &[bool],
    parts: &[usize],
    rows: &[usize],
    part: usize,
) -> Result<Option<HeldOut>, Error> {
    let (held, rest): (Vec<usize>, Vec<usize>) = rows.iter().copied().partition(|r| parts[*r] == part);
    let rest_bad: Vec<bool> = rest.iter().map(|r| bad[*r]).collect();
    if held.is_empty() || rest_bad.iter().all(|b| *b) || !rest_bad.iter().any(|b| *b) {
        return Ok(None);
    }
    let (inputs, test) = (woe.select(Axis(0), &rest), woe.select(Axis(0), &held));
    let mut of_part = HeldOut { n_rows: held.len(), loss: Vec::new(), weights: Vec::new() };
    for ridge in RIDGES {
        let start = of_part.weights.last().map(Vec::as_slice);
        // A part that cannot be fitted says nothing about the pull, and the others do.
        let Ok((mut weights, intercept)) = logistic(inputs.clone(), &rest_bad, *ridge, start, ROUGH) else {
            return Ok(None);
        };
        let log_odds = test.dot(&Array1::from(weights.clone())) + intercept;
        let loss = |(s, r): (&f64, &usize)| softplus(if bad[*r] { -s } else { *s });
        of_part.loss.push(log_odds.iter().zip(&held).map(loss).sum());
        weights.push(intercept);
        of_part.weights.push(weights);
    }
    Ok(Some(of_part))
}

/// Of many rows some: bad ones first, which are rare and tell most.
fn enough(bad: &[bool]) -> Vec<usize> {
    let some_of = |class: bool, at_most: usize| {
        let rows: Vec<usize> = (0..bad.len()).filter(|r| bad[*r] == class).collect();
        let every = rows.len().div_ceil(at_most).max(1);
        rows.into_iter().step_by(every).collect::<Vec<_>>()
    };
    let mut rows = some_of(true, MAX_ROWS_FOR_RIDGE / 2);
    rows.extend(some_of(false, MAX_ROWS_FOR_RIDGE - rows.len()));
    rows.sort_unstable();
    rows
}

/// `ln(1 + e^x)` without overflow.
fn softplus(x: f64) -> f64 {
    if x > 30.0 { x } else { x.exp().ln_1p() }
}

fn correlations(woe: ArrayView2<'_, f64>) -> Array2<f64> {
    let n = woe.nrows() as f64;
    let mean = woe.mean_axis(Axis(0)).unwrap_or_default();
    let mut centred = &woe - &mean;
    for mut column in centred.columns_mut() {
        let deviation = (column.dot(&column) / n).sqrt().max(f64::MIN_POSITIVE);
        column /= deviation;
    }
    centred.t().dot(&centred) / n
}

/// The column with the largest variance inflation factor, where it is too large: the diagonal of the inverse of the matrix
/// of correlations (Belsley, Kuh and Welsch 1980).
fn worst_inflated(correlations: &Array2<f64>, kept: &[usize]) -> Option<(usize, f64)> {
    let of_kept = Array2::from_shape_fn((kept.len(), kept.len()), |(i, j)| correlations[(kept[i], kept[j])]);
    let inflation = inverse_diagonal(of_kept);
    let worst = inflation.into_iter().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    (worst.1 > MAX_VIF && kept.len() > 1).then_some(worst)
}

/// By Gauss and Jordan; a pivot of nothing counts as an immense factor.
fn inverse_diagonal(mut left: Array2<f64>) -> Vec<f64> {
    let n = left.nrows();
    let mut right = Array2::<f64>::eye(n);
    for pivot in 0..n {
        let divisor = left[(pivot, pivot)].max(1e-12);
        left.row_mut(pivot).mapv_inplace(|v| v / divisor);
        right.row_mut(pivot).mapv_inplace(|v| v / divisor);
        let (own_left, own_right) = (left.row(pivot).to_owned(), right.row(pivot).to_owned());
        for row in (0..n).filter(|r| *r != pivot) {
            let factor = left[(row, pivot)];
            left.row_mut(row).scaled_add(-factor, &own_left);
            right.row_mut(row).scaled_add(-factor, &own_right);
        }
    }
    right.diag().to_vec()
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::choose_ridge;

    /// Rows of two columns; `tells` says in which of them the second tells the outcome, else it is turned around.
    fn rows(tells: impl Fn(usize) -> bool) -> (Array2<f64>, Vec<bool>) {
        let bad: Vec<bool> = (0..500).map(|row| row * 7 % 10 < 3).collect();
        let evidence = |row: usize, column: usize| {
            let noise = ((row * 37 + column * 11) % 19) as f64 / 9.5 - 1.0;
            let sign = if bad[row] == (column == 0 || tells(row)) { -0.3 } else { 0.3 };
            noise + sign
        };
        (Array2::from_shape_fn((500, 2), |(row, column)| evidence(row, column)), bad)
    }

    #[test]
    fn the_pull_is_chosen_by_every_part_of_the_rows_and_not_by_one() {
        let part = |row: usize| row / 10 % 5;
        let parts: Vec<usize> = (0..500).map(part).collect();
        // The first part alone contradicts the others: held out alone it would ask for the strongest pull.
        let (woe, bad) = rows(|row| part(row) != 0);
        let choice = choose_ridge(woe.view(), &bad, &parts).unwrap();
        assert_eq!(choice.ridge, 2.0, "{:?}", choice.tried);
        let least = choice.tried.iter().map(|tried| tried.log_loss).fold(f64::INFINITY, f64::min);
        assert!(choice.tried.len() == 3 && choice.tried.iter().all(|t| (t.log_loss == least) == (t.ridge == 2.0)));
    }

    #[test]
    fn where_no_part_can_be_held_out_the_pull_is_the_middle_one() {
        let (woe, bad) = rows(|_| true);
        let parts: Vec<usize> = bad.iter().map(|bad| usize::from(*bad)).collect();
        let choice = choose_ridge(woe.view(), &bad, &parts).unwrap();
        assert_eq!((choice.ridge, choice.tried.len(), choice.start), (10.0, 0, vec![0.0; 3]));
    }
}
