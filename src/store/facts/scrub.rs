//! Past reasons without what was withdrawn: the pointer becomes a mark, and the value that rested on it goes; of a line that
//! rested on nothing else only the points stay.

use std::collections::{BTreeMap, HashSet};

use super::Facts;
use crate::{
    domain::{ClientId, EvidenceRef, PortfolioId, ReasonLine, SignalId, WITHDRAWN, fold_withdrawn},
    store::{
        Result,
        backend::{Query, Row, Write, bulk},
        codec::event::{self, RatingStep},
        outbox::damaged_event,
        rows::Cells,
    },
};

/// Events looked through at a time.
pub(super) const CHUNK_EVENTS: i64 = 500;

/// Bytes of a signal's name that are looked at before all of it is.
const HEADS: usize = 1 << 16;

/// Names of signals, to be found in the bytes of events.
pub(super) struct Names {
    all: HashSet<SignalId>,
    /// Whether a name begins with these two bytes: nearly every place of an event is passed over by this alone.
    heads: Vec<bool>,
}

impl FromIterator<SignalId> for Names {
    fn from_iter<I: IntoIterator<Item = SignalId>>(names: I) -> Self {
        let all: HashSet<SignalId> = names.into_iter().collect();
        let mut heads = vec![false; HEADS];
        for name in &all {
            let [first, second, ..] = *name.bytes();
            heads[usize::from(u16::from_be_bytes([first, second]))] = true;
        }
        Self { all, heads }
    }
}

impl Names {
    pub(super) fn is_in(&self, bytes: &[u8]) -> bool {
        bytes.windows(16).any(|window| {
            let head = usize::from(u16::from_be_bytes([window[0], window[1]]));
            self.heads[head] && window.try_into().is_ok_and(|name| self.all.contains(&SignalId::new(name)))
        })
    }

    fn forget(&self, line: &mut ReasonLine) {
        for evidence in &mut line.evidence {
            if matches!(evidence, EvidenceRef::Signal(id) if self.all.contains(id)) {
                *evidence = EvidenceRef::Withdrawn;
                line.value = None;
            }
        }
    }
}

impl Write<'_> {
    /// Scrubs the past ratings of one client; answers whether any of them named it.
    pub(super) async fn scrub_client(&mut self, client: ClientId, names: &Names) -> Result<bool> {
        let sql = "select seq, body, client, portfolio from event
             where seq > $1 and client_seq is not null and client = $2 order by seq limit $3";
        let (mut after, mut is_named) = (0, false);
        loop {
            let query = Query::new(sql).bind(after).bind(client.get()).bind(CHUNK_EVENTS);
            let rows = self.all(query).await?;
            let Some(last) = rows.last() else { return Ok(is_named) };
            after = Cells::of("event", last).int(0)?;
            is_named |= !self.scrub_rows(&rows, names).await?.is_empty();
        }
    }

    /// Scrubs these events (number, body, client, portfolio) where they name it; answers whose they are.
    pub(super) async fn scrub_rows(&mut self, rows: &[Row], names: &Names) -> Result<BTreeMap<ClientId, PortfolioId>> {
        let (mut scrubbed, mut named) = (BTreeMap::new(), Vec::new());
        for row in rows {
            let cells = Cells::of("event", row);
            if names.is_in(cells.bytes(1)?) {
                scrubbed.insert(cells.client(2)?, PortfolioId::new(cells.int(3)?));
                named.push(row);
            }
        }
        let forget = |step: &mut RatingStep| {
            step.rating.lines.iter_mut().chain(&mut step.change.reasons).for_each(|line| names.forget(line));
        };
        self.rewrite_steps(&named, forget).await?;
        Ok(scrubbed)
    }

    /// Writes rating events (number, body) anew, changed; what rests on nothing but withdrawn facts is then one line.
    pub(super) async fn rewrite_steps(&mut self, rows: &[&Row], change: impl Fn(&mut RatingStep)) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let words = self.all_words(&[WITHDRAWN]).await?;
        for row in rows {
            let cells = Cells::of("event", row);
            let mut step = cells.checked(event::step_from(cells.bytes(1)?, &words))?;
            change(&mut step);
            fold_withdrawn(&mut step.rating.lines);
            fold_withdrawn(&mut step.change.reasons);
            let RatingStep { change, rating, override_ } = &step;
            let bytes = event::step_bytes(change, rating, override_.as_ref(), &words).map_err(damaged_event)?;
            let update = Query::new("update event set body = $1 where seq = $2");
            self.execute(update.bind(bytes).bind(cells.int(0)?)).await?;
        }
        Ok(())
    }
}

impl Facts<'_> {
    /// Which of these names are no signal of the store any more, of those that a present rating rests on: with the client
    /// whose rating it is, for the clients of a page.
    pub async fn dangling(&self, page: i64) -> Result<Vec<(ClientId, SignalId)>> {
        let sql = "select k.client, e.body from current k
             join event e on e.client = k.client and e.client_seq = k.client_seq
             where k.client >= $1 and k.client < $2";
        let first = page * crate::store::PAGE_CLIENTS;
        let query = Query::new(sql).bind(first).bind(first + crate::store::PAGE_CLIENTS);
        let mut named: Vec<(ClientId, SignalId)> = Vec::new();
        for row in self.0.all(query).await? {
            let cells = Cells::of("event", &row);
            let (client, bytes) = (cells.client(0)?, cells.bytes(1)?);
            let step = self.0.with_words(|words| cells.checked(event::step_from(bytes, words))).await?;
            for evidence in step.rating.lines.iter().flat_map(|line| &line.evidence) {
                if let EvidenceRef::Signal(id) = evidence {
                    named.push((client, *id));
                }
            }
        }
        let distinct: HashSet<SignalId> = named.iter().map(|(_, id)| *id).collect();
        let distinct: Vec<SignalId> = distinct.into_iter().collect();
        let find = ("select id from signal where (id) in (", 1, ")");
        let bind = |query: Query, id: &SignalId| query.bind(id.bytes().to_vec());
        let mut snapshot = self.0.snapshot().await?;
        let mut known = HashSet::new();
        for row in bulk(&mut snapshot, find, &distinct, bind).await? {
            known.insert(SignalId::new(Cells::of("signal", &row).array(0)?));
        }
        named.retain(|(_, id)| !known.contains(id));
        named.sort_unstable();
        named.dedup();
        Ok(named)
    }

    /// Takes pointers to nothing out of a client's past reasons, and marks it to be rated anew, without memory.
    pub async fn mend(&self, client: ClientId, names: &[SignalId], at: jiff::Timestamp) -> Result<()> {
        let mut write = self.0.write().await?;
        write.scrub_client(client, &names.iter().copied().collect()).await?;
        let mut marks = super::Marks::default();
        marks.add(client, at);
        write.empty_pages(&marks).await?;
        write.put_marks(&marks, crate::domain::Cause::Expiry).await?;
        write.commit().await
    }
}
