//! A policy before it is used: over the present portfolio, and over the ledger of the past.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{ToSpan, civil::Date};
use serde::Serialize;

use super::{Caller, Desk, Error, Result, amount::cents, place_for_a_heavy_question};
use crate::{
    domain::{AsOf, Currency, NOTICE, Phase, Treatment},
    treat::{Estimate, Policy, Problem, Totals},
};

/// Clients that are named who would move; all of them are counted.
const MAX_NAMED: usize = 200;
/// A policy is played over three years at most.
const MAX_DAYS: i64 = 3 * 366;

/// Who would move where under another policy, and what there would be to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DryRunView {
    /// The policy in force.
    pub present: String,
    /// The one that was tried.
    pub draft: String,
    /// Whose clients it is about; null for those of every portfolio.
    pub portfolio: Option<String>,
    /// The day it is about.
    pub valid_at: Date,
    /// Open positions.
    pub positions: usize,
    /// Of them, those whose phase or action would be another.
    pub moved: usize,
    /// From which phase to which, and how many.
    pub transitions: Vec<TransitionView>,
    /// What each person has to do.
    pub owners: Vec<OwnerLoad>,
    /// Who would move, at most 200, the largest first.
    pub moves: Vec<MoveLine>,
    /// ISO 4217 of most ledgers: sums of what is overdue are of these alone.
    pub currency: String,
    /// Open positions in other currencies: counted, and in no sum.
    pub other_currencies: usize,
    /// What this is not.
    pub notice: String,
}

/// How many go from one phase to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TransitionView {
    /// The phase under the present policy.
    pub from: String,
    /// The phase under the draft.
    pub to: String,
    /// How many.
    pub positions: usize,
    /// What they owe that is overdue, whole units of the view's currency.
    pub overdue: f64,
}

/// What somebody has to do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OwnerLoad {
    /// Who.
    pub owner: String,
    /// Tasks under the present policy.
    pub present: usize,
    /// Tasks under the draft.
    pub draft: usize,
    /// Tasks a day over the days until the last of them is due, under the present policy.
    pub present_per_day: f64,
    /// The same under the draft.
    pub draft_per_day: f64,
    /// The most on one day, under the draft.
    pub draft_busiest_day: usize,
}

/// A client that would move.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MoveLine {
    /// The creditor's own code.
    pub client: String,
    /// The phase and action under the present policy.
    pub from: String,
    /// The phase and action under the draft.
    pub to: String,
    /// What is overdue, whole units of `currency`.
    pub overdue: f64,
    /// ISO 4217.
    pub currency: String,
}

/// What a policy would have done in the past.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BacktestView {
    /// Whose clients it is about; null for those of every portfolio.
    pub portfolio: Option<String>,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Clients with a ledger.
    pub clients: usize,
    /// Invoices that were late in that time.
    pub late_invoices: usize,
    /// Invoices that were late too and are left out, because they are disputed.
    pub disputed_invoices: usize,
    /// What those in `currency` come to, whole units.
    pub disputed_amount: f64,
    /// ISO 4217 of most ledgers: every amount is in it, and of these alone.
    pub currency: String,
    /// Clients whose ledgers are in other currencies: what was done about them is counted, their money is not.
    pub other_currencies: usize,
    /// Money that was late, on average over the days, whole units.
    pub late_on_average: f64,
    /// The draft, and the policy in force.
    pub draft: PlayedView,
    /// The policy in force.
    pub present: PlayedView,
    /// What is known and what is assumed.
    pub assumption: String,
    /// What this is not.
    pub notice: String,
}

/// A figure and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EstimateView {
    /// The figure.
    pub value: f64,
    /// 2.5 %.
    pub low: f64,
    /// 97.5 %.
    pub high: f64,
}

impl From<Estimate> for EstimateView {
    fn from(estimate: Estimate) -> Self {
        let short = |value: f64| (value * 100.0).round() / 100.0;
        Self { value: short(estimate.value), low: short(estimate.low), high: short(estimate.high) }
    }
}

/// What one policy would have done.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlayedView {
    /// Which.
    pub policy: String,
    /// Actions.
    pub actions: EstimateView,
    /// Actions when the money was on its way already.
    pub needless: EstimateView,
    /// Clients bothered: a needless action, or a notice and beyond while they were buying.
    pub clients_annoyed: EstimateView,
    /// What the actions would have cost.
    pub cost: EstimateView,
    /// Assumed: days by which a late invoice would have been paid earlier, on average.
    pub days_gained: EstimateView,
    /// Assumed: money that would have been there on an average day and was not.
    pub cash_earlier: EstimateView,
    /// Assumed: what that is worth at the price of money.
    pub interest: EstimateView,
    /// Actions by phase.
    pub by_phase: BTreeMap<String, usize>,
    /// Actions by the grade that the client had on their days.
    pub by_grade: BTreeMap<String, usize>,
    /// Clients by the furthest phase that they were brought to; who was left alone is not here.
    pub clients_by_phase: BTreeMap<String, usize>,
    /// Actions by owner: in all, a day, on the busiest day.
    pub by_owner: BTreeMap<String, (usize, f64, usize)>,
    /// Actions by twelfth of the time.
    pub by_twelfth: Vec<usize>,
}

/// The year that a back-test plays when none is said: up to the last day of the ledger, or today.
pub fn backtest_span(last_day: Option<Date>, today: Date) -> (Date, Date) {
    let to = last_day.unwrap_or(today).min(today);
    (to.checked_sub(364.days()).unwrap_or(to), to)
}

impl Desk {
    /// Reads a draft as the house would: everything that is wrong with it, each with its line.
    pub fn read_policy(&self, text: &str) -> Result<Arc<Policy>> {
        let glossary = self.rescorer.glossary();
        let read = Policy::parse_knowing(text, |feature| glossary.get(feature).is_some());
        let wrong = |problem: Problem| (format!("/line/{}", problem.line), format!("{}: {}", problem.key, problem.why));
        read.map(Arc::new).map_err(|error| Error::InvalidFields(error.0.into_iter().map(wrong).collect()))
    }

    /// The policy in force.
    pub fn policy(&self) -> &Policy {
        &self.rescorer.policy
    }

    /// Who would move where under a draft, over everybody that the caller sees, or the clients of one portfolio, as of now.
    /// Records nothing.
    pub async fn dry_run(
        &self,
        (caller, portfolio): (&Caller, Option<&str>),
        draft: Arc<Policy>,
        valid_at: Option<Date>,
    ) -> Result<DryRunView> {
        let only = self.only(caller, portfolio).await?;
        let _place = place_for_a_heavy_question().await?;
        let now = AsOf::at(self.clock.now());
        let as_of = AsOf { valid_at: valid_at.unwrap_or(now.valid_at), ..now };
        let present = Arc::clone(&self.rescorer.policy);
        let mut all =
            self.rescorer.treat_all(as_of, &[Arc::clone(&present), Arc::clone(&draft)], only.as_ref()).await?;
        all.retain(|one| one.treatments.iter().any(|treatment| treatment.due_on.is_some()));
        let currency = commonest(all.iter().map(|one| one.currency));
        let mut transitions: BTreeMap<(Phase, Phase), (usize, f64)> = BTreeMap::new();
        let (mut moved, mut loads) = (Vec::new(), Loads::default());
        for one in &all {
            let [from, to] = one.treatments.as_slice() else { continue };
            let (n, overdue) = transitions.entry((from.phase, to.phase)).or_default();
            let ours = if to.overdue.currency() == currency { to.overdue.major() } else { 0.0 };
            (*n, *overdue) = (*n + 1, *overdue + ours);
            loads.add(from, 0);
            loads.add(to, 1);
            if (from.phase, from.action) != (to.phase, to.action) {
                moved.push((one.client, from, to));
            }
        }
        moved.sort_by(|a, b| b.2.overdue.minor().cmp(&a.2.overdue.minor()).then(a.0.cmp(&b.0)));
        let mut moves = Vec::new();
        for (client, from, to) in moved.iter().take(MAX_NAMED) {
            let Some(client) = self.store.facts().client_by_id(*client).await? else { continue };
            let said = |t: &Treatment| format!("{} / {}", t.phase, t.action);
            let (overdue, currency) = (to.overdue.major(), to.overdue.currency().to_string());
            let (client, from, to) = (client.code.to_string(), said(from), said(to));
            moves.push(MoveLine { client, from, to, overdue, currency });
        }
        let transition = |((from, to), (positions, overdue)): ((Phase, Phase), (usize, f64))| TransitionView {
            from: from.to_string(),
            to: to.to_string(),
            positions,
            overdue: cents(overdue),
        };
        Ok(DryRunView {
            present: present.version().to_owned(),
            draft: draft.version().to_owned(),
            portfolio: portfolio.map(|name| name.trim().to_owned()),
            valid_at: as_of.valid_at,
            positions: all.len(),
            moved: moved.len(),
            transitions: transitions.into_iter().map(transition).collect(),
            owners: loads.views(as_of.valid_at),
            moves,
            other_currencies: all.iter().filter(|one| one.currency != currency).count(),
            currency: currency.to_string(),
            notice: NOTICE.to_owned(),
        })
    }

    /// What a draft and the present policy would have done from one day to another, about everybody that the caller sees or
    /// the clients of one portfolio. Records nothing.
    pub async fn backtest(
        &self,
        (caller, portfolio): (&Caller, Option<&str>),
        draft: Arc<Policy>,
        (from, to): (Date, Date),
    ) -> Result<BacktestView> {
        let only = self.only(caller, portfolio).await?;
        let _place = place_for_a_heavy_question().await?;
        let n_days = i64::from(crate::domain::day_number(to) - crate::domain::day_number(from)) + 1;
        if !(1..=MAX_DAYS).contains(&n_days) {
            return Err(Error::invalid("/to", format!("must lie 0 to {MAX_DAYS} days after `from`")));
        }
        let policies = [draft, Arc::clone(&self.rescorer.policy)];
        let found = self.rescorer.backtest((from, to), self.clock.now(), &policies, only.as_ref()).await?;
        #[expect(clippy::cast_precision_loss, reason = "days of three years")]
        let days = n_days as f64;
        let first = found.totals.first();
        let currency = first.and_then(|totals| totals.currency).unwrap_or(Currency::EUR);
        let late_amount_days = first.map_or(0.0, |totals| totals.late_amount_days);
        let other_currencies = first.map_or(0, |totals| totals.n_foreign);
        let mut played = found.totals.iter().zip(&policies).map(|(totals, policy)| played_view(totals, policy, days));
        let (Some(draft), Some(present)) = (played.next(), played.next()) else {
            return Err(Error::Busy("the back-test was interrupted"));
        };
        Ok(BacktestView {
            portfolio: portfolio.map(|name| name.trim().to_owned()),
            from,
            to,
            clients: found.n_clients,
            late_invoices: found.n_late,
            disputed_invoices: first.map_or(0, |totals| totals.n_disputed),
            disputed_amount: first.map_or(0.0, |totals| cents(totals.disputed_amount)),
            currency: currency.to_string(),
            other_currencies,
            late_on_average: (late_amount_days / days * 100.0).round() / 100.0,
            draft,
            present,
            assumption: ASSUMPTION.to_owned(),
            notice: NOTICE.to_owned(),
        })
    }
}

/// The currency of most positions; of two equally common ones the first by code.
fn commonest(currencies: impl Iterator<Item = Currency>) -> Currency {
    let mut counts: BTreeMap<Currency, usize> = BTreeMap::new();
    currencies.for_each(|currency| *counts.entry(currency).or_default() += 1);
    let most = counts.into_iter().max_by(|(a, n), (b, m)| n.cmp(m).then(b.cmp(a)));
    most.map_or(Currency::EUR, |(currency, _)| currency)
}

/// Said with every back-test.
const ASSUMPTION: &str = "actions, needless actions, clients annoyed and costs follow from the ledger, as long as payments would \
    have come as they came; days gained, cash earlier and interest are assumed: what would have been paid earlier cannot be known \
    from a ledger, and each action is taken to make the client's clock run faster by the `effect` of its phase while it lasts; not \
    played are what was done, promised and disputed by hand at the time, and payments in parts (the last one counts); a procedure \
    counts from the day it was opened and, once it ended, to the end of its month; the kinds of credit are those of every invoice";

/// What there is to do by owner, under two policies: the days on which it is due.
#[derive(Default)]
struct Loads<'a>(BTreeMap<&'a str, [Vec<Date>; 2]>);

impl<'a> Loads<'a> {
    fn add(&mut self, treatment: &'a Treatment, side: usize) {
        if let (true, Some(due)) = (treatment.action.is_work(), treatment.due_on) {
            self.0.entry(&treatment.owner).or_default()[side].push(due);
        }
    }

    fn views(self, today: Date) -> Vec<OwnerLoad> {
        let per_day = |days: &[Date]| {
            let last =
                days.iter().max().map_or(0, |last| crate::domain::day_number(*last) - crate::domain::day_number(today));
            let n = f64::from(u32::try_from(days.len()).unwrap_or(u32::MAX));
            (n / f64::from(last + 1) * 10.0).round() / 10.0
        };
        let busiest = |days: &[Date]| {
            let mut counts: BTreeMap<Date, usize> = BTreeMap::new();
            days.iter().for_each(|day| *counts.entry(*day).or_default() += 1);
            counts.into_values().max().unwrap_or_default()
        };
        let view = |(owner, [present, draft]): (&str, [Vec<Date>; 2])| OwnerLoad {
            owner: owner.to_owned(),
            present: present.len(),
            draft: draft.len(),
            present_per_day: per_day(&present),
            draft_per_day: per_day(&draft),
            draft_busiest_day: busiest(&draft),
        };
        self.0.into_iter().map(view).collect()
    }
}

fn played_view(totals: &Totals, policy: &Policy, days: f64) -> PlayedView {
    let load = |n: usize| (f64::from(u32::try_from(n).unwrap_or(u32::MAX)) / days * 100.0).round() / 100.0;
    PlayedView {
        policy: policy.version().to_owned(),
        actions: totals.actions.into(),
        needless: totals.needless.into(),
        clients_annoyed: totals.clients_annoyed.into(),
        cost: totals.cost.into(),
        days_gained: totals.days_gained.into(),
        cash_earlier: totals.cash_earlier.into(),
        interest: totals.interest.into(),
        by_phase: totals.by_phase.iter().map(|(phase, n)| (phase.to_string(), *n)).collect(),
        by_grade: totals.by_grade.iter().map(|(grade, n)| (grade.to_string(), *n)).collect(),
        clients_by_phase: totals.clients_by_phase.iter().map(|(phase, n)| (phase.to_string(), *n)).collect(),
        by_owner: totals.by_owner.iter().map(|(owner, (n, most))| (owner.clone(), (*n, load(*n), *most))).collect(),
        by_twelfth: totals.by_month.clone(),
    }
}
