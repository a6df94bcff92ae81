//! Settings in, a running house out: which part starts when, who watches it, how it ends.
//!
//! [`App::build`] opens the store and binds the address, so that what can go wrong at start goes wrong before anything
//! runs; [`App::run`] runs until its token is cancelled and comes home within a grace period.
//!
//! # Why
//!
//! *Who does what in a fleet?* On a store that several processes share, those with duties (`run`, `work`) each do pages of the
//! night (`fleet`) and ask some of the sources (`gathering`), and one of them, whoever has the place, does everything else
//! (`tenure`). Which of them writes the stream is settled in Redis ([`crate::publish`]). On a file every process with duties does
//! all of them, as a file is one process's.
//!
//! *Why does a failed task not end the process?* A collector that dies must not take the API with it, on which an order
//! release waits. Tasks are started again with a growing pause, and the log says so.

pub mod demo;
mod duties;
mod fleet;
mod gathering;
mod house;
mod nights;
mod supervise;
mod telemetry;
mod tenure;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use secrecy::ExposeSecret;
use tokio::{
    net::TcpListener,
    sync::{Mutex, Notify, mpsc},
};
use tokio_util::sync::CancellationToken;

use crate::{
    alert::Alerts,
    clock::Clock,
    collect::{self, Collector, Configured, SourceSettings},
    config::{self, Config},
    desk::{DEFAULT_LGD, Desk, NightOrder, Onboarding},
    intake::LEGAL_TERMS_DAYS,
    pipeline::{Expected, Rescorer, Upkeep},
    publish::{QueueUrl, RedisUrl, Relay},
    serve,
    store::{Awaited, Seal, SealError, Store, Witness},
};
use fleet::Fleet;
use house::House;
use supervise::Supervisor;
pub use telemetry::Telemetry;

/// From the announcement of the end until nobody is waited for any more: longer than requests and alerts take to finish,
/// and short enough that the process has ended within ten seconds, which is what most init systems wait.
const GRACE: Duration = Duration::from_secs(8);
/// How long the store may take to close; what is still open then is rolled back by the next start.
const CLOSING: Duration = Duration::from_millis(500);

/// Nights that may wait behind the one that runs; a second request is told so.
const NIGHTS_WAITING: usize = 1;

/// Which duties a process takes on besides the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duties {
    /// Collecting, live rescoring, nights, alerts, publishing.
    All,
    /// None: another process does them.
    ApiOnly,
    /// All but collecting and the clock's own nights, which somebody else times (the demo).
    ButTheCalendar,
    /// All, and no API.
    Work,
}

/// A house ready to run.
pub struct App {
    /// The parts, for whoever drives the house besides its own duties.
    pub desk: Desk,
    listener: Option<TcpListener>,
    address: SocketAddr,
    collector: Arc<Collector>,
    onboarding: Onboarding,
    alerts: Alerts,
    relay: Option<Relay>,
    fleet: Option<Fleet>,
    nights: mpsc::Receiver<NightOrder>,
    night_at: jiff::civil::Time,
    metrics: PrometheusHandle,
    serving: serve::Settings,
    redis: Option<RedisUrl>,
    seal: Arc<Seal>,
}

impl App {
    /// Opens the store, binds the address, checks what can be checked.
    pub async fn build(config: &Config, clock: Clock) -> anyhow::Result<Self> {
        let listener =
            TcpListener::bind(config.bind).await.with_context(|| format!("cannot listen on {}", config.bind))?;
        Self::of(config, clock, Some(listener)).await
    }

    /// The same for a process without an API, which listens nowhere.
    pub async fn build_worker(config: &Config, clock: Clock) -> anyhow::Result<Self> {
        Self::of(config, clock, None).await
    }

    async fn of(config: &Config, clock: Clock, listener: Option<TcpListener>) -> anyhow::Result<Self> {
        let store = open_store(config).await?;
        let rescorer = rescorer(&store, config);
        let (desk, nights) = desk(&store, &clock, &rescorer, config.alert.allow_private);
        let desk = Desk { has_mail: config.mail.is_some(), terms_days: config.terms_days, ..desk };
        let desk = Desk { creditors: Arc::clone(&config.creditors), ..desk };
        let desk = Desk { four_eyes_above_minor: config.four_eyes_above_minor, ..desk };
        let alerts = Alerts::new(store.clone(), clock.clone(), rescorer.glossary(), &config.alert)?;
        let alerts = alerts.with_mail(config.mail.as_ref())?;
        let redis = match &config.queue {
            QueueUrl::Local => None,
            QueueUrl::Redis(url) => Some(url.clone()),
        };
        let relay = |url| Relay::new(store.clone(), rescorer.glossary(), url).with_source(alerts.source().clone());
        let relay = redis.clone().map(|url| relay(url).keeping(config.keep));
        let shared = redis.clone().filter(|_| store.is_shared());
        let fleet = shared.map(|url| Fleet { rescorer: rescorer.clone(), url, name: name_of_process() });
        let collector = Arc::new(collector(&store, &clock, config)?);
        let onboarding = onboarding(&collector, config);
        let address = listener.as_ref().map_or(Ok(config.bind), TcpListener::local_addr)?;
        let metrics = recorder();
        let (requests_per_minute, burst) = config.requests;
        let (at_once, memory_mib) = (config.at_once, config.memory_mib);
        let zone = serve::Zone::of(config.time_zone.clone());
        let serving = serve::Settings { at_once, requests_per_minute, burst, memory_mib, zone };
        Ok(Self {
            desk,
            listener,
            address,
            collector,
            onboarding,
            alerts,
            relay,
            fleet,
            nights,
            night_at: config.night_at,
            metrics,
            serving,
            redis,
            seal: Arc::new(seal(config)?),
        })
    }

    /// Where it listens; known before it runs, also when the port was left to the system.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The collector, for whoever times it.
    pub fn collector(&self) -> Arc<Collector> {
        Arc::clone(&self.collector)
    }

    /// The relay to Redis, when there is one.
    pub fn relay(&self) -> Option<Relay> {
        self.relay.clone()
    }

    /// The alerts, for whoever waits for them.
    pub fn alerts(&self) -> Alerts {
        self.alerts.clone()
    }

    /// Runs until the token is cancelled; then stops taking requests, ends streams and comes home within the grace period.
    pub async fn run(self, duties: Duties, shutdown: CancellationToken) -> anyhow::Result<()> {
        let supervisor = Supervisor::new(shutdown.clone());
        let Self {
            desk,
            listener,
            collector,
            onboarding,
            alerts,
            relay,
            fleet,
            nights,
            night_at,
            metrics,
            serving,
            redis,
            seal,
            ..
        } = self;
        let state = serve::ServeState::new(desk.clone(), alerts.clone(), metrics, shutdown.clone());
        let state = state.with_source(alerts.source().clone());
        let state = state.with_settings(serving).with_queue(redis).with_onboarding(onboarding);
        let (store, nights) = (desk.store.clone(), Arc::new(Mutex::new(nights)));
        if duties == Duties::ApiOnly {
            // What is ordered here stands in the store, where a worker finds it.
            if store.is_shared() {
                supervisor.keep("orders", move |stop| duties::pass_over(Arc::clone(&nights), stop));
            }
        } else {
            let house = House { desk, collector, alerts, fleet, nights, night_at, duties, seal };
            house.take_up(relay, &supervisor).await;
        }
        let announced = shutdown.clone();
        let last_call = async move {
            announced.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        let mut served = Ok(());
        let home = async {
            served = match listener {
                Some(listener) => serve::run(listener, state, shutdown).await,
                None => {
                    shutdown.cancelled().await;
                    Ok(())
                }
            };
            supervisor.stop().await;
        };
        tokio::select! {
            () = home => {}
            () = last_call => tracing::warn!("not everything ended within {} s; it is done again", GRACE.as_secs()),
        }
        if tokio::time::timeout(CLOSING, store.close()).await.is_err() {
            tracing::warn!("the store was left while it was still in use");
        }
        served.map_err(Into::into)
    }
}

/// A name that no other process has, on this machine or another.
fn name_of_process() -> String {
    format!("{}-{:08x}", std::process::id(), rand::random::<u32>())
}

/// The store that is configured; an error says which it was.
pub async fn open_store(config: &Config) -> anyhow::Result<Store> {
    let opened = Store::open(&config.store_url, &config.archive).await;
    opened.with_context(|| format!("cannot open the store {}", config::masked(config.store_url.clone())))
}

/// What signs the audit log.
pub fn seal(config: &Config) -> Result<Seal, SealError> {
    Seal::open(&audit_folder(config), config.audit_key.as_ref().map(ExposeSecret::expose_secret), &config.audit_trusted)
}

/// What the audit log is checked with; none where there is no key. It never makes one.
pub fn witness(config: &Config) -> Result<Option<Witness>, SealError> {
    let seed = config.audit_key.as_ref().map(ExposeSecret::expose_secret);
    Witness::find(&audit_folder(config), seed, &config.audit_trusted)
}

/// Where the key of the audit log lies, and what was signed with it.
pub fn audit_folder(config: &Config) -> PathBuf {
    config.archive.parent().unwrap_or(Path::new(".")).join("audit")
}

/// What turns facts into ratings, with the settings' model, scale, rules and policy.
pub fn rescorer(store: &Store, config: &Config) -> Rescorer {
    let (engine, policy) = (Arc::clone(&config.engine), Arc::clone(&config.policy));
    Rescorer { store: store.clone(), engine, seats: Arc::default(), policy, upkeep: Arc::new(upkeep(config)) }
}

/// The terms of facts, and the sources that are on: those that are off, or lack their secret, are expected to be silent.
fn upkeep(config: &Config) -> Upkeep {
    let expected = |source: &SourceSettings| {
        let configured = Configured::new(source.clone(), &config.secrets).ok()?;
        configured.reader.is_ok().then(|| Expected {
            awaited: Awaited { source: source.id.clone(), stale_after: source.stale_after },
            keep: source.keep,
        })
    };
    Upkeep { retention: config.retention.clone(), sources: config.sources.iter().filter_map(expected).collect() }
}

/// The desk, and where the nights come out that it orders.
pub fn desk(
    store: &Store,
    clock: &Clock,
    rescorer: &Rescorer,
    allow_private: bool,
) -> (Desk, mpsc::Receiver<NightOrder>) {
    let (night, ordered) = mpsc::channel(NIGHTS_WAITING);
    let desk = Desk {
        store: store.clone(),
        clock: clock.clone(),
        rescorer: rescorer.clone(),
        night,
        touched: Arc::new(Notify::new()),
        allow_private_webhooks: allow_private,
        has_mail: false,
        lgd: DEFAULT_LGD,
        four_eyes_above_minor: None,
        terms_days: LEGAL_TERMS_DAYS,
        creditors: Arc::default(),
    };
    (desk, ordered)
}

/// The collector of the sources that are configured.
pub fn collector(store: &Store, clock: &Clock, config: &Config) -> anyhow::Result<Collector> {
    let settings = collect::Settings {
        contact: config.contact.clone(),
        allow_private: config.collect_private,
        ..collect::Settings::default()
    };
    let (sources, secrets) = (config.sources.clone(), config.secrets.clone());
    let patience = config.patience.clone();
    Ok(Collector::from_settings(store.clone(), clock.clone(), settings, sources, secrets, patience)?)
}

/// How prospects are evaluated, with this collector.
pub fn onboarding(collector: &Arc<Collector>, config: &Config) -> Onboarding {
    Onboarding {
        collector: Some(Arc::clone(collector)),
        rules: Arc::clone(&config.onboarding),
        within: config.assess_within,
        keep: jiff::SignedDuration::from_hours(24 * i64::from(config.assess_keep_days)),
        ..Onboarding::default()
    }
}

/// The process has one recorder of metrics; a second house in it (tests) shares the first one's.
fn recorder() -> PrometheusHandle {
    static HANDLE: std::sync::OnceLock<PrometheusHandle> = std::sync::OnceLock::new();
    let install = || {
        let in_buckets = PrometheusBuilder::new().set_buckets(&serve::SECONDS_BUCKETS);
        // Only an empty list is refused.
        let recorder = in_buckets.unwrap_or_else(|_| PrometheusBuilder::new()).build_recorder();
        let handle = recorder.handle();
        let is_taken = metrics::set_global_recorder(recorder).is_err();
        serve::describe_metrics();
        if is_taken {
            tracing::warn!("another recorder of metrics is in place; /metrics shows only what it had before");
        }
        handle
    };
    HANDLE.get_or_init(install).clone()
}
