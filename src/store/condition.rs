//! How the database itself is set: what a server's owner may have changed, and what our promises rest on.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{
    Archive, Result, Store,
    backend::{Backend, Query, Row},
    rows::Cells,
};

/// A server answers our SQL from this version on (`server_version_num`).
const OLDEST_SERVER: i64 = 150_000;
/// Connections of one process: eight readers, a writer, and one each for a migration and a vacuum.
const CONNECTIONS_OF_A_PROCESS: i64 = 11;

/// Something about the database that must be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What was looked at.
    pub what: &'static str,
    /// What it is.
    pub value: String,
    /// Whether that is as it must be.
    pub is_good: bool,
    /// How to mend it.
    pub mend: &'static str,
}

/// A setting of a server.
type Setting = (&'static str, fn(&str) -> bool, &'static str);

/// What a server must be set to: the name, what is wrong with it, what to do.
const SERVER: [Setting; 5] = [
    ("server_version_num", is_new_enough, "use PostgreSQL 15 or later"),
    ("fsync", is_on, "set fsync = on: without it a power failure loses or damages what was acknowledged"),
    ("full_page_writes", is_on, "set full_page_writes = on: without it a power failure can tear pages"),
    ("synchronous_commit", is_not_off, "set synchronous_commit = on for the role and the database"),
    (
        "max_connections",
        are_enough,
        "set max_connections to 11 for each process of ours, and more for whoever else asks",
    ),
];

fn is_on(value: &str) -> bool {
    value == "on"
}

fn is_not_off(value: &str) -> bool {
    value != "off"
}

fn is_new_enough(value: &str) -> bool {
    value.parse().is_ok_and(|version: i64| version >= OLDEST_SERVER)
}

fn are_enough(value: &str) -> bool {
    value.parse().is_ok_and(|n: i64| n >= CONNECTIONS_OF_A_PROCESS)
}

fn first_word(row: Option<&Row>) -> Result<String> {
    row.map_or(Ok(String::new()), |row| Cells::of("pragma", row).string(0))
}

impl Store {
    /// What must be so of the database that is used, and whether it is.
    pub async fn conditions(&self) -> Result<Vec<Condition>> {
        match self.backend() {
            Backend::Sqlite(_) => self.conditions_of_the_file().await,
            Backend::Postgres(_) => self.conditions_of_the_server().await,
        }
    }

    async fn conditions_of_the_file(&self) -> Result<Vec<Condition>> {
        // What a connection is set to is asked of the one that writes.
        let mut write = self.write().await?;
        let mut found = Vec::new();
        let asked: [(&str, &str, &[&str], &str); 2] = [
            ("journal mode", "journal_mode", &["wal"], "another program changed it: stop that one, and start again"),
            ("synchronous", "synchronous", &["2", "3"], "another build opened the store: use this one"),
        ];
        for (what, pragma, good, mend) in asked {
            let sql = format!("select cast({pragma} as text) from pragma_{pragma}");
            let value = first_word(write.one(Query::new(sql)).await?.as_ref())?;
            found.push(Condition { what, is_good: good.contains(&value.as_str()), value, mend });
        }
        write.roll_back().await?;
        let row = self.one(Query::new("select quick_check from pragma_quick_check limit 1")).await?;
        let value = first_word(row.as_ref())?;
        let mend = "the file is damaged: restore a backup into an empty folder";
        found.push(Condition { what: "pages", is_good: value == "ok", value, mend });
        Ok(found)
    }

    async fn conditions_of_the_server(&self) -> Result<Vec<Condition>> {
        let mut found = Vec::new();
        for (what, is_good, mend) in SERVER {
            let row = self.one(Query::new("select setting from pg_settings where name = $1").bind(what)).await?;
            let value = row.map_or(Ok(String::new()), |row| Cells::of("pg_settings", &row).string(0))?;
            found.push(Condition { what, is_good: is_good(&value), value, mend });
        }
        Ok(found)
    }

    /// What the server's clock says; none for a file, which has the clock of this machine.
    pub async fn clock_of_the_server(&self) -> Result<Option<Timestamp>> {
        if matches!(self.backend(), Backend::Sqlite(_)) {
            return Ok(None);
        }
        let sql = "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";
        let now = self.number(Query::new(sql)).await?;
        Ok(now.and_then(|ms| Timestamp::from_millisecond(ms).ok()))
    }

    /// The newest event, and when it was recorded; none before the first.
    pub async fn newest_event(&self) -> Result<Option<(i64, Timestamp)>> {
        let sql = "select seq, at from event order by seq desc limit 1";
        let Some(row) = self.one(Query::new(sql)).await? else { return Ok(None) };
        let cells = Cells::of("event", &row);
        Ok(Some((cells.int(0)?, cells.instant(1)?)))
    }

    /// When the newest of each kind of thing was recorded; those of which there is none are left out. The newest are those that were
    /// written last: among a thousand of them is whatever an early clock has written since it was set right.
    pub async fn newest_instants(&self) -> Result<Vec<(&'static str, Timestamp)>> {
        const NEWEST: [(&str, &str); 6] = [
            ("event", "select max(at) from (select at from event order by seq desc limit 1000) newest"),
            ("signal", "select max(known_at) from (select known_at from signal order by key desc limit 1000) newest"),
            ("import", "select max(seen_at) from (select seen_at from batch order by id desc limit 1000) newest"),
            ("rating", "select max(known_at) from (select known_at from event order by seq desc limit 1000) newest"),
            ("run", "select max(started_at) from (select started_at from run order by id desc limit 1000) newest"),
            (
                "action in the audit log",
                "select max(at) from (select at from audit order by id desc limit 1000) newest",
            ),
        ];
        let mut newest = Vec::new();
        for (what, sql) in NEWEST {
            let Some(row) = self.one(Query::new(sql)).await? else { continue };
            newest.extend(Cells::of(what, &row).maybe_instant(0)?.map(|at| (what, at)));
        }
        Ok(newest)
    }

    /// How many documents the newest `limit` signals and the newest `limit` imports rest on, and how many of them are not in the
    /// folder that this process has for its archive.
    pub async fn missing_documents(&self, limit: usize) -> Result<(usize, usize)> {
        let mut names = HashSet::new();
        for sql in [
            "select sha256 from signal order by key desc limit $1",
            "select sha256 from batch order by id desc limit $1",
        ] {
            let rows = self.all(Query::new(sql).bind(i64::try_from(limit).unwrap_or(i64::MAX))).await?;
            for row in &rows {
                names.insert(Cells::of("document", row).sha256(0)?);
            }
        }
        let looked_for: Vec<_> = names.iter().copied().collect();
        let looking = move |archive: &Archive| Ok(looked_for.iter().filter(|name| !archive.contains(name)).count());
        let n_missing = self.facts().in_archive(looking).await?;
        Ok((names.len(), n_missing))
    }

    /// When the oldest event was recorded that a relay has not dealt with; none when it is up to date.
    pub async fn waiting_since(&self, relay: &str) -> Result<Option<Timestamp>> {
        let sql = "select at from event where seq > $1 order by seq limit 1";
        let done = self.outbox().checkpoint(relay).await?;
        let Some(row) = self.one(Query::new(sql).bind(done)).await? else { return Ok(None) };
        Cells::of("event", &row).instant(0).map(Some)
    }

    /// When something was noted last in the audit log under that word.
    pub async fn last_noted(&self, what: &str) -> Result<Option<Timestamp>> {
        let sql = "select at from audit where what = $1 order by id desc limit 1";
        let Some(row) = self.one(Query::new(sql).bind(what)).await? else { return Ok(None) };
        Cells::of("audit", &row).instant(0).map(Some)
    }
}
