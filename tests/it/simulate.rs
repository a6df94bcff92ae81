use std::{collections::BTreeMap, sync::Arc};

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use jiff::{
    ToSpan,
    civil::{Date, date},
};
use serde_json::Value;
use tower::ServiceExt;
use vedetta::{
    domain::{Country, Identifier, Nace},
    simulate::{BENCH_DAY, Economy, Plan, Web, bench_portfolio, write},
};

const START: Date = date(2026, 11, 20);

fn economy(n_clients: usize, seed: u64) -> Economy {
    Economy::new(&Plan::new(n_clients, seed, START))
}

/// The area under the ROC curve by ranks (Mann and Whitney), ties counted half.
fn auc(scores: &BTreeMap<String, f64>, outcomes: &[(String, bool)]) -> f64 {
    let mut ranked: Vec<(f64, bool)> = outcomes.iter().map(|(code, bad)| (scores[code], *bad)).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut rank_sum, mut place) = (0.0, 0);
    for group in ranked.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let middle = place as f64 + (group.len() as f64 + 1.0) / 2.0;
        rank_sum += middle * group.iter().filter(|(_, bad)| *bad).count() as f64;
        place += group.len();
    }
    let bad = outcomes.iter().filter(|(_, bad)| *bad).count() as f64;
    let good = outcomes.len() as f64 - bad;
    (rank_sum - bad * (bad + 1.0) / 2.0) / (bad * good)
}

fn rows(csv: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(csv.as_bytes()).deserialize().collect::<Result<_, _>>().unwrap()
}

/// Three things anybody can read off the books: days late on average, the oldest open arrear, the share paid late.
fn observables(economy: &Economy, day: Date) -> [BTreeMap<String, f64>; 3] {
    let (mut late, mut oldest, mut share) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let mut by_client: BTreeMap<String, Vec<(f64, bool)>> = BTreeMap::new();
    for row in rows(&economy.invoices_csv(day)) {
        let due: Date = row["due_on"].parse().unwrap();
        let lines = by_client.entry(row["client"].clone()).or_default();
        if row["kind"] != "invoice" || due < day - 365.days() || due > day {
            continue;
        }
        let is_open = row["paid_on"].is_empty() || row["paid_amount"] != row["amount"];
        let end = if is_open { day } else { row["paid_on"].parse().unwrap() };
        lines.push((f64::from((end - due).get_days()), is_open));
    }
    for (code, _) in economy.oracle_pd(day) {
        let lines = by_client.get(&code).cloned().unwrap_or_default();
        let n = lines.len().max(1) as f64;
        late.insert(code.clone(), lines.iter().map(|(days, _)| days).sum::<f64>() / n);
        oldest.insert(code.clone(), lines.iter().filter(|(_, open)| *open).map(|(d, _)| *d).fold(0.0, f64::max));
        share.insert(code, lines.iter().filter(|(days, _)| *days > 30.0).count() as f64 / n);
    }
    [late, oldest, share]
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_gives_others() {
    let (first, second, other) = (economy(60, 7), economy(60, 7), economy(60, 8));
    assert_eq!(first.clients_csv(), second.clients_csv());
    assert_eq!(first.invoices_csv(START), second.invoices_csv(START));
    assert_ne!(first.clients_csv(), other.clients_csv());
    let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(a.path(), &first).unwrap();
    write(b.path(), &second).unwrap();
    for name in ["labels.csv", "web/press/finanza.xml", "web/gleif/lei-records.json", "web/eurostat/sts_inpr_m.json"] {
        assert_eq!(std::fs::read(a.path().join(name)).unwrap(), std::fs::read(b.path().join(name)).unwrap(), "{name}");
    }
}

#[test]
fn every_identifier_passes_the_checks_of_its_register() {
    let clients = rows(&economy(1_500, 3).clients_csv());
    let (mut persons, mut leis) = (0, 0);
    let mut names = std::collections::BTreeSet::new();
    for row in &clients {
        let country: Country = row["country"].parse().unwrap();
        if !row["tax_id"].is_empty() {
            persons += usize::from(Identifier::tax(country, &row["tax_id"]).unwrap().is_natural_person());
        }
        if !row["registry_id"].is_empty() {
            Identifier::registry(country, &row["registry_id"]).unwrap();
        }
        if !row["lei"].is_empty() {
            Identifier::lei(&row["lei"]).unwrap();
            leis += 1;
        }
        row["sector"].parse::<Nace>().unwrap();
        row["since"].parse::<Date>().unwrap();
        assert!(!row["tax_id"].is_empty() || !row["registry_id"].is_empty(), "{row:?}");
        assert!(names.insert(row["name"].clone()), "two clients are called {}", row["name"]);
    }
    let share = |n: usize| n as f64 / clients.len() as f64;
    assert!((0.02..0.08).contains(&share(persons)), "{persons} sole traders");
    assert!((0.25..0.40).contains(&share(leis)), "{leis} with a LEI");
    let italian = clients.iter().filter(|row| row["country"] == "IT").count();
    assert!((0.50..0.60).contains(&share(italian)), "{italian} in Italy");
}

#[test]
fn the_books_of_a_day_hold_nothing_from_after_it() {
    let economy = economy(80, 11);
    for day in [START - 200.days(), START, START + 60.days()] {
        let lines = rows(&economy.invoices_csv(day));
        assert!(lines.len() > 80);
        for row in &lines {
            assert!(row["issued_on"].parse::<Date>().unwrap() <= day);
            assert!(row["paid_on"].is_empty() || row["paid_on"].parse::<Date>().unwrap() <= day, "{row:?}");
            assert!(row["amount"].parse::<f64>().unwrap() > 0.0);
            assert_eq!(row["paid_on"].is_empty(), row["paid_amount"].is_empty());
        }
    }
}

#[test]
fn from_one_day_to_the_next_the_books_only_grow_or_are_paid() {
    let economy = economy(60, 5);
    let key = |row: &BTreeMap<String, String>| (row["client"].clone(), row["invoice"].clone());
    let later: BTreeMap<_, _> =
        rows(&economy.invoices_csv(START + 1.day())).into_iter().map(|row| (key(&row), row)).collect();
    for row in rows(&economy.invoices_csv(START)) {
        let now = &later[&key(&row)];
        for column in ["issued_on", "due_on", "amount", "kind"] {
            assert_eq!(row[column], now[column]);
        }
        assert!(row["paid_on"].is_empty() || !now["paid_on"].is_empty());
    }
}

#[test]
fn four_to_seven_in_a_hundred_default_in_a_year() {
    let outcomes: Vec<_> = (1..=5).flat_map(|seed| economy(1_000, seed).defaults_after(START, 12)).collect();
    let rate = outcomes.iter().filter(|(_, bad)| *bad).count() as f64 / outcomes.len() as f64;
    assert!((0.04..0.07).contains(&rate), "{rate}");
}

#[test]
fn the_oracle_ranks_well_and_better_than_any_single_observable() {
    let economy = economy(3_000, 42);
    let outcomes = economy.defaults_after(START, 12);
    let oracle = auc(&economy.oracle_pd(START).into_iter().collect(), &outcomes);
    assert!((0.85..0.92).contains(&oracle), "{oracle}");
    for (name, scores) in ["days late", "oldest arrear", "share late"].iter().zip(observables(&economy, START)) {
        let single = auc(&scores, &outcomes);
        assert!(single + 0.02 < oracle, "{name}: {single} against {oracle}");
        assert!(single > 0.6, "{name} says too little: {single}");
    }
}

#[test]
fn the_oracle_is_calibrated_band_by_band_even_in_the_middle_of_a_month() {
    let economy = economy(4_000, 1);
    for day in [START, START - 101.days()] {
        let outcomes: BTreeMap<String, bool> = economy.defaults_after(day, 12).into_iter().collect();
        let mut rated: Vec<(f64, bool)> =
            economy.oracle_pd(day).iter().filter_map(|(code, pd)| Some((*pd, *outcomes.get(code)?))).collect();
        rated.sort_by(|a, b| a.0.total_cmp(&b.0));
        for band in rated.chunks(rated.len().div_ceil(8)) {
            let expected: f64 = band.iter().map(|(pd, _)| pd).sum();
            let seen = band.iter().filter(|(_, bad)| *bad).count() as f64;
            let deviation = band.iter().map(|(pd, _)| pd * (1.0 - pd)).sum::<f64>().sqrt();
            // Sectors share their shocks, so outcomes of a band spread wider than if they were independent.
            assert!((seen - expected).abs() < 4.0 * deviation + 2.0, "{day}: expected {expected}, seen {seen}");
        }
    }
}

#[test]
fn a_bench_portfolio_is_sorted_by_invoice_and_ends_on_its_day() {
    let clients: Vec<_> = bench_portfolio(50, 20, 9).collect();
    assert_eq!(clients.len(), 50);
    for (facts, lines) in &clients {
        assert_eq!(lines.len(), 20);
        assert!(facts.who.sector.is_some());
        assert!(lines.is_sorted_by_key(|line| line.invoice));
        assert!(lines.iter().all(|line| line.issued_on <= BENCH_DAY && line.paid_on.is_none_or(|on| on <= BENCH_DAY)));
    }
    assert_eq!(clients, bench_portfolio(50, 20, 9).collect::<Vec<_>>());
}

struct Answer {
    status: StatusCode,
    etag: String,
    bytes: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

async fn send(web: &Web, request: Request<Body>) -> Answer {
    let response = web.router().oneshot(request).await.unwrap();
    let etag = response.headers().get(header::ETAG).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
    let status = response.status();
    Answer { status, etag, bytes: to_bytes(response.into_body(), 10_000_000).await.unwrap().to_vec() }
}

/// Asks as a patient client does: once more when told that it asks too often.
async fn ask(web: &Web, address: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
    let request = || {
        let builder = headers.iter().fold(Request::get(address), |request, (name, value)| request.header(name, *value));
        builder.body(Body::empty()).unwrap()
    };
    let first = send(web, request()).await;
    if first.status == StatusCode::TOO_MANY_REQUESTS { send(web, request()).await } else { first }
}

fn web(n_clients: usize, seed: u64) -> (Web, Vec<BTreeMap<String, String>>) {
    let economy = Arc::new(economy(n_clients, seed));
    let clients = rows(&economy.clients_csv());
    (Web::new(economy, START), clients)
}

const BASIC: (header::HeaderName, &str) = (header::AUTHORIZATION, "Basic a2V5Og==");
const BEARER: (header::HeaderName, &str) = (header::AUTHORIZATION, "Bearer token");

#[tokio::test]
async fn companies_house_answers_as_the_real_one_does() {
    let (web, clients) = web(600, 4);
    let (mut insolvent, mut solvent_windings_up, mut warned) = (0, 0, 0);
    for row in clients.iter().filter(|row| row["country"] == "GB") {
        let address = format!("/companies-house/company/{}", row["registry_id"]);
        let profile = ask(&web, &address, &[BASIC]).await;
        assert_eq!(profile.status, StatusCode::OK);
        let body = profile.json();
        assert_eq!(profile.etag, format!("\"{}\"", body["etag"].as_str().unwrap()));
        assert_eq!(body["company_number"], row["registry_id"].as_str());
        assert!(body["accounts"]["accounting_reference_date"]["day"].is_string());
        warned += usize::from(body["accounts"]["overdue"] == true || body["company_status_detail"].is_string());
        let cases = ask(&web, &format!("{address}/insolvency"), &[BASIC]).await;
        if cases.status == StatusCode::NOT_FOUND {
            assert_eq!(body["has_insolvency_history"], false);
            continue;
        }
        let cases = cases.json();
        assert!(cases["status"].is_array());
        match cases["cases"][0]["type"].as_str().unwrap() {
            "members-voluntary-liquidation" => solvent_windings_up += 1,
            _ => insolvent += 1,
        }
    }
    assert!(insolvent > 3 && solvent_windings_up > 0 && warned > 3, "{insolvent} {solvent_windings_up} {warned}");
    assert_eq!(ask(&web, "/companies-house/company/00000000", &[BASIC]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(ask(&web, "/companies-house/company/00000000", &[]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn gleif_pages_by_two_hundred_and_refuses_more() {
    let (web, clients) = web(900, 6);
    let leis: Vec<&str> = clients.iter().map(|row| row["lei"].as_str()).filter(|lei| !lei.is_empty()).collect();
    let list = format!("{},99990000000000000000", leis.join(","));
    let address = format!("/gleif/api/v1/lei-records?filter%5Blei%5D={list}&page%5Bsize%5D=200&page%5Bnumber%5D=");
    let first = ask(&web, &format!("{address}1"), &[]).await.json();
    let second = ask(&web, &format!("{address}2"), &[]).await.json();
    assert_eq!(first["meta"]["pagination"]["total"], leis.len());
    assert_eq!(first["meta"]["pagination"]["lastPage"], 2);
    assert_eq!(second["data"].as_array().unwrap().len(), leis.len() - 200);
    assert!(first["links"]["next"].is_string() && second["links"]["next"].is_null());
    let records = first["data"].as_array().unwrap();
    let lapsed_and_active = records.iter().filter(|record| {
        record["attributes"]["registration"]["status"] == "LAPSED"
            && record["attributes"]["entity"]["status"] == "ACTIVE"
    });
    assert!(lapsed_and_active.count() > 0);
    let too_many = "/gleif/api/v1/lei-records?page%5Bsize%5D=201";
    assert_eq!(ask(&web, too_many, &[]).await.status, StatusCode::BAD_REQUEST);
}

async fn negativita(web: &Web, tax: &str) -> Value {
    let post = Request::post("/openapi/IT-negativita").header(BEARER.0, BEARER.1);
    let mut accepted = send(web, post.body(Body::from(format!("{{\"cf_piva\":\"{tax}\"}}"))).unwrap()).await;
    if accepted.status == StatusCode::TOO_MANY_REQUESTS {
        let post = Request::post("/openapi/IT-negativita").header(BEARER.0, BEARER.1);
        accepted = send(web, post.body(Body::from(format!("{{\"cf_piva\":\"{tax}\"}}"))).unwrap()).await;
    }
    let id = accepted.json()["data"]["id"].as_str().unwrap().to_owned();
    let mut state = ask(web, &format!("/openapi/IT-richiesta/{id}"), &[BEARER]).await.json();
    if state["data"]["status"] == "PENDING" {
        state = ask(web, &format!("/openapi/IT-richiesta/{id}"), &[BEARER]).await.json();
    }
    assert_eq!(state["data"]["status"], "COMPLETED");
    let address = format!("/openapi/IT-negativita/{id}/dettaglio");
    let detail = ask(web, &address, &[BEARER]).await;
    if detail.status == StatusCode::UNPROCESSABLE_ENTITY {
        return ask(web, &address, &[BEARER]).await.json();
    }
    detail.json()
}

#[tokio::test]
async fn the_italian_register_gives_null_for_nothing_and_agrees_with_the_page_of_protests() {
    let (web, clients) = web(700, 5);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for row in clients.iter().filter(|row| row["country"] == "IT") {
        let detail = negativita(&web, &row["tax_id"]).await;
        for (said, list) in [
            ("presenzaProtesti", "protesti"),
            ("presenzaProcedure", "procedure"),
            ("presenzaPregiudizievoli", "pregiudizievoli"),
        ] {
            assert_eq!(detail["data"][said] == true, detail["data"][list].is_array(), "{row:?}");
            *seen.entry(list.to_owned()).or_default() += usize::from(detail["data"][list].is_array());
        }
        for procedure in detail["data"]["procedure"].as_array().unwrap_or(&Vec::new()) {
            *seen.entry(procedure["codice_procedura"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        let page = ask(&web, &format!("/protesti?cf={}", row["tax_id"]), &[]).await.text();
        let n_titles = detail["data"]["protesti"][0]["effetti"].as_array().map_or(0, Vec::len);
        let standing =
            page.matches("<td class=\"stato\">Normale").count() + page.matches("<td class=\"stato\">Annotato").count();
        assert_eq!(n_titles, standing);
        assert_eq!(page.contains("nessun-protesto"), !page.contains("<table"));
    }
    for what in ["protesti", "procedure", "pregiudizievoli", "LG", "SL", "AM", "WZ"] {
        assert!(seen.get(what).is_some_and(|n| *n > 0), "no {what} in {seen:?}");
    }
    let refused = ask(&web, "/openapi/IT-richiesta/00", &[]).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn eurostat_honours_filters_and_leaves_cells_out() {
    let (web, _) = web(30, 2);
    let base = "/eurostat/api/dissemination/statistics/1.0/data/";
    let query = "sts_inpr_m?format=JSON&geo=IT&geo=FR&nace_r2=C25&nace_r2=C13&lastTimePeriod=6";
    let body = ask(&web, &format!("{base}{query}"), &[]).await.json();
    assert_eq!(body["size"], serde_json::json!([1, 1, 2, 1, 1, 2, 6]));
    let newest =
        body["dimension"]["time"]["category"]["index"].as_object().unwrap().keys().next_back().unwrap().clone();
    assert_eq!(newest, "2026-09", "October comes out in December");
    assert!(
        body["value"].as_object().unwrap().len() <= 24
            && body["status"].as_object().unwrap().values().all(|f| f == "p")
    );
    let quarterly =
        ask(&web, &format!("{base}sts_rb_q?indic_bt=BKRT&geo=IT&sinceTimePeriod=2026-Q1"), &[]).await.json();
    assert_eq!(quarterly["size"], serde_json::json!([1, 1, 4, 1, 1, 1, 3]));
    let nothing = ask(&web, &format!("{base}sts_rb_q?geo=DE"), &[]).await;
    assert_eq!((nothing.status, nothing.json()["value"].as_object().unwrap().len()), (StatusCode::OK, 0));
    assert_eq!(ask(&web, &format!("{base}sts_rb_q?unit=I99"), &[]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(ask(&web, &format!("{base}sts_none"), &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn eurostat_sends_lines_a_feed_a_file_later_and_two_euro_areas() {
    let (web, _) = web(30, 2);
    let base = "/eurostat/api/dissemination/sdmx/2.1/data/sts_inpr_m/";
    let lines = |key: &str| format!("{base}{key}?format=SDMX-CSV&lastNObservations=12");
    // An overloaded service answers with a page, once; whoever asks again is answered.
    let patient = async |key: &str| {
        let first = ask(&web, &lines(key), &[]).await;
        if first.status == StatusCode::OK { first.text() } else { ask(&web, &lines(key), &[]).await.text() }
    };
    let table = patient("M.PRD.C25.SCA.I21.IT").await;
    let mut rows = table.lines();
    assert!(rows.next().unwrap().starts_with("DATAFLOW,LAST UPDATE,freq,indic_bt,nace_r2,s_adj,unit,geo,TIME_PERIOD"));
    assert!(rows.all(|row| row.starts_with("ESTAT:STS_INPR_M(1.0),") && row.contains(",M,PRD,C25,SCA,I21,IT,")));
    assert!(patient("M.PRD.C25.SCA.I21.EA20").await.lines().all(|row| !row.contains(",2026-")), "EA20 is frozen");
    assert!(patient("M.PRD.C25.SCA.I21.EA21").await.contains(",2026-09,"));
    let feed = ask(&web, "/eurostat/api/dissemination/catalogue/rss/en/statistics-update.rss", &[]).await.text();
    assert!(feed.starts_with("<?xml") && feed.trim_end().ends_with("</rss>"));
}

#[tokio::test]
async fn istat_shuts_out_whoever_asks_a_sixth_time_and_gives_a_year_too_many() {
    let (web, _) = web(60, 3);
    let base = "/istat/SDMXWS/rest/data/";
    let address = format!("{base}115_333/M.IT.IND_PROD_21.Y.13?endPeriod=2024");
    let first = ask(&web, &address, &[]).await;
    assert_eq!(first.etag, "", "there is no validator");
    assert!(first.text().contains(",2025-12,"), "the end of a year is taken for the end of the next");
    let other = ask(&web, &format!("{base}76_177/all"), &[]).await.text();
    assert!(other.starts_with("DATAFLOW,FREQ,ITTER107,TIPO_DATO,"), "older flows have other names");
    let empty = ask(&web, &format!("{base}115_333/M.IT.IND_PROD_21.N.13"), &[]).await;
    assert_eq!((empty.status, empty.text().as_str()), (StatusCode::NOT_FOUND, "NoRecordsFound"));
    for _ in 0..2 {
        ask(&web, &address, &[]).await;
    }
    assert_eq!(ask(&web, &address, &[]).await.status, StatusCode::SERVICE_UNAVAILABLE);
    web.set_day(START + 2.days());
    assert_eq!(ask(&web, &address, &[]).await.status, StatusCode::SERVICE_UNAVAILABLE, "for two days");
    web.set_day(START + 3.days());
    assert_eq!(ask(&web, &address, &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_golden_copy_is_a_list_and_packed_tables_of_the_records_themselves() {
    let (web, clients) = web(200, 5);
    let list = ask(&web, "/gleif-golden/api/v2/golden-copies/publishes", &[]).await.json();
    let newest = &list["data"][0]["lei2"];
    let file = |url: &Value| url::Url::parse(url.as_str().unwrap()).unwrap().path().to_owned();
    let all = unzipped(&ask(&web, &file(&newest["full_file"]["csv"]["url"]), &[]).await.bytes);
    let holders = clients.iter().filter(|row| !row["lei"].is_empty()).count();
    assert_eq!(rows(&all).len(), holders);
    let month = unzipped(&ask(&web, &file(&newest["delta_files"]["LastMonth"]["csv"]["url"]), &[]).await.bytes);
    assert!(rows(&month).len() < holders, "a table of changes holds what changed");
}

fn unzipped(bytes: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    std::io::read_to_string(archive.by_index(0).unwrap()).unwrap()
}

#[tokio::test]
async fn papers_send_four_dialects_and_nothing_new_when_nothing_is_new() {
    let (web, _) = web(300, 2);
    for (name, mark) in [
        ("economia.xml", "<rss version=\"2.0\">"),
        ("finanza.xml", "<linkmobile>"),
        ("business.xml", "http://www.w3.org/2005/Atom"),
        ("markets.xml", "http://purl.org/rss/1.0/"),
    ] {
        let address = format!("/press/{name}");
        let feed = ask(&web, &address, &[]).await;
        assert!(feed.text().contains(mark), "{name}");
        let again = ask(&web, &address, &[(header::IF_NONE_MATCH, feed.etag.as_str())]).await;
        assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
        web.set_day(START + 3.days());
        let later = ask(&web, &address, &[(header::IF_NONE_MATCH, feed.etag.as_str())]).await;
        assert_eq!(later.status, StatusCode::OK);
        web.set_day(START);
    }
    let latin = ask(&web, "/press/finanza.xml", &[]).await;
    assert!(String::from_utf8(latin.bytes).is_err(), "windows-1252 with accents is not UTF-8");
    assert_eq!(ask(&web, "/press/sport.xml", &[]).await.status, StatusCode::NOT_FOUND);
    assert!(ask(&web, "/robots.txt", &[]).await.text().contains("User-agent: *"));
}

#[tokio::test]
async fn the_web_tells_nothing_from_after_its_day() {
    let (web, clients) = web(300, 13);
    let day = START - 300.days();
    web.set_day(day);
    let is_late = |text: &str| {
        // Every ISO date that is not a deadline or a renewal still to come.
        text.match_indices("20").filter_map(|(at, _)| text.get(at..at + 10)?.parse::<Date>().ok()).any(|on| on > day)
    };
    for row in clients.iter().filter(|row| row["country"] == "IT") {
        let mut detail = negativita(&web, &row["tax_id"]).await;
        assert!(!is_late(&detail["data"].take().to_string()), "{row:?}");
        let page = ask(&web, &format!("/protesti?cf={}", row["tax_id"]), &[]).await.text();
        assert!(!page.contains("/2027") && !page.contains("/12/2026") && !page.contains("/11/2026"));
    }
    for row in clients.iter().filter(|row| row["country"] == "GB") {
        let address = format!("/companies-house/company/{}/insolvency", row["registry_id"]);
        assert!(!is_late(&ask(&web, &address, &[BASIC]).await.text()));
    }
    for feed in ["business.xml", "markets.xml"] {
        assert!(!is_late(&ask(&web, &format!("/press/{feed}"), &[]).await.text()), "{feed}");
    }
}

#[tokio::test]
async fn an_unlucky_address_is_refused_once_and_answered_then() {
    let (web, _) = web(10, 1);
    let mut refused = 0;
    for number in 0..600 {
        let request = || Request::get(format!("/protesti?cf={number}")).body(Body::empty()).unwrap();
        if send(&web, request()).await.status == StatusCode::TOO_MANY_REQUESTS {
            refused += 1;
            assert_eq!(send(&web, request()).await.status, StatusCode::OK);
        }
    }
    assert!((1..20).contains(&refused), "{refused}");
}
