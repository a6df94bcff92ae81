use axum::{Json, extract::State};

use super::{House, auth::Reader, clients::PortfolioQuery, fault::Fault, input::Asked};
use crate::desk::PortfolioSummary;

/// Bands, exposure and expected loss.
#[utoipa::path(get, path = "/v1/portfolio/summary", tag = "portfolio", params(PortfolioQuery),
    responses((status = 200, body = PortfolioSummary)))]
pub(super) async fn summary(
    State(house): State<House>,
    Reader(caller): Reader,
    Asked(query): Asked<PortfolioQuery>,
) -> Result<Json<PortfolioSummary>, Fault> {
    Ok(Json(house.desk.portfolio_summary(&caller, query.portfolio.as_deref()).await?))
}
