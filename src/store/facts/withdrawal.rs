//! Taking a fact out as if it had never been: its row, its links, what waits for review, the pages it is packed in, and
//! every pointer and value in past reasons. Past grades stay, for they were decisions; a receipt says that something was
//! here, when it went and by which rule.

use jiff::Timestamp;

use super::{Facts, NewSignal, Review, marks::Marks};
use crate::{
    domain::{Cause, ClientId, EventBody, EvidenceRef, Fact, PortfolioId, ReasonLine, Sha256, SignalId},
    store::{
        Result,
        backend::Write,
        codec::event::{self, RatingStep},
        outbox::damaged_event,
        rows::{Cells, millis},
    },
};

/// Events looked through at a time.
const CHUNK_EVENTS: i64 = 500;

/// What a receipt of a signal is named by: the hash of its name, which is itself the hash of its content.
fn receipt_of(id: SignalId) -> Vec<u8> {
    Sha256::of(id.bytes()).bytes().to_vec()
}

/// What the receipt of a cancelled protest is named by; it keeps out older states of the same record that a source may
/// list after the cancellation.
fn receipt_of_record(source: &str, own_id: &str) -> Vec<u8> {
    Sha256::of(format!("cancelled\n{source}\n{own_id}").as_bytes()).bytes().to_vec()
}

/// The receipts that would keep a signal out.
pub(super) fn hashes(row: &NewSignal) -> Vec<Vec<u8>> {
    let mut hashes = vec![receipt_of(row.signal.id)];
    if matches!(row.signal.fact, Fact::Protest(_)) {
        hashes.push(receipt_of_record(row.signal.source.as_str(), &row.own_id));
    }
    hashes
}

impl Facts<'_> {
    /// Takes a signal out as if it had never been: row, links, pointers in past reasons; leaves a receipt and a
    /// `signal.withdrawn` event per client; marks the clients with cause expiry. False when there was no such signal.
    pub async fn withdraw(&self, id: SignalId, rule: &str, at: Timestamp) -> Result<bool> {
        let mut write = self.0.write().await?;
        let found = write.withdraw(id, rule, at).await?;
        write.commit().await?;
        if found {
            self.0.backend().forget_log().await?;
        }
        Ok(found)
    }
}

impl Write<'_> {
    /// Withdraws everything a source ever said under an own id, and keeps it out from now on.
    pub(super) async fn cancel(&mut self, source: &str, own_id: &str, at: Timestamp) -> Result<bool> {
        self.put_receipt(receipt_of_record(source, own_id), "cancelled", at).await?;
        let sql = "select id from signal where source = $1 and own_id = $2
             union select signal from review where source = $1 and own_id = $2";
        let mut found = false;
        for row in self.all(sqlx::query(sql).bind(source).bind(own_id)).await? {
            let id = SignalId::new(Cells::of("signal", &row).array(0)?);
            found |= self.withdraw(id, "cancelled", at).await?;
        }
        Ok(found)
    }

    async fn withdraw(&mut self, id: SignalId, rule: &str, at: Timestamp) -> Result<bool> {
        let name = || id.bytes().to_vec();
        let n_reviews = self.execute(sqlx::query("delete from review where signal = $1").bind(name())).await?;
        let sql = "select key, sector is not null from signal where id = $1";
        let Some(row) = self.one(sqlx::query(sql).bind(name())).await? else {
            if n_reviews > 0 {
                self.put_receipt(receipt_of(id), rule, at).await?;
            }
            return Ok(n_reviews > 0);
        };
        let cells = Cells::of("signal", &row);
        let (key, is_market) = (cells.int(0)?, cells.flag(1)?);
        let clients = self.linked_clients(key).await?;
        self.execute(sqlx::query("delete from link where signal = $1").bind(key)).await?;
        self.execute(sqlx::query("delete from signal where key = $1").bind(key)).await?;
        self.put_receipt(receipt_of(id), rule, at).await?;
        // What is said of a market may stand among the reasons of anybody.
        if is_market {
            self.scrub_events(None, id).await?;
        }
        let mut marks = Marks::default();
        for (client, portfolio) in clients {
            self.scrub_events(Some(client), id).await?;
            let body = EventBody::SignalWithdrawn { rule: rule.to_owned() };
            self.announce(at, Some(portfolio), Some(client), &body).await?;
            marks.add(client, at);
        }
        self.empty_pages(&marks).await?;
        self.put_marks(&marks, Cause::Expiry).await?;
        Ok(true)
    }

    /// Takes back the link between a client and a signal, as if it had never been: the pointers in past reasons go, the
    /// client is told and rated anew. The signal itself stays only where another client is linked to it.
    pub(super) async fn unlink(&mut self, review: &Review, at: Timestamp) -> Result<()> {
        let id = review.signal.id;
        let key = self.number(sqlx::query("select key from signal where id = $1").bind(id.bytes().to_vec())).await?;
        let sql = "delete from link where client = $1 and signal = $2";
        if self.execute(sqlx::query(sql).bind(review.client.get()).bind(key)).await? == 0 {
            return Ok(());
        }
        let orphan = "delete from signal where key = $1 and sector is null
             and not exists (select 1 from link where signal = $1)";
        self.execute(sqlx::query(orphan).bind(key)).await?;
        self.scrub_events(Some(review.client), id).await?;
        let body = EventBody::SignalWithdrawn { rule: "not_same".to_owned() };
        self.announce(at, Some(review.portfolio), Some(review.client), &body).await?;
        let mut marks = Marks::default();
        marks.add(review.client, at);
        self.empty_pages(&marks).await?;
        self.put_marks(&marks, Cause::Expiry).await
    }

    /// Whether a signal of that name, or an older state of its record, was withdrawn.
    pub(super) async fn is_withdrawn(&mut self, row: &NewSignal) -> Result<bool> {
        for hash in hashes(row) {
            if self.one(sqlx::query("select 1 from receipt where hash = $1").bind(hash)).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn put_receipt(&mut self, hash: Vec<u8>, rule: &str, at: Timestamp) -> Result<()> {
        let sql = "insert into receipt (hash, rule, at) values ($1, $2, $3) on conflict (hash) do nothing";
        self.execute(sqlx::query(sql).bind(hash).bind(rule).bind(millis(at))).await.map(drop)
    }

    async fn linked_clients(&mut self, key: i64) -> Result<Vec<(ClientId, PortfolioId)>> {
        let sql =
            "select c.id, c.portfolio from link l join client c on c.id = l.client where l.signal = $1 order by c.id";
        let rows = self.all(sqlx::query(sql).bind(key)).await?;
        let linked = rows.iter().map(|row| {
            let cells = Cells::of("link", row);
            Ok((cells.client(0)?, PortfolioId::new(cells.int(1)?)))
        });
        linked.collect()
    }

    /// Takes the pointer, and the values that rest on it, out of the reasons of past ratings.
    async fn scrub_events(&mut self, client: Option<ClientId>, id: SignalId) -> Result<()> {
        let sql = "select seq, body from event
             where seq > $1 and client_seq is not null and ($2 is null or client = $2) order by seq limit $3";
        let of_client = "select seq, body from event where seq > $1 and client_seq is not null and client = $2
             order by seq limit $3";
        let mut after = 0;
        loop {
            let sql = if client.is_some() { of_client } else { sql };
            let query = sqlx::query(sql).bind(after).bind(client.map(ClientId::get)).bind(CHUNK_EVENTS);
            let rows = self.all(query).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Cells::of("event", last).int(0)?;
            for row in &rows {
                let cells = Cells::of("event", row);
                if let Some(bytes) = self.scrubbed(&cells, id).await? {
                    let update = sqlx::query("update event set body = $1 where seq = $2");
                    self.execute(update.bind(bytes).bind(cells.int(0)?)).await?;
                }
            }
        }
    }

    /// An event's bytes without the signal; none when it does not name it.
    async fn scrubbed(&self, cells: &Cells<'_>, id: SignalId) -> Result<Option<Vec<u8>>> {
        let bytes = cells.bytes(1)?;
        if !bytes.windows(id.bytes().len()).any(|window| window == id.bytes()) {
            return Ok(None);
        }
        let store = self.store();
        let mut step = store.with_words(|words| cells.checked(event::step_from(bytes, words))).await?;
        let RatingStep { change, rating, override_ } = &mut step;
        rating.lines.iter_mut().chain(&mut change.reasons).for_each(|line| forget(line, id));
        event::step_bytes(change, rating, override_.as_ref(), &*store.dictionary()).map(Some).map_err(damaged_event)
    }
}

fn forget(line: &mut ReasonLine, id: SignalId) {
    for evidence in &mut line.evidence {
        if *evidence == EvidenceRef::Signal(id) {
            *evidence = EvidenceRef::Withdrawn;
            line.value = None;
        }
    }
}
