use std::str::FromStr;

use jiff::Timestamp;

use super::Deliveries;
use crate::{
    domain::WordError,
    store::{
        Result,
        backend::{Query, Row, Write},
        rows::{Cells, millis},
    },
};

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// Will be tried at `next_at`, or with the digest it is in.
    Pending,
    /// The subscriber has it.
    Delivered,
    /// Every attempt failed.
    Exhausted,
    /// The endpoint was disabled first.
    Dropped,
}

/// What a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryKind {
    /// One event.
    Event,
    /// Several events told in one message.
    Digest,
    /// The message to a subscription's contact that it was switched off; `seq` is the event that says so.
    Notice,
}

/// Why a delivery is not sent by itself but waits to be told together with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Its subscriber's hours are quiet.
    Quiet,
    /// Its subscriber wants one message an hour, or a day.
    Digest,
    /// Too many came at once.
    Storm,
}

/// A closed set of words in the store and on the wire.
macro_rules! words {
    ($set:ident, $what:literal: $($variant:ident = $word:literal),+) => {
        impl $set {
            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl FromStr for $set {
            type Err = WordError;

            fn from_str(text: &str) -> Result<Self, WordError> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(WordError::new($what, text, concat!("must be one of", $(" ", $word),+))),
                }
            }
        }
    };
}

words!(DeliveryState, "delivery state": Pending = "pending", Delivered = "delivered", Exhausted = "exhausted", Dropped = "dropped");
words!(DeliveryKind, "delivery kind": Event = "event", Digest = "digest", Notice = "notice");
words!(Wait, "wait": Quiet = "quiet", Digest = "digest", Storm = "storm");

/// One message on its way to one subscriber, or one event that waits to be in one.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Its key.
    pub id: i64,
    /// To whom.
    pub subscription: String,
    /// The event's seq; also the webhook-id. 0 for a digest.
    pub seq: i64,
    /// What it is.
    pub kind: DeliveryKind,
    /// Why it is told together with others; none for one that is sent by itself.
    pub wait: Option<Wait>,
    /// The digest it was last told in.
    pub digest: Option<i64>,
    /// Where it stands.
    pub state: DeliveryState,
    /// Attempts made.
    pub n_attempts: i64,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
    /// HTTP or SMTP status of the last attempt.
    pub last_status: Option<i64>,
    /// What went wrong in the last attempt.
    pub last_error: Option<String>,
    /// When anything of this changed last.
    pub updated_at: Timestamp,
}

/// What an attempt gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// HTTP or SMTP status, when there was one.
    pub status: Option<i64>,
    /// What went wrong.
    pub error: Option<String>,
    /// Where the delivery stands now.
    pub state: DeliveryState,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
    /// Whether a failure is the receiver's, and counts towards switching it off.
    pub is_theirs: bool,
    /// Why the subscription is to be switched off, if it is.
    pub disable: Option<String>,
}

const DELIVERY: &str = "select d.id, d.subscription, d.seq, d.kind, d.wait, d.digest, d.state, d.n_attempts, d.next_at,
    d.last_status, d.last_error, d.updated_at from delivery d";

fn delivery_of(row: &Row) -> Result<Delivery> {
    let cells = Cells::of("delivery", row);
    Ok(Delivery {
        id: cells.int(0)?,
        subscription: cells.string(1)?,
        seq: cells.int(2)?,
        kind: cells.word(3)?,
        wait: cells.maybe_word(4)?,
        digest: cells.maybe_int(5)?,
        state: cells.word(6)?,
        n_attempts: cells.int(7)?,
        next_at: cells.maybe_instant(8)?,
        last_status: cells.maybe_int(9)?,
        last_error: cells.maybe_string(10)?,
        updated_at: cells.instant(11)?,
    })
}

fn sql(rest: &str) -> String {
    format!("{DELIVERY} {rest}")
}

impl Deliveries<'_> {
    /// Subscriptions to which a message is due at `at`, without those named in `but`. One that is off has only its notice sent,
    /// which says that it is; what waits to be told together is not looked at. However much is due to one of them, it is asked
    /// for a single row.
    pub async fn subscriptions_due(&self, at: Timestamp, but: &[&str]) -> Result<Vec<String>> {
        let sql = "select s.id from subscription s
             where s.disabled is null and s.id not in (select value from json_each($1))
               and exists (select 1 from delivery d where d.subscription = s.id
                   and d.state = 'pending' and d.wait is null and d.next_at <= $2)
             union
             select d.subscription from delivery d
             where d.state = 'pending' and d.wait is null and d.kind = 'notice' and d.next_at <= $2
               and d.subscription not in (select value from json_each($1))";
        let query = Query::new(sql).bind(serde_json::json!(but).to_string()).bind(millis(at));
        self.0.all(query).await?.iter().map(|row| Cells::of("delivery", row).string(0)).collect()
    }

    /// The `limit` messages that have been due to a subscription for longest at `at`, in order of `seq`. The notice that it was
    /// switched off is sent although it is.
    pub async fn due(&self, subscription: &str, at: Timestamp, limit: usize) -> Result<Vec<Delivery>> {
        let rest = "join subscription s on s.id = d.subscription
             where d.subscription = $1 and d.state = 'pending' and d.wait is null and d.next_at <= $2
               and (s.disabled is null or d.kind = 'notice') order by d.next_at, d.id limit $3";
        let query = Query::new(sql(rest)).bind(subscription).bind(millis(at));
        let rows = self.0.all(query.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
        let mut due: Vec<Delivery> = rows.iter().map(delivery_of).collect::<Result<_>>()?;
        due.sort_by_key(|delivery| delivery.seq);
        Ok(due)
    }

    /// When the next one is due, by itself or with others.
    pub async fn next_due(&self) -> Result<Option<Timestamp>> {
        let sql = "select min(d.next_at) from delivery d join subscription s on s.id = d.subscription
             where d.state = 'pending' and (s.disabled is null or d.kind = 'notice')";
        let row = self.0.one(Query::new(sql)).await?;
        row.map_or(Ok(None), |row| Cells::of("delivery", &row).maybe_instant(0))
    }

    /// Notes attempts, each with the key of its delivery, in one transaction.
    pub async fn attempted(&self, attempts: &[(i64, Attempt)]) -> Result<()> {
        if attempts.is_empty() {
            return Ok(());
        }
        let mut write = self.0.write().await?;
        write.is_about_nothing();
        for (delivery, attempt) in attempts {
            write.note_attempt(*delivery, attempt).await?;
        }
        write.commit().await
    }

    /// Deliveries of a subscription, newest first, with keys below `before`.
    pub async fn of(&self, subscription: &str, before: Option<i64>, limit: usize) -> Result<Vec<Delivery>> {
        let rest = "where d.subscription = $1 and d.id < $2 order by d.id desc limit $3";
        let query = Query::new(sql(rest)).bind(subscription).bind(before.unwrap_or(i64::MAX));
        let rows = self.0.all(query.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
        rows.iter().map(delivery_of).collect()
    }

    /// Makes one due again, now and by itself, with its attempts counted anew.
    pub async fn redeliver(&self, subscription: &str, delivery: i64, at: Timestamp) -> Result<bool> {
        let sql = "update delivery set state = 'pending', wait = null, n_attempts = 0, next_at = $1, updated_at = $1
             where id = $2 and subscription = $3";
        Ok(self.0.execute(Query::new(sql).bind(millis(at)).bind(delivery).bind(subscription)).await? > 0)
    }

    /// Messages of which every attempt failed, with keys above `after`, oldest first, at most `limit`. Events that were told in a
    /// digest are sent again with it.
    pub async fn exhausted(&self, after: i64, limit: usize) -> Result<Vec<Delivery>> {
        let rest = "where d.state = 'exhausted' and d.wait is null and d.id > $1 order by d.id limit $2";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = self.0.all(Query::new(sql(rest)).bind(after).bind(limit)).await?;
        rows.iter().map(delivery_of).collect()
    }

    /// A delivery by its key.
    pub async fn one(&self, id: i64) -> Result<Option<Delivery>> {
        let row = self.0.one(Query::new(sql("where d.id = $1")).bind(id)).await?;
        row.map(|row| delivery_of(&row)).transpose()
    }

    /// How many events were delivered in all.
    pub async fn n_delivered(&self) -> Result<i64> {
        let sql = "select count(*) from delivery where state = 'delivered' and kind = 'event'";
        Ok(self.0.number(Query::new(sql)).await?.unwrap_or(0))
    }
}

impl Write<'_> {
    /// The new state of a delivery and of those told in it, since when its subscription fails, and whether that is switched
    /// off, which drops whatever else waited for it and is announced. A delivery that went meanwhile is passed over.
    async fn note_attempt(&mut self, delivery: i64, attempt: &Attempt) -> Result<()> {
        let note = "update delivery set state = $1, n_attempts = n_attempts + 1, next_at = $2, last_status = $3,
             last_error = $4, updated_at = $5 where id = $6 returning subscription, kind";
        let share = "update delivery set state = $1, n_attempts = n_attempts + 1, last_status = $2, last_error = $3,
             updated_at = $4 where digest = $5 and wait is not null";
        let health = "update subscription set
             failing_since = case when $1 = 1 then null when $2 = 1 then coalesce(failing_since, $3) else failing_since end
             where id = $4 and (failing_since is not null or $1 = 0)";
        let at = millis(attempt.at);
        let (state, error) = (attempt.state.as_str(), attempt.error.as_deref());
        let next_at = attempt.next_at.filter(|_| attempt.state == DeliveryState::Pending).map(millis);
        let query = Query::new(note).bind(state).bind(next_at).bind(attempt.status).bind(error);
        let Some(row) = self.one(query.bind(at).bind(delivery)).await? else { return Ok(()) };
        let cells = Cells::of("delivery", &row);
        let (subscription, kind) = (cells.string(0)?, cells.word::<DeliveryKind>(1)?);
        if kind == DeliveryKind::Digest {
            let query = Query::new(share).bind(state).bind(attempt.status).bind(error).bind(at).bind(delivery);
            self.execute(query).await?;
        }
        if kind != DeliveryKind::Notice {
            let is_delivered = attempt.state == DeliveryState::Delivered;
            let query = Query::new(health).bind(is_delivered).bind(attempt.is_theirs).bind(at);
            self.execute(query.bind(subscription.as_str())).await?;
            if let Some(reason) = &attempt.disable {
                self.switch_off(&subscription, reason, attempt.at).await?;
            }
        }
        Ok(())
    }
}
