//! A company under another of its names: what a register told by number helps to find the next record.

use std::sync::Arc;

use jiff::SignedDuration;
use url::Url;
use vedetta::{
    collect::{Answer, Collector, Configured, Cursor, Misread, Page, Request, Source, SourceReport, Watched},
    domain::{Fact, Identity, Mention, SourceId},
    store::{Entry, ReviewDecision},
};

use super::{
    rounds::{World, collect, mention, source_settings},
    web::{Web, text},
};

/// A register in plain text: `own id|other name|name|tax number|city`. A line without another name is a status.
struct Names {
    id: SourceId,
    address: Url,
}

impl Source for Names {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, _: &[Watched], _: &Cursor) -> Vec<Request> {
        vec![Request::get(self.address.clone(), "list")]
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        let body = String::from_utf8_lossy(&answer.body);
        let mentions = body.lines().filter_map(|line| match line.split('|').collect::<Vec<_>>()[..] {
            [own_id, "", name, tax, city] => Some(mention(own_id, name, tax, city)),
            [own_id, other, name, tax, city] => {
                let (what, text) = ("previous_name".to_owned(), other.to_owned());
                let fact = Fact::Identity(Identity { what, text, valid_from: None, valid_until: None });
                Some(Mention { fact, ..mention(own_id, name, tax, city) })
            }
            _ => None,
        });
        Ok(Page { mentions: mentions.collect(), ..Page::default() })
    }
}

fn register(world: &World, web: &Web) -> Collector {
    let id: SourceId = "register".parse().expect("a source id");
    let names = Names { id: id.clone(), address: web.url("/list") };
    world.collector_of(vec![Configured { settings: source_settings(id, web), reader: Ok(Arc::new(names)) }])
}

async fn collect_all(world: &World, pages: &'static [&'static str]) -> Vec<SourceReport> {
    let web = Web::new(move |_, n| text(pages[n.min(pages.len() - 1)].to_owned())).await;
    let collector = register(world, &web);
    let mut reports = Vec::new();
    for _ in pages {
        reports.push(collect(&collector).await.remove(0));
        world.clock.advance(SignedDuration::from_hours(24));
    }
    reports
}

#[tokio::test]
async fn a_record_under_a_former_name_finds_its_client_when_a_number_vouched_for_the_name() {
    let world = World::new().await;
    let reports = collect_all(
        &world,
        &[
            "s-1||TORNERIA QUAGLIARELLA SRL||Lecco",
            "i-1|Torneria Quagliarella S.r.l.|OFFICINE BRANDONI SRL|00743110157|Lecco",
            "s-1||TORNERIA QUAGLIARELLA SRL||Lecco",
        ],
    )
    .await;
    let linked: Vec<_> = reports.iter().map(|report| (report.signals, report.reviews, report.unmatched)).collect();
    assert_eq!(linked, [(0, 0, 1), (1, 0, 0), (1, 0, 0)]);
}

#[tokio::test]
async fn an_index_of_names_is_good_until_another_name_is_told_or_taken_back() {
    let world = World::new().await;
    let facts = world.store.facts();
    let edition = async || facts.names_edition().await.unwrap();
    let before = edition().await;
    collect_all(&world, &["s-1||OFFICINE BRANDONI SRL|00743110157|Lecco"]).await;
    assert_eq!(edition().await, before, "a status names nobody");
    collect_all(&world, &["i-1|Torneria Quagliarella S.r.l.|OFFICINE BRANDONI SRL|00743110157|Lecco"]).await;
    let told = edition().await;
    assert_ne!(told, before);
    let names = facts.signals(world.client(), None, 9).await.unwrap();
    let name = names.iter().find(|linked| matches!(linked.signal.fact, Fact::Identity(_))).unwrap();
    assert!(facts.withdraw(name.signal.id, "test", world.clock.now()).await.unwrap());
    assert_ne!(edition().await, told);
}

#[tokio::test]
async fn a_name_that_only_a_name_vouches_for_is_nobodys() {
    let world = World::new().await;
    let reports = collect_all(
        &world,
        &["i-1|Torneria Quagliarella S.r.l.|OFFICINE BRANDONI SRL||Lecco", "s-1||TORNERIA QUAGLIARELLA SRL||Lecco"],
    )
    .await;
    assert_eq!((reports[0].signals, reports[1].unmatched), (1, 1), "{reports:?}");
    assert!(world.store.facts().other_names().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_record_that_was_split_off_is_not_linked_again_until_it_is_given_back() {
    let world = World::new().await;
    let web = Web::new(|_, n| text(format!("s-1||OFFICINE BRANDONI SRL|00743110157|Lecco\nx-{n}||NESSUNO||"))).await;
    let collector = register(&world, &web);
    let facts = world.store.facts();
    let next = async || {
        let report = collect(&collector).await.remove(0);
        world.clock.advance(SignedDuration::from_hours(24));
        (report.signals, facts.signals(world.client(), None, 9).await.unwrap())
    };
    let (n_new, linked) = next().await;
    assert_eq!((n_new, linked.len()), (1, 1));
    let (ids, at) = ([linked[0].signal.id], world.clock.now());
    let portfolio = facts.client_by_id(world.client()).await.unwrap().unwrap().portfolio;
    let note = Entry { who: "anna", what: "client.split", object: "C-1", details: "{}" };
    let split = facts.split((&[world.client()], portfolio), &ids, None, &note, at).await.unwrap().unwrap();
    assert_eq!(next().await, (0, vec![]));
    let same = ReviewDecision::Same;
    assert!(facts.decide_review(split.reviews[0], &[portfolio], same, "anna", world.clock.now()).await.unwrap());
    let (_, linked) = next().await;
    assert!(linked.iter().any(|linked| linked.signal.id == ids[0]), "{linked:?}");
}
