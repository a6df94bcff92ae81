//! What came in lately, for whoever opens the house in the morning.

use jiff::Timestamp;

use super::{Facts, LinkedSignal, signals};
use crate::{
    domain::PortfolioId,
    store::{
        Result,
        backend::{Query, json_list},
        rows::millis,
    },
};

/// Newest signals that are looked through: a morning shows a few of them, and a first import brings millions.
const LOOKED_THROUGH: i64 = 4_000;

impl Facts<'_> {
    /// Signals of these kinds about clients of these portfolios, learned after `since`, newest first, at most `limit`, each with
    /// every client it is linked to. Only the newest few thousand signals are looked through.
    pub async fn fresh_signals(
        &self,
        portfolios: &[PortfolioId],
        kinds: &[&str],
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<LinkedSignal>> {
        let columns = signals::COLUMNS;
        let sql = format!(
            "select {columns}, l.certainty, l.client from (select * from signal order by key desc limit $5) s
             join link l on l.signal = s.key join client c on c.id = l.client
             where s.known_at > $1 and s.kind in (select value from json_each($2))
               and c.portfolio in (select cast(value as bigint) from json_each($3))
             order by s.known_at desc, s.key desc, l.client limit $4"
        );
        let kinds = json_list(kinds.iter().map(|kind| format!("\"{kind}\"")));
        let query = Query::new(sql).bind(millis(since)).bind(kinds);
        let query = query.bind(json_list(portfolios.iter().map(|p| p.get())));
        let query = query.bind(i64::try_from(limit).unwrap_or(i64::MAX)).bind(LOOKED_THROUGH);
        self.0.all(query).await?.iter().map(signals::linked_of).collect()
    }

    /// How many reviews in these portfolios wait for a person.
    pub async fn n_reviews(&self, portfolios: &[PortfolioId]) -> Result<i64> {
        let sql = "select count(*) from review r join client c on c.id = r.client
             where r.decision is null and +c.portfolio in (select cast(value as bigint) from json_each($1))";
        let query = Query::new(sql).bind(json_list(portfolios.iter().map(|p| p.get())));
        Ok(self.0.number(query).await?.unwrap_or(0))
    }
}
