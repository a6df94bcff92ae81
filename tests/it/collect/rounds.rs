//! Whole runs: what reaches the store, what a failure leaves behind, and what a second run adds.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, civil::date};
use tempfile::TempDir;
use url::Url;
use vedetta::{
    clock::Clock,
    collect::{
        Answer, Budget, Collector, Configured, Cursor, Inquiry, Leftover, Misread, Page, Request, Secrets, Source,
        SourceOptions, SourceReport, SourceSettings, Unasked, Watched,
    },
    domain::{
        ClientFacts, ClientId, Country, Currency, Fact, Identifier, Mention, PortfolioId, Prospect, Sha256, SourceId,
        Status, StatusChange, Subject,
    },
    store::{BatchRow, ClientRow, Store},
};

use super::web::{Web, api, fetcher_with, nothing, settings, start, status, text};

/// A register in plain text. A line is `own id|name|tax number|city`, a line with `?` is understood by nobody, and
/// `broken`, `busy` and `more` at the start of the body are what they say.
struct Register {
    id: SourceId,
    addresses: Vec<Url>,
}

impl Source for Register {
    fn id(&self) -> &SourceId {
        &self.id
    }

    /// Its lists, and a page for each company under its tax number.
    fn plan(&self, watched: &[Watched], _: &Cursor) -> Vec<Request> {
        let lists = self.addresses.iter().filter(|url| url.path() != "/by-number").cloned();
        let by_number = self.addresses.iter().filter(|url| url.path() == "/by-number");
        let pages = by_number.flat_map(|url| {
            let numbers = watched.iter().flat_map(|w| &w.who.identifiers);
            numbers.map(|number| url.join(&format!("/by-number/{number}")).expect("a path"))
        });
        lists.chain(pages).map(|url| Request::get(url, "list")).collect()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        let body = String::from_utf8_lossy(&answer.body);
        assert_ne!(body, "panic", "a reader with a fault");
        match body.as_ref() {
            "broken" => return Err(Misread::Quarantined("the table has no column Nome".to_owned())),
            "busy" => return Err(Misread::NotNow("come back later".to_owned())),
            "more" => {
                let next = vec![Request::get(answer.request.url.join("/second").expect("a path"), "list")];
                return Ok(Page { next, ..Page::default() });
            }
            _ => {}
        }
        let mut page = Page { cursor: Some(Cursor("\"read\"".to_owned())), ..Page::default() };
        for (n, line) in body.lines().enumerate() {
            match line.split('|').collect::<Vec<_>>()[..] {
                [own_id, name, tax, city] => page.mentions.push(mention(own_id, name, tax, city)),
                _ => page.leftovers.push(Leftover { path: format!("line {}", n + 1), value: line.to_owned() }),
            }
        }
        Ok(page)
    }
}

pub(super) fn mention(own_id: &str, name: &str, tax: &str, city: &str) -> Mention {
    let subject = Subject {
        name: name.to_owned(),
        country: Some(Country::IT),
        city: Some(city.to_owned()).filter(|city| !city.is_empty()),
        identifiers: Identifier::tax(Country::IT, tax).into_iter().collect(),
        ..Subject::default()
    };
    Mention {
        own_id: own_id.to_owned(),
        subject,
        fact: Fact::CompanyStatus(StatusChange::plain(Status::InsolventLiquidation)),
        valid_at: date(2026, 11, 3),
        published_at: None,
        is_official: true,
        url: None,
    }
}

/// A store with one client, a clock that stands still, and registers to be asked.
pub(super) struct World {
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) client: ClientId,
    portfolio: PortfolioId,
    _folder: TempDir,
}

impl World {
    pub(super) async fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let url = crate::stores::address(&folder.path().join("facts.db"));
        let store = Store::open(&url, &folder.path().join("archive")).await.expect("an empty store opens");
        let portfolio = store.facts().portfolio(&"prova".parse().expect("a name")).await.expect("a portfolio");
        let batch = BatchRow { name: "clients.csv".to_owned(), seen_at: start(), sha256: Sha256::of(b"clients") };
        let batch = store.facts().batch(&batch).await.expect("a batch");
        let who = Prospect {
            name: "Officine Brandoni S.r.l.".to_owned(),
            country: Some(Country::IT),
            city: Some("Lecco".to_owned()),
            identifiers: vec![Identifier::tax(Country::IT, "00743110157").expect("a valid number")],
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
        let row = ClientRow { code: "C-1".parse().expect("a code"), facts, known_at: start() };
        let written = store.facts().put_clients(portfolio, batch, &[row]).await.expect("a client");
        let clock = Clock::manual(start() + SignedDuration::from_hours(1));
        Self { store, clock, client: written[0].0, portfolio, _folder: folder }
    }

    /// A collector with a register for each web, asking these paths of it.
    fn collector(&self, registers: &[(&str, &Web, &[&str])]) -> Collector {
        let sources = registers.iter().map(|(id, web, paths)| {
            let id: SourceId = id.parse().expect("a source id");
            let register = Register { id: id.clone(), addresses: paths.iter().map(|path| web.url(path)).collect() };
            Configured { settings: source_settings(id, web), reader: Ok(Arc::new(register)) }
        });
        self.collector_of(sources.collect())
    }

    pub(super) fn collector_of(&self, sources: Vec<Configured>) -> Collector {
        let fetcher = fetcher_with(&settings(), Secrets::default(), self.clock.clone()).beside(self.store.archive());
        Collector::new(self.store.clone(), self.clock.clone(), settings(), sources, fetcher)
    }

    pub(super) fn client(&self) -> ClientId {
        self.client
    }

    async fn n_signals(&self) -> usize {
        self.store.facts().signals(self.client, None, 100).await.expect("signals").len()
    }
}

pub(super) fn source_settings(id: SourceId, web: &Web) -> SourceSettings {
    let options = SourceOptions {
        base_url: web.url("/"),
        feeds: Vec::new(),
        country: None,
        language: None,
        credential: None,
        options: toml::Table::new(),
    };
    SourceSettings {
        id,
        kind: "register".to_owned(),
        is_enabled: true,
        manners: api(),
        every: SignedDuration::from_hours(6),
        stale_after: SignedDuration::from_hours(24),
        keep: None,
        is_official: true,
        budget: Budget::default(),
        options,
    }
}

fn must_be_send<T: Send>(value: T) -> T {
    value
}

/// Collects by name; the future must be fit for a task of its own.
pub(super) async fn collect(collector: &Collector) -> Vec<SourceReport> {
    let all: Vec<_> = collector.sources().iter().map(|source| source.settings.id.clone()).collect();
    must_be_send(collector.collect(Some(&all), &|_| {})).await
}

const BRANDONI: &str = "r-1|OFFICINE BRANDONI SRL|00743110157|Lecco";

#[tokio::test]
async fn a_record_is_written_once_with_its_evidence_however_often_it_is_read() {
    let world = World::new().await;
    let web = Web::new(|_, n| text(if n == 0 { BRANDONI.to_owned() } else { format!("{BRANDONI}\n") })).await;
    let collector = world.collector(&[("register", &web, &["/list"])]);
    let progress = AtomicU64::new(0);
    let first = collector.collect(None, &|p| progress.store(p.done, Ordering::Relaxed)).await.remove(0);
    assert_eq!((first.requests, first.mentions, first.signals, first.failed), (1, 1, 1, 0), "{first:?}");
    assert_eq!(progress.load(Ordering::Relaxed), 1);
    let signal = world.store.facts().signals(world.client, None, 10).await.unwrap().remove(0);
    assert_eq!(signal.signal.evidence.sha256, Sha256::of(BRANDONI.as_bytes()));
    assert_eq!(world.store.archive().get(&signal.signal.evidence.sha256).unwrap().unwrap(), BRANDONI.as_bytes());
    assert!(collector.due().await.unwrap().is_empty(), "it was just asked");
    world.clock.advance(SignedDuration::from_hours(7));
    assert_eq!(collector.due().await.unwrap().len(), 1);
    let second = collect(&collector).await.remove(0);
    assert_eq!((second.mentions, second.signals, world.n_signals().await), (1, 0, 1), "other bytes, the same record");
    let third = collect(&collector).await.remove(0);
    assert_eq!((third.not_modified, third.mentions), (1, 0), "the same bytes");
}

#[tokio::test]
async fn a_weak_match_opens_a_review_and_links_nothing() {
    let world = World::new().await;
    let web = Web::new(|_, _| text("r-2|Officine Brandoni||\nr-3|Panificio Gervasoni|01654010345|Parma")).await;
    let collector = world.collector(&[("register", &web, &["/list"])]);
    let report = collect(&collector).await.remove(0);
    assert_eq!((report.mentions, report.signals, report.reviews, report.unmatched), (2, 0, 1, 1), "{report:?}");
    assert_eq!(world.n_signals().await, 0);
    assert_eq!(world.store.facts().reviews(&[world.portfolio], 0, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_nobody_understood_is_counted_and_shown() {
    let world = World::new().await;
    let web = Web::new(|_, _| text("?a\n?b\nr-1|OFFICINE BRANDONI SRL|00743110157|Lecco")).await;
    let report = collect(&world.collector(&[("register", &web, &["/list", "/again"])])).await.remove(0);
    assert_eq!((report.leftovers, report.signals), (4, 1));
    assert_eq!(report.samples, [("line 1".to_owned(), 2), ("line 2".to_owned(), 2)]);
}

#[tokio::test]
async fn one_bad_source_does_not_stop_the_others() {
    let world = World::new().await;
    let web = Web::new(|asked, _| match asked.uri.path() {
        "/broken" => text("broken"),
        "/panic" => text("panic"),
        "/dead" => status(500),
        "/refused" => status(403),
        "/good" => text(BRANDONI),
        _ => nothing(),
    })
    .await;
    let collector = world.collector(&[
        ("broken", &web, &["/broken"]),
        ("panics", &web, &["/panic"]),
        ("dead", &web, &["/dead"]),
        ("refused", &web, &["/refused", "/good"]),
        ("good", &web, &["/good"]),
    ]);
    let reports = collect(&collector).await;
    let sums: Vec<_> = reports.iter().map(|r| (r.id.as_str(), r.quarantined, r.failed, r.signals)).collect();
    let expected =
        [("broken", 1, 0, 0), ("panics", 1, 0, 0), ("dead", 0, 1, 0), ("refused", 0, 2, 0), ("good", 0, 0, 1)];
    assert_eq!(sums, expected);
    assert!(world.store.archive().contains(&Sha256::of(b"broken")), "what is set aside is kept");
    for (id, is_well) in [("broken", false), ("dead", false), ("refused", false), ("good", true)] {
        let state = world.store.sources().state(id).await.unwrap();
        assert_eq!(
            (state.last_ok_at.is_some(), state.is_stale, state.last_error.is_none()),
            (is_well, !is_well, is_well)
        );
    }
}

#[tokio::test]
async fn a_quarantined_page_is_quarantined_again_and_never_passes_for_unchanged() {
    let world = World::new().await;
    let web = Web::new(|_, _| text("broken")).await;
    let collector = world.collector(&[("register", &web, &["/list"])]);
    for _ in 0..2 {
        let report = collect(&collector).await.remove(0);
        assert_eq!((report.quarantined, report.not_modified), (1, 0));
    }
    assert_eq!(world.store.sources().state("register").await.unwrap().cursor, "", "the cursor stays before the gap");
}

#[tokio::test]
async fn a_source_that_says_not_now_is_asked_a_few_times_and_then_has_failed() {
    let world = World::new().await;
    let web = Web::new(|asked, n| match asked.uri.path() {
        "/soon" if n == 2 => text(BRANDONI),
        _ => text("busy"),
    })
    .await;
    let collector = world.collector(&[("soon", &web, &["/soon"]), ("never", &web, &["/never"])]);
    let reports = collect(&collector).await;
    assert_eq!((reports[0].signals, reports[0].failed, web.n("/soon")), (1, 0, 3));
    assert_eq!((reports[1].signals, reports[1].failed, web.n("/never")), (0, 1, 4));
    assert!(collector.fetcher().patience().jumped() >= Duration::from_secs(85));
}

#[tokio::test]
async fn following_pages_are_read_and_a_circle_is_walked_once() {
    let world = World::new().await;
    let web = Web::new(|asked, _| match asked.uri.path() {
        "/first" => text("more"),
        _ => text(BRANDONI),
    })
    .await;
    let collector = world.collector(&[("register", &web, &["/first"])]);
    let report = collect(&collector).await.remove(0);
    assert_eq!((report.requests, report.signals), (2, 1));
    let again = collect(&collector).await.remove(0);
    assert_eq!((again.requests, again.not_modified), (2, 1), "the first page always leads to the second");
    let circle = Web::new(|_, _| text("more")).await;
    let report = collect(&world.collector(&[("circle", &circle, &["/second"])])).await.remove(0);
    assert_eq!(report.requests, 1);
}

#[tokio::test]
async fn an_unchanged_page_is_read_again_when_a_new_client_may_be_in_it() {
    let world = World::new().await;
    let web = Web::new(|_, _| text("r-9|Panificio Gervasoni|01654010345|Parma")).await;
    let collector = world.collector(&[("register", &web, &["/list"])]);
    assert_eq!(collect(&collector).await[0].unmatched, 1);
    world.clock.advance(SignedDuration::from_hours(1));
    let batch = BatchRow { name: "more.csv".to_owned(), seen_at: world.clock.now(), sha256: Sha256::of(b"more") };
    let batch = world.store.facts().batch(&batch).await.unwrap();
    let old = world.store.facts().client_by_id(world.client).await.unwrap().unwrap().facts;
    let who = Prospect {
        name: "Panificio Gervasoni".to_owned(),
        country: Some(Country::IT),
        identifiers: vec![Identifier::tax(Country::IT, "01654010345").unwrap()],
        ..Prospect::default()
    };
    let facts = ClientFacts { who, ..old };
    let row = ClientRow { code: "C-2".parse().unwrap(), facts, known_at: world.clock.now() };
    world.store.facts().put_clients(world.portfolio, batch, &[row]).await.unwrap();
    let report = collect(&collector).await.remove(0);
    assert_eq!((report.not_modified, report.signals), (0, 1), "{report:?}");
}

#[tokio::test]
async fn a_prospect_is_asked_about_by_number_and_nothing_is_written_of_it() {
    let world = World::new().await;
    let web = Web::new(|asked, _| match asked.uri.path() {
        "/by-number/01654010345" => {
            text("r-9|PANIFICIO GERVASONI|01654010345|Parma\nr-1|OFFICINE BRANDONI SRL|00743110157|Lecco")
        }
        "/list" => text(BRANDONI),
        _ => status(500),
    })
    .await;
    let other = Web::new(|_, _| status(500)).await;
    let collector = world.collector(&[
        ("register", &web, &["/list", "/by-number"]),
        ("dead", &other, &["/by-number"]),
        ("lists", &web, &["/list"]),
    ]);
    let who = Prospect {
        name: "Panificio Gervasoni S.n.c.".to_owned(),
        country: Some(Country::IT),
        identifiers: vec![Identifier::tax(Country::IT, "01654010345").unwrap()],
        ..Prospect::default()
    };
    let inquiry = Inquiry { who, portfolio: world.portfolio, within: Duration::from_secs(20) };
    let heard = must_be_send(collector.ask_about(&inquiry)).await.unwrap();
    let sums: Vec<_> = heard
        .iter()
        .map(|h| (h.source.as_str(), h.signals.len(), h.n_answered, h.failures.len(), h.unasked.clone()))
        .collect();
    let expected =
        [("dead", 0, 0, 1, None), ("lists", 0, 0, 0, Some(Unasked::NothingToAskBy)), ("register", 1, 1, 0, None)];
    assert_eq!(sums, expected, "what was not answered is not clean");
    assert_eq!((web.n("/list"), world.n_signals().await), (0, 0));
}
