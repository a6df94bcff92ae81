//! What a running house does by itself: rescores whom new facts touched, asks sources that are due, watches their silence.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Mutex, Notify, mpsc};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    clock::Clock,
    collect::Collector,
    desk::NightOrder,
    domain::AsOf,
    pipeline::{Moves, Rescorer},
    store::{Seal, Store},
};

/// How often the house looks for clients that new facts have touched. A second is a short time for a credit manager and
/// a cheap question for the store.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often the house looks for sources that are due.
pub(super) const ASK_EVERY: Duration = Duration::from_secs(60);

/// How often the house looks whether a source has gone silent; the shortest silence that is news is hours.
const WATCH_EVERY: Duration = Duration::from_secs(300);

/// How often the head of the audit log is noted outside the database: what is cut off its end sooner shows nowhere.
const HEAD_EVERY: Duration = Duration::from_secs(60);
/// How many such notes come to an hour, after which the log is sealed: what is written in between somebody else could have written.
const HEADS_BETWEEN_SEALS: u32 = 60;

/// Rescores touched clients until shutdown: at once when the desk rings, else when it looks by itself.
pub(super) async fn rescore_live(
    rescorer: Rescorer,
    clock: Clock,
    touched: Arc<Notify>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    loop {
        let mut moves = Moves::default();
        // Each some as of the instant at which they are looked at: behind a large import the last of them come minutes later.
        loop {
            let rescored = rescorer.rescore_some(AsOf::at(clock.now()), &mut moves);
            let Some(are_more) = until_closing(rescored, &shutdown).await else { return Ok(()) };
            if !are_more? {
                break;
            }
        }
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
        let Some(_reported) = until_closing(round, &shutdown).await else { return Ok(()) };
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
        if note_head(&store, &clock, &seal, &shutdown).await? {
            // What was written since is signed by who closes the house.
            store.audit().note_head(&seal, clock.now()).await?;
            return Ok(());
        }
    }
}

/// Notes the head of the audit log where the database is not, in between.
async fn note_head(store: &Store, clock: &Clock, seal: &Seal, shutdown: &CancellationToken) -> anyhow::Result<bool> {
    for _ in 0..HEADS_BETWEEN_SEALS {
        store.audit().note_head(seal, clock.now()).await?;
        if pause(HEAD_EVERY, shutdown).await {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Goes on with erasures that were cut off.
pub(super) async fn finish_erasures(store: &Store) {
    if let Err(error) = store.facts().finish_erasures().await {
        warn!(%error, "an erasure that was cut off waits for the night to be gone on with");
    }
}

/// Takes nights off the desk's hands that other processes hold.
pub(super) async fn pass_over(
    ordered: Arc<Mutex<mpsc::Receiver<NightOrder>>>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let mut ordered = ordered.lock().await;
    while let Some(Some(order)) = until_closing(ordered.recv(), &shutdown).await {
        info!(run.id = order.run, "the night is left to the workers");
    }
    Ok(())
}

/// What the work comes to; nothing when the house closes first. Work that is left so has written whole transactions, and
/// is gone on with by the next start.
pub(super) async fn until_closing<T>(work: impl Future<Output = T>, shutdown: &CancellationToken) -> Option<T> {
    tokio::select! {
        done = work => Some(done),
        () = shutdown.cancelled() => None,
    }
}

/// Waits; true when the house is closing.
pub(super) async fn pause(time: Duration, shutdown: &CancellationToken) -> bool {
    tokio::select! {
        () = tokio::time::sleep(time) => false,
        () = shutdown.cancelled() => true,
    }
}
