//! Treatment beside the rating: the same pass, the same facts, the same transaction.
//!
//! # Why
//!
//! *Why does the night look at the treatment of those whose grade stays?* Because phases move with the calendar: an invoice that
//! was fourteen days late is fifteen days late today.
//!
//! *Why is only what differs from the last announcement handed to the store?* Nine of ten clients owe nothing that is late.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use rayon::prelude::*;

use super::{
    Error, Rescorer,
    assess::{Assessor, MIN_SHARE, Vectors},
    upkeep::Silent,
};
use crate::{
    domain::{
        AsOf, ClientId, Currency, Dossier, EvidenceRef, FeatureVector, Grade, InvoiceKey, Legal, Money, Outcome,
        Override, Phase, Rating, SectorContext, Treatment,
    },
    extract::{Catalogue, Markets, View},
    store::{Circumstances, NewTreatment, Treated, Whose},
    treat::{self, Credit, LegalClock, Limits, Motive, Policy, Position, Prospect},
};

/// A client's treatment, with as much of the rest as a list shows.
#[derive(Debug, Clone)]
pub struct Treating {
    /// Whose.
    pub client: ClientId,
    /// The grade.
    pub grade: Grade,
    /// What it owes, minor units.
    pub exposure_minor: i64,
    /// The currency of its ledger.
    pub currency: Currency,
    /// Under each policy that was asked about, in their order.
    pub treatments: Vec<Treatment>,
    /// The invoices that the text of the first of them is about.
    pub invoices: Vec<InvoiceKey>,
    /// Where it is established.
    pub country: Option<crate::domain::Country>,
}

/// Everything that stands behind a client's treatment.
#[derive(Debug, Clone)]
pub struct Examined {
    /// The rating, without lines.
    pub rating: Rating,
    /// What it owes, minor units.
    pub exposure_minor: i64,
    /// The currency of its ledger.
    pub currency: Currency,
    /// What is to be done.
    pub treatment: Treatment,
    /// What the law says.
    pub legal: Legal,
    /// What waiting and acting are worth.
    pub prospect: Option<Prospect>,
    /// The days that the law sets.
    pub clocks: Vec<LegalClock>,
    /// Cannot, or will not?
    pub motive: Motive,
    /// What each sign of the motive rests on.
    pub evidence: Vec<Vec<EvidenceRef>>,
    /// The phase that it is time for by the ladder, not taken yet.
    pub due_phase: Option<Phase>,
    /// Invoices that are overdue and not disputed.
    pub invoices: Vec<InvoiceKey>,
    /// Invoices that the treatment's text is about.
    pub asked: Vec<InvoiceKey>,
    /// Whether anything was ever invoiced to it: else its currency is only a guess.
    pub has_ledger: bool,
    /// What was done and heard.
    pub outcomes: Vec<Outcome>,
    /// Promises and plans that were broken and nobody said so, each with its day.
    pub broken: Vec<(jiff::civil::Date, Outcome)>,
    /// How much credit it is worth.
    pub limits: Limits,
    /// Where it is established.
    pub country: Option<crate::domain::Country>,
}

/// What treatment needs of one client beside the view.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside<'a> {
    client: ClientId,
    circumstances: &'a Circumstances,
    /// The grade recorded last.
    last: Option<Grade>,
}

impl<'a> Beside<'a> {
    pub(super) fn of(client: ClientId, circumstances: &'a Circumstances, last: Option<Grade>) -> Self {
        Self { client, circumstances, last }
    }

    fn treated(&self) -> Option<Treated> {
        self.circumstances.treated.get(&self.client).copied()
    }

    /// What persons recorded.
    fn recorded(&self) -> &'a [Outcome] {
        self.circumstances.outcomes.get(&self.client).map_or(&[], Vec::as_slice)
    }

    /// What persons recorded, and what the ledger tells of promises and instalments.
    pub(super) fn told(&self, view: &View<'_>) -> Cow<'a, [Outcome]> {
        match view.agreed() {
            agreed if agreed.is_empty() => Cow::Borrowed(self.recorded()),
            agreed => Cow::Owned([self.recorded(), &agreed].concat()),
        }
    }
}

/// A client's position at a rating, after everything that was told.
pub(super) fn position<'a>(view: &View<'_>, rating: &Rating, beside: Beside<'a>, told: &'a [Outcome]) -> Position<'a> {
    let Beside { client, circumstances, last } = beside;
    let before = last.filter(|last| *last != rating.grade);
    let mut receivables = view.receivables();
    treat::give_up(&mut receivables, told, view.today());
    Position {
        grade: rating.grade,
        before: before.or_else(|| circumstances.grades_before.get(&client).copied()),
        pd: rating.pd.map(|pd| pd.get()),
        receivables,
        said_active: view.said_active(),
        yearly_value: view.yearly_value(),
        country: view.country(),
        credit_types: circumstances.credit_types.get(&client).map_or(&[], Vec::as_slice),
        legal: view.legal(),
        legal_days: view.legal_days(),
        outcomes: told,
    }
}

impl Assessor<'_> {
    /// The phase that goes with a rating, and the treatment when it is another than was announced.
    pub(super) fn treated(
        &self,
        view: &View<'_>,
        rating: &Rating,
        beside: Beside<'_>,
    ) -> (Phase, Option<NewTreatment>) {
        let known = beside.treated();
        if known.is_none() && !view.owes() && !beside.circumstances.outcomes.contains_key(&beside.client) {
            let state = view.legal().state;
            let legal = Legal { state, known: 0, opened: 0 };
            let position = Position { legal, ..position(view, rating, beside, &[]) };
            return (treat::treatment(&position, self.as_of.valid_at, self.policy).phase, None);
        }
        let told = beside.told(view);
        let found = treat::treatment(&position(view, rating, beside, &told), self.as_of.valid_at, self.policy);
        let phase = found.phase;
        let is_kept = phase != Phase::Monitoring || found.is_task();
        let is_news = match known {
            Some(Treated { phase, action, due_on }) => {
                (phase, action, due_on) != (found.phase, found.action, found.due_on)
            }
            None => is_kept,
        };
        let new = || NewTreatment {
            client: beside.client,
            treatment: found,
            policy: self.policy.version().to_owned(),
            known_at: self.as_of.known_at,
        };
        (phase, is_news.then(new))
    }

    /// Whether a client whose grade stays must be looked at all the same.
    pub(super) fn needs_treatment(view: &View<'_>, client: ClientId, circumstances: &Circumstances) -> bool {
        view.owes() || circumstances.treated.contains_key(&client) || circumstances.outcomes.contains_key(&client)
    }
}

/// What is known of clients beside their dossiers, for a question about treatment.
struct Known {
    circumstances: Circumstances,
    figures: HashMap<ClientId, crate::store::Figure>,
    decisions: HashMap<ClientId, Override>,
    silent: Silent,
}

impl Rescorer {
    /// What treatment must know of clients beside their dossiers.
    pub(super) async fn circumstances(&self, whose: Whose<'_>, as_of: AsOf) -> Result<Circumstances, Error> {
        let asks = (self.policy.asks_direction(), self.policy.asks_credit_types());
        Ok(self.store.treatments().circumstances(whose, as_of.known_at, asks).await?)
    }

    async fn known_of(&self, ids: &[ClientId], as_of: AsOf, policies: &[Arc<Policy>]) -> Result<Known, Error> {
        let asks = |asks: fn(&Policy) -> bool| policies.iter().any(|policy| asks(policy));
        let asks = (asks(Policy::asks_direction), asks(Policy::asks_credit_types));
        let whose = Whose::These(ids);
        Ok(Known {
            circumstances: self.store.treatments().circumstances(whose, as_of.known_at, asks).await?,
            figures: self.store.ratings().figures(ids).await?,
            decisions: self.store.ratings().all_overrides(as_of.known_at).await?,
            silent: self.silent_for(ids, as_of.known_at).await?,
        })
    }

    /// How these clients are treated as of then, under each of the policies. Records nothing.
    pub async fn treat_many(
        &self,
        ids: &[ClientId],
        as_of: AsOf,
        policies: &[Arc<Policy>],
    ) -> Result<Vec<Treating>, Error> {
        let dossiers = self.store.dossiers().of_many(ids, as_of.known_at).await?;
        let markets = Arc::new(self.store.dossiers().sector_context().await?);
        self.seated().await?.treat_dossiers(dossiers, &markets, as_of, policies).await
    }

    /// The same of everybody, or of these only, in key order.
    pub async fn treat_all(
        &self,
        as_of: AsOf,
        policies: &[Arc<Policy>],
        only: Option<&HashSet<ClientId>>,
    ) -> Result<Vec<Treating>, Error> {
        let seated = self.seated().await?;
        let markets = Arc::new(self.store.dossiers().sector_context().await?);
        let mut all = Vec::new();
        for number in self.store.dossiers().pages().await? {
            let mut page = self.store.dossiers().page(number, as_of.known_at).await?;
            page.dossiers.retain(|(client, _)| only.is_none_or(|only| only.contains(client)));
            all.extend(seated.treat_dossiers(page.dossiers, &markets, as_of, policies).await?);
        }
        Ok(all)
    }

    /// What each of these clients owes as of then, by currency, that of most of its invoices first; only what is above zero.
    pub async fn owed_by(&self, ids: &[ClientId], as_of: AsOf) -> Result<Vec<(ClientId, Vec<Money>)>, Error> {
        let dossiers = self.store.dossiers().of_many(ids, as_of.known_at).await?;
        // What markets say changes nothing of what is owed.
        let nowhere = SectorContext::default();
        let markets = Markets::new(&nowhere, as_of);
        let owed = |(client, dossier): &(ClientId, Dossier)| {
            let view = View::among(dossier, &markets);
            let main = view.currency().map(|currency| Money::from_minor(view.exposure_minor(), currency));
            let all = main.filter(|owed| owed.minor() > 0).into_iter().chain(view.elsewhere());
            (*client, all.collect())
        };
        Ok(dossiers.iter().map(owed).collect())
    }

    async fn treat_dossiers(
        &self,
        dossiers: Vec<(ClientId, Dossier)>,
        markets: &Arc<SectorContext>,
        as_of: AsOf,
        policies: &[Arc<Policy>],
    ) -> Result<Vec<Treating>, Error> {
        let ids: Vec<ClientId> = dossiers.iter().map(|(id, _)| *id).collect();
        let known = self.known_of(&ids, as_of, policies).await?;
        let (rescorer, markets, policies) = (self.clone(), Arc::clone(markets), policies.to_vec());
        let treated = tokio::task::spawn_blocking(move || {
            let ready = Markets::new(&markets, as_of);
            let assessor = rescorer.assessor(&ready, as_of);
            let treat = |(id, dossier): &(ClientId, Dossier)| assessor.treating(*id, dossier, &known, &policies);
            dossiers.par_iter().with_min_len(MIN_SHARE).map(treat).collect::<Result<Vec<_>, _>>()
        });
        Ok(treated.await??)
    }

    /// Everything behind a client's treatment as of then; `told`: something that is about to be recorded and counts already.
    /// Records nothing.
    pub async fn examine(&self, client: ClientId, as_of: AsOf, told: Option<&Outcome>) -> Result<Examined, Error> {
        let mut known = self.known_of(&[client], as_of, std::slice::from_ref(&self.policy)).await?;
        if let Some(told) = told {
            known.circumstances.outcomes.entry(client).or_default().push(told.clone());
        }
        self.examined_by(client, as_of, &known, told).await
    }

    /// The same as of a moment of the past, whose rating remembers what was recorded then, and nothing of what came later.
    pub async fn examine_past(&self, client: ClientId, as_of: AsOf) -> Result<Examined, Error> {
        let mut known = self.known_of(&[client], as_of, std::slice::from_ref(&self.policy)).await?;
        let then = self.store.ratings().as_of(client, Some(as_of.valid_at), Some(as_of.known_at)).await?;
        known.circumstances.grades_before.remove(&client);
        if let Some((before, ..)) = then.as_ref().and_then(|then| then.previous) {
            known.circumstances.grades_before.insert(client, before);
        }
        let grade = then.map(|then| then.recorded.rating.grade);
        if let (Some(figure), Some(grade)) = (known.figures.get_mut(&client), grade) {
            figure.grade = grade;
        } else {
            known.figures.remove(&client);
        }
        self.examined_by(client, as_of, &known, None).await
    }

    async fn examined_by(
        &self,
        client: ClientId,
        as_of: AsOf,
        known: &Known,
        told: Option<&Outcome>,
    ) -> Result<Examined, Error> {
        let mut dossier = self.store.dossiers().of(client, as_of.known_at).await?;
        dossier.disputes.extend(told.filter(|told| told.is_of_dispute()).cloned());
        let markets = self.store.dossiers().sector_context().await?;
        let seated = self.seated().await?;
        let ready = Markets::new(&markets, as_of);
        Ok(seated.assessor(&ready, as_of).examined(client, &dossier, known)?)
    }
}

impl Assessor<'_> {
    fn rated(
        &self,
        client: ClientId,
        view: &View<'_>,
        known: &Known,
    ) -> Result<(Rating, Vectors), crate::score::Error> {
        let vectors = Vectors::of(view, client, &known.silent);
        let last = known.figures.get(&client).map(|figure| figure.grade);
        let rating = self.rate(&vectors, last, known.decisions.get(&client), false)?;
        Ok((rating, vectors))
    }

    fn treating(
        &self,
        client: ClientId,
        dossier: &Dossier,
        known: &Known,
        policies: &[Arc<Policy>],
    ) -> Result<Treating, crate::score::Error> {
        let view = View::among(dossier, self.markets);
        let (rating, _) = self.rated(client, &view, known)?;
        let last = known.figures.get(&client).map(|figure| figure.grade);
        let beside = Beside::of(client, &known.circumstances, last);
        let told = beside.told(&view);
        let position = position(&view, &rating, beside, &told);
        let day = self.as_of.valid_at;
        let treatments = policies.iter().map(|policy| treat::treatment(&position, day, policy)).collect();
        let invoices = policies.first().map(|policy| treat::asked_invoices(&position, day, policy));
        Ok(Treating {
            client,
            grade: rating.grade,
            exposure_minor: view.exposure_minor(),
            currency: view.currency().unwrap_or(Currency::EUR),
            treatments,
            invoices: invoices.unwrap_or_default(),
            country: view.country(),
        })
    }

    fn examined(&self, client: ClientId, dossier: &Dossier, known: &Known) -> Result<Examined, crate::score::Error> {
        let view = View::among(dossier, self.markets);
        let (rating, vectors) = self.rated(client, &view, known)?;
        let last = known.figures.get(&client).map(|figure| figure.grade);
        let beside = Beside::of(client, &known.circumstances, last);
        let told = beside.told(&view);
        let position = position(&view, &rating, beside, &told);
        let (day, policy) = (self.as_of.valid_at, self.policy);
        let treatment = treat::treatment(&position, day, policy);
        let broken = treat::broken_pledges(&position, day, policy);
        let features: &FeatureVector = vectors.seen().all;
        let place = |name: &str| Catalogue::get().place(name);
        let motive = treat::motive(&position, day, policy, |name| place(name).and_then(|at| features.get(at)));
        let rests_on = |name: &str| place(name).map(|at| view.evidence(at)).unwrap_or_default();
        let credit = Credit {
            grade: rating.grade,
            pd: position.pd,
            yearly_value: position.yearly_value,
            receivables: &position.receivables,
            today: crate::domain::day_number(day),
        };
        Ok(Examined {
            exposure_minor: view.exposure_minor(),
            currency: view.currency().unwrap_or(Currency::EUR),
            prospect: treat::prospect(&position, &treatment, day, policy),
            clocks: treat::clocks(&position, &treatment, day, policy),
            evidence: motive.spoken.iter().map(|spoken| rests_on(&spoken.sign.feature)).collect(),
            due_phase: treat::due_phase(&position, day, policy),
            invoices: treat::overdue_invoices(&position, day, policy),
            asked: treat::asked_invoices(&position, day, policy),
            has_ledger: view.currency().is_some(),
            limits: treat::limits(&credit, policy),
            legal: position.legal,
            broken: broken.into_iter().map(|(on, pledge)| (on, pledge.clone())).collect(),
            outcomes: beside.recorded().to_vec(),
            country: position.country,
            motive,
            treatment,
            rating,
        })
    }
}
