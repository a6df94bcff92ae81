//! A sole trader whose every text is a canary: after the erasure none of them is in the data folder, whether in the
//! database, its free pages, its log or the archive. And facts go when their term is over, by a clock moved by hand.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use vedetta::{
    desk::{OverrideInput, Wanted},
    domain::{AsOf, Certainty, EventBody, Evidence, Fact, NewsItem, Sha256, Signal, SignalId},
    store::{AskedAgain, Held, NewSignal, Review, RunState, Scope, SignalTarget, Validator},
};

use crate::world::{World, house, problem, read};

const CODE: &str = "CANARYCODE1";
const NAME: &str = "Canaryname Perseghin";
/// Its tax number.
const TAX: &str = "00743110157";

/// Everything that names the person or was said of it, as it stands in files.
const CANARIES: [&str; 25] = [
    "+39 010 7654321",
    CODE,
    NAME,
    "CANARYNAME PERSEGHIN",
    "via Canarystreet 7",
    "canary@mail.example",
    "Canaryville",
    "CANARYINVOICE-1",
    "CANARYINVOICE-2",
    "canarycredit",
    "canaryheadline",
    "canaryheadline.example",
    "canaryreason",
    "canarysubject",
    "canarybecause",
    "canaryoldname",
    "canaryownid",
    "canarylink",
    "canarybytes",
    "canaryerror",
    "canaryaction",
    "canarybeside",
    "canarygrant",
    "canarygroup",
    "canarywhy",
];

/// The bytes that some answer was read from, in the archive.
fn kept(world: &World, text: &str) -> Evidence {
    let sha256 = world.desk.store.archive().put(text.as_bytes()).unwrap();
    Evidence { url: format!("https://register.example/{TAX}"), seen_at: world.clock.now(), sha256 }
}

fn headline(world: &World, title: &str, evidence: Evidence) -> Signal {
    let source = "press".parse().unwrap();
    let item = NewsItem {
        title: title.to_owned(),
        url: "https://canaryheadline.example/canarylink".to_owned(),
        language: "it".to_owned(),
        event: "layoffs".parse().unwrap(),
        severity: 3,
        about: "client".parse().unwrap(),
        negated: false,
    };
    Signal {
        id: SignalId::of(&source, title, ""),
        source,
        valid_at: AsOf::at(world.clock.now()).valid_at,
        known_at: world.clock.now(),
        is_official: false,
        fact: Fact::News(item),
        url: None,
        evidence,
    }
}

/// The person, with something in every place where a person can be.
async fn world_with_a_person() -> World {
    let world = World::new().await;
    world.client("main", "OTHER-1", "Officine Sette Ponti", 2).await;
    let table = format!(
        "client,name,country,tax_id,city,address,email,phone\nOTHER-2,Molini Astengo,IT,,Savona,via Piave 3,a@b.example,\n\
         {CODE},canaryoldname Perseghin,IT,{TAX},Canaryville,via Canarystreet 7,canary@mail.example,+39 010 7654321\n"
    );
    let import = world.ask("POST", "/v1/clients?portfolio=main").header("content-type", "text/csv").body(table);
    assert_eq!(read(import.send().await.unwrap(), 200).await["accepted"], 2);
    world.clock.advance(SignedDuration::from_secs(60));
    world.client("main", CODE, NAME, 40).await;
    let invoices = json!([
        {"client": CODE, "invoice": "CANARYINVOICE-1", "issued_on": "2026-10-01", "due_on": "2026-10-31",
            "amount": "100.00", "credit_type": "canarycredit"},
        {"client": CODE, "invoice": "CANARYINVOICE-2", "issued_on": "2026-10-01", "due_on": "nonsense", "amount": "x"},
        {"client": "OTHER-1", "invoice": "KEPT-1", "issued_on": "2026-10-01", "due_on": "2026-10-31", "amount": "7.00"},
    ]);
    world.post("/v1/invoices?portfolio=main", &invoices, 200).await;
    let told = json!({"client": CODE, "kind": "news", "valid_at": "2026-11-18", "source": "salesman",
        "id": "canaryownid", "url": "https://canaryheadline.example/canarylink", "portfolio": "main",
        "fields": {"title": "canaryheadline", "event": "layoffs", "severity": 4}});
    world.post("/v1/signals", &told, 202).await;
    let caller = house();
    let wanted = Wanted { caller: &caller, code: CODE, portfolio: Some("main") };
    world.settle().await;
    let grade = world.get(&format!("/v1/clients/{CODE}/rating")).await["grade"].as_str().unwrap().to_owned();
    let decision = OverrideInput { grade, reason: "canaryreason".to_owned(), expires_at: None };
    world.desk.overrule(&wanted, &decision).await.unwrap();
    let when = json!({"name": "one client", "channel": {"sse": {}}, "when": {"clients": [CODE]}});
    world.post("/v1/subscriptions", &when, 201).await;
    in_the_treatment(&world).await;
    in_the_store(&world).await;
    world
}

/// What was done about the person, what was noted about another and names it, what was granted.
async fn in_the_treatment(world: &World) {
    let noted = json!({"kind": "note", "note": format!("canaryaction: {NAME} was on the phone")});
    world.post(&format!("/v1/clients/{CODE}/actions?portfolio=main"), &noted, 200).await;
    let beside = json!({"kind": "note", "note": format!("canarybeside: says that {NAME} pays for them")});
    world.post("/v1/clients/OTHER-1/actions?portfolio=main", &beside, 200).await;
    // A letter stands before the note in the store: the byte of its length, here `E`.
    let first = format!("{:<69}", format!("{NAME} came with canarybeside and a bag")).replace("  ", " .");
    let first = json!({"kind": "note", "invoice": "KEPT-1", "note": first});
    world.post("/v1/clients/OTHER-1/actions?portfolio=main", &first, 200).await;
    let grant = json!({"amount": 5000, "reason": "canarygrant"});
    let path = format!("/v1/clients/{CODE}/limit?portfolio=main");
    read(world.ask("PUT", &path).json(&grant).send().await.unwrap(), 200).await;
    let group = json!({"clients": [CODE, "OTHER-1"], "limit": 9000});
    let path = format!("/v1/groups/canarygroup%20of%20{}?portfolio=main", NAME.replace(' ', "%20"));
    read(world.ask("PUT", &path).json(&group).send().await.unwrap(), 200).await;
}

/// What sources leave behind, without asking any.
async fn in_the_store(world: &World) {
    let store = &world.desk.store;
    let portfolio = store.facts().portfolio(&"main".parse().unwrap()).await.unwrap();
    let codes = [CODE.parse().unwrap(), "OTHER-1".parse().unwrap()];
    let ids = store.facts().client_ids(portfolio, &codes).await.unwrap();
    let (person, other) = (ids[0].unwrap(), ids[1].unwrap());
    let bytes = format!("<p>CANARYNAME PERSEGHIN canarybytes {TAX}</p>");
    let signal = headline(world, "canaryheadline in the paper", kept(world, &bytes));
    let target = SignalTarget::Clients(vec![(person, Certainty::CERTAIN), (other, Certainty::CERTAIN)]);
    store
        .facts()
        .put_signals(&[NewSignal {
            signal,
            own_id: "canaryownid".to_owned(),
            target,
            subject: None,
            by_number: Vec::new(),
        }])
        .await
        .unwrap();
    let review = Review {
        id: 0,
        client: other,
        portfolio,
        certainty: Certainty::new(0.8).unwrap(),
        because: format!("name: \"{NAME}\" canarybecause"),
        signal: headline(
            world,
            "canaryheadline again",
            kept(world, "canarybytes of nobody else: Canaryname Perseghin"),
        ),
        own_id: "canaryownid2".to_owned(),
        subject_name: "canarysubject Canaryname Perseghin".to_owned(),
        decision: None,
        fingerprint: None,
    };
    store.facts().put_review(&review, world.clock.now()).await.unwrap();
    let url = format!("https://register.example/elenco?q=Canaryname%20Perseghin&x={TAX}");
    let asked = AskedAgain { url, whom: vec![person], validator: Validator::default() };
    store.sources().set_validators("register", &[asked]).await.unwrap();
    let state = vedetta::store::SourceState {
        last_error: Some(format!("canaryerror: /firms/{NAME} answered 500")),
        ..vedetta::store::SourceState::default()
    };
    store.sources().set_state("register", &state, world.clock.now()).await.unwrap();
    world.settle().await;
    store.dossiers().page(0, jiff::Timestamp::MAX).await.unwrap();
}

#[tokio::test]
async fn g29_a_person_is_erased_from_every_file_and_the_others_stay() {
    let world = world_with_a_person().await;
    // One canary is only in what is said of the erasure itself.
    let there = CANARIES.iter().filter(|canary| !world.files_with(canary).is_empty()).count();
    assert_eq!(there, CANARIES.len() - 1);
    let n_events = world.desk.store.outbox().count().await.unwrap();
    let path = format!("/v1/clients/{CODE}/erase?portfolio=main");
    let reason = json!({"reason": format!("canarywhy: {NAME} asked for it")});
    let writer = world.key_for(Scope::Write, &["main"]).await;
    problem(world.bare("POST", &path).bearer_auth(&writer).json(&reason).send().await.unwrap(), 403).await;

    let erased = world.post(&path, &reason, 200).await;
    assert_eq!((erased["rule"].as_str(), erased["receipt"].as_str().unwrap().len()), (Some("erased"), 64));
    assert!(erased["imports"].as_u64().unwrap() >= 3 && erased["documents"].as_u64().unwrap() >= 2, "{erased}");
    for canary in CANARIES.iter().chain(&[TAX]) {
        assert_eq!(world.files_with(canary), Vec::<String>::new(), "{canary}");
    }

    problem(world.ask("GET", &format!("/v1/clients/{CODE}")).send().await.unwrap(), 404).await;
    world.desk.store.audit().verify().await.unwrap();
    let events = world.desk.store.outbox().after(0, 10_000, None).await.unwrap();
    assert!(i64::try_from(events.len()).unwrap() > n_events, "grades stay, and it is said that somebody was erased");
    let ratings = events.iter().filter(|e| e.client.is_none() && matches!(e.body, EventBody::RatingChanged(_)));
    assert!(ratings.count() > 0, "as figures of nobody");
    // Those who share a file with the person still have their rows in it.
    let kept = world.get("/v1/clients/OTHER-1/ledger?portfolio=main").await;
    assert!(kept["items"].as_array().unwrap().iter().any(|line| line["invoice"] == "KEPT-1"), "{kept}");
    assert!(!world.files_with("Molini Astengo").is_empty());
    let subscriptions = world.get("/v1/subscriptions").await.to_string();
    assert!(subscriptions.contains("\"clients\":[\"erased\"]"), "it must not come to mean everybody: {subscriptions}");
    assert_eq!(world.night().await.state, RunState::Done);
    // The same code may be somebody's again, and knows nothing of who had it.
    world.client("main", CODE, "Nuova Fornace", 2).await;
    assert_eq!(world.get(&format!("/v1/clients/{CODE}/rating")).await["client_seq"], 1);
}

#[tokio::test]
async fn g29_a_held_client_is_not_erased_and_a_row_of_the_audit_log_cannot_be_emptied_by_hand() {
    let world = World::new().await;
    world.client("main", "C-1", "Officine Sette Ponti", 2).await;
    let caller = house();
    let wanted = Wanted { caller: &caller, code: "C-1", portfolio: None };
    let why = vedetta::desk::ReasonInput { reason: "lawsuit 12/2026".to_owned() };
    let hold = world.desk.hold(&wanted, &why).await.unwrap();
    assert!(world.desk.erase(&wanted, &why).await.is_err());
    world.desk.end_hold(&caller, hold.id).await.unwrap();
    world.desk.erase(&wanted, &why).await.unwrap();
    assert!(world.desk.store.audit().verify().await.unwrap() > 3);
}

#[tokio::test]
async fn g29_a_telephone_number_that_is_anothers_figure_takes_nothing_of_theirs() {
    let world = World::new().await;
    world.client("other", "OTHER-1", "Officine Sette Ponti", 2).await;
    let figure = json!([{"client": "OTHER-1", "invoice": "70012", "issued_on": "2026-10-01", "due_on": "2026-10-31",
        "amount": "70012.00"}]);
    world.post("/v1/invoices?portfolio=other", &figure, 200).await;
    let table = "client,name,country,phone\nC-1,Canaryname Perseghin,IT,70012\n";
    let import = world.ask("POST", "/v1/clients?portfolio=main").header("content-type", "text/csv").body(table);
    assert_eq!(read(import.send().await.unwrap(), 200).await["accepted"], 1);
    let reason = json!({"reason": "asked for it"});
    let erased = world.post("/v1/clients/C-1/erase?portfolio=main", &reason, 200).await;
    assert_eq!(erased["imports"], 1, "its own, and no other's: {erased}");
}

/// A protest of 2026-11-18, told by a register.
async fn protested() -> (World, String) {
    let world = World::new().await;
    world.client("main", "C-1", "Officine Sette Ponti", 2).await;
    let told = world.protest("C-1", "50000").await;
    (world, told["id"].as_str().unwrap().to_owned())
}

fn at(instant: &str) -> Timestamp {
    instant.parse().unwrap()
}

async fn signals(world: &World) -> Vec<Value> {
    world.get("/v1/clients/C-1/signals").await["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn g29_a_protest_is_forgotten_after_five_years_and_the_rating_is_what_it_would_have_been() {
    let (world, id) = protested().await;
    let bad = world.get("/v1/clients/C-1/rating").await["grade"].as_str().unwrap().to_owned();
    let sha256: Sha256 = signals(&world).await[0]["evidence"]["sha256"].as_str().unwrap().parse().unwrap();
    world.clock.advance_to(at("2031-11-18T20:00:00Z"));
    world.night().await;
    assert_eq!(signals(&world).await.len(), 1, "the last day of the term belongs to it");
    world.clock.advance_to(at("2031-11-19T20:00:00Z"));
    assert_eq!(world.night().await.state, RunState::Done);
    assert_eq!(signals(&world).await.len(), 0);
    assert_eq!(world.desk.store.archive().get(&sha256).unwrap(), None, "its bytes are gone");
    let history = world.get("/v1/clients/C-1/ratings").await.to_string();
    assert!(
        history.contains(&bad) && !history.contains(&id),
        "the grade was our decision, the pointer is not: {history}"
    );
    let never = World::new().await;
    never.client("main", "C-1", "Officine Sette Ponti", 2).await;
    never.clock.advance_to(at("2031-11-19T20:00:00Z"));
    never.night().await;
    let (now, as_if) = (world.get("/v1/clients/C-1/rating").await, never.get("/v1/clients/C-1/rating").await);
    assert_eq!((&now["grade"], &now["points"], &now["pd"]), (&as_if["grade"], &as_if["points"], &as_if["pd"]));
    let again = world.night().await;
    assert_eq!((again.moved_up, again.moved_down, again.failed), (0, 0, 0), "forgetting twice is forgetting once");
}

#[tokio::test]
async fn g29_what_is_held_does_not_expire_until_the_hold_ends() {
    let (world, id) = protested().await;
    let id: SignalId = id.parse().unwrap();
    let facts = world.desk.store.facts();
    let hold = facts.hold(Held::Signal(id), "test", "lawsuit", world.clock.now()).await.unwrap();
    world.clock.advance_to(at("2032-01-01T20:00:00Z"));
    world.night().await;
    assert_eq!(signals(&world).await.len(), 1);
    assert!(facts.end_hold(hold, world.clock.now()).await.unwrap());
    assert_eq!(world.desk.expire(&house()).await.unwrap().0.n_signals(), 1);
    assert_eq!(signals(&world).await.len(), 0);
}
