//! Ledger rows into revisions: what a row says, and what is known of the invoice besides.

use std::collections::{HashMap, hash_map::Entry};

use jiff::{Timestamp, civil::Date};

use super::{settle, write::Writer};
use crate::{
    domain::{ClientId, Dispute, LedgerLine},
    store::{Basis, Error, LedgerRow, Result, RowOutcome, Settlements},
};

/// How often rows are worked out anew because something was booked meanwhile: whoever is overtaken so often waits for a writer
/// that never rests.
pub(super) const MAX_TRIES: usize = 10;

/// The ledgers of clients, read when first asked for.
type Ledgers = HashMap<ClientId, Vec<LedgerRow>>;

/// The revisions that rows become: of all of them, how many each became, and what they were worked out from.
struct Revised {
    rows: Vec<LedgerRow>,
    n_each: Vec<usize>,
    basis: Vec<Basis>,
}

impl Writer<'_> {
    /// Writes rows, or says what writing them would do: an outcome for each, in order. A row of an invoice with payments that
    /// are booked one by one becomes the revisions that say so, and so does one with a dispute in a backfill. What is booked
    /// while they are worked out is in none of them: then they are worked out anew.
    pub(super) async fn put_rows(&self, rows: Vec<LedgerRow>) -> Result<Vec<RowOutcome>> {
        for _ in 0..MAX_TRIES {
            let Revised { rows: revised, n_each, basis } = self.revised(&rows).await?;
            let outcomes = match self.dry_run {
                true => Some(self.store.facts().plan_ledger(&revised).await?),
                false => self.store.facts().put_ledger_if(&revised, &basis).await?,
            };
            let Some(outcomes) = outcomes else { continue };
            let mut outcomes = outcomes.into_iter();
            let of_row = |n: usize| {
                let of_revisions: Vec<RowOutcome> = outcomes.by_ref().take(n).collect();
                let is_new = of_revisions.iter().find(|outcome| **outcome != RowOutcome::Unchanged);
                is_new.copied().unwrap_or(RowOutcome::Unchanged)
            };
            return Ok(n_each.into_iter().map(of_row).collect());
        }
        Err(overtaken())
    }

    async fn revised(&self, rows: &[LedgerRow]) -> Result<Revised> {
        let known: Vec<_> = rows.iter().map(|row| (row.client, row.line.invoice)).collect();
        let booked: Settlements = self.store.facts().settlements(&known).await?;
        let mut revised = Revised { rows: Vec::with_capacity(rows.len()), n_each: Vec::new(), basis: Vec::new() };
        let mut ledgers = Ledgers::new();
        for row in rows {
            let (client, invoice) = (row.client, row.line.invoice);
            let dispute = row.claim.as_deref().and_then(|claim| claim.dispute).filter(|_| self.backfill);
            let booked = booked.get(&(client, invoice));
            let mut basis = Basis { client, invoice, n_revisions: None, n_booked: booked.map_or(0, Vec::len) };
            let own = if booked.is_none() && dispute.is_none() {
                vec![row.clone()]
            } else {
                let stored = self.stored(row, &mut ledgers).await?;
                basis.n_revisions = Some(stored.len());
                let lines = match booked {
                    Some(booked) => {
                        let payments = settle::payments(&row.line, settle::told_beyond(&row.line, booked), booked);
                        settle::revisions(&row.line, &stored, &payments, self.knowing())
                    }
                    None => vec![row.line],
                };
                let lines = match dispute {
                    Some(dispute) => self.in_time(lines, &dispute, stored.is_empty()),
                    None => lines,
                };
                lines.into_iter().map(|line| LedgerRow { line, ..row.clone() }).collect()
            };
            revised.n_each.push(own.len());
            revised.rows.extend(own);
            revised.basis.push(basis);
        }
        Ok(revised)
    }

    /// What is stored of a row's invoice.
    async fn stored(&self, row: &LedgerRow, ledgers: &mut Ledgers) -> Result<Vec<LedgerLine>> {
        let ledger = match ledgers.entry(row.client) {
            Entry::Occupied(ledger) => ledger.into_mut(),
            Entry::Vacant(place) => place.insert(self.store.facts().revisions(row.client).await?),
        };
        Ok(ledger.iter().filter(|r| r.line.invoice == row.line.invoice).map(|r| r.line).collect())
    }

    /// The same revisions, each as the dispute stood when it was known, and one more where it began and where it ended: in a
    /// backfill it is known since its day, and its end since that one; until then nobody could know of it. What is stored already
    /// was known before, so that only where it stands now is new.
    fn in_time(&self, lines: Vec<LedgerLine>, dispute: &Dispute, is_new: bool) -> Vec<LedgerLine> {
        let Some(first) = lines.first().copied() else { return lines };
        let of = |day: Date| self.knowing().of(day).max(first.known_at);
        let is_telling = dispute.is_about_most(first.amount.minor());
        let (from, until) = (of(dispute.on), dispute.owed_since().map(of));
        let stands = |at: Timestamp| is_telling && at >= from && until.is_none_or(|until| at < until);
        if !is_new {
            let last = lines.last().map_or(first.known_at, |line| line.known_at.max(until.unwrap_or(from)));
            let n = lines.len();
            let newest = |(place, line): (usize, LedgerLine)| LedgerLine {
                disputed: stands(if place + 1 == n { last } else { line.known_at }),
                known_at: if place + 1 == n { last } else { line.known_at },
                ..line
            };
            return lines.into_iter().enumerate().map(newest).collect();
        }
        let mut in_time: Vec<LedgerLine> = Vec::with_capacity(lines.len() + 2);
        for line in &lines {
            in_time.push(LedgerLine { disputed: stands(line.known_at), ..*line });
        }
        for at in [Some(from), until].into_iter().flatten() {
            let before = lines.iter().rfind(|line| line.known_at <= at).copied().unwrap_or(first);
            in_time.push(LedgerLine { known_at: at, disputed: stands(at), ..before });
        }
        // The word on the dispute comes before what was paid at that very instant only when it was known before.
        in_time.sort_by_key(|line| (line.known_at, line.paid_minor));
        in_time
    }
}

/// Somebody else wrote of the same invoices again and again.
pub(super) fn overtaken() -> Error {
    Error::Conflict("the invoices are written by somebody else all the time; try again".to_owned())
}
