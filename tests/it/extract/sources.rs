//! Protests, states, news: what counts, once, and only while it stands.

use vedetta::{
    domain::{
        Certainty, Dossier, Fact, KnownSignal, NewsEvent, NewsItem, Procedure, ProtestState, SectorContext, Status,
        StatusChange,
    },
    extract::{Catalogue, View},
};

use super::{news, procedure, protest, signal, status, today, told, value, values};

#[test]
fn protests_are_missing_until_somebody_looked_and_zero_after() {
    assert_eq!(value(&told(vec![signal("press", 3, news(NewsEvent::Strike, 2, false))]), "protest_count_12m"), None);
    let clean = |ago| told(vec![signal("protests-html", ago, Fact::Clean { what: "protests".into() })]);
    assert_eq!(value(&clean(30), "protest_count_12m"), Some(0.0));
    assert_eq!(value(&clean(401), "protest_count_12m"), None, "an old answer speaks for its day");
}

#[test]
fn a_cancelled_protest_no_longer_counts() {
    let standing = signal("infocamere", 40, protest(60, 18_000, ProtestState::Standing));
    let cancelled = signal("infocamere", 2, protest(60, 18_000, ProtestState::Cancelled));
    let before = told(vec![standing.clone()]);
    assert_eq!(value(&before, "protest_amount_90d"), Some(18_000.0));
    assert_eq!(value(&before, "protest_inability_12m"), Some(1.0));
    let after = told(vec![standing, cancelled]);
    assert_eq!(values(&after), values(&Dossier::default()), "as if it had never been");
}

#[test]
fn the_same_protest_told_by_two_sources_counts_once() {
    let two = told(vec![
        signal("infocamere", 20, protest(60, 5_000, ProtestState::Standing)),
        signal("openapi-it", 10, protest(60, 5_000, ProtestState::Annotated)),
        signal("openapi-it", 10, protest(90, 700, ProtestState::Standing)),
    ]);
    assert_eq!(value(&two, "protest_count_12m"), Some(2.0));
    assert_eq!(value(&two, "protest_amount_12m"), Some(5_700.0));
}

#[test]
fn a_protest_is_forgotten_after_five_years_and_one_for_dispute_is_none() {
    let old = told(vec![signal("infocamere", 30, protest(5 * 365 + 2, 900, ProtestState::Standing))]);
    assert_eq!(value(&old, "protest_count_5y"), None);
    let mut paid_already = protest(30, 900, ProtestState::Standing);
    if let Fact::Protest(p) = &mut paid_already {
        p.reason_code = Some("CD2".into());
    }
    assert_eq!(value(&told(vec![signal("infocamere", 9, paid_already)]), "protest_count_12m"), Some(0.0));
}

#[test]
fn could_not_check_is_missing_and_not_clean() {
    let blind = told(vec![signal("companies-house", 1, status(Status::CouldNotCheck))]);
    assert_eq!(value(&blind, "insolvent_procedure_open"), None);
    let markets = SectorContext::default();
    assert!(!View::new(&blind, &markets, today()).is_known_enough());
    let seen = told(vec![
        signal("companies-house", 9, status(Status::Active)),
        signal("companies-house", 1, status(Status::CouldNotCheck)),
    ]);
    assert_eq!(value(&seen, "insolvent_procedure_open"), Some(0.0), "the earlier answer still stands");
}

#[test]
fn solvent_liquidation_is_not_insolvency() {
    let dossier = told(vec![signal("gazette", 5, status(Status::VoluntaryLiquidation))]);
    assert_eq!(value(&dossier, "insolvent_procedure_open"), Some(0.0));
    assert_eq!(value(&dossier, "voluntary_liquidation"), Some(1.0));
    let long = told(vec![
        signal("gazette", 500, status(Status::VoluntaryLiquidation)),
        signal("gleif", 5, status(Status::Active)),
    ]);
    assert_eq!(value(&long, "voluntary_liquidation"), Some(1.0), "it lasts until the gazette says otherwise");
}

#[test]
fn a_procedure_is_open_until_closed_or_revoked_whatever_else_is_active() {
    let opened = signal("bodacc", 300, procedure(Status::InsolventLiquidation, 300, None));
    let active = signal("bodacc", 2, status(Status::Active));
    let revoked = signal("bodacc", 1, procedure(Status::InsolventLiquidation, 300, Some(10)));
    assert_eq!(value(&told(vec![opened.clone(), active.clone()]), "insolvent_procedure_open"), Some(1.0));
    assert_eq!(value(&told(vec![opened, active, revoked]), "insolvent_procedure_open"), Some(0.0));
    let ancient = signal("bodacc", 3_700, procedure(Status::InsolventLiquidation, 3_700, None));
    assert_eq!(value(&told(vec![ancient]), "insolvent_procedure_open"), None);
}

#[test]
fn a_later_word_of_the_same_source_supersedes_a_plain_status() {
    let gone = signal("gleif", 90, status(Status::Ceased));
    let back = signal("gleif", 10, status(Status::Active));
    assert_eq!(value(&told(vec![gone.clone()]), "company_ceased"), Some(1.0));
    assert_eq!(value(&told(vec![gone, back]), "company_ceased"), Some(0.0));
}

#[test]
fn extraordinary_administration_is_insolvency_on_any_shelf() {
    let mut shelved = procedure(Status::Restructuring, 50, None);
    if let Fact::CompanyStatus(StatusChange { procedure: Some(p), .. }) = &mut shelved {
        p.words = "Amministrazione straordinaria delle grandi imprese".into();
    }
    let dossier = told(vec![signal("openapi-it", 50, shelved)]);
    assert_eq!(value(&dossier, "insolvent_procedure_open"), Some(1.0));
    assert_eq!(value(&dossier, "restructuring_open"), Some(0.0));
}

#[test]
fn the_same_event_in_ten_papers_is_one_and_a_denial_is_none() {
    let papers = (0..10).map(|n| signal(&format!("press-{n}"), 20 + n, news(NewsEvent::Layoffs, 3, false)));
    let dossier = told(papers.collect());
    assert_eq!(value(&dossier, "news_bad_events_90d"), Some(1.0));
    let denied = told(vec![signal("press", 2, news(NewsEvent::Default, 5, true))]);
    assert_eq!(value(&denied, "news_bad_events_90d"), Some(0.0));
    assert_eq!(value(&denied, "news_severity_90d"), Some(0.0));
}

#[test]
fn old_news_printed_again_is_old() {
    let again = told(vec![
        signal("press-a", 300, news(NewsEvent::Closure, 4, false)),
        signal("press-b", 3, news(NewsEvent::Closure, 4, false)),
    ]);
    assert_eq!(value(&again, "news_severity_90d"), Some(0.0));
}

/// An article with a title and an address of its own.
fn titled(title: &str, event: NewsEvent) -> Fact {
    let Fact::News(item) = news(event, 4, false) else { unreachable!("news is news") };
    Fact::News(NewsItem {
        title: title.to_owned(),
        url: format!("https://paper.example/{}", title.replace(' ', "-")),
        ..item
    })
}

#[test]
fn old_news_printed_again_in_nearly_the_same_words_is_old() {
    let first = "Vetrerie Salgari, chiude lo stabilimento di Empoli: 80 addetti a casa";
    let again = "Chiude lo stabilimento Vetrerie Salgari di Empoli, 80 addetti a casa";
    let of = |second: &str| {
        told(vec![
            signal("press-a", 300, titled(first, NewsEvent::Closure)),
            signal("press-b", 3, titled(second, NewsEvent::Closure)),
        ])
    };
    assert_eq!(value(&of(again), "news_severity_90d"), Some(0.0));
    let more = again.replace("80", "140");
    assert!(value(&of(&more), "news_severity_90d") > Some(3.0), "other figures are another story");
}

#[test]
fn a_later_denial_halves_the_report_and_a_report_after_it_stands() {
    let report = signal("press-a", 20, news(NewsEvent::Default, 4, false));
    let denial = signal("press-b", 18, news(NewsEvent::Default, 4, true));
    let confirmed = signal("press-c", 2, titled("Brandolese, aperta la procedura", NewsEvent::Default));
    let (alone, denied) = (told(vec![report.clone()]), told(vec![report.clone(), denial.clone()]));
    let severity = |dossier| value(dossier, "news_severity_90d").unwrap();
    assert!((severity(&denied) - severity(&alone) / 2.0).abs() < 1e-12);
    assert_eq!(value(&denied, "news_bad_events_90d"), Some(0.0));
    assert_eq!(value(&told(vec![report, denial, confirmed]), "news_bad_events_90d"), Some(1.0));
}

#[test]
fn a_weak_link_moves_nothing() {
    let mut weak = signal("infocamere", 20, protest(60, 5_000, ProtestState::Standing));
    weak.certainty = Certainty::new(0.94).unwrap();
    assert_eq!(values(&told(vec![weak])), values(&Dossier::default()));
}

#[test]
fn unofficial_sources_are_told_apart_and_counted_by_what_they_say() {
    let unofficial = |source: &str, fact| KnownSignal { is_official: false, ..signal(source, 5, fact) };
    let markets = SectorContext::default();
    let dossier = told(vec![
        signal("gazette", 5, status(Status::Active)),
        unofficial("salesman", status(Status::InsolventLiquidation)),
        unofficial("bureau", status(Status::Active)),
    ]);
    let (official, n) = View::new(&dossier, &markets, today()).official_features().unwrap();
    assert_eq!(n, 1, "a good word does not make a bad one more likely");
    let place = Catalogue::get().place("insolvent_procedure_open").unwrap();
    assert_eq!((official.get(place), value(&dossier, "insolvent_procedure_open")), (Some(0.0), Some(1.0)));
    let certain = told(vec![signal("gazette", 5, status(Status::Active))]);
    assert!(View::new(&certain, &markets, today()).official_features().is_none());
}

#[test]
fn a_dismissed_petition_clears_its_warning_and_leaves_a_liquidation_standing() {
    let coded = |status, revoked_ago: Option<i32>| {
        let procedure = Some(Procedure { code: "24xx".into(), words: "as published".into() });
        let revoked_on = revoked_ago.map(super::day);
        Fact::CompanyStatus(StatusChange { procedure, revoked_on, ..StatusChange::plain(status) })
    };
    let petition = signal("gazette", 60, coded(Status::ActiveWarning, None));
    assert_eq!(value(&told(vec![petition.clone()]), "status_warning"), Some(1.0));
    let liquidation = signal("gazette", 40, coded(Status::InsolventLiquidation, None));
    let dismissal = signal("gazette", 20, coded(Status::ActiveWarning, Some(20)));
    let after = told(vec![petition, liquidation, dismissal]);
    assert_eq!(value(&after, "status_warning"), Some(0.0));
    assert_eq!(value(&after, "insolvent_procedure_open"), Some(1.0));
}
