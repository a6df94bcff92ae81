use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use vedetta::{
    alert::{Episode, When, tell},
    domain::Grade,
};

use super::{noon, step};

fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}

/// Takes a client through grades, one a day unless `gap` days pass first, and says at which steps an alert went out.
/// The state goes through its stored form each time.
fn alerts(when: &When, start: Grade, walk: &[(i64, Grade)]) -> Vec<bool> {
    let conditions = when.parse().expect("conditions");
    let (mut at, mut grade, mut stored) = (noon(), start, None::<String>);
    let told = walk.iter().map(|(gap, to)| {
        at = at.checked_add(days(*gap)).expect("within the calendar");
        let state = stored.as_deref().and_then(Episode::from_json);
        let told = tell(&conditions, state, &step(at, Some(grade), *to), None);
        stored = Some(Episode::to_json(told.episode.as_ref()));
        grade = *to;
        told.alert
    });
    told.collect()
}

fn notches(n: u8) -> When {
    When { notches_at_least: Some(n), ..When::default() }
}

#[test]
fn one_alert_when_it_falls_and_one_for_each_further_notch_but_none_for_wavering() {
    use Grade::{A3, B1, B2, B3};
    let walk = [(1, B1), (1, B2), (1, B1), (1, B2), (1, B3), (1, B1), (1, B3)];
    assert_eq!(alerts(&notches(1), A3, &walk), [true, true, false, false, true, false, false]);
}

#[test]
fn a_fall_in_small_steps_counts_as_a_whole() {
    use Grade::{B1, B2, B3, C1, C2};
    let walk = [(1, B2), (1, B3), (1, C1), (1, C2)];
    assert_eq!(alerts(&notches(2), B1, &walk), [false, true, false, true]);
}

#[test]
fn back_where_it_started_the_fall_is_over_and_the_next_one_is_news() {
    use Grade::{B1, B2};
    assert_eq!(alerts(&notches(1), B1, &[(1, B2), (1, B1), (1, B2)]), [true, false, true]);
}

#[test]
fn thirty_quiet_days_end_a_fall() {
    use Grade::{B1, B2, B3};
    let walk = |gap| [(1, B3), (1, B2), (gap, B3)];
    assert_eq!(alerts(&notches(1), B1, &walk(29)), [true, false, false]);
    assert_eq!(alerts(&notches(1), B1, &walk(30)), [true, false, true]);
}

#[test]
fn a_grade_threshold_is_told_once_in_a_fall() {
    use Grade::{B3, C1, C2, D};
    let when = When { grade_at_or_below: Some("C1".to_owned()), ..When::default() };
    assert_eq!(alerts(&when, B3, &[(1, C1), (1, C2), (1, D)]), [true, false, false]);
}

#[test]
fn a_step_out_of_scope_is_not_told_but_its_depth_counts() {
    let when = When { exposure_at_least: Some(30_000.0), ..notches(1) };
    let conditions = when.parse().unwrap();
    let small = tell(&conditions, None, &step(noon(), Some(Grade::B1), Grade::B2), None);
    assert!(!small.alert && small.episode.is_some());
    let everyone = notches(2).parse().unwrap();
    assert!(tell(&everyone, small.episode, &step(noon(), Some(Grade::B2), Grade::B3), None).alert);
}

#[test]
fn a_state_that_cannot_be_read_costs_one_alert_at_most() {
    for text in ["", "null", "{}", r#"{"start":"B1"}"#] {
        assert_eq!(Episode::from_json(text), None, "{text}");
    }
}

/// The naive reading of the rule: for each step, look through the whole history again. Grades are places on the scale,
/// `None` is ND; `history` holds when, from and to.
pub(crate) fn oracle(
    history: &[(Timestamp, Option<i32>, Option<i32>)],
    notches: Option<i32>,
    floor: Option<i32>,
) -> Vec<bool> {
    let mut told: Vec<bool> = Vec::new();
    for now in 0..history.len() {
        // Walk from the beginning and find the step that opened the fall in which `now` lies.
        let mut opened: Option<usize> = None;
        for i in 0..=now {
            let (at, from, to) = history[i];
            if let Some(first) = opened {
                let start = history[first].1.unwrap_or(0);
                let is_quiet = at.duration_since(history[i - 1].0) >= days(30);
                if is_quiet || to.is_some_and(|to| to <= start) {
                    opened = None;
                }
            }
            let is_down = matches!((from, to), (Some(from), Some(to)) if to > from);
            if opened.is_none() && is_down {
                opened = Some(i);
            }
        }
        let (_, from, to) = history[now];
        let news = match (opened, from, to) {
            (Some(first), Some(from), Some(to)) if to > from => {
                let last = (first..now).rev().find(|i| told[*i]).and_then(|i| history[i].2);
                let reference = last.unwrap_or(history[first].1.unwrap_or(0));
                let is_deep = notches.is_some_and(|n| to - reference >= n);
                is_deep || (last.is_none() && floor.is_some_and(|floor| to >= floor))
            }
            _ => false,
        };
        told.push(news);
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_random_walk_is_told_exactly_as_the_rule_reads(
        start in 0..Grade::ALL.len(),
        walk in prop::collection::vec((prop_oneof![4 => 0i64..5, 1 => 28i64..33], 0..Grade::ALL.len()), 1..40),
        notches in prop::option::of(1u8..4),
        floor in prop::option::of(0usize..10),
    ) {
        let when = When {
            notches_at_least: notches,
            grade_at_or_below: floor.map(|place| Grade::ALL[place].to_string()),
            ..When::default()
        };
        // Only steps that change the grade are events.
        let mut grade = Grade::ALL[start];
        let mut steps = Vec::new();
        for (gap, place) in walk {
            if Grade::ALL[place] != grade {
                grade = Grade::ALL[place];
                steps.push((gap, grade));
            }
        }
        let mut at = noon();
        let mut from = Grade::ALL[start];
        let history: Vec<_> = steps.iter().map(|(gap, to)| {
            at = at.checked_add(days(*gap)).unwrap();
            let step = (at, from.rank(), to.rank());
            from = *to;
            step
        }).collect();
        let needed = notches.map(i32::from).or(floor.is_none().then_some(1));
        let floor = floor.map(|place| i32::try_from(place).unwrap());
        prop_assert_eq!(alerts(&when, Grade::ALL[start], &steps), oracle(&history, needed, floor));
    }
}
