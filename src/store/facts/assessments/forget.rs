//! What must not be kept of a prospect any longer, and what must not be said of it any more.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::Facts;
use crate::{
    domain::{ClientId, Sha256, SignalId},
    store::{
        Result,
        audit::Entry,
        backend::{Query, Write, bulk, json_list},
        codec::fact,
        facts::{PastTerm, redact::Names, withdrawal::Leaving},
        rows::{Cells, days, millis},
    },
};

/// Evaluations looked at in one transaction.
const CHUNK_ROWS: i64 = 500;
/// What stands in the place of a text that named somebody.
const ERASED: &str = "erased";

impl Facts<'_> {
    /// Takes out evaluations of prospects that never became clients and whose time is over; answers how many.
    pub async fn expire_assessments(&self, at: Timestamp) -> Result<u64> {
        let sql = "select id from assessment where client is null and keep_until <= $1 order by id limit $2";
        let mut n = 0;
        loop {
            let mut write = self.0.write().await?;
            let rows = write.all(Query::new(sql).bind(millis(at)).bind(CHUNK_ROWS)).await?;
            for row in &rows {
                write.drop_assessment(Cells::of("assessment", row).int(0)?, false).await?;
            }
            if rows.is_empty() {
                write.roll_back().await?;
                break;
            }
            write.commit().await?;
            n += rows.len() as u64;
        }
        if n > 0 {
            self.forget_traces().await?;
        }
        Ok(n)
    }

    /// Erases an evaluation with every document that was read for it; whoever else rests on one keeps its hash and address.
    pub async fn erase_assessment(&self, assessment: i64, note: &Entry<'_>, at: Timestamp) -> Result<()> {
        let mut write = self.0.write().await?;
        write.drop_assessment(assessment, true).await?;
        write.forget_answers(true).await?;
        write.note_audit(at, note).await?;
        write.commit().await?;
        self.forget_traces().await
    }

    /// Takes facts out of the evaluations of prospects: what was decided stays. `rule`: whose term is over.
    pub async fn expire_of_prospects(&self, ids: &[SignalId], rule: &str) -> Result<()> {
        let mut write = self.0.write().await?;
        let is_final = Leaving::expired(rule).is_final;
        write.redact_assessments(&ids.iter().copied().collect(), is_final).await?;
        write.commit().await?;
        self.forget_traces().await
    }

    /// Facts of prospects that are no clients, past a term, longest ago first, at most `limit`.
    pub async fn prospects_past_term(&self, past: &PastTerm, limit: usize) -> Result<Vec<SignalId>> {
        let sql = "select t.signal, min(t.day) from assessment_term t join assessment a on a.id = t.assessment
             where a.client is null and t.rule = $1 and t.day < $2
               and case when $3 is not null then coalesce(a.country, '') = $3
                   else coalesce(a.country, '') not in (select value from json_each($4)) end
               and not exists (select 1 from hold h where h.ended_at is null and h.signal = t.signal)
             group by t.signal order by min(t.day), t.signal limit $5";
        let query = Query::new(sql).bind(past.rule).bind(days(past.before)).bind(past.country.clone());
        let query = query.bind(json_list(past.not_in.iter().map(|country| format!("\"{country}\""))));
        let rows = self.0.all(query.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
        rows.iter().map(|row| Ok(SignalId::new(Cells::of("assessment_term", row).array(0)?))).collect()
    }
}

impl Write<'_> {
    /// Takes an evaluation out with its facts, and dooms its documents.
    pub(in crate::store::facts) async fn drop_assessment(&mut self, assessment: i64, is_final: bool) -> Result<()> {
        let sql = "select sha256 from assessment_document where assessment = $1";
        for row in self.all(Query::new(sql).bind(assessment)).await? {
            let name: Sha256 = Cells::of("assessment_document", &row).sha256(0)?;
            self.doom(&name, is_final).await?;
        }
        for table in ["number", "signal", "term", "document"] {
            let sql = format!("delete from assessment_{table} where assessment = $1");
            self.execute(Query::new(sql).bind(assessment)).await?;
        }
        self.execute(Query::new("delete from assessment where id = $1").bind(assessment)).await.map(drop)
    }

    /// The facts that a source told of prospects under an own id.
    pub(in crate::store::facts) async fn signals_of_prospects(
        &mut self,
        source: &str,
        own_id: &str,
    ) -> Result<Vec<SignalId>> {
        let sql = "select distinct signal from assessment_signal where source = $1 and own_id = $2";
        let rows = self.all(Query::new(sql).bind(source).bind(own_id)).await?;
        rows.iter().map(|row| Ok(SignalId::new(Cells::of("assessment_signal", row).array(0)?))).collect()
    }

    /// Takes facts out of every evaluation that rests on them: the decision stays, what it rested on goes.
    pub(in crate::store::facts) async fn redact_assessments(
        &mut self,
        ids: &BTreeSet<SignalId>,
        is_final: bool,
    ) -> Result<()> {
        let ids: Vec<SignalId> = ids.iter().copied().collect();
        let find = ("select assessment, signal, body from assessment_signal where (signal) in (", 1, ")");
        let bind = |query: Query, id: &SignalId| query.bind(id.bytes().to_vec());
        for row in bulk(self.conn(), find, &ids, bind).await? {
            let cells = Cells::of("assessment_signal", &row);
            let (assessment, id) = (cells.int(0)?, cells.bytes(1)?);
            let signal = cells.checked(fact::signal_from(cells.bytes(2)?))?;
            self.doom(&signal.evidence.sha256, is_final).await?;
            let sql = "update assessment set body = remains, is_withdrawn = 1 where id = $1";
            self.execute(Query::new(sql).bind(assessment)).await?;
            for sql in [
                "delete from assessment_signal where assessment = $1 and signal = $2",
                "delete from assessment_term where assessment = $1 and signal = $2",
            ] {
                self.execute(Query::new(sql).bind(assessment).bind(id)).await?;
            }
            let sql = "delete from assessment_document where assessment = $1 and sha256 = $2";
            let query = Query::new(sql).bind(assessment);
            self.execute(query.bind(signal.evidence.sha256.bytes().as_slice())).await?;
        }
        Ok(())
    }

    /// What names a client in the evaluations of the prospect it was.
    pub(in crate::store::facts) async fn named_in_assessments(&mut self, client: ClientId) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        for row in self.all(Query::new("select named from assessment where client = $1").bind(client.get())).await? {
            let cells = Cells::of("assessment", &row);
            let named: Vec<String> = cells.checked(serde_json::from_str(cells.text(0)?).map_err(|e| e.to_string()))?;
            texts.extend(named);
        }
        Ok(texts)
    }

    /// Erases a person from evaluations: its own go, and so do those of a prospect that bears its number; in the others
    /// every text that names it is taken out.
    pub(in crate::store::facts) async fn erase_from_assessments(
        &mut self,
        client: ClientId,
        (by_any, numbers): (&Names, &[String]),
    ) -> Result<()> {
        let sql = "select id, coalesce(client, 0), body, remains, named,
                 coalesce((select string_agg(n.number, ' ') from assessment_number n where n.assessment = assessment.id), '')
             from assessment where id > $1 order by id limit $2";
        let mut after = 0;
        loop {
            let rows = self.all(Query::new(sql).bind(after).bind(CHUNK_ROWS)).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Cells::of("assessment", last).int(0)?;
            for row in &rows {
                let cells = Cells::of("assessment", row);
                let (id, owner) = (cells.int(0)?, cells.client(1)?);
                let has_number = owner.get() == 0 && has_one_of(cells.text(5)?, numbers);
                if owner == client || has_number {
                    self.drop_assessment(id, has_number).await?;
                    continue;
                }
                for (column, place) in [("body", 2), ("remains", 3)] {
                    if let Some(left) = without(cells.bytes(place)?, by_any) {
                        let sql = format!("update assessment set {column} = $1 where id = $2");
                        self.execute(Query::new(sql).bind(left).bind(id)).await?;
                    }
                }
            }
        }
    }
}

/// Whether one of the compared numbers of a prospect is one of these. A compared number may be the end of a whole one.
fn has_one_of(compared: &str, numbers: &[String]) -> bool {
    let tails = compared.split(' ').filter_map(|key| key.rsplit('/').next());
    tails.filter(|tail| !tail.is_empty()).any(|tail| numbers.iter().any(|number| number.ends_with(tail)))
}

/// A JSON document in which no text names the person; none when none does.
fn without(body: &[u8], names: &Names) -> Option<Vec<u8>> {
    if !names.are_in(body) {
        return None;
    }
    let mut document: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    blank(&mut document, names);
    serde_json::to_vec(&document).ok()
}

fn blank(value: &mut Value, names: &Names) {
    match value {
        Value::String(text) if names.are_in(text.as_bytes()) => ERASED.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| blank(item, names)),
        Value::Object(fields) => fields.values_mut().for_each(|field| blank(field, names)),
        _ => {}
    }
}
