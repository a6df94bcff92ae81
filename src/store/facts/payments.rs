//! Money that arrived: booked on invoices, or waiting for a person.

use std::collections::{HashMap, HashSet};

use jiff::{Timestamp, civil::Date};

use super::{Basis, Brought, Facts, LedgerRow, Undone};
use crate::{
    domain::{BatchId, ClientId, InvoiceKey, Money, PortfolioId, Sha256},
    store::{
        Result,
        audit::Entry,
        backend::{Query, Row, Write, bulk, json_list},
        codec::ledger,
        rows::{Cells, days, millis},
    },
};

/// What a payment is told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentKind {
    /// A bank's statement.
    Bank,
    /// The creditor's own file.
    File,
    /// A credit note, set off against its invoice.
    Note,
}

impl PaymentKind {
    /// Its word on the wire: `bank`, `file`, `credit_note`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bank => "bank",
            Self::File => "file",
            Self::Note => "credit_note",
        }
    }

    fn of(word: &str) -> std::result::Result<Self, String> {
        let known = [Self::Bank, Self::File, Self::Note].into_iter().find(|kind| kind.as_str() == word);
        known.ok_or_else(|| format!("{word:?} is no kind of payment"))
    }
}

/// What became of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentState {
    /// It counts on the invoices of its parts.
    Booked,
    /// The same, and what is left of it waits for a person.
    PartlyBooked,
    /// What it is for is not certain: a person decides.
    Review,
    /// A person said that it is for none of them.
    Dismissed,
    /// The bank took it back; or it is the entry that took one back.
    Returned,
}

impl PaymentState {
    /// Its word on the wire: `booked`, `partly_booked`, `review`, `dismissed`, `returned`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::PartlyBooked => "partly_booked",
            Self::Review => "review",
            Self::Dismissed => "dismissed",
            Self::Returned => "returned",
        }
    }

    pub(super) fn of(word: &str) -> std::result::Result<Self, String> {
        let all = [Self::Booked, Self::PartlyBooked, Self::Review, Self::Dismissed, Self::Returned];
        let known = all.into_iter().find(|state| state.as_str() == word);
        known.ok_or_else(|| format!("{word:?} is no state of a payment"))
    }
}

/// What a payment takes off an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentPart {
    /// Whose invoice.
    pub client: ClientId,
    /// Which.
    pub invoice: InvoiceKey,
    /// How much, minor units.
    pub minor: i64,
}

/// What a payment may be for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentCandidate {
    /// Whose invoice.
    pub client: ClientId,
    /// Its number.
    pub invoice: String,
    /// Why it may be.
    pub because: String,
}

/// Money that arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Payment {
    /// Its number; 0 when new.
    pub id: i64,
    /// Whose book it is in.
    pub portfolio: PortfolioId,
    /// What tells it from every other: the same again is the same payment.
    pub own_id: Sha256,
    /// What it is told by.
    pub kind: PaymentKind,
    /// What became of it.
    pub state: PaymentState,
    /// The day it arrived.
    pub arrived_on: Date,
    /// How much; below zero when the bank took it back.
    pub amount: Money,
    /// The payer, as the bank writes the name.
    pub payer: Option<String>,
    /// The payer's account (IBAN).
    pub account: Option<String>,
    /// Whether the account is the client's beyond doubt, and later payments from it are too: who only pays the invoices of
    /// clients, as a factor does, has one of its own.
    pub is_own_account: bool,
    /// What the payer wrote.
    pub reference: String,
    /// When it was learned.
    pub known_at: Timestamp,
    /// Where it was read.
    pub batch: BatchId,
    /// What it was booked on.
    pub parts: Vec<PaymentPart>,
    /// What it may be for, while it waits.
    pub candidates: Vec<PaymentCandidate>,
    /// What it was booked on until somebody took that back.
    pub undone: Vec<Undone>,
}

/// A booked part of an invoice, with its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settlement {
    /// The payment.
    pub payment: i64,
    /// What it is told by.
    pub kind: PaymentKind,
    /// The day it arrived.
    pub on: Date,
    /// How much of it counts on the invoice, minor units.
    pub minor: i64,
}

/// Booked parts by invoice, in the order of their days.
pub type Settlements = HashMap<(ClientId, InvoiceKey), Vec<Settlement>>;

const SELECT: &str = "select p.id, p.portfolio, p.own_id, p.kind, p.state, p.arrived_on, p.minor, p.currency, p.payer,
        p.account, p.reference, p.known_at, p.batch from payment p";

fn payment_of(row: &Row) -> Result<Payment> {
    let cells = Cells::of("payment", row);
    let amount = cells.maybe_money(6)?;
    Ok(Payment {
        id: cells.int(0)?,
        portfolio: PortfolioId::new(cells.int(1)?),
        own_id: cells.sha256(2)?,
        kind: cells.checked(PaymentKind::of(cells.text(3)?))?,
        state: cells.checked(PaymentState::of(cells.text(4)?))?,
        arrived_on: cells.day(5)?,
        amount: cells.checked(amount.ok_or_else(|| "an amount is missing".to_owned()))?,
        payer: cells.maybe_string(8)?,
        account: cells.maybe_string(9)?,
        is_own_account: false,
        reference: cells.string(10)?,
        known_at: cells.instant(11)?,
        batch: BatchId::new(cells.int(12)?),
        parts: Vec::new(),
        candidates: Vec::new(),
        undone: Vec::new(),
    })
}

impl Facts<'_> {
    /// Which of these payments are known already.
    pub async fn payments_known(&self, portfolio: PortfolioId, ids: &[Sha256]) -> Result<HashSet<Sha256>> {
        let mut snapshot = self.0.snapshot().await?;
        let find = ("select own_id from payment where withdrawn_at is null and (portfolio, own_id) in (", 2, ")");
        let bind = |query: Query, id: &Sha256| query.bind(portfolio.get()).bind(id.bytes().to_vec());
        let rows = bulk(&mut snapshot, find, ids, bind).await?;
        rows.iter().map(|row| Cells::of("payment", row).sha256(0)).collect()
    }

    /// Writes payments and the ledger rows that follow from them, in one transaction. One that is known already is left as it
    /// is. A booked payment from a client's own account teaches whose that is. False, and nothing is written, when something is
    /// not as it was when the rows were worked out: also when a payment that they follow from is known by now.
    pub async fn put_payments(&self, payments: &[Payment], rows: &[LedgerRow], basis: &[Basis]) -> Result<bool> {
        let mut write = self.0.write().await?;
        if !write.is_still_so(basis).await? {
            write.roll_back().await?;
            return Ok(false);
        }
        let mut brought = Vec::with_capacity(payments.len());
        for payment in payments {
            let id = write.put_payment(payment).await?;
            if id.is_none() && payment.state == PaymentState::Booked && !rows.is_empty() {
                write.roll_back().await?;
                return Ok(false);
            }
            brought.extend(id.map(|id| (id, payment.state)));
        }
        write.note_brought(&Brought { payments: brought, ..Brought::default() }).await?;
        write.put_ledger(&rows.iter().collect::<Vec<_>>()).await?;
        write.commit().await?;
        Ok(true)
    }

    /// What is booked on these invoices.
    pub async fn settlements(&self, invoices: &[(ClientId, InvoiceKey)]) -> Result<Settlements> {
        let mut snapshot = self.0.snapshot().await?;
        let find = (
            "select a.client, a.invoice, p.id, p.kind, p.arrived_on, a.minor from payment_part a
                 join payment p on p.id = a.payment where p.state in ('booked', 'partly_booked') and (a.client, a.invoice) in (",
            2,
            ")",
        );
        let bind = |query: Query, (client, invoice): &(ClientId, InvoiceKey)| {
            query.bind(client.get()).bind(ledger::key_bytes(*invoice).to_vec())
        };
        let rows = bulk(&mut snapshot, find, invoices, bind).await?;
        by_invoice(&rows)
    }

    /// What is booked on any invoice of a client.
    pub async fn settlements_of(&self, client: ClientId) -> Result<Settlements> {
        let sql = "select a.client, a.invoice, p.id, p.kind, p.arrived_on, a.minor from payment_part a
             join payment p on p.id = a.payment where p.state in ('booked', 'partly_booked') and a.client = $1";
        by_invoice(&self.0.all(Query::new(sql).bind(client.get())).await?)
    }

    /// Payments of these portfolios in a state, after one, at most `limit`, in the order in which they were learned; with
    /// their parts and candidates. Those that wait are also those of which only a part is booked.
    pub async fn payments(
        &self,
        portfolios: &[PortfolioId],
        state: Option<PaymentState>,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Payment>> {
        let sql = format!(
            "{SELECT} where p.id > $1 and p.portfolio in (select cast(value as bigint) from json_each($2))
               and (p.state = $3 or $3 = '' or ($3 = 'review' and p.state = 'partly_booked')) and p.withdrawn_at is null and p.kind <> 'credit_note' order by p.id limit $4"
        );
        let query = Query::new(sql).bind(after);
        let query = query.bind(json_list(portfolios.iter().map(|p| p.get())));
        let query = query.bind(state.map_or("", PaymentState::as_str)).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let found = self.0.all(query).await?.iter().map(payment_of).collect::<Result<Vec<_>>>()?;
        self.whole(found).await
    }

    /// Booked payments of an amount that had arrived by a day, without their parts; credit notes are none.
    pub async fn booked_of(&self, portfolio: PortfolioId, amount: Money, by: Date) -> Result<Vec<Payment>> {
        let sql = format!(
            "{SELECT} where p.portfolio = $1 and p.state in ('booked', 'partly_booked') and p.minor = $2 and p.currency = $3
               and p.arrived_on <= $4 and p.kind <> 'credit_note' order by p.id"
        );
        let query = Query::new(sql).bind(portfolio.get()).bind(amount.minor());
        let query = query.bind(amount.currency().to_string()).bind(days(by));
        self.0.all(query).await?.iter().map(payment_of).collect()
    }

    /// One payment.
    pub async fn payment(&self, id: i64) -> Result<Option<Payment>> {
        let sql = format!("{SELECT} where p.id = $1 and p.withdrawn_at is null");
        let row = self.0.one(Query::new(sql).bind(id)).await?;
        let found = row.as_ref().map(payment_of).transpose()?;
        Ok(self.whole(found.into_iter().collect()).await?.pop())
    }

    /// The payment that is told from every other by this.
    pub async fn payment_named(&self, portfolio: PortfolioId, own_id: Sha256) -> Result<Option<Payment>> {
        let sql = format!("{SELECT} where p.portfolio = $1 and p.own_id = $2 and p.withdrawn_at is null");
        let query = Query::new(sql).bind(portfolio.get()).bind(own_id.bytes().to_vec());
        let found = self.0.one(query).await?.as_ref().map(payment_of).transpose()?;
        Ok(self.whole(found.into_iter().collect()).await?.pop())
    }

    /// Those of a file's payments that are as it brought them, nobody having decided of them: told by their state then.
    pub async fn payments_as_brought(&self, brought: &[(i64, PaymentState)]) -> Result<Vec<Payment>> {
        let sql = format!(
            "{SELECT} where p.id in (select cast(value as bigint) from json_each($1)) and p.decided_at is null
               and p.withdrawn_at is null order by p.id"
        );
        let rows = self.0.all(Query::new(sql).bind(json_list(brought.iter().map(|(id, _)| id)))).await?;
        let mut found = rows.iter().map(payment_of).collect::<Result<Vec<_>>>()?;
        let states: HashMap<i64, PaymentState> = brought.iter().copied().collect();
        found.retain(|payment| states.get(&payment.id) == Some(&payment.state));
        self.whole(found).await
    }

    async fn whole(&self, mut payments: Vec<Payment>) -> Result<Vec<Payment>> {
        for payment in &mut payments {
            let sql = "select client, invoice, minor from payment_part where payment = $1 order by client, invoice";
            for row in self.0.all(Query::new(sql).bind(payment.id)).await? {
                let cells = Cells::of("payment_part", &row);
                let invoice = ledger::key_from(cells.array(1)?);
                payment.parts.push(PaymentPart { client: cells.client(0)?, invoice, minor: cells.int(2)? });
            }
            let sql =
                "select client, invoice, because from payment_candidate where payment = $1 order by client, invoice";
            for row in self.0.all(Query::new(sql).bind(payment.id)).await? {
                let cells = Cells::of("payment_candidate", &row);
                let (invoice, because) = (cells.string(1)?, cells.string(2)?);
                payment.candidates.push(PaymentCandidate { client: cells.client(0)?, invoice, because });
            }
            payment.undone = self.undone(payment.id).await?;
        }
        Ok(payments)
    }

    /// Accounts that clients of a portfolio have paid from.
    pub async fn payers(&self, portfolio: PortfolioId) -> Result<Vec<(String, ClientId)>> {
        let sql = "select account, client from payer where portfolio = $1 order by account, client";
        let rows = self.0.all(Query::new(sql).bind(portfolio.get())).await?;
        let payers = rows.iter().map(|row| {
            let cells = Cells::of("payer", row);
            Ok((cells.string(0)?, cells.client(1)?))
        });
        payers.collect()
    }

    /// A person's word on a payment that waits, or on what is left of one: booked on these parts too, waiting with what it may be
    /// for, or dismissed; with the ledger rows that follow, and the note for the audit log. Its account is the client's then. It
    /// was booked when the first of it was.
    pub async fn decide_payment(
        &self,
        payment: &Payment,
        (rows, basis): (&[LedgerRow], &[Basis]),
        note: &Entry<'_>,
        at: Timestamp,
    ) -> Result<Decision> {
        let mut write = self.0.write().await?;
        if !write.is_still_so(basis).await? {
            write.roll_back().await?;
            return Ok(Decision::Overtaken);
        }
        // What was booked meanwhile, or taken back, is not what was decided about.
        let booked = "(select coalesce(sum(a.minor), 0) from payment_part a where a.payment = payment.id)";
        let sql = format!(
            "update payment set state = $1,
                 client = case when state = 'review' or client = $2 then $2
                               when cast($6 as bigint) = 0 then client else null end,
                 decided_by = $3, decided_at = case when state = 'review' then $4 else decided_at end
             where id = $5 and state in ('review', 'partly_booked')
                 and case $1 when 'dismissed' then {booked} = 0
                             when 'partly_booked' then {booked} + cast($6 as bigint) < minor
                             when 'booked' then ({booked} + cast($6 as bigint) = minor or (cast($6 as bigint) = 0 and {booked} > 0))
                             else cast($6 as bigint) = 0 end"
        );
        let query = Query::new(sql).bind(payment.state.as_str()).bind(whose(&payment.parts).map(ClientId::get));
        let query = query.bind(note.who.to_owned()).bind(millis(at)).bind(payment.id);
        let query = query.bind(payment.parts.iter().map(|part| part.minor).sum::<i64>());
        if write.execute(query).await? == 0 {
            write.roll_back().await?;
            return Ok(Decision::Late);
        }
        write.execute(Query::new("delete from payment_candidate where payment = $1").bind(payment.id)).await?;
        write.put_candidates(payment.id, &payment.candidates).await?;
        let by_person = Payment { is_own_account: true, ..payment.clone() };
        write.put_parts(&by_person, payment.id).await?;
        write.put_ledger(&rows.iter().collect::<Vec<_>>()).await?;
        write.note_audit(at, note).await?;
        write.commit().await?;
        Ok(Decision::Taken)
    }
}

/// What became of a person's word on a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is written.
    Taken,
    /// The payment does not wait any more, or is not booked any more: somebody else has decided.
    Late,
    /// Something else was booked on one of its invoices meanwhile: what is open of it is to be looked at again.
    Overtaken,
}

/// The one client that a payment is of.
fn whose(parts: &[PaymentPart]) -> Option<ClientId> {
    let first = parts.first()?.client;
    parts.iter().all(|part| part.client == first).then_some(first)
}

fn by_invoice(rows: &[Row]) -> Result<Settlements> {
    let mut found = Settlements::new();
    for row in rows {
        let cells = Cells::of("payment_part", row);
        let settlement = Settlement {
            payment: cells.int(2)?,
            kind: cells.checked(PaymentKind::of(cells.text(3)?))?,
            on: cells.day(4)?,
            minor: cells.int(5)?,
        };
        found.entry((cells.client(0)?, ledger::key_from(cells.array(1)?))).or_default().push(settlement);
    }
    for settlements in found.values_mut() {
        settlements.sort_by_key(|settlement| (settlement.on, settlement.payment));
    }
    Ok(found)
}

impl Write<'_> {
    /// Writes a payment that is not known, or no longer; answers its number then.
    pub(super) async fn put_payment(&mut self, payment: &Payment) -> Result<Option<i64>> {
        let sql =
            "insert into payment (portfolio, own_id, client, kind, state, arrived_on, minor, currency, payer, account,
                 reference, known_at, batch)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             on conflict (portfolio, own_id) do update set client = excluded.client, kind = excluded.kind,
                 state = excluded.state, arrived_on = excluded.arrived_on, minor = excluded.minor,
                 currency = excluded.currency, payer = excluded.payer, account = excluded.account,
                 reference = excluded.reference, known_at = excluded.known_at, batch = excluded.batch,
                 decided_by = null, decided_at = null, withdrawn_at = null
             where payment.withdrawn_at is not null returning id";
        let query = Query::new(sql)
            .bind(payment.portfolio.get())
            .bind(payment.own_id.bytes().to_vec())
            .bind(whose(&payment.parts).map(ClientId::get))
            .bind(payment.kind.as_str())
            .bind(payment.state.as_str())
            .bind(days(payment.arrived_on))
            .bind(payment.amount.minor())
            .bind(payment.amount.currency().to_string())
            .bind(payment.payer.clone())
            .bind(payment.account.clone())
            .bind(payment.reference.clone())
            .bind(millis(payment.known_at))
            .bind(payment.batch.get());
        let Some(row) = self.one(query).await? else { return Ok(None) };
        let id = Cells::of("payment", &row).int(0)?;
        self.execute(Query::new("delete from payment_candidate where payment = $1").bind(id)).await?;
        self.put_candidates(id, &payment.candidates).await?;
        self.put_parts(payment, id).await?;
        Ok(Some(id))
    }

    pub(super) async fn put_candidates(&mut self, payment: i64, candidates: &[PaymentCandidate]) -> Result<()> {
        let insert =
            ("insert into payment_candidate (payment, client, invoice, because)", 4, " on conflict do nothing");
        self.put_all(insert, candidates, |query, candidate| {
            let query = query.bind(payment).bind(candidate.client.get());
            query.bind(candidate.invoice.clone()).bind(candidate.because.clone())
        })
        .await
    }

    async fn put_parts(&mut self, payment: &Payment, id: i64) -> Result<()> {
        let insert = ("insert into payment_part (client, invoice, payment, minor)", 4, "");
        self.put_all(insert, &payment.parts, |query, part| {
            let query = query.bind(part.client.get()).bind(ledger::key_bytes(part.invoice).to_vec());
            query.bind(id).bind(part.minor)
        })
        .await?;
        let account = payment.account.as_ref().filter(|_| payment.is_own_account);
        let (Some(account), Some(client)) = (account, whose(&payment.parts)) else { return Ok(()) };
        let sql = "insert into payer (portfolio, account, client, known_at) values ($1, $2, $3, $4)
             on conflict do nothing";
        let query = Query::new(sql).bind(payment.portfolio.get()).bind(account.clone());
        self.execute(query.bind(client.get()).bind(millis(payment.known_at))).await.map(drop)
    }
}
