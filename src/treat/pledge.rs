//! Promises and instalments: which of them still stand, which were kept, which were broken, and for how long they stopped the
//! clock.

use jiff::civil::Date;

use super::{
    Position,
    arrears::{self, Dispute, Span},
    policy::{Holds, Policy},
    story::Story,
};
use crate::domain::{
    AsOf, Hold, InvoiceKey, Money, Outcome, OutcomeKind, Payment, Receivable, day_number, day_of_number,
};

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
    /// What stands, that which is waited for first in front.
    pub(super) standing: Vec<Standing>,
    /// Those that were broken.
    pub(super) broken: Vec<Broken>,
    /// How many were.
    pub(super) n_broken: u32,
    /// What each of the others stopped the clock of, and for how long.
    pub(super) covers: Vec<Cover>,
}

/// A promise or a plan that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) hold: Hold,
    /// The day it is waited for.
    pub(super) until: i32,
    /// The day after which nobody waits for it any more.
    pub(super) patience: i32,
    /// Its place in the story.
    pub(super) at: usize,
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
    /// The only invoice that it is about.
    only: Option<InvoiceKey>,
    /// Invoices that it was about although they were not due yet.
    about: Vec<InvoiceKey>,
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
        if self.only.is_some_and(|only| only != item.invoice) {
            return (0, false);
        }
        let Some(left) = self.left else {
            let is_meant = item.due < self.given || self.about.contains(&item.invoice);
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
        let disputes = arrears::disputes_of(position, today);
        let mut found = Self::default();
        let mut n_put_off = 0;
        let payments = &position.receivables.payments;
        for (at, pledge) in told.iter().enumerate().filter(|(_, o)| is_pledge(o)) {
            let later = &told[at + 1..];
            let superseded = replacement(pledge, later).map(|o| day_number(o.on));
            let given = day_number(pledge.on);
            // What came since, until today, went to the oldest: the rest of the sum covers the oldest that are open today.
            let left = sum_of(pledge).map(|sum| sum - paid_on(pledge, payments, today));
            let cover = |last: i32| {
                let (only, about) = (only(pledge), pledge.about.clone());
                Cover { span: (given + 1, last), given, only, about, left, is_spent: false, stands: false }
            };
            match fate(pledge, later, (position, &disputes), today, terms.grace_days) {
                Fate::Stands { until } if superseded.is_some() => {
                    found.covers.push(cover(superseded.unwrap_or(today)));
                    n_put_off += u32::from(is_put_off(pledge, until, later));
                }
                // Whoever broke so many, or put them off before their day, is not believed again: the clock goes on.
                Fate::Stands { .. } if found.n_broken + n_put_off >= terms.most_broken => {}
                Fate::Stands { until } => {
                    let hold = if pledge.kind == OutcomeKind::Plan { Hold::Plan } else { Hold::Promise };
                    found.standing.push(Standing { hold, until, patience: until + terms.grace_days, at });
                    found.covers.push(Cover { stands: true, ..cover(today) });
                }
                Fate::Kept { on } => found.covers.push(cover(on)),
                Fate::Broken { on } if superseded.is_some_and(|day| day < on) => {
                    found.covers.push(cover(superseded.unwrap_or(on)));
                }
                Fate::Broken { on } => {
                    // Several that are broken on one day are one breach.
                    found.n_broken += u32::from(found.broken.iter().all(|known| known.on != on));
                    found.broken.push(Broken { on, at });
                }
            }
        }
        found.standing.sort_by_key(|standing| (standing.until, standing.at));
        found
    }
}

/// Promises and plans that were broken by a day without anybody having said so, each with the day on which it was: what is
/// told of a client's past, whatever of it is still overdue.
pub fn broken_pledges<'a>(position: &Position<'a>, day: Date, policy: &Policy) -> Vec<(Date, &'a Outcome)> {
    let today = day_number(day);
    let mut told: Vec<&Outcome> = position.outcomes.iter().filter(|outcome| outcome.on <= day).collect();
    told.sort_by_key(|outcome| (outcome.on, outcome.known_at, outcome.id));
    let disputes = arrears::disputes_of(position, today);
    let is_breach = |o: &Outcome| matches!(o.kind, OutcomeKind::PromiseBroken | OutcomeKind::PlanBroken);
    let mut found = Vec::new();
    for (at, pledge) in told.iter().enumerate().filter(|(_, outcome)| is_pledge(outcome)) {
        let later = &told[at + 1..];
        let fate = fate(pledge, later, (position, &disputes), today, policy.holds.grace_days);
        let Fate::Broken { on } = fate else { continue };
        let is_replaced = replacement(pledge, later).is_some_and(|next| day_number(next.on) < on);
        let is_told = later.iter().any(|o| is_breach(o) && day_number(o.on) == on);
        if !is_replaced && !is_told {
            found.push((day_of_number(on), *pledge));
        }
    }
    found
}

fn is_pledge(outcome: &Outcome) -> bool {
    matches!(outcome.kind, OutcomeKind::Promise | OutcomeKind::Plan)
}

/// The only invoice that a promise or a plan is about; none where it is about everything that was open.
fn only(pledge: &Outcome) -> Option<InvoiceKey> {
    pledge.invoice_key
}

/// What was promised next in the place of a promise or a plan: what is promised of one invoice replaces nothing that was
/// promised of all, or of another one.
fn replacement<'a>(pledge: &Outcome, later: &[&'a Outcome]) -> Option<&'a Outcome> {
    let replaces = |next: &&&Outcome| only(next).is_none_or(|next| only(pledge) == Some(next));
    later.iter().filter(|o| is_pledge(o)).find(replaces).copied()
}

/// Whether what was awaited by a day was replaced, before that day, by something that is to come later. Agreeing on
/// instalments instead of a promise is none of that: it is what one hopes for.
fn is_put_off(pledge: &Outcome, until: i32, later: &[&Outcome]) -> bool {
    let Some(next) = replacement(pledge, later) else { return false };
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
    let next = replacement(pledge, later).map(|next| next.id);
    let names_another = |o: &Outcome| only(pledge).is_some_and(|own| o.invoice_key.is_some_and(|named| named != own));
    let until_next = later.iter().take_while(|o| Some(o.id) != next);
    for outcome in until_next.filter(|o| !names_another(o)) {
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
            Some(needed) => paid_on(pledge, payments, awaited_until) >= needed,
            // Without a sum everything that was overdue then, or that it was given about, and not disputed, was meant.
            None => !items.iter().any(|item| {
                let is_meant = match only(pledge) {
                    Some(only) => item.invoice == only,
                    None => item.due < given || pledge.about.contains(&item.invoice),
                };
                // Of what had been given up before nothing was promised.
                let was_asked = item.open_minor > 0 || item.given_up.is_none_or(|part| part.on > given);
                let is_meant = is_meant && was_asked && !item.is_credit && !arrears::is_in_dispute(item, disputes);
                is_meant && still_open_after(item, last)
            }),
        };
        if has_come {
            continue;
        }
        // Of what a ledger tells late nobody knew before.
        let known = only(pledge).map_or(i32::MIN, |_| day_number(AsOf::at(pledge.known_at).valid_at));
        return if today <= last { Fate::Stands { until: due } } else { Fate::Broken { on: known.max(last + 1) } };
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
pub(super) fn wanted(pledge: &Outcome) -> Vec<(i32, Option<i64>)> {
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

/// What arrived until a day of what a promise or a plan is about, minor units: since it was given, or on its only invoice, whose
/// sum counts what had come before.
fn paid_on(pledge: &Outcome, payments: &[Payment], last: i32) -> i64 {
    let given = day_number(pledge.on);
    let counts = |payment: &&Payment| match only(pledge) {
        Some(only) => payment.invoice == only,
        None => payment.on >= given,
    };
    payments.iter().filter(counts).filter(|payment| payment.on <= last).map(|payment| payment.minor).sum()
}

fn still_open_after(item: &Receivable, day: i32) -> bool {
    item.open_minor > 0 || item.given_up.is_some() || item.paid.is_some_and(|paid| paid > day)
}
