use jiff::{ToSpan, civil::Date};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vedetta::{
    domain::{FeatureVector, Scale},
    extract::Catalogue,
    score::Artefact,
    train::{
        History,
        history::{Definition, HistoryReport, Row, Split, Trained, train},
    },
};

use super::expert_json;

pub(super) fn expert() -> Artefact {
    Artefact::parse("models/expert/model.json", &expert_json()).unwrap()
}

fn scale() -> Scale {
    Scale::new(&[0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 1.0], 600.0, 19.0, 50.0, 0.1).unwrap()
}

const FIRST: Date = jiff::civil::date(2024, 1, 1);

/// A world in which lateness weighs `late` per day and the overdue share nothing at all: `n` clients on one day, each row
/// told `times` times, a day apart.
pub(super) fn world(n: usize, late: f64, times: i64, seed: u64) -> History {
    let names = Catalogue::get().names();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut history = History::new(&names);
    for client in 0..n {
        let (days, share): (f64, f64) = (rng.random_range(0.0..10.0), rng.random());
        let log_odds = -3.0 + late * (days - 5.0);
        let bad = rng.random::<f64>() < 1.0 / (1.0 + (-log_odds).exp());
        let mut values = vec![None; names.len()];
        values[Catalogue::get().place("days_late_recent").unwrap()] = Some(days);
        values[Catalogue::get().place("overdue_share").unwrap()] = Some(share);
        for repeat in 0..times {
            let day = FIRST + repeat.days();
            let features = FeatureVector::new(Catalogue::get().hash(), &values).unwrap();
            let row = Row { day, matures_on: day + 365.days(), features, bad, best: None };
            history.push(&format!("c{client}"), &row).unwrap();
        }
    }
    history
}

fn whole(history: &History) -> Trained {
    let definition = Definition::Told("a test".to_owned());
    train(history, &expert(), &scale(), &definition, Split::default(), "own-1").unwrap()
}

fn trained(history: &History) -> (Artefact, HistoryReport) {
    let Trained { model, report, .. } = whole(history);
    (model, report)
}

fn span(model: &Artefact, feature: &str) -> i32 {
    let input = model.inputs.iter().find(|i| i.feature == feature).unwrap();
    input.bins.first().unwrap().points - input.bins.last().unwrap().points
}

#[test]
fn many_defaults_overrule_the_expert_and_few_hardly_move_it() {
    // Half a point of log-odds a day is 36 points a day: four bins of two days apart are 288 points.
    let (many, report) = trained(&world(6_000, 0.5, 1, 1));
    assert!((220..350).contains(&span(&many, "days_late_recent")), "{:?}", many.inputs);
    assert!(span(&many, "overdue_share").abs() < 20, "{:?}", many.inputs);
    assert!(report.auc > report.auc_expert + 0.01, "{report:?}");
    assert!(report.moved.iter().all(|m| m.evidence > 0.5), "{:?}", report.moved);
    let (few, report) = trained(&world(60, 0.5, 1, 2));
    assert!((50..140).contains(&span(&few, "days_late_recent")), "{:?}", few.inputs);
    assert!((20..75).contains(&span(&few, "overdue_share")), "{:?}", few.inputs);
    assert!(report.moved.iter().all(|m| m.evidence < 0.6), "{:?}", report.moved);
}

#[test]
fn what_nobody_looked_at_keeps_the_expert_s_points_and_is_named() {
    let (model, report) = trained(&world(600, 0.5, 1, 3));
    let protests = |model: &Artefact| model.inputs.iter().find(|i| i.feature == "protest_count_12m").unwrap().clone();
    assert_eq!(protests(&model), protests(&expert()));
    assert!(
        report.dropped.iter().any(|d| d.column == "protest_count_12m" && d.why.contains("no row")),
        "{:?}",
        report.dropped
    );
}

#[test]
fn a_sample_that_speaks_for_delay_makes_it_neutral_and_never_good() {
    let (model, _) = trained(&world(4_000, -0.4, 1, 4));
    let late = model.inputs.iter().find(|i| i.feature == "days_late_recent").unwrap();
    assert!(late.bins.windows(2).all(|pair| pair[0].points >= pair[1].points), "{late:?}");
    assert!(span(&model, "days_late_recent") < 15, "{late:?}");
    assert!(late.missing <= late.bins[0].points);
}

#[test]
fn the_same_fact_told_ten_times_is_one_fact() {
    let (once, _) = trained(&world(300, 0.5, 1, 5));
    let (often, report) = trained(&world(300, 0.5, 10, 5));
    let difference = span(&once, "days_late_recent") - span(&often, "days_late_recent");
    assert!(difference.abs() <= 2, "{difference}");
    assert_eq!((report.n, report.clients), (3_000, 300));
}

#[test]
fn rows_whose_outcome_was_not_known_do_not_train_and_later_rows_judge() {
    let mut history = world(400, 0.5, 1, 6);
    let later = world(300, 0.5, 1, 7);
    for row in 0..300usize {
        let values: Vec<Option<f64>> =
            later.table.columns.iter().map(|c| Some(c[row]).filter(|v| !v.is_nan())).collect();
        let features = FeatureVector::new(Catalogue::get().hash(), &values).unwrap();
        for months in [6, 18] {
            let day = FIRST + months.months();
            let row = Row {
                day,
                matures_on: day + 12.months(),
                features: features.clone(),
                bad: later.table.bad[row],
                best: None,
            };
            history.push("later", &row).unwrap();
        }
    }
    let split = Split { judge_from: Some(FIRST + 13.months()), ..Split::default() };
    let Trained { report, .. } = train(&history, &expert(), &scale(), &Definition::Default, split, "own-1").unwrap();
    assert_eq!(report.n, 400, "the outcome of the row of June was not known in January");
    let judged = report.later.unwrap();
    assert_eq!((judged.n, judged.days.0), (300, FIRST + 18.months()));
    assert!(judged.auc > 0.7 && judged.auc_se > 0.0, "{judged:?}");
}

#[test]
fn the_pds_hold_and_the_grades_pass_where_there_is_evidence() {
    let Trained { model, report, golden, .. } = whole(&world(6_000, 0.5, 1, 8));
    assert!((report.calibration_slope - 1.0).abs() < 0.15, "{report:?}");
    let filled: Vec<_> = report.grades.iter().filter(|g| g.n > 0).collect();
    let green = filled.iter().filter(|g| g.light == "green").count();
    assert!(green + 1 >= filled.len() && filled.len() > 3, "{filled:?}");
    assert_eq!(report.grades.iter().map(|g| g.n).sum::<usize>(), report.n);
    let mut golden_rows = 0;
    for row in csv::Reader::from_reader(golden.as_slice()).records() {
        let row = row.unwrap();
        let value = |at: usize| row.get(at + 1).filter(|t| !t.is_empty()).map(|t| t.parse().unwrap());
        let raw: i32 = model.inputs.iter().enumerate().map(|(at, input)| input.points(value(at))).sum();
        assert_eq!(row[row.len() - 1], model.calibrated(model.base + raw).clamp(1, 1000).to_string(), "{}", &row[0]);
        golden_rows += 1;
    }
    assert_eq!(golden_rows, 3 + 2 * model.inputs.len());
}

#[test]
fn one_class_only_is_refused() {
    let mut history = world(50, 0.5, 1, 9);
    history.table.bad.fill(false);
    let one_class = train(&history, &expert(), &scale(), &Definition::Default, Split::default(), "m");
    assert!(one_class.unwrap_err().to_string().contains("good and bad"));
}
