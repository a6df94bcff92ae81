use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    House,
    auth::Reader,
    fault::Fault,
    input::{Asked, Place},
};
use crate::desk::{self, PathView, Wanted};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PathQuery {
    /// The grade to come back to, `A1` to `C3`; a better one will do.
    #[param(example = "B2")]
    to: String,
    /// Which portfolio's client, when the code is in more than one.
    portfolio: Option<String>,
}

/// The cheapest change of facts after which a client would have a grade again, in words, or plainly that there is none.
#[utoipa::path(get, path = "/v1/clients/{client}/path", tag = "ratings",
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PathQuery),
    responses((status = 200, body = PathView)))]
pub(super) async fn path(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(code): Place<String>,
    Asked(query): Asked<PathQuery>,
) -> Result<Json<PathView>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    match house.desk.path(&wanted, &query.to).await {
        // There is no body that the pointer could point into.
        Err(desk::Error::Invalid { why, .. }) => Err(Fault::bad_request("bad_query", format!("to {why}"))),
        found => Ok(Json(found?)),
    }
}
