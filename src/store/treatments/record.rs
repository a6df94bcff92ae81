//! Announcing: once for each change of phase or action, in the transaction of whatever changed it.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{NewTreatment, Treated};
use crate::{
    domain::{ClientId, EventBody, Phase, PortfolioId, TreatmentChange},
    store::{
        Error, Result,
        backend::{Query, Write, json_list},
        codec::event,
        rows::{Cells, days, millis},
    },
};

/// What is known of a client before.
struct Before {
    portfolio: PortfolioId,
    treated: Option<(Treated, i64)>,
    /// When the present rating was known: who is watched has no treatment of its own to say what was known last.
    rated: Option<i64>,
}

impl Write<'_> {
    /// Records treatments: an event and the new state for those whose phase or action is another one, a new date alone without
    /// an event. What knew less than what is recorded is left aside, and so is a client that is merged into another. Answers
    /// how many events there were.
    pub(in crate::store) async fn put_treatments(&mut self, all: &[NewTreatment], at: Timestamp) -> Result<u64> {
        if all.is_empty() {
            return Ok(0);
        }
        let before = self.treated_before(all).await?;
        let mut events = Vec::new();
        for new in all {
            let Some(known) = before.get(&new.client) else { continue };
            let found = &new.treatment;
            let from = known.treated.map(|(treated, _)| (treated.phase, treated.action));
            let newest = known.treated.map(|(_, known_at)| known_at).max(known.rated);
            if newest.is_some_and(|known_at| known_at > millis(new.known_at)) {
                continue;
            }
            let is_kept = found.phase != Phase::Monitoring || found.is_task();
            let to = (found.phase, found.action);
            let is_same = from.map_or(!is_kept, |from| is_kept && from == to);
            if !is_same {
                let body = event::other_bytes(&EventBody::TreatmentChanged(change_of(new, from)));
                events.push((new.client, known.portfolio, body.map_err(|why| Error::Damaged { what: "event", why })?));
            }
            if is_kept {
                self.keep_treated(new).await?;
            } else if from.is_some() {
                let query = Query::new("delete from treated where client = $1");
                self.execute(query.bind(new.client.get())).await?;
            }
        }
        self.announce_treatments(&events, at).await?;
        Ok(events.len() as u64)
    }

    async fn keep_treated(&mut self, new: &NewTreatment) -> Result<()> {
        let sql = "insert into treated (client, phase, action, due_on, known_at) values ($1, $2, $3, $4, $5)
             on conflict (client) do update set phase = excluded.phase, action = excluded.action,
                due_on = excluded.due_on, known_at = excluded.known_at";
        let found = &new.treatment;
        let query = Query::new(sql).bind(new.client.get()).bind(found.phase.as_str()).bind(found.action.as_str());
        let query = query.bind(found.due_on.map(days)).bind(millis(new.known_at));
        self.execute(query).await.map(drop)
    }

    async fn treated_before(&mut self, all: &[NewTreatment]) -> Result<HashMap<ClientId, Before>> {
        let sql = "select c.id, c.portfolio, t.phase, t.action, t.due_on, t.known_at, k.known_at
             from client c left join treated t on t.client = c.id left join current k on k.client = c.id
             where c.id in (select cast(value as bigint) from json_each($1)) and c.id not in (select client from merged)";
        let list = json_list(all.iter().map(|new| new.client.get()));
        let mut before = HashMap::with_capacity(all.len());
        for row in self.all(Query::new(sql).bind(list)).await? {
            let cells = Cells::of("treated", &row);
            let treated = match cells.maybe_word(2)? {
                Some(phase) => {
                    let treated = Treated { phase, action: cells.word(3)?, due_on: cells.maybe_day(4)? };
                    Some((treated, cells.int(5)?))
                }
                None => None,
            };
            let (portfolio, rated) = (PortfolioId::new(cells.int(1)?), cells.maybe_int(6)?);
            before.insert(cells.client(0)?, Before { portfolio, treated, rated });
        }
        Ok(before)
    }

    async fn announce_treatments(&mut self, events: &[(ClientId, PortfolioId, Vec<u8>)], at: Timestamp) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let first = self.take_seqs(i64::try_from(events.len()).unwrap_or(i64::MAX)).await?;
        let rows: Vec<_> = (first..).zip(events).collect();
        let insert = ("insert into event (seq, at, kind, portfolio, client, body)", 6, "");
        self.put_all(insert, &rows, |query, (seq, (client, portfolio, body))| {
            let query = query.bind(*seq).bind(millis(at)).bind("treatment.changed").bind(portfolio.get());
            query.bind(client.get()).bind(body.as_slice())
        })
        .await
    }
}

fn change_of(new: &NewTreatment, from: Option<(Phase, crate::domain::Action)>) -> TreatmentChange {
    let found = &new.treatment;
    TreatmentChange {
        from,
        to: (found.phase, found.action),
        channel: found.channel,
        tone: found.tone,
        owner: found.owner.clone(),
        due_on: found.due_on,
        next: found.next,
        overdue: found.overdue,
        oldest_overdue_days: found.oldest_overdue_days,
        basis: found.basis.as_str().to_owned(),
        policy: new.policy.clone(),
    }
}
