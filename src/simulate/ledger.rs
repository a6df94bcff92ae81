use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, LogNormal};

use super::{
    calendar::Calendar,
    emission::{DISPUTE, EARLIEST_PAYMENT, Habit, draw_delay},
    truth::Life,
};

/// How a client buys: drawn once, known to the creditor, and telling nothing of its health.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trading {
    /// Invoices a month, 1 to 4.
    invoices_a_month: f64,
    /// Terms in days.
    terms: i32,
    /// Middle invoice, in euros.
    median_amount: f64,
    /// How it pays.
    pub(super) habit: Habit,
}

/// Spread of a client's invoices around their median, as the deviation of the logarithm.
const AMOUNT_SPREAD: f64 = 0.45;
/// Share of invoices followed by a credit note.
const WITH_CREDIT_NOTE: f64 = 0.025;
/// Share of invoices of which half is paid on the due day, whatever becomes of the rest.
const IN_HALVES: f64 = 0.03;

impl Trading {
    pub(super) fn draw(rng: &mut ChaCha8Rng) -> Self {
        let habit = if rng.random_bool(super::emission::LATE_HABIT) { Habit::Late } else { Habit::Prompt };
        Self {
            invoices_a_month: rng.random_range(1.0..4.0),
            terms: [30, 30, 60, 60, 60, 90][rng.random_range(0..6usize)],
            median_amount: log_normal(rng, 8.0, 0.8).clamp(250.0, 60_000.0),
            habit,
        }
    }

    /// What it buys in a year, in whole hundreds of euros.
    pub(super) fn yearly_euros(&self) -> i64 {
        // The mean of a log-normal lies above its median.
        let mean = self.median_amount * (AMOUNT_SPREAD * AMOUNT_SPREAD / 2.0).exp();
        whole(mean * self.invoices_a_month * 12.0 / 100.0) * 100
    }

    /// The limit granted: what is open when everything is paid on terms, and half as much again, in thousands.
    pub(super) fn limit_euros(&self) -> i64 {
        let open = self.yearly_euros() * i64::from(self.terms + 15) / 365;
        (open * 3 / 2 / 1000 + 1) * 1000
    }
}

/// One invoice and what really becomes of it.
#[derive(Debug, Clone)]
pub(super) struct Invoice {
    pub(super) issued: i32,
    pub(super) due: i32,
    pub(super) cents: i64,
    pub(super) is_disputed: bool,
    /// The day its last payment arrives; none is never.
    pub(super) paid: Option<i32>,
    /// Half of it is paid on the due day.
    pub(super) in_halves: bool,
    /// Day and amount of a credit note, settled when the invoice is.
    pub(super) credit_note: Option<(i32, i64)>,
}

impl Invoice {
    /// The first day on which its payment can be seen, and before which it says nothing.
    pub(super) fn first_telling_day(&self) -> i32 {
        self.due - EARLIEST_PAYMENT
    }

    /// The day and the amount of what has been paid when a day is over.
    pub(super) fn paid_as_of(&self, as_of: i32) -> Option<(i32, i64)> {
        match self.paid.filter(|paid| *paid <= as_of) {
            Some(paid) => Some((paid, self.cents)),
            // Were it paid in full before the due day, there would be nothing left to halve.
            None => (self.in_halves && self.due <= as_of).then_some((self.due, self.cents / 2)),
        }
    }
}

/// Draws every invoice of a client's life, to the end of the calendar or until it stops buying.
pub(super) fn draw(
    rng: &mut ChaCha8Rng,
    calendar: &Calendar,
    trading: &Trading,
    life: &Life,
    stops_buying: Option<i32>,
) -> Vec<Invoice> {
    let last_order = [life.defaulted_on, stops_buying].into_iter().flatten().min().unwrap_or(i32::MAX);
    let mut invoices = Vec::new();
    for month in life.joined..calendar.n_months() {
        let whole = trading.invoices_a_month.floor();
        let n_invoices = whole + f64::from(u8::from(rng.random_bool(trading.invoices_a_month - whole)));
        for _ in 0..self::whole(n_invoices) {
            let issued = calendar.first_day(month) + rng.random_range(0..calendar.days_in(month));
            let invoice = draw_one(rng, calendar, trading, life, issued);
            if issued < last_order {
                invoices.push(invoice);
            }
        }
    }
    invoices.sort_by_key(|invoice| invoice.issued);
    invoices
}

fn draw_one(rng: &mut ChaCha8Rng, calendar: &Calendar, trading: &Trading, life: &Life, issued: i32) -> Invoice {
    let due = issued + trading.terms;
    let cents = whole(log_normal(rng, trading.median_amount.ln(), AMOUNT_SPREAD).max(40.0) * 100.0);
    let state = life.state(calendar.month_of(due - EARLIEST_PAYMENT));
    let is_disputed = rng.random_bool(state.map_or(0.0, |state| DISPUTE[state]));
    let delay = state.and_then(|state| draw_delay(rng, state, trading.habit, is_disputed));
    let stopped = life.defaulted_on.unwrap_or(i32::MAX);
    let paid = delay.map(|days| due + days).filter(|paid| *paid < stopped);
    let in_halves = rng.random_bool(IN_HALVES) && delay.is_none_or(|days| days > 0) && due < stopped;
    let share = rng.random_range(4..20i64);
    let noted = issued + rng.random_range(1..25);
    let credit_note = rng.random_bool(WITH_CREDIT_NOTE).then_some((noted, cents * share / 100));
    Invoice { issued, due, cents, is_disputed, paid, in_halves, credit_note }
}

/// A log-normal draw; `mean` and `deviation` are of the logarithm.
fn log_normal(rng: &mut ChaCha8Rng, mean: f64, deviation: f64) -> f64 {
    LogNormal::new(mean, deviation).map_or(mean.exp(), |law| law.sample(rng))
}

/// The nearest whole number.
pub(super) fn whole(number: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "amounts stay far below 2^53 cents")]
    let whole = number.round() as i64;
    whole
}
