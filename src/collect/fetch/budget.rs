//! What is asked of a host by everybody together: starts granted by the store, pauses and rests told to all.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{
    Failure, Fetcher,
    host::{Granted, Host, Manners},
};
use crate::store::{Grant, Rest};

/// Grants that may run out while they are written down, on a disk that stalls; the next one is used however late.
const MAX_LATE_GRANTS: u32 = 3;

impl Fetcher {
    /// The instant on the wall, with the time that was jumped over: what the store's grants and rests are counted in.
    pub(super) fn moment(&self) -> Timestamp {
        let now = self.clock.now();
        now.checked_add(self.patience.jumped()).unwrap_or(now)
    }

    /// Waits until this request may start, by all that this process and the others have asked.
    ///
    /// A store that does not answer grants nothing: a limit that cannot be kept is not tried.
    pub(super) async fn turn(
        &self,
        host: &mut Host,
        key: &str,
        manners: &Manners,
        interval: Duration,
    ) -> Result<(), Failure> {
        host.turn(manners, interval, &self.patience).await;
        if let Some(store) = &self.shared {
            let mut n_late = 0;
            while !host.granted.is_good(self.moment()) && n_late < MAX_LATE_GRANTS {
                let allowance = manners.allowance(interval);
                match store.hosts().take(key, allowance, || self.moment()).await.map_err(|e| unheard(key, &e))? {
                    Grant::Now(n, at) => {
                        let lasts = SignedDuration::try_from(manners.grant_lasts()).unwrap_or_default();
                        host.granted = Granted { n, until: at.checked_add(lasts).ok() };
                        n_late += 1;
                    }
                    Grant::NotBefore(instant) => self.wait_for(instant).await,
                }
            }
            host.granted.n = host.granted.n.saturating_sub(1);
        }
        host.starts(manners, &self.patience);
        Ok(())
    }

    async fn wait_for(&self, instant: Timestamp) {
        let left = instant.duration_since(self.moment());
        // A millisecond at least: instants are kept in whole ones, and a wait of nothing would ask again at once.
        self.patience.wait(Duration::try_from(left).unwrap_or_default().max(Duration::from_millis(1))).await;
    }

    /// Looks whether another process has left the host to rest.
    pub(super) async fn learn_of_rest(&self, host: &mut Host, key: &str) -> Result<(), Failure> {
        if let Some(store) = self.shared.as_ref().filter(|_| !host.is_rest_known) {
            host.learn(store.hosts().rest(key).await.map_err(|e| unheard(key, &e))?);
        }
        Ok(())
    }

    /// The host asked for a pause: a short one is waited for, a long one is a rest.
    pub(super) async fn grant_pause(&self, host: &mut Host, key: &str, pause: Duration) {
        host.pause(pause, &self.patience);
        host.granted = Granted::default();
        if pause > super::host::LONGEST_PAUSE {
            let rest = host.asked_to_rest(pause, self.moment());
            self.tell_of_rest(key, &rest).await;
        } else if let Some(store) = &self.shared {
            let until = self.moment().checked_add(pause).unwrap_or(Timestamp::MAX);
            note(store.hosts().hold(key, until).await, key);
        }
    }

    /// A request failed for good.
    pub(super) async fn note_failure(&self, host: &mut Host, key: &str) {
        if let Some(rest) = host.failed(self.moment()) {
            tracing::warn!(host = key, until = %rest.until, why = rest.why, "the host is left to rest");
            self.tell_of_rest(key, &rest).await;
        }
    }

    /// A request was answered.
    pub(super) async fn note_success(&self, host: &mut Host, key: &str) {
        if host.succeeded(self.moment())
            && let Some(store) = &self.shared
        {
            note(store.hosts().wake(key).await, key);
        }
    }

    async fn tell_of_rest(&self, key: &str, rest: &Rest) {
        if let Some(store) = &self.shared {
            note(store.hosts().let_rest(key, rest).await, key);
        }
    }
}

fn unheard(key: &str, error: &crate::store::Error) -> Failure {
    Failure::NotAsked(format!("{key}: whether it may be asked now is not known: {error}"))
}

/// This process keeps to it in any case; that the others were not told is for the log.
fn note(written: crate::store::Result<()>, key: &str) {
    if let Err(error) = written {
        tracing::warn!(host = key, %error, "the other processes were not told how the host fares");
    }
}
