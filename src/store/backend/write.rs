//! A transaction that writes: alone, from its first statement to its last.
//!
//! It holds the write lock from the start: a transaction that took it later would find out at its first write that somebody
//! else was quicker, and SQLite then fails it at once, whatever the busy timeout. PostgreSQL would let both go on, and what
//! the second one looked at before it wrote would no longer be so.

use std::sync::Arc;

use super::{Conn, Query, Row};
use crate::{
    domain::ClientId,
    store::{Claim, Error, Result, Store, editions::About, once, rows::Cells},
};

/// Transactions that were kept; each waits for the disk once.
pub const COMMITS: &str = "vedetta_store_commits_total";

/// A transaction that writes.
#[derive(Debug)]
pub(in crate::store) struct Write<'s> {
    store: &'s Store,
    conn: Conn,
    newest_seq: Option<i64>,
    mark: Option<i64>,
    /// A row was written; a counter that was only moved on is none.
    has_changed: bool,
    /// Documents of the archive are to go once this is committed.
    has_doomed: bool,
    /// What it changes of what is shown, and the clients that it marked.
    about: About,
    marked: Vec<ClientId>,
    /// The newest number that it took of each counter.
    taken: Vec<(&'static str, i64)>,
    /// Requests of others that it works for.
    claims: Vec<Arc<Claim>>,
}

impl<'s> Write<'s> {
    pub(super) fn new(store: &'s Store, conn: Conn) -> Self {
        let (about, marked, taken) = (About::default(), Vec::new(), Vec::new());
        let claims = Vec::new();
        let (newest_seq, mark, has_changed, has_doomed) = (None, None, false, false);
        Self { store, conn, newest_seq, mark, has_changed, has_doomed, about, marked, taken, claims }
    }
}

impl Write<'_> {
    pub(in crate::store) fn store(&self) -> &Store {
        self.store
    }

    pub(in crate::store) fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    pub(in crate::store) async fn execute(&mut self, query: Query) -> Result<u64> {
        let done = self.conn.execute(query).await;
        self.has_changed |= done.as_ref().is_ok_and(|n| *n > 0);
        if matches!(done, Err(Error::Unavailable(_))) {
            self.store.0.editions.note_write(false);
        }
        done
    }

    pub(in crate::store) async fn all(&mut self, query: Query) -> Result<Vec<Row>> {
        self.conn.all(query).await
    }

    pub(in crate::store) async fn one(&mut self, query: Query) -> Result<Option<Row>> {
        self.conn.one(query).await
    }

    /// The tables that have a column of that name.
    pub(in crate::store) async fn tables_with(&mut self, column: &'static str) -> Result<Vec<String>> {
        self.conn.tables_with(column).await
    }

    /// The single number that a question gives; 0 when there is none.
    pub(in crate::store) async fn number(&mut self, query: Query) -> Result<i64> {
        let row = self.one(query).await?;
        Ok(row.map_or(Ok(None), |row| Cells::of("number", &row).maybe_int(0))?.unwrap_or(0))
    }

    /// Takes `n` numbers from a counter; answers the first of them.
    pub(in crate::store) async fn take(&mut self, counter: &'static str, n: i64) -> Result<i64> {
        let sql = "update counter set value = value + $1 where name = $2 returning value";
        let row = self.one(Query::new(sql).bind(n).bind(counter)).await?;
        let row = row.ok_or_else(|| Error::Damaged { what: "counter", why: format!("{counter} is gone") })?;
        let newest = Cells::of("counter", &row).int(0)?;
        self.taken.push((counter, newest));
        Ok(newest - n + 1)
    }

    /// Says that nobody is shown what this transaction writes.
    pub(in crate::store) fn is_about_nothing(&mut self) {
        self.about = About::Nothing;
    }

    /// Says that what it writes is shown of these clients, and of those that it marks, and of nobody else.
    pub(in crate::store) fn is_about(&mut self, clients: impl Iterator<Item = ClientId>) {
        self.about = About::Clients(clients.collect());
    }

    pub(in crate::store) fn note_marked(&mut self, clients: impl Iterator<Item = ClientId>) {
        self.marked.extend(clients);
    }

    /// Says to other processes that something was changed that they may show from memory; for who takes no other number.
    pub(in crate::store) async fn is_shown(&mut self) -> Result<()> {
        self.take("shown", 1).await.map(drop)
    }

    /// Takes `n` event numbers; whoever watches the outbox is told after the commit.
    pub(in crate::store) async fn take_seqs(&mut self, n: i64) -> Result<i64> {
        let first = self.take("seq", n).await?;
        self.newest_seq = Some(first + n - 1);
        Ok(first)
    }

    /// This transaction's number in the order of all that changed facts.
    pub(in crate::store) async fn mark(&mut self) -> Result<i64> {
        if let Some(mark) = self.mark {
            return Ok(mark);
        }
        let mark = self.take("mark", 1).await?;
        self.mark = Some(mark);
        Ok(mark)
    }

    /// This transaction works for a request that is worked on elsewhere, and marks that it had an effect.
    pub(in crate::store) fn works_for(&mut self, claim: Option<Arc<Claim>>) {
        self.claims.extend(claim);
    }

    pub(in crate::store) fn claims(&mut self) -> Vec<Arc<Claim>> {
        std::mem::take(&mut self.claims)
    }

    /// Says that a row was written by a statement that answers something; the others are counted.
    pub(in crate::store) fn note_change(&mut self) {
        self.has_changed = true;
    }

    pub(in crate::store) fn note_doomed(&mut self) {
        self.has_doomed = true;
    }

    pub(in crate::store) fn has_doomed(&self) -> bool {
        self.has_doomed
    }

    /// Writes many rows: `head VALUES … tail`.
    pub(in crate::store) async fn put_all<T: Sync>(
        &mut self,
        insert: (&str, usize, &str),
        rows: &[T],
        bind: impl Fn(Query, &T) -> Query + Send + Sync,
    ) -> Result<()> {
        self.has_changed |= !rows.is_empty();
        self.conn.put_all(insert, rows, bind).await
    }

    /// Keeps everything.
    pub(in crate::store) async fn commit(mut self) -> Result<()> {
        // First: a mark on a request is no change that somebody made.
        let note = if self.has_changed { self.put_note().await? } else { None };
        let claims = self.mark_effects().await?;
        let committed = self.conn.commit().await;
        self.store.0.editions.note_write(committed.is_ok());
        committed?;
        metrics::counter!(COMMITS).increment(1);
        self.store.0.editions.committed(&self.about, &self.marked, &self.taken);
        once::note_effects(&claims);
        if let Some(note) = note {
            note.is_kept();
        }
        if let Some(seq) = self.newest_seq {
            self.store.announce(seq);
        }
        Ok(())
    }

    /// Keeps nothing.
    pub(in crate::store) async fn roll_back(self) -> Result<()> {
        self.conn.roll_back().await
    }
}
