//! Cannot pay, or will not pay? The first question of every collector, answered from facts.

use super::{BROKEN_PROMISES, Policy, Position, Regularity, Sign, pledge::Pledges, pledge::Terms, story::Story};
use crate::domain::day_number;

/// Below this neither is said.
const SAYS_SOMETHING: f64 = 0.4;
/// One must outweigh the other by so much.
const OUTWEIGHS: f64 = 0.15;

/// A sign that speaks, and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Spoken {
    /// Which.
    pub sign: Sign,
    /// The value it has.
    pub value: f64,
}

/// An answer, and what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Motive {
    /// `cannot_pay`, `will_not_pay`, `momentary` (a regular payer, and nothing speaks against it) or `unclear`.
    pub verdict: &'static str,
    /// How much speaks for *cannot*, from 0 to 1: one minus e to the minus sum of the weights.
    pub cannot: f64,
    /// How much speaks for *will not*.
    pub will_not: f64,
    /// What spoke, heaviest first.
    pub spoken: Vec<Spoken>,
    /// Whether it has paid within terms, or nearly, as a rule.
    pub is_regular: bool,
}

/// Weighs the signs of a policy. `value`: of a feature by its name; none when it is missing.
pub fn motive(
    position: &Position<'_>,
    day: jiff::civil::Date,
    policy: &Policy,
    value: impl Fn(&str) -> Option<f64>,
) -> Motive {
    let today = day_number(day);
    let story = Story::of(position, today);
    let broken = Pledges::of(position, &story, today, &Terms::of(&policy.holds)).n_broken;
    let value_of = |sign: &Sign| match sign.feature.as_str() {
        BROKEN_PROMISES => Some(f64::from(broken)),
        feature => value(feature),
    };
    let speaks = |sign: &Sign| {
        let value = value_of(sign)?;
        (value > sign.above).then(|| Spoken { sign: sign.clone(), value })
    };
    let mut spoken: Vec<Spoken> = policy.signs().iter().filter_map(speaks).collect();
    spoken.sort_by(|a, b| (b.sign.cannot + b.sign.will_not).total_cmp(&(a.sign.cannot + a.sign.will_not)));
    let share = |weight: fn(&Sign) -> f64| 1.0 - (-spoken.iter().map(|s| weight(&s.sign)).sum::<f64>()).exp();
    let (cannot, will_not) = (share(|sign| sign.cannot), share(|sign| sign.will_not));
    let regularity = Regularity::of(&position.receivables, today);
    let is_regular = regularity.n_invoices() >= 3 && regularity.usual_delay_days() <= policy.irregular_days;
    let verdict = if cannot.max(will_not) < SAYS_SOMETHING {
        if is_regular { "momentary" } else { "unclear" }
    } else if cannot - will_not >= OUTWEIGHS {
        "cannot_pay"
    } else if will_not - cannot >= OUTWEIGHS {
        "will_not_pay"
    } else {
        "unclear"
    };
    Motive { verdict, cannot, will_not, spoken, is_regular }
}
