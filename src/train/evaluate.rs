//! A model on rows with known outcomes: figures with intervals, grades with lights, segments and periods.

use std::collections::BTreeMap;

use serde::Serialize;
use statrs::distribution::{Binomial, DiscreteCDF};

use super::{
    Error, Times,
    calibration::rate_interval,
    metrics::Figure,
    prudent_bounds,
    ranked::{AUC, Ranked},
};
use crate::{domain::Grade, score::Scored};

/// How sure the prudent bound of a grade is.
const CONFIDENCE: f64 = 0.95;

/// Binomial levels from which a grade's light is yellow, and red.
const YELLOW: f64 = 0.95;
const RED: f64 = 0.999;

/// What the rows are called whose time is missing.
const NO_TIME: &str = "no time";

/// Rows, their scores and what became of them.
#[derive(Debug, Clone, Default)]
pub struct Outcomes {
    /// From the model, in the file's order.
    pub scored: Vec<Scored>,
    /// Whether the row went bad.
    pub bad: Vec<bool>,
}

/// Everything that is said of a model on a table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Rows.
    pub n: usize,
    /// Bad rows.
    pub bad: usize,
    /// The area under the ROC curve.
    pub auc: Figure,
    /// `2 × auc − 1`.
    pub gini: Figure,
    /// Kolmogorov and Smirnov's distance.
    pub ks: Figure,
    /// Mean squared distance between PD and outcome.
    pub brier: Figure,
    /// Mean negative log-likelihood.
    pub log_loss: Figure,
    /// Of the outcomes on the log-odds of the PD: 1 is right, below 1 over-confident.
    pub calibration_slope: Figure,
    /// The same line's start: 0 is right.
    pub calibration_intercept: Figure,
    /// The chance of outcomes at least as far from the PDs, were these true (ten groups, ten degrees of freedom).
    pub hosmer_lemeshow_p: Figure,
    /// Why some figures have no interval, or not that of the bootstrap; none when all have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_note: Option<String>,
    /// The master scale's grades that have rows, best first.
    pub grades: Vec<GradeFigures>,
    /// By the words of a column.
    pub segments: Vec<PartFigures>,
    /// By the periods of a column: vintages.
    pub vintages: Vec<PartFigures>,
    /// From one period to the next: rows of each pair of grades.
    pub migration: Vec<Move>,
}

/// A grade and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GradeFigures {
    /// Its name.
    pub grade: String,
    /// Rows.
    pub n: u64,
    /// Bad rows.
    pub bad: u64,
    /// Mean PD.
    pub pd: f64,
    /// Share of bad rows.
    pub rate: f64,
    /// Its 95 % interval, by Jeffreys' prior: the lower end.
    pub rate_low: f64,
    /// The upper end.
    pub rate_high: f64,
    /// `green` when that many bad rows or more are not unusual for the PD; `yellow` from 95 %, `red` from 99.9 %.
    pub light: &'static str,
    /// The most prudent upper bound of its PD (Pluto and Tasche), at 95 %, also without any bad row.
    pub pd_upper: f64,
}

/// A segment or a period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartFigures {
    /// The word of the column.
    pub name: String,
    /// Rows.
    pub n: usize,
    /// Bad rows.
    pub bad: usize,
    /// Mean PD.
    pub pd: f64,
    /// Share of bad rows.
    pub rate: f64,
    /// None when all rows are of one class.
    pub auc: Option<Figure>,
}

/// Rows that went from a grade to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Move {
    /// In a period.
    pub from: String,
    /// In the next period in which the same group has a row.
    pub to: String,
    /// How often.
    pub n: u64,
}

/// Columns that part the rows.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts<'a> {
    /// Which segment each row is of.
    pub segment: Option<&'a [String]>,
    /// When the row was so.
    pub time: Option<&'a Times>,
    /// Whose row it is.
    pub group: Option<&'a [String]>,
}

/// Judges scores by outcomes. Intervals are 95 %, by the bootstrap where there are enough rows for it, the same for the same
/// seed; where it is known whose rows they are, whole groups are drawn.
pub fn evaluate(outcomes: &Outcomes, parts: &Parts<'_>, seed: u64) -> Result<Evaluation, Error> {
    let n_bad = outcomes.bad.iter().filter(|b| **b).count();
    if n_bad == 0 || n_bad == outcomes.bad.len() {
        let class = if n_bad == 0 { "good" } else { "bad" };
        return Err(Error::Table(format!("all {} rows are {class}: nothing can be judged", outcomes.bad.len())));
    }
    let sample = Ranked::new(outcomes, parts.group);
    let (figures, interval_note) = sample.intervals(seed);
    let [auc, ks, brier, log_loss, slope, intercept, hosmer_lemeshow] = figures;
    let twice = |x: f64| 2.0 * x - 1.0;
    Ok(Evaluation {
        n: outcomes.bad.len(),
        bad: n_bad,
        auc,
        gini: Figure { value: twice(auc.value), low: auc.low.map(twice), high: auc.high.map(twice) },
        ks,
        brier,
        log_loss,
        calibration_slope: slope,
        calibration_intercept: intercept,
        hosmer_lemeshow_p: hosmer_lemeshow,
        interval_note,
        grades: grades(outcomes),
        segments: parts.segment.map(|words| by_part(outcomes, by_word(words), parts.group, seed)).unwrap_or_default(),
        vintages: parts.time.map(|times| by_part(outcomes, by_time(times), parts.group, seed)).unwrap_or_default(),
        migration: parts.time.zip(parts.group).map(|(t, g)| migration(outcomes, t, g)).unwrap_or_default(),
    })
}

fn grades(outcomes: &Outcomes) -> Vec<GradeFigures> {
    let of_grade = |grade: Grade| {
        let rows = outcomes.scored.iter().zip(&outcomes.bad).filter(move |(s, _)| s.grade == grade);
        rows.fold((0u64, 0u64, 0.0), |(n, bad, pd), (s, b)| (n + 1, bad + u64::from(*b), pd + s.pd.get()))
    };
    let all: Vec<(Grade, (u64, u64, f64))> =
        Grade::PERFORMING.iter().map(|g| (*g, of_grade(*g))).filter(|(_, (n, ..))| *n > 0).collect();
    let counts: Vec<(u64, u64)> = all.iter().map(|(_, (n, bad, _))| (*n, *bad)).collect();
    let figures = |((grade, (n, bad, pd)), pd_upper): (&(Grade, (u64, u64, f64)), f64)| {
        let (rate_low, rate_high) = rate_interval(*n, *bad);
        GradeFigures {
            grade: grade.to_string(),
            n: *n,
            bad: *bad,
            pd: pd / *n as f64,
            rate: *bad as f64 / *n as f64,
            rate_low,
            rate_high,
            light: light(*n, *bad, pd / *n as f64),
            pd_upper,
        }
    };
    all.iter().zip(prudent_bounds(&counts, CONFIDENCE)).map(figures).collect()
}

/// How unusual so many bad rows are, were the PD true.
fn light(n: u64, bad: u64, pd: f64) -> &'static str {
    let level = match (bad.checked_sub(1), Binomial::new(pd.clamp(0.0, 1.0), n)) {
        (Some(fewer), Ok(binomial)) => binomial.cdf(fewer),
        _ => 0.0,
    };
    if level >= RED {
        "red"
    } else if level >= YELLOW {
        "yellow"
    } else {
        "green"
    }
}

/// The rows of each word, by the alphabet.
fn by_word(words: &[String]) -> Vec<(&str, Vec<usize>)> {
    let mut rows: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    words.iter().enumerate().for_each(|(row, word)| rows.entry(word).or_default().push(row));
    rows.into_iter().collect()
}

/// The rows of each time, earliest first; before them those of which nobody knows.
fn by_time(times: &Times) -> Vec<(&str, Vec<usize>)> {
    let mut rows: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
    times.places().iter().enumerate().for_each(|(row, place)| rows.entry(*place).or_default().push(row));
    rows.into_iter().map(|(place, rows)| (place.map_or(NO_TIME, |place| times.word(place)), rows)).collect()
}

fn by_part(
    outcomes: &Outcomes,
    parts: Vec<(&str, Vec<usize>)>,
    groups: Option<&[String]>,
    seed: u64,
) -> Vec<PartFigures> {
    let figures = |(name, rows): (&str, Vec<usize>)| {
        let part = Outcomes {
            scored: rows.iter().map(|row| outcomes.scored[*row]).collect(),
            bad: rows.iter().map(|row| outcomes.bad[*row]).collect(),
        };
        let groups: Option<Vec<String>> = groups.map(|g| rows.iter().map(|row| g[*row].clone()).collect());
        let (n, bad) = (part.bad.len(), part.bad.iter().filter(|b| **b).count());
        PartFigures {
            name: name.to_owned(),
            n,
            bad,
            pd: part.scored.iter().map(|s| s.pd.get()).sum::<f64>() / n as f64,
            rate: bad as f64 / n as f64,
            auc: (bad > 0 && bad < n).then(|| Ranked::new(&part, groups.as_deref()).intervals(seed).0[AUC]),
        }
    };
    parts.into_iter().map(figures).collect()
}

fn migration(outcomes: &Outcomes, times: &Times, groups: &[String]) -> Vec<Move> {
    let times = times.places();
    let mut rows: Vec<usize> = (0..outcomes.bad.len()).filter(|row| times[*row].is_some()).collect();
    rows.sort_by(|a, b| (&groups[*a], &times[*a]).cmp(&(&groups[*b], &times[*b])));
    let mut moves: BTreeMap<(Grade, Grade), u64> = BTreeMap::new();
    for pair in rows.windows(2).filter(|p| groups[p[0]] == groups[p[1]] && times[p[0]] != times[p[1]]) {
        *moves.entry((outcomes.scored[pair[0]].grade, outcomes.scored[pair[1]].grade)).or_default() += 1;
    }
    moves.into_iter().map(|((from, to), n)| Move { from: from.to_string(), to: to.to_string(), n }).collect()
}
