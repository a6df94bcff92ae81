//! What a promise stops, and what it does not.

use jiff::{SignedDuration, ToSpan};
use vedetta::{
    domain::{Action, Basis, Currency, Grade, Hold, Money, Outcome, OutcomeKind, Phase, Receivable, Treatment},
    treat::{Words, asked_invoices, awaited_until, text, why},
};

use super::{DAY, done, late, noted, policy, position, promised, treated};

fn euro(amount: i64) -> Money {
    Money::from_minor(amount * 100, Currency::EUR)
}

fn after(items: &[Receivable], told: &[Outcome]) -> Treatment {
    let told = noted(&position(Grade::C1, items.to_vec(), &[]), told.to_vec());
    treated(&position(Grade::C1, items.to_vec(), &told))
}

#[test]
fn a_promise_of_a_cent_stops_nothing() {
    // Called twenty-five days ago, forty days late: it is time for the notice.
    let cent = Outcome { amount: Some(Money::from_minor(1, Currency::EUR)), ..promised(2, -5, 0) };
    let told = [done(OutcomeKind::Call, 25), cent];
    let found = after(&[late(40)], &told);
    assert_eq!((found.phase, found.action), (Phase::FormalNotice, Action::SendNotice));
    assert_eq!((found.overdue, found.clock_days), (euro(5_000), 40));
    let said = why(&found, &policy(), false);
    assert!(said.contains("of it is promised by 2026-11-25"), "{said}");
}

#[test]
fn a_promise_stops_the_clock_of_the_oldest_invoices_up_to_its_sum_and_of_no_other() {
    let items = [late(60), late(45)];
    let told = [done(OutcomeKind::Call, 25), promised(10, -5, 5_000)];
    let found = after(&items, &told);
    assert_eq!((found.phase, found.action), (Phase::FormalNotice, Action::SendNotice), "the second goes on");
    assert_eq!((found.promised, found.asked()), (Some((euro(5_000), DAY + 5.days())), euro(5_000)));
    assert_eq!(found.clock_days, 45, "that of the one that nobody promised");
    let position = position(Grade::C1, items.to_vec(), &told);
    assert_eq!(asked_invoices(&position, DAY, &policy()), [late(45).invoice], "nobody asks for what is promised");
    let words = Words { name: "Valdossa", client: "C-1", invoices: "F-45" };
    let letter = text(&found, &policy(), &words, false).unwrap();
    assert!(letter.contains("pay 5 000 EUR") && letter.contains("F-45"), "{letter}");

    let both = [done(OutcomeKind::Call, 25), promised(10, -5, 10_000)];
    let found = after(&items, &both);
    assert_eq!((found.action, found.basis), (Action::AwaitPromise, Basis::Held(Hold::Promise)));
    let said = (why(&found, &policy(), false), why(&found, &policy(), true));
    assert!(said.0.contains("10 000 EUR of 10 000 EUR overdue by 2026-11-25"), "{}", said.0);
    assert!(said.1.contains("entro il 25/11/2026"), "{}", said.1);
}

#[test]
fn a_rest_that_is_not_worth_asking_for_is_waited_for_with_what_is_promised() {
    let told = [done(OutcomeKind::Call, 25), promised(2, -5, 4_950)];
    let found = after(&[late(40)], &told);
    assert_eq!((found.action, found.promised.map(|(sum, _)| sum)), (Action::AwaitPromise, Some(euro(4_950))));
    let told = [done(OutcomeKind::Call, 25), promised(2, -5, 4_800)];
    assert_eq!(after(&[late(40)], &told).action, Action::SendNotice, "two hundred are asked for");
}

#[test]
fn an_invoice_that_falls_due_while_a_plan_runs_is_no_part_of_it() {
    let plan = Outcome { instalments: vec![(DAY + 10.days(), euro(5_000))], ..done(OutcomeKind::Plan, 50) };
    let held = after(&[late(60)], std::slice::from_ref(&plan));
    assert_eq!(held.action, Action::FollowPlan);
    let with_another = after(&[late(60), late(15)], &[plan]);
    assert_eq!((with_another.action, with_another.clock_days), (Action::Wait, 15));
}

#[test]
fn a_promise_that_was_broken_after_a_notice_leads_to_what_follows_the_notice() {
    // The notice gave fifteen days; the promise was given on the day of the notice, and broken on the day after it was due.
    let told = |broken: i32| {
        let notice = done(OutcomeKind::NoticeSent, 6);
        let known_at = notice.known_at + SignedDuration::from_hours(1);
        [
            done(OutcomeKind::Call, 40),
            notice,
            Outcome { known_at, ..promised(6, 4, 5_000) },
            done(OutcomeKind::PromiseBroken, broken),
        ]
    };
    let found = after(&[late(60)], &told(3));
    assert_eq!((found.phase, found.action), (Phase::ExtrajudicialRecovery, Action::HandToAgency));
    let again = [told(3).to_vec(), vec![done(OutcomeKind::NoticeSent, 2)]].concat();
    assert_eq!(after(&[late(60)], &again).phase, Phase::ExtrajudicialRecovery, "another notice takes nothing back");
    let followed = [told(3).to_vec(), vec![done(OutcomeKind::HandedToAgency, 2)]].concat();
    let found = after(&[late(60)], &followed);
    assert_eq!(
        (found.phase, found.action),
        (Phase::ExtrajudicialRecovery, Action::Wait),
        "it led there, and no further"
    );
}

#[test]
fn nothing_is_broken_before_its_day_is_over() {
    let told = [promised(6, -2, 5_000)];
    let broken = |days_ago: i32| done(OutcomeKind::PromiseBroken, days_ago);
    assert_eq!(awaited_until(&broken(0), &told), Some(DAY + 2.days()));
    assert_eq!(awaited_until(&broken(-2), &told), Some(DAY + 2.days()), "the day itself is not over");
    assert_eq!(awaited_until(&broken(-3), &told), None);
}
