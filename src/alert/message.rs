use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Alerts, Message, bundle::Bundle};
use crate::{
    domain::{Event, EventBody},
    publish::cloud_event_from,
    store::{Delivery, DeliveryKind, Error, Result, Subscription},
};

/// Bytes of a digest's events; with the envelope it stays under the 64 KiB that CloudEvents 1.0 asks everybody to pass on.
const MAX_EVENTS_BYTES: usize = 48 * 1024;

/// The secrets that sign at `now`: the newest, and until its time is over the one before. One of which no end was noted,
/// from before ends were, signs on.
fn secrets_at(subscription: &Subscription, now: Timestamp) -> Vec<String> {
    let is_rotating = subscription.old_secret_until.is_none_or(|until| now < until);
    let n_valid = if is_rotating { subscription.secrets.len() } else { 1 };
    subscription.secrets.iter().take(n_valid).cloned().collect()
}

impl Alerts {
    /// What a delivery posts; none when its events are no longer in the outbox. The same at every attempt.
    pub(super) async fn message(&self, subscription: &Subscription, delivery: &Delivery) -> Result<Option<Message>> {
        let told = match delivery.kind {
            DeliveryKind::Digest => match self.bundle(delivery.id).await? {
                // A digest of one is that event, under the id it would have had.
                Some(bundle) if bundle.n_events == 1 => bundle.events.first().map(|event| self.envelope(event)),
                Some(bundle) => Some(self.digest(subscription, delivery.id, &bundle)),
                None => None,
            },
            DeliveryKind::Event | DeliveryKind::Notice => {
                self.told(delivery.seq).await?.map(|event| self.envelope(&event))
            }
        };
        Ok(told.map(|(id, event)| self.posted(subscription, id, &event)))
    }

    /// The event that a delivery tells; none when it is no longer in the outbox, and an error when it cannot be read: an alert
    /// that says nothing is not sent, but waits for a program that can read it.
    pub(super) async fn told(&self, seq: i64) -> Result<Option<Event>> {
        let event = self.store.outbox().these(&[seq]).await?.pop();
        match event {
            Some(Event { body: EventBody::Unread { why, .. }, .. }) => Err(Error::Damaged { what: "event", why }),
            Some(event) => self.as_seen(event).await.map(Some),
            None => Ok(None),
        }
    }

    /// An event as subscribers are told of it: each is of one portfolio, and is told no figure over several.
    pub(super) async fn as_seen(&self, event: Event) -> Result<Event> {
        let is_of_all = event.body.has_figures_of_all();
        let are_several = is_of_all && self.store.facts().portfolios().await?.len() > 1;
        Ok(if are_several { event.in_part() } else { event })
    }

    /// A `vedetta.test` event: signed like any other, and no part of the feed.
    pub(super) fn test_message(&self, subscription: &Subscription) -> Message {
        let now = self.clock.now();
        let id = format!("test_{}", now.as_millisecond());
        let event = json!({
            "specversion": "1.0", "id": id, "source": self.source.to_string(), "type": "vedetta.test",
            "time": now.to_string(), "datacontenttype": "application/json",
            "data": { "subscription": subscription.id, "name": subscription.name },
        });
        self.posted(subscription, id, &event)
    }

    fn posted(&self, subscription: &Subscription, id: String, event: &Value) -> Message {
        let secrets = secrets_at(subscription, self.clock.now());
        Message { id, body: event.to_string(), url: subscription.target.clone().unwrap_or_default(), secrets }
    }

    fn envelope(&self, event: &Event) -> (String, Value) {
        (event.seq.to_string(), cloud_event_from(event, &self.glossary, &self.source))
    }

    /// A `vedetta.digest`: the gravest events in full, as many as fit, and the range in which the others are found.
    fn digest(&self, subscription: &Subscription, key: i64, bundle: &Bundle) -> (String, Value) {
        let (mut events, mut n_bytes) = (Vec::new(), 0);
        for event in &bundle.events {
            let (_, event) = self.envelope(event);
            n_bytes += event.to_string().len();
            if n_bytes > MAX_EVENTS_BYTES {
                break;
            }
            events.push(event);
        }
        let id = format!("digest_{key}");
        let newest = bundle.events.iter().map(|event| event.at).max().unwrap_or_default();
        let event = json!({
            "specversion": "1.0", "id": id, "source": self.source.to_string(), "type": "vedetta.digest",
            "time": newest.to_string(), "datacontenttype": "application/json",
            "data": {
                "subscription": subscription.id, "name": subscription.name, "why": bundle.why(),
                "n_events": bundle.n_events, "n_omitted": bundle.n_events - events.len(),
                "first_seq": bundle.ends.0, "last_seq": bundle.ends.1, "events": events,
            },
        });
        (id, event)
    }
}
