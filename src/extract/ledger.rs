use std::borrow::Cow;

use super::{
    claims::Disputes,
    habit::{Habit, HabitTally},
};
use crate::domain::{AsOf, Currency, EntryKind, Instalment, LedgerLine, day_number, instalments};

/// Lengths of the windows of days beyond terms.
const WINDOWS: [i32; 3] = [90, 180, 365];
/// Marks beyond which an amount counts as that late.
const LATE_MARKS: [i32; 4] = [0, 30, 60, 90];
/// A remainder up to this share of an invoice is bank charges and rounding, not lateness.
const REMAINDER_SHARE: f64 = 0.01;
/// No invoice speaks for more than a year's delay in a mean.
const DELAY_CAP: i32 = 365;
/// Volumes above ten times the usual are no more telling than ten.
const VOLUME_CAP: f64 = 10.0;
/// Three years after its due date an invoice weighs a four-thousandth.
const MEMORY_DAYS: usize = 3 * 365;

/// Weight of an invoice by days since it fell due, halving every 90 days. A table of products and not a power, because
/// products are the same bits on every machine and powers are not.
static DECAY: [f64; MEMORY_DAYS + 1] = {
    const PER_DAY: f64 = 0.992_327_946_262_943_5;
    let mut table = [1.0; MEMORY_DAYS + 1];
    let mut day = 1;
    while day <= MEMORY_DAYS {
        table[day] = table[day - 1] * PER_DAY;
        day += 1;
    }
    table
};

/// Lines in the dossier's order (invoice, then known); a dossier out of order is put right, for order must not matter.
pub(super) fn in_order(lines: &[LedgerLine]) -> Cow<'_, [LedgerLine]> {
    // Several payments that were learned at once are so many revisions, each of which says more than the one before.
    let key = |l: &LedgerLine| (l.invoice, l.known_at, l.batch, l.paid_minor);
    if lines.is_sorted_by_key(key) {
        return Cow::Borrowed(lines);
    }
    let mut sorted = lines.to_vec();
    sorted.sort_by_key(key);
    Cow::Owned(sorted)
}

/// The lines that exist for `as_of`: of each invoice the newest revision known, with what was known to be paid on it.
pub(super) fn visible(lines: &[LedgerLine], as_of: AsOf) -> impl Iterator<Item = Visible<'_>> {
    lines.chunk_by(|a, b| a.invoice == b.invoice).filter_map(move |revisions| {
        let known = revisions.partition_point(|l| l.known_at <= as_of.known_at);
        let is_there = |l: &&LedgerLine| l.issued_on <= as_of.valid_at && l.kind != EntryKind::Withdrawn;
        let line = revisions[..known].last().filter(is_there)?;
        let payments = match revisions[..known] {
            [_] => Arrived::One(payment(line, as_of)),
            _ => Arrived::Several(arrived(revisions, as_of)),
        };
        Some(Visible { line, payments })
    })
}

/// The payment that the only revision of a line tells of: nearly every line has but one, and a night reads millions.
fn payment(line: &LedgerLine, as_of: AsOf) -> Option<Instalment> {
    let on = line.paid_on.filter(|on| *on <= as_of.valid_at)?;
    let is_known = line.paid_known_at.is_none_or(|at| at <= as_of.known_at);
    (is_known && line.paid_minor > 0).then(|| Instalment { on, minor: line.paid_minor.min(line.amount.minor()) })
}

/// The payments that had arrived, each on its day.
fn arrived(revisions: &[LedgerLine], as_of: AsOf) -> Vec<Instalment> {
    let mut parts = instalments(revisions, as_of.known_at);
    parts.retain(|part| part.on <= as_of.valid_at);
    parts
}

/// What has been paid on a line.
enum Arrived {
    One(Option<Instalment>),
    Several(Vec<Instalment>),
}

/// A line as an `as_of` sees it.
pub(super) struct Visible<'a> {
    pub(super) line: &'a LedgerLine,
    payments: Arrived,
}

impl Visible<'_> {
    /// Every payment that had arrived.
    pub(super) fn payments(&self) -> &[Instalment] {
        match &self.payments {
            Arrived::One(payment) => payment.as_slice(),
            Arrived::Several(payments) => payments,
        }
    }

    /// What is not paid, minor units.
    pub(super) fn open_minor(&self) -> i64 {
        self.line.amount.minor() - self.payments().iter().map(|part| part.minor).sum::<i64>()
    }
}

/// The currency that most visible lines are in; of two equally common ones the first by code.
pub(super) fn main_currency(lines: &[LedgerLine], as_of: AsOf) -> Option<Currency> {
    let first = lines.first()?.amount.currency();
    if lines.iter().all(|l| l.amount.currency() == first) {
        return Some(first);
    }
    let mut counts = std::collections::BTreeMap::<Currency, usize>::new();
    for v in visible(lines, as_of) {
        *counts.entry(v.line.amount.currency()).or_default() += 1;
    }
    counts.into_iter().max_by(|(a, n), (b, m)| n.cmp(m).then(b.cmp(a))).map(|(currency, _)| currency)
}

/// How a client pays: every window of its ledger, computed in one pass.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Payments {
    /// Visible invoices, credit notes aside.
    pub(super) n_invoices: u32,
    pub(super) n_year: u32,
    pub(super) first_issued: Option<i32>,
    pub(super) last_issued: Option<i32>,
    pub(super) exposure_minor: i64,
    pub(super) exposure_major: f64,
    /// What overdue is a share of: the exposure without disputed invoices, and with those not yet due whole, paid ahead
    /// or not. Counted otherwise, an invoice that is not paid on its day would make the rest look better.
    undisputed_minor: i64,
    pub(super) overdue_minor: i64,
    pub(super) overdue_major: f64,
    /// Days since the oldest undisputed open invoice fell due, remainders included.
    pub(super) overdue_days: i32,
    pub(super) beyond_terms: [Option<f64>; 3],
    pub(super) days_late_recent: Option<f64>,
    pub(super) timing: Option<f64>,
    pub(super) trend: Option<f64>,
    pub(super) late_share: [Option<f64>; 4],
    pub(super) worst_delay: Option<f64>,
    pub(super) oldest_overdue: Option<f64>,
    pub(super) volume_trend: Option<f64>,
    pub(super) disputed_share: Option<f64>,
    pub(super) habit: Habit,
}

impl Payments {
    /// Reads the lines in order, for one currency.
    pub(super) fn read(lines: &[LedgerLine], currency: Option<Currency>, disputes: &Disputes<'_>, as_of: AsOf) -> Self {
        let mut tally = Tally::default();
        let today = day_number(as_of.valid_at);
        for v in visible(lines, as_of).filter(|v| Some(v.line.amount.currency()) == currency) {
            tally.add(&v, disputes.has(&v), today);
        }
        tally.finish(today, currency)
    }

    pub(super) fn has_invoices(&self) -> bool {
        self.n_invoices > 0
    }

    /// 0 when nothing is owed: credit notes may outweigh what is overdue.
    pub(super) fn overdue_share(&self) -> Option<f64> {
        let owed = self.undisputed_minor;
        let share = if owed > 0 { as_weight(self.overdue_minor) / as_weight(owed) } else { 0.0 };
        self.has_invoices().then_some(share.min(1.0))
    }
}

/// A weighted mean in the making.
#[derive(Default, Clone, Copy)]
struct Mean {
    sum: f64,
    weight: f64,
}

impl Mean {
    fn add(&mut self, value: f64, weight: f64) {
        self.sum += value * weight;
        self.weight += weight;
    }

    fn get(self) -> Option<f64> {
        (self.weight > 0.0).then(|| self.sum / self.weight)
    }
}

#[derive(Default)]
struct Tally {
    out: Payments,
    beyond: [Mean; 3],
    before: Mean,
    fresh: Mean,
    timing: Mean,
    recent: Mean,
    late: [f64; 4],
    due_year: f64,
    half_years: [f64; 2],
    disputed: Mean,
    habit: HabitTally,
}

impl Tally {
    fn add(&mut self, v: &Visible<'_>, is_disputed: bool, today: i32) {
        let amount = v.line.amount.minor();
        let open = v.open_minor();
        if v.line.kind == EntryKind::CreditNote {
            self.out.exposure_minor -= open;
            self.out.undisputed_minor -= open;
            return;
        }
        self.out.exposure_minor += open;
        self.add_volume(v.line, is_disputed, today);
        if !is_disputed {
            let is_due = day_number(v.line.due_on) < today;
            self.out.undisputed_minor += if is_due { open } else { amount };
            self.add_habit(v, open, today);
            self.add_lateness(v, open, today);
        }
    }

    fn add_volume(&mut self, line: &LedgerLine, is_disputed: bool, today: i32) {
        let issued = day_number(line.issued_on);
        let amount = as_weight(line.amount.minor());
        self.out.n_invoices += 1;
        self.out.first_issued = Some(self.out.first_issued.map_or(issued, |d| d.min(issued)));
        self.out.last_issued = Some(self.out.last_issued.map_or(issued, |d| d.max(issued)));
        let age = today - issued;
        if age < 365 {
            self.out.n_year += 1;
            self.disputed.add(f64::from(u8::from(is_disputed)), amount);
        }
        match age {
            ..180 => self.half_years[0] += amount,
            180..360 => self.half_years[1] += amount,
            _ => {}
        }
    }

    /// What was paid tells of the habit even before it fell due.
    fn add_habit(&mut self, v: &Visible<'_>, open: i64, today: i32) {
        let age = today - day_number(v.line.due_on);
        let amount = as_weight(v.line.amount.minor());
        for part in v.payments() {
            let delay = age - (today - day_number(part.on));
            self.habit.add_paid(delay, age, as_weight(part.minor) / amount);
        }
        if age > 0 && as_weight(open) > amount * REMAINDER_SHARE {
            self.habit.add_open(age, as_weight(open) / amount);
        }
    }

    /// An invoice has paid parts and an open part, each with its delay. All count where the due date is in the window; the
    /// open part counts in every window.
    fn add_lateness(&mut self, v: &Visible<'_>, open: i64, today: i32) {
        let age = today - day_number(v.line.due_on);
        if age <= 0 {
            return;
        }
        let amount = as_weight(v.line.amount.minor());
        let mut own = Mean::default();
        for part in v.payments() {
            let delay = age - (today - day_number(part.on));
            own.add(f64::from(delay.clamp(0, DELAY_CAP)), as_weight(part.minor));
            self.add_part(delay, as_weight(part.minor), age, false);
        }
        if open > 0 {
            self.out.overdue_minor += open;
            self.out.overdue_days = self.out.overdue_days.max(age);
        }
        if as_weight(open) > amount * REMAINDER_SHARE {
            own.add(f64::from(age.min(DELAY_CAP)), as_weight(open));
            self.add_part(age, as_weight(open), age, true);
            self.out.oldest_overdue = Some(self.out.oldest_overdue.map_or(f64::from(age), |d| d.max(f64::from(age))));
        }
        if let (Some(delay), Some(weight)) = (own.get(), usize::try_from(age).ok().and_then(|a| DECAY.get(a))) {
            self.recent.add(delay, *weight);
        }
    }

    fn add_part(&mut self, delay: i32, amount: f64, age: i32, is_open: bool) {
        for (mean, window) in self.beyond.iter_mut().zip(WINDOWS) {
            if is_open || age <= window {
                mean.add(f64::from(delay.clamp(0, window)), amount);
            }
        }
        if !is_open && age > DELAY_CAP {
            return;
        }
        let half = if age <= WINDOWS[0] { &mut self.fresh } else { &mut self.before };
        half.add(f64::from(delay.clamp(0, DELAY_CAP)), amount);
        self.timing.add(f64::from(delay.clamp(-DELAY_CAP, DELAY_CAP)), amount);
        self.due_year += amount;
        for (late, mark) in self.late.iter_mut().zip(LATE_MARKS) {
            *late += if delay > mark { amount } else { 0.0 };
        }
        let worst = f64::from(delay.max(0));
        self.out.worst_delay = Some(self.out.worst_delay.map_or(worst, |d| d.max(worst)));
    }

    fn finish(self, today: i32, currency: Option<Currency>) -> Payments {
        let mut out = self.out;
        let unit = 10f64.powi(currency.map_or(2, Currency::minor_digits).cast_signed());
        out.exposure_major = as_weight(out.exposure_minor) / unit;
        out.overdue_major = as_weight(out.overdue_minor) / unit;
        out.beyond_terms = self.beyond.map(Mean::get);
        out.days_late_recent = self.recent.get();
        out.timing = self.timing.get();
        out.trend = self.fresh.get().zip(self.before.get()).map(|(now, then)| now - then);
        if self.due_year > 0.0 {
            out.late_share = self.late.map(|late| Some(late / self.due_year));
        }
        if out.has_invoices() {
            out.oldest_overdue = out.oldest_overdue.or(Some(0.0));
        }
        let has_a_year = out.first_issued.is_some_and(|d| today - d >= 360);
        if has_a_year && self.half_years[1] > 0.0 {
            out.volume_trend = Some((self.half_years[0] / self.half_years[1]).min(VOLUME_CAP));
        }
        out.disputed_share = self.disputed.get();
        out.habit = self.habit.finish();
        out
    }
}

/// Minor units as a weight in a mean.
#[expect(clippy::cast_precision_loss, reason = "a weight needs seven digits, not nineteen")]
fn as_weight(minor: i64) -> f64 {
    minor as f64
}
