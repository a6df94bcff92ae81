//! From a vector to a rating: points, caps, rules, memory.

use jiff::ToSpan;
use proptest::prelude::*;
use vedetta::{
    domain::{
        Dossier, Fact, FeatureVector, Grade, KnownSignal, NewsEvent, Override, ProtestState, Rating, SectorContext,
        Status,
    },
    extract::{Catalogue, View},
    score::{Engine, Error, Seen},
};

use crate::extract::{invoice, ledger, news, protest, signal, status, today};

const MODEL: &str = include_str!("../../models/baseline-1/model.json");
const CARD: &str = include_str!("../../models/baseline-1/card.md");
const GOLDEN: &str = include_str!("../../models/baseline-1/golden.csv");
const SCALE: &str = include_str!("../../config/scale.toml");
const RULES: &str = include_str!("../../config/rules.toml");

fn built(model: &str, scale: &str, rules: &str) -> Result<Engine, Error> {
    let table = Catalogue::get();
    Engine::new("baseline-1", model, scale, rules, &table.names(), table.hash())
}

fn engine() -> Engine {
    built(MODEL, SCALE, RULES).unwrap()
}

fn vector(known: &[(&str, f64)]) -> FeatureVector {
    let table = Catalogue::get();
    let mut values = vec![None; table.features().len()];
    for (name, value) in known {
        values[table.place(name).unwrap()] = Some(*value);
    }
    FeatureVector::new(table.hash(), &values).unwrap()
}

/// A ledger without blemish, and enough of it.
const REGULAR: &[(&str, f64)] = &[
    ("days_beyond_terms_90d", 1.0),
    ("days_beyond_terms_180d", 1.0),
    ("days_beyond_terms_365d", 1.0),
    ("days_late_recent", 1.0),
    ("oldest_overdue_days", 0.0),
    ("overdue_share", 0.0),
    ("invoices_365d", 20.0),
    ("months_with_us", 40.0),
];

fn with(more: &[(&str, f64)]) -> FeatureVector {
    vector(&[REGULAR, more].concat())
}

fn rate(all: &FeatureVector, last: Option<Grade>) -> Rating {
    engine().rate(Seen { all, official: None, is_known_enough: true }, last, None, today(), true).unwrap()
}

fn rate_dossier(dossier: &Dossier) -> Rating {
    let markets = SectorContext::default();
    let view = View::new(dossier, &markets, today());
    let (all, official) = (view.features(), view.official_features());
    let official = official.as_ref().map(|(vector, n)| (vector, *n));
    let seen = Seen { all: &all, official, is_known_enough: view.is_known_enough() };
    engine().rate(seen, None, None, today(), true).unwrap()
}

fn sum(rating: &Rating) -> i32 {
    rating.lines.iter().map(|l| l.points).sum()
}

fn has_line(rating: &Rating, feature: &str) -> bool {
    rating.lines.iter().any(|l| l.feature == feature)
}

#[test]
fn the_baseline_is_made_for_this_feature_table() {
    let hash = Catalogue::get().hash().to_string();
    let model = engine_error(&MODEL.replace(&hash, "0")).unwrap();
    assert!(model.contains("feature table"), "{model}");
    assert!(
        MODEL.contains(&hash),
        "the feature table changed: put \"catalogue\": \"{hash}\" into model.json after thinking"
    );
    assert!(CARD.contains(&hash), "card.md must name the feature table {hash}");
}

fn engine_error(model: &str) -> Option<String> {
    built(model, SCALE, RULES).err().map(|e| e.to_string())
}

#[test]
fn golden_vectors_give_their_points() {
    let mut reader = csv::Reader::from_reader(GOLDEN.as_bytes());
    let header = reader.headers().unwrap().clone();
    let artefact = engine().artefact().clone();
    let mut n = 0;
    for row in reader.records() {
        let row = row.unwrap();
        let raw: i32 = artefact.base
            + artefact
                .inputs
                .iter()
                .map(|input| {
                    let column = header.iter().position(|h| h == input.feature).unwrap();
                    input.points(row.get(column).filter(|t| !t.is_empty()).map(|t| t.parse().unwrap()))
                })
                .sum::<i32>();
        let expected: i32 = row.get(row.len() - 1).unwrap().parse().unwrap();
        assert_eq!(artefact.calibrated(raw).clamp(1, 1000), expected, "{}", &row[0]);
        n += 1;
    }
    assert!(n >= 12);
}

#[test]
fn a_ledger_alone_is_rated_and_the_bins_are_monotone() {
    let engine = engine();
    let rating = rate_dossier(&ledger((1..9).map(|n| invoice(n.into(), n * 30, 400, Some(n * 30 - 3))).collect()));
    assert!(rating.coverage >= 0.4 && Grade::PERFORMING.contains(&rating.grade), "{rating:?}");
    for input in engine.inputs() {
        let points: Vec<i32> = input.bins.iter().map(|b| b.points).collect();
        let monotone = points.is_sorted() || points.is_sorted_by(|a, b| a >= b);
        assert!(monotone, "{} must not go up and down", input.feature);
        assert!(input.missing <= *points.iter().max().unwrap(), "{}: absence never improves", input.feature);
    }
    let disputed = ledger(
        (1..9)
            .map(|n| invoice(n.into(), n * 30, 400, None))
            .map(|mut l| {
                l.disputed = true;
                l
            })
            .collect(),
    );
    assert_ne!(rate_dossier(&disputed).grade, Grade::NotDetermined, "a ledger in dispute is still a ledger");
}

#[test]
fn a_protest_costs_its_points_and_keeps_the_user_s_bound() {
    let clean = rate(&with(&[("protest_count_12m", 0.0), ("protest_amount_12m", 0.0)]), None);
    let protests = [("protest_count_12m", 1.0), ("protest_amount_12m", 18_000.0), ("protest_amount_90d", 18_000.0)];
    let protested = rate(&with(&protests), None);
    assert!(clean.grade < Grade::C1);
    assert!(protested.grade.is_at_or_below(Grade::C1));
    assert_eq!(Some(sum(&protested)), protested.points);
    assert_eq!(protested.pd, protested.points.map(|p| engine().scale().pd(p)));
    assert_eq!(protested.lines[0].feature, "base");
}

#[test]
fn an_open_insolvent_procedure_and_a_ceased_company_are_default_even_when_little_is_known() {
    for feature in ["insolvent_procedure_open", "company_ceased"] {
        let rating = rate(&vector(&[(feature, 1.0)]), Some(Grade::A1));
        assert_eq!((rating.grade, rating.points, rating.pd.unwrap().get()), (Grade::D, Some(0), 1.0));
        assert!(has_line(&rating, &format!("rule:{feature}")));
        assert_eq!(sum(&rating), 0);
    }
}

#[test]
fn solvent_liquidation_is_not_default() {
    let mut dossier = ledger((1..9).map(|n| invoice(n.into(), n * 30, 400, Some(n * 30))).collect());
    let before = rate_dossier(&dossier);
    dossier.signals.push(signal("gazette", 5, status(Status::VoluntaryLiquidation)));
    let after = rate_dossier(&dossier);
    assert_ne!(after.grade, Grade::D);
    assert!(after.points < before.points);
}

#[test]
fn a_single_unofficial_source_moves_at_most_one_notch_and_never_to_default() {
    let regular = ledger((1..9).map(|n| invoice(n.into(), n * 30, 400, Some(n * 30))).collect());
    let before = rate_dossier(&regular);
    let told = |sources: &[&str], fact: &Fact| {
        let unofficial = |s: &&str| KnownSignal { is_official: false, ..signal(s, 4, fact.clone()) };
        rate_dossier(&Dossier { signals: sources.iter().map(unofficial).collect(), ..regular.clone() })
    };
    for fact in [
        news(NewsEvent::Default, 5, false),
        status(Status::InsolventLiquidation),
        status(Status::Ceased),
        protest(10, 50_000, ProtestState::Standing),
    ] {
        let one = told(&["salesman"], &fact);
        assert_eq!(before.grade.notches_to(one.grade), -1, "{fact:?}");
        assert!(has_line(&one, "cap:single_unofficial_source"));
        assert_eq!(Some(sum(&one)), one.points);
        let two = told(&["salesman", "bureau"], &fact);
        assert!(two.points < one.points && two.grade != Grade::D, "{fact:?}");
    }
}

#[test]
fn a_grade_is_kept_until_the_pd_has_crossed_by_the_margin() {
    let engine = engine();
    let bound = engine.scale().upper_bound(Grade::B1).unwrap();
    // Look for a vector a hair beyond the bound: months_with_us moves by single points.
    let candidates = (0..200)
        .map(|n| with(&[("days_late_recent", f64::from(n) * 0.5), ("payment_timing_365d", f64::from(n) * 0.1)]));
    let near = candidates.into_iter().find(|v| {
        let pd = rate(v, None).pd.unwrap().get();
        pd > bound && pd < bound * 1.08
    });
    let near = near.expect("some vector lies just beyond the bound");
    let (fresh, kept) = (rate(&near, None), rate(&near, Some(Grade::B1)));
    assert_eq!((fresh.grade, kept.grade), (Grade::B2, Grade::B1));
    assert_eq!(fresh.pd, kept.pd, "the PD has no memory");
}

#[test]
fn too_little_is_not_determined_and_shows_nothing() {
    let rating = rate(&vector(&[("months_with_us", 40.0)]), Some(Grade::B1));
    assert_eq!((rating.grade, rating.pd, rating.points), (Grade::NotDetermined, None, None));
    assert!(rating.lines.is_empty() && rating.coverage < 0.25);
    let all = with(&[]);
    let unknown = Seen { all: &all, official: None, is_known_enough: false };
    assert_eq!(engine().rate(unknown, None, None, today(), true).unwrap().grade, Grade::NotDetermined);
}

#[test]
fn an_override_counts_until_it_expires_and_within_its_notches() {
    let all = with(&[]);
    let model = rate(&all, None);
    let decided = |grade, hours: i64| {
        let expires_at = today().known_at + hours.hours();
        let decision = Override { grade, reason: "met the owner".into(), author: "anna".into(), expires_at };
        let seen = Seen { all: &all, official: None, is_known_enough: true };
        engine().rate(seen, None, Some(&decision), today(), true).unwrap()
    };
    let worse = decided(Grade::B3, 1);
    assert_eq!(worse.grade, Grade::B3);
    assert!(has_line(&worse, "override") && Some(sum(&worse)) == worse.points);
    assert_eq!(decided(Grade::B3, 0), model, "expired");
    assert_eq!(model.grade.notches_to(decided(Grade::D, 1).grade), -3, "no further than the cap");
}

#[test]
fn lines_change_nothing_but_themselves() {
    let all = with(&[("protest_count_12m", 2.0)]);
    let seen = Seen { all: &all, official: None, is_known_enough: true };
    let bare = engine().rate(seen, None, None, today(), false).unwrap();
    assert_eq!(bare, Rating { lines: vec![], ..rate(&all, None) });
}

#[test]
fn artefacts_and_settings_that_are_wrong_are_refused_with_file_and_key() {
    let refused = |model: &str, scale: &str, rules: &str, words: &[&str]| {
        let error = built(model, scale, rules).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(words.iter().all(|w| error.contains(w)), "{error}");
    };
    refused(&MODEL.replace("\"kind\": \"catalogue\"", "\"kind\": \"table\""), SCALE, RULES, &["model.json", "kind"]);
    refused(&MODEL.replacen("days_late_recent", "days_on_the_moon", 1), SCALE, RULES, &["days_on_the_moon"]);
    refused(&MODEL.replacen("\"base\"", "\"bass\"", 1), SCALE, RULES, &["model.json", "bass"]);
    refused(MODEL, &SCALE.replace("A2 = 0.0025", "A2 = 0.0005"), RULES, &["scale.toml", "A2"]);
    refused(MODEL, &SCALE.replace("margin", "margn"), RULES, &["scale.toml", "margn"]);
    refused(
        MODEL,
        SCALE,
        &RULES.replace("above = 10000", "above = 10000\nat_least = 1"),
        &["rules.toml", "large_recent_protest"],
    );
    refused(MODEL, SCALE, &RULES.replace("\"C1\"", "\"Z9\""), &["rules.toml", "never_better_than", "Z9"]);
    let foreign =
        FeatureVector::new(vedetta::domain::CatalogueHash(vedetta::domain::Sha256::of(b"other")), &[]).unwrap();
    let seen = Seen { all: &foreign, official: None, is_known_enough: true };
    assert!(matches!(engine().rate(seen, None, None, today(), true), Err(Error::Foreign { .. })));
}

proptest! {
    #[test]
    fn more_delay_never_improves(
        lines in prop::collection::vec((-20..500i32, 1..5_000i64, prop::option::of(-30..200i32), any::<bool>()), 1..12),
        which in 0..12usize,
        more in prop::option::of(1..300i32),
    ) {
        let build = |delays: &[Option<i32>]| ledger(
            lines.iter().zip(delays).enumerate().map(|(n, ((due, euro, _, disputed), delay))| {
                // Paid so many days after due, as far as that is past.
                let paid_ago = delay.map(|d| (due - d).min(due + 29)).filter(|ago| *ago >= 0);
                let mut line = invoice(n.try_into().unwrap(), *due, *euro, paid_ago);
                line.disputed = *disputed;
                line
            }).collect(),
        );
        let before: Vec<Option<i32>> = lines.iter().map(|l| l.2).collect();
        let mut after = before.clone();
        let which = which % lines.len();
        // Later, or not at all.
        after[which] = after[which].and_then(|d| more.map(|m| d + m));
        let points = |dossier: &Dossier| {
            let markets = SectorContext::default();
            let features = View::new(dossier, &markets, today()).features();
            engine().rate(Seen { all: &features, official: None, is_known_enough: true }, None, None, today(), false)
                .unwrap().points
        };
        let (before, after) = (points(&build(&before)), points(&build(&after)));
        prop_assert!(before.is_none() || after.is_none() || after <= before, "{:?} to {:?}", before, after);
    }

    #[test]
    fn the_lines_add_up_to_the_points(
        values in prop::collection::vec(prop::option::of(-2.0..400.0f64), 100),
        last in prop::option::of(prop::sample::select(Grade::ALL)),
        decided in prop::option::of(prop::sample::select(Grade::ALL)),
        sources in 0..3usize,
    ) {
        let table = Catalogue::get();
        let n = table.features().len();
        let all = FeatureVector::new(table.hash(), &values[..n]).unwrap();
        let certain = FeatureVector::new(table.hash(), &[&values[..n / 2], &vec![None; n - n / 2]].concat()).unwrap();
        let expires_at = today().known_at + 1.hour();
        let decision = decided.map(|grade| Override { grade, reason: "r".into(), author: "a".into(), expires_at });
        let seen = Seen { all: &all, official: (sources > 0).then_some((&certain, sources)), is_known_enough: true };
        let rating = engine().rate(seen, last, decision.as_ref(), today(), true).unwrap();
        prop_assert_eq!(rating.points.unwrap_or(0), sum(&rating));
        prop_assert!(rating.lines.iter().all(|l| l.points != 0));
        match rating.grade {
            Grade::NotDetermined => prop_assert!(rating.pd.is_none()),
            Grade::D => prop_assert_eq!(rating.pd.map(|p| p.get()), Some(1.0)),
            _ => prop_assert_eq!(rating.pd, rating.points.map(|p| engine().scale().pd(p))),
        }
    }
}
