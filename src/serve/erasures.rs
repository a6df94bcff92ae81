use axum::{Json, extract::State};

use super::{
    House,
    auth::Admin,
    clients::PortfolioQuery,
    fault::Fault,
    input::{Asked, Place, Sent},
};
use crate::desk::{ErasedView, ReasonInput, Wanted};

/// Erases a client and everything that names it: rows, documents, texts of events and of the audit log. Cannot be undone.
#[utoipa::path(post, path = "/v1/clients/{client}/erase", tag = "clients", request_body = ReasonInput,
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = ErasedView)))]
pub(super) async fn erase(
    State(house): State<House>,
    Admin(caller): Admin,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
    sent: Sent<ReasonInput>,
) -> Result<Json<ErasedView>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.erase(&wanted, &sent.value).await?))
}
