//! Every reader asks the made-up web, which then fails in one way for all of them. What a house does that sees is compared
//! with a house whose sources go on answering: nobody is better off because nobody looked.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::StatusCode,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp, civil::Date};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinSet};
use vedetta::{
    clock::Clock,
    collect::{Collector, Patience, Secrets, Settings, read_sources},
    domain::{AsOf, ClientId, EventBody, Grade},
    intake::{self, Content, Options},
    pipeline::{Expected, Rescorer, Upkeep},
    simulate::{Economy, Plan, Web},
    store::{Awaited, Figure, Run, Store},
};

use super::doses;
use crate::world;

const OPENING: &str = "2026-11-20";

/// The demo's sources, each of which may be silent for a day and an hour.
fn sources(web: &str) -> Vec<vedetta::collect::SourceSettings> {
    let text = vedetta::simulate::Web::sources(web);
    let text = text.lines().map(|line| match line.split(' ').next() {
        Some("stale_after") => "stale_after = \"25h\"",
        Some("every") if line != "every = \"30m\"" => "every = \"12h\"",
        _ => line,
    });
    let mut sources = read_sources(&text.collect::<Vec<_>>().join("\n"), "sources.toml").unwrap();
    // Nobody in this book is American: there is nothing that EDGAR could be asked, and so nothing to miss.
    sources.retain(|source| source.kind != "edgar");
    sources
}

/// How the web answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    Dead,
    Blank,
    Wall,
    /// Lists lose their second half.
    Truncated,
    /// Every name that a reader looks for is another.
    AnotherLayout,
}

const MOODS: [Mood; 6] = [Mood::Well, Mood::Dead, Mood::Blank, Mood::Wall, Mood::Truncated, Mood::AnotherLayout];

const CAPTCHA: &str = "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>\
    <script src=\"/cdn-cgi/challenge-platform/h/b/orchestrate\"></script>Nessun protesto trovato</body></html>";

async fn spoil(mood: Mood, request: Request, next: Next) -> Response {
    if mood == Mood::Well || request.uri().path().ends_with("robots.txt") {
        return next.run(request).await;
    }
    match mood {
        Mood::Well => next.run(request).await,
        Mood::Dead => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Mood::Blank => StatusCode::OK.into_response(),
        Mood::Wall => ([("content-type", "text/html")], CAPTCHA).into_response(),
        // The made-up office counts its callers, and would close its door on the way back.
        Mood::AnotherLayout if request.uri().path().starts_with("/istat") => {
            "FLUSSO,MESE,VALORE\nA,B,1\n".into_response()
        }
        Mood::Truncated | Mood::AnotherLayout => {
            // What is laid out anew has changed, whatever it says.
            let mut request = request;
            request.headers_mut().remove("if-none-match");
            request.headers_mut().remove("if-modified-since");
            let (mut parts, body) = next.run(request).await.into_parts();
            let bytes = to_bytes(body, 10 << 20).await.unwrap();
            parts.headers.remove("content-length");
            parts.headers.remove("etag");
            let text = String::from_utf8_lossy(&bytes);
            let spoilt = if mood == Mood::Truncated { truncated(&text) } else { renamed(&text) };
            Response::from_parts(parts, Body::from(spoilt))
        }
    }
}

fn truncated(text: &str) -> String {
    text.chars().take(text.chars().count() / 2).collect()
}

fn renamed(text: &str) -> String {
    match text.trim_start().chars().next() {
        Some('{' | '[') => format!("{{\"payload\":{text}}}"),
        Some('<') => text.replace("BasicCompanyData", "Companies").replace("</", "</x_").split_inclusive('<').fold(
            String::new(),
            |sofar, piece| {
                let is_name = sofar.ends_with('<') && piece.starts_with(|c: char| c.is_ascii_alphabetic());
                sofar + if is_name { "x_" } else { "" } + piece
            },
        ),
        _ => {
            let (header, rows) = text.split_once('\n').unwrap_or((text, ""));
            let header: String = header.split_inclusive([',', ';', '\t']).map(|name| format!("x_{name}")).collect();
            format!("{header}\n{rows}")
        }
    }
}

/// A house with every kind of source, and the web they ask.
struct House {
    store: Store,
    clock: Clock,
    rescorer: Rescorer,
    collector: Collector,
    mood: Arc<AtomicUsize>,
    n_sources: usize,
    _folder: TempDir,
    _server: JoinSet<()>,
}

impl House {
    async fn new() -> Self {
        let opening: Date = OPENING.parse().unwrap();
        let economy = Arc::new(Economy::new(&Plan::new(doses::G17_CLIENTS, 11, opening)));
        let mood: Arc<AtomicUsize> = Arc::default();
        let now = Arc::clone(&mood);
        let spoiled =
            from_fn(move |request: Request, next: Next| spoil(MOODS[now.load(Ordering::Relaxed)], request, next));
        let router: Router = Web::new(Arc::clone(&economy), opening).router().layer(spoiled);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });

        let folder = tempfile::tempdir().unwrap();
        let url = crate::stores::address(&folder.path().join("vedetta.db"));
        let store = Store::open(&url, &folder.path().join("archive")).await.unwrap();
        let clock = Clock::manual("2026-11-20T06:00:00Z".parse().unwrap());
        let settings = sources(&address);
        let expected = |s: &vedetta::collect::SourceSettings| Expected {
            awaited: Awaited { source: s.id.clone(), stale_after: s.stale_after },
            keep: None,
        };
        let upkeep = Upkeep { sources: settings.iter().map(expected).collect(), ..Upkeep::default() };
        let rescorer = Rescorer { upkeep: Arc::new(upkeep), ..world::rescorer(&store) };
        let secret = |name: &str| (name.to_owned(), "demo".to_owned().into());
        let secrets = Secrets::new(["companies-house", "infocamere", "openapi-it"].map(secret));
        let how = Settings { allow_private: true, ..Settings::default() };
        let n_sources = settings.len();
        let made = Collector::from_settings(store.clone(), clock.clone(), how, settings, secrets, Patience::jumping());
        let collector = made.unwrap();
        let house = Self { store, clock, rescorer, collector, mood, n_sources, _folder: folder, _server: server };
        house.import("clients.csv", Content::Clients, economy.clients_csv()).await;
        house.import("invoices.csv", Content::Invoices, economy.invoices_csv(opening)).await;
        house
    }

    async fn import(&self, name: &str, content: Content, csv: String) {
        let portfolio = "main".parse().unwrap();
        let options = Options {
            content,
            portfolio,
            map: None,
            backfill: true,
            create_clients: false,
            dry_run: false,
            terms_days: 30,
            creditor: None,
        };
        let imported = intake::import(&self.store, name, csv.as_bytes(), &options, self.clock.now(), &|_, _| {});
        assert_eq!(imported.await.unwrap().rejected, 0);
    }

    /// A day passes in this mood: every source is asked, and everybody is rated.
    async fn day(&self, mood: Mood) -> Run {
        self.mood.store(MOODS.iter().position(|m| *m == mood).unwrap(), Ordering::Relaxed);
        self.clock.advance(SignedDuration::from_hours(26));
        let all: Vec<_> = self.collector.sources().iter().map(|s| s.settings.id.clone()).collect();
        self.collector.collect(Some(&all), &|_| {}).await;
        let now = AsOf::at(self.clock.now());
        self.rescorer.night(now.valid_at, now.known_at, &|_, _| {}).await.unwrap()
    }

    async fn figures(&self) -> BTreeMap<ClientId, Figure> {
        let found = self.store.ratings().figures_of_page(0).await.unwrap();
        found.into_iter().collect()
    }

    /// How often each source was announced as stale and as recovered.
    async fn announced(&self) -> BTreeMap<String, (usize, usize)> {
        let mut told: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for event in self.store.outbox().after(0, 100_000, None).await.unwrap() {
            match event.body {
                EventBody::SourceStale { source, .. } => told.entry(source).or_default().0 += 1,
                EventBody::SourceRecovered { source } => told.entry(source).or_default().1 += 1,
                _ => {}
            }
        }
        told
    }

    /// What is known of every client, with when it was learned.
    async fn facts(&self) -> Vec<(ClientId, String, Timestamp)> {
        let mut facts = Vec::new();
        for client in self.figures().await.into_keys() {
            let signals = self.store.facts().signals(client, None, 1000).await.unwrap();
            facts.extend(signals.into_iter().map(|s| (client, s.signal.id.to_string(), s.signal.known_at)));
        }
        facts
    }
}

/// A house after its first day and `n` more days in a mood.
async fn house_after(mood: Mood, n: usize) -> House {
    let house = House::new().await;
    house.day(Mood::Well).await;
    for _ in 0..n {
        house.day(mood).await;
    }
    house
}

/// Clients that are better off than in a house that sees, with both grades.
async fn better_off(blind: &House, seeing: &House) -> Vec<(ClientId, Grade, Grade)> {
    let control = seeing.figures().await;
    let found = blind.figures().await;
    assert_eq!(found.len(), control.len());
    let compared = found.into_iter().map(|(client, figure)| (client, control[&client].grade, figure.grade));
    compared.filter(|(_, seen, blind)| seen.notches_to(*blind) > 0).collect()
}

fn coverage(figures: &BTreeMap<ClientId, Figure>) -> f64 {
    figures.values().map(|figure| f64::from(figure.coverage)).sum()
}

#[tokio::test]
async fn g17_a_web_that_is_dead_blank_walled_or_laid_out_anew_upgrades_nobody_and_is_announced_once() {
    let seeing = house_after(Mood::Well, 2).await;
    let known = coverage(&seeing.figures().await);
    assert!(seeing.announced().await.is_empty(), "{:?}", seeing.announced().await);
    for mood in [Mood::Dead, Mood::Blank, Mood::Wall, Mood::AnotherLayout] {
        let blind = house_after(Mood::Well, 0).await;
        let before = blind.facts().await;
        blind.day(mood).await;
        blind.day(mood).await;
        assert_eq!(better_off(&blind, &seeing).await, [], "{mood:?}");
        let fallen = coverage(&blind.figures().await);
        assert!(fallen < known * 0.9, "{mood:?}: coverage {fallen} of {known}");
        let after = blind.facts().await;
        assert!(before.iter().all(|fact| after.contains(fact)), "{mood:?}: the last good values keep their days");
        let told = blind.announced().await;
        assert_eq!(told.len(), blind.n_sources, "{mood:?}: {told:?}");
        assert!(told.values().all(|n| *n == (1, 0)), "{mood:?}: {told:?}");
        blind.day(Mood::Well).await;
        let told = blind.announced().await;
        assert!(told.values().all(|n| *n == (1, 1)), "{mood:?}: {told:?}");
    }
}

#[tokio::test]
async fn g17_lists_cut_in_half_upgrade_nobody() {
    let (seeing, blind) = (house_after(Mood::Well, 2).await, house_after(Mood::Truncated, 2).await);
    assert_eq!(better_off(&blind, &seeing).await, []);
    assert!(coverage(&blind.figures().await) < coverage(&seeing.figures().await));
}

#[tokio::test]
async fn g17_a_source_that_nobody_asks_is_announced_by_the_night_once() {
    let house = House::new().await;
    let now = AsOf::at(house.clock.now());
    house.rescorer.night(now.valid_at, now.known_at, &|_, _| {}).await.unwrap();
    assert!(house.announced().await.is_empty(), "awaited since today");
    for _ in 0..2 {
        house.clock.advance(SignedDuration::from_hours(26));
        let now = AsOf::at(house.clock.now());
        house.rescorer.night(now.valid_at, now.known_at, &|_, _| {}).await.unwrap();
    }
    let told = house.announced().await;
    assert_eq!((told.len(), told.values().all(|n| *n == (1, 0))), (house.n_sources, true), "{told:?}");
    let stale = house.store.sources().all().await.unwrap().into_iter().filter(|(_, state)| state.is_stale);
    assert_eq!(stale.count(), house.n_sources);
}
