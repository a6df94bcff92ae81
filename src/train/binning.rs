/// Bins that a column is cut into before merging.
const N_PREBINS: usize = 40;

/// The most bins that remain, beside the one for missing values.
const MAX_BINS: usize = 12;

/// The smallest share of the rows that may stand in a bin.
const MIN_SHARE: f64 = 0.03;

/// Neighbours whose chi-square is below this are one bin: the 90 % point of one degree of freedom.
const MERGE_BELOW: f64 = 2.706;

/// More than any chi-square of a table that fits in memory.
const MUST_MERGE: f64 = 1e12;

/// Which way the risk must go with a column's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// More is riskier.
    Up,
    /// More is safer.
    Down,
}

/// The bins of a column: bin `i` holds values up to and including `edges[i]`, the last one everything above.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bins {
    pub(super) edges: Vec<f64>,
    /// Weight of evidence of each bin: the logarithm of its share of the good over its share of the bad.
    pub(super) woe: Vec<f64>,
    /// The same for missing values; 0 where training saw none.
    pub(super) woe_missing: f64,
    /// Information value.
    pub(super) iv: f64,
}

impl Bins {
    /// Cuts a column by quantiles and merges neighbours that tell the same, are too small, or go the wrong way.
    pub(super) fn fit(values: &[f64], bad: &[bool], direction: Option<Direction>) -> Self {
        let mut known: Vec<(f64, bool)> =
            values.iter().copied().zip(bad.iter().copied()).filter(|(v, _)| !v.is_nan()).collect();
        known.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut cells = prebins(&known);
        merge(&mut cells, values.len(), direction);
        let missing = values.iter().zip(bad).filter(|(v, _)| v.is_nan()).fold(Cell::default(), |c, (_, b)| c.with(*b));
        let total = cells.iter().fold(missing, |sum, c| sum.plus(c));
        let woe: Vec<f64> = cells.iter().map(|c| c.woe(&total)).collect();
        let iv = cells.iter().zip(&woe).map(|(c, w)| c.iv(&total, *w)).sum::<f64>();
        // A handful of missing cells tells nothing that can be trusted.
        let woe_missing = if missing.n() >= 20.0 { missing.woe(&total) } else { 0.0 };
        let edges = cells.iter().map(|c| c.upper).take(cells.len().saturating_sub(1)).collect();
        Self { edges, woe, woe_missing, iv: iv + missing.iv(&total, woe_missing) }
    }

    pub(super) fn woe_of(&self, value: f64) -> f64 {
        if value.is_nan() { self.woe_missing } else { self.woe.get(place(&self.edges, value)).copied().unwrap_or(0.0) }
    }
}

/// The bin of a value.
pub(super) fn place(edges: &[f64], value: f64) -> usize {
    edges.partition_point(|edge| *edge < value)
}

#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    upper: f64,
    good: f64,
    bad: f64,
}

impl Cell {
    fn with(self, is_bad: bool) -> Self {
        let one = f64::from(u8::from(is_bad));
        Self { good: self.good + 1.0 - one, bad: self.bad + one, ..self }
    }

    fn plus(&self, other: &Self) -> Self {
        Self { upper: other.upper, good: self.good + other.good, bad: self.bad + other.bad }
    }

    fn n(&self) -> f64 {
        self.good + self.bad
    }

    /// Half a row is added on both sides, so that a bin without bad rows has a finite weight.
    fn woe(&self, total: &Self) -> f64 {
        (((self.good + 0.5) / (total.good + 0.5)) / ((self.bad + 0.5) / (total.bad + 0.5))).ln()
    }

    fn iv(&self, total: &Self, woe: f64) -> f64 {
        (self.good / total.good.max(1.0) - self.bad / total.bad.max(1.0)) * woe
    }

    fn rate(&self) -> f64 {
        (self.bad + 0.5) / (self.n() + 1.0)
    }
}

fn prebins(known: &[(f64, bool)]) -> Vec<Cell> {
    let size = (known.len() / N_PREBINS).max(1);
    let mut cells: Vec<Cell> = Vec::new();
    let mut current = Cell::default();
    for (i, (value, is_bad)) in known.iter().enumerate() {
        current = Cell { upper: *value, ..current.with(*is_bad) };
        let ends_tie = known.get(i + 1).is_none_or(|next| next.0 > *value);
        if (current.n() >= size as f64 && ends_tie) || i + 1 == known.len() {
            cells.push(std::mem::take(&mut current));
        }
    }
    cells
}

fn merge(cells: &mut Vec<Cell>, n_rows: usize, direction: Option<Direction>) {
    let least = MIN_SHARE * n_rows as f64;
    while cells.len() > 1 {
        let against = |pair: &[Cell]| match direction {
            Some(Direction::Up) => pair[0].rate() > pair[1].rate(),
            Some(Direction::Down) => pair[0].rate() < pair[1].rate(),
            None => false,
        };
        // A pair that must not stay goes first; among several, the pair that tells least apart.
        let must = |pair: &[Cell]| against(pair) || pair.iter().any(|c| c.n() < least);
        let cost = |pair: &[Cell]| chi_square(&pair[0], &pair[1]) - if must(pair) { MUST_MERGE } else { 0.0 };
        let cheapest = cells.windows(2).map(cost).enumerate().min_by(|a, b| a.1.total_cmp(&b.1));
        match cheapest {
            Some((at, cost)) if cost < MERGE_BELOW || cells.len() > MAX_BINS => {
                cells[at] = cells[at].plus(&cells[at + 1]);
                cells.remove(at + 1);
            }
            _ => return,
        }
    }
}

fn chi_square(a: &Cell, b: &Cell) -> f64 {
    let n = a.n() + b.n();
    let part = |seen: f64, row: f64, column: f64| {
        let expected = (row * column / n).max(0.5);
        (seen - expected).powi(2) / expected
    };
    let (good, bad) = (a.good + b.good, a.bad + b.bad);
    part(a.good, a.n(), good) + part(a.bad, a.n(), bad) + part(b.good, b.n(), good) + part(b.bad, b.n(), bad)
}
