use serde::Deserialize;

use super::Error;
use crate::domain::{FeatureVector, Grade, Scale};

/// The name of the scale's file in errors.
const SCALE: &str = "scale.toml";
/// The name of the rules' file in errors.
const RULES: &str = "rules.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenScale {
    version: String,
    bounds: WrittenBounds,
    points: WrittenPoints,
    hysteresis: WrittenHysteresis,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(non_snake_case, reason = "the keys are the grades")]
struct WrittenBounds {
    A1: f64,
    A2: f64,
    A3: f64,
    B1: f64,
    B2: f64,
    B3: f64,
    C1: f64,
    C2: f64,
    C3: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPoints {
    at_anchor: f64,
    anchor_odds: f64,
    to_double: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHysteresis {
    margin: f64,
}

/// The master scale that the program brings along.
pub const BUILT_IN_SCALE: &str = include_str!("../../config/scale.toml");

/// The master scale of the text of a `scale.toml`.
pub fn scale(text: &str) -> Result<Scale, Error> {
    Ok(parse_scale(text)?.0)
}

/// The scale and its version, from the text of `scale.toml`.
pub(super) fn parse_scale(text: &str) -> Result<(Scale, String), Error> {
    let w: WrittenScale = toml::from_str(text).map_err(|e| Error::artefact(SCALE, e))?;
    let b = &w.bounds;
    let bounds = [b.A1, b.A2, b.A3, b.B1, b.B2, b.B3, b.C1, b.C2, b.C3];
    let scale = Scale::new(&bounds, w.points.at_anchor, w.points.anchor_odds, w.points.to_double, w.hysteresis.margin);
    Ok((scale.map_err(|e| Error::artefact(SCALE, e))?, w.version))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRules {
    version: String,
    coverage: WrittenCoverage,
    caps: WrittenCaps,
    #[serde(default)]
    hard: Vec<WrittenRule>,
    #[serde(default)]
    invariant: Vec<WrittenRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCoverage {
    not_determined_below: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCaps {
    single_unofficial_source_notches: i32,
    override_notches: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    name: String,
    feature: String,
    at_least: Option<f64>,
    above: Option<f64>,
    never_better_than: Option<String>,
}

/// What stands above the model, checked against a catalogue.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) version: String,
    pub(super) not_determined_below: f64,
    pub(super) unofficial_notches: i32,
    pub(super) override_notches: i32,
    /// Hard states first, then invariants, each in the file's order.
    pub(super) rules: Vec<Rule>,
}

/// A threshold on a feature and the best grade allowed beyond it.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// As it shows in the reasons: `rule:NAME`.
    pub(super) line: String,
    /// The place of the feature it looks at.
    pub(super) place: usize,
    threshold: Threshold,
    pub(super) never_better_than: Grade,
}

#[derive(Debug, Clone, Copy)]
enum Threshold {
    AtLeast(f64),
    Above(f64),
}

impl Rule {
    /// Whether the vector is beyond the threshold; a missing value never is.
    pub(super) fn applies(&self, vector: &FeatureVector) -> bool {
        vector.get(self.place).is_some_and(|value| match self.threshold {
            Threshold::AtLeast(bound) => value >= bound,
            Threshold::Above(bound) => value > bound,
        })
    }
}

impl Rules {
    /// Reads the text of `rules.toml` against the names of a catalogue.
    pub(super) fn parse(text: &str, names: &[&str]) -> Result<Self, Error> {
        let w: WrittenRules = toml::from_str(text).map_err(|e| Error::artefact(RULES, e))?;
        let bad = |why: String| Error::artefact(RULES, why);
        if !(0.0..=1.0).contains(&w.coverage.not_determined_below) {
            return Err(bad("key coverage.not_determined_below: must be a share from 0 to 1".into()));
        }
        for (key, n) in [
            ("caps.single_unofficial_source_notches", w.caps.single_unofficial_source_notches),
            ("caps.override_notches", w.caps.override_notches),
        ] {
            if !(0..=9).contains(&n) {
                return Err(bad(format!("key {key}: must be from 0 to 9 notches, not {n}")));
            }
        }
        let hard = w.hard.into_iter().map(|r| rule(r, true, names));
        let soft = w.invariant.into_iter().map(|r| rule(r, false, names));
        let rules: Vec<Rule> = hard.chain(soft).collect::<Result<_, _>>().map_err(bad)?;
        let twice = |(i, r): &(usize, &Rule)| rules[..*i].iter().any(|earlier| earlier.line == r.line);
        if let Some((_, r)) = rules.iter().enumerate().find(twice) {
            return Err(bad(format!("{}: the name stands twice", r.line)));
        }
        Ok(Self {
            version: w.version,
            not_determined_below: w.coverage.not_determined_below,
            unofficial_notches: w.caps.single_unofficial_source_notches,
            override_notches: w.caps.override_notches,
            rules,
        })
    }
}

fn rule(w: WrittenRule, is_hard: bool, names: &[&str]) -> Result<Rule, String> {
    let at = |why: &str| format!("rule {:?}: {why}", w.name);
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if w.name.is_empty() || !w.name.chars().all(plain) {
        return Err(at("key name: must be of a-z, 0-9 and _"));
    }
    let place = names.iter().position(|n| *n == w.feature);
    let place = place.ok_or_else(|| at(&format!("key feature: there is no feature {:?}", w.feature)))?;
    let threshold = match (w.at_least, w.above) {
        (Some(bound), None) if bound.is_finite() => Threshold::AtLeast(bound),
        (None, Some(bound)) if bound.is_finite() => Threshold::Above(bound),
        _ => return Err(at("say either at_least or above, one finite number")),
    };
    let never_better_than = match (is_hard, w.never_better_than.as_deref()) {
        (true, None) => Grade::D,
        (true, Some(_)) => return Err(at("key never_better_than: a hard rule is always D")),
        (false, Some(grade)) => {
            let grade: Grade = grade.parse().map_err(|e| at(&format!("key never_better_than: {e}")))?;
            let is_living = Grade::PERFORMING.contains(&grade);
            is_living.then_some(grade).ok_or_else(|| at("key never_better_than: must be from A1 to C3"))?
        }
        (false, None) => return Err(at("key never_better_than is missing")),
    };
    Ok(Rule { line: format!("rule:{}", w.name), place, threshold, never_better_than })
}
