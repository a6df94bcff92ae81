use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::Path,
    process::{Child, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
    routing::get,
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use vedetta::store::Store;

use super::program::{eventually, vedetta};
use crate::{postgres::Server, redis::RedisServer};

/// More than a worker asks at a time.
const SOURCES: usize = 6;
const FEED: &str = r#"<?xml version="1.0"?><rss version="2.0"><channel><title>t</title><link>http://p.example/</link>
    <description>d</description></channel></rss>"#;

/// Who asked for each feed, in order.
type Asked = BTreeMap<String, Vec<String>>;

/// Feeds on addresses of loopback, each a host of its own. None answers before two workers have asked for some.
#[derive(Clone)]
struct Press {
    asked: Arc<Mutex<Asked>>,
    askers: watch::Sender<BTreeSet<String>>,
}

impl Press {
    fn asked(&self) -> Asked {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn start(&self) -> (u16, JoinSet<()>) {
        async fn feed(State(press): State<Press>, headers: HeaderMap) -> impl IntoResponse {
            let header = |name| headers[name].to_str().unwrap().to_owned();
            let (host, agent) = (header(header::HOST), header(header::USER_AGENT));
            let worker = if agent.contains("one.example") { "one" } else { "other" };
            press.asked.lock().unwrap_or_else(PoisonError::into_inner).entry(host).or_default().push(worker.to_owned());
            press.askers.send_modify(|askers| {
                askers.insert(worker.to_owned());
            });
            press.askers.subscribe().wait_for(|askers| askers.len() == 2).await.unwrap();
            ([(header::CONTENT_TYPE, "application/rss+xml")], FEED)
        }
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let robots = get(|| async { StatusCode::NOT_FOUND });
        let router = Router::new().route("/feed", get(feed)).route("/robots.txt", robots).with_state(self.clone());
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        (port, serving)
    }
}

/// A worker that says who it is to whom it asks; killed when dropped.
struct Worker(Child);

impl Worker {
    fn start(data: &Path, sources: &Path, servers: &[String], name: &str) -> Self {
        let mut command = vedetta(data);
        command.env("VEDETTA__FILES__SOURCES", sources).env("VEDETTA__COLLECT__ALLOW_PRIVATE", "true");
        command.env("VEDETTA__COLLECT__CONTACT", format!("https://{name}.example/"));
        command.args(servers).args(["work", "--quiet"]).stdout(Stdio::null()).stderr(Stdio::inherit());
        Self(command.spawn().unwrap())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may be dead already, which is just as well.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

async fn n_collected(store: &Store) -> usize {
    store.sources().all().await.unwrap().iter().filter(|(_, state)| state.last_tried_at.is_some()).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_workers_of_a_fleet_share_the_sources_and_ask_each_once() {
    let folder = tempfile::tempdir().unwrap();
    let press = Press { asked: Arc::default(), askers: watch::Sender::default() };
    let (port, _serving) = press.start().await;
    let (server, redis) = (Server::start(), RedisServer::start());
    let servers = ["--store".to_owned(), server.address(), "--queue".to_owned(), redis.address()];
    let mut text = String::new();
    for n in 1..=SOURCES {
        writeln!(
            text,
            "[press-{n}]\nkind = \"press\"\nbase_url = \"http://127.0.0.{n}:{port}/\"\nfeeds = [\"http://127.0.0.{n}:{port}/feed\"]
             country = \"IT\"\nlanguage = \"it\"\nmin_interval = \"1ms\"\nevery = \"1d\"\nstale_after = \"5d\"\n"
        )
        .unwrap();
    }
    let sources = folder.path().join("press.toml");
    std::fs::write(&sources, text).unwrap();
    let store = server.store().await;
    let _workers = ["one", "other"].map(|name| Worker::start(&folder.path().join(name), &sources, &servers, name));
    eventually("every source is asked", async || (n_collected(&store).await == SOURCES).then_some(())).await;
    let asked = press.asked();
    assert_eq!(asked.len(), SOURCES);
    assert!(asked.values().all(|askers| askers.len() == 1), "a source was asked twice: {asked:?}");
    let askers: BTreeSet<&String> = asked.values().flatten().collect();
    assert_eq!(askers.len(), 2, "one worker asked everybody: {asked:?}");
}
