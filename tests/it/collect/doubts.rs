//! Answers that are not believed: a list that lost most of itself, an empty answer, a wall.

use jiff::SignedDuration;
use vedetta::{
    clock::Clock,
    collect::{Collector, Configured, Secrets, SourceReport, read_sources},
    store::Store,
};

use super::web::{Web, fetcher_with, settings, start, text, with};

fn feed(n: usize) -> String {
    let item = |n: usize| {
        format!(
            "<item><title>Notizia numero {n}</title><link>https://giornale.example/{n}</link>\
             <guid>g-{n}</guid><pubDate>Fri, 20 Nov 2026 07:00:00 GMT</pubDate></item>"
        )
    };
    let items: String = (0..n).map(item).collect();
    format!("<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Economia</title>{items}</channel></rss>")
}

/// A paper that prints so many items each time it is asked; nothing is an empty answer, and `wall` a captcha.
async fn paper(editions: &'static [&'static str]) -> (Store, Clock, Collector, Web, tempfile::TempDir) {
    let web = Web::new(move |asked, n| match (asked.uri.path(), editions.get(n).copied().unwrap_or("20")) {
        ("/robots.txt", _) => super::web::nothing(),
        (_, "") => text(""),
        (_, "wall") => {
            let page = "<!doctype html><html><title>Just a moment...</title><p>Nessun protesto</p></html>";
            with(text(page), "content-type", "text/html")
        }
        (_, n) => with(text(feed(n.parse().unwrap())), "content-type", "application/rss+xml"),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let url = crate::stores::address(&folder.path().join("facts.db"));
    let store = Store::open(&url, &folder.path().join("archive")).await.unwrap();
    let clock = Clock::manual(start());
    let table = format!(
        "[press]\nkind = \"press\"\nlanguage = \"it\"\nfeeds = [\"{}\"]\nevery = \"1d\"\nstale_after = \"30h\"\n",
        web.url("/economia.xml")
    );
    let sources = read_sources(&table, "sources.toml").unwrap();
    let sources = sources.into_iter().map(|s| Configured::new(s, &Secrets::default()).unwrap()).collect();
    let fetcher = fetcher_with(&settings(), Secrets::default(), clock.clone());
    let collector = Collector::new(store.clone(), clock.clone(), settings(), sources, fetcher);
    (store, clock, collector, web, folder)
}

async fn next_day(clock: &Clock, collector: &Collector) -> SourceReport {
    clock.advance(SignedDuration::from_hours(25));
    collector.collect(None, &|_| {}).await.remove(0)
}

#[tokio::test]
async fn a_list_that_shrank_suspiciously_is_set_aside_and_the_next_good_one_is_read() {
    let (store, clock, collector, _web, _folder) = paper(&["20", "5", "", "wall", "19"]).await;
    assert_eq!(next_day(&clock, &collector).await.mentions, 20);
    for why in ["5 records, where there were 20", "", "Cloudflare"] {
        let report = next_day(&clock, &collector).await;
        assert_eq!((report.mentions, report.quarantined + report.failed), (0, 1), "{report:?}");
        let said = report.error.unwrap();
        assert!(said.contains(why), "{said}");
        let state = store.sources().state("press").await.unwrap();
        assert_eq!(state.last_error.as_deref(), Some(said.as_str()));
    }
    assert!(store.sources().state("press").await.unwrap().is_stale);
    let report = next_day(&clock, &collector).await;
    assert_eq!((report.mentions, report.quarantined), (19, 0), "{report:?}");
    assert!(!store.sources().state("press").await.unwrap().is_stale);
}

#[tokio::test]
async fn a_list_that_stays_short_is_believed_after_a_week_and_a_wall_never() {
    let short = ["20", "5", "5", "5", "5", "5", "5", "5", "5", "5", "wall"];
    let (_, clock, collector, _web, _folder) = paper(Box::leak(Box::new(short))).await;
    next_day(&clock, &collector).await;
    let mut n_doubted = 0;
    while next_day(&clock, &collector).await.quarantined > 0 {
        n_doubted += 1;
    }
    assert_eq!(n_doubted, 7);
    assert_eq!(next_day(&clock, &collector).await.not_modified, 1);
    assert!(next_day(&clock, &collector).await.error.unwrap().contains("Cloudflare"));
}
