//! Records that may be about a client: somebody looks, and says.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;

use super::{
    clues::Clue,
    codes::grade_class,
    form::ByAnalyst,
    frame::{Frame, Tab, page, part},
    look::{Tongue, own_path},
    morning::client_href,
    session::Guest,
    words::Words,
};
use crate::{
    desk::{Error, OverrideView, ReviewView, WaitingOverride},
    domain::Rank,
    serve::{
        House,
        fault::Fault,
        input::{Asked, Place},
    },
    store::ReviewDecision,
};

/// Reviews of a page.
const PAGE: usize = 50;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ReviewQuery {
    after: Option<i64>,
    done: Option<String>,
}

struct Row {
    id: i64,
    /// Others that say the same about the same client: decided together with it, their numbers with commas between.
    also: String,
    n_also: usize,
    href: String,
    name: String,
    subject: String,
    certainty: String,
    clues: Vec<Clue>,
    /// Lines of its explanation that are no clues.
    because: Vec<String>,
    text: String,
    by: String,
    url: Option<String>,
}

/// A grade that waits for a second person.
pub(super) struct Waiting {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) grade: String,
    pub(super) class: &'static str,
    /// Who asked for it, when, and until when it would stand.
    pub(super) about: String,
    pub(super) reason: String,
}

impl Waiting {
    fn of(waiting: WaitingOverride, t: Tongue) -> Self {
        let (w, until) = (t.words(), t.pick("fino al", "until"));
        let OverrideView { grade, reason, author, expires_at } = waiting.decision;
        let (asked_at, last) = (t.instant(waiting.asked_at), t.last_day(expires_at));
        Self {
            href: format!("{}?portfolio={}#main", client_href(&waiting.client), part(&waiting.portfolio)),
            name: waiting.name,
            class: grade_class(&grade),
            grade,
            about: format!("{} {author}, {asked_at}, {until} {last}", w.asked_by),
            reason,
        }
    }
}

/// The grades that whoever looks may confirm: of others, and only for who may decide about grades.
pub(super) async fn waiting(house: &House, guest: &Guest, limit: usize) -> Result<Vec<Waiting>, Fault> {
    if guest.visitor.rank < Rank::Manager {
        return Ok(Vec::new());
    }
    let waiting = house.desk.overrides_that_wait(&guest.visitor.caller, limit).await?;
    Ok(waiting.into_iter().map(|one| Waiting::of(one, guest.look.tongue)).collect())
}

#[derive(Template)]
#[template(path = "templates/review.html", config = ".askama.toml")]
struct ReviewPage {
    frame: Frame,
    w: &'static Words,
    /// Grades that wait for a second person.
    waiting: Vec<Waiting>,
    rows: Vec<Row>,
    next: Option<i64>,
    is_decided: bool,
}

fn row(review: ReviewView, t: Tongue) -> Row {
    let official = if review.signal.official { t.pick(", fonte ufficiale", ", official") } else { "" };
    let (mut clues, mut because) = (Vec::new(), Vec::new());
    for line in review.because {
        match Clue::of(&line, t) {
            Some(clue) => clues.push(clue),
            None => because.push(line),
        }
    }
    Row {
        id: review.id,
        also: String::new(),
        n_also: 0,
        href: client_href(&review.client),
        name: review.name,
        subject: review.subject_name,
        certainty: t.percent_whole(review.certainty),
        clues,
        because,
        text: t.fact(&review.signal),
        by: format!("{} · {}{official}", t.day(review.signal.valid_at), review.signal.source),
        url: review.signal.url.as_deref().and_then(super::client::web_address),
    }
}

/// What is said several times in the same words of the same client stands once.
fn stories(reviews: Vec<ReviewView>, t: Tongue) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for new in reviews.into_iter().map(|review| row(review, t)) {
        let is_same = |known: &&mut Row| {
            (&known.href, &known.subject, &known.text, &known.by) == (&new.href, &new.subject, &new.text, &new.by)
        };
        match rows.iter_mut().find(is_same) {
            Some(known) => {
                known.n_also += 1;
                let comma = if known.also.is_empty() { "" } else { "," };
                known.also += &format!("{comma}{}", new.id);
            }
            None => rows.push(new),
        }
    }
    rows
}

/// The list.
pub(super) async fn list(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<ReviewQuery>,
) -> Result<Response, Fault> {
    let slice = house.desk.reviews(&guest.visitor.caller, query.after.unwrap_or(0), PAGE).await?;
    let t = guest.look.tongue;
    let waiting = waiting(&house, &guest, PAGE).await?;
    page(&ReviewPage {
        frame: Frame::of(&guest, Tab::Review, t.words().review),
        w: t.words(),
        waiting,
        rows: stories(slice.items, t),
        next: slice.next,
        is_decided: query.done.is_some(),
    })
}

#[derive(Deserialize)]
pub(super) struct DecisionForm {
    decision: String,
    /// Others that say the same, with commas between.
    #[serde(default)]
    also: String,
    /// The page that it was sent from, where that is another one.
    #[serde(default)]
    back: Option<String>,
}

/// Says whether a record is about the client.
pub(super) async fn decide(
    State(house): State<House>,
    Place(id): Place<i64>,
    ByAnalyst(guest, form): ByAnalyst<DecisionForm>,
) -> Result<Response, Fault> {
    let decision: ReviewDecision = form
        .decision
        .parse()
        .map_err(|e: crate::domain::WordError| Fault::unprocessable("/decision", e.to_string()))?;
    house.desk.decide_review(&guest.visitor.caller, id, decision).await?;
    for id in form.also.split(',').filter_map(|id| id.parse().ok()).take(PAGE) {
        match house.desk.decide_review(&guest.visitor.caller, id, decision).await {
            // It was decided by somebody meanwhile.
            Err(Error::NotFound(_)) => {}
            other => other?,
        }
    }
    let back = form.back.as_deref().map_or("/review?done=1", |back| own_path(Some(back)));
    Ok(Redirect::to(back).into_response())
}
