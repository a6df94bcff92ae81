//! Which events name a signal about a market. One figure may stand among the reasons of thousands of clients, and when it
//! goes it must be found in all of them, without looking through every event that ever was.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use super::record::NewEvent;
use crate::{
    domain::{EvidenceRef, SignalId},
    store::{
        Result,
        backend::{Query, Write},
        rows::Cells,
    },
};

/// The names of all signals about markets, as of a state of them.
#[derive(Debug, Default)]
pub(in crate::store) struct MarketNames {
    /// The counter `market` then.
    state: i64,
    names: HashSet<SignalId>,
}

impl Write<'_> {
    /// Notes the first and the last event, of those about to be written from `first_seq` on, that name each signal about a
    /// market: a statement for the few hundred figures that a page of clients rests on, and not a row for each pointer.
    pub(super) async fn note_named(&mut self, first_seq: i64, events: &[NewEvent<'_>]) -> Result<()> {
        let markets = self.market_names().await?;
        if markets.names.is_empty() {
            return Ok(());
        }
        let mut named: BTreeMap<SignalId, (i64, i64)> = BTreeMap::new();
        for (seq, new) in (first_seq..).zip(events) {
            for evidence in new.lines().flat_map(|line| &line.evidence) {
                if let EvidenceRef::Signal(id) = evidence
                    && markets.names.contains(id)
                {
                    named.entry(*id).or_insert((seq, seq)).1 = seq;
                }
            }
        }
        let upsert = (
            "insert into market_named (signal, first_seq, last_seq)",
            3,
            " on conflict (signal) do update set first_seq = min(market_named.first_seq, excluded.first_seq),
                last_seq = max(market_named.last_seq, excluded.last_seq)",
        );
        let rows: Vec<_> = named.into_iter().collect();
        self.put_all(upsert, &rows, |query, (id, (first, last))| {
            query.bind(id.bytes().to_vec()).bind(*first).bind(*last)
        })
        .await
    }

    /// The names of signals about markets, remembered until there are new ones. One that has gone since may be among them.
    async fn market_names(&mut self) -> Result<Arc<MarketNames>> {
        let state = self.number(Query::new("select value from counter where name = 'market'")).await?;
        let known = self.store().market_names();
        if known.state == state {
            return Ok(known);
        }
        let rows = self.all(Query::new("select id from signal where sector is not null order by id")).await?;
        let names = rows.iter().map(|row| Ok(SignalId::new(Cells::of("signal", row).array(0)?)));
        let found = Arc::new(MarketNames { state, names: names.collect::<Result<_>>()? });
        self.store().remember_market_names(Arc::clone(&found));
        Ok(found)
    }
}
