//! What an assessment says: a promise to whoever reads it in two years.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{identity::CandidateView, input::ProspectView};
use crate::{
    collect::{Heard, NOBODY_YET, Unasked},
    desk::{AppetitesView, ReasonView, SignalView, fields_of},
    store::Review,
    treat::{OnboardingGround, Terms},
};

/// A prospect's evaluation with everything it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AssessmentView {
    /// Its name.
    #[schema(example = "asm_0f2c…")]
    pub id: String,
    /// Whose prospect it is.
    pub portfolio: String,
    /// `approve`, `refer` (a person looks first) or `refuse`.
    pub decision: String,
    /// Why, the hardest first.
    pub reasons: Vec<OnboardingGroundView>,
    /// How much it may owe without asking anybody; of a referral, how much that would be if nothing stood against it. Null when
    /// its risk is not determined.
    pub limit: Option<f64>,
    /// On which terms.
    pub terms: TermsView,
    /// That a person must look at it before it binds, and why; null when not.
    pub human_review: Option<String>,
    /// The prospect as it was understood.
    pub prospect: ProspectView,
    /// What it asks for.
    pub asked: AskedForView,
    /// Who it is among the clients.
    pub identity: IdentityView,
    /// Every source that is configured, by name: what was asked, when, what came of it.
    pub sources: Vec<SourceAnswerView>,
    /// What is surely about it, by name.
    pub signals: Vec<SignalView>,
    /// Every feature, in the order of the catalogue.
    pub vector: VectorView,
    /// The rating.
    pub rating: AppraisalView,
    /// What it is worth.
    pub worth: WorthView,
    /// What would be needed to determine the risk, when it is not; else empty.
    pub needed: Vec<NeededView>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// The day it is about.
    #[schema(value_type = String, format = Date)]
    pub valid_at: Date,
    /// The instant of knowledge.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
    /// When it goes, unless the prospect is a client by then.
    #[schema(value_type = String, format = DateTime)]
    pub keep_until: Timestamp,
    /// The rules that decided.
    pub rules: String,
    /// The policy that the limits follow.
    pub policy: String,
    /// A fact it rested on was withdrawn since: what was decided is left, what it rested on is not.
    pub withdrawn: bool,
    /// What this is not.
    pub notice: String,
}

/// A reason of the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OnboardingGroundView {
    /// What it alone would make of the prospect.
    pub decision: String,
    /// A word for programs.
    pub code: String,
    /// As a sentence.
    pub text: String,
    /// The same in Italian.
    pub text_it: String,
}

/// On which terms somebody is given credit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TermsView {
    /// Days from invoice to payment.
    pub days: u16,
    /// Share that is paid before delivery, 0 to 1.
    pub advance: f64,
    /// What secures the rest; null when nothing.
    pub guarantee: Option<String>,
}

/// What a prospect asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AskedForView {
    /// How much it wants to owe at most.
    pub amount: f64,
    /// ISO 4217.
    pub currency: String,
    /// What it is expected to buy in a year; null when not said.
    pub yearly_value: Option<f64>,
    /// Nobody said how much: it is the typical amount of the rules.
    pub assumed: bool,
}

/// Who a prospect is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct IdentityView {
    /// `new` (nobody of ours), `homonym` (another company than a client of its name), `uncertain` or `client`.
    pub standing: String,
    /// A register or an authority said for certain that it exists.
    pub identified: bool,
    /// The clients that it is, or may be.
    pub clients: Vec<CandidateView>,
    /// Clients that bear its name and are others.
    pub namesakes: Vec<CandidateView>,
    /// Records that may be about it, and may not; they moved nothing.
    pub doubtful: Vec<DoubtView>,
}

/// A record that may be about a prospect.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DoubtView {
    /// Who says it.
    pub source: String,
    /// Whom it speaks of, in its own words.
    pub subject: String,
    /// What kind of thing it is.
    pub kind: String,
    /// What it says.
    #[schema(value_type = Object)]
    pub fields: Value,
    /// How sure it is that it is about the prospect; null when somebody else is likelier, and who that is may be nobody's
    /// business here.
    pub certainty: Option<f64>,
    /// What speaks for and against it.
    pub because: Vec<String>,
    /// Where a person can read it.
    pub url: Option<String>,
    /// The hash of the bytes read.
    pub sha256: String,
}

/// What one source was asked and answered.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SourceAnswerView {
    /// Its name.
    pub source: String,
    /// A register or an authority.
    pub official: bool,
    /// `answered`; `partly`; `silent` (asked, and no answer); `out_of_time`; or not asked: `off`, `closed` (not at this hour),
    /// `not_askable` (no number that it knows companies by, or it tells everybody the same). Only `answered` speaks for all
    /// that the source knows.
    pub status: String,
    /// When it was asked first.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub asked_at: Option<Timestamp>,
    /// When its last answer was there, or was no longer waited for.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// Questions asked.
    pub questions: usize,
    /// Questions answered.
    pub answered: usize,
    /// Signals that are surely about the prospect.
    pub signals: usize,
    /// Why it was not asked, or did not answer.
    pub why: Vec<String>,
    /// What was read.
    pub documents: Vec<DocumentView>,
}

/// Something that was read; its bytes are in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DocumentView {
    /// Where it was read.
    pub url: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub seen_at: Timestamp,
    /// The hash of the bytes.
    pub sha256: String,
}

/// What the model saw.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct VectorView {
    /// The hash of the catalogue of features.
    pub catalogue: String,
    /// Each feature and its value; null is missing, which is not zero.
    pub features: Vec<FeatureView>,
}

/// A feature's value.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FeatureView {
    /// Its name.
    pub feature: String,
    /// Its value; null is missing.
    pub value: Option<f64>,
}

/// A rating of somebody who is no client.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AppraisalView {
    /// `A1` to `C3`, `D`, or `ND` when not determined.
    pub grade: String,
    /// Probability of default within twelve months; null for `ND`.
    pub pd: Option<f64>,
    /// Points; null for `ND`. The reasons add up to them.
    pub points: Option<i32>,
    /// Share of the model's information that was present.
    pub coverage: f64,
    /// Which model, with the hash of its artefact.
    pub model: String,
    /// The versions of the master scale and of the rules that stand above the model.
    pub scale: String,
    /// See `scale`.
    pub model_rules: String,
    /// Why, the heaviest first.
    pub reasons: Vec<ReasonView>,
}

/// What a prospect is worth.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WorthView {
    /// A limit at three appetites; null when its risk is not determined.
    pub suggested: Option<AppetitesView>,
    /// What its risk alone would bear.
    pub bears: Option<AppetitesView>,
    /// What it will owe on average if it buys as is expected.
    pub need: f64,
    /// What it is expected to buy in a year.
    pub volume: f64,
}

/// Something without which the risk is not determined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct NeededView {
    /// What: `identifier`, `source`, `register`, `coverage`, `ledger`, or a feature of the model.
    pub what: String,
    /// In a sentence.
    pub text: String,
    /// The same in Italian.
    pub text_it: String,
}

impl From<OnboardingGround> for OnboardingGroundView {
    fn from(ground: OnboardingGround) -> Self {
        let OnboardingGround { advice, code, text, text_it } = ground;
        Self { decision: advice.as_str().to_owned(), code: code.to_owned(), text, text_it }
    }
}

impl From<Terms> for TermsView {
    fn from(Terms { days, advance, guarantee }: Terms) -> Self {
        Self { days, advance, guarantee }
    }
}

impl From<&Review> for DoubtView {
    fn from(review: &Review) -> Self {
        let is_likeliest = review.client == NOBODY_YET;
        let because = review.because.lines().filter(|_| is_likeliest);
        Self {
            source: review.signal.source.to_string(),
            subject: review.subject_name.clone(),
            kind: review.signal.fact.kind().to_owned(),
            fields: fields_of(&review.signal.fact),
            certainty: is_likeliest.then(|| (review.certainty.get() * 1e4).floor() / 1e4),
            because: because.map(str::to_owned).collect(),
            url: review.signal.url.clone(),
            sha256: review.signal.evidence.sha256.to_string(),
        }
    }
}

impl SourceAnswerView {
    /// Whether it was asked and did not answer everything, by its status.
    pub(super) fn is_blind(status: &str) -> bool {
        matches!(status, "partly" | "silent" | "out_of_time")
    }

    pub(super) fn new(heard: &Heard) -> Self {
        let (status, why) = match &heard.unasked {
            Some(Unasked::Off(why)) => ("off", vec![why.clone()]),
            Some(Unasked::Closed(until)) => ("closed", vec![format!("it is asked nothing before {until}")]),
            Some(Unasked::NothingToAskBy) => {
                ("not_askable", vec!["it has nothing to ask by, or tells everybody the same".to_owned()])
            }
            None => {
                let status = match heard {
                    heard if heard.is_out_of_time => "out_of_time",
                    heard if !heard.is_blind() => "answered",
                    heard if heard.n_answered > 0 => "partly",
                    _ => "silent",
                };
                let unchecked = heard.could_not_check().then(|| "it says that it could not check".to_owned());
                (status, heard.failures.iter().cloned().chain(unchecked).collect())
            }
        };
        let document = |read: &crate::domain::Evidence| DocumentView {
            url: read.url.clone(),
            seen_at: read.seen_at,
            sha256: read.sha256.to_string(),
        };
        Self {
            source: heard.source.to_string(),
            official: heard.is_official,
            status: status.to_owned(),
            asked_at: heard.asked_at,
            ended_at: heard.ended_at,
            questions: heard.n_asked,
            answered: heard.n_answered,
            signals: heard.signals.len(),
            why,
            documents: heard.documents.iter().map(document).collect(),
        }
    }
}

impl AssessmentView {
    /// What may still be shown when a fact that it rests on is withdrawn: what was decided, about whom, by which rules.
    pub(super) fn remains(&self) -> Self {
        let mut left = self.clone();
        left.withdrawn = true;
        left.identity.doubtful.clear();
        left.signals.clear();
        left.vector.features.clear();
        left.rating.reasons.clear();
        left.needed.clear();
        left.sources.iter_mut().for_each(|source| {
            source.documents.clear();
            source.signals = 0;
        });
        left
    }
}
