use std::cmp::Reverse;

use super::{DAYS_PER_MONTH, FRESH_DAYS, PROTEST_RETENTION_DAYS, view::is_fresh};
use crate::domain::{Currency, Fact, Instrument, KnownSignal, Protest, ProtestState, day_number};

/// The protests of a client in windows; all none until somebody has looked.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Protests {
    pub(super) count_12m: Option<f64>,
    pub(super) amount_12m: Option<f64>,
    pub(super) amount_90d: Option<f64>,
    pub(super) inability_12m: Option<f64>,
    pub(super) count_5y: Option<f64>,
    pub(super) months_since_last: Option<f64>,
}

impl Protests {
    /// Reads the signals an `as_of` can see.
    pub(super) fn read<'a>(signals: impl Iterator<Item = &'a KnownSignal> + Clone, today: i32) -> Self {
        let told = standing(signals.clone(), today);
        let clean = signals.filter(|s| is_clean(s)).any(|s| is_fresh(s, today));
        if told.is_empty() && !clean {
            return Self::default();
        }
        let mut out = Self { count_5y: Some(0.0), ..Self::default() };
        // A protest known long ago still stands; but that nothing was added since is news only while somebody looks.
        if clean || told.iter().any(|(s, _)| is_fresh(s, today)) {
            (out.count_12m, out.amount_12m) = (Some(0.0), Some(0.0));
            (out.amount_90d, out.inability_12m) = (Some(0.0), Some(0.0));
        }
        for (signal, protest) in told.iter().filter(|(_, p)| !is_dispute(p)) {
            out.add(protest, today - raised(signal, protest));
        }
        out
    }

    fn add(&mut self, protest: &Protest, age: i32) {
        let bump = |slot: &mut Option<f64>, by: f64| *slot = slot.map(|n| n + by);
        let euro = protest.amount.filter(|a| a.currency() == Currency::EUR).map_or(0.0, |a| a.major());
        bump(&mut self.count_5y, 1.0);
        if age < 365 {
            bump(&mut self.count_12m, 1.0);
            bump(&mut self.amount_12m, euro);
            bump(&mut self.inability_12m, f64::from(u8::from(is_inability(protest))));
        }
        if age < 90 {
            bump(&mut self.amount_90d, euro);
        }
        let months = f64::from(age) / DAYS_PER_MONTH;
        self.months_since_last = Some(self.months_since_last.map_or(months, |m| m.min(months)));
    }

    /// Whether the register was read lately.
    pub(super) fn is_checked(&self) -> bool {
        self.count_12m.is_some()
    }
}

/// An empty answer of a register of protests.
pub(super) fn is_clean(signal: &KnownSignal) -> bool {
    matches!(&signal.fact, Fact::Clean { what } if what == "protests")
}

/// The protests that stand and are not yet to be forgotten, each once. One that any source's newest word calls cancelled
/// is as if it had never been: it is not even a sign that somebody looked.
pub(super) fn standing<'a>(
    signals: impl Iterator<Item = &'a KnownSignal>,
    today: i32,
) -> Vec<(&'a KnownSignal, &'a Protest)> {
    let mut told: Vec<(&KnownSignal, &Protest)> = signals
        .filter_map(|s| match &s.fact {
            Fact::Protest(p) => Some((s, p)),
            _ => None,
        })
        .filter(|(s, p)| (0..PROTEST_RETENTION_DAYS).contains(&(today - raised(s, p))))
        .collect();
    if told.is_empty() {
        return told;
    }
    // Newest word first, whatever order the facts came in.
    told.sort_by_key(|(s, _)| Reverse((s.known_at, s.valid_at, s.id)));
    let mut groups: Vec<Vec<(&KnownSignal, &Protest)>> = Vec::new();
    for (signal, protest) in told {
        match groups.iter_mut().find(|g| g.iter().any(|(s, p)| is_same((s, p), (signal, protest)))) {
            // Only the newest word of each source counts.
            Some(group) if group.iter().any(|(s, _)| s.source == signal.source) => {}
            Some(group) => group.push((signal, protest)),
            None => groups.push(vec![(signal, protest)]),
        }
    }
    let stands = |g: &Vec<(&KnownSignal, &Protest)>| g.iter().all(|(_, p)| p.state != ProtestState::Cancelled);
    groups.into_iter().filter(stands).filter_map(|g| g.into_iter().next()).collect()
}

/// The same paper: same day and instrument, and no word against it in amount or due date.
fn is_same(a: (&KnownSignal, &Protest), b: (&KnownSignal, &Protest)) -> bool {
    fn agree<T: PartialEq>(a: &Option<T>, b: &Option<T>) -> bool {
        a.is_none() || b.is_none() || a == b
    }
    raised(a.0, a.1) == raised(b.0, b.1)
        && a.1.instrument == b.1.instrument
        && agree(&a.1.amount, &b.1.amount)
        && agree(&a.1.due_on, &b.1.due_on)
}

fn raised(signal: &KnownSignal, protest: &Protest) -> i32 {
    day_number(protest.raised_on.unwrap_or(signal.valid_at))
}

/// The last two places of the code: `CM1` is M1 on a bill. Cheque codes are another table that is not public, so they say
/// nothing (Circular MICA 3512/C of 2001).
fn reason(protest: &Protest) -> Option<&str> {
    let code = protest.reason_code.as_deref().filter(|_| protest.instrument != Instrument::Cheque)?.trim();
    code.get(code.len().checked_sub(2)?..)
}

fn is_inability(protest: &Protest) -> bool {
    matches!(reason(protest), Some("B1" | "C1" | "G2" | "H1" | "M2"))
}

/// Paid already, forged, stolen, swindled: the debtor's means are not in question.
fn is_dispute(protest: &Protest) -> bool {
    matches!(reason(protest), Some("D2" | "E1" | "E2" | "E3" | "E4" | "E5" | "F1"))
}

const _: () = assert!(FRESH_DAYS > 365, "a protest of the last year is always a fresh one");
