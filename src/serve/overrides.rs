use axum::{Json, extract::State};

use super::{
    House,
    auth::Writer,
    clients::PortfolioQuery,
    fault::Fault,
    input::{Asked, Place, Sent},
};
use crate::desk::{OverrideInput, RatingView, Wanted};

/// Puts an analyst's grade above the model's, for a time; answers the rating that follows.
#[utoipa::path(post, path = "/v1/clients/{client}/override", tag = "ratings", request_body = OverrideInput,
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = RatingView)))]
pub(super) async fn begin(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
    sent: Sent<OverrideInput>,
) -> Result<Json<RatingView>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.overrule(&wanted, &sent.value).await?))
}

/// Ends the analyst's grade in force; answers the rating that follows.
#[utoipa::path(delete, path = "/v1/clients/{client}/override", tag = "ratings",
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = RatingView)))]
pub(super) async fn end(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
) -> Result<Json<RatingView>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.end_override(&wanted).await?))
}
