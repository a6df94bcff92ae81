//! Figures against oracles worked out by hand or by definition, and a scorecard that finds what was put into the data.

mod bad_input;
mod judged;
mod late_rows;
mod program;

use std::{collections::BTreeMap, fmt::Write as _};

use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vedetta::{
    score::{Artefact, BUILT_IN_SCALE, TableScorer, scale},
    train::{
        Algorithm, Calibration, Direction, Table, TrainOptions, TrainReport, card::card, metrics, read_folds,
        scorecard, train,
    },
};

use crate::promises::doses::dose;

#[test]
fn figures_are_those_of_the_textbook() {
    let (scores, bad) = ([0.1, 0.4, 0.35, 0.8], [false, false, true, true]);
    assert!((metrics::auc(&scores, &bad) - 0.75).abs() < 1e-12);
    assert!((metrics::gini(&scores, &bad) - 0.5).abs() < 1e-12);
    assert!((metrics::ks(&scores, &bad) - 0.5).abs() < 1e-12);
    assert!((metrics::auc(&[1.0; 4], &bad) - 0.5).abs() < 1e-12, "ties count half");
    assert!((metrics::brier(&[0.5, 1.0], &[true, true]) - 0.125).abs() < 1e-12);
    assert!((metrics::log_loss(&[0.5, 0.5], &[true, false]) - 2f64.ln()).abs() < 1e-12);
    assert!((metrics::spearman(&[1.0, 2.0, 3.0], &[10.0, 30.0, 20.0]) - 0.5).abs() < 1e-12);
}

proptest! {
    #[test]
    fn auc_is_the_share_of_pairs_in_order(rows in prop::collection::vec((0u8..6, any::<bool>()), 2..60)) {
        let scores: Vec<f64> = rows.iter().map(|r| f64::from(r.0)).collect();
        let bad: Vec<bool> = rows.iter().map(|r| r.1).collect();
        prop_assume!(bad.iter().any(|b| *b) && bad.iter().any(|b| !*b));
        let (mut won, mut pairs) = (0.0, 0.0);
        for i in (0..rows.len()).filter(|i| bad[*i]) {
            for j in (0..rows.len()).filter(|j| !bad[*j]) {
                pairs += 1.0;
                won += if scores[i] > scores[j] { 1.0 } else if scores[i] < scores[j] { 0.0 } else { 0.5 };
            }
        }
        prop_assert!((metrics::auc(&scores, &bad) - won / pairs).abs() < 1e-9);
    }
}

#[test]
fn an_interval_holds_the_figure_and_is_the_same_for_the_same_seed() {
    let values: Vec<f64> = (0..200).map(f64::from).collect();
    let mean = |rows: &[usize]| rows.iter().map(|r| values[*r]).sum::<f64>() / rows.len() as f64;
    let interval = metrics::bootstrap(200, 400, 7, mean);
    assert!(interval.low < interval.value && interval.value < interval.high);
    assert_eq!(interval, metrics::bootstrap(200, 400, 7, mean));
}

/// A table whose risk rises with `debt` and for missing `audit`; `noise` says nothing, `town` is no number.
fn made_up(n: usize) -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut csv = "id,debt,audit,noise,town,bad\n".to_owned();
    for i in 0..n {
        let (debt, noise): (f64, f64) = (rng.random(), rng.random());
        let unaudited = rng.random::<f64>() < 0.2;
        let log_odds: f64 = -4.0 + 4.0 * debt + if unaudited { 2.0 } else { 0.0 };
        let bad = rng.random::<f64>() < 1.0 / (1.0 + (-log_odds).exp());
        let audit = if unaudited { "NA".to_owned() } else { rng.random::<f64>().to_string() };
        writeln!(csv, "k{},{debt},{audit},{noise},Terni,{}", i / 2, u8::from(bad)).unwrap();
    }
    csv
}

fn table() -> Table {
    Table::read(made_up(4_000).as_bytes(), "bad", &[], Some("id")).unwrap()
}

fn scorer(model: Artefact) -> TableScorer {
    TableScorer::new(model, scale(BUILT_IN_SCALE).unwrap())
}

#[test]
fn the_card_of_a_model_that_ranks_no_better_than_chance_says_that_it_is_for_nothing() {
    let (model, report) = scorecard(&table(), "bad", &TrainOptions::default()).unwrap();
    let said = |report: &TrainReport| card(&model, report, None, &scale(BUILT_IN_SCALE).unwrap());
    assert!(said(&report).contains("For ranking and pricing"));
    let chance = said(&TrainReport { auc: 0.47, ..report });
    assert!(chance.contains("For nothing") && !chance.contains("For ranking and pricing"), "{chance}");
}

#[test]
fn a_scorecard_finds_what_was_put_in_and_says_what_it_left_out() {
    let monotone = BTreeMap::from([("debt".to_owned(), Direction::Up)]);
    let (model, report) = scorecard(&table(), "bad", &TrainOptions { monotone, ..TrainOptions::default() }).unwrap();
    assert!(report.auc > 0.78 && report.auc < 0.9, "{}", report.auc);
    assert!((report.calibration_slope - 1.0).abs() < 0.2, "{}", report.calibration_slope);
    let dropped: Vec<&str> = report.dropped.iter().map(|d| d.column.as_str()).collect();
    assert!(dropped.contains(&"town") && dropped.contains(&"noise"), "{dropped:?}");
    let debt = model.inputs.iter().find(|c| c.feature == "debt").unwrap();
    assert!(debt.bins.is_sorted_by(|a, b| a.points > b.points), "more debt never gives more points: {:?}", debt.bins);
    let (ridge, tried) = (report.ridge.unwrap(), &report.ridges);
    let best = tried.iter().min_by(|a, b| a.log_loss.total_cmp(&b.log_loss)).unwrap();
    assert!(tried.len() == 3 && best.ridge == ridge, "{ridge} {tried:?}");
    let said = card(&model, &report, None, &scale(BUILT_IN_SCALE).unwrap());
    assert!(said.contains(&format!("by {ridge}, chosen by cross-validation")), "{said}");
    let audit = model.inputs.iter().find(|c| c.feature == "audit").unwrap();
    assert!(audit.bins.iter().all(|b| b.points > audit.missing), "a missing value has points of its own");
    assert!(report.notes.iter().any(|n| n.column == "audit" && n.why.contains("missing cell itself tells much")));
}

/// Random vectors of each algorithm whose contributions are added up.
fn n_vectors() -> usize {
    dose(4_000, 100_000)
}

#[test]
fn contributions_of_both_algorithms_add_up_to_the_score() {
    let table = Table::read(made_up(1_000).as_bytes(), "bad", &[], Some("id")).unwrap();
    for algorithm in [Algorithm::Scorecard, Algorithm::Boosted] {
        let folds = Some(vec![(0..1_000).map(|row| row / 2 % 2).collect()]);
        let (model, _) = train(&table, "bad", algorithm, &TrainOptions { folds, ..TrainOptions::default() }).unwrap();
        let scorer = scorer(model);
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        for _ in 0..n_vectors() {
            let value =
                |r: &mut ChaCha8Rng| if r.random::<f64>() < 0.2 { f64::NAN } else { 3.0 * r.random::<f64>() - 1.0 };
            let row: Vec<f64> = scorer.names().iter().map(|_| value(&mut rng)).collect();
            let sum: f64 = scorer.contributions(&row).iter().map(|c| c.log_odds).sum();
            assert!((sum - scorer.log_odds(&row)).abs() < 1e-9, "{algorithm:?}: {sum} {}", scorer.log_odds(&row));
        }
    }
}

#[test]
fn a_model_comes_back_from_its_file_and_scores_the_same() {
    let (model, _) = scorecard(&table(), "bad", &TrainOptions::default()).unwrap();
    let text = serde_json::to_string(&model).unwrap();
    let back = Artefact::parse("model.json", &text).unwrap();
    let columns = [[0.1, 0.7, f64::NAN].as_slice(), &[0.3, f64::NAN, 0.9]];
    let columns = &columns[..model.inputs.len()];
    assert_eq!(scorer(back).score(columns), scorer(model).score(columns));
}

#[test]
fn training_twice_gives_the_same_model_and_groups_stay_together() {
    let table = table();
    let (first, report) = scorecard(&table, "bad", &TrainOptions::default()).unwrap();
    assert_eq!(first, scorecard(&table, "bad", &TrainOptions::default()).unwrap().0);
    let mut folds: Vec<(usize, usize)> = report.oof.iter().map(|(row, _, fold, _)| (*row, *fold)).collect();
    folds.sort_unstable();
    assert_eq!(folds.len(), 4_000);
    assert!(folds.chunks(2).all(|pair| pair[0].1 == pair[1].1), "rows of one group are never split");
}

#[test]
fn given_folds_are_honoured_and_wrong_ones_refused() {
    assert_eq!(read_folds(b"row,r0,r1\n0,1,0\n1,0,1\n", 2).unwrap(), [[1, 0], [0, 1]]);
    assert!(read_folds(b"row,r0\n0,1\n", 2).is_err());
    assert!(read_folds(b"row,r0\n7,1\n", 2).is_err());
    let twice = read_folds(b"row,r0\n0,1\n1,0\n0,0\n", 2).unwrap_err().to_string();
    assert!(twice.contains("row 0 stands twice"), "{twice}");
}

#[test]
fn folds_are_as_many_as_there_are_numbers_and_not_as_these_are_large() {
    let table = Table::read(made_up(600).as_bytes(), "bad", &["id"], None).unwrap();
    let folds = |far: usize| Some(vec![(0..600).map(|row| row % 2 * far).collect()]);
    let [near, far] = [1, 599].map(|far| {
        let options = TrainOptions { folds: folds(far), ..TrainOptions::default() };
        scorecard(&table, "bad", &options).unwrap()
    });
    assert_eq!((near.0, near.1.auc), (far.0, far.1.auc));
    assert!(far.1.oof.iter().all(|(row, _, fold, _)| *fold == row % 2 * 599));
}

#[test]
fn platts_scaling_undoes_over_confidence() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    let truth: Vec<f64> = (0..6_000).map(|_| 4.0 * rng.random::<f64>() - 3.0).collect();
    let bad: Vec<bool> = truth.iter().map(|t| rng.random::<f64>() < 1.0 / (1.0 + (-t).exp())).collect();
    let doubled: Vec<f64> = truth.iter().map(|t| 2.0 * t).collect();
    let calibration = Calibration::fit(&doubled, &bad).unwrap();
    assert!((calibration.slope - 0.5).abs() < 0.05 && calibration.intercept.abs() < 0.1, "{calibration:?}");
}
