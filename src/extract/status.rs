use std::cmp::Reverse;

use super::{PROCEDURE_RETENTION_DAYS, PROTEST_RETENTION_DAYS, view::is_fresh};
use crate::domain::{Fact, Filing, KnownSignal, Status, StatusChange, VatAnswer, day_number};

/// What registers say of a company; each none until somebody has looked.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Standing {
    pub(super) insolvent: Option<f64>,
    pub(super) restructuring: Option<f64>,
    pub(super) voluntary_liquidation: Option<f64>,
    pub(super) ceased: Option<f64>,
    pub(super) warning: Option<f64>,
    pub(super) dormant: Option<f64>,
    pub(super) ended: Option<f64>,
    pub(super) filings_overdue: Option<f64>,
    pub(super) prejudicial_acts: Option<f64>,
    pub(super) vat_invalid: Option<f64>,
    pub(super) is_checked: bool,
}

pub(super) type Told<'a> = (&'a KnownSignal, &'a StatusChange);

impl Standing {
    /// Reads the signals an `as_of` can see.
    pub(super) fn read<'a>(signals: impl Iterator<Item = &'a KnownSignal> + Clone, today: i32) -> Self {
        let current = current(signals.clone());
        let is_checked = current.iter().any(|(s, _)| is_fresh(s, today));
        let clean = |whats: &[&str]| {
            signals.clone().any(|s| {
                matches!(&s.fact, Fact::Clean { what } if whats.contains(&what.as_str())) && is_fresh(s, today)
            })
        };
        let no_procedure = is_checked || clean(&["procedures", "insolvency"]);
        let flag = |found: bool, looked: bool| if found { Some(1.0) } else { looked.then_some(0.0) };
        let open = |wanted: fn(&StatusChange) -> bool| current.iter().any(|t| wanted(t.1) && is_open(t, today));
        // A bad state lasts until its source says otherwise; only "nothing found" grows stale.
        let says = |status: Status| current.iter().any(|t| t.1.status == status && is_open(t, today));
        let ended = current.iter().any(|t| {
            is_procedure(t.1)
                && t.1.revoked_on.is_none()
                && is_remembered(t, today)
                && t.1.closed_on.is_some_and(|on| day_number(on) <= today)
        });
        Self {
            insolvent: flag(open(is_insolvent), no_procedure),
            restructuring: flag(open(|c| c.status == Status::Restructuring && !is_insolvent(c)), no_procedure),
            voluntary_liquidation: flag(says(Status::VoluntaryLiquidation), is_checked),
            ceased: flag(has_ceased(&current), is_checked),
            warning: flag(says(Status::ActiveWarning), is_checked),
            dormant: flag(says(Status::Dormant), is_checked),
            ended: flag(ended, no_procedure),
            filings_overdue: filings_overdue(signals.clone(), today).or_else(|| clean(&["filings"]).then_some(0.0)),
            prejudicial_acts: acts(signals.clone(), today)
                .or_else(|| clean(&["prejudicial_acts", "charges"]).then_some(0.0)),
            vat_invalid: vat_invalid(signals, today),
            is_checked: no_procedure,
        }
    }
}

/// The words on status that stand: of each source the newest, procedures apart from plain states, and procedures opened on
/// different days apart from each other. A source that could not be asked has said nothing.
pub(super) fn current<'a>(signals: impl Iterator<Item = &'a KnownSignal>) -> Vec<Told<'a>> {
    let mut kept: Vec<Told<'a>> = Vec::new();
    for signal in signals {
        let Fact::CompanyStatus(change) = &signal.fact else { continue };
        if !matches!(change.status, Status::Unknown | Status::CouldNotCheck) {
            kept.push((signal, change));
        }
    }
    if kept.len() > 1 {
        kept.sort_by_key(|(s, _)| Reverse((s.valid_at, s.known_at, s.id)));
        let all = std::mem::take(&mut kept);
        for told in all {
            if !kept.iter().any(|newer| supersedes(newer, &told)) {
                kept.push(told);
            }
        }
    }
    kept
}

fn supersedes(newer: &Told<'_>, older: &Told<'_>) -> bool {
    let same_lane = is_procedure(newer.1) == is_procedure(older.1);
    let apart = match (newer.1.opened_on, older.1.opened_on) {
        (Some(a), Some(b)) => a != b,
        _ => false,
    };
    newer.0.source == older.0.source && same_lane && !apart
}

/// When a source first told what it still says: a correction, or a second notice of the same procedure, is no news.
pub(super) fn first_told<'a>(signals: impl Iterator<Item = &'a KnownSignal>, standing: &Told<'_>) -> jiff::Timestamp {
    let says_the_same = |signal: &&KnownSignal| match &signal.fact {
        Fact::CompanyStatus(change) => {
            signal.source == standing.0.source
                && change.status == standing.1.status
                && change.opened_on == standing.1.opened_on
        }
        _ => false,
    };
    // Without a day of opening nothing tells one procedure from the next.
    let same = signals.filter(|_| standing.1.opened_on.is_some()).filter(says_the_same);
    same.map(|signal| signal.known_at).min().unwrap_or(standing.0.known_at)
}

/// A procedure, and not a word on the company as it trades. A petition has a code of its own, too, and opens nothing: it
/// must not take the place of a liquidation, nor its dismissal end one.
fn is_procedure(change: &StatusChange) -> bool {
    let is_plain = matches!(change.status, Status::Active | Status::ActiveWarning | Status::Dormant | Status::Ceased);
    change.opened_on.is_some() || (change.procedure.is_some() && !is_plain)
}

/// In a procedure because it cannot pay. Extraordinary administration keeps the business going and freezes the credits
/// born before it, so for a creditor it is one of these, whatever shelf a register puts it on.
pub(super) fn is_insolvent(change: &StatusChange) -> bool {
    let extraordinary = |words: &str| words.to_lowercase().contains("amministrazione straordinaria");
    change.status == Status::InsolventLiquidation
        || (change.status == Status::Restructuring
            && change.procedure.as_ref().is_some_and(|p| extraordinary(&p.words)))
}

pub(super) fn opened((signal, change): &Told<'_>) -> i32 {
    day_number(change.opened_on.unwrap_or(signal.valid_at))
}

fn is_remembered(told: &Told<'_>, today: i32) -> bool {
    (0..PROCEDURE_RETENTION_DAYS).contains(&(today - opened(told)))
}

pub(super) fn is_open(told: &Told<'_>, today: i32) -> bool {
    let over = |on: Option<jiff::civil::Date>| on.is_some_and(|on| day_number(on) <= today);
    is_remembered(told, today) && !over(told.1.closed_on) && !over(told.1.revoked_on)
}

/// Ceased, unless another official source says later that it trades (a register of identifiers may close its record of a
/// company that lives on).
pub(super) fn has_ceased(current: &[Told<'_>]) -> bool {
    let trades = |c: &StatusChange| matches!(c.status, Status::Active | Status::ActiveWarning);
    current
        .iter()
        .filter(|t| t.1.status == Status::Ceased)
        .any(|gone| !current.iter().any(|t| t.0.is_official && trades(t.1) && t.0.valid_at > gone.0.valid_at))
}

fn filings_overdue<'a>(signals: impl Iterator<Item = &'a KnownSignal> + Clone, today: i32) -> Option<f64> {
    let filings = signals.filter_map(|s| match &s.fact {
        Fact::Filing(f) if f.tells_of_lateness() && is_fresh(s, today) => Some((s, f)),
        _ => None,
    });
    let same = |a: &(&KnownSignal, &Filing), b: &(&KnownSignal, &Filing)| {
        a.0.source == b.0.source && a.1.form == b.1.form && a.1.category == b.1.category
    };
    let key = |f: &(&KnownSignal, &Filing)| (f.0.valid_at, f.0.known_at, f.0.id);
    filings.clone().next()?;
    let newest = filings.clone().filter(|f| !filings.clone().any(|other| same(f, &other) && key(&other) > key(f)));
    Some(newest.map(|(_, f)| f64::from(u8::from(f.overdue))).sum())
}

/// Acts are told again when they change: the newest word on an act of that kind, day and amount counts.
fn acts<'a>(signals: impl Iterator<Item = &'a KnownSignal> + Clone, today: i32) -> Option<f64> {
    let acts = signals.filter_map(|s| match &s.fact {
        Fact::PrejudicialAct(a) => Some((s, a, day_number(a.registered_on.unwrap_or(s.valid_at)))),
        _ => None,
    });
    let acts = acts.filter(|(_, _, on)| (0..PROTEST_RETENTION_DAYS).contains(&(today - on)));
    let mut n = 0.0;
    let mut any = false;
    for (s, a, on) in acts.clone() {
        let newer = |(t, b, day): (&KnownSignal, &crate::domain::PrejudicialAct, i32)| {
            on == day && a.amount == b.amount && a.act == b.act && (t.known_at, t.id) > (s.known_at, s.id)
        };
        if !acts.clone().any(newer) && !a.cancelled {
            n += 1.0;
        }
        any |= !a.cancelled || is_fresh(s, today);
    }
    any.then_some(n)
}

fn vat_invalid<'a>(signals: impl Iterator<Item = &'a KnownSignal>, today: i32) -> Option<f64> {
    let answers = signals.filter_map(|s| match s.fact {
        Fact::VatCheck(answer) if answer != VatAnswer::NoAnswer && is_fresh(s, today) => Some((s, answer)),
        _ => None,
    });
    let newest = answers.max_by_key(|(s, _)| (s.valid_at, s.known_at, s.id))?;
    Some(f64::from(u8::from(newest.1 == VatAnswer::Invalid)))
}
