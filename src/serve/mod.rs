//! HTTP in; JSON, a live stream and pages out.
//!
//! Handlers are thin: they say who asks, read the question, hand it to the [`Desk`] and give its
//! view back. What holds for every request stands around all of them in one place (`frame`): the id, the limits, the log
//! line, and the one shape of a refusal. A rating that is ready is given before any of it, by a way of its own (`lane`).
//!
//! # Why
//!
//! *Why is every refusal dressed at the rim and not where it is made?* Half of them are made by others: the router's
//! 404 and 405, a body cap, a caught panic. One place sees them all, so none can leave in another shape.
//!
//! *Why does the API document itself from the handlers?* A document beside the code is wrong within a month. The
//! refusals, which every operation shares, are added to it in one place (`openapi`) for the same reason.
//!
//! *Why are requests turned away and not queued when there are too many?* A queue makes everybody late, and the ones at
//! its end are no longer waited for when their turn comes.

mod assessments;
mod auth;
mod body;
mod changes;
mod clients;
mod docs;
mod doorway;
mod erasures;
mod facts;
mod fault;
mod file;
mod frame;
mod gauges;
mod identity;
mod imports;
mod input;
mod interest;
mod keys;
mod lane;
mod limits;
mod once;
mod openapi;
mod operations;
mod overrides;
mod page;
mod pages;
mod paths;
mod payments;
mod portfolio;
mod probe;
mod query;
mod quota;
mod ratings;
mod reviews;
mod runs;
mod seats;
mod shelf;
mod stock;
mod stream;
mod subscriptions;
mod treatments;
mod unsubscribe;
mod zone;

use std::{fmt, io, ops::Deref, sync::Arc, time::Duration};

use axum::{Router, middleware};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{
    net::TcpListener,
    sync::{OnceCell, Semaphore},
};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_swagger_ui::SwaggerUi;

use crate::{
    clock::Clock,
    desk::{Desk, Lately, Onboarding, Roll, Tester},
    publish::{EventSource, RedisUrl},
};

use doorway::Doorway;
pub use fault::{FieldProblem, Problem};
pub use gauges::{SECONDS_BUCKETS, describe_metrics};
use lane::{Lane, Lanes};
pub use openapi::document;
use operations::operations;
use quota::Quotas;
use shelf::Shelf;
pub use zone::Zone;

/// A body, unless a route says otherwise.
const BODY_MAX_BYTES: usize = 1 << 20;
/// A body of a bulk import.
const IMPORT_MAX_BYTES: usize = 50 << 20;
/// How long new connections are still taken after the end was announced, so that balancers see the 503 of `/readyz`.
const FAREWELL: Duration = Duration::from_millis(500);
/// From the announcement of the end to the end, whatever is still open; some time is left to the rest of the house, so
/// that the process has ended within ten seconds.
const GRACE: Duration = Duration::from_secs(7);

/// How often the times of requests are put into their buckets; until then each takes memory.
const COUNT_EVERY: Duration = Duration::from_secs(5);

/// What an operator says of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Requests worked on at once; those beyond are turned away with 503.
    pub at_once: usize,
    /// Requests a minute for each key; 0 means no limit.
    pub requests_per_minute: u32,
    /// How many of them may come at once; 0 means a minute's.
    pub burst: u32,
    /// Memory in which ratings are kept as they were given.
    pub memory_mib: u32,
    /// The clock on which pages show instants.
    pub zone: Zone,
}

impl Default for Settings {
    /// 512 at once, no limit for a key, little memory, and the clock of Rome.
    fn default() -> Self {
        Self { at_once: 512, requests_per_minute: 0, burst: 0, memory_mib: 16, zone: Zone::default() }
    }
}

/// What the API needs from whoever runs the house.
#[derive(Clone)]
pub struct ServeState {
    desk: Desk,
    tester: Tester,
    onboarding: Onboarding,
    prometheus: PrometheusHandle,
    shutdown: CancellationToken,
    settings: Settings,
    queue: Option<RedisUrl>,
    source: EventSource,
    wall: Clock,
}

impl ServeState {
    /// `tester` sends test events; `prometheus` has the numbers of `/metrics`; `shutdown` announces the end, to `/readyz`
    /// and to open streams.
    pub fn new(
        desk: Desk,
        tester: impl Into<Tester>,
        prometheus: PrometheusHandle,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            desk,
            tester: tester.into(),
            onboarding: Onboarding::default(),
            prometheus,
            shutdown,
            settings: Settings::default(),
            queue: None,
            source: EventSource::default(),
            wall: Clock::system(),
        }
    }

    /// The same for a house that publishes to a Redis, which `/readyz` then speaks of.
    #[must_use]
    pub fn with_queue(self, queue: Option<RedisUrl>) -> Self {
        Self { queue, ..self }
    }

    /// The same for a house whose events have another CloudEvents `source`.
    #[must_use]
    pub fn with_source(self, source: EventSource) -> Self {
        Self { source, ..self }
    }

    /// The same with other settings.
    #[must_use]
    pub fn with_settings(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    /// How prospects are evaluated; without it nobody is asked about them.
    #[must_use]
    pub fn with_onboarding(self, onboarding: Onboarding) -> Self {
        Self { onboarding, ..self }
    }

    /// Sessions of browsers begin and end by this clock instead of the system's: a house whose days are made up has them end
    /// within seconds by its own.
    #[must_use]
    pub fn with_wall(self, wall: Clock) -> Self {
        Self { wall, ..self }
    }
}

impl fmt::Debug for ServeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServeState").field("desk", &self.desk).finish_non_exhaustive()
    }
}

/// What every handler has at hand. A request passes it on a dozen times: each time one count goes up, not one for each thing.
#[derive(Clone)]
struct House(Arc<Rooms>);

impl Deref for House {
    type Target = Rooms;

    fn deref(&self) -> &Rooms {
        &self.0
    }
}

struct Rooms {
    desk: Desk,
    tester: Tester,
    onboarding: Onboarding,
    prometheus: PrometheusHandle,
    places: Semaphore,
    shutdown: CancellationToken,
    settings: Settings,
    /// Where the house publishes, when it does.
    queue: Option<RedisUrl>,
    /// How what it publishes to was when somebody asked last.
    seen: probe::Seen,
    /// The CloudEvents `source` of its events.
    source: EventSource,
    quotas: Quotas,
    shelf: Shelf,
    /// What signs cursors, once somebody asked for a list.
    cursor_key: OnceCell<String>,
    /// What sessions of browsers go by.
    wall: Clock,
    /// Clients in memory, for the pages.
    roll: Roll,
    /// Moves of the last weeks in memory, for the pages.
    lately: Lately,
    /// Files that were brought to the pages and not taken yet.
    uploads: pages::Uploads,
}

impl From<ServeState> for House {
    fn from(state: ServeState) -> Self {
        let ServeState { desk, tester, onboarding, prometheus, shutdown, settings, queue, source, wall } = state;
        Self(Arc::new(Rooms {
            desk,
            tester,
            onboarding,
            prometheus,
            places: Semaphore::new(settings.at_once),
            shutdown,
            settings,
            queue,
            seen: probe::Seen::default(),
            source,
            quotas: Quotas::new(settings.requests_per_minute, settings.burst),
            shelf: Shelf::new(u64::from(settings.memory_mib) << 20),
            cursor_key: OnceCell::default(),
            wall,
            roll: Roll::default(),
            lately: Lately::default(),
            uploads: pages::Uploads::default(),
        }))
    }
}

/// The whole API, its documents and its pages; nothing is at hand before somebody has asked for it.
pub fn router(state: ServeState) -> Router {
    Router::new().fallback_service(lane(state.into()))
}

fn lane(house: House) -> Lane {
    Lane::new(house.clone(), routes(house))
}

fn routes(house: House) -> Router {
    let (routes, _) = operations().split_for_parts();
    let docs: Router<House> = SwaggerUi::new("/docs").url("/openapi.json", document()).into();
    routes
        .route_layer(middleware::from_fn_with_state(house.clone(), once::once))
        .merge(docs.layer(middleware::from_fn(docs::strict_content)))
        .merge(pages::pages())
        .fallback(frame::nowhere)
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(house.clone(), frame::frame))
        .with_state(house)
}

/// Serves until the end is announced: then `/readyz` says so while connections are still taken, open streams end, and
/// requests under way are answered, for seven seconds at most.
pub async fn run(listener: TcpListener, state: ServeState, shutdown: CancellationToken) -> io::Result<()> {
    if let Err(error) = state.desk.store.access().cursor_key().await {
        tracing::warn!(%error, "the key of cursors is made when the first list is asked for");
    }
    let house = House::from(state);
    let prometheus = house.prometheus.clone();
    let counting = async {
        loop {
            tokio::time::sleep(COUNT_EVERY).await;
            prometheus.run_upkeep();
        }
    };
    let stocking = stock::keep(house.clone());
    let (roll, lately, desk) = (house.roll.clone(), house.lately.clone(), house.desk.clone());
    let announced = shutdown.clone();
    let serving = axum::serve(Doorway::new(listener), Lanes(lane(house))).with_graceful_shutdown(async move {
        announced.cancelled().await;
        tokio::time::sleep(FAREWELL).await;
    });
    let last_call = async {
        shutdown.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = serving.into_future() => served,
        () = last_call => Ok(()),
        never = stocking => match never {},
        never = roll.keep(&lately, &desk) => match never {},
        () = counting => Ok(()),
    }
}
