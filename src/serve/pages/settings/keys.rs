//! The keys by which programs use the API.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;

use super::{HINTS, Words, portfolios, shown, words};
use crate::{
    desk::KeyView,
    domain::Rank,
    serve::{
        House,
        fault::Fault,
        input::{Asked, Place},
        pages::{
            codes::capital,
            form::{ByAdmin, Choice, Done, Refused, choices},
            frame::{Frame, Tab, page},
            look::Tongue,
            session::{Guest, Nothing},
        },
    },
    store::Scope,
};

struct Row {
    id: String,
    hint: String,
    scope: String,
    portfolios: String,
    made: String,
    revoked: Option<String>,
}

fn row(key: &KeyView, t: Tongue) -> Row {
    Row {
        id: key.id.clone(),
        hint: key.hint.clone(),
        scope: capital(&t.scope(&key.scope)),
        portfolios: shown(&key.portfolios, words(t)),
        made: t.day_of(key.created_at),
        revoked: key.revoked_at.map(|at| t.day_of(at)),
    }
}

#[derive(Template)]
#[template(path = "templates/keys.html", config = ".askama.toml")]
struct KeysPage {
    frame: Frame,
    w: &'static Words,
    rows: Vec<Row>,
    scopes: Vec<Choice>,
    typed: KeyForm,
    /// The key that was made a moment ago.
    made: Option<String>,
    refused: Option<Refused>,
    said: Option<&'static str>,
}

async fn list(
    house: &House,
    guest: &Guest,
    (typed, refused): (KeyForm, Option<Refused>),
    (made, said): (Option<String>, Option<&'static str>),
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let mut all = house.desk.keys(&guest.visitor.caller).await?;
    // Those in force first, and among them the newest.
    all.sort_by(|a, b| a.revoked_at.is_some().cmp(&b.revoked_at.is_some()).then(b.created_at.cmp(&a.created_at)));
    let scopes = ["read", "write", "admin"].map(|scope| (scope, capital(&t.scope(scope))));
    page(&KeysPage {
        frame: Frame::of(guest, Tab::Keys, t.words().keys),
        w: words(t),
        rows: all.iter().map(|key| row(key, t)).collect(),
        scopes: choices(&scopes, &typed.scope),
        typed,
        made,
        refused,
        said,
    })
}

/// The list.
pub(in crate::serve::pages) async fn keys(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<Done>,
) -> Result<Response, Fault> {
    guest.must_be(Rank::Admin)?;
    let said = query.done.map(|_| words(guest.look.tongue).said_revoked);
    list(&house, &guest, (KeyForm::default(), None), (None, said)).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::serve::pages) struct KeyForm {
    scope: String,
    portfolios: String,
}

/// Makes a key, which only this answer shows.
pub(in crate::serve::pages) async fn create_key(
    State(house): State<House>,
    ByAdmin(guest, form): ByAdmin<KeyForm>,
) -> Result<Response, Fault> {
    let scope: Scope = form.scope.parse().unwrap_or(Scope::Read);
    match house.desk.create_key(&guest.visitor.caller, scope, &portfolios(&form.portfolios)).await {
        Ok(made) => list(&house, &guest, (KeyForm::default(), None), (Some(made.key), None)).await,
        Err(error) => {
            let refused = Refused::of(error.into(), HINTS, guest.look.tongue)?;
            list(&house, &guest, (form, Some(refused)), (None, None)).await
        }
    }
}

/// Revokes a key, at once.
pub(in crate::serve::pages) async fn revoke_key(
    State(house): State<House>,
    Place(id): Place<String>,
    ByAdmin(guest, _): ByAdmin<Nothing>,
) -> Result<Response, Fault> {
    house.desk.revoke_key(&guest.visitor.caller, &id).await?;
    Ok(Redirect::to("/settings/keys?done=revoked").into_response())
}
