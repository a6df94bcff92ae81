//! Walks every operation of the OpenAPI document: one that is added is walked, too, or fails here until it says how. A key is
//! good until it is revoked, so that none is tried that has expired; and what is whose is known to the program alone, so that no
//! row policies of a database are looked at.

use std::fmt::Write as _;

use futures::StreamExt as _;
use jiff::civil::date;
use reqwest::Response;
use serde_json::{Value, json};
use vedetta::{
    domain::{Certainty, Evidence, Fact, Sha256, Signal, SignalId, SourceId},
    serve::document,
    store::{Review, Scope},
};

use super::doses;
use crate::{
    alert::{deliveries::YES, receivers::Receiver},
    world::{START, World, problem, read},
};

/// Stands in every name and text of the other tenant.
const CANARY: &str = "Kanarienvogel";

/// Operations whose path names nothing of one portfolio, each with why.
const OF_THE_HOUSE: [(&str, &str); 3] = [
    ("put /v1/groups/{group}", "a group of that name is made in the caller's own portfolio"),
    ("put /v1/clients/{client}", "a client of that code is made in the caller's own portfolio"),
    ("delete /v1/keys/{id}", "keys are managed by who sees every portfolio: 403 whatever the id"),
];

struct Operation {
    /// `get /v1/clients/{client}`.
    name: String,
    method: String,
    path: String,
    description: Value,
}

fn operations() -> Vec<Operation> {
    let api = serde_json::to_value(document()).unwrap();
    let paths = api["paths"].as_object().unwrap().iter();
    let of_path = |(path, item): (&String, &Value)| {
        let operation = |(method, description): (&String, &Value)| Operation {
            name: format!("{method} {path}"),
            method: method.to_uppercase(),
            path: path.clone(),
            description: description.clone(),
        };
        item.as_object().unwrap().iter().map(operation).collect::<Vec<_>>()
    };
    paths.flat_map(of_path).filter(|operation| operation.path.starts_with("/v1/")).collect()
}

/// A body with which an operation would do something, were it the caller's own that the path names.
fn body(operation: &Operation) -> Option<Value> {
    operation.description.get("requestBody")?;
    Some(match operation.name.as_str() {
        "post /v1/clients/{client}/override" => json!({"grade": "B2", "reason": "r"}),
        "post /v1/clients/{client}/erase" => json!({"reason": "r"}),
        "post /v1/clients/{client}/merge" => json!({"into": "N-2", "reason": "r"}),
        "post /v1/clients/{client}/split" => {
            json!({"signals": [SignalId::of(&"s".parse().unwrap(), "1", "").to_string()]})
        }
        "post /v1/clients/{client}/interest" => json!({"state": "waived", "reason": "r"}),
        "post /v1/assessments" => json!({"name": "Officine Nuove S.r.l.", "country": "IT"}),
        "post /v1/assessments/{id}/client" => json!({"client": "S-1"}),
        "post /v1/assessments/{id}/erase" => json!({"reason": "r"}),
        "post /v1/clients/{client}/actions" => json!({"kind": "call"}),
        "post /v1/clients/{client}/release" => json!({"amount": "10"}),
        "put /v1/clients/{client}/limit" => json!({"amount": "10", "reason": "r"}),
        "put /v1/clients/{client}" => json!({"name": "Own"}),
        "put /v1/groups/{group}" => json!({"clients": [], "limit": "10"}),
        "post /v1/payments/{id}" => json!({"parts": []}),
        "post /v1/review/{id}" => json!({"decision": "same"}),
        "patch /v1/subscriptions/{id}" => json!({"name": "mine"}),
        "post /v1/subscriptions/{id}/rotate" => json!({}),
        "post /v1/subscriptions/{id}/recover" => json!({"after": 0}),
        "post /v1/ratings/query" => json!({"clients": ["N-1"], "expand": ["reasons"]}),
        "post /v1/signals" => json!({"client": "N-1", "kind": "protest", "valid_at": "2026-11-18", "source": "chamber",
            "official": true, "fields": {"instrument": "bill", "amount": "1", "raised_on": "2026-11-18"}}),
        "post /v1/clients" => json!([{"client": "S-9", "name": "Own"}]),
        "post /v1/invoices" => json!([{"client": "N-1", "invoice": "1", "issued_on": "2026-11-01", "amount": "1"}]),
        "post /v1/payments" => json!([{"client": "N-1", "invoice": "1", "paid_on": "2026-11-01", "amount": "1"}]),
        "post /v1/subscriptions" | "post /v1/subscriptions/preview" => {
            json!({"name": "n", "portfolio": "north", "channel": {"sse": {}}, "when": {"clients": ["N-1"]}})
        }
        "post /v1/runs" => json!({"kind": "night"}),
        "post /v1/keys" => json!({"scope": "admin"}),
        "post /v1/portfolio/stress" => json!({"sector": "C", "shock": -0.2}),
        other => panic!("say with which body {other} is asked"),
    })
}

/// The path with these names in it, and what a query must have.
fn place(operation: &Operation, names: &[(&str, &str)]) -> String {
    let mut path = operation.path.clone();
    for (name, value) in names {
        path = path.replace(&format!("{{{name}}}"), value);
    }
    assert!(!path.contains('{'), "nothing stands for a name in {path}");
    let parameters = operation.description["parameters"].as_array();
    let needed = parameters.into_iter().flatten().filter(|p| p["in"] == "query" && p["required"] == true);
    let query: Vec<&str> = needed
        .map(|parameter| match parameter["name"].as_str().unwrap() {
            "from" => "from=2026-01-01",
            "to" => "to=B2",
            other => panic!("say what {other} may be"),
        })
        .collect();
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

async fn ask(world: &World, key: Option<&str>, operation: &Operation, path: &str) -> Response {
    let mut request = world.bare(&operation.method, path);
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    if let Some(body) = body(operation) {
        request = request.json(&body);
    }
    request.send().await.unwrap()
}

/// What a refusal says, without what is each request's own.
async fn said(response: Response, status: u16) -> Value {
    let mut body = problem(response, status).await;
    body["instance"].take();
    body["request_id"].take();
    body
}

/// Two tenants; the northern one has something of every kind. Answers the names of those things.
pub(crate) async fn tenants() -> (World, Vec<(&'static str, String)>) {
    let world = World::new().await;
    world.client("north", "N-1", &format!("{CANARY} Meccanica"), 40).await;
    world.client("north", "N-2", &format!("{CANARY} Tessuti"), 2).await;
    world.client("south", "S-1", "Cantiere Meridiano", 2).await;
    let told = world.protest("N-1", "50000").await;
    let wish = json!({"name": CANARY, "portfolio": "north", "channel": {"webhook": {"url": "http://127.0.0.1:9/"}}});
    let subscription = world.post("/v1/subscriptions", &wish, 201).await["id"].as_str().unwrap().to_owned();
    world.post("/v1/clients/N-1/override", &json!({"grade": "C3", "reason": CANARY}), 200).await;
    let statement = format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Ntry><Amt Ccy=\"EUR\">7.00\
        </Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-10</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef>\
        <NtryDtls><TxDtls><RltdPties><Dbtr><Nm>{CANARY}</Nm></Dbtr></RltdPties></TxDtls></NtryDtls></Ntry></Stmt>\
        </BkToCstmrStmt></Document>"
    );
    let send = world.ask("POST", "/v1/payments?portfolio=north").header("content-type", "application/xml");
    read(send.body(statement).send().await.unwrap(), 200).await;
    let payment = world.get("/v1/payments?portfolio=north").await["items"][0]["id"].to_string();
    let import = world.get("/v1/imports?portfolio=north").await["items"][0]["id"].to_string();
    let review = review_of(&world).await;
    let document = world.get("/v1/clients/N-1/signals").await["items"][0]["evidence"]["sha256"].clone();
    let names = vec![
        ("client", "N-1".to_owned()),
        ("subscription", subscription),
        ("payment", payment),
        ("import", import),
        ("review", review.to_string()),
        ("signal", told["id"].as_str().unwrap().to_owned()),
        ("sha256", document.as_str().unwrap().to_owned()),
    ];
    (world, names)
}

/// A record that may be about the northern client and waits.
async fn review_of(world: &World) -> i64 {
    let facts = world.desk.store.facts();
    let portfolios = facts.portfolios().await.unwrap();
    let portfolio = portfolios.iter().find(|(_, name)| name.as_str() == "north").unwrap().0;
    let client = facts.client(portfolio, &"N-1".parse().unwrap()).await.unwrap().unwrap().id;
    let (source, known_at): (SourceId, jiff::Timestamp) = ("register".parse().unwrap(), START.parse().unwrap());
    let signal = Signal {
        id: SignalId::of(&source, "r-1", ""),
        source,
        valid_at: date(2026, 11, 3),
        known_at,
        is_official: true,
        fact: Fact::Clean { what: CANARY.into() },
        url: None,
        evidence: Evidence { url: "https://register.example".into(), seen_at: known_at, sha256: Sha256::of(b"r-1") },
    };
    let review = Review {
        id: 0,
        client,
        portfolio,
        certainty: Certainty::new(0.8).unwrap(),
        because: CANARY.into(),
        signal,
        own_id: "r-1".into(),
        subject_name: CANARY.to_uppercase(),
        fingerprint: None,
        decision: None,
    };
    facts.put_review(&review, known_at).await.unwrap();
    facts.reviews(&[portfolio], 0, 9).await.unwrap()[0].id
}

/// What stands for each name in a path.
type Names<'a> = Vec<(&'a str, &'a str)>;

/// Which of the northern things stands for the names in a path, and what is nobody's.
fn names_for<'a>(path: &str, own: &'a [(&'static str, String)]) -> (Names<'a>, Names<'a>) {
    let get = |name: &str| own.iter().find(|(own, _)| *own == name).unwrap().1.as_str();
    let kinds = ["subscription", "payment", "review", "import"];
    let action = ("action", "act_00000000000000000000000000000000");
    let kind = kinds.iter().find(|kind| path.contains(**kind)).unwrap_or(&"payment");
    let theirs = vec![
        ("client", "N-1"),
        ("id", get(kind)),
        ("delivery", "1"),
        ("sha256", get("sha256")),
        ("group", "g"),
        action,
    ];
    let nobody = if *kind == "subscription" { "sub_nobodys" } else { "987654" };
    let zeros = "0000000000000000000000000000000000000000000000000000000000000000";
    let nobodys =
        vec![("client", "X-404"), ("id", nobody), ("delivery", "1"), ("sha256", zeros), ("group", "g"), action];
    (theirs, nobodys)
}

#[tokio::test]
async fn g25_what_is_anothers_is_as_unknown_as_what_is_nobodys_to_every_operation() {
    let (world, own) = tenants().await;
    let south = world.key_for(Scope::Admin, &["south"]).await;
    let (mut n_walked, mut n_other) = (0, 0);
    for operation in operations() {
        if OF_THE_HOUSE.iter().any(|(name, _)| *name == operation.name) {
            n_other += 1;
            continue;
        }
        if !operation.path.contains('{') {
            continue;
        }
        let (theirs, nobodys) = names_for(&operation.path, &own);
        let one = said(ask(&world, Some(&south), &operation, &place(&operation, &theirs)).await, 404).await;
        let other = said(ask(&world, Some(&south), &operation, &place(&operation, &nobodys)).await, 404).await;
        assert_eq!(one, other, "{}", operation.name);
        n_walked += 1;
    }
    assert!(n_walked >= 30, "{n_walked}");
    assert_eq!(n_other, OF_THE_HOUSE.len(), "an exception is about nothing any more");
    let north = world.get("/v1/clients/N-1?portfolio=north").await;
    assert!(north["name"].as_str().unwrap().contains(CANARY), "nothing of it was touched: {north}");
}

#[tokio::test]
async fn g25_no_list_sum_feed_or_refusal_holds_a_byte_of_another_tenant() {
    let (world, own) = tenants().await;
    let south = world.key_for(Scope::Admin, &["south"]).await;
    for operation in operations() {
        // A stream never ends; the feed it is made of is walked.
        if operation.path == "/v1/changes/stream" {
            continue;
        }
        let (theirs, _) = names_for(&operation.path, &own);
        let path = place(&operation, &theirs);
        let joint = if path.contains('?') { "&" } else { "?" };
        for path in [path.clone(), format!("{path}{joint}portfolio=north"), format!("{path}{joint}client=N-1")] {
            let answer = ask(&world, Some(&south), &operation, &path).await;
            assert!(answer.status().as_u16() < 500, "{path}: {}", answer.status());
            let text = answer.text().await.unwrap();
            assert!(!text.to_lowercase().contains(&CANARY.to_lowercase()), "{} {path}: {text}", operation.name);
        }
    }
}

#[tokio::test]
async fn g25_every_operation_refuses_no_key_a_bad_one_a_revoked_one_and_one_that_may_only_read() {
    let (world, own) = tenants().await;
    let revoked = world.post("/v1/keys", &json!({"scope": "admin"}), 201).await;
    let id = revoked["id"].as_str().unwrap();
    assert_eq!(world.ask("DELETE", &format!("/v1/keys/{id}")).send().await.unwrap().status(), 204);
    let reader = world.key_for(Scope::Read, &[]).await;
    let shut = [None, Some("vdt_typo"), revoked["key"].as_str()];
    for operation in operations() {
        let (theirs, _) = names_for(&operation.path, &own);
        let path = place(&operation, &theirs);
        for key in shut {
            problem(ask(&world, key, &operation, &path).await, 401).await;
        }
        let reads_only = ["/query", "/preview", "/stress", "/release"].iter().any(|end| operation.path.ends_with(end));
        if operation.method != "GET" && !reads_only {
            let refused = problem(ask(&world, Some(&reader), &operation, &path).await, 403).await;
            assert_eq!(refused["code"], "scope", "{}", operation.name);
        }
    }
}

/// What stands in every name and code of a tenant, and in nobody else's: all are of one length.
fn canary(tenant: usize) -> String {
    format!("{CANARY}{tenant:03}")
}

/// A client with a past and a protested bill, and a webhook that is told of it.
async fn settle_in(world: &World, tenant: usize) -> Receiver {
    let (portfolio, code, receiver) = (format!("t{tenant}"), canary(tenant), Receiver::saying(YES).await);
    world.client(&portfolio, &code, &format!("{code} Meccanica"), 2).await;
    let hook = json!({"name": code, "portfolio": portfolio, "channel": {"webhook": {"url": receiver.url()}}});
    world.post("/v1/subscriptions", &hook, 201).await;
    world.protest(&code, "50000").await;
    receiver
}

/// Asserts that a text names this tenant and no other; answers whether it names it at all.
fn names_only(text: &str, tenant: usize, where_found: &str) -> bool {
    let (text, own) = (text.to_lowercase(), canary(tenant).to_lowercase());
    for (at, _) in text.match_indices(&CANARY.to_lowercase()) {
        assert!(text.split_at(at).1.starts_with(&own), "{where_found} of tenant {tenant}: {text}");
    }
    text.contains(&own)
}

/// What a tenant is told by the stream until every event of its own feed has come.
async fn streamed(world: &World, key: &str) -> String {
    let feed = world.bare("GET", "/v1/changes?limit=500").bearer_auth(key).send().await.unwrap();
    let feed = read(feed, 200).await;
    let last = feed["events"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
    let stream = world.bare("GET", "/v1/changes/stream?after=0").bearer_auth(key).send().await.unwrap();
    let (mut pieces, mut told) = (stream.bytes_stream(), String::new());
    while !told.lines().any(|line| line.strip_prefix("id:").is_some_and(|id| id.trim() == last)) {
        write!(told, "{}", String::from_utf8_lossy(&pieces.next().await.unwrap().unwrap())).unwrap();
    }
    told
}

#[tokio::test]
async fn g25_of_many_tenants_each_is_told_of_itself_alone_by_every_list_the_stream_and_its_webhook() {
    let world = World::new().await;
    let mut receivers = Vec::new();
    for tenant in 0..doses::g25_tenants() {
        receivers.push(settle_in(&world, tenant).await);
    }
    world.alerts.deliver_due_once().await.unwrap();
    let reads = operations().into_iter().filter(|operation| operation.method == "GET");
    let reads: Vec<_> = reads.filter(|operation| operation.path != "/v1/changes/stream").collect();
    let (mut n_answers, mut n_naming) = (0, 0);
    for (tenant, receiver) in receivers.iter().enumerate() {
        let key = world.key_for(Scope::Admin, &[&format!("t{tenant}")]).await;
        let neighbour = (tenant + 1) % receivers.len();
        for code in [canary(tenant), canary(neighbour)] {
            for operation in &reads {
                let names =
                    [("client", code.as_str()), ("id", "1"), ("delivery", "1"), ("sha256", "0"), ("group", "g")];
                let path = place(operation, &names);
                let joint = if path.contains('?') { "&" } else { "?" };
                for path in [path.clone(), format!("{path}{joint}portfolio=t{neighbour}")] {
                    let answer = ask(&world, Some(&key), operation, &path).await;
                    assert!(answer.status().as_u16() < 500, "{path}: {}", answer.status());
                    // A refusal says which path it is about: what the caller wrote is the caller's.
                    let asked = path.split('?').next().unwrap();
                    let text = answer.text().await.unwrap().replace(asked, "");
                    let is_own = code == canary(tenant);
                    n_naming += usize::from(names_only(&text, tenant, &path) && is_own);
                    n_answers += 1;
                }
            }
        }
        assert!(names_only(&streamed(&world, &key).await, tenant, "the stream"), "the stream tells of tenant {tenant}");
        let told = receiver.requests();
        assert!(!told.is_empty() && told.iter().all(|text| names_only(text, tenant, "the webhook")));
    }
    assert!(n_naming >= receivers.len(), "the search finds what is there: {n_naming}");
    let n = receivers.len();
    doses::figures(&format!("{n} tenants, {n_answers} answers, {n} streams and webhooks, 0 bytes of another"));
}
