//! How a model is doing, in words and figures: drift, calibration, analysts against it, and the challenger.

use super::words;
use crate::{
    desk::{CalibrationView, DriftView, ModelCard, OverridesView, ShiftView, WatchView},
    serve::pages::{
        codes::{capital, grade_class},
        look::Tongue,
    },
};

/// Features that are shown of those that have moved.
const FEATURES: usize = 6;

/// A verdict, and the class that paints it.
pub(super) struct Light {
    pub(super) word: String,
    pub(super) class: &'static str,
}

impl Light {
    pub(super) fn of(code: &str, t: Tongue) -> Self {
        let class = match code {
            "green" => "better",
            "yellow" => "warned",
            _ => "worse",
        };
        Self { word: t.light(code), class }
    }
}

/// Whether the clients are like those that the model knows.
pub(super) struct Drift {
    pub(super) psi: String,
    pub(super) light: Light,
    /// What has moved, how far, and what that means.
    pub(super) features: Vec<(String, String, Light)>,
}

/// A grade, and what became of its clients.
pub(super) struct Line {
    pub(super) grade: String,
    pub(super) class: &'static str,
    pub(super) clients: String,
    pub(super) expected: String,
    pub(super) observed: String,
    pub(super) light: Light,
}

/// Whether defaults were as many as expected.
pub(super) struct Calibration {
    pub(super) since: String,
    pub(super) light: Light,
    pub(super) expected: String,
    pub(super) observed: String,
    pub(super) lines: Vec<Line>,
}

/// Analysts against the model.
pub(super) struct Board {
    pub(super) right: String,
    pub(super) wrong: String,
    pub(super) open: String,
    pub(super) light: Light,
}

/// What would move under another model.
pub(super) struct Shift {
    pub(super) up: String,
    pub(super) down: String,
    pub(super) loss_now: String,
    pub(super) loss_then: String,
}

/// How the model that gives the grades is doing.
pub(super) struct Health {
    pub(super) drift: Option<Drift>,
    pub(super) calibration: Option<Calibration>,
    pub(super) board: Option<Board>,
    pub(super) shadow: Option<Shift>,
}

pub(super) fn whole(n: u64, t: Tongue) -> String {
    t.whole(i64::try_from(n).unwrap_or(i64::MAX))
}

/// A figure of statistics, with as many decimals.
pub(super) fn decimal(value: f64, places: usize, t: Tongue) -> String {
    let text = format!("{value:.places$}");
    t.pick(text.replace('.', ","), text.clone())
}

fn index(value: Option<f64>, t: Tongue) -> String {
    value.map_or_else(|| "–".to_owned(), |value| decimal(value, 3, t))
}

fn drift(view: &DriftView, card: &ModelCard, t: Tongue) -> Drift {
    let name = |feature: &str| {
        let input = card.inputs.iter().find(|input| input.feature == feature);
        input.map_or_else(|| feature.to_owned(), |input| capital(t.pick(&input.phrase_it, &input.phrase)))
    };
    let features = view.features.iter().take(FEATURES);
    Drift {
        psi: index(view.psi, t),
        light: Light::of(&view.light, t),
        features: features.map(|one| (name(&one.feature), index(one.csi, t), Light::of(&one.light, t))).collect(),
    }
}

fn calibration(view: &CalibrationView, t: Tongue) -> Calibration {
    let line = |one: &crate::desk::GradeCalibrationView| Line {
        class: grade_class(&one.grade),
        grade: one.grade.clone(),
        clients: whole(one.clients, t),
        expected: decimal(one.expected, 1, t),
        observed: whole(one.observed, t),
        light: Light::of(&one.light, t),
    };
    Calibration {
        since: format!("{} {}", words(t).since_night, t.day(view.valid_at)),
        light: Light::of(&view.light, t),
        expected: decimal(view.expected, 1, t),
        observed: whole(view.observed, t),
        lines: view.grades.iter().map(line).collect(),
    }
}

fn board(view: &OverridesView, t: Tongue) -> Board {
    Board {
        right: whole(view.right, t),
        wrong: whole(view.wrong, t),
        open: whole(view.open, t),
        light: Light::of(&view.light, t),
    }
}

impl Shift {
    pub(super) fn of(view: &ShiftView, t: Tongue) -> Self {
        Self {
            up: whole(view.moved_up, t),
            down: whole(view.moved_down, t),
            loss_now: t.about(view.before.expected_loss, "EUR"),
            loss_then: t.about(view.after.expected_loss, "EUR"),
        }
    }
}

impl Health {
    pub(super) fn of(view: &WatchView, card: &ModelCard, t: Tongue) -> Self {
        Self {
            drift: view.drift.as_ref().map(|view| drift(view, card, t)),
            calibration: view.calibration.as_ref().map(|view| calibration(view, t)),
            board: view.overrides.as_ref().filter(|view| view.made > 0).map(|view| board(view, t)),
            shadow: view.shadow.as_ref().map(|view| Shift::of(&view.shift, t)),
        }
    }
}
