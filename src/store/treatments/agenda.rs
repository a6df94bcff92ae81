//! What is to be done by a day, as it was last announced.
//!
//! # Why
//!
//! *Why is a plus before the portfolio?* Nearly everybody is of a portfolio that is asked for, and few are wanted: whoever begins
//! with the portfolio reads all of its clients to give the first eight. With the plus no index of the portfolio is used, and
//! those who are due are gone through in the order of their days.

use jiff::civil::Date;

use super::Treatments;
use crate::{
    domain::{Action, ClientId, Phase, PortfolioId},
    store::{
        Result,
        backend::{Query, json_list},
        rows::{Cells, days},
    },
};

/// Whose tasks are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Agenda<'a> {
    /// Clients of these portfolios.
    pub portfolios: &'a [PortfolioId],
    /// Only who is in one of these phases.
    pub phases: Option<&'a [Phase]>,
}

/// Something that was announced to be done, or to be waited for, by a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// About whom.
    pub client: ClientId,
    /// In which phase.
    pub phase: Phase,
    /// What.
    pub action: Action,
    /// By when; may be past where no night has been since.
    pub on: Date,
}

/// Texts of the store's own vocabulary as a JSON list.
fn words(words: impl Iterator<Item = &'static str>) -> String {
    json_list(words.map(|word| format!("\"{word}\"")))
}

/// What somebody has to do, and is not only looked at or waited for.
fn work() -> String {
    words(Action::ALL.iter().filter(|action| action.is_work()).map(|action| action.as_str()))
}

impl Agenda<'_> {
    /// The condition on clients `c` and what is treated, `t`; it takes `$1` and `$2`.
    fn condition(self) -> &'static str {
        match self.phases {
            Some(_) => {
                "+c.portfolio in (select cast(value as bigint) from json_each($1)) and c.id not in (select client from merged)
                 and t.phase in (select value from json_each($2))"
            }
            None => {
                "+c.portfolio in (select cast(value as bigint) from json_each($1)) and c.id not in (select client from merged)
                 and cast($2 as text) = '[]'"
            }
        }
    }

    fn bind(self, query: Query) -> Query {
        let phases = self.phases.unwrap_or_default();
        let query = query.bind(json_list(self.portfolios.iter().map(|portfolio| portfolio.get())));
        query.bind(words(phases.iter().map(|phase| phase.as_str())))
    }
}

fn due_by_day(own: &str) -> String {
    format!(
        "select t.due_on, t.client from treated t join client c on c.id = t.client
         where {own} and t.due_on <= $3 and (t.due_on, t.client) > ($4, $5) order by t.due_on, t.client limit $6"
    )
}

impl Treatments<'_> {
    /// Everything that was announced for the days up to one, in no order that counts.
    pub async fn due_by(&self, agenda: Agenda<'_>, by: Date, limit: usize) -> Result<Vec<Due>> {
        let sql = format!(
            "select t.client, t.phase, t.action, t.due_on from treated t join client c on c.id = t.client
             where {} and t.due_on <= $3 order by t.due_on, t.client limit $4",
            agenda.condition()
        );
        let query = agenda.bind(Query::new(sql)).bind(days(by)).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = self.0.all(query).await?;
        let due = rows.iter().map(|row| {
            let cells = Cells::of("treated", row);
            let (client, phase, action) = (cells.client(0)?, cells.word(1)?, cells.word(2)?);
            Ok(Due { client, phase, action, on: cells.day(3)? })
        });
        due.collect()
    }

    /// Clients for whom something is to be done by a day, the earliest first, after a place in that order; without a day, every
    /// client that owes or is treated, in key order, and the day is 0.
    pub async fn due(
        &self,
        agenda: Agenda<'_>,
        by: Option<Date>,
        after: Option<(i64, ClientId)>,
        limit: usize,
    ) -> Result<Vec<(i64, ClientId)>> {
        let own = agenda.condition();
        let sql = match by {
            Some(_) => due_by_day(own),
            None => format!(
                "select cast(0 as bigint), c.id from client c left join current k on k.client = c.id
                 left join treated t on t.client = c.id
                 where {own} and cast($3 as bigint) = cast($4 as bigint) and c.id > $5
                   and (k.exposure > 0 or t.client is not null) order by c.id limit $6"
            ),
        };
        let (after_day, after_client) = after.map_or((i64::MIN, 0), |(day, client)| (day, client.get()));
        let (by, after_day) = by.map_or((0, 0), |by| (days(by), after_day));
        let query = agenda.bind(Query::new(sql)).bind(by).bind(after_day).bind(after_client);
        let rows = self.0.all(query.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
        let due = rows.iter().map(|row| {
            let cells = Cells::of("treated", row);
            Ok((cells.int(0)?, cells.client(1)?))
        });
        due.collect()
    }

    /// How much is to be done on each day up to the last, the earliest first.
    pub async fn n_by_day(&self, agenda: Agenda<'_>, last: Date) -> Result<Vec<(Date, i64)>> {
        let sql = format!(
            "select t.due_on, count(*) from treated t join client c on c.id = t.client
             where {} and t.due_on <= $3 and t.action in (select value from json_each($4))
             group by t.due_on order by t.due_on",
            agenda.condition()
        );
        let rows = self.0.all(agenda.bind(Query::new(sql)).bind(days(last)).bind(work())).await?;
        let by_day = rows.iter().map(|row| {
            let cells = Cells::of("treated", row);
            Ok((cells.day(0)?, cells.int(1)?))
        });
        by_day.collect()
    }

    /// Clients that were last announced to be waited for, because they promised money or agreed on a plan, the earliest first.
    pub async fn waited_for(&self, agenda: Agenda<'_>, limit: usize) -> Result<Vec<ClientId>> {
        let sql = format!(
            "select t.client from treated t join client c on c.id = t.client
             where {} and t.action in (select value from json_each($3)) order by t.due_on, t.client limit $4",
            agenda.condition()
        );
        let pledges = words([Action::AwaitPromise, Action::FollowPlan].iter().map(|action| action.as_str()));
        let query = agenda.bind(Query::new(sql)).bind(pledges).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        self.0.all(query).await?.iter().map(|row| Cells::of("treated", row).client(0)).collect()
    }

    /// The first of what is to be done between two days, both included: about whom, and what.
    pub async fn first_of(
        &self,
        agenda: Agenda<'_>,
        (from, until): (Date, Date),
        limit: usize,
    ) -> Result<Vec<(ClientId, Action)>> {
        let sql = format!(
            "select t.client, t.action from treated t join client c on c.id = t.client
             where {} and t.due_on >= $3 and t.due_on <= $4 and t.action in (select value from json_each($5))
             order by t.due_on, t.client limit $6",
            agenda.condition()
        );
        let query = agenda.bind(Query::new(sql)).bind(days(from)).bind(days(until)).bind(work());
        let rows = self.0.all(query.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
        let first = rows.iter().map(|row| {
            let cells = Cells::of("treated", row);
            Ok((cells.client(0)?, cells.word(1)?))
        });
        first.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Agenda, Query, due_by_day};
    use crate::store::{Store, rows::Cells};

    #[tokio::test]
    async fn the_first_who_are_due_are_found_in_the_order_of_their_days_without_sorting_everybody() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("facts.db").display());
        let store = Store::open(&url, &folder.path().join("archive")).await.unwrap();
        let own = Agenda { portfolios: &[], phases: None }.condition();
        let plan = store.all(Query::new(format!("explain query plan {}", due_by_day(own)))).await.unwrap();
        let steps: Vec<String> = plan.iter().map(|row| Cells::of("plan", row).string(3).unwrap()).collect();
        assert!(steps[0].contains("treated_due"), "{steps:?}");
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
    }
}
