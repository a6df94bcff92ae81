//! Rating, ledger and policy in; phase, action and deadline out.
//!
//! The phase is a pure function of the position, the day and the policy. The passage from one phase to the next is decided
//! in advance, in `config/policy.toml`, so that the debtor knows what comes when.
//!
//! # Why
//!
//! *Why does an open insolvency procedure win over everything?* Pressure on an insolvent debtor is useless and may be
//! void; what remains is to file the claim by the court's date.

mod policy;

use jiff::{ToSpan, civil::Date};

pub use policy::{Policy, PolicyError, Step};

use crate::domain::{Grade, Money, Phase, Treatment};

/// Where a client stands on a day, as far as treatment is concerned.
#[derive(Debug, Clone, PartialEq)]
pub struct Position {
    /// Its grade.
    pub grade: Grade,
    /// What is overdue and not disputed.
    pub overdue: Money,
    /// Days since the oldest of it fell due; 0 when nothing is overdue.
    pub oldest_overdue_days: i32,
    /// In a procedure because it cannot pay.
    pub is_insolvent: bool,
    /// No longer exists.
    pub is_ceased: bool,
    /// Still buying: an invoice in the last three months, or the creditor says so.
    pub is_active: bool,
}

/// What to do about a client on a day, and why this and not more.
pub fn treatment(position: &Position, day: Date, policy: &Policy) -> Treatment {
    if position.is_ceased {
        return settled(position, Phase::WriteOff, day, "the company has ceased: assign the claim or write it off");
    }
    if position.is_insolvent {
        let why = "an insolvency procedure is open: no pressure, file the claim by the court's date";
        return settled(position, Phase::ClaimFiling, day, why);
    }
    if position.overdue.major() < policy.tolerance() {
        return Treatment {
            phase: Phase::Monitoring,
            overdue: position.overdue,
            oldest_overdue_days: position.oldest_overdue_days,
            due_on: None,
            next: None,
            why: format!("overdue {} is within the tolerance of {}", position.overdue, policy.tolerance()),
        };
    }
    by_age(position, day, policy)
}

/// A phase that no longer depends on days: the law has taken over.
fn settled(position: &Position, phase: Phase, day: Date, why: &str) -> Treatment {
    Treatment {
        phase,
        overdue: position.overdue,
        oldest_overdue_days: position.oldest_overdue_days,
        due_on: later(day, 5),
        next: None,
        why: why.to_owned(),
    }
}

fn by_age(position: &Position, day: Date, policy: &Policy) -> Treatment {
    let pace = policy.pace(position.grade, position.is_active);
    let age = position.oldest_overdue_days;
    let (reached, ahead): (Vec<_>, Vec<_>) = policy.steps().iter().partition(|s| pace.reached_at(s) <= age);
    let next = ahead.first().and_then(|s| later(day, pace.reached_at(s) - age).map(|on| (s.phase, on)));
    let (phase, due_on) = match reached.last() {
        Some(step) => (step.phase, later(day, step.days_to_act)),
        None => (Phase::Monitoring, None),
    };
    Treatment {
        phase,
        overdue: position.overdue,
        oldest_overdue_days: age,
        due_on,
        next,
        why: format!("{} overdue for {age} days; {}", position.overdue, pace.why()),
    }
}

fn later(day: Date, days: i32) -> Option<Date> {
    day.checked_add(days.days()).ok()
}
