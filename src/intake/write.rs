use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, hash_map::Entry};

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    Outcome,
    check::{ClientDraft, InvoiceDraft, Refusal},
    notes::{self, Note},
    read::{Origin, Source},
    settle::Knowing,
};
use crate::{
    domain::{
        AsOf, BatchId, ClientCode, ClientFacts, ClientId, EntryKind, InvoiceKey, LedgerLine, Money, PortfolioId,
        day_number,
    },
    store::{ClientRow, LedgerRow, Result, RowOutcome, Store},
};

/// Rows that are taken with a word about them and are told of one by one: of more paid than their invoice comes to, of a
/// telephone number that nobody can call, of a day far ahead.
const MAX_ROWS_TOLD: usize = 20;
/// Whoever dates an invoice ahead does so by some days; further ahead a year is most likely mistyped.
const FAR_AHEAD_DAYS: i32 = 31;
/// Rows in one transaction: enough that a commit costs little per row, few enough that others may write in between. A
/// crash between two is harmless, for repeating an import changes nothing.
const ROWS_PER_TRANSACTION: usize = 5_000;

/// Where rows go, and how.
pub(super) struct Writer<'a> {
    pub(super) store: &'a Store,
    /// None in a dry run on a portfolio that does not exist: then everything is new.
    pub(super) portfolio: Option<PortfolioId>,
    pub(super) batch: BatchId,
    pub(super) now: Timestamp,
    pub(super) backfill: bool,
    pub(super) create_clients: bool,
    pub(super) dry_run: bool,
    /// Told how many rows are done, of how many.
    pub(super) progress: &'a (dyn Fn(u64, u64) + Sync),
}

impl Writer<'_> {
    /// Writes clients, and counts.
    pub(super) async fn clients(&self, drafts: Vec<(Origin, ClientDraft)>, outcome: &mut Outcome) -> Result<()> {
        let total = drafts.len() as u64;
        let mut done = 0;
        let uncalled = drafts.iter().filter_map(|(origin, draft)| not_called(*origin, draft)).collect();
        outcome.notes.extend(first_of(uncalled, "have a telephone number of which something is left out"));
        for chunk in drafts.chunks(ROWS_PER_TRANSACTION) {
            let codes: Vec<ClientCode> = chunk.iter().map(|(_, d)| d.code.clone()).collect();
            let known = self.ids(&codes).await?;
            // A new version of a client that is there already was learned today, whatever day it has been a client since.
            let is_old = |place: usize| self.backfill && known[place].is_none();
            let past =
                chunk.iter().enumerate().filter(|(place, _)| is_old(*place)).filter_map(|(_, (_, d))| self.of_old(d));
            let created = self.put_clients(&past.collect::<Vec<_>>()).await?;
            let rows: Vec<ClientRow> = (chunk.iter().map(|(_, draft)| draft))
                .map(|draft| ClientRow { code: draft.code.clone(), facts: draft.facts.clone(), known_at: self.now })
                .collect();
            let mut created: BTreeSet<ClientId> = created.into_iter().map(|(id, _)| id).collect();
            for (id, row) in self.put_clients(&rows).await? {
                // Whom its past created is new, whatever there was to add.
                let row = if created.remove(&id) { RowOutcome::Created } else { row };
                outcome.created_clients += u64::from(row == RowOutcome::Created);
                count(outcome, row);
            }
            done += chunk.len() as u64;
            (self.progress)(done, total);
        }
        Ok(())
    }

    /// What a client's row says of the day on which it became one, in a backfill: who it is. Whether it still buys, its limit
    /// and what it buys in a year carry no day; they are true of the day of the file, and known since.
    fn of_old(&self, draft: &ClientDraft) -> Option<ClientRow> {
        let facts = ClientFacts { active: None, credit_limit: None, yearly_value: None, ..draft.facts.clone() };
        let known_at = self.known(draft.facts.since?);
        Some(ClientRow { code: draft.code.clone(), facts, known_at })
    }

    /// Writes invoices, creating clients where asked; rows of unknown clients are refused in the file's terms.
    pub(super) async fn invoices(
        &self,
        drafts: Vec<(Origin, InvoiceDraft)>,
        source: &Source,
        outcome: &mut Outcome,
    ) -> Result<()> {
        let earliest = self.earliest(&drafts);
        let amounts = notes::amounts(drafts.iter().map(|(_, draft)| draft));
        let total = drafts.len() as u64;
        let (mut done, mut planned, mut notes, mut unchanged) = (0, BTreeSet::new(), Vec::new(), HashSet::new());
        let (mut overpaid, mut to_come) = (Vec::new(), Vec::new());
        for chunk in drafts.chunks(ROWS_PER_TRANSACTION) {
            let ids = self.clients_of(chunk, &earliest, (&mut planned, source), outcome).await?;
            let mut rows = Vec::with_capacity(chunk.len());
            for (origin, draft) in chunk {
                let Some(id) = ids.get(&draft.client) else {
                    outcome.rejects.push(source.reject(*origin, unknown_client(&draft.client)));
                    continue;
                };
                if let Some(refusal) = self.contradiction(*id, draft, &amounts).await? {
                    outcome.rejects.push(source.reject(*origin, refusal));
                    continue;
                }
                overpaid.extend(paid_beyond(*origin, draft));
                to_come.extend(self.far_ahead(*origin, draft));
                match id {
                    Some(id) => {
                        notes.extend(note_of(*id, draft));
                        rows.push(self.ledger_row(*id, draft, source.batch(*origin).unwrap_or(self.batch)));
                    }
                    // Only a dry run gets here: the client would be new, and so would its invoice.
                    None => count(outcome, RowOutcome::Created),
                }
            }
            self.keep_assumed_days(&mut rows).await?;
            let keys: Vec<_> = rows.iter().map(|row| (row.line.kind, (row.client, row.line.invoice))).collect();
            for ((kind, key), row) in keys.into_iter().zip(self.put_rows(rows).await?) {
                if kind == EntryKind::CreditNote && row == RowOutcome::Unchanged {
                    unchanged.insert(key);
                }
                count(outcome, row);
            }
            done += chunk.len() as u64;
            (self.progress)(done, total);
        }
        outcome.notes.extend(first_of(overpaid, "tell of more paid than their invoice comes to"));
        outcome.notes.extend(first_of(to_come, "name days that are far ahead"));
        let (set_off, alone) = self.set_off(&notes).await?;
        // A note that says nothing new, and now comes off an invoice that has come since, changed something.
        let n_late =
            set_off.iter().filter(|note| unchanged.contains(&(note.client, InvoiceKey::of(&note.number)))).count();
        outcome.changed += n_late as u64;
        outcome.unchanged -= n_late as u64;
        outcome.notes.extend(alone.into_iter().map(|note| {
            format!(
                "credit note {} names invoice {}, which is not in the ledger: it stays a credit",
                note.number, note.refers_to
            )
        }));
        Ok(())
    }

    /// Why a note cannot be, where its invoice is in the file or in the ledger.
    async fn contradiction(
        &self,
        client: Option<ClientId>,
        draft: &InvoiceDraft,
        amounts: &notes::Amounts,
    ) -> Result<Option<Refusal>> {
        let Some(number) = notes::invoice_of(draft) else { return Ok(None) };
        let invoice = match (amounts.get(&(draft.client.clone(), number.to_owned())), client) {
            (Some(amount), _) => Some(*amount),
            (None, Some(client)) => notes::stored_amount(&self.store.facts().ledger(client).await?, number),
            (None, None) => None,
        };
        Ok(invoice.and_then(|invoice| notes::contradiction(draft.amount, invoice, number)))
    }

    /// The key of every client of these rows: absent when unknown, `None` when a dry run would create it.
    async fn clients_of(
        &self,
        chunk: &[(Origin, InvoiceDraft)],
        earliest: &HashMap<ClientCode, Date>,
        (planned, source): (&mut BTreeSet<ClientCode>, &Source),
        outcome: &mut Outcome,
    ) -> Result<BTreeMap<ClientCode, Option<ClientId>>> {
        let codes: BTreeSet<ClientCode> = chunk.iter().map(|(_, d)| d.client.clone()).collect();
        let codes: Vec<ClientCode> = codes.into_iter().collect();
        let known = self.ids(&codes).await?;
        let mut ids: BTreeMap<ClientCode, Option<ClientId>> =
            codes.into_iter().zip(known).filter_map(|(code, id)| id.map(|id| (code, Some(id)))).collect();
        if !self.create_clients {
            return Ok(ids);
        }
        let mut new: BTreeMap<&ClientCode, (&ClientFacts, BatchId)> = BTreeMap::new();
        for (origin, draft) in chunk {
            if let Some(facts) = draft.new_client.as_deref().filter(|_| !ids.contains_key(&draft.client)) {
                new.entry(&draft.client).or_insert((facts, source.batch(*origin).unwrap_or(self.batch)));
            }
        }
        let mut by_batch: BTreeMap<BatchId, Vec<ClientRow>> = BTreeMap::new();
        for (code, (facts, batch)) in new {
            by_batch.entry(batch).or_default().push(ClientRow {
                code: code.clone(),
                facts: facts.clone(),
                known_at: earliest.get(code).map_or(self.now, |day| self.known(*day)),
            });
        }
        for (batch, rows) in by_batch {
            if self.dry_run {
                for row in rows {
                    outcome.created_clients += u64::from(planned.insert(row.code.clone()));
                    ids.insert(row.code, None);
                }
                continue;
            }
            let created = self.put_clients_of(batch, &rows).await?;
            for (row, (id, what)) in rows.into_iter().zip(created) {
                outcome.created_clients += u64::from(what == RowOutcome::Created);
                ids.insert(row.code, Some(id));
            }
        }
        Ok(ids)
    }

    pub(super) async fn ids(&self, codes: &[ClientCode]) -> Result<Vec<Option<ClientId>>> {
        match self.portfolio {
            Some(portfolio) => self.store.facts().client_ids(portfolio, codes).await,
            None => Ok(vec![None; codes.len()]),
        }
    }

    async fn put_clients(&self, rows: &[ClientRow]) -> Result<Vec<(ClientId, RowOutcome)>> {
        self.put_clients_of(self.batch, rows).await
    }

    async fn put_clients_of(&self, batch: BatchId, rows: &[ClientRow]) -> Result<Vec<(ClientId, RowOutcome)>> {
        match self.portfolio {
            None => Ok(vec![(ClientId::new(0), RowOutcome::Created); rows.len()]),
            Some(portfolio) if self.dry_run => self.store.facts().plan_clients(portfolio, rows).await,
            Some(portfolio) => self.store.facts().put_clients(portfolio, batch, rows).await,
        }
    }

    /// The day of the first fact about each client of the file.
    fn earliest(&self, drafts: &[(Origin, InvoiceDraft)]) -> HashMap<ClientCode, Date> {
        let mut earliest: HashMap<ClientCode, Date> = HashMap::new();
        for (_, draft) in drafts {
            let first = draft.paid_on.map_or(draft.issued_on, |paid| paid.min(draft.issued_on));
            earliest.entry(draft.client.clone()).and_modify(|day| *day = first.min(*day)).or_insert(first);
        }
        earliest
    }

    /// What to say of a row whose days lie so far ahead that a year is most likely mistyped: until then it is in no sum.
    fn far_ahead(&self, origin: Origin, draft: &InvoiceDraft) -> Option<String> {
        let today = AsOf::at(self.now).valid_at;
        let (number, line) = (&draft.number, origin.line);
        let is_ahead = |day: Date| day_number(day) - day_number(today) > FAR_AHEAD_DAYS;
        if is_ahead(draft.issued_on) {
            return Some(format!(
                "line {line}: invoice {number} is issued on {}, far ahead: nothing counts of it until that day",
                draft.issued_on
            ));
        }
        let paid = draft.paid_on.filter(|day| is_ahead(*day))?;
        Some(format!("line {line}: invoice {number} is said to be paid on {paid}, far ahead: until then it is open"))
    }

    pub(super) fn knowing(&self) -> Knowing {
        Knowing { now: self.now, backfill: self.backfill }
    }

    fn known(&self, day: Date) -> Timestamp {
        self.knowing().of(day)
    }

    fn ledger_row(&self, client: ClientId, draft: &InvoiceDraft, batch: BatchId) -> LedgerRow {
        let known_at = self.known(draft.issued_on);
        let has_payment = draft.paid_on.is_some() || draft.paid_minor > 0;
        let line = LedgerLine {
            invoice: InvoiceKey::of(&draft.number),
            kind: draft.kind,
            issued_on: draft.issued_on,
            due_on: draft.due_on,
            amount: draft.amount,
            disputed: draft.disputed,
            known_at,
            paid_on: draft.paid_on,
            paid_minor: draft.paid_minor,
            paid_known_at: has_payment.then(|| draft.paid_on.map_or(self.now, |day| self.known(day)).max(known_at)),
            batch,
        };
        let (number, credit_type) = (draft.number.clone(), draft.credit_type.clone());
        LedgerRow { client, number, credit_type, claim: draft.claim.clone(), line }
    }

    /// An amount paid without a day counts as paid on the day of import. When the same amount was told before, the day
    /// assumed then stays: otherwise the same file would say something new every morning.
    async fn keep_assumed_days(&self, rows: &mut [LedgerRow]) -> Result<()> {
        let today = self.now.to_zoned(TimeZone::UTC).date();
        let mut known: HashMap<ClientId, HashMap<InvoiceKey, LedgerLine>> = HashMap::new();
        for row in rows.iter_mut().filter(|r| r.line.paid_on.is_none() && r.line.paid_minor > 0) {
            let lines = match known.entry(row.client) {
                Entry::Occupied(lines) => lines.into_mut(),
                Entry::Vacant(place) => {
                    let ledger = self.store.facts().ledger(row.client).await?;
                    place.insert(ledger.into_iter().map(|r| (r.line.invoice, r.line)).collect())
                }
            };
            let before = lines.get(&row.line.invoice);
            let same = before
                .filter(|b| b.paid_minor == row.line.paid_minor && b.amount.currency() == row.line.amount.currency());
            row.line.paid_on = Some(same.and_then(|b| b.paid_on).unwrap_or(today));
            row.line.paid_known_at = same.and_then(|b| b.paid_known_at).or(row.line.paid_known_at);
        }
        Ok(())
    }
}

/// What to say of a row that tells of more paid than its invoice comes to: interest, costs or a slip, it is no payment of the
/// invoice.
fn paid_beyond(origin: Origin, draft: &InvoiceDraft) -> Option<String> {
    let beyond = draft.paid_minor.checked_sub(draft.amount.minor()).filter(|beyond| *beyond > 0)?;
    let of = |minor| Money::from_minor(minor, draft.amount.currency());
    Some(format!(
        "line {}: {} is said to be paid of invoice {}, which comes to {}: it counts as paid, and the {} beyond it as nothing",
        origin.line,
        of(draft.paid_minor),
        draft.number,
        draft.amount,
        of(beyond)
    ))
}

/// What to say of a client that is taken though something of its telephone number is not.
fn not_called(origin: Origin, draft: &ClientDraft) -> Option<String> {
    let Refusal { value, reason, .. } = draft.uncalled.as_ref()?;
    Some(format!("line {}: of the telephone number {value:?} something is left out: {reason}", origin.line))
}

/// The first of these sentences, and how many more there are.
fn first_of(mut sentences: Vec<String>, said: &str) -> Vec<String> {
    let more = sentences.len().saturating_sub(MAX_ROWS_TOLD);
    sentences.truncate(MAX_ROWS_TOLD);
    sentences.extend((more > 0).then(|| format!("{more} more rows {said}")));
    sentences
}

fn note_of(client: ClientId, draft: &InvoiceDraft) -> Option<Note> {
    let refers_to = notes::invoice_of(draft)?.to_owned();
    Some(Note { client, number: draft.number.clone(), refers_to, amount: draft.amount })
}

fn count(outcome: &mut Outcome, row: RowOutcome) {
    match row {
        RowOutcome::Created | RowOutcome::Changed => outcome.changed += 1,
        RowOutcome::Unchanged => outcome.unchanged += 1,
    }
}

pub(super) fn unknown_client(code: &ClientCode) -> Refusal {
    Refusal {
        column: "client",
        value: code.to_string(),
        code: "unknown_client",
        reason: "no client of the portfolio has this code; import clients first, or create them with --create-clients"
            .to_owned(),
    }
}
