//! Two codes of one company: a pointer from the one to the other, since an instant and until it is taken back.
//!
//! # Why
//!
//! *Why a pointer?* Every fact stays under the code it came under, so that the next file, a cancellation or an erasure finds
//! it where it was put. What the survivor is rated by is the union, made when it is read
//! ([`Dossiers`](crate::store::Dossiers)); taking the merger back is to end the pointer, and there is nothing to sort out.
//!
//! *Why only one level?* A chain would have to be followed by every question, and taking back its middle would say of two
//! clients what nobody decided. Whoever finds a third code merges it into the survivor.
//!
//! *Why is there no day since when they are one?* That two codes are one company is no event of its life: as soon as it is
//! known it holds for every day asked about. What was known when is told by the two instants.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use super::{Facts, marks::Marks, scrub::Names, withdrawal::Leaving};
use crate::{
    domain::{Cause, ClientCode, ClientId, EvidenceRef, PortfolioId, ReasonLine, SignalId},
    store::{
        Result,
        audit::Entry,
        backend::{Query, Row, Write, json_list},
        codec::event::RatingStep,
        rows::{Cells, millis},
    },
};

/// A client that is the same company as another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merger {
    /// Whose facts count for the other as well.
    pub client: ClientId,
    /// Its code.
    pub code: ClientCode,
    /// The client that is rated by both.
    pub survivor: ClientId,
    /// The survivor's code.
    pub survivor_code: ClientCode,
    /// Whose clients both are.
    pub portfolio: PortfolioId,
    /// Since when it is known.
    pub from_known: Timestamp,
    /// When it was taken back; none while it is in force.
    pub to_known: Option<Timestamp>,
    /// Who decided it.
    pub decided_by: String,
    /// Who took it back.
    pub ended_by: Option<String>,
}

/// What came of an attempt to merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merging {
    /// It is in force.
    Merged,
    /// The client is merged already, into the survivor of that code.
    IsMerged(ClientCode),
    /// The other one is itself merged, into the survivor of that code.
    IntoMerged(ClientCode),
    /// Clients of these codes are merged into the client that should be merged.
    HasMerged(Vec<ClientCode>),
    /// The two are one client, or not of one portfolio, or one of them is no more.
    Impossible,
}

impl Merger {
    /// Whether it was in force at an instant.
    pub fn is_in_force(&self, known_at: Timestamp) -> bool {
        self.from_known <= known_at && self.to_known.is_none_or(|to| to > known_at)
    }
}

const MERGERS: &str =
    "select m.client, c.code, m.survivor, s.code, c.portfolio, m.from_known, m.to_known, m.decided_by,
        m.ended_by
    from merger m join client c on c.id = m.client join client s on s.id = m.survivor";

fn merger_of(row: &Row) -> Result<Merger> {
    let cells = Cells::of("merger", row);
    Ok(Merger {
        client: cells.client(0)?,
        code: cells.word(1)?,
        survivor: cells.client(2)?,
        survivor_code: cells.word(3)?,
        portfolio: PortfolioId::new(cells.int(4)?),
        from_known: cells.instant(5)?,
        to_known: cells.maybe_instant(6)?,
        decided_by: cells.string(7)?,
        ended_by: cells.maybe_string(8)?,
    })
}

/// Why a client that was merged is rated by itself again: without memory when something of its own went meanwhile.
fn cause_after(forgets: bool) -> Cause {
    if forgets { Cause::Expiry } else { Cause::Signals }
}

impl Facts<'_> {
    /// The mergers that were in force at an instant, in key order of the merged client.
    pub async fn mergers(&self, known_at: Timestamp) -> Result<Vec<Merger>> {
        let sql = format!(
            "{MERGERS} where m.from_known <= $1 and (m.to_known is null or m.to_known > $1) order by m.client, m.id"
        );
        let query = Query::new(sql).bind(millis(known_at));
        self.0.all(query).await?.iter().map(merger_of).collect()
    }

    /// Every merger that a client ever was part of, on either side, oldest first; those that were taken back included.
    pub async fn mergers_of(&self, client: ClientId) -> Result<Vec<Merger>> {
        let sql = format!("{MERGERS} where m.client = $1 or m.survivor = $1 order by m.id");
        let query = Query::new(sql).bind(client.get());
        self.0.all(query).await?.iter().map(merger_of).collect()
    }

    /// From now on a client is known to be the same company as `survivor`. The survivor is marked to be rated by both, the
    /// merged client is rated no more, and the note goes into the audit log, all in one transaction.
    pub async fn merge(
        &self,
        client: ClientId,
        survivor: ClientId,
        note: &Entry<'_>,
        at: Timestamp,
    ) -> Result<Merging> {
        let mut write = self.0.write().await?;
        if let Some(refused) = write.refuses(client, survivor).await? {
            write.roll_back().await?;
            return Ok(refused);
        }
        let sql = "insert into merger (client, survivor, from_known, decided_by, forgets)
             select $1, $2, $3, $4, (select count(*) from touched where client = $1 and cause = 'expiry')";
        let query = Query::new(sql).bind(client.get()).bind(survivor.get()).bind(millis(at));
        write.execute(query.bind(note.who.to_owned())).await?;
        write.execute(Query::new("delete from touched where client = $1").bind(client.get())).await?;
        write.mark_one(survivor, Cause::Signals, at).await?;
        write.take("identity", 1).await?;
        write.note_audit(at, note).await?;
        write.commit().await?;
        Ok(Merging::Merged)
    }

    /// Takes a merger back: both are clients of their own from now on. The survivor is marked to be rated without memory, as
    /// after any fact that is no longer its own; the other one goes on from what was recorded of it last, unless something
    /// of its own went meanwhile. Answers both with the cause they are marked with; none when the client is merged into
    /// nobody.
    pub async fn unmerge(
        &self,
        client: ClientId,
        note: &Entry<'_>,
        at: Timestamp,
    ) -> Result<Option<[(ClientId, Cause); 2]>> {
        let mut write = self.0.write().await?;
        let sql = "update merger set to_known = $1, ended_by = $2 where client = $3 and to_known is null
             returning survivor, forgets";
        let query = Query::new(sql).bind(millis(at)).bind(note.who.to_owned()).bind(client.get());
        let Some(row) = write.one(query).await? else {
            write.roll_back().await?;
            return Ok(None);
        };
        let cells = Cells::of("merger", &row);
        let marked = [(client, cause_after(cells.flag(1)?)), (cells.client(0)?, Cause::Expiry)];
        for (whose, cause) in marked {
            write.mark_one(whose, cause, at).await?;
        }
        write.take("identity", 1).await?;
        write.note_audit(at, note).await?;
        write.commit().await?;
        Ok(Some(marked))
    }
}

impl Write<'_> {
    /// Why a client cannot be merged into another; none when it can.
    async fn refuses(&mut self, client: ClientId, survivor: ClientId) -> Result<Option<Merging>> {
        let beside = "select 1 from client c join client s on s.portfolio = c.portfolio
             where c.id = $1 and s.id = $2 and c.id <> s.id";
        if self.one(Query::new(beside).bind(client.get()).bind(survivor.get())).await?.is_none() {
            return Ok(Some(Merging::Impossible));
        }
        let of = "select s.code from merged m join client s on s.id = m.survivor where m.client = $1";
        for (whose, refused) in [(client, Merging::IsMerged as fn(_) -> _), (survivor, Merging::IntoMerged)] {
            if let Some(row) = self.one(Query::new(of).bind(whose.get())).await? {
                return Ok(Some(refused(Cells::of("merger", &row).word(0)?)));
            }
        }
        let into = "select c.code from merged m join client c on c.id = m.client where m.survivor = $1 order by c.id";
        let rows = self.all(Query::new(into).bind(client.get())).await?;
        let codes = rows.iter().map(|row| Cells::of("merger", row).word(0)).collect::<Result<Vec<_>>>()?;
        Ok((!codes.is_empty()).then_some(Merging::HasMerged(codes)))
    }

    async fn mark_one(&mut self, client: ClientId, cause: Cause, at: Timestamp) -> Result<()> {
        let mut marks = Marks::default();
        marks.add(client, at);
        self.put_marks(&marks, cause).await
    }

    /// Whom the facts of merged clients count for now.
    pub(super) async fn survivors(&mut self) -> Result<HashMap<ClientId, ClientId>> {
        let rows = self.all(Query::new("select client, survivor from merged")).await?;
        let pointers = rows.iter().map(|row| {
            let cells = Cells::of("merger", row);
            Ok((cells.client(0)?, cells.client(1)?))
        });
        pointers.collect()
    }

    /// Who is rated no more, because another client is rated by its facts too.
    pub(in crate::store) async fn merged_now(&mut self) -> Result<HashSet<ClientId>> {
        let rows = self.all(Query::new("select client from merged")).await?;
        rows.iter().map(|row| Cells::of("merger", row).client(0)).collect()
    }

    /// The other clients that are one company with a client now.
    pub(super) async fn company_of(&mut self, client: ClientId) -> Result<Vec<ClientId>> {
        let sql = "select other from one_company where client = $1 order by other";
        let rows = self.all(Query::new(sql).bind(client.get())).await?;
        rows.iter().map(|row| Cells::of("merger", row).client(0)).collect()
    }

    /// Notes of merged clients that something of theirs went: what was recorded of them last may rest on it.
    pub(super) async fn note_forgotten(&mut self, clients: impl Iterator<Item = ClientId>) -> Result<()> {
        let sql = "update merger set forgets = 1 where to_known is null
             and client in (select cast(value as bigint) from json_each($1))";
        self.execute(Query::new(sql).bind(json_list(clients.map(|client| client.get())))).await.map(drop)
    }

    /// Whom a client was ever merged into, and whether it still is: their past reasons may point to its facts.
    pub(super) async fn survivors_ever(&mut self, client: ClientId) -> Result<BTreeMap<ClientId, bool>> {
        let sql = "select survivor, max(case when to_known is null then 1 else 0 end) from merger where client = $1 group by survivor";
        let rows = self.all(Query::new(sql).bind(client.get())).await?;
        let survivors = rows.iter().map(|row| {
            let cells = Cells::of("merger", row);
            Ok((cells.client(0)?, cells.flag(1)?))
        });
        survivors.collect()
    }

    /// Before a client is erased: whoever it counted for is rated anew as if it had never been, and what the past reasons of
    /// those drew from its files goes; who was merged into it is rated by itself again.
    pub(super) async fn forget_mergers(
        &mut self,
        client: ClientId,
        portfolio: PortfolioId,
        at: Timestamp,
    ) -> Result<()> {
        let windows = "select survivor, from_known, coalesce(to_known, $2) from merger where client = $1";
        for row in self.all(Query::new(windows).bind(client.get()).bind(i64::MAX)).await? {
            let cells = Cells::of("merger", &row);
            let survivor = cells.client(0)?;
            self.blank_files(survivor, (cells.int(1)?, cells.int(2)?)).await?;
            let names = self.signals_of_one_alone((client, survivor)).await?;
            self.scrub_client(survivor, &names).await?;
        }
        let in_force = self.survivors_ever(client).await?.into_iter().filter(|(_, is_in_force)| *is_in_force);
        let told = in_force.map(|(survivor, _)| (survivor, portfolio)).collect();
        self.tell_withdrawn(&told, &Leaving::by("erased"), at).await?;
        let free = "delete from merger where client = $1 or survivor = $1 returning client, to_known is null, forgets";
        for row in self.all(Query::new(free).bind(client.get())).await? {
            let cells = Cells::of("merger", &row);
            let (freed, is_in_force) = (cells.client(0)?, cells.flag(1)?);
            if freed != client && is_in_force {
                self.mark_one(freed, cause_after(cells.flag(2)?), at).await?;
            }
        }
        Ok(())
    }

    /// Signals that a client is linked to and its survivor is not: once the merger is forgotten, nobody would look for them
    /// among the survivor's reasons.
    async fn signals_of_one_alone(&mut self, (client, survivor): (ClientId, ClientId)) -> Result<Names> {
        let sql = "select s.id from link l join signal s on s.key = l.signal
             where l.client = $1 and not exists (select 1 from link k where k.signal = l.signal and k.client = $2)";
        let rows = self.all(Query::new(sql).bind(client.get()).bind(survivor.get())).await?;
        let names = rows.iter().map(|row| Ok(SignalId::new(Cells::of("signal", row).array(0)?)));
        names.collect()
    }

    /// Takes what rests on imported files out of the reasons of a survivor's ratings between two instants of knowledge: the
    /// sums in them are of both clients' invoices.
    async fn blank_files(&mut self, survivor: ClientId, (from, to): (i64, i64)) -> Result<()> {
        let sql = "select seq, body from event where client = $1 and client_seq is not null
             and known_at >= $2 and known_at < $3 order by seq";
        let blank = |line: &mut ReasonLine| {
            for evidence in &mut line.evidence {
                if matches!(evidence, EvidenceRef::Batch(_)) {
                    *evidence = EvidenceRef::Withdrawn;
                    line.value = None;
                }
            }
        };
        let rows = self.all(Query::new(sql).bind(survivor.get()).bind(from).bind(to)).await?;
        let change = |step: &mut RatingStep| {
            step.rating.lines.iter_mut().chain(&mut step.change.reasons).for_each(blank);
        };
        self.rewrite_steps(&rows.iter().collect::<Vec<_>>(), change).await
    }
}
