use axum::{Json, extract::State, http::StatusCode};

use super::{
    House,
    auth::Writer,
    clients::PortfolioQuery,
    fault::Fault,
    input::{Asked, Place, Sent},
};
use crate::desk::{OverrideInput, RatingView, Wanted};

/// Puts an analyst's grade above the model's, for a time; answers the rating that follows. Where the client owes more than one
/// person may decide about, it waits as `pending_override` for another key.
#[utoipa::path(post, path = "/v1/clients/{client}/override", tag = "ratings", request_body = OverrideInput,
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = RatingView),
        (status = 202, body = RatingView, description = "It waits until another key confirms it")))]
pub(super) async fn begin(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
    sent: Sent<OverrideInput>,
) -> Result<(StatusCode, Json<RatingView>), Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    let rating = house.desk.overrule(&wanted, &sent.value).await?;
    let status = if rating.pending_override.is_some() { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok((status, Json(rating)))
}

/// Confirms the analyst's grade that waits; with another key than the one that asked for it. Answers the rating that
/// follows.
#[utoipa::path(post, path = "/v1/clients/{client}/override/confirm", tag = "ratings",
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = RatingView)))]
pub(super) async fn confirm(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
) -> Result<Json<RatingView>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.confirm_override(&wanted).await?))
}

/// Ends the analyst's grade in force, and gives up the one that waits; answers the rating that follows.
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
