//! What to do, for whom, by when, and why this and not more.

mod agenda;
mod beside;
mod view;
mod weighed;

use std::collections::HashMap;

use jiff::civil::Date;

use super::{Caller, Desk, Result, Slice, Wanted, amount::cents, client::decimal, six_decimals, three_decimals};
use crate::{
    domain::{
        Action, AsOf, Basis, Client, ClientId, Country, EvidenceRef, Glossary, Grade, Hold, Money, NOTICE, Outcome,
        PortfolioId, PortfolioName, ReasonLine, Treatment, say_line, say_money,
    },
    pipeline::{Examined, Treating},
    store::Agenda,
    treat::{self, Assumptions, LegalClock, Motive, Policy, Prospect, Words},
};

pub use agenda::{AgendaDay, Promised, Task};
use beside::Beside;
pub use view::{
    ActionView, AssumptionsView, AwaitedView, InstalmentView, LegalClockView, MotiveView, NextView, SignView,
    TreatmentLine, TreatmentView, WaitOrActView,
};
pub use weighed::{Weighed, WorkAsk, WorkFound};

/// Invoices that a text names; the rest is counted.
const MAX_NAMED_INVOICES: usize = 5;
/// Things done that are shown, the newest.
const MAX_ACTIONS: usize = 50;
/// Clients about whom the store is asked at once: their ledgers are in memory together.
const AT_A_TIME: usize = 500;

/// Which treatments are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct TreatmentsAsk<'a> {
    /// In this portfolio only.
    pub portfolio: Option<&'a str>,
    /// Of this person only, in the policy's words.
    pub owner: Option<&'a str>,
    /// What is to be done by this day, the earliest first; without it every open position.
    pub due: Option<Date>,
    /// With it also what is only waited for: the days on which money is promised.
    pub with_awaited: bool,
}

/// Who a line is about, and what stands beside the treatment.
struct Whom<'a> {
    client: &'a Client,
    portfolio: &'a str,
    grade: Grade,
    exposure: Money,
    country: Option<Country>,
    /// Numbers of every invoice that the text is about.
    invoices: Vec<String>,
}

fn line(whom: Whom<'_>, found: &Treatment, policy: &Policy) -> TreatmentLine {
    let name = &whom.client.facts.who.name;
    let named = named_invoices(&whom.invoices);
    let words = Words { name, client: whom.client.code.as_str(), invoices: &named };
    TreatmentLine {
        client: whom.client.code.to_string(),
        name: name.clone(),
        phone: whom.client.facts.phone.clone(),
        portfolio: whom.portfolio.to_owned(),
        grade: whom.grade.to_string(),
        phase: found.phase.to_string(),
        action: found.action.to_string(),
        channel: found.channel.to_string(),
        tone: found.tone.to_string(),
        owner: found.owner.clone(),
        due_on: found.due_on,
        late_since: found.late_since,
        next: found.next.map(|(phase, on)| NextView { phase: phase.to_string(), on }),
        exposure: decimal(whom.exposure),
        overdue: decimal(found.overdue),
        currency: found.overdue.currency().to_string(),
        awaited: found
            .awaited
            .iter()
            .map(|(on, amount)| AwaitedView { on: *on, amount: amount.map(decimal) })
            .collect(),
        other_currencies: found.elsewhere.iter().map(ToString::to_string).collect(),
        oldest_overdue_days: found.oldest_overdue_days,
        clock_days: found.clock_days,
        text: treat::text(found, policy, &words, false),
        text_it: treat::text(found, policy, &words, true),
        language: if whom.country.is_some_and(|country| country.to_string() == "IT") { "it" } else { "en" }.to_owned(),
        invoices: first(whom.invoices),
        track: found.track.clone(),
        basis: found.basis.as_str().to_owned(),
        why: treat::why(found, policy, false),
        why_it: treat::why(found, policy, true),
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
        let policy = &self.rescorer.policy;
        let whom = Whom {
            client,
            portfolio: portfolio.map_or("", |(_, name)| name.as_str()),
            grade: examined.rating.grade,
            exposure: Money::from_minor(examined.exposure_minor, examined.currency),
            country: examined.country,
            invoices: self.numbers_of(client.id, &examined.asked).await?,
        };
        let mut outcomes: Vec<&Outcome> = examined.outcomes.iter().collect();
        outcomes.sort_by_key(|outcome| std::cmp::Reverse((outcome.on, outcome.known_at)));
        Ok(TreatmentView {
            line: line(whom, &examined.treatment, policy),
            merged_into: None,
            wait_or_act: examined
                .prospect
                .as_ref()
                .map(|p| wait_or_act((p, &examined.treatment), policy, as_of.valid_at)),
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
    async fn treatment_lines(&self, ids: &[ClientId], as_of: AsOf) -> Result<Vec<TreatmentLine>> {
        let policies = [std::sync::Arc::clone(&self.rescorer.policy)];
        let treated = self.rescorer.treat_many(ids, as_of, &policies).await?;
        let mut by_id: HashMap<ClientId, Treating> = treated.into_iter().map(|one| (one.client, one)).collect();
        let treated: Vec<Treating> = ids.iter().filter_map(|id| by_id.remove(id)).collect();
        self.lines_of(&treated, &self.store.facts().portfolios().await?).await
    }

    /// The lines of what was found, in its order; the store is asked once for many.
    async fn lines_of(&self, all: &[Treating], names: &[(PortfolioId, PortfolioName)]) -> Result<Vec<TreatmentLine>> {
        let mut lines = Vec::with_capacity(all.len());
        for some in all.chunks(AT_A_TIME) {
            let beside = self.beside_treatments(some).await?;
            for one in some {
                lines.extend(self.line_of(one, &beside, names).await?);
            }
        }
        Ok(lines)
    }

    async fn line_of(
        &self,
        one: &Treating,
        beside: &Beside,
        names: &[(PortfolioId, PortfolioName)],
    ) -> Result<Option<TreatmentLine>> {
        let Some(client) = beside.client(one.client) else { return Ok(None) };
        let Some(found) = one.treatments.first() else { return Ok(None) };
        let Some((_, portfolio)) = names.iter().find(|(id, _)| *id == client.portfolio) else { return Ok(None) };
        let invoices = match beside.numbers_of(one.client, &one.invoices) {
            Some(numbers) => numbers,
            None => self.numbers_of(one.client, &one.invoices).await?,
        };
        let whom = Whom {
            client,
            portfolio: portfolio.as_str(),
            grade: one.grade,
            exposure: Money::from_minor(one.exposure_minor, one.currency),
            country: one.country,
            invoices,
        };
        Ok(Some(line(whom, found, &self.rescorer.policy)))
    }

    /// What to do, for whom, by when. What has been paid since it was announced is left out, so that a page may have fewer items
    /// than asked for.
    pub async fn treatments(
        &self,
        caller: &Caller,
        ask: TreatmentsAsk<'_>,
        after: Option<(i64, i64)>,
        limit: usize,
    ) -> Result<Slice<TreatmentLine, (i64, i64)>> {
        let TreatmentsAsk { portfolio, owner, due, with_awaited } = ask;
        let portfolios: Vec<PortfolioId> =
            self.portfolios_named(caller, portfolio).await?.into_iter().map(|(id, _)| id).collect();
        let after = after.map(|(day, client)| (day, ClientId::new(client)));
        let phases = owner.map(|owner| self.rescorer.policy.phases_towards(owner));
        let agenda = Agenda { portfolios: &portfolios, phases: phases.as_deref() };
        let mut places = self.store.treatments().due(agenda, due, after, limit + 1).await?;
        let more = places.len() > limit;
        places.truncate(limit);
        let ids: Vec<ClientId> = places.iter().map(|(_, id)| *id).collect();
        let mut items = self.treatment_lines(&ids, AsOf::at(self.clock.now())).await?;
        let is_due = |line: &TreatmentLine, due: Date| {
            let counts = |action: Action| action.is_work() || (with_awaited && !line.awaited.is_empty());
            line.due_on.is_some_and(|on| on <= due) && line.action.parse::<Action>().is_ok_and(counts)
        };
        // Of one phase there may be several owners, each for a state of law.
        items.retain(|line| owner.is_none_or(|owner| line.owner == owner));
        items.retain(|line| line.action != "none" && due.is_none_or(|due| is_due(line, due)));
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
        let names = self.portfolios_named(caller, portfolio).await?;
        let now = AsOf::at(self.clock.now());
        let as_of = AsOf { valid_at: valid_at.unwrap_or(now.valid_at), ..now };
        let policies = [std::sync::Arc::clone(&self.rescorer.policy)];
        let is_wanted = |treatment: &Treatment| {
            let is_due = |on: Date| due.is_none_or(|due| on <= due && treatment.action.is_work());
            treatment.due_on.is_some_and(is_due)
        };
        let mut all = self.rescorer.treat_all(as_of, &policies, None).await?;
        all.retain(|one| one.treatments.first().is_some_and(is_wanted));
        all.sort_by_key(|one| (one.treatments.first().and_then(|t| t.due_on), one.client));
        self.lines_of(&all, &names).await
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
        let n = line.value.unwrap_or_default();
        return format!("{n} broken {}", if n > 1.0 { "promises" } else { "promise" });
    }
    say_line(glossary, line, false)
}

/// What to do, when, and what that is worth; and which prevails, the advice or the task.
fn advice(prospect: &Prospect, treatment: &Treatment, today: Date) -> (&'static str, String) {
    let Prospect { gain, act_on, step_days, .. } = *prospect;
    if treatment.basis == Basis::Held(Hold::Protection) {
        return ("none", "no advice is given: the law bars pressure on the client".to_owned());
    }
    let currency = treatment.overdue.currency();
    let digits = format!("{:.*}", currency.minor_digits() as usize, gain.abs());
    let worth = Money::parse(&digits, currency).map_or_else(|_| digits.clone(), |money| say_money(money, false));
    if gain >= 0.0 && act_on <= today {
        return ("act", format!("act today, worth {worth} more than waiting {step_days} days"));
    }
    let why = match gain < 0.0 {
        true => format!("worth {worth} more than acting today"),
        false => "for the next step does not come before".to_owned(),
    };
    let task = treatment.due_on.filter(|_| treatment.action.is_work());
    let prevails = task.map_or_else(String::new, |due| {
        format!("; the task prevails on its last day, {due}: what waiting is worth moves no deadline")
    });
    match (act_on <= today, task.is_some()) {
        // There is no other day left to wait for.
        (true, true) => ("act", format!("act today, the last day of the task, although waiting would be {why}")),
        (true, false) => ("wait", format!("wait, {why}")),
        (false, _) => ("wait", format!("wait until {act_on}, {why}{prevails}")),
    }
}

fn wait_or_act((prospect, treatment): (&Prospect, &Treatment), policy: &Policy, today: Date) -> WaitOrActView {
    let assumptions = policy.assumptions();
    let (advice, said) = advice(prospect, treatment, today);
    let Assumptions { lgd, unknown_pd, capital_rate, prior_delay_days, prior_invoices, further_delay_days, .. } =
        *assumptions;
    let Prospect { gain, act_on, pays_alone, pays_asked, step_days, effect, .. } = *prospect;
    let text = format!(
        "{said}; paid within {step_days} days by itself with {:.0} %, \
         asked with {:.0} % (the action is assumed to make payment {effect} times as fast)",
        pays_alone * 100.0,
        pays_asked * 100.0
    );
    let (margin, replacement_years) = (assumptions.margin, assumptions.replacement_years);
    WaitOrActView {
        advice: advice.to_owned(),
        on: act_on,
        gain: cents(gain),
        pays_alone: six_decimals(pays_alone),
        pays_asked: six_decimals(pays_asked),
        invoices: prospect.n_invoices,
        amount: treatment.overdue.major(),
        pd: six_decimals(prospect.pd),
        loss_share: six_decimals(prospect.loss_share),
        cost: prospect.cost,
        relationship: cents(prospect.relationship),
        step_days,
        effect,
        urgent: prospect.is_urgent,
        assumptions: AssumptionsView {
            lgd,
            unknown_pd,
            capital_rate,
            prior_delay_days,
            prior_invoices,
            further_delay_days,
            margin,
            replacement_years,
            limitation_years: assumptions.limitation_years,
            limitation_warning_days: assumptions.limitation_warning_days,
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
