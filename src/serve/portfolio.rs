use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    House,
    auth::Reader,
    clients::PortfolioQuery,
    fault::Fault,
    input::{Asked, Sent, day_of},
};
use crate::{
    desk::{self, MigrationView, PortfolioSummary, StressInput, StressView},
    domain::AsOf,
};

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

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MigrationQuery {
    /// The first day, as 2026-01-01; what had been recorded by its end.
    #[param(value_type = String, format = Date)]
    from: String,
    /// The last day; today when left out.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<String>,
    /// In this portfolio only.
    portfolio: Option<String>,
}

/// From which grade to which clients went between two days, by count and by exposure, as it was recorded.
#[utoipa::path(get, path = "/v1/portfolio/migration", tag = "portfolio", params(MigrationQuery),
    responses((status = 200, body = MigrationView)))]
pub(super) async fn migration(
    State(house): State<House>,
    Reader(caller): Reader,
    Asked(query): Asked<MigrationQuery>,
) -> Result<Json<MigrationView>, Fault> {
    let from = day_of("from", &query.from)?;
    let today = || AsOf::at(house.desk.clock.now()).valid_at;
    let to = query.to.as_deref().map_or_else(|| Ok(today()), |to| day_of("to", to))?;
    match house.desk.migration(&caller, query.portfolio.as_deref(), from, to).await {
        // There is no body that the pointer could point into.
        Err(desk::Error::Invalid { why, .. }) => Err(Fault::bad_request("bad_query", format!("from {why}"))),
        found => Ok(Json(found?)),
    }
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
