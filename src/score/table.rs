use super::{Artefact, Input, Wide};
use crate::domain::{Grade, Points, Probability, Scale};

/// Points of the living: 0 is for those in default.
const POINTS: std::ops::RangeInclusive<Points> = 1..=1000;

/// A table model and a scale: columns in, PD, points and grade out. Catalogue models can be used on tables of features, too.
#[derive(Debug, Clone)]
pub struct TableScorer {
    model: Artefact,
    wide: Wide<f64>,
    scale: Scale,
}

/// A row's score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// Probability of default.
    pub pd: Probability,
    /// The whole points nearest to it.
    pub points: Points,
    /// The grade of the PD on the master scale.
    pub grade: Grade,
}

/// What a line adds to the score.
#[derive(Debug, Clone, PartialEq)]
pub struct Contribution {
    /// `base`, the name of an input, `calibration`, `rounding` to whole points, or `cap`: the scale ends at 1 and 1000 points.
    pub line: String,
    /// Log-odds of bad.
    pub log_odds: f64,
}

impl TableScorer {
    /// For an artefact that was parsed, and so checked.
    pub fn new(model: Artefact, scale: Scale) -> Self {
        Self { wide: Wide::exact(&model), model, scale }
    }

    /// The model.
    pub fn model(&self) -> &Artefact {
        &self.model
    }

    /// Names of the columns it needs, in the order in which [`TableScorer::score`] wants them.
    pub fn names(&self) -> Vec<&str> {
        self.model.inputs.iter().map(|i| i.feature.as_str()).collect()
    }

    /// Scores rows given in columns, `NaN` for missing; words come as the codes of [`TableScorer::code`].
    pub fn score(&self, columns: &[&[f64]]) -> Vec<Scored> {
        self.raw(columns).into_iter().map(|raw| self.scored(raw)).collect()
    }

    /// What makes up the score of one row, each line found by itself: they add up to [`TableScorer::log_odds`] of it.
    pub fn contributions(&self, row: &[f64]) -> Vec<Contribution> {
        let (base, shares) = self.shares(row);
        let raw: f64 = shares.iter().fold(base, |sum, share| sum + share);
        let exact = self.model.calibrated_exactly(match self.model.forest {
            Some(_) => self.scale.exact_points(raw),
            None => f64::from(self.whole_points(row)),
        });
        let calibration = self.scale.log_odds(exact) - raw;
        let whole = if self.model.forest.is_some() { exact } else { exact.round() };
        let rounding = self.scale.log_odds(whole) - self.scale.log_odds(exact);
        let cap = self.spoken(exact) - self.scale.log_odds(whole);
        let line = |line: &str, log_odds: f64| Contribution { line: line.to_owned(), log_odds };
        let mut lines = vec![line("base", base)];
        lines.extend(self.model.inputs.iter().zip(&shares).map(|(input, share)| line(&input.feature, *share)));
        lines.push(line("calibration", calibration));
        lines.push(line("rounding", rounding));
        lines.push(line("cap", cap));
        lines
    }

    /// The sum on paper: whole points of a scorecard, bin by bin.
    fn whole_points(&self, row: &[f64]) -> Points {
        let points = |(input, value): (&Input, &f64)| input.points(Some(*value).filter(|v| !v.is_nan()));
        self.model.base + self.model.inputs.iter().zip(row).map(points).sum::<Points>()
    }

    /// Log-odds of the PD that calibrated points are told as.
    fn spoken(&self, exact: f64) -> f64 {
        // A scorecard speaks in whole points, so that its PD can be looked up; trees give what they give.
        match self.model.forest {
            Some(_) => self.scale.log_odds(exact),
            None => self.scale.log_odds(f64::from(on_scale(exact))),
        }
    }

    /// The reason codes of one row: the inputs that cost most points before calibration, worst first, at most `n`.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "points are some hundred; beyond the type they stop at its ends"
    )]
    pub fn reasons(&self, row: &[f64], n: usize) -> Vec<(&str, Points)> {
        let even = self.scale.exact_points(0.0);
        let points = |share: f64| (self.scale.exact_points(share) - even).round() as Points;
        let lines = self.model.inputs.iter().zip(self.shares(row).1).map(|(i, s)| (i.feature.as_str(), points(s)));
        let mut costly: Vec<(&str, Points)> = lines.filter(|(_, points)| *points < 0).collect();
        costly.sort_by_key(|(_, points)| *points);
        costly.truncate(n);
        costly
    }

    /// Log-odds of bad before any input, and what each input adds.
    fn shares(&self, row: &[f64]) -> (f64, Vec<f64>) {
        let mut shares = vec![0.0; self.model.inputs.len()];
        if let Some(forest) = &self.model.forest {
            return (forest.contributions(|i| row[i], &mut shares), shares);
        }
        for ((share, input), value) in shares.iter_mut().zip(&self.model.inputs).zip(row) {
            let points = input.points(Some(*value).filter(|v| !v.is_nan()));
            *share = self.scale.log_odds(f64::from(points)) - self.scale.log_odds(0.0);
        }
        (self.scale.log_odds(f64::from(self.model.base)), shares)
    }

    /// Log-odds of the PD of a row: what [`TableScorer::score`] says of it.
    pub fn log_odds(&self, row: &[f64]) -> f64 {
        let columns: Vec<&[f64]> = row.chunks(1).collect();
        let raw = self.raw(&columns).first().copied().unwrap_or(f64::from(self.model.base));
        self.spoken(self.model.calibrated_exactly(raw))
    }

    /// The number of a word of a column without numbers; `NaN`, missing, for a word that training did not see.
    pub fn code(&self, input: usize, word: &str) -> f64 {
        let groups = self.model.inputs[input].groups.iter();
        groups.into_iter().find(|g| g.words.iter().any(|w| w == word)).map_or(f64::NAN, |g| g.code)
    }

    /// PD, points and grade of raw points.
    pub fn scored(&self, raw: f64) -> Scored {
        let exact = self.model.calibrated_exactly(raw);
        let pd = Probability::from_log_odds(self.spoken(exact));
        Scored { pd, points: on_scale(exact), grade: self.scale.grade(pd) }
    }

    /// Whether the points of a row would lie beyond an end of the scale; trees go on beyond it in their PD.
    pub fn is_capped(&self, raw: f64) -> bool {
        let whole = self.model.calibrated_exactly(raw).round();
        self.model.forest.is_none() && !(f64::from(*POINTS.start())..=f64::from(*POINTS.end())).contains(&whole)
    }

    /// Raw points of each row, before calibration.
    pub fn raw(&self, columns: &[&[f64]]) -> Vec<f64> {
        let n_rows = columns.first().map_or(0, |c| c.len());
        if let Some(forest) = &self.model.forest {
            return (0..n_rows).map(|row| self.scale.exact_points(forest.log_odds(|i| columns[i][row]))).collect();
        }
        let mut points = vec![0.0; n_rows];
        self.wide.score(columns, &mut points);
        points
    }
}

/// The whole points nearest, on the scale of the living.
#[expect(clippy::cast_possible_truncation, reason = "clamped to the scale before")]
fn on_scale(points: f64) -> Points {
    points.round().clamp(f64::from(*POINTS.start()), f64::from(*POINTS.end())) as Points
}
