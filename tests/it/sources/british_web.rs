//! The made-up web against the readers: what it tells in the formats of the United Kingdom and the United States is read to
//! the last member, and says the same through each door.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use axum::{
    body::{Body, to_bytes},
    http::Request as Asked,
};
use jiff::civil::{Date, date};
use tower::ServiceExt;
use vedetta::{
    collect::{Answer, Cursor, Page, Request},
    domain::{Fact, Mention, Status},
    simulate::{Economy, Plan, Web},
};

use super::{reader, recorded, statuses};

const START: Date = date(2026, 11, 20);

/// A web with enough British companies that some of them fail.
fn web() -> Web {
    static ECONOMY: LazyLock<Arc<Economy>> = LazyLock::new(|| Arc::new(Economy::new(&Plan::new(600, 4, START))));
    Web::new(Arc::clone(&ECONOMY), START)
}

/// The answer to a request, asked again when the web is busy, as the fetcher would.
async fn answer(web: &Web, below: &str, request: &Request) -> Answer {
    let path = request.url.path().replacen("/api", below, 1);
    let query = request.url.query().map(|query| format!("?{query}")).unwrap_or_default();
    for _ in 0..3 {
        let asked =
            Asked::get(format!("{path}{query}")).header("authorization", "Basic a2V5Og==").header("user-agent", "test");
        let response = web.router().oneshot(asked.body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        if matches!(status, 429 | 503) {
            continue;
        }
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        return Answer { request: request.clone(), status, ..recorded(&body) };
    }
    panic!("{path} stays busy");
}

/// Everything a source learns in a round.
async fn round(web: &Web, kind: &str, below: &str, cursor: &str) -> Vec<Page> {
    let source = reader(kind);
    let mut queue = source.plan(&[], &Cursor(cursor.to_owned()));
    let mut pages = Vec::new();
    while let Some(request) = queue.pop() {
        let page = source.read(&answer(web, below, &request).await).unwrap_or_else(|e| panic!("{}: {e}", request.url));
        queue.extend(page.next.clone());
        pages.push(page);
    }
    pages
}

fn number(mention: &Mention) -> String {
    mention.subject.identifiers.first().map_or_else(String::new, |i| i.text().to_owned())
}

/// The companies that are in a state, by their numbers.
fn in_state(pages: &[Page], wanted: Status) -> BTreeSet<String> {
    let mentions = pages.iter().flat_map(|page| &page.mentions);
    mentions.filter(|m| matches!(&m.fact, Fact::CompanyStatus(change) if change.status == wanted)).map(number).collect()
}

#[tokio::test]
async fn the_gazette_tells_of_every_failure_by_number_and_leaves_nothing_over() {
    let web = web();
    let pages = round(&web, "gazette", "/gazette", "2020-01-01").await;
    assert!(pages.iter().all(|page| page.leftovers.is_empty()), "{:?}", pages.iter().find(|p| !p.leftovers.is_empty()));
    let failed = in_state(&pages, Status::InsolventLiquidation);
    assert!(failed.len() > 3 && !failed.contains(""), "{failed:?}");
    let mut solvent = in_state(&pages, Status::VoluntaryLiquidation);
    solvent.retain(|number| !failed.contains(number));
    assert!(!solvent.is_empty());
    let newest = pages.iter().filter_map(|page| page.cursor.clone()).map(|cursor| cursor.0).max();
    assert!(newest.is_some_and(|day| day.as_str() <= "2026-11-20"));
}

#[tokio::test]
async fn the_stream_of_a_month_tells_what_the_gazette_tells_and_once() {
    let web = web();
    let since = u64::try_from(vedetta::domain::day_number(date(2026, 10, 25))).unwrap() * 10_000;
    let cursor = ["companies", "insolvency-cases", "filings"].map(|path| format!("{path}={since}")).join("&");
    let pages = round(&web, "companies-house-stream", "/companies-house-stream", &cursor).await;
    assert_eq!(pages.len(), 4);
    let odd: Vec<_> =
        pages.iter().flat_map(|p| &p.leftovers).filter(|l| !l.path.ends_with("company_status_detail")).collect();
    assert!(odd.is_empty(), "{odd:?}");
    let mut ids: BTreeMap<(String, String), usize> = BTreeMap::new();
    for mention in pages.iter().flat_map(|page| &page.mentions) {
        *ids.entry((mention.own_id.clone(), format!("{:?}", mention.fact))).or_default() += 1;
    }
    assert!(ids.len() > 5);
    let gazette = in_state(&round(&web, "gazette", "/gazette", "2026-10-25").await, Status::InsolventLiquidation);
    let told = in_state(&pages, Status::InsolventLiquidation);
    assert!(gazette.is_subset(&told), "{gazette:?} against {told:?}");
}

#[tokio::test]
async fn a_timepoint_of_last_year_is_too_old_and_the_gap_is_said() {
    let since = u64::try_from(vedetta::domain::day_number(date(2025, 10, 1))).unwrap() * 10_000;
    let cursor = format!("insolvency-cases={since}");
    let pages = round(&web(), "companies-house-stream", "/companies-house-stream", &cursor).await;
    let gaps: Vec<&str> = pages.iter().flat_map(|p| &p.leftovers).map(|l| l.path.as_str()).collect();
    assert!(gaps.contains(&"insolvency-cases.timepoint"), "{gaps:?}");
    assert_eq!(pages.len(), 5, "and it goes on with the stream from now");
}

#[tokio::test]
async fn the_bulk_file_holds_the_living_and_leaves_nothing_over() {
    let pages = round(&web(), "companies-house-bulk", "/companies-house-bulk", "2026-10-01").await;
    assert!(pages.iter().all(|page| page.leftovers.is_empty()), "{:?}", pages[1].leftovers.first());
    let rows: BTreeSet<String> = pages[1].mentions.iter().map(number).collect();
    assert!(rows.len() > 80, "{}", rows.len());
    assert!(in_state(&pages, Status::Ceased).is_empty());
    assert_eq!(pages[1].cursor, Some(Cursor("2026-11-01".to_owned())));
}

#[tokio::test]
async fn every_list_of_a_british_company_is_read_to_the_last_member() {
    let web = web();
    let rows = round(&web, "companies-house-bulk", "/companies-house-bulk", "").await;
    let numbers: BTreeSet<String> = rows.iter().flat_map(|page| &page.mentions).map(number).collect();
    let mut n_lists = 0;
    for number in numbers.iter().take(40) {
        let watched = vedetta::collect::Watched {
            client: vedetta::domain::ClientId::new(1),
            who: vedetta::domain::Prospect {
                identifiers: super::british(number).identifiers,
                ..vedetta::domain::Prospect::default()
            },
        };
        let source = reader("companies-house");
        let mut queue = source.plan(&[watched], &Cursor::default());
        while let Some(request) = queue.pop() {
            let page = source.read(&answer(&web, "/companies-house", &request).await).unwrap();
            let odd = page.leftovers.iter().find(|l| !l.path.ends_with("company_status_detail"));
            assert_eq!(odd, None, "{}", request.url);
            n_lists += usize::from(request.url.path().matches('/').count() > 3);
            queue.extend(page.next);
        }
    }
    assert!(n_lists >= 120, "{n_lists}");
}

#[tokio::test]
async fn filers_answer_by_key_and_nobody_else_does() {
    let web = web();
    let source = reader("edgar");
    let ask = async |key: &str| {
        let identifiers = vec![vedetta::domain::Identifier::registry(vedetta::domain::Country::US, key).unwrap()];
        let who = vedetta::domain::Prospect { identifiers, ..vedetta::domain::Prospect::default() };
        let watched = vedetta::collect::Watched { client: vedetta::domain::ClientId::new(1), who };
        let request = source.plan(&[watched], &Cursor::default()).remove(0);
        source.read(&answer(&web, "/edgar", &request).await).unwrap()
    };
    let failed = ask("1990002").await;
    assert_eq!(failed.leftovers, []);
    assert_eq!(statuses(&failed).iter().filter(|c| c.status == Status::InsolventLiquidation).count(), 2);
    assert_eq!(statuses(&ask("1990001").await).len(), 0);
    assert_eq!(statuses(&ask("1990009").await)[0].status, Status::Unknown);
}
