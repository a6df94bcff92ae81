use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use tokio::sync::mpsc::error::TrySendError;
use utoipa::ToSchema;

use super::{Caller, Desk, Error, Reach, Result};
use crate::{
    domain::AsOf,
    store::{Run, RunState},
};

/// How far back a night may be ordered: it becomes the present rating of everybody, so a slip of the year must not pass.
const MAX_DAYS_BACK: i64 = 366;

/// A night that was ordered. Whoever receives it calls `Rescorer::night` with these times: the run is already in the
/// store and is found by its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NightOrder {
    /// The run's number.
    pub run: i64,
    /// The day it is for.
    pub valid_at: Date,
    /// What it may know.
    pub known_at: Timestamp,
}

/// A night, or a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunView {
    /// Its number.
    pub id: i64,
    /// `night` or `collect`.
    pub kind: String,
    /// `queued`, `running`, `done` or `failed`.
    pub state: String,
    /// The day it is for.
    #[schema(value_type = String, format = Date)]
    pub valid_at: Date,
    /// What it may know.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
    /// Clients scanned.
    pub scanned: i64,
    /// Better than before.
    pub moved_up: i64,
    /// Worse than before.
    pub moved_down: i64,
    /// Could not be rescored.
    pub failed: i64,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
}

impl From<Run> for RunView {
    fn from(run: Run) -> Self {
        let state = match run.state {
            RunState::Queued => "queued",
            RunState::Running => "running",
            RunState::Done => "done",
            RunState::Failed => "failed",
        };
        Self {
            id: run.id,
            kind: run.kind,
            state: state.to_owned(),
            valid_at: run.valid_at,
            known_at: run.known_at,
            scanned: run.scanned,
            moved_up: run.moved_up,
            moved_down: run.moved_down,
            failed: run.failed,
            started_at: run.started_at,
            ended_at: run.ended_at,
        }
    }
}

impl Desk {
    /// Orders a night as of now, or answers the one of today that is not finished. It rescores everybody, so only who
    /// sees everything may order it.
    pub async fn order_night(&self, caller: &Caller, valid_at: Option<Date>) -> Result<RunView> {
        if caller.reach != Reach::Everything {
            return Err(Error::Forbidden("a night rescores every portfolio: it needs a key that sees them all"));
        }
        let now = AsOf::at(self.clock.now());
        let valid_at = valid_at.unwrap_or(now.valid_at);
        let oldest = now.valid_at.saturating_sub(jiff::Span::new().days(MAX_DAYS_BACK));
        if !(oldest..=now.valid_at).contains(&valid_at) {
            let why =
                format!("must be today or one of the {MAX_DAYS_BACK} days before: a night becomes the present rating");
            return Err(Error::invalid("/valid_at", why));
        }
        // A place in the queue first: a run must not be written that nobody would start.
        let place = self.night.try_reserve().map_err(|e| match e {
            TrySendError::Full(()) => Error::Busy("a night is already waiting; ask again when it is done"),
            TrySendError::Closed(()) => Error::Busy("this process runs no nights, or is about to end"),
        })?;
        let run = self.store.runs().start("night", valid_at, now.known_at).await?;
        place.send(NightOrder { run: run.id, valid_at: run.valid_at, known_at: run.known_at });
        self.note(caller, "night.ordered", &run.id.to_string(), &serde_json::Value::Null).await?;
        Ok(RunView::from(run))
    }

    /// The night that was begun last, finished or not.
    pub async fn last_night(&self) -> Result<Option<RunView>> {
        Ok(self.store.runs().last("night").await?.map(RunView::from))
    }

    /// A run. It counts the clients of every portfolio: for who does not see them all there is none.
    pub async fn run(&self, caller: &Caller, id: i64) -> Result<RunView> {
        if caller.reach != Reach::Everything {
            return Err(Error::NotFound("run"));
        }
        self.store.runs().run(id).await?.map(RunView::from).ok_or(Error::NotFound("run"))
    }
}
