//! A house of one's own for each test: a store in a folder that goes away, a clock moved by hand, the API on a free port.

use std::{collections::HashSet, path::PathBuf, sync::Arc};

use jiff::Timestamp;
use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::{Notify, mpsc},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;
use vedetta::{
    alert::{self, Alerts, Mail},
    clock::Clock,
    desk::{Caller, DEFAULT_LGD, Desk, NightOrder, Reach},
    domain::AsOf,
    extract::Catalogue,
    pipeline::{Moves, Rescorer},
    score::{Engine, Papers},
    serve::{self, ServeState, Settings},
    store::{Scope, Store},
    treat::Policy,
};

/// When every test begins.
pub(crate) const START: &str = "2026-11-20T08:00:00Z";

/// What a client owes, minor units, above which one person decides nothing alone: more than any test owes that is about
/// something else.
const FOUR_EYES_ABOVE_MINOR: i64 = 200_000_000;

/// A running house.
pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) clock: Clock,
    /// Sends when it is told to.
    pub(crate) alerts: Alerts,
    pub(crate) address: String,
    /// A key that may do everything.
    pub(crate) key: String,
    pub(crate) nights: mpsc::Receiver<NightOrder>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) server: JoinHandle<std::io::Result<()>>,
    http: Client,
    folder: TempDir,
}

/// The model, scale, rules and policy that the program carries.
pub(crate) fn rescorer(store: &Store) -> Rescorer {
    let root = env!("CARGO_MANIFEST_DIR");
    let read = |path: &str| std::fs::read_to_string(format!("{root}/{path}")).unwrap();
    let catalogue = Catalogue::get();
    let names: Vec<&str> = catalogue.features().iter().map(|f| f.words.name).collect();
    let (model, scale, rules) =
        (read("models/baseline-1/model.json"), read("config/scale.toml"), read("config/rules.toml"));
    let engine = Engine::new("baseline-1", &model, &scale, &rules, &names, catalogue.hash()).unwrap();
    let engine = engine.with_papers(Papers { card: Some(read("models/baseline-1/card.md")), evaluation: None });
    let policy = Policy::parse(&read("config/policy.toml")).unwrap();
    let (engine, policy) = (Arc::new(engine), Arc::new(policy));
    Rescorer { store: store.clone(), engine, seats: Arc::default(), policy, upkeep: Arc::default() }
}

pub(crate) fn house() -> Caller {
    Caller { name: "test".to_owned(), reach: Reach::Everything }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_mail(None).await
    }

    /// A house that sends mails by this server.
    pub(crate) async fn with_mail(mail: Option<&Mail>) -> Self {
        Self::made(mail, Settings::default()).await
    }

    /// A house whose API has these settings.
    pub(crate) async fn serving(settings: Settings) -> Self {
        Self::made(None, settings).await
    }

    async fn made(mail: Option<&Mail>, serving: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = crate::stores::address(&folder.path().join("vedetta.db"));
        let store = Store::open(&url, &folder.path().join("archive")).await.unwrap();
        let clock = Clock::manual(START.parse().unwrap());
        let rescorer = rescorer(&store);
        let (night, nights) = mpsc::channel(1);
        let desk = Desk {
            store: store.clone(),
            clock: clock.clone(),
            rescorer: rescorer.clone(),
            night,
            touched: Arc::new(Notify::new()),
            allow_private_webhooks: true,
            has_mail: mail.is_some(),
            lgd: DEFAULT_LGD,
            four_eyes_above_minor: Some(FOUR_EYES_ABOVE_MINOR),
            terms_days: 30,
            creditors: Arc::default(),
        };
        let settings = alert::Settings { allow_private: true, ..alert::Settings::default() };
        let alerts = Alerts::new(store, clock.clone(), rescorer.glossary(), &settings).unwrap();
        let alerts = alerts.with_mail(mail).unwrap();
        let shutdown = CancellationToken::new();
        let (address, server) = serve_beside(&desk, &alerts, &shutdown, serving).await;
        let key = desk.create_key(&house(), Scope::Admin, &[]).await.unwrap().key;
        let http = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { desk, clock, alerts, address, key, nights, shutdown, server, http, folder }
    }

    /// Another process's API on the same store: where it listens.
    pub(crate) async fn replica(&self) -> String {
        self.replica_until(&self.shutdown).await
    }

    /// The same of a process that ends when it is told to.
    pub(crate) async fn replica_until(&self, shutdown: &CancellationToken) -> String {
        let url = crate::stores::address(&self.folder.path().join("vedetta.db"));
        let store = Store::open(&url, &self.folder.path().join("archive")).await.unwrap();
        let desk = Desk { rescorer: rescorer(&store), store, ..self.desk.clone() };
        serve_beside(&desk, &self.alerts, shutdown, Settings::default()).await.0
    }

    /// Where the store would lie as a file.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("vedetta.db")
    }

    /// A night of today.
    pub(crate) async fn night(&self) -> vedetta::store::Run {
        let now = AsOf::at(self.clock.now());
        self.desk.rescorer.night(now.valid_at, now.known_at, &|_, _| {}).await.unwrap()
    }

    /// Files that hold a text, whether packed or not.
    pub(crate) fn files_with(&self, text: &str) -> Vec<String> {
        self.files_with_any(&[text.to_owned()])
    }

    /// Files that hold one of some texts, all of the same length, whether packed or not.
    pub(crate) fn files_with_any(&self, texts: &[String]) -> Vec<String> {
        let sought: HashSet<&[u8]> = texts.iter().map(String::as_bytes).collect();
        let length = texts.first().map_or(1, String::len);
        assert!(sought.iter().all(|text| text.len() == length), "{texts:?}");
        let mut files = crate::stores::files_of(self.folder.path());
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            let (below, here): (Vec<_>, Vec<_>) = paths.partition(|path| path.is_dir());
            folders.extend(below);
            files.extend(here);
        }
        let has = |bytes: &[u8]| bytes.windows(length).any(|window| sought.contains(window));
        files.retain(|path| {
            let bytes = std::fs::read(path).unwrap();
            let unpacked = zstd::decode_all(bytes.as_slice()).unwrap_or_default();
            has(&bytes) || has(&unpacked) || has(path.as_os_str().as_encoded_bytes())
        });
        files.iter().map(|path| path.display().to_string()).collect()
    }

    /// A key of that scope for these portfolios.
    pub(crate) async fn key_for(&self, scope: Scope, portfolios: &[&str]) -> String {
        let names: Vec<String> = portfolios.iter().map(|p| (*p).to_owned()).collect();
        self.desk.create_key(&house(), scope, &names).await.unwrap().key
    }

    /// A request without a key.
    pub(crate) fn bare(&self, method: &str, path: &str) -> RequestBuilder {
        self.http.request(method.parse().unwrap(), format!("{}{path}", self.address))
    }

    /// A request with the key that may do everything.
    pub(crate) fn ask(&self, method: &str, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(&self.key)
    }

    /// The JSON answer to a GET that must succeed.
    pub(crate) async fn get(&self, path: &str) -> Value {
        read(self.ask("GET", path).send().await.unwrap(), 200).await
    }

    /// The JSON answer to a POST.
    pub(crate) async fn post(&self, path: &str, body: &Value, status: u16) -> Value {
        read(self.ask("POST", path).json(body).send().await.unwrap(), status).await
    }

    /// Rescores whom new facts have touched, as the running house does by itself.
    pub(crate) async fn settle(&self) -> Moves {
        self.desk.rescorer.rescore_touched(AsOf::at(self.clock.now())).await.unwrap()
    }

    /// A client with a year of invoices paid `days_late`, one a month, and rated.
    pub(crate) async fn client(&self, portfolio: &str, code: &str, name: &str, days_late: i64) {
        let path = format!("/v1/clients?portfolio={portfolio}");
        let row = json!([{"client": code, "name": name, "country": "IT", "sector": "25.62"}]);
        assert_eq!(self.post(&path, &row, 200).await["accepted"], 1);
        let today = AsOf::at(self.clock.now()).valid_at;
        let invoices: Vec<Value> = (1..=12i64)
            .map(|n| {
                let issued = today - jiff::Span::new().days(30 * n + 60);
                let due = issued + jiff::Span::new().days(30);
                let paid = due + jiff::Span::new().days(days_late);
                json!({"client": code, "invoice": format!("{code}-{n}"), "issued_on": issued, "due_on": due,
                    "amount": "1000.00", "paid_on": (paid <= today).then_some(paid)})
            })
            .collect();
        let answer = self.post(&format!("/v1/invoices?portfolio={portfolio}"), &json!(invoices), 200).await;
        assert_eq!(answer["accepted"], 12, "{answer}");
        self.settle().await;
    }

    /// A protested bill, told by hand, and the rating that follows.
    pub(crate) async fn protest(&self, code: &str, amount: &str) -> Value {
        let told = json!({"client": code, "kind": "protest", "valid_at": "2026-11-18", "source": "chamber",
            "official": true, "fields": {"instrument": "bill", "amount": amount, "raised_on": "2026-11-18"}});
        let accepted = self.post("/v1/signals", &told, 202).await;
        self.clock.advance(jiff::SignedDuration::from_secs(60));
        self.settle().await;
        accepted
    }
}

/// Serves a desk on a free port until the end of its world.
async fn serve_beside(
    desk: &Desk,
    alerts: &Alerts,
    shutdown: &CancellationToken,
    settings: Settings,
) -> (String, JoinHandle<std::io::Result<()>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let metrics = PrometheusBuilder::new().build_recorder().handle();
    let state = ServeState::new(desk.clone(), alerts.clone(), metrics, shutdown.clone());
    let state = state.with_settings(settings).with_wall(desk.clock.clone());
    #[expect(clippy::disallowed_methods, reason = "each test ends its own server")]
    let server = tokio::spawn(serve::run(listener, state, shutdown.clone()));
    (address, server)
}

/// The JSON body of an answer of that status.
pub(crate) async fn read(response: Response, status: u16) -> Value {
    let got = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(got, StatusCode::from_u16(status).unwrap(), "{text}");
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// The problem that an answer is: its status, media type and shape are what RFC 9457 says.
pub(crate) async fn problem(response: Response, status: u16) -> Value {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let body = read(response, status).await;
    assert_eq!(body["status"], status);
    assert_eq!(body["request_id"], id);
    for field in ["type", "title", "detail", "instance", "code"] {
        assert!(body[field].is_string(), "{field} in {body}");
    }
    body
}

/// The start of every test as an instant.
pub(crate) fn start() -> Timestamp {
    START.parse().unwrap()
}
