use jiff::Timestamp;

use super::Deliveries;
use crate::{
    domain::{EventBody, PortfolioId},
    store::{
        Error, Result,
        backend::{Query, Row, Write, json_list},
        rows::{Cells, millis},
    },
};

/// A subscription as stored: conditions, quiet hours and the rest are alert's words, opaque here.
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
    /// The URL of a webhook, the address of a mailbox.
    pub target: Option<String>,
    /// `none`, `hourly`, `daily`: how mails are gathered.
    pub digest: String,
    /// The `when` part, as JSON text.
    pub when: String,
    /// `HH:MM-HH:MM` of the subscriber's clock: when nothing is sent.
    pub quiet: Option<String>,
    /// The subscriber's time zone, by its IANA name.
    pub time_zone: String,
    /// `digest`, or `each` for one who wants every single alert, however many come at once.
    pub storm: String,
    /// The address of whom to tell when it is switched off.
    pub contact: Option<String>,
    /// Signing secrets, newest first (`whsec_…`).
    pub secrets: Vec<String>,
    /// Until when the secrets behind the newest one sign, too.
    pub old_secret_until: Option<Timestamp>,
    /// Language of the texts sent.
    pub locale: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Off, and why.
    pub disabled: Option<String>,
    /// Failing since.
    pub failing_since: Option<Timestamp>,
}

const SUBSCRIPTION: &str =
    "select id, portfolio, name, channel, target, digest, conditions, quiet, time_zone, storm, contact,
    secrets, old_secret_until, locale, created_at, disabled, failing_since from subscription";

fn subscription_of(row: &Row) -> Result<Subscription> {
    let cells = Cells::of("subscription", row);
    Ok(Subscription {
        id: cells.string(0)?,
        portfolio: PortfolioId::new(cells.int(1)?),
        name: cells.string(2)?,
        channel: cells.string(3)?,
        target: cells.maybe_string(4)?,
        digest: cells.string(5)?,
        when: cells.string(6)?,
        quiet: cells.maybe_string(7)?,
        time_zone: cells.string(8)?,
        storm: cells.string(9)?,
        contact: cells.maybe_string(10)?,
        secrets: cells.text(11)?.lines().map(str::to_owned).collect(),
        old_secret_until: cells.maybe_instant(12)?,
        locale: cells.string(13)?,
        created_at: cells.instant(14)?,
        disabled: cells.maybe_string(15)?,
        failing_since: cells.maybe_instant(16)?,
    })
}

fn sql(rest: &str) -> String {
    format!("{SUBSCRIPTION} {rest}")
}

fn list(portfolios: &[PortfolioId]) -> String {
    json_list(portfolios.iter().map(|p| p.get()))
}

/// Asks for one of these portfolios.
fn visible(portfolios: &[PortfolioId], id: &str) -> Query {
    let query = Query::new(sql("where id = $1 and portfolio in (select cast(value as bigint) from json_each($2))"));
    query.bind(id).bind(list(portfolios))
}

impl Deliveries<'_> {
    /// Writes a new subscription; [`crate::store::Error::Conflict`] when its id is taken.
    pub async fn subscribe(&self, s: &Subscription) -> Result<()> {
        let sql =
            "insert into subscription (name, channel, target, digest, conditions, quiet, time_zone, storm, contact,
             secrets, old_secret_until, locale, disabled, failing_since, id, portfolio, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
        self.0.execute(bind(Query::new(sql), s).bind(millis(s.created_at))).await.map(drop)
    }

    /// Changes one of these portfolios; answers it as it was and as it is now, none when there is none. It is read and written in one
    /// transaction, so that nothing that others do to it meanwhile (a new secret, a 410 that ends it) is written over. What it was
    /// made at stays.
    pub async fn change<E: From<Error>>(
        &self,
        portfolios: &[PortfolioId],
        id: &str,
        change: impl FnOnce(&Subscription) -> Result<Subscription, E>,
    ) -> Result<Option<(Subscription, Subscription)>, E> {
        let mut write = self.0.write().await?;
        let Some(row) = write.one(visible(portfolios, id)).await? else {
            write.roll_back().await?;
            return Ok(None);
        };
        let before = subscription_of(&row)?;
        let after = change(&before)?;
        let sql = "update subscription set name = $1, channel = $2, target = $3, digest = $4, conditions = $5, quiet = $6,
             time_zone = $7, storm = $8, contact = $9, secrets = $10, old_secret_until = $11, locale = $12, disabled = $13,
             failing_since = $14 where id = $15 and portfolio = $16";
        write.execute(bind(Query::new(sql), &after)).await?;
        write.commit().await?;
        Ok(Some((before, after)))
    }

    /// Takes it out, with its deliveries.
    pub async fn unsubscribe(&self, portfolios: &[PortfolioId], id: &str) -> Result<bool> {
        let sql =
            "delete from subscription where id = $1 and portfolio in (select cast(value as bigint) from json_each($2))";
        Ok(self.0.execute(Query::new(sql).bind(id).bind(list(portfolios))).await? > 0)
    }

    /// Switches it off, drops what was on its way, and announces it. False when there is none, or it was off already.
    pub async fn switch_off(&self, id: &str, reason: &str, at: Timestamp) -> Result<bool> {
        let mut write = self.0.write().await?;
        let is_done = write.switch_off(id, reason, at).await?;
        write.commit().await?;
        Ok(is_done)
    }

    /// One of these portfolios.
    pub async fn subscription(&self, portfolios: &[PortfolioId], id: &str) -> Result<Option<Subscription>> {
        self.0.one(visible(portfolios, id)).await?.as_ref().map(subscription_of).transpose()
    }

    /// One of whatever portfolio: for the house itself, and for who proves in another way that it is theirs.
    pub async fn subscription_by_id(&self, id: &str) -> Result<Option<Subscription>> {
        let query = Query::new(sql("where id = $1")).bind(id);
        self.0.one(query).await?.as_ref().map(subscription_of).transpose()
    }

    /// All of these portfolios, oldest first; `None` means every one.
    pub async fn subscriptions(&self, portfolios: Option<&[PortfolioId]>) -> Result<Vec<Subscription>> {
        let rest = "where $1 is null or portfolio in (select cast(value as bigint) from json_each($1)) order by created_at, id";
        let query = Query::new(sql(rest)).bind(portfolios.map(list));
        self.0.all(query).await?.iter().map(subscription_of).collect()
    }

    /// The key that signs the links in mails: a random text made once for the installation.
    pub async fn link_key(&self) -> Result<String> {
        self.0.kept("link_key").await
    }
}

impl Write<'_> {
    /// Switches a subscription off in this transaction; false when there is none, or it was off already.
    pub(super) async fn switch_off(&mut self, id: &str, reason: &str, at: Timestamp) -> Result<bool> {
        let off = "update subscription set disabled = $1 where id = $2 and disabled is null returning portfolio";
        let query = Query::new(off).bind(reason).bind(id);
        let Some(row) = self.one(query).await? else { return Ok(false) };
        let portfolio = PortfolioId::new(Cells::of("subscription", &row).int(0)?);
        let drop_rest = "update delivery set state = 'dropped', next_at = null, updated_at = $1
             where state = 'pending' and kind <> 'notice' and subscription = $2";
        self.execute(Query::new(drop_rest).bind(millis(at)).bind(id)).await?;
        let body = EventBody::SubscriptionDisabled { subscription: id.to_owned(), reason: reason.to_owned() };
        self.announce(at, Some(portfolio), None, &body).await?;
        Ok(true)
    }
}

/// What both writing and replacing bind, in this order, up to the portfolio.
fn bind(query: Query, s: &Subscription) -> Query {
    let query = query.bind(s.name.as_str()).bind(s.channel.as_str()).bind(s.target.as_deref()).bind(s.digest.as_str());
    let query = query.bind(s.when.as_str()).bind(s.quiet.as_deref()).bind(s.time_zone.as_str()).bind(s.storm.as_str());
    let query = query.bind(s.contact.as_deref()).bind(s.secrets.join("\n")).bind(s.old_secret_until.map(millis));
    let query = query.bind(s.locale.as_str()).bind(s.disabled.as_deref()).bind(s.failing_since.map(millis));
    query.bind(s.id.as_str()).bind(s.portfolio.get())
}
