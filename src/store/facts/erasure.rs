//! Erasing a person: whatever the store and the archive hold of a client, and whatever names it elsewhere.
//!
//! # Why
//!
//! *What stays?* The grades that were given, as figures of nobody; a receipt; and that somebody erased somebody on that
//! day. The number of the client is never given out again, because the figures of past nights know clients by number.
//!
//! *Why are the person's names kept for the time of the erasure?* The rows go in one transaction, the documents one by
//! one after it. Should the power fail in between, whoever goes on must know what to look for; the note goes last.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    Facts,
    marks::Marks,
    redact::{MIN_TEXT_CHARS, Names},
};
use crate::{
    domain::{BatchId, ClientId, EventBody, EvidenceRef, PortfolioId, ReasonLine, Sha256, SignalId},
    store::{
        Result,
        audit::Entry,
        backend::{Query, Write},
        codec::{Reader, event, fact, ledger},
        rows::{Cells, millis},
    },
};

/// Before the number of the client in the name of the note that is kept while an erasure is under way.
const NOTE: &str = "erasing:";

/// Rating events rewritten at a time.
const CHUNK_EVENTS: i64 = 500;

/// Who is to be erased, as far as it must be looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The client.
    pub client: ClientId,
    /// Names, numbers and addresses that it was known by.
    texts: Vec<String>,
    /// Of these, the numbers: nobody else has them.
    numbers: Vec<String>,
    /// The creditor's code, where no other creditor uses the same.
    code: Option<String>,
    /// The creditor's code; in its own files it means nobody else.
    own_code: String,
    /// Files and requests that its rows came in.
    batches: Vec<i64>,
}

/// What an erasure left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// Names the receipt; it says nothing about the person.
    pub receipt: Sha256,
    /// Signals that went.
    pub n_signals: u64,
    /// Files and requests of which the person's rows were cut out.
    pub n_batches: u64,
    /// Documents that were taken out of the archive.
    pub n_documents: u64,
}

impl Facts<'_> {
    /// Erases a client and everything that names it. `note` is for the audit log. None when there is no such client.
    pub async fn erase(&self, client: ClientId, note: Entry<'_>, at: Timestamp) -> Result<Option<Erased>> {
        let mut write = self.0.write().await?;
        let Some((person, portfolio, code)) = write.person(client).await? else { return Ok(None) };
        let receipt = Sha256::of(format!("{client:?} {at} {:032x}", rand::random::<u128>()).as_bytes());
        let n_signals = write.erase_signals_of(&person, at).await?;
        write.erase_rows(&person, (portfolio, &code), at).await?;
        write.put_receipt(receipt.bytes().to_vec(), "erased", at).await?;
        write.announce(at, Some(portfolio), None, &EventBody::SignalWithdrawn { rule: "erased".to_owned() }).await?;
        let names = Names::new(&person.texts, person.code.as_deref());
        let names_it =
            |object: &str, details: &str| names.are_in_row(object.as_bytes()) || names.are_in_row(details.as_bytes());
        write.erase_audit(names_it, at).await?;
        // Whoever gave the reason may have named the person in it.
        let details = if names.are_in_row(note.details.as_bytes()) { "{}" } else { note.details };
        write.note_audit(at, &Entry { object: &receipt.to_string(), details, ..note }).await?;
        let sql = "insert into setting (name, value) values ($1, $2)";
        write.execute(Query::new(sql).bind(format!("{NOTE}{}", client.get())).bind(person.to_note())).await?;
        write.commit().await?;
        let (n_batches, n_documents) = self.erase_documents(&person).await?;
        Ok(Some(Erased { receipt, n_signals, n_batches, n_documents }))
    }

    /// Goes on with erasures that were cut off; answers how many.
    pub async fn finish_erasures(&self) -> Result<u64> {
        let sql = "select value from setting where name like $1 || '%'";
        let rows = self.0.all(Query::new(sql).bind(NOTE)).await?;
        for row in &rows {
            let cells = Cells::of("setting", row);
            let person = cells.checked(Person::from_note(cells.text(0)?))?;
            self.erase_documents(&person).await?;
        }
        Ok(rows.len() as u64)
    }

    /// The part of an erasure that is outside the database's transaction: every document, then the database file anew.
    async fn erase_documents(&self, person: &Person) -> Result<(u64, u64)> {
        let n_batches = self.cut_out_of_batches(person).await?;
        let names = Arc::new((Names::new(&person.texts, None), Names::new(&person.numbers, None)));
        for shelf in 0..=u8::MAX {
            let names = Arc::clone(&names);
            let doomed = self.in_archive(move |archive| {
                let mut doomed = Vec::new();
                for name in archive.names(shelf)? {
                    let Some(bytes) = archive.get(&name)? else { continue };
                    let (by_any, by_number) = &*names;
                    // A name alone may be a namesake's: then the document goes unless somebody else's fact rests on it.
                    let is_final = by_number.are_in(&bytes);
                    if is_final || by_any.are_in(&bytes) {
                        doomed.push((name, is_final));
                    }
                }
                Ok(doomed)
            });
            let doomed = doomed.await?;
            if !doomed.is_empty() {
                let mut write = self.0.write().await?;
                for (name, is_final) in &doomed {
                    write.doom(name, *is_final).await?;
                }
                write.commit().await?;
            }
        }
        let n_documents = self.drop_doomed().await?;
        self.0.backend().rewrite().await?;
        // The note goes last: an erasure whose traces could not be taken away is gone on with.
        let done = Query::new("delete from setting where name = $1");
        self.0.execute(done.bind(format!("{NOTE}{}", person.client.get()))).await?;
        self.0.backend().forget_note().await?;
        Ok((n_batches, n_documents))
    }

    /// Puts every file and request anew without the person's rows; answers how many there were to change.
    async fn cut_out_of_batches(&self, person: &Person) -> Result<u64> {
        let everywhere = Arc::new(Names::new(&person.texts, person.code.as_deref()));
        let in_own = Arc::new(Names::new(&person.texts, Some(&person.own_code)));
        self.rename_files(&everywhere).await?;
        let rows = self.0.all(Query::new("select id, sha256 from batch order by id")).await?;
        let (mut n, mut seen) = (0, HashSet::new());
        for row in &rows {
            let cells = Cells::of("batch", row);
            let (id, old) = (cells.int(0)?, cells.sha256(1)?);
            if !seen.insert(old) {
                continue;
            }
            let names = Arc::clone(if person.batches.contains(&id) { &in_own } else { &everywhere });
            let cut = self.in_archive(move |archive| {
                let Some(left) = archive.get(&old)?.and_then(|bytes| names.cut_out(&bytes)) else { return Ok(None) };
                archive.put(&left).map(Some)
            });
            if let Some(new) = cut.await? {
                self.replace_batch(old, new).await?;
                n += 1;
            }
        }
        Ok(n)
    }

    /// Takes the person out of the names that files came under.
    async fn rename_files(&self, names: &Names) -> Result<()> {
        for table in ["batch", "imported_file"] {
            let rename = format!("update {table} set name = 'erased ' || id where id = $1");
            for row in self.0.all(Query::new(format!("select id, name from {table}"))).await? {
                let cells = Cells::of(table, &row);
                if names.are_in(cells.text(1)?.as_bytes()) {
                    self.0.execute(Query::new(rename.clone()).bind(cells.int(0)?)).await?;
                }
            }
        }
        Ok(())
    }

    async fn replace_batch(&self, old: Sha256, new: Sha256) -> Result<()> {
        // Two files may say the same once the person's rows are gone; then the number tells them apart.
        let sql = "update batch set sha256 = $1, name = case when exists
                 (select 1 from batch o where o.sha256 = $1 and o.name = batch.name) then name || ' #' || id else name end
             where sha256 = $2";
        let mut write = self.0.write().await?;
        let query = Query::new(sql).bind(new.bytes().to_vec()).bind(old.bytes().to_vec());
        write.execute(query).await?;
        write.doom(&old, true).await?;
        write.commit().await
    }
}

/// What a fact says, as words: in its stored form the length of a text stands right before it, and may look like a
/// letter.
fn said(fact: &impl std::fmt::Debug) -> String {
    format!("{fact:?}").replace("\\\"", "\"")
}

/// A name as banks also write it: the last word first, or the first one last.
fn turned(name: &str) -> Vec<String> {
    let mut words: Vec<&str> = name.split_whitespace().collect();
    if words.len() < 2 {
        return Vec::new();
    }
    words.rotate_right(1);
    let last_first = words.join(" ");
    words.rotate_left(2);
    vec![last_first, words.join(" ")]
}

impl Person {
    fn to_note(&self) -> String {
        serde_json::json!({"client": self.client.get(), "texts": self.texts, "numbers": self.numbers, "code": self.code, "own_code": self.own_code,
            "batches": self.batches})
        .to_string()
    }

    fn from_note(note: &str) -> Result<Self, String> {
        let (client, texts, numbers, code, own_code, batches) = serde_json::from_str::<serde_json::Value>(note)
            .and_then(|v| {
                let take = |key: &str| v.get(key).cloned().unwrap_or_default();
                Ok((
                    serde_json::from_value(take("client"))?,
                    serde_json::from_value(take("texts"))?,
                    serde_json::from_value::<Option<_>>(take("numbers"))?.unwrap_or_default(),
                    serde_json::from_value(take("code"))?,
                    serde_json::from_value(take("own_code"))?,
                    serde_json::from_value(take("batches"))?,
                ))
            })
            .map_err(|e| e.to_string())?;
        Ok(Self { client: ClientId::new(client), texts, numbers, code, own_code, batches })
    }
}

impl Write<'_> {
    /// Who a client is: everything it was ever called.
    async fn person(&mut self, client: ClientId) -> Result<Option<(Person, PortfolioId, String)>> {
        let of = "select portfolio, code from client where id = $1";
        let Some(row) = self.one(Query::new(of).bind(client.get())).await? else { return Ok(None) };
        let cells = Cells::of("client", &row);
        let (portfolio, code) = (PortfolioId::new(cells.int(0)?), cells.string(1)?);
        let sql = "select name, address, email, identifiers, batch from client_version where client = $1";
        let (mut texts, mut numbers, mut batches) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for row in self.all(Query::new(sql).bind(client.get())).await? {
            let cells = Cells::of("client_version", &row);
            texts.insert(cells.string(0)?);
            texts.extend(turned(cells.text(0)?));
            // No telephone: a row with one has the code or the name too, and as a text by itself it may be anybody's figure.
            texts.extend([cells.maybe_string(1)?, cells.maybe_string(2)?].into_iter().flatten());
            let own = cells.text(3)?.split_whitespace().filter_map(|word| word.rsplit('/').next());
            numbers.extend(own.map(str::to_owned));
            batches.insert(cells.int(4)?);
        }
        for row in self.all(Query::new("select invoice, body from ledger where client = $1").bind(client.get())).await?
        {
            let cells = Cells::of("ledger", &row);
            let bytes = &mut Reader::new(cells.bytes(1)?);
            let (line, ..) = cells.checked(ledger::read_row(bytes, ledger::key_from(cells.array(0)?)))?;
            batches.insert(BatchId::get(line.batch));
        }
        let told = "select batch from payment where client = $1 union select p.batch from payment p
             join payment_part a on a.payment = p.id where a.client = $1 union select p.batch from payment p
             join payment_undone u on u.payment = p.id where u.client = $1";
        for row in self.all(Query::new(told).bind(client.get())).await? {
            batches.insert(Cells::of("payment", &row).int(0)?);
        }
        texts.extend(self.named_in_assessments(client).await?);
        // Only accounts that nobody else pays from: a factor's name others.
        let accounts = "select account from payer where client = $1
             and not exists (select 1 from payer o where o.account = payer.account and o.client <> payer.client)";
        for row in self.all(Query::new(accounts).bind(client.get())).await? {
            numbers.insert(Cells::of("payer", &row).string(0)?);
        }
        texts.extend(numbers.iter().cloned());
        texts.retain(|text| text.trim().chars().count() >= MIN_TEXT_CHARS);
        let others = Query::new("select count(*) from client where code = $1 and id <> $2");
        let is_shared = self.number(others.bind(code.clone()).bind(client.get())).await? > 0;
        let person = Person {
            client,
            texts: texts.into_iter().collect(),
            numbers: numbers.into_iter().collect(),
            code: (!is_shared).then(|| code.clone()),
            own_code: code.clone(),
            batches: batches.into_iter().collect(),
        };
        Ok(Some((person, portfolio, code)))
    }

    /// Signals and reviews that are about the person alone, or name it. Where somebody else is linked to a signal, a name
    /// may be a namesake's, and only a number takes it.
    async fn erase_signals_of(&mut self, person: &Person, at: Timestamp) -> Result<u64> {
        let (by_any, by_number) = (Names::new(&person.texts, None), Names::new(&person.numbers, None));
        let mut ids: BTreeSet<SignalId> = BTreeSet::new();
        let own = "select s.id from link l join signal s on s.key = l.signal where l.client = $1
                 and not exists (select 1 from link o where o.signal = l.signal and o.client <> l.client)
             union select r.signal from review r where r.client = $1
                 and not exists (select 1 from signal s join link o on o.signal = s.key
                     where s.id = r.signal and o.client <> $1)";
        for row in self.all(Query::new(own).bind(person.client.get())).await? {
            ids.insert(SignalId::new(Cells::of("signal", &row).array(0)?));
        }
        let all = "select s.id, s.fact, coalesce(s.url, '') || ' ' || s.evidence_url || ' ' || s.own_id,
                 exists (select 1 from link o where o.signal = s.key and o.client <> $1) from signal s";
        for row in self.all(Query::new(all).bind(person.client.get())).await? {
            let cells = Cells::of("signal", &row);
            let words = said(&cells.checked(fact::fact_from(cells.bytes(1)?))?);
            let names = if cells.flag(3)? { &by_number } else { &by_any };
            if names.are_in(words.as_bytes()) || names.are_in(cells.text(2)?.as_bytes()) {
                ids.insert(SignalId::new(cells.array(0)?));
            }
        }
        let reviews = "select r.signal, r.body, r.subject_name || ' ' || r.because || ' ' || r.own_id,
                 exists (select 1 from signal s join link o on o.signal = s.key where s.id = r.signal and o.client <> $1)
             from review r";
        for row in self.all(Query::new(reviews).bind(person.client.get())).await? {
            let cells = Cells::of("review", &row);
            let words = said(&cells.checked(fact::signal_from(cells.bytes(1)?))?);
            let names = if cells.flag(3)? { &by_number } else { &by_any };
            if names.are_in(words.as_bytes()) || names.are_in(cells.text(2)?.as_bytes()) {
                ids.insert(SignalId::new(cells.array(0)?));
            }
        }
        self.erase_signals(&ids.into_iter().collect::<Vec<_>>(), at).await
    }

    /// Every row of the client; its events become nobody's, and its page is packed anew.
    async fn erase_rows(
        &mut self,
        person: &Person,
        (portfolio, code): (PortfolioId, &str),
        at: Timestamp,
    ) -> Result<()> {
        let client = person.client.get();
        self.blank_events(person.client).await?;
        self.forget_answers(false).await?;
        self.forget_mergers(person.client, portfolio, at).await?;
        let mut marks = Marks::default();
        marks.add(person.client, Timestamp::MIN);
        self.empty_pages(&marks).await?;
        self.execute(Query::new("update event set client = null where client = $1").bind(client)).await?;
        self.erase_payments(person).await?;
        self.part_from_imports(person.client).await?;
        let names = Names::new(&person.texts, None);
        self.erase_from_assessments(person.client, (&names, &person.numbers)).await?;
        // Whatever table speaks of a client says so in a column of that name: one that is added later is not forgotten.
        for table in self.tables_with("client").await? {
            if ["event", "erased"].contains(&table.as_str()) {
                continue;
            }
            let sql = format!("delete from \"{table}\" where client = $1");
            self.execute(Query::new(sql).bind(client)).await?;
        }
        self.execute(Query::new("delete from client where id = $1").bind(client)).await?;
        let gone = Query::new("insert into erased (client, at) values ($1, $2)");
        self.execute(gone.bind(client).bind(millis(at))).await?;
        self.take("identity", 1).await?;
        // A code that nobody else has means the person in whatever portfolio it stands.
        let alerts = "update subscription set conditions = replace(conditions, $1, '\"erased\"')
             where $3 = 1 or portfolio = $2";
        let quoted = serde_json::Value::from(code).to_string();
        let query = Query::new(alerts).bind(quoted).bind(portfolio.get());
        self.execute(query.bind(person.code.is_some())).await?;
        let names = Names::new(&person.texts, None);
        self.blank_outcomes(|bytes| names.are_in(bytes)).await?;
        self.erase_traces(person).await
    }

    /// The rating events of the client keep their figures and lose every word and pointer.
    async fn blank_events(&mut self, client: ClientId) -> Result<()> {
        let sql = "select seq, body from event where client = $1 and client_seq is not null and seq > $2
             order by seq limit $3";
        let mut after = 0;
        loop {
            let rows = self.all(Query::new(sql).bind(client.get()).bind(after).bind(CHUNK_EVENTS)).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Cells::of("event", last).int(0)?;
            let blank = |step: &mut event::RatingStep| {
                let own = |line: &&mut ReasonLine| !["base", "calibration"].contains(&line.feature.as_str());
                for line in step.rating.lines.iter_mut().chain(&mut step.change.reasons).filter(own) {
                    line.evidence = vec![EvidenceRef::Withdrawn];
                    line.value = None;
                }
                step.override_ = None;
            };
            self.rewrite_steps(&rows.iter().collect::<Vec<_>>(), blank).await?;
        }
    }

    /// Payments that wait and may only be the person's go; others lose the words that name it, and keep their money: a
    /// namesake's is known by numbers alone. One that was booked and taken back may be anybody's.
    async fn erase_payments(&mut self, person: &Person) -> Result<()> {
        let client = person.client.get();
        let own = "delete from payment where client is null
             and exists (select 1 from payment_candidate c where c.payment = payment.id and c.client = $1)
             and not exists (select 1 from payment_candidate c where c.payment = payment.id and c.client <> $1)
             and not exists (select 1 from payment_undone u where u.payment = payment.id)";
        self.execute(Query::new(own).bind(client)).await?;
        self.part_from_payments(person.client).await?;
        let (by_any, by_number) = (Names::new(&person.texts, None), Names::new(&person.numbers, None));
        // One that is booked is known by who paid: the others on whom it is, whatever it was booked on before.
        let all =
            "select p.id, coalesce(p.client, (select min(a.client) from payment_part a where a.payment = p.id), 0),
                 coalesce(p.payer, ''), coalesce(p.account, ''), p.reference,
                 (select count(*) from payment_part a where a.payment = p.id and a.client = $1)
                 + (select count(*) from payment_undone u where u.payment = p.id and u.client = $1
                     and not exists (select 1 from payment_part a where a.payment = p.id)) from payment p";
        for row in self.all(Query::new(all).bind(client)).await? {
            let cells = Cells::of("payment", &row);
            let said = format!("{} {} {}", cells.text(2)?, cells.text(3)?, cells.text(4)?);
            let names = if cells.int(1)? == 0 { &by_any } else { &by_number };
            if cells.int(5)? > 0 || names.are_in(said.as_bytes()) {
                let blank = "update payment set payer = null, account = null, reference = '' where id = $1";
                self.execute(Query::new(blank).bind(cells.int(0)?)).await?;
            }
        }
        Ok(())
    }

    /// What was asked about the person: addresses, positions and messages that name it.
    async fn erase_traces(&mut self, person: &Person) -> Result<()> {
        let names = Names::new(&person.texts, None);
        let stale = "select seq, kind, body from event where kind = 'source.stale'";
        for row in self.all(Query::new(stale)).await? {
            let cells = Cells::of("event", &row);
            let words = self.store().dictionary();
            let body = cells.checked(event::body_from(cells.text(1)?, cells.bytes(2)?, &*words))?;
            let EventBody::SourceStale { source, error } = body else { continue };
            if names.are_in(error.as_bytes()) {
                let body = event::other_bytes(&EventBody::SourceStale { source, error: String::new() });
                let update = Query::new("update event set body = $1 where seq = $2");
                self.execute(update.bind(cells.checked(body)?).bind(cells.int(0)?)).await?;
            }
        }
        for (find, forget) in [
            ("select url, url from validator", "delete from validator where url = $1"),
            ("select place, place from baseline", "delete from baseline where place = $1"),
            ("select id, coalesce(last_error, '') from source", "update source set last_error = null where id = $1"),
            ("select id, cursor from source", "update source set cursor = '' where id = $1"),
            (
                "select cast(id as text), coalesce(last_error, '') from delivery",
                "update delivery set last_error = null where id = cast($1 as bigint)",
            ),
            (
                "select cast(id as text), coalesce(error, '') from run",
                "update run set error = null where id = cast($1 as bigint)",
            ),
        ] {
            for row in self.all(Query::new(find)).await? {
                let cells = Cells::of("trace", &row);
                if names.are_in(cells.text(1)?.as_bytes()) {
                    self.execute(Query::new(forget).bind(cells.string(0)?)).await?;
                }
            }
        }
        Ok(())
    }
}
