use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
};

use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    Error, Result, Store,
    backend::{Query, Row, Write, json_list},
    codec::{Flaw, event},
    rows::{Cells, millis},
};
use crate::domain::{ClientId, Event, EventBody, PortfolioId};

/// Events that cannot be read are told once each, up to so many: whoever reads the feed comes by them again and again.
const MAX_TOLD: usize = 1_000;

/// Every event, in order: the truth behind the queue, the stream and the webhook.
#[derive(Debug)]
pub struct Outbox<'a>(pub(super) &'a Store);

impl Outbox<'_> {
    /// Events after `seq`, at most `limit`, of these portfolios (and those of no portfolio); `None` means all.
    pub async fn after(&self, seq: i64, limit: usize, portfolios: Option<&[PortfolioId]>) -> Result<Vec<Event>> {
        let sql = "select e.seq, e.at, e.kind, e.portfolio, p.name, e.client, c.code, e.body from event e
             left join portfolio p on p.id = e.portfolio left join client c on c.id = e.client
             where e.seq > $1
               and ($2 is null or e.portfolio is null or e.portfolio in (select cast(value as bigint) from json_each($2)))
             order by e.seq limit $3";
        let list = portfolios.map(|all| json_list(all.iter().map(|p| p.get())));
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.events(&self.0.all(Query::new(sql).bind(seq).bind(list).bind(limit)).await?).await
    }

    /// Steps of grades behind `seq` and up to `until`, in order, at most `limit`, with withdrawals, which change what may be told of
    /// them. First grades, of which a first night has one for each client, are passed over unread.
    pub async fn steps(&self, seq: i64, until: i64, limit: usize) -> Result<Vec<Event>> {
        let sql = "select e.seq, e.at, e.kind, e.portfolio, p.name, e.client, c.code, e.body from event e
             left join portfolio p on p.id = e.portfolio left join client c on c.id = e.client
             where e.seq > $1 and e.seq <= $2 and (e.kind = 'signal.withdrawn'
                or (e.kind in ('rating.changed', 'rating.overridden') and (e.client_seq is null or e.client_seq > 1)))
             order by e.seq limit $3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.events(&self.0.all(Query::new(sql).bind(seq).bind(until).bind(limit)).await?).await
    }

    /// These events, in order; those that are not there are passed over.
    pub async fn these(&self, seqs: &[i64]) -> Result<Vec<Event>> {
        let sql = "select e.seq, e.at, e.kind, e.portfolio, p.name, e.client, c.code, e.body from event e
             left join portfolio p on p.id = e.portfolio left join client c on c.id = e.client
             where e.seq in (select cast(value as bigint) from json_each($1)) order by e.seq";
        self.events(&self.0.all(Query::new(sql).bind(json_list(seqs.iter()))).await?).await
    }

    async fn events(&self, rows: &[Row]) -> Result<Vec<Event>> {
        let mut events = Vec::with_capacity(rows.len());
        for row in rows {
            events.push(self.event(row).await?);
        }
        Ok(events)
    }

    /// An event, also one whose content cannot be read: an error would hold up everything behind it for ever.
    async fn event(&self, row: &Row) -> Result<Event> {
        let cells = Cells::of("event", row);
        let portfolio = match cells.maybe_int(3)? {
            Some(id) => Some((PortfolioId::new(id), cells.word(4)?)),
            None => None,
        };
        let client = match cells.maybe_int(5)? {
            Some(id) => Some((ClientId::new(id), cells.word(6)?)),
            None => None,
        };
        let (seq, kind) = (cells.int(0)?, cells.text(2)?);
        let read = |words: &Dictionary| cells.checked(event::body_from(kind, cells.bytes(7)?, words));
        let body = match self.0.with_words(read).await {
            Err(Error::Damaged { why, .. }) => {
                self.0.tell_unread(seq, kind, &why);
                // What stands here is handed on line by line.
                EventBody::Unread { kind: kind.chars().filter(|c| !c.is_control()).collect(), why }
            }
            body => body?,
        };
        Ok(Event { seq, at: cells.instant(1)?, portfolio, client, body })
    }

    /// The newest event recorded before `at`, by its `seq`; 0 when there is none. Events are in the order of time, so
    /// that it is found by halving.
    pub async fn last_before(&self, at: Timestamp) -> Result<i64> {
        let sql = "select at from event where seq >= $1 order by seq limit 1";
        let (mut before, mut after) = (0, self.last_seq().await? + 1);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            let is_before = self.0.number(Query::new(sql).bind(middle)).await?.is_some_and(|t| t < millis(at));
            if is_before { before = middle } else { after = middle }
        }
        Ok(before)
    }

    /// The newest `seq`; 0 when there is none.
    pub async fn last_seq(&self) -> Result<i64> {
        let newest = self.0.number(Query::new("select value from counter where name = 'seq'")).await?;
        Ok(newest.unwrap_or(0))
    }

    /// How many events there are.
    pub async fn count(&self) -> Result<i64> {
        Ok(self.0.number(Query::new("select count(*) from event")).await?.unwrap_or(0))
    }

    /// Records an event that is about no rating (a stale source, a finished night); answers its `seq`.
    pub async fn append(
        &self,
        at: Timestamp,
        portfolio: Option<PortfolioId>,
        client: Option<ClientId>,
        body: &EventBody,
    ) -> Result<i64> {
        let mut write = self.0.write().await?;
        let seq = write.announce(at, portfolio, client, body).await?;
        write.commit().await?;
        Ok(seq)
    }

    /// Fires after every commit of this process that added events: the newest `seq`. Another process's events are seen
    /// by asking [`Outbox::after`] now and then.
    pub fn watch(&self) -> watch::Receiver<i64> {
        self.0.0.newest_seq.subscribe()
    }

    /// A relay's checkpoint (`redis`, `alert`): the last `seq` it has dealt with.
    pub async fn checkpoint(&self, relay: &str) -> Result<i64> {
        let sql = "select seq from checkpoint where relay = $1";
        Ok(self.0.number(Query::new(sql).bind(relay)).await?.unwrap_or(0))
    }

    /// Moves it.
    pub async fn set_checkpoint(&self, relay: &str, seq: i64) -> Result<()> {
        let mut write = self.0.write().await?;
        write.is_about_nothing();
        write.set_checkpoint(relay, seq).await?;
        write.commit().await
    }

    /// The installation's epoch: a random text made with the store, by which a lost stream is told.
    pub async fn epoch(&self) -> Result<String> {
        self.0.kept("epoch").await
    }
}

impl Write<'_> {
    /// Writes an event that is about no rating; answers its `seq`.
    pub(super) async fn announce(
        &mut self,
        at: Timestamp,
        portfolio: Option<PortfolioId>,
        client: Option<ClientId>,
        body: &EventBody,
    ) -> Result<i64> {
        let bytes = event::other_bytes(body).map_err(|why| Error::Damaged { what: "event", why })?;
        let seq = self.take_seqs(1).await?;
        let sql = "insert into event (seq, at, kind, portfolio, client, body) values ($1, $2, $3, $4, $5, $6)";
        let query = Query::new(sql).bind(seq).bind(millis(at)).bind(body.kind());
        let query = query.bind(portfolio.map(|p| p.get())).bind(client.map(|c| c.get())).bind(bytes);
        self.execute(query).await?;
        Ok(seq)
    }

    pub(super) async fn set_checkpoint(&mut self, relay: &str, seq: i64) -> Result<()> {
        let sql = "insert into checkpoint (relay, seq) values ($1, $2)
             on conflict (relay) do update set seq = excluded.seq";
        self.execute(Query::new(sql).bind(relay).bind(seq)).await.map(drop)
    }
}

/// Texts that recur in every event (features, models) and their numbers.
#[derive(Debug, Default, Clone)]
pub(super) struct Dictionary {
    numbers: HashMap<String, i64>,
    texts: HashMap<i64, String>,
}

impl event::Words for Dictionary {
    fn number(&self, text: &str) -> Option<i64> {
        self.numbers.get(text).copied()
    }

    fn text(&self, number: i64) -> Option<&str> {
        self.texts.get(&number).map(String::as_str)
    }
}

impl Dictionary {
    fn read(rows: &[Row]) -> Result<Self> {
        let mut dictionary = Self::default();
        for row in rows {
            let cells = Cells::of("word", row);
            let (number, text) = (cells.int(0)?, cells.string(1)?);
            dictionary.numbers.insert(text.clone(), number);
            dictionary.texts.insert(number, text);
        }
        Ok(dictionary)
    }
}

impl Store {
    /// Reads something with the words known so far; another process may have written new ones, so a failure is looked
    /// at a second time with all of them.
    pub(super) async fn with_words<T>(&self, read: impl Fn(&Dictionary) -> Result<T>) -> Result<T> {
        if let Ok(found) = read(&self.dictionary()) {
            return Ok(found);
        }
        let rows = self.all(Query::new("select id, text from word")).await?;
        self.learn(Arc::new(Dictionary::read(&rows)?));
        read(&self.dictionary())
    }

    /// Tells the operator of an event that cannot be read.
    fn tell_unread(&self, seq: i64, kind: &str, why: &str) {
        let mut told = self.0.unread.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MAX_TOLD && told.insert(seq) {
            tracing::error!(
                seq,
                kind,
                why,
                "an event cannot be read: it is handed on without its data, and alerts nobody"
            );
        }
    }
}

impl Write<'_> {
    /// A dictionary that has all of these texts; new ones are written in this transaction, so the caller may
    /// [`Store::learn`] it only after the commit.
    pub(super) async fn dictionary_with(&mut self, texts: &[&str]) -> Result<Arc<Dictionary>> {
        if self.is_of_another_history().await? {
            // The numbers of words are others now.
            self.store().learn_anew();
        }
        let known = self.store().dictionary();
        if texts.iter().all(|t| known.numbers.contains_key(*t)) {
            return Ok(known);
        }
        self.all_words(texts).await.map(Arc::new)
    }

    /// Every word there is, as this transaction sees them, with these among them.
    pub(super) async fn all_words(&mut self, texts: &[&str]) -> Result<Dictionary> {
        let insert = ("insert into word (text)", 1, " on conflict (text) do nothing");
        self.put_all(insert, texts, |query, text| query.bind(*text)).await?;
        Dictionary::read(&self.all(Query::new("select id, text from word")).await?)
    }
}

/// A flaw in an event's bytes.
pub(super) fn damaged_event(why: Flaw) -> Error {
    Error::Damaged { what: "event", why }
}
