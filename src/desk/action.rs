//! What was done about a client and what came of it: recorded with the treatment that follows.

use std::collections::HashSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    ActionView, Desk, Error, Result, TreatmentView, Wanted,
    amount::{AmountInput, currency_of},
    ledger::Line,
};
use crate::{
    domain::{AsOf, Client, Currency, InvoiceKey, Money, Outcome, OutcomeId, OutcomeKind, Reached, day_number},
    store::{Entry, NewTreatment, Recorded},
    treat,
};

/// A note that fits on a page.
const NOTE_MAX_CHARS: usize = 2_000;
/// An invoice's number.
const INVOICE_MAX_CHARS: usize = 100;
/// A caller's own name for what was done.
const REFERENCE_MAX_CHARS: usize = 100;
/// Instalments of a plan: five years of months.
const MAX_INSTALMENTS: usize = 60;

/// Something that was done about a client, or heard from it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionInput {
    /// `reminder_sent`, `call`, `notice_sent`, `visit`, `handed_to_agency`, `court_filed`, `claim_filed`, `assigned`,
    /// `written_off`, `promise`, `promise_kept`, `promise_broken`, `plan`, `plan_broken`, `dispute`, `dispute_settled` or `note`.
    #[schema(example = "promise")]
    pub kind: String,
    /// The day it happened, not in the future; today when left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub on: Option<Date>,
    /// How a call or a visit ended: `reached` (when left out), `no_answer`, `refused`.
    #[serde(default)]
    pub result: Option<String>,
    /// Of a promise: how much, everything that is overdue when left out; of a dispute: how much of the invoice.
    #[serde(default)]
    pub amount: Option<AmountInput>,
    /// ISO 4217; the ledger's currency when left out.
    #[serde(default)]
    pub currency: Option<String>,
    /// Of a promise: until when.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    pub due_on: Option<Date>,
    /// Of a dispute and its end: the invoice's number; everything that is overdue when left out.
    #[serde(default)]
    pub invoice: Option<String>,
    /// The code under which that invoice came, where several codes are one company and more than one has an invoice of this
    /// number.
    #[serde(default)]
    pub invoice_client: Option<String>,
    /// Of a dispute's end: whether the client was right.
    #[serde(default)]
    pub accepted: Option<bool>,
    /// Of a plan: what is to come and when, in order.
    #[serde(default)]
    pub instalments: Vec<InstalmentInput>,
    /// In your own words, at most 2 000 characters.
    #[serde(default)]
    pub note: Option<String>,
    /// Your own name for it: two things that say the same are one unless their references differ.
    #[serde(default)]
    pub reference: Option<String>,
}

/// An instalment.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InstalmentInput {
    /// When.
    #[schema(value_type = String, format = Date)]
    pub due_on: Date,
    /// How much.
    pub amount: AmountInput,
}

/// Something was recorded, and what follows.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ActedView {
    /// What was recorded; its `id` is the same for the same content.
    pub action: ActionView,
    /// Whether it was not known before.
    pub new: bool,
    /// What to do now.
    pub treatment: TreatmentView,
}

impl ActionInput {
    /// Checks what goes with what.
    fn parse(&self, ledger: Currency, author: &str, as_of: AsOf) -> Result<Outcome> {
        let kind: OutcomeKind = self.kind.trim().parse().map_err(|e| Error::invalid("/kind", e))?;
        let on = self.on.unwrap_or(as_of.valid_at);
        if on > as_of.valid_at {
            return Err(Error::invalid("/on", "must not be in the future: what was done lies behind"));
        }
        self.only_what_belongs_to(kind)?;
        let currency = currency_of(self.currency.as_deref(), ledger, "/currency")?;
        if currency != ledger {
            return Err(Error::invalid("/currency", format!("must be {ledger}, the currency of the ledger")));
        }
        let amount = self.amount.as_ref().map(|amount| amount.parse(currency, "/amount")).transpose()?;
        let result = self.result.as_deref().map(str::parse).transpose().map_err(|e| Error::invalid("/result", e))?;
        let is_spoken = matches!(kind, OutcomeKind::Call | OutcomeKind::Visit);
        let result = result.or(is_spoken.then_some(Reached::Reached));
        if kind == OutcomeKind::Promise && self.due_on.is_none_or(|due| due < on) {
            return Err(Error::invalid(
                "/due_on",
                "a promise needs the day until which to wait, not before it was given",
            ));
        }
        Ok(Outcome {
            id: OutcomeId::new([0; 16]),
            kind,
            on,
            known_at: as_of.known_at,
            author: author.to_owned(),
            result,
            amount,
            due_on: self.due_on,
            invoice: text(self.invoice.as_deref(), INVOICE_MAX_CHARS, "/invoice")?,
            invoice_key: None,
            accepted: self.accepted,
            instalments: self.instalments(kind, on, currency)?,
            note: text(self.note.as_deref(), NOTE_MAX_CHARS, "/note")?,
            about: Vec::new(),
            was_due: None,
        })
    }

    /// What an outcome says, as its name: who recorded it and when does not count. What says the same as something that was taken
    /// back is another thing, unless both have the caller's own name.
    fn id_of(&self, outcome: &Outcome, client: &Client, withdrawn: &HashSet<OutcomeId>) -> Result<OutcomeId> {
        let reference = text(self.reference.as_deref(), REFERENCE_MAX_CHARS, "/reference")?;
        let (whose, said) = (client.id.to_string(), outcome.said());
        let named = [whose.as_str(), reference.as_deref().unwrap_or_default()];
        let mut parts: Vec<&str> = named.into_iter().chain(said.iter().map(String::as_str)).collect();
        loop {
            let id = OutcomeId::of(&parts);
            match &reference {
                _ if !withdrawn.contains(&id) => return Ok(id),
                None => parts.push("again"),
                Some(reference) => {
                    let why = format!("{reference:?} was recorded by mistake and taken back: say another `reference`");
                    return Err(Error::Conflict(why));
                }
            }
        }
    }

    /// A field that says nothing about such a thing is a slip.
    fn only_what_belongs_to(&self, kind: OutcomeKind) -> Result<()> {
        use OutcomeKind as K;
        let stray = |is_said: bool, kinds: &[K], pointer: &str| {
            if !is_said || kinds.contains(&kind) {
                return Ok(());
            }
            let names: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
            Err(Error::invalid(pointer, format!("belongs to {}, not to {kind}", names.join(", "))))
        };
        stray(self.result.is_some(), &[K::Call, K::Visit], "/result")?;
        stray(self.amount.is_some(), &[K::Promise, K::Dispute, K::PromiseKept], "/amount")?;
        stray(self.due_on.is_some(), &[K::Promise], "/due_on")?;
        stray(self.invoice.is_some(), &[K::Dispute, K::DisputeSettled, K::Note], "/invoice")?;
        stray(self.invoice_client.is_some(), &[K::Dispute, K::DisputeSettled], "/invoice_client")?;
        stray(self.accepted.is_some(), &[K::DisputeSettled], "/accepted")?;
        stray(!self.instalments.is_empty(), &[K::Plan], "/instalments")
    }

    fn instalments(&self, kind: OutcomeKind, on: Date, currency: Currency) -> Result<Vec<(Date, Money)>> {
        if kind == OutcomeKind::Plan && !(1..=MAX_INSTALMENTS).contains(&self.instalments.len()) {
            return Err(Error::invalid("/instalments", format!("a plan has 1 to {MAX_INSTALMENTS} of them")));
        }
        let mut found: Vec<(Date, Money)> = Vec::with_capacity(self.instalments.len());
        for (place, instalment) in self.instalments.iter().enumerate() {
            let last = found.last().map_or(on, |(due, _)| *due);
            if instalment.due_on < last {
                let pointer = format!("/instalments/{place}/due_on");
                return Err(Error::invalid(pointer, "must not come before the one before, nor before the plan"));
            }
            let amount = instalment.amount.parse(currency, &format!("/instalments/{place}/amount"))?;
            found.push((instalment.due_on, amount));
        }
        Ok(found)
    }
}

/// Whether an outcome may be recorded beside what was told: how something ended only where it was open on that day, and nobody
/// has told its end. What the ledger itself tells of promises, plans and disputes counts; the same again is no second end.
fn is_open(outcome: &Outcome, told: &[Outcome], lines: &[(InvoiceKey, Line)]) -> bool {
    if told.iter().any(|known| known.id == outcome.id) || treat::is_awaited(outcome, told) {
        return true;
    }
    let ends = treat::free_ends(told);
    lines.iter().any(|(key, line)| line.awaits(*key, outcome, &ends))
}

fn nothing_open(outcome: &Outcome) -> Error {
    use OutcomeKind as K;
    let what = match outcome.kind {
        K::PromiseKept => "no promise or plan is open, so none was kept",
        K::PromiseBroken => "no promise is open, so none was broken",
        K::PlanBroken => "no plan is open, so none was broken",
        _ if outcome.invoice.is_some() => "no dispute of this invoice is open, so none was settled",
        _ => "no dispute is open, so none was settled",
    };
    Error::Conflict(format!("{what} by {}: record it first, on the day on which it began", outcome.on))
}

/// The day until which what an outcome says was broken is waited for, where that day is not over on the day that it names: of a
/// promise or a plan that a person told of, else of those of the ledger that nobody has told the end of.
fn awaited_until(outcome: &Outcome, told: &[Outcome], lines: &[(InvoiceKey, Line)]) -> Option<Date> {
    if told.iter().any(|known| known.id == outcome.id) {
        return None;
    }
    if treat::is_awaited(outcome, told) {
        return treat::awaited_until(outcome, told);
    }
    let ends = treat::free_ends(told);
    let awaited = lines.iter().filter(|(key, line)| line.awaits(*key, outcome, &ends));
    // Of several one may be over.
    let first = awaited.map(|(_, line)| line.awaited_until(outcome.kind)).min()?;
    first.filter(|due| *due >= outcome.on)
}

fn not_over(outcome: &Outcome, due: Date) -> Error {
    let what = if outcome.kind == OutcomeKind::PlanBroken { "the plan's next instalment" } else { "the promise" };
    Error::Conflict(format!(
        "{what} is waited for until {due}, and cannot be broken on {}: the day must be over",
        outcome.on
    ))
}

/// A promise or a plan that reaches too far ahead would stop the clock for ever.
fn is_within_reach(outcome: &Outcome, policy: &treat::Policy) -> Result<()> {
    let treat::Reach { promise_days, plan_days, plan_gap_days } = policy.reach();
    let days = |from: Date, due: Date| day_number(due).saturating_sub(day_number(from));
    if outcome.due_on.is_some_and(|due| days(outcome.on, due) > promise_days) {
        return Err(Error::invalid("/due_on", format!("must be within {promise_days} days: agree on a plan instead")));
    }
    let mut last = outcome.on;
    for (place, (due, _)) in outcome.instalments.iter().enumerate() {
        let pointer = || format!("/instalments/{place}/due_on");
        if days(outcome.on, *due) > plan_days {
            return Err(Error::invalid(pointer(), format!("must be within {plan_days} days of the plan")));
        }
        if days(last, *due) > plan_gap_days {
            let why = format!("must be within {plan_gap_days} days of the one before, and the first of the plan");
            return Err(Error::invalid(pointer(), why));
        }
        last = *due;
    }
    Ok(())
}

fn text(text: Option<&str>, most: usize, pointer: &str) -> Result<Option<String>> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > most {
        return Err(Error::invalid(pointer, format!("must have at most {most} characters")));
    }
    Ok(Some(text.to_owned()))
}

impl Desk {
    /// The key of the invoice that a dispute is about, where its number does not give it. A dispute of an invoice that nobody
    /// has stops no clock, and the letter goes out for the one that is disputed.
    async fn disputed(&self, client: &Client, outcome: &Outcome, under: Option<&str>) -> Result<Option<InvoiceKey>> {
        let is_dispute = matches!(outcome.kind, OutcomeKind::Dispute | OutcomeKind::DisputeSettled);
        let Some(number) = outcome.invoice.as_deref().filter(|_| is_dispute) else { return Ok(None) };
        let lines = self.lines_on(client, Date::MAX).await?;
        let code = |line: &Line| line.under.as_ref().unwrap_or(&client.code).clone();
        let is_named = |line: &&Line| line.row.number.trim() == number;
        let is_under = |line: &&Line| under.is_none_or(|under| code(line).as_str() == under.trim());
        let named: Vec<&Line> = lines.iter().filter(is_named).filter(is_under).collect();
        let beside = self.store.dossiers().beside(client.id, self.clock.now()).await?;
        let key = |line: &Line| {
            let own = line.row.line.invoice;
            beside.get(&(line.row.client, own)).copied().unwrap_or(own)
        };
        let Some(line) = named.first() else {
            return Err(Error::invalid("/invoice", "the client has no invoice of this number"));
        };
        if named.iter().any(|other| key(other) != key(line)) {
            let codes: Vec<String> = named.iter().map(|line| code(line).to_string()).collect();
            let why = format!("{} have an invoice of this number each: say whose it is", codes.join(" and "));
            return Err(Error::invalid("/invoice_client", why));
        }
        let most = line.row.line.amount;
        if outcome.amount.is_some_and(|amount| amount.minor() > most.minor()) {
            return Err(Error::invalid("/amount", format!("must be at most {most}, what the invoice is for")));
        }
        Ok(Some(key(line)).filter(|key| *key != InvoiceKey::of(number)))
    }

    /// The invoices of which an outcome may tell how something ended that the ledger tells of, as they stood on its day, each by
    /// its key among those of everybody who is merged into the client; none for an outcome that tells of no end.
    async fn told_of(&self, client: &Client, outcome: &Outcome) -> Result<Vec<(InvoiceKey, Line)>> {
        use OutcomeKind as K;
        if !matches!(outcome.kind, K::PromiseKept | K::PromiseBroken | K::PlanBroken | K::DisputeSettled) {
            return Ok(Vec::new());
        }
        let beside = self.store.dossiers().beside(client.id, self.clock.now()).await?;
        let lines = self.lines_on(client, outcome.on).await?.into_iter();
        let keyed = lines.map(|line| {
            let own = line.row.line.invoice;
            (beside.get(&(line.row.client, own)).copied().unwrap_or(own), line)
        });
        Ok(keyed.collect())
    }

    /// What a promise or a plan is about that is given while nothing is overdue: what was open on its day and falls due by its last.
    async fn promised_ahead(&self, client: &Client, outcome: &Outcome) -> Result<Vec<InvoiceKey>> {
        let last = outcome.due_on.max(outcome.instalments.last().map(|(due, _)| *due));
        let Some(last) = last else { return Ok(Vec::new()) };
        let beside = self.store.dossiers().beside(client.id, self.clock.now()).await?;
        let lines = self.lines_on(client, outcome.on).await?;
        let open = lines.iter().filter(|line| line.is_asked_for() && line.row.line.due_on <= last);
        let key = |line: &Line| {
            let own = line.row.line.invoice;
            beside.get(&(line.row.client, own)).copied().unwrap_or(own)
        };
        Ok(open.map(key).collect())
    }

    /// Records something that was done, and answers the treatment that follows. The same again changes nothing, and how something
    /// ended is refused where nothing of the kind is open.
    pub async fn act(&self, wanted: &Wanted<'_>, input: &ActionInput) -> Result<ActedView> {
        let client = self.find_own(wanted).await?;
        let as_of = AsOf::at(self.clock.now());
        let before = self.rescorer.examine(client.id, as_of, None).await?;
        let ledger = before.currency;
        let mut outcome = input.parse(ledger, &wanted.caller.name, as_of)?;
        is_within_reach(&outcome, &self.rescorer.policy)?;
        outcome.invoice_key = self.disputed(&client, &outcome, input.invoice_client.as_deref()).await?;
        outcome.id = input.id_of(&outcome, &client, &self.store.treatments().withdrawn(client.id).await?)?;
        let lines = self.told_of(&client, &outcome).await?;
        if !is_open(&outcome, &before.outcomes, &lines) {
            return Err(nothing_open(&outcome));
        }
        if let Some(due) = awaited_until(&outcome, &before.outcomes, &lines) {
            return Err(not_over(&outcome, due));
        }
        // What it is about is a fact of its day: a due date that is moved later changes nothing of it.
        let then = AsOf { valid_at: outcome.on, ..as_of };
        outcome.about = self.rescorer.examine(client.id, then, None).await?.invoices;
        if outcome.about.is_empty() {
            outcome.about = self.promised_ahead(&client, &outcome).await?;
        }
        outcome.was_due = before.due_phase;
        let examined = self.rescorer.examine(client.id, as_of, Some(&outcome)).await?;
        let policy = self.rescorer.policy.version().to_owned();
        let found = NewTreatment { client: client.id, treatment: examined.treatment, policy, known_at: as_of.known_at };
        let details = serde_json::json!({"kind": outcome.kind.as_str(), "on": outcome.on.to_string(), "id": outcome.id.to_string()});
        let details = details.to_string();
        let (who, object) = (wanted.caller.name.as_str(), client.code.as_str());
        let note = Entry { who, what: "action.recorded", object, details: &details };
        // Of two ends that are told at once the second finds the first.
        let fits = |told: &[Outcome]| is_open(&outcome, told, &lines);
        let recorded = self.store.treatments().record(client.id, &outcome, &found, &note, &fits).await?;
        if recorded == Recorded::Overtaken {
            return Err(nothing_open(&outcome));
        }
        let new = recorded == Recorded::New;
        if new {
            self.touched.notify_one();
        }
        let examined = self.rescorer.examine(client.id, as_of, None).await?;
        let recorded = examined.outcomes.iter().find(|known| known.id == outcome.id).unwrap_or(&outcome);
        let action = ActionView::from(recorded);
        Ok(ActedView { action, new, treatment: self.treatment_view(&client, &examined, as_of).await? })
    }
}
