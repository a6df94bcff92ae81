//! Grades as they stood at an instant, a page of clients at a time.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{Ratings, figures::figures_of};
use crate::{
    domain::{ClientId, Grade},
    store::{
        PAGE_CLIENTS, Result,
        backend::Query,
        codec::event,
        rows::{Cells, millis},
    },
};

/// The grade of a client at an instant, and what it owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastGrade {
    /// The grade recorded last until then.
    pub grade: Grade,
    /// Minor units: by the newest night until then, or by the recording itself.
    pub exposure_minor: i64,
}

impl Ratings<'_> {
    /// The grades of a page of clients as they were recorded by `known_at`; a client that nothing had been recorded of is
    /// absent.
    pub async fn grades_of_page(&self, number: i64, known_at: Timestamp) -> Result<HashMap<ClientId, PastGrade>> {
        let newest = "select body from night_figures where page = $1 and known_at <= $2 order by run desc limit 1";
        let mut of_night = HashMap::new();
        if let Some(row) = self.0.one(Query::new(newest).bind(number).bind(millis(known_at))).await? {
            of_night = figures_of(&row)?;
        }
        let sql = "select e.client, e.body from event e
             where e.client >= $1 and e.client < $2 and e.client_seq = (select max(n.client_seq) from event n
                 where n.client = e.client and n.client_seq is not null and n.known_at <= $3)";
        let first = number * PAGE_CLIENTS;
        let query = Query::new(sql).bind(first).bind(first + PAGE_CLIENTS).bind(millis(known_at));
        let mut found = HashMap::new();
        for row in &self.0.all(query).await? {
            let cells = Cells::of("event", row);
            let (client, bytes) = (cells.client(0)?, cells.bytes(1)?);
            let step = self.0.with_words(|words| cells.checked(event::step_from(bytes, words))).await?;
            let recorded = step.rating.as_of.known_at;
            let night = of_night.get(&client).filter(|night| night.as_of.known_at > recorded);
            let exposure_minor = night.map_or(step.change.exposure_minor, |night| night.exposure_minor);
            found.insert(client, PastGrade { grade: step.rating.grade, exposure_minor });
        }
        Ok(found)
    }
}
