//! Collecting among many workers: one process says which sources are due, every worker asks some of them.
//!
//! # Why
//!
//! *Why is a source one piece of work?* Its hosts are asked at the pace that they allow, by all processes together, so that two
//! workers would be no quicker with it than one; and its cursor moves only past a round without a gap, which only whoever
//! asks all of it knows of. Sources are many, and what takes time behind them, reading and matching, is what is shared.
//!
//! *What if it is handed out twice?* Whoever is given a source looks whether it is still due. Asked twice all the same, by a worker
//! that was taken for lost, it gives the same signals, which are there already.
//!
//! *What without Redis?* Whoever says what is due asks it alone until Redis is back.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::duties::{ASK_EVERY, pause, until_closing};
use crate::{
    clock::Clock,
    collect::Collector,
    domain::SourceId,
    publish::{Errand, Errands, RedisUrl, Work},
    store::Store,
};

/// Sources that a worker asks at a time: they wait for their hosts, and one alone would leave it idle.
const AT_ONCE: usize = 4;
/// How often a worker without a source looks for some.
const LOOK: Duration = Duration::from_secs(1);

/// What a process needs to take part.
#[derive(Clone)]
pub(super) struct Gathering {
    pub(super) collector: Arc<Collector>,
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) url: RedisUrl,
    /// This process among the workers.
    pub(super) name: String,
}

impl Gathering {
    async fn connect(&self) -> anyhow::Result<Errands> {
        let epoch = self.store.outbox().epoch().await?;
        Ok(Errands::connect(&self.url, &epoch, &self.name).await?)
    }

    /// Hands out the sources that are due until shutdown.
    pub(super) async fn hand_out(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        loop {
            match until_closing(self.offer(), &shutdown).await {
                None => return Ok(()),
                Some(Ok(0)) => {}
                Some(Ok(n_sources)) => info!(n_sources, "sources are handed out"),
                Some(Err(error)) => {
                    warn!(error = format!("{error:#}"), "sources are asked by this process alone");
                    let round = self.collector.collect(None, &|_| {});
                    let Some(_reported) = until_closing(round, &shutdown).await else { return Ok(()) };
                }
            }
            if pause(ASK_EVERY, &shutdown).await {
                return Ok(());
            }
        }
    }

    async fn offer(&self) -> anyhow::Result<u64> {
        let due = self.collector.due().await?;
        if due.is_empty() {
            return Ok(0);
        }
        let sources: Vec<&str> = due.iter().map(SourceId::as_str).collect();
        Ok(self.connect().await?.offer(&sources).await?)
    }

    /// Asks the sources that it is given until shutdown. What it had in hand then goes to others at once.
    pub(super) async fn gather(self, shutdown: CancellationToken) -> anyhow::Result<()> {
        let mut errands = self.connect().await?;
        while !shutdown.is_cancelled() {
            let taken = errands.take(AT_ONCE).await?;
            if taken.is_empty() {
                pause(LOOK, &shutdown).await;
                continue;
            }
            self.go(&mut errands, &taken, &shutdown).await?;
        }
        Ok(())
    }

    /// Asks some sources side by side, and says meanwhile that it does.
    async fn go(&self, errands: &mut Errands, taken: &[Errand], shutdown: &CancellationToken) -> anyhow::Result<()> {
        let mut asked = self.collector.due().await?;
        asked.retain(|due| taken.iter().any(|errand| !errand.is_dead && errand.source == due.as_str()));
        for dead in taken.iter().filter(|errand| errand.is_dead) {
            self.give_up(&dead.source).await?;
        }
        let ids: Vec<String> = taken.iter().map(|errand| errand.id.clone()).collect();
        let mut round = pin!(self.collector.collect(Some(&asked), &|_| {}));
        loop {
            tokio::select! {
                _reported = &mut round => break,
                () = sleep(Work::BEAT) => {
                    if let Err(error) = errands.keep(&ids).await {
                        // What is being asked is asked to its end; whoever else is given it finds that it is not due.
                        tracing::debug!(%error, "the sources in hand may go to another worker");
                    }
                }
                () = shutdown.cancelled() => return Ok(errands.give_back(&ids).await?),
            }
        }
        for id in &ids {
            errands.done(id).await?;
        }
        Ok(())
    }

    /// Notes of a source that whoever asked it died: it is asked again when its time comes, and not every minute.
    async fn give_up(&self, source: &str) -> anyhow::Result<()> {
        let (sources, now) = (self.store.sources(), self.clock.now());
        let mut state = sources.state(source).await?;
        state.last_tried_at = Some(now);
        state.last_error = Some("whoever asked it died, five times in a row".to_owned());
        warn!(source.id = source, "a source takes down whoever asks it");
        Ok(sources.set_state(source, &state, now).await?)
    }
}
