//! Wait or act: what one more step of waiting is worth against acting, in money, and from which day on acting is better.
//!
//! # Why
//!
//! *Where do the figures come from?* The chance that the client pays by itself from its own delays ([`Regularity`]); what is lost
//! when it does not, from its PD and the loss given default, and from what money costs while it waits; what acting costs from
//! the policy, and from how likely it loses a client times what winning another costs. The effect of an action on the chance of
//! payment is an assumption of the policy, nothing measured; it is shown beside the answer.

use jiff::civil::Date;

use super::{Case, Policy, Position, Regularity, arrears, major, policy::Step, story};
use crate::domain::{Action, InvoiceKey, LegalState, OutcomeKind, Receivable, Treatment, day_number, day_of_number};

/// How many days ahead a better day to act is looked for, where the policy sets no end.
const LONGEST_LOOK_DAYS: i32 = 60;

/// What acting is worth against waiting one step more. Money in whole units of the ledger's currency.
#[derive(Debug, Clone, PartialEq)]
pub struct Prospect {
    /// Acting on the day asked about is worth so much more than one more step of waiting; negative: waiting is worth more.
    pub gain: f64,
    /// The first day on which acting is worth more; the last day allowed when there is none before.
    pub act_on: Date,
    /// The probability of payment within a step when nobody does anything.
    pub pays_alone: f64,
    /// The same after the action.
    pub pays_asked: f64,
    /// The probability of default behind it.
    pub pd: f64,
    /// Of what is overdue, the share that is lost on average when it is not paid; all of it when limitation is near.
    pub loss_share: f64,
    /// What the action costs.
    pub cost: f64,
    /// What it costs in the relationship, on average: the probability of losing the client times what winning another costs.
    pub relationship: f64,
    /// Days of a step.
    pub step_days: i32,
    /// By how much the action is assumed to multiply the rate at which the client pays.
    pub effect: f64,
    /// Invoices of the client's own behind the probability.
    pub n_invoices: usize,
    /// Whether a term that the law sets is so near that waiting loses the claim.
    pub is_urgent: bool,
}

/// A day that the law sets, or a state that it makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegalClock {
    /// The oldest claim is lost by limitation on that day, unless the debtor is put in default before.
    Limitation(Date),
    /// Default interest runs since that day, without notice.
    InterestSince(Date),
    /// The claim should be filed by that day; the court's date may be earlier.
    ClaimBy(Date),
    /// Enforcement is barred since that day.
    ProtectedSince(Date),
}

/// What acting is worth; none when nothing is overdue, or the law leaves nothing to weigh.
pub fn prospect(position: &Position<'_>, treatment: &Treatment, day: Date, policy: &Policy) -> Option<Prospect> {
    let case = Case::of(position, day, policy);
    if case.arrears.overdue_minor <= 0 || policy.by_law.iter().any(|(state, _)| *state == position.legal.state) {
        return None;
    }
    // Somebody who waits for a time to run out weighs the step that comes then.
    let is_step = !super::is_done_at_the_desk(treatment.action);
    let phase = if is_step { treatment.phase } else { treatment.next.map_or(treatment.phase, |(phase, _)| phase) };
    let step = policy.step(phase)?;
    let earliest = if is_step { 0 } else { treatment.next.map_or(0, |(_, on)| day_number(on) - case.today) };
    let scale = Scale::of(&case, step);
    let last = if is_step { treatment.due_on.map_or(0, |due| day_number(due) - case.today) } else { LONGEST_LOOK_DAYS };
    let first = earliest.max(0);
    let better = (first..=last.max(first)).find(|wait| scale.gain(*wait) >= 0.0);
    let act_on = better.unwrap_or(last.max(first));
    let (pays_alone, pays_asked) = scale.chances(0);
    Some(Prospect {
        gain: scale.gain(0),
        act_on: day_of_number(case.today + act_on),
        pays_alone,
        pays_asked,
        pd: scale.pd,
        loss_share: scale.loss_share,
        cost: step.cost,
        relationship: scale.relationship,
        step_days: policy.assumptions.step_days,
        effect: step.effect,
        n_invoices: scale.regularity.n_invoices(),
        is_urgent: scale.is_urgent,
    })
}

/// Both sides of the scale, for any day of waiting.
struct Scale<'a> {
    policy: &'a Policy,
    step: &'a Step,
    regularity: Regularity,
    late: i32,
    amount: f64,
    pd: f64,
    loss_share: f64,
    relationship: f64,
    is_urgent: bool,
}

impl<'a> Scale<'a> {
    fn of(case: &Case<'a>, step: &'a Step) -> Self {
        let (position, policy) = (case.position, case.policy);
        let a = &policy.assumptions;
        let pd = position.pd.unwrap_or(a.unknown_pd);
        let yearly = position.yearly_value.unwrap_or(0.0);
        let is_active = position.is_active(case.today, policy.active_days);
        let at_stake = if is_active { yearly * a.margin * a.replacement_years } else { 0.0 };
        let limitation = limitation(position, case, policy).map(day_number);
        let is_urgent = limitation.is_some_and(|on| on - case.today <= a.limitation_warning_days);
        Self {
            policy,
            step,
            regularity: Regularity::of(&position.receivables, case.today),
            late: case.arrears.oldest_days,
            amount: major(case.arrears.overdue_minor, position.receivables.currency),
            pd,
            // What limitation takes is lost whole.
            loss_share: if is_urgent { 1.0 } else { a.lgd * pd + a.capital_rate * a.further_delay_days / 365.0 },
            relationship: step.annoys * at_stake,
            is_urgent,
        }
    }

    /// The chances of payment within a step, alone and asked, after so many more days of waiting. An action multiplies the
    /// rate: if nobody pays within a step with probability q, then with q to the power of the effect.
    fn chances(&self, wait: i32) -> (f64, f64) {
        let a = &self.policy.assumptions;
        let alone = self.regularity.pays_within(self.late + wait, a.step_days, a);
        (alone, 1.0 - (1.0 - alone).powf(self.step.effect))
    }

    fn gain(&self, wait: i32) -> f64 {
        let (alone, asked) = self.chances(wait);
        (asked - alone) * self.amount * self.loss_share - self.step.cost - self.relationship
    }
}

/// When the first overdue invoice is lost: so many years after it was due, or after limitation of it was last interrupted. A
/// dispute stops no limitation, and a notice about one invoice interrupts that of no other.
fn limitation(position: &Position<'_>, case: &Case<'_>, policy: &Policy) -> Option<Date> {
    // A notice interrupts limitation, and so does asking a court, or filing the claim in a procedure (arts. 2943, 2945 c.c.).
    let interrupts = |kind: OutcomeKind| {
        kind.tells() == Some(crate::domain::Phase::FormalNotice)
            || matches!(kind, OutcomeKind::CourtFiled | OutcomeKind::ClaimFiled)
    };
    let items = &position.receivables.items;
    let noticed: Vec<(i32, Vec<InvoiceKey>)> = position
        .outcomes
        .iter()
        .filter(|outcome| interrupts(outcome.kind) && day_number(outcome.on) <= case.today)
        .map(|outcome| (day_number(outcome.on), story::about(outcome, items)))
        .collect();
    let runs_from = |item: &Receivable| {
        let about = noticed.iter().filter(|(on, about)| *on >= item.due && about.contains(&item.invoice));
        about.map(|(on, _)| *on).max().unwrap_or(item.due)
    };
    let disputes = arrears::disputes_of(position, case.today);
    let runs = items.iter().filter(|item| arrears::is_overdue(item, case.today) && !arrears::is_void(item, &disputes));
    let from = day_of_number(runs.map(runs_from).min()?);
    from.checked_add(jiff::Span::new().years(policy.assumptions.limitation_years)).ok()
}

/// By when the claim should be filed: counted from the day the procedure was known, and the same on every day after it.
fn claim_by(position: &Position<'_>, policy: &Policy) -> Option<Date> {
    let (_, step) = policy.by_law.iter().find(|(state, _)| *state == position.legal.state)?;
    Some(day_of_number(position.legal.known + step.act_within_days))
}

/// The days that the law sets for a position, nearest first.
pub fn clocks(position: &Position<'_>, treatment: &Treatment, day: Date, policy: &Policy) -> Vec<LegalClock> {
    let case = Case::of(position, day, policy);
    let mut clocks = Vec::new();
    let since = day_of_number(position.legal.known);
    match position.legal.state {
        LegalState::Insolvent if !matches!(treatment.action, Action::Watch | Action::None) => {
            clocks.extend(claim_by(position, policy).map(LegalClock::ClaimBy));
        }
        state if policy.holds.protective.contains(&state) => clocks.push(LegalClock::ProtectedSince(since)),
        _ => {}
    }
    if !case.arrears.invoices.is_empty() {
        let first_day = case.today - case.arrears.oldest_days + 1;
        clocks.push(LegalClock::InterestSince(day_of_number(first_day)));
    }
    clocks.extend(limitation(position, &case, policy).map(LegalClock::Limitation));
    clocks
}
