//! What a night says of the model that rated: drift, PDs against defaults, analysts' decisions.
//!
//! # Why
//!
//! *Why is an event written when a light changes, and not every night?* What a model does wrong it does slowly. What is red
//! tomorrow as it was today is on the page for whoever looks, and no news.
//!
//! *Why does one grade have to be red to be told of, and all together only yellow?* Nine grades are looked at every night. Of
//! nine that are right one is yellow in every third night.
//!
//! *Why are gauges set from the store and not by the night?* The night may run in another process than the one that is asked,
//! and what was known before a restart is known after it.

use jiff::Timestamp;

use super::{Drift, Error, Rescorer};
use crate::{
    domain::{AsOf, Cohort, EventBody, Light, Scoreboard},
    store::NightTally,
};

/// How the model that rates is doing, as its newest night found.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// The model, as ratings carry it.
    pub model: String,
    /// How its clients are spread; none before its first night.
    pub drift: Option<Drift>,
    /// What became of those it rated; none before its second day.
    pub cohort: Option<Cohort>,
    /// Analysts against the model; none before the first night.
    pub board: Option<Scoreboard>,
}

impl Rescorer {
    /// How the model that rates is doing, as its newest night found.
    pub async fn watched(&self) -> Result<Watch, Error> {
        let seated = self.seated().await?;
        let model = seated.engine.model().to_string();
        let nights = self.store.besides().tallies(&model, 1).await?;
        let newest = nights.last();
        Ok(Watch {
            drift: newest.and_then(|newest| seated.compared(&nights, newest)),
            cohort: newest.and_then(|newest| newest.cohort.clone()),
            board: self.store.besides().scoreboard_before(i64::MAX).await?,
            model,
        })
    }

    /// Sums the night up, and announces what has crossed a threshold since the night before.
    pub(super) async fn watch_night(&self, run: i64, as_of: AsOf, now: Timestamp) -> Result<(), Error> {
        let besides = self.store.besides();
        let Some(tonight) = besides.gathered(run).await? else { return Ok(()) };
        let mut nights = besides.tallies(&tonight.model, 1).await?;
        nights.push(tonight.clone());
        let board = self.scoreboard(as_of).await?;
        let before = besides.scoreboard_before(run).await?;
        let told = [self.drifted(&nights, &tonight), miscalibrated(&nights, &tonight), judged(run, board, before)];
        let told: Vec<EventBody> = told.into_iter().flatten().collect();
        Ok(besides.close(&tonight, &board, &told, now).await?)
    }

    fn drifted(&self, nights: &[NightTally], tonight: &NightTally) -> Option<EventBody> {
        let drift = self.compared(nights, tonight)?;
        let features = self.crossed(nights, &drift);
        let psi = drift.psi().unwrap_or_default();
        (!features.is_empty()).then_some(EventBody::ModelDrifted { model: drift.model, run: drift.run, psi, features })
    }
}

fn miscalibrated(nights: &[NightTally], tonight: &NightTally) -> Option<EventBody> {
    let cohort = tonight.cohort.clone()?;
    let before = nights.iter().rfind(|night| night.run < tonight.run).and_then(|night| night.cohort.as_ref());
    let light_before = before.map_or(Light::Green, |before| before.all().light());
    let was_red = |place: usize| before.and_then(|c| c.grades.get(place)).is_some_and(|g| g.light() == Light::Red);
    let mut grades = cohort.grades.iter().enumerate();
    let is_news = cohort.all().light() > light_before
        || grades.any(|(place, grade)| grade.light() == Light::Red && !was_red(place));
    is_news.then(|| EventBody::ModelMiscalibrated { model: tonight.model.clone(), run: tonight.run, cohort })
}

fn judged(run: i64, board: Scoreboard, before: Option<Scoreboard>) -> Option<EventBody> {
    let before = before.unwrap_or_default();
    let is_news = board.light() > before.light() || (board.light() > Light::Green && board.ahead() != before.ahead());
    is_news.then_some(EventBody::OverridesJudged { run, board })
}

impl Watch {
    /// Sets the gauges of the process.
    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 clients")]
    pub fn set_gauges(&self) {
        let gauge = |name: &'static str, label: &'static str, of: &str, value: f64| {
            let labels = [("model", self.model.clone()), (label, of.to_owned())];
            metrics::gauge!(name, &labels).set(value);
        };
        for (name, index) in self.drift.iter().flat_map(|drift| &drift.indices) {
            if let Some(index) = index {
                gauge("vedetta_stability_index", "of", name, *index);
            }
        }
        for (grade, observed) in self.cohort.iter().flat_map(Cohort::by_grade) {
            gauge("vedetta_cohort_clients", "grade", grade.as_str(), observed.n as f64);
            gauge("vedetta_cohort_defaults", "grade", grade.as_str(), observed.bad as f64);
            gauge("vedetta_cohort_defaults_expected", "grade", grade.as_str(), observed.expected);
        }
        if let Some(board) = self.board {
            for (who, n) in [("analyst", board.right), ("model", board.wrong), ("nobody_yet", board.open)] {
                gauge("vedetta_overrides", "right", who, n as f64);
            }
        }
    }
}
