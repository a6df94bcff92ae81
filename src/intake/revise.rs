//! Ledger rows into revisions: what a row says, and what is known of the invoice besides.

use std::collections::{HashMap, hash_map::Entry};

use jiff::civil::Date;

use super::{settle, write::Writer};
use crate::{
    domain::{ClientId, LedgerLine},
    store::{LedgerRow, Result, RowOutcome},
};

/// A dispute about less than one part in so many of an invoice leaves it owed.
pub(super) const DISPUTED_PART: i64 = 2;

/// The ledgers of clients, read when first asked for.
type Ledgers = HashMap<ClientId, Vec<LedgerRow>>;

impl Writer<'_> {
    /// Writes rows, or says what writing them would do: an outcome for each, in order. A row of an invoice with payments that
    /// are booked one by one becomes the revisions that say so, and so does one with a dispute in a backfill.
    pub(super) async fn put_rows(&self, rows: Vec<LedgerRow>) -> Result<Vec<RowOutcome>> {
        let known: Vec<_> = rows.iter().map(|row| (row.client, row.line.invoice)).collect();
        let booked = self.store.facts().settlements(&known).await?;
        let (mut all, mut n_each) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        let mut ledgers = Ledgers::new();
        for row in rows {
            let before = all.len();
            let dispute = row.claim.as_deref().and_then(|claim| claim.dispute).filter(|_| self.backfill);
            match (booked.get(&(row.client, row.line.invoice)), dispute) {
                (None, None) => all.push(row),
                (Some(booked), _) => {
                    let stored = self.stored(&row, &mut ledgers).await?;
                    let payments = settle::payments(&row.line, settle::told_beyond(&row.line, booked), booked);
                    let revisions = settle::revisions(&row.line, &stored, &payments, self.knowing());
                    all.extend(revisions.into_iter().map(|line| LedgerRow { line, ..row.clone() }));
                }
                (None, Some(dispute)) => {
                    let is_new = self.stored(&row, &mut ledgers).await?.is_empty();
                    let is_telling =
                        dispute.minor.is_none_or(|m| m.saturating_mul(DISPUTED_PART) >= row.line.amount.minor());
                    let mut in_time = self.in_time(&row, (dispute.on, is_telling), dispute.owed_since());
                    all.extend(in_time.drain(if is_new { 0 } else { in_time.len() - 1 }..));
                }
            }
            n_each.push(all.len() - before);
        }
        let outcomes = match self.dry_run {
            true => self.store.facts().plan_ledger(&all).await?,
            false => self.store.facts().put_ledger(&all).await?,
        };
        let mut outcomes = outcomes.into_iter();
        let of_row = |n: usize| {
            let of_revisions: Vec<RowOutcome> = outcomes.by_ref().take(n).collect();
            let is_new = of_revisions.iter().find(|outcome| **outcome != RowOutcome::Unchanged);
            is_new.copied().unwrap_or(RowOutcome::Unchanged)
        };
        Ok(n_each.into_iter().map(of_row).collect())
    }

    /// What is stored of a row's invoice.
    async fn stored(&self, row: &LedgerRow, ledgers: &mut Ledgers) -> Result<Vec<LedgerLine>> {
        let ledger = match ledgers.entry(row.client) {
            Entry::Occupied(ledger) => ledger.into_mut(),
            Entry::Vacant(place) => place.insert(self.store.facts().revisions(row.client).await?),
        };
        Ok(ledger.iter().filter(|r| r.line.invoice == row.line.invoice).map(|r| r.line).collect())
    }

    /// In a backfill a dispute is known since its day, and its end since that one: until then nobody could know of it.
    fn in_time(&self, row: &LedgerRow, (on, is_telling): (Date, bool), closed_on: Option<Date>) -> Vec<LedgerRow> {
        let at = |day: Date, disputed: bool| {
            let known_at = self.knowing().of(day).max(row.line.known_at);
            LedgerRow { line: LedgerLine { known_at, disputed, ..row.line }, ..row.clone() }
        };
        let before = LedgerRow { line: LedgerLine { disputed: false, ..row.line }, ..row.clone() };
        [before, at(on, is_telling)].into_iter().chain(closed_on.map(|day| at(day, false))).collect()
    }
}
