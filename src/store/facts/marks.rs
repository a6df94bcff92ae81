//! Marks: which clients have facts that their rating, or their packed page, does not know yet.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::Facts;
use crate::{
    domain::{Cause, ClientId},
    store::{
        PAGE_CLIENTS, Result,
        backend::{Query, Write},
        rows::{Cells, millis},
    },
};

/// Clients whose facts a transaction changed, with the latest instant at which any of those facts was known.
#[derive(Debug, Default)]
pub(in crate::store) struct Marks(BTreeMap<ClientId, i64>);

impl Marks {
    pub(in crate::store) fn add(&mut self, client: ClientId, known_at: Timestamp) {
        let known = self.0.entry(client).or_insert(i64::MIN);
        *known = (*known).max(millis(known_at));
    }

    /// The same for those that are rated: a merged client's mark is its survivor's.
    fn of_survivors(&self, survivors: &HashMap<ClientId, ClientId>) -> Self {
        let mut rated = BTreeMap::new();
        for (client, known_at) in &self.0 {
            let known = rated.entry(*survivors.get(client).unwrap_or(client)).or_insert(i64::MIN);
            *known = (*known_at).max(*known);
        }
        Self(rated)
    }

    pub(in crate::store) fn clients(&self) -> impl Iterator<Item = ClientId> {
        self.0.keys().copied()
    }
}

impl Write<'_> {
    /// Marks clients for rescoring and their pages for repacking. A cause that must be told apart (an analyst's
    /// decision, then an expiry) is not overwritten by new signals. In place of a merged client its survivor is rescored;
    /// the page is the merged client's own, for no fact leaves its client.
    pub(in crate::store) async fn put_marks(&mut self, marks: &Marks, cause: Cause) -> Result<()> {
        if marks.0.is_empty() {
            return Ok(());
        }
        let mark = self.mark().await?;
        let survivors = self.survivors().await?;
        if cause == Cause::Expiry && !survivors.is_empty() {
            self.note_forgotten(marks.clients()).await?;
        }
        let rated = marks.of_survivors(&survivors);
        self.note_marked(marks.clients().chain(rated.clients()));
        let rows: Vec<_> = rated.0.iter().collect();
        let touch = (
            "insert into touched (client, cause, known_at, mark)",
            4,
            " on conflict (client) do update set mark = excluded.mark,
                known_at = case when excluded.known_at > touched.known_at then excluded.known_at else touched.known_at end,
                cause = case when 'override' in (touched.cause, excluded.cause) then 'override'
                             when 'expiry' in (touched.cause, excluded.cause) then 'expiry' else excluded.cause end",
        );
        self.put_all(touch, &rows, |query, (client, known)| {
            query.bind(client.get()).bind(cause.as_str()).bind(**known).bind(mark)
        })
        .await?;
        self.put_dirty(marks).await
    }

    /// Marks only the pages of clients for repacking: something went that no rating rested on.
    pub(in crate::store) async fn put_dirty(&mut self, marks: &Marks) -> Result<()> {
        if marks.0.is_empty() {
            return Ok(());
        }
        let mark = self.mark().await?;
        let rows: Vec<_> = marks.0.iter().collect();
        let soil = ("insert into dirty (client, mark)", 2, " on conflict (client) do update set mark = excluded.mark");
        self.put_all(soil, &rows, |query, (client, _)| query.bind(client.get()).bind(mark)).await
    }

    /// Empties the pages of these clients at once, because they hold something that must not be there any more. The row
    /// stays with this transaction's mark, so that a page packed from an earlier state is refused.
    pub(in crate::store) async fn empty_pages(&mut self, marks: &Marks) -> Result<()> {
        if marks.0.is_empty() {
            return Ok(());
        }
        let mark = self.mark().await?;
        let mut numbers: Vec<i64> = marks.clients().map(|c| c.get().div_euclid(PAGE_CLIENTS)).collect();
        numbers.dedup();
        let empty = (
            "insert into page (number, mark, body)",
            3,
            " on conflict (number) do update set mark = excluded.mark, body = excluded.body",
        );
        self.put_all(empty, &numbers, |query, number| query.bind(*number).bind(mark).bind(Vec::<u8>::new())).await
    }
}

impl Facts<'_> {
    /// The number of the last transaction that changed facts: whoever reads facts after this question sees all of them up
    /// to it.
    pub async fn mark(&self) -> Result<i64> {
        Ok(self.0.number(Query::new("select value from counter where name = 'mark'")).await?.unwrap_or(0))
    }

    /// Clients touched since they were last rescored, longest waiting first, with the weightiest cause (an analyst's
    /// decision over `Expiry` over `Signals`), at most `limit`.
    pub async fn touched(&self, limit: usize) -> Result<Vec<(ClientId, Cause)>> {
        let sql = "select client, cause from touched order by mark, client limit $1";
        let rows = self.0.all(Query::new(sql).bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
        let marked = rows.iter().map(|row| {
            let cells = Cells::of("touched", row);
            Ok((cells.client(0)?, cells.word(1)?))
        });
        marked.collect()
    }
}
