//! The way back: what a client would have to do to have a grade again.

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Desk, Error, Result, Wanted, place_for_a_heavy_question, rating::shown};
use crate::{
    domain::{AsOf, Grade, NOTICE, Rating},
    pipeline::{Back, Path, Step, Way, say_step, say_way},
};

/// The cheapest change of facts after which a client would have a grade again.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PathView {
    /// The creditor's own code.
    pub client: String,
    /// The client's name.
    pub name: String,
    /// The grade that the model gives now, whatever an analyst decided.
    pub grade: String,
    /// The grade asked for; a better one will do.
    pub to: String,
    /// Whether some change that can be asked for leads there.
    pub reachable: bool,
    /// The whole way as a sentence, or why there is none.
    pub text: String,
    /// The same in Italian.
    pub text_it: String,
    /// What is to be done; none can be left out. Empty when nothing is to be done, or nothing helps.
    pub steps: Vec<PathStepView>,
    /// Money that must be found in all; null where steps cost different currencies.
    pub amount: Option<f64>,
    /// How long it takes.
    pub months: i32,
    /// The rating that would follow; when the grade cannot be reached, the best that can.
    pub result: ReachedView,
    /// The day it starts from.
    #[schema(value_type = String, format = Date)]
    pub valid_at: Date,
    /// The facts that are known.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
    /// Name and hash of the model.
    pub model: String,
    /// What this is not.
    pub notice: String,
}

/// A step of the way.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PathStepView {
    /// `pay_overdue`, `cancel_protest`, `rehabilitate`, `strike_out`, `file` or `wait`.
    pub kind: String,
    /// What it costs; null when nothing, or when the source did not say.
    pub amount: Option<f64>,
    /// ISO 4217, where there is an amount.
    pub currency: Option<String>,
    /// Since when what is to be paid is due, or when what is to be undone happened.
    #[schema(value_type = Option<String>, format = Date)]
    pub since: Option<Date>,
    /// Invoices to be paid.
    pub invoices: Option<usize>,
    /// Months to let pass.
    pub months: Option<i32>,
    /// As a sentence.
    pub text: String,
    /// The same in Italian.
    pub text_it: String,
}

/// A rating that would be.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReachedView {
    /// The grade.
    pub grade: String,
    /// Probability of default; null for `ND`.
    pub pd: Option<f64>,
    /// Points; null for `ND`.
    pub points: Option<i32>,
}

impl From<&Rating> for ReachedView {
    fn from(rating: &Rating) -> Self {
        Self { grade: rating.grade.to_string(), pd: rating.pd.map(shown), points: rating.points }
    }
}

impl From<&Step> for PathStepView {
    fn from(step: &Step) -> Self {
        let (since, invoices, months) = match step {
            Step::PayOverdue { since, n_invoices, .. } => (Some(*since), Some(*n_invoices), None),
            Step::CancelProtest { raised_on, .. } | Step::Rehabilitate { raised_on, .. } => {
                (Some(*raised_on), None, None)
            }
            Step::StrikeOut { .. } | Step::File { .. } => (None, None, None),
            Step::Wait { months, .. } => (None, None, Some(*months)),
        };
        Self {
            kind: step.kind().to_owned(),
            amount: step.amount().map(|amount| amount.major()),
            currency: step.amount().map(|amount| amount.currency().to_string()),
            since,
            invoices,
            months,
            text: say_step(step, false),
            text_it: say_step(step, true),
        }
    }
}

impl Desk {
    /// The cheapest change of facts that returns a client to a grade, `A1` to `C3`, or plainly that there is none. Records
    /// nothing.
    pub async fn path(&self, wanted: &Wanted<'_>, to: &str) -> Result<PathView> {
        let client = self.find(wanted).await?;
        let grade: Option<Grade> = to.trim().parse().ok().filter(|grade| Grade::PERFORMING.contains(grade));
        let to = grade.ok_or_else(|| Error::invalid("/to", "must be one of A1 A2 A3 B1 B2 B3 C1 C2 C3"))?;
        let _place = place_for_a_heavy_question().await?;
        let as_of = AsOf::at(self.clock.now());
        let figures = self.store.ratings().figures(&[client.id]).await?;
        let last = figures.get(&client.id).map(|figure| figure.grade);
        let Back { present, path } = self.rescorer.way_back(client.id, to, as_of, last).await?;
        let way = match &path {
            Path::Found(way) => Some(way),
            Path::AlreadyThere | Path::Nowhere { .. } => None,
        };
        let result = match &path {
            Path::AlreadyThere => &present,
            Path::Found(Way { rating, .. }) | Path::Nowhere { best: rating } => rating,
        };
        let steps: Vec<PathStepView> = way.iter().flat_map(|way| &way.steps).map(PathStepView::from).collect();
        Ok(PathView {
            client: client.code.to_string(),
            name: client.facts.who.name,
            grade: present.grade.to_string(),
            to: to.to_string(),
            reachable: !matches!(path, Path::Nowhere { .. }),
            text: sentence(&path, &present, to, false),
            text_it: sentence(&path, &present, to, true),
            amount: total(&steps),
            months: way.map_or(0, |way| way.months),
            steps,
            result: ReachedView::from(result),
            valid_at: as_of.valid_at,
            known_at: as_of.known_at,
            model: present.model.to_string(),
            notice: NOTICE.to_owned(),
        })
    }
}

/// What the steps cost together; none where they are not of one currency.
fn total(steps: &[PathStepView]) -> Option<f64> {
    let mut currencies: Vec<&str> = steps.iter().filter_map(|step| step.currency.as_deref()).collect();
    currencies.dedup();
    (currencies.len() <= 1).then(|| steps.iter().filter_map(|step| step.amount).sum())
}

/// The way in words; where there is none, what stands against it.
fn sentence(path: &Path, present: &Rating, to: Grade, italian: bool) -> String {
    let now = present.grade;
    let pick = |en: String, it: String| if italian { it } else { en };
    match path {
        Path::Found(way) => say_way(way, italian),
        Path::AlreadyThere => pick(
            format!("nothing is to be done: the grade is {now}"),
            format!("non c'è nulla da fare: il grado è {now}"),
        ),
        Path::Nowhere { best } if best.grade == Grade::D => pick(
            format!(
                "nothing that the client can do leads from D to {to}: it is in an open insolvent procedure, or has ceased"
            ),
            format!(
                "nulla che il cliente possa fare porta da D a {to}: è in una procedura concorsuale aperta, o è cessato"
            ),
        ),
        Path::Nowhere { best } if best.grade == Grade::NotDetermined => pick(
            "too little is known of the client: what it does changes nothing until more is known".to_owned(),
            "del cliente si sa troppo poco: finché non se ne sa di più, nulla di ciò che fa cambia il giudizio"
                .to_owned(),
        ),
        Path::Nowhere { best } => pick(
            format!(
                "nothing that the client can do leads to {to} within two years; the best it can reach is {}",
                best.grade
            ),
            format!(
                "nulla che il cliente possa fare porta a {to} entro due anni; il meglio che può raggiungere è {}",
                best.grade
            ),
        ),
    }
}
