//! Bins settle beside each other: what several columns tell twice is counted once.

use super::binning::{Bins, Direction};

/// Rounds over all columns. Each goes a tenth of the way, so that no column takes what its neighbours tell as well.
const ROUNDS: usize = 20;

/// The share of a Newton step that is taken.
const SHARE: f64 = 0.1;

/// Information (Fisher's, about the number of bad rows) that pulls a bin back to where it stood: chance moves small bins most.
const HOLD: f64 = 40.0;

/// The same for missing and special values: they have no neighbours to learn from, and what they tell stands apart.
const HOLD_STATE: f64 = 10.0;

/// A column on its way: its bins, and the log-odds of bad that each bin gives.
#[derive(Debug, Clone)]
pub(super) struct Settling<'a> {
    pub(super) bins: &'a Bins,
    pub(super) log_odds: Vec<f64>,
    /// Its weight was left out for its wrong sign: no bin may then come to speak against its own evidence.
    pub(super) is_guarded: bool,
    pub(super) direction: Option<Direction>,
}

/// Lets the bins of all columns move a little, in turn, towards what explains the outcomes best (damped Newton steps in the
/// manner of Lou et al. 2012), and gives the log-odds of every bin. `values[column][row]`.
pub(super) fn settle(columns: &mut [Settling<'_>], values: &[Vec<f64>], bad: &[bool], intercept: f64) {
    let places: Vec<Vec<u16>> = columns.iter().zip(values).map(|(c, v)| places(c.bins, v)).collect();
    let mut sums = vec![intercept; bad.len()];
    for (column, places) in columns.iter().zip(&places) {
        sums.iter_mut().zip(places).for_each(|(sum, place)| *sum += column.log_odds[*place as usize]);
    }
    for _ in 0..ROUNDS {
        for (column, places) in columns.iter_mut().zip(&places) {
            let moved = column.step(places, &sums, bad);
            sums.iter_mut().zip(places).for_each(|(sum, place)| *sum += moved[*place as usize]);
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a column has some hundred bins")]
fn places(bins: &Bins, values: &[f64]) -> Vec<u16> {
    values.iter().map(|v| bins.cuts.place(*v) as u16).collect()
}

impl Settling<'_> {
    /// Moves the bins and says how far.
    fn step(&mut self, places: &[u16], sums: &[f64], bad: &[bool]) -> Vec<f64> {
        let n_bins = self.log_odds.len();
        let n_states = self.bins.cuts.special.len() + 1;
        let (mut gradient, mut information) = (vec![0.0; n_bins], vec![0.0; n_bins]);
        for ((place, sum), is_bad) in places.iter().zip(sums).zip(bad) {
            let p = 1.0 / (1.0 + (-sum).exp());
            gradient[*place as usize] += f64::from(u8::from(*is_bad)) - p;
            information[*place as usize] += p * (1.0 - p);
        }
        let before = self.log_odds.clone();
        for bin in 0..n_bins {
            let is_state = bin + n_states >= n_bins;
            let hold = if is_state { HOLD_STATE } else { HOLD };
            self.log_odds[bin] += SHARE * gradient[bin] / (information[bin] + hold);
            if self.is_guarded && self.log_odds[bin] * self.bins.woe[bin] > 0.0 {
                self.log_odds[bin] = 0.0;
            }
        }
        if let Some(direction) = self.direction {
            let n_ranges = n_bins - n_states;
            straighten(&mut self.log_odds[..n_ranges], &information, direction);
        }
        self.log_odds.iter().zip(&before).map(|(now, then)| now - then).collect()
    }
}

/// The nearest values that go one way, by pooling neighbours that do not (Ayer et al. 1955).
fn straighten(values: &mut [f64], weights: &[f64], direction: Direction) {
    let sign = if direction == Direction::Up { 1.0 } else { -1.0 };
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (value, weight) in values.iter().zip(weights) {
        pools.push((sign * value, weight + 1e-9, 1));
        while let [.., a, b] = pools.as_slice()
            && a.0 > b.0
        {
            let weight = a.1 + b.1;
            let pooled = ((a.0 * a.1 + b.0 * b.1) / weight, weight, a.2 + b.2);
            pools.truncate(pools.len() - 2);
            pools.push(pooled);
        }
    }
    let pooled = pools.iter().flat_map(|(value, _, n)| std::iter::repeat_n(sign * value, *n));
    values.iter_mut().zip(pooled).for_each(|(value, pooled)| *value = pooled);
}
