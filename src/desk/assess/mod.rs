//! Onboarding: a prospect is evaluated before credit is granted, and the evaluation is kept.
//!
//! Who it is among the clients, and what every open source says of it, are found out at the same time; what is surely about it
//! is rated like any client, and rules that were decided in advance say whether it is given credit, how much, on which terms.
//!
//! # Why
//!
//! *Why is a prospect no client?* See [`crate::store::NewAssessment`]: nothing of it can be met by those who list, add up, rate
//! at night or send alerts. It becomes one by a client's row that bears one of its numbers, or because a person says so; then
//! what was found is the client's, known since the day of the assessment.
//!
//! *Why is what the house already knows of the same company left out?* Because it was learned for somebody else's portfolio, and
//! an answer that knows more than was asked for tells whose client the prospect is. Markets are everybody's, and count.
//!
//! *Why does a source that does not answer in time cost the prospect its approval, and no points?* Silence is neither good news
//! nor bad. The rating leaves out what is missing; whether that is good enough to decide by is the rules' business.

mod adopt;
mod directory;
mod identity;
mod input;
mod judge;
mod view;

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use tokio::sync::Semaphore;

use super::{Caller, Desk, Error, Result, SignalView, Slice, Wanted, amount::cents};
use crate::{
    collect::{Collector, Heard, Inquiry, Unasked},
    domain::{AsOf, NOTICE, PortfolioId, PortfolioName},
    store::{Assessment, AssessmentFilter, Entry, NewAssessment, NewSignal},
    treat::OnboardingRules,
};

pub use adopt::{AdoptInput, AdoptedView, AssessmentLine, RecomputedView};
pub use directory::Directory;
pub use identity::{BecauseView, CandidateView};
use input::Applicant;
pub use input::{AssessInput, ProspectView};
use judge::{Case, Judged};
pub use view::{
    AppraisalView, AskedForView, AssessmentView, DocumentView, DoubtView, FeatureView, IdentityView, NeededView,
    OnboardingGroundView, SourceAnswerView, TermsView, VectorView, WorthView,
};

/// Assessments under way at once: each asks a dozen hosts. The others wait in turn.
static UNDER_WAY: Semaphore = Semaphore::const_new(4);

/// What onboarding needs beside the desk.
#[derive(Clone)]
pub struct Onboarding {
    /// Who asks the open sources; without it nobody is asked, and every source is missing.
    pub collector: Option<Arc<Collector>>,
    /// What is decided, and when.
    pub rules: Arc<OnboardingRules>,
    /// How long the sources are waited for.
    pub within: Duration,
    /// How long a prospect that never becomes a client is kept.
    pub keep: SignedDuration,
    /// The clients as prospects are looked up among them, held in memory until one of them is described anew.
    pub directory: Directory,
}

impl Default for Onboarding {
    fn default() -> Self {
        Self {
            collector: None,
            rules: Arc::new(OnboardingRules::default()),
            within: Duration::from_secs(DEFAULT_WITHIN_S),
            keep: SignedDuration::from_hours(24 * DEFAULT_KEEP_DAYS),
            directory: Directory::default(),
        }
    }
}

/// How long sources are waited for unless the settings say otherwise.
const DEFAULT_WITHIN_S: u64 = 6;
/// How long prospects are kept unless the settings say otherwise: a year, in which an order may still come of it.
const DEFAULT_KEEP_DAYS: i64 = 365;

/// A prospect's evaluation as it is answered: the same bytes now and whenever it is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessed {
    /// Its name.
    pub id: String,
    /// An [`AssessmentView`] as JSON.
    pub body: Vec<u8>,
}

/// What was found out about a prospect.
struct Found {
    known: identity::Known,
    heard: Vec<Heard>,
}

impl Desk {
    /// Evaluates a prospect of a portfolio and keeps the evaluation.
    pub async fn assess(
        &self,
        caller: &Caller,
        portfolio: Option<&str>,
        input: &AssessInput,
        onboarding: &Onboarding,
    ) -> Result<Assessed> {
        let applicant = input.parse()?;
        let (owner, owner_name) = self.target(caller, portfolio).await?;
        let _place = UNDER_WAY.acquire().await.map_err(|_| Error::Busy("the process is about to end"))?;
        let found = self.find_out(&applicant, owner, onboarding).await?;
        let as_of = AsOf::at(self.clock.now());
        let signals = self.surely_about(&found.heard).await?;
        let sources: Vec<SourceAnswerView> = found.heard.iter().map(SourceAnswerView::new).collect();
        let blind: Vec<String> = found.heard.iter().filter(|h| h.is_blind()).map(|h| h.source.to_string()).collect();
        let case = Case {
            applicant: &applicant,
            as_of,
            signals: &signals,
            standing: found.known.standing,
            n_uncertain: found.heard.iter().map(|heard| heard.doubtful.len()).sum(),
            blind: &blind,
        };
        let judged = self.judge(&case, onboarding).await?;
        let view = self.assessment_view(&case, (found, sources), judged, (&owner_name, onboarding));
        self.keep_assessment(caller, (owner, &case), &view).await
    }

    /// Asks the sources and looks the prospect up among the clients, both at once.
    async fn find_out(&self, applicant: &Applicant, owner: PortfolioId, onboarding: &Onboarding) -> Result<Found> {
        let inquiry = Inquiry { who: applicant.who.clone(), portfolio: owner, within: onboarding.within };
        let asking = async {
            match &onboarding.collector {
                Some(collector) => collector.ask_about(&inquiry).await.map_err(Error::from),
                None => Ok(Vec::new()),
            }
        };
        let (heard, known) = tokio::join!(asking, self.known_as(applicant, owner, &onboarding.directory));
        Ok(Found { known: known?, heard: heard? })
    }

    /// What is surely about the prospect, in the order of names; without what the house must not keep of anybody.
    async fn surely_about(&self, heard: &[Heard]) -> Result<Vec<NewSignal>> {
        let mut signals: Vec<NewSignal> = heard.iter().flat_map(|heard| heard.signals.clone()).collect();
        signals.sort_by_key(|new| new.signal.id);
        signals.dedup_by_key(|new| new.signal.id);
        let kept_out = self.store.facts().kept_out(&signals).await?;
        signals.retain(|new| !kept_out.contains(&new.signal.id));
        Ok(signals)
    }

    fn assessment_view(
        &self,
        case: &Case<'_>,
        (found, sources): (Found, Vec<SourceAnswerView>),
        judged: Judged,
        (portfolio, onboarding): (&PortfolioName, &Onboarding),
    ) -> AssessmentView {
        let doubtful = found.heard.iter().flat_map(|heard| heard.doubtful.iter().map(DoubtView::from)).collect();
        let off: Vec<(&str, &str)> = found
            .heard
            .iter()
            .filter_map(|heard| match &heard.unasked {
                Some(Unasked::Off(why)) => Some((heard.source.as_str(), why.as_str())),
                _ => None,
            })
            .collect();
        let needed = self.needed(case, &judged, &off);
        let (amount, is_assumed) = judged.amount;
        let made_at = case.as_of.known_at;
        AssessmentView {
            id: format!("asm_{:032x}", rand::random::<u128>()),
            portfolio: portfolio.to_string(),
            decision: judged.decided.advice.as_str().to_owned(),
            human_review: human_review(case),
            prospect: case.applicant.view(),
            asked: AskedForView {
                amount,
                currency: case.applicant.currency.to_string(),
                yearly_value: case.applicant.yearly_value.map(crate::domain::Money::major),
                assumed: is_assumed,
            },
            identity: IdentityView {
                standing: case.standing.as_str().to_owned(),
                identified: judged.is_identified,
                clients: found.known.clients,
                namesakes: found.known.namesakes,
                doubtful,
            },
            sources,
            signals: case
                .signals
                .iter()
                .map(|new| SignalView::new(new.signal.clone(), judge::certainty(new)))
                .collect(),
            vector: judged.vector_view(),
            rating: self.appraisal_view(&judged.appraised, case.signals),
            worth: judged.worth_view(),
            needed,
            limit: judged.decided.limit.map(cents),
            terms: judged.decided.terms.into(),
            reasons: judged.decided.grounds.into_iter().map(OnboardingGroundView::from).collect(),
            made_at,
            valid_at: case.as_of.valid_at,
            known_at: case.as_of.known_at,
            keep_until: made_at.saturating_add(onboarding.keep).unwrap_or(made_at),
            rules: onboarding.rules.version().to_owned(),
            policy: self.rescorer.policy.version().to_owned(),
            withdrawn: false,
            notice: NOTICE.to_owned(),
        }
    }

    async fn keep_assessment(
        &self,
        caller: &Caller,
        (owner, case): (PortfolioId, &Case<'_>),
        view: &AssessmentView,
    ) -> Result<Assessed> {
        let who = &case.applicant.who;
        let read = view.sources.iter().flat_map(|source| &source.documents).filter_map(|read| read.sha256.parse().ok());
        let body = as_json(view);
        let new = NewAssessment {
            name: view.id.clone(),
            portfolio: owner,
            country: who.country,
            identifiers: &who.identifiers,
            named: std::iter::once(who.name.clone()).chain(who.address.clone()).collect(),
            made_at: view.made_at,
            keep_until: view.keep_until,
            remains: as_json(&view.remains()),
            body: body.clone(),
            signals: case.signals,
            documents: read.collect(),
        };
        // Nothing in the log names the prospect: its evaluation may be erased, and the log is for ever.
        let details = serde_json::json!({"decision": view.decision, "grade": view.rating.grade, "rules": view.rules});
        let details = details.to_string();
        let note = Entry { who: &caller.name, what: "assessment.made", object: &view.id, details: &details };
        self.store.facts().put_assessment(&new, &note).await?;
        Ok(Assessed { id: view.id.clone(), body })
    }

    /// A prospect's evaluation, as it was answered then.
    pub async fn assessment(&self, caller: &Caller, id: &str) -> Result<Assessed> {
        let found = self.find_assessment(caller, id).await?;
        Ok(Assessed { id: found.name, body: found.body })
    }

    async fn find_assessment(&self, caller: &Caller, id: &str) -> Result<Assessment> {
        let found = self.store.facts().assessment(id).await?;
        found.filter(|found| caller.reach.sees(found.portfolio)).ok_or(Error::NotFound("assessment"))
    }

    /// Evaluations, the newest first, behind `before`.
    pub async fn assessments(
        &self,
        caller: &Caller,
        portfolio: Option<&str>,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Slice<AssessmentLine>> {
        let portfolios = self.portfolios(caller, portfolio).await?.into_iter().map(|(id, _)| id).collect();
        let filter = AssessmentFilter { portfolios, client: None };
        self.assessment_lines(&filter, before, limit).await
    }

    /// The evaluations that are a client's file, the newest first, behind `before`.
    pub async fn assessments_of(
        &self,
        wanted: &Wanted<'_>,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Slice<AssessmentLine>> {
        let client = self.find(wanted).await?;
        let filter = AssessmentFilter { portfolios: vec![client.portfolio], client: Some(client.id) };
        self.assessment_lines(&filter, before, limit).await
    }
}

/// Natural persons have a right not to be decided about by a program alone (GDPR, art. 22).
fn human_review(case: &Case<'_>) -> Option<String> {
    case.applicant.is_person().then(|| {
        "the number is a natural person's: before this binds, a person with authority to change it must look at it \
         (GDPR, art. 22)"
            .to_owned()
    })
}

fn as_json(view: &AssessmentView) -> Vec<u8> {
    serde_json::to_vec(view).unwrap_or_default()
}
