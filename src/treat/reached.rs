//! How far a debtor had come whenever something was recorded about it: nothing that is told takes back what it was time for.
//!
//! # Why
//!
//! *Why is it not enough to know what was done?* Whoever calls a debtor to whom a notice is due has taken a softer step than it
//! was time for. If what was done last alone said where the debtor stands, the call would give it the days of a call, and the
//! worst payers would be treated the more gently the more often somebody speaks to them.
//!
//! *Why is it kept with what was recorded ([`Outcome::was_due`]), and not worked out again?* Because the ledger, the rating and
//! the policy of that day are gone. Today's would judge it: a rating that falls after a call would make the debtor late with a
//! notice that nobody could have sent, and a payment that came since would hide that it had been time for one.

use super::{Policy, ladder::Told, story::Story};
use crate::domain::{AsOf, Outcome, OutcomeKind, day_number};

/// The furthest step that it was time for, and not taken, when something softer was recorded; of what has led back since
/// nothing counts.
pub(super) fn reached(
    story: &Story<'_>,
    today: i32,
    policy: &Policy,
    leads_back: impl Fn(i32) -> bool,
) -> Option<Told> {
    let softer = story.outcomes.iter().filter(|outcome| may_soften(outcome));
    let reached = softer.filter_map(|outcome| {
        let rung = policy.rung(outcome.was_due?)?;
        let takes = outcome.tells().and_then(|phase| policy.rung(phase));
        let on = day_number(AsOf::at(outcome.known_at).valid_at.max(outcome.on)).min(today);
        (takes < Some(rung) && !leads_back(on)).then_some(Told { rung, on })
    });
    reached.max_by_key(|told| (told.rung, std::cmp::Reverse(told.on)))
}

/// Whether a debtor may be treated more gently because this was recorded: who did what was promised, or was right in a dispute,
/// should be.
fn may_soften(outcome: &Outcome) -> bool {
    outcome.kind.tells().is_some() || outcome.kind == OutcomeKind::Dispute
}
