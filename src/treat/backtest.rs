//! A policy played over a ledger of the past: what it would have done, day by day.
//!
//! # Why
//!
//! *What is known, and what is assumed?* The ledger says when each invoice was paid; which steps the policy would have taken on
//! which day follows from it exactly, as long as payments would have come as they came. That a step brings money earlier is an
//! assumption: for as long as a step lasts, the client's clock runs `effect` times faster. What would have been paid by whom had
//! somebody called can be learned by trying, not from a ledger.
//!
//! *Why do the played steps not change the played payments?* Because then every later step would rest on the assumption. So the
//! number of actions is an upper bound, and the days gained are counted invoice by invoice, at most those it was late.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Policy, Position, treatment};
use crate::domain::{
    Action, Country, Grade, Legal, LegalState, Outcome, OutcomeId, OutcomeKind, Phase, Reached, Receivable,
    Receivables, day_of_number,
};

/// What is paid within so many days after a step was on its way already.
const ON_ITS_WAY_DAYS: i32 = 3;
/// Resamplings of the clients behind an interval.
const N_RESAMPLES: usize = 400;

/// Figures that are estimated.
const N_FIGURES: usize = 7;
/// A figure of some clients.
type Summed<'a> = dyn Fn(&[&Played]) -> f64 + 'a;

/// A client of the past.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Past {
    /// Everything invoiced, with when it was paid, as of the end.
    pub receivables: Receivables,
    /// From which day on which grade and PD, in order; the first holds before, too.
    pub ratings: Vec<(i32, Grade, Option<f64>)>,
    /// From which day on what the law said, in order.
    pub legal: Vec<Legal>,
    /// Whether it still buys, when the creditor says so.
    pub said_active: Option<bool>,
    /// What it buys in a year.
    pub yearly_value: Option<f64>,
    /// Where it is.
    pub country: Option<Country>,
    /// The kinds of credit of everything it was ever invoiced, in the creditor's words; only when a policy asks.
    pub credit_types: Vec<String>,
}

/// What a policy would have done about one client.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Played {
    /// Every step: the day, the phase, who.
    pub steps: Vec<(i32, Phase, String)>,
    /// Overdue amounts, whole units times days: how much was late for how long.
    pub late_amount_days: f64,
    /// The same as far as the steps are assumed to have brought it earlier.
    pub gained_amount_days: f64,
    /// Days gained, over all invoices that were late.
    pub gained_days: f64,
    /// Invoices that were late while somebody watched.
    pub n_late: usize,
    /// Steps that came when all of it was on its way already.
    pub n_needless: usize,
    /// The client was bothered: a needless step, or a notice and beyond while it was buying.
    pub is_annoyed: bool,
    /// What the steps cost.
    pub cost: f64,
}

/// A figure and its 95 % interval, by resampling clients.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// 2.5 %.
    pub low: f64,
    /// 97.5 %.
    pub high: f64,
}

/// What a policy would have done about everybody.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Totals {
    /// Steps.
    pub actions: Estimate,
    /// Days by which an invoice that was late would have been paid earlier, on average; an assumption.
    pub days_gained: Estimate,
    /// Money that would have been there all year, on average: amount times days gained, over the days; an assumption.
    pub cash_earlier: Estimate,
    /// What that is worth at the price of money; an assumption.
    pub interest: Estimate,
    /// Clients that would have been bothered.
    pub clients_annoyed: Estimate,
    /// Steps that would have come when the money was on its way.
    pub needless: Estimate,
    /// What the steps would have cost.
    pub cost: Estimate,
    /// Steps by phase.
    pub by_phase: BTreeMap<Phase, usize>,
    /// By owner: steps in all, and on the busiest day.
    pub by_owner: BTreeMap<String, (usize, usize)>,
    /// Steps by month, counted from the first.
    pub by_month: Vec<usize>,
}

/// Plays a policy over one client, from the first day to the last (days since 1970-01-01, both included).
pub fn replayed(past: &Past, (first, last): (i32, i32), policy: &Policy) -> Played {
    let mut played = Played::default();
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut gained: BTreeMap<usize, i32> = BTreeMap::new();
    let items = &past.receivables.items;
    note_lateness(items, (first, last), past, &mut played);
    for today in first..=last {
        if !items.iter().any(|item| is_overdue_on(item, today)) {
            continue;
        }
        let position = position_on(past, today, &outcomes);
        let found = treatment(&position, day_of_number(today), policy);
        let (Some(kind), Some(step)) = (outcome_of(found.action), policy.step(found.phase)) else { continue };
        played.steps.push((today, found.phase, found.owner.clone()));
        played.cost += step.cost;
        let overdue: Vec<usize> = (0..items.len()).filter(|place| is_overdue_on(&items[*place], today)).collect();
        let is_needless = overdue.iter().all(|i| items[*i].paid.is_some_and(|on| on <= today + ON_ITS_WAY_DAYS));
        played.n_needless += usize::from(is_needless);
        let is_pressed = policy.rung(found.phase) >= policy.rung(Phase::FormalNotice);
        played.is_annoyed |= is_needless || (is_pressed && position.is_active(today, policy.active_days));
        for place in overdue {
            gain(&items[place], (today, last), (step.lasts_days, step.effect), gained.entry(place).or_default());
        }
        let about = overdue_keys(items, today);
        outcomes.push(Outcome { about, ..done(kind, today, outcomes.len()) });
    }
    for (place, days) in gained {
        let amount = super::major(items[place].amount_minor, past.receivables.currency);
        played.gained_days += f64::from(days);
        played.gained_amount_days += f64::from(days) * amount;
    }
    played
}

/// While a step lasts, the clock of what was in fact paid later runs faster.
fn gain(item: &Receivable, (today, last): (i32, i32), (lasts, effect): (i32, f64), so_far: &mut i32) {
    let Some(paid) = item.paid.filter(|paid| *paid <= last && item.open_minor <= 0) else { return };
    let remaining = f64::from(paid - today - *so_far).max(0.0);
    let at_work = remaining.min(f64::from(lasts) * effect);
    #[expect(clippy::cast_possible_truncation, reason = "at most the days until the payment")]
    let days = (at_work * (1.0 - 1.0 / effect)).floor() as i32;
    *so_far += days;
}

fn note_lateness(items: &[Receivable], (first, last): (i32, i32), past: &Past, played: &mut Played) {
    for item in items.iter().filter(|item| !item.is_credit && !item.disputed) {
        let until = item.paid.filter(|_| item.open_minor <= 0).unwrap_or(last).min(last);
        let days = until - item.due.max(first - 1);
        if days > 0 && item.due < last {
            played.n_late += 1;
            played.late_amount_days += f64::from(days) * super::major(item.amount_minor, past.receivables.currency);
        }
    }
}

fn is_overdue_on(item: &Receivable, today: i32) -> bool {
    !item.is_credit && item.due < today && (item.open_minor > 0 || item.paid.is_some_and(|paid| paid > today))
}

/// The client as it stood on a day, by what came later for the dates of payment alone.
fn position_on<'a>(past: &'a Past, today: i32, outcomes: &'a [Outcome]) -> Position<'a> {
    let items = past.receivables.items.iter().filter(|item| item.issued <= today).map(|item| match item.paid {
        Some(paid) if paid > today => Receivable { open_minor: item.amount_minor, paid: None, ..*item },
        _ => *item,
    });
    let items: Vec<Receivable> = items.collect();
    let payments = past.receivables.payments.iter().copied().filter(|payment| payment.on <= today).collect();
    let disputes = past.receivables.disputes.iter().copied().filter(|told| told.first <= today).collect();
    let last_bought = items.iter().filter(|item| !item.is_credit).map(|item| item.issued).max();
    let rating = past.ratings.iter().rev().find(|(from, ..)| *from <= today).or(past.ratings.first());
    let before = past.ratings.iter().rev().filter(|(from, ..)| *from <= today).nth(1).map(|(_, grade, _)| *grade);
    let legal = past.legal.iter().rev().find(|legal| legal.known <= today);
    Position {
        grade: rating.map_or(Grade::NotDetermined, |(_, grade, _)| *grade),
        before,
        pd: rating.and_then(|(_, _, pd)| *pd),
        receivables: Receivables { currency: past.receivables.currency, items, payments, disputes, last_bought },
        said_active: past.said_active,
        yearly_value: past.yearly_value,
        country: past.country,
        credit_types: &past.credit_types,
        legal: legal.copied().unwrap_or(Legal { state: LegalState::Free, known: today, opened: today }),
        outcomes,
    }
}

/// What is recorded when an action was done.
pub(super) fn outcome_of(action: Action) -> Option<OutcomeKind> {
    match action {
        Action::SendReminder => Some(OutcomeKind::ReminderSent),
        Action::Call | Action::OfferPlan => Some(OutcomeKind::Call),
        Action::SendNotice => Some(OutcomeKind::NoticeSent),
        Action::Visit => Some(OutcomeKind::Visit),
        Action::HandToAgency => Some(OutcomeKind::HandedToAgency),
        Action::GoToCourt => Some(OutcomeKind::CourtFiled),
        Action::FileClaim => Some(OutcomeKind::ClaimFiled),
        Action::Assign => Some(OutcomeKind::Assigned),
        Action::WriteOff => Some(OutcomeKind::WrittenOff),
        _ => None,
    }
}

fn overdue_keys(items: &[Receivable], today: i32) -> Vec<crate::domain::InvoiceKey> {
    items.iter().filter(|item| is_overdue_on(item, today)).map(|item| item.invoice).collect()
}

fn done(kind: OutcomeKind, today: i32, place: usize) -> Outcome {
    Outcome {
        id: OutcomeId::of(&[&place.to_string()]),
        kind,
        on: day_of_number(today),
        known_at: jiff::Timestamp::UNIX_EPOCH,
        author: String::new(),
        result: Some(Reached::Reached),
        amount: None,
        due_on: None,
        invoice: None,
        accepted: None,
        instalments: Vec::new(),
        note: None,
        about: Vec::new(),
    }
}

/// Adds up what was played; `days`: how many were played. The intervals resample clients, by a generator that begins at `seed`.
pub fn totals(all: &[Played], (first, last): (i32, i32), policy: &Policy, seed: u64) -> Totals {
    let days = f64::from(last - first + 1);
    let rate = policy.assumptions.capital_rate;
    let mean = |part: &[&Played], sum: fn(&Played) -> f64| part.iter().map(|p| sum(p)).sum::<f64>();
    let figures: [&Summed<'_>; N_FIGURES] = [
        &|part| mean(part, |p| count(p.steps.len())),
        &|part| mean(part, |p| p.gained_days) / mean(part, |p| count(p.n_late)).max(1.0),
        &|part| mean(part, |p| p.gained_amount_days) / days,
        &|part| mean(part, |p| p.gained_amount_days) * rate / 365.0,
        &|part| mean(part, |p| count(usize::from(p.is_annoyed))),
        &|part| mean(part, |p| count(p.n_needless)),
        &|part| mean(part, |p| p.cost),
    ];
    let everybody: Vec<&Played> = all.iter().collect();
    let samples = resampled(&everybody, seed, &figures);
    let estimate = |place: usize| {
        let mut drawn: Vec<f64> = samples.iter().map(|sample| sample[place]).collect();
        drawn.sort_by(f64::total_cmp);
        let at = |share: usize| drawn.get(drawn.len() * share / 1_000).copied().unwrap_or_default();
        Estimate { value: figures[place](&everybody), low: at(25), high: at(975) }
    };
    let mut found = Totals {
        actions: estimate(0),
        days_gained: estimate(1),
        cash_earlier: estimate(2),
        interest: estimate(3),
        clients_annoyed: estimate(4),
        needless: estimate(5),
        cost: estimate(6),
        ..Totals::default()
    };
    tally(all, (first, last), &mut found);
    found
}

fn resampled(all: &[&Played], seed: u64, figures: &[&Summed<'_>; N_FIGURES]) -> Vec<[f64; N_FIGURES]> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut samples = Vec::with_capacity(N_RESAMPLES);
    for _ in 0..N_RESAMPLES {
        let drawn: Vec<&Played> = all.iter().map(|_| all[rng.random_range(0..all.len())]).collect();
        samples.push(figures.map(|figure| figure(&drawn)));
    }
    samples
}

fn tally(all: &[Played], (first, last): (i32, i32), found: &mut Totals) {
    let month = |day: i32| usize::try_from((day - first) * 12 / (last - first + 1)).unwrap_or_default();
    found.by_month = vec![0; 12];
    let mut by_day: BTreeMap<(&str, i32), usize> = BTreeMap::new();
    for (day, phase, owner) in all.iter().flat_map(|played| &played.steps) {
        *found.by_phase.entry(*phase).or_default() += 1;
        *by_day.entry((owner, *day)).or_default() += 1;
        if let Some(month) = found.by_month.get_mut(month(*day)) {
            *month += 1;
        }
    }
    for ((owner, _), n) in by_day {
        let (all, busiest) = found.by_owner.entry(owner.to_owned()).or_default();
        *all += n;
        *busiest = (*busiest).max(n);
    }
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}
