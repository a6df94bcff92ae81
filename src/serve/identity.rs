use axum::{Json, extract::State};

use super::{
    House,
    auth::{Reader, Writer},
    clients::PortfolioQuery,
    fault::Fault,
    input::{Asked, Place, Sent},
};
use crate::desk::{MergeInput, MergerLine, MergerView, SplitInput, SplitView, Wanted};

/// Two codes are one company: from now on the client named by `into`, of the same portfolio, is rated by the facts of both.
/// The merged code goes on taking invoices and signals, answers with the survivor's rating and `merged_into`, and is counted
/// once in every sum. Whatever is decided of a rating, an override say, is refused under it with 409 `merged_client`.
#[utoipa::path(post, path = "/v1/clients/{client}/merge", tag = "review", request_body = MergeInput,
    params(("client" = String, Path, description = "The code that is another client's, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = MergerView)))]
pub(super) async fn merge(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
    sent: Sent<MergeInput>,
) -> Result<Json<MergerView>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.merge(&wanted, &sent.value).await?))
}

/// Takes a merger back: each is a client of its own again, with what came under its code, before and since.
#[utoipa::path(delete, path = "/v1/clients/{client}/merge", tag = "review",
    params(("client" = String, Path, description = "The code of the client that was merged, percent-encoded"),
        PortfolioQuery),
    responses((status = 200, body = MergerView)))]
pub(super) async fn unmerge(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
) -> Result<Json<MergerView>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.unmerge(&wanted).await?))
}

/// Every merger that a client was ever part of, on either side, oldest first; those that were taken back included.
#[utoipa::path(get, path = "/v1/clients/{client}/merge", tag = "review",
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = Vec<MergerLine>)))]
pub(super) async fn mergers(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
) -> Result<Json<Vec<MergerLine>>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.mergers(&wanted).await?))
}

/// Takes signals away from a client that they are not about, and gives them to another or to nobody. It holds for the next
/// records of the same subjects; `POST /v1/review/{id}` with one of the answered reviews and `same` gives them back.
#[utoipa::path(post, path = "/v1/clients/{client}/split", tag = "review", request_body = SplitInput,
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = SplitView)))]
pub(super) async fn split(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
    sent: Sent<SplitInput>,
) -> Result<Json<SplitView>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.split(&wanted, &sent.value).await?))
}
