/// What a bin must add to the log-likelihood of the training rows to be worth its while, before anything was chosen: about
/// Akaike's price of a parameter. What chance draws nonetheless is held back after: each row's evidence comes from bins that
/// did not see it, and the weights are pulled towards zero.
const COST_OF_BIN: f64 = 0.5;

/// What it must add more, times the logarithm of the number of edges it could have been cut at: the best of many edges owes
/// more to chance than the only one. A column of two values has one edge, one of numbers up to 39.
const COST_OF_CHOICE: f64 = 0.4;

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
/// and may stand before it. These are sorted by their rate once for each `i`, so that with m cells it is m² log m steps for
/// each way the risk may go (the problem is that of Navas-Palencia 2020, who gives it to an integer programme).
pub(super) fn best(cells: &[(f64, f64)], least: f64, shape: Shape) -> Vec<(usize, usize)> {
    if cells.is_empty() {
        return Vec::new();
    }
    let gains = Gains::new(cells, least);
    match shape {
        Shape::Rising => gains.along([true]).map(|(_, bins)| bins).concat(),
        Shape::Falling => gains.along([false]).map(|(_, bins)| bins).concat(),
        Shape::Free => gains.free(),
        Shape::OneTurn => {
            let better = |a: (f64, Bins), b: (f64, Bins)| if b.0 > a.0 { b } else { a };
            let ([rising, peak], [falling, trough]) = (gains.along([true, false]), gains.along([false, true]));
            let (straight, turned) = (better(rising, falling), better(peak, trough));
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
        let cost = COST_OF_BIN + COST_OF_CHOICE * (n_cells.max(2) as f64 - 1.0).ln();
        let (mut gain, mut rate) = (vec![f64::NEG_INFINITY; width * width], vec![0.0; width * width]);
        for from in 0..n_cells {
            let (mut n, mut bad) = (0.0, 0.0);
            for to in from + 1..=n_cells {
                n += cells[to - 1].0;
                bad += cells[to - 1].1;
                rate[from * width + to] = bad / n;
                if n >= least || (from == 0 && to == n_cells) {
                    gain[from * width + to] = log_likelihood(n, bad) - cost;
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

    /// The best bins whose rate goes through `phases` in order, `true` rises and `false` falls: for each phase those that end
    /// in it, with their value. The first phases may be skipped.
    fn along<const N: usize>(&self, phases: [bool; N]) -> [(f64, Bins); N] {
        let width = self.n_cells + 1;
        let at = |phase: usize, from: usize, to: usize| (phase * width + from) * width + to;
        let mut best = vec![f64::NEG_INFINITY; N * width * width];
        let mut before = vec![(0, 0); best.len()];
        for from in 0..self.n_cells {
            let standing: [Standing; N] = std::array::from_fn(|phase| {
                let earlier = (0..=phase).flat_map(|p| (0..from).map(move |earlier| (p, earlier)));
                let bins = earlier
                    .map(|(p, earlier)| (self.rate[earlier * width + from], best[at(p, earlier, from)], (p, earlier)));
                Standing::new(bins, phases[phase])
            });
            for to in from + 1..width {
                let (gain, rate) = (self.gain[from * width + to], self.rate[from * width + to]);
                for (phase, standing) in standing.iter().enumerate() {
                    let found = if from == 0 { Some((0.0, (phase, 0))) } else { standing.best(rate) };
                    if let Some((value, bin)) = found {
                        (best[at(phase, from, to)], before[at(phase, from, to)]) = (value + gain, bin);
                    }
                }
            }
        }
        std::array::from_fn(|last| {
            let value_of = |from: &usize| best[at(last, *from, self.n_cells)];
            let end = (0..self.n_cells).max_by(|a, b| value_of(a).total_cmp(&value_of(b))).unwrap_or(0);
            let (mut phase, mut from, mut to) = (last, end, self.n_cells);
            let mut bins = vec![(from, to)];
            while from > 0 {
                let (earlier_phase, earlier) = before[at(phase, from, to)];
                (to, from, phase) = (from, earlier, earlier_phase);
                bins.push((from, to));
            }
            bins.reverse();
            (value_of(&end), bins)
        })
    }
}

/// The bins that end in one place, by the rate that a bin after them must keep to.
struct Standing {
    rises: bool,
    /// The rate of each, signed so that it rises, and the best of those up to it: value, phase and first cell.
    by_rate: Vec<(f64, f64, (usize, usize))>,
}

impl Standing {
    fn new(bins: impl Iterator<Item = (f64, f64, (usize, usize))>, rises: bool) -> Self {
        let sign = if rises { 1.0 } else { -1.0 };
        let mut by_rate: Vec<_> =
            bins.filter(|b| b.1.is_finite()).map(|(rate, value, bin)| (sign * rate, value, bin)).collect();
        by_rate.sort_by(|a, b| a.0.total_cmp(&b.0));
        for i in 1..by_rate.len() {
            if by_rate[i - 1].1 >= by_rate[i].1 {
                (by_rate[i].1, by_rate[i].2) = (by_rate[i - 1].1, by_rate[i - 1].2);
            }
        }
        Self { rises, by_rate }
    }

    /// The best that may stand before a bin of this rate.
    fn best(&self, rate: f64) -> Option<(f64, (usize, usize))> {
        let rate = if self.rises { rate } else { -rate };
        let place = self.by_rate.partition_point(|b| b.0 <= rate).checked_sub(1)?;
        Some((self.by_rate[place].1, self.by_rate[place].2))
    }
}

/// Of `n` rows with `bad` bad ones at their own rate.
fn log_likelihood(n: f64, bad: f64) -> f64 {
    let part = |k: f64| if k > 0.0 { k * (k / n).ln() } else { 0.0 };
    part(bad) + part(n - bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way to cut eight cells, tried.
    fn tried(gains: &Gains, allowed: impl Fn(&[f64]) -> bool) -> f64 {
        let width = gains.n_cells + 1;
        let value = |cut: u32| {
            let ends = (1..gains.n_cells).filter(|i| (cut >> (i - 1)) & 1 == 1).chain([gains.n_cells]);
            let bins: Vec<usize> = ends.scan(0, |from, to| Some(std::mem::replace(from, to) * width + to)).collect();
            let rates: Vec<f64> = bins.iter().map(|bin| gains.rate[*bin]).collect();
            allowed(&rates).then(|| bins.iter().map(|bin| gains.gain[*bin]).sum::<f64>())
        };
        (0..1u32 << (gains.n_cells - 1)).filter_map(value).fold(f64::NEG_INFINITY, f64::max)
    }

    #[test]
    fn no_other_cut_of_the_cells_is_worth_more() {
        for seed in 0..40u32 {
            let draw = |i: u32| f64::from((seed * 977 + i * 7919) % 1013) / 1013.0;
            let cells: Vec<(f64, f64)> = (0..8).map(|i| (100.0, (60.0 * draw(i)).floor())).collect();
            let gains = Gains::new(&cells, 150.0);
            let is_rising = |rates: &[f64]| rates.is_sorted();
            let has_peak = |rates: &[f64]| {
                (0..=rates.len()).any(|top| {
                    rates[..top].is_sorted()
                        && rates[top..].is_sorted_by(|a, b| a >= b)
                        && (top == 0 || top == rates.len() || rates[top - 1] >= rates[top])
                })
            };
            let [(rising, _), (peak, _)] = gains.along([true, false]);
            assert!((rising - tried(&gains, is_rising)).abs() < 1e-9, "{seed}");
            assert!((peak.max(rising) - tried(&gains, has_peak)).abs() < 1e-9, "{seed}");
            let free: f64 = gains.free().iter().map(|(from, to)| gains.gain[from * 9 + to]).sum();
            assert!((free - tried(&gains, |_| true)).abs() < 1e-9, "{seed}");
        }
    }
}
