//! G18: whoever looks into the log of a site that we read finds nothing to complain of.

use std::{
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{body::Body, response::Response};
use futures::future::join_all;
use vedetta::{
    clock::Clock,
    collect::{
        Fetcher, Patience, Secrets,
        fetch::{Failure, Fetched},
    },
    store::Validator,
};

use super::{
    doses::{POLITE_PAGES, POLITE_TASKS, RESTARTS, WORKERS},
    program::vedetta,
};
use crate::collect::web::{Web, page, polite, settings, start, status, text, with};

/// One page in so many is forbidden.
const FORBIDDEN_IN: usize = 10;

fn path(n: usize) -> String {
    if n.is_multiple_of(FORBIDDEN_IN) { format!("/private/{n}") } else { format!("/page/{n}") }
}

/// A site that counts who is inside at the same time, and answers in two parts so that somebody could be.
async fn counting(most_at_once: Arc<AtomicUsize>) -> Web {
    let at_once = Arc::new(AtomicUsize::new(0));
    Web::new(move |asked, _| match asked.uri.path() {
        "/robots.txt" => text("User-agent: *\nDisallow: /private/\n"),
        "/.well-known/tdmrep.json" => status(404),
        _ if asked.headers.contains_key("if-none-match") => status(304),
        path => {
            most_at_once.fetch_max(at_once.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let (inside, body) = (Arc::clone(&at_once), format!("this is {path}"));
            let leaving = async move {
                tokio::task::yield_now().await;
                inside.fetch_sub(1, Ordering::SeqCst);
                Ok::<_, std::io::Error>(body)
            };
            with(Response::new(Body::from_stream(futures::stream::once(leaving))), "etag", "\"v1\"")
        }
    })
    .await
}

#[tokio::test]
async fn g18_a_site_is_read_one_page_at_a_time_a_second_apart_and_what_it_forbids_is_not_asked_for() {
    let most_at_once = Arc::new(AtomicUsize::new(0));
    let web = counting(Arc::clone(&most_at_once)).await;
    let fetcher = Fetcher::new(&settings(), Secrets::default(), Clock::manual(start()), Patience::jumping()).unwrap();
    let known = Mutex::new(vec![Validator::default(); POLITE_PAGES]);
    let (n_read, n_same) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let read = async |n: usize| {
        let validator = known.lock().unwrap()[n].clone();
        match fetcher.fetch(&page(web.url(&path(n))), &polite(), &validator).await {
            Ok(Fetched::Answer(_, validator)) => {
                known.lock().unwrap()[n] = validator;
                n_read.fetch_add(1, Ordering::SeqCst);
            }
            Ok(Fetched::NotModified) => {
                n_same.fetch_add(1, Ordering::SeqCst);
            }
            Err(Failure::NotAsked(why)) => assert!(why.contains("robots.txt forbids"), "{why}"),
            other => panic!("{other:?}"),
        }
    };
    let worker = async |first: usize| {
        for n in (first..POLITE_PAGES).step_by(POLITE_TASKS) {
            read(n).await;
        }
    };
    join_all((0..POLITE_TASKS).map(&worker)).await;
    let n_allowed = POLITE_PAGES - POLITE_PAGES / FORBIDDEN_IN;
    assert_eq!((n_read.load(Ordering::SeqCst), n_same.load(Ordering::SeqCst)), (n_allowed, 0));
    join_all((0..POLITE_TASKS).map(&worker)).await;
    assert_eq!((n_read.load(Ordering::SeqCst), n_same.load(Ordering::SeqCst)), (n_allowed, n_allowed));
    let log = web.paths();
    assert_eq!(log.iter().filter(|path| path.starts_with("/private/")).count(), 0);
    assert_eq!((web.n("/robots.txt"), most_at_once.load(Ordering::SeqCst)), (1, 1));
    let at_least = Duration::from_secs(log.len() as u64 - 1);
    assert!(fetcher.patience().now() >= at_least, "{} requests in {:?}", log.len(), fetcher.patience().now());
}

#[tokio::test]
async fn g18_a_site_whose_rules_cannot_be_read_is_not_read() {
    for (code, may_read) in
        [(200, true), (404, true), (410, true), (401, false), (403, false), (500, false), (503, false)]
    {
        let web = Web::new(move |asked, _| match asked.uri.path() {
            "/robots.txt" => status(code),
            "/.well-known/tdmrep.json" => status(404),
            _ => text("page"),
        })
        .await;
        let fetcher =
            Fetcher::new(&settings(), Secrets::default(), Clock::manual(start()), Patience::jumping()).unwrap();
        let asked = fetcher.fetch(&page(web.url("/page")), &polite(), &Validator::default()).await;
        assert_eq!((asked.is_ok(), web.n("/page")), (may_read, usize::from(may_read)), "robots.txt answered {code}");
    }
}

/// What the site below allows in [`SITE_WINDOW`].
const SITE_ALLOWS: usize = 12;
/// The operator writes a longer window than the site counts in, as one does where a breach is punished: what is left
/// between the two is for requests that were late on their way.
const SITE_WINDOW: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread")]
async fn g18_robots_pace_and_budgets_hold_under_8_workers_and_3_restarts() {
    let log: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let arrivals = Arc::clone(&log);
    let feed = "<rss version=\"2.0\"><channel><title>Prova</title></channel></rss>";
    let web = Web::new(move |asked, _| {
        arrivals.lock().unwrap().push(Instant::now());
        match asked.uri.path() {
            "/robots.txt" => text("User-agent: *\nDisallow: /private/\n"),
            "/.well-known/tdmrep.json" => status(404),
            _ => with(text(feed), "content-type", "application/rss+xml"),
        }
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let sources = folder.path().join("sources.toml");
    let written = format!(
        "[press]\nkind = \"press\"\nevery = \"1d\"\nstale_after = \"4d\"\nmin_interval = \"0ms\"\n\
         pace = {{ requests = {SITE_ALLOWS}, per_seconds = 1 }}\nfeeds = [\"{}\", \"{}\"]\n",
        web.url("/feed.xml"),
        web.url("/private/feed.xml")
    );
    std::fs::write(&sources, written).unwrap();
    for _ in 0..RESTARTS {
        let start = |_| {
            let mut command = vedetta(&data);
            command.args(["--json", "collect", "press"]).env("VEDETTA__FILES__SOURCES", &sources);
            command.env("VEDETTA__COLLECT__ALLOW_PRIVATE", "true").stdout(Stdio::piped()).stderr(Stdio::piped());
            tokio::process::Command::from(command).spawn().unwrap()
        };
        let workers: Vec<_> = (0..WORKERS).map(start).collect();
        for ended in join_all(workers.into_iter().map(tokio::process::Child::wait_with_output)).await {
            let ended = ended.unwrap();
            let said = String::from_utf8_lossy(&ended.stdout);
            // The feed that robots.txt forbids is a failure, and the only one.
            assert_eq!(ended.status.code(), Some(3), "{said}\n{}", String::from_utf8_lossy(&ended.stderr));
            assert!(said.contains("robots.txt forbids it") && said.contains("\"failed\":1"), "{said}");
        }
    }
    let paths = web.paths();
    assert_eq!(paths.iter().filter(|path| path.starts_with("/private/")).count(), 0);
    assert_eq!(web.n("/feed.xml"), WORKERS * RESTARTS);
    let log = log.lock().unwrap();
    let within =
        |first: &Instant| log.iter().filter(|at| **at >= *first && at.duration_since(*first) < SITE_WINDOW).count();
    let most = log.iter().map(within).max().unwrap_or_default();
    assert!(most <= SITE_ALLOWS, "{most} requests within {SITE_WINDOW:?}, of {}", log.len());
}
