//! Payments on a ledger line: what is paid in all, and the revisions that say so.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    domain::{Instalment, LedgerLine, day_number, instalments},
    store::{PaymentKind, Settlement},
};

/// A file tells of the day on which money counts, a bank of the day on which it was booked: they lie so far apart at most.
pub(super) const TOLD_DAYS: i32 = 5;

/// What a file says was paid beyond the payments that are booked one by one: those that had arrived by the day it tells of
/// are in what it says; a later one it cannot know, except one of just what is left, some days later. Credit notes are not
/// money, and not in it.
pub(super) fn told_beyond(line: &LedgerLine, booked: &[Settlement]) -> Option<Instalment> {
    let on = line.paid_on?;
    let in_it = |s: &&Settlement| s.kind != PaymentKind::Note && s.on <= on;
    let arrived: i64 = booked.iter().filter(in_it).map(|s| s.minor).sum();
    let told = (line.paid_minor > arrived).then(|| Instalment { on, minor: line.paid_minor - arrived })?;
    let is_it = |s: &Settlement| s.kind != PaymentKind::Note && s.on > on && is_same(told, s);
    (!booked.iter().any(is_it)).then_some(told)
}

/// Whether a payment that is booked later is what a file told of: all of it, and soon.
fn is_same(told: Instalment, later: &Settlement) -> bool {
    later.minor == told.minor && day_number(later.on) - day_number(told.on) <= TOLD_DAYS
}

/// What of the payments that are stored of a line was told by a file, and no payment that is booked accounts for.
pub(super) fn unaccounted(stored: &[LedgerLine], booked: &[Settlement]) -> Option<Instalment> {
    let parts = instalments(stored, Timestamp::MAX);
    let minor = parts.iter().map(|part| part.minor).sum::<i64>() - booked.iter().map(|s| s.minor).sum::<i64>();
    parts.last().filter(|_| minor > 0).map(|last| Instalment { on: last.on, minor })
}

/// The payments of a line in the order of their days, never more than it is for: those that are booked, and what a file
/// tells of beyond them.
pub(super) fn payments(line: &LedgerLine, told: Option<Instalment>, booked: &[Settlement]) -> Vec<Instalment> {
    let single = booked.iter().map(|s| Instalment { on: day_of(line, s), minor: s.minor });
    let mut parts: Vec<Instalment> = single.chain(told).collect();
    parts.sort_by_key(|part| part.on);
    let mut left = line.amount.minor();
    for part in &mut parts {
        part.minor = part.minor.min(left);
        left -= part.minor;
    }
    parts.retain(|part| part.minor > 0);
    parts
}

/// The payments of a line when one more is booked. Money that a file told of, and that had arrived by then, is not new.
pub(super) fn with_one_more(stored: &[LedgerLine], booked: &[Settlement], more: Settlement) -> Vec<Instalment> {
    let Some(line) = stored.last() else { return Vec::new() };
    let told = unaccounted(stored, booked).and_then(|told| {
        let is_in_it = more.kind != PaymentKind::Note && (more.on <= told.on || is_same(told, &more));
        let minor = if is_in_it { told.minor - more.minor } else { told.minor };
        (minor > 0).then_some(Instalment { minor, ..told })
    });
    let all: Vec<Settlement> = booked.iter().copied().chain([more]).collect();
    payments(line, told, &all)
}

/// The payments of a line when a booking is taken back: those that are booked besides, and what a file told of. `before` is
/// what the file had told of when it was booked, which the booking may have accounted for; what was `since` booked may, too.
pub(super) fn with_one_less(
    stored: &[LedgerLine],
    booked: &[Settlement],
    undone: i64,
    (before, since): (Option<Instalment>, &[Settlement]),
) -> Vec<Instalment> {
    let Some(line) = stored.last() else { return Vec::new() };
    let before = before.and_then(|told| {
        let is_in_it = |s: &&Settlement| s.kind != PaymentKind::Note && (s.on <= told.on || is_same(told, s));
        let minor = told.minor - since.iter().filter(is_in_it).map(|s| s.minor).sum::<i64>();
        (minor > 0).then_some(Instalment { minor, ..told })
    });
    let told = [unaccounted(stored, booked), before].into_iter().flatten().max_by_key(|told| told.minor);
    let others: Vec<Settlement> = booked.iter().copied().filter(|s| s.payment != undone).collect();
    payments(line, told, &others)
}

/// What a credit note takes away was not owed: it counts as settled on the due day at the latest.
fn day_of(line: &LedgerLine, settlement: &Settlement) -> Date {
    match settlement.kind {
        PaymentKind::Note => settlement.on.min(line.due_on.max(line.issued_on)),
        PaymentKind::Bank | PaymentKind::File => settlement.on,
    }
}

/// When what happened on a day counts as known: at its start (UTC) in a backfill, else now.
#[derive(Debug, Clone, Copy)]
pub(super) struct Knowing {
    pub(super) now: Timestamp,
    pub(super) backfill: bool,
}

impl Knowing {
    /// A day to come was told us today, and counts from its own day anyway.
    pub(super) fn of(self, day: Date) -> Timestamp {
        let start = day.to_zoned(TimeZone::UTC).map_or(self.now, |z| z.timestamp());
        if self.backfill { start.min(self.now) } else { self.now }
    }
}

/// The revisions that bring a line from what is stored of it to these payments: one for each payment that is new; where an
/// earlier one came to light, the count begins anew. One that says what is stored already is among them when nothing is new.
pub(super) fn revisions(
    line: &LedgerLine,
    stored: &[LedgerLine],
    payments: &[Instalment],
    knowing: Knowing,
) -> Vec<LedgerLine> {
    let bare = LedgerLine { paid_on: None, paid_minor: 0, paid_known_at: None, ..*line };
    let newest = stored.iter().map(|line| line.known_at).max();
    let mut known_at = newest.map_or(bare.known_at, |newest| newest.max(bare.known_at));
    let before = instalments(stored, Timestamp::MAX);
    let is_more = payments.starts_with(&before);
    let mut revisions = Vec::new();
    let mut sum = 0;
    if stored.is_empty() || !is_more || payments.is_empty() {
        revisions.push(LedgerLine { known_at, ..bare });
    } else if payments.len() == before.len() {
        // Nothing new was paid: the line with all of it, which the store compares with what it has.
        let known = stored.last().and_then(|line| line.paid_known_at);
        let last = payments.last().map(|part| part.on);
        let paid = payments.iter().map(|part| part.minor).sum();
        return vec![LedgerLine { paid_on: last, paid_minor: paid, paid_known_at: known, known_at, ..bare }];
    }
    let n_known = if is_more { before.len() } else { 0 };
    for (place, part) in payments.iter().enumerate() {
        sum += part.minor;
        if place < n_known {
            continue;
        }
        let learned = knowing.of(part.on).max(line.known_at);
        known_at = known_at.max(learned);
        let paid = LedgerLine { paid_on: Some(part.on), paid_minor: sum, paid_known_at: Some(learned), ..bare };
        revisions.push(LedgerLine { known_at, ..paid });
    }
    revisions
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::{BatchId, Currency, EntryKind, InvoiceKey, Money};

    fn at(day: i8) -> Timestamp {
        date(2026, 5, day).to_zoned(TimeZone::UTC).unwrap().timestamp()
    }

    fn line() -> LedgerLine {
        LedgerLine {
            invoice: InvoiceKey::of("F1"),
            kind: EntryKind::Invoice,
            issued_on: date(2026, 3, 1),
            due_on: date(2026, 4, 1),
            amount: Money::from_minor(10_000, Currency::EUR),
            disputed: false,
            known_at: at(1),
            paid_on: None,
            paid_minor: 0,
            paid_known_at: None,
            batch: BatchId::new(1),
        }
    }

    fn part(day: i8, minor: i64) -> Instalment {
        Instalment { on: date(2026, 4, day), minor }
    }

    fn booked(day: i8, minor: i64, kind: PaymentKind) -> Settlement {
        Settlement { payment: i64::from(day), kind, on: date(2026, 4, day), minor }
    }

    /// Every order in which payments come to light ends in the same payments.
    #[test]
    fn a_payment_that_comes_to_light_late_takes_its_own_day() {
        let all = [part(5, 1_000), part(10, 2_000), part(20, 3_000)];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [1, 0, 2], [2, 0, 1], [0, 2, 1]] {
            let (mut stored, mut known) = (vec![line()], Vec::new());
            for (day, place) in (2..).zip(order) {
                known.push(all[place]);
                known.sort_by_key(|part: &Instalment| part.on);
                let knowing = Knowing { now: at(day), backfill: false };
                stored.extend(revisions(&LedgerLine { known_at: at(day), ..line() }, &stored, &known, knowing));
                assert_eq!(instalments(&stored, Timestamp::MAX), known);
            }
            assert_eq!(instalments(&stored, Timestamp::MAX), all);
            assert_eq!(instalments(&stored, at(2)), [all[order[0]]], "what was known then stays");
        }
    }

    #[test]
    fn a_booking_that_is_taken_back_moves_no_other_payment_and_leaves_what_a_file_told() {
        let bank = |id: i64, day: i8, minor| Settlement { payment: id, ..booked(day, minor, PaymentKind::Bank) };
        let (first, second) = (bank(1, 8, 3_000), bank(2, 20, 2_000));
        let paid = |on: i8, minor| LedgerLine { paid_on: Some(date(2026, 4, on)), paid_minor: minor, ..line() };
        let stored = [line(), paid(8, 3_000), paid(20, 5_000)];
        let both = [first, second];
        assert_eq!(with_one_less(&stored, &both, 1, (None, &[second])), [part(20, 2_000)]);
        assert_eq!(with_one_less(&stored, &both, 2, (None, &[])), [part(8, 3_000)]);
        let told = Some(part(9, 3_000));
        assert_eq!(with_one_less(&stored, &both, 1, (told, &[second])), [part(9, 3_000), part(20, 2_000)]);
        let soon = bank(3, 9, 1_000);
        let stored = [line(), paid(8, 3_000), paid(9, 4_000)];
        let all = with_one_less(&stored, &[first, soon], 1, (told, &[soon]));
        assert_eq!(all, [part(9, 1_000), part(9, 2_000)], "what came since is in what the file told of");
    }

    #[test]
    fn what_a_file_says_is_paid_and_what_the_bank_says_arrived_are_the_same_money() {
        let of = |line: &LedgerLine, booked: &[Settlement]| payments(line, told_beyond(line, booked), booked);
        let told = LedgerLine { paid_on: Some(date(2026, 4, 8)), paid_minor: 3_000, ..line() };
        let bank = [booked(8, 3_000, PaymentKind::Bank)];
        assert_eq!(of(&told, &bank), [part(8, 3_000)]);
        assert_eq!(of(&line(), &bank), [part(8, 3_000)], "a file that knows less takes nothing back");
        let more = LedgerLine { paid_minor: 5_000, paid_on: Some(date(2026, 4, 9)), ..told };
        assert_eq!(of(&more, &bank), [part(8, 3_000), part(9, 2_000)]);
        let later = [booked(20, 2_000, PaymentKind::Bank)];
        assert_eq!(of(&told, &later), [part(8, 3_000), part(20, 2_000)], "the file cannot know of it");
        let note = [bank[0], booked(20, 9_000, PaymentKind::Note)];
        assert_eq!(of(&told, &note), [part(1, 9_000), part(8, 1_000)], "never more than the invoice");
        assert_eq!(with_one_more(&[told], &[], bank[0]), [part(8, 3_000)], "whichever comes first");
        assert_eq!(with_one_more(&[told], &[], later[0]), [part(8, 3_000), part(20, 2_000)]);
        let soon = [booked(10, 3_000, PaymentKind::Bank)];
        assert_eq!(of(&told, &soon), [part(10, 3_000)], "the file tells of the value day, the bank of its own");
        assert_eq!(with_one_more(&[told], &[], soon[0]), [part(10, 3_000)]);
    }
}
