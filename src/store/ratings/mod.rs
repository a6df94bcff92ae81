//! Ratings: append-only events, a current row per client that moved, and the figures of each night packed by page.
//!
//! A rating event is also the row of the outbox (`event`), so that a rating and its announcement are one atom. What
//! leaves the grade as it was writes no event: a live rescoring refreshes the client's current row, a night keeps one
//! value per page. The newest of the three is the present rating.

mod asked;
mod figures;
mod named;
mod overrides;
mod past;
mod present;
mod read;
mod record;
mod stakes;

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};

pub use asked::AskedOverride;
pub(super) use named::MarketNames;
pub use past::PastGrade;
pub use stakes::Stake;

use super::{
    Beside, NewTreatment, Repacked, Result, Store,
    backend::{Query, json_list},
    rows::Cells,
};
use crate::domain::{AsOf, Cause, ClientId, Grade, Override, Points, PortfolioId, Probability, Rating, RatingChange};

/// Ratings: append-only events, the current one of each client, and the figures of each night.
#[derive(Debug)]
pub struct Ratings<'a>(pub(super) &'a Store);

/// A rating as it was recorded by an event.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedRating {
    /// Whose.
    pub client: ClientId,
    /// Per client, from 1, without gaps.
    pub client_seq: i64,
    /// Per installation, from 1, without gaps.
    pub seq: i64,
    /// The rating, with every line.
    pub rating: Rating,
    /// Why it was recorded.
    pub cause: Cause,
    /// An analyst's decision in force then.
    pub override_: Option<Override>,
    /// The step it was: from, to, the lines that changed most.
    pub change: RatingChange,
}

/// The present rating of a client: the last recorded event, refreshed by what later nights found.
#[derive(Debug, Clone, PartialEq)]
pub struct CurrentRating {
    /// The last recording; `rating.lines` are those of that recording, while pd, points, coverage and as_of beside it are
    /// the newest.
    pub recorded: RecordedRating,
    /// The newest PD; none for `ND`.
    pub pd: Option<Probability>,
    /// The newest points; none for `ND`.
    pub points: Option<Points>,
    /// The newest coverage, 0 to 1.
    pub coverage: f64,
    /// Both clocks of the newest figures.
    pub as_of: AsOf,
    /// Grade, client_seq and day of the recording before.
    pub previous: Option<(Grade, i64, Date)>,
    /// What the client owes, minor units.
    pub exposure_minor: i64,
}

/// The small facts of a client's present rating that the night and bulk reads need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// The grade recorded last.
    pub grade: Grade,
    /// The newest PD; none for `ND`.
    pub pd: Option<f32>,
    /// The newest points; none for `ND`.
    pub points: Option<i16>,
    /// The newest coverage.
    pub coverage: f32,
    /// Number of the last recording.
    pub client_seq: i64,
    /// What the client owes, minor units.
    pub exposure_minor: i64,
    /// The day of the newest figures.
    pub valid_at: Date,
    /// The instant of knowledge of the newest figures.
    pub known_at: Timestamp,
}

/// What rescoring found for one client.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRating {
    /// Whose.
    pub client: ClientId,
    /// The rating with its lines.
    pub rating: Rating,
    /// Why it was rescored.
    pub cause: Cause,
    /// Minor units.
    pub exposure_minor: i64,
    /// When the grade differs from the last recorded: the event to write (client_seq is filled in by the store).
    pub change: Option<RatingChange>,
}

/// A page of a night: what was read before scoring, and goes into the transaction that records what scoring found.
#[derive(Debug)]
pub struct NightPage {
    /// The night.
    pub run: i64,
    /// The page.
    pub number: i64,
    /// Number of the last transaction that changed facts in the state that was scored: later facts stay marked.
    pub mark: i64,
    /// The page packed anew, where it pays to keep it.
    pub repacked: Option<Repacked>,
    /// The figures of its clients before.
    pub figures: HashMap<ClientId, Figure>,
    /// What is noted beside the ratings, kept in the same transaction.
    pub beside: Option<Beside>,
    /// Treatments that are others than were announced.
    pub treatments: Vec<NewTreatment>,
}

/// Clients in a grade, and what they owe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GradeCount {
    /// The grade; clients never rated are among `ND`.
    pub grade: Grade,
    /// How many.
    pub n_clients: i64,
    /// Minor units.
    pub exposure_minor: i64,
}

impl Ratings<'_> {
    /// How many clients of these portfolios are in each grade, best grade first; grades without clients are left out, and
    /// so are clients merged into another, whose exposure is in that one's.
    pub async fn grade_counts(&self, portfolios: &[PortfolioId]) -> Result<Vec<GradeCount>> {
        let sql = "select coalesce(k.grade, 'ND') as present, count(*), cast(coalesce(sum(k.exposure), 0) as bigint)
             from client c left join current k on k.client = c.id
             where c.portfolio in (select cast(value as bigint) from json_each($1)) and c.id not in (select client from merged)
             group by present";
        let rows = self.0.all(Query::new(sql).bind(json_list(portfolios.iter().map(|p| p.get())))).await?;
        let mut counts = Vec::with_capacity(rows.len());
        for row in &rows {
            let cells = Cells::of("current", row);
            counts.push(GradeCount { grade: cells.word(0)?, n_clients: cells.int(1)?, exposure_minor: cells.int(2)? });
        }
        counts.sort_by_key(|count| count.grade);
        Ok(counts)
    }
}
