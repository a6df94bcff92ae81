use std::{collections::BTreeSet, str::FromStr};

use jiff::{Timestamp, civil::Date};

use super::{
    Error, PAGE_CLIENTS, Result, Store,
    backend::{Query, Row, Write},
    rows::{Cells, days, millis},
};
use crate::domain::{EventBody, MILLIS_PER_DAY, WordError};

/// Nights and collections: what was scanned, moved, failed; resumable page by page.
#[derive(Debug)]
pub struct Runs<'a>(pub(super) &'a Store);

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Asked for; nobody has done a page yet.
    Queued,
    /// Under way.
    Running,
    /// Ended well.
    Done,
    /// Ended by an error.
    Failed,
}

impl RunState {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for RunState {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        match text {
            "queued" => Ok(Self::Queued),
            "running" => Ok(Self::Running),
            "done" => Ok(Self::Done),
            "failed" => Ok(Self::Failed),
            _ => Err(WordError::new("run state", text, "must be one of queued, running, done, failed")),
        }
    }
}

/// A run.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its key.
    pub id: i64,
    /// `night` or `collect`.
    pub kind: String,
    /// Where it stands.
    pub state: RunState,
    /// The day a night is for.
    pub valid_at: Date,
    /// What it may know: facts learned later wait for the next.
    pub known_at: Timestamp,
    /// First page not yet done; with several workers, pages behind it may be done already ([`Runs::pages_left`]).
    pub next_page: i64,
    /// Clients rescored.
    pub scanned: i64,
    /// Better than before.
    pub moved_up: i64,
    /// Worse than before.
    pub moved_down: i64,
    /// What the movers owe, minor units.
    pub exposure_on_movers: i64,
    /// Clients that could not be rescored.
    pub failed: i64,
    /// When it was asked for.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why it failed.
    pub error: Option<String>,
}

/// A night may be held until so many days after the one it is for began, and still know nothing that came later.
const DAYS_LATE: i64 = 3;

/// Ends a select of runs; [`run_of`] expects these columns in order.
const SELECT: &str = "select id, kind, state, valid_at, known_at, next_page, scanned, moved_up, moved_down,
    exposure_on_movers, failed, started_at, ended_at, error from run";

fn run_of(row: &Row) -> Result<Run> {
    let cells = Cells::of("run", row);
    Ok(Run {
        id: cells.int(0)?,
        kind: cells.string(1)?,
        state: cells.word(2)?,
        valid_at: cells.day(3)?,
        known_at: cells.instant(4)?,
        next_page: cells.int(5)?,
        scanned: cells.int(6)?,
        moved_up: cells.int(7)?,
        moved_down: cells.int(8)?,
        exposure_on_movers: cells.int(9)?,
        failed: cells.int(10)?,
        started_at: cells.instant(11)?,
        ended_at: cells.maybe_instant(12)?,
        error: cells.maybe_string(13)?,
    })
}

fn select(condition: &str) -> String {
    format!("{SELECT} {condition}")
}

impl Runs<'_> {
    /// Starts a run, or answers the unfinished one of that kind and day, which goes on from its checkpoint with what it
    /// was to know when it began.
    pub async fn start(&self, kind: &str, valid_at: Date, known_at: Timestamp) -> Result<Run> {
        let insert = "insert into run (kind, state, valid_at, known_at, started_at) values ($1, 'queued', $2, $3, $3)
             on conflict (kind, valid_at) where ended_at is null do nothing";
        let mut write = self.0.write().await?;
        write.execute(Query::new(insert).bind(kind).bind(days(valid_at)).bind(millis(known_at))).await?;
        let find = Query::new(select("where kind = $1 and valid_at = $2 and ended_at is null"));
        let row = write.one(find.bind(kind).bind(days(valid_at))).await?;
        write.commit().await?;
        row.as_ref().map_or_else(|| Err(lost("just started")), run_of)
    }

    /// Says at which page a run begins, before any is done.
    pub async fn begin_at(&self, run: i64, page: i64) -> Result<()> {
        let sql = "update run set next_page = $1 where id = $2 and next_page < $1 and ended_at is null";
        self.0.execute(Query::new(sql).bind(page).bind(run)).await.map(drop)
    }

    /// The pages before `end` that nobody has done yet, in order; none of a run that is over.
    pub async fn pages_left(&self, run: i64, end: i64) -> Result<Vec<i64>> {
        let sql = "select r.next_page, p.page from run r left join run_page p on p.run = r.id
             where r.id = $1 and r.ended_at is null";
        let (mut first, mut ahead) = (end, BTreeSet::new());
        for row in &self.0.all(Query::new(sql).bind(run)).await? {
            let cells = Cells::of("run_page", row);
            first = cells.int(0)?;
            ahead.extend(cells.maybe_int(1)?);
        }
        Ok((first..end).filter(|page| !ahead.contains(page)).collect())
    }

    /// Gives a page up: it counts as done, its clients as failed, and the run will have failed.
    pub async fn give_up_page(&self, run: i64, page: i64, why: &str) -> Result<()> {
        let mut write = self.0.write().await?;
        if !write.finish_page(run, page).await? {
            return write.roll_back().await;
        }
        let first = page * PAGE_CLIENTS;
        let sql = "update run set error = coalesce(error || '; ', '') || $1,
                failed = failed + (select count(*) from client where id >= $2 and id < $3) where id = $4";
        write.execute(Query::new(sql).bind(why).bind(first).bind(first + PAGE_CLIENTS).bind(run)).await?;
        write.commit().await
    }

    /// Ends it, and writes the `night.completed` event for a night that did not fail, in one transaction. A night of which a
    /// page was given up has failed. Ending it again changes nothing.
    pub async fn finish(&self, run: i64, at: Timestamp, error: Option<&str>) -> Result<Run> {
        let update = "update run set error = coalesce($3, error), ended_at = $2,
                state = case when coalesce($3, error) is null then 'done' else 'failed' end
             where id = $1 and ended_at is null";
        let mut write = self.0.write().await?;
        let query = Query::new(update).bind(run).bind(millis(at)).bind(error);
        let has_ended = write.execute(query).await? > 0;
        write.execute(Query::new("delete from run_page where run = $1").bind(run)).await?;
        let row = write.one(Query::new(select("where id = $1")).bind(run)).await?;
        let ended = row.as_ref().map_or_else(|| Err(lost(&run.to_string())), run_of)?;
        if has_ended && ended.state == RunState::Done && ended.kind == "night" {
            let Run { scanned, moved_up, moved_down, failed, .. } = ended;
            let body = EventBody::NightCompleted { run, scanned, moved_up, moved_down, failed };
            write.announce(at, None, None, &body).await?;
        }
        write.commit().await?;
        Ok(ended)
    }

    /// Counts clients of a run that could not be rescored.
    pub async fn add_failed(&self, run: i64, n: i64) -> Result<()> {
        let sql = "update run set failed = failed + $1 where id = $2 and ended_at is null";
        self.0.execute(Query::new(sql).bind(n).bind(run)).await.map(drop)
    }

    /// One.
    pub async fn run(&self, id: i64) -> Result<Option<Run>> {
        self.0.one(Query::new(select("where id = $1")).bind(id)).await?.as_ref().map(run_of).transpose()
    }

    /// The oldest night that a model rated, that ended well, and that was for this day or a later one; nights held for a day
    /// long past are left out, because they knew what came later.
    pub async fn first_night_of(&self, model: &str, day: Date) -> Result<Option<Run>> {
        let condition =
            "where kind = 'night' and state = 'done' and valid_at >= $1 and started_at < (valid_at + $3) * $4
             and id in (select run from night_tally where page = -1 and model = $2) order by valid_at, id limit 1";
        let query = Query::new(select(condition)).bind(days(day)).bind(model.to_owned());
        let query = query.bind(DAYS_LATE).bind(MILLIS_PER_DAY);
        self.0.one(query).await?.as_ref().map(run_of).transpose()
    }

    /// The oldest of a kind that has not ended.
    pub async fn unfinished(&self, kind: &str) -> Result<Option<Run>> {
        let query = Query::new(select("where kind = $1 and ended_at is null order by id limit 1")).bind(kind);
        self.0.one(query).await?.as_ref().map(run_of).transpose()
    }

    /// The newest of a kind.
    pub async fn last(&self, kind: &str) -> Result<Option<Run>> {
        let query = Query::new(select("where kind = $1 order by id desc limit 1")).bind(kind);
        self.0.one(query).await?.as_ref().map(run_of).transpose()
    }
}

impl Write<'_> {
    /// Notes a page of a run as done; false when it is done already, or the run is over. The note is part of the page's own
    /// transaction, so that of two workers with the same page only one counts, however late the other one is.
    pub(super) async fn finish_page(&mut self, run: i64, page: i64) -> Result<bool> {
        let note = "insert into run_page (run, page) select id, $2 from run
             where id = $1 and ended_at is null and next_page <= $2 on conflict (run, page) do nothing";
        if self.execute(Query::new(note).bind(run).bind(page)).await? == 0 {
            return Ok(false);
        }
        // The checkpoint moves over every page that is done in a row; only those ahead of it are kept as rows.
        let advance = "update run set state = 'running', next_page = case
                when exists (select 1 from run_page p where p.run = run.id and p.page = run.next_page)
                then (select min(p.page) + 1 from run_page p where p.run = run.id and p.page >= run.next_page
                    and not exists (select 1 from run_page q where q.run = p.run and q.page = p.page + 1))
                else next_page end
             where id = $1";
        self.execute(Query::new(advance).bind(run)).await?;
        let passed = "delete from run_page where run = $1 and page < (select next_page from run where id = $1)";
        self.execute(Query::new(passed).bind(run)).await?;
        Ok(true)
    }
}

fn lost(which: &str) -> Error {
    Error::Damaged { what: "run", why: format!("there is no run {which}") }
}
