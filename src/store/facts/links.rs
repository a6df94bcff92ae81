//! Whose a signal is: the clients that it is linked to, and whoever those are or were merged into; and taking a link back.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{marks::Marks, scrub::Names, withdrawal::Leaving};
use crate::{
    domain::{ClientId, PortfolioId, SignalId},
    store::{
        Result,
        backend::{Query, Write, json_list},
        rows::Cells,
    },
};

/// A client whose reasons may name signals that go.
#[derive(Default)]
pub(super) struct Reached {
    pub(super) keys: Vec<i64>,
    pub(super) tie: Tie,
}

/// How a client has to do with a signal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tie {
    /// It counted for the client under a merger that was taken back.
    #[default]
    Past,
    /// It counts for the client, being linked to one that is merged into it.
    Merged,
    /// It is linked to the client.
    Own,
}

impl Write<'_> {
    /// Whose these signals are: the clients they are linked to, and whoever those are or were merged into, whose reasons may
    /// name them as well.
    pub(super) async fn linked_clients(&mut self, keys: &[i64]) -> Result<BTreeMap<(ClientId, PortfolioId), Reached>> {
        let sql = "select c.id, c.portfolio, l.signal, 2 from json_each($1) j join link l on l.signal = cast(j.value as bigint)
             join client c on c.id = l.client
             union all
             select c.id, c.portfolio, l.signal, case when m.to_known is null then 1 else 0 end from json_each($1) j join link l on l.signal = cast(j.value as bigint)
             join merger m on m.client = l.client join client c on c.id = m.survivor
             order by 1";
        let mut linked: BTreeMap<_, Reached> = BTreeMap::new();
        for row in self.all(Query::new(sql).bind(json_list(keys.iter()))).await? {
            let cells = Cells::of("link", &row);
            let client = (cells.client(0)?, PortfolioId::new(cells.int(1)?));
            let tie = match cells.int(3)? {
                0 => Tie::Past,
                1 => Tie::Merged,
                _ => Tie::Own,
            };
            let reached = linked.entry(client).or_default();
            reached.keys.push(cells.int(2)?);
            reached.tie = reached.tie.max(tie);
        }
        Ok(linked)
    }

    /// Takes back the links between a client and signals, as if they had never been: the pointers in past reasons go, the
    /// client is told and rated anew. A signal itself stays only where another client is linked to it. False when there
    /// was no such link.
    pub(super) async fn unlink(
        &mut self,
        (client, portfolio): (ClientId, PortfolioId),
        ids: &[SignalId],
        rule: &str,
        at: Timestamp,
    ) -> Result<bool> {
        let mut names = Vec::new();
        for id in ids {
            let key = self.number(Query::new("select key from signal where id = $1").bind(id.bytes().to_vec())).await?;
            let sql = "delete from link where client = $1 and signal = $2";
            if self.execute(Query::new(sql).bind(client.get()).bind(key)).await? == 0 {
                continue;
            }
            let orphan = "delete from signal where key = $1 and sector is null
                 and not exists (select 1 from link where signal = $1)";
            self.execute(Query::new(orphan).bind(key)).await?;
            names.push(*id);
        }
        if names.is_empty() {
            return Ok(false);
        }
        self.take("identity", 1).await?;
        let mut told = BTreeMap::from([(client, portfolio)]);
        for (survivor, is_in_force) in self.survivors_ever(client).await? {
            let gone = self.not_linked(survivor, &names).await?;
            if self.scrub_client(survivor, &gone).await? || is_in_force {
                told.insert(survivor, portfolio);
            }
        }
        self.scrub_client(client, &names.into_iter().collect::<Names>()).await?;
        let mut dirty = Marks::default();
        dirty.add(client, at);
        self.empty_pages(&dirty).await?;
        self.put_dirty(&dirty).await?;
        self.tell_withdrawn(&told, &Leaving::by(rule), at).await?;
        Ok(true)
    }

    /// Of these signals those that are not linked to a client.
    async fn not_linked(&mut self, client: ClientId, ids: &[SignalId]) -> Result<Names> {
        let sql = "select 1 from signal s join link l on l.signal = s.key where s.id = $1 and l.client = $2";
        let mut names = Vec::new();
        for id in ids {
            if self.one(Query::new(sql).bind(id.bytes().to_vec()).bind(client.get())).await?.is_none() {
                names.push(*id);
            }
        }
        Ok(names.into_iter().collect())
    }
}
