use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Error, forest::Forest};
use crate::domain::{CatalogueHash, Points};

/// The format this program reads and writes.
const FORMAT: u32 = 1;

/// A model as it stands in `models/NAME/model.json`: data, never code.
///
/// The raw points of a scorecard are `base` plus the points of each input's bin; a boosted model has a `forest` instead of
/// bins, whose log-odds are put on the scale of points. Calibrated points are the whole number nearest to
/// `intercept + slope × raw`, or what `steps` give where they are present; the master scale turns them into a PD.
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
    /// The column that says what went bad, for a table model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Isotonic calibration, for a table model: it stands above the line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Knot>,
    /// What is looked at, in order.
    pub inputs: Vec<Input>,
    /// The trees of a boosted model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forest: Option<Forest>,
}

/// A knot of an isotonic calibration; between two knots the points go straight, beyond the last they stay.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Knot {
    /// Raw points, rising.
    pub raw: f64,
    /// Calibrated points, never falling.
    pub points: f64,
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
    /// Values that stand for a state and not for a quantity, with points of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub special: Vec<Special>,
    /// Words of a column that holds no numbers, by their points; a word not listed counts as missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
}

/// A value that stands for a state, such as 999 for "never".
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Special {
    /// The value.
    pub value: f64,
    /// Its points.
    pub points: Points,
}

/// Words that count as one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// As they stand in the column.
    pub words: Vec<String>,
    /// The number that the trees of a boosted model see.
    pub code: f64,
    /// Points of a scorecard.
    pub points: Points,
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
        if let Some(special) = self.special.iter().find(|s| s.value.total_cmp(&value).is_eq()) {
            return special.points;
        }
        if let Some(group) = self.groups.iter().find(|g| g.code.total_cmp(&value).is_eq()) {
            return group.points;
        }
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

    /// Refuses a catalogue model that was made for another feature table; a table model has none.
    pub fn check_catalogue(&self, hash: CatalogueHash) -> Result<(), String> {
        let made_for = self.catalogue.as_deref().unwrap_or("none");
        match self.kind == "catalogue" && made_for != hash.to_string() {
            true => Err(format!(
                "key catalogue: the model was made for the feature table {made_for}, this program has {hash}; train it anew"
            )),
            false => Ok(()),
        }
    }

    /// Raw points to calibrated points.
    #[expect(clippy::cast_possible_truncation, reason = "a float beyond i32 saturates, and the scale clamps it")]
    pub fn calibrated(&self, raw: Points) -> Points {
        self.calibrated_exactly(f64::from(raw)).round() as Points
    }

    /// Raw points to calibrated points, unrounded.
    pub fn calibrated_exactly(&self, raw: f64) -> f64 {
        let after = self.steps.partition_point(|s| s.raw <= raw);
        match (after.checked_sub(1).and_then(|i| self.steps.get(i)), self.steps.get(after)) {
            (None, None) => self.calibration.intercept + self.calibration.slope * raw,
            (Some(a), Some(b)) => a.points + (b.points - a.points) * (raw - a.raw) / (b.raw - a.raw),
            (Some(only), None) | (None, Some(only)) => only.points,
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.format != FORMAT {
            return Err(format!("key format: this program reads {FORMAT}, the file says {}", self.format));
        }
        if !matches!(self.kind.as_str(), "catalogue" | "table") {
            return Err(format!("key kind: must be catalogue or table, is {:?}", self.kind));
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
            let Some((last, others)) = input.bins.split_last() else {
                // Trees bring their own thresholds, words their own points.
                match self.forest.is_some() || !input.groups.is_empty() {
                    true => continue,
                    false => return at("has no bins"),
                }
            };
            if last.upto.is_some() {
                return at("the last bin must have upto null, so that every value has a bin");
            }
            let bounds: Vec<f64> = others.iter().map(|b| b.upto.unwrap_or(f64::NAN)).collect();
            if !(bounds.iter().all(|b| b.is_finite()) && bounds.is_sorted_by(|a, b| a < b)) {
                return at("the bounds of the bins must rise");
            }
        }
        if !self.steps.is_sorted_by(|a, b| a.raw < b.raw && a.points <= b.points) {
            return Err("key steps: raw must rise and points must not fall".into());
        }
        if let Some(forest) = &self.forest {
            forest.check(self.inputs.len()).map_err(|why| format!("key forest: {why}"))?;
        }
        if self.inputs.iter().map(|i| i.weight).sum::<f64>() <= 0.0 {
            return Err("key inputs: the weights must add up to more than 0".into());
        }
        Ok(())
    }
}
