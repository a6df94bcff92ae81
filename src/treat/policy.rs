use serde::Deserialize;

use crate::domain::{Grade, Phase, WordError};

/// Why a policy was refused.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Not the TOML it should be.
    #[error("policy: {0}")]
    Syntax(#[from] toml::de::Error),
    /// A word that is none.
    #[error("policy: {0}")]
    Word(#[from] WordError),
    /// A number out of place.
    #[error("policy: {0}")]
    Limit(String),
}

/// When each phase is reached: checked, in order of days.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    version: String,
    tolerance: f64,
    fast_at_or_below: Grade,
    fast_share: f64,
    gentle_at_or_above: Grade,
    gentle_days: i32,
    steps: Vec<Step>,
}

/// A phase and its days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The phase.
    pub phase: Phase,
    /// Days overdue at which it is reached.
    pub from_days: i32,
    /// Days to act.
    pub days_to_act: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: String,
    tolerance: f64,
    fast_at_or_below: String,
    fast_share: f64,
    gentle_at_or_above: String,
    gentle_days: i32,
    phase: Vec<WrittenStep>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStep {
    name: String,
    from_days: i32,
    days_to_act: i32,
}

impl Policy {
    /// Reads `config/policy.toml`.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let written: Written = toml::from_str(text)?;
        let limit = |why: &str| Err(PolicyError::Limit(why.to_owned()));
        if !(written.tolerance >= 0.0 && written.tolerance.is_finite()) {
            return limit("tolerance must be an amount, 0 or more");
        }
        if !(0.1..=1.0).contains(&written.fast_share) {
            return limit("fast_share must be from 0.1 to 1");
        }
        let step = |s: &WrittenStep| -> Result<Step, WordError> {
            Ok(Step { phase: s.name.parse()?, from_days: s.from_days, days_to_act: s.days_to_act })
        };
        let steps: Vec<Step> = written.phase.iter().map(step).collect::<Result<_, _>>()?;
        if let Some(pair) = steps.windows(2).find(|p| p[1].from_days <= p[0].from_days || p[1].phase <= p[0].phase) {
            return limit(&format!("{} must come later than {}", pair[1].phase, pair[0].phase));
        }
        if steps.is_empty() || steps.iter().any(|s| s.from_days < 1 || s.days_to_act < 0) {
            return limit("there must be a phase, each from day 1 or later");
        }
        Ok(Self {
            version: written.version,
            tolerance: written.tolerance,
            fast_at_or_below: written.fast_at_or_below.parse()?,
            fast_share: written.fast_share,
            gentle_at_or_above: written.gentle_at_or_above.parse()?,
            gentle_days: written.gentle_days,
            steps,
        })
    }

    /// Its version, as written.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Overdue below this is waited for, major units.
    pub fn tolerance(&self) -> f64 {
        self.tolerance
    }

    /// Phases by days overdue, rising.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// How fast a client of that grade goes through the phases.
    pub(super) fn pace(&self, grade: Grade, is_active: bool) -> Pace {
        if grade.is_at_or_below(self.fast_at_or_below) {
            Pace::Fast { share: self.fast_share, grade }
        } else if is_active && grade.rank().is_some() && self.gentle_at_or_above.is_at_or_below(grade) {
            Pace::Gentle { days: self.gentle_days, grade }
        } else {
            Pace::Normal
        }
    }
}

/// How fast a client goes through the phases, and why.
pub(super) enum Pace {
    Normal,
    Fast { share: f64, grade: Grade },
    Gentle { days: i32, grade: Grade },
}

impl Pace {
    /// Days overdue at which this client reaches a step.
    #[expect(clippy::cast_possible_truncation, reason = "days times a share of at most 1")]
    pub(super) fn reached_at(&self, step: &Step) -> i32 {
        match self {
            Self::Normal => step.from_days,
            Self::Fast { share, .. } => ((f64::from(step.from_days) * share).ceil() as i32).max(1),
            Self::Gentle { days, .. } => step.from_days + days,
        }
    }

    pub(super) fn why(&self) -> String {
        match self {
            Self::Normal => "the usual times apply".to_owned(),
            Self::Fast { grade, .. } => format!("faster than usual, because delay destroys value at {grade}"),
            Self::Gentle { grade, .. } => format!("gentler than usual, because the client buys and is {grade}"),
        }
    }
}
