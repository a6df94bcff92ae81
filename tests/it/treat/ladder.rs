use jiff::ToSpan;
use vedetta::{
    domain::{
        Action, Basis, Channel, Currency, DisputeState, DisputedDays, Grade, Hold, Legal, LegalDays, LegalState, Money,
        Outcome, OutcomeKind, Phase, Reached, Tone, day_number,
    },
    treat::{self, Position, Words, text, why, why_not_more},
};

use super::{DAY, done, late, paid, policy, position, promised, treated};

#[test]
fn an_active_client_with_a_momentary_overdue_and_a_good_rating_gets_a_courtesy_call_with_white_gloves() {
    let items = vec![late(12), paid(100, 0), paid(160, 1), paid(220, 0)];
    let active = position(Grade::B1, items, &[]);
    let found = treated(&active);
    assert_eq!((found.phase, found.action, found.tone), (Phase::CourtesyCall, Action::Call, Tone::WhiteGloves));
    let words = Words { name: "Molini Astengo", client: "C-1", invoices: "F-12" };
    let said = text(&found, &policy(), &words, false).unwrap();
    assert!(said.contains("a client we value") && said.contains("5 000 EUR") && said.contains("F-12"), "{said}");
    let said = text(&found, &policy(), &words, true).unwrap();
    assert!(said.contains("cliente a cui teniamo") && !said.contains('{'), "{said}");
}

#[test]
fn the_same_overdue_on_an_inactive_client_rated_c3_goes_to_formal_notice_or_beyond() {
    let items = vec![late(12), paid(100, 0), paid(160, 1), paid(220, 0)];
    let gone = Position { said_active: Some(false), ..position(Grade::C3, items, &[]) };
    let found = treated(&gone);
    assert_eq!(
        (found.phase, found.action, found.channel),
        (Phase::FormalNotice, Action::SendNotice, Channel::CertifiedMail)
    );
    assert_eq!(found.track, "fast");
}

#[test]
fn an_opened_procedure_switches_to_claim_filing_on_the_day_it_is_known() {
    let called = [done(OutcomeKind::Call, 3)];
    let before = position(Grade::C3, vec![late(40)], &called);
    assert_eq!(treated(&before).phase, Phase::CourtesyCall);
    let legal = Legal { state: LegalState::Insolvent, known: day_number(DAY), opened: day_number(DAY) };
    let found = treated(&Position { legal, ..before });
    assert_eq!((found.phase, found.action), (Phase::ClaimFiling, Action::FileClaim));
    assert_eq!(found.due_on, Some(DAY + 20.days()));
    assert_eq!(found.basis, Basis::Law(LegalState::Insolvent));
    let filed = [done(OutcomeKind::ClaimFiled, 0)];
    let after = Position { legal, ..position(Grade::D, vec![late(40)], &filed) };
    assert_eq!((treated(&after).phase, treated(&after).action), (Phase::ClaimFiling, Action::Watch));
}

#[test]
fn a_claim_in_another_currency_is_filed_in_a_procedure_too() {
    let legal = Legal { state: LegalState::Insolvent, known: day_number(DAY), opened: day_number(DAY) };
    let mut owed = position(Grade::C3, vec![], &[]);
    owed.receivables.elsewhere = vec![Money::from_minor(5_000_000, "USD".parse().unwrap())];
    let found = treated(&Position { legal, ..owed });
    assert_eq!((found.action, found.due_on), (Action::FileClaim, Some(DAY + 20.days())));
}

#[test]
fn what_was_found_not_to_be_owed_adds_to_what_is_in_dispute() {
    let part = |kind: OutcomeKind, days: i32, euro: i64| Outcome {
        amount: (euro > 0).then(|| Money::from_minor(euro * 100, Currency::EUR)),
        invoice_key: Some(late(60).invoice),
        ..done(kind, days)
    };
    let upheld = Outcome { accepted: Some(true), ..part(OutcomeKind::DisputeSettled, 40, 0) };
    let told = [part(OutcomeKind::Dispute, 50, 1_500), upheld, part(OutcomeKind::Dispute, 20, 2_000)];
    let found = treated(&position(Grade::C1, vec![late(60)], &told));
    assert_eq!(found.overdue.minor(), 150_000, "of 5 000: 1 500 are not owed, 2 000 are in dispute");
}

#[test]
fn a_dispute_stops_the_clock() {
    // Called forty days ago: the notice would be due, and is not, because everything is disputed.
    let told = [done(OutcomeKind::ReminderSent, 55), done(OutcomeKind::Call, 40), done(OutcomeKind::Dispute, 38)];
    let disputed = position(Grade::C1, vec![late(60)], &told);
    let found = treated(&disputed);
    assert_eq!((found.phase, found.action), (Phase::CourtesyCall, Action::SettleDispute));
    assert_eq!(found.basis, Basis::Held(Hold::Dispute));
    assert_eq!(found.late_since, Some(DAY - 8.days()), "thirty days are enough to settle it");

    // It is settled against the client: the days of the dispute do not count.
    let settled = [told.to_vec(), vec![done(OutcomeKind::DisputeSettled, 0)]].concat();
    let found = treated(&position(Grade::C1, vec![late(60)], &settled));
    assert_eq!((found.oldest_overdue_days, found.clock_days), (60, 21));
    assert_eq!((found.phase, found.action), (Phase::CourtesyCall, Action::Wait), "35 days of the clock for a notice");
}

#[test]
fn a_broken_promise_restarts_it_further_on() {
    // Called nine days ago at fifteen days late: a notice would come at thirty-five days.
    let kept_waiting = [done(OutcomeKind::Call, 9)];
    assert_eq!(treated(&position(Grade::C1, vec![late(24)], &kept_waiting)).phase, Phase::CourtesyCall);
    let pending = [done(OutcomeKind::Call, 9), promised(9, 0, 5_000)];
    let found = treated(&position(Grade::C1, vec![late(24)], &pending));
    assert_eq!((found.phase, found.action, found.due_on), (Phase::CourtesyCall, Action::AwaitPromise, Some(DAY)));
    let broken = [done(OutcomeKind::Call, 9), promised(9, 4, 5_000)];
    let found = treated(&position(Grade::C1, vec![late(24)], &broken));
    assert_eq!((found.phase, found.action), (Phase::FormalNotice, Action::SendNotice));
    assert_eq!(found.basis, Basis::BrokenPromise { on: DAY });
    assert!(why(&found, &policy(), false).contains("promise was broken"));
}

#[test]
fn a_kept_promise_leaves_the_rest_where_it_stood() {
    let half = vedetta::domain::Receivable { open_minor: 300_000, paid: Some(day_number(DAY) - 4), ..late(24) };
    let told = [done(OutcomeKind::Call, 9), promised(9, 4, 2_000)];
    let found = treated(&position(Grade::C1, vec![half], &told));
    assert_ne!(found.phase, Phase::FormalNotice);
    assert_eq!(found.action, Action::Wait);
}

#[test]
fn a_plan_holds_as_long_as_its_instalments_come() {
    let plan = |first_days_ago: i32| vedetta::domain::Outcome {
        instalments: vec![
            (DAY - first_days_ago.days(), vedetta::domain::Money::from_minor(250_000, vedetta::domain::Currency::EUR)),
            (DAY + 20.days(), vedetta::domain::Money::from_minor(250_000, vedetta::domain::Currency::EUR)),
        ],
        ..done(OutcomeKind::Plan, 30)
    };
    let paid_first = vedetta::domain::Receivable { open_minor: 250_000, paid: Some(day_number(DAY) - 10), ..late(60) };
    let told = [plan(10)];
    let found = treated(&position(Grade::C1, vec![paid_first], &told));
    assert_eq!((found.action, found.due_on), (Action::FollowPlan, Some(DAY + 20.days())));
    let found = treated(&position(Grade::C1, vec![late(60)], &told));
    assert_eq!((found.phase, found.action), (Phase::FormalNotice, Action::SendNotice), "the first did not come");
}

#[test]
fn nothing_overdue_is_watched_and_a_small_sum_is_waited_for_however_old() {
    let found = treated(&position(Grade::B2, vec![late(-10)], &[]));
    assert_eq!((found.phase, found.action, found.due_on), (Phase::Monitoring, Action::Watch, Some(DAY + 11.days())));
    let small = vedetta::domain::Receivable { amount_minor: 9_999, open_minor: 9_999, ..late(200) };
    let found = treated(&position(Grade::C3, vec![small], &[]));
    assert_eq!((found.phase, found.basis), (Phase::Monitoring, Basis::WithinTolerance));
    assert_eq!(treated(&position(Grade::B2, vec![], &[])).action, Action::None);
}

#[test]
fn an_irregular_payer_is_reminded_before_the_day() {
    let items = vec![late(-2), paid(100, 30), paid(160, 25), paid(220, 20)];
    let found = treated(&position(Grade::B2, items, &[]));
    assert_eq!((found.action, found.due_on), (Action::RemindBeforeDue, Some(DAY + 2.days())));
}

#[test]
fn a_note_is_taken_off_what_is_overdue() {
    let note = vedetta::domain::Receivable { is_credit: true, ..late(5) };
    assert_eq!(treated(&position(Grade::C1, vec![late(40), note], &[])).phase, Phase::Monitoring);
}

#[test]
fn an_old_ledger_is_taken_up_from_the_first_step_and_each_step_is_given_its_time() {
    let old = |told| treated(&Position { said_active: Some(false), ..position(Grade::C1, vec![late(200)], told) });
    let found = old(&[]);
    assert_eq!((found.phase, found.due_on), (Phase::Reminder, Some(DAY)));
    assert!(found.late_since.is_some());
    let told = [done(OutcomeKind::ReminderSent, 3)];
    let found = old(&told);
    assert_eq!((found.phase, found.action), (Phase::Reminder, Action::Wait));
    assert_eq!(found.next, Some((Phase::CourtesyCall, DAY + 4.days())), "a week after the reminder");
    assert!(why_not_more(&found, false).contains("courtesy call comes on 2026-11-24"));
    let told = [done(OutcomeKind::ReminderSent, 7)];
    assert_eq!(old(&told).phase, Phase::CourtesyCall);
}

#[test]
fn nobody_has_been_told_by_a_call_that_nobody_answered_until_it_was_tried_often_enough() {
    let unanswered =
        |days| vedetta::domain::Outcome { result: Some(Reached::NoAnswer), ..done(OutcomeKind::Call, days) };
    let told = [done(OutcomeKind::ReminderSent, 20), unanswered(1)];
    let found = treated(&position(Grade::C1, vec![late(40)], &told));
    assert_eq!((found.phase, found.action, found.due_on), (Phase::CourtesyCall, Action::Call, Some(DAY + 2.days())));
    assert_eq!(found.basis, Basis::NotReached { n_tries: 1 });
    let told = [done(OutcomeKind::ReminderSent, 40), unanswered(30), unanswered(27), unanswered(24)];
    assert_eq!(treated(&position(Grade::C1, vec![late(60)], &told)).phase, Phase::FormalNotice);
}

#[test]
fn who_pays_most_of_it_goes_a_step_back() {
    let told = [done(OutcomeKind::ReminderSent, 40), done(OutcomeKind::Call, 30), done(OutcomeKind::NoticeSent, 10)];
    let partly = |open| vedetta::domain::Receivable { open_minor: open, paid: Some(day_number(DAY) - 2), ..late(60) };
    assert_eq!(treated(&position(Grade::C1, vec![partly(450_000)], &told)).phase, Phase::FormalNotice);
    assert_eq!(treated(&position(Grade::C1, vec![partly(100_000)], &told)).phase, Phase::CourtesyCall);
}

#[test]
fn what_was_done_about_debts_that_were_paid_belongs_to_another_story() {
    let told = [done(OutcomeKind::NoticeSent, 200)];
    let found = treated(&position(Grade::C1, vec![late(20), paid(260, 80)], &told));
    assert_eq!(found.phase, Phase::CourtesyCall);
    let found = treated(&position(Grade::C1, vec![late(20), paid(260, 245)], &told));
    assert_eq!(found.phase, Phase::CourtesyCall, "of the other debt, which fell due later, it was told nothing");
}

#[test]
fn a_protected_debtor_is_not_pressed_beyond_the_call() {
    let told = [done(OutcomeKind::ReminderSent, 60), done(OutcomeKind::Call, 40)];
    let legal = Legal { state: LegalState::Restructuring, known: day_number(DAY) - 5, opened: day_number(DAY) - 5 };
    let found = treated(&Position { legal, ..position(Grade::C3, vec![late(90)], &told) });
    assert_eq!((found.phase, found.basis), (Phase::CourtesyCall, Basis::Held(Hold::Protection)));
    assert_eq!(found.next, None);
}

#[test]
fn protective_measures_stop_the_clock_of_what_they_bar_and_of_nothing_else() {
    let told = [done(OutcomeKind::ReminderSent, 55), done(OutcomeKind::Call, 45)];
    let today = day_number(DAY);
    let free = position(Grade::C1, vec![late(60)], &told);
    assert_eq!(treated(&free).phase, Phase::FormalNotice);
    // From forty days ago to ten days ago a court protected it: thirty-one days in which no notice could go out.
    let days = |first: i32, last: i32| LegalDays { state: LegalState::Restructuring, first, last };
    let lifted = Position { legal_days: vec![days(today - 40, today - 10)], ..free.clone() };
    let found = treated(&lifted);
    assert_eq!((found.phase, found.action), (Phase::CourtesyCall, Action::Wait));
    assert_eq!(found.next, Some((Phase::FormalNotice, DAY + 6.days())), "twenty-nine of its thirty-five days have run");
    assert_eq!((found.oldest_overdue_days, found.clock_days), (60, 29));
    // What is not barred goes on meanwhile: the call comes on its day.
    let legal = Legal { state: LegalState::Restructuring, known: today - 19, opened: today - 19 };
    let told = [done(OutcomeKind::ReminderSent, 18)];
    let protected = position(Grade::C1, vec![late(20)], &told);
    let protected = Position { legal, legal_days: vec![days(today - 19, today)], ..protected };
    assert_eq!((treated(&protected).phase, treated(&protected).action), (Phase::CourtesyCall, Action::Call));
    let insolvent = LegalDays { state: LegalState::Insolvent, ..days(today - 40, today - 10) };
    let other = Position { legal_days: vec![insolvent], ..free };
    assert_eq!(treated(&other).phase, Phase::FormalNotice, "only the states that the policy names");
}

#[test]
fn a_company_that_is_gone_is_written_off_and_a_large_claim_assigned() {
    let legal = Legal { state: LegalState::Ceased, known: day_number(DAY), opened: day_number(DAY) };
    let gone = |items| Position { legal, ..position(Grade::D, items, &[]) };
    assert_eq!(treated(&gone(vec![late(10)])).action, Action::Assign);
    let small = vedetta::domain::Receivable { amount_minor: 30_000, open_minor: 30_000, ..late(10) };
    let found = treated(&gone(vec![small]));
    assert_eq!((found.phase, found.action), (Phase::WriteOff, Action::WriteOff));
}

#[test]
fn a_step_that_costs_more_than_it_brings_is_left_out() {
    let told = [done(OutcomeKind::NoticeSent, 100), done(OutcomeKind::HandedToAgency, 70)];
    let owes = |minor: i64| vedetta::domain::Receivable { amount_minor: minor, open_minor: minor, ..late(160) };
    assert_eq!(treated(&position(Grade::C1, vec![owes(400_000)], &told)).phase, Phase::JudicialRecovery);
    let found = treated(&position(Grade::C1, vec![owes(90_000)], &told));
    assert_eq!((found.phase, found.action), (Phase::WriteOff, Action::WriteOff), "a court costs more than it brings");
}

#[test]
fn the_same_position_on_the_same_day_is_treated_alike_whatever_the_order_of_what_was_done() {
    let mut told = vec![done(OutcomeKind::ReminderSent, 40), promised(30, 25, 5_000), done(OutcomeKind::Call, 22)];
    let first = treated(&position(Grade::C1, vec![late(50), late(20)], &told));
    told.reverse();
    let second = treat::treatment(&position(Grade::C1, vec![late(20), late(50)], &told), DAY, &policy());
    assert_eq!(first, second);
}

#[test]
fn a_formal_notice_gives_the_days_it_names_on_every_track() {
    for grade in [Grade::A2, Grade::B2, Grade::C1, Grade::C2, Grade::C3] {
        for is_active in [true, false] {
            let told = [done(OutcomeKind::NoticeSent, 14)];
            let mut position = position(grade, vec![late(170)], &told);
            position.said_active = Some(is_active);
            let found = treated(&position);
            assert_eq!(
                found.phase,
                Phase::FormalNotice,
                "{grade}, active {is_active}: it gave 15 days, and 14 have passed"
            );
        }
    }
}

#[test]
fn days_on_which_the_file_said_disputed_are_no_days_of_the_clock() {
    let mut one = position(Grade::B1, vec![late(100)], &[]);
    let today = vedetta::domain::day_number(super::DAY);
    let invoice = one.receivables.items[0].invoice;
    let (first, last, state) = (today - 95, today - 5, DisputeState::Over);
    one.receivables.disputes.push(DisputedDays { invoice, first, last, minor: None, state });
    let found = treated(&one);
    assert_eq!((found.oldest_overdue_days, found.clock_days), (100, 9), "ninety-one of a hundred days it stood still");
}

#[test]
fn a_step_about_a_debt_that_is_paid_leads_nowhere_and_one_about_both_does() {
    let (first, second) = (paid(90, 40), late(30));
    let about = |kind, days, about: &[vedetta::domain::Receivable]| vedetta::domain::Outcome {
        about: about.iter().map(|item| item.invoice).collect(),
        ..done(kind, days)
    };
    let alone = [about(OutcomeKind::NoticeSent, 60, &[first])];
    assert_eq!(treated(&position(Grade::C3, vec![first, second], &alone)).phase, Phase::CourtesyCall);
    let linked = [about(OutcomeKind::NoticeSent, 60, &[first]), about(OutcomeKind::Call, 20, &[first, second])];
    let found = treated(&position(Grade::C3, vec![first, second], &linked));
    assert!(found.phase >= Phase::FormalNotice, "{found:?}");
}
