use vedetta::{
    domain::{Certainty, Evidence, Fact, Rank, Sha256, Signal, SignalId, SourceId},
    store::Review,
};

use super::Browser;
use crate::world::World;

/// A record that may be about the client and waits, with the explanation that a matcher keeps.
async fn waiting(world: &World, own_id: &str, what: &str) {
    let facts = world.desk.store.facts();
    let portfolios = facts.portfolios().await.unwrap();
    let portfolio = portfolios.iter().find(|(_, name)| name.as_str() == "alpha").unwrap().0;
    let client = facts.client(portfolio, &"C-1".parse().unwrap()).await.unwrap().unwrap().id;
    let (source, known_at): (SourceId, _) = ("press".parse().unwrap(), world.clock.now());
    let signal = Signal {
        id: SignalId::of(&source, own_id, ""),
        source,
        valid_at: jiff::civil::date(2026, 11, 3),
        known_at,
        is_official: false,
        fact: Fact::Clean { what: what.into() },
        url: None,
        evidence: Evidence { url: "https://press.example".into(), seen_at: known_at, sha256: Sha256::of(b"read") },
    };
    let because =
        "prior: \"\" against \"one of 100000\" (-16.61 bits)\nname: \"fabbri\" against \"Fabbri Srl\" (+5.00 bits)";
    let review = Review {
        id: 0,
        client,
        portfolio,
        certainty: Certainty::new(0.8).unwrap(),
        because: because.into(),
        signal,
        own_id: own_id.into(),
        subject_name: "Fabbri".into(),
        fingerprint: None,
        decision: None,
    };
    facts.put_review(&review, known_at).await.unwrap();
}

#[tokio::test]
async fn a_story_that_is_told_twice_waits_once_and_is_decided_once() {
    let world = World::new().await;
    world.client("alpha", "C-1", "Fabbri Torneria Srl", 2).await;
    for (own_id, what) in [("one", "insolvency"), ("two", "insolvency"), ("three", "protests")] {
        waiting(&world, own_id, what).await;
    }
    let browser = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    let page = browser.read("/review").await;
    assert_eq!(page.matches("class=\"pair\"").count(), 2, "{page}");
    assert!(page.contains("detto 2×"), "{page}");
    let (_, form) = page.split_once("action=\"/review/").unwrap();
    let (id, form) = form.split_once('"').unwrap();
    let (_, also) = form.split_once("name=\"also\" value=\"").unwrap();
    let (also, _) = also.split_once('"').unwrap();
    let decided = browser.send(&format!("/review/{id}"), &[("decision", "not_same"), ("also", also)]).await;
    assert_eq!(decided.status(), 303);
    let left = browser.read("/review").await;
    assert_eq!(left.matches("class=\"pair\"").count(), 1);
    assert!(left.contains("protests") && !left.contains("insolvency"), "{left}");
}

#[tokio::test]
async fn a_clue_is_told_in_the_reader_s_words_and_not_in_bits() {
    let world = World::new().await;
    world.client("alpha", "C-1", "Fabbri Torneria Srl", 2).await;
    waiting(&world, "one", "insolvency").await;
    let page = Browser::of_rank(&world, Rank::Analyst, &[]).await.read("/review").await;
    assert!(page.contains("32 volte più probabile") && page.contains("uno di 100.000 possibili"), "{page}");
    assert!(!page.contains(" bits"), "{page}");
}
