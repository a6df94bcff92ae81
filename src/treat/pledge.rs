//! Promises and instalments: which of them still stand, which were kept, which were broken, and for how long they stopped the
//! clock.

use jiff::civil::Date;

use super::{
    Position,
    arrears::{self, Dispute, Span},
    policy::{Holds, Policy},
    story::Story,
};
use crate::domain::{Hold, InvoiceKey, Money, Outcome, OutcomeKind, Payment, Receivable, day_number, day_of_number};

/// How long one waits beyond the day, and how often one believes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    grace_days: i32,
    most_broken: u32,
}

impl Terms {
    pub(super) fn of(holds: &Holds) -> Self {
        Self { grace_days: holds.grace_days, most_broken: holds.most_broken }
    }
}

/// What became of everything that was promised since something has been overdue.
#[derive(Debug, Clone, Default)]
pub(super) struct Pledges {
    /// What stands: a promise or a plan, and the day it is waited for.
    pub(super) standing: Option<(Hold, i32)>,
    /// Its place in the story.
    pub(super) standing_at: Option<usize>,
    /// The day after which nobody waits for it any more.
    pub(super) patience: i32,
    /// Those that were broken.
    pub(super) broken: Vec<Broken>,
    /// How many were.
    pub(super) n_broken: u32,
    /// What each of the others stopped the clock of, and for how long.
    pub(super) covers: Vec<Cover>,
}

/// A promise or a plan that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken {
    /// When.
    pub(super) on: i32,
    /// Its place in the story.
    pub(super) at: usize,
}

/// Of what a promise or a plan stopped the clock: the oldest invoices up to its sum, and of no other.
#[derive(Debug, Clone)]
pub(super) struct Cover {
    /// The days on which it did.
    pub(super) span: Span,
    given: i32,
    /// What of its sum has not come, minor units; none where everything that was overdue then was meant.
    left: Option<i64>,
    /// Its sum ends inside an invoice: nothing after that is covered.
    is_spent: bool,
    /// Whether it is waited for today.
    pub(super) stands: bool,
}

impl Cover {
    /// How much it covers of what is open of an invoice, and whether that is all of it; asked of one after the other, the oldest
    /// first. A rest that is not worth asking for hides behind what is covered.
    pub(super) fn take(&mut self, item: &Receivable, open: i64, is_worth_asking: impl Fn(i64) -> bool) -> (i64, bool) {
        let Some(left) = self.left else {
            let is_meant = item.due < self.given;
            return (if is_meant { open } else { 0 }, is_meant);
        };
        if self.is_spent || item.issued > self.given {
            return (0, false);
        }
        self.is_spent = is_worth_asking(open - left);
        self.left = Some(left - open);
        (left.clamp(0, open), !self.is_spent)
    }
}

/// What became of one.
enum Fate {
    Stands { until: i32 },
    Kept { on: i32 },
    Broken { on: i32 },
}

impl Pledges {
    /// Those of a story.
    pub(super) fn of(position: &Position<'_>, story: &Story<'_>, today: i32, terms: &Terms) -> Self {
        let told = &story.outcomes;
        let disputes = arrears::disputes(position.outcomes, today);
        let is_pledge = |o: &Outcome| matches!(o.kind, OutcomeKind::Promise | OutcomeKind::Plan);
        let mut found = Self::default();
        let mut n_put_off = 0;
        let payments = &position.receivables.payments;
        for (at, pledge) in told.iter().enumerate().filter(|(_, o)| is_pledge(o)) {
            let later = &told[at + 1..];
            let superseded = later.iter().find(|o| is_pledge(o)).map(|o| day_number(o.on));
            let given = day_number(pledge.on);
            // What came since, until today, went to the oldest: the rest of the sum covers the oldest that are open today.
            let left = sum_of(pledge).map(|sum| sum - paid_between(payments, given, today));
            let cover = |last: i32| Cover { span: (given + 1, last), given, left, is_spent: false, stands: false };
            match fate(pledge, later, (position, &disputes), today, terms.grace_days) {
                Fate::Stands { until } if superseded.is_some() => {
                    found.covers.push(cover(superseded.unwrap_or(today)));
                    n_put_off += u32::from(is_put_off(pledge, until, later));
                }
                // Whoever broke so many, or put them off before their day, is not believed again: the clock goes on.
                Fate::Stands { .. } if found.n_broken + n_put_off >= terms.most_broken => {}
                Fate::Stands { until } => {
                    let hold = if pledge.kind == OutcomeKind::Plan { Hold::Plan } else { Hold::Promise };
                    found.standing = Some((hold, until));
                    found.standing_at = Some(at);
                    found.patience = until + terms.grace_days;
                    found.covers.push(Cover { stands: true, ..cover(today) });
                }
                Fate::Kept { on } => found.covers.push(cover(on)),
                Fate::Broken { on } if superseded.is_some_and(|day| day < on) => {
                    found.covers.push(cover(superseded.unwrap_or(on)));
                }
                Fate::Broken { on } => {
                    found.broken.push(Broken { on, at });
                    found.n_broken += 1;
                }
            }
        }
        found
    }
}

/// Promises and plans that were broken by a day without anybody having said so, each with the day on which it was: what is
/// told of a client's past, whatever of it is still overdue.
pub fn broken_pledges<'a>(position: &Position<'a>, day: Date, policy: &Policy) -> Vec<(Date, &'a Outcome)> {
    let today = day_number(day);
    let mut told: Vec<&Outcome> = position.outcomes.iter().filter(|outcome| outcome.on <= day).collect();
    told.sort_by_key(|outcome| (outcome.on, outcome.known_at, outcome.id));
    let disputes = arrears::disputes(position.outcomes, today);
    let is_pledge = |o: &Outcome| matches!(o.kind, OutcomeKind::Promise | OutcomeKind::Plan);
    let is_breach = |o: &Outcome| matches!(o.kind, OutcomeKind::PromiseBroken | OutcomeKind::PlanBroken);
    let mut found = Vec::new();
    for (at, pledge) in told.iter().enumerate().filter(|(_, outcome)| is_pledge(outcome)) {
        let later = &told[at + 1..];
        let fate = fate(pledge, later, (position, &disputes), today, policy.holds.grace_days);
        let Fate::Broken { on } = fate else { continue };
        let is_replaced = later.iter().find(|o| is_pledge(o)).is_some_and(|next| day_number(next.on) < on);
        let is_told = later.iter().any(|o| is_breach(o) && day_number(o.on) == on);
        if !is_replaced && !is_told {
            found.push((day_of_number(on), *pledge));
        }
    }
    found
}

/// Whether somebody waits for what an outcome tells: how a promise or a plan ended, of the one that was given last by its day and
/// that nobody has said this of, on whatever day; that a dispute is over, of one that is open. Anything else answers nothing.
pub fn is_awaited(outcome: &Outcome, told: &[Outcome]) -> bool {
    use OutcomeKind as K;
    match outcome.kind {
        K::PromiseKept | K::PromiseBroken | K::PlanBroken => {
            answered(outcome, told).is_some_and(|pledge| first_answer(pledge, told).is_none())
        }
        K::DisputeSettled => {
            let key = outcome.invoice_key.or_else(|| outcome.invoice.as_deref().map(InvoiceKey::of));
            let begun: Vec<Outcome> =
                told.iter().filter(|o| o.kind != K::Dispute || o.on <= outcome.on).cloned().collect();
            // An end of a later day is one, too.
            let disputes = arrears::disputes(&begun, i32::MAX);
            disputes.iter().any(|dispute| dispute.is_open && (key.is_none() || dispute.invoice == key))
        }
        _ => true,
    }
}

/// The day until which a promise, or the first instalment of a plan, is waited for that an outcome says was broken: it cannot
/// be before that day is over.
pub fn awaited_until(broken: &Outcome, told: &[Outcome]) -> Option<Date> {
    use OutcomeKind as K;
    if !matches!(broken.kind, K::PromiseBroken | K::PlanBroken) {
        return None;
    }
    let pledge = answered(broken, told)?;
    wanted(pledge).first().map(|(due, _)| day_of_number(*due)).filter(|due| *due >= broken.on)
}

/// What was told of how something ended, without what answers a promise or a plan that a person told of: it may be about what
/// the ledger tells of.
pub fn free_ends(told: &[Outcome]) -> Vec<&Outcome> {
    use OutcomeKind as K;
    let is_end = |o: &&Outcome| matches!(o.kind, K::PromiseKept | K::PromiseBroken | K::PlanBroken | K::DisputeSettled);
    let is_free = |end: &&Outcome| {
        let pledge = answered(end, told);
        pledge.and_then(|pledge| first_answer(pledge, told)).is_none_or(|first| first.id != end.id)
    };
    told.iter().filter(is_end).filter(is_free).collect()
}

/// The promise or plan of which an outcome tells how it ended: the last that had been given by then, where the word fits.
fn answered<'a>(end: &Outcome, told: &'a [Outcome]) -> Option<&'a Outcome> {
    use OutcomeKind as K;
    let pledges = told.iter().filter(|o| matches!(o.kind, K::Promise | K::Plan));
    let given = pledges.filter(|o| (o.on, o.known_at) <= (end.on, end.known_at));
    let last = given.max_by_key(|o| (o.on, o.known_at, o.id))?;
    let fits = match end.kind {
        K::PromiseKept => true,
        K::PromiseBroken => last.kind == K::Promise,
        K::PlanBroken => last.kind == K::Plan,
        _ => false,
    };
    fits.then_some(last)
}

/// What was told first of how a promise or a plan ended.
fn first_answer<'a>(pledge: &Outcome, told: &'a [Outcome]) -> Option<&'a Outcome> {
    let answers = told.iter().filter(|end| answered(end, told).is_some_and(|of| of.id == pledge.id));
    answers.min_by_key(|end| (end.known_at, end.on, end.id))
}

/// Whether what was awaited by a day was replaced, before that day, by something that is to come later. Agreeing on
/// instalments instead of a promise is none of that: it is what one hopes for.
fn is_put_off(pledge: &Outcome, until: i32, later: &[&Outcome]) -> bool {
    let next = later.iter().find(|o| matches!(o.kind, OutcomeKind::Promise | OutcomeKind::Plan));
    let Some(next) = next else { return false };
    let is_agreement = pledge.kind == OutcomeKind::Promise && next.kind == OutcomeKind::Plan;
    !is_agreement && wanted(next).first().is_some_and(|(due, _)| *due > until)
}

fn fate(
    pledge: &Outcome,
    later: &[&Outcome],
    (position, disputes): (&Position<'_>, &[Dispute]),
    today: i32,
    grace_days: i32,
) -> Fate {
    // What a person says of it holds until the next one is given.
    let until_next = later.iter().take_while(|o| !matches!(o.kind, OutcomeKind::Promise | OutcomeKind::Plan));
    for outcome in until_next {
        match outcome.kind {
            OutcomeKind::PromiseKept => return Fate::Kept { on: day_number(outcome.on) },
            OutcomeKind::PromiseBroken | OutcomeKind::PlanBroken => return Fate::Broken { on: day_number(outcome.on) },
            _ => {}
        }
    }
    let given = day_number(pledge.on);
    let (items, payments) = (&position.receivables.items, &position.receivables.payments);
    let mut awaited_until = given;
    for (due, needed) in wanted(pledge) {
        let last = due + grace_days;
        awaited_until = last.min(today);
        let has_come = match needed {
            Some(needed) => paid_between(payments, given, awaited_until) >= needed,
            // Without a sum everything that was overdue then, and not disputed, was meant.
            None => !items.iter().any(|item| {
                let is_meant = !item.is_credit && item.due < given && !arrears::is_in_dispute(item, disputes);
                is_meant && still_open_after(item, last)
            }),
        };
        if has_come {
            continue;
        }
        return if today <= last { Fate::Stands { until: due } } else { Fate::Broken { on: last + 1 } };
    }
    // What came after the last day it was waited for stopped no clock.
    let days = payments.iter().map(|payment| payment.on);
    let last_paid = days.filter(|on| (given..=awaited_until).contains(on)).max();
    Fate::Kept { on: last_paid.unwrap_or(given) }
}

/// What is to come in all, minor units; none where a promise names no sum.
fn sum_of(pledge: &Outcome) -> Option<i64> {
    wanted(pledge).last().and_then(|(_, sum)| *sum)
}

/// By when how much should have come in all, minor units.
fn wanted(pledge: &Outcome) -> Vec<(i32, Option<i64>)> {
    if pledge.kind == OutcomeKind::Plan {
        let mut so_far = 0;
        let mut step = |(on, amount): &(jiff::civil::Date, Money)| {
            so_far += amount.minor();
            (day_number(*on), Some(so_far))
        };
        return pledge.instalments.iter().map(&mut step).collect();
    }
    let due = day_number(pledge.due_on.unwrap_or(pledge.on));
    vec![(due, pledge.amount.map(Money::minor))]
}

/// What arrived from the first to the last day, minor units.
pub(super) fn paid_between(payments: &[Payment], first: i32, last: i32) -> i64 {
    payments.iter().filter(|payment| (first..=last).contains(&payment.on)).map(|payment| payment.minor).sum()
}

fn still_open_after(item: &Receivable, day: i32) -> bool {
    item.open_minor > 0 || item.paid.is_some_and(|paid| paid > day)
}
