//! What was played of everybody, added up, with intervals by resampling clients.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Played, Policy};
use crate::domain::{Currency, Grade, Phase};

/// Resamplings of the clients behind an interval.
const N_RESAMPLES: usize = 400;

/// Figures that are estimated.
const N_FIGURES: usize = 7;
/// A figure of some clients.
type Summed<'a> = dyn Fn(&[&Played]) -> f64 + 'a;

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
    /// The currency of most ledgers: amounts, and what they are worth, are of these alone.
    pub currency: Option<Currency>,
    /// Clients whose ledgers are in others: what was done about them is counted, their money is not.
    pub n_foreign: usize,
    /// Money that was late, whole units times days, in that currency.
    pub late_amount_days: f64,
    /// Invoices of everybody that are left out as disputed.
    pub n_disputed: usize,
    /// What those in that currency come to, whole units.
    pub disputed_amount: f64,
    /// Steps by phase.
    pub by_phase: BTreeMap<Phase, usize>,
    /// Steps by the grade of the client on their days.
    pub by_grade: BTreeMap<Grade, usize>,
    /// Clients by the furthest phase that they were brought to; who was left alone is not here.
    pub clients_by_phase: BTreeMap<Phase, usize>,
    /// By owner: steps in all, and on the busiest day.
    pub by_owner: BTreeMap<String, (usize, usize)>,
    /// Steps by month, counted from the first.
    pub by_month: Vec<usize>,
}

/// Adds up what was played; `days`: how many were played. The intervals resample clients, by a generator that begins at `seed`.
pub fn totals(all: &[Played], (first, last): (i32, i32), policy: &Policy, seed: u64) -> Totals {
    let days = f64::from(last - first + 1);
    let rate = policy.assumptions.capital_rate;
    let currency = main_currency(all);
    // Money of two currencies has no sum.
    let ours = |p: &Played, amount: f64| if p.currency == currency { amount } else { 0.0 };
    let earlier = |part: &[&Played]| part.iter().map(|p| ours(p, p.gained_amount_days)).sum::<f64>();
    let mean = |part: &[&Played], sum: fn(&Played) -> f64| part.iter().map(|p| sum(p)).sum::<f64>();
    let figures: [&Summed<'_>; N_FIGURES] = [
        &|part| mean(part, |p| count(p.steps.len())),
        &|part| mean(part, |p| p.gained_days) / mean(part, |p| count(p.n_late)).max(1.0),
        &|part| earlier(part) / days,
        &|part| earlier(part) * rate / 365.0,
        &|part| mean(part, |p| count(usize::from(p.is_annoyed))),
        &|part| mean(part, |p| count(p.n_needless)),
        &|part| part.iter().map(|p| ours(p, p.cost)).sum::<f64>(),
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
        currency,
        n_foreign: all.iter().filter(|p| p.currency != currency).count(),
        late_amount_days: all.iter().map(|p| ours(p, p.late_amount_days)).sum(),
        n_disputed: all.iter().map(|p| p.n_disputed).sum(),
        disputed_amount: all.iter().map(|p| ours(p, p.disputed_amount)).sum(),
        ..Totals::default()
    };
    tally(all, (first, last), &mut found);
    found
}

/// The currency of most ledgers; of two equally common ones the first by code.
fn main_currency(all: &[Played]) -> Option<Currency> {
    let mut counts: BTreeMap<Currency, usize> = BTreeMap::new();
    all.iter().filter_map(|played| played.currency).for_each(|currency| *counts.entry(currency).or_default() += 1);
    counts.into_iter().max_by(|(a, n), (b, m)| n.cmp(m).then(b.cmp(a))).map(|(currency, _)| currency)
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
    for played in all {
        played.by_grade.iter().for_each(|(grade, n)| *found.by_grade.entry(*grade).or_default() += n);
        if let Some(furthest) = played.steps.iter().map(|(_, phase, _)| *phase).max() {
            *found.clients_by_phase.entry(furthest).or_default() += 1;
        }
    }
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
