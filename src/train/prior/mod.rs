//! An expert scorecard and evidence in; the scorecard that both together make out.
//!
//! Each bin of each input of the expert's scorecard has a weight in log-odds. The expert's points are the mean of a
//! Gaussian prior over these weights, and the outcomes are a logistic likelihood; what is taken is the most probable
//! weights given both (a Laplace approximation: Spiegelhalter and Lauritzen 1990; for log-odds with a Gaussian prior,
//! Gelman et al. 2008, Annals of Applied Statistics 2, 1360). With no defaults of one's own the answer is the expert's;
//! with thousands it is what the data say.
//!
//! # Why
//!
//! *Why the expert's bins, and not bins found in the data?* Because with few defaults bins that are found are mostly
//! luck, and because an expert's bin without any data still has points. What evidence there is moves them.
//!
//! *Why is the prior not a number for each bin by itself?* An expert is wrong in ways that go together: about how much
//! everything weighs, about how much one input weighs, about where along an input the risk rises. The covariance says
//! so, and a bin that few clients fall into learns from its neighbours.
//!
//! *Why may a bin never turn against the expert's direction?* More delay must never improve a rating, whatever a sample
//! says. Bins that would turn are tied to their neighbours and fitted as one.

mod cells;
mod covariance;
mod newton;
mod open;

use crate::{
    domain::{Points, Probability, Scale},
    score::{Artefact, Bin, Calibration, Input},
    train::{Error, Table},
};
pub(super) use cells::Cells;
use covariance::{contrast, covariance};
use newton::{Problem, Solved};
use open::{OPEN_QUESTIONS, Question, open_question};

/// The line from points to the log-odds of a default that a master scale stands for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// Log-odds of a default at no points.
    at_zero: f64,
    /// What a point adds: negative.
    per_point: f64,
}

impl Line {
    pub(super) fn of(scale: &Scale) -> Self {
        let log_odds = |points: Points| logit(scale.pd(points));
        let (low, high) = (log_odds(500), log_odds(700));
        let per_point = (high - low) / 200.0;
        Self { at_zero: low - 500.0 * per_point, per_point }
    }

    /// Log-odds to points, not rounded.
    fn points(self, log_odds: f64) -> f64 {
        (log_odds - self.at_zero) / self.per_point
    }
}

fn logit(p: Probability) -> f64 {
    (p.get() / (1.0 - p.get())).ln()
}

/// The expert's opinion on a table's columns.
pub(super) struct Prior {
    expert: Artefact,
    /// What the expert has no opinion on.
    open: Vec<Question>,
    line: Line,
}

/// What the evidence made of the expert's weights.
#[derive(Debug, Clone)]
pub(super) struct Fit {
    /// Of each cell; the first is the intercept.
    weights: Vec<f64>,
    solved: Solved,
}

/// How far the evidence moved one input.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Moved {
    /// The input.
    pub feature: String,
    /// Points between its best and its worst bin, as the expert set them.
    pub expert: Points,
    /// The same now.
    pub now: Points,
    /// Which share of what is known of this span comes from the evidence, 0 to 1: by how much the outcomes narrowed the
    /// expert's own doubt (variance).
    pub evidence: f64,
}

impl Prior {
    pub(super) fn new(expert: &Artefact, scale: &Scale) -> Self {
        let mut expert = expert.clone();
        let mut open = Vec::new();
        for question in OPEN_QUESTIONS {
            if expert.inputs.iter().all(|input| input.feature != question.feature) {
                expert.inputs.push(open_question(question));
                open.push(*question);
            }
        }
        Self { expert, open, line: Line::of(scale) }
    }

    /// The cells of a table's rows in the expert's bins; inputs that no row has a value for are left as they are.
    pub(super) fn cells(&self, table: &Table) -> Cells {
        Cells::of(&self.expert, table)
    }

    /// Fits some rows, each with a weight in rows; `from` is a fit of nearly the same rows, to start from.
    pub(super) fn fit(
        &self,
        cells: &Cells,
        bad: &[bool],
        weights: &[f64],
        rows: &[usize],
        from: Option<&Fit>,
    ) -> Result<Fit, Error> {
        let mean = self.mean(cells);
        let covariance = covariance(cells, &mean);
        let problem = Problem::new(cells, bad, weights, rows, &mean, &covariance)?;
        let directions: Vec<f64> = (cells.places().iter().enumerate())
            .map(|(input, place)| self.told(*place).unwrap_or_else(|| direction(&mean[cells.bins_of(input)])))
            .collect();
        let start = from.map_or_else(|| mean.clone(), |fit| fit.weights.clone());
        let solved = problem.solve_monotone(&start, &directions)?;
        Ok(Fit { weights: solved.weights(), solved })
    }

    /// Which way the risk must go with an open question: 1 up, -1 down; none for the expert's own inputs.
    fn told(&self, place: usize) -> Option<f64> {
        let feature = &self.expert.inputs[place].feature;
        self.open.iter().find(|question| question.feature == feature).map(|question| question.direction)
    }

    /// The expert's weights: the base in the intercept, then each cell.
    fn mean(&self, cells: &Cells) -> Vec<f64> {
        let constant = self.expert.inputs.iter().enumerate().filter(|(place, _)| !cells.has(*place));
        let constant: Points = constant.map(|(_, input)| input.missing).sum();
        let calibration = self.expert.calibration;
        let base = calibration.intercept + calibration.slope * f64::from(self.expert.base + constant);
        let mut mean = vec![self.line.at_zero + self.line.per_point * base];
        for place in cells.places() {
            let input = &self.expert.inputs[*place];
            let points = input.bins.iter().map(|bin| bin.points).chain([input.missing]);
            mean.extend(points.map(|points| self.line.per_point * calibration.slope * f64::from(points)));
        }
        mean
    }

    /// The expert's scorecard with the weights of a fit, in whole points. `settled` takes the fitted log-odds to those that
    /// hold out of sample.
    pub(super) fn artefact(&self, cells: &Cells, fit: &Fit, settled: Settled) -> Artefact {
        let point = |log_odds: f64| whole(log_odds / self.line.per_point);
        let mut inputs = self.expert.inputs.clone();
        for input in &mut inputs {
            input.missing = scaled(input.missing, self.expert.calibration.slope);
            input.bins.iter_mut().for_each(|bin| bin.points = scaled(bin.points, self.expert.calibration.slope));
        }
        for (input, place) in cells.places().iter().enumerate() {
            let (bins, missing) = (cells.bins_of(input), cells.missing_of(input));
            let inner = &mut inputs[*place];
            inner.missing = point(fit.weights[missing]);
            inner.bins.iter_mut().zip(bins).for_each(|(bin, cell)| bin.points = point(fit.weights[cell]));
        }
        inputs.iter_mut().for_each(join_equals);
        let untouched: Points =
            (0..inputs.len()).filter(|place| !cells.has(*place)).map(|place| inputs[place].missing).sum();
        let is_open = |input: &Input| self.open.iter().any(|question| question.feature == input.feature);
        let is_silent = |input: &Input| input.missing == 0 && input.bins.iter().all(|bin| bin.points == 0);
        inputs.retain(|input| !(is_open(input) && is_silent(input)));
        let base = whole(self.line.points(fit.weights[0])) - untouched;
        // points' is the line of the settled log-odds, written in points.
        let Settled { slope, intercept } = settled;
        let calibration =
            Calibration { slope, intercept: ((slope - 1.0) * self.line.at_zero + intercept) / self.line.per_point };
        Artefact { base, calibration, inputs, ..self.expert.clone() }
    }

    /// How far each input moved that there was evidence on, those that moved most first.
    pub(super) fn moved(&self, cells: &Cells, fit: &Fit) -> Result<Vec<Moved>, Error> {
        let mean = self.mean(cells);
        let (before, after) = (covariance(cells, &mean), fit.solved.covariance()?);
        let span = |weights: &[f64], cells: std::ops::Range<usize>| {
            let ends = weights[cells].iter().fold((f64::MAX, f64::MIN), |(low, high), w| (low.min(*w), high.max(*w)));
            whole((ends.0 - ends.1) / self.line.per_point)
        };
        let mut moved: Vec<Moved> = (cells.places().iter().enumerate())
            .map(|(input, place)| {
                let bins = cells.bins_of(input);
                let (doubt, left) = (contrast(&before, &bins), contrast(&after, &bins));
                Moved {
                    feature: self.expert.inputs[*place].feature.clone(),
                    expert: span(&mean, bins.clone()),
                    now: span(&fit.weights, bins),
                    evidence: (1.0 - left / doubt.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0),
                }
            })
            .collect();
        moved.sort_by_key(|m| std::cmp::Reverse((m.now - m.expert).abs()));
        Ok(moved)
    }
}

/// The line from fitted log-odds to those that hold out of sample.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settled {
    pub(super) slope: f64,
    pub(super) intercept: f64,
}

impl Settled {
    /// The fitted log-odds are taken at their word.
    pub(super) const AS_FITTED: Self = Self { slope: 1.0, intercept: 0.0 };
}

impl Fit {
    /// The log-odds of a default of a row.
    pub(super) fn log_odds(&self, cells: &Cells, row: usize) -> f64 {
        self.weights[0] + cells.row(row).iter().map(|cell| self.weights[usize::from(*cell)]).sum::<f64>()
    }
}

/// 1 where the expert's risk rises with the value, and where the expert says nothing; -1 where it falls, 0 where it does
/// both.
fn direction(weights: &[f64]) -> f64 {
    let falls = weights.windows(2).any(|pair| pair[1] < pair[0]);
    let rises = !falls || weights.windows(2).any(|pair| pair[1] > pair[0]);
    f64::from(u8::from(rises)) - f64::from(u8::from(falls))
}

/// Neighbours that ended with the same points are one bin.
fn join_equals(input: &mut Input) {
    let mut joined: Vec<Bin> = Vec::with_capacity(input.bins.len());
    for bin in input.bins.drain(..) {
        match joined.last_mut() {
            Some(last) if last.points == bin.points => last.upto = bin.upto,
            _ => joined.push(bin),
        }
    }
    input.bins = joined;
}

fn scaled(points: Points, slope: f64) -> Points {
    whole(slope * f64::from(points))
}

#[expect(clippy::cast_possible_truncation, reason = "points are some hundred; beyond the type they stop at its ends")]
fn whole(points: f64) -> Points {
    points.round() as Points
}
