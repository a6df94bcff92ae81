//! What to do, for whom, by when, and why this and not more.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, Desk, EvidenceView, Result, Slice, Wanted, client::decimal, six_decimals, three_decimals};
use crate::{
    domain::{
        AsOf, Client, ClientId, EvidenceRef, Glossary, InvoiceKey, NOTICE, Outcome, PortfolioId, ReasonLine, Treatment,
        say_line,
    },
    pipeline::{Examined, Treating},
    treat::{self, Assumptions, LegalClock, Motive, Prospect, Words},
};

/// Invoices that a text names; the rest is counted.
const MAX_NAMED_INVOICES: usize = 5;
/// Things done that are shown, the newest.
const MAX_ACTIONS: usize = 50;

/// What to do about a client, in a line of a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TreatmentLine {
    /// The creditor's own code.
    pub client: String,
    /// The client's name.
    pub name: String,
    /// Whose client it is.
    pub portfolio: String,
    /// `A1` to `C3`, `D` or `ND`.
    pub grade: String,
    /// `monitoring`, `reminder`, `courtesy_call`, `formal_notice`, `extrajudicial_recovery`, `judicial_recovery`,
    /// `claim_filing` or `write_off`.
    pub phase: String,
    /// What is to be done: `watch`, `send_reminder`, `call`, `send_notice`, `wait`, `await_promise`…; `none` when nothing is
    /// owed.
    pub action: String,
    /// `desk`, `email`, `phone`, `letter`, `certified_mail`, `in_person`, `agency` or `lawyer`.
    pub channel: String,
    /// `friendly`, `white_gloves`, `firm` or `formal`.
    pub tone: String,
    /// By whom, in the policy's words.
    pub owner: String,
    /// By when, never in the past; null only when nothing is owed.
    #[schema(value_type = Option<String>, format = Date)]
    pub due_on: Option<Date>,
    /// The day on which it should have been done, when that is past.
    #[schema(value_type = Option<String>, format = Date)]
    pub late_since: Option<Date>,
    /// What comes next and when, if nothing is paid.
    pub next: Option<NextView>,
    /// Everything that is owed, a decimal number in `currency`.
    pub exposure: String,
    /// What is overdue and not disputed, credit notes taken off.
    pub overdue: String,
    /// ISO 4217.
    pub currency: String,
    /// Days since the oldest of it fell due.
    pub oldest_overdue_days: i32,
    /// The same without the days on which the clock stood still.
    pub clock_days: i32,
    /// Numbers of the overdue invoices, at most five.
    pub invoices: Vec<String>,
    /// The policy's track: how the client goes through the phases.
    pub track: String,
    /// Why, as a word for programs.
    pub basis: String,
    /// Why.
    pub why: String,
    /// The same in Italian.
    pub why_it: String,
    /// Why nothing harder.
    pub why_not_more: String,
    /// The same in Italian.
    pub why_not_more_it: String,
}

/// A phase to come.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct NextView {
    /// Which.
    pub phase: String,
    /// On that day at the earliest.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
}

/// What to do about a client, with everything behind it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TreatmentView {
    /// The treatment.
    #[serde(flatten)]
    pub line: TreatmentLine,
    /// The client whose treatment this is, where the one asked for is merged into it; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// The words that go out, or the brief for whoever calls; null when the phase has none.
    pub text: Option<String>,
    /// The same in Italian.
    pub text_it: Option<String>,
    /// The language to use with this client: `it` in Italy, else `en`.
    pub language: String,
    /// Is waiting worth more than acting? Null when nothing is overdue.
    pub wait_or_act: Option<WaitOrActView>,
    /// Cannot pay, or will not pay?
    pub motive: MotiveView,
    /// Days that the law sets.
    pub legal_clocks: Vec<LegalClockView>,
    /// What was done and heard, newest first, at most fifty.
    pub actions: Vec<ActionView>,
    /// The policy that says so.
    pub policy: String,
    /// The day it is about.
    #[schema(value_type = String, format = Date)]
    pub valid_at: Date,
    /// The instant of knowledge.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
    /// What this is not.
    pub notice: String,
}

/// What acting is worth against one more step of waiting.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WaitOrActView {
    /// `act` when acting on the day asked about is worth more, else `wait`.
    pub advice: String,
    /// The day on which to act: inside the time that the policy allows.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// By how much acting now is worth more than waiting a step, in the ledger's currency; negative: waiting is.
    pub gain: f64,
    /// The probability that it is paid within a step when nobody does anything.
    pub pays_alone: f64,
    /// The same after the action; an assumption multiplies the rate of payment by `effect`.
    pub pays_asked: f64,
    /// Paid invoices of the client's own behind `pays_alone`.
    pub invoices: usize,
    /// Share of what is overdue that is lost on average when it is not paid.
    pub loss_share: f64,
    /// What the action costs.
    pub cost: f64,
    /// What it costs in the relationship, on average.
    pub relationship: f64,
    /// Days of a step.
    pub step_days: i32,
    /// By how much the action is assumed to multiply the rate of payment.
    pub effect: f64,
    /// Whether limitation is near: then waiting loses the claim.
    pub urgent: bool,
    /// The policy's assumptions behind it.
    pub assumptions: AssumptionsView,
    /// As a sentence.
    pub text: String,
}

/// What the policy assumes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AssumptionsView {
    /// Of what is open when a client defaults, the share that is lost.
    pub lgd: f64,
    /// What money costs, a year.
    pub capital_rate: f64,
    /// How late an unknown client pays on average, days.
    pub prior_delay_days: f64,
    /// As how many invoices of its own that counts.
    pub prior_invoices: f64,
    /// What is not paid after a step waits so many days more.
    pub further_delay_days: f64,
    /// Earned on what an active client buys.
    pub margin: f64,
    /// How many years of that winning another client costs.
    pub replacement_years: f64,
}

/// Cannot pay, or will not pay?
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MotiveView {
    /// `cannot_pay`, `will_not_pay`, `momentary` or `unclear`.
    pub verdict: String,
    /// How much speaks for *cannot*, 0 to 1.
    pub cannot: f64,
    /// How much speaks for *will not*, 0 to 1.
    pub will_not: f64,
    /// Whether the client pays within terms, or nearly, as a rule.
    pub regular: bool,
    /// What speaks for either.
    pub signs: Vec<SignView>,
}

/// A sign that speaks.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SignView {
    /// A feature, or `broken_promises`.
    pub feature: String,
    /// Its value.
    pub value: f64,
    /// Weight for *cannot*.
    pub cannot: f64,
    /// Weight for *will not*.
    pub will_not: f64,
    /// As a sentence.
    pub text: String,
    /// What it rests on.
    pub evidence: Vec<EvidenceView>,
}

/// A day that the law sets.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct LegalClockView {
    /// `limitation`, `interest_since`, `claim_by` or `protected_since`.
    pub kind: String,
    /// The day.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// As a sentence.
    pub text: String,
}

/// Something that was done or heard.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ActionView {
    /// Its name; the same for the same content.
    pub id: String,
    /// What kind of thing.
    pub kind: String,
    /// The day it happened.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
    /// Who recorded it.
    pub author: String,
    /// How a call or visit ended: `reached`, `no_answer`, `refused`.
    pub result: Option<String>,
    /// A decimal number in `currency`.
    pub amount: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// Until when something was promised.
    #[schema(value_type = Option<String>, format = Date)]
    pub due_on: Option<Date>,
    /// The invoice it is about.
    pub invoice: Option<String>,
    /// Whether the client was right.
    pub accepted: Option<bool>,
    /// What was agreed.
    pub instalments: Vec<InstalmentView>,
    /// In somebody's own words.
    pub note: Option<String>,
}

/// An instalment.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct InstalmentView {
    /// When.
    #[schema(value_type = String, format = Date)]
    pub due_on: Date,
    /// How much, a decimal number.
    pub amount: String,
}

impl From<&Outcome> for ActionView {
    fn from(outcome: &Outcome) -> Self {
        let instalment = |(on, amount): &(Date, crate::domain::Money)| InstalmentView {
            due_on: *on,
            amount: decimal(*amount),
        };
        Self {
            id: outcome.id.to_string(),
            kind: outcome.kind.to_string(),
            on: outcome.on,
            known_at: outcome.known_at,
            author: outcome.author.clone(),
            result: outcome.result.map(|result| result.to_string()),
            amount: outcome.amount.map(decimal),
            currency: outcome.amount.map(|amount| amount.currency().to_string()),
            due_on: outcome.due_on,
            invoice: outcome.invoice.clone(),
            accepted: outcome.accepted,
            instalments: outcome.instalments.iter().map(instalment).collect(),
            note: outcome.note.clone(),
        }
    }
}

/// Who a line is about.
struct Whom<'a> {
    client: &'a Client,
    portfolio: &'a str,
    invoices: Vec<String>,
}

fn line(whom: Whom<'_>, grade: String, exposure: String, found: &Treatment) -> TreatmentLine {
    TreatmentLine {
        client: whom.client.code.to_string(),
        name: whom.client.facts.who.name.clone(),
        portfolio: whom.portfolio.to_owned(),
        grade,
        phase: found.phase.to_string(),
        action: found.action.to_string(),
        channel: found.channel.to_string(),
        tone: found.tone.to_string(),
        owner: found.owner.clone(),
        due_on: found.due_on,
        late_since: found.late_since,
        next: found.next.map(|(phase, on)| NextView { phase: phase.to_string(), on }),
        exposure,
        overdue: decimal(found.overdue),
        currency: found.overdue.currency().to_string(),
        oldest_overdue_days: found.oldest_overdue_days,
        clock_days: found.clock_days,
        invoices: whom.invoices,
        track: found.track.clone(),
        basis: found.basis.as_str().to_owned(),
        why: treat::why(found, false),
        why_it: treat::why(found, true),
        why_not_more: treat::why_not_more(found, false),
        why_not_more_it: treat::why_not_more(found, true),
    }
}

impl Desk {
    /// What to do about a client, with everything behind it. Of a merged client it is the survivor's.
    pub async fn treatment(&self, wanted: &Wanted<'_>) -> Result<TreatmentView> {
        let as_of = AsOf::at(self.clock.now());
        let (client, survivor) = self.find_rated(wanted, as_of.known_at).await?;
        let treated = survivor.as_ref().unwrap_or(&client);
        let examined = self.rescorer.examine(treated.id, as_of, None).await?;
        let merged_into = survivor.as_ref().map(|survivor| survivor.code.to_string());
        let view = self.treatment_view(treated, &examined, as_of).await?;
        let line = TreatmentLine { client: client.code.to_string(), name: client.facts.who.name.clone(), ..view.line };
        Ok(TreatmentView { line, merged_into, ..view })
    }

    pub(super) async fn treatment_view(
        &self,
        client: &Client,
        examined: &Examined,
        as_of: AsOf,
    ) -> Result<TreatmentView> {
        let names = self.store.facts().portfolios().await?;
        let portfolio = names.iter().find(|(id, _)| *id == client.portfolio);
        let invoices = self.numbers_of(client.id, &examined.invoices).await?;
        let named = named_invoices(&invoices);
        let words = Words { name: &client.facts.who.name, client: client.code.as_str(), invoices: &named };
        let policy = &self.rescorer.policy;
        let found = &examined.treatment;
        let whom = Whom { client, portfolio: portfolio.map_or("", |(_, name)| name.as_str()), invoices: first(invoices) };
        let exposure = decimal(crate::domain::Money::from_minor(examined.exposure_minor, examined.currency));
        let mut outcomes: Vec<&Outcome> = examined.outcomes.iter().collect();
        outcomes.sort_by_key(|outcome| std::cmp::Reverse((outcome.on, outcome.known_at)));
        Ok(TreatmentView {
            line: line(whom, examined.rating.grade.to_string(), exposure, found),
            merged_into: None,
            text: treat::text(found, policy, &words, false),
            text_it: treat::text(found, policy, &words, true),
            language: if examined.country.is_some_and(|country| country.to_string() == "IT") { "it" } else { "en" }
                .to_owned(),
            wait_or_act: examined.prospect.as_ref().map(|p| wait_or_act(p, policy.assumptions(), as_of.valid_at)),
            motive: self.motive_view(&examined.motive, &examined.evidence).await?,
            legal_clocks: examined.clocks.iter().map(legal_clock).collect(),
            actions: outcomes.into_iter().take(MAX_ACTIONS).map(ActionView::from).collect(),
            policy: policy.version().to_owned(),
            valid_at: as_of.valid_at,
            known_at: as_of.known_at,
            notice: NOTICE.to_owned(),
        })
    }

    async fn motive_view(&self, motive: &Motive, evidence: &[Vec<EvidenceRef>]) -> Result<MotiveView> {
        let lines: Vec<ReasonLine> = motive
            .spoken
            .iter()
            .zip(evidence)
            .map(|(spoken, evidence)| ReasonLine {
                feature: spoken.sign.feature.clone(),
                value: Some(spoken.value),
                points: 0,
                evidence: evidence.clone(),
            })
            .collect();
        let exhibits = self.exhibits(lines.iter()).await?;
        let glossary = self.rescorer.glossary();
        let sign = |(spoken, line): (&treat::Spoken, &ReasonLine)| SignView {
            feature: spoken.sign.feature.clone(),
            value: spoken.value,
            cannot: spoken.sign.cannot,
            will_not: spoken.sign.will_not,
            text: sign_text(&glossary, line),
            evidence: exhibits.of(line.evidence.iter().copied()),
        };
        Ok(MotiveView {
            verdict: motive.verdict.to_owned(),
            cannot: three_decimals(motive.cannot),
            will_not: three_decimals(motive.will_not),
            regular: motive.is_regular,
            signs: motive.spoken.iter().zip(&lines).map(sign).collect(),
        })
    }

    /// What to do for these clients, in their order.
    async fn lines(&self, ids: &[ClientId], as_of: AsOf) -> Result<Vec<TreatmentLine>> {
        let policies = [std::sync::Arc::clone(&self.rescorer.policy)];
        let treated = self.rescorer.treat_many(ids, as_of, &policies).await?;
        let mut by_id: HashMap<ClientId, Treating> = treated.into_iter().map(|one| (one.client, one)).collect();
        let names = self.store.facts().portfolios().await?;
        let mut lines = Vec::with_capacity(ids.len());
        for id in ids {
            let (Some(one), Some(client)) = (by_id.remove(id), self.store.facts().client_by_id(*id).await?) else {
                continue;
            };
            let Some(found) = one.treatments.first() else { continue };
            let portfolio = names.iter().find(|(id, _)| *id == client.portfolio);
            let invoices = match one.invoices.is_empty() {
                true => Vec::new(),
                false => first(self.numbers_of(*id, &one.invoices).await?),
            };
            let whom = Whom { client: &client, portfolio: portfolio.map_or("", |(_, name)| name.as_str()), invoices };
            let exposure = decimal(crate::domain::Money::from_minor(one.exposure_minor, one.currency));
            lines.push(line(whom, one.grade.to_string(), exposure, found));
        }
        Ok(lines)
    }

    /// What to do, for whom, by when: with a day, what is to be done by it, the earliest first; without one, every open position.
    /// What has been paid since it was announced is left out, so that a page may have fewer items than asked for.
    pub async fn treatments(
        &self,
        caller: &Caller,
        portfolio: Option<&str>,
        due: Option<Date>,
        after: Option<(i64, i64)>,
        limit: usize,
    ) -> Result<Slice<TreatmentLine, (i64, i64)>> {
        let portfolios: Vec<PortfolioId> =
            self.portfolios(caller, portfolio).await?.into_iter().map(|(id, _)| id).collect();
        let after = after.map(|(day, client)| (day, ClientId::new(client)));
        let mut places = self.store.treatments().due(&portfolios, due, after, limit + 1).await?;
        let more = places.len() > limit;
        places.truncate(limit);
        let ids: Vec<ClientId> = places.iter().map(|(_, id)| *id).collect();
        let mut items = self.lines(&ids, AsOf::at(self.clock.now())).await?;
        items.retain(|line| line.action != "none" && due.is_none_or(|due| line.due_on.is_some_and(|on| on <= due)));
        let next = places.last().filter(|_| more).map(|(day, client)| (*day, client.get()));
        Ok(Slice { items, next })
    }

    /// Every open position as of now, whether or not a night has been since: first what is due first. `due`: only what is to be
    /// done by that day, and not what is only watched.
    pub async fn every_treatment(
        &self,
        caller: &Caller,
        portfolio: Option<&str>,
        due: Option<Date>,
        valid_at: Option<Date>,
    ) -> Result<Vec<TreatmentLine>> {
        let portfolios: Vec<PortfolioId> =
            self.portfolios(caller, portfolio).await?.into_iter().map(|(id, _)| id).collect();
        let now = AsOf::at(self.clock.now());
        let as_of = AsOf { valid_at: valid_at.unwrap_or(now.valid_at), ..now };
        let policies = [std::sync::Arc::clone(&self.rescorer.policy)];
        let is_open = |one: &Treating| {
            one.treatments.first().is_some_and(|t| {
                t.due_on.is_some_and(|on| due.is_none_or(|due| on <= due && t.is_task()))
            })
        };
        let mut all = self.rescorer.treat_all(as_of, &policies).await?;
        all.retain(is_open);
        all.sort_by_key(|one| (one.treatments.first().and_then(|t| t.due_on), one.client));
        let mut lines = Vec::with_capacity(all.len());
        let names = self.store.facts().portfolios().await?;
        for one in all {
            let Some(client) = self.store.facts().client_by_id(one.client).await? else { continue };
            let Some(found) = one.treatments.first().filter(|_| portfolios.contains(&client.portfolio)) else { continue };
            let portfolio = names.iter().find(|(id, _)| *id == client.portfolio);
            let invoices = match one.invoices.is_empty() {
                true => Vec::new(),
                false => first(self.numbers_of(one.client, &one.invoices).await?),
            };
            let whom = Whom { client: &client, portfolio: portfolio.map_or("", |(_, name)| name.as_str()), invoices };
            let exposure = decimal(crate::domain::Money::from_minor(one.exposure_minor, one.currency));
            lines.push(line(whom, one.grade.to_string(), exposure, found));
        }
        Ok(lines)
    }

    /// The numbers of these invoices of a client and of those merged into it, the oldest first.
    async fn numbers_of(&self, client: ClientId, keys: &[InvoiceKey]) -> Result<Vec<String>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let mut rows = self.store.facts().ledger(client).await?;
        for merger in self.store.facts().mergers_of(client).await? {
            if merger.survivor == client && merger.to_known.is_none() {
                rows.extend(self.store.facts().ledger(merger.client).await?);
            }
        }
        rows.retain(|row| keys.contains(&row.line.invoice));
        rows.sort_by_key(|row| row.line.due_on);
        Ok(rows.into_iter().map(|row| row.number).collect())
    }
}

fn first(mut invoices: Vec<String>) -> Vec<String> {
    invoices.truncate(MAX_NAMED_INVOICES);
    invoices
}

/// `F-1, F-2 + 3`.
fn named_invoices(invoices: &[String]) -> String {
    let named = invoices.iter().take(MAX_NAMED_INVOICES).cloned().collect::<Vec<_>>().join(", ");
    match invoices.len().saturating_sub(MAX_NAMED_INVOICES) {
        0 => named,
        more => format!("{named} + {more}"),
    }
}

fn sign_text(glossary: &Glossary, line: &ReasonLine) -> String {
    if line.feature == treat::BROKEN_PROMISES {
        return format!("{} broken promises", line.value.unwrap_or_default());
    }
    say_line(glossary, line, false)
}

fn wait_or_act(prospect: &Prospect, assumptions: &Assumptions, today: Date) -> WaitOrActView {
    let advice = if prospect.gain >= 0.0 && prospect.act_on <= today { "act" } else { "wait" };
    let Assumptions { lgd, capital_rate, prior_delay_days, prior_invoices, further_delay_days, .. } = *assumptions;
    let Prospect { gain, act_on, pays_alone, pays_asked, step_days, effect, .. } = *prospect;
    let text = format!(
        "{advice} on {act_on}: acting today is worth {gain:+.2} against waiting {step_days} days; paid by itself with {:.0} %, \
         asked with {:.0} % (the action is assumed to make payment {effect} times as fast)",
        pays_alone * 100.0,
        pays_asked * 100.0
    );
    let (margin, replacement_years) = (assumptions.margin, assumptions.replacement_years);
    WaitOrActView {
        advice: advice.to_owned(),
        on: act_on,
        gain: (gain * 100.0).round() / 100.0,
        pays_alone: six_decimals(pays_alone),
        pays_asked: six_decimals(pays_asked),
        invoices: prospect.n_invoices,
        loss_share: six_decimals(prospect.loss_share),
        cost: prospect.cost,
        relationship: (prospect.relationship * 100.0).round() / 100.0,
        step_days,
        effect,
        urgent: prospect.is_urgent,
        assumptions: AssumptionsView {
            lgd,
            capital_rate,
            prior_delay_days,
            prior_invoices,
            further_delay_days,
            margin,
            replacement_years,
        },
        text,
    }
}

fn legal_clock(clock: &LegalClock) -> LegalClockView {
    let (kind, on, text) = match *clock {
        LegalClock::Limitation(on) => {
            ("limitation", on, "the oldest claim is lost by limitation, unless the debtor is put in default before")
        }
        LegalClock::InterestSince(on) => {
            ("interest_since", on, "default interest runs since then without notice, and 40 EUR for each invoice")
        }
        LegalClock::ClaimBy(on) => ("claim_by", on, "file the claim by then; the court's own date may be earlier"),
        LegalClock::ProtectedSince(on) => ("protected_since", on, "enforcement is barred since then"),
    };
    LegalClockView { kind: kind.to_owned(), on, text: text.to_owned() }
}
