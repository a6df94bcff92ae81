//! No phase is ever skipped because an invoice moved.

use proptest::prelude::*;
use vedetta::domain::{Action, Grade, Outcome, OutcomeKind, Phase, Receivable, day_number};

use super::{DAY, done, late, owing, paid, policy, position, treated};

/// Steps that may have been taken.
const STEPS: [OutcomeKind; 5] = [
    OutcomeKind::ReminderSent,
    OutcomeKind::Call,
    OutcomeKind::NoticeSent,
    OutcomeKind::HandedToAgency,
    OutcomeKind::CourtFiled,
];

pub(super) fn ledgers() -> impl Strategy<Value = Vec<Receivable>> {
    let invoice = (-60..500i32, prop::option::of(-10..200i32), 1_000..2_000_000i64, any::<bool>(), 0..20u8);
    prop::collection::vec(invoice, 1..12).prop_map(|rows| {
        let mut items = Vec::new();
        for (n, (days, delay, minor, is_whole, kind)) in rows.into_iter().enumerate() {
            let paid = delay.map(|delay| paid(days, delay)).filter(|item| item.paid <= Some(day_number(DAY)));
            let item = paid.unwrap_or_else(|| late(days));
            let open = match (item.paid, is_whole) {
                (None, _) => minor,
                (Some(_), true) => 0,
                (Some(_), false) => minor / 2,
            };
            let invoice = vedetta::domain::InvoiceKey::of(&n.to_string());
            items.push(Receivable {
                invoice,
                amount_minor: minor,
                open_minor: open,
                disputed: kind == 0,
                is_credit: kind == 1,
                ..item
            });
        }
        items
    })
}

fn histories() -> impl Strategy<Value = Vec<Outcome>> {
    let step = (0..STEPS.len(), 0..400i32).prop_map(|(kind, days)| done(STEPS[kind], days));
    prop::collection::vec(step, 0..5)
}

/// The phases of the default policy, in their order.
static PHASES: std::sync::LazyLock<Vec<Phase>> = std::sync::LazyLock::new(|| policy().phases());

/// The place of a phase on the ladder; none for those that only the law leads to.
fn rung(phase: Phase) -> Option<usize> {
    PHASES.iter().position(|known| *known == phase).filter(|_| phase != Phase::ClaimFiling)
}

/// The first step of a client's track.
fn start(track: &str) -> usize {
    let first = match track {
        "fast" => Phase::FormalNotice,
        "white_gloves" | "by_phone" | "brisk" => Phase::CourtesyCall,
        _ => Phase::Reminder,
    };
    rung(first).unwrap_or_default()
}

/// Steps as they are recorded: each with the invoices that were overdue and not disputed on its day.
pub(super) fn recorded(outcomes: Vec<Outcome>, items: &[Receivable]) -> Vec<Outcome> {
    let about = |on: i32| {
        let was_overdue = |item: &&Receivable| {
            let was_open = item.open_minor > 0 || item.paid.is_some_and(|paid| paid >= on);
            !item.is_credit && !item.disputed && item.due < on && was_open
        };
        items.iter().filter(was_overdue).map(|item| item.invoice).collect()
    };
    outcomes.into_iter().map(|outcome| Outcome { about: about(day_number(outcome.on)), ..outcome }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    /// Ten thousand ledgers, histories, grades; one invoice is a year older or younger than it was. Whatever the phase was, it is
    /// afterwards at most one rung further, or the first one of the client's track: what was told about debts that are paid,
    /// or about others than the one that moved, opens nothing.
    #[test]
    fn an_invoice_that_moves_by_a_year_makes_no_position_skip_a_phase(
        items in ledgers(), outcomes in histories(), grade in 0..9usize, which in any::<prop::sample::Index>(),
        is_older in any::<bool>(), is_active in any::<bool>(),
    ) {
        let outcomes = recorded(outcomes, &items);
        let at = |items: Vec<Receivable>| {
            let mut position = position(Grade::PERFORMING[grade], items, &outcomes);
            position.said_active = Some(is_active);
            treated(&position)
        };
        let before = at(items.clone());
        let mut moved = items.clone();
        let item = &mut moved[which.index(items.len())];
        let year = if is_older { -365 } else { 365 };
        (item.due, item.issued) = (item.due + year, item.issued + year);
        let after = at(moved);
        prop_assert_eq!(&before.track, &after.track, "no track hangs on a date");
        let highest = (rung(before.phase).unwrap_or_default() + 1).max(start(&after.track));
        let reached = rung(after.phase).unwrap_or_default();
        // What costs more than it brings is on no ladder: the last phase may follow any.
        let is_end = after.phase == Phase::WriteOff;
        prop_assert!(reached <= highest || is_end, "{:?} after {:?} on {}", after.phase, before.phase, after.track);
        if is_end && reached > highest {
            prop_assert!(after.overdue.minor() < 90_000 * 100 / 35, "only where a court is not worth its cost");
        }
    }
}

proptest! {
    /// Everything else equal, whoever is rated worse is never treated more gently at first.
    #[test]
    fn a_worse_grade_never_gets_a_softer_first_step(
        items in ledgers(), is_active in any::<bool>(), grades in (0..9usize, 0..9usize),
    ) {
        let at = |grade: usize| {
            let mut position = position(Grade::PERFORMING[grade], items.clone(), &[]);
            position.said_active = Some(is_active);
            treated(&position)
        };
        let (good, bad) = (at(grades.0.min(grades.1)), at(grades.0.max(grades.1)));
        prop_assert!(rung(bad.phase) >= rung(good.phase), "{:?} on {}, {:?} on {}", good.phase, good.track, bad.phase, bad.track);
    }

    #[test]
    fn every_open_position_has_one_phase_an_action_and_a_day(items in ledgers(), outcomes in histories(), grade in 0..9usize) {
        let found = treated(&position(Grade::PERFORMING[grade], items, &outcomes));
        prop_assert_eq!(found.due_on.is_none(), found.action == Action::None);
        prop_assert!(found.due_on.is_none_or(|due| due >= DAY));
        prop_assert!(found.next.is_none_or(|(phase, on)| on >= DAY && phase != found.phase));
        prop_assert!(found.late_since.is_none_or(|late| late < DAY));
    }

    #[test]
    fn the_next_phase_comes_on_the_day_that_was_announced(days in 1..200i32, grade in 0..9usize, told in 0..4usize) {
        let outcomes: Vec<Outcome> = STEPS.iter().take(told).map(|kind| done(*kind, 2)).collect();
        let found = treated(&position(Grade::PERFORMING[grade], vec![late(days)], &outcomes));
        prop_assume!(found.action == Action::Wait || (found.action == Action::Watch && found.next.is_some()));
        let (phase, on) = found.next.unwrap();
        let wait = day_number(on) - day_number(DAY);
        let then = position(Grade::PERFORMING[grade], vec![late(days)], &outcomes);
        let before = vedetta::treat::treatment(&then, vedetta::domain::day_of_number(day_number(DAY) + wait - 1), &policy());
        prop_assert_eq!(before.phase, found.phase);
        let then = vedetta::treat::treatment(&then, on, &policy());
        prop_assert_eq!(then.phase, phase);
    }

    #[test]
    fn more_delay_never_leads_to_an_earlier_phase(days in 1..400i32, more in 0..100i32, outcomes in histories(), grade in 0..9usize) {
        let outcomes: Vec<Outcome> = outcomes.into_iter().filter(|o| day_number(DAY) - day_number(o.on) < days).collect();
        let at = |days: i32| treated(&position(Grade::PERFORMING[grade], vec![late(days)], &outcomes)).phase;
        prop_assert!(at(days + more) >= at(days));
    }

    #[test]
    fn moving_the_last_purchase_makes_nobody_a_stranger(days in 1..60i32, year in any::<bool>()) {
        let fresh = late(days);
        let moved = Receivable { due: fresh.due - 365 * i32::from(year), issued: fresh.issued - 365 * i32::from(year), ..fresh };
        let mut receivables = owing(vec![moved]);
        receivables.last_bought = Some(fresh.issued);
        let mut one = position(Grade::C3, vec![moved], &[]);
        (one.receivables, one.said_active) = (receivables, None);
        prop_assert_eq!(treated(&one).track, "brisk");
    }
}
