//! What is told of a model to who must trust it: its card, and how good it was found to be.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{
    WIDTH,
    health::{Light, decimal, whole},
    markdown::{Block, Span, blocks},
    words,
    words::Words,
};
use crate::{
    desk::{EvaluationView, FigureView, GradeEvaluationView, PartEvaluationView},
    serve::{
        House,
        fault::Fault,
        input::Asked,
        pages::{
            codes::grade_class,
            frame::{Frame, Tab, page},
            look::Tongue,
            session::Guest,
        },
    },
};

/// Segments and periods that are shown: a column of a thousand words is for a spreadsheet.
const PARTS: usize = 60;

/// A figure, its interval, and how it is read.
struct Figure {
    name: &'static str,
    value: String,
    interval: String,
    reading: &'static str,
}

/// A grade and what became of it.
struct Grade {
    grade: String,
    class: &'static str,
    n: String,
    bad: String,
    pd: String,
    rate: String,
    interval: String,
    width: String,
    light: Light,
}

/// A segment or a period.
struct Part {
    name: String,
    n: String,
    bad: String,
    pd: String,
    rate: String,
    auc: String,
}

/// A model on rows with known outcomes.
struct Evaluation {
    n: String,
    bad: String,
    figures: Vec<Figure>,
    grades: Vec<Grade>,
    /// What the parts are called, and they.
    parts: Vec<(&'static str, &'static str, Vec<Part>)>,
}

fn dash(value: Option<f64>, places: usize, t: Tongue) -> String {
    value.map_or_else(|| "–".to_owned(), |value| decimal(value, places, t))
}

fn interval(low: Option<f64>, high: Option<f64>, said: impl Fn(f64) -> String) -> String {
    low.zip(high).map_or_else(|| "–".to_owned(), |(low, high)| format!("{} – {}", said(low), said(high)))
}

fn figures(view: &EvaluationView, t: Tongue) -> Vec<Figure> {
    let w = words(t);
    let figure = |(name, figure, places, reading): (&'static str, FigureView, usize, &'static str)| Figure {
        name,
        value: dash(figure.value, places, t),
        interval: interval(figure.low, figure.high, |value| decimal(value, places, t)),
        reading,
    };
    let psi = view.psi.map(|psi| ("PSI", FigureView { value: Some(psi), low: None, high: None }, 3, w.psi_how));
    [
        ("AUC", view.auc, 3, w.auc_how),
        ("Gini", view.gini, 3, w.gini_how),
        ("KS", view.ks, 3, w.ks_how),
        ("Brier", view.brier, 4, w.brier_how),
        (w.slope, view.calibration_slope, 2, w.slope_how),
        (w.intercept, view.calibration_intercept, 2, w.intercept_how),
    ]
    .into_iter()
    .chain(psi)
    .map(figure)
    .collect()
}

fn grades(all: &[GradeEvaluationView], t: Tongue) -> Vec<Grade> {
    let most = all.iter().map(|one| one.rate).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let grade = |one: &GradeEvaluationView| Grade {
        class: grade_class(&one.grade),
        grade: one.grade.clone(),
        n: whole(one.n, t),
        bad: whole(one.bad, t),
        pd: t.percent(one.pd),
        rate: t.percent(one.rate),
        interval: interval(one.rate_low, one.rate_high, |share| t.percent(share)),
        width: format!("{:.1}", one.rate / most * WIDTH),
        light: Light::of(&one.light, t),
    };
    all.iter().map(grade).collect()
}

fn parts(all: &[PartEvaluationView], t: Tongue) -> Vec<Part> {
    let part = |one: &PartEvaluationView| Part {
        name: one.name.clone(),
        n: whole(one.n, t),
        bad: whole(one.bad, t),
        pd: t.percent(one.pd),
        rate: t.percent(one.rate),
        auc: dash(one.auc.and_then(|auc| auc.value), 3, t),
    };
    all.iter().take(PARTS).map(part).collect()
}

impl Evaluation {
    fn of(view: &EvaluationView, t: Tongue) -> Self {
        let w = words(t);
        let both = [(w.by_segment, w.segment, &view.segments), (w.by_period, w.period, &view.vintages)];
        let told = both.into_iter().filter(|(_, _, all)| !all.is_empty());
        Self {
            n: whole(view.n, t),
            bad: whole(view.bad, t),
            figures: figures(view, t),
            grades: grades(&view.grades, t),
            parts: told.map(|(title, head, all)| (title, head, parts(all, t))).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "templates/card.html", config = ".askama.toml")]
struct CardPage {
    frame: Frame,
    w: &'static Words,
    model: String,
    card: Option<Vec<Block>>,
    evaluation: Option<Evaluation>,
    unread: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::serve::pages) struct CardQuery {
    model: String,
}

/// The page.
pub(in crate::serve::pages) async fn card(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<CardQuery>,
) -> Result<Response, Fault> {
    let papers = house.desk.model_papers(&guest.visitor.caller, &query.model).await?;
    let t = guest.look.tongue;
    page(&CardPage {
        frame: Frame::of(&guest, Tab::Models, format!("{}: {}", words(t).card, papers.model)),
        w: words(t),
        card: papers.card.as_deref().map(blocks),
        evaluation: papers.evaluation.as_ref().map(|view| Evaluation::of(view, t)),
        unread: papers.unread,
        model: papers.model,
    })
}
