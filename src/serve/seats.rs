use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use super::{House, auth::Reader, fault::Fault};
use crate::desk::{ModelView, WatchView};

/// The models that have, or had, a seat.
#[derive(Serialize, ToSchema)]
pub(super) struct Models {
    /// The one that rates first, then the one that rates beside it, then those of before.
    models: Vec<ModelView>,
}

/// Which model rates, which one rates beside it unseen, and which ones did before.
#[utoipa::path(get, path = "/v1/models", tag = "models", responses((status = 200, body = Models)))]
pub(super) async fn list(State(house): State<House>, _reader: Reader) -> Result<Json<Models>, Fault> {
    Ok(Json(Models { models: house.desk.models().await? }))
}

/// How the model that rates is doing: drift of its inputs, PDs against defaults, analysts' decisions, the challenger.
#[utoipa::path(get, path = "/v1/models/watch", tag = "models", responses((status = 200, body = WatchView)))]
pub(super) async fn watch(State(house): State<House>, Reader(caller): Reader) -> Result<Json<WatchView>, Fault> {
    Ok(Json(house.desk.watch(&caller).await?))
}
