//! Who signs in with a name and a password.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;

use super::{HINTS, Words, portfolios, shown, words};
use crate::{
    desk::PersonView,
    domain::Rank,
    serve::{
        House,
        fault::Fault,
        input::{Asked, Place},
        pages::{
            codes::capital,
            form::{ByAdmin, Choice, Done, Refused, choices},
            frame::{Frame, Tab, page, part},
            look::Tongue,
            session::Guest,
        },
    },
};

struct Row {
    href: String,
    name: String,
    rank: String,
    ranks: Vec<Choice>,
    portfolios: String,
    made: String,
    revoked: Option<String>,
    closed: Option<String>,
    /// Whether it is whoever looks: nobody locks out themselves.
    is_oneself: bool,
}

fn ranks(chosen: &str, t: Tongue) -> Vec<Choice> {
    let all = Rank::ALL.iter().map(|rank| (rank.as_str(), capital(&t.rank(rank.as_str())))).collect::<Vec<_>>();
    choices(&all, chosen)
}

#[derive(Template)]
#[template(path = "templates/people.html", config = ".askama.toml")]
struct PeoplePage {
    frame: Frame,
    w: &'static Words,
    rows: Vec<Row>,
    ranks: Vec<Choice>,
    typed: PersonForm,
    refused: Option<Refused>,
    said: Option<&'static str>,
}

/// Somebody to be made.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::serve::pages) struct PersonForm {
    name: String,
    password: String,
    rank: String,
    portfolios: String,
}

async fn list(
    house: &House,
    guest: &Guest,
    (typed, refused): (PersonForm, Option<Refused>),
    said: Option<&'static str>,
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let w = words(t);
    let now = house.wall.now();
    let row = |person: PersonView| Row {
        href: format!("/settings/people/{}", part(&person.name)),
        rank: capital(&t.rank(&person.rank)),
        ranks: ranks(&person.rank, t),
        portfolios: shown(&person.portfolios, w),
        made: t.day_of(person.created_at),
        revoked: person.revoked_at.map(|at| t.day_of(at)),
        closed: person.locked_until.filter(|until| *until > now).map(|until| t.instant(until)),
        is_oneself: guest.visitor.name.as_ref() == Some(&person.name),
        name: person.name,
    };
    let people = house.desk.people(&guest.visitor.caller).await?;
    page(&PeoplePage {
        frame: Frame::of(guest, Tab::People, t.words().people),
        w,
        rows: people.into_iter().map(row).collect(),
        ranks: ranks(&typed.rank, t),
        typed,
        refused,
        said,
    })
}

/// Everybody.
pub(in crate::serve::pages) async fn people(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<Done>,
) -> Result<Response, Fault> {
    guest.must_be(Rank::Admin)?;
    let w = words(guest.look.tongue);
    let said = match query.done.as_deref() {
        Some("person") => Some(w.said_person),
        Some("rank") => Some(w.said_rank),
        Some("password") => Some(w.said_password),
        Some("locked") => Some(w.said_locked),
        Some("readmitted") => Some(w.said_readmitted),
        _ => None,
    };
    list(&house, &guest, (PersonForm::default(), None), said).await
}

fn done(what: &str) -> Response {
    Redirect::to(&format!("/settings/people?done={what}")).into_response()
}

/// The list again, with why a form on it was refused. A password that was typed is never sent back.
async fn again(house: &House, guest: &Guest, typed: PersonForm, fault: Fault) -> Result<Response, Fault> {
    let refused = Refused::of(fault, HINTS, guest.look.tongue)?;
    list(house, guest, (PersonForm { password: String::new(), ..typed }, Some(refused)), None).await
}

/// Makes somebody.
pub(in crate::serve::pages) async fn create_person(
    State(house): State<House>,
    ByAdmin(guest, form): ByAdmin<PersonForm>,
) -> Result<Response, Fault> {
    let rank = form.rank.parse().unwrap_or(Rank::Viewer);
    let caller = &guest.visitor.caller;
    match house.desk.create_person(caller, &form.name, &form.password, rank, &portfolios(&form.portfolios)).await {
        Ok(_) => Ok(done("person")),
        Err(error) => again(&house, &guest, form, error.into()).await,
    }
}

/// Gives somebody another rank.
pub(in crate::serve::pages) async fn set_rank(
    State(house): State<House>,
    Place(name): Place<String>,
    ByAdmin(guest, form): ByAdmin<PersonForm>,
) -> Result<Response, Fault> {
    let rank = form.rank.parse().map_err(|e: crate::domain::WordError| Fault::unprocessable("/rank", e.to_string()))?;
    match house.desk.set_rank(&guest.visitor.caller, &name, rank).await {
        Ok(()) => Ok(done("rank")),
        Err(error) => again(&house, &guest, PersonForm::default(), error.into()).await,
    }
}

/// Gives somebody another password.
pub(in crate::serve::pages) async fn set_password(
    State(house): State<House>,
    Place(name): Place<String>,
    ByAdmin(guest, form): ByAdmin<PersonForm>,
) -> Result<Response, Fault> {
    match house.desk.set_password(&guest.visitor.caller, &name, &form.password).await {
        Ok(()) => Ok(done("password")),
        Err(error) => again(&house, &guest, PersonForm::default(), error.into()).await,
    }
}

#[derive(Deserialize)]
pub(in crate::serve::pages) struct AccessForm {
    access: String,
}

/// Locks somebody out, or lets them in again.
pub(in crate::serve::pages) async fn set_access(
    State(house): State<House>,
    Place(name): Place<String>,
    ByAdmin(guest, form): ByAdmin<AccessForm>,
) -> Result<Response, Fault> {
    let caller = &guest.visitor.caller;
    let (changed, what) = match form.access.as_str() {
        "in" => (house.desk.readmit_person(caller, &name).await, "readmitted"),
        _ => (house.desk.revoke_person(caller, &name).await, "locked"),
    };
    match changed {
        Ok(()) => Ok(done(what)),
        Err(error) => again(&house, &guest, PersonForm::default(), error.into()).await,
    }
}
