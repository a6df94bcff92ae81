//! How the model that rates is doing: drift, calibration, analysts' decisions, and the challenger beside it.

use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, Desk, Error, Reach, Result, ShiftView, seat::name_of, six_decimals};
use crate::{
    domain::{AsOf, Cohort, Grade, ModelId, NOTICE, Observed, Scoreboard},
    pipeline::{Drift, SideBySide, Watch},
    store::{Role, ShadowLine},
};

/// How the model that rates is doing.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WatchView {
    /// Name and hash of the model.
    pub model: String,
    /// How the clients of the newest night are spread; null before the model's first night.
    pub drift: Option<DriftView>,
    /// PDs of a year ago, or of the model's oldest night, against the defaults until the newest; null before its second.
    pub calibration: Option<CalibrationView>,
    /// Analysts against the model, as of the newest night; null before the first.
    pub overrides: Option<OverridesView>,
    /// What the challenger would have said in the newest night; null before its first, and where there is none.
    pub shadow: Option<ShadowView>,
    /// What this is not.
    pub notice: String,
}

/// How far the clients of a night are from those the model knows.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DriftView {
    /// The night.
    pub run: i64,
    /// Clients counted.
    pub clients: u64,
    /// `training` (the model's sample), or `first_night` (the first it rated) for a model that learned from none.
    pub reference: String,
    /// Population stability index of the points: below 0.10 green, from 0.25 red.
    pub psi: Option<f64>,
    /// `green`, `yellow` or `red`; empty where fewer than 200 clients were counted, whose index is mostly chance.
    pub light: String,
    /// The same of each input, what moved most first.
    pub features: Vec<FeatureDriftView>,
}

/// How far one input has moved.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FeatureDriftView {
    /// Its name.
    pub feature: String,
    /// Characteristic stability index.
    pub csi: Option<f64>,
    /// `green`, `yellow` or `red`; empty where fewer than 200 clients were counted.
    pub light: String,
}

/// A cohort against what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CalibrationView {
    /// The night whose PDs are judged.
    pub run: i64,
    /// Its day.
    #[schema(value_type = String, format = Date)]
    pub valid_at: Date,
    /// Days from it to the newest night, at most 365; PDs are taken for as much of a year.
    pub days: i32,
    /// Clients in the cohort.
    pub clients: u64,
    /// Defaults that were to be expected by now.
    pub expected: f64,
    /// Defaults there were.
    pub observed: u64,
    /// `green`; `yellow` beyond 95 %, `red` beyond 99.9 % of what chance allows.
    pub light: String,
    /// By grade; empty ones are left out.
    pub grades: Vec<GradeCalibrationView>,
}

/// The clients of one grade of a cohort.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GradeCalibrationView {
    /// The grade.
    pub grade: String,
    /// Clients.
    pub clients: u64,
    /// Defaults to be expected.
    pub expected: f64,
    /// Defaults there were.
    pub observed: u64,
    /// `green`, `yellow` or `red`.
    pub light: String,
}

/// Analysts against the model; a decision is judged when the client defaults, or a year later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OverridesView {
    /// Decisions, the newest thousand.
    pub made: u64,
    /// In force.
    pub in_force: u64,
    /// Better than the model said.
    pub better: u64,
    /// Worse than the model said.
    pub worse: u64,
    /// The analyst was right.
    pub right: u64,
    /// The model was.
    pub wrong: u64,
    /// Neither can be said yet.
    pub open: u64,
    /// Who is right more often, `analysts` or `model`; null while they draw.
    pub ahead: Option<String>,
    /// `green`; `yellow` where a coin would not fall so one-sidedly in 95 % of cases, `red` in 99.9 %.
    pub light: String,
}

/// What a challenger would have said.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ShadowView {
    /// The challenger.
    pub challenger: String,
    /// The night.
    pub run: i64,
    /// What would move: before is the champion, after the challenger.
    #[serde(flatten)]
    pub shift: ShiftView,
}

impl Desk {
    /// How the model that rates is doing, as its newest night found. It is about everybody, so only who sees everything may
    /// ask.
    pub async fn watch(&self, caller: &Caller) -> Result<WatchView> {
        if caller.reach != Reach::Everything {
            return Err(Error::Forbidden("a model is watched over every portfolio: it needs a key that sees them all"));
        }
        let as_of = AsOf::at(self.clock.now());
        let champion = self.rescorer.champion().await?;
        let Watch { model, drift, cohort, board } = self.rescorer.watched().await?;
        let challenger = match self.store.models().seated(Role::Challenger).await?.and_then(|seat| seat.model) {
            Some(hash) => Some(name_of(&self.store.models().files(hash).await?)),
            None => None,
        };
        let shadow = match &challenger {
            Some(challenger) => self.store.besides().last_shadow(&model, challenger).await?,
            None => None,
        };
        Ok(WatchView {
            model,
            drift: drift.as_ref().map(drift_view),
            calibration: cohort.as_ref().map(calibration_view),
            overrides: board.map(overrides_view),
            shadow: challenger.zip(shadow).map(|(challenger, (run, lines))| ShadowView {
                challenger,
                run,
                shift: self.shadow_shift(champion.model().clone(), as_of, &lines),
            }),
            notice: NOTICE.to_owned(),
        })
    }

    /// Sets the gauges of the process to what the newest night found.
    pub async fn set_gauges(&self) -> Result<()> {
        self.rescorer.watched().await?.set_gauges();
        Ok(())
    }

    fn shadow_shift(&self, model: ModelId, as_of: AsOf, lines: &[ShadowLine]) -> ShiftView {
        let mut sums = SideBySide::new(model, as_of);
        for line in lines {
            sums.add(line.exposure_minor, true, line.champion, line.challenger);
        }
        ShiftView::of(&sums, self.lgd)
    }
}

fn drift_view(drift: &Drift) -> DriftView {
    let psi = drift.psi();
    let light = |index| drift.light(index).map_or_else(String::new, |light| light.as_str().to_owned());
    let mut features: Vec<FeatureDriftView> = drift
        .indices
        .iter()
        .skip(1)
        .map(|(feature, csi)| FeatureDriftView {
            feature: feature.clone(),
            csi: csi.map(six_decimals),
            light: light(*csi),
        })
        .collect();
    features.sort_by(|a, b| b.csi.unwrap_or(-1.0).total_cmp(&a.csi.unwrap_or(-1.0)));
    DriftView {
        run: drift.run,
        clients: drift.n_clients,
        reference: drift.reference.as_str().to_owned(),
        psi: psi.map(six_decimals),
        light: light(psi),
        features,
    }
}

fn calibration_view(cohort: &Cohort) -> CalibrationView {
    let all = cohort.all();
    let grade = |(grade, observed): (Grade, Observed)| GradeCalibrationView {
        grade: grade.to_string(),
        clients: observed.n,
        expected: six_decimals(observed.expected),
        observed: observed.bad,
        light: observed.light().as_str().to_owned(),
    };
    CalibrationView {
        run: cohort.run,
        valid_at: cohort.valid_at,
        days: cohort.days,
        clients: all.n,
        expected: six_decimals(all.expected),
        observed: all.bad,
        light: all.light().as_str().to_owned(),
        grades: cohort.by_grade().map(grade).collect(),
    }
}

fn overrides_view(board: Scoreboard) -> OverridesView {
    let Scoreboard { made, in_force, better, worse, right, wrong, open } = board;
    let light = board.light().as_str().to_owned();
    OverridesView { made, in_force, better, worse, right, wrong, open, ahead: board.ahead().map(str::to_owned), light }
}
