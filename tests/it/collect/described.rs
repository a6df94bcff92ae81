//! Sources that are only described, from their question to the store: one invented register in each of the four forms.

use jiff::SignedDuration;
use tempfile::TempDir;
use vedetta::{
    clock::Clock,
    collect::{Collector, Patience, Secrets, read_sources},
    domain::{ClientFacts, Country, Currency, Fact, Identifier, Prospect, Sha256},
    store::{BatchRow, ClientRow, Store},
};

use super::web::{Web, nothing, settings, start, text};

const TAX: &str = "09876540155";

const DESCRIBED: &str = r#"
[bailiffs]
kind = "json"
base_url = "{web}/bailiffs/"
every = "1d"
stale_after = "4d"
country = "IT"
[bailiffs.options]
url = "seizures/{tax}"
items = "found"
kind = "prejudicial_act"
own_id = "nr"
fields.act = "what"
fields.amount = "eur"
expect = { empty = "clean:prejudicial_acts" }

[gazette-xml]
kind = "xml"
base_url = "{web}/gazette/"
every = "1d"
stale_after = "4d"
[gazette-xml.options]
url = "today.xml"
items = "gazette.notice"
kind = "company_status"
own_id = "@nr"
subject.tax = "debtor.@cf"
subject.name = "debtor"
subject.country = { is = "IT" }
fields.status = "what"
words.status = { insolvent_liquidation = ["LIQUIDAZIONE GIUDIZIALE"] }
expect = { present = ["gazette.@day"], empty = "nothing" }

[notice-board]
kind = "html"
base_url = "{web}/board/"
every = "1d"
stale_after = "4d"
[notice-board.options]
url = "protests?cf={tax}"
items = "li.protest"
kind = "protest"
own_id = "@id"
decimal = ","
fields.amount = "b"
fields.raised_on = "time@datetime"
ignore = ["time"]
expect = { empty = "clean:protests", empty_mark = "p.none" }

[vat-list]
kind = "csv"
base_url = "{web}/vat/"
every = "1d"
stale_after = "4d"
[vat-list.options]
url = "list.csv"
kind = "vat_check"
delimiter = "|"
subject.tax = "piva"
subject.country = { is = "IT" }
fields.answer = "esito"
words.answer = { invalid = ["CESSATA"], valid = ["ATTIVA"] }
"#;

async fn world() -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let url = crate::stores::address(&folder.path().join("facts.db"));
    let store = Store::open(&url, &folder.path().join("archive")).await.unwrap();
    let portfolio = store.facts().portfolio(&"prova".parse().unwrap()).await.unwrap();
    let batch = BatchRow { name: "c.csv".to_owned(), seen_at: start(), sha256: Sha256::of(b"c") };
    let batch = store.facts().batch(&batch).await.unwrap();
    let who = Prospect {
        name: "Fonderie Ghisalba S.r.l.".to_owned(),
        country: Some(Country::IT),
        identifiers: vec![Identifier::tax(Country::IT, TAX).unwrap()],
        ..Prospect::default()
    };
    let facts = ClientFacts {
        who,
        since: None,
        active: None,
        credit_limit: None,
        yearly_value: None,
        currency: Currency::EUR,
        email: None,
        phone: None,
    };
    let row = ClientRow { code: "C-1".parse().unwrap(), facts, known_at: start() };
    store.facts().put_clients(portfolio, batch, &[row]).await.unwrap();
    (folder, store)
}

#[tokio::test]
async fn the_four_forms_are_asked_read_and_matched_like_any_other_source() {
    let (_folder, store) = world().await;
    let web = Web::new(|asked, _| match asked.uri.path() {
        "/bailiffs/seizures/09876540155" => text(r#"{"found": [{"nr": 5, "what": "Pignoramento", "eur": 900}]}"#),
        "/gazette/today.xml" => text(
            r#"<gazette day="2026-11-20"><notice nr="9"><debtor cf="09876540155">Fonderie Ghisalba</debtor>
               <what>LIQUIDAZIONE GIUDIZIALE</what></notice></gazette>"#,
        ),
        "/board/protests" => text(
            r#"<ul><li class="protest" id="p1"><b>1.200,00 €</b><time datetime="2026-11-02">2 nov.</time></li></ul>"#,
        ),
        "/vat/list.csv" => text("piva|esito\n09876540155|CESSATA\n01654010345|ATTIVA\n"),
        _ => nothing(),
    })
    .await;
    let base = web.url("/").to_string();
    let sources = read_sources(&DESCRIBED.replace("{web}", base.trim_end_matches('/')), "sources.toml").unwrap();
    let clock = Clock::manual(start() + SignedDuration::from_hours(1));
    let collector =
        Collector::from_settings(store.clone(), clock, settings(), sources, Secrets::default(), Patience::jumping())
            .unwrap();
    let reports = collector.collect(None, &|_| {}).await;
    for report in &reports {
        let sums = (report.requests, report.failed, report.quarantined, report.leftovers, report.signals);
        assert_eq!(sums, (1, 0, 0, 0, 1), "{report:?}");
    }
    let client = store.ratings().exposures().await.unwrap()[0].client;
    let signals = store.facts().signals(client, None, 10).await.unwrap();
    let mut kinds: Vec<_> = signals.iter().map(|linked| linked.signal.fact.kind()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["company_status", "prejudicial_act", "protest", "vat_check"]);
    let protest = signals.iter().find_map(|linked| match &linked.signal.fact {
        Fact::Protest(protest) => Some(protest),
        _ => None,
    });
    assert_eq!(protest.unwrap().amount.unwrap().to_string(), "1200.00 EUR");
    for (source, n) in [("bailiffs", 1), ("gazette-xml", 0), ("notice-board", 1), ("vat-list", 0)] {
        assert_eq!(store.sources().seen(source).await.unwrap().len(), n, "{source}");
    }
}

#[tokio::test]
async fn a_register_that_became_another_page_is_quarantined_and_says_nothing() {
    let (_folder, store) = world().await;
    let web = Web::new(|asked, _| match asked.uri.path() {
        "/robots.txt" => nothing(),
        "/vat/list.csv" => text("Partita IVA|Stato\n09876540155|CESSATA\n"),
        "/gazette/today.xml" => text("<notice>manutenzione</notice>"),
        "/board/protests" => text("<h1>Non sei un robot?</h1>"),
        _ => text(r#"{"message": "moved"}"#),
    })
    .await;
    let base = web.url("/").to_string();
    let sources = read_sources(&DESCRIBED.replace("{web}", base.trim_end_matches('/')), "sources.toml").unwrap();
    let clock = Clock::manual(start() + SignedDuration::from_hours(1));
    let collector =
        Collector::from_settings(store.clone(), clock, settings(), sources, Secrets::default(), Patience::jumping())
            .unwrap();
    for report in collector.collect(None, &|_| {}).await {
        assert_eq!((report.quarantined, report.signals), (1, 0), "{report:?}");
        assert!(store.sources().seen(report.id.as_str()).await.unwrap().is_empty());
    }
}
