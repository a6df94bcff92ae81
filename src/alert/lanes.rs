use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{Alerts, Pace, schedule};
use crate::store::{Attempt, Delivery, DeliveryKind, DeliveryState, Result, Subscription};

/// Deliveries that one endpoint gets in one turn before the others are looked at again.
const TURN: usize = 32;
/// Rows asked of the store at first; more when a single endpoint's backlog fills them.
const WINDOW: usize = 512;
/// Never more: some ten megabytes.
const MAX_WINDOW: usize = 64 * 1024;
/// How often due deliveries are looked for at least: other processes may add some, and a clock may be moved by hand.
const POLL: Duration = Duration::from_millis(500);
/// An endpoint that has just failed is left alone for so long, whatever else is due to it; shorter than the first retry.
const REST: SignedDuration = SignedDuration::from_secs(2);
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

/// What is due to one endpoint, in order of `seq`.
type Lane = (Arc<Subscription>, Vec<Delivery>);

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
    fn is_free(&self, subscription: &str, now: Timestamp) -> bool {
        !self.busy.values().any(|busy| busy == subscription)
            && self.resting.get(subscription).is_none_or(|until| *until <= now)
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
                // Another look: a backlog of the lanes just opened may have hidden others.
                Ok(n_opened) if n_opened > 0 => continue,
                Ok(_) => is_down = false,
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

    async fn open_lanes(&self, lanes: &mut Lanes) -> Result<usize> {
        let n_free = self.n_lanes.saturating_sub(lanes.running.len());
        if n_free == 0 {
            return Ok(0);
        }
        let now = self.clock.now();
        self.store.deliveries().gather(now).await?;
        let mut due = self.due(now, |subscription| lanes.is_free(subscription, now)).await?;
        due.sort_by_key(|(subscription, _)| lanes.turns.get(&subscription.id).copied());
        due.truncate(n_free);
        let n_opened = due.len();
        for (subscription, mut deliveries) in due {
            deliveries.truncate(TURN);
            lanes.n_turns += 1;
            lanes.turns.insert(subscription.id.clone(), lanes.n_turns);
            let (alerts, id) = (self.clone(), subscription.id.clone());
            let task = lanes.running.spawn(async move {
                let has_failed = alerts.serve_turn(&subscription, &deliveries).await;
                (subscription.id.clone(), has_failed)
            });
            lanes.busy.insert(task.id(), id);
        }
        Ok(n_opened)
    }

    /// One turn of one lane; ends at the first failure, and says whether there was one.
    async fn serve_turn(&self, subscription: &Subscription, deliveries: &[Delivery]) -> bool {
        for delivery in deliveries {
            let span = tracing::info_span!("deliver", subscription.id = subscription.id, seq = delivery.seq);
            match self.attempt(subscription, delivery).instrument(span).await {
                Ok(DeliveryState::Delivered) => {}
                Ok(_) => return true,
                Err(error) => {
                    tracing::warn!(subscription.id = subscription.id, seq = delivery.seq, %error, "delivery not noted");
                    return true;
                }
            }
        }
        false
    }

    /// Fans out what is new and makes one attempt at everything that is due now. Not beside [`Alerts::run`], which would
    /// send the same once more.
    pub async fn deliver_due_once(&self) -> Result<Counts> {
        self.fan_out().await?;
        self.store.deliveries().gather(self.clock.now()).await?;
        let due = self.due_all(self.clock.now()).await?;
        let lanes = stream::iter(due).map(|(subscription, deliveries)| async move {
            let mut counts = Counts::default();
            for delivery in &deliveries {
                let state = self.attempt(&subscription, delivery).await?;
                counts.add(state);
                if state == DeliveryState::Dropped {
                    break;
                }
            }
            Ok(counts)
        });
        let served: Vec<Result<Counts>> = lanes.buffer_unordered(self.n_lanes).collect().await;
        served.into_iter().try_fold(Counts::default(), |sum, counts| Ok(sum.plus(counts?)))
    }

    /// What is due at `now` to the endpoints that are free, looking further while only busy ones are in sight.
    async fn due(&self, now: Timestamp, is_free: impl Fn(&str) -> bool) -> Result<Vec<Lane>> {
        let mut limit = WINDOW;
        loop {
            let due = self.store.deliveries().due(now, limit).await?;
            let is_all = due.len() < limit || limit >= MAX_WINDOW;
            let free: Vec<Delivery> = due.into_iter().filter(|delivery| is_free(&delivery.subscription)).collect();
            if is_all || !free.is_empty() {
                return self.by_subscription(free).await;
            }
            limit *= 4;
        }
    }

    async fn due_all(&self, now: Timestamp) -> Result<Vec<Lane>> {
        let due = self.store.deliveries().due(now, MAX_WINDOW).await?;
        self.by_subscription(due).await
    }

    async fn by_subscription(&self, due: Vec<Delivery>) -> Result<Vec<Lane>> {
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let mut lanes: BTreeMap<String, Vec<Delivery>> = BTreeMap::new();
        for delivery in due {
            lanes.entry(delivery.subscription.clone()).or_default().push(delivery);
        }
        let subscriptions = self.store.deliveries().subscriptions(None).await?;
        let of = |subscription: Subscription| {
            let mut deliveries = lanes.remove(&subscription.id)?;
            deliveries.sort_by_key(|delivery| delivery.seq);
            Some((Arc::new(subscription), deliveries))
        };
        Ok(subscriptions.into_iter().filter_map(of).collect())
    }

    /// One attempt, noted.
    async fn attempt(&self, subscription: &Subscription, delivery: &Delivery) -> Result<DeliveryState> {
        let attempt = match (delivery.kind, subscription.channel.as_str()) {
            (DeliveryKind::Notice, _) | (_, "email") => self.try_mail(subscription, delivery).await?,
            (_, "webhook") => self.try_post(subscription, delivery).await?,
            // The stream is open to whoever listens, and replays: what is in the outbox has been delivered there.
            (_, "sse") => self.settled(DeliveryState::Delivered, None),
            (_, other) => self.settled(DeliveryState::Dropped, Some(format!("channel {other} is not available"))),
        };
        // Whom a first attempt would not wake, a retry does not wake either.
        let next_at = attempt.next_at.map(|at| Pace::of(subscription).after_quiet(at));
        let attempt = Attempt { next_at, ..attempt };
        self.store.deliveries().attempted(delivery.id, &attempt).await?;
        if let Some(reason) = &attempt.disable {
            tracing::warn!(subscription.id = subscription.id, reason, "subscription switched off");
        }
        Ok(attempt.state)
    }

    fn settled(&self, state: DeliveryState, error: Option<String>) -> Attempt {
        Attempt { at: self.clock.now(), status: None, error, state, next_at: None, is_theirs: false, disable: None }
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
