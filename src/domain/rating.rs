use std::fmt;

use jiff::Timestamp;

use super::{AsOf, Probability, ReasonLine, WordError, vocabulary::code_enum};

code_enum! {
    /// The master scale, best first. `D` is the default state, `ND` not determined: a valid answer with a way out.
    Grade, "grade", {
        /// Best.
        A1 = "A1",
        /// .
        A2 = "A2",
        /// .
        A3 = "A3",
        /// .
        B1 = "B1",
        /// .
        B2 = "B2",
        /// .
        B3 = "B3",
        /// .
        C1 = "C1",
        /// .
        C2 = "C2",
        /// Worst of the living.
        C3 = "C3",
        /// In default.
        D = "D",
        /// Not determined: too little is known.
        NotDetermined = "ND",
    }
}

impl Grade {
    /// The grades that a PD can give, best first: all but `D` and `ND`.
    pub const PERFORMING: &[Self] =
        &[Self::A1, Self::A2, Self::A3, Self::B1, Self::B2, Self::B3, Self::C1, Self::C2, Self::C3];

    /// Place on the scale: 0 for `A1` to 9 for `D`; none for `ND`.
    pub fn rank(self) -> Option<i32> {
        match self {
            Self::NotDetermined => None,
            _ => Some(self as i32),
        }
    }

    /// Notches from `self` to `to`; negative means worse, 0 where either is `ND`.
    pub fn notches_to(self, to: Self) -> i32 {
        match (self.rank(), to.rank()) {
            (Some(from), Some(to)) => from - to,
            _ => 0,
        }
    }

    /// Whether this is `bound` or worse; `ND` never is.
    pub fn is_at_or_below(self, bound: Self) -> bool {
        matches!((self.rank(), bound.rank()), (Some(own), Some(bound)) if own >= bound)
    }
}

code_enum! {
    /// Why a rating changed.
    Cause, "cause", {
        /// New facts.
        Signals = "signals",
        /// Features aged.
        Night = "night",
        /// Another model.
        Model = "model",
        /// An analyst's decision.
        Override = "override",
        /// A fact expired or was withdrawn.
        Expiry = "expiry",
    }
}

/// Scorecard points: whole numbers, so that contributions add up.
pub type Points = i32;

/// Why a master scale was refused.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ScaleError {
    /// Nine bounds, one for each grade from A1 to C3.
    #[error("the scale needs 9 upper bounds, from A1 to C3; it has {0}")]
    Count(usize),
    /// Each above the one before.
    #[error("the upper bound of {0} is not above the one before")]
    Order(Grade),
    /// The last covers everything.
    #[error("the upper bound of C3 must be 1")]
    Open,
    /// Points need a positive number to double the odds.
    #[error("points to double the odds must be above 0")]
    Doubling,
    /// A share.
    #[error("the hysteresis margin must be from 0 to 0.5")]
    Margin,
}

/// The master scale: grades by PD, and the points that go with a PD.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// Upper PD bound of each grade from A1 to C3, rising, the last 1.
    bounds: [f64; 9],
    points_at_anchor: f64,
    anchor_odds: f64,
    points_to_double: f64,
    margin: f64,
}

impl Scale {
    /// `bounds`: upper PD bounds from A1 to C3. `points_at_anchor` points at good:bad odds `anchor_odds`;
    /// `points_to_double` more points double the odds. `margin`: the share of a bound's odds by which a PD must cross
    /// it before the grade changes.
    pub fn new(
        bounds: &[f64],
        points_at_anchor: f64,
        anchor_odds: f64,
        points_to_double: f64,
        margin: f64,
    ) -> Result<Self, ScaleError> {
        let bounds: [f64; 9] = bounds.try_into().map_err(|_| ScaleError::Count(bounds.len()))?;
        let rises = |i: usize| bounds[i] > if i == 0 { 0.0 } else { bounds[i - 1] };
        if let Some(i) = (0..9).find(|i| !rises(*i)) {
            return Err(ScaleError::Order(Grade::PERFORMING[i]));
        }
        if bounds[8] < 1.0 {
            return Err(ScaleError::Open);
        }
        if points_to_double <= 0.0 || anchor_odds <= 0.0 || !points_at_anchor.is_finite() {
            return Err(ScaleError::Doubling);
        }
        if !(0.0..=0.5).contains(&margin) {
            return Err(ScaleError::Margin);
        }
        Ok(Self { bounds, points_at_anchor, anchor_odds, points_to_double, margin })
    }

    /// The points, unrounded and unbounded, of log-odds of bad.
    pub fn exact_points(&self, log_odds: f64) -> f64 {
        self.points_at_anchor - (log_odds + self.anchor_odds.ln()) * self.points_to_double / std::f64::consts::LN_2
    }

    /// The log-odds of bad that points stand for: [`Scale::exact_points`] the other way round.
    pub fn log_odds(&self, points: f64) -> f64 {
        (self.points_at_anchor - points) * std::f64::consts::LN_2 / self.points_to_double - self.anchor_odds.ln()
    }

    /// The PD that so many points stand for.
    pub fn pd(&self, points: Points) -> Probability {
        let ln_odds = self.anchor_odds.ln()
            + (f64::from(points) - self.points_at_anchor) * std::f64::consts::LN_2 / self.points_to_double;
        Probability::from_log_odds(-ln_odds)
    }

    /// The points nearest to a PD, from 0 (PD 1) to 1 000.
    #[expect(clippy::cast_possible_truncation, reason = "clamped to 0..=1000 before")]
    pub fn points(&self, pd: Probability) -> Points {
        let p = pd.get();
        if p >= 1.0 {
            return 0;
        }
        let ln_odds = ((1.0 - p) / p.max(1e-9)).ln();
        let points =
            self.points_at_anchor + (ln_odds - self.anchor_odds.ln()) * self.points_to_double / std::f64::consts::LN_2;
        points.round().clamp(0.0, 1000.0) as Points
    }

    /// The grade of a PD, without memory.
    pub fn grade(&self, pd: Probability) -> Grade {
        let place = self.bounds.iter().position(|upper| pd.get() <= *upper).unwrap_or(8);
        Grade::PERFORMING[place]
    }

    /// The grade of a PD given the grade recorded last: it changes only when the PD has crossed the boundary by the
    /// margin, so that nobody learns to ignore a flapping rating. `D` and `ND` have no memory.
    pub fn grade_with_memory(&self, pd: Probability, last: Option<Grade>) -> Grade {
        let fresh = self.grade(pd);
        let Some(place) = last.and_then(|l| Grade::PERFORMING.iter().position(|g| *g == l)) else { return fresh };
        let odds = |p: f64| p / (1.0 - p).max(1e-12);
        let at = odds(pd.get());
        let still_above = at <= odds(self.bounds[place]) * (1.0 + self.margin);
        let still_below = place == 0 || at >= odds(self.bounds[place - 1]) * (1.0 - self.margin);
        if still_above && still_below { Grade::PERFORMING[place] } else { fresh }
    }

    /// The middle of a grade's band on the log-odds scale: the PD a rule gives when it moves a client there.
    pub fn typical_pd(&self, grade: Grade) -> Probability {
        let Some(place) = Grade::PERFORMING.iter().position(|g| *g == grade) else { return Probability::ONE };
        let low = if place == 0 { self.bounds[0] / 2.0 } else { self.bounds[place - 1] };
        let high = self.bounds[place].min(0.5);
        let log_odds = |p: f64| (p / (1.0 - p)).ln();
        Probability::from_log_odds(f64::midpoint(log_odds(low), log_odds(high)))
    }

    /// Upper PD bound of a grade; none for `D` and `ND`.
    pub fn upper_bound(&self, grade: Grade) -> Option<f64> {
        Grade::PERFORMING.iter().position(|g| *g == grade).map(|place| self.bounds[place])
    }
}

/// A model's name and the hash of its artefact; shown as `baseline-1@4f1c0a2b9c3d`. Part of every rating.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelId {
    /// The folder's name.
    pub name: String,
    /// The first twelve hexadecimal digits of the hash of `model.json`.
    pub hash: String,
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.hash)
    }
}

/// An analyst's decision that stands above the model until it expires.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// The grade it gives.
    pub grade: Grade,
    /// Why.
    pub reason: String,
    /// Who.
    pub author: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A rating: immutable; history is a list of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Rating {
    /// The grade.
    pub grade: Grade,
    /// Probability of default within twelve months; none for `ND`.
    pub pd: Option<Probability>,
    /// Points; none for `ND`. The lines add up to them exactly.
    pub points: Option<Points>,
    /// Share of the model's information weight that was present and fresh, 0 to 1.
    pub coverage: f64,
    /// Both clocks.
    pub as_of: AsOf,
    /// Which model.
    pub model: ModelId,
    /// Every line with points, the largest first; the points of an `ND` are not shown, its lines are empty.
    pub lines: Vec<ReasonLine>,
}
