//! Bookings that were taken back.
//!
//! # Why
//!
//! *Why does the payment wait again?* That it arrived is as true as before; only what it was for is open once more. Whoever
//! took it back books it on the right invoice, or dismisses it.
//!
//! *And when the bank takes the money back?* Then it is not even true that it arrived for good: the payment is `returned` and
//! waits for nobody, and so is the entry that took it back.
//!
//! *Why is nothing deleted?* The revisions of the ledger that say it was paid were believed when they were written, and a
//! question about that time is answered by them. What follows is new revisions, known since the taking back.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Basis, Brought, Facts, LedgerRow, Payment, PaymentDecision, PaymentPart};
use crate::{
    domain::ClientId,
    store::{
        Result,
        audit::Entry,
        backend::{Query, Write, json_list},
        codec::ledger,
        rows::{Cells, millis},
    },
};

/// What a payment was booked on, and from when until when that was believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undone {
    /// What it took off which invoice.
    pub part: PaymentPart,
    /// When it was booked.
    pub booked_at: Timestamp,
    /// When that was taken back.
    pub undone_at: Timestamp,
    /// By whom.
    pub undone_by: String,
}

/// When a payment was booked: by a person, or when it was read.
const BOOKED_AT: &str = "coalesce(decided_at, known_at)";

impl Facts<'_> {
    /// When these payments were booked.
    pub async fn booked_at(&self, payments: &[i64]) -> Result<HashMap<i64, Timestamp>> {
        let sql = format!(
            "select id, {BOOKED_AT} from payment where id in (select cast(value as bigint) from json_each($1))"
        );
        let rows = self.0.all(Query::new(sql).bind(json_list(payments.iter()))).await?;
        rows.iter()
            .map(|row| {
                let cells = Cells::of("payment", row);
                Ok((cells.int(0)?, cells.instant(1)?))
            })
            .collect()
    }

    /// Takes the booking of a payment back: it is in `payment.state`, with `payment.candidates`; what it was booked on is kept
    /// with both instants, and the ledger rows that follow are written, with the note for the audit log. An account that was
    /// learned from this payment alone is nobody's any more. The bank's entry `by` which it is taken back, if any, is written
    /// with it.
    pub async fn undo_payment(
        &self,
        (payment, by): (&Payment, Option<&Payment>),
        (rows, basis): (&[LedgerRow], &[Basis]),
        note: &Entry<'_>,
        at: Timestamp,
    ) -> Result<PaymentDecision> {
        let mut write = self.0.write().await?;
        if !write.is_still_so(basis).await? {
            write.roll_back().await?;
            return Ok(PaymentDecision::Overtaken);
        }
        if write.keep_undone(payment.id, note.who, at).await? == 0 {
            write.roll_back().await?;
            return Ok(PaymentDecision::Late);
        }
        write.execute(Query::new("delete from payment_part where payment = $1").bind(payment.id)).await?;
        let state = "update payment set state = $2, client = null, decided_by = null, decided_at = null
             where id = $1";
        write.execute(Query::new(state).bind(payment.id).bind(payment.state.as_str())).await?;
        if let Some(entry) = by {
            let id = write.put_payment(entry).await?;
            let payments = id.map(|id| (id, entry.state)).into_iter().collect();
            write.note_brought(&Brought { payments, ..Brought::default() }).await?;
        }
        write.unlearn_account(payment).await?;
        write.put_candidates(payment.id, &payment.candidates).await?;
        // What a bank takes back stays so when its file is: whoever undoes that books the payment again.
        write.write_ledger(&rows.iter().collect::<Vec<_>>()).await?;
        write.note_audit(at, note).await?;
        write.commit().await?;
        Ok(PaymentDecision::Taken)
    }

    /// What a payment was booked on before, in the order in which it was taken back.
    pub(super) async fn undone(&self, payment: i64) -> Result<Vec<Undone>> {
        let sql = "select client, invoice, minor, booked_at, undone_at, undone_by from payment_undone
             where payment = $1 order by undone_at, client, invoice";
        let rows = self.0.all(Query::new(sql).bind(payment)).await?;
        rows.iter()
            .map(|row| {
                let cells = Cells::of("payment_undone", row);
                let invoice = ledger::key_from(cells.array(1)?);
                Ok(Undone {
                    part: PaymentPart { client: cells.client(0)?, invoice, minor: cells.int(2)? },
                    booked_at: cells.instant(3)?,
                    undone_at: cells.instant(4)?,
                    undone_by: cells.string(5)?,
                })
            })
            .collect()
    }
}

impl Write<'_> {
    /// Keeps what a payment is booked on as what it was booked on until now; answers how many invoices those are.
    pub(super) async fn keep_undone(&mut self, payment: i64, who: &str, at: Timestamp) -> Result<u64> {
        let sql = format!(
            "insert into payment_undone (payment, client, invoice, minor, booked_at, undone_by, undone_at)
             select a.payment, a.client, a.invoice, a.minor, {BOOKED_AT}, $2, $3
             from payment_part a join payment p on p.id = a.payment where p.id = $1
               and p.state in ('booked', 'partly_booked')"
        );
        self.execute(Query::new(sql).bind(payment).bind(who.to_owned()).bind(millis(at))).await
    }

    /// Forgets whose account a payment came from that is booked no longer, where no other that is booked says so.
    pub(super) async fn unlearn_account_of(&mut self, payment: i64) -> Result<()> {
        let sql = "delete from payer where exists (select 1 from payment o where o.id = $1
                 and o.portfolio = payer.portfolio and o.account = payer.account and o.client = payer.client)
             and not exists (select 1 from payment p where p.portfolio = payer.portfolio and p.account = payer.account
                 and p.client = payer.client
                 and p.state in ('booked', 'partly_booked'))";
        self.execute(Query::new(sql).bind(payment)).await.map(drop)
    }

    /// Forgets whose account a payment came from, where no other that is booked says so.
    async fn unlearn_account(&mut self, payment: &Payment) -> Result<()> {
        let Some(account) = &payment.account else { return Ok(()) };
        let sql = "delete from payer where portfolio = $1 and account = $2 and client = $3
             and not exists (select 1 from payment p where p.portfolio = payer.portfolio and p.account = payer.account
                 and p.client = payer.client
                 and p.state in ('booked', 'partly_booked'))";
        for client in payment.parts.iter().map(|part| part.client) {
            let query = Query::new(sql).bind(payment.portfolio.get()).bind(account.clone());
            self.execute(query.bind(client.get())).await?;
        }
        Ok(())
    }

    /// Payments that are a person's and were once booked on somebody else's invoice are not deleted with the person: they
    /// are money that arrived, and what is told of the other stays. Nobody is named by them any more.
    pub(super) async fn part_from_payments(&mut self, client: ClientId) -> Result<()> {
        let sql = "update payment set client = null, state = 'dismissed', payer = null, account = null, reference = ''
             where client = $1
               and exists (select 1 from payment_undone u where u.payment = payment.id and u.client <> $1)";
        self.execute(Query::new(sql).bind(client.get())).await.map(drop)
    }
}
