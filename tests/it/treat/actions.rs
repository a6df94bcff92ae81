//! What was done about a client, over the API: recorded once, announced once, and followed by what comes next.

use jiff::{SignedDuration, ToSpan};
use serde_json::{Value, json};
use vedetta::store::Scope;

use crate::world::{World, problem, read};

/// A client that pays well, and one invoice of it that fell due so many days ago.
pub(super) async fn late_client(world: &World, code: &str, days: i64) {
    world.client("main", code, "Tessitura Valmora", 0).await;
    overdue(world, code, &format!("{code}-LATE"), days).await;
}

pub(super) async fn overdue(world: &World, code: &str, invoice: &str, days: i64) {
    let due = vedetta::domain::AsOf::at(world.clock.now()).valid_at - days.days();
    let row =
        json!([{"client": code, "invoice": invoice, "issued_on": due - 30.days(), "due_on": due, "amount": "5000.00"}]);
    assert_eq!(world.post("/v1/invoices?portfolio=main", &row, 200).await["accepted"], 1);
    world.clock.advance(SignedDuration::from_secs(60));
    world.settle().await;
}

/// Every event of a change of treatment, as its data.
async fn announced(world: &World) -> Vec<Value> {
    let feed = world.get("/v1/changes?after=0&limit=500").await;
    let events = feed["events"].as_array().unwrap().iter();
    events.filter(|event| event["type"] == "treatment.changed").map(|event| event["data"].clone()).collect()
}

pub(super) async fn act(world: &World, code: &str, body: &Value) -> Value {
    world.clock.advance(SignedDuration::from_secs(60));
    world.post(&format!("/v1/clients/{code}/actions"), body, 200).await
}

#[tokio::test]
async fn what_is_to_be_done_is_told_with_a_text_a_day_and_why_not_more() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    let view = world.get("/v1/clients/C-1/treatment").await;
    assert_eq!((view["phase"].as_str(), view["action"].as_str()), (Some("courtesy_call"), Some("call")), "{view}");
    assert_eq!(view["tone"], "white_gloves");
    assert_eq!(view["language"], "it");
    assert_eq!(view["overdue"], "5000.00");
    assert_eq!(view["invoices"], json!(["C-1-LATE"]));
    assert!(view["text_it"].as_str().unwrap().contains("Tessitura Valmora"), "{view}");
    assert!(view["why_not_more"].as_str().unwrap().contains("formal notice"), "{view}");
    assert!(view["wait_or_act"]["assumptions"]["lgd"].is_number() && view["wait_or_act"]["on"].is_string());
    assert_eq!(view["motive"]["verdict"], "momentary");
    assert!(view["legal_clocks"].as_array().unwrap().iter().any(|clock| clock["kind"] == "limitation"));
    assert_eq!(view["policy"], "2026-4");
}

#[tokio::test]
async fn a_change_of_phase_is_announced_once_and_a_new_figure_never() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    let first = announced(&world).await;
    assert_eq!(first.len(), 1, "{first:?}");
    assert_eq!(
        (&first[0]["from"], &first[0]["to"], &first[0]["action"]),
        (&Value::Null, &json!("courtesy_call"), &json!("call"))
    );
    assert_eq!((first[0]["overdue"].as_f64(), first[0]["client"].as_str()), (Some(5000.0), Some("C-1")));
    overdue(&world, "C-1", "MORE", 3).await;
    world.night().await;
    assert_eq!(announced(&world).await.len(), 1, "more is overdue, and there is nothing else to do");
    let paid = json!([{"client": "C-1", "invoice": "C-1-LATE", "issued_on": "2026-10-09", "due_on": "2026-11-08",
        "amount": "5000.00", "paid_on": "2026-11-20"}]);
    world.post("/v1/invoices?portfolio=main", &paid, 200).await;
    world.clock.advance(SignedDuration::from_secs(60));
    world.settle().await;
    let last = announced(&world).await;
    assert_eq!((last.len(), &last[1]["to"], &last[1]["action"]), (2, &json!("monitoring"), &json!("watch")));
}

#[tokio::test]
async fn a_night_announces_what_the_calendar_brought_and_a_second_one_nothing() {
    let world = World::new().await;
    late_client(&world, "C-1", 3).await;
    assert_eq!(announced(&world).await.len(), 0, "three days late: too early for a good client");
    world.clock.advance(SignedDuration::from_hours(24 * 4));
    world.night().await;
    let told = announced(&world).await;
    assert_eq!((told.len(), &told[0]["to"]), (1, &json!("courtesy_call")));
    world.clock.advance(SignedDuration::from_hours(24));
    world.night().await;
    assert_eq!(announced(&world).await.len(), 1);
}

#[tokio::test]
async fn what_was_done_changes_what_comes_next_in_one_transaction() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    let call = json!({"kind": "call", "on": "2026-11-19", "note": "spoke to the owner"});
    let answer = act(&world, "C-1", &call).await;
    assert_eq!(answer["new"], true);
    assert_eq!(
        (&answer["treatment"]["phase"], &answer["treatment"]["action"]),
        (&json!("courtesy_call"), &json!("wait"))
    );
    assert_eq!(answer["treatment"]["actions"][0]["result"], "reached");
    assert_eq!(announced(&world).await.len(), 2, "told before anything was rescored");
    world.settle().await;
    assert_eq!(announced(&world).await.len(), 2);

    let again = act(&world, "C-1", &call).await;
    assert_eq!((&again["new"], &again["action"]["id"]), (&json!(false), &answer["action"]["id"]));
    assert_eq!(announced(&world).await.len(), 2, "twice is the same as once");

    let promise = json!({"kind": "promise", "due_on": "2026-11-24", "amount": 5000});
    let answer = act(&world, "C-1", &promise).await;
    assert_eq!(
        (&answer["treatment"]["action"], &answer["treatment"]["due_on"]),
        (&json!("await_promise"), &json!("2026-11-24"))
    );
    world.clock.advance(SignedDuration::from_hours(24 * 8));
    world.night().await;
    let view = world.get("/v1/clients/C-1/treatment").await;
    assert_eq!((&view["phase"], &view["basis"]), (&json!("formal_notice"), &json!("broken_promise")));
    let last = announced(&world).await.pop().unwrap();
    assert_eq!(
        (&last["from"], &last["to"], &last["action"]),
        (&json!("courtesy_call"), &json!("formal_notice"), &json!("send_notice"))
    );
}

#[tokio::test]
async fn what_it_was_time_for_is_kept_with_what_was_done_instead() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    let acted = act(&world, "C-1", &json!({"kind": "reminder_sent"})).await;
    assert_eq!((&acted["new"], &acted["action"]["was_due"]), (&json!(true), &json!("courtesy_call")));
    let then = |view: &Value| (view["phase"].clone(), view["action"].clone());
    assert_eq!(then(&acted["treatment"]), (json!("courtesy_call"), json!("call")), "{acted}");
    world.clock.advance(SignedDuration::from_secs(60));
    let view = world.get("/v1/clients/C-1/treatment").await;
    assert_eq!(
        (then(&view), &view["actions"][0]["was_due"]),
        ((json!("courtesy_call"), json!("call")), &json!("courtesy_call"))
    );
    let called = act(&world, "C-1", &json!({"kind": "call"})).await;
    assert_eq!(called["treatment"]["action"], "wait", "{called}");
}

#[tokio::test]
async fn an_action_that_makes_no_sense_is_refused_with_its_place() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    for (body, pointer) in [
        (json!({"kind": "sing"}), "/kind"),
        (json!({"kind": "call", "on": "2027-01-01"}), "/on"),
        (json!({"kind": "promise"}), "/due_on"),
        (json!({"kind": "promise", "due_on": "2026-12-01", "amount": "-5"}), "/amount"),
        (json!({"kind": "call", "due_on": "2026-12-01"}), "/due_on"),
        (json!({"kind": "promise", "due_on": "9999-12-31"}), "/due_on"),
        (json!({"kind": "promise", "due_on": "2026-12-01", "amount": 5, "currency": "JPY"}), "/currency"),
        (json!({"kind": "plan", "instalments": [{"due_on": "2040-12-01", "amount": 1}]}), "/instalments/0/due_on"),
        (json!({"kind": "plan", "instalments": [{"due_on": "2027-11-01", "amount": 1}]}), "/instalments/0/due_on"),
        (json!({"kind": "plan"}), "/instalments"),
        (
            json!({"kind": "plan", "instalments": [{"due_on": "2026-12-01", "amount": 1}, {"due_on": "2026-11-30", "amount": 1}]}),
            "/instalments/1/due_on",
        ),
        (json!({"kind": "call", "result": "maybe"}), "/result"),
    ] {
        let answer = world.ask("POST", "/v1/clients/C-1/actions").json(&body).send().await.unwrap();
        let refused = problem(answer, 422).await;
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{body} {refused}");
    }
    let reader = world.key_for(Scope::Read, &["main"]).await;
    let asked = world.bare("POST", "/v1/clients/C-1/actions").bearer_auth(&reader).json(&json!({"kind": "note"}));
    problem(asked.send().await.unwrap(), 403).await;
    world.client("other", "X-1", "Altra Srl", 0).await;
    let stranger = world.key_for(Scope::Write, &["other"]).await;
    for (method, path) in [("GET", "/v1/clients/C-1/treatment"), ("GET", "/v1/clients/C-1/limit")] {
        problem(world.bare(method, path).bearer_auth(&stranger).send().await.unwrap(), 404).await;
    }
    let asked = world.bare("GET", "/v1/treatments").bearer_auth(&stranger).send().await.unwrap();
    assert!(read(asked, 200).await["items"].as_array().unwrap().iter().all(|line| line["portfolio"] == "other"));
}

#[tokio::test]
async fn what_is_due_is_listed_by_day_and_by_page_and_as_a_calendar() {
    let world = World::new().await;
    for (code, days) in [("C-1", 12), ("C-2", 9), ("C-3", 2)] {
        late_client(&world, code, days).await;
    }
    let all = world.get("/v1/treatments").await;
    assert_eq!(all["items"].as_array().unwrap().len(), 3, "{all}");
    assert!(all["items"].as_array().unwrap().iter().all(|line| line["due_on"].is_string() && line["why"].is_string()));
    let first = world.get("/v1/treatments?due=2026-12-31&limit=1").await;
    assert_eq!(first["items"][0]["client"], "C-1", "{first}");
    let cursor = first["next"].as_str().unwrap();
    let second = world.get(&format!("/v1/treatments?due=2026-12-31&limit=1&cursor={cursor}")).await;
    assert_eq!((&second["items"][0]["client"], &second["next"]), (&json!("C-2"), &Value::Null), "{second}");
    let strange = world.ask("GET", &format!("/v1/treatments?cursor={cursor}")).send().await.unwrap();
    assert_eq!(problem(strange, 400).await["code"], "bad_cursor", "another order");
    assert_eq!(world.get("/v1/treatments?due=2026-11-01").await["items"], json!([]));

    let answer = world.ask("GET", "/v1/treatments.ics").send().await.unwrap();
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/calendar"));
    let text = answer.text().await.unwrap();
    assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.trim_end().ends_with("END:VCALENDAR"), "{text}");
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 2, "{text}");
    let due = world.get("/v1/clients/C-1/treatment").await["due_on"].as_str().unwrap().replace('-', "");
    assert!(
        text.contains(&format!("DTSTART;VALUE=DATE:{due}")) && text.contains("UID:main/C-1/call@vedetta"),
        "{text}"
    );
}

#[tokio::test]
async fn a_limit_for_a_time_ends_by_itself_and_a_group_holds_all_of_its_clients_back() {
    let world = World::new().await;
    world.client("main", "C-1", "Tessitura Valmora", 0).await;
    late_client(&world, "C-2", 2).await;
    let suggested = world.get("/v1/clients/C-1/limit").await;
    let of = |appetite: &str| suggested["suggested"][appetite].as_f64().unwrap();
    assert!(of("prudent") <= of("balanced") && of("balanced") <= of("bold"), "{suggested}");
    assert_eq!(suggested["in_force"], suggested["suggested"]["balanced"]);
    let grant = json!({"amount": "9000", "expires_at": "2026-11-25T00:00:00Z", "reason": "a large order"});
    let granted = world.ask("PUT", "/v1/clients/C-1/limit").json(&grant).send().await.unwrap();
    assert_eq!(read(granted, 200).await["in_force"], 9000.0);
    let order = |amount: f64| json!({"amount": amount, "currency": "EUR"});
    let released = world.post("/v1/clients/C-1/release", &order(8_900.0), 200).await;
    assert_eq!((&released["decision"], &released["reasons"][0]["code"]), (&json!("release"), &json!("within_limit")));
    assert_eq!(world.post("/v1/clients/C-1/release", &order(90_000.0), 200).await["decision"], "hold");

    let group = json!({"clients": ["C-1", "C-2"], "limit": 6000});
    let put = world.ask("PUT", "/v1/groups/Valmora?portfolio=main").json(&group).send().await.unwrap();
    assert_eq!(read(put, 200).await["exposure"], 5000.0, "C-2 owes it");
    let limit = world.get("/v1/clients/C-1/limit").await;
    assert_eq!((limit["in_force"].as_f64(), &limit["group"]["group"]), (Some(1000.0), &json!("Valmora")), "{limit}");
    let more = json!([{"client": "C-1", "invoice": "C-1-NEW", "issued_on": "2026-11-18", "due_on": "2026-12-18",
        "amount": "700.00"}]);
    world.post("/v1/invoices?portfolio=main", &more, 200).await;
    let limit = world.get("/v1/clients/C-1/limit").await;
    assert_eq!(
        limit["in_force"].as_f64(),
        Some(1000.0),
        "what it owes since a moment ago leaves the group no more: {limit}"
    );
    assert_eq!(limit["available"].as_f64(), Some(300.0), "{limit}");
    let strange = json!({"clients": ["C-1", "NOBODY"], "limit": 6000});
    let put = world.ask("PUT", "/v1/groups/Valmora?portfolio=main").json(&strange).send().await.unwrap();
    assert_eq!(problem(put, 422).await["errors"][0]["pointer"], "/clients/1");
    let none = json!({"clients": [], "limit": 6000});
    read(world.ask("PUT", "/v1/groups/Valmora?portfolio=main").json(&none).send().await.unwrap(), 200).await;

    world.clock.advance(SignedDuration::from_hours(24 * 6));
    let limit = world.get("/v1/clients/C-1/limit").await;
    assert_eq!((&limit["temporary"], &limit["group"]), (&Value::Null, &Value::Null), "{limit}");
    problem(world.ask("DELETE", "/v1/clients/C-1/limit").send().await.unwrap(), 404).await;
}

#[tokio::test]
async fn what_was_done_about_a_code_counts_for_the_company_it_is_merged_into() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    world.client("main", "C-9", "Tessitura Valmora Snc", 0).await;
    act(&world, "C-9", &json!({"kind": "call", "on": "2026-11-18"})).await;
    let merged = world.ask("POST", "/v1/clients/C-9/merge").json(&json!({"into": "C-1"})).send().await.unwrap();
    assert!(merged.status().is_success(), "{}", merged.text().await.unwrap());
    world.clock.advance(SignedDuration::from_secs(60));
    world.settle().await;
    let view = world.get("/v1/clients/C-1/treatment").await;
    assert_eq!((&view["phase"], &view["action"]), (&json!("courtesy_call"), &json!("wait")), "{view}");
    let view = world.get("/v1/clients/C-9/treatment").await;
    assert_eq!((&view["merged_into"], &view["client"]), (&json!("C-1"), &json!("C-9")));
    let refused =
        world.ask("POST", "/v1/clients/C-9/actions").json(&json!({"kind": "note", "note": "x"})).send().await.unwrap();
    assert_eq!(problem(refused, 409).await["merged_into"], "C-1");
}

#[tokio::test]
async fn what_was_recorded_under_a_code_stays_with_its_own_invoice_when_codes_of_one_number_are_merged() {
    let world = World::new().await;
    let today = vedetta::domain::AsOf::at(world.clock.now()).valid_at;
    for (code, issued, amount) in [("IA", 61, "1000.00"), ("IB", 62, "2000.00")] {
        world.client("main", code, "Tessitura Valmora", 0).await;
        let row = json!([{"client": code, "invoice": "7", "issued_on": today - issued.days(), "due_on": today - 30.days(), "amount": amount}]);
        assert_eq!(world.post("/v1/invoices?portfolio=main", &row, 200).await["accepted"], 1);
    }
    world.clock.advance(SignedDuration::from_secs(60));
    world.settle().await;
    act(&world, "IB", &json!({"kind": "written_off"})).await;
    let before = world.clock.now();
    world.clock.advance(SignedDuration::from_secs(60));
    let merged = world.ask("POST", "/v1/clients/IB/merge").json(&json!({"into": "IA"})).send().await.unwrap();
    assert!(merged.status().is_success(), "{}", merged.text().await.unwrap());
    world.settle().await;
    let states = async |path: &str| {
        let ledger = world.get(path).await;
        let all = ledger["items"].as_array().or_else(|| ledger["lines"].as_array()).unwrap().clone();
        let mut seven: Vec<_> = all.iter().filter(|line| line["invoice"] == "7").collect();
        seven.sort_by_key(|line| line["amount"].as_str().map(str::len).zip(line["amount"].as_str().map(str::to_owned)));
        seven.iter().map(|line| line["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states("/v1/clients/IA/ledger?limit=100").await, ["overdue", "written_off"]);
    assert_eq!(states(&format!("/v1/clients/IA/ledger?limit=100&known_at={before}")).await, ["overdue"]);
    let treatment = world.get("/v1/clients/IA/treatment").await;
    assert_eq!(treatment["overdue"], "1000.00", "{treatment}");
}

#[tokio::test]
async fn what_was_given_up_before_a_promise_breaks_it_not_and_is_given_up_once() {
    let world = World::new().await;
    world.client("main", "C-1", "Tessitura Valmora", 0).await;
    let today = vedetta::domain::AsOf::at(world.clock.now()).valid_at;
    overdue(&world, "C-1", "OLD", 60).await;
    act(&world, "C-1", &json!({"kind": "written_off", "on": today - 40.days()})).await;
    overdue(&world, "C-1", "NEW", 20).await;
    act(&world, "C-1", &json!({"kind": "promise", "on": today - 10.days(), "due_on": today - 3.days()})).await;
    let due = today - 20.days();
    let paid = json!([{"client": "C-1", "invoice": "NEW", "issued_on": due - 30.days(), "due_on": due, "amount": "5000.00",
        "paid_on": today - 5.days(), "paid_amount": "5000.00"}]);
    assert_eq!(world.post("/v1/invoices?portfolio=main", &paid, 200).await["accepted"], 1);
    overdue(&world, "C-1", "NEXT", 2).await;
    let treatment = world.get("/v1/clients/C-1/treatment").await;
    assert_ne!(treatment["basis"], "broken_promise", "{treatment}");

    act(&world, "C-1", &json!({"kind": "assigned", "on": today})).await;
    let ledger = world.get("/v1/clients/C-1/ledger?limit=100").await;
    let line = |number: &str| {
        let all = ledger["items"].as_array().or_else(|| ledger["lines"].as_array()).unwrap();
        all.iter().find(|line| line["invoice"] == number).unwrap().clone()
    };
    assert_eq!(
        (&line("OLD")["state"], &line("OLD")["written_off"]["on"]),
        (&json!("written_off"), &json!(today - 40.days()))
    );
    assert_eq!((&line("NEW")["state"], &line("NEW")["written_off"]), (&json!("paid"), &Value::Null));
}

#[tokio::test]
async fn what_a_row_says_is_written_off_is_owed_until_that_day() {
    let world = World::new().await;
    world.client("main", "C-1", "Tessitura Valmora", 0).await;
    let today = vedetta::domain::AsOf::at(world.clock.now()).valid_at;
    let row = json!([{"client": "C-1", "invoice": "GONE", "issued_on": today - 60.days(), "due_on": today - 30.days(),
        "amount": "1000.00", "written_off_on": today - 5.days()}]);
    assert_eq!(world.post("/v1/invoices?portfolio=main", &row, 200).await["accepted"], 1);
    for (ago, state) in [(10, "overdue"), (5, "written_off"), (0, "written_off")] {
        let ledger = world.get(&format!("/v1/clients/C-1/ledger?limit=100&valid_at={}", today - ago.days())).await;
        let all = ledger["items"].as_array().or_else(|| ledger["lines"].as_array()).unwrap();
        let line = all.iter().find(|line| line["invoice"] == "GONE").unwrap();
        assert_eq!(line["state"], state, "{ago} days ago: {line}");
    }
}

#[tokio::test]
async fn a_disputed_invoice_lowers_no_rating_until_the_dispute_is_over() {
    let world = World::new().await;
    world.client("main", "C-1", "Tessitura Valmora", 0).await;
    let rating = async || {
        world.clock.advance(SignedDuration::from_secs(60));
        world.settle().await;
        world.get("/v1/clients/C-1/rating").await
    };
    let before = rating().await;
    overdue(&world, "C-1", "C-1-LATE", 75).await;
    let late = rating().await;
    assert!(late["pd"].as_f64() > before["pd"].as_f64(), "{late}");

    let told = act(&world, "C-1", &json!({"kind": "dispute", "invoice": "C-1-LATE"})).await;
    let disputed = rating().await;
    assert!(disputed["pd"].as_f64() < late["pd"].as_f64(), "{disputed}");
    // Every page of a night finds the same.
    world.clock.advance(SignedDuration::from_secs(60));
    world.night().await;
    assert_eq!(rating().await["pd"], disputed["pd"]);

    act(&world, "C-1", &json!({"kind": "dispute_settled", "invoice": "C-1-LATE", "accepted": false})).await;
    assert_eq!(rating().await["pd"], late["pd"], "{told}");
}

#[tokio::test]
async fn a_dispute_names_an_invoice_that_is_there_and_no_more_than_it_is_for() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    for (body, pointer) in [
        (json!({"kind": "dispute", "invoice": "C1-LATE"}), "/invoice"),
        (json!({"kind": "dispute_settled", "invoice": "C1-LATE", "accepted": true}), "/invoice"),
        (json!({"kind": "dispute", "invoice": "C-1-LATE", "amount": "5000.01"}), "/amount"),
    ] {
        let refused = world.ask("POST", "/v1/clients/C-1/actions").json(&body).send().await.unwrap();
        assert_eq!(problem(refused, 422).await["errors"][0]["pointer"], pointer, "{body}");
    }
    let answer = act(&world, "C-1", &json!({"kind": "dispute", "invoice": "C-1-LATE", "amount": "5000.00"})).await;
    assert_eq!(answer["treatment"]["action"], "settle_dispute");
}

#[tokio::test]
async fn a_step_is_about_the_invoices_that_were_overdue_on_its_day_whatever_a_file_says_later() {
    let world = World::new().await;
    late_client(&world, "C-1", 40).await;
    act(&world, "C-1", &json!({"kind": "notice_sent", "on": "2026-11-10"})).await;
    let paid = json!([{"client": "C-1", "invoice": "C-1-LATE", "issued_on": "2026-09-11", "due_on": "2026-10-11",
        "amount": "5000.00", "paid_on": "2026-11-20"}]);
    world.post("/v1/invoices?portfolio=main", &paid, 200).await;
    overdue(&world, "C-1", "NEXT", 12).await;
    let begins_anew = |view: &Value| ["reminder", "courtesy_call"].contains(&view["phase"].as_str().unwrap());
    let view = world.get("/v1/clients/C-1/treatment").await;
    assert!(begins_anew(&view), "{view}");
    // The same invoice again, a year older: the notice was about another one.
    overdue(&world, "C-1", "NEXT", 377).await;
    let view = world.get("/v1/clients/C-1/treatment").await;
    assert!(begins_anew(&view), "{view}");
}

#[tokio::test]
async fn what_acting_is_worth_can_be_computed_from_what_is_shown() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    let view = world.get("/v1/clients/C-1/treatment").await;
    let shown = |name: &str| view["wait_or_act"][name].as_f64().unwrap_or_else(|| panic!("{name} in {view}"));
    let gain = (shown("pays_asked") - shown("pays_alone")) * shown("amount") * shown("loss_share")
        - shown("cost")
        - shown("relationship");
    assert!((gain - shown("gain")).abs() < 0.02, "{gain} in {view}");
    let said = view["wait_or_act"]["text"].as_str().unwrap();
    match view["wait_or_act"]["advice"].as_str().unwrap() {
        "act" if shown("gain") < 0.0 => {
            assert!(
                said.starts_with("act today, the last day of the task, although waiting would be worth "),
                "{said}"
            );
        }
        "act" => assert!(said.starts_with("act today, worth ") && said.contains(" EUR more than waiting"), "{said}"),
        _ => assert!(said.starts_with("wait until ") && said.contains("the task prevails on its last day"), "{said}"),
    }
    let assumed = &view["wait_or_act"]["assumptions"];
    assert_eq!((&assumed["unknown_pd"], &assumed["limitation_years"]), (&json!(0.05), &json!(10)));
}

#[tokio::test]
async fn a_night_that_began_before_a_payment_announces_nothing_that_is_over() {
    let world = World::new().await;
    late_client(&world, "C-1", 3).await;
    assert_eq!(announced(&world).await.len(), 0);
    // The night reads as of four days ahead, before the payment is known; the payment is rescored before its page is written.
    let began = world.clock.now();
    world.clock.advance(SignedDuration::from_secs(3_600));
    let paid = json!([{"client": "C-1", "invoice": "C-1-LATE", "issued_on": "2026-10-18", "due_on": "2026-11-17",
        "amount": "5000.00", "paid_on": "2026-11-20"}]);
    world.post("/v1/invoices?portfolio=main", &paid, 200).await;
    world.settle().await;
    let ahead = vedetta::domain::AsOf::at(began).valid_at + 4.days();
    world.desk.rescorer.night(ahead, began, &|_, _| {}).await.unwrap();
    assert_eq!(announced(&world).await.len(), 0, "what knew less than what is recorded is left aside");
}

#[tokio::test]
async fn where_the_law_bars_pressure_no_advice_is_given() {
    let world = World::new().await;
    late_client(&world, "C-1", 60).await;
    act(&world, "C-1", &json!({"kind": "call", "on": "2026-10-12"})).await;
    let opened = json!({"client": "C-1", "kind": "company_status", "valid_at": "2026-11-15", "source": "court",
        "official": true, "fields": {"status": "restructuring", "procedure": "composizione negoziata", "opened_on": "2026-11-15"}});
    world.post("/v1/signals", &opened, 202).await;
    world.clock.advance(SignedDuration::from_secs(60));
    world.settle().await;
    let view = world.get("/v1/clients/C-1/treatment").await;
    assert_eq!((&view["action"], &view["wait_or_act"]["advice"]), (&json!("watch"), &json!("none")), "{view}");
    let said = view["wait_or_act"]["text"].as_str().unwrap();
    assert!(said.starts_with("no advice is given: the law bars pressure"), "{said}");
}

/// The answer's status where something was recorded or refused, a minute later.
#[tokio::test]
async fn the_days_on_which_money_is_promised_stand_in_the_calendar() {
    let world = World::new().await;
    late_client(&world, "C-1", 12).await;
    late_client(&world, "C-2", 12).await;
    act(&world, "C-1", &json!({"kind": "promise", "due_on": "2026-11-24", "amount": "5000"})).await;
    let plan = json!({"kind": "plan", "instalments": [{"due_on": "2026-12-01", "amount": "2500"}, {"due_on": "2026-12-15",
        "amount": "2500"}, {"due_on": "2027-06-01", "amount": "1"}]});
    act(&world, "C-2", &plan).await;
    world.settle().await;
    let text = world.ask("GET", "/v1/treatments.ics").send().await.unwrap().text().await.unwrap();
    for (client, day) in [("C-1", "2026-11-24"), ("C-2", "2026-12-01"), ("C-2", "2026-12-15")] {
        assert!(text.contains(&format!("UID:main/{client}/promised/{day}@vedetta")), "{client} {day} in {text}");
        assert!(text.contains(&format!("DTSTART;VALUE=DATE:{}", day.replace('-', ""))), "{text}");
    }
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 3, "what lies beyond sixty days is not in it: {text}");
    let view = world.get("/v1/clients/C-2/treatment").await;
    assert_eq!(view["awaited"][0], json!({"on": "2026-12-01", "amount": "2500.00"}), "{view}");
}

#[tokio::test]
async fn a_promise_that_is_given_before_the_invoice_is_due_is_waited_for() {
    let world = World::new().await;
    world.client("main", "C-1", "Tessitura Valmora", 0).await;
    let today = vedetta::domain::AsOf::at(world.clock.now()).valid_at;
    for (invoice, due) in [("SOON", today + 5.days()), ("LATER", today + 60.days())] {
        let row = json!([{"client": "C-1", "invoice": invoice, "issued_on": today - 30.days(), "due_on": due,
            "amount": "5000.00"}]);
        assert_eq!(world.post("/v1/invoices?portfolio=main", &row, 200).await["accepted"], 1);
    }
    act(&world, "C-1", &json!({"kind": "promise", "due_on": today + 15.days()})).await;
    let after = async |days: i64| {
        world.clock.advance(SignedDuration::from_hours(24 * days));
        world.settle().await;
        world.get("/v1/clients/C-1/treatment").await
    };
    let waited = after(12).await;
    assert_eq!((&waited["action"], &waited["basis"]), (&json!("await_promise"), &json!("promise")), "{waited}");
    let broken = after(10).await;
    assert_ne!(broken["basis"], "promise", "it was broken: {broken}");
    assert!(broken["phase"] != "monitoring", "{broken}");
}
