//! The ledger: revisions of invoices, clustered by client.

use std::collections::HashMap;

use super::{Basis, Brought, Facts, LedgerRow, RowOutcome, Step, marks::Marks};
use crate::{
    domain::{Cause, Claim, ClientId, EntryKind, InvoiceKey, LedgerLine},
    store::{
        Result,
        backend::{Query, Write, bulk, json_list},
        codec::{Reader, ledger},
        rows::{Cells, days},
    },
};

/// Ledger rows compared at a time.
const CHUNK_ROWS: usize = 4000;

type Invoice = (i64, [u8; 8]);

/// The newest revision of an invoice: its number, the line, the type of credit, what else is said of it.
type Newest = (i64, LedgerLine, Option<String>, Option<Box<Claim>>);

impl Facts<'_> {
    /// Writes ledger rows in one transaction; outcomes in the input's order. A row that says the same as the newest
    /// revision, but for when and where it was read, is unchanged; a revision keeps the two instants its row came with.
    pub async fn put_ledger(&self, rows: &[LedgerRow]) -> Result<Vec<RowOutcome>> {
        Ok(self.put_ledger_if(rows, &[]).await?.unwrap_or_default())
    }

    /// The same when everything is still as it was when the rows were worked out; else nothing is written, and there are no
    /// outcomes.
    pub async fn put_ledger_if(&self, rows: &[LedgerRow], basis: &[Basis]) -> Result<Option<Vec<RowOutcome>>> {
        let mut write = self.0.write().await?;
        if !write.is_still_so(basis).await? {
            write.roll_back().await?;
            return Ok(None);
        }
        let outcomes = write.put_ledger(&rows.iter().collect::<Vec<_>>()).await?;
        write.is_about(std::iter::empty());
        write.commit().await?;
        Ok(Some(outcomes))
    }

    /// What `put_ledger` would answer; writes nothing. Rows of a client that is only planned (key 0) are new.
    pub async fn plan_ledger(&self, rows: &[LedgerRow]) -> Result<Vec<RowOutcome>> {
        let known: Vec<_> = rows.iter().filter(|row| row.client.get() != 0).collect();
        let mut write = self.0.write().await?;
        let mut outcomes = write.put_ledger(&known).await?.into_iter();
        write.roll_back().await?;
        let planned = |row: &LedgerRow| match row.client.get() {
            0 => RowOutcome::Created,
            _ => outcomes.next().unwrap_or(RowOutcome::Created),
        };
        Ok(rows.iter().map(planned).collect())
    }

    /// Ledger rows of a client, newest revision of each, newest first; without those that are no longer said.
    pub async fn ledger(&self, client: ClientId) -> Result<Vec<LedgerRow>> {
        let sql = "select invoice, body from ledger l where client = $1 and revision =
             (select max(revision) from ledger n where n.client = l.client and n.invoice = l.invoice)";
        let mut found = Vec::new();
        for row in self.0.all(Query::new(sql).bind(client.get())).await? {
            let cells = Cells::of("ledger", &row);
            let invoice = ledger::key_from(cells.array(0)?);
            found.push(row_of(&cells, client, (invoice, 1))?);
        }
        found.retain(is_said);
        found.sort_by(|a, b| b.line.issued_on.cmp(&a.line.issued_on).then_with(|| b.number.cmp(&a.number)));
        Ok(found)
    }

    /// Ledger rows of these clients, newest revision of each, in one question and in no order; without those that are no
    /// longer said.
    pub async fn ledgers(&self, clients: &[ClientId]) -> Result<HashMap<ClientId, Vec<LedgerRow>>> {
        let sql = "select client, invoice, body from ledger l
             where client in (select cast(value as bigint) from json_each($1)) and revision =
             (select max(revision) from ledger n where n.client = l.client and n.invoice = l.invoice)";
        let mut found: HashMap<ClientId, Vec<LedgerRow>> = HashMap::new();
        for row in self.0.all(Query::new(sql).bind(json_list(clients.iter().map(|id| id.get())))).await? {
            let cells = Cells::of("ledger", &row);
            let (client, invoice) = (cells.client(0)?, ledger::key_from(cells.array(1)?));
            let row = row_of(&cells, client, (invoice, 2))?;
            if is_said(&row) {
                found.entry(client).or_default().push(row);
            }
        }
        Ok(found)
    }

    /// Every revision of every ledger row of a client, by invoice and then in the order in which they were written.
    pub async fn revisions(&self, client: ClientId) -> Result<Vec<LedgerRow>> {
        let sql = "select invoice, body from ledger where client = $1 order by invoice, revision";
        let rows = self.0.all(Query::new(sql).bind(client.get())).await?;
        let found = rows.iter().map(|row| {
            let cells = Cells::of("ledger", row);
            row_of(&cells, client, (ledger::key_from(cells.array(0)?), 1))
        });
        found.collect()
    }
}

/// Whether a row is still said: the file that told of it was not taken back.
fn is_said(row: &LedgerRow) -> bool {
    row.line.kind != EntryKind::Withdrawn
}

/// The row of a client in a cell, whose key was read before.
fn row_of(cells: &Cells<'_>, client: ClientId, (invoice, place): (InvoiceKey, usize)) -> Result<LedgerRow> {
    let bytes = &mut Reader::new(cells.bytes(place)?);
    let (line, number, credit_type, claim) = cells.checked(ledger::read_row(bytes, invoice))?;
    Ok(LedgerRow { client, number: number.to_owned(), credit_type: credit_type.map(str::to_owned), claim, line })
}

/// What is said anew of an invoice counts as known at the earliest since what it takes the place of: a backfill, or a clock that was
/// set back, would put it before that, and what was said first would count for ever.
fn behind(before: &LedgerLine, line: LedgerLine) -> LedgerLine {
    let known_at = line.known_at.max(before.known_at);
    LedgerLine { known_at, paid_known_at: line.paid_known_at.map(|at| at.max(known_at)), ..line }
}

/// Whether two revisions say the same: when and where each was read does not count.
fn says_the_same(known: &LedgerLine, line: &LedgerLine) -> bool {
    let undated =
        LedgerLine { known_at: known.known_at, paid_known_at: known.paid_known_at, batch: known.batch, ..*line };
    undated == *known
}

impl Write<'_> {
    /// Writes rows, and notes them under the import that is under way.
    pub(super) async fn put_ledger(&mut self, rows: &[&LedgerRow]) -> Result<Vec<RowOutcome>> {
        let (outcomes, invoices) = self.write_ledger(rows).await?;
        self.note_brought(&Brought { invoices, ..Brought::default() }).await?;
        Ok(outcomes)
    }

    /// Writes rows; answers what became of each, and which revisions there are now that were not.
    pub(super) async fn write_ledger(
        &mut self,
        rows: &[&LedgerRow],
    ) -> Result<(Vec<RowOutcome>, Vec<(ClientId, InvoiceKey, Step)>)> {
        let mut brought = Vec::new();
        let mut outcomes = Vec::with_capacity(rows.len());
        let mut marks = Marks::default();
        let mut span: Option<(i64, i64)> = None;
        for chunk in rows.chunks(CHUNK_ROWS) {
            let mut newest = self.newest_lines(chunk).await?;
            let mut revisions = Vec::new();
            for row in chunk {
                let invoice = (row.client.get(), ledger::key_bytes(row.line.invoice));
                let revision = match newest.get(&invoice) {
                    None => 1,
                    Some((_, line, credit_type, claim))
                        if says_the_same(line, &row.line) && *credit_type == row.credit_type && *claim == row.claim =>
                    {
                        outcomes.push(RowOutcome::Unchanged);
                        continue;
                    }
                    Some((revision, ..)) => revision + 1,
                };
                outcomes.push(if revision == 1 { RowOutcome::Created } else { RowOutcome::Changed });
                let line = newest.get(&invoice).map_or(row.line, |(_, known, ..)| behind(known, row.line));
                let body = ledger::row_bytes(&line, &row.number, row.credit_type.as_deref(), row.claim.as_deref());
                revisions.push((invoice, revision, body));
                brought.push((row.client, row.line.invoice, Step { before: revision - 1, after: revision }));
                newest.insert(invoice, (revision, line, row.credit_type.clone(), row.claim.clone()));
                marks.add(row.client, line.paid_known_at.map_or(line.known_at, |p| p.max(line.known_at)));
                let first = days(row.line.issued_on);
                let last = row.line.paid_on.map_or(first, |paid_on| days(paid_on).max(first));
                span = Some(span.map_or((first, last), |(f, l)| (f.min(first), l.max(last))));
            }
            let insert = ("insert into ledger (client, invoice, revision, body)", 4, "");
            self.put_all(insert, &revisions, |query, ((client, invoice), revision, body)| {
                query.bind(*client).bind(invoice.as_slice()).bind(*revision).bind(body.as_slice())
            })
            .await?;
        }
        self.widen_span(span).await?;
        self.put_marks(&marks, Cause::Signals).await?;
        Ok((outcomes, brought))
    }

    async fn newest_lines(&mut self, rows: &[&LedgerRow]) -> Result<HashMap<Invoice, Newest>> {
        let find = ("select client, invoice, revision, body from ledger where (client, invoice) in (", 2, ")");
        let bind = |query: Query, row: &&LedgerRow| {
            query.bind(row.client.get()).bind(ledger::key_bytes(row.line.invoice).as_slice())
        };
        let mut newest: HashMap<Invoice, Newest> = HashMap::with_capacity(rows.len());
        for row in bulk(self.conn(), find, rows, bind).await? {
            let cells = Cells::of("ledger", &row);
            let (client, invoice, revision) = (cells.int(0)?, cells.array(1)?, cells.int(2)?);
            if newest.get(&(client, invoice)).is_some_and(|(known, ..)| *known > revision) {
                continue;
            }
            let bytes = &mut Reader::new(cells.bytes(3)?);
            let (line, _, credit_type, claim) = cells.checked(ledger::read_row(bytes, ledger::key_from(invoice)))?;
            newest.insert((client, invoice), (revision, line, credit_type.map(str::to_owned), claim));
        }
        Ok(newest)
    }

    async fn widen_span(&mut self, span: Option<(i64, i64)>) -> Result<()> {
        let Some((first, last)) = span else { return Ok(()) };
        let sql =
            "insert into ledger_span (one, first_day, last_day) values (1, $1, $2) on conflict (one) do update set
             first_day = case when excluded.first_day < ledger_span.first_day then excluded.first_day
                              else ledger_span.first_day end,
             last_day = case when excluded.last_day > ledger_span.last_day then excluded.last_day
                             else ledger_span.last_day end";
        self.execute(Query::new(sql).bind(first).bind(last)).await.map(drop)
    }
}
