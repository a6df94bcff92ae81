//! Outbox in, subscribers told: matching, episodes, gathering, signing, retrying.
//!
//! [`Alerts`] reads the outbox after its own checkpoint, matches every event with the subscriptions ([`Conditions`],
//! [`tell`]), and writes what is to be sent and when ([`Pace`]); a second loop posts it, signed as Standard Webhooks 1.0
//! says, or mails it, and tries again on a fixed schedule until it is delivered or visibly exhausted. [`replay()`] answers
//! what conditions would have fired on.
//!
//! # Why
//!
//! *Why not from the Redis stream?* An alert must not be lost with a Redis that was killed. Events, deliveries and
//! attempts are rows in the database; a delivery is written in the transaction that moves the checkpoint.
//!
//! *Which order?* Each endpoint has one lane, and a lane goes by `seq`. A delivery that failed waits for its retry and
//! those behind it go on: a receiver that needs the order of one client's steps has `client_seq` in every event, and may
//! see an older step after a newer one only when it refused the older one itself. Every message may come twice, with the
//! same `webhook-id`: a process that dies between the answer and its note makes the attempt again.
//!
//! *Why lanes and not one queue?* A receiver that drips a byte a second holds its own lane until the deadline, and no
//! other. Lanes are opened longest-unserved first, so that the backlog of a dead endpoint starves nobody.
//!
//! *Why is a digest a delivery of its own?* It has an id, attempts and an end like any message. What is in it is settled
//! when it is made, so that every attempt says the same under the same id; the events in it share its fate, and each can
//! still be sent again by itself.
//!
//! *When is it a storm?* When a subscription gets more alerts within a window than its reader can take: what was not sent
//! yet waits for the end of the window and comes as one message. A person takes so many in all; a program takes whatever it
//! answers in time, so that of its alerts those are counted that it has not taken. Nothing waits in quiet weather, because
//! the first alerts of a storm look like any others; those that have left by then are not called back.
//!
//! *Why is a preview not a query?* Conditions and episodes are one piece of code, and a count by SQL would be a second
//! opinion. The recorded events are taken through the same code again.
//!
//! *What is an alert on the stream?* The stream replays every event to whoever listens, so a subscription to it has
//! nothing to send: its deliveries are written as delivered, and say which events the subscription called alerts.

mod bundle;
mod conditions;
mod episode;
mod fan_out;
mod guard;
mod lanes;
mod mail;
mod message;
mod pace;
mod replay;
mod schedule;
mod sectors;
mod settings;
mod storm;
mod webhook;

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub use conditions::{ConditionError, Conditions, When};
pub use episode::{Episode, Told, tell};
pub use guard::Guard;
pub use lanes::Counts;
use mail::Mailer;
pub use mail::{Mail, MailError, MailSettings, check_address, is_genuine, subscription_in};
pub use pace::{Pace, QuietHours, time_zone};
pub use replay::{Fired, Span, replay};
pub use schedule::{jitter, mail_verdict, next_attempt, verdict};
pub use settings::Settings;
use storm::Weather;
pub use webhook::{Answer, Message, Sender, sign};

use crate::{
    clock::Clock,
    domain::{Event, Glossary, Nace, PortfolioId},
    publish::EventSource,
    store::{Store, Subscription},
};

/// How often the outbox is looked at when no commit of this process says that there is news: other processes write too.
const POLL: Duration = Duration::from_secs(2);
/// The wait after the store did not answer.
const STORE_WAIT: Duration = Duration::from_secs(1);
/// Bytes of a signing secret; Standard Webhooks asks for 24 to 64.
const SECRET_BYTES: usize = 32;

/// Why alerts cannot be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A setting is out of its limits.
    #[error("{0}")]
    Settings(String),
    /// The HTTP client could not be made: no certificates, no TLS.
    #[error("the client for webhooks cannot be made: {0}")]
    Client(#[from] reqwest::Error),
    /// The client of the mail server could not be made: no TLS.
    #[error("the client of the mail server cannot be made: {0}")]
    Mail(String),
}

/// The alerts of the house; cheap to clone.
#[derive(Debug, Clone)]
pub struct Alerts {
    store: Store,
    clock: Clock,
    glossary: Glossary,
    source: EventSource,
    sender: Sender,
    mailer: Option<Mailer>,
    weather: Weather,
    n_lanes: usize,
    fanned_out: Arc<Notify>,
}

impl Alerts {
    /// Checks the settings and makes the client; sends nothing yet.
    pub fn new(store: Store, clock: Clock, glossary: Glossary, settings: &Settings) -> Result<Self, Error> {
        let checked = settings.check()?;
        let sender = Sender::new(checked.guard, checked.deadline)?;
        Ok(Self {
            store,
            clock,
            glossary,
            source: checked.source,
            sender,
            mailer: None,
            weather: checked.weather,
            n_lanes: checked.n_lanes,
            fanned_out: Arc::default(),
        })
    }

    /// The same with a mail server; without one, deliveries by mail fail and say so.
    pub fn with_mail(self, mail: Option<&Mail>) -> Result<Self, Error> {
        Ok(Self { mailer: mail.map(Mailer::new).transpose().map_err(Error::Mail)?, ..self })
    }

    /// The CloudEvents `source` of what it sends, which is that of the house.
    pub fn source(&self) -> &EventSource {
        &self.source
    }

    /// Fans out and delivers until told to stop.
    pub async fn run(&self, shutdown: CancellationToken) {
        tokio::join!(self.fan_out_as_events_come(&shutdown), self.deliver(&shutdown));
    }

    async fn fan_out_as_events_come(&self, shutdown: &CancellationToken) {
        let mut news = self.store.outbox().watch();
        let mut is_down = false;
        while !shutdown.is_cancelled() {
            news.mark_unchanged();
            let wait = match self.fan_out().await {
                Ok(n_deliveries) => {
                    if n_deliveries > 0 {
                        self.fanned_out.notify_one();
                    }
                    is_down = false;
                    POLL
                }
                Err(error) => {
                    if !std::mem::replace(&mut is_down, true) {
                        tracing::warn!(%error, "events cannot be matched with subscriptions; trying again until they can");
                    }
                    STORE_WAIT
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                Ok(()) = news.changed() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Sends a test at once, and says what came back: a `vedetta.test` event, signed like any other, or a mail. It is no
    /// part of the feed, and leaves no delivery behind.
    pub async fn test(&self, subscription: &Subscription) -> Answer {
        match subscription.channel.as_str() {
            "webhook" => self.sender.send(&self.test_message(subscription), self.clock.now()).await,
            "email" => self.mail_test(subscription).await,
            other => Answer::failed(format!("channel {other} has no address to test")),
        }
    }
}

/// Whether an event, taken alone, is one the subscriber asked for. `sector`: the client's. Conditions that cannot be
/// read match nothing.
pub fn matches(when: &When, event: &Event, sector: Option<Nace>) -> bool {
    when.parse().is_ok_and(|conditions| conditions.matches(event, sector))
}

/// Why a webhook address is refused, if it is. Asks no name server: names are checked again when they are connected to.
pub fn check_url(url: &url::Url, allow_private: bool) -> Result<(), String> {
    Guard::new(allow_private, []).check(url)
}

/// A new signing secret, `whsec_…`.
pub fn new_secret() -> String {
    format!("whsec_{}", STANDARD.encode(rand::random::<[u8; SECRET_BYTES]>()))
}

/// What a new portfolio starts with: any drop, on the stream. Its id follows from the portfolio, so that making it twice
/// conflicts with itself instead of alerting twice.
pub fn default_subscription(portfolio: PortfolioId, now: Timestamp) -> Subscription {
    Subscription {
        id: format!("sub_default_{}", portfolio.get()),
        portfolio,
        name: "any drop".to_owned(),
        channel: "sse".to_owned(),
        target: None,
        digest: "none".to_owned(),
        when: serde_json::json!(When::default().spelled_out()).to_string(),
        quiet: None,
        time_zone: "UTC".to_owned(),
        storm: "digest".to_owned(),
        contact: None,
        secrets: Vec::new(),
        old_secret_until: None,
        locale: "en".to_owned(),
        created_at: now,
        disabled: None,
        failing_since: None,
    }
}
