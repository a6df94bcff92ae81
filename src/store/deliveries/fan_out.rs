use std::collections::HashSet;

use jiff::Timestamp;

use super::{Deliveries, DeliveryKind, DeliveryState, Wait};
use crate::{
    domain::ClientId,
    store::{
        Result,
        backend::{Query, json_list},
        rows::{Cells, millis},
    },
};

/// A delivery to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// To whom.
    pub subscription: String,
    /// The event.
    pub seq: i64,
    /// An event or a notice.
    pub kind: DeliveryKind,
    /// Whether it is sent by itself, or waits for others.
    pub wait: Option<Wait>,
    /// When it is due; none for what its subscriber has already, because it is on the stream.
    pub due: Option<Timestamp>,
}

/// A subscription on which too much comes at once: what was matched lately and nobody has tried to send yet waits, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storm {
    /// Whose.
    pub subscription: String,
    /// What was matched after this.
    pub since: Timestamp,
    /// When it is told, in one message.
    pub due: Timestamp,
}

impl Deliveries<'_> {
    /// Writes the deliveries that events up to `up_to` ask for, the episode states, and moves the `alert` checkpoint, in
    /// one transaction. Repeating it changes nothing. Subscriptions that went meanwhile are passed over.
    pub async fn fan_out(
        &self,
        up_to: i64,
        deliveries: &[NewDelivery],
        storms: &[Storm],
        episodes: &[(String, ClientId, String)],
        at: Timestamp,
    ) -> Result<()> {
        let deliver = (
            "insert into delivery (subscription, seq, kind, wait, state, n_attempts, next_at, updated_at, matched_at)",
            9,
            " on conflict (subscription, seq) where seq > 0 do nothing",
        );
        let calm = "update delivery set wait = 'storm', next_at = $1
             where subscription = $2 and state = 'pending' and n_attempts = 0 and kind = 'event' and wait is null
               and matched_at > $3";
        let remember = (
            "insert into episode (subscription, client, state)",
            3,
            " on conflict (subscription, client) do update set state = excluded.state",
        );
        let mut write = self.0.write().await?;
        write.is_about_nothing();
        let done = write.number(Query::new("select seq from checkpoint where relay = 'alert'")).await?;
        if done >= up_to {
            return write.roll_back().await;
        }
        let mut there = HashSet::new();
        for row in write.all(Query::new("select id from subscription")).await? {
            there.insert(Cells::of("subscription", &row).string(0)?);
        }
        let new: Vec<_> = deliveries.iter().filter(|d| d.seq > done && there.contains(&d.subscription)).collect();
        let bind = |query: Query, new: &&NewDelivery| {
            let query = query.bind(new.subscription.as_str()).bind(new.seq).bind(new.kind.as_str());
            // What is not due was told once, without anything being sent.
            let state = if new.due.is_some() { DeliveryState::Pending } else { DeliveryState::Delivered };
            let query = query.bind(new.wait.map(Wait::as_str)).bind(state.as_str()).bind(i64::from(new.due.is_none()));
            query.bind(new.due.map(millis)).bind(millis(at)).bind(millis(at))
        };
        write.put_all(deliver, &new, bind).await?;
        for storm in storms {
            let query = Query::new(calm).bind(millis(storm.due)).bind(storm.subscription.as_str());
            write.execute(query.bind(millis(storm.since))).await?;
        }
        let episodes: Vec<_> = episodes.iter().filter(|(subscription, ..)| there.contains(subscription)).collect();
        let bind = |query: Query, (subscription, client, state): &&(String, ClientId, String)| {
            query.bind(subscription.as_str()).bind(client.get()).bind(state.as_str())
        };
        write.put_all(remember, &episodes, bind).await?;
        write.set_checkpoint("alert", up_to).await?;
        write.commit().await
    }

    /// The states of drop episodes (alert's JSON) of one subscription, by client; of clients that have none there is nothing.
    pub async fn episodes(
        &self,
        subscription: &str,
        clients: impl Iterator<Item = ClientId>,
    ) -> Result<Vec<(ClientId, String)>> {
        let sql = "select client, state from episode
             where subscription = $1 and client in (select cast(value as bigint) from json_each($2))";
        let clients = json_list(clients.map(ClientId::get));
        let rows = self.0.all(Query::new(sql).bind(subscription).bind(clients)).await?;
        let episode = |row| {
            let cells = Cells::of("episode", row);
            Ok((ClientId::new(cells.int(0)?), cells.string(1)?))
        };
        rows.iter().map(episode).collect()
    }

    /// How many alerts a subscription had after `since`, counted no further than `at_most`.
    pub async fn n_matched(&self, subscription: &str, since: Timestamp, at_most: i64) -> Result<i64> {
        let sql = "select count(*) from (select 1 from delivery where subscription = $1 and matched_at > $2 limit $3) matched";
        self.counted(sql, subscription, since, at_most).await
    }

    /// How many of them have not reached it yet.
    pub async fn n_unsent(&self, subscription: &str, since: Timestamp, at_most: i64) -> Result<i64> {
        let sql = "select count(*) from (select 1 from delivery
             where subscription = $1 and state = 'pending' and matched_at > $2 limit $3) unsent";
        self.counted(sql, subscription, since, at_most).await
    }

    async fn counted(&self, sql: &'static str, subscription: &str, since: Timestamp, at_most: i64) -> Result<i64> {
        let query = Query::new(sql).bind(subscription).bind(millis(since)).bind(at_most);
        Ok(self.0.number(query).await?.unwrap_or(0))
    }

    /// When the digest of the storm that is going on is due, if one is.
    pub async fn storm_due(&self, subscription: &str) -> Result<Option<Timestamp>> {
        let sql = "select min(next_at) from delivery
             where subscription = $1 and state = 'pending' and wait = 'storm' and digest is null";
        let row = self.0.one(Query::new(sql).bind(subscription)).await?;
        row.map_or(Ok(None), |row| Cells::of("delivery", &row).maybe_instant(0))
    }

    /// Makes events after `after` and up to `until` due, now and each by itself: those of `seqs` that the subscription
    /// was never sent, those that were given up, those whose next attempt is still to come (their attempts go on being counted),
    /// and with `again` those that were delivered. Answers how many, a digest that is tried again as one; what waits for a
    /// digest or for quiet hours to end is left alone, and so is what is on its way at this moment.
    pub async fn recover(
        &self,
        subscription: &str,
        (after, until): (i64, i64),
        seqs: &[i64],
        again: bool,
        at: Timestamp,
    ) -> Result<u64> {
        let repeat = "update delivery set state = 'pending', wait = null, n_attempts = 0, next_at = $1, updated_at = $1
             where subscription = $2 and kind = 'event' and seq > 0 and seq > $3 and seq <= $4
               and (state in ('exhausted', 'dropped') or ($5 = 1 and state = 'delivered'))";
        let make_up = "insert into delivery (subscription, seq, state, next_at, updated_at)
             select s.id, cast(e.value as bigint), 'pending', $1, $1 from subscription s, json_each($2) e where s.id = $3
             on conflict (subscription, seq) where seq > 0 do nothing";
        let waits =
            "d.subscription = $2 and d.state = 'pending' and d.wait is null and d.n_attempts > 0 and d.next_at > $1";
        let hasten = format!(
            "update delivery set next_at = $1, updated_at = $1 where id in (select d.id from delivery d where {waits}
               and ((d.kind = 'event' and d.seq > 0 and d.seq > $3 and d.seq <= $4)
                 or (d.kind = 'digest' and d.id in (select m.digest from delivery m
                       where m.subscription = $2 and m.seq > $3 and m.seq <= $4 and m.digest is not null))))"
        );
        let missed = json_list(seqs.iter().filter(|seq| (after + 1..=until).contains(*seq)));
        let mut write = self.0.write().await?;
        write.is_about_nothing();
        let query = Query::new(repeat).bind(millis(at)).bind(subscription).bind(after).bind(until).bind(again);
        let n_repeated = write.execute(query).await?;
        let query = Query::new(hasten).bind(millis(at)).bind(subscription).bind(after).bind(until);
        let n_hastened = write.execute(query).await?;
        let query = Query::new(make_up).bind(millis(at)).bind(missed).bind(subscription);
        let n_made_up = write.execute(query).await?;
        write.commit().await?;
        Ok(n_repeated + n_hastened + n_made_up)
    }
}
