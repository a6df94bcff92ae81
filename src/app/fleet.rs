//! A night among many workers: one process hands its pages out, every worker does those it is given.
//!
//! # Why
//!
//! *Why is there no master?* Whoever has the place ([`crate::store::Place`]) hands out; when it dies, the next one looks into the store which pages are
//! missing and goes on. A worker needs nobody to be told what to do but the stream, and nobody to be believed but the store.
//!
//! *Why only with Redis?* A night in pages that are given out, kept, lost and given out again is a queue, and Redis has one.
//! On a store that is shared without Redis, the worker that has the place holds the night alone and the others wait to take
//! its place: slower, and no less right.
//!
//! *Why does whoever hands out not wait for a Redis that is away?* It may be away for ever, and the ratings of the morning are not.
//! It does some pages by itself, as it would without Redis, and looks again.
//!
//! *Why does a worker have three pages in its hands?* One is read while one is scored and one is written. More would only be
//! more to do again when it dies.

use std::{collections::BTreeMap, time::Duration};

use futures::future::OptionFuture;
use jiff::{Timestamp, civil::Date};
use redis::RedisResult;
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    pipeline::{self, Begun, Rescorer},
    publish::{Piece, RedisUrl, Work},
    store::{self, Run},
};

/// Pages that a worker has at a time.
const IN_HAND: usize = 3;
/// How often a worker without work looks for some, and whoever hands out looks what is left.
const LOOK: Duration = Duration::from_millis(200);
/// Pages that whoever hands out does by itself before it looks again for a Redis that does not answer.
const ALONE: usize = 20;
/// How long a worker waits whose pages could not be done.
const RETRY: Duration = Duration::from_secs(2);
/// A worker that was given no page for so long forgets what a night needs: markets, marks, decisions.
const FORGET_AFTER: Duration = Duration::from_secs(30);

/// What a process needs to take part.
#[derive(Debug, Clone)]
pub(super) struct Fleet {
    pub(super) rescorer: Rescorer,
    pub(super) url: RedisUrl,
    /// This process among the workers.
    pub(super) name: String,
}

impl Fleet {
    async fn connect(&self) -> anyhow::Result<Work> {
        let epoch = self.rescorer.store.outbox().epoch().await?;
        Ok(Work::connect(&self.url, &epoch, &self.name).await?)
    }

    /// Holds a night with all workers: hands its pages out until none is left.
    pub(super) async fn night(&self, valid_at: Date, now: Timestamp) -> Result<Run, pipeline::Error> {
        let night = self.rescorer.begin_night(valid_at, now).await?;
        info!(run.id = night.run.id, pages = night.pages.end - night.pages.start, "a night is handed out");
        let (mut work, mut is_down) = (None, false);
        loop {
            let left = self.rescorer.store.runs().pages_left(night.run.id, night.pages.end).await?;
            if left.is_empty() {
                break;
            }
            match self.hand_out(&mut work, &night, &left).await {
                Ok(()) => {
                    is_down = false;
                    sleep(LOOK).await;
                }
                Err(error) => {
                    if !is_down {
                        warn!(error = format!("{error:#}"), "the queue of work is away: this process does the pages");
                    }
                    (work, is_down) = (None, true);
                    self.alone(&night, &left).await?;
                }
            }
        }
        if let Some(Err(error)) = OptionFuture::from(work.as_mut().map(Work::clear)).await {
            warn!(%error, "the queue of work is cleared after another night");
        }
        self.rescorer.end_night(&night).await
    }

    /// Offers the pages that are left, unless some are still on their way to the workers or with them.
    async fn hand_out(&self, work: &mut Option<Work>, night: &Begun, left: &[i64]) -> anyhow::Result<()> {
        let work = match work {
            Some(work) => work,
            none => none.insert(self.connect().await?),
        };
        if work.n_left().await? == 0 {
            work.offer(night.run.id, night.now.as_millisecond(), left).await?;
        }
        Ok(())
    }

    /// Does the first of the pages that are left. Another may have one of them in hand: done twice it changes nothing.
    async fn alone(&self, night: &Begun, left: &[i64]) -> Result<(), pipeline::Error> {
        let (to_do, coming) = mpsc::channel(ALONE);
        for page in left.iter().take(ALONE) {
            to_do.try_send(*page).unwrap_or_default(); // There is room for all of them.
        }
        drop(to_do);
        self.rescorer.night_pages(&night.run, night.now, coming, &|_| {}).await
    }

    /// Does the pages that it is given until shutdown. What it had in hand then goes to others at once.
    pub(super) async fn work(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let mut work = self.connect().await?;
        let mut bench = Bench::default();
        let mut beat = Instant::now();
        while !shutdown.is_cancelled() {
            bench.clear_away(&mut work).await?;
            if beat.elapsed() >= Work::BEAT {
                beat = Instant::now();
                work.keep(&bench.ids()).await?;
            }
            if bench.has_failed() {
                bench = Bench::default();
                sleep(RETRY).await; // Its pages are another's by then, or come again.
            }
            let piece = if bench.in_hand.len() < IN_HAND { work.take().await? } else { None };
            match piece {
                Some(piece) => self.begin(&mut bench, piece, &mut work).await?,
                None => {
                    if let Some(page) = bench.wait(&shutdown).await {
                        bench.clear(page, &mut work).await?;
                    }
                }
            }
        }
        Ok(work.give_back(&bench.ids()).await?)
    }

    /// Lays a page on the bench; a page of another night waits until the one before is cleared away.
    async fn begin(&self, bench: &mut Bench, piece: Piece, work: &mut Work) -> anyhow::Result<()> {
        let Piece { id, run, page, now, is_dead } = piece;
        let runs = self.rescorer.store.runs();
        if is_dead {
            runs.give_up_page(run, page, &format!("page {page} took down whoever tried it")).await?;
            return Ok(work.done(&id).await?);
        }
        if bench.night != Some((run, now)) {
            bench.finish(work).await?;
            let found = runs.run(run).await?.filter(|run| run.ended_at.is_none());
            let (Some(run), Ok(at)) = (found, Timestamp::from_millisecond(now)) else {
                return Ok(work.done(&id).await?);
            };
            *bench = Bench::of(self.rescorer.clone(), run, at);
        }
        bench.lay(page, id, work).await
    }
}

/// The night that a worker has pages of, and which.
#[derive(Default)]
struct Bench {
    night: Option<(i64, i64)>,
    to_do: Option<mpsc::Sender<i64>>,
    done: Option<mpsc::UnboundedReceiver<i64>>,
    doing: JoinSet<Result<(), pipeline::Error>>,
    /// Pages, with their entries.
    in_hand: BTreeMap<i64, String>,
    idle_since: Option<Instant>,
}

impl Bench {
    fn of(rescorer: Rescorer, run: Run, now: Timestamp) -> Self {
        let (to_do, coming) = mpsc::channel(IN_HAND);
        let (tell, done) = mpsc::unbounded_channel();
        let night = Some((run.id, now.as_millisecond()));
        let mut doing = JoinSet::new();
        doing.spawn(async move {
            // Whoever is told may be gone: then the page is done, and is found done.
            let told = |page| tell.send(page).unwrap_or_default();
            rescorer.night_pages(&run, now, coming, &told).await
        });
        Self { night, to_do: Some(to_do), done: Some(done), doing, ..Self::default() }
    }

    fn ids(&self) -> Vec<String> {
        self.in_hand.values().cloned().collect()
    }

    async fn lay(&mut self, page: i64, id: String, work: &mut Work) -> anyhow::Result<()> {
        if self.in_hand.contains_key(&page) {
            return Ok(work.done(&id).await?); // It was handed out twice.
        }
        self.in_hand.insert(page, id);
        self.idle_since = None;
        if let Some(to_do) = &self.to_do {
            // Nobody takes it when the stages behind have failed, which is found next.
            to_do.send(page).await.unwrap_or_default();
        }
        Ok(())
    }

    /// Tells the stream of the pages that are done.
    async fn clear_away(&mut self, work: &mut Work) -> RedisResult<()> {
        while let Some(Ok(page)) = self.done.as_mut().map(mpsc::UnboundedReceiver::try_recv) {
            self.clear(page, work).await?;
        }
        Ok(())
    }

    async fn clear(&mut self, page: i64, work: &mut Work) -> RedisResult<()> {
        match self.in_hand.remove(&page) {
            Some(id) => work.done(&id).await,
            None => Ok(()),
        }
    }

    /// Whether the stages have ended by themselves, which they do only by a failure; it is logged.
    fn has_failed(&mut self) -> bool {
        let Some(ended) = self.doing.try_join_next() else { return false };
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(pipeline::Error::Store(store::Error::Unavailable(error)))) => {
                warn!(%error, "pages are left to others: the store is away");
            }
            Ok(Err(error)) => warn!(%error, "pages could not be done, and come again"),
            Err(error) => warn!(%error, "pages could not be done, and come again"),
        }
        true
    }

    /// Waits for a page to be done, or a little.
    async fn wait(&mut self, shutdown: &CancellationToken) -> Option<i64> {
        if self.in_hand.is_empty() && self.idle_since.get_or_insert_with(Instant::now).elapsed() > FORGET_AFTER {
            *self = Self::default();
        }
        let next = async {
            match &mut self.done {
                Some(done) => done.recv().await,
                None => None,
            }
        };
        tokio::select! {
            Some(page) = next => Some(page),
            () = sleep(LOOK) => None,
            () = shutdown.cancelled() => None,
        }
    }

    /// Lets what is on the bench come to its end.
    async fn finish(&mut self, work: &mut Work) -> anyhow::Result<()> {
        self.to_do = None;
        while !self.in_hand.is_empty() && !self.has_failed() {
            sleep(LOOK).await;
            self.clear_away(work).await?;
            work.keep(&self.ids()).await?;
        }
        self.clear_away(work).await?;
        Ok(())
    }
}
