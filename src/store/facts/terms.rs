//! From which day a fact's terms run, by the word of the rule that ends it. How long each term is, is data
//! (`config/retention.toml`) and can change: what is noted here is only where it begins.

use jiff::civil::Date;

use super::{Facts, NewSignal};
use crate::{
    domain::{Fact, SignalId, StatusChange},
    store::{
        Result,
        backend::{Query, Write, json_list},
        codec::fact,
        rows::{Cells, days},
    },
};

/// Signals of an older store whose terms are noted in one transaction.
const CHUNK_ROWS: i64 = 1000;

/// Which signals are past a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastTerm {
    /// The rule's word: a kind of fact, `insolvency` or `procedure_ended`.
    pub rule: &'static str,
    /// Only signals about clients of this country; none means those of every other country.
    pub country: Option<String>,
    /// Countries that have a rule of their own, left out when `country` is none.
    pub not_in: Vec<String>,
    /// Whose term began before this day.
    pub before: Date,
}

/// The terms of a fact: a procedure has one from its opening, and one from its end.
pub(super) fn terms(fact: &Fact, valid_at: Date) -> Vec<(&'static str, Date)> {
    match fact {
        Fact::CompanyStatus(change) => terms_of_status(change, valid_at),
        Fact::Protest(protest) => vec![("protest", protest.raised_on.map_or(valid_at, |on| on.min(valid_at)))],
        Fact::PrejudicialAct(act) => {
            vec![("prejudicial_act", act.registered_on.map_or(valid_at, |on| on.min(valid_at)))]
        }
        Fact::Filing(_)
        | Fact::Identity(_)
        | Fact::News(_)
        | Fact::Indicator(_)
        | Fact::VatCheck(_)
        | Fact::Clean { .. } => vec![(fact.kind(), valid_at)],
    }
}

fn terms_of_status(change: &StatusChange, valid_at: Date) -> Vec<(&'static str, Date)> {
    if change.procedure.is_none() && change.opened_on.is_none() {
        return vec![("company_status", valid_at)];
    }
    let opened = change.opened_on.map_or(valid_at, |on| on.min(valid_at));
    let ended = change.closed_on.into_iter().chain(change.revoked_on).min();
    std::iter::once(("insolvency", opened)).chain(ended.map(|on| ("procedure_ended", on))).collect()
}

impl Facts<'_> {
    /// Notes the terms of signals that were written before terms were; answers how many. Repeated until it answers 0.
    pub async fn note_terms(&self) -> Result<u64> {
        let sql = "select key, valid_at, fact from signal where has_terms = 0 order by key limit $1";
        let mut write = self.0.write().await?;
        let rows = write.all(Query::new(sql).bind(CHUNK_ROWS)).await?;
        let mut found = Vec::new();
        let mut keys = Vec::new();
        for row in &rows {
            let cells = Cells::of("signal", row);
            let fact = cells.checked(fact::fact_from(cells.bytes(2)?))?;
            keys.push(cells.int(0)?);
            found.extend(terms(&fact, cells.day(1)?).into_iter().map(|term| (cells.int(0), term)));
        }
        let found = found.into_iter().map(|(key, term)| Ok((key?, term))).collect::<Result<Vec<_>>>()?;
        write.insert_terms(&found).await?;
        let noted = "update signal set has_terms = 1 where key in (select cast(value as bigint) from json_each($1))";
        let n = write.execute(Query::new(noted).bind(json_list(keys.iter()))).await?;
        write.commit().await?;
        Ok(n)
    }

    /// Signals past a term, longest ago first, at most `limit`; those that are held are left out.
    pub async fn past_term(&self, past: &PastTerm, limit: usize) -> Result<Vec<SignalId>> {
        let sql = "select s.id from term t join signal s on s.key = t.signal
             where t.rule = $1 and t.day < $2
               and not exists (select 1 from hold h where h.ended_at is null
                   and (h.signal = s.id or h.client in (select client from link where signal = s.key
                       union select o.other from link k join one_company o on o.client = k.client where k.signal = s.key)))
               and case when $3 is not null then exists (
                       select 1 from link l join client c on c.id = l.client
                       join client_version v on v.client = c.id and v.version = c.version
                       where l.signal = s.key and v.country = $3)
                   else not exists (
                       select 1 from link l join client c on c.id = l.client
                       join client_version v on v.client = c.id and v.version = c.version
                       where l.signal = s.key and v.country in (select value from json_each($4)))
                   end
             order by t.day, s.key limit $5";
        let query = Query::new(sql).bind(past.rule).bind(days(past.before)).bind(past.country.clone());
        let query = query.bind(json_list(past.not_in.iter().map(|country| format!("\"{country}\""))));
        let rows = self.0.all(query.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
        rows.iter().map(|row| Ok(SignalId::new(Cells::of("signal", row).array(0)?))).collect()
    }
}

impl Write<'_> {
    /// Notes the terms of signals that are about to be found by them.
    pub(super) async fn put_terms(&mut self, new: &[(i64, &NewSignal)]) -> Result<()> {
        let of = |(key, row): &(i64, &NewSignal)| {
            let key = *key;
            terms(&row.signal.fact, row.signal.valid_at).into_iter().map(move |term| (key, term))
        };
        let found: Vec<_> = new.iter().flat_map(of).collect();
        self.insert_terms(&found).await
    }

    async fn insert_terms(&mut self, terms: &[(i64, (&'static str, Date))]) -> Result<()> {
        let insert = ("insert into term (signal, rule, day)", 3, " on conflict do nothing");
        self.put_all(insert, terms, |query, (key, (rule, day))| query.bind(*key).bind(*rule).bind(days(*day))).await
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::{StatusChange, terms_of_status};
    use crate::domain::Status;

    #[test]
    fn a_procedure_that_ended_has_a_term_from_its_opening_and_one_from_its_end() {
        let opened = date(2018, 3, 1);
        let ended = StatusChange {
            opened_on: Some(opened),
            closed_on: Some(date(2021, 5, 4)),
            ..StatusChange::plain(Status::InsolventLiquidation)
        };
        let terms = terms_of_status(&ended, date(2021, 5, 4));
        assert_eq!(terms, [("insolvency", opened), ("procedure_ended", date(2021, 5, 4))]);
    }
}
