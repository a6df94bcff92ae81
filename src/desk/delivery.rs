//! What was sent to a subscriber, and sending it again.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{Caller, Desk, Error, Result, Slice};
use crate::{
    alert::{Alerts, Conditions, Span, replay},
    store::Delivery,
};

/// Events that may be recovered in one go: what a subscriber misses in some bad days.
const MAX_RECOVERED: i64 = 100_000;
/// How many events before the range are looked at, so that falls that began before it are known as such.
const RUN_UP: i64 = 50_000;

/// How a test went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TestView {
    /// Whether the receiver took it (any 2xx).
    pub delivered: bool,
    /// The HTTP status or the reply code of the mail server, when there was an answer.
    pub status: Option<u16>,
    /// Why it was not taken, in a few words.
    pub error: Option<String>,
}

/// Who sends test events.
#[derive(Debug, Clone)]
pub struct Tester(Alerts);

impl From<Alerts> for Tester {
    fn from(alerts: Alerts) -> Self {
        Self(alerts)
    }
}

/// A message on its way to a subscriber, or an event that waits to be in one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DeliveryView {
    /// Its number.
    pub id: i64,
    /// The event's `seq`, also the webhook-id; 0 for a digest.
    pub seq: i64,
    /// `event`, `digest` or `notice` (that the subscription was switched off).
    pub kind: String,
    /// Why the event is told together with others: `quiet`, `digest` or `storm`; null when it is sent by itself.
    pub wait: Option<String>,
    /// The number of the digest it was told in.
    pub digest: Option<i64>,
    /// `pending`, `delivered`, `exhausted` or `dropped`.
    pub state: String,
    /// Attempts made.
    pub attempts: i64,
    /// When it is tried again.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
    /// What the receiver answered last.
    pub last_status: Option<i64>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id,
            seq: delivery.seq,
            kind: delivery.kind.as_str().to_owned(),
            wait: delivery.wait.map(|wait| wait.as_str().to_owned()),
            digest: delivery.digest,
            state: delivery.state.as_str().to_owned(),
            attempts: delivery.n_attempts,
            next_at: delivery.next_at,
            last_status: delivery.last_status,
            last_error: delivery.last_error,
            updated_at: delivery.updated_at,
        }
    }
}

/// Which events a subscriber missed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecoverInput {
    /// Events after this `seq`.
    #[schema(minimum = 0)]
    pub after: i64,
    /// And up to this one; to the newest when left out.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub until: Option<i64>,
    /// Whether what was delivered is sent once more, too.
    #[serde(default)]
    pub again: bool,
}

/// What is on its way again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RecoveredView {
    /// How many events are sent, each by itself; a digest whose next attempt is brought forward is one.
    pub recovered: u64,
}

impl Desk {
    /// Sends the receiver a test at once, signed like any other or by mail, and says what came back.
    pub async fn test_subscription(&self, caller: &Caller, id: &str, tester: &Tester) -> Result<TestView> {
        let (subscription, _) = self.own(caller, id).await?;
        let answer = tester.0.test(&subscription).await;
        Ok(TestView { delivered: answer.is_success(), status: answer.status, error: answer.error })
    }

    /// What was sent to a subscriber, newest first, before `before`.
    pub async fn deliveries(
        &self,
        caller: &Caller,
        id: &str,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Slice<DeliveryView>> {
        let (subscription, _) = self.own(caller, id).await?;
        let found = self.store.deliveries().of(&subscription.id, before, limit + 1).await?;
        let next = (found.len() > limit).then(|| found[limit - 1].id);
        Ok(Slice { items: found.into_iter().take(limit).map(DeliveryView::from).collect(), next })
    }

    /// Sends something again.
    pub async fn redeliver(&self, caller: &Caller, id: &str, delivery: i64) -> Result<()> {
        let (subscription, _) = self.own(caller, id).await?;
        let (deliveries, now) = (self.store.deliveries(), self.clock.now());
        let again = deliveries.redeliver(&subscription.id, delivery, now);
        let was_there = self.noted(caller, ("delivery.repeated", id), &json!({ "delivery": delivery }), again).await?;
        was_there.then_some(()).ok_or(Error::NotFound("delivery"))
    }

    /// Sends what a subscriber missed in a range of events: what was given up, what its conditions would have told it
    /// while it was off, and at once what a failed attempt has made wait for the next one. The recorded events are held against the present conditions from before the range on.
    pub async fn recover(&self, caller: &Caller, id: &str, input: RecoverInput) -> Result<RecoveredView> {
        let (subscription, _) = self.own(caller, id).await?;
        if subscription.disabled.is_some() {
            return Err(Error::invalid("", "the subscription is off: switch it on first"));
        }
        let newest = self.store.outbox().last_seq().await?;
        let until = input.until.unwrap_or(newest).min(newest);
        if input.after < 0 || input.until.is_some_and(|until| until <= input.after) {
            return Err(Error::invalid("/until", "must be a number of an event behind `after`, which is 0 or more"));
        }
        if until - input.after > MAX_RECOVERED {
            let why = format!("must be within {MAX_RECOVERED} of `after`: recover a longer range in pieces");
            return Err(Error::invalid("/until", why));
        }
        let conditions = Conditions::of(&subscription).map_err(|why| Error::invalid("", why))?;
        let begun = self.store.outbox().last_before(subscription.created_at).await?;
        let after = begun.max(input.after - RUN_UP);
        let span = Span { after, until, since: Timestamp::MIN };
        let fired = replay(&self.store, subscription.portfolio, &conditions, span, 0).await?;
        let (range, now) = ((input.after, until), self.clock.now());
        let recovered = self.store.deliveries().recover(&subscription.id, range, &fired.seqs, input.again, now).await?;
        let details = json!({ "after": input.after, "until": until, "again": input.again, "recovered": recovered });
        self.note(caller, "deliveries.recovered", id, &details).await?;
        Ok(RecoveredView { recovered })
    }
}
