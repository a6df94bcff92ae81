use std::time::{Duration, Instant};

use axum::{
    Json,
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde::Serialize;
use tokio::{sync::Mutex, time::timeout};
use utoipa::ToSchema;

use super::{House, auth, doorway::Peer, fault::Fault, gauges};
use crate::{desk::Reach, publish::RedisUrl, store::Scope};

/// How long it is believed how the parts beside the store are.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long the store may take to say that it is there.
const CHECK_DEADLINE: Duration = Duration::from_secs(2);

/// The process is up, or ready.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// `alive` or `ready`.
    status: String,
    /// Whatever is not as it should be, though requests are answered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<Part>,
}

/// A part of the house that is not well.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct Part {
    /// `store` or `redis`.
    part: String,
    /// What is wrong with it.
    state: String,
}

impl Health {
    fn is(status: &str, parts: Vec<Part>) -> Json<Self> {
        Json(Self { status: status.to_owned(), parts })
    }
}

/// The process answers.
#[utoipa::path(get, path = "/livez", tag = "operations", security(()), responses((status = 200, body = Health)))]
pub(super) async fn livez() -> Json<Health> {
    Health::is("alive", Vec::new())
}

/// Requests can be answered; a 503 names the part that is not well. What is not well and does not keep requests from being
/// answered, a stream that cannot be written or a store that is full, is named beside `ready`.
#[utoipa::path(get, path = "/readyz", tag = "operations", security(()),
    responses((status = 200, body = Health)))]
pub(super) async fn readyz(State(house): State<House>) -> Result<Json<Health>, Fault> {
    if house.shutdown.is_cancelled() {
        return Err(Fault::unavailable("shutting_down", "the process is about to end"));
    }
    let (store, mut parts) = tokio::join!(timeout(CHECK_DEADLINE, house.desk.store.check()), unwell(&house));
    match store {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            let mut fault = Fault::unavailable("store_unavailable", "store: does not answer");
            fault.cause = Some(error.to_string().into());
            return Err(fault);
        }
        Err(_) => return Err(Fault::unavailable("store_unavailable", "store: does not answer in time")),
    }
    if !house.desk.store.takes_writes() {
        parts.push(Part {
            part: "store".to_owned(),
            state: "read-only: a write failed just now, is the disk full?".to_owned(),
        });
    }
    Ok(Health::is("ready", parts))
}

/// How the parts beside the store were, for whoever asks next.
pub(super) type Seen = Mutex<Option<(Instant, Vec<Part>)>>;

/// Parts beside the store that are away. Anybody may ask, as often as they like: they are looked at once a second at most.
async fn unwell(house: &House) -> Vec<Part> {
    let Some(redis) = &house.queue else { return Vec::new() };
    let mut seen = house.seen.lock().await;
    if let Some((at, parts)) = seen.as_ref()
        && at.elapsed() < LOOK_EVERY
    {
        return parts.clone();
    }
    let parts = unwell_now(redis).await;
    *seen = Some((Instant::now(), parts.clone()));
    parts
}

async fn unwell_now(redis: &RedisUrl) -> Vec<Part> {
    match redis.health().await {
        Ok(health) if health.is_nearly_full() => {
            let state = format!("memory nearly full ({}): raise maxmemory, or set queue.keep", health.room());
            vec![Part { part: "redis".to_owned(), state }]
        }
        Ok(_) => Vec::new(),
        Err(_) => {
            vec![Part { part: "redis".to_owned(), state: "does not answer; events wait in the store".to_owned() }]
        }
    }
}

/// Numbers for Prometheus. No key is needed on the machine itself; from elsewhere one that may read everything.
#[utoipa::path(get, path = "/metrics", tag = "operations", security((), ("key" = [])),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn metrics(State(house): State<House>, request: Request) -> Result<impl IntoResponse, Fault> {
    let peer = request.extensions().get::<ConnectInfo<Peer>>();
    let is_local = peer.is_some_and(|ConnectInfo(Peer(address))| address.ip().to_canonical().is_loopback());
    if !is_local {
        let (parts, _) = request.into_parts();
        let caller = auth::caller(&parts, &house, Scope::Read).await?;
        if caller.reach != Reach::Everything {
            let detail = "the numbers are of all portfolios: this needs a key that sees every one";
            return Err(Fault::new(StatusCode::FORBIDDEN, "scope", detail));
        }
    }
    if let Err(error) = gauges::look(&house).await {
        tracing::warn!(%error, "what lies in the store is missing from the metrics");
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], house.prometheus.render()))
}
