//! Analysts' decisions that stand above the model until they expire or are ended.

use std::collections::HashMap;

use jiff::Timestamp;

use super::Ratings;
use crate::{
    domain::{Cause, ClientId, Grade, Override},
    store::{
        Result,
        backend::{Query, Row, Write, json_list},
        codec::event,
        facts::Marks,
        rows::{Cells, millis},
    },
};

const IN_FORCE: &str = "select o.client, o.grade, o.reason, o.author, o.expires_at
    from json_each($1) j cross join analyst_override o
    where o.client = cast(j.value as bigint) and o.made_at <= $2 and o.expires_at > $2 and (o.ended_at is null or o.ended_at > $2)";

/// Columns: client, grade, reason, author, expires_at.
pub(super) fn override_of(row: &Row) -> Result<(ClientId, Override)> {
    let cells = Cells::of("analyst_override", row);
    let decision = Override {
        grade: cells.word(1)?,
        reason: cells.string(2)?,
        author: cells.string(3)?,
        expires_at: cells.instant(4)?,
    };
    Ok((cells.client(0)?, decision))
}

impl Ratings<'_> {
    /// The override in force.
    pub async fn override_of(&self, client: ClientId, at: Timestamp) -> Result<Option<Override>> {
        Ok(self.overrides(&[client], at).await?.remove(&client))
    }

    /// The overrides in force for these clients.
    pub async fn overrides(&self, clients: &[ClientId], at: Timestamp) -> Result<HashMap<ClientId, Override>> {
        let query = Query::new(IN_FORCE).bind(json_list(clients.iter().map(|c| c.get()))).bind(millis(at));
        self.0.all(query).await?.iter().map(override_of).collect()
    }

    /// Every override in force: what a night takes along. Analysts make hundreds of them, not millions.
    pub async fn all_overrides(&self, at: Timestamp) -> Result<HashMap<ClientId, Override>> {
        let sql = "select client, grade, reason, author, expires_at from analyst_override
             where made_at <= $1 and expires_at > $1 and (ended_at is null or ended_at > $1)";
        self.0.all(Query::new(sql).bind(millis(at))).await?.iter().map(override_of).collect()
    }

    /// The newest decisions ever made, whether in force or not, with when each was made and when it ended or will end.
    pub async fn decisions(&self, limit: usize) -> Result<Vec<(ClientId, Timestamp, Timestamp, Override)>> {
        let sql = "select client, grade, reason, author, expires_at, made_at, coalesce(ended_at, expires_at)
             from analyst_override order by made_at desc, client limit $1";
        let rows = self.0.all(Query::new(sql).bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
        let decision = |row: &Row| {
            let cells = Cells::of("analyst_override", row);
            let (client, decision) = override_of(row)?;
            Ok((client, cells.instant(5)?, cells.instant(6)?, decision))
        };
        rows.iter().map(decision).collect()
    }

    /// The grade that the model alone had given a client when a decision about it was made: the newest recorded until then
    /// without a decision.
    pub async fn grade_by_model(&self, client: ClientId, until: Timestamp) -> Result<Option<Grade>> {
        let sql = "select body from event where client = $1 and client_seq is not null and known_at <= $2
             order by client_seq desc";
        for row in &self.0.all(Query::new(sql).bind(client.get()).bind(millis(until))).await? {
            let cells = Cells::of("event", row);
            let bytes = cells.bytes(0)?;
            let step = self.0.with_words(|words| cells.checked(event::step_from(bytes, words))).await?;
            if step.override_.is_none() {
                return Ok(Some(step.rating.grade));
            }
        }
        Ok(None)
    }

    /// Begins an override from `at` on, in place of the one in force, and marks the client with cause override: the
    /// rating that follows records the event.
    pub async fn put_override(&self, client: ClientId, decision: &Override, at: Timestamp) -> Result<()> {
        let mut write = self.0.write().await?;
        write.begin_override(client, decision, at).await?;
        write.commit().await
    }

    /// Ends the override in force, and marks the client with cause override; false when there is none.
    pub async fn end_override(&self, client: ClientId, at: Timestamp) -> Result<bool> {
        let mut write = self.0.write().await?;
        let was_in_force = write.end_overrides(client, at).await? > 0;
        if was_in_force {
            write.mark_override(client, at).await?;
        }
        write.commit().await?;
        Ok(was_in_force)
    }
}

impl Write<'_> {
    /// The overrides in force, as this transaction sees them.
    pub(super) async fn overrides(
        &mut self,
        clients: &[ClientId],
        at: Timestamp,
    ) -> Result<HashMap<ClientId, Override>> {
        let query = Query::new(IN_FORCE).bind(json_list(clients.iter().map(|c| c.get()))).bind(millis(at));
        self.all(query).await?.iter().map(override_of).collect()
    }

    pub(super) async fn begin_override(&mut self, client: ClientId, decision: &Override, at: Timestamp) -> Result<()> {
        let sql = "insert into analyst_override (client, made_at, grade, reason, author, expires_at)
             values ($1, $2, $3, $4, $5, $6) on conflict (client, made_at) do update set grade = excluded.grade,
             reason = excluded.reason, author = excluded.author, expires_at = excluded.expires_at, ended_at = null";
        self.end_overrides(client, at).await?;
        let query = Query::new(sql).bind(client.get()).bind(millis(at)).bind(decision.grade.as_str());
        let query = query.bind(decision.reason.clone()).bind(decision.author.clone());
        self.execute(query.bind(millis(decision.expires_at))).await?;
        // Whatever waited for a second person was asked for before this one.
        self.execute(Query::new("delete from override_asked where client = $1").bind(client.get())).await?;
        self.mark_override(client, at).await
    }

    async fn end_overrides(&mut self, client: ClientId, at: Timestamp) -> Result<u64> {
        let sql =
            "update analyst_override set ended_at = $1 where client = $2 and ended_at is null and expires_at > $1";
        self.execute(Query::new(sql).bind(millis(at)).bind(client.get())).await
    }

    async fn mark_override(&mut self, client: ClientId, at: Timestamp) -> Result<()> {
        let mut marks = Marks::default();
        marks.add(client, at);
        self.put_marks(&marks, Cause::Override).await
    }
}
