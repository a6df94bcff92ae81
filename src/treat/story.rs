//! Which of the things that were done belong to what is overdue today.
//!
//! # Why
//!
//! *Why is it not a matter of days?* A due date can be moved by a file; what a letter was about cannot. An outcome counts as long
//! as one of the invoices that it was about is still overdue, or another outcome that counts was about one of them, too: so a
//! reminder about the first invoice and a call about the first and the second stay one story when the first is paid.

use std::collections::BTreeSet;

use super::Position;
use crate::domain::{InvoiceKey, Outcome, Receivable, day_number};

/// The outcomes that count on a day, and what they were about.
#[derive(Debug, Clone, Default)]
pub(super) struct Story<'a> {
    /// In the order of their days.
    pub(super) outcomes: Vec<&'a Outcome>,
    about: BTreeSet<InvoiceKey>,
}

impl<'a> Story<'a> {
    pub(super) fn of(position: &Position<'a>, today: i32) -> Self {
        let items = &position.receivables.items;
        let overdue = items.iter().filter(|item| !item.is_credit && item.open_minor > 0 && item.due < today);
        let mut reached: BTreeSet<InvoiceKey> = overdue.map(|item| item.invoice).collect();
        let mut rest: Vec<(&Outcome, Vec<InvoiceKey>)> = position
            .outcomes
            .iter()
            .filter(|outcome| day_number(outcome.on) <= today)
            .map(|outcome| (outcome, about(outcome, items)))
            .collect();
        let mut story = Self::default();
        loop {
            let (counts, others): (Vec<_>, Vec<_>) =
                rest.into_iter().partition(|(_, about)| about.iter().any(|invoice| reached.contains(invoice)));
            if counts.is_empty() {
                break;
            }
            for (outcome, about) in counts {
                story.outcomes.push(outcome);
                reached.extend(&about);
                story.about.extend(about);
            }
            rest = others;
        }
        story.outcomes.sort_by_key(|outcome| (outcome.on, outcome.known_at, outcome.id));
        story
    }

    /// Whether anything that counts was about an invoice.
    pub(super) fn is_about(&self, invoice: InvoiceKey) -> bool {
        self.about.contains(&invoice)
    }
}

/// What an outcome was about: as it was recorded, else what was late on its day by what was known of it then.
pub(super) fn about(outcome: &Outcome, items: &[Receivable]) -> Vec<InvoiceKey> {
    if !outcome.about.is_empty() {
        return outcome.about.clone();
    }
    let on = day_number(outcome.on);
    let was_late = |item: &&Receivable| {
        !item.is_credit && item.late_from < on && (item.open_minor > 0 || item.paid.is_some_and(|paid| paid >= on))
    };
    items.iter().filter(was_late).map(|item| item.invoice).collect()
}
