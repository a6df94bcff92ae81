//! A policy before it is used.

use std::sync::Arc;

use jiff::{ToSpan, civil::date};
use serde_json::json;
use vedetta::{
    desk::{Caller, Reach, backtest_span},
    domain::{AsOf, Grade, Payment, Phase, Receivable, day_number},
    treat::{Past, Policy, replayed, totals},
};

use super::{DAY, late, owing, paid, policy};
use crate::world::{World, house};

fn past(items: Vec<vedetta::domain::Receivable>) -> Past {
    Past { receivables: owing(items), ratings: vec![(0, Grade::C1, Some(0.05))], ..Past::default() }
}

fn year() -> (i32, i32) {
    (day_number(DAY) - 364, day_number(DAY))
}

#[test]
fn a_policy_played_over_the_past_takes_the_steps_on_their_days() {
    // Due 100 days ago, paid 60 days later: call on day 3, notice on day 35, agency on day 50.
    let played = replayed(&past(vec![paid(100, 60)]), year(), &policy());
    let due = day_number(DAY) - 100;
    let steps: Vec<(i32, Phase)> = played.steps.iter().map(|(day, phase, _)| (day - due, *phase)).collect();
    assert_eq!(steps, [(3, Phase::CourtesyCall), (35, Phase::FormalNotice), (50, Phase::ExtrajudicialRecovery)]);
    assert_eq!((played.n_late, played.n_needless), (1, 0));
    assert!((played.cost - (12.0 + 15.0 + 60.0)).abs() < 1e-9);
    assert!(played.gained_days > 0.0 && played.gained_days < 60.0, "{played:?}");
}

#[test]
fn a_step_taken_when_the_money_was_on_its_way_is_needless_and_annoys() {
    let played = replayed(&past(vec![paid(100, 5)]), year(), &policy());
    assert_eq!((played.steps.len(), played.n_needless, played.is_annoyed), (1, 1, true));
    let punctual = replayed(&past(vec![paid(100, 0), paid(50, -2)]), year(), &policy());
    assert_eq!((punctual.steps.len(), punctual.n_late), (0, 0));
}

#[test]
fn nothing_is_gained_on_what_was_never_paid_and_the_same_seed_gives_the_same_intervals() {
    let rule = policy();
    let never = replayed(&past(vec![late(200)]), year(), &rule);
    assert_eq!(never.gained_days, 0.0);
    let all: Vec<_> = (1..40).map(|n| replayed(&past(vec![paid(80 + n, n), paid(200, 40)]), year(), &rule)).collect();
    let found = totals(&all, year(), &rule, 7);
    assert_eq!(found, totals(&all, year(), &rule, 7));
    for estimate in [found.actions, found.days_gained, found.cash_earlier, found.cost] {
        assert!(estimate.low <= estimate.value && estimate.value <= estimate.high && estimate.low < estimate.high);
    }
    assert_eq!(found.by_phase.values().sum::<usize>(), all.iter().map(|played| played.steps.len()).sum::<usize>());
    assert_eq!(found.by_month.iter().sum::<usize>(), found.by_phase.values().sum::<usize>());
}

#[test]
fn a_back_test_looks_at_the_last_year_of_the_ledger() {
    assert_eq!(backtest_span(Some(date(2013, 12, 31)), DAY), (date(2013, 1, 1), date(2013, 12, 31)));
    assert_eq!(backtest_span(None, DAY), (DAY - 364.days(), DAY));
    assert_eq!(backtest_span(Some(DAY + 30.days()), DAY).1, DAY);
}

#[tokio::test]
async fn a_dry_run_says_who_would_move_where_and_records_nothing() {
    let world = World::new().await;
    world.client("main", "C-1", "Tessitura Valmora", 0).await;
    let due = AsOf::at(world.clock.now()).valid_at - 12.days();
    let row =
        json!([{"client": "C-1", "invoice": "L", "issued_on": due - 30.days(), "due_on": due, "amount": "5000.00"}]);
    world.post("/v1/invoices?portfolio=main", &row, 200).await;
    let text = include_str!("../../../config/policy.toml")
        .replacen("version = \"2026-4\"", "version = \"draft\"", 1)
        .replacen("grade_at_or_above = \"B3\"", "grade_at_or_above = \"A1\", yearly_value_at_least = 1e9", 1);
    let draft = Arc::new(Policy::parse(&text).unwrap());
    let n_events = world.desk.store.outbox().count().await.unwrap();
    let view = world.desk.dry_run((&house(), None), Arc::clone(&draft), None).await.unwrap();
    assert_eq!((view.present.as_str(), view.draft.as_str(), view.positions, view.moved), ("2026-4", "draft", 1, 1));
    assert_eq!((view.transitions[0].from.as_str(), view.transitions[0].to.as_str()), ("courtesy_call", "reminder"));
    assert_eq!(view.moves[0].client, "C-1");
    let office = view.owners.iter().find(|load| load.owner == "credit_office").unwrap();
    assert_eq!((office.present, office.draft), (1, 1));
    assert_eq!(world.desk.store.outbox().count().await.unwrap(), n_events, "nothing was recorded");

    let today = AsOf::at(world.clock.now()).valid_at;
    let view = world.desk.backtest((&house(), None), draft, (today - 364.days(), today)).await.unwrap();
    assert_eq!((view.clients, view.late_invoices), (1, 1));
    assert!(view.draft.actions.value >= 1.0 && view.assumption.contains("assumed"));
}

#[tokio::test]
async fn a_policy_is_tried_on_one_creditors_book_and_on_those_that_one_may_see() {
    let world = World::new().await;
    let due = AsOf::at(world.clock.now()).valid_at - 12.days();
    for (portfolio, code) in [("north", "N-1"), ("north", "N-2"), ("south", "S-1")] {
        world.client(portfolio, code, &format!("Tessitura {code}"), 0).await;
        let row =
            json!([{"client": code, "invoice": "L", "issued_on": due - 30.days(), "due_on": due, "amount": "5000.00"}]);
        world.post(&format!("/v1/invoices?portfolio={portfolio}"), &row, 200).await;
    }
    let draft = Arc::new(Policy::parse(include_str!("../../../config/policy.toml")).unwrap());
    let facts = world.desk.store.facts();
    let south = facts.portfolios().await.unwrap().into_iter().find(|(_, name)| name.as_str() == "south").unwrap().0;
    let southern = Caller { name: "anna".to_owned(), reach: Reach::Portfolios(vec![south]) };
    let span = (due - 364.days(), due + 12.days());
    let everybody = house();
    for (caller, portfolio, n) in
        [(&everybody, None, 3), (&everybody, Some("north"), 2), (&everybody, Some("south"), 1), (&southern, None, 1)]
    {
        let tried = world.desk.dry_run((caller, portfolio), Arc::clone(&draft), None).await.unwrap();
        assert_eq!((tried.positions, tried.portfolio.as_deref()), (n, portfolio));
        let played = world.desk.backtest((caller, portfolio), Arc::clone(&draft), span).await.unwrap();
        assert_eq!((played.clients, played.late_invoices, played.portfolio.as_deref()), (n, n, portfolio));
    }
    for (caller, portfolio) in [(&everybody, "nowhere"), (&southern, "north")] {
        assert!(world.desk.dry_run((caller, Some(portfolio)), Arc::clone(&draft), None).await.is_err());
        assert!(world.desk.backtest((caller, Some(portfolio)), Arc::clone(&draft), span).await.is_err());
    }
}

#[test]
fn a_track_that_hangs_on_a_kind_of_credit_is_played() {
    let text = include_str!("../../../config/policy.toml").replacen(
        "when = { grade_at_or_below = \"C2\", active = false }",
        "when = { credit_types = [\"leasing\"] }",
        1,
    );
    let policy = Policy::parse(&text).unwrap();
    let days = (day_number(DAY) - 60, day_number(DAY));
    let first = |kinds: &[&str]| {
        let credit_types = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        replayed(&Past { credit_types, ..past(vec![late(60)]) }, days, &policy).steps[0].1
    };
    assert_eq!(first(&["leasing"]), Phase::FormalNotice);
    assert_ne!(first(&["open account"]), Phase::FormalNotice);
}

#[test]
fn nobody_is_annoyed_by_a_notice_that_a_policy_does_not_have() {
    let text = include_str!("../../../config/policy.toml");
    let (before, notice) = text.split_once("[[phase]]\nname = \"formal_notice\"").unwrap();
    let next = "[[phase]]\nname = \"extrajudicial_recovery\"";
    let text = format!("{before}{next}{}", notice.split_once(next).unwrap().1);
    let text = text.replace("next = \"formal_notice\"", "next = \"extrajudicial_recovery\"");
    let text = text.replace("start = \"formal_notice\"", "start = \"reminder\"");
    let text = text.replace("hold_from = \"formal_notice\"", "hold_from = \"extrajudicial_recovery\"");
    let policy = Policy::parse(&text).unwrap();
    // Called on day 3, paid on day 30, and buying all the while.
    let played = replayed(&past(vec![paid(100, 30), late(-10)]), year(), &policy);
    assert_eq!((played.steps.len(), played.is_annoyed), (1, false), "{played:?}");
}

#[test]
fn what_came_in_parts_was_open_in_parts() {
    // 4 950 of 5 000 in time; what is left came forty days late, and is within the tolerance.
    let item = Receivable { open_minor: 0, paid: Some(day_number(DAY) - 20), ..late(60) };
    let mut played = past(vec![item]);
    played.receivables.payments = [(65, 495_000), (20, 5_000)]
        .map(|(days_ago, minor)| Payment { invoice: item.invoice, on: day_number(DAY) - days_ago, minor })
        .to_vec();
    let days = (day_number(DAY) - 60, day_number(DAY));
    assert!(replayed(&played, days, &policy()).steps.is_empty(), "nobody asks for fifty euro");
}
