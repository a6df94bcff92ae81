//! What a running house does by itself: rescores whom new facts touched, asks sources that are due, holds the night.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp, civil::Time, tz::TimeZone};
use tokio::sync::{Mutex, Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    clock::Clock,
    collect::Collector,
    desk::NightOrder,
    domain::AsOf,
    pipeline::{self, Rescorer},
    store::{self, Seal, Store},
};

/// How often the house looks for clients that new facts have touched. A second is a short time for a credit manager and
/// a cheap question for the store.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often the house looks for sources that are due.
const ASK_EVERY: Duration = Duration::from_secs(60);

/// How often the house looks whether a source has gone silent; the shortest silence that is news is hours.
const WATCH_EVERY: Duration = Duration::from_secs(300);

/// How often the audit log is signed: what is written in between somebody else could have written.
const SEAL_EVERY: Duration = Duration::from_secs(3600);

/// How soon a night that the store was away for is tried again.
const RETRY_EVERY: Duration = Duration::from_secs(5);

/// Rescores touched clients until shutdown: at once when the desk rings, else when it looks by itself.
pub(super) async fn rescore_live(
    rescorer: Rescorer,
    clock: Clock,
    touched: Arc<Notify>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    loop {
        let rescored = rescorer.rescore_touched(AsOf::at(clock.now()));
        let Some(moves) = until_closing(rescored, &shutdown).await else { return Ok(()) };
        let moves = moves?;
        if moves.scanned > 0 {
            info!(scanned = moves.scanned, up = moves.up, down = moves.down, "rescored after new facts");
        }
        tokio::select! {
            () = touched.notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = shutdown.cancelled() => return Ok(()),
        }
    }
}

/// Asks the sources that are due until shutdown.
pub(super) async fn collect(collector: Arc<Collector>, shutdown: CancellationToken) -> anyhow::Result<()> {
    loop {
        let round = collector.collect(None, &|_| {});
        let Some(reports) = until_closing(round, &shutdown).await else { return Ok(()) };
        for report in reports {
            info!(
                source.id = report.id.as_str(),
                requests = report.requests,
                signals = report.signals,
                leftovers = report.leftovers,
                failed = report.failed,
                "collected"
            );
        }
        if pause(ASK_EVERY, &shutdown).await {
            return Ok(());
        }
    }
}

/// Tells of sources that have gone silent until shutdown, also when nobody asks them.
pub(super) async fn watch(rescorer: Rescorer, clock: Clock, shutdown: CancellationToken) -> anyhow::Result<()> {
    loop {
        let watching = rescorer.watch_sources(clock.now());
        let Some(silent) = until_closing(watching, &shutdown).await else { return Ok(()) };
        for source in silent? {
            warn!(source.id = source.as_str(), "a source has been silent for too long");
        }
        if pause(WATCH_EVERY, &shutdown).await {
            return Ok(());
        }
    }
}

/// Signs the head of the audit log now and then until shutdown.
pub(super) async fn seal(
    store: Store,
    clock: Clock,
    seal: Arc<Seal>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    loop {
        if let Some(signed) = store.audit().seal(&seal, clock.now()).await? {
            // In the log, too: where logs are collected, the checkpoint is out of this machine's reach.
            info!(audit.row = signed.row, audit.hash = signed.hash, signature = signed.signature, "audit log sealed");
        }
        if pause(SEAL_EVERY, &shutdown).await {
            return Ok(());
        }
    }
}

/// Holds a night each day at `at` (never by itself without one), and whenever somebody orders one.
pub(super) async fn nights(
    rescorer: Rescorer,
    clock: Clock,
    at: Option<Time>,
    ordered: Arc<Mutex<mpsc::Receiver<NightOrder>>>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let mut ordered = ordered.lock().await;
    // A night whose hour came while the store was away stays due.
    let mut missed = None;
    loop {
        let due = missed.or_else(|| at.map(|at| next_night(clock.now(), at)));
        let by_the_clock = async {
            match due {
                Some(due) => clock.wait_until(due).await,
                None => std::future::pending().await,
            }
        };
        let (valid_at, known_at) = tokio::select! {
            () = by_the_clock => {
                let valid_at = AsOf::at(clock.now()).valid_at;
                // Of several houses on one store, the one whose clock is first holds it.
                match rescorer.has_held(valid_at, due.unwrap_or(Timestamp::MIN)).await {
                    Ok(true) => {
                        missed = None;
                        continue;
                    }
                    Ok(false) => {}
                    Err(error) if is_away(&error) => {
                        warn!(%error, "the night waits for the store");
                        missed = due;
                        if pause(RETRY_EVERY, &shutdown).await {
                            return Ok(());
                        }
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                }
                missed = due;
                (valid_at, clock.now())
            }
            order = ordered.recv() => match order {
                Some(order) => (order.valid_at, order.known_at),
                None => return Ok(()),
            },
            () = shutdown.cancelled() => return Ok(()),
        };
        let night = rescorer.night(valid_at, known_at, &|_, _| {});
        let Some(run) = until_closing(night, &shutdown).await else { return Ok(()) };
        let run = match run {
            // It is gone on with from the page it had come to.
            Err(error) if missed.is_some() && is_away(&error) => {
                warn!(%error, "the night is gone on with when the store is back");
                if pause(RETRY_EVERY, &shutdown).await {
                    return Ok(());
                }
                continue;
            }
            run => run?,
        };
        missed = None;
        info!(run.id = run.id, scanned = run.scanned, up = run.moved_up, down = run.moved_down, "night done");
    }
}

/// Whether the same may go well a little later.
fn is_away(error: &pipeline::Error) -> bool {
    matches!(error, pipeline::Error::Store(store::Error::Unavailable(_)))
}

/// What the work comes to; nothing when the house closes first. Work that is left so has written whole transactions, and
/// is gone on with by the next start.
async fn until_closing<T>(work: impl Future<Output = T>, shutdown: &CancellationToken) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        () = shutdown.cancelled() => None,
    }
}

/// The next instant at which the clock of UTC shows `at`.
pub(super) fn next_night(now: Timestamp, at: Time) -> Timestamp {
    let today = now.to_zoned(TimeZone::UTC).date();
    let on = |day: jiff::civil::Date| day.to_datetime(at).to_zoned(TimeZone::UTC).map(|z| z.timestamp());
    let candidates = [Ok(today), today.tomorrow()];
    let next = candidates.into_iter().flatten().filter_map(|day| on(day).ok()).find(|instant| *instant > now);
    next.unwrap_or_else(|| now + SignedDuration::from_hours(24))
}

/// Waits; true when the house is closing.
async fn pause(time: Duration, shutdown: &CancellationToken) -> bool {
    tokio::select! {
        () = tokio::time::sleep(time) => false,
        () = shutdown.cancelled() => true,
    }
}
