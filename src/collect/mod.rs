//! Subjects and cursors in, mentions out: asking open sources with good manners, and reading every field of what they say.
//!
//! A [`Source`] plans requests and reads answers, both without waiting; [`fetch`] does the network with the same manners for
//! all. A [`Collector`] brings them together: it asks each source that is due, archives the bytes *before* they are read,
//! finds out whose records they are, and writes what they say with both clocks and the evidence.
//!
//! # Why
//!
//! *Why is "not modified" decided by what was read, and not by what was sent?* A validator is kept only after an answer was
//! read to the end and what it said is in the store. A page that was quarantined, or a crash in between, leaves none, so the
//! next run meets the same page again and says again what is wrong with it.
//!
//! *Why is an answer judged after it was read?* A well-formed answer may still be none: a wall, an empty list where there
//! used to be a long one. What it gave before is known only then, and nothing of it is settled yet (`doubt`).
//!
//! *Why does one source's trouble stay its own?* Because silence is dangerous: each source ends a run with a report and a
//! state (last good answer, last error), and a source that is blind becomes stale where everybody sees it. Nothing here ever
//! writes "clean" for a question that was not answered.

mod book;
mod doubt;
mod excerpt;
pub mod fetch;
mod hours;
mod inquiry;
mod neighbours;
pub mod news;
mod reading;
mod report;
mod runner;
mod schedule;
mod settings;
mod settle;
mod source;
pub mod sources;
mod span;
mod try_one;
pub mod wire;

use std::sync::Arc;

use jiff::SignedDuration;

pub use fetch::{BulkFile, Fetcher, MAX_BODY_BYTES, Manners, Patience, Secrets};
pub use hours::Hours;
pub use inquiry::{Heard, Inquiry, NOBODY_YET, Unasked};
pub use report::{Progress, SourceReport};
pub use runner::Planned;
pub use schedule::{
    Budget, MAX_QUESTIONS_SHOWN, Order, Price, QuestionWorth, Room, Weighed, Worth, Worths, order, without_secrets,
};
pub use settings::{DEFAULT_SOURCES, Settings, SettingsError, SourceOptions, SourceSettings, read_sources};
pub use source::{
    Answer, Credential, Cursor, Leftover, Method, Misread, Page, Part, Request, Source, Taking, Watched, Whole,
};
pub use try_one::{Answered, Asked, Tried, try_file, try_path};

use self::neighbours::Neighbours;
use crate::{
    clock::Clock,
    domain::SourceId,
    store::{SourceState, Store},
};

/// A source that gave nothing is due again after a quarter of its usual time, but not sooner than this: it may be down,
/// and each of its questions may cost money.
const TRY_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// Why nothing can be collected at all. What goes wrong with one source is in its [`SourceReport`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration is wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// No source has this name.
    #[error("source {0}: there is no such table in sources.toml")]
    Unknown(SourceId),
    /// The source is not switched on, or lacks something.
    #[error("source {id}: off: {why}")]
    Off {
        /// Which.
        id: SourceId,
        /// What it lacks.
        why: String,
    },
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// The system lacks what an HTTP client needs.
    #[error("no HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// The clients among whom somebody is asked about could not be read.
    #[error(transparent)]
    Among(Arc<Error>),
    /// A reader or matcher panicked; what it said is in the log.
    #[error("{0} panicked, which is a fault of this program")]
    Panicked(&'static str),
}

impl Error {
    /// What the store said, when it was the store that failed.
    pub fn store(&self) -> Option<&crate::store::Error> {
        match self {
            Self::Store(error) => Some(error),
            Self::Among(error) => error.store(),
            _ => None,
        }
    }
}

/// A source as configured, with its reader, or with the reason why it has none.
#[derive(Clone)]
pub struct Configured {
    /// What the operator wrote.
    pub settings: SourceSettings,
    /// Its reader, or why it is off (`no secret: set VEDETTA_SECRET_COMPANIES_HOUSE`).
    pub reader: Result<Arc<dyn Source>, String>,
}

impl Configured {
    /// Makes the reader of a source. A missing secret or a switch turned off is a state, not a mistake.
    pub fn new(settings: SourceSettings, secrets: &Secrets) -> Result<Self, SettingsError> {
        if !settings.is_enabled {
            return Ok(Self { settings, reader: Err("switched off by enabled = false".to_owned()) });
        }
        let built = settings.reader()?;
        let missing = settings.options.credential.as_deref().filter(|name| !secrets.has(name));
        let reader = match missing {
            Some(name) => Err(format!("no secret: set {}", Secrets::variable(name))),
            None => Ok(Arc::from(built)),
        };
        Ok(Self { settings, reader })
    }

    fn reader(&self) -> Result<Arc<dyn Source>, Error> {
        self.reader.clone().map_err(|why| Error::Off { id: self.settings.id.clone(), why })
    }

    /// When it may be asked again, if it may not be at this hour.
    pub fn closed_until(&self, now: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let hours = self.settings.manners.hours.as_ref().filter(|hours| !hours.are_open(now))?;
        Some(hours.begin_after(now))
    }

    /// Whether it is time to ask it again, going by its hours and its last attempt.
    fn is_due(&self, state: &SourceState, now: jiff::Timestamp) -> bool {
        if self.closed_until(now).is_some() {
            return false;
        }
        let every = self.settings.every;
        let gave_nothing = state.last_ok_at < state.last_tried_at;
        let pause = if gave_nothing { (every / 4).max(TRY_AGAIN_AFTER).min(every) } else { every };
        state.last_tried_at.is_none_or(|tried| now.duration_since(tried) >= pause)
    }
}

/// Asks the open sources, and writes down what they say.
pub struct Collector {
    store: Store,
    clock: Clock,
    settings: Settings,
    fetcher: Fetcher,
    sources: Vec<Configured>,
    neighbours: Neighbours,
}

impl Collector {
    /// A collector for these sources (see [`Configured::new`]).
    pub fn new(store: Store, clock: Clock, settings: Settings, sources: Vec<Configured>, fetcher: Fetcher) -> Self {
        Self { store, clock, settings, fetcher, sources, neighbours: Neighbours::default() }
    }

    /// A collector for the sources of a file, with their own readers and an HTTP client that waits with `patience`.
    pub fn from_settings(
        store: Store,
        clock: Clock,
        settings: Settings,
        sources: Vec<SourceSettings>,
        secrets: Secrets,
        patience: Patience,
    ) -> Result<Self, Error> {
        settings.check()?;
        let sources = sources.into_iter().map(|source| Configured::new(source, &secrets)).collect::<Result<_, _>>()?;
        let is_real = patience.is_real();
        let fetcher = Fetcher::new(&settings, secrets, clock.clone(), patience)?.beside(store.archive());
        let fetcher = if is_real { fetcher.sharing(&store) } else { fetcher };
        Ok(Self::new(store, clock, settings, sources, fetcher))
    }

    /// Every source of the configuration, those that are off too.
    pub fn sources(&self) -> &[Configured] {
        &self.sources
    }

    /// The HTTP client.
    pub fn fetcher(&self) -> &Fetcher {
        &self.fetcher
    }

    /// The sources that are on and whose time has come.
    pub async fn due(&self) -> Result<Vec<SourceId>, Error> {
        let now = self.clock.now();
        let mut due = Vec::new();
        for configured in self.sources.iter().filter(|configured| configured.reader.is_ok()) {
            let id = &configured.settings.id;
            if configured.is_due(&self.store.sources().state(id.as_str()).await?, now) {
                due.push(id.clone());
            }
        }
        Ok(due)
    }

    fn configured(&self, id: &SourceId) -> Result<&Configured, Error> {
        let found = self.sources.iter().find(|configured| configured.settings.id == *id);
        found.ok_or_else(|| Error::Unknown(id.clone()))
    }
}
