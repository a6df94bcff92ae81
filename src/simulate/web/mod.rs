//! The world's side of the wire: registers, statistics and papers, in the formats they really send, as of a day that
//! the demo moves.

mod bodacc;
mod companies_house;
mod edgar;
mod eurostat;
mod feeds;
mod french;
mod gazette;
mod gazzetta;
mod gdelt;
mod gleif;
mod gleif_golden;
mod infocamere;
mod istat;
mod openapi;
mod protests;
mod recherche_entreprises;
mod vies;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI32, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::civil::Date;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Company, Economy, identity::fingerprint};
use crate::domain::{day_number, day_of_number};

/// One address in so many is refused the first time it is asked, with `429` and `Retry-After`.
const REFUSED_ONCE: u64 = 149;

/// Records of a source that [`recorded`] writes.
const RECORDED_EACH: usize = 5;

const ROBOTS: &str = "User-agent: *\nAllow: /\nDisallow: /private/\n";

/// The made-up web. Cloning gives another handle on the same one.
#[derive(Clone)]
pub struct Web {
    world: Arc<World>,
}

struct World {
    economy: Arc<Economy>,
    day: AtomicI32,
    /// Company by register number, tax number or LEI: first the clients, then the strangers.
    by_number: BTreeMap<String, usize>,
    /// What has been answered once with "too many requests" or "not ready".
    refused: Mutex<BTreeSet<u64>>,
    /// Questions that ISTAT was asked, by day.
    istat: Mutex<BTreeMap<i32, u32>>,
    /// Tax codes asked about, by the id the answer was given.
    asked: Mutex<BTreeMap<String, String>>,
}

impl Web {
    /// A web that tells of an economy, as of a day.
    pub fn new(economy: Arc<Economy>, day: Date) -> Self {
        // Registers know companies that are nobody's clients, too.
        let strangers = economy.newcomers().iter().filter_map(|newcomer| newcomer.company.as_ref());
        let numbers = economy.companies.iter().chain(strangers).enumerate().flat_map(|(place, company)| {
            let who = &company.identity;
            let numbers = [&who.tax, &who.registry, &who.lei].into_iter().flatten();
            numbers.map(move |number| (number.clone(), place))
        });
        let by_number = numbers.collect();
        let world = World {
            day: AtomicI32::new(day_number(day)),
            by_number,
            refused: Mutex::default(),
            istat: Mutex::default(),
            asked: Mutex::default(),
            economy,
        };
        Self { world: Arc::new(world) }
    }

    /// The sources of a house that watches this web at an address such as `http://127.0.0.1:8099`.
    pub fn sources(address: &str) -> String {
        include_str!("sources.toml").replace("{web}", address)
    }

    /// Moves the web to another day: everything told until that day is over can be read.
    pub fn set_day(&self, day: Date) {
        self.world.day.store(day_number(day), Ordering::Relaxed);
    }

    /// The day the web tells of.
    pub fn day(&self) -> Date {
        day_of_number(self.today())
    }

    fn today(&self) -> i32 {
        self.world.day.load(Ordering::Relaxed)
    }

    /// The day the demo opens.
    fn opening(&self) -> i32 {
        day_number(self.economy().plan.start)
    }

    fn economy(&self) -> &Economy {
        &self.world.economy
    }

    fn company(&self, number: &str) -> Option<&Company> {
        let place = *self.world.by_number.get(number)?;
        self.every_company().nth(place)
    }

    /// The clients, then the strangers that registers know.
    fn every_company(&self) -> impl Iterator<Item = &Company> {
        let strangers = self.economy().newcomers().iter().filter_map(|newcomer| newcomer.company.as_ref());
        self.economy().companies.iter().chain(strangers)
    }

    /// True the first time it is asked about a thing, and false ever after.
    fn is_first_time(&self, what: &str) -> bool {
        self.world.refused.lock().unwrap_or_else(PoisonError::into_inner).insert(fingerprint(what))
    }

    /// All routes: `/bodacc`, `/companies-house` and its `-bulk` and `-stream`, `/edgar`, `/eurostat`, `/gazette`, `/gazzetta`,
    /// `/gdelt`, `/gleif`, `/gleif-golden`, `/infocamere`, `/istat`, `/openapi`, `/press`, `/protesti`,
    /// `/recherche-entreprises`, `/vies`, `/robots.txt`.
    pub fn router(&self) -> Router {
        let routes = Router::new()
            .merge(bodacc::routes())
            .merge(companies_house::routes())
            .merge(edgar::routes())
            .merge(gazette::routes())
            .merge(gazzetta::routes())
            .merge(gleif::routes())
            .merge(gleif_golden::routes())
            .merge(infocamere::routes())
            .merge(istat::routes())
            .merge(openapi::routes())
            .merge(protests::routes())
            .merge(recherche_entreprises::routes())
            .merge(vies::routes())
            .merge(eurostat::routes())
            .merge(feeds::routes())
            .merge(gdelt::routes())
            .layer(axum::middleware::from_fn_with_state(self.clone(), refuse_once));
        routes.route("/robots.txt", get(|| async { ROBOTS })).with_state(self.clone())
    }

    /// Serves until `shutdown` is cancelled.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
        axum::serve(listener, self.router()).with_graceful_shutdown(shutdown.cancelled_owned()).await
    }
}

/// Real servers say "too many requests" now and then: so does this one, once per unlucky address.
async fn refuse_once(State(web): State<Web>, request: Request, next: Next) -> Response {
    let address = request.uri().to_string();
    if fingerprint(&address).is_multiple_of(REFUSED_ONCE) && web.is_first_time(&address) {
        return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")], "Too Many Requests").into_response();
    }
    next.run(request).await
}

/// The pairs of a query string, in order, repeated names kept.
fn pairs(query: Option<&str>) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.unwrap_or("").as_bytes()).into_owned().collect()
}

/// Every value of a name.
fn values<'a>(pairs: &'a [(String, String)], name: &str) -> Vec<&'a str> {
    pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
}

/// The first bytes of a text's hash, as so many hexadecimal digits.
fn hex_mark(text: &[u8], digits: usize) -> String {
    hex::encode(Sha256::digest(text)).chars().take(digits).collect()
}

fn json(status: StatusCode, body: Value) -> Response {
    (status, Json(body)).into_response()
}

/// Whether the request carries credentials of a kind: the secret itself is not looked at, but must be there.
fn has_credentials(headers: &HeaderMap, scheme: &str) -> bool {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or("");
    value
        .split_once(' ')
        .is_some_and(|(theirs, secret)| theirs.eq_ignore_ascii_case(scheme) && !secret.trim().is_empty())
}

/// `2026-11-05`.
fn iso(day: i32) -> String {
    day_of_number(day).to_string()
}

/// A few answers of each source as they would be read on a day: path below `web/`, and the bytes.
pub(super) fn recorded(economy: &Economy, day: i32) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut keep = |name: String, body: Vec<u8>| files.push((name, body));
    let pretty = |value: &Value| format!("{value:#}").into_bytes();
    let companies = || economy.companies.iter();
    for company in companies().filter(|c| c.identity.land.code() == "GB").take(RECORDED_EACH) {
        let number = company.identity.registry.as_deref().unwrap_or_default();
        keep(format!("companies-house/profile-{number}.json"), pretty(&companies_house::profile(company, day)));
    }
    let insolvent = companies().filter_map(|c| companies_house::insolvency(c, day).map(|answer| (c, answer)));
    for (company, answer) in insolvent.take(RECORDED_EACH) {
        let number = company.identity.registry.as_deref().unwrap_or_default();
        keep(format!("companies-house/insolvency-{number}.json"), pretty(&answer));
    }
    let leis: Vec<&Company> = companies().filter(|c| c.identity.lei.is_some()).take(3 * RECORDED_EACH).collect();
    keep("gleif/lei-records.json".to_owned(), pretty(&gleif::page(&leis, day, 1, 200, "filter%5Blei%5D=")));
    let italian = || companies().filter(|c| c.identity.land.code() == "IT");
    let listed = italian().filter(|c| c.records.protests.iter().any(|p| p.told_on <= day));
    for company in listed.chain(italian()).take(RECORDED_EACH) {
        let tax = company.identity.tax.as_deref().unwrap_or_default();
        keep(format!("openapi-it/dettaglio-{tax}.json"), pretty(&openapi::detail(Some(company), day)));
        keep(format!("protests-html/{tax}.html"), protests::page(Some(company), tax, day, 1).into_bytes());
    }
    keep_of_registers(economy, day, &mut keep);
    keep("gleif/golden-copy.csv".to_owned(), gleif_golden::csv(&leis, day).into_bytes());
    if let Ok(answer) = istat::flow(economy, istat::PRODUCTION, "M.IT..Y.", &[], day) {
        keep("istat/115_333.csv".to_owned(), answer.into_bytes());
    }
    for series in &super::statistics::SERIES {
        if let Ok(answer) = eurostat::dataset(economy, series, &[], day) {
            keep(format!("eurostat/{}.json", series.dataset), pretty(&answer));
        }
    }
    for (name, feed) in feeds::FEEDS {
        keep(format!("press/{name}"), feeds::body(economy, feed, day));
    }
    files
}

/// A few answers of the French registers, of VIES, of the Italian chambers and of the gazette.
fn keep_of_registers(economy: &Economy, day: i32, keep: &mut impl FnMut(String, Vec<u8>)) {
    let pretty = |value: &Value| format!("{value:#}").into_bytes();
    let opening = day_number(economy.plan.start);
    let of_land = |code: &'static str| economy.companies.iter().filter(move |c| c.identity.land.code() == code);
    for company in of_land("FR").take(RECORDED_EACH) {
        let siren = company.identity.registry.as_deref().unwrap_or_default();
        let results = bodacc::list(company, opening, day, false);
        let page = serde_json::json!({"total_count": results.len(), "results": results});
        keep(format!("bodacc/{siren}.json"), pretty(&page));
        let page = recherche_entreprises::page(Some(company), opening, day);
        keep(format!("recherche-entreprises/{siren}.json"), pretty(&page));
    }
    for company in of_land("IT").filter(|company| !company.identity.is_person).take(RECORDED_EACH) {
        let tax = company.identity.tax.as_deref().unwrap_or_default();
        keep(format!("vies/IT{tax}.json"), pretty(&vies::outcome(Some(company), "IT", tax, day)));
        keep(format!("infocamere/visura-{tax}.xml"), infocamere::extract(company, day).into_bytes());
        keep(format!("infocamere/protesti-{tax}.xml"), infocamere::detail_page(company, day).into_bytes());
    }
    keep("vies/error_MS_UNAVAILABLE.json".to_owned(), pretty(&vies::refused("MS_UNAVAILABLE")));
    keep("gazzetta-ufficiale/SG.xml".to_owned(), gazzetta::body(economy, day).into_bytes());
}
