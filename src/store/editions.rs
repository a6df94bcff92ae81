//! Whether what a process remembers of the store is still so.
//!
//! An [`Edition`] is taken before something is read, and kept with what was read; while it is current, so is that. Every
//! transaction that is committed makes the editions old of whatever it is about: of some clients when it says so, of nothing
//! when nobody is shown what it wrote, and of everything otherwise.
//!
//! # Why
//!
//! *Why does a transaction that says nothing make everything old?* One that is added later and forgets to say what it is about
//! costs time. The other way round it would cost the truth.
//!
//! *Why counters for what other processes write?* Every transaction that changes what is shown takes a number of one of the
//! counters, for its own reasons or for this one. A few numbers read ten times a second say whether anybody else was there.

use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    Error, Result, Store,
    backend::{Query, Row, Write},
    rows::Cells,
};
use crate::domain::ClientId;

/// Clients share a stamp with about one in so many others: few enough stamps for the memory of a processor.
const N_STAMPS: usize = 1 << 16;
/// How long something may be shown after another process changed it.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// No instant.
const NEVER: u64 = u64::MAX;

/// How long a store is said to take no writes after it refused one: a disk without room for a page of rows may have room for
/// the few bytes that the house itself writes meanwhile.
const SHUT_FOR: Duration = Duration::from_secs(4);

/// What tells one history of a store from another.
const EPOCH: &str = "select value from setting where name = 'epoch'";

/// What was so when something was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edition {
    everything: u64,
    client: u64,
}

/// The stamps of everything and of the clients.
#[derive(Debug)]
pub(super) struct Editions {
    /// Moves with every commit that is about something.
    commits: AtomicU64,
    everything: AtomicU64,
    clients: Box<[AtomicU64]>,
    /// The counters as this process knows them.
    counters: Mutex<HashMap<String, i64>>,
    /// The epoch of the store as this process knows it: a restore begins another one.
    epoch: Mutex<String>,
    /// The last transaction could not be begun or committed.
    is_shut: AtomicBool,
    /// When that happened last.
    refused: Mutex<Option<Instant>>,
    /// One looks at a time; when one last found that the store does not answer.
    looked: tokio::sync::Mutex<Option<Instant>>,
    /// When the counters were read last.
    looked_at: LookedAt,
}

/// When somebody looked last, which every request asks: a number that all may read at once, milliseconds after `began`.
#[derive(Debug)]
struct LookedAt {
    began: Instant,
    millis: AtomicU64,
}

impl Default for LookedAt {
    fn default() -> Self {
        Self { began: Instant::now(), millis: AtomicU64::new(NEVER) }
    }
}

impl LookedAt {
    fn is_recent(&self, now: Instant) -> bool {
        let at = self.millis.load(Ordering::Acquire);
        at != NEVER && now.duration_since(self.began) < Duration::from_millis(at) + LOOK_EVERY
    }

    fn is_now(&self) {
        self.millis.store(self.began.elapsed().as_millis() as u64, Ordering::Release);
    }
}

/// What a transaction is about.
#[derive(Debug, Default)]
pub(super) enum About {
    #[default]
    Everything,
    /// The clients that it marks, and these.
    Clients(Vec<ClientId>),
    Nothing,
}

impl Default for Editions {
    fn default() -> Self {
        Self {
            commits: AtomicU64::new(0),
            everything: AtomicU64::new(0),
            clients: (0..N_STAMPS).map(|_| AtomicU64::new(0)).collect(),
            counters: Mutex::default(),
            epoch: Mutex::default(),
            is_shut: AtomicBool::new(false),
            refused: Mutex::default(),
            looked: tokio::sync::Mutex::default(),
            looked_at: LookedAt::default(),
        }
    }
}

impl Editions {
    /// Notes whether a write went well.
    pub(super) fn note_write(&self, went_well: bool) {
        self.is_shut.store(!went_well, Ordering::Release);
        if !went_well {
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    /// Makes old what a transaction was about, which is committed, and notes the numbers that it took.
    pub(super) fn committed(&self, about: &About, marked: &[ClientId], taken: &[(&'static str, i64)]) {
        if !taken.is_empty() {
            let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
            for (counter, value) in taken {
                counters.insert((*counter).to_owned(), *value);
            }
        }
        match about {
            About::Everything => self.all_is_old(),
            About::Clients(clients) => {
                for client in clients.iter().chain(marked) {
                    self.stamp(*client).fetch_add(1, Ordering::AcqRel);
                }
                self.commits.fetch_add(1, Ordering::AcqRel);
            }
            About::Nothing => {}
        }
    }

    /// Notes the epoch; whether it is another one than was known.
    pub(super) fn note_epoch(&self, epoch: String) -> bool {
        let mut known = self.epoch.lock().unwrap_or_else(PoisonError::into_inner);
        let is_another = *known != epoch;
        *known = epoch;
        is_another
    }

    fn all_is_old(&self) {
        self.everything.fetch_add(1, Ordering::AcqRel);
        self.commits.fetch_add(1, Ordering::AcqRel);
    }

    fn stamp(&self, client: ClientId) -> &AtomicU64 {
        let place = client.get().rem_euclid(N_STAMPS as i64);
        &self.clients[usize::try_from(place).unwrap_or(0)]
    }
}

fn epoch_in(row: Option<&Row>) -> Result<String> {
    row.map_or(Ok(String::new()), |row| Cells::of("setting", row).string(0))
}

impl Write<'_> {
    /// Whether somebody restored a backup since this process looked last: what it remembers is of another history.
    pub(super) async fn is_of_another_history(&mut self) -> Result<bool> {
        let epoch = self.one(Query::new(EPOCH)).await?;
        Ok(self.store().0.editions.note_epoch(epoch_in(epoch.as_ref())?))
    }
}

impl Store {
    /// The edition of a client, to be taken before anything about it is read.
    pub fn edition(&self, client: ClientId) -> Edition {
        let editions = &self.0.editions;
        let everything = editions.everything.load(Ordering::Acquire);
        Edition { everything, client: editions.stamp(client).load(Ordering::Acquire) }
    }

    /// Whether writes went well of late: a store whose disk is full answers, and takes nothing.
    pub fn takes_writes(&self) -> bool {
        let editions = &self.0.editions;
        let refused = *editions.refused.lock().unwrap_or_else(PoisonError::into_inner);
        !editions.is_shut.load(Ordering::Acquire) && refused.is_none_or(|at| at.elapsed() >= SHUT_FOR)
    }

    /// The edition of what is no single client's.
    pub fn edition_of_all(&self) -> Edition {
        Edition { everything: self.0.editions.everything.load(Ordering::Acquire), client: 0 }
    }

    /// How many commits there were that are about something: where two of these numbers are the same, nothing was written
    /// between them, and an edition taken in between holds for what was read.
    pub fn n_commits(&self) -> u64 {
        self.0.editions.commits.load(Ordering::Acquire)
    }

    /// Whether somebody has just looked: what is remembered is at most a tenth of a second behind.
    pub fn is_abreast(&self, now: Instant) -> bool {
        self.0.editions.looked_at.is_recent(now)
    }

    /// Looks whether another process wrote something, unless somebody has just looked. What is remembered after that is
    /// at most a tenth of a second behind.
    pub async fn look_for_others(&self) -> Result<()> {
        let editions = &self.0.editions;
        let came = Instant::now();
        if editions.looked_at.is_recent(came) {
            return Ok(());
        }
        let mut silent_at = editions.looked.lock().await;
        if editions.looked_at.is_recent(Instant::now()) {
            return Ok(());
        }
        // Who waited for one that found no answer is told so: one behind the other, each would wait for the same silence.
        if silent_at.is_some_and(|at| at >= came) {
            return Err(Error::Unavailable(sqlx::Error::PoolTimedOut));
        }
        let looked = self.look().await;
        *silent_at = matches!(looked, Err(Error::Unavailable(_))).then(Instant::now);
        looked
    }

    async fn look(&self) -> Result<()> {
        let editions = &self.0.editions;
        let rows = self.all(Query::new("select name, value from counter")).await?;
        let epoch = self.one(Query::new(EPOCH)).await?;
        if editions.note_epoch(epoch_in(epoch.as_ref())?) {
            self.learn_anew();
        }
        let mut counters = editions.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let mut is_old = false;
        for row in &rows {
            let cells = Cells::of("counter", row);
            let (name, value) = (cells.string(0)?, cells.int(1)?);
            is_old |= counters.insert(name, value) != Some(value);
        }
        if is_old {
            editions.all_is_old();
        }
        editions.looked_at.is_now();
        Ok(())
    }
}
