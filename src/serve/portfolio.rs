use axum::{Json, extract::State};

use super::{
    House,
    auth::Reader,
    clients::PortfolioQuery,
    fault::Fault,
    input::{Asked, Sent},
};
use crate::desk::{PortfolioSummary, StressInput, StressView};

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

/// What a blow to a sector, or to all of them, would do: migration and expected loss, before and after. Records nothing.
#[utoipa::path(post, path = "/v1/portfolio/stress", tag = "portfolio", params(PortfolioQuery),
    request_body = StressInput, responses((status = 200, body = StressView)))]
pub(super) async fn stress(
    State(house): State<House>,
    Reader(caller): Reader,
    Asked(query): Asked<PortfolioQuery>,
    sent: Sent<StressInput>,
) -> Result<Json<StressView>, Fault> {
    Ok(Json(house.desk.stress(&caller, query.portfolio.as_deref(), &sent.value).await?))
}
