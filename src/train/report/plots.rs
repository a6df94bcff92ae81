//! What is drawn: how well the scores part bad rows from good ones, whether the PDs come true, and each column's bins.

use statrs::distribution::{Beta, ContinuousCDF};

use super::{
    super::evaluate::{N_GROUPS, Outcomes},
    svg::{Axis, Drawing, Unit},
};
use crate::score::Input;

/// Points of a curve: more cannot be seen.
const N_POINTS: usize = 200;

/// The least share that the drawing of calibration shows, as a power of ten: 0.01 %.
const LEAST_DECADE: i32 = -4;

/// Bars of the score distributions.
const N_BARS: usize = 30;

/// Rows in the order of their risk, highest first.
pub(super) struct Ranked {
    pd: Vec<f64>,
    points: Vec<f64>,
    bad: Vec<bool>,
    n_bad: f64,
}

impl Ranked {
    pub(super) fn new(outcomes: &Outcomes) -> Self {
        let mut order: Vec<usize> = (0..outcomes.bad.len()).collect();
        order.sort_by(|a, b| outcomes.scored[*b].pd.get().total_cmp(&outcomes.scored[*a].pd.get()));
        let bad: Vec<bool> = order.iter().map(|r| outcomes.bad[*r]).collect();
        Self {
            pd: order.iter().map(|r| outcomes.scored[*r].pd.get()).collect(),
            points: order.iter().map(|r| f64::from(outcomes.scored[*r].points)).collect(),
            n_bad: bad.iter().filter(|b| **b).count() as f64,
            bad,
        }
    }

    /// The share of bad rows found against the share of good rows blamed.
    pub(super) fn roc(&self) -> String {
        let n_good = self.bad.len() as f64 - self.n_bad;
        let mut curve = vec![(0.0, 0.0)];
        let (mut good, mut bad) = (0.0, 0.0);
        for (i, is_bad) in self.bad.iter().enumerate() {
            if *is_bad {
                bad += 1.0
            } else {
                good += 1.0
            }
            // Tied rows are one step: their order means nothing.
            if self.pd.get(i + 1).is_none_or(|next| *next < self.pd[i]) {
                curve.push((good / n_good, bad / self.n_bad));
            }
        }
        let mut drawing = Drawing::new(
            "ROC curve",
            "Share of the bad rows found against share of the good rows blamed, for every threshold.",
            Axis::new(0.0, 1.0, "good rows blamed", Unit::Share),
            Axis::new(0.0, 1.0, "bad rows found", Unit::Share),
        );
        drawing.line("chance", &[(0.0, 0.0), (1.0, 1.0)]);
        drawing.line("curve", &thinned(&curve));
        drawing.end()
    }

    /// How many times more bad rows than by chance are among the riskiest share.
    pub(super) fn lift(&self) -> String {
        let rate = self.n_bad / self.bad.len() as f64;
        let groups = self.groups();
        let lifts: Vec<f64> = groups.iter().map(|(from, to)| self.rate(*from, *to) / rate).collect();
        let highest = lifts.iter().copied().fold(1.0, f64::max).ceil();
        let mut drawing = Drawing::new(
            "Lift",
            "How many times more bad rows than on average stand in each tenth of the rows, the riskiest tenth first.",
            Axis::new(0.0, 1.0, "rows, the riskiest first", Unit::Share),
            Axis::new(0.0, highest, "bad rows, times the average", Unit::Number),
        );
        for (i, lift) in lifts.iter().enumerate() {
            let (from, to) = (i as f64 / N_GROUPS as f64, (i + 1) as f64 / N_GROUPS as f64);
            drawing.bar("bar", (from + 0.008, to - 0.008), *lift, &format!("tenth {}: {lift:.2} times", i + 1));
        }
        drawing.line("chance", &[(0.0, 1.0), (1.0, 1.0)]);
        drawing.end()
    }

    /// What was foretold and what happened, in tenths of the rows, on a scale of log-odds for most PDs are small.
    pub(super) fn calibration(&self) -> String {
        let log10 = |p: f64| p.max(10f64.powi(LEAST_DECADE)).log10();
        let mut drawing = Drawing::new(
            "Calibration",
            "Share that went bad against the PD foretold, in tenths of the rows, with 95 % intervals.",
            Axis::decades(LEAST_DECADE, "foretold PD"),
            Axis::decades(LEAST_DECADE, "went bad"),
        );
        let least = f64::from(LEAST_DECADE);
        drawing.line("chance", &[(least, least), (0.0, 0.0)]);
        for (from, to) in self.groups() {
            let n = (to - from) as f64;
            let pd = self.pd[from..to].iter().sum::<f64>() / n;
            let bad = self.rate(from, to) * n;
            let bound = |a: f64, b: f64, at: f64| Beta::new(a, b).map_or(0.0, |beta| beta.inverse_cdf(at));
            let low = if bad > 0.0 { bound(bad, n - bad + 1.0, 0.025) } else { 0.0 };
            let high = if bad < n { bound(bad + 1.0, n - bad, 0.975) } else { 1.0 };
            let words = format!("{n} rows: foretold {:.2} %, {bad} went bad, {:.2} %", 100.0 * pd, 100.0 * bad / n);
            drawing.point((log10(pd), log10(bad / n)), (log10(low), log10(high)), &words);
        }
        drawing.end()
    }

    /// Where the points of good and of bad rows lie, each class by itself.
    pub(super) fn distributions(&self) -> String {
        let (low, high) =
            self.points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), p| (l.min(*p), h.max(*p)));
        let (low, high) = (low, if high > low { high } else { low + 1.0 });
        let share = |class: bool| {
            let mut bars = vec![0.0; N_BARS];
            let n = if class { self.n_bad } else { self.bad.len() as f64 - self.n_bad };
            for (points, _) in self.points.iter().zip(&self.bad).filter(|(_, b)| **b == class) {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
                let bar = ((points - low) / (high - low) * N_BARS as f64) as usize;
                bars[bar.min(N_BARS - 1)] += 1.0 / n;
            }
            bars
        };
        let (good, bad) = (share(false), share(true));
        let highest = good.iter().chain(&bad).copied().fold(0.0, f64::max);
        let mut drawing = Drawing::new(
            "Points by class",
            "How the points of good rows, and of bad rows, are spread, each class by itself.",
            Axis::new(low, high, "points", Unit::Number),
            Axis::new(0.0, highest, "share of the class", Unit::Share),
        );
        for (class, bars) in [("good", &good), ("bad", &bad)] {
            for (i, height) in bars.iter().enumerate() {
                let at = |i: usize| low + (high - low) * i as f64 / N_BARS as f64;
                let words = format!("{class}, {:.0} to {:.0} points: {:.1} %", at(i), at(i + 1), 100.0 * height);
                drawing.bar(class, (at(i), at(i + 1)), *height, &words);
            }
        }
        drawing.end()
    }

    fn groups(&self) -> Vec<(usize, usize)> {
        let n = self.bad.len();
        (0..N_GROUPS).map(|i| (i * n / N_GROUPS, (i + 1) * n / N_GROUPS)).filter(|(from, to)| to > from).collect()
    }

    fn rate(&self, from: usize, to: usize) -> f64 {
        self.bad[from..to].iter().filter(|b| **b).count() as f64 / (to - from) as f64
    }
}

/// The rows in each bin of a column, how many of them went bad, and the points of the bin.
pub(super) struct BinLine {
    pub(super) name: String,
    pub(super) n: usize,
    pub(super) bad: usize,
    pub(super) points: i32,
}

/// Counts the rows of a column by its bins.
pub(super) fn bin_lines(input: &Input, values: &[f64], bad: &[bool]) -> Vec<BinLine> {
    let line = |name: String, points: i32| BinLine { name, n: 0, bad: 0, points };
    let ranges = input.bins.iter().enumerate().map(|(i, b)| match (b.upto, i) {
        (Some(upto), _) => line(format!("≤ {upto}"), b.points),
        (None, 0) => line("any".to_owned(), b.points),
        (None, _) => line("above".to_owned(), b.points),
    });
    let groups = input.groups.iter().map(|g| line(g.words.join(", "), g.points));
    let special = input.special.iter().map(|s| line(format!("= {}", s.value), s.points));
    let mut lines: Vec<BinLine> =
        ranges.chain(groups).chain(special).chain([line("missing".to_owned(), input.missing)]).collect();
    let missing = lines.len() - 1;
    for (value, is_bad) in values.iter().zip(bad) {
        let equal = |v: f64| v.total_cmp(value).is_eq();
        let state =
            input.special.iter().position(|s| equal(s.value)).map(|i| input.bins.len() + input.groups.len() + i);
        let group = input.groups.iter().position(|g| equal(g.code)).map(|i| input.bins.len() + i);
        let range = input.bins.iter().position(|b| b.upto.is_none_or(|upto| *value <= upto));
        let place = if value.is_nan() { missing } else { state.or(group).or(range).unwrap_or(missing) };
        lines[place].n += 1;
        lines[place].bad += usize::from(*is_bad);
    }
    lines.retain(|l| l.n > 0 || l.points != 0);
    lines
}

/// The share of bad rows in each bin of a column.
pub(super) fn binning(lines: &[BinLine]) -> String {
    let rate = |l: &BinLine| if l.n > 0 { l.bad as f64 / l.n as f64 } else { 0.0 };
    let highest = lines.iter().map(rate).fold(0.01, f64::max);
    let mut drawing = Drawing::new(
        "Share of bad rows by bin",
        "One bar for each bin of the table below, in its order; missing cells in another colour.",
        Axis::places(lines.len(), "bin, as numbered below"),
        Axis::new(0.0, highest, "share of bad rows", Unit::Share),
    );
    for (i, line) in lines.iter().enumerate() {
        let class = if line.name == "missing" { "missing" } else { "bar" };
        let words =
            format!("{}: {} rows, {:.1} % bad, {:+} points", line.name, line.n, 100.0 * rate(line), line.points);
        drawing.bar(class, (i as f64 + 0.06, i as f64 + 0.94), rate(line), &words);
    }
    drawing.end()
}

fn thinned(curve: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let step = curve.len().div_ceil(N_POINTS).max(1);
    let mut kept: Vec<(f64, f64)> = curve.iter().step_by(step).copied().collect();
    kept.extend(curve.last());
    kept
}
