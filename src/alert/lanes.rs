use std::{collections::HashMap, time::Duration};

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio::{
    task::{Id, JoinSet},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{Alerts, Answer, Pace, schedule};
use crate::store::{Attempt, Delivery, DeliveryKind, DeliveryState, Error, Result, Subscription};

/// Deliveries that one endpoint gets in one turn before the others are looked at again.
const TURN: usize = 32;
/// Deliveries that one endpoint gets when everything that is due is tried once: some ten megabytes.
const MAX_AT_ONCE: usize = 64 * 1024;
/// How often due deliveries are looked for at least: other processes may add some, and a clock may be moved by hand.
const POLL: Duration = Duration::from_millis(500);
/// An endpoint that has just failed is left alone for so long, whatever else is due to it; shorter than the first retry.
const REST: SignedDuration = SignedDuration::from_secs(2);
/// Deliveries are noted together as long as none waits longer than this for it: what is not noted is sent once more after a crash.
const NOTE_AFTER: Duration = Duration::from_millis(50);
/// At shutdown, attempts under way get so long to end; one that does not is made again after the restart.
const GRACE: Duration = Duration::from_secs(5);

/// What became of the deliveries that were due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Taken by the receiver.
    pub delivered: u64,
    /// Failed, and to be tried again.
    pub retrying: u64,
    /// Failed for the last time.
    pub exhausted: u64,
    /// Given up because the endpoint was switched off.
    pub dropped: u64,
}

impl Counts {
    fn add(&mut self, state: DeliveryState) {
        match state {
            DeliveryState::Delivered => self.delivered += 1,
            DeliveryState::Pending => self.retrying += 1,
            DeliveryState::Exhausted => self.exhausted += 1,
            DeliveryState::Dropped => self.dropped += 1,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            delivered: self.delivered + other.delivered,
            retrying: self.retrying + other.retrying,
            exhausted: self.exhausted + other.exhausted,
            dropped: self.dropped + other.dropped,
        }
    }
}

/// Which endpoints are being served, and when the others were.
#[derive(Default)]
struct Lanes {
    running: JoinSet<(String, bool)>,
    /// By task, because a task that panics cannot say whose it was.
    busy: HashMap<Id, String>,
    resting: HashMap<String, Timestamp>,
    /// The turn at which an endpoint was last served: the longest unserved goes first.
    turns: HashMap<String, u64>,
    n_turns: u64,
}

impl Lanes {
    /// The endpoints that get nothing now: those that are being served, and those that have just failed.
    fn closed(&self, now: Timestamp) -> Vec<&str> {
        let resting = self.resting.iter().filter(|(_, until)| **until > now).map(|(subscription, _)| subscription);
        self.busy.values().chain(resting).map(String::as_str).collect()
    }

    /// Takes in a lane that has ended.
    fn close(&mut self, ended: std::result::Result<(Id, (String, bool)), tokio::task::JoinError>, now: Timestamp) {
        match ended {
            Ok((id, (subscription, has_failed))) => {
                self.busy.remove(&id);
                self.resting.remove(&subscription);
                if has_failed {
                    self.resting.insert(subscription, now.checked_add(REST).unwrap_or(now));
                }
            }
            Err(error) => {
                let subscription = self.busy.remove(&error.id());
                tracing::error!(subscription.id = subscription, %error, "a delivery task broke");
                if let Some(subscription) = subscription {
                    self.resting.insert(subscription, now.checked_add(REST).unwrap_or(now));
                }
            }
        }
    }
}

impl Alerts {
    /// Delivers until told to stop. Every endpoint has a lane of its own, so that one that drips or hangs delays nobody.
    pub(super) async fn deliver(&self, shutdown: &CancellationToken) {
        let mut lanes = Lanes::default();
        let mut is_down = false;
        while !shutdown.is_cancelled() {
            match self.open_lanes(&mut lanes).await {
                Ok(()) => is_down = false,
                Err(error) if !is_down => {
                    tracing::warn!(%error, "due deliveries cannot be read; trying again until they can");
                    is_down = true;
                }
                Err(_) => {}
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.fanned_out.notified() => {}
                Some(ended) = lanes.running.join_next_with_id() => lanes.close(ended, self.clock.now()),
                () = self.something_due() => {}
            }
        }
        let finish = async { while lanes.running.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, finish).await.is_err() {
            tracing::info!(n_lanes = lanes.running.len(), "attempts cut short; they are made again after the restart");
        }
        lanes.running.shutdown().await;
    }

    /// Returns when the next retry falls due, or after [`POLL`]. What is overdue belongs to a lane that is busy or rests.
    async fn something_due(&self) {
        let next = self.store.deliveries().next_due().await.ok().flatten();
        let left = next.map(|at| at.duration_since(self.clock.now())).filter(SignedDuration::is_positive);
        tokio::time::sleep(left.map_or(POLL, |left| left.unsigned_abs().min(POLL))).await;
    }

    async fn open_lanes(&self, lanes: &mut Lanes) -> Result<()> {
        let n_free = self.n_lanes.saturating_sub(lanes.running.len());
        if n_free == 0 {
            return Ok(());
        }
        let now = self.clock.now();
        self.store.deliveries().gather(now).await?;
        let mut due = self.store.deliveries().subscriptions_due(now, &lanes.closed(now)).await?;
        due.sort_by_key(|subscription| lanes.turns.get(subscription).copied());
        due.truncate(n_free);
        for subscription in due {
            lanes.n_turns += 1;
            lanes.turns.insert(subscription.clone(), lanes.n_turns);
            let (alerts, id) = (self.clone(), subscription.clone());
            let task = lanes.running.spawn(async move {
                let has_failed = alerts.serve_turn(&subscription).await.unwrap_or_else(|error| {
                    tracing::warn!(subscription.id = subscription, %error, "deliveries not read or not noted");
                    true
                });
                (subscription, has_failed)
            });
            lanes.busy.insert(task.id(), id);
        }
        Ok(())
    }

    /// One turn of one lane; ends at the first failure, and says whether there was one.
    async fn serve_turn(&self, subscription: &str) -> Result<bool> {
        let due = self.store.deliveries().due(subscription, self.clock.now(), TURN).await?;
        let is_failing = self.store.deliveries().subscription_by_id(subscription).await?;
        let is_failing = is_failing.is_some_and(|subscription| subscription.failing_since.is_some());
        let mut made = Vec::new();
        let ended = self.serve_all(&due, is_failing, &mut made).await;
        self.store.deliveries().attempted(&made).await?;
        ended
    }

    /// Attempts one after the other, noted some at a time: a commit for each would let a quick receiver wait for the disk.
    /// `made`: those that are not noted yet.
    async fn serve_all(&self, due: &[Delivery], is_failing: bool, made: &mut Vec<(i64, Attempt)>) -> Result<bool> {
        // Of an endpoint that fails the first is noted at once: it may end the time of failures, by which those behind it are judged.
        let mut noted_at = (!is_failing).then(Instant::now);
        for delivery in due {
            let Some(attempt) = self.serve_while_noting(delivery, made, &mut noted_at).await? else { return Ok(false) };
            let is_delivered = attempt.state == DeliveryState::Delivered;
            made.push((delivery.id, attempt));
            if !is_delivered {
                return Ok(true);
            }
            if noted_at.is_none_or(|at: Instant| at.elapsed() >= NOTE_AFTER) {
                self.store.deliveries().attempted(made).await?;
                made.clear();
                noted_at = Some(Instant::now());
            }
        }
        Ok(false)
    }

    /// The same as [`Alerts::serve`]; what was made before and waits to be noted waits no longer than it may, however long the
    /// receiver takes.
    async fn serve_while_noting(
        &self,
        delivery: &Delivery,
        made: &mut Vec<(i64, Attempt)>,
        noted_at: &mut Option<Instant>,
    ) -> Result<Option<Attempt>> {
        let serving = self.serve(delivery);
        tokio::pin!(serving);
        if let Some(at) = noted_at.filter(|_| !made.is_empty()) {
            tokio::select! {
                attempt = &mut serving => return attempt,
                () = sleep_until(at + NOTE_AFTER) => {}
            }
            self.store.deliveries().attempted(made).await?;
            made.clear();
            *noted_at = Some(Instant::now());
        }
        serving.await
    }

    /// One attempt, with the subscription as it is now: its address and secrets may have changed since the one before. None when
    /// it ended or was switched off meanwhile, and what was to be sent to it is not.
    async fn serve(&self, delivery: &Delivery) -> Result<Option<Attempt>> {
        let found = self.store.deliveries().subscription_by_id(&delivery.subscription).await?;
        let is_served = |s: &Subscription| s.disabled.is_none() || delivery.kind == DeliveryKind::Notice;
        let Some(subscription) = found.filter(is_served) else { return Ok(None) };
        let span = tracing::info_span!("deliver", subscription.id = subscription.id, seq = delivery.seq);
        self.attempt(&subscription, delivery).instrument(span).await.map(Some)
    }

    /// Fans out what is new and makes one attempt at everything that is due now. Not beside [`Alerts::run`], which would
    /// send the same once more.
    pub async fn deliver_due_once(&self) -> Result<Counts> {
        self.fan_out().await?;
        self.store.deliveries().gather(self.clock.now()).await?;
        let now = self.clock.now();
        let due = self.store.deliveries().subscriptions_due(now, &[]).await?;
        let lanes = stream::iter(due).map(|subscription| async move {
            let mut counts = Counts::default();
            for delivery in self.store.deliveries().due(&subscription, now, MAX_AT_ONCE).await? {
                let Some(attempt) = self.serve(&delivery).await? else { break };
                counts.add(attempt.state);
                self.store.deliveries().attempted(&[(delivery.id, attempt)]).await?;
            }
            Ok(counts)
        });
        let served: Vec<Result<Counts>> = lanes.buffer_unordered(self.n_lanes).collect().await;
        served.into_iter().try_fold(Counts::default(), |sum, counts| Ok(sum.plus(counts?)))
    }

    /// One attempt, to be noted.
    async fn attempt(&self, subscription: &Subscription, delivery: &Delivery) -> Result<Attempt> {
        let tried = match (delivery.kind, subscription.channel.as_str()) {
            (DeliveryKind::Notice, _) | (_, "email") => self.try_mail(subscription, delivery).await,
            (_, "webhook") => self.try_post(subscription, delivery).await,
            // The stream is open to whoever listens, and replays: what is in the outbox has been delivered there. Here comes only
            // what was to be sent elsewhere before, or once more.
            (_, "sse") => Ok(self.settled(DeliveryState::Delivered, None)),
            (_, other) => Ok(self.settled(DeliveryState::Dropped, Some(format!("channel {other} is not available")))),
        };
        let attempt = match tried {
            Err(error @ Error::Damaged { .. }) => self.unreadable(delivery, &error),
            tried => tried?,
        };
        // Whom a first attempt would not wake, a retry does not wake either.
        let next_at = attempt.next_at.map(|at| Pace::of(subscription).after_quiet(at));
        if let Some(reason) = &attempt.disable {
            tracing::warn!(subscription.id = subscription.id, reason, "subscription switched off");
        }
        Ok(Attempt { next_at, ..attempt })
    }

    fn settled(&self, state: DeliveryState, error: Option<String>) -> Attempt {
        Attempt { at: self.clock.now(), status: None, error, state, next_at: None, is_theirs: false, disable: None }
    }

    /// What cannot be read is tried again later, as if it had been refused, and does not hold up what comes behind it.
    fn unreadable(&self, delivery: &Delivery, error: &Error) -> Attempt {
        let n_attempts = delivery.n_attempts + 1;
        let answer = Answer::failed(format!("cannot be read: {error}"));
        let jitter = schedule::jitter(delivery.id, n_attempts);
        let attempt = schedule::verdict(&answer, n_attempts, None, self.clock.now(), jitter);
        Attempt { is_theirs: false, ..attempt }
    }

    fn nothing_to_tell(&self) -> Attempt {
        self.settled(DeliveryState::Dropped, Some("the event is no longer in the outbox".to_owned()))
    }

    async fn try_post(&self, subscription: &Subscription, delivery: &Delivery) -> Result<Attempt> {
        let Some(message) = self.message(subscription, delivery).await? else { return Ok(self.nothing_to_tell()) };
        let answer = self.sender.send(&message, self.clock.now()).await;
        let n_attempts = delivery.n_attempts + 1;
        let jitter = schedule::jitter(delivery.id, n_attempts);
        Ok(schedule::verdict(&answer, n_attempts, subscription.failing_since, self.clock.now(), jitter))
    }

    async fn try_mail(&self, subscription: &Subscription, delivery: &Delivery) -> Result<Attempt> {
        let Some(answer) = self.mail(subscription, delivery).await? else { return Ok(self.nothing_to_tell()) };
        let n_attempts = delivery.n_attempts + 1;
        let jitter = schedule::jitter(delivery.id, n_attempts);
        Ok(schedule::mail_verdict(&answer, n_attempts, subscription.failing_since, self.clock.now(), jitter))
    }
}
