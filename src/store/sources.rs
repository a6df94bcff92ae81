use jiff::Timestamp;

use super::{
    Result, Store,
    backend::{Query, Row, json_list},
    rows::{Cells, millis},
};
use crate::domain::{ClientId, EventBody, Sha256};

/// What each source said last, and how to ask it politely the next time.
#[derive(Debug)]
pub struct Sources<'a>(pub(super) &'a Store);

/// A source's state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SourceState {
    /// The source's own cursor (JSON text), opaque here.
    pub cursor: String,
    /// Last good answer.
    pub last_ok_at: Option<Timestamp>,
    /// Last attempt.
    pub last_tried_at: Option<Timestamp>,
    /// What went wrong last, if it did.
    pub last_error: Option<String>,
    /// An event said so.
    pub is_stale: bool,
}

/// What a conditional request needs for one address.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Validator {
    /// `ETag` of the last answer.
    pub etag: Option<String>,
    /// `Last-Modified` of the last answer.
    pub last_modified: Option<String>,
    /// Hash of the last body, for servers without validators.
    pub body: Option<Sha256>,
    /// When it was read.
    pub seen_at: Option<Timestamp>,
}

/// What the next conditional request to an address is to say, and about whom it is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedAgain {
    /// The address.
    pub url: String,
    /// The clients it is asked about; empty when it is asked for everybody.
    pub whom: Vec<ClientId>,
    /// What is known about it.
    pub validator: Validator,
}

fn state_of(row: &Row) -> Result<(String, SourceState)> {
    let cells = Cells::of("source", row);
    let state = SourceState {
        cursor: cells.string(1)?,
        last_ok_at: cells.maybe_instant(2)?,
        last_tried_at: cells.maybe_instant(3)?,
        last_error: cells.maybe_string(4)?,
        is_stale: cells.flag(5)?,
    };
    Ok((cells.string(0)?, state))
}

impl Sources<'_> {
    /// The state of a source; empty when never asked.
    pub async fn state(&self, source: &str) -> Result<SourceState> {
        let sql = "select id, cursor, last_ok_at, last_tried_at, last_error, is_stale from source where id = $1";
        let row = self.0.one(Query::new(sql).bind(source)).await?;
        row.map_or(Ok(SourceState::default()), |row| state_of(&row).map(|(_, state)| state))
    }

    /// Writes it; the change to or from stale writes its event in the same transaction.
    pub async fn set_state(&self, source: &str, state: &SourceState, at: Timestamp) -> Result<()> {
        let sql = "insert into source (id, cursor, last_ok_at, last_tried_at, last_error, is_stale)
             values ($1, $2, $3, $4, $5, $6) on conflict (id) do update set cursor = excluded.cursor,
             last_ok_at = excluded.last_ok_at, last_tried_at = excluded.last_tried_at,
             last_error = excluded.last_error, is_stale = excluded.is_stale";
        let was_stale = "select is_stale from source where id = $1";
        let mut write = self.0.write().await?;
        let was_stale = write.number(Query::new(was_stale).bind(source)).await? != 0;
        let query = Query::new(sql).bind(source).bind(state.cursor.as_str()).bind(state.last_ok_at.map(millis));
        let query = query.bind(state.last_tried_at.map(millis)).bind(state.last_error.as_deref());
        write.execute(query.bind(i64::from(state.is_stale))).await?;
        let source = source.to_owned();
        let event = match (was_stale, state.is_stale) {
            (false, true) => {
                Some(EventBody::SourceStale { source, error: state.last_error.clone().unwrap_or_default() })
            }
            (true, false) => Some(EventBody::SourceRecovered { source }),
            _ => None,
        };
        if let Some(body) = event {
            write.announce(at, None, None, &body).await?;
        }
        write.commit().await
    }

    /// All of them.
    pub async fn all(&self) -> Result<Vec<(String, SourceState)>> {
        let sql = "select id, cursor, last_ok_at, last_tried_at, last_error, is_stale from source order by id";
        self.0.all(Query::new(sql)).await?.iter().map(state_of).collect()
    }

    /// Notes that a source answered about these clients, whatever it said.
    pub async fn note_seen(&self, source: &str, clients: &[ClientId], at: Timestamp) -> Result<()> {
        let sql = "insert into seen (client, source, seen_at)
             select distinct cast(j.value as bigint), $1, $2 from json_each($3) j join client c on c.id = cast(j.value as bigint) where true
             on conflict (client, source) do update set seen_at = max(seen.seen_at, excluded.seen_at)";
        let query = Query::new(sql).bind(source).bind(millis(at));
        self.0.execute_aside(query.bind(json_list(clients.iter().map(|c| c.get())))).await.map(drop)
    }

    /// When a source last answered about each client that it ever answered about, in the clients' order.
    pub async fn seen(&self, source: &str) -> Result<Vec<(ClientId, Timestamp)>> {
        let sql = "select client, seen_at from seen where source = $1 order by client";
        let rows = self.0.all(Query::new(sql).bind(source)).await?;
        let seen = rows.iter().map(|row| {
            let cells = Cells::of("seen", row);
            Ok((cells.client(0)?, cells.instant(1)?))
        });
        seen.collect()
    }

    /// When each source last answered about a client, by source.
    pub async fn seen_of(&self, client: ClientId) -> Result<Vec<(String, Timestamp)>> {
        let sql = "select source, seen_at from seen where client = $1 order by source";
        let rows = self.0.all(Query::new(sql).bind(client.get())).await?;
        let seen = rows.iter().map(|row| {
            let cells = Cells::of("seen", row);
            Ok((cells.string(0)?, cells.instant(1)?))
        });
        seen.collect()
    }

    /// What is known about an address; empty when never asked.
    pub async fn validator(&self, source: &str, url: &str) -> Result<Validator> {
        let sql = "select etag, last_modified, body, seen_at from validator where source = $1 and url = $2";
        let Some(row) = self.0.one(Query::new(sql).bind(source).bind(url)).await? else {
            return Ok(Validator::default());
        };
        let cells = Cells::of("validator", &row);
        Ok(Validator {
            etag: cells.maybe_string(0)?,
            last_modified: cells.maybe_string(1)?,
            body: cells.maybe_bytes(2)?.map(|_| cells.sha256(2)).transpose()?,
            seen_at: cells.maybe_instant(3)?,
        })
    }

    /// Writes what is known about addresses, in one transaction. An address that is asked about somebody who is no client
    /// any more (erased, while whoever asked was under way) is not written: it may name them.
    pub async fn set_validators(&self, source: &str, asked: &[AskedAgain]) -> Result<()> {
        let sql = "insert into validator (source, url, etag, last_modified, body, seen_at)
             select $1, $2, $3, $4, $5, $6 where not exists
                 (select 1 from json_each($7) j where not exists (select 1 from client c where c.id = cast(j.value as bigint)))
             on conflict (source, url) do update set etag = excluded.etag, last_modified = excluded.last_modified,
             body = excluded.body, seen_at = excluded.seen_at";
        let mut write = self.0.write().await?;
        for AskedAgain { url, whom, validator } in asked {
            let query = Query::new(sql).bind(source.to_owned()).bind(url.clone()).bind(validator.etag.clone());
            let query = query.bind(validator.last_modified.clone()).bind(validator.body.map(|b| b.bytes().to_vec()));
            let query = query.bind(validator.seen_at.map(millis));
            write.execute(query.bind(json_list(whom.iter().map(|client| client.get())))).await?;
        }
        write.commit().await
    }
}
