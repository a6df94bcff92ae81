//! Taking out what was said of markets. A figure may stand among the past reasons of thousands of clients; they are looked
//! through where it is known to be named, and not while others wait to write.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{
    Facts, PastTerm,
    marks::Marks,
    scrub::{CHUNK_EVENTS, Names},
    withdrawal::Leaving,
};
use crate::{
    domain::{Cause, ClientId, PortfolioId, SignalId},
    store::{
        Result,
        backend::{Conn, Query, Write, bulk, json_list},
        rows::{Cells, days},
    },
};

/// Signals withdrawn in one transaction.
const BATCH: usize = 500;

/// Rating events of a range, in order: number, body, client, portfolio.
const EVENTS: &str = "select seq, body, client, portfolio from event
    where seq > $1 and seq <= $2 and client_seq is not null and client is not null order by seq limit $3";

/// A range of events: behind the first number, up to the second.
type Range = (i64, i64);

/// The events that may name these signals, behind `after`: ranges in order that do not touch each other.
async fn named_in(conn: &mut Conn, ids: &[SignalId], after: i64) -> Result<Vec<Range>> {
    let find = ("select first_seq, last_seq from market_named where (signal) in (", 1, ")");
    let bind = |query: Query, id: &SignalId| query.bind(id.bytes().to_vec());
    let mut ranges = Vec::new();
    for row in bulk(conn, find, ids, bind).await? {
        let cells = Cells::of("market_named", &row);
        let (first, last) = (cells.int(0)?.max(after + 1), cells.int(1)?);
        if first <= last {
            ranges.push((first - 1, last));
        }
    }
    ranges.sort_unstable();
    let mut joined: Vec<Range> = Vec::new();
    for (from, to) in ranges {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    Ok(joined)
}

impl Facts<'_> {
    /// Takes out everything that was said of markets and is past a term, in one pass over the events that name it; answers
    /// how many went. The events are looked through by a reader, and only those that name something are written anew, in
    /// small transactions; cut off anywhere, the next pass goes on.
    pub async fn expire_markets(&self, past: &PastTerm, at: Timestamp) -> Result<u64> {
        // What is said of a market is about nobody's client, so no country's own term holds for it.
        if past.country.is_some() {
            return Ok(0);
        }
        let sql = "select s.id from term t join signal s on s.key = t.signal
             where t.rule = $1 and t.day < $2 and s.sector is not null
               and not exists (select 1 from hold h where h.ended_at is null and h.signal = s.id)";
        let rows = self.0.all(Query::new(sql).bind(past.rule).bind(days(past.before))).await?;
        let ids = rows.iter().map(|row| Ok(SignalId::new(Cells::of("signal", row).array(0)?)));
        let ids: Vec<SignalId> = ids.collect::<Result<_>>()?;
        if ids.is_empty() {
            return Ok(0);
        }
        let mut leaving = Leaving::expired(past.rule);
        let (looked_until, told) = self.scrub_ahead(&ids, &leaving, at).await?;
        leaving.looked_until = looked_until;
        let mut again = Marks::default();
        told.iter().for_each(|client| again.add(*client, at));
        let (mut n, n_batches) = (0, ids.len().div_ceil(BATCH));
        for (place, batch) in ids.chunks(BATCH).enumerate() {
            let mut write = self.0.write().await?;
            n += write.withdraw(batch, &leaving, at).await?;
            if place + 1 == n_batches {
                // Whoever was rated since it was marked was rated with what goes only now.
                write.put_marks(&again, Cause::Expiry).await?;
            }
            write.commit().await?;
        }
        Ok(n)
    }

    /// Scrubs past ratings of signals that are about to go; answers the last event that was looked at, and
    /// whose ratings had named them.
    async fn scrub_ahead(
        &self,
        ids: &[SignalId],
        leaving: &Leaving,
        at: Timestamp,
    ) -> Result<(i64, BTreeSet<ClientId>)> {
        let looked_until = self.0.outbox().last_seq().await?;
        let names: Names = ids.iter().copied().collect();
        let ranges = named_in(&mut self.0.snapshot().await?, ids, 0).await?;
        let mut told = BTreeSet::new();
        for (mut after, until) in ranges {
            let until = until.min(looked_until);
            loop {
                let query = Query::new(EVENTS).bind(after).bind(until).bind(CHUNK_EVENTS);
                let rows = self.0.all(query).await?;
                let Some(last) = rows.last() else { break };
                after = Cells::of("event", last).int(0)?;
                let mut found = Vec::new();
                for row in &rows {
                    let cells = Cells::of("event", row);
                    if names.is_in(cells.bytes(1)?) {
                        found.push(cells.int(0)?);
                    }
                }
                self.scrub_found(&found, &names, &mut told, leaving, at).await?;
            }
        }
        Ok((looked_until, told))
    }

    /// Writes anew the events that were found to name something. Their clients are told and marked in the same
    /// transaction, or a crash would leave reasons without the words and a rating that still rests on them.
    async fn scrub_found(
        &self,
        found: &[i64],
        names: &Names,
        told: &mut BTreeSet<ClientId>,
        leaving: &Leaving,
        at: Timestamp,
    ) -> Result<()> {
        if found.is_empty() {
            return Ok(());
        }
        let sql = "select e.seq, e.body, e.client, e.portfolio from json_each($1) j join event e on e.seq = cast(j.value as bigint)
             where e.client is not null";
        let mut write = self.0.write().await?;
        let rows = write.all(Query::new(sql).bind(json_list(found.iter()))).await?;
        let mut named = write.scrub_rows(&rows, names).await?;
        named.retain(|client, _| told.insert(*client));
        write.tell_withdrawn(&named, leaving, at).await?;
        write.commit().await
    }
}

impl Write<'_> {
    /// Scrubs past ratings of signals about markets, in the events behind `after` that may name them; answers whose did.
    pub(super) async fn scrub_markets(
        &mut self,
        ids: &[SignalId],
        after: i64,
    ) -> Result<BTreeMap<ClientId, PortfolioId>> {
        let names: Names = ids.iter().copied().collect();
        let mut scrubbed = BTreeMap::new();
        for (mut from, until) in named_in(self.conn(), ids, after).await? {
            loop {
                let rows = self.all(Query::new(EVENTS).bind(from).bind(until).bind(CHUNK_EVENTS)).await?;
                let Some(last) = rows.last() else { break };
                from = Cells::of("event", last).int(0)?;
                scrubbed.extend(self.scrub_rows(&rows, &names).await?);
            }
        }
        let forget = ("delete from market_named where (signal) in (", 1, ")");
        let bind = |query: Query, id: &SignalId| query.bind(id.bytes().to_vec());
        bulk(self.conn(), forget, ids, bind).await?;
        Ok(scrubbed)
    }
}
