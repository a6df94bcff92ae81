//! Which question is asked when: order, budgets, money, and what a plan says of them.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;
use url::Url;
use vedetta::{
    clock::Clock,
    collect::{
        Collector, Order, Patience, Planned, Request, Room, Secrets, SourceReport, SourceSettings, Worths, order,
        read_sources,
    },
    domain::{
        ClientFacts, ClientId, Country, Currency, Grade, Identifier, Money, Probability, Prospect, Sha256, SourceId,
    },
    store::{Allowance, BatchRow, ClientRow, Found, Look, Looked, Stake, Store},
};

use super::web::{Web, settings, start, status, text, with};

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Valid partite IVA.
fn tax_number(n: usize) -> String {
    let base = format!("{:07}015", 1_000_000 + n);
    let digits: Vec<u32> = base.chars().filter_map(|c| c.to_digit(10)).collect();
    let twice = |d: u32| if d > 4 { 2 * d - 9 } else { 2 * d };
    let sum: u32 = digits.iter().enumerate().map(|(i, d)| if i % 2 == 1 { twice(*d) } else { *d }).sum();
    format!("{base}{}", (10 - sum % 10) % 10)
}

fn stake(n: i64, exposure: i64, grade: Grade, pd: f64) -> Stake {
    Stake {
        client: ClientId::new(n),
        known_since: start() - DAY * 400,
        exposure_minor: Some(exposure * 100),
        grade,
        pd: Probability::new(pd).ok(),
        credit_limit: None,
        yearly_value: None,
    }
}

fn about(n: i64) -> Request {
    let url = Url::parse(&format!("https://register.example/{n}")).unwrap();
    Request { whom: vec![ClientId::new(n)], ..Request::get(url, "profile") }
}

fn worths(stakes: &[Stake], seen: &[(ClientId, Timestamp)], looked: &[Looked]) -> Worths {
    Worths::new(stakes, &std::collections::HashMap::new(), seen, looked, start())
}

fn places(order: &Order) -> Vec<&str> {
    order.asked.iter().map(|weighed| weighed.request.url.path()).collect()
}

fn ordered(requests: Vec<Request>, worths: &Worths, most: u64) -> Order {
    let room = Room { requests: Some(most), paid: None, because: "the budget".to_owned() };
    order(requests, |_| false, worths, &room)
}

#[test]
fn more_at_stake_staler_and_shakier_comes_first_and_everybody_before_them() {
    let stakes = [
        stake(1, 1_000, Grade::A2, 0.002),
        stake(2, 50_000, Grade::A2, 0.002),
        stake(3, 1_000, Grade::C3, 0.3),
        stake(4, 1_000, Grade::A2, 0.002),
    ];
    let days_ago = |n: i64, days: i32| (ClientId::new(n), start() - DAY * days);
    let worths = worths(&stakes, &[days_ago(1, 5), days_ago(2, 5), days_ago(3, 5), days_ago(4, 9)], &[]);
    let everybody = Request::get(Url::parse("https://register.example/list").unwrap(), "list");
    let order = ordered(vec![about(1), about(3), about(4), about(2), everybody], &worths, 10);
    assert_eq!(places(&order), ["/list", "/2", "/3", "/4", "/1"]);
    assert!(order.asked[0].worth.is_none() && order.left_out.is_empty() && order.because.is_none());
    let worth = order.asked[1].worth.unwrap();
    assert!(worth.exposure == 50_000.0 && worth.p_changed > 0.0 && worth.p_changed < 1.0);
}

#[test]
fn what_changed_often_is_asked_more_often_and_what_never_did_less() {
    let stakes: Vec<_> = (1..=3).map(|n| stake(n, 1_000, Grade::B1, 0.01)).collect();
    let seen: Vec<_> = (1..=3).map(|n| (ClientId::new(n), start() - DAY * 7)).collect();
    let looked = |n: i64, n_changed: i64| Looked {
        client: ClientId::new(n),
        asked_at: start() - DAY * 7,
        n_compared: 50,
        n_changed,
        watched_days: 350.0,
    };
    let worths = worths(&stakes, &seen, &[looked(1, 0), looked(2, 40), looked(3, 5)]);
    let rate = |n: i64| worths.of(ClientId::new(n)).unwrap().changes_a_day;
    assert!(rate(2) > rate(3) && rate(3) > rate(1) && rate(1) > 0.0);
    assert!(rate(2) > 40.0 / 350.0, "of several changes between two looks one is seen; the estimate puts others back");
}

#[test]
fn with_a_small_budget_everybodys_turn_comes_also_beside_clients_that_are_never_answered() {
    let stakes: Vec<_> = (1..=60).map(|n| stake(n, if n <= 5 { 1_000_000 } else { n }, Grade::B1, 0.01)).collect();
    let mut seen: Vec<(ClientId, Timestamp)> = Vec::new();
    let mut looked: Vec<Looked> = Vec::new();
    let mut n_asked = [0u32; 61];
    for day in 0..4_000 {
        let now = start() + DAY * day;
        let worths = Worths::new(&stakes, &std::collections::HashMap::new(), &seen, &looked, now);
        for weighed in ordered((1..=60).map(about).collect(), &worths, 5).asked {
            let client = weighed.request.whom[0];
            n_asked[usize::try_from(client.get()).unwrap()] += 1;
            looked.retain(|known| known.client != client);
            looked.push(Looked { client, asked_at: now, n_compared: 0, n_changed: 0, watched_days: 0.0 });
            // The first five, who owe the most, never get an answer.
            if client.get() > 5 {
                seen.retain(|(known, _)| *known != client);
                seen.push((client, now));
            }
        }
    }
    assert!(n_asked[1..].iter().all(|n| *n > 1), "somebody was forgotten: {n_asked:?}");
    assert!(n_asked[60] > n_asked[6], "who owes more is asked more often: {n_asked:?}");
}

#[test]
fn questions_about_the_same_client_are_asked_together_or_not_at_all() {
    let stakes: Vec<_> = (1..=3).map(|n| stake(n, 1_000 * n, Grade::B1, 0.01)).collect();
    let twice = |n: i64| [about(n), Request { step: "insolvency", ..about(n) }];
    let requests: Vec<_> = (1..=3).flat_map(twice).collect();
    let order = ordered(requests.clone(), &worths(&stakes, &[], &[]), 5);
    assert_eq!(places(&order), ["/3", "/3", "/2", "/2"]);
    assert_eq!((order.left_out.len(), order.because.as_deref()), (2, Some("the budget")));
    let order = ordered(requests, &worths(&stakes, &[], &[]), 1);
    assert_eq!(places(&order), ["/3"], "a budget below what one client takes is used as far as it goes");
}

#[test]
fn a_hundred_thousand_clients_are_put_in_order() {
    let stakes: Vec<_> = (1..=100_000).map(|n| stake(n, n % 977 + 1, Grade::B1, 0.01)).collect();
    let worths = worths(&stakes, &[], &[]);
    let order = ordered((1..=100_000).map(about).collect(), &worths, 2_000);
    assert_eq!((order.asked.len(), order.left_out.len()), (2_000, 98_000));
    let values: Vec<_> = order.asked.iter().chain(&order.left_out).map(|q| q.worth.unwrap().value).collect();
    assert!(values.is_sorted_by(|a, b| a >= b));
}

/// A store with clients, and one described register that is asked about each by its number.
struct World {
    folder: TempDir,
    store: Store,
    clock: Clock,
    clients: Vec<ClientId>,
}

impl World {
    /// A client for each credit limit.
    async fn new(limits: &[i64]) -> Self {
        let folder = TempDir::new().unwrap();
        let store = open(&folder).await;
        let portfolio = store.facts().portfolio(&"prova".parse().unwrap()).await.unwrap();
        let batch = BatchRow { name: "c.csv".to_owned(), seen_at: start(), sha256: Sha256::of(b"c") };
        let batch = store.facts().batch(&batch).await.unwrap();
        let row = |(n, limit): (usize, &i64)| ClientRow {
            code: format!("C-{n}").parse().unwrap(),
            facts: ClientFacts {
                who: Prospect {
                    name: format!("Vetreria Numero {n}"),
                    country: Some(Country::IT),
                    identifiers: vec![Identifier::tax(Country::IT, &tax_number(n)).unwrap()],
                    ..Prospect::default()
                },
                since: None,
                active: None,
                credit_limit: Some(Money::from_minor(limit * 100, Currency::EUR)),
                yearly_value: None,
                currency: Currency::EUR,
                email: None,
                phone: None,
            },
            known_at: start(),
        };
        let rows: Vec<_> = limits.iter().enumerate().map(row).collect();
        let written = store.facts().put_clients(portfolio, batch, &rows).await.unwrap();
        let clients = written.into_iter().map(|(client, _)| client).collect();
        Self { folder, store, clock: Clock::manual(start()), clients }
    }

    /// The same data, opened by a process that starts anew.
    async fn restarted(self) -> Self {
        self.store.close().await;
        let store = open(&self.folder).await;
        Self { store, ..self }
    }

    fn collector(&self, web: &Web, keys: &str) -> Collector {
        let sources = register(web, keys);
        let store = self.store.clone();
        Collector::from_settings(
            store,
            self.clock.clone(),
            settings(),
            sources,
            Secrets::default(),
            Patience::jumping(),
        )
        .unwrap()
    }

    async fn run(&self, web: &Web, keys: &str) -> SourceReport {
        self.collector(web, keys).collect(Some(&[id()]), &|_| {}).await.remove(0)
    }

    async fn plan(&self, web: &Web, keys: &str) -> Planned {
        self.collector(web, keys).plan(Some(&[id()])).await.unwrap().remove(0)
    }

    async fn seen(&self) -> Vec<(ClientId, Timestamp)> {
        self.store.sources().seen("register").await.unwrap()
    }
}

async fn open(folder: &TempDir) -> Store {
    let url = crate::stores::address(&folder.path().join("facts.db"));
    Store::open(&url, &folder.path().join("archive")).await.unwrap()
}

fn id() -> SourceId {
    "register".parse().unwrap()
}

fn register(web: &Web, keys: &str) -> Vec<SourceSettings> {
    let base = web.url("/");
    let table = format!(
        "[register]\nkind = \"json\"\nbase_url = \"{base}\"\nevery = \"1d\"\nstale_after = \"9d\"\nrobots = false\n\
         min_interval = \"1ms\"\npace = {{ requests = 1000, per_seconds = 1 }}\n{keys}\n[register.options]\n\
         url = \"c/{{tax}}\"\nkind = \"company_status\"\nfields.status = \"s\"\nnext = \"next\"\n"
    );
    read_sources(&table, "sources.toml").unwrap()
}

fn active() -> axum::response::Response {
    text(r#"{"s": "active"}"#)
}

fn paths(web: &Web, numbers: &[usize]) -> bool {
    web.paths() == numbers.iter().map(|n| format!("/c/{}", tax_number(*n))).collect::<Vec<_>>()
}

#[tokio::test]
async fn the_largest_are_asked_first_and_the_rest_is_left_out_and_said() {
    let world = World::new(&[10, 5_000, 300, 40]).await;
    let web = Web::new(|_, _| active()).await;
    let budget = "budget = { requests = 2, per = \"1d\" }";
    let plan = world.plan(&web, budget).await;
    assert_eq!((plan.order.asked.len(), plan.order.left_out.len()), (2, 2));
    assert!(plan.order.because.as_deref().unwrap().contains("2 requests in 1d"), "{:?}", plan.order.because);
    let codes = world.clients.iter().enumerate().map(|(n, client)| (*client, format!("C-{n}"))).collect();
    let json = Value::Object(plan.order.to_json(&codes));
    assert_eq!((&json["asked"][0]["clients"][0], &json["left_out"][1]["clients"][0]), (&"C-1".into(), &"C-0".into()));
    assert!(json["asked"][0]["why"].as_str().unwrap().contains("never seen"));
    let report = world.run(&web, budget).await;
    assert_eq!((report.requests, report.left_out, report.failed), (2, 2, 0));
    assert!(report.is_whole() && report.limit.is_some(), "{report:?}");
    assert!(paths(&web, &[1, 2]), "{:?}", web.paths());
    let again = world.run(&web, budget).await;
    assert_eq!((again.requests, again.left_out), (0, 4), "the day's budget is spent");
    world.clock.advance(DAY * 2);
    world.run(&web, budget).await;
    assert!(paths(&web, &[1, 2, 3, 0]), "who was never seen is staler than who was seen: {:?}", web.paths());
}

#[tokio::test]
async fn who_was_looked_at_is_noted_when_the_answer_is_not_modified_too() {
    let world = World::new(&[10]).await;
    let web = Web::new(|asked, _| match asked.headers.contains_key("if-none-match") {
        true => status(304),
        false => with(active(), "etag", "\"v1\""),
    })
    .await;
    world.run(&web, "").await;
    assert_eq!(world.seen().await, [(world.clients[0], start())]);
    world.clock.advance(DAY);
    let report = world.run(&web, "").await;
    assert_eq!(report.not_modified, 1);
    assert_eq!(world.seen().await, [(world.clients[0], start() + DAY)]);
    let looked = world.store.sources().looked("register").await.unwrap();
    assert_eq!((looked[0].n_compared, looked[0].n_changed, looked[0].watched_days), (1, 0, 1.0));
}

#[tokio::test]
async fn who_got_no_answer_was_asked_and_not_looked_at() {
    let world = World::new(&[10, 20]).await;
    let web = Web::new(|asked, _| match asked.uri.path().ends_with(&tax_number(0)) {
        true => text("<html>maintenance</html>"),
        false => active(),
    })
    .await;
    let report = world.run(&web, "").await;
    assert_eq!((report.failed, report.signals), (1, 1));
    assert_eq!(world.seen().await.iter().map(|(client, _)| *client).collect::<Vec<_>>(), [world.clients[1]]);
    assert_eq!(world.store.sources().looked("register").await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_client_is_looked_at_when_the_last_of_its_pages_is_read() {
    let world = World::new(&[10, 20]).await;
    let web = Web::new(|asked, _| match asked.uri.query() {
        Some("page=2") if asked.uri.path().ends_with(&tax_number(0)) => status(404),
        Some("page=2") => active(),
        _ => text(r#"{"s": "active", "next": "?page=2"}"#),
    })
    .await;
    world.run(&web, "").await;
    assert_eq!(world.seen().await.iter().map(|(client, _)| *client).collect::<Vec<_>>(), [world.clients[1]]);
    assert!(paths(&web, &[1, 1, 0, 0]), "pages follow their question: {:?}", web.paths());
}

const PAID: &str = "budget = { per = \"30d\" }\nprice = \"0.45 EUR\"\nceiling = \"1.00 EUR\"";

#[tokio::test]
async fn what_was_spent_outlives_a_restart_and_never_exceeds_the_ceiling() {
    let mut world = World::new(&[10, 20, 30, 40, 50]).await;
    let web = Web::new(|_, n| text(format!("{{\"s\": \"active\", \"next\": \"?n={n}\"}}"))).await;
    let first = world.run(&web, PAID).await;
    assert_eq!((first.requests, first.failed), (2, 0), "a following page costs as much as the first: {first:?}");
    for _ in 0..3 {
        world = world.restarted().await;
        world.clock.advance(DAY * 9);
        assert_eq!(world.run(&web, PAID).await.requests, 0);
    }
    let plan = world.plan(&web, PAID).await;
    assert_eq!((plan.order.asked.len(), plan.order.left_out.len()), (0, 5));
    assert!(plan.order.because.as_deref().unwrap().contains("0.90 EUR spent"), "{:?}", plan.order.because);
    let tried = world.collector(&web, PAID).try_one(&id()).await.unwrap();
    assert!(tried.error.unwrap().contains("1.00 EUR"), "a try costs as much");
    assert_eq!(web.paths().len(), 2);
    world.clock.advance(DAY * 9);
    assert_eq!(world.run(&web, PAID).await.requests, 2, "the thirty days are over");
}

#[tokio::test]
async fn two_processes_that_spend_at_once_keep_to_one_ceiling() {
    let world = World::new(&[10]).await;
    let other = open(&world.folder).await;
    let allowance = Allowance { per: DAY, requests: Some(7), ceiling: None };
    let spend = |store: Store| async move {
        let mut n = 0;
        for _ in 0..7 {
            n += usize::from(store.sources().spend("register", &allowance, None, start()).await.unwrap());
        }
        n
    };
    let (one, two) = tokio::join!(spend(world.store.clone()), spend(other));
    assert_eq!(one + two, 7);
}

#[tokio::test]
async fn in_no_stretch_of_time_is_more_asked_than_allowed() {
    let world = World::new(&[10]).await;
    let allowance = Allowance { per: DAY, requests: Some(5), ceiling: None };
    let mut asked: Vec<Timestamp> = Vec::new();
    for step in 0..500 {
        let now = start() + SignedDuration::from_mins(17) * step;
        if world.store.sources().spend("register", &allowance, None, now).await.unwrap() {
            asked.push(now);
        }
    }
    for (n, at) in asked.iter().enumerate() {
        let within = asked[n..].iter().take_while(|later| later.duration_since(*at) < DAY).count();
        assert!(within <= 5, "{within} from {at}");
    }
    assert!(asked.len() >= 25, "the budget is used: {}", asked.len());
}

#[tokio::test]
async fn a_request_that_never_left_is_given_back() {
    let world = World::new(&[10, 20]).await;
    let refuses = Web::new(|asked, _| match asked.uri.path() {
        "/robots.txt" => text("User-agent: *\nDisallow: /"),
        _ => active(),
    })
    .await;
    let obedient = format!("{PAID}\nenabled = true");
    let sources = register(&refuses, &obedient).into_iter().map(|mut source| {
        source.manners.obeys_robots = true;
        source
    });
    let (store, clock) = (world.store.clone(), world.clock.clone());
    let collector =
        Collector::from_settings(store, clock, settings(), sources.collect(), Secrets::default(), Patience::jumping());
    let report = collector.unwrap().collect(Some(&[id()]), &|_| {}).await.remove(0);
    assert_eq!((report.requests, report.failed), (0, 2), "{report:?}");
    let ceiling = Some(Money::from_minor(100, Currency::EUR));
    let allowance = Allowance { per: DAY * 30, requests: None, ceiling };
    assert_eq!(world.store.sources().spent("register", &allowance, start()).await.unwrap().minor, 0);
}

#[tokio::test]
async fn a_source_whose_budget_let_nothing_be_asked_is_not_well() {
    let world = World::new(&[10]).await;
    let web = Web::new(|_, _| active()).await;
    world.run(&web, PAID).await;
    let before = world.store.sources().state("register").await.unwrap();
    world.run(&web, PAID).await;
    world.clock.advance(DAY * 10);
    world.run(&web, PAID).await;
    let after = world.store.sources().state("register").await.unwrap();
    assert!(before.last_ok_at.is_some() && !before.is_stale);
    assert!(after.is_stale, "nobody looked for ten days: {after:?}");
}

#[tokio::test]
async fn a_try_shows_what_was_asked_and_answered_without_secrets_and_stores_nothing() {
    let world = World::new(&[10]).await;
    let web = Web::new(|_, _| with(active(), "content-type", "application/json")).await;
    let keys = "credential = \"register\"";
    let mut sources = register(&web, keys);
    sources[0].options.options.insert("url".to_owned(), "c/{tax}?apikey=hush&x=1".into());
    let secrets = Secrets::new([("register".to_owned(), "sesame".into())]);
    let (store, clock) = (world.store.clone(), world.clock.clone());
    let collector = Collector::from_settings(store, clock, settings(), sources, secrets, Patience::jumping()).unwrap();
    let shown = collector.try_one(&id()).await.unwrap().to_json();
    assert_eq!(web.last_header("authorization").unwrap(), "Bearer sesame");
    let whole = shown.to_string();
    assert!(!whole.contains("sesame") && !whole.contains("hush"), "{whole}");
    assert!(shown["request"]["address"].as_str().unwrap().ends_with(&format!("/c/{}?apikey=***&x=1", tax_number(0))));
    assert_eq!(shown["request"]["headers"]["authorization"], "Bearer *** (secret register)");
    assert_eq!((&shown["answer"]["status"], &shown["answer"]["bytes"]), (&200.into(), &15.into()));
    assert_eq!(shown["answer"]["content_type"], "application/json");
    assert_eq!((&shown["error"], &shown["mentions"][0]["fields"]["status"]), (&Value::Null, &"active".into()));
    assert!(world.seen().await.is_empty());
    assert!(world.store.facts().signals(world.clients[0], None, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_at_stake_is_the_exposure_once_rated_and_the_limit_before() {
    let world = World::new(&[10, 20]).await;
    let stakes = world.store.ratings().exposures().await.unwrap();
    assert_eq!(stakes.len(), 2);
    assert_eq!(
        (stakes[0].exposure_minor, stakes[0].grade, stakes[0].known_since),
        (None, Grade::NotDetermined, start())
    );
    let worths = worths(&stakes, &[], &[]);
    assert_eq!(worths.of(world.clients[1]).unwrap().exposure, 20.0);
}

#[tokio::test]
async fn looks_are_counted_from_one_answer_to_the_next() {
    let world = World::new(&[10]).await;
    let look = |day: i32, found: Found| Look { clients: vec![world.clients[0]], at: start() + DAY * day, found };
    let looks = [
        look(0, Found::Answer),
        look(2, Found::Different),
        look(3, Found::Nothing),
        look(5, Found::Same),
        Look { clients: vec![ClientId::new(99)], at: start(), found: Found::Answer },
    ];
    world.store.sources().note_looks("register", &looks).await.unwrap();
    let looked = world.store.sources().looked("register").await.unwrap();
    assert_eq!(looked.len(), 1, "nobody we know");
    let Looked { n_compared, n_changed, watched_days, asked_at, .. } = looked[0];
    assert_eq!((n_compared, n_changed, watched_days, asked_at), (2, 1, 5.0, start() + DAY * 5));
}

#[test]
fn a_mistake_in_a_budget_is_named_by_its_key() {
    let table = |keys: &str| {
        format!(
            "[x]\nkind = \"press\"\nbase_url = \"https://example.com/\"\nevery = \"1h\"\nstale_after = \"1d\"\n{keys}"
        )
    };
    assert!(read_sources(&table(PAID), "my.toml").is_ok());
    for (keys, part) in [
        ("budget = { requests = 0, per = \"1d\" }", "budget"),
        ("budget = { per = \"1d\" }", "how many requests"),
        ("budget = { requests = 5 }", "per"),
        ("price = \"0.45 EUR\"", "ceiling"),
        ("ceiling = \"5 EUR\"", "price"),
        ("price = \"0.45 EUR\"\nceiling = \"5 EUR\"", "per = \"30d\""),
        ("budget = { per = \"1d\" }\nprice = \"1 EUR\"\nceiling = \"5 GBP\"", "currency"),
        ("budget = { per = \"1d\" }\nprice = \"1 EUR\"\nceiling = \"0.50 EUR\"", "ceiling"),
        ("budget = { per = \"1d\" }\nprice = \"free\"\nceiling = \"5 EUR\"", "0.45 EUR"),
        ("budget = { per = \"1d\" }\nprice = \"-1 EUR\"\nceiling = \"5 EUR\"", "above 0"),
    ] {
        let said = read_sources(&table(keys), "my.toml").unwrap_err().to_string();
        assert!(said.starts_with("my.toml: [x]") && said.contains(part), "{keys}: {said}");
    }
}
