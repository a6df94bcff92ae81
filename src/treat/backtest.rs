//! A policy played over a ledger of the past: what it would have done, day by day.
//!
//! # Why
//!
//! *What is known, and what is assumed?* The ledger says when each invoice was paid; which steps the policy would have taken on
//! which day follows from it exactly, as long as payments would have come as they came. That a step brings money earlier is an
//! assumption: for as long as a step lasts, the client's clock runs `effect` times faster. What would have been paid by whom had
//! somebody called can be learned by trying, not from a ledger.
//!
//! *Why do the played steps not change the played payments?* Because then every later step would rest on the assumption. So the
//! number of actions is an upper bound, and the days gained are counted invoice by invoice, at most those it was late.

use std::collections::BTreeMap;

use super::{Policy, Position, treatment};
use crate::domain::{
    Action, Country, Currency, DisputeState, DisputedDays, Grade, Legal, LegalDays, LegalState, Outcome, OutcomeId,
    OutcomeKind, Phase, Reached, Receivable, Receivables, day_of_number,
};

/// What is paid within so many days after a step was on its way already.
const ON_ITS_WAY_DAYS: i32 = 3;
/// A client of the past.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Past {
    /// Everything invoiced, with when it was paid, as of the end.
    pub receivables: Receivables,
    /// From which day on which grade and PD, in order; the first holds before, too.
    pub ratings: Vec<(i32, Grade, Option<f64>)>,
    /// From which day on what the law said, in order.
    pub legal: Vec<Legal>,
    /// Whether it still buys, when the creditor says so.
    pub said_active: Option<bool>,
    /// What it buys in a year.
    pub yearly_value: Option<f64>,
    /// Where it is.
    pub country: Option<Country>,
    /// The kinds of credit of everything it was ever invoiced, in the creditor's words; only when a policy asks.
    pub credit_types: Vec<String>,
}

/// What a policy would have done about one client.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Played {
    /// Every step: the day, the phase, who.
    pub steps: Vec<(i32, Phase, String)>,
    /// Steps by the grade that the client had on their days.
    pub by_grade: BTreeMap<Grade, usize>,
    /// The currency of its ledger: that of the amounts below.
    pub currency: Option<Currency>,
    /// Overdue amounts, whole units times days: how much was late for how long.
    pub late_amount_days: f64,
    /// The same as far as the steps are assumed to have brought it earlier.
    pub gained_amount_days: f64,
    /// Days gained, over all invoices that were late.
    pub gained_days: f64,
    /// Invoices that were late while somebody watched.
    pub n_late: usize,
    /// Invoices that would have been late and are left out, because they are disputed.
    pub n_disputed: usize,
    /// What they come to, whole units.
    pub disputed_amount: f64,
    /// Steps that came when all of it was on its way already.
    pub n_needless: usize,
    /// The client was bothered: a needless step, or a notice and beyond while it was buying.
    pub is_annoyed: bool,
    /// What the steps cost.
    pub cost: f64,
}

/// Plays a policy over one client, from the first day to the last (days since 1970-01-01, both included).
pub fn replayed(past: &Past, (first, last): (i32, i32), policy: &Policy) -> Played {
    let mut played = Played { currency: past.receivables.currency, ..Played::default() };
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut gained: BTreeMap<usize, i32> = BTreeMap::new();
    let items = &past.receivables.items;
    note_lateness(items, (first, last), past, &mut played);
    for today in first..=last {
        if !items.iter().any(|item| is_overdue_on(item, today)) {
            continue;
        }
        let position = position_on(past, today, &outcomes);
        let found = treatment(&position, day_of_number(today), policy);
        let (Some(kind), Some(step)) = (outcome_of(found.action), policy.step(found.phase)) else { continue };
        played.steps.push((today, found.phase, found.owner.clone()));
        *played.by_grade.entry(position.grade).or_default() += 1;
        played.cost += step.cost;
        let overdue: Vec<usize> = (0..items.len()).filter(|place| is_overdue_on(&items[*place], today)).collect();
        let is_needless = overdue.iter().all(|i| items[*i].paid.is_some_and(|on| on <= today + ON_ITS_WAY_DAYS));
        played.n_needless += usize::from(is_needless);
        let is_pressed = found.phase >= Phase::FormalNotice && policy.rung(found.phase).is_some();
        played.is_annoyed |= is_needless || (is_pressed && position.is_active(today, policy.active_days));
        for place in overdue {
            gain(&items[place], (today, last), (step.lasts_days, step.effect), gained.entry(place).or_default());
        }
        let about = overdue_keys(items, today);
        outcomes.push(Outcome { about, ..done(kind, today, outcomes.len()) });
    }
    for (place, days) in gained {
        let amount = super::major(items[place].amount_minor, past.receivables.currency);
        played.gained_days += f64::from(days);
        played.gained_amount_days += f64::from(days) * amount;
    }
    played
}

/// While a step lasts, the clock of what was in fact paid later runs faster.
fn gain(item: &Receivable, (today, last): (i32, i32), (lasts, effect): (i32, f64), so_far: &mut i32) {
    let Some(paid) = item.paid.filter(|paid| *paid <= last && item.open_minor <= 0) else { return };
    let remaining = f64::from(paid - today - *so_far).max(0.0);
    let at_work = remaining.min(f64::from(lasts) * effect);
    #[expect(clippy::cast_possible_truncation, reason = "at most the days until the payment")]
    let days = (at_work * (1.0 - 1.0 / effect)).floor() as i32;
    *so_far += days;
}

fn note_lateness(items: &[Receivable], (first, last): (i32, i32), past: &Past, played: &mut Played) {
    for item in items.iter().filter(|item| !item.is_credit) {
        let until = item.paid.filter(|_| item.open_minor <= 0).unwrap_or(last).min(last);
        let days = until - item.due.max(first - 1);
        let amount = super::major(item.amount_minor, past.receivables.currency);
        match days > 0 && item.due < last {
            true if item.disputed => {
                played.n_disputed += 1;
                played.disputed_amount += amount;
            }
            true => {
                played.n_late += 1;
                played.late_amount_days += f64::from(days) * amount;
            }
            false => {}
        }
    }
}

fn is_overdue_on(item: &Receivable, today: i32) -> bool {
    let is_open = item.open_minor > 0 || item.paid.is_some_and(|paid| paid > today);
    !item.is_credit && item.due < today && (is_open || item.given_up.is_some_and(|part| part.on > today))
}

/// The client as it stood on a day, by what came later for the dates of payment alone.
fn position_on<'a>(past: &'a Past, today: i32, outcomes: &'a [Outcome]) -> Position<'a> {
    let later = |item: &Receivable| -> i64 {
        let came = past.receivables.payments.iter().filter(|p| p.invoice == item.invoice && p.on > today);
        came.map(|payment| payment.minor).sum()
    };
    let items = past.receivables.items.iter().filter(|item| item.issued <= today).map(|item| match item.given_up {
        Some(part) if part.on > today => {
            Receivable { open_minor: item.open_minor + part.minor, given_up: None, ..*item }
        }
        _ => *item,
    });
    let items = items.map(|item| match item.paid {
        // What came in parts was open in parts; a note is used up as a whole.
        Some(paid) if paid > today && !item.is_credit => {
            Receivable { open_minor: item.open_minor + later(&item), paid: None, ..item }
        }
        Some(paid) if paid > today => Receivable { open_minor: item.amount_minor, paid: None, ..item },
        _ => item,
    });
    let items: Vec<Receivable> = items.collect();
    let payments = past.receivables.payments.iter().copied().filter(|payment| payment.on <= today).collect();
    let disputes =
        past.receivables.disputes.iter().filter(|told| told.first <= today).map(|told| match told.last > today {
            true => DisputedDays { last: today, state: DisputeState::Open, ..*told },
            false => *told,
        });
    let disputes = disputes.collect();
    let last_bought = items.iter().filter(|item| !item.is_credit).map(|item| item.issued).max();
    let rating = past.ratings.iter().rev().find(|(from, ..)| *from <= today).or(past.ratings.first());
    let before = past.ratings.iter().rev().filter(|(from, ..)| *from <= today).nth(1).map(|(_, grade, _)| *grade);
    let legal = past.legal.iter().rev().find(|legal| legal.known <= today);
    let elsewhere = Vec::new();
    Position {
        grade: rating.map_or(Grade::NotDetermined, |(_, grade, _)| *grade),
        before,
        pd: rating.and_then(|(_, _, pd)| *pd),
        receivables: Receivables {
            currency: past.receivables.currency,
            elsewhere,
            items,
            payments,
            disputes,
            last_bought,
        },
        said_active: past.said_active,
        yearly_value: past.yearly_value,
        country: past.country,
        credit_types: &past.credit_types,
        legal: legal.copied().unwrap_or(Legal { state: LegalState::Free, known: today, opened: today }),
        legal_days: legal_days(&past.legal, today),
        outcomes,
    }
}

/// Each state that the law had, from when it was known to when the next one was.
fn legal_days(legal: &[Legal], today: i32) -> Vec<LegalDays> {
    let until = |place: usize| legal.get(place + 1).map_or(today, |next| (next.known - 1).min(today));
    let days = legal.iter().enumerate().filter(|(_, legal)| legal.known <= today);
    days.map(|(place, legal)| LegalDays { state: legal.state, first: legal.known, last: until(place) }).collect()
}

/// What is recorded when an action was done.
pub(super) fn outcome_of(action: Action) -> Option<OutcomeKind> {
    match action {
        Action::SendReminder => Some(OutcomeKind::ReminderSent),
        Action::Call | Action::OfferPlan => Some(OutcomeKind::Call),
        Action::SendNotice => Some(OutcomeKind::NoticeSent),
        Action::Visit => Some(OutcomeKind::Visit),
        Action::HandToAgency => Some(OutcomeKind::HandedToAgency),
        Action::GoToCourt => Some(OutcomeKind::CourtFiled),
        Action::FileClaim => Some(OutcomeKind::ClaimFiled),
        Action::Assign => Some(OutcomeKind::Assigned),
        Action::WriteOff => Some(OutcomeKind::WrittenOff),
        _ => None,
    }
}

fn overdue_keys(items: &[Receivable], today: i32) -> Vec<crate::domain::InvoiceKey> {
    items.iter().filter(|item| is_overdue_on(item, today)).map(|item| item.invoice).collect()
}

fn done(kind: OutcomeKind, today: i32, place: usize) -> Outcome {
    Outcome {
        id: OutcomeId::of(&[&place.to_string()]),
        kind,
        on: day_of_number(today),
        known_at: jiff::Timestamp::UNIX_EPOCH,
        author: String::new(),
        result: Some(Reached::Reached),
        amount: None,
        due_on: None,
        invoice: None,
        invoice_key: None,
        accepted: None,
        instalments: Vec::new(),
        note: None,
        about: Vec::new(),
        was_due: None,
    }
}
