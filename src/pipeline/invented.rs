//! Clients that nobody has, for checks of a model where there are few or none: a new house promotes its first model on an
//! empty portfolio.

use jiff::ToSpan;

use crate::domain::{AsOf, BatchId, Currency, Dossier, EntryKind, InvoiceKey, LedgerLine, Money};

/// After how many days each of them pays: on the day, late, and so late that something is always overdue.
const PAYS_AFTER: [i32; 3] = [0, 20, 70];
/// Invoices of each, one a month.
const N_INVOICES: i32 = 12;
/// What each is for, in cents.
const AMOUNT_MINOR: i64 = 100_000;

/// One client for each way to pay, as of then.
pub(super) fn dossiers(as_of: AsOf) -> Vec<Dossier> {
    PAYS_AFTER.iter().map(|days| Dossier { ledger: ledger(as_of, *days), ..Dossier::default() }).collect()
}

fn ledger(as_of: AsOf, pays_after: i32) -> Vec<LedgerLine> {
    let line = |n: i32| {
        let due_on = as_of.valid_at.saturating_sub((30 * n - 10).days());
        let paid_on = Some(due_on.saturating_add(pays_after.days())).filter(|on| *on <= as_of.valid_at);
        LedgerLine {
            invoice: InvoiceKey::of(&format!("invented-{n}")),
            kind: EntryKind::Invoice,
            issued_on: due_on.saturating_sub(30.days()),
            due_on,
            amount: Money::from_minor(AMOUNT_MINOR, Currency::EUR),
            disputed: false,
            known_at: AsOf::end_of(due_on.saturating_sub(30.days())).known_at,
            paid_on,
            paid_minor: if paid_on.is_some() { AMOUNT_MINOR } else { 0 },
            paid_known_at: paid_on.map(|on| AsOf::end_of(on).known_at.min(as_of.known_at)),
            batch: BatchId::new(0),
        }
    };
    let mut lines: Vec<LedgerLine> = (1..=N_INVOICES).map(line).collect();
    lines.sort_by_key(|line| (line.invoice, line.known_at));
    lines
}
