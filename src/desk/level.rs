use std::collections::HashMap;

use jiff::civil::Date;

use super::{Desk, Moment, Result, reason::SINCE_RECORDING, seat::named};
use crate::{
    domain::{AsOf, ClientId, Grade, Override, Points, Probability, Rating, ReasonLine},
    store::{CurrentRating, RecordedRating, Role, Sitting},
};

/// A rating with every line of its sum: the lines add up to the points.
#[derive(Debug, Clone)]
pub(super) struct Level {
    pub(super) client_seq: i64,
    pub(super) grade: Grade,
    pub(super) pd: Option<Probability>,
    pub(super) points: Option<Points>,
    pub(super) coverage: f64,
    pub(super) as_of: AsOf,
    pub(super) model: String,
    pub(super) decision: Option<Override>,
    pub(super) previous: Option<(Grade, i64, Date)>,
    pub(super) lines: Vec<ReasonLine>,
}

impl Level {
    /// The level of a recording, as it was then.
    pub(super) fn recorded(recorded: RecordedRating) -> Self {
        let rating = recorded.rating;
        Self {
            client_seq: recorded.client_seq,
            grade: rating.grade,
            pd: rating.pd,
            points: rating.points,
            coverage: rating.coverage,
            as_of: rating.as_of,
            model: rating.model.to_string(),
            decision: recorded.override_,
            previous: None,
            // The points of a client that is not determined are not shown, so neither is what they would add up from.
            lines: if rating.points.is_some() { rating.lines } else { Vec::new() },
        }
    }

    /// The newest figures, which `model` gave, over the lines of the recording. Where a later night moved the points, one line
    /// says by how much: what was recorded is shown as it was recorded, and still adds up.
    fn kept(current: CurrentRating, model: String) -> Self {
        let moved = current.points.unwrap_or(0) - current.recorded.rating.points.unwrap_or(0);
        let mut level = Self::recorded(current.recorded);
        if moved != 0 {
            let feature = SINCE_RECORDING.to_owned();
            level.lines.push(ReasonLine { feature, value: None, points: moved, evidence: Vec::new() });
        }
        Self {
            pd: current.pd,
            points: current.points,
            coverage: current.coverage,
            as_of: current.as_of,
            previous: current.previous,
            model,
            ..level
        }
    }

    /// The sum that the lines give; 0 for a client that is not determined, whose lines are empty.
    pub(super) fn sum(&self) -> Points {
        self.points.unwrap_or(0)
    }

    /// The same newest figures over lines that were computed again, where these come to what is shown.
    fn with_lines_of(mut self, fresh: Rating) -> Self {
        if fresh.grade == self.grade && fresh.points == self.points {
            self.lines = fresh.lines;
            self.model = fresh.model.to_string();
        }
        self
    }
}

/// Which model gave what figures.
#[derive(Debug)]
pub struct RatedBy {
    sittings: Vec<Sitting>,
    configured: String,
}

impl RatedBy {
    /// The model of the newest figures: that of the recording, unless another one was promoted in between. A promotion that
    /// leaves a grade as it was writes no step.
    pub fn of(&self, current: &CurrentRating) -> String {
        let recorded = &current.recorded.rating;
        let at = |as_of: AsOf| Sitting::at(&self.sittings, as_of.known_at);
        match at(current.as_of) {
            _ if !is_refreshed(current) => recorded.model.to_string(),
            Some((hash, name)) => named(name, *hash),
            None if at(recorded.as_of).is_some() => self.configured.clone(),
            // The configured model is named by whoever wrote the step: it may be another one today.
            None => recorded.model.to_string(),
        }
    }
}

/// Whether figures are newer than the lines that were recorded.
fn is_refreshed(current: &CurrentRating) -> bool {
    current.as_of != current.recorded.rating.as_of
}

impl Desk {
    /// The present level of a client. Nights refresh the figures without keeping the lines, so the lines of a level
    /// newer than its recording are computed again, from the same facts and with the same memory.
    pub(super) async fn present(&self, client: ClientId) -> Result<Option<Level>> {
        let Some(current) = self.store.ratings().current(client).await? else { return Ok(None) };
        if !is_refreshed(&current) {
            let model = current.recorded.rating.model.to_string();
            return Ok(Some(Level::kept(current, model)));
        }
        let model = self.rated_by().await?.of(&current);
        let grade = current.recorded.rating.grade;
        let fresh = self.rescorer.rate(client, current.as_of, Some(grade)).await?.rating;
        Ok(Some(Level::kept(current, model).with_lines_of(fresh)))
    }

    /// What had been recorded of a client at a moment, with the figures that were the newest then.
    pub(super) async fn level_at(&self, client: ClientId, moment: Moment) -> Result<Option<Level>> {
        match self.store.ratings().as_of(client, moment.valid_at, moment.known_at).await? {
            Some(current) => {
                let model = self.rated_by().await?.of(&current);
                Ok(Some(Level::kept(current, model)))
            }
            None => Ok(None),
        }
    }

    /// Tells which model gave the newest figures of any client.
    pub async fn rated_by(&self) -> Result<RatedBy> {
        let sittings = self.store.models().sittings(Role::Champion).await?;
        Ok(RatedBy { sittings, configured: self.rescorer.engine.model().to_string() })
    }

    /// The present levels of many clients; who was never rated is absent.
    pub(super) async fn present_many(&self, clients: &[ClientId]) -> Result<HashMap<ClientId, Level>> {
        let found = self.store.ratings().current_many(clients).await?;
        let mut again: HashMap<AsOf, Vec<(ClientId, Grade)>> = HashMap::new();
        for (client, current) in found.iter().filter(|(_, current)| is_refreshed(current)) {
            again.entry(current.as_of).or_default().push((*client, current.recorded.rating.grade));
        }
        let rated_by = self.rated_by().await?;
        let kept = |(client, current)| {
            let model = rated_by.of(&current);
            (client, Level::kept(current, model))
        };
        let mut levels: HashMap<ClientId, Level> = found.into_iter().map(kept).collect();
        for (as_of, clients) in again {
            for (client, fresh) in self.rescorer.rate_many(&clients, as_of).await? {
                if let Some(level) = levels.remove(&client) {
                    levels.insert(client, level.with_lines_of(fresh));
                }
            }
        }
        Ok(levels)
    }
}
