//! What becomes of an evaluation afterwards: it is listed, computed again, given to the client that the prospect became, or
//! erased.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use utoipa::ToSchema;

use super::view::{OnboardingGroundView, SourceAnswerView, TermsView};
use super::{AskedForView, AssessInput, Case, Desk, Error, Onboarding, ProspectView, Result, Slice, Wanted};
use crate::{
    collect::NOBODY_YET,
    desk::{AmountInput, Caller, ReasonInput, amount::cents},
    domain::{AsOf, Sha256},
    store::{self, Assessment, AssessmentFilter, Entry},
    treat::Standing,
};

/// An evaluation in a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AssessmentLine {
    /// Its name.
    pub id: String,
    /// Whose prospect it is.
    pub portfolio: String,
    /// The prospect's name.
    pub name: String,
    /// `approve`, `refer` or `refuse`.
    pub decision: String,
    /// The grade.
    pub grade: String,
    /// What was granted without asking, or would be.
    pub limit: Option<f64>,
    /// ISO 4217 of the limit.
    pub currency: String,
    /// Who it was among the clients.
    pub standing: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    pub made_at: Timestamp,
    /// The client that it is now.
    pub client: Option<String>,
    /// A fact it rested on was withdrawn since.
    pub withdrawn: bool,
}

/// Which client a prospect is now.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdoptInput {
    /// The creditor's own code, of the same portfolio.
    pub client: String,
}

/// What a client was given of the prospect it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AdoptedView {
    /// The evaluation.
    pub id: String,
    /// The client whose file it is.
    pub client: String,
    /// Signals that are the client's now, known since they were read.
    pub signals: usize,
}

/// An evaluation computed again from what is kept of it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RecomputedView {
    /// The evaluation.
    pub id: String,
    /// Decision, grade, limit, terms and reasons are those that were recorded; null when it cannot be told, see `why`.
    pub same: Option<bool>,
    /// Why it cannot be told: another model rates today, other rules decide, or a fact was withdrawn.
    pub why: Vec<String>,
    /// The decision, computed now.
    pub decision: String,
    /// The grade, computed now.
    pub grade: String,
    /// Probability of default, computed now.
    pub pd: Option<f64>,
    /// The limit, computed now.
    pub limit: Option<f64>,
    /// The terms, computed now.
    pub terms: TermsView,
    /// The reasons, computed now.
    pub reasons: Vec<OnboardingGroundView>,
}

/// As much of a recorded evaluation as it is computed from, and compared with.
#[derive(Deserialize)]
struct Recorded {
    portfolio: String,
    decision: String,
    reasons: Vec<OnboardingGroundView>,
    limit: Option<f64>,
    terms: TermsView,
    prospect: ProspectView,
    asked: AskedForView,
    identity: RecordedIdentity,
    sources: Vec<RecordedSource>,
    rating: RecordedRating,
    made_at: Timestamp,
    valid_at: Date,
    known_at: Timestamp,
    rules: String,
    policy: String,
    withdrawn: bool,
}

#[derive(Deserialize)]
struct RecordedIdentity {
    standing: String,
    doubtful: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct RecordedSource {
    source: String,
    status: String,
}

#[derive(Deserialize)]
struct RecordedRating {
    grade: String,
    pd: Option<f64>,
    model: String,
    scale: String,
    model_rules: String,
}

impl Recorded {
    fn of(assessment: &Assessment) -> Result<Self> {
        serde_json::from_slice(&assessment.body)
            .map_err(|e| store::Error::Damaged { what: "assessment", why: e.to_string() }.into())
    }

    /// The prospect as it would be asked about again.
    fn input(&self) -> AssessInput {
        let ProspectView { name, country, tax_id, registry_id, lei, sector, city, address, .. } = self.prospect.clone();
        AssessInput {
            name,
            country,
            tax_id,
            registry_id,
            lei,
            sector,
            city,
            address,
            amount: (!self.asked.assumed).then_some(AmountInput::Number(self.asked.amount)),
            yearly_value: self.asked.yearly_value.map(AmountInput::Number),
            currency: Some(self.asked.currency.clone()),
        }
    }

    fn standing(&self) -> Standing {
        let all = [Standing::New, Standing::Homonym, Standing::Uncertain, Standing::Client];
        all.into_iter().find(|known| known.as_str() == self.identity.standing).unwrap_or(Standing::Uncertain)
    }
}

impl Desk {
    pub(super) async fn assessment_lines(
        &self,
        filter: &AssessmentFilter,
        before: Option<i64>,
        limit: usize,
    ) -> Result<Slice<AssessmentLine>> {
        let mut found = self.store.facts().assessments(filter, before, limit + 1).await?;
        let more = found.len() > limit;
        found.truncate(limit);
        let mut items = Vec::with_capacity(found.len());
        for assessment in &found {
            let recorded = Recorded::of(assessment)?;
            let client = match assessment.client {
                Some(id) => self.store.facts().client_by_id(id).await?.map(|client| client.code.to_string()),
                None => None,
            };
            items.push(AssessmentLine {
                id: assessment.name.clone(),
                portfolio: recorded.portfolio,
                name: recorded.prospect.name,
                decision: recorded.decision,
                grade: recorded.rating.grade,
                limit: recorded.limit,
                currency: recorded.asked.currency,
                standing: recorded.identity.standing,
                made_at: recorded.made_at,
                client,
                withdrawn: assessment.is_withdrawn,
            });
        }
        Ok(Slice { items, next: found.last().filter(|_| more).map(|last| last.id) })
    }

    /// The code of the client that an evaluated prospect is now; none while it is nobody's.
    pub async fn assessed_client(&self, caller: &Caller, id: &str) -> Result<Option<String>> {
        let Some(client) = self.find_assessment(caller, id).await?.client else { return Ok(None) };
        let client = self.store.facts().client_by_id(client).await?;
        Ok(client.map(|client| client.code.to_string()))
    }

    /// Computes an evaluation again from the facts that are kept with it, as of its own moment. Asks nobody, records nothing.
    pub async fn recompute_assessment(
        &self,
        caller: &Caller,
        id: &str,
        onboarding: &Onboarding,
    ) -> Result<RecomputedView> {
        let assessment = self.find_assessment(caller, id).await?;
        let recorded = Recorded::of(&assessment)?;
        let applicant = recorded.input().parse()?;
        let signals = self.store.facts().assessment_signals(assessment.id, NOBODY_YET).await?;
        let blind = recorded.sources.iter().filter(|source| SourceAnswerView::is_blind(&source.status));
        let blind: Vec<String> = blind.map(|source| source.source.clone()).collect();
        let case = Case {
            applicant: &applicant,
            as_of: AsOf { valid_at: recorded.valid_at, known_at: recorded.known_at },
            signals: &signals,
            standing: recorded.standing(),
            n_uncertain: recorded.identity.doubtful.len(),
            blind: &blind,
        };
        let judged = self.judge(&case, onboarding).await?;
        let now = self.appraisal_view(&judged.appraised, &signals);
        let view = RecomputedView {
            id: assessment.name.clone(),
            same: None,
            why: Vec::new(),
            decision: judged.decided.advice.as_str().to_owned(),
            grade: now.grade.clone(),
            pd: now.pd,
            limit: judged.decided.limit.map(cents),
            terms: judged.decided.terms.into(),
            reasons: judged.decided.grounds.into_iter().map(OnboardingGroundView::from).collect(),
        };
        let mut why = Vec::new();
        let mut compare = |what: &str, then: &str, now: &str| {
            if then != now {
                why.push(format!("{what}: {then} then, {now} now"));
            }
        };
        compare("model", &recorded.rating.model, &now.model);
        compare("scale", &recorded.rating.scale, &now.scale);
        compare("rules above the model", &recorded.rating.model_rules, &now.model_rules);
        compare("rules of onboarding", &recorded.rules, onboarding.rules.version());
        compare("policy", &recorded.policy, self.rescorer.policy.version());
        if recorded.withdrawn {
            why.push("a fact it rested on was withdrawn since".to_owned());
        }
        let same = why.is_empty().then(|| {
            view.decision == recorded.decision
                && view.grade == recorded.rating.grade
                && view.pd == recorded.rating.pd
                && view.limit == recorded.limit
                && view.terms == recorded.terms
                && view.reasons == recorded.reasons
        });
        Ok(RecomputedView { same, why, ..view })
    }

    /// The bytes of a document that was read for an evaluation.
    pub async fn assessment_document(&self, caller: &Caller, id: &str, name: Sha256) -> Result<Vec<u8>> {
        let assessment = self.find_assessment(caller, id).await?;
        if !self.store.facts().is_document_of(assessment.id, name).await? {
            return Err(Error::NotFound("document"));
        }
        let archive = self.store.archive().clone();
        let bytes = tokio::task::spawn_blocking(move || archive.get(&name)).await??;
        bytes.ok_or(Error::NotFound("document"))
    }

    /// Says which client a prospect is now: what was found is the client's, known since it was read.
    pub async fn adopt_assessment(&self, caller: &Caller, id: &str, input: &AdoptInput) -> Result<AdoptedView> {
        let assessment = self.find_assessment(caller, id).await?;
        let portfolios = self.portfolios(caller, None).await?;
        let owner = portfolios.iter().find(|(id, _)| *id == assessment.portfolio).map(|(_, name)| name.as_str());
        let client =
            self.find(&Wanted { caller, code: &input.client, portfolio: owner }).await.map_err(
                |error| match error {
                    Error::NotFound(_) => {
                        Error::invalid("/client", format!("there is no client {:?} in its portfolio", input.client))
                    }
                    other => other,
                },
            )?;
        let note = Entry { who: &caller.name, what: "assessment.adopted", object: id, details: "null" };
        let whose = (client.id, client.facts.who.identifiers.as_slice());
        let adopted = self.store.facts().adopt_assessment(assessment.id, whose, &note, self.clock.now()).await;
        adopted.map_err(|error| match error {
            conflict @ store::Error::Conflict(_) => Error::Conflict(conflict.to_string()),
            other => other.into(),
        })?;
        self.touched.notify_one();
        let signals = self.store.facts().assessment_signals(assessment.id, client.id).await?.len();
        Ok(AdoptedView { id: assessment.name, client: client.code.to_string(), signals })
    }

    /// Erases an evaluation, the facts kept with it and every document that was read for it. What has become a client's is
    /// erased with the client.
    pub async fn erase_assessment(&self, caller: &Caller, id: &str, input: &ReasonInput) -> Result<()> {
        let reason = input.parse()?;
        let assessment = self.find_assessment(caller, id).await?;
        if assessment.client.is_some() {
            return Err(Error::Conflict(
                "the prospect is a client: erase the client, and its file goes with it".to_owned(),
            ));
        }
        let details = serde_json::json!({ "reason": reason }).to_string();
        let note = Entry { who: &caller.name, what: "assessment.erased", object: id, details: &details };
        Ok(self.store.facts().erase_assessment(assessment.id, &note, self.clock.now()).await?)
    }
}
