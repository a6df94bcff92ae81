//! When a night is held: by the clock, when somebody orders one, and when one was left unfinished.

use std::{sync::Arc, time::Duration};

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, info, info_span, warn};

use super::{
    duties::{pause, until_closing},
    fleet::Fleet,
};
use crate::{
    clock::Clock,
    desk::NightOrder,
    domain::AsOf,
    pipeline::{self, Rescorer},
    store::{self, Run},
};

/// How soon a night that the store was away for is tried again.
const RETRY_EVERY: Duration = Duration::from_secs(5);

/// How often a shared store is asked for a night that another process ordered, or died in.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// How long nobody may keep the clock while one process takes the place of another: several times what that takes.
const CHANGE_OF_HANDS: SignedDuration = SignedDuration::from_mins(5);

/// What holding nights needs.
#[derive(Clone)]
pub(super) struct Nights {
    pub(super) rescorer: Rescorer,
    pub(super) clock: Clock,
    /// By the clock of UTC; never by itself without one.
    pub(super) at: Option<Time>,
    /// What the desk of this process orders.
    pub(super) ordered: Arc<Mutex<mpsc::Receiver<NightOrder>>>,
    /// The workers who do the pages; without them this process does.
    pub(super) fleet: Option<Fleet>,
}

/// A night that is to be held.
struct Due {
    valid_at: Date,
    now: Timestamp,
    /// The hour it is held for, when it is the clock's.
    hour: Option<Timestamp>,
    /// The run that was ordered.
    run: Option<i64>,
}

impl Nights {
    /// Holds a night each day, and whenever somebody orders one, until shutdown.
    pub(super) async fn hold(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let mut ordered = self.ordered.lock().await;
        // A night whose hour came while the store was away stays due, and so does one whose hour came while a process that died
        // gave its place to this one.
        let mut missed = self.just_missed();
        loop {
            let holding = async {
                let Some(due) = self.next(missed, &mut ordered).await? else { return Ok(None) };
                missed = due.hour;
                let run = self.night(&due).instrument(info_span!("night", valid_at = %due.valid_at)).await?;
                missed = None;
                Ok(Some(run))
            };
            match until_closing(holding, &shutdown).await {
                None | Some(Ok(None)) => return Ok(()),
                Some(Ok(Some(None))) => {}
                Some(Ok(Some(Some(run)))) => {
                    info!(
                        run.id = run.id,
                        scanned = run.scanned,
                        up = run.moved_up,
                        down = run.moved_down,
                        "night done"
                    );
                }
                // It is gone on with from the pages it had come to.
                Some(Err(error)) if (missed.is_some() || self.asks()) && is_away(&error) => {
                    warn!(%error, "the night waits for the store");
                    if pause(RETRY_EVERY, &shutdown).await {
                        return Ok(());
                    }
                }
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }

    /// The hour that came a moment ago, when it may have been another process's to keep; whether it was held is seen later.
    fn just_missed(&self) -> Option<Timestamp> {
        let began = self.clock.now().checked_sub(CHANGE_OF_HANDS).ok()?;
        let hour = next_night(began, self.at.filter(|_| self.asks())?);
        (hour <= self.clock.now()).then_some(hour)
    }

    /// Waits for the next night; none when nobody can order one any more.
    async fn next(
        &self,
        missed: Option<Timestamp>,
        ordered: &mut mpsc::Receiver<NightOrder>,
    ) -> Result<Option<Due>, pipeline::Error> {
        let hour = missed.or_else(|| self.at.map(|at| next_night(self.clock.now(), at)));
        let by_the_clock = async {
            match hour {
                Some(hour) => self.clock.wait_until(hour).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = by_the_clock => {
                let now = self.clock.now();
                Ok(Some(Due { valid_at: AsOf::at(now).valid_at, now, hour, run: None }))
            }
            order = ordered.recv() => {
                Ok(order.map(|order| Due {
                    valid_at: order.valid_at,
                    now: order.known_at,
                    hour: None,
                    run: Some(order.run),
                }))
            }
            left = self.left() => {
                let left = left?;
                Ok(Some(Due { valid_at: left.valid_at, now: self.clock.now(), hour: None, run: Some(left.id) }))
            }
        }
    }

    /// Waits for a night in the store that nobody ended.
    async fn left(&self) -> Result<Run, pipeline::Error> {
        if !self.asks() {
            return std::future::pending().await;
        }
        loop {
            if let Some(run) = self.rescorer.store.runs().unfinished("night").await? {
                return Ok(run);
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// Whether other processes leave nights to this one: on a file each process holds its own, and so does whoever is told when.
    fn asks(&self) -> bool {
        self.at.is_some() && self.rescorer.store.is_shared()
    }

    /// Holds a night, unless it was held meanwhile: of several houses on one store, the one that is first holds it.
    async fn night(&self, due: &Due) -> Result<Option<Run>, pipeline::Error> {
        let is_held = match (due.run, due.hour) {
            (Some(run), _) => self.rescorer.store.runs().run(run).await?.is_none_or(|run| run.ended_at.is_some()),
            (None, Some(hour)) => self.rescorer.has_held(due.valid_at, hour).await?,
            (None, None) => false,
        };
        if is_held {
            return Ok(None);
        }
        let run = match &self.fleet {
            Some(fleet) => fleet.night(due.valid_at, due.now).await?,
            None => self.rescorer.night(due.valid_at, due.now, &|_, _| {}).await?,
        };
        Ok(Some(run))
    }
}

/// Whether the same may go well a little later.
fn is_away(error: &pipeline::Error) -> bool {
    matches!(error, pipeline::Error::Store(store::Error::Unavailable(_)))
}

/// The next instant at which the clock of UTC shows `at`.
fn next_night(now: Timestamp, at: Time) -> Timestamp {
    let today = now.to_zoned(TimeZone::UTC).date();
    let on = |day: Date| day.to_datetime(at).to_zoned(TimeZone::UTC).map(|z| z.timestamp());
    let candidates = [Ok(today), today.tomorrow()];
    let next = candidates.into_iter().flatten().filter_map(|day| on(day).ok()).find(|instant| *instant > now);
    next.unwrap_or_else(|| now + SignedDuration::from_hours(24))
}
