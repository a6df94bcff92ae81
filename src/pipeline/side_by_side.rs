//! Two ratings of every client beside each other: by another model, or after a shock. Records nothing.
//!
//! # Why
//!
//! *Why without decisions between models, and with them in a shock?* Both sides must differ in one thing only, and an analyst's
//! decision was made about the model that stands. A shock leaves model and analysts where they are: a decision is a grade of the
//! portfolio like any other, with the PD of its grade, before and after; but after the shock it stands no further from what the
//! model finds then than the rules allow.
//!
//! *Why do both models remember the grade recorded last, and a shock does not?* The night after a promotion compares what
//! the new model finds with the grade that stands, and hysteresis keeps it where the PD is just over the boundary; what is
//! shown before must be what the night will do, and so it also knows which sources have gone silent. A shock asks how far PDs
//! would go, and small moves are part of the answer.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use rayon::prelude::*;

use super::{
    Error, Rescorer,
    assess::{Assessor, MIN_SHARE, Vectors},
    noting::Said,
    upkeep::Silent,
};
use crate::{
    domain::{AsOf, Cause, ClientId, Dossier, Grade, ModelId, Override, Probability, Rating, SectorContext},
    extract::{Markets, Shock, View},
    score::{self, Engine},
    store::DossierPage,
};

/// What the second rating is given by.
#[derive(Debug, Clone)]
pub enum Against {
    /// Another model on the same facts.
    Model(Arc<Engine>),
    /// The same model, after a blow to the markets.
    Shock(Shock),
}

/// Clients that went from one grade to another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// How many.
    pub n_clients: u64,
    /// What they owe, minor units.
    pub exposure_minor: i64,
}

/// The clients that one side gives a grade.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Side {
    /// How many.
    pub n_clients: u64,
    /// What they owe, minor units.
    pub exposure_minor: i64,
    /// Sum of their PDs.
    pub pd_sum: f64,
    /// Sum of PD × what they owe, minor units; to be multiplied by the loss given default.
    pub loss_minor: f64,
}

/// How many marks of new facts are looked at for grades that must not be remembered.
const MAX_MARKS: usize = 1_000_000;

/// How many grades there are, `D` and `ND` included.
const N_GRADES: usize = Grade::ALL.len();

/// What a comparison of everybody comes to.
#[derive(Debug, Clone)]
pub struct SideBySide {
    /// Which model gave the first ratings.
    pub model: ModelId,
    /// When.
    pub as_of: AsOf,
    /// Clients compared.
    pub n_clients: u64,
    /// Those that the shock hits; all of them when models are compared.
    pub n_hit: u64,
    /// By grade before and grade after, in the order of [`Grade::ALL`].
    pub cells: [[Cell; N_GRADES]; N_GRADES],
    /// By grade before.
    pub before: [Side; N_GRADES],
    /// By grade after.
    pub after: [Side; N_GRADES],
}

/// One client, both ways.
struct Pair {
    exposure_minor: i64,
    is_hit: bool,
    before: Said,
    after: Said,
}

impl Rescorer {
    /// Everybody's rating now beside the one that `against` gives; with `only`, of these clients.
    pub async fn side_by_side(
        &self,
        as_of: AsOf,
        against: Against,
        only: Option<HashSet<ClientId>>,
    ) -> Result<SideBySide, Error> {
        let seated = self.seated().await?;
        let mut sums = SideBySide::new(seated.engine.model().clone(), as_of);
        let context = Arc::new(self.store.dossiers().sector_context().await?);
        let marks = self.store.facts().touched(MAX_MARKS).await?;
        let forgotten: HashSet<ClientId> =
            marks.into_iter().filter(|(_, cause)| *cause == Cause::Expiry).map(|(id, _)| id).collect();
        let asked = Arc::new((seated, against, only));
        for number in self.store.dossiers().pages().await? {
            let page = self.store.dossiers().page(number, jiff::Timestamp::MAX).await?;
            let known = match asked.1 {
                Against::Model(_) => self.remembered(&page, &forgotten, as_of).await?,
                Against::Shock(_) => self.decided(&page, as_of).await?,
            };
            let (asked, context) = (Arc::clone(&asked), Arc::clone(&context));
            let pairs = tokio::task::spawn_blocking(move || {
                let (seated, against, only) = &*asked;
                let markets = Markets::new(&context, as_of);
                let second = Second::new(seated, against, &context, as_of);
                let first = seated.assessor(&markets, as_of);
                let wanted = |id: &ClientId| only.as_ref().is_none_or(|only| only.contains(id));
                let dossiers: Vec<_> = page.dossiers.iter().filter(|(id, _)| wanted(id)).collect();
                let one = |(id, dossier): &(ClientId, Dossier)| pair(&first, &second, &known, *id, dossier);
                dossiers.into_par_iter().with_min_len(MIN_SHARE).map(one).collect::<Result<Vec<Pair>, _>>()
            });
            let pairs = pairs.await??;
            pairs.iter().for_each(|pair| sums.add(pair.exposure_minor, pair.is_hit, pair.before, pair.after));
        }
        Ok(sums)
    }

    /// What the next night will know of these clients besides their facts; a grade that may rest on what was `forgotten` is
    /// none to remember.
    async fn remembered(&self, page: &DossierPage, forgotten: &HashSet<ClientId>, as_of: AsOf) -> Result<Known, Error> {
        let figures = self.store.ratings().figures_of_page(page.number).await?;
        let mut last: HashMap<ClientId, Grade> = figures.into_iter().map(|(id, figure)| (id, figure.grade)).collect();
        last.retain(|id, _| !forgotten.contains(id));
        let ids: Vec<ClientId> = page.dossiers.iter().map(|(id, _)| *id).collect();
        Ok(Known { last, silent: self.silent_for(&ids, as_of.known_at).await?, decisions: HashMap::new() })
    }

    /// What analysts have decided about these clients.
    async fn decided(&self, page: &DossierPage, as_of: AsOf) -> Result<Known, Error> {
        let ids: Vec<ClientId> = page.dossiers.iter().map(|(id, _)| *id).collect();
        let decisions = self.store.ratings().overrides(&ids, as_of.known_at).await?;
        Ok(Known { decisions, ..Known::default() })
    }

    /// Looks at every page of dossiers, each on a thread for work, and hands on what was found in order.
    pub(super) async fn each_page<T: Send + 'static>(
        &self,
        look: impl Fn(&DossierPage, &SectorContext) -> Result<T, Error> + Send + Sync + 'static,
        mut take: impl FnMut(T),
    ) -> Result<(), Error> {
        let (look, context) = (Arc::new(look), Arc::new(self.store.dossiers().sector_context().await?));
        for number in self.store.dossiers().pages().await? {
            let page = self.store.dossiers().page(number, jiff::Timestamp::MAX).await?;
            let (look, context) = (Arc::clone(&look), Arc::clone(&context));
            take(tokio::task::spawn_blocking(move || look(&page, &context)).await??);
        }
        Ok(())
    }
}

/// What is remembered of the clients of a page.
#[derive(Debug, Default)]
struct Known {
    /// The grade recorded last.
    last: HashMap<ClientId, Grade>,
    /// The sources that are late for them.
    silent: Silent,
    /// What analysts have decided, where it counts.
    decisions: HashMap<ClientId, Override>,
}

/// What gives the second rating of a page.
enum Second<'a> {
    Model(&'a Engine),
    Shock(&'a Shock, Box<Markets<'a>>, &'a Rescorer, AsOf),
}

impl<'a> Second<'a> {
    fn new(rescorer: &'a Rescorer, against: &'a Against, context: &'a SectorContext, as_of: AsOf) -> Self {
        match against {
            Against::Model(engine) => Self::Model(engine),
            Against::Shock(shock) => {
                let markets = Markets::new(context, as_of).shocked(shock.clone());
                Self::Shock(shock, Box::new(markets), rescorer, as_of)
            }
        }
    }
}

fn pair(
    first: &Assessor<'_>,
    second: &Second<'_>,
    known: &Known,
    id: ClientId,
    dossier: &Dossier,
) -> Result<Pair, score::Error> {
    let view = View::among(dossier, first.markets);
    let vectors = Vectors::of(&view, id, &known.silent);
    let (last, decision) = (known.last.get(&id).copied(), known.decisions.get(&id));
    let before = first.rate(&vectors, last, decision, false)?;
    let (is_hit, after) = match second {
        Second::Model(engine) => (true, engine.rate(vectors.seen(), last, None, first.as_of, false)?),
        // A blow that nobody told of tells nothing of those of whom too little is known.
        Second::Shock(shock, ..) if !view.is_hit_by(shock) || before.grade == Grade::NotDetermined => {
            (false, before.clone())
        }
        Second::Shock(_, markets, rescorer, as_of) => {
            let view = View::among(dossier, markets);
            let vectors = Vectors::of(&view, id, &known.silent);
            (true, rescorer.assessor(markets, *as_of).rate(&vectors, last, decision, false)?)
        }
    };
    Ok(Pair { exposure_minor: view.exposure_minor(), is_hit, before: said(&before), after: said(&after) })
}

fn said(rating: &Rating) -> Said {
    (rating.grade, rating.pd)
}

impl SideBySide {
    /// A comparison of nobody yet.
    pub fn new(model: ModelId, as_of: AsOf) -> Self {
        let (cells, side) = ([[Cell::default(); N_GRADES]; N_GRADES], [Side::default(); N_GRADES]);
        Self { model, as_of, n_clients: 0, n_hit: 0, cells, before: side, after: side }
    }

    /// Adds a client: what it owes (minor units), whether the change reaches it, and both ratings.
    pub fn add(&mut self, exposure_minor: i64, is_hit: bool, before: Said, after: Said) {
        self.n_clients += 1;
        self.n_hit += u64::from(is_hit);
        let cell = &mut self.cells[before.0 as usize][after.0 as usize];
        cell.n_clients += 1;
        cell.exposure_minor = cell.exposure_minor.saturating_add(exposure_minor);
        self.before[before.0 as usize].add(before.1, exposure_minor);
        self.after[after.0 as usize].add(after.1, exposure_minor);
    }
}

impl Side {
    #[expect(clippy::cast_precision_loss, reason = "exposures are far below 2^53 cents")]
    fn add(&mut self, pd: Option<Probability>, exposure_minor: i64) {
        let pd = pd.map_or(0.0, Probability::get);
        self.n_clients += 1;
        self.exposure_minor = self.exposure_minor.saturating_add(exposure_minor);
        self.pd_sum += pd;
        self.loss_minor += pd * exposure_minor.max(0) as f64;
    }
}
