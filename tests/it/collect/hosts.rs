//! What hosts are owed by all workers and restarts together: budgets, rests, hours, and what their owners reserve.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use vedetta::{
    clock::Clock,
    collect::{
        Configured, Fetcher, Hours, Manners, Patience, Secrets,
        fetch::{Failure, Fetched},
        read_sources,
    },
    store::{Grant, HostPace, Store, Validator},
};

use super::{
    rounds::World,
    web::{Web, api, fetcher, fetcher_with, page, polite, settings, start, status, text, with},
};

async fn ask(fetcher: &Fetcher, web: &Web, path: &str, manners: &Manners) -> Result<Fetched, Failure> {
    fetcher.fetch(&page(web.url(path)), manners, &Validator::default()).await
}

/// A process of its own on a shared store, as far as anybody outside can tell.
fn process(store: &Store, clock: &Clock, patience: &Patience) -> Fetcher {
    let made = Fetcher::new(&settings(), Secrets::default(), clock.clone(), patience.clone());
    made.expect("the system has what a client needs").sharing(store)
}

/// Five a minute, as the strictest register allows.
fn strict() -> Manners {
    Manners { requests: 5, per: Duration::from_secs(60), ..api() }
}

/// The most starts that lie in any window of this length.
fn most_within(mut starts: Vec<Timestamp>, window: SignedDuration) -> usize {
    starts.sort_unstable();
    let within =
        |(n, first): (usize, &Timestamp)| starts[n..].iter().filter(|s| s.duration_since(*first) < window).count();
    starts.iter().enumerate().map(within).max().unwrap_or_default()
}

#[tokio::test]
async fn no_window_ever_holds_more_starts_than_a_host_allows_whoever_takes_them() {
    let world = World::new().await;
    for (requests, interval, wanted) in [(5, 0, 1), (5, 2, 1), (40, 0, 7)] {
        let host = format!("host-{requests}-{interval}");
        let per = Duration::from_secs(60);
        let allowance = HostPace { requests, per, interval: Duration::from_secs(interval), wanted };
        let now = Mutex::new(start());
        let taken = Mutex::new(Vec::new());
        let worker = async || {
            for _ in 0..12 {
                // A process that was just started remembers nothing.
                let grant = world.store.hosts().take(&host, allowance, || *now.lock().unwrap()).await.unwrap();
                match grant {
                    Grant::Now(n, at) => taken.lock().unwrap().extend((0..n).map(|_| at)),
                    Grant::NotBefore(later) => {
                        let mut now = now.lock().unwrap();
                        assert!(later > start());
                        *now = later.max(*now);
                    }
                }
            }
        };
        join_all((0..8).map(|_| worker())).await;
        let taken = taken.into_inner().unwrap();
        let most = most_within(taken.clone(), SignedDuration::from_secs(60));
        assert!(most <= requests as usize && taken.len() > requests as usize, "{most} of {}", taken.len());
        if interval > 0 {
            assert_eq!(most_within(taken, SignedDuration::from_secs(2)), 1, "the pause between two");
        }
    }
}

#[tokio::test]
async fn the_sixth_request_in_a_minute_is_never_sent_by_eight_workers_nor_after_three_restarts() {
    let world = World::new().await;
    let (clock, patience) = (Clock::manual(start()), Patience::jumping());
    let web = Web::new(|_, _| text("fine")).await;
    for _ in 0..3 {
        let workers: Vec<_> = (0..8).map(|_| process(&world.store, &clock, &patience)).collect();
        let manners = strict();
        for answer in join_all(workers.iter().map(|worker| ask(worker, &web, "/data", &manners))).await {
            assert!(answer.is_ok(), "{answer:?}");
        }
    }
    assert_eq!(web.n("/data"), 24);
    // 24 starts at five a minute need four whole windows; a budget of each worker's own would need none.
    assert!(patience.jumped() >= Duration::from_secs(4 * 60), "{:?}", patience.jumped());
    assert!(patience.jumped() < Duration::from_secs(5 * 66), "{:?}", patience.jumped());
}

#[tokio::test]
async fn a_pause_that_a_host_asks_of_one_process_is_kept_by_the_others() {
    let world = World::new().await;
    let (clock, patience) = (Clock::manual(start()), Patience::jumping());
    let web = Web::new(|_, n| if n == 0 { with(status(429), "retry-after", "90") } else { text("fine") }).await;
    let post = |web: &Web| {
        let method = vedetta::collect::Method::PostJson("{}".to_owned());
        vedetta::collect::Request { method, ..page(web.url("/")) }
    };
    let (one, other) = (process(&world.store, &clock, &patience), process(&world.store, &clock, &patience));
    assert!(one.fetch(&post(&web), &api(), &Validator::default()).await.is_ok());
    let after = patience.jumped();
    assert!(after >= Duration::from_secs(80), "{after:?}");
    assert!(ask(&other, &web, "/", &api()).await.is_ok());
    let third = Web::new(|_, _| with(text("enough"), "x-ratelimit-remaining", "0")).await;
    assert!(ask(&one, &third, "/", &strict()).await.is_ok());
    assert!(ask(&other, &third, "/", &strict()).await.is_ok());
    // What really passed in between was not jumped over.
    assert!(patience.jumped() >= after + Duration::from_secs(50), "a whole window, when no reset is named");
}

#[tokio::test]
async fn an_allowance_of_which_nothing_remains_is_waited_for_however_its_end_is_written() {
    let instant = start().as_second() + 150;
    let cases = [
        ("x-ratelimit-remaining", "x-ratelimit-reset", "150".to_owned()),
        ("x-ratelimit-remain", "x-ratelimit-reset", instant.to_string()),
        ("ratelimit-remaining", "ratelimit-reset", "150, 150;w=300".to_owned()),
        ("x-rate-limit-remaining", "x-rate-limit-reset", format!("{instant}000")),
    ];
    for (remaining, reset, value) in cases {
        let named = value.clone();
        let web = Web::new(move |_, n| {
            let left = if n == 0 { "1" } else { "0" };
            with(with(text("fine"), remaining, left), reset, &named)
        })
        .await;
        let fetcher = fetcher();
        for (n, waited) in [(1, 0_u64), (2, 0), (3, 150)] {
            assert!(ask(&fetcher, &web, "/", &api()).await.is_ok());
            let jumped = fetcher.patience().jumped().as_secs();
            // What really passed in between was not jumped over.
            assert!(
                (waited.saturating_sub(10)..=waited).contains(&jumped),
                "{reset}: {value}: {jumped} s before request {n}"
            );
        }
    }
}

#[tokio::test]
async fn a_host_that_fails_is_left_to_rest_over_restarts_and_tried_once_behind_each_rest() {
    let world = World::new().await;
    let clock = Clock::manual(start());
    let is_well = Arc::new(Mutex::new(false));
    let health = Arc::clone(&is_well);
    let web = Web::new(move |_, _| if *health.lock().unwrap() { text("fine") } else { status(500) }).await;
    let restarted = || process(&world.store, &clock, &Patience::jumping());
    let dying = restarted();
    for _ in 0..5 {
        assert!(matches!(ask(&dying, &web, "/", &api()).await, Err(Failure::Failed(_))));
    }
    assert_eq!(web.n("/"), 15, "five questions of three tries");
    // What was waited for between the tries is part of the rest, and nobody needs to know how much it was.
    for (n_rests, minutes) in [(1, 10), (2, 20), (3, 40)] {
        let failure = ask(&restarted(), &web, "/", &api()).await.unwrap_err();
        assert!(matches!(&failure, Failure::NotAsked(why) if why.contains("rests until")), "{failure}");
        clock.advance(SignedDuration::from_mins(minutes - 1));
        assert!(matches!(ask(&restarted(), &web, "/", &api()).await, Err(Failure::NotAsked(_))));
        clock.advance(SignedDuration::from_mins(3));
        *is_well.lock().unwrap() = n_rests == 3;
        assert_eq!(ask(&restarted(), &web, "/", &api()).await.is_ok(), n_rests == 3, "after rest {n_rests}");
    }
    assert_eq!(web.n("/"), 15 + 3 + 3 + 1);
    assert!(ask(&restarted(), &web, "/", &api()).await.is_ok(), "an answer ends the trouble");
}

#[tokio::test]
async fn a_source_with_hours_is_asked_in_them_only_and_the_plan_says_when_they_are() {
    let hours = |text: &str| text.parse::<Hours>();
    let night = hours("21:00-07:00 Europe/London").unwrap();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    // In summer the clock in London is an hour ahead of UTC.
    for (instant, is_open, begins) in [
        ("2026-11-20T21:00:00Z", true, "2026-11-21T21:00:00Z"),
        ("2026-11-21T06:59:59Z", true, "2026-11-21T21:00:00Z"),
        ("2026-11-21T07:00:00Z", false, "2026-11-21T21:00:00Z"),
        ("2026-07-01T20:30:00Z", true, "2026-07-02T20:00:00Z"),
        ("2026-07-01T19:59:00Z", false, "2026-07-01T20:00:00Z"),
    ] {
        assert_eq!((night.are_open(at(instant)), night.begin_after(at(instant))), (is_open, at(begins)), "{instant}");
    }
    assert!(hours("09:00-17:00 Europe/Rome").unwrap().are_open(at("2026-11-20T08:00:00Z")));
    for bad in [
        "21:00-07:00",
        "21-7 Europe/London",
        "21:00-07:00 Middle/Earth",
        "07:00-07:00 Europe/London",
        "25:00-07:00 UTC",
    ] {
        assert!(hours(bad).is_err(), "{bad}");
    }
    assert_eq!(night.to_string(), "21:00-07:00 Europe/London");

    let world = World::new().await;
    let web = Web::new(|_, _| text("fine")).await;
    let written = format!(
        "[gazette]\nkind = \"press\"\nevery = \"1d\"\nstale_after = \"4d\"\nwindow = \"{night}\"\nfeeds = [\"{}\"]",
        web.url("/feed.xml")
    );
    let settings = read_sources(&written, "sources.toml").unwrap().remove(0);
    let id = settings.id.clone();
    let collector = world.collector_of(vec![Configured::new(settings, &Secrets::default()).unwrap()]);
    assert!(collector.due().await.unwrap().is_empty(), "it is morning");
    for which in [None, Some(std::slice::from_ref(&id))] {
        let plan = collector.plan(which).await.unwrap();
        assert_eq!((plan.len(), plan[0].order.asked.len()), (1, 0));
        assert!(plan[0].why.contains("21:00-07:00 Europe/London"), "{}", plan[0].why);
    }
    let report = collector.collect(Some(std::slice::from_ref(&id)), &|_| {}).await.remove(0);
    assert_eq!((report.requests, web.paths().len()), (0, 0), "not even when it is named");
    assert!(report.error.unwrap().contains("2026-11-20 21:00:00Z"));
    world.clock.advance(SignedDuration::from_hours(12));
    assert_eq!(collector.due().await.unwrap().first(), Some(&id));
    assert_eq!(collector.plan(None).await.unwrap()[0].order.asked.len(), 1);
}

#[tokio::test]
async fn what_its_owner_reserves_is_not_read_unless_we_are_licensed() {
    let rules = r#"[{"location": "/free/*", "tdm-reservation": 0}, {"location": "/*.xml$", "tdm-reservation": 1}]"#;
    let page_with = |meta: &str| with(text(format!("<html><head>{meta}</head></html>")), "content-type", "text/html");
    let web = Web::new(move |asked, _| match asked.uri.path() {
        "/robots.txt" => status(404),
        "/.well-known/tdmrep.json" => text(rules),
        "/header" => with(text("x"), "tdm-reservation", "1"),
        "/noai" => with(text("x"), "x-robots-tag", "noindex, NoAI"),
        "/named" => with(text("x"), "x-robots-tag", "vedetta: noai"),
        "/others" => with(text("x"), "x-robots-tag", "otherbot: noai, nofollow"),
        "/noindex" => with(text("x"), "x-robots-tag", "noindex"),
        "/unreserved" => with(text("x"), "tdm-reservation", "0"),
        "/meta" => page_with("<META\n  content='1' name=\"TDM-Reservation\">"),
        "/robots-meta" => page_with("<meta name=robots content=\"index, noai\"/>"),
        "/meta-none" => {
            page_with("<meta name=\"robots\" content=\"index\"><meta name=\"tdm-reservation\" content=\"0\">")
        }
        _ => text("x"),
    })
    .await;
    let cases = [
        ("/news/a.xml", false),
        ("/free/a.xml", true),
        ("/news/a.html", true),
        ("/header", false),
        ("/noai", false),
        ("/named", false),
        ("/others", true),
        ("/noindex", true),
        ("/unreserved", true),
        ("/meta", false),
        ("/robots-meta", false),
        ("/meta-none", true),
    ];
    let fetcher = fetcher();
    let licensed = Manners { heeds_reservations: false, ..polite() };
    for (path, may_read) in cases {
        let asked = ask(&fetcher, &web, path, &polite()).await;
        assert_eq!(asked.is_ok(), may_read, "{path}: {asked:?}");
        assert!(ask(&fetcher, &web, path, &licensed).await.is_ok(), "{path}");
    }
    assert_eq!(web.n("/news/a.xml"), 1, "what the site's file reserves is not even asked for");
    assert_eq!(web.n("/.well-known/tdmrep.json"), 1);
    let written = |line: &str| {
        let text = format!(
            "[x]\nkind = \"press\"\nevery = \"1d\"\nstale_after = \"1d\"\nbase_url = \"https://a.example/\"\n{line}"
        );
        read_sources(&text, "sources.toml").unwrap().remove(0).manners.heeds_reservations
    };
    assert!(written(""));
    assert!(!written("licensed = true"));
    assert!(!written("robots = false"), "a documented interface says by its terms what it is for");
}

#[tokio::test]
async fn the_site_file_of_robots_counts_towards_the_pace_of_its_source() {
    let web = Web::new(|_, _| text("User-agent: *\nDisallow: /private")).await;
    let fetcher = fetcher_with(&settings(), Secrets::default(), Clock::manual(start()));
    let five = Manners { obeys_robots: true, ..strict() };
    for n in 0..4 {
        assert!(ask(&fetcher, &web, &format!("/{n}"), &five).await.is_ok());
    }
    assert!(fetcher.patience().jumped() < Duration::from_secs(1), "five requests, robots.txt among them");
    assert!(ask(&fetcher, &web, "/5", &five).await.is_ok());
    assert!(fetcher.patience().jumped() >= Duration::from_secs(50), "the sixth waits");
}

#[tokio::test]
async fn a_question_that_was_sent_once_counts_as_asked_though_the_host_then_rests() {
    let web = Web::new(|_, _| with(status(503), "retry-after", "3600")).await;
    let failure = ask(&fetcher(), &web, "/", &api()).await.unwrap_err();
    assert!(matches!(&failure, Failure::Failed(why) if why.contains("left alone")), "{failure}");
    assert_eq!(web.n("/"), 1);
}

#[tokio::test]
async fn a_rest_that_a_good_answer_asks_for_is_granted() {
    let world = World::new().await;
    let (clock, patience) = (Clock::manual(start()), Patience::jumping());
    let spent = || with(with(text("fine"), "x-ratelimit-remaining", "0"), "x-ratelimit-reset", "3600");
    let web = Web::new(move |_, _| spent()).await;
    let (one, other) = (process(&world.store, &clock, &patience), process(&world.store, &clock, &patience));
    assert!(ask(&one, &web, "/", &api()).await.is_ok());
    for process in [&one, &other] {
        assert!(matches!(ask(process, &web, "/", &api()).await, Err(Failure::NotAsked(_))));
    }
    assert_eq!(web.n("/"), 1);
}
