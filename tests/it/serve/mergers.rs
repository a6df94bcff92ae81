//! Two codes of one company, from outside.

use serde_json::{Value, json};
use vedetta::store::{RunState, Scope};

use crate::world::{World, problem, read};

const PATH: &str = "/v1/clients/N-1/merge";

fn wait(world: &World) {
    world.clock.advance(jiff::SignedDuration::from_secs(60));
}

/// Two codes of one company, each with a year of invoices; the first pays late and has a protest.
async fn two_codes() -> World {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 40).await;
    world.client("north", "N-2", "Officine Valdarno Srl", 0).await;
    world.protest("N-1", "18000.00").await;
    wait(&world);
    world
}

async fn merge(world: &World) -> Value {
    let merged = world.post(PATH, &json!({"into": "N-2", "reason": "entered twice"}), 200).await;
    wait(world);
    merged
}

async fn unmerge(world: &World) -> Value {
    let ended = read(world.ask("DELETE", PATH).send().await.unwrap(), 200).await;
    wait(world);
    ended
}

async fn rating(world: &World, code: &str) -> Value {
    world.get(&format!("/v1/clients/{code}/rating")).await
}

/// What a rating comes to.
fn figures(rating: &Value) -> [Value; 4] {
    ["grade", "pd", "points", "coverage"].map(|field| rating[field].clone())
}

async fn items(world: &World, path: &str) -> Vec<Value> {
    world.get(path).await["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_merged_code_answers_with_the_rating_of_its_survivor_and_with_its_own_past() {
    let world = two_codes().await;
    let (known_at, before) = (world.clock.now(), [rating(&world, "N-1").await, rating(&world, "N-2").await]);
    let history = world.get("/v1/clients/N-1/ratings").await;
    wait(&world);
    let merged = merge(&world).await;
    assert_eq!((&merged["client"], &merged["into"], &merged["in_force"]), (&json!("N-1"), &json!("N-2"), &json!(true)));
    let [one, two] = [rating(&world, "N-1").await, rating(&world, "N-2").await];
    assert_eq!((&one["client"], &one["merged_into"], two.get("merged_into")), (&json!("N-1"), &json!("N-2"), None));
    assert_eq!((figures(&one), &one["client_seq"]), (figures(&two), &two["client_seq"]));
    assert_ne!(figures(&two), figures(&before[1]), "it has the protest now");
    assert_eq!(merged["ratings"][0]["grade"], two["grade"], "it was rated at once");
    let event = world.get("/v1/changes?after=0&limit=500").await["events"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&event["type"], &event["subject"]), (&json!("rating.changed"), &json!("N-2")));
    assert_eq!(event["data"]["cause"], "signals");

    for (code, then) in [("N-1", &before[0]), ("N-2", &before[1])] {
        let found = world.get(&format!("/v1/clients/{code}/rating?known_at={known_at}")).await;
        assert_eq!((figures(&found), found.get("merged_into")), (figures(then), None), "two clients then: {found}");
    }
    assert_eq!(world.get("/v1/clients/N-1/ratings").await, history);
    let explained = world.get("/v1/clients/N-1/explanation").await;
    assert_eq!((&explained["merged_into"], &explained["to"]["grade"]), (&json!("N-2"), &two["grade"]));
    let own = world.get("/v1/clients/N-1/explanation?to_client_seq=1").await;
    assert_eq!((own["to"]["client_seq"].as_i64(), own.get("merged_into")), (Some(1), None));
    let asked = world.post("/v1/ratings/query", &json!({"clients": ["N-1", "N-2"]}), 200).await;
    let brief = |n: usize| (&asked["ratings"][n]["client"], &asked["ratings"][n]["points"]);
    assert_eq!([brief(0), brief(1)], [(&json!("N-1"), &two["points"]), (&json!("N-2"), &two["points"])]);
    assert_eq!((&asked["ratings"][0]["merged_into"], asked["ratings"][1].get("merged_into")), (&json!("N-2"), None));
    let full = json!({"clients": ["N-1"], "expand": ["reasons"]});
    assert_eq!(world.post("/v1/ratings/query", &full, 200).await["ratings"][0]["reasons"], two["reasons"]);
}

#[tokio::test]
async fn facts_are_listed_with_the_code_they_came_under_and_exposure_counts_once() {
    let world = two_codes().await;
    let open = json!([{"client": "N-1", "invoice": "N-1-open", "issued_on": "2026-11-01", "due_on": "2026-12-01",
        "amount": "250.00"}]);
    world.post("/v1/invoices?portfolio=north", &open, 200).await;
    world.settle().await;
    let before = world.get("/v1/portfolio/summary").await;
    merge(&world).await;
    let after = world.get("/v1/portfolio/summary").await;
    assert_eq!((&before["clients"], &after["clients"]), (&json!(2), &json!(1)));
    assert_eq!(after["exposure"], before["exposure"], "all of it, once");
    assert!(after["exposure"].as_f64().unwrap() >= 250.0, "{after}");

    let signals = items(&world, "/v1/clients/N-2/signals").await;
    assert_eq!((signals.len(), &signals[0]["client"]), (1, &json!("N-1")));
    let ledger = items(&world, "/v1/clients/N-2/ledger").await;
    let under = |code: Value| ledger.iter().filter(|line| line["client"] == code).count();
    assert_eq!((ledger.len(), under(json!("N-1")), under(Value::Null)), (25, 13, 12));
    assert!(ledger.is_sorted_by(|a, b| a["issued_on"].as_str() >= b["issued_on"].as_str()));
    assert_eq!(items(&world, "/v1/clients/N-1/ledger").await.len(), 13, "what lies under its own code");
    let one = world.get("/v1/clients/N-1").await;
    let two = world.get("/v1/clients/N-2").await;
    assert_eq!((&one["merged_into"], &two["merged"], &one["rating"]), (&json!("N-2"), &json!(["N-1"]), &two["rating"]));
    let listed = items(&world, "/v1/clients?portfolio=north").await;
    assert_eq!(listed, [one, two]);
    let document = signals[0]["evidence"]["sha256"].as_str().unwrap();
    let reader = world.key_for(Scope::Read, &["north"]).await;
    for code in ["N-1", "N-2"] {
        let path = format!("/v1/evidence/{document}?client={code}");
        assert_eq!(world.bare("GET", &path).bearer_auth(&reader).send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn the_night_rates_a_company_once_and_as_it_was_rated_live() {
    let world = two_codes().await;
    merge(&world).await;
    let (live, history) = (rating(&world, "N-2").await, world.get("/v1/clients/N-1/ratings").await);
    let night = world.night().await;
    assert_eq!((night.state, night.scanned, night.failed), (RunState::Done, 1, 0));
    let after = rating(&world, "N-2").await;
    assert_eq!((figures(&after), &after["client_seq"]), (figures(&live), &live["client_seq"]));
    assert_eq!(world.get("/v1/clients/N-1/ratings").await, history, "nobody rates it by itself");
    let now = vedetta::domain::AsOf::at(world.clock.now());
    assert_eq!(world.desk.rescorer.replay(now).await.unwrap().len(), 1);
    unmerge(&world).await;
    let now = vedetta::domain::AsOf::at(world.clock.now());
    assert_eq!(world.desk.rescorer.replay(now).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_merger_taken_back_leaves_both_as_if_it_had_never_been() {
    let (world, never) = (two_codes().await, two_codes().await);
    merge(&world).await;
    wait(&never);
    // Facts go on coming under both codes.
    for world in [&world, &never] {
        world.protest("N-2", "70.00").await;
        let paid = json!([{"client": "N-1", "invoice": "N-1-13", "issued_on": "2026-10-01", "due_on": "2026-10-31",
            "amount": "9000.00"}]);
        world.post("/v1/invoices?portfolio=north", &paid, 200).await;
        world.settle().await;
    }
    let (in_between, united) = (world.clock.now(), rating(&world, "N-2").await);
    wait(&world);
    wait(&never);
    let ended = unmerge(&world).await;
    wait(&never);
    let then = world.get(&format!("/v1/clients/N-1/rating?known_at={in_between}")).await;
    let step = |rating: &Value| (rating["grade"].clone(), rating["client_seq"].clone());
    assert_eq!((step(&then), &then["merged_into"]), (step(&united), &json!("N-2")), "what was known then");
    assert_eq!((ended["in_force"].as_bool(), ended["ratings"].as_array().unwrap().len()), (Some(false), 2));
    assert_eq!(world.settle().await.scanned, 0, "both were rated at once");
    for world in [&world, &never] {
        world.night().await;
    }
    for (code, ended) in [("N-1", &ended["ratings"][0]), ("N-2", &ended["ratings"][1])] {
        let (now, as_if) = (rating(&world, code).await, rating(&never, code).await);
        assert_eq!((figures(&now), now.get("merged_into")), (figures(&as_if), None));
        assert_eq!((&now["reasons"], &now["grade"]), (&as_if["reasons"], &ended["grade"]));
        let path = format!("/v1/clients/{code}/ledger");
        assert_eq!(items(&world, &path).await.len(), items(&never, &path).await.len());
    }
    let kept = world.get(PATH).await;
    assert_eq!((kept.as_array().unwrap().len(), &kept[0]["into"]), (1, &json!("N-2")), "for the auditor: {kept}");
    assert!(kept[0]["from_known"].as_str() < kept[0]["to_known"].as_str(), "{kept}");
    problem(world.ask("DELETE", PATH).send().await.unwrap(), 404).await;
    assert!(world.desk.store.audit().verify().await.unwrap() > 0);
}

#[tokio::test]
async fn a_cancellation_told_under_the_old_code_meets_its_protest() {
    let (world, never) = (two_codes().await, two_codes().await);
    merge(&world).await;
    let protested = rating(&world, "N-2").await;
    let told = json!({"client": "N-1", "kind": "protest", "valid_at": "2026-11-18", "source": "chamber", "official": true,
        "fields": {"instrument": "bill", "amount": "18000.00", "raised_on": "2026-11-18", "state": "cancelled"}});
    for world in [&world, &never] {
        world.post("/v1/signals", &told, 202).await;
        wait(world);
        world.settle().await;
    }
    assert_eq!(items(&world, "/v1/clients/N-2/signals").await, Vec::<Value>::new());
    assert_ne!(figures(&rating(&world, "N-2").await), figures(&protested));
    merge(&never).await;
    assert_eq!(figures(&rating(&world, "N-2").await), figures(&rating(&never, "N-2").await));
    let history = world.get("/v1/clients/N-2/ratings").await;
    let last = &history["items"][0];
    assert_eq!((&last["cause"], &last["grade"]), (&json!("expiry"), &rating(&world, "N-2").await["grade"]));
    assert_eq!(world.night().await.failed, 0, "no present rating rests on what is gone");
}

#[tokio::test]
async fn a_cancellation_told_under_the_survivors_code_meets_a_protest_told_under_the_old_one() {
    let world = two_codes().await;
    merge(&world).await;
    assert_eq!(items(&world, "/v1/clients/N-2/signals").await.len(), 1);
    let told = json!({"client": "N-2", "kind": "protest", "valid_at": "2026-11-18", "source": "chamber", "official": true,
        "fields": {"instrument": "bill", "amount": "18000.00", "raised_on": "2026-11-18", "state": "cancelled"}});
    world.post("/v1/signals", &told, 202).await;
    assert_eq!(items(&world, "/v1/clients/N-2/signals").await, Vec::<Value>::new());
    read(world.ask("DELETE", PATH).send().await.unwrap(), 200).await;
    assert_eq!(items(&world, "/v1/clients/N-1/signals").await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_is_imported_under_the_old_code_counts_for_the_survivor_at_once() {
    let world = two_codes().await;
    merge(&world).await;
    let before = rating(&world, "N-2").await;
    let late = json!([{"client": "N-1", "invoice": "N-1-99", "issued_on": "2026-05-01", "due_on": "2026-05-31",
        "amount": "50000.00"}]);
    assert_eq!(world.post("/v1/invoices?portfolio=north", &late, 200).await["accepted"], 1);
    let row = json!([{"client": "N-1", "name": "Officine Valdarno in liquidazione", "country": "IT"}]);
    assert_eq!(world.post("/v1/clients?portfolio=north", &row, 200).await["changed"], 1);
    wait(&world);
    assert_eq!(world.settle().await.scanned, 1, "the survivor, once");
    let after = rating(&world, "N-2").await;
    assert!(after["points"].as_i64() < before["points"].as_i64(), "{after}");
    assert_eq!(
        (&after["name"], &rating(&world, "N-1").await["points"]),
        (&json!("Officine Valdarno Srl"), &after["points"])
    );
    unmerge(&world).await;
    assert!(items(&world, "/v1/clients/N-1/ledger").await.iter().any(|line| line["invoice"] == "N-1-99"));
    assert_eq!(items(&world, "/v1/clients/N-2/ledger").await.len(), 12);
    assert_eq!(rating(&world, "N-1").await["name"], "Officine Valdarno in liquidazione");
}

#[tokio::test]
async fn of_two_mergers_one_can_be_taken_back() {
    let world = two_codes().await;
    world.client("north", "N-3", "Off. Valdarno", 5).await;
    world.protest("N-3", "40.00").await;
    merge(&world).await;
    world.post("/v1/clients/N-3/merge", &json!({"into": "N-2"}), 200).await;
    wait(&world);
    let under = async || {
        let signals = items(&world, "/v1/clients/N-2/signals").await;
        let mut codes: Vec<String> = signals.iter().map(|s| s["client"].as_str().unwrap().to_owned()).collect();
        codes.sort();
        codes
    };
    assert_eq!(under().await, ["N-1", "N-3"]);
    unmerge(&world).await;
    assert_eq!(under().await, ["N-3"]);
    assert_eq!(world.get("/v1/clients/N-2").await["merged"], json!(["N-3"]));
    assert_eq!(rating(&world, "N-1").await.get("merged_into"), None);
    assert_eq!(world.get("/v1/portfolio/summary").await["clients"], 2);
    let owed = async |code: &str| items(&world, &format!("/v1/clients/{code}/ledger")).await.len();
    assert_eq!([owed("N-1").await, owed("N-2").await, owed("N-3").await], [12, 24, 12]);
}

#[tokio::test]
async fn an_override_of_the_merged_code_rests_while_it_is_merged_and_none_can_be_made() {
    let world = two_codes().await;
    let path = "/v1/clients/N-1/override";
    let grade = rating(&world, "N-1").await["grade"].clone();
    let body = json!({"grade": grade, "reason": "we know them"});
    world.post(path, &body, 200).await;
    wait(&world);
    merge(&world).await;
    assert_eq!(rating(&world, "N-2").await["override"], Value::Null, "it was decided of the other code alone");
    for request in [world.ask("POST", path).json(&body), world.ask("DELETE", path)] {
        let refused = problem(request.send().await.unwrap(), 409).await;
        assert_eq!((&refused["code"], &refused["merged_into"]), (&json!("merged_client"), &json!("N-2")), "{refused}");
    }
    unmerge(&world).await;
    assert_eq!(rating(&world, "N-1").await["override"]["reason"], "we know them");
}

#[tokio::test]
async fn a_merger_that_cannot_be_is_refused_with_what_would_be_right() {
    let world = two_codes().await;
    world.client("south", "S-1", "Officine Valdarno S.r.l.", 3).await;
    world.client("north", "N-3", "Panificio Gervasoni", 3).await;
    let ask = async |code: &str, into: &str, status: u16| {
        let path = format!("/v1/clients/{code}/merge");
        problem(world.ask("POST", &path).json(&json!({"into": into})).send().await.unwrap(), status).await
    };
    assert_eq!(ask("N-1", "N-1", 422).await["errors"][0]["pointer"], "/into");
    assert_eq!(ask("N-1", "", 422).await["errors"][0]["pointer"], "/into");
    for (code, into) in [("N-1", "S-1"), ("S-1", "N-1"), ("N-1", "N-9"), ("N-9", "N-1")] {
        assert_eq!(ask(code, into, 404).await["code"], "unknown_client", "{code} into {into}");
    }
    let reader = world.key_for(Scope::Read, &["north"]).await;
    let stranger = world.key_for(Scope::Write, &["south"]).await;
    let body = json!({"into": "N-2"});
    for (key, status) in [(&reader, 403), (&stranger, 404)] {
        problem(world.bare("POST", PATH).bearer_auth(key).json(&body).send().await.unwrap(), status).await;
        problem(world.bare("DELETE", PATH).bearer_auth(key).send().await.unwrap(), status).await;
    }
    problem(world.bare("GET", PATH).bearer_auth(&stranger).send().await.unwrap(), 404).await;
    merge(&world).await;
    problem(world.bare("DELETE", PATH).bearer_auth(&stranger).send().await.unwrap(), 404).await;
    assert_eq!(ask("N-1", "N-3", 409).await["merged_into"], "N-2");
    assert_eq!(ask("N-3", "N-1", 409).await["merged_into"], "N-2");
    let refused = ask("N-2", "N-3", 409).await;
    assert!(refused["detail"].as_str().unwrap().starts_with("N-1 is merged into N-2"), "{refused}");
}

const CODE: &str = "CANARYCODE7";
const NAME: &str = "Canaryname Perseghin";

/// A person that was found to be another client, with facts from before and after.
async fn with_a_person() -> World {
    let world = World::new().await;
    world.client("main", "N-2", "Officine Sette Ponti", 2).await;
    wait(&world);
    world.client("main", CODE, NAME, 40).await;
    world.protest(CODE, "18000.00").await;
    let path = format!("/v1/clients/{CODE}/merge");
    world.post(&path, &json!({"into": "N-2", "reason": format!("{NAME} is their sole trader")}), 200).await;
    wait(&world);
    let late = json!([{"client": CODE, "invoice": "CANARYINVOICE", "issued_on": "2026-05-01", "due_on": "2026-05-31",
        "amount": "50000.00"}]);
    world.post("/v1/invoices?portfolio=main", &late, 200).await;
    world.settle().await;
    world.night().await;
    wait(&world);
    world
}

#[tokio::test]
async fn erasing_the_merged_client_leaves_no_trace_of_it_with_the_survivor() {
    let (world, never) = (with_a_person().await, World::new().await);
    never.client("main", "N-2", "Officine Sette Ponti", 2).await;
    assert_ne!(figures(&rating(&world, "N-2").await), figures(&rating(&never, "N-2").await));
    let erased = world.post(&format!("/v1/clients/{CODE}/erase"), &json!({"reason": "asked for"}), 200).await;
    assert_eq!(erased["also_known_as"], json!(["N-2"]));
    world.settle().await;
    for canary in [CODE, NAME, "CANARYINVOICE"] {
        assert_eq!(world.files_with(canary), Vec::<String>::new(), "{canary}");
    }
    assert_eq!(figures(&rating(&world, "N-2").await), figures(&rating(&never, "N-2").await));
    assert_eq!(world.get("/v1/clients/N-2").await.get("merged"), None);
    assert_eq!(world.get("/v1/clients/N-2/ratings").await["items"][0]["cause"], "expiry");
    let steps = items(&world, "/v1/clients/N-2/ratings").await.len();
    for step in 1..=steps {
        world.get(&format!("/v1/clients/N-2/explanation?to_client_seq={step}")).await;
    }
    wait(&world);
    assert_eq!(world.night().await.state, RunState::Done);
    world.desk.store.audit().verify().await.unwrap();
}

#[tokio::test]
async fn erasing_the_survivor_makes_the_other_code_a_client_of_its_own() {
    let world = with_a_person().await;
    let hold = world.desk.store.facts().mergers(world.clock.now()).await.unwrap()[0].survivor;
    let held = vedetta::store::Held::Client(hold);
    let hold = world.desk.store.facts().hold(held, "anna", "lawsuit", world.clock.now()).await.unwrap();
    for code in [CODE, "N-2"] {
        let path = format!("/v1/clients/{code}/erase");
        let refused = world.ask("POST", &path).json(&json!({"reason": "asked for"})).send().await.unwrap();
        problem(refused, 403).await;
    }
    world.desk.store.facts().end_hold(hold, world.clock.now()).await.unwrap();
    let erased = world.post("/v1/clients/N-2/erase", &json!({"reason": "asked for"}), 200).await;
    assert_eq!(erased["also_known_as"], json!([CODE]));
    world.settle().await;
    assert_eq!(world.files_with("Sette Ponti"), Vec::<String>::new());
    let now = rating(&world, CODE).await;
    assert_eq!((now.get("merged_into"), items(&world, &format!("/v1/clients/{CODE}/ledger")).await.len()), (None, 13));
    assert_eq!(world.get("/v1/portfolio/summary").await["clients"], 1);
    assert_eq!(world.night().await.state, RunState::Done);
}

#[tokio::test]
async fn a_signal_is_split_off_and_given_back_by_its_review() {
    let world = two_codes().await;
    let signal = items(&world, "/v1/clients/N-1/signals").await[0]["signal"].as_str().unwrap().to_owned();
    let path = "/v1/clients/N-1/split";
    let before = rating(&world, "N-1").await;
    let split = world.post(path, &json!({"signals": [signal], "to": "N-2"}), 200).await;
    assert_eq!((&split["signals"][0], &split["to"]), (&json!(signal), &json!("N-2")), "{split}");
    assert_eq!(items(&world, "/v1/clients/N-1/signals").await, Vec::<Value>::new());
    assert_eq!(items(&world, "/v1/clients/N-2/signals").await[0]["signal"], json!(signal));
    let after = rating(&world, "N-1").await;
    assert!(!after["reasons"].to_string().contains(&signal), "it was rated at once: {after}");
    assert!(after["points"].as_i64() > before["points"].as_i64());

    wait(&world);
    let review = format!("/v1/review/{}", split["reviews"][0]);
    let given = world.ask("POST", &review).json(&json!({"decision": "same"})).send().await.unwrap();
    assert_eq!(given.status(), 204);
    wait(&world);
    world.settle().await;
    assert_eq!(items(&world, "/v1/clients/N-1/signals").await[0]["signal"], json!(signal));
    assert_eq!(rating(&world, "N-1").await["points"], before["points"]);
    merge(&world).await;
    for (body, pointer) in [
        (json!({"signals": []}), "/signals"),
        (json!({"signals": ["sig_1"]}), "/signals/0"),
        (json!({"signals": [signal], "to": "N-1"}), "/to"),
        (json!({"signals": ["sig_00000000000000000000000000000000"]}), "/signals"),
    ] {
        let refused = world.ask("POST", path).json(&body).send().await.unwrap();
        assert_eq!(problem(refused, 422).await["errors"][0]["pointer"], pointer);
    }
}

#[tokio::test]
async fn an_electronic_invoice_for_two_codes_of_one_company_is_the_one_s_that_is_rated() {
    let world = two_codes().await;
    for code in ["N-1", "N-2"] {
        let row =
            json!({"client": code, "name": "Meccanica Valdossa S.r.l.", "country": "IT", "tax_id": "00743110157"});
        let path = format!("/v1/clients/{code}?portfolio=north");
        read(world.ask("PUT", &path).json(&row).send().await.unwrap(), 200).await;
    }
    let send = async || {
        let invoice = crate::intake::invoice_xml::Written::default().file();
        let sent = world.ask("POST", "/v1/invoices?portfolio=north").header("content-type", "application/xml");
        read(sent.body(invoice).send().await.unwrap(), 200).await
    };
    assert_eq!(send().await["rejects"][0]["code"], "ambiguous_client");
    merge(&world).await;
    assert_eq!(send().await["accepted"], 1);
    let ledger = items(&world, "/v1/clients/N-2/ledger?portfolio=north").await;
    let line = ledger.iter().find(|line| line["invoice"] == "12/2026").unwrap();
    assert_eq!(line.get("client"), None, "under the survivor's own code: {line}");
}
