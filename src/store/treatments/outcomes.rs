//! What was done about clients: written once, read with what is known of those merged into them.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::{Circumstances, NewTreatment, Recorded, Treated, Treatments, Whose, Withdrawn};
use crate::{
    domain::{AsOf, Cause, ClientId, EntryKind, Grade, InvoiceKey, LedgerLine, Outcome, OutcomeId},
    store::{
        Result,
        audit::Entry,
        backend::{Conn, Query, Row, Write, json_list},
        codec::{Reader, event, ledger, treatment},
        dossiers::beside,
        facts::Marks,
        rows::{Cells, days, millis},
    },
};

/// What was done about clients, and about those that were known by then to be merged into them.
fn told_of(whose: Whose<'_>, known_at: Timestamp) -> Query {
    let (own, united) = (whose.condition("o.client"), whose.condition("m.survivor"));
    let then = whose.next();
    let sql = format!(
        "select o.client, o.id, o.known_at, o.body, o.withdrawn_at, o.client from outcome o where {own}
         union all select m.survivor, o.id, o.known_at, o.body, o.withdrawn_at, o.client
         from merger m join outcome o on o.client = m.client
         where {united} and m.from_known <= {then} and (m.to_known is null or m.to_known > {then})"
    );
    whose.bind(Query::new(sql)).bind(millis(known_at))
}

/// Something that was recorded, and under which code.
struct Told {
    under: ClientId,
    outcome: Outcome,
}

impl Told {
    /// With the keys that its invoices have among those of everybody who is merged: two of one number are two.
    fn among(self, beside: &HashMap<(ClientId, InvoiceKey), InvoiceKey>) -> Outcome {
        let Self { under, mut outcome } = self;
        let other = |own: InvoiceKey| beside.get(&(under, own)).copied();
        outcome.invoice_key = outcome.named().and_then(other).or(outcome.invoice_key);
        for about in &mut outcome.about {
            *about = other(*about).unwrap_or(*about);
        }
        outcome
    }
}

/// What was recorded about these clients, as far as it was known then, in no order.
async fn outcomes_of(
    conn: &mut Conn,
    whose: Whose<'_>,
    known_at: Timestamp,
) -> Result<HashMap<ClientId, Vec<Outcome>>> {
    let mut found = HashMap::new();
    for (client, told) in read_outcomes(&conn.all(told_of(whose, known_at)).await?, known_at)? {
        let beside = match told.iter().all(|one| one.under == client) {
            true => HashMap::new(),
            // Rare, and too large to lie in every future that asks for outcomes.
            false => Box::pin(beside(conn, client, known_at)).await?,
        };
        found.insert(client, told.into_iter().map(|one| one.among(&beside)).collect());
    }
    Ok(found)
}

fn read_outcomes(rows: &[Row], known_at: Timestamp) -> Result<HashMap<ClientId, Vec<Told>>> {
    let mut found: HashMap<ClientId, Vec<Told>> = HashMap::new();
    let mut mistaken: Vec<(ClientId, Timestamp, Timestamp)> = Vec::new();
    for row in rows {
        let cells = Cells::of("outcome", row);
        let (client, id, known) = (cells.client(0)?, OutcomeId::new(cells.array(1)?), cells.instant(2)?);
        if let Some(until) = cells.maybe_instant(4)?.filter(|at| *at <= known_at) {
            mistaken.push((client, known, until));
        } else if known <= known_at {
            let outcome = cells.checked(treatment::outcome_from(id, known, cells.bytes(3)?))?;
            found.entry(client).or_default().push(Told { under: cells.client(5)?, outcome });
        }
    }
    // What it was time for while a mistake was believed followed from the mistake.
    for (client, since, until) in mistaken {
        for Told { outcome, .. } in found.get_mut(&client).into_iter().flatten() {
            if since < outcome.known_at && outcome.known_at <= until {
                outcome.was_due = None;
            }
        }
    }
    Ok(found)
}

/// What was recorded of disputes of these clients and of those merged into them, as far as it was known then, in the order in
/// which it was learned.
pub(in crate::store) async fn disputes(
    conn: &mut Conn,
    whose: Whose<'_>,
    known_at: Timestamp,
) -> Result<HashMap<ClientId, Vec<Outcome>>> {
    let mut told = outcomes_of(conn, whose, known_at).await?;
    told.retain(|_, outcomes| {
        outcomes.retain(Outcome::is_of_dispute);
        outcomes.sort_by_key(|outcome| (outcome.known_at, outcome.id));
        !outcomes.is_empty()
    });
    Ok(told)
}

fn plain(told: Option<Vec<Told>>) -> Vec<Outcome> {
    told.into_iter().flatten().map(|one| one.outcome).collect()
}

impl Treatments<'_> {
    /// Records something that was done, and the treatment that follows, in one transaction with the note for the audit log. The
    /// client is marked, for somebody else may have recorded something meanwhile. Nothing is written when the same was recorded
    /// already, or when `fits` says of everything that was recorded until now that this does not go with it.
    pub async fn record(
        &self,
        client: ClientId,
        outcome: &Outcome,
        found: &NewTreatment,
        note: &Entry<'_>,
        fits: &(dyn Fn(&[Outcome]) -> bool + Sync),
    ) -> Result<Recorded> {
        let at = found.known_at;
        let mut write = self.0.write().await?;
        let rows = write.all(told_of(Whose::These(&[client]), Timestamp::MAX)).await?;
        let mut told = read_outcomes(&rows, Timestamp::MAX)?;
        if !fits(&plain(told.remove(&client))) {
            write.roll_back().await?;
            return Ok(Recorded::Overtaken);
        }
        let sql = "insert into outcome (client, id, happened_on, known_at, body) values ($1, $2, $3, $4, $5)
             on conflict (client, id) do nothing";
        let query = Query::new(sql).bind(client.get()).bind(outcome.id.bytes().to_vec()).bind(days(outcome.on));
        let query = query.bind(millis(outcome.known_at)).bind(treatment::outcome_bytes(outcome));
        if write.execute(query).await? == 0 {
            write.roll_back().await?;
            return Ok(Recorded::Known);
        }
        let mut marks = Marks::default();
        marks.add(client, outcome.known_at);
        write.put_marks(&marks, Cause::Signals).await?;
        write.put_treatments(std::slice::from_ref(found), at).await?;
        write.note_audit(at, note).await?;
        write.commit().await?;
        Ok(Recorded::New)
    }

    /// Takes back something that was recorded by mistake, of one of these codes of a client, with the note for the audit log:
    /// what was known before keeps it. The client is marked. Whether there was such a thing, and `may` lets it go beside
    /// everything else that is recorded.
    pub async fn withdraw(
        &self,
        client: ClientId,
        codes: &[ClientId],
        outcome: OutcomeId,
        (note, at): (&Entry<'_>, Timestamp),
        may: &(dyn Fn(&[Outcome]) -> bool + Sync),
    ) -> Result<Withdrawn> {
        let mut write = self.0.write().await?;
        let rows = write.all(told_of(Whose::These(&[client]), Timestamp::MAX)).await?;
        let mut told = read_outcomes(&rows, Timestamp::MAX)?;
        if !may(&plain(told.remove(&client))) {
            write.roll_back().await?;
            return Ok(Withdrawn::Needed);
        }
        let sql = "update outcome set withdrawn_at = $1 where id = $2 and withdrawn_at is null
             and client in (select cast(value as bigint) from json_each($3))";
        let query = Query::new(sql).bind(millis(at)).bind(outcome.bytes().to_vec());
        if write.execute(query.bind(json_list(codes.iter().map(|code| code.get())))).await? == 0 {
            write.roll_back().await?;
            return Ok(Withdrawn::Unknown);
        }
        let mut marks = Marks::default();
        marks.add(client, at);
        write.put_marks(&marks, Cause::Signals).await?;
        write.note_audit(at, note).await?;
        write.commit().await?;
        Ok(Withdrawn::Done)
    }

    /// The names of what was taken back of a client.
    pub async fn withdrawn(&self, client: ClientId) -> Result<HashSet<OutcomeId>> {
        let query = Query::new("select id from outcome where client = $1 and withdrawn_at is not null");
        let rows = self.0.all(query.bind(client.get())).await?;
        rows.iter().map(|row| Ok(OutcomeId::new(Cells::of("outcome", row).array(0)?))).collect()
    }

    /// What treatment must know of these clients, as far as it was known then. Grades before the present ones, and the kinds of
    /// credit, only when they are asked for: they cost a look into every event, and into every invoice.
    pub async fn circumstances(
        &self,
        whose: Whose<'_>,
        known_at: Timestamp,
        (with_grades, with_credit_types): (bool, bool),
    ) -> Result<Circumstances> {
        Ok(Circumstances {
            outcomes: self.outcomes(whose, known_at).await?,
            treated: self.treated(whose).await?,
            grades_before: if with_grades { self.grades_before(whose).await? } else { HashMap::new() },
            credit_types: if with_credit_types { self.credit_types(whose, known_at).await? } else { HashMap::new() },
        })
    }

    /// What was done about a client, and about those merged into it, as far as it was known then; in no order.
    pub async fn told_of(&self, client: ClientId, known_at: Timestamp) -> Result<Vec<Outcome>> {
        Ok(self.outcomes(Whose::These(&[client]), known_at).await?.remove(&client).unwrap_or_default())
    }

    async fn outcomes(&self, whose: Whose<'_>, known_at: Timestamp) -> Result<HashMap<ClientId, Vec<Outcome>>> {
        outcomes_of(&mut self.0.snapshot().await?, whose, known_at).await
    }

    async fn treated(&self, whose: Whose<'_>) -> Result<HashMap<ClientId, Treated>> {
        let sql = format!("select client, phase, action, due_on from treated where {}", whose.condition("client"));
        let rows = self.0.all(whose.bind(Query::new(sql))).await?;
        let treated = rows.iter().map(|row| {
            let cells = Cells::of("treated", row);
            let treated = Treated { phase: cells.word(1)?, action: cells.word(2)?, due_on: cells.maybe_day(3)? };
            Ok((cells.client(0)?, treated))
        });
        treated.collect()
    }

    /// The grade before the last recorded step.
    async fn grades_before(&self, whose: Whose<'_>) -> Result<HashMap<ClientId, Grade>> {
        let sql = format!(
            "select e.client, e.body from current k join event e on e.client = k.client and e.client_seq = k.client_seq
             where {}",
            whose.condition("k.client")
        );
        let mut found = HashMap::new();
        for row in self.0.all(whose.bind(Query::new(sql))).await? {
            let cells = Cells::of("event", &row);
            let bytes = cells.bytes(1)?;
            let step = self.0.with_words(|words| cells.checked(event::step_from(bytes, words))).await?;
            if let Some(from) = step.change.from {
                found.insert(cells.client(0)?, from);
            }
        }
        Ok(found)
    }

    /// The kinds of credit of what is not paid in full on the day of an instant, whatever else its dates say.
    async fn credit_types(&self, whose: Whose<'_>, at: Timestamp) -> Result<HashMap<ClientId, Vec<String>>> {
        let today = AsOf::at(at).valid_at;
        let is_to_come = |line: &LedgerLine| line.paid_on.is_some_and(|on| on > today);
        self.credit_types_of(whose, |line| line.paid_minor < line.amount.minor() || is_to_come(line)).await
    }

    /// The kinds of credit of everything that these clients were ever invoiced, as far as it was known then.
    pub async fn every_credit_type(
        &self,
        clients: &[ClientId],
        known_at: Timestamp,
    ) -> Result<HashMap<ClientId, Vec<String>>> {
        self.credit_types_of(Whose::These(clients), |line| line.known_at <= known_at).await
    }

    async fn credit_types_of(
        &self,
        whose: Whose<'_>,
        counts: impl Fn(&LedgerLine) -> bool,
    ) -> Result<HashMap<ClientId, Vec<String>>> {
        let newest = "l.revision = (select max(n.revision) from ledger n
             where n.client = l.client and n.invoice = l.invoice)";
        let (own, united) = (whose.condition("l.client"), whose.condition("m.survivor"));
        let sql = format!(
            "select l.client, l.invoice, l.body from ledger l where {own} and {newest}
             union all select m.survivor, l.invoice, l.body
             from merged m join ledger l on l.client = m.client where {united} and {newest}"
        );
        let mut found: HashMap<ClientId, Vec<String>> = HashMap::new();
        for row in self.0.all(whose.bind(Query::new(sql))).await? {
            let cells = Cells::of("ledger", &row);
            let bytes = &mut Reader::new(cells.bytes(2)?);
            let (line, _, kind, _) = cells.checked(ledger::read_row(bytes, ledger::key_from(cells.array(1)?)))?;
            let is_said = line.kind != EntryKind::Withdrawn;
            let Some(kind) = kind.filter(|_| is_said && counts(&line)) else { continue };
            let kinds = found.entry(cells.client(0)?).or_default();
            if !kinds.iter().any(|known| known == kind) {
                kinds.push(kind.to_owned());
            }
        }
        Ok(found)
    }
}

/// Stands where an invoice's number named the person: it is no invoice's.
const ERASED_INVOICE: &str = "erased";

impl Write<'_> {
    /// What was noted about others and names the person that is erased loses its words; and so does a group.
    pub(in crate::store) async fn blank_outcomes(&mut self, names: impl Fn(&[u8]) -> bool) -> Result<()> {
        for row in self.all(Query::new("select client, id, known_at, body from outcome")).await? {
            let cells = Cells::of("outcome", &row);
            let id = OutcomeId::new(cells.array(1)?);
            let mut outcome = cells.checked(treatment::outcome_from(id, cells.instant(2)?, cells.bytes(3)?))?;
            let says = |text: &Option<String>| text.as_deref().is_some_and(|text| names(text.as_bytes()));
            let (in_note, in_invoice) = (says(&outcome.note), says(&outcome.invoice));
            if !in_note && !in_invoice {
                continue;
            }
            if in_note {
                outcome.note = None;
            }
            // Never none: a dispute without an invoice would be one of everything that is overdue.
            if in_invoice {
                outcome.invoice = Some(ERASED_INVOICE.to_owned());
            }
            let update = Query::new("update outcome set body = $1 where client = $2 and id = $3");
            let query = update.bind(treatment::outcome_bytes(&outcome)).bind(cells.int(0)?);
            self.execute(query.bind(id.bytes().to_vec())).await?;
        }
        for row in self.all(Query::new("select id, name from credit_group")).await? {
            let cells = Cells::of("credit_group", &row);
            if names(cells.text(1)?.as_bytes()) {
                let rename = Query::new("update credit_group set name = 'erased ' || cast(id as text) where id = $1");
                self.execute(rename.bind(cells.int(0)?)).await?;
            }
        }
        for row in self.all(Query::new("select client, granted_at, reason from limit_grant")).await? {
            let cells = Cells::of("limit_grant", &row);
            if names(cells.text(2)?.as_bytes()) {
                let blank = Query::new("update limit_grant set reason = '' where client = $1 and granted_at = $2");
                self.execute(blank.bind(cells.int(0)?).bind(cells.int(1)?)).await?;
            }
        }
        Ok(())
    }
}
