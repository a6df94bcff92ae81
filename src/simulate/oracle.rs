use jiff::civil::Date;

use super::{
    Company, Economy,
    calendar::Calendar,
    emission::{CHANCES, DISPUTE, Habit, LATE_HABIT, N_CHANCES, delay_likelihood, still_unpaid_likelihood},
    truth::{AT_FIRST, HAZARD, N_STATES, PerState, SHOCKED_AT_FIRST, shock_next, transition},
};
use crate::domain::day_number;

/// The horizon of a rating.
const HORIZON_MONTHS: usize = 12;

/// A weight for each habit and state.
type Belief = [PerState; 2];

/// The same while the market is calm, and while it is in a shock.
type Joint = [Belief; 2];

/// What somebody can see.
#[derive(Clone, Copy)]
enum Sight<'a> {
    /// Books, registers, press and the state of the markets: for each month, which share of what happened can be read.
    Everything(&'a [[f64; N_CHANCES]]),
    /// The client's own invoices and nothing else.
    Books,
}

impl Economy {
    /// The best anybody could know: for each client, the probability that it defaults within twelve months, given all
    /// that could be seen of it when `day` was over. Clients in default have 1; those yet to join are left out.
    ///
    /// It is the forward algorithm over habit and state (Rabiner 1989, section III.A), with the true tables, told which
    /// story was true and which markets were in a shock, but never the states.
    pub fn oracle_pd(&self, day: Date) -> Vec<(String, f64)> {
        let as_of = day_number(day);
        let told = shares_told(&self.calendar, as_of);
        self.best_pd(as_of, Sight::Everything(&told))
    }

    /// The same for somebody who sees each client's own invoices and payments, and neither registers nor press nor
    /// markets: the best that a model can reach which learns from imported books alone.
    pub fn oracle_pd_from_books(&self, day: Date) -> Vec<(String, f64)> {
        self.best_pd(day_number(day), Sight::Books)
    }

    fn best_pd(&self, as_of: i32, sight: Sight<'_>) -> Vec<(String, f64)> {
        let joined = |c: &&Company| self.calendar.first_day(c.life.joined) <= as_of;
        let pd = |company: &Company| {
            let pd = if company.life.is_alive_after(as_of) { self.pd(company, as_of, sight) } else { 1.0 };
            (company.code.clone(), pd)
        };
        self.companies.iter().filter(joined).map(pd).collect()
    }

    fn pd(&self, company: &Company, as_of: i32, sight: Sight<'_>) -> f64 {
        let shocks = &self.shocks[company.identity.trade];
        let belief = filter(&self.calendar, company, as_of, shocks, sight);
        let states = belief.map(|[prompt, late]| std::array::from_fn(|place| prompt[place] + late[place]));
        1.0 - survival(states, self.calendar.share_elapsed(as_of))
    }
}

/// For each month and row of the table, which share of what happened can be read by now.
fn shares_told(calendar: &Calendar, as_of: i32) -> Vec<[f64; N_CHANCES]> {
    let months = 0..=calendar.month_of(as_of);
    months.map(|month| CHANCES.each_ref().map(|chance| chance.share_told(calendar, month, as_of))).collect()
}

/// The belief about market, habit and state in the month of `as_of`, adding up to 1, of a company known to be alive.
fn filter(calendar: &Calendar, company: &Company, as_of: i32, shocks: &[bool], sight: Sight<'_>) -> Joint {
    let last = calendar.month_of(as_of);
    let invoices = invoice_likelihoods(calendar, company, as_of, last);
    let at_first = [AT_FIRST.map(|p| p * (1.0 - LATE_HABIT)), AT_FIRST.map(|p| p * LATE_HABIT)];
    let shocked = shocked_in(company.life.joined);
    let mut joint: Joint = [1.0 - shocked, shocked].map(|share| at_first.map(|row| row.map(|p| p * share)));
    for month in company.life.joined..=last {
        let happenings = match sight {
            Sight::Everything(told) => happening_likelihood(company, month, as_of, &told[month]),
            Sight::Books => [1.0; N_STATES],
        };
        let elapsed = if month == last { calendar.share_elapsed(as_of) } else { 1.0 };
        for (is_shocked, belief) in [false, true].into_iter().zip(&mut joint) {
            let is_so = match sight {
                Sight::Everything(_) => f64::from(u8::from(is_shocked == shocks[month])),
                Sight::Books => 1.0,
            };
            for (habit, row) in belief.iter_mut().enumerate() {
                for (state, weight) in row.iter_mut().enumerate() {
                    let seen = happenings[state] * invoices[month][habit][state];
                    *weight *= is_so * seen * (1.0 - HAZARD[state] * elapsed);
                }
            }
        }
        if month < last {
            joint = next_month(&joint);
        }
        let sum: f64 = joint.iter().flatten().flatten().sum();
        joint = joint.map(|belief| belief.map(|row| row.map(|weight| weight / sum)));
    }
    joint
}

/// The share of markets in a shock in a month of which nothing is known.
fn shocked_in(month: usize) -> f64 {
    (0..month).fold(SHOCKED_AT_FIRST, |share, _| share * shock_next(true) + (1.0 - share) * shock_next(false))
}

/// One month on, for the states by their market, and for the market.
fn next_month(joint: &Joint) -> Joint {
    let (calm, shocked) = (joint[0].map(|row| step(&row, false)), joint[1].map(|row| step(&row, true)));
    let (onset, lasts) = (shock_next(false), shock_next(true));
    let mixed = |of_calm: f64, of_shocked: f64| -> Belief {
        std::array::from_fn(|habit| {
            std::array::from_fn(|state| of_calm * calm[habit][state] + of_shocked * shocked[habit][state])
        })
    };
    [mixed(1.0 - onset, 1.0 - lasts), mixed(onset, lasts)]
}

/// How likely the month's happenings, told and untold, are in each state.
fn happening_likelihood(company: &Company, month: usize, as_of: i32, told: &[f64; N_CHANCES]) -> PerState {
    let mut likelihood = [1.0; N_STATES];
    for (row, chance) in CHANCES.iter().enumerate() {
        if !chance.applies(company.identity.land, company.in_the_press) {
            continue;
        }
        let is_told = company.happened.iter().any(|h| h.row == row && h.month == month && h.told_on <= as_of);
        for (state, weight) in likelihood.iter_mut().enumerate() {
            let p = chance.monthly[state];
            *weight *= if is_told { p } else { 1.0 - p * told[row] };
        }
    }
    likelihood
}

/// How likely what is seen of all invoices is, by the month whose state governs their payment. The likelihoods of a
/// month are scaled to a largest of 1, lest many invoices multiply to nothing.
fn invoice_likelihoods(calendar: &Calendar, company: &Company, as_of: i32, last: usize) -> Vec<Belief> {
    let mut months = vec![[[1.0; N_STATES]; 2]; last + 1];
    let tells = |invoice: &&super::Invoice| invoice.issued <= as_of && invoice.first_telling_day() <= as_of;
    for invoice in company.invoices.iter().filter(tells) {
        let belief = &mut months[calendar.month_of(invoice.first_telling_day())];
        for (row, habit) in belief.iter_mut().zip([Habit::Prompt, Habit::Late]) {
            for (state, weight) in row.iter_mut().enumerate() {
                let dispute = if invoice.is_disputed { DISPUTE[state] } else { 1.0 - DISPUTE[state] };
                *weight *= dispute
                    * match invoice.paid.filter(|paid| *paid <= as_of) {
                        Some(paid) => delay_likelihood(paid - invoice.due, state, habit, invoice.is_disputed),
                        None => still_unpaid_likelihood(as_of - invoice.due, state, habit, invoice.is_disputed),
                    };
            }
        }
        let most = belief.iter().flatten().copied().fold(f64::MIN_POSITIVE, f64::max);
        *belief = belief.map(|row| row.map(|weight| weight / most));
    }
    months
}

/// One month on.
fn step(row: &PerState, is_shocked: bool) -> PerState {
    let chain = transition(is_shocked);
    let mut next = [0.0; N_STATES];
    for (weight, ways) in row.iter().zip(chain) {
        for (state, p) in ways.iter().enumerate() {
            next[state] += weight * p;
        }
    }
    next
}

/// The probability to be alive a horizon from now, over the future of both the state and the market. The states are
/// given for a calm market and for one in a shock, adding up to 1.
fn survival([mut calm, mut shocked]: [PerState; 2], elapsed: f64) -> f64 {
    for month in 0..=HORIZON_MONTHS {
        let alive = |state: usize| match month {
            0 => (1.0 - HAZARD[state]) / (1.0 - HAZARD[state] * elapsed),
            HORIZON_MONTHS => 1.0 - HAZARD[state] * elapsed,
            _ => 1.0 - HAZARD[state],
        };
        for place in 0..N_STATES {
            calm[place] *= alive(place);
            shocked[place] *= alive(place);
        }
        if month < HORIZON_MONTHS {
            let (from_calm, from_shock) = (step(&calm, false), step(&shocked, true));
            let (onset, lasts) = (shock_next(false), shock_next(true));
            calm = std::array::from_fn(|s| from_calm[s] * (1.0 - onset) + from_shock[s] * (1.0 - lasts));
            shocked = std::array::from_fn(|s| from_calm[s] * onset + from_shock[s] * lasts);
        }
    }
    calm.iter().chain(&shocked).sum()
}
