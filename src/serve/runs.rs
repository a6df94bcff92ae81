use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    House,
    auth::{Reader, Writer},
    clients::location,
    fault::Fault,
    input::{Place, Sent},
};
use crate::desk::RunView;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RunInput {
    /// What to run.
    #[expect(dead_code, reason = "there is one kind; parsing it refuses every other")]
    kind: RunKind,
    /// The day it is for; today when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    valid_at: Option<Date>,
}

/// What can be run.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RunKind {
    /// Rescores everybody.
    Night,
}

/// Orders a night, or answers the one of that day that is not finished.
#[utoipa::path(post, path = "/v1/runs", tag = "runs", request_body = RunInput,
    responses((status = 202, body = RunView, description = "Ordered",
        headers(("Location" = String, description = "Where it can be followed")))))]
pub(super) async fn start(
    State(house): State<House>,
    Writer(caller): Writer,
    sent: Sent<RunInput>,
) -> Result<(StatusCode, HeaderMap, Json<RunView>), Fault> {
    let run = house.desk.order_night(&caller, sent.value.valid_at).await?;
    Ok((StatusCode::ACCEPTED, location(format!("/v1/runs/{}", run.id)), Json(run)))
}

/// A run: how far it is, and what it moved, over all portfolios; a key that does not see them all finds none.
#[utoipa::path(get, path = "/v1/runs/{id}", tag = "runs", params(("id" = i64, Path)),
    responses((status = 200, body = RunView)))]
pub(super) async fn one(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(id): Place<i64>,
) -> Result<Json<RunView>, Fault> {
    Ok(Json(house.desk.run(&caller, id).await?))
}
