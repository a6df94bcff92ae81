//! What the order of questions is learned from, and what they have cost.

use jiff::{SignedDuration, Timestamp};

use super::{
    Result,
    backend::{Query, Write, json_list},
    rows::{Cells, millis},
    sources::Sources,
};
use crate::domain::{ClientId, Money};

/// Slices that a stretch of time is divided into: what was spent counts until the end of its slice has left the stretch,
/// so a fiftieth of the stretch is the most by which a budget is kept too strictly. It is never exceeded.
const SLICES: i64 = 50;

/// What was spent is remembered for a year at least, for an operator may lengthen the stretch that a ceiling is for.
const REMEMBERED_MS: i64 = 366 * 86_400_000;

/// A question that was put about some clients.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// About whom.
    pub clients: Vec<ClientId>,
    /// When.
    pub at: Timestamp,
    /// What came of it.
    pub found: Found,
}

/// What a question about clients gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// No answer, or none that could be read.
    Nothing,
    /// An answer, and none before it to compare it with.
    Answer,
    /// The same answer as the last time.
    Same,
    /// Another answer than the last time.
    Different,
}

/// How a source has answered about a client so far.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Looked {
    /// Whom.
    pub client: ClientId,
    /// When it was last asked, answered or not.
    pub asked_at: Timestamp,
    /// Answers that could be compared with the one before.
    pub n_compared: i64,
    /// Of these, those that differed.
    pub n_changed: i64,
    /// Days between the answers that were compared, in all.
    pub watched_days: f64,
}

/// How much a source may be asked in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// The length of the stretch.
    pub per: SignedDuration,
    /// Requests in it; none: as many as one likes.
    pub requests: Option<u64>,
    /// Money in it; none: no limit.
    pub ceiling: Option<Money>,
}

/// What a source was asked in the present stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spent {
    /// Requests.
    pub requests: u64,
    /// Minor units of the ceiling's currency.
    pub minor: i64,
}

impl Sources<'_> {
    /// Notes what questions about clients gave, in one transaction: when each client was asked about, when it was last
    /// answered about ([`Sources::seen`]), and whether the answer differed from the one before.
    pub async fn note_looks(&self, source: &str, looks: &[Look]) -> Result<()> {
        let mut write = self.0.write().await?;
        write.is_about_nothing();
        for look in looks {
            write.note_look(source, look).await?;
        }
        write.commit().await
    }

    /// How a source has answered about each client it was ever asked about, in the clients' order.
    pub async fn looked(&self, source: &str) -> Result<Vec<Looked>> {
        let sql = "select client, asked_at, n_compared, n_changed, watched_ms from asked where source = $1";
        let rows = self.0.all(Query::new(sql).bind(source)).await?;
        let looked = rows.iter().map(|row| {
            let cells = Cells::of("asked", row);
            #[expect(clippy::cast_precision_loss, reason = "days of watching, for a rate")]
            let watched_days = cells.int(4)? as f64 / 86_400_000.0;
            Ok(Looked {
                client: cells.client(0)?,
                asked_at: cells.instant(1)?,
                n_compared: cells.int(2)?,
                n_changed: cells.int(3)?,
                watched_days,
            })
        });
        looked.collect()
    }

    /// What a source was asked in the stretch of time that ends now.
    pub async fn spent(&self, source: &str, allowance: &Allowance, now: Timestamp) -> Result<Spent> {
        let mut write = self.0.write().await?;
        write.is_about_nothing();
        let spent = write.spent(source, allowance, now).await?;
        write.roll_back().await?;
        Ok(spent)
    }

    /// Takes one request, and its price where it has one, out of an allowance; false when the allowance does not reach,
    /// and then nothing is taken. It is in the store before the request leaves, so that no crash can make it free.
    pub async fn spend(
        &self,
        source: &str,
        allowance: &Allowance,
        price: Option<Money>,
        now: Timestamp,
    ) -> Result<bool> {
        let mut write = self.0.write().await?;
        write.is_about_nothing();
        let spent = write.spent(source, allowance, now).await?;
        let too_many = allowance.requests.is_some_and(|most| spent.requests >= most);
        let too_dear = match (price, allowance.ceiling) {
            (Some(price), Some(ceiling)) => spent.minor.saturating_add(price.minor()) > ceiling.minor(),
            _ => false,
        };
        if too_many || too_dear {
            write.roll_back().await?;
            return Ok(false);
        }
        write.add_spent(source, allowance, (1, price.map_or(0, Money::minor)), now).await?;
        write.forget_spent(source, allowance, now).await?;
        write.commit().await?;
        Ok(true)
    }

    /// Gives back what [`Sources::spend`] took at `at` for a request that never left.
    pub async fn give_back(
        &self,
        source: &str,
        allowance: &Allowance,
        price: Option<Money>,
        at: Timestamp,
    ) -> Result<()> {
        let mut write = self.0.write().await?;
        write.is_about_nothing();
        write.add_spent(source, allowance, (-1, -price.map_or(0, Money::minor)), at).await?;
        write.commit().await
    }
}

impl Allowance {
    /// The end of the slice that an instant lies in, milliseconds.
    fn slice_end(&self, at: Timestamp) -> i64 {
        let slice = (self.length() / SLICES).max(1);
        (millis(at).div_euclid(slice) + 1) * slice
    }

    fn length(&self) -> i64 {
        i64::try_from(self.per.as_millis()).unwrap_or(i64::MAX).max(1)
    }

    fn currency(&self) -> String {
        self.ceiling.map_or_else(String::new, |ceiling| ceiling.currency().to_string())
    }
}

impl Write<'_> {
    async fn note_look(&mut self, source: &str, look: &Look) -> Result<()> {
        let is_compared = matches!(look.found, Found::Same | Found::Different);
        // The time watched is read from what was seen before, so this comes first.
        let sql = "insert into asked (source, client, asked_at, n_compared, n_changed, watched_ms)
             select distinct $1, cast(j.value as bigint), $2, $3, $4,
                case when $3 > 0 then max(0, coalesce($2 - s.seen_at, 0)) else 0 end
             from json_each($5) j join client c on c.id = cast(j.value as bigint)
                left join seen s on s.client = cast(j.value as bigint) and s.source = $1 where true
             on conflict (source, client) do update set asked_at = max(asked.asked_at, excluded.asked_at),
                n_compared = asked.n_compared + excluded.n_compared, n_changed = asked.n_changed + excluded.n_changed,
                watched_ms = asked.watched_ms + excluded.watched_ms";
        let clients = json_list(look.clients.iter().map(|client| client.get()));
        let query = Query::new(sql).bind(source.to_owned()).bind(millis(look.at)).bind(i64::from(is_compared));
        let query = query.bind(i64::from(look.found == Found::Different));
        self.execute(query.bind(clients.clone())).await?;
        if look.found == Found::Nothing {
            return Ok(());
        }
        let sql = "insert into seen (client, source, seen_at)
             select distinct cast(j.value as bigint), $1, $2 from json_each($3) j join client c on c.id = cast(j.value as bigint) where true
             on conflict (client, source) do update set seen_at = max(seen.seen_at, excluded.seen_at)";
        self.execute(Query::new(sql).bind(source.to_owned()).bind(millis(look.at)).bind(clients)).await.map(drop)
    }

    async fn spent(&mut self, source: &str, allowance: &Allowance, now: Timestamp) -> Result<Spent> {
        let since = millis(now).saturating_sub(allowance.length());
        let requests =
            "select cast(coalesce(sum(n_requests), 0) as bigint) from spent where source = $1 and until > $2";
        let requests = self.number(Query::new(requests).bind(source.to_owned()).bind(since)).await?;
        let minor = "select cast(coalesce(sum(minor), 0) as bigint) from spent where source = $1 and until > $2 and currency = $3";
        let query = Query::new(minor).bind(source.to_owned()).bind(since).bind(allowance.currency());
        Ok(Spent { requests: u64::try_from(requests).unwrap_or(0), minor: self.number(query).await? })
    }

    async fn add_spent(
        &mut self,
        source: &str,
        allowance: &Allowance,
        (n_requests, minor): (i64, i64),
        at: Timestamp,
    ) -> Result<()> {
        let sql = "insert into spent (source, until, currency, n_requests, minor) values ($1, $2, $3, $4, $5)
             on conflict (source, until, currency) do update set n_requests = spent.n_requests + excluded.n_requests,
                minor = spent.minor + excluded.minor";
        let query = Query::new(sql).bind(source.to_owned()).bind(allowance.slice_end(at)).bind(allowance.currency());
        self.execute(query.bind(n_requests).bind(minor)).await.map(drop)
    }

    async fn forget_spent(&mut self, source: &str, allowance: &Allowance, now: Timestamp) -> Result<()> {
        let long_ago = millis(now).saturating_sub(allowance.length().max(REMEMBERED_MS));
        let sql = "delete from spent where source = $1 and until <= $2";
        self.execute(Query::new(sql).bind(source.to_owned()).bind(long_ago)).await.map(drop)
    }
}
