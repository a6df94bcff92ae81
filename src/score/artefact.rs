use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Error;
use crate::domain::Points;

/// The format this program reads and writes.
const FORMAT: u32 = 1;

/// A scorecard as it stands in `models/NAME/model.json`: data, never code.
///
/// The raw points are `base` plus the points of each input's bin; calibrated points are the whole number nearest to
/// `intercept + slope × raw`; the master scale turns them into a PD.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artefact {
    /// 1.
    pub format: u32,
    /// The folder's name.
    pub name: String,
    /// `catalogue` (inputs are features) or `table` (inputs are columns of a file).
    pub kind: String,
    /// The hash of the feature table, 64 hexadecimal digits; none for a table model.
    #[serde(default)]
    pub catalogue: Option<String>,
    /// What counted as a default, in a sentence.
    pub definition_of_default: String,
    /// Within how many months.
    pub horizon_months: u32,
    /// Where every sum starts.
    pub base: Points,
    /// From raw points to points that mean a PD.
    pub calibration: Calibration,
    /// What is looked at, in order.
    pub inputs: Vec<Input>,
}

/// A line through the raw points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// 1 leaves distances as they are.
    pub slope: f64,
    /// Points added.
    pub intercept: f64,
}

/// One input and its bins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// The feature's name, or the column's.
    pub feature: String,
    /// How much of what there is to know it tells; coverage is the share of these that is present.
    pub weight: f64,
    /// Rising; the last without a bound.
    pub bins: Vec<Bin>,
    /// Points when the value is missing.
    pub missing: Points,
}

/// Values up to a bound, and their points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bin {
    /// The upper bound, included; none for the last.
    pub upto: Option<f64>,
    /// Signed points; more is better.
    pub points: Points,
}

impl Input {
    /// The points of a value.
    pub fn points(&self, value: Option<f64>) -> Points {
        let Some(value) = value else { return self.missing };
        let bin = self.bins.iter().find(|b| b.upto.is_none_or(|upto| value <= upto));
        bin.map_or(self.missing, |b| b.points)
    }
}

impl Artefact {
    /// Reads and checks the text of a `model.json`; `file` is for the error.
    pub fn parse(file: &str, text: &str) -> Result<Self, Error> {
        let model: Self = serde_json::from_str(text).map_err(|e| Error::artefact(file, e))?;
        model.check().map_err(|why| Error::artefact(file, why))?;
        Ok(model)
    }

    /// Raw points to calibrated points.
    #[expect(clippy::cast_possible_truncation, reason = "a float beyond i32 saturates, and the scale clamps it")]
    pub fn calibrated(&self, raw: Points) -> Points {
        (self.calibration.intercept + self.calibration.slope * f64::from(raw)).round() as Points
    }

    fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!("key format: this program reads {FORMAT}, the file says {}", self.format));
        }
        if !(self.calibration.slope.is_finite()
            && self.calibration.slope > 0.0
            && self.calibration.intercept.is_finite())
        {
            return Err("key calibration: slope must be above 0 and both must be finite".into());
        }
        let mut seen = BTreeSet::new();
        for input in &self.inputs {
            let at = |why: &str| Err(format!("input {:?}: {why}", input.feature));
            if !seen.insert(&input.feature) {
                return at("stands twice");
            }
            if !(input.weight.is_finite() && input.weight >= 0.0) {
                return at("key weight: must be a number from 0 up");
            }
            let Some((last, others)) = input.bins.split_last() else { return at("has no bins") };
            if last.upto.is_some() {
                return at("the last bin must have upto null, so that every value has a bin");
            }
            let bounds: Vec<f64> = others.iter().map(|b| b.upto.unwrap_or(f64::NAN)).collect();
            if !(bounds.iter().all(|b| b.is_finite()) && bounds.is_sorted_by(|a, b| a < b)) {
                return at("the bounds of the bins must rise");
            }
        }
        if self.inputs.iter().map(|i| i.weight).sum::<f64>() <= 0.0 {
            return Err("key inputs: the weights must add up to more than 0".into());
        }
        Ok(())
    }
}
