/// What a bin must add to the log-likelihood of the training rows to be worth its while. About a likelihood-ratio test at 2.5 %
/// (half the chi-square of one degree of freedom): an edge that chance alone would draw is not drawn.
const COST_OF_BIN: f64 = 2.5;

/// What a turn of the risk must add beyond the best monotone bins.
const COST_OF_TURN: f64 = 2.0;

/// How the rate of bad rows may go from bin to bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::train) enum Shape {
    /// Never down.
    Rising,
    /// Never up.
    Falling,
    /// Up or down, turning once where that is worth it: a reader can follow, and chance cannot zigzag.
    OneTurn,
    /// Anyhow.
    Free,
}

/// The union of neighbouring cells `(rows, bad rows)` whose weights of evidence explain the outcomes best, by exact dynamic
/// programming: ranges of cells `(from, to)`, each of at least `least` rows. One bin of everything when nothing else is allowed.
///
/// The best value of all unions that end with bin `(i, j)` is that bin's own plus the best of those that end with some `(h, i)`
/// and may stand before it; with m cells that is m³ steps for each way the risk may go (as in Navas-Palencia 2020, where an
/// integer programme says the same).
pub(super) fn best(cells: &[(f64, f64)], least: f64, shape: Shape) -> Vec<(usize, usize)> {
    if cells.is_empty() {
        return Vec::new();
    }
    let gains = Gains::new(cells, least);
    match shape {
        Shape::Rising => gains.along(&[true]).1,
        Shape::Falling => gains.along(&[false]).1,
        Shape::Free => gains.free(),
        Shape::OneTurn => {
            let better = |a: (f64, Bins), b: (f64, Bins)| if b.0 > a.0 { b } else { a };
            let straight = better(gains.along(&[true]), gains.along(&[false]));
            let turned = better(gains.along(&[true, false]), gains.along(&[false, true]));
            if turned.0 > straight.0 + COST_OF_TURN { turned.1 } else { straight.1 }
        }
    }
}

type Bins = Vec<(usize, usize)>;

struct Gains {
    n_cells: usize,
    /// Value of a bin `(from, to)`, at `from * (n_cells + 1) + to`; minus infinity where it is too small.
    gain: Vec<f64>,
    /// Its rate of bad rows.
    rate: Vec<f64>,
}

impl Gains {
    fn new(cells: &[(f64, f64)], least: f64) -> Self {
        let n_cells = cells.len();
        let width = n_cells + 1;
        let (mut gain, mut rate) = (vec![f64::NEG_INFINITY; width * width], vec![0.0; width * width]);
        for from in 0..n_cells {
            let (mut n, mut bad) = (0.0, 0.0);
            for to in from + 1..=n_cells {
                n += cells[to - 1].0;
                bad += cells[to - 1].1;
                rate[from * width + to] = bad / n;
                if n >= least || (from == 0 && to == n_cells) {
                    gain[from * width + to] = log_likelihood(n, bad) - COST_OF_BIN;
                }
            }
        }
        Self { n_cells, gain, rate }
    }

    fn free(&self) -> Bins {
        let width = self.n_cells + 1;
        let mut best = vec![f64::NEG_INFINITY; width];
        let mut came_from = vec![0; width];
        best[0] = 0.0;
        for to in 1..width {
            for from in 0..to {
                let value = best[from] + self.gain[from * width + to];
                if value > best[to] {
                    (best[to], came_from[to]) = (value, from);
                }
            }
        }
        let mut bins = Vec::new();
        let mut to = self.n_cells;
        while to > 0 {
            bins.push((came_from[to], to));
            to = came_from[to];
        }
        bins.reverse();
        bins
    }

    /// The best bins whose rate goes through `phases` in order: `true` rises, `false` falls. With its value.
    fn along(&self, phases: &[bool]) -> (f64, Bins) {
        let width = self.n_cells + 1;
        let at = |phase: usize, from: usize, to: usize| (phase * width + from) * width + to;
        let mut best = vec![f64::NEG_INFINITY; phases.len() * width * width];
        let mut before = vec![(0, 0); best.len()];
        for to in 1..width {
            for from in 0..to {
                let (gain, rate) = (self.gain[from * width + to], self.rate[from * width + to]);
                if gain.is_infinite() {
                    continue;
                }
                for (phase, rises) in phases.iter().enumerate() {
                    let mut found = (if from == 0 { 0.0 } else { f64::NEG_INFINITY }, (phase, 0));
                    for earlier in 0..from {
                        let last = self.rate[earlier * width + from];
                        if (*rises && last > rate) || (!rises && last < rate) {
                            continue;
                        }
                        for from_phase in 0..=phase {
                            let value = best[at(from_phase, earlier, from)];
                            if value > found.0 {
                                found = (value, (from_phase, earlier));
                            }
                        }
                    }
                    (best[at(phase, from, to)], before[at(phase, from, to)]) = (found.0 + gain, found.1);
                }
            }
        }
        let ends = (0..phases.len()).flat_map(|phase| (0..self.n_cells).map(move |from| (phase, from)));
        let end = ends.max_by(|a, b| best[at(a.0, a.1, width - 1)].total_cmp(&best[at(b.0, b.1, width - 1)]));
        let (mut phase, mut from) = end.unwrap_or((0, 0));
        let value = best[at(phase, from, width - 1)];
        let mut to = self.n_cells;
        let mut bins = vec![(from, to)];
        while from > 0 {
            let (earlier_phase, earlier) = before[at(phase, from, to)];
            (to, from, phase) = (from, earlier, earlier_phase);
            bins.push((from, to));
        }
        bins.reverse();
        (value, bins)
    }
}

/// Of `n` rows with `bad` bad ones at their own rate.
fn log_likelihood(n: f64, bad: f64) -> f64 {
    let part = |k: f64| if k > 0.0 { k * (k / n).ln() } else { 0.0 };
    part(bad) + part(n - bad)
}
