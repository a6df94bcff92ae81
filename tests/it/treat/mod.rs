//! From rating to treatment: the policy, the ladder, what waiting is worth, and what comes of all that.

mod actions;
mod command;
mod ended;
mod ladder;
mod ledger_tells;
mod limits;
mod mistaken;
mod moved;
mod policy;
mod promised;
mod softened;
mod story;
mod texts;
mod tried;
mod worth;

use std::sync::LazyLock;

use jiff::{
    Timestamp,
    civil::{Date, date},
};
use vedetta::{
    domain::{
        AsOf, Currency, DisputeState, DisputedDays, Grade, InvoiceKey, Legal, LegalState, Money, Outcome, OutcomeId,
        OutcomeKind, Payment, Receivable, Receivables, Treatment, day_number,
    },
    treat::{self, Policy, Position},
};

/// The day that everything is asked about.
pub(crate) const DAY: Date = date(2026, 11, 20);

/// The policy that the program carries, read once: properties ask for it thousands of times.
static DEFAULT: LazyLock<Policy> =
    LazyLock::new(|| Policy::parse(include_str!("../../../config/policy.toml")).unwrap());

pub(crate) fn policy() -> Policy {
    DEFAULT.clone()
}

/// An open invoice of 5 000 EUR that fell due so many days before [`DAY`].
pub(crate) fn late(days: i32) -> Receivable {
    let due = day_number(DAY) - days;
    Receivable {
        invoice: InvoiceKey::of(&format!("F-{days}")),
        is_credit: false,
        issued: due - 30,
        due,
        late_from: due,
        amount_minor: 500_000,
        open_minor: 500_000,
        given_up: None,
        paid: None,
        disputed: false,
    }
}

/// The same, paid so many days after it fell due.
pub(crate) fn paid(days: i32, delay: i32) -> Receivable {
    let open = late(days);
    Receivable { open_minor: 0, paid: Some(open.due + delay), ..open }
}

/// What arrived on them, all of it on the last day.
fn arrived(items: &[Receivable]) -> Vec<Payment> {
    let paid = items.iter().filter(|item| !item.is_credit && item.amount_minor > item.open_minor);
    paid.filter_map(|item| {
        Some(Payment { invoice: item.invoice, on: item.paid?, minor: item.amount_minor - item.open_minor })
    })
    .collect()
}

pub(crate) fn owing(items: Vec<Receivable>) -> Receivables {
    let last_bought = items.iter().map(|item| item.issued).max();
    let disputed = items.iter().filter(|item| item.disputed);
    let told = |item: &Receivable| DisputedDays {
        invoice: item.invoice,
        first: item.issued,
        last: day_number(DAY),
        minor: None,
        state: DisputeState::Open,
    };
    let disputes = disputed.map(told).collect();
    let payments = arrived(&items);
    Receivables { currency: Some(Currency::EUR), elsewhere: Vec::new(), payments, items, disputes, last_bought }
}

pub(crate) fn position<'a>(grade: Grade, items: Vec<Receivable>, outcomes: &'a [Outcome]) -> Position<'a> {
    Position {
        grade,
        before: None,
        pd: Some(0.02),
        receivables: owing(items),
        said_active: Some(true),
        yearly_value: Some(60_000.0),
        country: None,
        credit_types: &[],
        legal: Legal { state: LegalState::Free, known: day_number(DAY), opened: day_number(DAY) },
        legal_days: Vec::new(),
        outcomes,
    }
}

/// Something done on the day that is so many days before [`DAY`].
pub(crate) fn done(kind: OutcomeKind, days_ago: i32) -> Outcome {
    let on = vedetta::domain::day_of_number(day_number(DAY) - days_ago);
    Outcome {
        id: OutcomeId::of(&[kind.as_str(), &days_ago.to_string()]),
        kind,
        on,
        known_at: Timestamp::from_millisecond(i64::from(day_number(on)) * 86_400_000).unwrap(),
        author: "test".to_owned(),
        result: None,
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

/// Things as they are recorded, one after the other: each with the phase that it was time for.
pub(crate) fn noted(position: &Position<'_>, mut outcomes: Vec<Outcome>) -> Vec<Outcome> {
    outcomes.sort_by_key(|outcome| outcome.known_at);
    let mut all: Vec<Outcome> = Vec::new();
    for outcome in outcomes {
        let before = Position { outcomes: &all, ..position.clone() };
        let day = AsOf::at(outcome.known_at).valid_at.max(outcome.on);
        let was_due = treat::due_phase(&before, day, &DEFAULT);
        all.push(Outcome { was_due, ..outcome });
    }
    all
}

/// A promise given so many days ago, for a day so many days ago (negative: to come).
pub(crate) fn promised(days_ago: i32, due_days_ago: i32, euro: i64) -> Outcome {
    Outcome {
        amount: Some(Money::from_minor(euro * 100, Currency::EUR)),
        due_on: Some(vedetta::domain::day_of_number(day_number(DAY) - due_days_ago)),
        ..done(OutcomeKind::Promise, days_ago)
    }
}

pub(crate) fn treated(position: &Position<'_>) -> Treatment {
    treat::treatment(position, DAY, &DEFAULT)
}
