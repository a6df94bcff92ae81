//! HTTP in; JSON, a live stream and pages out.
//!
//! Handlers are thin: they say who asks, read the question, hand it to the [`Desk`] and give its
//! view back. What holds for every request stands around all of them in one place (`frame`): the id, the limits, the log
//! line, and the one shape of a refusal.
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

mod auth;
mod changes;
mod clients;
mod docs;
mod erasures;
mod facts;
mod fault;
mod frame;
mod identity;
mod input;
mod interest;
mod keys;
mod limits;
mod once;
mod openapi;
mod overrides;
mod page;
mod pages;
mod paths;
mod payments;
mod portfolio;
mod probe;
mod ratings;
mod reviews;
mod runs;
mod seats;
mod stream;
mod subscriptions;
mod treatments;
mod unsubscribe;

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::DefaultBodyLimit, middleware};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::{router::OpenApiRouter, routes};
use utoipa_swagger_ui::SwaggerUi;

use crate::{
    clock::Clock,
    desk::{Desk, Lately, Roll, Tester},
};

pub use fault::{FieldProblem, Problem};
pub use openapi::document;

/// A body, unless a route says otherwise.
const BODY_MAX_BYTES: usize = 1 << 20;
/// A body of a bulk import.
const IMPORT_MAX_BYTES: usize = 50 << 20;
/// Requests worked on at once; the store has one writer and two cores, more would only wait for each other.
const MAX_AT_ONCE: usize = 512;
/// How long new connections are still taken after the end was announced, so that balancers see the 503 of `/readyz`.
const FAREWELL: Duration = Duration::from_millis(500);
/// From the announcement of the end to the end, whatever is still open; some time is left to the rest of the house, so
/// that the process has ended within ten seconds.
const GRACE: Duration = Duration::from_secs(7);

/// What the API needs from whoever runs the house.
#[derive(Clone)]
pub struct ServeState {
    desk: Desk,
    tester: Tester,
    prometheus: PrometheusHandle,
    shutdown: CancellationToken,
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
        Self { desk, tester: tester.into(), prometheus, shutdown, wall: Clock::system() }
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

/// What every handler has at hand.
#[derive(Clone)]
struct House {
    desk: Desk,
    tester: Tester,
    prometheus: PrometheusHandle,
    places: Arc<Semaphore>,
    shutdown: CancellationToken,
    /// What sessions of browsers go by.
    wall: Clock,
    /// Clients in memory, for the pages.
    roll: Roll,
    /// Moves of the last weeks in memory, for the pages.
    lately: Lately,
}

/// Every operation, and with it its description.
fn operations() -> OpenApiRouter<House> {
    let imports = OpenApiRouter::new()
        .routes(routes!(clients::list, clients::put_many))
        .routes(routes!(facts::put_invoices))
        .routes(routes!(payments::put))
        .layer(DefaultBodyLimit::max(IMPORT_MAX_BYTES));
    OpenApiRouter::new()
        .routes(routes!(ratings::rating))
        .routes(routes!(ratings::query))
        .routes(routes!(ratings::history))
        .routes(routes!(ratings::explanation))
        .routes(routes!(overrides::begin, overrides::end))
        .routes(routes!(clients::one, clients::put_one))
        .routes(routes!(erasures::erase))
        .routes(routes!(facts::signals))
        .routes(routes!(facts::ledger))
        .routes(routes!(interest::decide))
        .routes(routes!(payments::list))
        .routes(routes!(payments::decide))
        .routes(routes!(facts::tell))
        .routes(routes!(facts::evidence))
        .routes(routes!(changes::changes))
        .routes(routes!(stream::stream))
        .routes(routes!(subscriptions::list, subscriptions::create))
        .routes(routes!(subscriptions::one, subscriptions::change, subscriptions::end))
        .routes(routes!(subscriptions::preview))
        .routes(routes!(subscriptions::preview_one))
        .routes(routes!(subscriptions::rotate))
        .routes(routes!(subscriptions::test))
        .routes(routes!(subscriptions::deliveries))
        .routes(routes!(subscriptions::redeliver))
        .routes(routes!(subscriptions::recover))
        .routes(routes!(unsubscribe::ask, unsubscribe::end))
        .routes(routes!(runs::start))
        .routes(routes!(runs::one))
        .routes(routes!(reviews::list))
        .routes(routes!(reviews::decide))
        .routes(routes!(identity::mergers, identity::merge, identity::unmerge))
        .routes(routes!(identity::split))
        .routes(routes!(portfolio::summary))
        .routes(routes!(portfolio::stress))
        .routes(routes!(paths::path))
        .routes(routes!(treatments::one))
        .routes(routes!(treatments::act))
        .routes(routes!(treatments::list))
        .routes(routes!(treatments::ics))
        .routes(routes!(limits::one, limits::grant, limits::end))
        .routes(routes!(limits::release))
        .routes(routes!(limits::put_group))
        .routes(routes!(seats::list))
        .routes(routes!(seats::watch))
        .routes(routes!(keys::list, keys::create))
        .routes(routes!(keys::revoke))
        .routes(routes!(probe::livez))
        .routes(routes!(probe::readyz))
        .routes(routes!(probe::metrics))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .merge(imports)
}

/// The whole API, its documents and its pages.
pub fn router(state: ServeState) -> Router {
    let ServeState { desk, tester, prometheus, shutdown, wall } = state;
    let places = Arc::new(Semaphore::new(MAX_AT_ONCE));
    let (roll, lately) = (Roll::default(), Lately::default());
    let house = House { desk, tester, prometheus, places, shutdown, wall, roll, lately };
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
    let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
    let announced = shutdown.clone();
    let serving = axum::serve(listener, service).with_graceful_shutdown(async move {
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
    }
}
