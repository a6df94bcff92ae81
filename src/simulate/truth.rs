use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::calendar::Calendar;

/// Number of latent states before default.
pub(super) const N_STATES: usize = 6;

/// A number for each latent state, from the soundest to the one that is failing.
pub(super) type PerState = [f64; N_STATES];

/// How a company that joins the portfolio is likely to be.
pub(super) const AT_FIRST: PerState = [0.33, 0.36, 0.19, 0.075, 0.03, 0.015];

/// Probability that a company in a state defaults within the month. Default is absorbing.
pub(super) const HAZARD: PerState = [0.000_03, 0.000_13, 0.000_7, 0.003, 0.025, 0.11];

/// From state (row) to state (column) between two months, while the market is calm.
const CALM: [PerState; N_STATES] = [
    [0.966, 0.031, 0.003, 0.0, 0.0, 0.0],
    [0.031, 0.931, 0.034, 0.004, 0.0, 0.0],
    [0.004, 0.077, 0.864, 0.048, 0.007, 0.0],
    [0.0, 0.010, 0.116, 0.796, 0.066, 0.012],
    [0.0, 0.0, 0.030, 0.110, 0.740, 0.120],
    [0.0, 0.0, 0.0, 0.030, 0.120, 0.850],
];

/// The same while the sector is in a shock: every way down is wider.
const SHOCKED: [PerState; N_STATES] = [
    [0.938, 0.052, 0.010, 0.0, 0.0, 0.0],
    [0.017, 0.876, 0.093, 0.014, 0.0, 0.0],
    [0.002, 0.043, 0.804, 0.122, 0.029, 0.0],
    [0.0, 0.005, 0.063, 0.738, 0.152, 0.042],
    [0.0, 0.0, 0.015, 0.060, 0.695, 0.230],
    [0.0, 0.0, 0.0, 0.015, 0.065, 0.920],
];

/// The chain between two months.
pub(super) fn transition(is_shocked: bool) -> &'static [PerState; N_STATES] {
    if is_shocked { &SHOCKED } else { &CALM }
}

/// Probability that a sector is in a shock next month, given this month.
pub(super) fn shock_next(is_shocked: bool) -> f64 {
    if is_shocked { 0.86 } else { 0.021 }
}

/// Share of sectors in a shock when the history begins.
pub(super) const SHOCKED_AT_FIRST: f64 = 0.12;

/// Whether a sector is in a shock, month by month.
pub(super) fn draw_shocks(rng: &mut ChaCha8Rng, n_months: usize) -> Vec<bool> {
    let mut is_shocked = rng.random_bool(SHOCKED_AT_FIRST);
    let mut months = Vec::with_capacity(n_months);
    for _ in 0..n_months {
        months.push(is_shocked);
        is_shocked = rng.random_bool(shock_next(is_shocked));
    }
    months
}

/// What really happened to a company: nobody in the house may know it.
#[derive(Debug, Clone)]
pub(super) struct Life {
    /// The month it joined the portfolio.
    pub(super) joined: usize,
    /// Its state in each month from `joined` on; ends with the month of default.
    states: Vec<usize>,
    /// The day it defaulted.
    pub(super) defaulted_on: Option<i32>,
}

impl Life {
    /// Draws a life from the month a company joins to the end of the calendar.
    pub(super) fn draw(rng: &mut ChaCha8Rng, calendar: &Calendar, joined: usize, shocks: &[bool]) -> Self {
        let mut states = Vec::with_capacity(calendar.n_months());
        let mut state = pick(rng, &AT_FIRST);
        for (month, is_shocked) in shocks.iter().enumerate().skip(joined) {
            states.push(state);
            if rng.random_bool(HAZARD[state]) {
                let day = calendar.first_day(month) + rng.random_range(0..calendar.days_in(month));
                return Self { joined, states, defaulted_on: Some(day) };
            }
            state = pick(rng, &transition(*is_shocked)[state]);
        }
        Self { joined, states, defaulted_on: None }
    }

    /// The state in a month; none before joining and after default.
    pub(super) fn state(&self, month: usize) -> Option<usize> {
        month.checked_sub(self.joined).and_then(|at| self.states.get(at)).copied()
    }

    /// Whether it has not defaulted when a day is over.
    pub(super) fn is_alive_after(&self, day: i32) -> bool {
        self.defaulted_on.is_none_or(|on| on > day)
    }
}

/// Picks a place with the given probabilities; what rounding leaves over goes to the last place that has any.
pub(super) fn pick(rng: &mut ChaCha8Rng, weights: &[f64]) -> usize {
    let mut left = rng.random::<f64>() * weights.iter().sum::<f64>();
    for (place, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return place;
        }
    }
    weights.iter().rposition(|weight| *weight > 0.0).unwrap_or(0)
}
