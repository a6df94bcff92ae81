//! Decisions above the model that wait for a second person.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{Ratings, overrides::override_of};
use crate::{
    domain::{ClientId, Override, PortfolioId},
    store::{
        Result,
        backend::{Query, json_list},
        rows::{Cells, millis},
    },
};

/// A decision that one person asked for and nobody has confirmed yet.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedOverride {
    /// What was asked for, and by whom.
    pub decision: Override,
    /// When.
    pub asked_at: Timestamp,
}

impl Ratings<'_> {
    /// Keeps a decision until somebody confirms it, in place of one that waits already. It moves no rating.
    pub async fn ask_override(&self, client: ClientId, decision: &Override, at: Timestamp) -> Result<()> {
        let sql = "insert into override_asked (client, asked_at, grade, reason, author, expires_at)
             values ($1, $2, $3, $4, $5, $6) on conflict (client) do update set asked_at = excluded.asked_at,
             grade = excluded.grade, reason = excluded.reason, author = excluded.author, expires_at = excluded.expires_at";
        let query = Query::new(sql).bind(client.get()).bind(millis(at)).bind(decision.grade.as_str());
        let query = query.bind(decision.reason.as_str()).bind(decision.author.as_str());
        let mut write = self.0.write().await?;
        write.execute(query.bind(millis(decision.expires_at))).await?;
        write.is_shown().await?;
        write.commit().await
    }

    /// The decision that waits, unless its time has passed meanwhile.
    pub async fn asked_override(&self, client: ClientId, at: Timestamp) -> Result<Option<AskedOverride>> {
        let sql = "select client, grade, reason, author, expires_at, asked_at from override_asked
             where client = $1 and expires_at > $2";
        let Some(row) = self.0.one(Query::new(sql).bind(client.get()).bind(millis(at))).await? else { return Ok(None) };
        let asked_at = Cells::of("override_asked", &row).instant(5)?;
        Ok(Some(AskedOverride { decision: override_of(&row)?.1, asked_at }))
    }

    /// Those of these clients that a decision waits for.
    pub async fn asked_overrides(&self, clients: &[ClientId], at: Timestamp) -> Result<HashSet<ClientId>> {
        let sql = "select a.client from json_each($1) j cross join override_asked a
             where a.client = cast(j.value as bigint) and a.expires_at > $2";
        let query = Query::new(sql).bind(json_list(clients.iter().map(|client| client.get()))).bind(millis(at));
        self.0.all(query).await?.iter().map(|row| Cells::of("override_asked", row).client(0)).collect()
    }

    /// Decisions that wait for clients of these portfolios and were asked for by somebody else than `but`, the oldest first.
    pub async fn waiting_overrides(
        &self,
        portfolios: &[PortfolioId],
        but: &str,
        at: Timestamp,
        limit: usize,
    ) -> Result<Vec<(ClientId, AskedOverride)>> {
        let sql = "select a.client, a.grade, a.reason, a.author, a.expires_at, a.asked_at
             from override_asked a join client c on c.id = a.client
             where c.portfolio in (select cast(value as bigint) from json_each($1)) and a.author <> $2 and a.expires_at > $3
             order by a.asked_at, a.client limit $4";
        let query = Query::new(sql).bind(json_list(portfolios.iter().map(|portfolio| portfolio.get())));
        let query = query.bind(but).bind(millis(at)).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = self.0.all(query).await?;
        let waiting = rows.iter().map(|row| {
            let (client, decision) = override_of(row)?;
            Ok((client, AskedOverride { decision, asked_at: Cells::of("override_asked", row).instant(5)? }))
        });
        waiting.collect()
    }

    /// Begins a decision that waits, from `at` on; false when it is no longer the one that waits.
    pub async fn confirm_override(&self, client: ClientId, asked: &AskedOverride, at: Timestamp) -> Result<bool> {
        let sql = "delete from override_asked where client = $1 and asked_at = $2";
        let mut write = self.0.write().await?;
        let taken = Query::new(sql).bind(client.get()).bind(millis(asked.asked_at));
        if write.execute(taken).await? == 0 {
            return Ok(false);
        }
        write.begin_override(client, &asked.decision, at).await?;
        write.commit().await?;
        Ok(true)
    }

    /// Gives up the decision that waits; false when there is none.
    pub async fn drop_asked_override(&self, client: ClientId) -> Result<bool> {
        let sql = "delete from override_asked where client = $1";
        let mut write = self.0.write().await?;
        let was_there = write.execute(Query::new(sql).bind(client.get())).await? > 0;
        write.is_shown().await?;
        write.commit().await?;
        Ok(was_there)
    }
}
