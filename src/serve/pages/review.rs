//! Records that may be about a client: somebody looks, and says.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;

use super::{
    form::ByAnalyst,
    frame::{Frame, Tab, page},
    look::{Tongue, own_path},
    morning::client_href,
    session::Guest,
    words::Words,
};
use crate::{
    desk::ReviewView,
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
    href: String,
    name: String,
    subject: String,
    certainty: String,
    because: Vec<String>,
    text: String,
    by: String,
    url: Option<String>,
}

#[derive(Template)]
#[template(path = "templates/review.html", config = ".askama.toml")]
struct ReviewPage {
    frame: Frame,
    w: &'static Words,
    rows: Vec<Row>,
    next: Option<i64>,
    is_decided: bool,
}

fn row(review: ReviewView, t: Tongue) -> Row {
    let official = if review.signal.official { t.pick(", fonte ufficiale", ", official") } else { "" };
    Row {
        id: review.id,
        href: client_href(&review.client),
        name: review.name,
        subject: review.subject_name,
        certainty: t.percent_whole(review.certainty),
        because: review.because,
        text: t.fact(&review.signal),
        by: format!("{} · {}{official}", t.day(review.signal.valid_at), review.signal.source),
        url: review.signal.url.as_deref().and_then(super::client::web_address),
    }
}

/// The list.
pub(super) async fn list(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<ReviewQuery>,
) -> Result<Response, Fault> {
    let slice = house.desk.reviews(&guest.visitor.caller, query.after.unwrap_or(0), PAGE).await?;
    let t = guest.look.tongue;
    page(&ReviewPage {
        frame: Frame::of(&guest, Tab::Review, t.words().review),
        w: t.words(),
        rows: slice.items.into_iter().map(|review| row(review, t)).collect(),
        next: slice.next,
        is_decided: query.done.is_some(),
    })
}

#[derive(Deserialize)]
pub(super) struct DecisionForm {
    decision: String,
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
    let back = form.back.as_deref().map_or("/review?done=1", |back| own_path(Some(back)));
    Ok(Redirect::to(back).into_response())
}
