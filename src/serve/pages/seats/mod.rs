//! Models: the one that gives the grades, how it is doing, the challenger beside it, and the way from one to the other.
//!
//! # Why
//!
//! *Why is a model checked on one page and promoted from the next?* The check rates the whole portfolio with it. Whoever
//! promotes has seen what would move; the promotion checks once more, because the facts may have moved, too.

mod beside;
mod card;
mod health;
mod markdown;
mod words;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;

pub(super) use self::card::card;
use self::{
    beside::Beside,
    health::{Health, Shift},
    words::Words,
};
use super::{
    codes::capital,
    form::{ByAdmin, Done, Refused},
    frame::{Frame, Tab, page, part},
    look::Tongue,
    session::{Guest, Nothing},
};
use crate::{
    desk::{ModelCard, ModelView, Promotion},
    domain::Rank,
    serve::{House, fault::Fault, input::Asked},
};

#[cfg(test)]
pub(super) use words::ALL as ALL_WORDS;

/// Inputs that the card shows: the rest tells little.
const INPUTS: usize = 12;
/// The width of a drawing, in its own units.
const WIDTH: f64 = 1000.0;

fn words(t: Tongue) -> &'static Words {
    t.pick(&words::IT, &words::EN)
}

/// Where the card of a model is read.
fn card_href(model: &str) -> String {
    format!("/models/card?model={}", part(model))
}

/// An input, as long as its share of what there is to know.
struct Input {
    label: String,
    share: String,
    width: String,
}

/// The model that gives the grades.
struct Champion {
    name: String,
    card: String,
    since: String,
    /// And its language.
    definition: (String, &'static str),
    months: u32,
    n_inputs: usize,
    base: String,
    inputs: Vec<Input>,
}

impl Champion {
    fn of(view: &ModelView, card: &ModelCard, t: Tongue) -> Self {
        let w = words(t);
        let by = |by: &str| format!(", {} {by}", w.by);
        let since = view.since.map_or_else(|| w.configured.to_owned(), |at| format!("{} {}", w.since, t.instant(at)));
        let most = card.inputs.first().map_or(1.0, |input| input.share).max(f64::MIN_POSITIVE);
        let input = |input: &crate::desk::InputCard| Input {
            label: capital(t.pick(&input.phrase_it, &input.phrase)),
            share: t.percent_whole(input.share),
            width: format!("{:.1}", input.share / most * WIDTH),
        };
        Self {
            name: view.model.clone(),
            card: card_href(&view.model),
            since: format!("{since}{}", view.by.as_deref().map(by).unwrap_or_default()),
            definition: t.default_of(&card.definition_of_default),
            months: card.horizon_months,
            n_inputs: card.inputs.len(),
            base: t.whole(card.base.into()),
            inputs: card.inputs.iter().take(INPUTS).map(input).collect(),
        }
    }
}

/// A check of a model.
struct Check {
    is_ok: bool,
    what: String,
    text: String,
}

/// What a check of a model came to.
struct Checked {
    model: String,
    is_ok: bool,
    checks: Vec<Check>,
    shift: Option<Shift>,
}

impl Checked {
    fn of(promotion: Promotion, t: Tongue) -> Self {
        let check = |one: &crate::desk::FindingView| Check {
            is_ok: one.ok,
            what: capital(&t.check(&one.check)),
            text: one.text.clone(),
        };
        Self {
            is_ok: promotion.ok,
            checks: promotion.checks.iter().map(check).collect(),
            shift: promotion.portfolio.as_ref().map(|shift| Shift::of(shift, t)),
            model: promotion.model,
        }
    }
}

#[derive(Template)]
#[template(path = "templates/seats.html", config = ".askama.toml")]
struct SeatsPage {
    frame: Frame,
    w: &'static Words,
    champion: Champion,
    /// Whether another model rated before.
    has_before: bool,
    health: Health,
    /// Its name, and where its card is read.
    challenger: Option<(String, String)>,
    /// The two, line by line; none without a challenger, or with one that cannot rate any more.
    beside: Option<Beside>,
    others: Vec<(String, String)>,
    checked: Option<Checked>,
    refused: Option<Refused>,
    said: Option<&'static str>,
    may_promote: bool,
}

async fn list(
    house: &House,
    guest: &Guest,
    (checked, refused): (Option<Checked>, Option<Refused>),
    said: Option<&'static str>,
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    // Asked first: it is what refuses whoever does not see every portfolio.
    let watch = house.desk.watch(&guest.visitor.caller).await?;
    let all = house.desk.models().await?;
    let card = house.desk.model_card(None).await?;
    let Some(champion) = all.first() else { return Err(Fault::of_status(axum::http::StatusCode::NOT_FOUND)) };
    let role = |role: Option<&'static str>| {
        let own = all.iter().filter(move |view| view.role.as_deref() == role);
        own.map(|view| view.model.clone()).filter(|model| *model != champion.model).collect::<Vec<_>>()
    };
    let challenger = role(Some("challenger")).pop();
    let rival = match &challenger {
        Some(model) => house.desk.model_card(Some(model)).await.ok(),
        None => None,
    };
    let with_card = |model: String| {
        let card = card_href(&model);
        (model, card)
    };
    page(&SeatsPage {
        frame: Frame::of(guest, Tab::Models, t.words().models),
        w: words(t),
        champion: Champion::of(champion, &card, t),
        has_before: champion.since.is_some(),
        health: Health::of(&watch, &card, t),
        challenger: challenger.map(with_card),
        beside: rival.map(|rival| Beside::of(&card, &rival, t)),
        others: role(None).into_iter().map(with_card).collect(),
        checked,
        refused,
        said,
        may_promote: guest.visitor.rank >= Rank::Admin,
    })
}

/// The page.
pub(super) async fn show(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<Done>,
) -> Result<Response, Fault> {
    let w = words(guest.look.tongue);
    let said = match query.done.as_deref() {
        Some("promoted") => Some(w.said_promoted),
        Some("back") => Some(w.said_back),
        _ => None,
    };
    list(&house, &guest, (None, None), said).await
}

/// Which model a form is about.
#[derive(Deserialize)]
pub(super) struct ModelForm {
    model: String,
}

async fn again(house: &House, guest: &Guest, fault: Fault) -> Result<Response, Fault> {
    let refused = Refused::of(fault, &[], guest.look.tongue)?;
    list(house, guest, (None, Some(refused)), None).await
}

/// Checks a model, and shows what the portfolio would do under it.
pub(super) async fn check(
    State(house): State<House>,
    ByAdmin(guest, form): ByAdmin<ModelForm>,
) -> Result<Response, Fault> {
    let candidate = house.desk.kept_model(&form.model).await?;
    match house.desk.promote(&guest.visitor.caller, &candidate, |_| false).await {
        Ok(promotion) => {
            let checked = Checked::of(promotion, guest.look.tongue);
            list(&house, &guest, (Some(checked), None), None).await
        }
        Err(error) => again(&house, &guest, error.into()).await,
    }
}

/// Lets a model give the grades, when every check is passed.
pub(super) async fn promote(
    State(house): State<House>,
    ByAdmin(guest, form): ByAdmin<ModelForm>,
) -> Result<Response, Fault> {
    let candidate = house.desk.kept_model(&form.model).await?;
    match house.desk.promote(&guest.visitor.caller, &candidate, |_| true).await {
        Ok(promotion) if promotion.promoted => Ok(Redirect::to("/models?done=promoted").into_response()),
        Ok(promotion) => {
            let checked = Checked::of(promotion, guest.look.tongue);
            list(&house, &guest, (Some(checked), None), None).await
        }
        Err(error) => again(&house, &guest, error.into()).await,
    }
}

/// Takes the last promotion back.
pub(super) async fn back(State(house): State<House>, ByAdmin(guest, _): ByAdmin<Nothing>) -> Result<Response, Fault> {
    match house.desk.promote_back(&guest.visitor.caller).await {
        Ok(_) => Ok(Redirect::to("/models?done=back").into_response()),
        Err(error) => again(&house, &guest, error.into()).await,
    }
}
