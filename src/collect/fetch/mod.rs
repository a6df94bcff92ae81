//! The one place that speaks to the outside world: the same manners for every source.
//!
//! A [`Request`] comes in; an [`Answer`], "nothing new" or a [`Failure`] goes out. In between: the address is checked, then
//! `robots.txt`, the host's pace, redirects within the site, caps on everything, and a few patient tries.
//!
//! # Why
//!
//! *Why one connection per host, and a lock for it?* Because a small register's server is somebody's property. The lock makes
//! pace, pauses and giving up exact, and sources that share a host wait for each other without knowing of each other.
//!
//! *Why is the body's hash a validator too?* Half of the servers worth asking send neither `ETag` nor `Last-Modified`; equal
//! bytes say as much as a 304, except that they had to be carried.

mod address;
mod body;
mod host;
mod patience;
mod redirect;
mod retry;
mod robots;
mod robots_gate;
mod secrets;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use reqwest::{Client, StatusCode, header, header::HeaderMap};
use tokio::sync::Mutex as AsyncMutex;
use url::Url;

use self::{
    address::GuardedResolver,
    body::{BodyError, capped_body, said_by},
    host::Host,
    redirect::{objection_to_redirect, redirect_target},
    robots_gate::Entry,
};
use super::{Answer, Method, Part, Request, Settings};
use crate::{clock::Clock, domain::Sha256, store::Validator};

pub use address::is_public;
pub use body::MAX_BODY_BYTES;
pub use host::Manners;
pub use patience::Patience;
pub use robots::{MAX_ROBOTS_BYTES, Robots};
pub use secrets::Secrets;

/// The name by which `robots.txt` files may address us.
const PRODUCT: &str = "Vedetta";

/// Redirects followed for one request.
const MAX_REDIRECTS: usize = 5;

/// What came of a request.
#[derive(Debug)]
pub enum Fetched {
    /// The same as the last time.
    NotModified,
    /// An answer of any status but 403, 429, 451 and 5xx, and what to send the next time once it has been *read*.
    Answer(Box<Answer>, Validator),
}

/// Why there is no answer. None of them says anything about a client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The source does not want us, or cannot be asked at all: stop asking it in this run.
    #[error("{0}")]
    Stop(String),
    /// It was not asked: forbidden by `robots.txt`, a refused address, a host that was given up.
    #[error("{0}")]
    NotAsked(String),
    /// It was asked, and gave nothing that could be used.
    #[error("{0}")]
    Failed(String),
}

/// The HTTP client of all sources.
#[derive(Debug)]
pub struct Fetcher {
    client: Client,
    allow_private: bool,
    secrets: Secrets,
    clock: Clock,
    patience: Patience,
    sites: Mutex<HashMap<String, Arc<Site>>>,
    /// For the jitter alone.
    chance: Mutex<ChaCha8Rng>,
}

/// A host and port, and what is known about them.
#[derive(Debug, Default)]
struct Site {
    host: AsyncMutex<Host>,
    robots: AsyncMutex<Option<Entry>>,
}

/// What is being asked for: a page by its manners and conditions, or a `robots.txt`, which is nobody's page.
#[derive(Clone, Copy)]
struct Ask<'a> {
    request: &'a Request,
    manners: &'a Manners,
    known: &'a Validator,
    is_robots: bool,
}

/// An answer before anybody judged it.
struct Raw {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// Why an exchange gave nothing.
enum Trouble {
    /// Asking again would give the same.
    Final(Failure),
    /// It may pass.
    Passing { why: String, site: Arc<Site>, asked_to_wait: bool },
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Final(failure)
    }
}

impl Fetcher {
    /// Builds the client. An error says what the system's TLS or DNS set-up lacks.
    pub fn new(
        settings: &Settings,
        secrets: Secrets,
        clock: Clock,
        patience: Patience,
    ) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .user_agent(user_agent(&settings.contact))
            .connect_timeout(Duration::from_secs(settings.connect_timeout_s))
            .timeout(Duration::from_secs(settings.timeout_s))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // A proxy would look names up for us, behind the resolver's back.
            .no_proxy()
            .no_gzip()
            .pool_max_idle_per_host(1)
            .dns_resolver(GuardedResolver { allow_private: settings.allow_private }.shared())
            .build()?;
        let chance = Mutex::new(ChaCha8Rng::seed_from_u64(clock.now().as_millisecond().unsigned_abs()));
        let allow_private = settings.allow_private;
        Ok(Self { client, allow_private, secrets, clock, patience, sites: Mutex::default(), chance })
    }

    /// How it waits.
    pub fn patience(&self) -> &Patience {
        &self.patience
    }

    /// Begins a run: hosts that were given up get another chance, and a `robots.txt` that could not be read is asked again.
    /// A host that is being asked at this moment belongs to another run and is left to it.
    pub fn begin_run(&self) {
        let sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        for site in sites.values() {
            if let Ok(mut host) = site.host.try_lock() {
                host.forgive();
            }
            if let Ok(mut robots) = site.robots.try_lock() {
                robots.take_if(|entry| entry.is_unreachable());
            }
        }
    }

    /// Asks, with all manners, and conditionally where `known` says what the last answer was.
    pub async fn fetch(&self, request: &Request, manners: &Manners, known: &Validator) -> Result<Fetched, Failure> {
        let raw = self.persevere(Ask { request, manners, known, is_robots: false }).await?;
        match raw.status.as_u16() {
            status @ (403 | 451) => {
                return Err(Failure::Stop(format!("{} answered {status}: it does not want us", shown(&request.url))));
            }
            304 if has_validators(known) => return Ok(Fetched::NotModified),
            304 => return Err(Failure::Failed(format!("{} answered 304 unasked", shown(&request.url)))),
            _ => {}
        }
        let hash = Sha256::of(&raw.body);
        if raw.status == StatusCode::OK && known.body == Some(hash) {
            return Ok(Fetched::NotModified);
        }
        let header_text = |name| raw.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let seen_at = self.clock.now();
        let validator = Validator {
            etag: header_text(header::ETAG),
            last_modified: header_text(header::LAST_MODIFIED),
            body: Some(hash),
            seen_at: Some(seen_at),
        };
        let content_type = header_text(header::CONTENT_TYPE).unwrap_or_default().to_lowercase();
        let status = raw.status.as_u16();
        let answer =
            Answer { request: request.clone(), status, content_type, body: raw.body, seen_at, part: Part::WHOLE };
        Ok(Fetched::Answer(Box::new(answer), validator))
    }

    /// Tries a few times what may pass. A POST is repeated only when the host said that it did nothing: it may cost money.
    async fn persevere(&self, ask: Ask<'_>) -> Result<Raw, Failure> {
        let is_repeatable = ask.request.method == Method::Get;
        let mut n_tries = 0;
        loop {
            n_tries += 1;
            let (why, site, asked_to_wait) = match self.follow(ask).await {
                Ok(raw) => return Ok(raw),
                Err(Trouble::Final(failure)) => return Err(failure),
                Err(Trouble::Passing { why, site, asked_to_wait }) => (why, site, asked_to_wait),
            };
            let mut host = site.host.lock().await;
            if n_tries >= retry::MAX_TRIES || !(is_repeatable || asked_to_wait) {
                host.failed();
                return Err(Failure::Failed(format!("{}: {why} ({n_tries} tries)", shown(&ask.request.url))));
            }
            let chance = self.chance.lock().unwrap_or_else(PoisonError::into_inner).random::<f64>();
            host.pause(retry::back_off(n_tries, chance), &self.patience);
        }
    }

    /// Follows redirects by hand: within the site, never to a weaker scheme, and with each hop checked as if it were the first.
    async fn follow(&self, ask: Ask<'_>) -> Result<Raw, Trouble> {
        let mut url = ask.request.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let robots = match ask.manners.obeys_robots && !ask.is_robots {
                true => Some(Box::pin(self.permission(&url)).await?),
                false => None,
            };
            let raw = self.exchange(ask, &url, robots.as_deref()).await?;
            let Some(next) = redirect_target(&raw, &url) else { return Ok(raw) };
            if let Some(why) = objection_to_redirect(ask, &url, &next) {
                let (from, to) = (shown(&url), shown(&next));
                return Err(Failure::Failed(format!("{from} redirects to {to}: {why}")).into());
            }
            url = next;
        }
        Err(Failure::Failed(format!("{}: more than {MAX_REDIRECTS} redirects", shown(&ask.request.url))).into())
    }

    /// One request to one host, in its turn.
    async fn exchange(&self, ask: Ask<'_>, url: &Url, robots: Option<&Robots>) -> Result<Raw, Trouble> {
        if let Some(why) = address::objection(url, self.allow_private) {
            return Err(Failure::NotAsked(format!("{}: {why}", shown(url))).into());
        }
        let outgoing = self.outgoing(ask, url)?;
        let site = self.site(url);
        let mut host = site.host.lock().await;
        if let Some(why) = host.gave_up() {
            return Err(Failure::NotAsked(format!("{} was left alone: {why}", shown(url))).into());
        }
        host.turn(ask.manners, robots, &self.patience).await;
        let passing = |why, asked_to_wait| Trouble::Passing { why, site: Arc::clone(&site), asked_to_wait };
        let response = outgoing.send().await.map_err(|e| passing(said_by(&e), false))?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            let said = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
            let pause = said.and_then(|text| retry::retry_after(text, self.clock.now()));
            if let Some(pause) = pause {
                host.pause(pause, &self.patience);
            }
            let asked_to_wait = matches!(status.as_u16(), 429 | 503);
            return Err(passing(format!("answered {}", status.as_u16()), asked_to_wait));
        }
        let cap = if ask.is_robots { MAX_ROBOTS_BYTES * 4 } else { MAX_BODY_BYTES };
        let body = capped_body(response, cap).await.map_err(|e| match e {
            BodyError::Broken(why) => passing(why, false),
            BodyError::Refused(why) => Failure::Failed(format!("{}: {why}", shown(url))).into(),
        })?;
        host.succeeded();
        Ok(Raw { status, headers, body })
    }

    /// The request with its headers. A credential goes only to the origin it was meant for.
    fn outgoing(&self, ask: Ask<'_>, url: &Url) -> Result<reqwest::RequestBuilder, Failure> {
        let Ask { request, known, .. } = ask;
        let mut outgoing = match &request.method {
            Method::Get => self.client.get(url.clone()),
            Method::PostJson(json) => {
                self.client.post(url.clone()).header(header::CONTENT_TYPE, "application/json").body(json.clone())
            }
        };
        outgoing = outgoing.header(header::ACCEPT, request.accept.unwrap_or("*/*"));
        outgoing = outgoing.header(header::ACCEPT_ENCODING, "gzip");
        if let Some(etag) = &known.etag {
            outgoing = outgoing.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(last_modified) = &known.last_modified {
            outgoing = outgoing.header(header::IF_MODIFIED_SINCE, last_modified);
        }
        match &request.credential {
            Some(credential) if url.origin() == request.url.origin() => self.secrets.sign(outgoing, credential),
            _ => Ok(outgoing),
        }
    }

    fn site(&self, url: &Url) -> Arc<Site> {
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        let key = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(sites.entry(key).or_default())
    }
}

/// Who we say we are.
pub(super) fn user_agent(contact: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    match contact.trim() {
        "" => format!("{PRODUCT}/{version}"),
        contact => format!("{PRODUCT}/{version} (+{contact})"),
    }
}

fn has_validators(known: &Validator) -> bool {
    known.etag.is_some() || known.last_modified.is_some()
}

/// An address fit for messages and logs: without the query, which may name a person.
pub(super) fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}
