//! The roll between questions: read once, given to everybody, and read anew when the store has moved on.
//!
//! # Why
//!
//! *Why does nobody wait for a long roll to be read anew when a rating has moved?* Fifty thousand clients are read in seconds, and
//! news comes all day: a page that waited would be slow whenever something had happened, which is when it is looked at. What a
//! page says is a minute behind at most. Who the clients are is never behind: whoever was erased, merged or renamed is nowhere
//! under the old name; and after a night everybody is read anew.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{Mutex, Notify};

use super::{RollLine, line};
use crate::{
    desk::{Desk, Lately, Result},
    domain::{AsOf, ClientId},
    store::ClientFilter,
};

/// Clients read at a time: a page of the store.
const PAGE: usize = 1_000;
/// A roll of so few lines is read anew by whoever asks, whenever the store has moved on.
const FEW: usize = 2_000;
/// Figures that a rescoring left in their grade move without an event: by this they are read anew.
const MAX_AGE: Duration = Duration::from_secs(60);
/// Behind the reader's back a roll is read for a tenth of the time at most.
const REST: u32 = 10;
/// After a reading that failed: the store is given a moment.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// What the store had come to when it was read: revision of the clients, newest event, newest night.
type Stamp = (i64, i64, i64);

#[derive(Debug, Clone)]
struct Kept {
    stamp: Stamp,
    lines: Arc<Vec<RollLine>>,
    read_at: Instant,
    cost: Duration,
}

#[derive(Debug, Default)]
struct Shared {
    kept: Mutex<Option<Kept>>,
    /// Held by whoever reads, so that a roll is read once however many ask.
    reading: Mutex<()>,
    /// Somebody was given an old roll, or will ask soon.
    is_wanted: Notify,
    /// A reading of [`Roll::keep`] has ended.
    is_read: Notify,
    /// Whether [`Roll::keep`] is there to read; without it whoever asks does.
    is_attended: AtomicBool,
}

/// Keeps the roll between questions; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Roll(Arc<Shared>);

impl Kept {
    fn is_good(&self, stamp: Stamp) -> bool {
        let age = self.read_at.elapsed();
        self.stamp == stamp && (age < MAX_AGE || self.lines.len() <= FEW)
    }

    /// Whether it may be given although ratings have moved: somebody will read it anew, or has just done so.
    fn may_serve(&self, stamp: Stamp, is_attended: bool) -> bool {
        let (clients, _, night) = stamp;
        let is_near = (self.stamp.0, self.stamp.2) == (clients, night);
        let most = if is_attended { MAX_AGE } else { (self.cost * REST).min(MAX_AGE) };
        is_near && self.lines.len() > FEW && self.read_at.elapsed() < most
    }
}

impl Roll {
    /// Every client: who they are as of now, how they are rated as of a minute ago at most.
    pub async fn lines(&self, desk: &Desk) -> Result<Arc<Vec<RollLine>>> {
        let stamp = desk.stamp().await?;
        if let Some(lines) = self.at_hand(stamp).await {
            return Ok(lines);
        }
        if self.0.is_attended.load(Ordering::Relaxed) {
            self.first().await;
        }
        let _reading = self.0.reading.lock().await;
        // Who waited for another reader finds what that one read.
        match self.at_hand(stamp).await {
            Some(lines) => Ok(lines),
            None => self.read(desk).await,
        }
    }

    /// Waits until [`Roll::keep`] has read a roll that is not there yet. A request that reads it by itself and is given up before the
    /// end would begin anew each time.
    async fn first(&self) {
        let read = self.0.is_read.notified();
        if self.0.kept.lock().await.is_none() {
            self.prepare();
            read.await;
        }
    }

    /// Has a roll that is not there, or not new, read by [`Roll::keep`]: somebody is about to ask for it.
    pub fn prepare(&self) {
        self.0.is_wanted.notify_one();
    }

    /// Reads a long roll anew for as long as the house is open, when somebody was given an old one or is about to ask; the
    /// moves of the last weeks, which stand beside it on pages, are caught up with.
    pub async fn keep(&self, lately: &Lately, desk: &Desk) -> Infallible {
        self.0.is_attended.store(true, Ordering::Relaxed);
        loop {
            self.0.is_wanted.notified().await;
            let began = Instant::now();
            let freshened = self.freshened(lately, desk).await;
            self.0.is_read.notify_waiters();
            let rest = match freshened {
                Ok(()) => began.elapsed() * REST,
                Err(error) => {
                    tracing::warn!(%error, "the roll of clients is not read anew now");
                    AFTER_FAILURE
                }
            };
            tokio::time::sleep(rest).await;
        }
    }

    async fn freshened(&self, lately: &Lately, desk: &Desk) -> Result<()> {
        lately.moves(desk, desk.clock.now()).await?;
        let stamp = desk.stamp().await?;
        let _reading = self.0.reading.lock().await;
        let is_good = self.0.kept.lock().await.as_ref().is_some_and(|kept| kept.is_good(stamp));
        if !is_good {
            self.read(desk).await?;
        }
        Ok(())
    }

    /// What is kept, when it may be given to somebody who asks now.
    async fn at_hand(&self, stamp: Stamp) -> Option<Arc<Vec<RollLine>>> {
        let kept = self.0.kept.lock().await.clone()?;
        if kept.is_good(stamp) {
            return Some(kept.lines);
        }
        let is_attended = self.0.is_attended.load(Ordering::Relaxed);
        kept.may_serve(stamp, is_attended).then(|| {
            self.prepare();
            kept.lines
        })
    }

    async fn read(&self, desk: &Desk) -> Result<Arc<Vec<RollLine>>> {
        let began = Instant::now();
        // What is written while it is read may be missing from it: then the stamp of before says that it is old.
        let stamp = desk.stamp().await?;
        let lines = Arc::new(desk.read_roll().await?);
        let kept = Kept { stamp, lines: Arc::clone(&lines), cost: began.elapsed(), read_at: Instant::now() };
        *self.0.kept.lock().await = Some(kept);
        Ok(lines)
    }
}

impl Desk {
    async fn stamp(&self) -> Result<Stamp> {
        let night = self.store.runs().last("night").await?;
        let night = night.filter(|run| run.ended_at.is_some()).map_or(0, |run| run.id);
        Ok((self.store.facts().revision().await?, self.store.outbox().last_seq().await?, night))
    }

    async fn read_roll(&self) -> Result<Vec<RollLine>> {
        let now = AsOf::at(self.clock.now()).known_at;
        let limits = self.store.treatments().limits(now).await?;
        let portfolios = self.store.facts().portfolios().await?.into_iter().map(|(id, _)| id).collect();
        let filter = ClientFilter { portfolios, only_rated: true, ..ClientFilter::default() };
        let (mut lines, mut after) = (Vec::new(), None);
        loop {
            let clients = self.store.facts().clients(&filter, after, PAGE).await?;
            let ids: Vec<ClientId> = clients.iter().map(|client| client.id).collect();
            let figures = self.store.ratings().figures(&ids).await?;
            after = ids.last().copied();
            for client in clients {
                let granted = limits.get(&client.id).copied();
                lines.push(line(client, granted, &figures));
            }
            if ids.len() < PAGE {
                return Ok(lines);
            }
        }
    }
}
