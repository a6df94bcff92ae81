use axum::{Json, extract::State};

use super::{
    House,
    auth::Writer,
    clients::PortfolioQuery,
    fault::Fault,
    input::{Asked, Place, Sent},
};
use crate::desk::{InterestInput, InterestView, Wanted};

/// Claims or waives default interest and the lump sum of an invoice, or of every late one (D.Lgs. 231/2002).
#[utoipa::path(post, path = "/v1/clients/{client}/interest", tag = "facts", request_body = InterestInput,
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = Vec<InterestView>)))]
pub(super) async fn decide(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
    sent: Sent<InterestInput>,
) -> Result<Json<Vec<InterestView>>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.decide_interest(&wanted, &sent.value).await?))
}
