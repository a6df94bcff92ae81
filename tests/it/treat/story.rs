//! What belongs to the same story: each payment on its day, steps about what was late then, the procedure that is open.

use jiff::ToSpan;
use vedetta::{
    domain::{
        Action, Basis, Currency, Grade, Legal, LegalState, Money, Outcome, OutcomeKind, Payment, Phase, Receivable,
        Treatment, day_number,
    },
    treat::{self, LegalClock, Policy, Position, clocks},
};

use super::{DAY, done, late, paid, policy, position, promised, treated};

/// Treated with one invoice on which so much arrived so many days ago, in euro.
fn with_payments(item: Receivable, parts: &[(i32, i64)], outcomes: &[Outcome]) -> Treatment {
    let last = parts.iter().map(|(days_ago, _)| day_number(DAY) - days_ago).max();
    let sum: i64 = parts.iter().map(|(_, euro)| euro * 100).sum();
    let mut position =
        position(Grade::C1, vec![Receivable { open_minor: item.amount_minor - sum, paid: last, ..item }], outcomes);
    let parts = parts.iter().map(|(days_ago, euro)| Payment {
        invoice: item.invoice,
        on: day_number(DAY) - days_ago,
        minor: euro * 100,
    });
    position.receivables.payments = parts.collect();
    treated(&position)
}

#[test]
fn a_plan_is_kept_when_each_instalment_comes_on_its_day() {
    let thousand = Money::from_minor(100_000, Currency::EUR);
    let plan = Outcome {
        instalments: vec![(DAY - 40.days(), thousand), (DAY - 9.days(), thousand), (DAY + 20.days(), thousand)],
        ..done(OutcomeKind::Plan, 60)
    };
    let item = Receivable { amount_minor: 300_000, ..late(80) };
    let found = with_payments(item, &[(40, 1_000), (9, 1_000)], std::slice::from_ref(&plan));
    assert_eq!((found.action, found.due_on), (Action::FollowPlan, Some(DAY + 20.days())));
    let found = with_payments(item, &[(40, 1_000)], std::slice::from_ref(&plan));
    assert_eq!(found.action, Action::SendNotice, "the second did not come");
}

#[test]
fn a_later_payment_breaks_no_promise_and_an_earlier_one_keeps_none() {
    let told = [done(OutcomeKind::Call, 9), promised(9, 5, 2_000)];
    let found = with_payments(late(24), &[(5, 2_000), (0, 500)], &told);
    assert_ne!(found.phase, Phase::FormalNotice);
    let found = with_payments(late(24), &[(20, 4_000), (5, 10)], &told);
    assert_eq!(found.phase, Phase::FormalNotice, "ten euro are no two thousand");
}

#[test]
fn what_was_paid_before_a_step_leads_nobody_back_from_it() {
    let told = [done(OutcomeKind::ReminderSent, 40), done(OutcomeKind::Call, 30), done(OutcomeKind::NoticeSent, 10)];
    assert_eq!(with_payments(late(60), &[(50, 4_000), (2, 1)], &told).phase, Phase::FormalNotice);
}

#[test]
fn who_pays_what_is_not_due_yet_is_not_led_back_from_what_is_overdue() {
    let told = [done(OutcomeKind::ReminderSent, 40), done(OutcomeKind::Call, 30), done(OutcomeKind::NoticeSent, 10)];
    let to_come = Receivable { open_minor: 0, paid: Some(day_number(DAY) - 2), amount_minor: 600_000, ..late(-20) };
    let found = treated(&position(Grade::C1, vec![late(60), to_come], &told));
    assert_eq!(found.phase, treated(&position(Grade::C1, vec![late(60)], &told)).phase);
    let overdue = Receivable { open_minor: 0, paid: Some(day_number(DAY) - 2), amount_minor: 600_000, ..late(50) };
    let led_back = treated(&position(Grade::C1, vec![late(60), overdue], &told));
    assert_ne!(led_back.phase, found.phase, "most of what was overdue was paid");
}

#[test]
fn a_promise_put_off_again_and_again_stops_the_clock_no_longer() {
    let told = [done(OutcomeKind::Call, 9), promised(9, -1, 5_000), promised(6, -4, 5_000), promised(3, -8, 5_000)];
    assert_ne!(treated(&position(Grade::C1, vec![late(60)], &told)).action, Action::AwaitPromise);
    let found = treated(&position(Grade::C1, vec![late(60)], &told[..3]));
    assert_eq!(found.action, Action::AwaitPromise);
}

#[test]
fn a_plan_put_off_again_and_again_stops_the_clock_no_longer() {
    let all = Money::from_minor(500_000, Currency::EUR);
    let plan = |days_ago: i32, in_days: i64| Outcome {
        instalments: vec![(DAY + in_days.days(), all)],
        ..done(OutcomeKind::Plan, days_ago)
    };
    let told = [done(OutcomeKind::Call, 31), plan(30, 30), plan(20, 60), plan(10, 90)];
    assert_ne!(treated(&position(Grade::C1, vec![late(60)], &told)).action, Action::FollowPlan);
    let once = treated(&position(Grade::C1, vec![late(60)], &told[..3]));
    assert_eq!(once.action, Action::FollowPlan);
    // To agree on instalments instead of a promise, and sooner rather than later, is no putting off.
    let agreed = [promised(30, -1, 5_000), plan(25, 40), plan(20, 20), plan(10, 10)];
    assert_eq!(treated(&position(Grade::C1, vec![late(60)], &agreed)).action, Action::FollowPlan);
}

#[test]
fn a_promise_without_a_sum_is_not_broken_by_what_is_disputed() {
    let promise = Outcome { amount: None, ..promised(20, 10, 0) };
    let dispute = Outcome { invoice: Some("F-40".to_owned()), ..done(OutcomeKind::Dispute, 15) };
    let small = Receivable { amount_minor: 100_000, ..paid(50, 38) };
    let items = vec![late(40), small, late(5)];
    let kept = treated(&position(Grade::C1, items.clone(), &[promise.clone(), dispute]));
    assert!(!matches!(kept.basis, Basis::BrokenPromise { .. }), "{kept:?}");
    let broken = treated(&position(Grade::C1, items, &[promise]));
    assert!(matches!(broken.basis, Basis::BrokenPromise { .. }), "{broken:?}");
}

#[test]
fn a_due_date_moved_by_a_year_makes_no_old_step_one_about_this_invoice() {
    let told = [done(OutcomeKind::NoticeSent, 200)];
    let fresh = late(20);
    let moved = Receivable { due: fresh.due - 365, ..fresh };
    for item in [fresh, moved] {
        assert_eq!(treated(&position(Grade::C1, vec![item, paid(260, 80)], &told)).phase, Phase::CourtesyCall);
    }
}

#[test]
fn nothing_is_given_up_while_more_is_owed_and_not_yet_due() {
    let told = [done(OutcomeKind::NoticeSent, 100), done(OutcomeKind::HandedToAgency, 70)];
    let owes = |days: i32, euro: i64| Receivable { amount_minor: euro * 100, open_minor: euro * 100, ..late(days) };
    let all_due = treated(&position(Grade::C1, vec![owes(160, 2_000), owes(150, 10_000)], &told));
    assert_eq!(all_due.phase, Phase::JudicialRecovery);
    for later in [10_000, 100] {
        let found = treated(&position(Grade::C1, vec![owes(160, 2_000), owes(-200, later)], &told));
        assert_eq!((found.phase, found.action), (Phase::ExtrajudicialRecovery, Action::Watch), "{later} to come");
    }
}

#[test]
fn a_claim_is_filed_in_the_procedure_that_is_open_and_by_the_same_day_until_then() {
    let legal = Legal { state: LegalState::Insolvent, known: day_number(DAY) - 25, opened: day_number(DAY) - 30 };
    let before = [done(OutcomeKind::ClaimFiled, 900)];
    let open = Position { legal, ..position(Grade::D, vec![late(40)], &before) };
    let found = treated(&open);
    assert_eq!(found.action, Action::FileClaim);
    assert!(clocks(&open, &found, DAY, &policy()).contains(&LegalClock::ClaimBy(DAY - 5.days())), "five days late");
    let filed = [done(OutcomeKind::ClaimFiled, 3)];
    let open = Position { legal, ..position(Grade::D, vec![late(40)], &filed) };
    let clocks = clocks(&open, &treated(&open), DAY, &policy());
    assert!(!clocks.iter().any(|clock| matches!(clock, LegalClock::ClaimBy(_))), "{clocks:?}");
}

#[test]
fn a_company_that_is_gone_is_judged_by_all_it_owes() {
    let legal = Legal { state: LegalState::Ceased, known: day_number(DAY), opened: day_number(DAY) };
    let found = treated(&Position { legal, ..position(Grade::D, vec![late(-20)], &[]) });
    assert_eq!(found.action, Action::Assign);
}

#[test]
fn who_was_reminded_before_the_day_is_not_reminded_again() {
    let items = || vec![late(-2), paid(100, 30), paid(160, 25), paid(220, 20)];
    let told = [done(OutcomeKind::ReminderSent, 1)];
    assert_eq!(treated(&position(Grade::B2, items(), &told)).action, Action::Watch);
    assert_eq!(treated(&position(Grade::B2, items(), &[])).action, Action::RemindBeforeDue);
}

#[test]
fn the_first_day_of_a_track_is_that_of_its_first_phase_and_of_no_other() {
    let mut text = include_str!("../../../config/policy.toml").to_owned();
    for phase in ["reminder", "courtesy_call", "formal_notice", "extrajudicial_recovery"] {
        let name = format!("\nname = \"{phase}\"\n");
        text = text.replacen(&name, &format!("{name}when = {{ amount_at_least = 500.0 }}\n"), 1);
    }
    let policy = Policy::parse(&text).unwrap();
    let owes = |days: i32| Receivable { amount_minor: 20_000, open_minor: 20_000, ..late(days) };
    let at = |days: i32| treat::treatment(&position(Grade::C1, vec![owes(days)], &[]), DAY, &policy).phase;
    assert_eq!((at(30), at(149)), (Phase::Monitoring, Phase::Monitoring));
    assert_eq!(at(170), Phase::WriteOff);
}
