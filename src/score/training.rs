//! How a model's training sample was spread: what later nights are compared with.
//!
//! `training.json`, beside `model.json`:
//!
//! ```json
//! {"format": 1, "n": 12000,
//!  "points": {"bounds": [500, 550, 600, 650, 700], "shares": [0.02, 0.08, 0.2, 0.3, 0.3, 0.1]},
//!  "features": [{"feature": "days_beyond_terms_90d", "bounds": [5, 15, 30], "shares": [0.5, 0.2, 0.1, 0.1], "missing": 0.1}]}
//! ```
//!
//! `bounds` rise, each included in the bin before it; there is one share more than bounds; shares and `missing` (nought when
//! left out) add up to 1. `points` are the model's own, after calibration and before caps and rules.

use serde::{Deserialize, Serialize};

use super::{Artefact, Error};

/// The format this program reads and writes.
pub const TRAINING_FORMAT: u32 = 1;
/// Shares are written with some decimals; their sum is believed to be 1 within this.
const ROUNDING: f64 = 0.01;
/// A share as it is written is as near as this to what was counted.
const SHARE_ROUNDING: f64 = 1e-6;
/// Bounds of points where no training sample says others: a doubling of the odds each.
const POINTS_BOUNDS: [f64; 8] = [450.0, 500.0, 550.0, 600.0, 650.0, 700.0, 750.0, 800.0];
/// A bin that one side leaves empty counts as holding this share, or the index would be infinite.
const EMPTY: f64 = 0.000_1;

/// Indices of fewer rows are noise: at a hundred rows in ten bins the index of the same population is about 0.1.
pub const ENOUGH_FOR_AN_INDEX: u64 = 200;

/// The training sample's distributions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// 1.
    pub format: u32,
    /// Rows of the sample.
    pub n: u64,
    /// Of the model's points.
    pub points: Distribution,
    /// Of its inputs.
    pub features: Vec<FeatureDistribution>,
}

/// Shares by bin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// Rising upper bounds, included.
    pub bounds: Vec<f64>,
    /// One more than bounds.
    pub shares: Vec<f64>,
    /// Share of rows without a value.
    #[serde(default)]
    pub missing: f64,
}

/// The distribution of one feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureDistribution {
    /// Its name.
    pub feature: String,
    /// Its shares.
    #[serde(flatten)]
    pub of: Distribution,
}

impl Training {
    /// Reads and checks the text of a `training.json`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bad = |why: String| Error::artefact("training.json", why);
        let training: Self = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
        if training.format != TRAINING_FORMAT {
            return Err(bad(format!(
                "key format: this program reads {TRAINING_FORMAT}, the file says {}",
                training.format
            )));
        }
        let all = training.features.iter().map(|f| (f.feature.as_str(), &f.of));
        for (name, distribution) in all.chain([("points", &training.points)]) {
            distribution.check().map_err(|why| bad(format!("{name}: {why}")))?;
        }
        Ok(training)
    }
}

impl Distribution {
    fn check(&self) -> Result<(), String> {
        if !(self.bounds.iter().all(|b| b.is_finite()) && self.bounds.is_sorted_by(|a, b| a < b)) {
            return Err("the bounds must rise".into());
        }
        if self.shares.len() != self.bounds.len() + 1 {
            return Err(format!("{} bounds need {} shares", self.bounds.len(), self.bounds.len() + 1));
        }
        let is_share = |share: &f64| (0.0..=1.0).contains(share);
        let sum = self.missing + self.shares.iter().sum::<f64>();
        if !(self.shares.iter().all(is_share) && is_share(&self.missing) && (sum - 1.0).abs() <= ROUNDING) {
            return Err(format!("shares and missing must add up to 1, not {sum}"));
        }
        Ok(())
    }
}

/// The bins that values are counted in: the points first, then each feature; the last bin of each is for missing values.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    rows: Vec<(String, Vec<f64>)>,
}

impl Grid {
    /// The bins of a training sample, or those of the model itself where it learned from none.
    pub fn of(training: Option<&Training>, model: &Artefact) -> Self {
        let points = |bounds: &[f64]| ("points".to_owned(), bounds.to_vec());
        let rows = match training {
            Some(training) => {
                let features = training.features.iter().map(|f| (f.feature.clone(), f.of.bounds.clone()));
                [points(&training.points.bounds)].into_iter().chain(features).collect()
            }
            None => {
                let bounds = |bins: &[super::Bin]| bins.iter().filter_map(|bin| bin.upto).collect();
                let features = model.inputs.iter().map(|input| (input.feature.clone(), bounds(&input.bins)));
                [points(&POINTS_BOUNDS)].into_iter().chain(features).collect()
            }
        };
        Self { rows }
    }

    /// What is counted, in order: `points`, then features.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|(name, _)| name.as_str())
    }

    /// How many bins there are in all.
    pub fn len(&self) -> usize {
        self.rows.iter().map(|(_, bounds)| bounds.len() + 2).sum()
    }

    /// Whether nothing is counted.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many clients a tally has counted.
    pub fn n_clients(&self, tally: &[u64]) -> u64 {
        let row = self.rows.first().map_or(0, |(_, bounds)| bounds.len() + 2);
        tally.iter().take(row).sum()
    }

    /// Counts one client: `values` in the grid's order, none where missing.
    pub fn count(&self, tally: &mut [u64], values: impl Iterator<Item = Option<f64>>) {
        let mut first = 0;
        for ((_, bounds), value) in self.rows.iter().zip(values) {
            let bin = value.map_or(bounds.len() + 1, |value| bounds.partition_point(|upto| *upto < value));
            if let Some(slot) = tally.get_mut(first + bin) {
                *slot += 1;
            }
            first += bounds.len() + 2;
        }
    }

    /// The stability index of each row of a tally against another one; none where either counted nobody, and where the sample
    /// had no value at all: what was never seen cannot have moved, and a sample without registers would be red for ever.
    pub fn indices(&self, expected: &[Vec<f64>], tally: &[u64]) -> Vec<(String, Option<f64>)> {
        let shares = self.shares(tally);
        self.rows
            .iter()
            .zip(expected.iter().zip(shares))
            .map(|((name, _), (e, a))| (name.clone(), psi(e, &a).filter(|_| has_values(e))))
            .collect()
    }

    /// A tally as shares, row by row, missing last; empty rows where nobody was counted.
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 clients")]
    pub fn shares(&self, tally: &[u64]) -> Vec<Vec<f64>> {
        let mut rest = tally;
        let mut rows = Vec::with_capacity(self.rows.len());
        for (_, bounds) in &self.rows {
            let (row, behind) = rest.split_at_checked(bounds.len() + 2).unwrap_or((&[], &[]));
            rest = behind;
            let sum = row.iter().sum::<u64>() as f64;
            rows.push(if sum > 0.0 { row.iter().map(|n| *n as f64 / sum).collect() } else { Vec::new() });
        }
        rows
    }
}

impl Training {
    /// Whether rows are spread exactly as the sample was: as many of them, and in every bin the same share. `values`: of each
    /// row, in the order of the grid.
    pub fn is_sample(&self, model: &Artefact, rows: impl ExactSizeIterator<Item = Vec<Option<f64>>>) -> bool {
        if rows.len() as u64 != self.n {
            return false;
        }
        let grid = Grid::of(Some(self), model);
        let found = grid.shares(&tally(&grid, rows));
        let is_near = |(a, b): (&f64, &f64)| (a - b).abs() <= SHARE_ROUNDING;
        self.shares().iter().zip(&found).all(|(e, a)| e.len() == a.len() && e.iter().zip(a).all(is_near))
    }

    /// The stability indices of rows against the sample: of the points, then of its features. `values`: as above.
    pub fn indices(
        &self,
        model: &Artefact,
        rows: impl Iterator<Item = Vec<Option<f64>>>,
    ) -> Vec<(String, Option<f64>)> {
        let grid = Grid::of(Some(self), model);
        grid.indices(&self.shares(), &tally(&grid, rows))
    }

    /// The shares in the order of the grid made of it, missing last.
    pub fn shares(&self) -> Vec<Vec<f64>> {
        let row = |of: &Distribution| of.shares.iter().copied().chain([of.missing]).collect();
        [row(&self.points)].into_iter().chain(self.features.iter().map(|f| row(&f.of))).collect()
    }
}

/// Rows counted in the bins of a grid.
fn tally(grid: &Grid, rows: impl Iterator<Item = Vec<Option<f64>>>) -> Vec<u64> {
    let mut tally = vec![0; grid.len()];
    rows.for_each(|row| grid.count(&mut tally, row.into_iter()));
    tally
}

/// Whether any row of a distribution, missing last, had a value.
fn has_values(shares: &[f64]) -> bool {
    shares.split_last().is_some_and(|(_, with_value)| with_value.iter().any(|share| *share > 0.0))
}

/// The population stability index of two distributions: the sum of (actual − expected) × ln(actual ⁄ expected). Below 0.10 is
/// stable, from 0.25 on another population (Siddiqi, Credit Risk Scorecards, 2006).
pub fn psi(expected: &[f64], actual: &[f64]) -> Option<f64> {
    if expected.is_empty() || actual.is_empty() {
        return None;
    }
    let term = |(e, a): (&f64, &f64)| {
        let (e, a) = (e.max(EMPTY), a.max(EMPTY));
        (a - e) * (a / e).ln()
    };
    Some(expected.iter().zip(actual).filter(|(e, a)| **e > 0.0 || **a > 0.0).map(term).sum())
}

#[cfg(test)]
mod tests {
    use super::{Grid, Training, psi};

    #[test]
    fn the_index_is_nought_for_the_same_and_what_the_formula_gives_for_another() {
        assert_eq!(psi(&[0.5, 0.5], &[0.5, 0.5]), Some(0.0));
        // By hand: 0.2 × ln(0.7 / 0.5) − 0.2 × ln(0.3 / 0.5).
        let found = psi(&[0.5, 0.5], &[0.7, 0.3]).unwrap();
        assert!((found - 0.169_459_57).abs() < 1e-6, "{found}");
        assert_eq!(psi(&[], &[1.0]), None);
    }

    #[test]
    fn what_the_sample_never_saw_has_no_index() {
        let training = Training::parse(
            r#"{"format": 1, "n": 9, "points": {"bounds": [600], "shares": [0.5, 0.5]},
            "features": [{"feature": "protests_12m", "bounds": [0], "shares": [0, 0], "missing": 1}]}"#,
        )
        .unwrap();
        let grid = Grid { rows: vec![("points".into(), vec![600.0]), ("protests_12m".into(), vec![0.0])] };
        // Points below and above and none missing; all clients have a value for the feature now.
        let found = grid.indices(&training.shares(), &[5, 5, 0, 8, 2, 0]);
        assert_eq!(found, [("points".to_owned(), Some(0.0)), ("protests_12m".to_owned(), None)]);
    }

    #[test]
    fn a_file_that_cannot_be_a_distribution_says_what_is_wrong() {
        let text = |shares: &str, bounds: &str| {
            format!(
                r#"{{"format": 1, "n": 9, "points": {{"bounds": [600], "shares": [0.5, 0.5]}},
                "features": [{{"feature": "overdue_share", "bounds": {bounds}, "shares": {shares}, "missing": 0.1}}]}}"#
            )
        };
        assert!(Training::parse(&text("[0.4, 0.5]", "[0.2]")).is_ok());
        for (shares, bounds, says) in [
            ("[0.9, 0.5]", "[0.2]", "add up to 1"),
            ("[0.9]", "[0.2]", "1 bounds need 2 shares"),
            ("[0.3, 0.3, 0.3]", "[0.2, 0.1]", "must rise"),
        ] {
            let refused = Training::parse(&text(shares, bounds)).unwrap_err().to_string();
            assert!(refused.contains(says) && refused.contains("overdue_share"), "{refused}");
        }
    }
}
