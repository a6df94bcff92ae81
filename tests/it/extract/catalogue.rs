//! The table of features: words, phrases, evidence.

use vedetta::{
    domain::{EvidenceRef, NewsEvent, ProtestState, ReasonLine, SectorContext, Status, say_line},
    extract::{Catalogue, View},
};

use super::{invoice, news, of_sector, protest, signal, status, today};

#[test]
fn a_feature_with_a_value_always_has_evidence() {
    let mut dossier = of_sector("25.62");
    dossier.ledger = vec![invoice(1, 80, 300, Some(60)), invoice(2, 50, 100, None), invoice(3, 500, 9, Some(500))];
    dossier.signals = vec![
        signal("infocamere", 20, protest(60, 5_000, ProtestState::Standing)),
        signal("gazette", 5, status(Status::Active)),
        signal("press", 5, news(NewsEvent::Strike, 2, false)),
    ];
    let markets = SectorContext::default();
    let view = View::new(&dossier, &markets, today());
    let features = view.features();
    for (place, feature) in Catalogue::get().features().iter().enumerate() {
        assert!(features.get(place).is_none() || !view.evidence(place).is_empty(), "{}", feature.words.name);
    }
    let protests = view.evidence(Catalogue::get().place("protest_count_12m").unwrap());
    assert_eq!(protests, vec![EvidenceRef::Signal(dossier.signals[0].id)]);
    assert_eq!(view.any_evidence().len(), 4, "files: the client's, and those of its lines");
}

#[test]
fn reasons_are_said_in_both_languages() {
    let glossary = Catalogue::get().glossary();
    let say = |feature: &str, value, italian| {
        let line = ReasonLine { feature: feature.into(), value, points: -31, evidence: vec![] };
        say_line(&glossary, &line, italian)
    };
    assert_eq!(say("protest_amount_12m", Some(18_000.0), false), "protested bills for 18 000 EUR in 12 months");
    assert_eq!(say("protest_amount_12m", Some(18_000.0), true), "protesti per 18.000\u{a0}€ in 12 mesi");
    assert_eq!(say("protest_amount_12m", None, true), "protesti per (non noto) in 12 mesi");
    assert_eq!(
        say("days_late_recent", Some(12.54), true),
        "12,5 giorni di ritardo in media, con più peso alle fatture recenti"
    );
    assert_eq!(say("overdue_share", Some(0.451), false), "45 % of the exposure is overdue");
    assert_eq!(say("restructuring_open", Some(1.0), true), "procedura di ristrutturazione aperta: sì");
    assert_eq!(say("rule:company_ceased", None, false), "rule: company ceased");
    let rules: toml::Table = include_str!("../../../config/rules.toml").parse().unwrap();
    for rule in ["hard", "invariant"].iter().flat_map(|kind| rules[*kind].as_array().unwrap()) {
        let name = rule["name"].as_str().unwrap();
        let in_italian = say(&format!("rule:{name}"), None, true);
        assert!(in_italian.starts_with("regola: ") && !in_italian.contains(&name.replace('_', " ")), "{in_italian}");
    }
    assert_eq!(say("rule:house_of_ours", None, true), "regola: house of ours");
    assert_eq!(say("gone_feature", Some(-0.001), false), "gone feature: 0");
}

#[test]
fn every_feature_has_a_name_a_unit_and_two_phrases() {
    let units = ["days", "EUR", "money", "share", "change", "count", "months", "yes/no", "index"];
    let table = Catalogue::get();
    assert!(table.features().len() >= 36);
    for (place, w) in table.features().iter().map(|f| f.words).enumerate() {
        assert_eq!(table.place(w.name), Some(place), "{} is unique", w.name);
        assert!(units.contains(&w.unit), "{}", w.name);
        assert!(w.phrase_en.contains("{}") && w.phrase_it.contains("{}") && w.meaning.ends_with('.'), "{}", w.name);
    }
}
