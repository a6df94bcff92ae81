//! What became of a client: whether it went into default between two days, by all that is known at an instant.
//!
//! The definition is the trade's: more than 100 in whole units of the ledger's currency, and more than 1 % of what is owed,
//! more than 90 days past due (EBA/GL/2016/07, paragraph 16; Delegated Regulation (EU) 2018/171, retail side), or an open
//! insolvent procedure.

use jiff::{Timestamp, civil::Date};

use super::{claims::Disputes, ledger, status::Standing, view};
use crate::domain::{AsOf, Dossier, EntryKind, Fact, LedgerLine, day_number, day_of_number};

/// What counts as a default, in a sentence: what [`went_bad`] looks for.
pub const DEFINITION_OF_DEFAULT: &str =
    "an amount above 100 and 1 % of exposure more than 90 days past due, or an insolvency procedure opened";

/// More days past due than these are a default.
const DEFAULT_DAYS: i32 = 90;
/// What is past due counts above this many whole units.
const MATERIAL_UNITS: i64 = 100;
/// And above one part in so many of what is owed.
const MATERIAL_PART: i64 = 100;

/// Whether the client went into default after `from` and not after `to`; none when it was in default on `from` already.
pub fn went_bad(dossier: &Dossier, from: Date, to: Date, known_at: Timestamp) -> Option<bool> {
    let is_bad_on = |day: i32| is_bad(dossier, AsOf { valid_at: day_of_number(day), known_at });
    let (from, to) = (day_number(from), day_number(to));
    if is_bad_on(from) {
        return None;
    }
    // It can only go bad on a day on which an invoice that is not paid passes the mark, another one is paid (what is left is
    // then more of what is owed), a dispute is over, or a register speaks.
    let is_paid_by = |line: &LedgerLine, day: i32| {
        let is_known = line.paid_known_at.is_none_or(|at| at <= known_at);
        is_known && line.paid_minor >= line.amount.minor() && line.paid_on.is_some_and(|on| day_number(on) <= day)
    };
    let passes = dossier.ledger.iter().map(|line| (line, day_number(line.due_on) + DEFAULT_DAYS + 1));
    let passes: Vec<i32> = passes.filter(|(line, day)| !is_paid_by(line, *day)).map(|(_, day)| day).collect();
    let is_ever_late = passes.iter().any(|day| *day <= to);
    let pays = dossier.ledger.iter().filter_map(|line| line.paid_on).map(day_number).filter(|_| is_ever_late);
    let spoken = dossier.signals.iter().filter(|s| matches!(s.fact, Fact::CompanyStatus(_)));
    let spoken = spoken.map(|s| day_number(s.valid_at));
    let settled = dossier.disputes.iter().map(|told| day_number(told.on));
    let mut days: Vec<i32> = passes.iter().copied().chain(pays).chain(spoken).chain(settled).collect();
    days.retain(|day| (from + 1..=to).contains(day));
    days.sort_unstable();
    days.dedup();
    Some(days.into_iter().any(is_bad_on))
}

fn is_bad(dossier: &Dossier, as_of: AsOf) -> bool {
    let today = day_number(as_of.valid_at);
    let lines = ledger::in_order(&dossier.ledger);
    let currency = ledger::main_currency(&lines, as_of);
    let disputes = Disputes::of(dossier, as_of);
    let (mut past_due, mut owed) = (0i64, 0i64);
    for seen in ledger::visible(&lines, as_of).filter(|seen| Some(seen.line.amount.currency()) == currency) {
        let open = seen.open_minor();
        if seen.line.kind == EntryKind::CreditNote {
            owed -= open;
            continue;
        }
        owed += open;
        if !disputes.has(&seen) && today - day_number(seen.line.due_on) > DEFAULT_DAYS {
            past_due += open;
        }
    }
    // As for a hard state: one salesman's word puts nobody in default.
    let told = view::visible(dossier, as_of).filter(|signal| signal.is_official);
    let unit = 10i64.pow(currency.map_or(2, |c| c.minor_digits()));
    let is_material = past_due > MATERIAL_UNITS * unit && past_due > owed.max(0) / MATERIAL_PART;
    is_material || Standing::read(told, today).insolvent.is_some_and(|open| open > 0.0)
}
