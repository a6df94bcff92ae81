//! The rules of onboarding, from what is written to what is true.

use serde::Deserialize;

use crate::domain::{Grade, LegalState};

/// The rules as they ship.
const DEFAULT: &str = include_str!("../../../config/onboarding.toml");
/// A longer time to pay than this is a slip of the pen.
const MAX_DAYS: u16 = 365;
/// More than any credit is worth, major units.
const MAX_AMOUNT: f64 = 1e12;
/// What secures a credit fits on a line.
const GUARANTEE_MAX_CHARS: usize = 200;

/// When a prospect is given credit, and on which terms.
#[derive(Debug, Clone, PartialEq)]
pub struct OnboardingRules {
    version: String,
    /// Place among prudent, balanced and bold.
    pub(super) appetite: usize,
    /// What is asked for when nobody says, whole units.
    pub typical_amount: f64,
    pub(super) refuse_at_or_below: Grade,
    pub(super) refer_at_or_below: Grade,
    pub(super) refer_states: Vec<LegalState>,
    pub(super) not_determined_up_to: f64,
    pub(super) refer_when_blind: bool,
    pub(super) refer_when_vat_invalid: bool,
    /// The last one is everybody's.
    terms: Vec<(Option<Grade>, Terms)>,
}

/// On which terms somebody is given credit.
#[derive(Debug, Clone, PartialEq)]
pub struct Terms {
    /// Days from invoice to payment.
    pub days: u16,
    /// Share that is paid before delivery, 0 to 1.
    pub advance: f64,
    /// What secures the rest, in the creditor's own words.
    pub guarantee: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: String,
    appetite: String,
    typical_amount: f64,
    decide: WrittenDecide,
    terms: Vec<WrittenTerms>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDecide {
    refuse_at_or_below: String,
    refer_at_or_below: String,
    refer_states: Vec<String>,
    not_determined_up_to: f64,
    refer_when_blind: bool,
    refer_when_vat_invalid: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTerms {
    grade_at_or_above: Option<String>,
    days: u16,
    #[serde(default)]
    advance: f64,
    guarantee: Option<String>,
}

impl Default for OnboardingRules {
    fn default() -> Self {
        Self::parse(DEFAULT).expect("the embedded rules are tested")
    }
}

impl OnboardingRules {
    /// Reads the text of an `onboarding.toml`; an error says which key is wrong, and what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        let written: Written = toml::from_str(text).map_err(|e| format!("onboarding.toml: {e}"))?;
        let wrong = |key: &str, why: &str| format!("onboarding.toml: {key}: {why}");
        if written.version.trim().is_empty() {
            return Err(wrong("version", "must not be empty: it says which rules decided"));
        }
        let appetites = ["prudent", "balanced", "bold"];
        let appetite = appetites.iter().position(|known| *known == written.appetite);
        let appetite = appetite.ok_or_else(|| wrong("appetite", "must be prudent, balanced or bold"))?;
        let decide = &written.decide;
        let amount = |key: &str, value: f64, least: f64| {
            let why = "must be an amount in major units, not below 0";
            ((least..=MAX_AMOUNT).contains(&value)).then_some(value).ok_or_else(|| wrong(key, why))
        };
        let grade = |key: &str, text: &str| performing(text).map_err(|why| wrong(key, &why));
        let state = |text: &String| match text.parse() {
            Ok(state @ (LegalState::Restructuring | LegalState::VoluntaryLiquidation)) => Ok(state),
            _ => Err(wrong("decide.refer_states", "must be of restructuring, voluntary_liquidation")),
        };
        let rules = Self {
            appetite,
            typical_amount: amount("typical_amount", written.typical_amount, f64::MIN_POSITIVE)?,
            refuse_at_or_below: grade("decide.refuse_at_or_below", &decide.refuse_at_or_below)?,
            refer_at_or_below: grade("decide.refer_at_or_below", &decide.refer_at_or_below)?,
            refer_states: decide.refer_states.iter().map(state).collect::<Result<_, _>>()?,
            not_determined_up_to: amount("decide.not_determined_up_to", decide.not_determined_up_to, 0.0)?,
            refer_when_blind: decide.refer_when_blind,
            refer_when_vat_invalid: decide.refer_when_vat_invalid,
            terms: terms(&written.terms).map_err(|why| wrong("terms", &why))?,
            version: written.version.trim().to_owned(),
        };
        if rules.refer_at_or_below.rank() > rules.refuse_at_or_below.rank() {
            return Err(wrong("decide.refer_at_or_below", "must not be worse than decide.refuse_at_or_below"));
        }
        Ok(rules)
    }

    /// Which rules these are.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The terms of a grade; `ND` and `D` have those of everybody else.
    pub(super) fn terms_of(&self, grade: Grade) -> &Terms {
        let reached = |bound: Grade| matches!((grade.rank(), bound.rank()), (Some(own), Some(bound)) if own <= bound);
        let found = self.terms.iter().find(|(bound, _)| bound.is_none_or(reached));
        // The last row has no grade, which is checked when the rules are read.
        found.map_or(&PAID_BEFORE, |(_, terms)| terms)
    }

    /// Days to payment that a prospect at this grade would have, at least one: what its need is reckoned with.
    pub fn days_of(&self, grade: Grade) -> u16 {
        self.terms_of(grade).days.max(1)
    }
}

/// What is left when nothing else is.
static PAID_BEFORE: Terms = Terms { days: 0, advance: 1.0, guarantee: None };

fn performing(text: &str) -> Result<Grade, String> {
    let grade: Option<Grade> = text.parse().ok();
    let grade = grade.filter(|grade| Grade::PERFORMING.contains(grade));
    grade.ok_or_else(|| format!("{text:?} must be a grade from A1 to C3"))
}

fn terms(written: &[WrittenTerms]) -> Result<Vec<(Option<Grade>, Terms)>, String> {
    let mut terms: Vec<(Option<Grade>, Terms)> = Vec::with_capacity(written.len());
    for row in written {
        let grade = row.grade_at_or_above.as_deref().map(performing).transpose()?;
        if let Some((before, _)) = terms.last()
            && before.is_none_or(|before| grade.is_some_and(|grade| grade.rank() <= before.rank()))
        {
            return Err("must go from the best grade down, and only the last row is without a grade".to_owned());
        }
        if row.days > MAX_DAYS || !(0.0..=1.0).contains(&row.advance) {
            return Err(format!("days must be at most {MAX_DAYS}, and advance a share from 0 to 1"));
        }
        let guarantee = row.guarantee.as_deref().map(str::trim).filter(|text| !text.is_empty());
        if guarantee.is_some_and(|text| text.chars().count() > GUARANTEE_MAX_CHARS) {
            return Err(format!("guarantee must have at most {GUARANTEE_MAX_CHARS} characters"));
        }
        terms.push((grade, Terms { days: row.days, advance: row.advance, guarantee: guarantee.map(str::to_owned) }));
    }
    match terms.last() {
        Some((None, _)) => Ok(terms),
        _ => Err("the last row must be without grade_at_or_above: it is for everybody else".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{DEFAULT, OnboardingRules};
    use crate::domain::Grade;

    #[test]
    fn the_rules_that_ship_are_whole() {
        let rules = OnboardingRules::default();
        assert_eq!(rules.version(), "onboarding-1");
        let days = [Grade::A1, Grade::B1, Grade::B2, Grade::C3, Grade::NotDetermined].map(|g| rules.terms_of(g).days);
        assert_eq!(days, [60, 60, 30, 0, 0]);
    }

    #[test]
    fn rules_that_contradict_themselves_are_refused_with_the_key() {
        for (from, to, says) in [
            ("appetite = \"balanced\"", "appetite = \"daring\"", "appetite: must be prudent"),
            ("refer_at_or_below = \"C1\"", "refer_at_or_below = \"D\"", "refer_at_or_below: \"D\" must be a grade"),
            ("refuse_at_or_below = \"C3\"", "refuse_at_or_below = \"A1\"", "must not be worse"),
            ("typical_amount = 5000.0", "typical_amount = inf", "typical_amount: must be an amount"),
            ("[\"restructuring\", ", "[\"bankrupt\", ", "refer_states"),
            ("grade_at_or_above = \"B3\"\n", "", "from the best grade down"),
            ("days = 60", "days = 900", "days must be at most"),
            ("version =", "varsion =", "varsion"),
        ] {
            let refused = OnboardingRules::parse(&DEFAULT.replacen(from, to, 1)).unwrap_err();
            assert!(refused.contains(says), "{refused}");
        }
    }
}
