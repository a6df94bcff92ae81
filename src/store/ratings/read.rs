//! What was recorded: now, as of then, and step by step. Nothing is computed anew.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};

use super::{CurrentRating, Ratings, RecordedRating, figures::Refreshed};
use crate::{
    domain::{ClientId, Grade},
    store::{
        Result, Store,
        backend::{Query, Row, json_list},
        codec::event::{self, RatingStep},
        rows::{Cells, days, millis},
    },
};

impl Store {
    async fn recorded_of(&self, client: ClientId, row: &Row) -> Result<RecordedRating> {
        let cells = Cells::of("event", row);
        Ok(RecordedRating::of(client, (cells.int(0)?, cells.int(1)?), self.step_in(&cells, 2).await?))
    }

    /// The step that the body of an event tells of.
    pub(super) async fn step_in(&self, cells: &Cells<'_>, place: usize) -> Result<RatingStep> {
        let body = cells.bytes(place)?;
        self.with_words(|words| cells.checked(event::step_from(body, words))).await
    }
}

impl RecordedRating {
    /// A step under its two numbers, `seq` and `client_seq`.
    pub(super) fn of(client: ClientId, (seq, client_seq): (i64, i64), step: RatingStep) -> Self {
        let RatingStep { change, rating, override_ } = step;
        Self { client, client_seq, seq, cause: change.cause, rating, override_, change }
    }
}

impl CurrentRating {
    /// A recording, before anything was found since.
    pub(super) fn new(recorded: RecordedRating, previous: Option<(Grade, i64, Date)>) -> Self {
        let rating = &recorded.rating;
        Self {
            pd: rating.pd,
            points: rating.points,
            coverage: rating.coverage,
            as_of: rating.as_of,
            exposure_minor: recorded.change.exposure_minor,
            previous,
            recorded,
        }
    }

    pub(super) fn refresh(&mut self, found: Refreshed) {
        let Refreshed { pd, points, coverage, as_of, exposure_minor } = found;
        (self.pd, self.points, self.coverage) = (pd, points, coverage);
        (self.as_of, self.exposure_minor) = (as_of, exposure_minor);
    }
}

impl Ratings<'_> {
    /// The present rating; none when never rated.
    pub async fn current(&self, client: ClientId) -> Result<Option<CurrentRating>> {
        self.as_of(client, None, None).await
    }

    /// The rating that was recorded as of then: `known_at` and `valid_at` not later than asked, where asked. None before
    /// anything was recorded.
    ///
    /// The figures of every night are kept; those of a live rescoring that left the grade only until the next one.
    pub async fn as_of(
        &self,
        client: ClientId,
        valid_at: Option<Date>,
        known_at: Option<Timestamp>,
    ) -> Result<Option<CurrentRating>> {
        let clocks = (valid_at.map_or(i64::MAX, days), known_at.map_or(i64::MAX, millis));
        let sql = "select seq, client_seq, body from event
             where client = $1 and client_seq is not null and valid_at <= $2 and known_at <= $3
             order by client_seq desc limit 1";
        let query = Query::new(sql).bind(client.get()).bind(clocks.0).bind(clocks.1);
        let Some(row) = self.0.one(query).await? else { return Ok(None) };
        let recorded = self.0.recorded_of(client, &row).await?;
        let previous = self.before(client, recorded.client_seq).await?;
        let mut current = CurrentRating::new(recorded, previous);
        self.refreshed(&mut current, clocks).await?;
        Ok(Some(current))
    }

    /// Puts the newest figures that go with a recording into its place, as far as both clocks allow.
    async fn refreshed(&self, current: &mut CurrentRating, clocks: (i64, i64)) -> Result<()> {
        let (client, client_seq) = (current.recorded.client, current.recorded.client_seq);
        let sql = "select pd, points, coverage, exposure, valid_at, known_at from current
             where client = $1 and client_seq = $2 and valid_at <= $3 and known_at <= $4";
        let query = Query::new(sql).bind(client.get()).bind(client_seq).bind(clocks.0).bind(clocks.1);
        if let Some(row) = self.0.one(query).await? {
            let live = Refreshed::read(&Cells::of("current", &row), 0)?;
            if live.as_of.known_at >= current.as_of.known_at {
                current.refresh(live);
            }
        }
        // Figures that a later event overtook belong to that event's time.
        let next = "select known_at from event where client = $1 and client_seq = $2";
        let next = Query::new(next).bind(client.get()).bind(client_seq + 1);
        let until = self.0.number(next).await?.map_or(i64::MAX, |known| known - 1);
        let clocks = (clocks.0, clocks.1.min(until));
        if let Some(night) = self.0.night_figure(client, clocks, current.as_of.known_at).await? {
            current.refresh(night);
        }
        Ok(())
    }

    async fn before(&self, client: ClientId, client_seq: i64) -> Result<Option<(Grade, i64, Date)>> {
        let before = self.recorded(client, client_seq - 1).await?;
        Ok(before.map(|r| (r.rating.grade, r.client_seq, r.rating.as_of.valid_at)))
    }

    /// History, newest first, before `before` (a client_seq).
    pub async fn history(&self, client: ClientId, before: Option<i64>, limit: usize) -> Result<Vec<RecordedRating>> {
        let sql = "select seq, client_seq, body from event where client = $1 and client_seq < $2
             order by client_seq desc limit $3";
        let query = Query::new(sql).bind(client.get()).bind(before.unwrap_or(i64::MAX));
        let rows = self.0.all(query.bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
        let mut history = Vec::with_capacity(rows.len());
        for row in &rows {
            history.push(self.0.recorded_of(client, row).await?);
        }
        Ok(history)
    }

    /// The recordings of these steps (client and `client_seq`), with one question; a step that never was is left out.
    pub async fn recorded_many(&self, steps: &[(ClientId, i64)]) -> Result<HashMap<ClientId, RecordedRating>> {
        let wanted = json_list(steps.iter().map(|(client, step)| format!("[{},{step}]", client.get())));
        let sql = "select e.seq, e.client_seq, e.body, e.client from json_each($1) w cross join event e
             where e.client = cast(json_extract(w.value, '$[0]') as bigint)
                and e.client_seq = cast(json_extract(w.value, '$[1]') as bigint)";
        let rows = self.0.all(Query::new(sql).bind(wanted)).await?;
        let mut found = HashMap::with_capacity(rows.len());
        for row in &rows {
            let client = ClientId::new(Cells::of("event", row).int(3)?);
            found.insert(client, self.0.recorded_of(client, row).await?);
        }
        Ok(found)
    }

    /// The recording of one step.
    pub async fn recorded(&self, client: ClientId, client_seq: i64) -> Result<Option<RecordedRating>> {
        let sql = "select seq, client_seq, body from event where client = $1 and client_seq = $2";
        match self.0.one(Query::new(sql).bind(client.get()).bind(client_seq)).await? {
            Some(row) => self.0.recorded_of(client, &row).await.map(Some),
            None => Ok(None),
        }
    }
}
