//! What ledger rows were worked out from, and whether it is still so when they are written.
//!
//! # Why
//!
//! *Why is this asked at all?* A row says what is paid in all. Whoever works it out reads first and writes later, and when two do
//! so at once the second would write a sum that leaves out what the first has booked.

use std::collections::{BTreeSet, HashMap};

use crate::{
    domain::{ClientId, InvoiceKey},
    store::{
        Result,
        backend::{Query, Write, bulk},
        codec::ledger,
        rows::Cells,
    },
};

/// An invoice as it was when rows of it were worked out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    /// Whose.
    pub client: ClientId,
    /// Which.
    pub invoice: InvoiceKey,
    /// How many revisions it had; none where they were not looked at.
    pub n_revisions: Option<usize>,
    /// How many payments were booked on it.
    pub n_booked: usize,
}

/// Whose, and which.
type Invoice = (i64, [u8; 8]);

impl Write<'_> {
    /// Whether everything is still as it was read. The transaction writes alone, so that it stays so until its end.
    pub(super) async fn is_still_so(&mut self, basis: &[Basis]) -> Result<bool> {
        let of = |basis: &Basis| (basis.client.get(), ledger::key_bytes(basis.invoice));
        let invoices: Vec<Invoice> = basis.iter().map(of).collect::<BTreeSet<_>>().into_iter().collect();
        let find = (
            "select a.client, a.invoice, count(*) from payment_part a join payment p on p.id = a.payment
             where p.state in ('booked', 'partly_booked') and (a.client, a.invoice) in (",
            2,
            ") group by a.client, a.invoice",
        );
        let booked = self.counted(find, &invoices).await?;
        let looked_at: Vec<Invoice> = basis.iter().filter(|basis| basis.n_revisions.is_some()).map(of).collect();
        let find = (
            "select client, invoice, count(*) from ledger where (client, invoice) in (",
            2,
            ") group by client, invoice",
        );
        let revisions = self.counted(find, &looked_at).await?;
        let n = |counts: &HashMap<Invoice, usize>, basis: &Basis| counts.get(&of(basis)).copied().unwrap_or(0);
        let is_so = |basis: &Basis| {
            n(&booked, basis) == basis.n_booked && basis.n_revisions.is_none_or(|known| n(&revisions, basis) == known)
        };
        Ok(basis.iter().all(is_so))
    }

    async fn counted(&mut self, find: (&str, usize, &str), invoices: &[Invoice]) -> Result<HashMap<Invoice, usize>> {
        let bind = |query: Query, (client, invoice): &Invoice| query.bind(*client).bind(invoice.as_slice());
        let rows = bulk(self.conn(), find, invoices, bind).await?;
        let counts = rows.iter().map(|row| {
            let cells = Cells::of("ledger", row);
            Ok(((cells.int(0)?, cells.array(1)?), usize::try_from(cells.int(2)?).unwrap_or_default()))
        });
        counts.collect()
    }
}
