//! Questions in, answers out: the only room that knows SQL.
//!
//! One [`Store`] handle; behind it the front doors, by what is asked: [`Facts`], [`Dossiers`], [`Ratings`], [`Outbox`],
//! [`Treatments`], [`Deliveries`], [`Access`], [`Models`], [`Runs`], [`Besides`], [`Sources`], [`Hosts`], [`Audit`] and the [`Archive`] of
//! bytes that were read.
//!
//! # Why
//!
//! *Why is a rating event its own outbox row?* A rating and its announcement must not come apart. Two rows in one
//! transaction would do; one row cannot even be written wrongly.
//!
//! *Why packed pages?* A column costs a microsecond to read, and a dossier has hundreds of them. The night reads a
//! thousand dossiers as one value; only clients whose facts are newer than their page are read from the facts. Pages are
//! a cache: without them every answer is the same, later.
//!
//! *Why marks with a number?* Every transaction that changes facts takes the next `mark`. Whoever reads facts and later
//! says "done with these" says it up to the mark of the state that was read: a fact written in between stays marked.
//!
//! *Why does a term note only where it begins?* How long facts are kept is data and changes; the day from which a term runs
//! is the fact's own. What is past a term is then found by an index, whatever the term is today.
//!
//! *Why not write a night's figures into the current rows?* A row for every client, every night, for a PD that moved in
//! the fourth decimal: a thousand figures in one value cost as much as one row, and keep the history besides.

mod access;
mod archive;
mod audit;
mod backend;
mod backup;
mod baselines;
mod beside;
mod blindness;
mod codec;
mod condition;
mod deliveries;
mod dossiers;
mod editions;
mod facts;
mod hosts;
mod kept;
mod looks;
mod once;
mod outbox;
mod people;
mod place;
mod ratings;
mod rows;
mod runs;
mod seats;
mod sources;
mod treatments;

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use tokio::sync::watch;

pub use access::{Access, KeyRow, NewKey, Scope};
pub use archive::Archive;
pub use audit::{
    Attested, Audit, AuditFault, AuditRow, Checkpoint, Entry, Inspection, Note, Seal, SealError, Witness, noting,
};
pub use backend::COMMITS;
use backend::{Backend, Query};
pub use backup::{Contents, verify_backup};
pub use baselines::Baseline;
pub use beside::{Beside, Besides, NightTally, ShadowLine};
pub use blindness::{Awaited, Late};
pub use condition::Condition;
pub use deliveries::{
    Attempt, Deliveries, Delivery, DeliveryKind, DeliveryState, NewDelivery, Storm, Subscription, Wait,
};
pub use dossiers::{DossierPage, Dossiers, PackedPage, Repacked};
pub use editions::Edition;
pub use facts::{
    Assessment, AssessmentFilter, Basis, BatchRow, Brought, ClientFilter, ClientRow, ClientsUnsaid, Erased, Facts,
    Held, Hold, ImportRow, InterestClaim, Judgement, LedgerRow, LinkedSignal, Merger, Merging, NamesEdition,
    NewAssessment, NewImport, NewSignal, PastTerm, Payment, PaymentCandidate, PaymentDecision, PaymentKind,
    PaymentPart, PaymentState, Person, Review, ReviewDecision, RowOutcome, Settlement, Settlements, SignalTarget,
    Split, Step, Telling, UNDO_FOR, Undoing, Undone, Unsaying, after, bringing, subject_of_record,
};
pub use hosts::{Grant, HostPace, Hosts, Rest};
pub use looks::{Allowance, Found, Look, Looked, Spent};
pub use once::{Claim, GivenAnswer, Known, Once, within};
use outbox::Dictionary;
pub use outbox::Outbox;
pub use people::{Behind, People, Session, SignsIn};
pub use place::Place;
pub use ratings::{
    AskedOverride, CurrentRating, Figure, GradeCount, NewRating, NightPage, PastGrade, Ratings, RecordedRating, Stake,
};
pub use runs::{Run, RunState, Runs};
pub use seats::{ModelFiles, Models, Role, Seated, Sitting};
pub use sources::{AskedAgain, SourceState, Sources, Validator};
pub use treatments::{
    Agenda, Circumstances, CreditGroup, Due, LimitGrant, NewTreatment, Recorded, Treated, Treatments, Whose, Withdrawn,
};

/// Clients in a page, packed dossiers and night figures alike.
pub(crate) const PAGE_CLIENTS: i64 = 1000;

/// Why the store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is not one we understand.
    #[error("store address {0:?}: must be sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE")]
    Url(String),
    /// The address is a server's, and not a whole one; it may hold a password, and is not repeated.
    #[error(
        "the address of the PostgreSQL server cannot be read: write postgres://USER:PASSWORD@HOST/DATABASE, each of /, #, ?, @, : \
         and % in the password percent-encoded (/ is %2F), and behind a ? only keys that are known, as sslmode"
    )]
    ServerUrl,
    /// The database is busy, full, read-only or gone: the caller may try again later.
    #[error("the store does not answer: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// The content is not what this program wrote.
    #[error("damaged data in {what}: {why}")]
    Damaged {
        /// The table or file.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The schema is not one that this program can go on from: a migration was changed after it was applied, or broke off.
    #[error("the store's schema cannot be brought up to date: {0}")]
    Schema(String),
    /// A unique rule stands against it: the same key with other content.
    #[error("{0} is already there")]
    Conflict(String),
    /// The archive could not be read or written.
    #[error("archive {path}: {source}")]
    Archive {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What the store answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A handle to the store; cheap to clone.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    backend: Backend,
    archive: Archive,
    /// The table `word`, as far as this process has seen it; it only grows.
    dictionary: RwLock<Arc<Dictionary>>,
    /// The names of signals about markets, as this process read them last.
    market_names: RwLock<Arc<ratings::MarketNames>>,
    newest_seq: watch::Sender<i64>,
    /// Events that cannot be read and of which the operator was told.
    unread: Mutex<BTreeSet<i64>>,
    editions: editions::Editions,
    /// What is told and not yet written.
    tellings: facts::Tellings,
}

impl Store {
    /// Opens (and creates and migrates) the store at `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`; `archive` is the folder of the evidence archive.
    /// Missing folders are made.
    pub async fn open(url: &str, archive: &Path) -> Result<Self> {
        let store = Self(Arc::new(Inner {
            backend: Backend::open(url).await?,
            archive: Archive::open(archive)?,
            dictionary: RwLock::default(),
            market_names: RwLock::default(),
            newest_seq: watch::Sender::new(0),
            unread: Mutex::default(),
            editions: editions::Editions::default(),
            tellings: facts::Tellings::default(),
        }));
        store.announce(store.outbox().last_seq().await?);
        Ok(store)
    }

    /// Whether the store answers, now.
    pub async fn check(&self) -> Result<()> {
        self.number(Query::new("select value from counter where name = 'seq'")).await.map(drop)
    }

    /// Waits for open work and closes.
    pub async fn close(&self) {
        self.all_is_told().await;
        self.backend().close().await;
    }

    /// Clients, ledger, signals, links, reviews.
    pub fn facts(&self) -> Facts<'_> {
        Facts(self)
    }

    /// Dossiers, from facts or from packed pages.
    pub fn dossiers(&self) -> Dossiers<'_> {
        Dossiers(self)
    }

    /// Ratings: current, history, figures of each night.
    pub fn ratings(&self) -> Ratings<'_> {
        Ratings(self)
    }

    /// How clients are treated, and what was done about them.
    pub fn treatments(&self) -> Treatments<'_> {
        Treatments(self)
    }

    /// Every event, in order.
    pub fn outbox(&self) -> Outbox<'_> {
        Outbox(self)
    }

    /// Subscriptions and what was sent.
    pub fn deliveries(&self) -> Deliveries<'_> {
        Deliveries(self)
    }

    /// Keys.
    pub fn access(&self) -> Access<'_> {
        Access(self)
    }

    /// Who signs in to the pages.
    pub fn people(&self) -> People<'_> {
        People(self)
    }

    /// Requests that may be repeated.
    pub fn once(&self) -> Once<'_> {
        Once(self)
    }

    /// Which model rates.
    pub fn models(&self) -> Models<'_> {
        Models(self)
    }

    /// What nights note beside the ratings.
    pub fn besides(&self) -> Besides<'_> {
        Besides(self)
    }

    /// Nights and collections.
    pub fn runs(&self) -> Runs<'_> {
        Runs(self)
    }

    /// What each source said last.
    pub fn sources(&self) -> Sources<'_> {
        Sources(self)
    }

    /// What the hosts that are asked are owed.
    pub fn hosts(&self) -> Hosts<'_> {
        Hosts(self)
    }

    /// Whether processes on several machines may share it: a server's database is, a file is one machine's.
    pub fn is_shared(&self) -> bool {
        matches!(self.backend(), Backend::Postgres(_))
    }

    /// Who did what.
    pub fn audit(&self) -> Audit<'_> {
        Audit(self)
    }

    /// The bytes behind the facts.
    pub fn archive(&self) -> &Archive {
        &self.0.archive
    }

    fn backend(&self) -> &Backend {
        &self.0.backend
    }

    fn announce(&self, seq: i64) {
        self.0.newest_seq.send_if_modified(|newest| {
            let is_newer = seq > *newest;
            *newest = seq.max(*newest);
            is_newer
        });
    }

    fn dictionary(&self) -> Arc<Dictionary> {
        Arc::clone(&self.0.dictionary.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn market_names(&self) -> Arc<ratings::MarketNames> {
        Arc::clone(&self.0.market_names.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn remember_market_names(&self, names: Arc<ratings::MarketNames>) {
        *self.0.market_names.write().unwrap_or_else(PoisonError::into_inner) = names;
    }

    /// Forgets what this process remembers of the tables.
    fn learn_anew(&self) {
        self.learn(Arc::default());
        self.remember_market_names(Arc::default());
    }

    fn learn(&self, dictionary: Arc<Dictionary>) {
        *self.0.dictionary.write().unwrap_or_else(PoisonError::into_inner) = dictionary;
    }
}
