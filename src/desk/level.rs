use jiff::civil::Date;

use super::{Desk, Result, reason::SINCE_RECORDING};
use crate::{
    domain::{AsOf, ClientId, Grade, Override, Points, Probability, ReasonLine},
    store::{CurrentRating, RecordedRating},
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

    /// The newest figures over the lines of the recording. Where a later night moved the points, one line says by how
    /// much: what was recorded is shown as it was recorded, and still adds up.
    pub(super) fn kept(current: CurrentRating) -> Self {
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
            ..level
        }
    }

    /// The sum that the lines give; 0 for a client that is not determined, whose lines are empty.
    pub(super) fn sum(&self) -> Points {
        self.points.unwrap_or(0)
    }
}

impl Desk {
    /// The present level of a client. Nights refresh the figures without keeping the lines, so the lines of a level
    /// newer than its recording are computed again, from the same facts and with the same memory.
    pub(super) async fn present(&self, client: ClientId) -> Result<Option<Level>> {
        let Some(current) = self.store.ratings().current(client).await? else { return Ok(None) };
        if current.as_of == current.recorded.rating.as_of {
            return Ok(Some(Level::kept(current)));
        }
        let grade = current.recorded.rating.grade;
        let fresh = self.rescorer.rate(client, current.as_of, Some(grade)).await?.rating;
        let agrees = fresh.grade == grade && fresh.points == current.points;
        let mut level = Level::kept(current);
        if agrees {
            level.lines = fresh.lines;
            level.model = fresh.model.to_string();
        }
        Ok(Some(level))
    }
}
