//! What can be seen of a company, with its likelihood given the latent state. Each table is written once and used
//! twice: to draw what happens and, by the oracle, to weigh what was seen.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{
    calendar::Calendar,
    identity::Land,
    truth::{PerState, pick},
};

/// No invoice is paid earlier than so many days before it falls due. The payment is governed by the state in the month
/// of that first possible day, so that a payment never depends on a state that lies ahead of it.
pub(super) const EARLIEST_PAYMENT: i32 = 10;

/// A class of payment delay: first and last day relative to the due day, both included.
struct Delay {
    from: i32,
    to: i32,
}

const N_DELAYS: usize = 10;

/// Within a class every day is as likely as another. The last class is *never*.
const DELAYS: [Delay; N_DELAYS] = [
    Delay { from: -EARLIEST_PAYMENT, to: -1 },
    Delay { from: 0, to: 2 },
    Delay { from: 3, to: 8 },
    Delay { from: 9, to: 18 },
    Delay { from: 19, to: 32 },
    Delay { from: 33, to: 50 },
    Delay { from: 51, to: 75 },
    Delay { from: 76, to: 110 },
    Delay { from: 111, to: 170 },
    Delay { from: i32::MAX, to: i32::MAX },
];

/// How an invoice is treated by its debtor: by habit, or because it is disputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Habit {
    /// Pays when it can.
    Prompt,
    /// Pays late as a rule, however sound: a fixed trait.
    Late,
}

/// Share of habitual late payers, among the sound as among the others.
pub(super) const LATE_HABIT: f64 = 0.13;

type DelayRow = [f64; N_DELAYS];

/// Probability of each delay class, by state, for those who pay when they can.
const PROMPT: [DelayRow; 6] = [
    [0.16, 0.54, 0.18, 0.08, 0.025, 0.010, 0.004, 0.001, 0.0, 0.0],
    [0.11, 0.46, 0.23, 0.13, 0.045, 0.017, 0.006, 0.002, 0.0, 0.0],
    [0.06, 0.34, 0.24, 0.19, 0.10, 0.045, 0.018, 0.006, 0.001, 0.0],
    [0.03, 0.21, 0.20, 0.22, 0.17, 0.10, 0.05, 0.015, 0.004, 0.001],
    [0.015, 0.105, 0.13, 0.18, 0.20, 0.18, 0.11, 0.05, 0.02, 0.01],
    [0.01, 0.06, 0.07, 0.12, 0.16, 0.19, 0.17, 0.11, 0.06, 0.05],
];

/// The same for habitual late payers.
const LATE: [DelayRow; 6] = [
    [0.01, 0.07, 0.14, 0.38, 0.30, 0.08, 0.017, 0.003, 0.0, 0.0],
    [0.01, 0.06, 0.12, 0.35, 0.32, 0.11, 0.025, 0.005, 0.0, 0.0],
    [0.005, 0.045, 0.10, 0.28, 0.33, 0.16, 0.06, 0.017, 0.003, 0.0],
    [0.005, 0.035, 0.07, 0.20, 0.29, 0.22, 0.12, 0.045, 0.013, 0.002],
    [0.005, 0.025, 0.05, 0.12, 0.22, 0.25, 0.18, 0.09, 0.04, 0.02],
    [0.003, 0.017, 0.04, 0.08, 0.16, 0.22, 0.21, 0.14, 0.07, 0.06],
];

/// A disputed invoice is paid when the quarrel is over, whatever the state: its lateness says nothing.
const DISPUTED: DelayRow = [0.0, 0.03, 0.05, 0.10, 0.17, 0.22, 0.22, 0.14, 0.06, 0.01];

/// Probability that an invoice is disputed: those short of money quarrel a little more.
pub(super) const DISPUTE: PerState = [0.012, 0.013, 0.016, 0.022, 0.035, 0.045];

fn row(state: usize, habit: Habit, is_disputed: bool) -> &'static DelayRow {
    match (is_disputed, habit) {
        (true, _) => &DISPUTED,
        (false, Habit::Prompt) => &PROMPT[state],
        (false, Habit::Late) => &LATE[state],
    }
}

/// Draws after how many days beyond terms an invoice is paid; none is never.
pub(super) fn draw_delay(rng: &mut ChaCha8Rng, state: usize, habit: Habit, is_disputed: bool) -> Option<i32> {
    let delay = &DELAYS[pick(rng, row(state, habit, is_disputed))];
    (delay.from < i32::MAX).then(|| rng.random_range(delay.from..=delay.to))
}

/// Probability of a delay of exactly so many days.
pub(super) fn delay_likelihood(days: i32, state: usize, habit: Habit, is_disputed: bool) -> f64 {
    let classes = DELAYS.iter().zip(row(state, habit, is_disputed));
    let of_class = |(delay, p): (&Delay, &f64)| {
        (delay.from..=delay.to).contains(&days).then(|| p / f64::from(delay.to - delay.from + 1))
    };
    classes.filter_map(of_class).sum()
}

/// Probability that the delay is longer than so many days: what an unpaid invoice says.
pub(super) fn still_unpaid_likelihood(days: i32, state: usize, habit: Habit, is_disputed: bool) -> f64 {
    let classes = DELAYS.iter().zip(row(state, habit, is_disputed));
    let beyond = |(delay, p): (&Delay, &f64)| match days {
        d if d < delay.from => *p,
        d if d >= delay.to => 0.0,
        d => p * f64::from(delay.to - d) / f64::from(delay.to - delay.from + 1),
    };
    classes.map(beyond).sum()
}

/// Something that may happen to a company in a month, and that a register or the press then tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Happening {
    ProtestOfInability,
    ProtestOfDispute,
    Seizure,
    ProtectiveMeasures,
    AccountsOverdue,
    StrikeOffProposal,
    SolventLiquidation,
    Growth,
    ProfitWarning,
    Strike,
    Layoffs,
    PaymentTrouble,
    Restructuring,
    Rescue,
}

impl Happening {
    /// Told by the press and by no register.
    pub(super) fn is_news(self) -> bool {
        self >= Self::Growth
    }
}

/// A row of the table of happenings.
pub(super) struct Chance {
    /// What.
    pub(super) what: Happening,
    /// Probability in a month, by state.
    pub(super) monthly: PerState,
    /// Days until it can be read, first and last.
    pub(super) lag: (i32, i32),
    /// Where it can happen; empty is everywhere.
    lands: &'static [Land],
}

const fn chance(what: Happening, monthly: PerState, lag: (i32, i32), lands: &'static [Land]) -> Chance {
    Chance { what, monthly, lag, lands }
}

/// Number of rows of [`CHANCES`].
pub(super) const N_CHANCES: usize = 14;

/// The table of happenings. A kind happens at most once a month, on any day of it with equal probability.
pub(super) const CHANCES: [Chance; N_CHANCES] = {
    use Happening::*;
    const IT: &[Land] = &[Land::Italy];
    const GB: &[Land] = &[Land::Britain];
    const REGISTERED: &[Land] = &[Land::Italy, Land::Britain];
    [
        chance(ProtestOfInability, [0.000_2, 0.000_3, 0.001_2, 0.006, 0.035, 0.11], (14, 40), IT),
        chance(ProtestOfDispute, [0.000_6, 0.000_6, 0.000_8, 0.001, 0.001_5, 0.002], (14, 40), IT),
        chance(Seizure, [0.000_1, 0.000_2, 0.000_6, 0.003, 0.014, 0.04], (5, 25), IT),
        chance(ProtectiveMeasures, [0.0, 0.0, 0.0, 0.001, 0.008, 0.035], (2, 10), IT),
        chance(AccountsOverdue, [0.001, 0.002, 0.005, 0.015, 0.05, 0.09], (1, 3), GB),
        chance(StrikeOffProposal, [0.000_1, 0.000_2, 0.000_6, 0.003, 0.014, 0.045], (1, 8), GB),
        chance(SolventLiquidation, [0.001_2, 0.000_9, 0.0, 0.0, 0.0, 0.0], (3, 15), REGISTERED),
        chance(Growth, [0.016, 0.011, 0.005, 0.002, 0.001, 0.000_5], (0, 2), &[]),
        chance(ProfitWarning, [0.000_6, 0.001_5, 0.005, 0.012, 0.02, 0.02], (0, 2), &[]),
        chance(Strike, [0.001_5, 0.002, 0.004, 0.008, 0.015, 0.02], (0, 1), &[]),
        chance(Layoffs, [0.000_3, 0.001, 0.003_5, 0.012, 0.03, 0.045], (0, 2), &[]),
        chance(PaymentTrouble, [0.0, 0.000_1, 0.000_6, 0.004, 0.02, 0.06], (0, 2), &[]),
        chance(Restructuring, [0.0, 0.0, 0.000_3, 0.002, 0.015, 0.05], (0, 2), &[]),
        chance(Rescue, [0.000_1, 0.000_3, 0.001_5, 0.004, 0.008, 0.008], (0, 2), &[]),
    ]
};

impl Chance {
    /// Whether it can happen to a company of a country that the press writes about, or does not.
    pub(super) fn applies(&self, land: Land, in_the_press: bool) -> bool {
        (self.lands.is_empty() || self.lands.contains(&land)) && (in_the_press || !self.what.is_news())
    }

    /// Of the happenings of a month, the share that can be read when a day is over: each day of the month and each
    /// lag counts alike.
    pub(super) fn share_told(&self, calendar: &Calendar, month: usize, as_of: i32) -> f64 {
        let (first, days, (from, to)) = (calendar.first_day(month), calendar.days_in(month), self.lag);
        let told: i32 = (first..first + days).map(|day| (as_of - day - from + 1).clamp(0, to - from + 1)).sum();
        f64::from(told) / f64::from((days * (to - from + 1)).max(1))
    }
}
