use axum::{Json, extract::State};

use super::{
    House,
    auth::{Reader, Writer},
    clients::PortfolioQuery,
    fault::Fault,
    input::{Asked, Place, Sent},
};
use crate::desk::{GrantInput, GroupInput, GroupView, LimitView, ReleaseInput, ReleaseView, Wanted};

/// How much credit a client is worth at three appetites, and how much it was given.
#[utoipa::path(get, path = "/v1/clients/{client}/limit", tag = "limits",
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = LimitView)))]
pub(super) async fn one(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
) -> Result<Json<LimitView>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.limit(&wanted).await?))
}

/// Grants a limit, for a time or until another one; it stands above the one of the file.
#[utoipa::path(put, path = "/v1/clients/{client}/limit", tag = "limits", request_body = GrantInput,
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = LimitView)))]
pub(super) async fn grant(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
    sent: Sent<GrantInput>,
) -> Result<Json<LimitView>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.grant_limit(&wanted, &sent.value).await?))
}

/// Takes back what was granted; the limit of the file, or the suggested one, holds again.
#[utoipa::path(delete, path = "/v1/clients/{client}/limit", tag = "limits",
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = LimitView)))]
pub(super) async fn end(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
) -> Result<Json<LimitView>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.end_limit(&wanted).await?))
}

/// Whether an order may leave: release, refer or hold, with reasons. Nothing is recorded.
#[utoipa::path(post, path = "/v1/clients/{client}/release", tag = "limits", request_body = ReleaseInput,
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = ReleaseView)))]
pub(super) async fn release(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
    sent: Sent<ReleaseInput>,
) -> Result<Json<ReleaseView>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.release(&wanted, &sent.value).await?))
}

/// Puts clients together under one limit; a client is in one group, an empty list ends it.
#[utoipa::path(put, path = "/v1/groups/{group}", tag = "limits", request_body = GroupInput,
    params(("group" = String, Path, description = "The group's name, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = GroupView)))]
pub(super) async fn put_group(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(name): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
    sent: Sent<GroupInput>,
) -> Result<Json<GroupView>, Fault> {
    Ok(Json(house.desk.put_group(&caller, query.portfolio.as_deref(), &name, &sent.value).await?))
}
