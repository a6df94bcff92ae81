//! A page of clients and an `as_of` in, outcomes out: extract, score, treat, record.
//!
//! [`Rescorer::rescore`] serves the live path and [`Rescorer::night`] everybody; both go through the same
//! assessment (`assess`), so that a rating never depends on which of the two gave it.
//!
//! # Why
//!
//! *Why is there a night at all?* Features age: a window of ninety days changes with no new signal.
//!
//! *Why does the store say which model rates, and not the settings alone?* A promotion must reach every process at once, and
//! be taken back with one command; see `seats`. A challenger rates the same vectors in the same pass; see `noting`.
//!
//! *Why is forgetting part of the night, and before it?* A fact that is past its term must not be in a rating of today. It is
//! taken out first, its clients are marked, and the night that follows rates them as if it had never been.
//!
//! *Why does `replay` not ask who has gone silent?* That a source is silent is known of today alone. A question about the past
//! must give the same bytes whenever it is asked.
//!
//! *Why are the reasons computed only for those who moved?* A night leaves 98 of 100 grades where they were. Their figures
//! are kept, their lines would be written for nobody; who asks for them gets them recomputed from the same facts, which
//! gives the same bytes.

mod appraise;
mod assess;
mod backtest;
mod check;
mod drift;
mod figure;
mod invariants;
mod invented;
mod night;
mod noting;
mod outcomes;
mod path;
mod retention;
mod seats;
mod side_by_side;
mod treating;
mod upkeep;
mod watch;

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;

use crate::{
    domain::{AsOf, Cause, ClientId, Dossier, Glossary, Grade, Override, Rating, SectorContext, Treatment},
    extract::{Catalogue, Markets},
    score::Engine,
    store::{self, Circumstances, Figure, NewRating, NewTreatment, Store, Whose},
    treat::Policy,
};

pub use appraise::Appraised;
use assess::{Assessor, Before, Decisions};
pub use backtest::Backtest;
pub use check::{Candidate, Checked};
pub use drift::{Drift, Reference};
pub use night::Begun;
pub use noting::Said;
pub use path::Back;
// Whoever shows a way or asks for a shock may not open the rooms that compute them.
pub use crate::{
    extract::Shock,
    score::{Finding, Path, Step, Way, say_step, say_way},
};
pub use retention::Retention;
pub use seats::Seats;
pub use side_by_side::{Against, Cell, Side, SideBySide};
pub use treating::{Examined, Treating};
use upkeep::Silent;
pub use upkeep::{Expected, Expired, Upkeep};
pub use watch::Watch;

/// How many touched clients are rescored in one transaction of the live path.
const LIVE_BATCH: usize = 500;

/// Why rescoring failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The model.
    #[error(transparent)]
    Score(#[from] crate::score::Error),
    /// A model that was given a seat, by another program or an older one, which this program cannot rate with.
    #[error("the model {model} has the seat and cannot rate: {why}; `vedetta model promote --back` or promote another")]
    Seat {
        /// Its name.
        model: String,
        /// Why not.
        why: crate::score::Error,
    },
    /// A worker thread died; what it was doing is done again by the next run.
    #[error("a scoring thread died: {0}")]
    Worker(#[from] tokio::task::JoinError),
}

/// What rescoring needs: where the facts are, and what turns them into a rating.
#[derive(Debug, Clone)]
pub struct Rescorer {
    /// Facts in, ratings out.
    pub store: Store,
    /// Scale and rules, and the configured model: it rates until another is promoted.
    pub engine: Arc<Engine>,
    /// The models that were promoted, read once.
    pub seats: Arc<Seats>,
    /// When each phase of treatment is reached.
    pub policy: Arc<Policy>,
    /// How long facts are kept, and who is expected to answer.
    pub upkeep: Arc<Upkeep>,
}

/// A rating with what goes with it.
#[derive(Debug, Clone)]
pub struct Rated {
    /// Lines with evidence; they add up to the points.
    pub rating: Rating,
    /// What the client owes, minor units.
    pub exposure_minor: i64,
    /// What to do about it.
    pub treatment: Treatment,
}

/// What a rescoring moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moves {
    /// Clients rescored.
    pub scanned: u64,
    /// Events recorded: grades that changed, first ratings included.
    pub events: u64,
    /// Better than before.
    pub up: u64,
    /// Worse than before.
    pub down: u64,
}

impl Rescorer {
    /// The words of every feature, for showing reasons.
    pub fn glossary(&self) -> Glossary {
        Catalogue::get().glossary()
    }

    /// Rescores these clients as of then and records what moved, in transactions of a few hundred. Who is merged into another
    /// is not rated: the other one is, by both.
    pub async fn rescore(&self, clients: &[(ClientId, Cause)], as_of: AsOf) -> Result<Moves, Error> {
        let mergers = self.store.facts().mergers(as_of.known_at).await?;
        let is_merged = |client| mergers.binary_search_by_key(&client, |merger| merger.client).is_ok();
        let clients: Vec<_> = clients.iter().copied().filter(|(client, _)| !is_merged(*client)).collect();
        self.seated().await?.rescore_all(&clients, as_of).await
    }

    async fn rescore_all(&self, clients: &[(ClientId, Cause)], as_of: AsOf) -> Result<Moves, Error> {
        let markets = Arc::new(self.store.dossiers().sector_context().await?);
        let decisions = Arc::new(self.decisions(clients.iter().copied(), as_of).await?);
        let mut moves = Moves::default();
        for batch in clients.chunks(LIVE_BATCH) {
            let ids: Vec<ClientId> = batch.iter().map(|(id, _)| *id).collect();
            let causes: HashMap<ClientId, Cause> = batch.iter().copied().collect();
            let seen = self.store.facts().mark().await?;
            let dossiers = self.store.dossiers().of_many(&ids, as_of.known_at).await?;
            let figures = self.store.ratings().figures(&ids).await?;
            let silent = self.silent_for(&ids, as_of.known_at).await?;
            let circumstances = self.circumstances(Whose::These(&ids), as_of).await?;
            let (causes_of, decisions) = (causes.clone(), Arc::clone(&decisions));
            let known = Known { figures, causes: causes_of, decisions, silent, circumstances };
            let mut found = self.assess_all(dossiers, known, &markets, as_of).await?;
            let treatments: Vec<NewTreatment> = found.iter_mut().filter_map(assess::Found::take_treatment).collect();
            let outcomes = self.with_causes(found, |id| causes.get(&id).copied(), Cause::Signals).await?;
            moves.count(&outcomes);
            let recorded = self.store.ratings().record_treated(&outcomes, &treatments, seen, as_of.known_at).await?;
            moves.events += recorded;
        }
        Ok(moves)
    }

    /// Rescores every client that new facts have touched since its last rating.
    pub async fn rescore_touched(&self, as_of: AsOf) -> Result<Moves, Error> {
        let mut moves = Moves::default();
        while self.rescore_some(as_of, &mut moves).await? {}
        Ok(moves)
    }

    /// Rescores some of the clients that new facts have touched since their last rating; answers whether there may be more of
    /// them as of then.
    pub async fn rescore_some(&self, as_of: AsOf, moves: &mut Moves) -> Result<bool, Error> {
        let touched = self.store.facts().touched(LIVE_BATCH).await?;
        if touched.is_empty() {
            return Ok(false);
        }
        moves.add(self.rescore(&touched, as_of).await?);
        // Marks newer than `as_of` stay; asking for them again would go round for ever.
        Ok(self.store.facts().touched(1).await?.first() != touched.first())
    }

    /// The rating as the present model gives it as of then, with all lines and evidence; `last` for hysteresis. Records
    /// nothing.
    pub async fn rate(&self, client: ClientId, as_of: AsOf, last: Option<Grade>) -> Result<Rated, Error> {
        let decision = self.store.ratings().override_of(client, as_of.known_at).await?;
        self.rate_with(client, as_of, last, decision.as_ref()).await
    }

    /// The same without memory and without what an analyst decided. Records nothing.
    pub async fn rate_by_model(&self, client: ClientId, as_of: AsOf) -> Result<Rated, Error> {
        self.rate_with(client, as_of, None, None).await
    }

    async fn rate_with(
        &self,
        client: ClientId,
        as_of: AsOf,
        last: Option<Grade>,
        decision: Option<&Override>,
    ) -> Result<Rated, Error> {
        let dossier = self.store.dossiers().of(client, as_of.known_at).await?;
        let markets = self.store.dossiers().sector_context().await?;
        let ready = Markets::new(&markets, as_of);
        let silent = self.silent_for(&[client], as_of.known_at).await?;
        let circumstances = self.circumstances(Whose::These(&[client]), as_of).await?;
        let seated = self.seated().await?;
        let beside = (&silent, &circumstances);
        Ok(seated.assessor(&ready, as_of).in_full((client, &dossier), beside, last, decision)?)
    }

    /// What [`Rescorer::rate`] answers, for each of these clients with the grade that it had.
    pub async fn rate_many(
        &self,
        clients: &[(ClientId, Grade)],
        as_of: AsOf,
    ) -> Result<HashMap<ClientId, Rating>, Error> {
        let ids: Vec<ClientId> = clients.iter().map(|(client, _)| *client).collect();
        let decisions = self.store.ratings().overrides(&ids, as_of.known_at).await?;
        let dossiers = self.store.dossiers().of_many(&ids, as_of.known_at).await?;
        let markets = self.store.dossiers().sector_context().await?;
        let silent = self.silent_for(&ids, as_of.known_at).await?;
        let circumstances = self.circumstances(Whose::These(&ids), as_of).await?;
        let (seated, clients) = (self.seated().await?, clients.to_vec());
        let rating = tokio::task::spawn_blocking(move || {
            let (ready, beside) = (Markets::new(&markets, as_of), (&silent, &circumstances));
            let assessor = seated.assessor(&ready, as_of);
            let rate = |((client, dossier), last): (&(ClientId, Dossier), Grade)| {
                let rated = assessor.in_full((*client, dossier), beside, Some(last), decisions.get(client))?;
                Ok((*client, rated.rating))
            };
            dossiers.iter().zip(clients.iter().map(|(_, last)| *last)).map(rate).collect()
        });
        rating.await?
    }

    /// Everybody's rating as of then, by the present model, without memory of earlier grades and without lines, in key
    /// order. Records nothing.
    pub async fn replay(&self, as_of: AsOf) -> Result<Vec<(ClientId, Rating)>, Error> {
        let seated = self.seated().await?;
        let markets = Arc::new(self.store.dossiers().sector_context().await?);
        let mut all = Vec::new();
        for number in self.store.dossiers().pages().await? {
            let page = self.store.dossiers().page(number, as_of.known_at).await?;
            let (rescorer, markets) = (seated.clone(), Arc::clone(&markets));
            let rated = tokio::task::spawn_blocking(move || {
                let ready = Markets::new(&markets, as_of);
                rescorer.assessor(&ready, as_of).without_memory(&page.dossiers)
            });
            all.extend(rated.await??);
        }
        Ok(all)
    }

    /// What analysts decided, and for whom that is news, by the marks on clients.
    async fn decisions(&self, marks: impl Iterator<Item = (ClientId, Cause)>, as_of: AsOf) -> Result<Decisions, Error> {
        let in_force = self.store.ratings().all_overrides(as_of.known_at).await?;
        let changed = marks.filter(|(_, cause)| *cause == Cause::Override).map(|(id, _)| id).collect();
        Ok(Decisions { in_force, changed })
    }

    fn assessor<'a>(&'a self, markets: &'a Markets<'a>, as_of: AsOf) -> Assessor<'a> {
        Assessor { engine: &self.engine, policy: &self.policy, markets, as_of }
    }

    /// Assesses a live batch on all cores; lines only for those whose grade moved.
    async fn assess_all(
        &self,
        dossiers: Vec<(ClientId, Dossier)>,
        known: Known,
        markets: &Arc<SectorContext>,
        as_of: AsOf,
    ) -> Result<Vec<assess::Found>, Error> {
        let (rescorer, markets) = (self.clone(), Arc::clone(markets));
        let found = tokio::task::spawn_blocking(move || {
            let ready = Markets::new(&markets, as_of);
            let Known { figures, causes, decisions, silent, circumstances } = &known;
            let before = Before { figures, causes, decisions, silent, circumstances };
            rescorer.assessor(&ready, as_of).all(&dossiers, before)
        });
        Ok(found.await??)
    }

    /// Turns what was found into what is recorded: for those who moved, the difference to the reasons recorded last.
    async fn with_causes(
        &self,
        found: Vec<assess::Found>,
        cause_of: impl Fn(ClientId) -> Option<Cause>,
        otherwise: Cause,
    ) -> Result<Vec<NewRating>, Error> {
        let steps: Vec<(ClientId, i64)> = found.iter().filter_map(assess::Found::step_before).collect();
        let before = self.store.ratings().recorded_many(&steps).await?;
        let model = self.engine.model();
        Ok(found
            .into_iter()
            .map(|f| {
                let recorded = before.get(&f.client());
                let another_model = recorded.is_some_and(|r| r.rating.model != *model);
                // Also a decision that ran out by itself is an analyst's doing, and no new fact.
                let redecided = recorded.is_some_and(|r| r.override_.as_ref() != f.decision());
                let cause = match cause_of(f.client()) {
                    Some(Cause::Expiry) => Cause::Expiry,
                    _ if redecided => Cause::Override,
                    _ if another_model => Cause::Model,
                    Some(cause) => cause,
                    None => otherwise,
                };
                f.into_outcome(recorded, cause)
            })
            .collect())
    }
}

/// What is known of a live batch besides its dossiers.
struct Known {
    figures: HashMap<ClientId, Figure>,
    causes: HashMap<ClientId, Cause>,
    decisions: Arc<Decisions>,
    silent: Silent,
    circumstances: Circumstances,
}

impl Moves {
    fn count(&mut self, outcomes: &[NewRating]) {
        self.scanned += outcomes.len() as u64;
        for change in outcomes.iter().filter_map(|o| o.change.as_ref()) {
            match change.notches() {
                n if n > 0 => self.up += 1,
                n if n < 0 => self.down += 1,
                _ => {}
            }
        }
    }

    fn add(&mut self, other: Self) {
        self.scanned += other.scanned;
        self.events += other.events;
        self.up += other.up;
        self.down += other.down;
    }
}

/// The day's end for a day that is over, now for today: what a night of `valid_at` may know.
pub fn night_as_of(valid_at: jiff::civil::Date, now: Timestamp) -> AsOf {
    AsOf { valid_at, known_at: now }
}
