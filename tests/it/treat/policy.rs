use vedetta::treat::{Policy, Problem};

const DEFAULT: &str = include_str!("../../../config/policy.toml");

/// What is wrong with the default policy after a change in its text.
fn problems(from: &str, to: &str) -> Vec<Problem> {
    assert!(DEFAULT.contains(from), "{from}");
    Policy::parse(&DEFAULT.replacen(from, to, 1)).unwrap_err().0
}

/// The line of the default policy, after the change, on which a text stands.
fn line_of(from: &str, to: &str, text: &str) -> usize {
    DEFAULT.replacen(from, to, 1).lines().position(|line| line.contains(text)).unwrap() + 1
}

#[test]
fn the_default_policy_has_every_phase_and_nothing_is_wrong_with_it() {
    let policy = Policy::parse(DEFAULT).unwrap();
    let phases: Vec<&str> = policy.phases().iter().map(|phase| phase.as_str()).collect();
    assert_eq!(
        phases,
        [
            "monitoring",
            "reminder",
            "courtesy_call",
            "formal_notice",
            "extrajudicial_recovery",
            "judicial_recovery",
            "write_off",
            "claim_filing"
        ]
    );
    assert_eq!(policy.owners(), ["credit_manager", "credit_office", "lawyer"]);
    assert!(!policy.asks_direction() && !policy.asks_credit_types(), "the default costs no look-ups");
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let found = problems("retry_days = 3", "retry_dais = 3");
    assert_eq!(found[0].line, line_of("retry_days = 3", "retry_dais = 3", "retry_dais"));
    assert!(found[0].why.contains("retry_dais"), "{found:?}");
}

#[test]
fn an_unknown_condition_is_refused_with_its_line() {
    let (from, to) = ("active = false }", "colour = \"red\" }");
    let found = problems(from, to);
    assert_eq!(found[0].line, line_of(from, to, "colour"));
    assert!(found[0].why.contains("colour"), "{found:?}");
}

#[test]
fn a_circle_of_phases_is_named() {
    let (from, to) = ("next = \"judicial_recovery\"", "next = \"courtesy_call\"");
    let found = problems(from, to);
    let circle = found.iter().find(|p| p.why.contains("circle")).unwrap();
    assert_eq!(circle.key, "phase.extrajudicial_recovery.next");
    assert!(circle.why.contains("courtesy_call, formal_notice, extrajudicial_recovery"), "{circle}");
    assert_eq!(circle.line, DEFAULT.lines().position(|line| line == "next = \"judicial_recovery\"").unwrap() + 1);
    let unreachable = found.iter().find(|p| p.key == "phase.judicial_recovery").unwrap();
    assert!(unreachable.why.contains("nobody can reach it"));
}

#[test]
fn a_phase_that_nobody_can_reach_is_named() {
    let found = problems("on = [\"insolvent\"]", "on = []");
    let found = found.iter().find(|p| p.key == "phase.claim_filing").unwrap();
    assert!(found.why.contains("nobody can reach it"));
}

#[test]
fn what_cannot_be_read_is_named_by_its_dotted_key() {
    for (from, to, key) in [
        ("active = false }", "moon = true }", "track.fast.when.moon"),
        ("retry_days = 3", "retry_dais = 3", "retry_dais"),
        ("review_days = 30", "", "review_days"),
        ("grace_days = 3", "grace_days = \"three\"", "holds.grace_days"),
        ("lasts_days = 7", "lasts_days = \"a week\"", "phase.reminder.lasts_days"),
        ("most_tries = 3", "most_tries = 3 3", "file"),
    ] {
        let found = problems(from, to);
        assert_eq!((found.len(), found[0].key.as_str()), (1, key), "{found:?}");
    }
}

#[test]
fn two_tracks_of_one_name_and_a_policy_that_files_no_claim_are_refused() {
    let found = problems("name = \"brisk\"", "name = \"fast\"");
    assert!(found.iter().any(|p| p.key == "track.fast" && p.why.contains("stands twice")), "{found:?}");
    let (before, claims) = DEFAULT.split_once("[[phase]]\nname = \"claim_filing\"").unwrap();
    let (_, after) = claims.split_once("# What waiting and acting are worth").unwrap();
    let found = Policy::parse(&format!("{before}#{after}")).unwrap_err().0;
    assert!(found.iter().any(|p| p.key == "phase" && p.why.contains("insolvent")), "{found:?}");
}

#[test]
fn phases_that_overlap_are_named() {
    let found = problems("after_days = 15\n", "after_days = 35\n");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].key, "phase.formal_notice.after_days");
    assert!(found[0].why.contains("formal_notice must come later than courtesy_call"), "{found:?}");
    let twice = problems("on = [\"insolvent\"]", "on = [\"insolvent\", \"ceased\"]");
    assert!(twice[0].why.contains("overlaps with phase write_off"), "{twice:?}");
}

#[test]
fn a_phase_without_an_end_is_named() {
    let found = problems("final = true\non = [\"ceased\"]", "on = [\"ceased\"]");
    assert!(found.iter().any(|p| p.key == "phase.write_off" && p.why.contains("never ends")), "{found:?}");
}

#[test]
fn a_track_may_not_hang_on_what_a_moved_invoice_changes() {
    let found = problems("active = false }", "amount_at_least = 1000.0 }");
    assert!(found.iter().any(|p| p.key == "track.fast.when.amount_at_least" && p.why.contains("moves")), "{found:?}");
}

#[test]
fn what_a_phase_asks_of_the_ledger_never_falls_along_the_ladder() {
    let found = problems("recovers = 0.5", "recovers = 0.01");
    assert!(found.iter().any(|p| p.key.contains("extrajudicial_recovery") && p.why.contains("skip")), "{found:?}");
}

#[test]
fn a_track_behind_one_that_takes_everybody_it_is_for_is_named() {
    let found =
        problems("when = { grade_at_or_below = \"C2\", active = false }", "when = { grade_at_or_below = \"B1\" }");
    assert!(found.iter().any(|p| p.key == "track.brisk" && p.why.contains("track fast")), "{found:?}");
    let found = problems(
        "it = \"ordinario\" }\nstart = \"reminder\"",
        "it = \"ordinario\" }\nwhen = { active = true }\nstart = \"reminder\"",
    );
    assert!(found.iter().any(|p| p.key == "track" && p.why.contains("everybody")), "{found:?}");
}

#[test]
fn a_blank_that_nobody_fills_in_is_refused() {
    let found = problems("Dear {name}", "Dear {nome}");
    assert_eq!(found[0].key, "phase.reminder.text.en");
    assert!(found[0].why.contains("{nome}") && found[0].why.contains("name, client"), "{found:?}");
}

#[test]
fn everything_that_is_wrong_is_said_at_once_in_order_of_lines() {
    let text = DEFAULT
        .replacen("channel = \"phone\"", "channel = \"pigeon\"", 1)
        .replacen("effect = 1.3", "effect = 0.3", 1)
        .replacen("protective = [\"restructuring\"]", "protective = [\"moonlight\"]", 1);
    let found = Policy::parse(&text).unwrap_err().0;
    let keys: Vec<&str> = found.iter().map(|p| p.key.as_str()).collect();
    assert_eq!(keys, ["holds.protective", "phase.reminder.effect", "phase.courtesy_call.channel"]);
    assert!(found.is_sorted_by_key(|p| p.line));
    for problem in &found {
        let line = text.lines().nth(problem.line - 1).unwrap();
        assert!(line.contains(problem.key.rsplit('.').next().unwrap()), "{problem} is not about {line:?}");
    }
}

#[test]
fn the_kinds_of_credit_and_the_direction_are_looked_up_only_when_a_policy_asks() {
    let text = DEFAULT.replacen(
        "when = { grade_at_or_above = \"B3\", active = true }",
        "when = { grade_at_or_above = \"B3\", active = true, direction = \"up\", credit_types = [\"Leasing\"] }",
        1,
    );
    let policy = Policy::parse(&text).unwrap();
    assert!(policy.asks_direction() && policy.asks_credit_types());
}

#[test]
fn days_and_amounts_have_bounds_and_orders_are_held_from_a_phase_of_the_ladder() {
    for (from, to, key) in [
        ("hold_from = \"formal_notice\"", "hold_from = \"monitoring\"", "release.hold_from"),
        ("after_days = 150", "after_days = 2147483647", "phase.write_off.after_days"),
        ("tolerance = 100.0", "tolerance = inf", "tolerance"),
        ("amount_at_least = 2500.0", "amount_at_least = nan", "phase.judicial_recovery.when.amount_at_least"),
        ("above = 15.0", "above = nan", "sign.days_beyond_terms_trend.above"),
        ("cannot = 0.7", "cannot = inf", "sign.days_beyond_terms_trend.cannot"),
        ("terms_days = 60.0", "terms_days = 0.0", "limit.terms_days"),
        ("balanced = 1.25, bold = 1.6", "balanced = 1.25, bold = inf", "limit.headroom"),
        (
            "grade_at_or_above = \"B3\", active",
            "yearly_value_below = nan, active",
            "track.white_gloves.when.yearly_value_below",
        ),
        ("plan_gap_days = 186", "plan_gap_days = 100000", "holds.plan_gap_days"),
        ("protective_up_to = \"courtesy_call\"", "protective_up_to = \"claim_filing\"", "holds.protective_up_to"),
    ] {
        let found = problems(from, to);
        assert!(found.iter().any(|problem| problem.key == key), "{to}: {found:?}");
    }
}

#[test]
fn a_phase_before_every_tracks_start_or_for_a_state_with_a_phase_of_its_own_is_for_nobody() {
    let text = DEFAULT.replace("start = \"reminder\"", "start = \"courtesy_call\"");
    let found = Policy::parse(&text).unwrap_err().0;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].key, "phase.reminder");
    assert!(found[0].why.contains("every track starts after it"), "{found:?}");
    let (from, to) = ("amount_at_least = 2500.0", "amount_at_least = 2500.0, legal_states = [\"insolvent\"]");
    let found = problems(from, to);
    assert_eq!(found[0].key, "phase.judicial_recovery.when.legal_states");
    assert!(found[0].why.contains("phase of their own"), "{found:?}");
}

#[test]
fn fields_that_nobody_knows_are_named_together_with_what_else_is_wrong() {
    let text = DEFAULT
        .replacen("review_days = 30", "review_days = 30\nmoon = \"full\"", 1)
        .replacen("prior_invoices = 4.0", "prior_invoices = 4.0\ntide = 3", 1)
        .replacen("paid_share = 0.5", "paid_share = 7.0", 1);
    let found = Policy::parse(&text).unwrap_err().0;
    let keys: Vec<&str> = found.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["moon", "deescalation.paid_share", "assumptions.tide"], "{found:?}");
    let line = |said: &str| text.lines().position(|line| line.starts_with(said)).unwrap() + 1;
    let lines: Vec<usize> = found.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [line("moon"), line("paid_share"), line("tide")]);
}
