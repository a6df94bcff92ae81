use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    House,
    auth::Admin,
    fault::Fault,
    input::{Place, Sent},
    page::Page,
};
use crate::{
    desk::{KeyView, NewKeyView},
    store::Scope,
};

/// All keys, without their text.
#[utoipa::path(get, path = "/v1/keys", tag = "keys", responses((status = 200, body = Page<KeyView>)))]
pub(super) async fn list(State(house): State<House>, Admin(caller): Admin) -> Result<Json<Page<KeyView>>, Fault> {
    let items = house.desk.keys(&caller).await?;
    Ok(Json(Page::whole(items)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyInput {
    /// What it may do; each word includes the ones before.
    scope: ScopeWord,
    /// Portfolios it sees; empty for all. One that is not there is created, unless its name is nearly that of one that is.
    #[serde(default)]
    portfolios: Vec<String>,
    /// Whether a name that is nearly that of another portfolio is meant as it is written.
    #[serde(default)]
    new_portfolio: bool,
}

/// What a key may do.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ScopeWord {
    /// Look.
    Read,
    /// Change facts and subscriptions.
    Write,
    /// Make keys.
    Admin,
}

/// Makes a key; the answer is the only one with its text.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", request_body = KeyInput,
    responses((status = 201, body = NewKeyView)))]
pub(super) async fn create(
    State(house): State<House>,
    Admin(caller): Admin,
    sent: Sent<KeyInput>,
) -> Result<(StatusCode, Json<NewKeyView>), Fault> {
    let scope = match sent.value.scope {
        ScopeWord::Read => Scope::Read,
        ScopeWord::Write => Scope::Write,
        ScopeWord::Admin => Scope::Admin,
    };
    let KeyInput { portfolios, new_portfolio, .. } = &sent.value;
    let made = house.desk.create_key_for(&caller, scope, portfolios, *new_portfolio).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Revokes a key, at once.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "keys", params(("id" = String, Path)),
    responses((status = 204, description = "Revoked")))]
pub(super) async fn revoke(
    State(house): State<House>,
    Admin(caller): Admin,
    Place(id): Place<String>,
) -> Result<StatusCode, Fault> {
    house.desk.revoke_key(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
