//! Columns cut into bins, each with a weight of evidence.

mod dynamic;

use std::collections::BTreeMap;

pub(super) use dynamic::Shape;

/// Bins that a column is cut into, by quantiles, before the best union of neighbours is looked for.
const N_PREBINS: usize = 40;

/// The smallest share of the rows that may stand in a bin of numbers.
const MIN_SHARE: f64 = 0.02;

/// Rows at the average rate that are added to each bin, so that a bin of few rows says little.
const PRIOR_ROWS: f64 = 8.0;

/// A word with fewer rows than this is of one group with the other rare ones.
const MIN_ROWS_OF_WORD: f64 = 10.0;

/// Which way the risk must go with a column's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// More is riskier.
    Up,
    /// More is safer.
    Down,
}

/// Where the values of a column go. Bins stand in this order: ranges of numbers (or groups of words), special values, missing.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Cuts {
    /// Upper ends, inclusive, of all ranges but the last.
    pub(super) edges: Vec<f64>,
    /// Values with a bin of their own.
    pub(super) special: Vec<f64>,
    /// The bin of each word by its code, where the column holds words; then there are no edges.
    pub(super) words: Option<Vec<usize>>,
}

/// The bins of a column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bins {
    pub(super) cuts: Cuts,
    /// Weight of evidence of each bin: the logarithm of its odds of good over those of all rows; missing is the last.
    pub(super) woe: Vec<f64>,
    /// Information value.
    pub(super) iv: f64,
}

/// What is to be known of a column before it is cut.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish<'a> {
    /// The way the risk must go; without one it turns at most once.
    pub(super) direction: Option<Direction>,
    /// Values that stand for a state.
    pub(super) special: &'a [f64],
    /// How many words the column knows, when it holds words.
    pub(super) n_words: Option<usize>,
}

impl Cuts {
    /// How many bins there are, the missing one included.
    pub(super) fn n_bins(&self) -> usize {
        let own = self.words.as_ref().map_or(self.edges.len() + 1, |w| w.iter().max().map_or(0, |m| m + 1));
        own + self.special.len() + 1
    }

    /// The bin of a value; `NaN` is missing.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a code is a small whole number")]
    pub(super) fn place(&self, value: f64) -> usize {
        let missing = self.n_bins() - 1;
        if value.is_nan() {
            return missing;
        }
        if let Some(special) = self.special.iter().position(|s| s.total_cmp(&value).is_eq()) {
            return missing - self.special.len() + special;
        }
        match &self.words {
            Some(words) => words.get(value as usize).copied().unwrap_or(missing),
            None => self.edges.partition_point(|edge| *edge < value),
        }
    }
}

impl Bins {
    /// The best bins of the rows that `is_in`. `order`: all rows with a number, by it; `values` and `bad`: of all rows.
    pub(super) fn fit(order: &[u32], values: &[f64], bad: &[bool], is_in: &[bool], wish: &Wish<'_>) -> Self {
        let mut known = Vec::with_capacity(order.len());
        let mut apart: BTreeMap<usize, Cell> = BTreeMap::new();
        let mut missing = Cell::default();
        for row in order.iter().map(|r| *r as usize).filter(|r| is_in[*r]) {
            match wish.special.iter().position(|s| s.total_cmp(&values[row]).is_eq()) {
                Some(place) => apart.entry(place).or_default().add(bad[row]),
                None => known.push((values[row], bad[row])),
            }
        }
        for row in (0..values.len()).filter(|r| is_in[*r] && values[*r].is_nan()) {
            missing.add(bad[row]);
        }
        let (cuts, mut cells) = match wish.n_words {
            Some(n_words) => words(&known, n_words),
            None => ranges(&known, is_in.iter().filter(|i| **i).count() as f64, wish.direction),
        };
        let cuts = Cuts { special: wish.special.to_vec(), ..cuts };
        cells.extend((0..wish.special.len()).map(|place| apart.get(&place).copied().unwrap_or_default()));
        cells.push(missing);
        let total = cells.iter().fold(Cell::default(), |sum, c| sum.plus(*c));
        let woe: Vec<f64> = cells.iter().map(|c| c.woe(&total)).collect();
        let iv = cells.iter().zip(&woe).map(|(c, w)| c.iv(&total, *w)).sum();
        Self { cuts, woe, iv }
    }

    /// The mean of several binnings of one column, for the rows that `is_in`: it has the edges of all of them, less those that
    /// would part bins too small to stand by themselves.
    pub(super) fn mean(parts: &[&Self], iv: f64, values: &[f64], is_in: &[bool]) -> Self {
        let mut edges: Vec<f64> = parts.iter().flat_map(|p| p.cuts.edges.iter().copied()).collect();
        edges.sort_by(f64::total_cmp);
        edges.dedup();
        let special = parts.first().map(|p| p.cuts.special.clone()).unwrap_or_default();
        let n_words = parts.iter().filter_map(|p| p.cuts.words.as_ref().map(Vec::len)).max();
        let at = |value: f64| parts.iter().map(|p| p.woe[p.cuts.place(value)]).sum::<f64>() / parts.len().max(1) as f64;
        let own: Vec<f64> = match n_words {
            Some(n) => (0..n).map(|code| at(code as f64)).collect(),
            None => edges.iter().copied().chain([f64::INFINITY]).map(at).collect(),
        };
        let woe = own.into_iter().chain(special.iter().map(|s| at(*s))).chain([at(f64::NAN)]).collect();
        let mut mean = Self { cuts: Cuts { edges, special, words: n_words.map(|n| (0..n).collect()) }, woe, iv };
        if n_words.is_none() {
            mean.unite_small(values, is_in);
        }
        mean
    }

    /// Unites every range with too few rows with the neighbour that is more like it, the smallest first.
    fn unite_small(&mut self, values: &[f64], is_in: &[bool]) {
        let mut counts = vec![0.0f64; self.woe.len()];
        let mut n_rows = 0.0;
        for value in values.iter().zip(is_in).filter(|(_, is_in)| **is_in).map(|(value, _)| *value) {
            counts[self.cuts.place(value)] += 1.0;
            n_rows += 1.0;
        }
        while !self.cuts.edges.is_empty() {
            let ranges = 0..=self.cuts.edges.len();
            let smallest = ranges.min_by(|a, b| counts[*a].total_cmp(&counts[*b])).unwrap_or(0);
            if counts[smallest] >= MIN_SHARE * n_rows {
                return;
            }
            let distance = |other: usize| (self.woe[other] - self.woe[smallest]).abs();
            let has_next = smallest < self.cuts.edges.len();
            let is_with_next = smallest == 0 || (has_next && distance(smallest + 1) < distance(smallest - 1));
            let left = if is_with_next { smallest } else { smallest - 1 };
            let (n, more) = (counts[left], counts[left + 1]);
            // The weight of evidence of a union lies between those of its parts, nearer to that of the larger one.
            self.woe[left] = (n * self.woe[left] + more * self.woe[left + 1]) / (n + more).max(1.0);
            counts[left] = n + more;
            counts.remove(left + 1);
            self.woe.remove(left + 1);
            self.cuts.edges.remove(left);
        }
    }

    /// The weight of evidence of a value.
    pub(super) fn woe_of(&self, value: f64) -> f64 {
        self.woe[self.cuts.place(value)]
    }
}

/// Rows and bad rows of a bin.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    n: f64,
    bad: f64,
}

impl Cell {
    fn add(&mut self, is_bad: bool) {
        self.n += 1.0;
        self.bad += f64::from(u8::from(is_bad));
    }

    fn plus(self, other: Self) -> Self {
        Self { n: self.n + other.n, bad: self.bad + other.bad }
    }

    fn woe(&self, total: &Self) -> f64 {
        let average = total.bad / total.n;
        let rate = (self.bad + PRIOR_ROWS * average) / (self.n + PRIOR_ROWS);
        ((1.0 - rate) / rate).ln() - ((1.0 - average) / average).ln()
    }

    fn iv(&self, total: &Self, woe: f64) -> f64 {
        ((self.n - self.bad) / (total.n - total.bad) - self.bad / total.bad) * woe
    }
}

/// The best ranges of sorted numbers.
fn ranges(known: &[(f64, bool)], n_rows: f64, direction: Option<Direction>) -> (Cuts, Vec<Cell>) {
    let (uppers, cells) = prebins(known);
    let shape = match direction {
        Some(Direction::Up) => Shape::Rising,
        Some(Direction::Down) => Shape::Falling,
        None => Shape::OneTurn,
    };
    let counts: Vec<(f64, f64)> = cells.iter().map(|c| (c.n, c.bad)).collect();
    let bins = dynamic::best(&counts, MIN_SHARE * n_rows, shape);
    let edges = bins.iter().map(|(_, to)| uppers[to - 1]).take(bins.len().saturating_sub(1)).collect();
    let union = |(from, to): &(usize, usize)| cells[*from..*to].iter().fold(Cell::default(), |sum, c| sum.plus(*c));
    let mut cells: Vec<Cell> = bins.iter().map(union).collect();
    if cells.is_empty() {
        cells.push(Cell::default());
    }
    (Cuts { edges, ..Cuts::default() }, cells)
}

/// Quantiles; equal values are never parted.
fn prebins(known: &[(f64, bool)]) -> (Vec<f64>, Vec<Cell>) {
    let size = (known.len() / N_PREBINS).max(1) as f64;
    let (mut uppers, mut cells) = (Vec::new(), Vec::new());
    let mut current = Cell::default();
    for (i, (value, is_bad)) in known.iter().enumerate() {
        current.add(*is_bad);
        let ends_tie = known.get(i + 1).is_none_or(|next| next.0 > *value);
        if (current.n >= size && ends_tie) || i + 1 == known.len() {
            uppers.push(*value);
            cells.push(std::mem::take(&mut current));
        }
    }
    (uppers, cells)
}

/// Groups of words: ordered by their rate of bad rows, then cut like numbers; the rare ones are one group from the start.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a code is a small whole number")]
fn words(known: &[(f64, bool)], n_words: usize) -> (Cuts, Vec<Cell>) {
    let mut cells = vec![Cell::default(); n_words];
    known.iter().for_each(|(code, is_bad)| cells[*code as usize].add(*is_bad));
    let total = cells.iter().fold(Cell::default(), |sum, c| sum.plus(*c));
    let (mut order, rare): (Vec<usize>, Vec<usize>) = (0..n_words).partition(|w| cells[*w].n >= MIN_ROWS_OF_WORD);
    let others = rare.iter().fold(Cell::default(), |sum, w| sum.plus(cells[*w]));
    let rate = |c: &Cell| c.woe(&total);
    order.sort_by(|a, b| rate(&cells[*b]).total_cmp(&rate(&cells[*a])));
    let counts: Vec<(f64, f64)> = order.iter().map(|w| (cells[*w].n, cells[*w].bad)).collect();
    let groups = dynamic::best(&counts, MIN_ROWS_OF_WORD, Shape::Free);
    let mut place = vec![groups.len(); n_words];
    let mut own = Vec::new();
    for (group, (from, to)) in groups.iter().enumerate() {
        order[*from..*to].iter().for_each(|word| place[*word] = group);
        own.push(order[*from..*to].iter().fold(Cell::default(), |sum, w| sum.plus(cells[*w])));
    }
    if !rare.is_empty() {
        own.push(others);
    }
    (Cuts { words: Some(place), ..Cuts::default() }, own)
}
