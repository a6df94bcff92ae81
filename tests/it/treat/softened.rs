//! Nothing that is recorded takes back a phase that was reached.

use jiff::SignedDuration;
use proptest::prelude::*;
use vedetta::domain::{
    Action, Currency, Grade, InvoiceKey, Money, Outcome, OutcomeId, OutcomeKind, Phase, Reached, Receivable,
    day_number, day_of_number,
};

use super::{
    DAY, done, late,
    moved::{ledgers, recorded},
    noted, position, promised, treated,
};
use vedetta::treat::Position;

/// Things that may be done or heard; of none of them a debtor is treated more gently.
const KINDS: [OutcomeKind; 11] = [
    OutcomeKind::ReminderSent,
    OutcomeKind::Call,
    OutcomeKind::NoticeSent,
    OutcomeKind::Visit,
    OutcomeKind::HandedToAgency,
    OutcomeKind::CourtFiled,
    OutcomeKind::Promise,
    OutcomeKind::PromiseBroken,
    OutcomeKind::Plan,
    OutcomeKind::Dispute,
    OutcomeKind::Note,
];

/// One of them, so many days ago; of a promise, a plan and a dispute with a sum and a day, of a call perhaps without an answer.
fn outcomes(days: std::ops::Range<i32>) -> impl Strategy<Value = Outcome> {
    let parts = (0..KINDS.len(), days, 1..3_000_000i64, 0..40i32, any::<bool>(), prop::option::of(0..12usize));
    parts.prop_map(|(kind, days_ago, minor, wait, is_alone, invoice)| {
        let kind = KINDS[kind];
        let sum = Money::from_minor(minor, Currency::EUR);
        let due = day_of_number(day_number(DAY) - days_ago + wait);
        let told = done(kind, days_ago);
        let is = |of: OutcomeKind| kind == of;
        Outcome {
            id: OutcomeId::of(&[kind.as_str(), &days_ago.to_string(), &minor.to_string()]),
            amount: (is(OutcomeKind::Promise) || (is(OutcomeKind::Dispute) && is_alone)).then_some(sum),
            due_on: is(OutcomeKind::Promise).then_some(due),
            instalments: if is(OutcomeKind::Plan) { vec![(due, sum)] } else { Vec::new() },
            invoice_key: invoice.filter(|_| is(OutcomeKind::Dispute)).map(|n| InvoiceKey::of(&n.to_string())),
            result: (is(OutcomeKind::Call) && is_alone).then_some(Reached::NoAnswer),
            ..told
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_that_is_recorded_leads_back_from_the_phase_that_was_reached(
        items in ledgers(), before in prop::collection::vec(outcomes(0..200), 0..5), told in outcomes(0..1),
        grade in 0..9usize, is_active in any::<bool>(),
    ) {
        let bare = Position {
            said_active: Some(is_active),
            ..position(Grade::PERFORMING[grade], items.clone(), &[])
        };
        let at = |outcomes: &[Outcome]| treated(&Position { outcomes, ..bare.clone() });
        let mut all = noted(&bare, recorded(before, &items));
        let earlier = at(&all);
        let told = recorded(vec![told], &items).remove(0);
        all.push(Outcome { known_at: told.known_at + SignedDuration::from_hours(1), ..told });
        let all = noted(&bare, all);
        let later = at(&all);
        prop_assert!(later.phase >= earlier.phase, "{:?} after {:?} by {:?}", later, earlier, all.last());
    }
}

#[test]
fn to_call_who_is_due_a_notice_leaves_the_notice_due() {
    let at = |told: &[Outcome]| {
        let gone = Position { said_active: Some(false), ..position(Grade::C3, vec![late(12)], &[]) };
        treated(&Position { outcomes: &noted(&gone, told.to_vec()), ..gone.clone() })
    };
    assert_eq!((at(&[]).phase, at(&[]).action), (Phase::FormalNotice, Action::SendNotice));
    for days_ago in [0, 2] {
        let found = at(&[done(OutcomeKind::Call, days_ago)]);
        assert_eq!(
            (found.phase, found.action),
            (Phase::FormalNotice, Action::SendNotice),
            "called {days_ago} days ago"
        );
    }
    let waits = at(&[promised(0, -5, 5_000)]);
    assert_eq!((waits.phase, waits.action), (Phase::FormalNotice, Action::AwaitPromise), "where it stood");
    let sent = at(&[done(OutcomeKind::Call, 2), done(OutcomeKind::NoticeSent, 0)]);
    assert_eq!((sent.phase, sent.action), (Phase::FormalNotice, Action::Wait));
}

#[test]
fn a_second_call_gives_no_second_time() {
    let told = [done(OutcomeKind::Call, 25)];
    let twice = [done(OutcomeKind::Call, 25), done(OutcomeKind::Call, 0)];
    let at = |told: &[Outcome]| {
        let told = noted(&position(Grade::C1, vec![late(40)], &[]), told.to_vec());
        treated(&position(Grade::C1, vec![late(40)], &told))
    };
    assert_eq!(at(&told).phase, Phase::FormalNotice);
    assert_eq!((at(&twice).phase, at(&twice).action), (Phase::FormalNotice, Action::SendNotice));
}

#[test]
fn who_pays_most_of_it_is_led_back_from_what_was_reached_too() {
    let half = Receivable { open_minor: 100_000, paid: Some(day_number(DAY) - 1), ..late(40) };
    let told = vec![done(OutcomeKind::Call, 25), done(OutcomeKind::Call, 3)];
    let told = noted(&position(Grade::C1, vec![late(40)], &[]), told);
    assert_eq!(told[1].was_due, Some(Phase::FormalNotice));
    let found = treated(&position(Grade::C1, vec![half], &told));
    assert!(found.phase < Phase::FormalNotice, "{found:?}");
}

#[test]
fn a_little_that_is_paid_hides_nothing_of_what_was_reached() {
    let told =
        noted(&position(Grade::C1, vec![late(40)], &[]), vec![done(OutcomeKind::Call, 25), done(OutcomeKind::Call, 3)]);
    let most = late(40).amount_minor * 9 / 10;
    let some = Receivable { open_minor: most, paid: Some(day_number(DAY) - 1), ..late(40) };
    let found = treated(&position(Grade::C1, vec![some], &told));
    assert_eq!((found.phase, found.action), (Phase::FormalNotice, Action::SendNotice));
}

#[test]
fn a_rating_that_falls_after_a_call_makes_no_step_late_that_nobody_could_have_taken() {
    let gone = |grade, told| Position { said_active: Some(false), ..position(grade, vec![late(12)], told) };
    let told = noted(&gone(Grade::B1, &[]), vec![done(OutcomeKind::Call, 1)]);
    let found = treated(&gone(Grade::C3, &told));
    assert_eq!(found.late_since, None, "{found:?}");
    let found = treated(&gone(Grade::C3, &noted(&gone(Grade::C3, &[]), vec![done(OutcomeKind::Call, 1)])));
    assert_eq!(found.action, Action::SendNotice, "who was rated so when it was called");
}
