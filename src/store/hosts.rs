use std::time::Duration;

use jiff::Timestamp;

use super::{
    Result, Store,
    backend::{Query, Write},
    rows::{Cells, millis},
};

/// The longest that [`Hosts::hold`] is ever asked for, with room to spare, in milliseconds.
const LONGEST_HOLD: i64 = 600_000;

/// What the hosts that are asked are owed, by all processes on this store together.
///
/// # Why
///
/// *Why does the store count requests at all?* A register that allows five a minute, and shuts its door for days on the
/// sixth, does not care which of our processes sent it, nor that one of them was restarted in between.
///
/// *Why are starts granted and not reserved for later?* A start that was reserved for noon and made a second after noon
/// comes too close to the one behind it. A grant is for now; whoever gets none is told when to ask again.
#[derive(Debug)]
pub struct Hosts<'a>(pub(super) &'a Store);

/// What a source may ask of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostPace {
    /// At most this many starts…
    pub requests: u32,
    /// …in any period of this length.
    pub per: Duration,
    /// At least this long between two.
    pub interval: Duration,
    /// As many starts as whoever asks can use at once; fewer may be granted.
    pub wanted: u32,
}

/// Whether a request may start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// This many may, as of this instant.
    Now(u32, Timestamp),
    /// None may before this; ask again then.
    NotBefore(Timestamp),
}

/// A time during which nobody asks a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// Until when.
    pub until: Timestamp,
    /// Rests in a row because it failed; 0 when it asked for this one itself.
    pub n_in_a_row: u32,
    /// Why.
    pub why: String,
}

impl Hosts<'_> {
    /// Takes the right to start requests now. The starts are written before anybody is told of them, so that a process
    /// that dies in between wastes some, and never makes one too many. The time is asked for once it is our turn to write.
    pub async fn take(&self, host: &str, allowance: HostPace, now: impl Fn() -> Timestamp) -> Result<Grant> {
        let mut write = self.0.write().await?;
        write.is_about_nothing();
        let granted_at = now();
        let now = millis(granted_at);
        let sql = "select widest, free_at from host where name = $1";
        let (widest, free_at) = match write.one(Query::new(sql).bind(host)).await? {
            Some(row) => {
                let cells = Cells::of("host", &row);
                (cells.int(0)?, cells.int(1)?)
            }
            None => (0, 0),
        };
        let window = duration_millis(allowance.per);
        let reserved = i64::from(allowance.wanted.max(1)) * duration_millis(allowance.interval);
        // What lies further ahead than any grant reaches was written by a clock that was wrong.
        let free_at = if free_at > now + window + reserved + LONGEST_HOLD { 0 } else { free_at };
        let (n_started, oldest_gone) =
            started(&mut write, host, allowance.requests, (now - window, now + window)).await?;
        let left = i64::from(allowance.requests.max(1)) - n_started;
        if free_at > now || left <= 0 {
            write.roll_back().await?;
            let window_opens = oldest_gone.map_or(now, |oldest| oldest + window);
            return Ok(Grant::NotBefore(instant(free_at.max(if left <= 0 { window_opens } else { free_at }))));
        }
        let n = left.min(i64::from(allowance.wanted.max(1)));
        let sql = "insert into host_start (host, at, n) values ($1, $2, $3)";
        write.execute(Query::new(sql).bind(host).bind(now).bind(n)).await?;
        let widest = widest.max(window);
        let sql = "delete from host_start where host = $1 and at <= $2";
        write.execute(Query::new(sql).bind(host).bind(now - widest)).await?;
        let sql = "insert into host (name, widest, free_at, rests_until, n_rests, why) values ($1, $2, $3, 0, 0, '')
             on conflict (name) do update set widest = excluded.widest, free_at = excluded.free_at";
        let free_at = now + n * duration_millis(allowance.interval);
        write.execute(Query::new(sql).bind(host).bind(widest).bind(free_at)).await?;
        write.commit().await?;
        Ok(Grant::Now(u32::try_from(n).unwrap_or(1), granted_at))
    }

    /// The rest of a host, a past one too: how often it failed before is what the next failure goes by.
    pub async fn rest(&self, host: &str) -> Result<Option<Rest>> {
        let sql = "select rests_until, n_rests, why from host where name = $1 and rests_until > 0";
        let row = self.0.one(Query::new(sql).bind(host)).await?;
        row.map_or(Ok(None), |row| {
            let cells = Cells::of("host", &row);
            let n_in_a_row = u32::try_from(cells.int(1)?).unwrap_or_default();
            Ok(Some(Rest { until: cells.instant(0)?, n_in_a_row, why: cells.string(2)? }))
        })
    }

    /// Leaves a host alone; of two rests the longer one holds.
    pub async fn let_rest(&self, host: &str, rest: &Rest) -> Result<()> {
        let sql = "insert into host (name, widest, free_at, rests_until, n_rests, why) values ($1, 0, 0, $2, $3, $4)
             on conflict (name) do update set why = case when host.rests_until > excluded.rests_until then host.why else excluded.why end,
             rests_until = max(host.rests_until, excluded.rests_until), n_rests = max(host.n_rests, excluded.n_rests)";
        let query = Query::new(sql).bind(host).bind(millis(rest.until));
        self.0.execute_aside(query.bind(i64::from(rest.n_in_a_row)).bind(rest.why.clone())).await.map(drop)
    }

    /// Holds back every start until then: a short pause that the host asked for.
    pub async fn hold(&self, host: &str, until: Timestamp) -> Result<()> {
        let sql = "insert into host (name, widest, free_at, rests_until, n_rests, why) values ($1, 0, $2, 0, 0, '')
             on conflict (name) do update set free_at = max(host.free_at, excluded.free_at)";
        self.0.execute_aside(Query::new(sql).bind(host).bind(millis(until))).await.map(drop)
    }

    /// The host answered: what was is forgotten.
    pub async fn wake(&self, host: &str) -> Result<()> {
        let sql = "update host set rests_until = 0, n_rests = 0, why = '' where name = $1";
        self.0.execute_aside(Query::new(sql).bind(host)).await.map(drop)
    }
}

/// How many starts lie between two instants, and the one whose leaving the window makes room for another.
async fn started(
    write: &mut Write<'_>,
    host: &str,
    allowed: u32,
    (after, until): (i64, i64),
) -> Result<(i64, Option<i64>)> {
    let sql = "select at, n from host_start where host = $1 and at > $2 and at <= $3 order by at desc";
    let rows = write.all(Query::new(sql).bind(host).bind(after).bind(until)).await?;
    let (mut n_started, mut makes_room) = (0, None);
    for row in &rows {
        let cells = Cells::of("host_start", row);
        n_started += cells.int(1)?;
        if n_started >= i64::from(allowed.max(1)) {
            makes_room = makes_room.or(Some(cells.int(0)?));
        }
    }
    Ok((n_started, makes_room))
}

fn duration_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

fn instant(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}
