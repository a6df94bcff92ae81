//! A person's request in, an answer out: the use cases, called by the API and by the command line alike.
//!
//! A [`Desk`] is what a clerk has at hand: the store, the time, the rescorer. Each use case is a method that says who
//! asks ([`Caller`]) and answers with a view: a plain struct that is a promise to outsiders, the same from both doors.
//!
//! # Why
//!
//! *Why do views live here and not in the API?* `vedetta rating C-1 --json` and `GET /v1/clients/C-1/rating` promise the
//! same shape, so it has one home. The desk still knows nothing of HTTP: a missing client is [`Error::NotFound`], and
//! what that is called on the wire is the API's business.
//!
//! *Why is "not yours" the same as "not there"?* A different answer would tell one creditor who another's clients are.

mod action;
mod amount;
mod assess;
mod batch;
mod calendar;
mod card;
mod cell;
mod channel;
mod client;
mod coverage;
mod delivery;
mod erase;
mod evidence;
mod explain;
mod fact;
mod file;
mod forecast;
mod identity;
mod import;
mod interest;
mod key;
mod lately;
mod ledger;
mod level;
mod limit;
mod log;
mod migration;
mod mistake;
mod morning;
mod overrule;
mod path;
mod payment;
mod person;
mod policy;
mod portfolio;
mod rating;
mod ready;
mod reason;
mod review;
mod roll;
mod run;
mod seat;
mod shift;
mod signal;
mod stand;
mod stress;
mod subscription;
mod taken;
mod tell;
mod together;
mod treatment;
mod watch;
mod wish;
mod wording;

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::{Notify, Semaphore, SemaphorePermit, mpsc};

use crate::{
    alert,
    clock::Clock,
    collect,
    domain::{Client, ClientCode, Creditor, Event, PortfolioId, PortfolioName},
    intake, paper,
    pipeline::{self, Rescorer},
    store::{self, Note, Store, noting},
};

pub use action::{ActedView, ActionInput, InstalmentInput};
pub use amount::AmountInput;
pub use assess::{
    AdoptInput, AdoptedView, AppraisalView, AskedForView, AssessInput, Assessed, AssessmentLine, AssessmentView,
    BecauseView, CandidateView, Directory, DocumentView, DoubtView, FeatureView, IdentityView, NeededView, Onboarding,
    OnboardingGroundView, ProspectView, RecomputedView, SourceAnswerView, TermsView, VectorView, WorthView,
};
pub use batch::{BodyFormat, ImportView, RejectView};
pub use calendar::calendar;
pub use card::{
    EvaluationView, FigureView, GradeEvaluationView, InputCard, ModelCard, ModelPapers, PartEvaluationView,
};
pub use cell::harmless;
pub use channel::{ChannelInput, MailInput, Reachable, StreamInput, WebhookInput};
pub use client::{ClientSearch, ClientView, Figures};
pub use coverage::{Coverage, UnseenLine, WatchedSource};
pub use delivery::{DeliveryView, RecoverInput, RecoveredView, TestView, Tester};
pub use erase::{ErasedView, HoldView, ReasonInput};
pub use explain::{ChangeLine, Explanation, Step};
pub use fact::fields_of;
pub use file::{ClientFile, FileKind, FileOrder, Language};
pub use forecast::{FiredView, PreviewInput, PreviewView};
pub(crate) use identity::BESIDE;
pub use identity::{MergeInput, MergerLine, MergerView, SplitInput, SplitView};
pub use import::{ColumnView, ColumnsView, ImportAnswer, ImportKind, ImportOrder};
pub use interest::{InterestInput, InterestView};
pub use key::{KeyView, NewKeyView, is_well_formed, mint};
pub use lately::{Lately, MAX_DAYS_BACK, days_before};
pub use ledger::{
    AgeingView, DisputeView, LedgerLineView, LedgerPage, LedgerTotals, PaidView, PlanView, PromiseView, WriteOffView,
};
pub use level::RatedBy;
pub use limit::{
    AppetitesView, GrantInput, GrantView, GroundView, GroupInput, GroupView, JoinInput, LimitView, ReleaseInput,
    ReleaseView,
};
pub use log::{LogAsk, LogLine};
pub use migration::{MigrationCell, MigrationView};
pub use morning::{FreshView, Morning, MorningAsk, MoverView, Movers, SourceView, last_working_day};
pub use overrule::{OverrideInput, WaitingOverride};
pub use path::{PathStepView, PathView, ReachedView};
pub use payment::{PaymentCandidateView, PaymentInput, PaymentPartInput, PaymentPartView, PaymentView, UndoneView};
pub use person::{PASSWORD_MIN_CHARS, PersonView, Visitor};
pub use policy::{
    BacktestView, DryRunView, EstimateView, MoveLine, OwnerLoad, PlayedView, TransitionView, backtest_span,
};
pub use portfolio::{BandView, DEFAULT_LGD, PortfolioSummary};
pub use rating::{BriefRating, HistoryLine, Moment, OverrideView, PreviousView, QueryAnswer, RatingView};
pub use ready::Ready;
pub use reason::{EvidenceView, ReasonView};
pub use review::ReviewView;
pub use roll::{Roll, RollAsk, RollFound, RollLine, RollOrder};
pub use run::{NightOrder, RunView};
pub use seat::{FindingView, ModelView, Promotion};
pub use shift::{MoveView, ShiftView, SideView};
pub use signal::SignalView;
pub use stand::{Stand, StandLine};
pub use stress::{StressInput, StressView};
pub use subscription::{ReaderView, SubscriptionView};
pub use taken::{LeftView, TakenView, UnsaidView};
pub use tell::{Accepted, Told};
pub use together::{MAX_TOGETHER, Together};
pub use treatment::{
    ActionView, AgendaDay, AssumptionsView, AwaitedView, InstalmentView, LegalClockView, MotiveView, NextView,
    Promised, SignView, Task, TreatmentLine, TreatmentView, TreatmentsAsk, WaitOrActView, Weighed, WorkAsk, WorkFound,
};
pub use watch::{
    CalibrationView, DriftView, FeatureDriftView, GradeCalibrationView, OverridesView, ShadowView, WatchView,
};
pub use wish::{QuietInput, RotateInput, SubscriptionChange, SubscriptionInput};
pub use wording::{in_plain_words, said};

/// The portfolio that is meant when a caller who sees everything names none.
pub const DEFAULT_PORTFOLIO: &str = "default";

/// Why a request could not be answered.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not there, or not for this caller's eyes.
    #[error("there is no such {0} among what you may see")]
    NotFound(&'static str),
    /// A code that several visible portfolios use.
    #[error("more than one portfolio has a client {0:?}: say which one with `portfolio`")]
    Ambiguous(String),
    /// A write that could go to several portfolios.
    #[error("you see more than one portfolio: say which one with `portfolio`")]
    WhichPortfolio,
    /// A value that is not what it should be.
    #[error("{pointer}: {why}")]
    Invalid {
        /// Where, as a JSON pointer (RFC 6901) into the request.
        pointer: String,
        /// What would have been right.
        why: String,
    },
    /// Values that are not what they should be, each with its JSON pointer and what would have been right.
    #[error("{}", .0.iter().map(|(pointer, why)| format!("{pointer}: {why}")).collect::<Vec<_>>().join("; "))]
    InvalidFields(Vec<(String, String)>),
    /// Something that is there stands against it.
    #[error("{0}")]
    Conflict(String),
    /// The caller may not do this, whatever it sends.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The client was found to be the same company as another one, and the request is about the one that is rated.
    #[error("client {client} is merged into {into}: ask for {into}, or take the merger back first")]
    Merged {
        /// The client that was asked for.
        client: ClientCode,
        /// The client that it is rated as.
        into: ClientCode,
    },
    /// A client that is rated for others as well.
    #[error("{} merged into {client}: take that back first, then merge each of them", listed(.merged))]
    HasMerged {
        /// The client that was asked for.
        client: ClientCode,
        /// Those merged into it.
        merged: Vec<ClientCode>,
    },
    /// Work of that kind is already waiting.
    #[error("{0}")]
    Busy(&'static str),
    /// The store.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Rescoring.
    #[error(transparent)]
    Pipeline(#[from] pipeline::Error),
    /// Asking the open sources.
    #[error(transparent)]
    Collect(#[from] collect::Error),
    /// Reading a file or a body.
    #[error(transparent)]
    Intake(#[from] intake::Error),
    /// Setting what is handed over on paper.
    #[error(transparent)]
    Paper(#[from] paper::Error),
    /// A table or an archive that is handed over could not be written.
    #[error("the file cannot be written: {0}")]
    Unwritable(String),
    /// A blocking task ended without an answer.
    #[error("a blocking task ended early")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// Questions that rate a client hundreds of times, or everybody twice, and are answered side by side: more at once would take
/// the cores from the night and from those who ask for one rating. The others wait in turn.
static HEAVY: Semaphore = Semaphore::const_new(2);

/// A place among the heavy questions, held until it is dropped.
async fn place_for_a_heavy_question() -> Result<SemaphorePermit<'static>> {
    HEAVY.acquire().await.map_err(|_| Error::Busy("the process is about to end"))
}

impl Error {
    /// What the store said, when it was the store that failed, whichever room asked it.
    pub fn store(&self) -> Option<&store::Error> {
        match self {
            Self::Store(e) | Self::Pipeline(pipeline::Error::Store(e)) | Self::Intake(intake::Error::Store(e)) => {
                Some(e)
            }
            Self::Collect(e) => e.store(),
            _ => None,
        }
    }

    /// A wrong value at a JSON pointer.
    fn invalid(pointer: impl Into<String>, why: impl ToString) -> Self {
        Self::Invalid { pointer: pointer.into(), why: why.to_string() }
    }
}

/// What the desk answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Which portfolios somebody may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// All of them, those to come included.
    Everything,
    /// These only.
    Portfolios(Vec<PortfolioId>),
}

impl Reach {
    /// Whether a portfolio is within reach.
    pub fn sees(&self, portfolio: PortfolioId) -> bool {
        match self {
            Self::Everything => true,
            Self::Portfolios(own) => own.contains(&portfolio),
        }
    }

    /// The portfolios as the store asks for them: none means every one.
    pub fn only(&self) -> Option<&[PortfolioId]> {
        match self {
            Self::Everything => None,
            Self::Portfolios(own) => Some(own),
        }
    }
}

/// Who asks: the name for the audit log, and what may be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// A key's id, or `cli`.
    pub name: String,
    /// What may be seen.
    pub reach: Reach,
}

/// A client that somebody asks for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Who asks.
    pub caller: &'a Caller,
    /// The creditor's own code, as it was written.
    pub code: &'a str,
    /// In which portfolio, when said.
    pub portfolio: Option<&'a str>,
}

/// Some items of a list, and the key after which the rest begins.
#[derive(Debug, Clone)]
pub struct Slice<T, K = i64> {
    /// The items.
    pub items: Vec<T>,
    /// The key of the last one when there may be more.
    pub next: Option<K>,
}

/// Everything the use cases need; cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk {
    /// Facts, ratings, events.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// What turns facts into ratings.
    pub rescorer: Rescorer,
    /// Where a night is ordered; whoever holds the other end runs it.
    pub night: mpsc::Sender<NightOrder>,
    /// Rung after every write of facts: whoever waits on it rescores the clients touched.
    pub touched: Arc<Notify>,
    /// Whether webhooks may go to private and loopback addresses.
    pub allow_private_webhooks: bool,
    /// Whether there is a mail server, so that subscriptions by e-mail can be had.
    pub has_mail: bool,
    /// Share of the exposure that is lost when a client defaults, 0 to 1.
    pub lgd: f64,
    /// What a client owes, minor units, above which an override waits for a second person; none when one is enough.
    pub four_eyes_above_minor: Option<i64>,
    /// Days after its issue on which an electronic invoice falls due that names no day.
    pub terms_days: u16,
    /// Who is owed, by the name of the portfolio, as configured.
    pub creditors: Arc<BTreeMap<PortfolioName, Creditor>>,
}

impl Desk {
    /// The portfolios a caller sees, or the one it names; an unknown name gives none.
    async fn portfolios(&self, caller: &Caller, named: Option<&str>) -> Result<Vec<(PortfolioId, PortfolioName)>> {
        let mut all = self.store.facts().portfolios().await?;
        all.retain(|(id, name)| caller.reach.sees(*id) && named.is_none_or(|n| n.trim() == name.as_str()));
        Ok(all)
    }

    /// The same, where a name that no portfolio has is no empty answer: whoever mistypes one would take it for good news.
    async fn portfolios_named(
        &self,
        caller: &Caller,
        named: Option<&str>,
    ) -> Result<Vec<(PortfolioId, PortfolioName)>> {
        let found = self.portfolios(caller, named).await?;
        if named.is_some() && found.is_empty() { Err(Error::NotFound("portfolio")) } else { Ok(found) }
    }

    /// Events as a caller is told of them: who does not see every portfolio that there is is told no figure over all.
    pub async fn as_seen(&self, caller: &Caller, events: Vec<Event>) -> Result<Vec<Event>> {
        let is_of_all = events.iter().any(|event| event.body.has_figures_of_all());
        if caller.reach == Reach::Everything || !is_of_all {
            return Ok(events);
        }
        if self.store.facts().portfolios().await?.iter().all(|(id, _)| caller.reach.sees(*id)) {
            return Ok(events);
        }
        Ok(events.into_iter().map(Event::in_part).collect())
    }

    /// Refuses a person of whom the policy in force knows nothing.
    pub fn check_owner(&self, owner: Option<&str>) -> Result<()> {
        let is_known = owner.is_none_or(|owner| self.rescorer.policy.owners().contains(&owner));
        if is_known { Ok(()) } else { Err(Error::NotFound("owner")) }
    }

    /// The names of the portfolios that a caller sees.
    pub async fn portfolio_names(&self, caller: &Caller) -> Result<Vec<String>> {
        Ok(self.portfolios(caller, None).await?.into_iter().map(|(_, name)| name.to_string()).collect())
    }

    /// The portfolio of that name, made when there is none yet: a new one tells its stream of any drop from the start.
    pub async fn open_portfolio(&self, name: &PortfolioName) -> Result<PortfolioId> {
        let is_known = self.store.facts().portfolios().await?.iter().any(|(_, known)| known == name);
        let id = self.store.facts().portfolio(name).await?;
        if !is_known {
            let any_drop = alert::default_subscription(id, self.clock.now());
            match self.store.deliveries().subscribe(&any_drop).await {
                // Somebody else opened it at the same moment, and one is enough.
                Ok(()) | Err(store::Error::Conflict(_)) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Ok(id)
    }

    /// The one portfolio that a write goes to. A caller who sees everything may name a new one.
    async fn target(&self, caller: &Caller, named: Option<&str>) -> Result<(PortfolioId, PortfolioName)> {
        if caller.reach == Reach::Everything {
            let name: PortfolioName = named
                .unwrap_or(DEFAULT_PORTFOLIO)
                .parse()
                .map_err(|e: crate::domain::WordError| Error::invalid("/portfolio", e))?;
            return Ok((self.open_portfolio(&name).await?, name));
        }
        let mut visible = self.portfolios(caller, named).await?;
        match (visible.pop(), visible.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(_), false) => Err(Error::WhichPortfolio),
            (None, _) => Err(Error::NotFound("portfolio")),
        }
    }

    /// The client that is meant.
    async fn find(&self, wanted: &Wanted<'_>) -> Result<Client> {
        // A text that can be nobody's code is unknown like any other: the same answer, and no word about why.
        let Ok(code) = wanted.code.parse::<ClientCode>() else { return Err(Error::NotFound("client")) };
        let mut found = None;
        for (portfolio, _) in self.portfolios(wanted.caller, wanted.portfolio).await? {
            if let Some(client) = self.store.facts().client(portfolio, &code).await?
                && found.replace(client).is_some()
            {
                return Err(Error::Ambiguous(code.to_string()));
            }
        }
        found.ok_or(Error::NotFound("client"))
    }

    /// Does some work and notes who did it, in one transaction: both are done, or neither. Nothing is noted of work that changed
    /// nothing.
    async fn noted<T>(
        &self,
        caller: &Caller,
        (what, on): (&'static str, &str),
        details: &serde_json::Value,
        work: impl Future<Output = store::Result<T>>,
    ) -> Result<T> {
        let note = Note::new(self.clock.now(), &caller.name, what, on, details.to_string());
        Ok(noting(note, work).await?)
    }

    /// Notes what was done, or is about to be, by more than one transaction.
    async fn note(&self, caller: &Caller, what: &str, on: &str, details: &serde_json::Value) -> Result<()> {
        Ok(self.store.audit().note(self.clock.now(), &caller.name, what, on, &details.to_string()).await?)
    }
}

/// Codes in a sentence, with their verb.
fn listed(codes: &[ClientCode]) -> String {
    let names: Vec<&str> = codes.iter().map(ClientCode::as_str).collect();
    format!("{} {}", names.join(", "), if names.len() == 1 { "is" } else { "are" })
}

/// A probability as outsiders see it: six decimals.
fn six_decimals(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// A share as outsiders see it: three decimals.
fn three_decimals(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}
