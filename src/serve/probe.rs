use std::{net::SocketAddr, time::Duration};

use axum::{
    Json,
    extract::{ConnectInfo, Request, State},
    http::header,
    response::IntoResponse,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{House, auth, fault::Fault};
use crate::store::Scope;

/// How long the store may take to say that it is there.
const CHECK_DEADLINE: Duration = Duration::from_secs(2);

/// The process is up, or ready.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `alive` or `ready`.
    status: String,
}

impl Health {
    fn is(status: &str) -> Json<Self> {
        Json(Self { status: status.to_owned() })
    }
}

/// The process answers.
#[utoipa::path(get, path = "/livez", tag = "operations", security(()), responses((status = 200, body = Health)))]
pub(super) async fn livez() -> Json<Health> {
    Health::is("alive")
}

/// Requests can be answered; a 503 names the part that is not well.
#[utoipa::path(get, path = "/readyz", tag = "operations", security(()),
    responses((status = 200, body = Health)))]
pub(super) async fn readyz(State(house): State<House>) -> Result<Json<Health>, Fault> {
    if house.shutdown.is_cancelled() {
        return Err(Fault::unavailable("shutting_down", "the process is about to end"));
    }
    match tokio::time::timeout(CHECK_DEADLINE, house.desk.store.check()).await {
        Ok(Ok(())) => Ok(Health::is("ready")),
        Ok(Err(error)) => {
            let mut fault = Fault::unavailable("store_unavailable", "store: does not answer");
            fault.cause = Some(error.to_string().into());
            Err(fault)
        }
        Err(_) => Err(Fault::unavailable("store_unavailable", "store: does not answer in time")),
    }
}

/// Numbers for Prometheus. No key is needed on the machine itself; from elsewhere one that may read everything.
#[utoipa::path(get, path = "/metrics", tag = "operations", security((), ("key" = [])),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn metrics(State(house): State<House>, request: Request) -> Result<impl IntoResponse, Fault> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let is_local = peer.is_some_and(|ConnectInfo(address)| address.ip().to_canonical().is_loopback());
    if !is_local {
        let (parts, _) = request.into_parts();
        auth::caller(&parts, &house, Scope::Read).await?;
    }
    if let Err(error) = house.desk.set_gauges().await {
        tracing::warn!(%error, "how the model is doing is missing from the metrics");
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], house.prometheus.render()))
}
