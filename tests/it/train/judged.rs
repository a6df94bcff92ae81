//! A model on rows with known outcomes: figures, lights, bounds, the page; and the columns of a file.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vedetta::{
    domain::Probability,
    extract::Catalogue,
    score::{Artefact, BUILT_IN_SCALE, Scored, TableScorer, Wide, scale},
    train::{
        Calibration, Columns, Outcomes, Parts, Table, Times, evaluate, metrics, prudent_bounds,
        report::{Page, html},
    },
};

/// A card of two columns: numbers with a special value, and words.
fn card() -> Artefact {
    let text = r#"{"format": 1, "name": "made-up", "kind": "table", "definition_of_default": "d", "horizon_months": 12, "base": 500,
        "calibration": {"slope": 1.0, "intercept": 0.0}, "inputs": [
        {"feature": "debt", "weight": 1.0, "missing": -9, "special": [{"value": 999.0, "points": -30}],
         "bins": [{"upto": 0.1, "points": 40}, {"upto": 0.5, "points": 10}, {"upto": null, "points": -60}]},
        {"feature": "town", "weight": 0.5, "missing": 0, "bins": [],
         "groups": [{"words": ["Lodi", "Asti"], "code": 0.0, "points": 20}, {"words": ["Terni"], "code": 1.0, "points": -15}]}]}"#;
    Artefact::parse("model.json", text).unwrap()
}

fn outcomes(n: usize, exaggeration: f64) -> Outcomes {
    let scale = scale(BUILT_IN_SCALE).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut outcomes = Outcomes::default();
    for _ in 0..n {
        let truth: f64 = 5.0 * rng.random::<f64>() - 5.0;
        let pd = Probability::from_log_odds(exaggeration * truth);
        outcomes.scored.push(Scored { pd, points: scale.points(pd), grade: scale.grade(pd) });
        outcomes.bad.push(rng.random::<f64>() < Probability::from_log_odds(truth).get());
    }
    outcomes
}

#[test]
fn figures_are_those_of_the_definitions_within_intervals_that_repeat() {
    let outcomes = outcomes(1_500, 1.0);
    let e = evaluate(&outcomes, &Parts::default(), 7).unwrap();
    let pd: Vec<f64> = outcomes.scored.iter().map(|s| s.pd.get()).collect();
    assert!((e.auc.value - metrics::auc(&pd, &outcomes.bad)).abs() < 1e-12);
    assert!((e.ks.value - metrics::ks(&pd, &outcomes.bad)).abs() < 1e-12);
    assert!((e.brier.value - metrics::brier(&pd, &outcomes.bad)).abs() < 1e-12);
    assert!((e.log_loss.value - metrics::log_loss(&pd, &outcomes.bad)).abs() < 1e-12);
    assert!(e.auc.low.unwrap() < e.auc.value && e.auc.value < e.auc.high.unwrap() && e.interval_note.is_none());
    let log_odds: Vec<f64> = pd.iter().map(|p| (p / (1.0 - p)).ln()).collect();
    let by_linfa = Calibration::fit(&log_odds, &outcomes.bad).unwrap();
    assert!((e.calibration_slope.value - by_linfa.slope).abs() < 1e-3, "{:?} {by_linfa:?}", e.calibration_slope);
    assert!((e.calibration_intercept.value - by_linfa.intercept).abs() < 1e-3);
    assert!(e.hosmer_lemeshow_p.value > 1e-4, "{:?}", e.hosmer_lemeshow_p);
    assert_eq!(e, evaluate(&outcomes, &Parts::default(), 7).unwrap());
}

/// Rows of which the last ones are bad, each with a higher PD than the one before: a ranking without fault.
fn without_fault(n: usize, n_bad: usize) -> Outcomes {
    let scale = scale(BUILT_IN_SCALE).unwrap();
    let pd = |row: usize| Probability::from_log_odds(10.0 * row as f64 / n as f64 - 5.0);
    let scored = |row: usize| Scored { pd: pd(row), points: scale.points(pd(row)), grade: scale.grade(pd(row)) };
    Outcomes { scored: (0..n).map(scored).collect(), bad: (0..n).map(|row| row >= n - n_bad).collect() }
}

#[test]
fn of_ten_rows_with_one_bad_nothing_is_known_for_certain() {
    let e = evaluate(&without_fault(10, 1), &Parts::default(), 7).unwrap();
    assert_eq!((e.auc.value, e.gini.value, e.ks.value), (1.0, 1.0, 1.0));
    // Where 1 − a = 1.96 √(a (1 − a) (1 + 4 (1 − a) / (2 − a) + 4 a / (1 + a)) / 9).
    let (low, high) = (e.auc.low.unwrap(), e.auc.high.unwrap());
    assert!((low - 0.3917).abs() < 1e-4 && high > 0.999, "{low} {high}");
    assert!((e.gini.low.unwrap() - (2.0 * low - 1.0)).abs() < 1e-12);
    for figure in [e.ks, e.brier, e.log_loss, e.calibration_slope, e.calibration_intercept, e.hosmer_lemeshow_p] {
        assert_eq!((figure.low, figure.high), (None, None));
    }
    assert!(e.interval_note.as_ref().unwrap().starts_with("1 bad and 9 good rows"), "{:?}", e.interval_note);
    let told = serde_json::to_value(&e).unwrap();
    assert!(told["ks"]["value"] == 1.0 && told["ks"]["low"].is_null() && told["interval_note"].is_string(), "{told}");
    let (model, outcomes) = (card(), without_fault(10, 1));
    let inputs = vec![vec![0.3; 10], vec![0.0; 10]];
    let page = Page { model: &model, data: "d", evaluation: &e, outcomes: &outcomes, inputs: &inputs, shift: None };
    let page = html(&page);
    assert!(page.contains("cannot be told from so few rows") && !page.contains("1.000 to 1.000"), "{page}");
}

#[test]
fn a_ranking_without_fault_may_still_be_one_by_chance() {
    let (few, many) = (without_fault(40, 12), without_fault(400, 120));
    let low = |outcomes: &Outcomes| {
        let e = evaluate(outcomes, &Parts::default(), 7).unwrap();
        assert!(e.ks.low.is_none() && e.brier.low.is_some() && e.interval_note.is_some(), "{e:?}");
        e.auc.low.unwrap()
    };
    assert!(low(&few) < 0.95 && low(&few) > 0.8 && low(&many) > low(&few) && low(&many) < 1.0);
}

#[test]
fn rows_of_few_clients_are_few_rows() {
    let outcomes = outcomes(600, 1.0);
    let clients: Vec<String> = (0..600).map(|row| format!("c{}", row % 8)).collect();
    let e = evaluate(&outcomes, &Parts { group: Some(&clients), ..Parts::default() }, 7).unwrap();
    assert!(e.interval_note.unwrap().contains("8 good groups") && e.brier.low.is_none());
}

#[test]
fn exaggerated_pds_show_in_the_slope_the_test_and_the_lights() {
    let e = evaluate(&outcomes(3_000, 2.0), &Parts::default(), 7).unwrap();
    assert!(e.calibration_slope.high.unwrap() < 0.7, "{:?}", e.calibration_slope);
    assert!(e.hosmer_lemeshow_p.value < 1e-6);
    assert!(e.grades.iter().any(|g| g.light == "red"), "{:?}", e.grades);
}

#[test]
fn segments_periods_and_migration_count_every_row_once() {
    let outcomes = outcomes(600, 1.0);
    let word = |of: &dyn Fn(usize) -> String| (0..600).map(of).collect::<Vec<_>>();
    let (segment, time, group) =
        (word(&|i| format!("s{}", i % 3)), word(&|i| format!("{}", 2020 + i % 2)), word(&|i| format!("c{}", i / 2)));
    let time = Times::read("year", &time).unwrap();
    let parts = Parts { segment: Some(&segment), time: Some(&time), group: Some(&group) };
    let e = evaluate(&outcomes, &parts, 7).unwrap();
    assert_eq!(e.segments.iter().map(|s| s.n).collect::<Vec<_>>(), [200; 3]);
    assert_eq!(e.vintages.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["2020", "2021"]);
    assert_eq!(e.migration.iter().map(|m| m.n).sum::<u64>(), 300, "each client moves once");
    assert_eq!(e.grades.iter().map(|g| g.n).sum::<u64>(), 600);
}

#[test]
fn periods_that_are_counted_follow_each_other_and_rows_without_one_move_nowhere() {
    let outcomes = outcomes(600, 1.0);
    let time: Vec<String> = (0..600).map(|i| ["9", "10", ""][i % 3].to_owned()).collect();
    let group: Vec<String> = (0..600).map(|i| format!("c{}", i / 3)).collect();
    let time = Times::read("month", &time).unwrap();
    let e = evaluate(&outcomes, &Parts { segment: None, time: Some(&time), group: Some(&group) }, 7).unwrap();
    assert_eq!(e.vintages.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["no time", "9", "10"]);
    let up = |m: &vedetta::train::Move| {
        (outcomes.scored[0].grade.to_string(), outcomes.scored[1].grade.to_string()) == (m.from.clone(), m.to.clone())
    };
    assert!(e.migration.iter().any(up), "from 9 to 10, and not back: {:?}", e.migration);
    assert_eq!(e.migration.iter().map(|m| m.n).sum::<u64>(), 200, "each client moves once");
}

#[test]
fn rows_of_one_client_are_drawn_together_and_widen_the_interval() {
    let one = outcomes(200, 1.0);
    let often = Outcomes { scored: one.scored.repeat(9), bad: one.bad.repeat(9) };
    let clients: Vec<String> = (0..9 * 200).map(|row| format!("c{}", row % 200)).collect();
    let width = |outcomes: &Outcomes, parts: &Parts<'_>| {
        let auc = evaluate(outcomes, parts, 7).unwrap().auc;
        auc.high.unwrap() - auc.low.unwrap()
    };
    let by_row = width(&often, &Parts::default());
    let by_client = width(&often, &Parts { group: Some(&clients), ..Parts::default() });
    let of_one = width(&one, &Parts::default());
    assert!(by_client > 2.0 * by_row, "nine copies are one witness: {by_client} {by_row}");
    assert!((by_client / of_one - 1.0).abs() < 0.3, "{by_client} {of_one}");
}

#[test]
fn the_share_of_bad_rows_of_each_grade_has_its_interval() {
    let outcomes = outcomes(1_500, 1.0);
    let e = evaluate(&outcomes, &Parts::default(), 7).unwrap();
    for g in &e.grades {
        assert!((g.rate - g.bad as f64 / g.n as f64).abs() < 1e-12);
        assert!(g.rate_low <= g.rate && g.rate <= g.rate_high && g.rate_low < g.rate_high, "{g:?}");
    }
    // Jeffreys' upper end for none of ten, as published (Brown, Cai and DasGupta 2001), and none below nought.
    let ten = Outcomes { scored: vec![outcomes.scored[0]; 10], bad: vec![false; 10] };
    let (mut scored, mut bad) = (ten.scored, ten.bad);
    let other = outcomes.scored.iter().find(|s| s.grade != scored[0].grade).unwrap();
    scored.push(*other);
    bad.push(true);
    let e = evaluate(&Outcomes { scored: scored.clone(), bad }, &Parts::default(), 7).unwrap();
    let none = e.grades.iter().find(|g| g.grade == scored[0].grade.to_string()).unwrap();
    assert!(none.rate_low == 0.0 && (none.rate_high - 0.217).abs() < 1e-3, "{none:?}");
}

#[test]
fn prudent_bounds_without_a_default_are_those_of_pluto_and_tasche() {
    // Their example: 100, 400 and 300 clients, no default, confidence 90 %: 0.29 %, 0.33 %, 0.76 %.
    let bounds = prudent_bounds(&[(100, 0), (400, 0), (300, 0)], 0.90);
    for (bound, published) in bounds.iter().zip([0.0029, 0.0033, 0.0076]) {
        assert!((bound - published).abs() < 0.5e-4, "{bounds:?}");
    }
    assert!(prudent_bounds(&[(10, 0), (0, 0)], 0.9)[1] >= 1.0);
}

#[test]
fn a_file_is_read_the_same_in_pieces_and_with_quotes() {
    let plain = "town,debt,id\nLodi,0.05,1\nTerni,999,2\nRoma,,3\r\n,0.7,4\n";
    let quoted = plain.replace("Lodi", "\"Lodi\"");
    let read = |text: &str| Columns::read(text.as_bytes(), &card(), &["id"]).unwrap();
    let (columns, same) = (read(plain), read(&quoted));
    assert_eq!(format!("{:?}", columns.inputs), format!("{:?}", same.inputs));
    assert_eq!(columns.texts[0], ["1", "2", "3", "4"]);
    assert_eq!(columns.odd.get("town"), Some(&1), "Roma is not known");
    let scorer = TableScorer::new(card(), scale(BUILT_IN_SCALE).unwrap());
    let inputs: Vec<&[f64]> = columns.inputs.iter().map(Vec::as_slice).collect();
    assert_eq!(scorer.raw(&inputs), [560.0, 455.0, 491.0, 440.0]);
    let uneven = Columns::read(b"town,debt\nLodi,1\nAsti\n", &card(), &[]).unwrap_err().to_string();
    assert!(uneven.contains("row 1 has 1 cells, the header has 2"), "{uneven}");
    let absent = Columns::read(b"debt\n1\n", &card(), &[]).unwrap_err().to_string();
    assert!(absent.contains("no column \"town\""), "{absent}");
}

#[test]
fn cells_that_cannot_be_read_are_listed_by_line_however_the_lines_end() {
    let plain = "\ntown,debt\nLodi,1\n\nRoma,x\nAsti,2\nTerni,y\n";
    let quoted = plain.replace("Lodi", "\"Lodi\"");
    for text in [plain.to_owned(), plain.replace('\n', "\r\n"), quoted.clone(), quoted.replace('\n', "\r\n")] {
        let columns = Columns::read(text.as_bytes(), &card(), &[]).unwrap();
        let cells: Vec<(usize, &str, &str)> =
            columns.unread.iter().map(|cell| (cell.line, cell.value.as_str(), cell.code)).collect();
        assert_eq!(
            cells,
            [(5, "Roma", "unknown_word"), (5, "x", "not_a_number"), (7, "y", "not_a_number")],
            "{text:?}"
        );
    }
    let many = format!("town,debt\n{}", "Lodi,x\n".repeat(300_000));
    let columns = Columns::read(many.as_bytes(), &card(), &[]).unwrap();
    assert_eq!((columns.odd["debt"], columns.unread.len(), columns.unread[99].line), (300_000, 100, 101));
    let late = format!("town,debt\n{}Lodi,x\n", "Lodi,1\n".repeat(300_000));
    assert_eq!(Columns::read(late.as_bytes(), &card(), &[]).unwrap().unread[0].line, 300_002);
}

#[test]
fn training_and_scoring_read_the_same_cells() {
    let cells = [
        "5",
        " 5",
        "\u{a0}5",
        "5\u{a0}",
        "\u{2003}\t5 ",
        "\u{b}5",
        "\u{a0}",
        "\u{feff}5",
        "5\u{e9}",
        "+5",
        "5.",
        "-",
        "inf",
    ];
    let rows: String = cells.iter().enumerate().map(|(row, cell)| format!("{row},{cell},Lodi,{}\n", row % 2)).collect();
    let text = format!("id,debt,town,bad\n{rows}");
    let trained = Table::read(text.as_bytes(), "bad", &["town"], None).unwrap();
    let trained = &trained.columns[trained.names.iter().position(|name| name == "debt").unwrap()];
    let quoted = text.replace("Lodi", "\"Lodi\"");
    for text in [&text, &quoted] {
        let scored = &Columns::read(text.as_bytes(), &card(), &[]).unwrap().inputs[0];
        let bits = |column: &[f64]| column.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(trained), bits(scored), "{trained:?} {scored:?}");
    }
    assert_eq!(trained[..6], [5.0; 6]);
}

#[test]
fn many_rows_at_once_get_the_points_of_the_card_in_every_layout() {
    let card = card();
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let debts = [0.1, 0.5, 0.100_000_001, 999.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    let rows: Vec<[f64; 2]> =
        (0..131).map(|i| [debts[rng.random_range(0..debts.len())], [0.0, 1.0, f64::NAN][i % 3]]).collect();
    let value = |v: f64| Some(v).filter(|v| !v.is_nan());
    let by_hand: Vec<f64> = rows
        .iter()
        .map(|r| f64::from(card.base + card.inputs[0].points(value(r[0])) + card.inputs[1].points(value(r[1]))))
        .collect();
    let columns: Vec<Vec<f64>> = (0..2).map(|c| rows.iter().map(|r| r[c]).collect()).collect();
    let mut points = vec![0.0; rows.len()];
    Wide::exact(&card).score(&[&columns[0], &columns[1]], &mut points);
    assert_eq!(points, by_hand);
    Wide::exact(&card).score_rows(&rows.concat(), &mut points);
    assert_eq!(points, by_hand);
}

#[test]
fn edges_of_narrow_columns_part_the_same_values_as_the_exact_ones() {
    let card = card();
    // 0.1 lies between two f32; the one below belongs to the first bin, the one above to the second.
    let values: Vec<f32> = vec![0.1f32.next_down(), 0.1, 0.1f32.next_up(), f32::NAN, 999.0];
    let codes = vec![0.0f32; values.len()];
    let mut points = vec![0.0f32; values.len()];
    Wide::narrow(&card).score(&[&values, &codes], &mut points);
    let exact = |v: f32| card.base + card.inputs[0].points(Some(f64::from(v)).filter(|v| !v.is_nan())) + 20;
    assert_eq!(points.iter().map(|p| *p as i32).collect::<Vec<_>>(), values.into_iter().map(exact).collect::<Vec<_>>());
}

#[test]
fn the_page_needs_nothing_else_and_means_what_it_quotes() {
    let (outcomes, model) = (outcomes(400, 1.0), Artefact { name: "<b>&".to_owned(), ..card() });
    let inputs = vec![vec![0.3; 400], vec![0.0; 400]];
    let evaluation = evaluate(&outcomes, &Parts::default(), 7).unwrap();
    let page = html(&Page {
        model: &model,
        data: "a.csv",
        evaluation: &evaluation,
        outcomes: &outcomes,
        inputs: &inputs,
        shift: None,
    });
    assert!(page.contains("<h1>&lt;b&gt;&amp;</h1>"));
    assert!(!page.contains("http") && !page.contains("<script") && !page.contains("NaN"));
    assert!(page.matches("<svg").count() == 6 && page.matches("<svg").count() == page.matches("</svg>").count());
}

#[test]
fn reason_codes_name_what_costs_most_points_worst_first() {
    let scorer = TableScorer::new(card(), scale(BUILT_IN_SCALE).unwrap());
    assert_eq!(scorer.reasons(&[999.0, 1.0], 4), [("debt", -30), ("town", -15)]);
    assert_eq!(scorer.reasons(&[999.0, 1.0], 1), [("debt", -30)]);
    assert_eq!(scorer.reasons(&[0.0, 0.0], 4), []);
}

#[test]
fn a_model_made_for_another_feature_table_is_refused() {
    let text = include_str!("../../../models/baseline-1/model.json");
    let mut model = Artefact::parse("model.json", text).unwrap();
    let hash = Catalogue::get().hash();
    assert_eq!(model.check_catalogue(hash), Ok(()));
    model.catalogue = Some("0".repeat(64));
    let refusal = model.check_catalogue(hash).unwrap_err();
    assert!(refusal.contains("train it anew"), "{refusal}");
    assert_eq!(card().check_catalogue(hash), Ok(()), "a table model has no feature table");
}

#[test]
fn figures_do_not_depend_on_the_order_of_the_file() {
    let scale = scale(BUILT_IN_SCALE).unwrap();
    let mut sorted = Outcomes::default();
    for (pd, n_bad) in [(0.01, 2), (0.04, 10), (0.12, 30), (0.4, 100)] {
        let pd = Probability::new(pd).unwrap();
        for row in 0..250 {
            sorted.scored.push(Scored { pd, points: scale.points(pd), grade: scale.grade(pd) });
            sorted.bad.push(row < n_bad);
        }
    }
    let mut mixed = Outcomes::default();
    for row in (0..1_000).map(|i| i * 387 % 1_000) {
        mixed.scored.push(sorted.scored[row]);
        mixed.bad.push(sorted.bad[row]);
    }
    let [one, other] = [&sorted, &mixed].map(|o| evaluate(o, &Parts::default(), 7).unwrap());
    assert_eq!(one.hosmer_lemeshow_p.value, other.hosmer_lemeshow_p.value);
    assert!(one.hosmer_lemeshow_p.value > 0.5, "{:?}", one.hosmer_lemeshow_p);
    assert!((one.auc.value - other.auc.value).abs() < 1e-12 && one.grades == other.grades);
}

#[test]
fn contributions_speak_of_the_very_pd_that_is_told() {
    let scorer = TableScorer::new(card(), scale(BUILT_IN_SCALE).unwrap());
    for row in [[0.05, 0.0], [0.3, 1.0], [999.0, f64::NAN], [f64::NAN, 0.0]] {
        let columns = row.map(|value| [value]);
        let pd = scorer.score(&[&columns[0], &columns[1]])[0].pd.get();
        let sum: f64 = scorer.contributions(&row).iter().map(|c| c.log_odds).sum();
        assert!((sum - (pd / (1.0 - pd)).ln()).abs() < 1e-9, "{row:?}: {sum} {pd}");
    }
}
