//! The present ratings of many clients at once: two questions, however many they are.

use std::collections::HashMap;

use super::{
    CurrentRating, Ratings, RecordedRating,
    figures::{NEWEST_FIGURES, Refreshed, figures_of, pages_of},
};
use crate::{
    domain::ClientId,
    store::{
        Result,
        backend::{Query, Row, json_list},
        rows::Cells,
    },
};

/// The last recording of each client, the one before it, and what was found since.
const CURRENT: &str = "select k.client, k.client_seq, k.pd, k.points, k.coverage, k.exposure, k.valid_at, k.known_at,
        e.seq, e.body, b.body
     from json_each($1) j cross join current k
        join event e on e.client = k.client and e.client_seq = k.client_seq
        left join event b on b.client = k.client and b.client_seq = k.client_seq - 1
     where k.client = cast(j.value as bigint)";

impl Ratings<'_> {
    /// What [`Ratings::current`] answers, for each of these clients; who was never rated is absent.
    pub async fn current_many(&self, clients: &[ClientId]) -> Result<HashMap<ClientId, CurrentRating>> {
        let nights = self.0.all(Query::new(NEWEST_FIGURES).bind(pages_of(clients))).await?;
        let of_night = nights.iter().map(figures_of).collect::<Result<Vec<_>>>()?;
        let newest_night = of_night.iter().flat_map(HashMap::values).map(|figure| figure.as_of.known_at).max();
        let rows = self.0.all(Query::new(CURRENT).bind(json_list(clients.iter().map(|c| c.get())))).await?;
        let mut found = HashMap::with_capacity(rows.len());
        for row in &rows {
            let mut current = self.current_in(row).await?;
            let client = current.recorded.client;
            let known_at = current.as_of.known_at;
            match of_night.iter().find_map(|figures| figures.get(&client)) {
                Some(night) if night.as_of.known_at > known_at => current.refresh(*night),
                // A night that left the client out: an earlier one may not have.
                None if newest_night.is_some_and(|newest| newest > known_at) => {
                    if let Some(alone) = self.current(client).await? {
                        current = alone;
                    }
                }
                Some(_) | None => {}
            }
            found.insert(client, current);
        }
        Ok(found)
    }

    /// A row of [`CURRENT`].
    async fn current_in(&self, row: &Row) -> Result<CurrentRating> {
        let cells = Cells::of("current", row);
        let (client, client_seq, live) = (cells.client(0)?, cells.int(1)?, Refreshed::read(&cells, 2)?);
        let recorded = RecordedRating::of(client, (cells.int(8)?, client_seq), self.0.step_in(&cells, 9).await?);
        let before = match cells.maybe_bytes(10)? {
            Some(_) => Some(self.0.step_in(&cells, 10).await?.rating),
            None => None,
        };
        let previous = before.map(|rating| (rating.grade, client_seq - 1, rating.as_of.valid_at));
        let mut current = CurrentRating::new(recorded, previous);
        if live.as_of.known_at >= current.as_of.known_at {
            current.refresh(live);
        }
        Ok(current)
    }
}
