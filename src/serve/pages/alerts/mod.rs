//! Alerts: who is told of what, tried on the past before it is switched on, with all that was sent.
//!
//! # Why
//!
//! *Why does a refused editor come back whole?* Twenty fields are not typed twice. The page is written again with what was
//! typed, and says at its top, and at the field, what would be right.
//!
//! *Why is a new secret on the answer to the form, and not on the next page?* It is kept nowhere in a form that could be shown:
//! a page that one can come back to would need it once more.

mod act;
mod form;
mod offers;
mod told;
mod words;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use self::{
    form::{AlertForm, HINTS},
    offers::Offers,
    told::{Past, Row, Sending, State as Standing, Tested},
    words::Words,
};
use super::{
    form::{ByAnalyst, Done, Refused, said},
    frame::{Frame, Tab, page},
    look::Tongue,
    session::Guest,
};
use crate::{
    desk::{PreviewInput, PreviewView, SubscriptionChange, SubscriptionInput, SubscriptionView, TestView},
    domain::Rank,
    serve::{
        House,
        fault::Fault,
        input::{Asked, Place, json as read},
    },
};

pub(super) use act::{end, recover, redeliver, rotate, switch, test};
#[cfg(test)]
pub(super) use words::ALL as ALL_WORDS;

/// Deliveries of a page.
const SENDINGS: usize = 25;

fn words(t: Tongue) -> &'static Words {
    t.pick(&words::IT, &words::EN)
}

#[derive(Template)]
#[template(path = "templates/alerts.html", config = ".askama.toml")]
struct AlertsPage {
    frame: Frame,
    w: &'static Words,
    rows: Vec<Row>,
    has_portfolios: bool,
    said: Option<&'static str>,
}

/// The list.
pub(super) async fn list(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<Done>,
) -> Result<Response, Fault> {
    let mut all = house.desk.subscriptions(&guest.visitor.caller).await?;
    // What is off may need a hand, and what is newest is what one has just made.
    all.sort_by(|a, b| a.enabled.cmp(&b.enabled).then(b.created_at.cmp(&a.created_at)));
    let (t, w) = (guest.look.tongue, words(guest.look.tongue));
    page(&AlertsPage {
        frame: Frame::of(&guest, Tab::Alerts, t.words().alerts),
        w,
        has_portfolios: all.iter().any(|view| view.portfolio != all[0].portfolio),
        rows: all.iter().map(|view| Row::of(view, t)).collect(),
        said: query.done.map(|_| w.said_ended),
    })
}

/// What happened a moment ago, to be said on the page that follows.
#[derive(Default)]
struct News {
    said: Option<String>,
    refused: Option<Refused>,
    past: Option<PreviewView>,
    secret: Option<String>,
    tested: Option<TestView>,
}

#[derive(Template)]
#[template(path = "templates/alert_new.html", config = ".askama.toml")]
struct NewPage {
    frame: Frame,
    w: &'static Words,
    form: AlertForm,
    offers: Offers,
    past: Option<Past>,
    refused: Option<Refused>,
    is_new: bool,
}

async fn new_page(house: &House, guest: &Guest, form: AlertForm, news: News) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let portfolios = house.desk.portfolio_names(&guest.visitor.caller).await?;
    page(&NewPage {
        frame: Frame::of(guest, Tab::Alerts, words(t).begin),
        w: words(t),
        offers: Offers::of(&form, &portfolios, t),
        form,
        past: news.past.map(|past| Past::of(past, t)),
        refused: news.refused,
        is_new: true,
    })
}

/// The editor of an alert that is not there yet.
pub(super) async fn begin(State(house): State<House>, guest: Guest) -> Result<Response, Fault> {
    guest.must_be(Rank::Analyst)?;
    let form = AlertForm::fresh(guest.look.tongue);
    new_page(&house, &guest, form, News::default()).await
}

/// The same words as the API takes, read as it reads them.
fn input<T: DeserializeOwned>(value: &Value) -> Result<T, Fault> {
    read(value.to_string().as_bytes())
}

/// A wish of that portfolio, read as `T`.
fn wish<T: DeserializeOwned>(form: &AlertForm, t: Tongue) -> Result<T, Fault> {
    let mut wish = form.wish(t)?;
    if let Some(portfolio) = said(&form.portfolio) {
        wish["portfolio"] = portfolio.into();
    }
    input(&wish)
}

/// How often the conditions of a form would have fired.
async fn tried(house: &House, guest: &Guest, form: &AlertForm) -> Result<PreviewView, Fault> {
    let when = form.when(guest.look.tongue)?;
    let input: PreviewInput = input(&json!({"portfolio": said(&form.portfolio), "when": when}))?;
    Ok(house.desk.preview(&guest.visitor.caller, &input).await?)
}

/// Makes an alert, or holds it against the past and makes none.
pub(super) async fn create(
    State(house): State<House>,
    ByAnalyst(guest, form): ByAnalyst<AlertForm>,
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let refused =
        |fault| Refused::of(fault, HINTS, t).map(|refused| News { refused: Some(refused), ..News::default() });
    if form.is_try() {
        let news = match tried(&house, &guest, &form).await {
            Ok(past) => News { past: Some(past), ..News::default() },
            Err(fault) => refused(fault)?,
        };
        return new_page(&house, &guest, form, news).await;
    }
    let made = async { Ok(house.desk.subscribe(&guest.visitor.caller, wish::<SubscriptionInput>(&form, t)?).await?) };
    match made.await {
        Ok(view) if view.secret.is_some() => {
            let news =
                News { said: Some(words(t).said_made.to_owned()), secret: view.secret.clone(), ..News::default() };
            alert_page(&house, &guest, (view, None), None, news).await
        }
        Ok(view) => Ok(Redirect::to(&format!("/alerts/{}?done=made", view.id)).into_response()),
        Err(fault) => new_page(&house, &guest, form, refused(fault)?).await,
    }
}

#[derive(Template)]
#[template(path = "templates/alert.html", config = ".askama.toml")]
struct AlertPage {
    frame: Frame,
    w: &'static Words,
    id: String,
    title: String,
    portfolio: String,
    state: Standing,
    channel: String,
    sentence: String,
    has_secret: bool,
    old_until: Option<String>,
    said: Option<String>,
    refused: Option<Refused>,
    secret: Option<String>,
    tested: Option<Tested>,
    past: Option<Past>,
    form: AlertForm,
    offers: Offers,
    sendings: Vec<Sending>,
    older: Option<i64>,
    is_new: bool,
}

/// An alert's page: `typed` is what stands in the editor when it is not what is kept, `before` where its deliveries begin.
async fn alert_page(
    house: &House,
    guest: &Guest,
    (view, typed): (SubscriptionView, Option<AlertForm>),
    before: Option<i64>,
    news: News,
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let caller = &guest.visitor.caller;
    let sent = house.desk.deliveries(caller, &view.id, before, SENDINGS).await?;
    let kept = AlertForm::of(&view, t);
    let sentence = told::when(&kept, t);
    let form = typed.unwrap_or(kept);
    page(&AlertPage {
        frame: Frame::of(guest, Tab::Alerts, view.name.clone()),
        w: words(t),
        title: view.name.clone(),
        portfolio: view.portfolio.clone(),
        state: Standing::of(&view, t),
        channel: told::channel(&view, t),
        sentence,
        has_secret: view.channel.get("webhook").is_some(),
        old_until: view.old_secret_until.map(|until| t.instant(until)),
        said: news.said,
        refused: news.refused,
        secret: news.secret,
        tested: news.tested.map(|tested| Tested::of(tested, t)),
        past: news.past.map(|past| Past::of(past, t)),
        offers: Offers::of(&form, &[], t),
        form,
        sendings: sent.items.iter().map(|one| Sending::of(one, t)).collect(),
        older: sent.next,
        is_new: false,
        id: view.id,
    })
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AlertQuery {
    before: Option<i64>,
    done: Option<String>,
    n: Option<u64>,
    /// Whether it is held against the last ninety days: these may be a hundred thousand events, which not every look is worth.
    past: Option<String>,
}

/// An alert, with its editor and what was sent.
pub(super) async fn show(
    State(house): State<House>,
    guest: Guest,
    Place(id): Place<String>,
    Asked(query): Asked<AlertQuery>,
) -> Result<Response, Fault> {
    let view = house.desk.subscription(&guest.visitor.caller, &id).await?;
    let w = words(guest.look.tongue);
    let said = match query.done.as_deref() {
        Some("made") => Some(w.said_made.to_owned()),
        Some("changed") => Some(w.said_changed.to_owned()),
        Some("on") => Some(w.said_on.to_owned()),
        Some("off") => Some(w.said_off.to_owned()),
        Some("again") => Some(w.said_again.to_owned()),
        Some("recovered") => Some(format!("{} {}", w.said_recovered, query.n.unwrap_or_default())),
        _ => None,
    };
    // What cannot be read any more, in an alert of before, is no reason to hide the alert.
    let past = match query.past {
        Some(_) => house.desk.preview_subscription(&guest.visitor.caller, &id).await.ok(),
        None => None,
    };
    alert_page(&house, &guest, (view, None), query.before, News { said, past, ..News::default() }).await
}

/// The page again, with why a form on it was refused.
async fn shown_again(
    house: &House,
    guest: &Guest,
    id: &str,
    typed: Option<AlertForm>,
    fault: Fault,
) -> Result<Response, Fault> {
    let refused = Refused::of(fault, HINTS, guest.look.tongue)?;
    let view = house.desk.subscription(&guest.visitor.caller, id).await?;
    alert_page(house, guest, (view, typed), None, News { refused: Some(refused), ..News::default() }).await
}

fn back(id: &str, done: &str) -> Response {
    Redirect::to(&format!("/alerts/{id}?done={done}")).into_response()
}

/// Changes an alert, or holds what is typed against the past and changes nothing.
pub(super) async fn change(
    State(house): State<House>,
    Place(id): Place<String>,
    ByAnalyst(guest, mut form): ByAnalyst<AlertForm>,
) -> Result<Response, Fault> {
    let (t, caller) = (guest.look.tongue, &guest.visitor.caller);
    let before = house.desk.subscription(caller, &id).await?;
    if form.is_try() {
        form.portfolio.clone_from(&before.portfolio);
        return match tried(&house, &guest, &form).await {
            Ok(past) => {
                let news = News { past: Some(past), ..News::default() };
                alert_page(&house, &guest, (before, Some(form)), None, news).await
            }
            Err(fault) => shown_again(&house, &guest, &id, Some(form), fault).await,
        };
    }
    let changed = async {
        let change: SubscriptionChange = input(&form.wish(t)?)?;
        Ok(house.desk.change_subscription(caller, &id, change).await?)
    };
    match changed.await {
        Ok(view) if view.secret.is_some() => {
            let said = Some(words(t).said_changed.to_owned());
            let news = News { said, secret: view.secret.clone(), ..News::default() };
            alert_page(&house, &guest, (view, None), None, news).await
        }
        Ok(_) => Ok(back(&id, "changed")),
        Err(fault) => shown_again(&house, &guest, &id, Some(form), fault).await,
    }
}
