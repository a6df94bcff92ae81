//! How far a client had come whenever something was recorded about it: nothing that is told takes back what it was time for.
//!
//! # Why
//!
//! *Why is it not enough to know what was done?* Whoever calls a debtor to whom a notice is due has taken a softer step than it
//! was time for. If what was done last alone said where the debtor stands, the call would give it the days of a call, and the
//! worst payers would be treated the more gently the more often somebody speaks to them.
//!
//! *Why is the day on which it was learned asked about?* Because what was announced until then was announced.

use super::{Case, Policy, Position, ladder::Told};
use crate::domain::{AsOf, Outcome, OutcomeKind, day_number};

/// The furthest step that it was time for, and not taken, when something softer was recorded.
pub(super) fn reached(position: &Position<'_>, today: i32, policy: &Policy) -> Option<Told> {
    if !position.outcomes.iter().any(may_soften) {
        return None;
    }
    let mut outcomes: Vec<Outcome> =
        position.outcomes.iter().filter(|outcome| day_number(outcome.on) <= today).cloned().collect();
    outcomes.sort_by_key(|outcome| (outcome.known_at, outcome.on, outcome.id));
    let mut before = Position { outcomes: &[], ..position.clone() };
    let mut reached: Option<Told> = None;
    for (at, outcome) in outcomes.iter().enumerate().filter(|(_, outcome)| may_soften(outcome)) {
        before.outcomes = outcomes.get(..at).unwrap_or_default();
        let on = day_number(AsOf::at(outcome.known_at).valid_at.max(outcome.on)).min(today);
        let case = Case::at(&before, on, policy, reached);
        let takes = outcome.tells().and_then(|phase| policy.rung(phase));
        // What a payment has led back from since may have been reached anew.
        let is_further =
            |rung: &usize| takes < Some(*rung) && case.ladder.reached.is_none_or(|known| known.rung < *rung);
        if let Some(rung) = case.due_rung().filter(is_further) {
            reached = Some(Told { rung, on });
        }
    }
    reached
}

/// Whether a debtor may be treated more gently because this was recorded: who did what was promised, or was right in a dispute,
/// should be.
fn may_soften(outcome: &Outcome) -> bool {
    outcome.kind.tells().is_some() || outcome.kind == OutcomeKind::Dispute
}
