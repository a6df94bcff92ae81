use std::str::FromStr;

use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;

use super::{
    Result, Store,
    backend::json_list,
    rows::{Cells, millis},
};
use crate::domain::{ClientId, PortfolioId, WordError};

/// Subscriptions, and what was sent to whom.
#[derive(Debug)]
pub struct Deliveries<'a>(pub(super) &'a Store);

/// A subscription as stored: its conditions are alert's JSON, opaque here.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    /// `sub_…`.
    pub id: String,
    /// Whose.
    pub portfolio: PortfolioId,
    /// What its owner calls it.
    pub name: String,
    /// `webhook`, `email`, `sse`.
    pub channel: String,
    /// The URL, for a webhook.
    pub target: Option<String>,
    /// The `when` part, as JSON text.
    pub when: String,
    /// Signing secrets, newest first (`whsec_…`).
    pub secrets: Vec<String>,
    /// Language of the texts sent.
    pub locale: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Off, and why.
    pub disabled: Option<String>,
    /// Failing since.
    pub failing_since: Option<Timestamp>,
}

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// Will be tried at `next_at`.
    Pending,
    /// The subscriber has it.
    Delivered,
    /// Every attempt failed.
    Exhausted,
    /// The endpoint was disabled first.
    Dropped,
}

impl DeliveryState {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Exhausted => "exhausted",
            Self::Dropped => "dropped",
        }
    }
}

impl FromStr for DeliveryState {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        match text {
            "pending" => Ok(Self::Pending),
            "delivered" => Ok(Self::Delivered),
            "exhausted" => Ok(Self::Exhausted),
            "dropped" => Ok(Self::Dropped),
            _ => Err(WordError::new("delivery state", text, "must be one of pending, delivered, exhausted, dropped")),
        }
    }
}

/// One event on its way to one subscriber.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Its key.
    pub id: i64,
    /// To whom.
    pub subscription: String,
    /// The event's seq; also the webhook-id. 0 for a test.
    pub seq: i64,
    /// Where it stands.
    pub state: DeliveryState,
    /// Attempts made.
    pub n_attempts: i64,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
    /// HTTP status of the last attempt.
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
    /// HTTP status, when there was one.
    pub status: Option<i64>,
    /// What went wrong.
    pub error: Option<String>,
    /// Where the delivery stands now.
    pub state: DeliveryState,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
    /// Why the subscription is to be switched off, if it is.
    pub disable: Option<String>,
}

const SUBSCRIPTION: &str =
    "select id, portfolio, name, channel, target, conditions, secrets, locale, created_at, disabled,
    failing_since from subscription";

const DELIVERY: &str =
    "select d.id, d.subscription, d.seq, d.state, d.n_attempts, d.next_at, d.last_status, d.last_error,
    d.updated_at from delivery d";

fn subscription_of(row: &SqliteRow) -> Result<Subscription> {
    let cells = Cells::of("subscription", row);
    Ok(Subscription {
        id: cells.string(0)?,
        portfolio: PortfolioId::new(cells.int(1)?),
        name: cells.string(2)?,
        channel: cells.string(3)?,
        target: cells.maybe_string(4)?,
        when: cells.string(5)?,
        secrets: cells.text(6)?.lines().map(str::to_owned).collect(),
        locale: cells.string(7)?,
        created_at: cells.instant(8)?,
        disabled: cells.maybe_string(9)?,
        failing_since: cells.maybe_instant(10)?,
    })
}

fn delivery_of(row: &SqliteRow) -> Result<Delivery> {
    let cells = Cells::of("delivery", row);
    Ok(Delivery {
        id: cells.int(0)?,
        subscription: cells.string(1)?,
        seq: cells.int(2)?,
        state: cells.word(3)?,
        n_attempts: cells.int(4)?,
        next_at: cells.maybe_instant(5)?,
        last_status: cells.maybe_int(6)?,
        last_error: cells.maybe_string(7)?,
        updated_at: cells.instant(8)?,
    })
}

fn sql(select: &str, rest: &str) -> sqlx::AssertSqlSafe<String> {
    sqlx::AssertSqlSafe(format!("{select} {rest}"))
}

fn list(portfolios: &[PortfolioId]) -> String {
    json_list(portfolios.iter().map(|p| p.get()))
}

impl Deliveries<'_> {
    /// Writes a new subscription; [`super::Error::Conflict`] when its id is taken.
    pub async fn subscribe(&self, s: &Subscription) -> Result<()> {
        let sql =
            "insert into subscription (name, channel, target, conditions, secrets, locale, disabled, failing_since,
             id, portfolio, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        self.0.execute(bind(sqlx::query(sql), s).bind(millis(s.created_at))).await.map(drop)
    }

    /// Replaces one of the same id and portfolio; false when there is none. What it was made at stays.
    pub async fn update(&self, s: &Subscription) -> Result<bool> {
        let sql = "update subscription set name = $1, channel = $2, target = $3, conditions = $4, secrets = $5,
             locale = $6, disabled = $7, failing_since = $8 where id = $9 and portfolio = $10";
        Ok(self.0.execute(bind(sqlx::query(sql), s)).await? > 0)
    }

    /// Takes it out, with its deliveries.
    pub async fn unsubscribe(&self, portfolios: &[PortfolioId], id: &str) -> Result<bool> {
        let sql = "delete from subscription where id = $1 and portfolio in (select value from json_each($2))";
        Ok(self.0.execute(sqlx::query(sql).bind(id).bind(list(portfolios))).await? > 0)
    }

    /// One.
    pub async fn subscription(&self, portfolios: &[PortfolioId], id: &str) -> Result<Option<Subscription>> {
        let query = sqlx::query(sql(SUBSCRIPTION, "where id = $1 and portfolio in (select value from json_each($2))"));
        self.0.one(query.bind(id).bind(list(portfolios))).await?.as_ref().map(subscription_of).transpose()
    }

    /// All of these portfolios, oldest first; `None` means every one.
    pub async fn subscriptions(&self, portfolios: Option<&[PortfolioId]>) -> Result<Vec<Subscription>> {
        let rest = "where $1 is null or portfolio in (select value from json_each($1)) order by created_at, id";
        let query = sqlx::query(sql(SUBSCRIPTION, rest)).bind(portfolios.map(list));
        self.0.all(query).await?.iter().map(subscription_of).collect()
    }

    /// Writes the deliveries that events up to `up_to` ask for, the episode states, and moves the `alert` checkpoint, in
    /// one transaction. Repeating it changes nothing. Subscriptions that went meanwhile are passed over.
    pub async fn fan_out(
        &self,
        up_to: i64,
        deliveries: &[(String, i64)],
        episodes: &[(String, ClientId, String)],
        at: Timestamp,
    ) -> Result<()> {
        let deliver = "insert into delivery (subscription, seq, state, next_at, updated_at)
             select id, $1, 'pending', $2, $2 from subscription where id = $3
             on conflict (subscription, seq) where seq > 0 do nothing";
        let remember =
            "insert into episode (subscription, client, state) select id, $1, $2 from subscription where id = $3
             on conflict (subscription, client) do update set state = excluded.state";
        let mut write = self.0.write().await?;
        let done = write.number(sqlx::query("select seq from checkpoint where relay = 'alert'")).await?;
        if done >= up_to {
            return write.roll_back().await;
        }
        for (subscription, seq) in deliveries.iter().filter(|(_, seq)| *seq > done) {
            let query = sqlx::query(deliver).bind(*seq).bind(millis(at)).bind(subscription.as_str());
            write.execute(query).await?;
        }
        for (subscription, client, state) in episodes {
            let query = sqlx::query(remember).bind(client.get()).bind(state.as_str()).bind(subscription.as_str());
            write.execute(query).await?;
        }
        write.set_checkpoint("alert", up_to).await?;
        write.commit().await
    }

    /// Makes a test delivery (`seq` 0), due at once; answers its key, or none when there is no such subscription.
    pub async fn put_test(&self, subscription: &str, at: Timestamp) -> Result<Option<i64>> {
        let sql = "insert into delivery (subscription, seq, state, next_at, updated_at)
             select id, 0, 'pending', $1, $1 from subscription where id = $2 returning id";
        let mut write = self.0.write().await?;
        let row = write.one(sqlx::query(sql).bind(millis(at)).bind(subscription)).await?;
        write.commit().await?;
        row.map(|row| Cells::of("delivery", &row).int(0)).transpose()
    }

    /// The state of a drop episode (alert's JSON), per subscription and client.
    pub async fn episode(&self, subscription: &str, client: ClientId) -> Result<Option<String>> {
        let sql = "select state from episode where subscription = $1 and client = $2";
        let row = self.0.one(sqlx::query(sql).bind(subscription).bind(client.get())).await?;
        row.map(|row| Cells::of("episode", &row).string(0)).transpose()
    }

    /// Deliveries due at `at`, oldest first, at most `limit`, of subscriptions that are on.
    pub async fn due(&self, at: Timestamp, limit: usize) -> Result<Vec<Delivery>> {
        let rest = "join subscription s on s.id = d.subscription
             where d.state = 'pending' and d.next_at <= $1 and s.disabled is null order by d.next_at, d.id limit $2";
        let query = sqlx::query(sql(DELIVERY, rest)).bind(millis(at));
        let rows = self.0.all(query.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
        rows.iter().map(delivery_of).collect()
    }

    /// When the next one is due.
    pub async fn next_due(&self) -> Result<Option<Timestamp>> {
        let sql = "select min(d.next_at) from delivery d join subscription s on s.id = d.subscription
             where d.state = 'pending' and s.disabled is null";
        let row = self.0.one(sqlx::query(sql)).await?;
        row.map_or(Ok(None), |row| Cells::of("delivery", &row).maybe_instant(0))
    }

    /// Notes an attempt: the delivery's new state, since when its subscription fails, and whether that is switched off,
    /// which drops whatever else waited for it.
    pub async fn attempted(&self, delivery: i64, attempt: &Attempt) -> Result<()> {
        let note = "update delivery set state = $1, n_attempts = n_attempts + 1, next_at = $2, last_status = $3,
             last_error = $4, updated_at = $5 where id = $6";
        let health = "update subscription set disabled = coalesce($1, disabled),
             failing_since = case when $2 then null else coalesce(failing_since, $3) end
             where id = (select subscription from delivery where id = $4)";
        let drop_rest = "update delivery set state = 'dropped', next_at = null, updated_at = $1
             where state = 'pending' and subscription = (select subscription from delivery where id = $2)";
        let at = millis(attempt.at);
        let next_at = attempt.next_at.filter(|_| attempt.state == DeliveryState::Pending).map(millis);
        let mut write = self.0.write().await?;
        let query = sqlx::query(note).bind(attempt.state.as_str()).bind(next_at).bind(attempt.status);
        write.execute(query.bind(attempt.error.as_deref()).bind(at).bind(delivery)).await?;
        let is_delivered = attempt.state == DeliveryState::Delivered;
        let query = sqlx::query(health).bind(attempt.disable.as_deref()).bind(is_delivered).bind(at).bind(delivery);
        write.execute(query).await?;
        if attempt.disable.is_some() {
            write.execute(sqlx::query(drop_rest).bind(at).bind(delivery)).await?;
        }
        write.commit().await
    }

    /// Deliveries of a subscription, newest first, with keys below `before`.
    pub async fn of(&self, subscription: &str, before: Option<i64>, limit: usize) -> Result<Vec<Delivery>> {
        let rest = "where d.subscription = $1 and d.id < $2 order by d.id desc limit $3";
        let query = sqlx::query(sql(DELIVERY, rest)).bind(subscription).bind(before.unwrap_or(i64::MAX));
        let rows = self.0.all(query.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
        rows.iter().map(delivery_of).collect()
    }

    /// Makes one due again, now, with its attempts counted anew.
    pub async fn redeliver(&self, subscription: &str, delivery: i64, at: Timestamp) -> Result<bool> {
        let sql = "update delivery set state = 'pending', n_attempts = 0, next_at = $1, updated_at = $1
             where id = $2 and subscription = $3";
        Ok(self.0.execute(sqlx::query(sql).bind(millis(at)).bind(delivery).bind(subscription)).await? > 0)
    }

    /// How many were delivered in all.
    pub async fn n_delivered(&self) -> Result<i64> {
        let sql = "select count(*) from delivery where state = 'delivered'";
        Ok(self.0.number(sqlx::query(sql)).await?.unwrap_or(0))
    }
}

/// What both writing and replacing bind, in this order, up to the portfolio.
fn bind(query: super::backend::Query, s: &Subscription) -> super::backend::Query {
    let query = query.bind(s.name.as_str()).bind(s.channel.as_str()).bind(s.target.as_deref());
    let query = query.bind(s.when.as_str()).bind(s.secrets.join("\n")).bind(s.locale.as_str());
    let query = query.bind(s.disabled.as_deref()).bind(s.failing_since.map(millis));
    query.bind(s.id.as_str()).bind(s.portfolio.get())
}
