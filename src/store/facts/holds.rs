//! What is kept past its term, because somebody needs it: a lawsuit, an audit.

use jiff::Timestamp;

use super::Facts;
use crate::{
    domain::{ClientId, SignalId},
    store::{
        Result,
        backend::Query,
        rows::{Cells, millis},
    },
};

/// What is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// Everything about a client, and the client itself.
    Client(ClientId),
    /// One signal.
    Signal(SignalId),
}

/// A hold in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Its number.
    pub id: i64,
    /// What is held.
    pub what: Held,
    /// Who asked for it.
    pub who: String,
    /// Why.
    pub why: String,
    /// Since when.
    pub made_at: Timestamp,
}

impl Facts<'_> {
    /// Holds something from now on: it does not expire, and a held client is not erased. Answers the hold's number.
    pub async fn hold(&self, what: Held, who: &str, why: &str, at: Timestamp) -> Result<i64> {
        let (client, signal) = match what {
            Held::Client(client) => (Some(client.get()), None),
            Held::Signal(id) => (None, Some(id.bytes().to_vec())),
        };
        let sql = "insert into hold (client, signal, who, why, made_at) values ($1, $2, $3, $4, $5) returning id";
        let query = Query::new(sql).bind(client).bind(signal).bind(who.to_owned()).bind(why.to_owned());
        let mut write = self.0.write().await?;
        let id = write.number(query.bind(millis(at))).await?;
        write.note_change();
        write.commit().await?;
        Ok(id)
    }

    /// Ends a hold; false when there is none in force of that number.
    pub async fn end_hold(&self, id: i64, at: Timestamp) -> Result<bool> {
        let sql = "update hold set ended_at = $1 where id = $2 and ended_at is null";
        Ok(self.0.execute(Query::new(sql).bind(millis(at)).bind(id)).await? > 0)
    }

    /// Holds in force, oldest first.
    pub async fn holds(&self) -> Result<Vec<Hold>> {
        let sql = "select id, client, signal, who, why, made_at from hold where ended_at is null order by id";
        let rows = self.0.all(Query::new(sql)).await?;
        let held = rows.iter().map(|row| {
            let cells = Cells::of("hold", row);
            let what = match cells.maybe_int(1)? {
                Some(client) => Held::Client(ClientId::new(client)),
                None => Held::Signal(SignalId::new(cells.array(2)?)),
            };
            let (who, why) = (cells.string(3)?, cells.string(4)?);
            Ok(Hold { id: cells.int(0)?, what, who, why, made_at: cells.instant(5)? })
        });
        held.collect()
    }
}
