//! Sources that have gone silent: told once, and known for every client they should speak of.

use jiff::{SignedDuration, Timestamp};

use super::{
    PAGE_CLIENTS, Result, Sources,
    backend::{Query, json_list},
    rows::{Cells, millis},
};
use crate::domain::{ClientId, EventBody, SourceId};

/// How long a source may be silent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    /// Which.
    pub source: SourceId,
    /// After so long without a good answer it is stale, and so is what it said of a client.
    pub stale_after: SignedDuration,
}

/// A source whose last good answer, for everybody or about one client, is too old.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// Which.
    pub source: SourceId,
    /// About whom; none means about everybody.
    pub client: Option<ClientId>,
}

impl Sources<'_> {
    /// Looks whether any of these sources has been silent for too long, and announces each that has, once. A source that
    /// never answered is awaited from the first look on. Answers those that became stale now.
    pub async fn watch(&self, awaited: &[Awaited], at: Timestamp) -> Result<Vec<SourceId>> {
        let wait = "insert into source (id, cursor, is_stale, awaited_since) values ($1, '', 0, $2)
             on conflict (id) do update set awaited_since = coalesce(source.awaited_since, excluded.awaited_since)";
        let stale = "update source set is_stale = 1
             where id = $1 and is_stale = 0 and coalesce(last_ok_at, awaited_since) < $2 returning last_error";
        let mut write = self.0.write().await?;
        let mut silent = Vec::new();
        for Awaited { source, stale_after } in awaited {
            write.execute(Query::new(wait).bind(source.to_string()).bind(millis(at))).await?;
            let before = millis(at.saturating_sub(*stale_after).unwrap_or(Timestamp::MIN));
            if let Some(row) = write.one(Query::new(stale).bind(source.to_string()).bind(before)).await? {
                let error = Cells::of("source", &row).maybe_string(0)?;
                let error = error.unwrap_or_else(|| "it was not asked, or did not answer".to_owned());
                let body = EventBody::SourceStale { source: source.to_string(), error };
                write.announce(at, None, None, &body).await?;
                silent.push(source.clone());
            }
        }
        write.commit().await?;
        Ok(silent)
    }

    /// Which of these sources are stale for everybody.
    pub async fn stale(&self, awaited: &[Awaited]) -> Result<Vec<Late>> {
        let rows = self.0.all(Query::new("select id from source where is_stale = 1 order by id")).await?;
        let stale = rows.iter().map(|row| Cells::of("source", row).string(0)).collect::<Result<Vec<_>>>()?;
        let is_stale = |a: &&Awaited| stale.iter().any(|id| id == a.source.as_str());
        Ok(awaited.iter().filter(is_stale).map(|a| Late { source: a.source.clone(), client: None }).collect())
    }

    /// Of which clients of a page these sources have not spoken for too long, although they once did.
    pub async fn late_on_page(&self, awaited: &[Awaited], page: i64, at: Timestamp) -> Result<Vec<Late>> {
        let first = page * PAGE_CLIENTS;
        let sql = format!(
            "{AWAITED} {LATE} where s.client >= $2 and s.client < $3 and s.seen_at < a.before order by s.client"
        );
        let query = Query::new(sql).bind(terms(awaited, at));
        self.late(query.bind(first).bind(first + PAGE_CLIENTS)).await
    }

    /// The same for some clients.
    pub async fn late_on(&self, awaited: &[Awaited], clients: &[ClientId], at: Timestamp) -> Result<Vec<Late>> {
        if awaited.is_empty() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "{AWAITED} {LATE} where s.client in (select cast(value as bigint) from json_each($2)) and s.seen_at < a.before order by s.client"
        );
        let query = Query::new(sql).bind(terms(awaited, at));
        self.late(query.bind(json_list(clients.iter().map(|client| client.get())))).await
    }

    /// Of which clients that others are merged into now no source has spoken for too long, under any of their codes.
    pub async fn late_on_survivors(&self, awaited: &[Awaited], at: Timestamp) -> Result<Vec<Late>> {
        let sql = format!(
            "{AWAITED}, company as (select survivor, client from merged union select survivor, survivor from merged)
             select c.survivor, a.source from company c join seen s on s.client = c.client
                join awaited a on a.source = s.source
             group by c.survivor, a.source, a.before having max(s.seen_at) < a.before order by c.survivor"
        );
        self.late(Query::new(sql).bind(terms(awaited, at))).await
    }

    async fn late(&self, query: Query) -> Result<Vec<Late>> {
        let rows = self.0.all(query).await?;
        let late = rows.iter().map(|row| {
            let cells = Cells::of("seen", row);
            Ok(Late { client: Some(cells.client(0)?), source: cells.word(1)? })
        });
        late.collect()
    }
}

/// Each source, and the instant since which it must have spoken.
const AWAITED: &str = "with awaited as materialized
        (select json_extract(value, '$[0]') as source, cast(json_extract(value, '$[1]') as bigint) as before from json_each($1))";

/// Who has spoken of a client, and since when it must have; behind [`AWAITED`].
const LATE: &str = "select s.client, s.source from seen s join awaited a on a.source = s.source";

/// Each source and the instant before which its last word is too old.
fn terms(awaited: &[Awaited], at: Timestamp) -> String {
    let before = |a: &Awaited| millis(at.saturating_sub(a.stale_after).unwrap_or(Timestamp::MIN));
    json_list(awaited.iter().map(|a| format!("[\"{}\",{}]", a.source, before(a))))
}
