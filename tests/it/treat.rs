use jiff::civil::{Date, date};
use proptest::prelude::*;
use vedetta::{
    domain::{Currency, Grade, Money, Phase},
    treat::{Policy, Position, treatment},
};

const DAY: Date = date(2026, 11, 20);

fn policy() -> Policy {
    Policy::parse(include_str!("../../config/policy.toml")).unwrap()
}

fn late(days: i32, grade: Grade) -> Position {
    Position {
        grade,
        overdue: Money::from_minor(500_000, Currency::EUR),
        oldest_overdue_days: days,
        is_insolvent: false,
        is_ceased: false,
        is_active: true,
    }
}

#[test]
fn nothing_overdue_is_monitored() {
    let position = Position { overdue: Money::from_minor(0, Currency::EUR), ..late(0, Grade::B2) };
    let treatment = treatment(&position, DAY, &policy());
    assert_eq!(treatment.phase, Phase::Monitoring);
    assert_eq!(treatment.due_on, None);
}

#[test]
fn a_small_sum_is_waited_for_however_old() {
    let position = Position { overdue: Money::from_minor(9_999, Currency::EUR), ..late(200, Grade::C3) };
    assert_eq!(treatment(&position, DAY, &policy()).phase, Phase::Monitoring);
}

#[test]
fn an_insolvent_debtor_is_never_pressed() {
    let position = Position { is_insolvent: true, ..late(200, Grade::D) };
    assert_eq!(treatment(&position, DAY, &policy()).phase, Phase::ClaimFiling);
}

#[test]
fn delay_destroys_value_so_the_weak_are_treated_faster() {
    let (weak, usual) =
        (treatment(&late(20, Grade::C3), DAY, &policy()), treatment(&late(20, Grade::B2), DAY, &policy()));
    assert_eq!(usual.phase, Phase::CourtesyCall);
    assert_eq!(weak.phase, Phase::FormalNotice);
}

#[test]
fn a_good_active_client_is_given_a_week_more() {
    let good = treatment(&late(16, Grade::A1), DAY, &policy());
    assert_eq!(good.phase, Phase::Reminder);
    assert_eq!(good.next, Some((Phase::CourtesyCall, date(2026, 11, 26))));
}

#[test]
fn a_policy_whose_phases_go_backwards_is_refused() {
    let text = include_str!("../../config/policy.toml").replace("from_days = 15", "from_days = 60");
    let error = Policy::parse(&text).unwrap_err().to_string();
    assert!(error.contains("formal_notice must come later than courtesy_call"), "{error}");
}

#[test]
fn a_policy_with_an_unknown_key_is_refused() {
    let error = Policy::parse("tolerence = 1").unwrap_err().to_string();
    assert!(error.contains("tolerence"), "{error}");
}

proptest! {
    #[test]
    fn more_delay_never_goes_back_to_an_earlier_phase(days in 0..400i32, more in 0..100i32, grade in 0..9usize) {
        let grade = Grade::PERFORMING[grade];
        let (policy, now, later) = (policy(), late(days, grade), late(days + more, grade));
        prop_assert!(treatment(&later, DAY, &policy).phase >= treatment(&now, DAY, &policy).phase);
    }

    #[test]
    fn the_next_phase_comes_on_the_day_that_was_announced(days in 1..120i32, grade in 0..9usize) {
        let (policy, position) = (policy(), late(days, Grade::PERFORMING[grade]));
        if let Some((phase, on)) = treatment(&position, DAY, &policy).next {
            let wait = on.since(DAY).unwrap().get_days();
            let then = Position { oldest_overdue_days: days + wait, ..position };
            prop_assert_eq!(treatment(&then, on, &policy).phase, phase);
        }
    }
}
