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
//!
//! *Why are starts granted by the store?* A limit is counted at the other end, over all our processes and restarts. A grant
//! costs a commit, some three milliseconds beside an answer of a hundred; sources that may ask often take several starts at
//! once. A patience that jumps asks only a web of its own, which nobody shares: there the lock is enough.
//!
//! *Why is a large file not resumed where it broke off?* Registers replace their files in place, and two halves of different
//! months are worse than a second download.

mod address;
mod body;
mod budget;
mod download;
mod exchange;
mod host;
mod listen;
mod patience;
mod pieces;
mod redirect;
mod reservation;
mod retry;
mod robots;
mod secrets;
mod unpack;
mod wishes;

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use reqwest::{
    Client, StatusCode,
    header::{self, HeaderMap},
};
use tokio::sync::Mutex as AsyncMutex;
use url::Url;

use self::{
    address::GuardedResolver,
    download::Download,
    exchange::{Ask, Body, Raw},
    host::Host,
    reservation::reserved_by,
    wishes::Wishes,
};
use super::{Answer, Part, Request, Settings};
use crate::{
    clock::Clock,
    domain::Sha256,
    store::{Archive, Store, Validator},
};

pub use address::is_public;
pub use body::MAX_BODY_BYTES;
pub use download::MAX_FILE_BYTES;
pub use host::Manners;
pub use patience::Patience;
pub use pieces::BulkFile;
pub use robots::{MAX_ROBOTS_BYTES, Robots};
pub use secrets::Secrets;

/// The name by which `robots.txt` files may address us.
const PRODUCT: &str = "Vedetta";

/// What came of a request.
#[derive(Debug)]
pub enum Fetched {
    /// The same as the last time.
    NotModified,
    /// An answer of any status but 403, 429, 451 and 5xx, and what to send the next time once it has been *read*.
    Answer(Box<Answer>, Validator),
    /// A file of lines, to be read piece by piece.
    File(Box<BulkFile>, Validator),
}

/// Why there is no answer. None of them says anything about a client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The source does not want us, or cannot be asked at all: stop asking it in this run.
    #[error("{0}")]
    Stop(String),
    /// It may not be asked at this hour, and neither may anything else of its source.
    #[error("{0}")]
    OutOfHours(String),
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
    /// How long a small answer may take, and how long any other may be silent.
    answer_within: Duration,
    /// Where the budgets of hosts are shared; none keeps them in this process.
    shared: Option<Store>,
    /// Where there is room for what is too large to hold.
    beside: Option<Archive>,
    sites: Mutex<HashMap<String, Arc<Site>>>,
    /// For the jitter alone.
    chance: Mutex<ChaCha8Rng>,
}

/// A host and port, and what is known about them.
#[derive(Debug, Default)]
struct Site {
    host: AsyncMutex<Host>,
    wishes: AsyncMutex<Wishes>,
}

impl Fetcher {
    /// Builds the client. An error says what the system's TLS or DNS set-up lacks.
    pub fn new(
        settings: &Settings,
        secrets: Secrets,
        clock: Clock,
        patience: Patience,
    ) -> Result<Self, reqwest::Error> {
        Self::knowing(settings, secrets, clock, patience, [])
    }

    /// The same with names that are answered from here instead of by a name server, as a hosts file does. What they lead
    /// to is checked like any other address.
    pub fn knowing(
        settings: &Settings,
        secrets: Secrets,
        clock: Clock,
        patience: Patience,
        hosts: impl IntoIterator<Item = (String, IpAddr)>,
    ) -> Result<Self, reqwest::Error> {
        let allow_private = settings.allow_private;
        let answer_within = Duration::from_secs(settings.timeout_s);
        let client = Client::builder()
            .user_agent(user_agent(&settings.contact))
            .connect_timeout(Duration::from_secs(settings.connect_timeout_s))
            .timeout(answer_within)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            // A proxy would look names up for us, behind the resolver's back.
            .no_proxy()
            .no_gzip()
            .pool_max_idle_per_host(1)
            .dns_resolver(GuardedResolver::new(allow_private, hosts).shared())
            .build()?;
        let chance = Mutex::new(ChaCha8Rng::seed_from_u64(clock.now().as_millisecond().unsigned_abs()));
        let (shared, beside, sites) = (None, None, Mutex::default());
        Ok(Self { client, allow_private, secrets, clock, patience, answer_within, shared, beside, sites, chance })
    }

    /// Shares the budgets of hosts with everybody on this store. Not for a web of one's own, whose time jumps: nobody else
    /// asks it, and each grant costs a commit.
    pub fn sharing(self, store: &Store) -> Self {
        Self { shared: Some(store.clone()), ..self }
    }

    /// Takes what is too large to hold beside this archive.
    pub fn beside(self, archive: &Archive) -> Self {
        Self { beside: Some(archive.clone()), ..self }
    }

    /// How it waits.
    pub fn patience(&self) -> &Patience {
        &self.patience
    }

    /// Begins a run: what other processes noted of hosts is looked up anew, and a `robots.txt` that could not be read is
    /// asked again. A host that is being asked at this moment belongs to another run and is left to it.
    pub fn begin_run(&self) {
        let sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        for site in sites.values() {
            if let Ok(mut host) = site.host.try_lock() {
                host.is_rest_known = false;
            }
            if let Ok(mut wishes) = site.wishes.try_lock() {
                wishes.forget_failures();
            }
        }
    }

    /// Asks, with all manners, and conditionally where `known` says what the last answer was.
    pub async fn fetch(&self, request: &Request, manners: &Manners, known: &Validator) -> Result<Fetched, Failure> {
        if let Some(hours) = manners.hours.as_ref().filter(|hours| !hours.are_open(self.moment())) {
            let begin = hours.begin_after(self.moment()).strftime("%Y-%m-%d %H:%M:%SZ");
            return Err(Failure::OutOfHours(format!("it may be asked {hours} only, next at {begin}")));
        }
        let Raw { status, headers, body } = self.persevere(Ask { request, manners, known, is_notice: false }).await?;
        match status.as_u16() {
            status @ (403 | 451) => {
                return Err(Failure::Stop(format!("{} answered {status}: it does not want us", shown(&request.url))));
            }
            304 if has_validators(known) => return Ok(Fetched::NotModified),
            304 => return Err(Failure::Failed(format!("{} answered 304 unasked", shown(&request.url)))),
            _ => {}
        }
        let content_type = text_of(&headers, header::CONTENT_TYPE).unwrap_or_default().to_lowercase();
        let reserved = manners.heeds_reservations.then(|| reserved_by(&headers, &content_type, body.bytes())).flatten();
        if let Some(by) = reserved {
            let why = "its owner reserves text and data mining";
            return Err(Failure::Failed(format!("{}: {why}, by {by}; it was not read", shown(&request.url))));
        }
        let answer = Answer {
            request: request.clone(),
            status: status.as_u16(),
            content_type,
            body: Vec::new(),
            seen_at: self.clock.now(),
            part: Part::WHOLE,
        };
        Ok(judged(answer, &headers, body, known))
    }

    /// A host by its name and port, and what is known about it.
    fn site(&self, url: &Url) -> (String, Arc<Site>) {
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        let key = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let site = Arc::clone(sites.entry(key.clone()).or_default());
        (key, site)
    }
}

/// An answer with its body and what to send the next time, or nothing new.
fn judged(answer: Answer, headers: &HeaderMap, body: Body, known: &Validator) -> Fetched {
    let hash = match &body {
        Body::Held(bytes) => Sha256::of(bytes),
        Body::Filed(Download { sha256, .. }) => *sha256,
        Body::Heard(lines) if lines.is_empty() => return Fetched::NotModified,
        Body::Heard(lines) => {
            // The same words a second time are said a second time; a stream is never the same as before.
            return Fetched::Answer(Box::new(Answer { body: lines.clone(), ..answer }), Validator::default());
        }
    };
    if answer.status == StatusCode::OK && known.body == Some(hash) {
        return Fetched::NotModified;
    }
    let validator = Validator {
        etag: text_of(headers, header::ETAG),
        last_modified: text_of(headers, header::LAST_MODIFIED),
        body: Some(hash),
        seen_at: Some(answer.seen_at),
    };
    match body {
        Body::Filed(Download { file, .. }) => Fetched::File(Box::new(BulkFile::new(file, answer)), validator),
        Body::Held(bytes) | Body::Heard(bytes) => {
            Fetched::Answer(Box::new(Answer { body: bytes, ..answer }), validator)
        }
    }
}

fn text_of(headers: &HeaderMap, name: header::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
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
pub(in crate::collect) fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}
