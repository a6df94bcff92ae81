//! Signals and their links to clients. A signal's name is the hash of what it says, so reading a source again adds
//! nothing; what was withdrawn left a receipt, and is not let in again.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use super::{
    Facts, LinkedSignal, NewSignal, SignalTarget,
    marks::Marks,
    split::SomebodyElse,
    withdrawal::{self, Leaving},
};
use crate::{
    domain::{Cause, Certainty, ClientId, Evidence, Fact, Signal, SignalId},
    store::{
        Result,
        backend::{Query, Row, Write, bulk, json_list},
        codec::fact,
        rows::{Cells, days, millis},
    },
};

/// Signals compared at a time.
const CHUNK_ROWS: usize = 1000;

/// The columns that [`signal_of`] expects, in order.
pub(super) const COLUMNS: &str =
    "s.id, s.source, s.valid_at, s.known_at, s.is_official, s.fact, s.url, s.evidence_url, s.seen_at,
    s.sha256";

pub(super) fn signal_of(cells: &Cells<'_>) -> Result<Signal> {
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

pub(super) fn linked_of(row: &Row) -> Result<LinkedSignal> {
    let cells = Cells::of("signal", row);
    let certainty = cells.checked(Certainty::new(cells.float(10)?).map_err(|e| e.to_string()))?;
    Ok(LinkedSignal { client: cells.client(11)?, signal: signal_of(&cells)?, certainty })
}

/// Whether it is about clients who were all erased, while whoever read it was under way.
fn is_of_the_erased(target: &SignalTarget, erased: &HashSet<ClientId>) -> bool {
    matches!(target, SignalTarget::Clients(clients)
        if !clients.is_empty() && clients.iter().all(|(client, _)| erased.contains(client)))
}

/// The clients that a signal may be linked to; none for a signal of which persons have said that it is about none of the
/// clients it was taken for: there is nobody to keep it for.
fn linkable(
    row: &NewSignal,
    erased: &HashSet<ClientId>,
    somebody_else: &SomebodyElse,
) -> Option<Vec<(ClientId, Certainty)>> {
    let SignalTarget::Clients(clients) = &row.target else { return Some(Vec::new()) };
    let stays = |client: ClientId| !erased.contains(&client) && !somebody_else.contains(row, client);
    let whose: Vec<_> = clients.iter().copied().filter(|(client, _)| stays(*client)).collect();
    (!whose.is_empty() || clients.is_empty()).then_some(whose)
}

/// A link about to be written.
#[derive(Clone, Copy)]
struct Link {
    client: ClientId,
    /// The signal's.
    key: i64,
    certainty: Certainty,
    known_at: Timestamp,
    is_by_number: bool,
}

impl Facts<'_> {
    /// Writes signals and their links in one transaction, marks the clients; a signal known before adds nothing, though
    /// a new link to it does. Answers how many were new. A signal whose fact is a `Protest` in state `Cancelled`, or a
    /// `StatusChange` that is void, is not kept: signals of its source and own id, earlier or later, are withdrawn instead.
    pub async fn put_signals(&self, rows: &[NewSignal]) -> Result<u64> {
        let mut write = self.0.write().await?;
        let n_new = write.take_signals(rows).await?;
        if write.commit_signals().await? {
            self.forget_traces().await?;
        }
        Ok(n_new)
    }

    /// Signals linked to a client, newest first, those behind `before` when it is given, at most `limit`.
    pub async fn signals(&self, client: ClientId, before: Option<SignalId>, limit: usize) -> Result<Vec<LinkedSignal>> {
        self.signals_of(&[client], before, limit).await
    }

    /// The same for several clients that are one company: a signal that is linked to more of them is one, by its surest link.
    pub async fn signals_of(
        &self,
        clients: &[ClientId],
        before: Option<SignalId>,
        limit: usize,
    ) -> Result<Vec<LinkedSignal>> {
        let sql = format!(
            "with whose as materialized (select cast(value as bigint) as client from json_each($1))
             select {COLUMNS}, l.certainty, l.client from whose w cross join link l cross join signal s
             where l.client = w.client and s.key = l.signal
               and ($2 is null or (s.known_at, s.key) < (select known_at, key from signal where id = $2))
               and not exists (select 1 from whose v join link o on o.client = v.client and o.signal = l.signal
                   where (o.certainty, -o.client) > (l.certainty, -l.client))
             order by s.known_at desc, s.key desc limit $3"
        );
        let query = Query::new(sql).bind(json_list(clients.iter().map(|client| client.get())));
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
    /// Writes those that say something, and withdraws what the others take back; answers how many were new.
    pub(super) async fn take_signals(&mut self, rows: &[NewSignal]) -> Result<u64> {
        let (cancelled, kept): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.signal.fact.takes_back());
        let n_new = self.put_signals(&kept).await?;
        for row in &cancelled {
            let known_at = row.signal.known_at;
            self.cancel(row.signal.source.as_str(), &row.own_id, known_at).await?;
            // The document that says "cancelled" says of what.
            self.doom(&row.signal.evidence.sha256, true).await?;
        }
        Ok(n_new)
    }

    /// Commits signals that were taken, and answers whether [`Facts::forget_traces`] is to follow. Those that took nothing back are
    /// shown of the clients that they marked, and of nobody else.
    pub(super) async fn commit_signals(mut self) -> Result<bool> {
        let has_doomed = self.has_doomed();
        if !has_doomed {
            self.is_about(std::iter::empty());
        }
        self.commit().await?;
        Ok(has_doomed)
    }

    /// Writes signals that are to be kept; answers how many were new.
    pub(super) async fn put_signals(&mut self, rows: &[&NewSignal]) -> Result<u64> {
        let mut next_key = self.number(Query::new("select max(key) from signal")).await? + 1;
        let first_key = next_key;
        let mut marks = Marks::default();
        let erased = self.erased_clients().await?;
        for chunk in rows.chunks(CHUNK_ROWS) {
            let refused = self.refused(chunk).await?;
            let somebody_else = self.somebody_else(chunk).await?;
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
                let Some(whose) = linkable(row, &erased, &somebody_else) else { continue };
                let key = *keys.entry(row.signal.id).or_insert_with(|| {
                    new.push((next_key, *row));
                    next_key += 1;
                    next_key - 1
                });
                links.extend(whose.into_iter().map(|(client, certainty)| Link {
                    client,
                    key,
                    certainty,
                    known_at: row.signal.known_at,
                    is_by_number: row.by_number.contains(&client),
                }));
            }
            self.insert_signals(&new).await?;
            self.insert_links(&links, &mut marks).await?;
        }
        // A name that a register tells under a client's own number is a name by which others are told from it.
        let tells_a_name = |row: &&NewSignal| matches!(row.signal.fact, Fact::Identity(_)) && !row.by_number.is_empty();
        if marks.clients().next().is_some() && rows.iter().any(tells_a_name) {
            self.take("identity", 1).await?;
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
                evidence_url, seen_at, sha256, fact, has_terms, subject)",
            17,
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
            let query = query.bind(signal.evidence.sha256.bytes().as_slice()).bind(fact::fact_bytes(&signal.fact));
            query.bind(1i64).bind(row.subject.map(|subject| subject.bytes().to_vec()))
        })
        .await?;
        if new.iter().any(|(_, row)| matches!(row.target, SignalTarget::Sector { .. })) {
            self.take("market", 1).await?;
        }
        self.put_terms(new).await
    }

    /// Links that are not there yet, or are surer now that the number is known, and marks for them.
    async fn insert_links(&mut self, links: &[Link], marks: &mut Marks) -> Result<()> {
        let insert = (
            "insert into link (client, signal, certainty, known_at, by_number)",
            5,
            " on conflict (client, signal) do update set by_number = 1 where excluded.by_number > link.by_number
                returning client, known_at",
        );
        let bind = |query: Query, link: &Link| {
            let query = query.bind(link.client.get()).bind(link.key).bind(link.certainty.get());
            query.bind(millis(link.known_at)).bind(i64::from(link.is_by_number))
        };
        // A statement may write a row once: of two links between the same, the first counts.
        let mut once: BTreeMap<(ClientId, i64), Link> = BTreeMap::new();
        for link in links {
            let first = once.entry((link.client, link.key)).or_insert(*link);
            first.is_by_number |= link.is_by_number;
        }
        let links: Vec<Link> = once.into_values().collect();
        for row in bulk(self.conn(), insert, &links, bind).await? {
            let cells = Cells::of("link", &row);
            marks.add(cells.client(0)?, cells.instant(1)?);
        }
        Ok(())
    }
}
