//! Claims that a person wrote off or assigned: nobody asks for them again, and what falls due later begins anew.

use super::Position;
use crate::domain::{GivenUp, Outcome, Phase, Receivable, Receivables, day_number};

/// Takes what these outcomes gave up by a day out of what is open: all that was open, on its day, of what each was about.
pub fn give_up(receivables: &mut Receivables, outcomes: &[Outcome], today: i32) {
    let is_end = |outcome: &&Outcome| outcome.tells() == Some(Phase::WriteOff) && day_number(outcome.on) <= today;
    // What was given up first is given up: a later word finds nothing of it.
    let mut ends: Vec<&Outcome> = outcomes.iter().filter(is_end).collect();
    ends.sort_by_key(|end| (end.on, end.known_at, end.id));
    for outcome in ends {
        let on = day_number(outcome.on);
        for item in receivables.items.iter_mut().filter(|item| item.open_minor > 0 && is_about(outcome, item)) {
            let before = item.given_up.map_or(0, |part| part.minor);
            item.given_up = Some(GivenUp { on, minor: before.saturating_add(item.open_minor) });
            item.open_minor = 0;
        }
    }
}

/// Whether an outcome was about an item: as it was recorded, else what was overdue on its day.
fn is_about(outcome: &Outcome, item: &Receivable) -> bool {
    match outcome.named() {
        _ if item.is_credit => false,
        Some(invoice) => invoice == item.invoice,
        None if outcome.about.is_empty() => item.late_from < day_number(outcome.on),
        None => outcome.about.contains(&item.invoice),
    }
}

/// The last day on which something was given up that nobody paid, and how much is in all, minor units.
pub(super) fn given_up(position: &Position<'_>) -> Option<(i32, i64)> {
    let parts = || position.receivables.items.iter().filter_map(|item| item.given_up);
    let on = parts().map(|part| part.on).max()?;
    Some((on, parts().map(|part| part.minor).sum()))
}
