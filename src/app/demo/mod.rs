//! The whole job on a made-up economy: real files, real collectors over real HTTP, ratings, changes, alerts.
//!
//! # Why
//!
//! *Why does it keep a note of the day?* A demo that is killed and started again on the same folder goes on where it
//! was: the same files are imported again and change nothing, the same answers are read again and add nothing. Only the
//! clock must not go backwards, and the note (`demo.json`) says where it stood.

mod receiver;
mod stage;

use std::{path::PathBuf, sync::Arc};

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::{App, Duties};
use crate::{
    clock::Clock,
    collect::SourceReport,
    simulate::{Economy, Plan, Prospect},
    store::Run,
    train::metrics,
};
use receiver::Receiver;
use stage::Stage;

/// The made-up day on which every demo opens. A fixed one: the same seed then gives the same grades in any year.
pub const OPENING: Date = jiff::civil::date(2026, 11, 2);

/// The days before the opening on which facts come in, so that there is something to change when it opens.
const DAYS_BEFORE: [i64; 3] = [-28, -14, 0];

/// The time of the day at which the creditor's books arrive; the rest of the day follows from it.
const MORNING: i8 = 6;

/// What to show.
#[derive(Debug, Clone)]
pub struct DemoPlan {
    /// How many clients.
    pub n_clients: usize,
    /// Which world.
    pub seed: u64,
    /// Folder of the data; its own folder in the system's temporary one when not said.
    pub data: Option<PathBuf>,
    /// Settings besides: queue, store, address.
    pub flags: crate::config::Flags,
}

impl DemoPlan {
    /// Where the data is.
    pub fn folder(&self) -> PathBuf {
        let own = || std::env::temp_dir().join(format!("vedetta-demo-{}", std::process::id()));
        self.data.clone().unwrap_or_else(own)
    }
}

/// How the first night ended.
#[derive(Debug)]
pub struct DemoReport {
    /// Clients there are.
    pub n_clients: usize,
    /// Clients with a grade that is not `ND`.
    pub n_rated: usize,
    /// Clients by grade.
    pub grades: Vec<(String, usize)>,
    /// What the collectors did, summed over the days.
    pub sources: Vec<SourceReport>,
    /// The night.
    pub night: Run,
    /// How long it took, seconds.
    pub night_seconds: f64,
    /// Events in the feed.
    pub n_changes: u64,
    /// Alerts that reached the receiver with a valid signature.
    pub n_alerts: u64,
    /// How well the PDs rank the defaults that came after, 0.5 to 1; none when there were none.
    pub auc: Option<f64>,
    /// The same of the best ranking possible from what could be seen.
    pub auc_best: Option<f64>,
    /// Clients that went down most, worst first.
    pub drops: Vec<Drop>,
}

/// A client that dropped.
#[derive(Debug)]
pub struct Drop {
    /// The creditor's code.
    pub client: String,
    /// Its name.
    pub name: String,
    /// The grade before.
    pub from: String,
    /// The grade now.
    pub to: String,
    /// The heaviest reason.
    pub why: String,
}

/// A demo that has had its first night.
pub struct Demo {
    stage: Stage,
    receiver: Receiver,
    /// What it showed.
    pub report: DemoReport,
    /// One of each kind of company that asks for credit here, to try `POST /v1/assessments` with.
    pub prospects: Vec<Prospect>,
    /// Where the API will listen.
    pub address: String,
    /// A key for it.
    pub key: String,
    /// Where the data is.
    pub folder: PathBuf,
}

/// How far a demo on this folder has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    clients: usize,
    seed: u64,
    /// Days from the opening to the day that was done last.
    day: Option<i64>,
    /// Alerts that reached the receiver so far.
    #[serde(default)]
    alerts: u64,
}

/// The first prospect of each kind.
fn one_of_each(economy: &Economy) -> Vec<Prospect> {
    let mut first: Vec<Prospect> = economy.prospects().cloned().collect();
    let mut seen = std::collections::BTreeSet::new();
    first.retain(|prospect| seen.insert(prospect.kind));
    first
}

impl Demo {
    /// Makes the world, lets the first days pass and holds the first night. `say` is told what happens.
    pub async fn open(plan: &DemoPlan, say: &(dyn Fn(&str) + Sync)) -> anyhow::Result<Self> {
        let folder = plan.folder();
        let mut note = Note::read(&folder, plan)?;
        say(&format!("making up {} companies, seed {}", plan.n_clients, plan.seed));
        let economy = Arc::new(Economy::new(&Plan::new(plan.n_clients, plan.seed, OPENING)));
        let prospects = one_of_each(&economy);
        let reached = note.day.unwrap_or(DAYS_BEFORE[0]);
        let clock = Clock::manual(morning(reached)?);
        let receiver = Receiver::start(note.alerts).await?;
        let mut stage = Stage::set(plan, &folder, economy, clock, reached).await?;
        let key = stage.key().await?;
        stage.subscribe(&receiver).await?;
        // A day that is done is not done again: its books are older than those that a killed next day may have brought,
        // and would read as corrections of them.
        let done = note.day;
        for day in DAYS_BEFORE.into_iter().filter(|day| done.is_none_or(|done| *day > done)) {
            stage.pass_day(day, note.day.is_none(), say).await?;
            note.day = Some(day);
            note.write(&folder)?;
        }
        say("the first night");
        let (night, night_seconds) = stage.night(reached.max(0)).await?;
        stage.deliver().await?;
        note.alerts = receiver.n_verified();
        note.write(&folder)?;
        let report = stage.report(night, night_seconds, &receiver).await?;
        let address = format!("http://{}", stage.address());
        Ok(Self { stage, receiver, report, prospects, address, key, folder })
    }

    /// Serves the API and lets a day pass every so many seconds, until the token is cancelled.
    pub async fn go_on(
        self,
        day_every: std::time::Duration,
        shutdown: CancellationToken,
        say: &(dyn Fn(&str) + Sync),
    ) -> anyhow::Result<()> {
        let Self { mut stage, receiver, folder, .. } = self;
        let app = stage.take_app()?;
        let serving = app.run(Duties::ButTheCalendar, shutdown.clone());
        let passing = async {
            let mut note = Note::read_any(&folder)?;
            let last = i64::from(crate::simulate::DAYS_AHEAD);
            for day in note.day.unwrap_or(0) + 1..=last {
                stage.wait(day_every, day).await?;
                stage.pass_day(day, false, &|_| {}).await?;
                let (night, _) = stage.night(day).await?;
                (note.day, note.alerts) = (Some(day), receiver.n_verified());
                note.write(&folder)?;
                say(&format!(
                    "{}: {} better, {} worse, {} alerts so far",
                    night.valid_at,
                    night.moved_up,
                    night.moved_down,
                    receiver.n_verified()
                ));
            }
            stage.wait(std::time::Duration::MAX, last + 1).await
        };
        // The day is left where it is: the house closes its store, and a day that is begun again changes nothing twice.
        let passing = async {
            tokio::select! {
                passed = passing => passed,
                () = shutdown.cancelled() => anyhow::Ok(()),
            }
        };
        let (served, passed) = tokio::join!(serving, passing);
        served.and(passed)
    }
}

impl Note {
    fn read(folder: &std::path::Path, plan: &DemoPlan) -> anyhow::Result<Self> {
        let fresh = Self { clients: plan.n_clients, seed: plan.seed, day: None, alerts: 0 };
        if !folder.join("demo.json").exists() {
            anyhow::ensure!(
                !folder.join("vedetta.db").exists(),
                "{} holds data that no demo made; choose another --data",
                folder.display()
            );
            std::fs::create_dir_all(folder)?;
            fresh.write(folder)?;
            return Ok(fresh);
        }
        let note = Self::read_any(folder)?;
        anyhow::ensure!(
            (note.clients, note.seed) == (plan.n_clients, plan.seed),
            "{} holds the demo of {} clients with seed {}; go on with these, or choose another --data",
            folder.display(),
            note.clients,
            note.seed
        );
        Ok(note)
    }

    fn read_any(folder: &std::path::Path) -> anyhow::Result<Self> {
        Ok(serde_json::from_slice(&std::fs::read(folder.join("demo.json"))?)?)
    }

    /// Written beside and renamed: a kill leaves the old note or the new one.
    fn write(&self, folder: &std::path::Path) -> anyhow::Result<()> {
        let draft = folder.join("demo.json.new");
        std::fs::write(&draft, serde_json::to_vec(self)?)?;
        Ok(std::fs::rename(draft, folder.join("demo.json"))?)
    }
}

fn day_of(offset: i64) -> anyhow::Result<Date> {
    Ok(OPENING.checked_add(offset.days())?)
}

fn morning(offset: i64) -> anyhow::Result<Timestamp> {
    Ok(day_of(offset)?.at(MORNING, 0, 0, 0).to_zoned(TimeZone::UTC)?.timestamp())
}

/// The hours of a made-up day, after the morning.
fn hours_later(morning: Timestamp, hours: i64) -> Timestamp {
    morning.checked_add(SignedDuration::from_hours(hours)).unwrap_or(morning)
}
