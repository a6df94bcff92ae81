//! Signals and their links to clients. A signal's name is the hash of what it says, so reading a source again adds
//! nothing; what was withdrawn left a receipt, and is not let in again.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;

use super::{
    Facts, LinkedSignal, NewSignal, SignalTarget,
    marks::Marks,
    withdrawal::{self, Leaving},
};
use crate::{
    domain::{Cause, Certainty, ClientId, Evidence, Fact, ProtestState, Signal, SignalId},
    store::{
        Result,
        backend::{Query, Write, bulk},
        codec::fact,
        rows::{Cells, days, millis},
    },
};

/// Signals compared at a time.
const CHUNK_ROWS: usize = 1000;

/// The columns that [`signal_of`] expects, in order.
const COLUMNS: &str = "s.id, s.source, s.valid_at, s.known_at, s.is_official, s.fact, s.url, s.evidence_url, s.seen_at,
    s.sha256";

fn signal_of(cells: &Cells<'_>) -> Result<Signal> {
    Ok(Signal {
        id: SignalId::new(cells.array(0)?),
        source: cells.word(1)?,
        valid_at: cells.day(2)?,
        known_at: cells.instant(3)?,
        is_official: cells.flag(4)?,
        fact: cells.checked(fact::fact_from(cells.bytes(5)?))?,
        url: cells.maybe_string(6)?,
        evidence: Evidence { url: cells.string(7)?, seen_at: cells.instant(8)?, sha256: cells.sha256(9)? },
    })
}

fn linked_of(row: &SqliteRow) -> Result<LinkedSignal> {
    let cells = Cells::of("signal", row);
    let certainty = cells.checked(Certainty::new(cells.float(10)?).map_err(|e| e.to_string()))?;
    Ok(LinkedSignal { signal: signal_of(&cells)?, certainty })
}

/// Whether a fact says that its record is to be forgotten: a protest that was taken out, an announcement that is void.
pub(super) fn is_cancelled(fact: &Fact) -> bool {
    match fact {
        Fact::Protest(protest) => protest.state == ProtestState::Cancelled,
        Fact::CompanyStatus(change) => change.is_void(),
        _ => false,
    }
}

/// Whether it is about clients who were all erased, while whoever read it was under way.
fn is_of_the_erased(target: &SignalTarget, erased: &HashSet<ClientId>) -> bool {
    matches!(target, SignalTarget::Clients(clients)
        if !clients.is_empty() && clients.iter().all(|(client, _)| erased.contains(client)))
}

impl Facts<'_> {
    /// Writes signals and their links in one transaction, marks the clients; a signal known before adds nothing, though
    /// a new link to it does. Answers how many were new. A signal whose fact is a `Protest` in state `Cancelled`, or a
    /// `StatusChange` that is void, is not kept: signals of its source and own id, earlier or later, are withdrawn instead.
    pub async fn put_signals(&self, rows: &[NewSignal]) -> Result<u64> {
        let (cancelled, kept): (Vec<_>, Vec<_>) = rows.iter().partition(|row| is_cancelled(&row.signal.fact));
        let mut write = self.0.write().await?;
        let n_new = write.put_signals(&kept).await?;
        for row in &cancelled {
            let known_at = row.signal.known_at;
            write.cancel(row.signal.source.as_str(), &row.own_id, known_at).await?;
            // The document that says "cancelled" says of what.
            write.doom(&row.signal.evidence.sha256, true).await?;
        }
        let has_doomed = write.has_doomed();
        write.commit().await?;
        if has_doomed {
            self.forget_traces().await?;
        }
        Ok(n_new)
    }

    /// Signals linked to a client, newest first, those behind `before` when it is given, at most `limit`.
    pub async fn signals(&self, client: ClientId, before: Option<SignalId>, limit: usize) -> Result<Vec<LinkedSignal>> {
        let sql = format!(
            "select {COLUMNS}, l.certainty from link l join signal s on s.key = l.signal
             where l.client = $1 and ($2 is null or (s.known_at, s.key) < (select known_at, key from signal where id = $2))
             order by s.known_at desc, s.key desc limit $3"
        );
        let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(client.get());
        let query = query.bind(before.map(|id| id.bytes().to_vec())).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        self.0.all(query).await?.iter().map(linked_of).collect()
    }

    /// Signals by id (evidence of reasons), in the input's order.
    pub async fn signals_by_id(&self, ids: &[SignalId]) -> Result<Vec<Option<Signal>>> {
        let mut snapshot = self.0.snapshot().await?;
        let find = (format!("select {COLUMNS} from signal s where (s.id) in ("), 1, ")");
        let bind = |query: Query, id: &SignalId| query.bind(id.bytes().as_slice());
        let mut found = HashMap::new();
        for row in bulk(&mut snapshot, (&find.0, find.1, find.2), ids, bind).await? {
            let signal = signal_of(&Cells::of("signal", &row))?;
            found.insert(signal.id, signal);
        }
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }
}

impl Write<'_> {
    /// Writes signals that are to be kept; answers how many were new.
    pub(super) async fn put_signals(&mut self, rows: &[&NewSignal]) -> Result<u64> {
        let mut next_key = self.number(sqlx::query("select max(key) from signal")).await? + 1;
        let first_key = next_key;
        let mut marks = Marks::default();
        let erased = self.erased_clients().await?;
        for chunk in rows.chunks(CHUNK_ROWS) {
            let refused = self.refused(chunk).await?;
            let mut keys = self.keys_of(chunk).await?;
            let mut new = Vec::new();
            let mut links = Vec::new();
            for row in chunk {
                if let Some(rule) = withdrawal::hashes(row).iter().find_map(|hash| refused.get(hash)) {
                    if Leaving::is_final_by(rule) {
                        self.doom(&row.signal.evidence.sha256, true).await?;
                    }
                    continue;
                }
                if is_of_the_erased(&row.target, &erased) {
                    self.doom(&row.signal.evidence.sha256, true).await?;
                    continue;
                }
                let key = *keys.entry(row.signal.id).or_insert_with(|| {
                    new.push((next_key, *row));
                    next_key += 1;
                    next_key - 1
                });
                if let SignalTarget::Clients(clients) = &row.target {
                    let known = clients.iter().filter(|(client, _)| !erased.contains(client));
                    links.extend(known.map(|(client, c)| (*client, key, c.get(), row.signal.known_at)));
                }
            }
            self.insert_signals(&new).await?;
            self.insert_links(&links, &mut marks).await?;
        }
        self.put_marks(&marks, Cause::Signals).await?;
        Ok(u64::try_from(next_key - first_key).unwrap_or(0))
    }

    /// The receipts that stand against these signals, with their rules.
    async fn refused(&mut self, rows: &[&NewSignal]) -> Result<HashMap<Vec<u8>, String>> {
        let hashes: Vec<Vec<u8>> = rows.iter().flat_map(|row| withdrawal::hashes(row)).collect();
        let find = ("select hash, rule from receipt where rule <> 'unlisted' and (hash) in (", 1, ")");
        let found = bulk(self.conn(), find, &hashes, |query, hash| query.bind(hash.as_slice())).await?;
        let rules = found.iter().map(|row| {
            let cells = Cells::of("receipt", row);
            Ok((cells.bytes(0)?.to_vec(), cells.string(1)?))
        });
        rules.collect()
    }

    async fn keys_of(&mut self, rows: &[&NewSignal]) -> Result<HashMap<SignalId, i64>> {
        let find = ("select id, key from signal where (id) in (", 1, ")");
        let bind = |query: Query, row: &&NewSignal| query.bind(row.signal.id.bytes().as_slice());
        let found = bulk(self.conn(), find, rows, bind).await?;
        let keyed = found.iter().map(|row| {
            let cells = Cells::of("signal", row);
            Ok((SignalId::new(cells.array(0)?), cells.int(1)?))
        });
        keyed.collect()
    }

    async fn insert_signals(&mut self, new: &[(i64, &NewSignal)]) -> Result<()> {
        let insert = (
            "insert into signal (key, id, source, own_id, kind, valid_at, known_at, is_official, country, sector, url,
                evidence_url, seen_at, sha256, fact, has_terms)",
            16,
            "",
        );
        self.put_all(insert, new, |query, (key, row)| {
            let signal = &row.signal;
            let (country, sector) = match &row.target {
                SignalTarget::Sector { country, sector } => (country.map(|c| c.to_string()), Some(sector.clone())),
                SignalTarget::Clients(_) => (None, None),
            };
            let query = query.bind(*key).bind(signal.id.bytes().as_slice()).bind(signal.source.as_str());
            let query = query.bind(row.own_id.as_str()).bind(signal.fact.kind()).bind(days(signal.valid_at));
            let query = query.bind(millis(signal.known_at)).bind(i64::from(signal.is_official));
            let query = query.bind(country).bind(sector).bind(signal.url.as_deref());
            let query = query.bind(signal.evidence.url.as_str()).bind(millis(signal.evidence.seen_at));
            query.bind(signal.evidence.sha256.bytes().as_slice()).bind(fact::fact_bytes(&signal.fact)).bind(1i64)
        })
        .await?;
        if new.iter().any(|(_, row)| matches!(row.target, SignalTarget::Sector { .. })) {
            self.take("market", 1).await?;
        }
        self.put_terms(new).await
    }

    /// Links that are not there yet, and marks for those that were new.
    async fn insert_links(&mut self, links: &[(ClientId, i64, f64, Timestamp)], marks: &mut Marks) -> Result<()> {
        let insert = (
            "insert into link (client, signal, certainty, known_at)",
            4,
            " on conflict (client, signal) do nothing returning client, known_at",
        );
        let bind = |query: Query, (client, key, certainty, known_at): &(ClientId, i64, f64, Timestamp)| {
            query.bind(client.get()).bind(*key).bind(*certainty).bind(millis(*known_at))
        };
        for row in bulk(self.conn(), insert, links, bind).await? {
            let cells = Cells::of("link", &row);
            marks.add(cells.client(0)?, cells.instant(1)?);
        }
        Ok(())
    }
}
