//! How a training sample was spread: what later nights are compared with.

use super::{Error, columns, table::Table};
use crate::{
    domain::Scale,
    score::{Artefact, Distribution, FeatureDistribution, Input, TRAINING_FORMAT, TableScorer, Training},
};

/// Parts of equal size of a column whose model has no bins, and of the points (credit practice for stability indices).
const N_PARTS: usize = 10;

/// Shares are written with so many decimals, as a factor.
const DECIMALS: f64 = 1e6;

/// The values of an input over the sample, `NaN` for missing.
#[derive(Debug, Clone)]
pub struct SampleColumn<'a> {
    /// The input.
    pub input: &'a Input,
    /// Of every row.
    pub values: &'a [f64],
}

/// The text of `training.json` for a model that learned from a table.
pub fn training_json(table: &Table, model: &Artefact, scale: &Scale) -> Result<Vec<u8>, Error> {
    let values = columns::of_table(table, model, None)?;
    let scored =
        TableScorer::new(model.clone(), scale.clone()).score(&values.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let points: Vec<f64> = scored.iter().map(|s| f64::from(s.points)).collect();
    let columns = model.inputs.iter().zip(&values).map(|(input, values)| SampleColumn { input, values });
    spread_json(&points, &columns.collect::<Vec<_>>(), &vec![1.0; points.len()])
}

/// The text of `training.json`: the points of every row, its inputs, and for how many rows it counts.
pub fn spread_json(points: &[f64], columns: &[SampleColumn<'_>], weights: &[f64]) -> Result<Vec<u8>, Error> {
    let feature = |column: &SampleColumn<'_>| FeatureDistribution {
        feature: column.input.feature.clone(),
        of: distribution(column.values, bounds(column), weights),
    };
    let training = Training {
        format: TRAINING_FORMAT,
        n: points.len() as u64,
        points: distribution(points, parts(points), weights),
        features: columns.iter().map(feature).collect(),
    };
    let mut text = serde_json::to_vec_pretty(&training).map_err(|e| Error::Table(e.to_string()))?;
    text.push(b'\n');
    Ok(text)
}

/// The bounds of the model's own bins; between the codes of words; else parts of equal size.
fn bounds(column: &SampleColumn<'_>) -> Vec<f64> {
    let Input { bins, groups, .. } = column.input;
    if !bins.is_empty() {
        return bins.iter().filter_map(|bin| bin.upto).collect();
    }
    if groups.is_empty() {
        return parts(column.values);
    }
    let mut codes: Vec<f64> = groups.iter().map(|group| group.code).collect();
    codes.sort_by(f64::total_cmp);
    codes.pop();
    codes
}

/// Rising bounds that cut the values into parts of about equal size.
fn parts(values: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let mut bounds: Vec<f64> =
        (1..N_PARTS).filter_map(|part| sorted.get(part * sorted.len() / N_PARTS)).copied().collect();
    bounds.dedup();
    bounds.retain(|bound| sorted.last().is_some_and(|last| bound < last));
    bounds
}

fn distribution(values: &[f64], bounds: Vec<f64>, weights: &[f64]) -> Distribution {
    let (mut counts, mut missing) = (vec![0.0; bounds.len() + 1], 0.0);
    for (value, weight) in values.iter().zip(weights) {
        match value.is_nan() {
            true => missing += weight,
            false => counts[bounds.partition_point(|upto| upto < value)] += weight,
        }
    }
    let sum = missing + counts.iter().sum::<f64>();
    let share = |count: f64| if sum > 0.0 { (count / sum * DECIMALS).round() / DECIMALS } else { 0.0 };
    // A sample of nobody is all missing: shares must add up to one.
    let missing = if sum > 0.0 { share(missing) } else { 1.0 };
    Distribution { bounds, shares: counts.into_iter().map(share).collect(), missing }
}

#[cfg(test)]
mod tests {
    use super::{distribution, parts};

    #[test]
    fn shares_count_what_lies_up_to_each_bound_by_weight() {
        let of = distribution(&[1.0, 2.0, 2.0, 9.0, f64::NAN], vec![2.0, 5.0], &[1.0, 1.0, 2.0, 4.0, 2.0]);
        assert_eq!((of.shares, of.missing), (vec![0.4, 0.0, 0.4], 0.2));
    }

    #[test]
    fn parts_are_of_equal_size_and_of_one_value_there_is_one() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(parts(&values).len(), 9);
        let of = distribution(&values, parts(&values), &[1.0; 100]);
        assert!(of.shares.iter().all(|share| (0.08..0.13).contains(share)), "{of:?}");
        assert!(parts(&[3.0; 50]).is_empty() && parts(&[f64::NAN]).is_empty());
    }
}
