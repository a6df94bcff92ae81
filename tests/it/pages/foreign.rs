//! Walks every form of the pages: one that is added is walked, too, or fails here until it says how it is filled in.

use serde_json::{Value, json};
use vedetta::domain::Rank;

use super::Browser;
use crate::{
    promises::g25_no_byte_of_another_tenant::tenants,
    world::{World, read},
};

/// Where the pages say which forms they take.
const ROUTES: &str = include_str!("../../../src/serve/pages/mod.rs");

/// Forms whose path names nothing of a portfolio, each with why.
const OF_THE_HOUSE: [(&str, &str); 5] = [
    ("/import/{token}", "a file that was brought is its sender's own until it is taken"),
    ("/settings/people/{name}/rank", "people are managed by who sees every portfolio: 403 whatever the name"),
    ("/settings/people/{name}/password", "the same"),
    ("/settings/people/{name}/access", "the same"),
    ("/settings/keys/{id}/revoke", "keys are managed by who sees every portfolio: 403 whatever the id"),
];

/// The paths of forms that are about something.
fn forms() -> Vec<&'static str> {
    let routes = ROUTES.split(".route(\"").skip(1).map(|route| route.split(".route(").next().unwrap());
    let posted = routes.filter(|route| route.contains("post("));
    posted.map(|route| route.split('"').next().unwrap()).filter(|path| path.contains('{')).collect()
}

/// How a form is filled in so that it would do something, were it about something of one's own; more than once where what
/// is missing is said, too.
fn filled(path: &str) -> Vec<Vec<(&'static str, &'static str)>> {
    match path {
        "/clients/{client}/actions" => vec![vec![("what", "note"), ("note", "x")]],
        "/clients/{client}/actions/withdraw" => vec![vec![("action", "act_00000000000000000000000000000000")]],
        "/clients/{client}/override" => vec![vec![("grade", "B2"), ("reason", "r")]],
        "/clients/{client}/override/confirm" | "/clients/{client}/override/end" | "/clients/{client}/limit/end" => {
            vec![vec![]]
        }
        "/clients/{client}/limit" => vec![vec![("amount", "10"), ("reason", "r")]],
        "/clients/{client}/merge" => vec![vec![("into", "S-1"), ("reason", "r")], vec![("into", "N-2")]],
        "/clients/{client}/unmerge" => vec![vec![("reason", "r")]],
        "/clients/{client}/erase" => vec![vec![("code", "N-1"), ("reason", "r")], vec![("code", "?"), ("reason", "r")]],
        "/clients/{client}/interest" => vec![vec![("state", "claimed"), ("reason", "r")], vec![]],
        "/clients/{client}/facts" => {
            let told = [("kind", "clean"), ("searched", "news"), ("on", "2026-11-18"), ("source", "office")];
            vec![told.to_vec(), vec![]]
        }
        "/clients/{client}/invoices" => {
            vec![vec![("invoice", "H-1"), ("on", "2026-11-02"), ("amount", "10")], vec![]]
        }
        "/clients/{client}/payments" => {
            vec![vec![("invoice", "N-1-1"), ("on", "2026-11-02"), ("amount", "10")], vec![]]
        }
        "/clients/{client}/split" => {
            let signal = ("signal", "sig_00000000000000000000000000000000");
            vec![vec![signal, ("to", "S-1"), ("reason", "r")], vec![]]
        }
        "/clients/{client}/group" => vec![vec![("group", "ours"), ("limit", "10")], vec![]],
        "/clients/{client}/group/leave" => vec![vec![]],
        "/clients/{client}/hold" => vec![vec![("held", "r")], vec![]],
        "/clients/{client}/hold/end" => vec![vec![("hold", "1")]],
        "/review/{id}" => vec![vec![("decision", "same")]],
        "/alerts/{id}" => {
            let wish =
                [("name", "mine"), ("portfolio", "south"), ("channel", "sse"), ("notches", "1"), ("type_0", "1")];
            vec![[&wish[..], &[("act", "save")]].concat(), [&wish[..], &[("act", "try")]].concat(), vec![]]
        }
        "/alerts/{id}/switch" => vec![vec![("on", "0")], vec![("on", "1")]],
        "/alerts/{id}/rotate" => vec![vec![("overlap_hours", "1")], vec![("overlap_hours", "soon")]],
        "/alerts/{id}/recover" => vec![vec![("after", "0")], vec![("after", "first")]],
        "/alerts/{id}/test" | "/alerts/{id}/end" | "/alerts/{id}/deliveries/{delivery}/redeliver" => vec![vec![]],
        "/payments/{id}" => vec![
            vec![("act", "dismiss")],
            vec![("act", "book"), ("client.0", "S-1"), ("invoice.0", "S-1-1"), ("tick.0", "1")],
            vec![("act", "book")],
        ],
        "/payments/{id}/undo" | "/imports/{id}/undo" => vec![vec![]],
        "/assessments/{id}/client" => vec![vec![("client", "S-1")]],
        "/assessments/{id}/erase" => vec![vec![("reason", "r")]],
        other => panic!("say how {other} is filled in"),
    }
}

/// All that the northern portfolio has, as the API tells it.
async fn state(world: &World, own: &[(&'static str, String)]) -> Value {
    let subscription = &own.iter().find(|(name, _)| *name == "subscription").unwrap().1;
    let mut all = Vec::new();
    for path in [
        "/v1/clients?portfolio=north".to_owned(),
        "/v1/clients/N-1/rating".to_owned(),
        "/v1/clients/N-1/limit".to_owned(),
        "/v1/clients/N-1/treatment".to_owned(),
        "/v1/clients/N-2".to_owned(),
        "/v1/clients/N-1/signals".to_owned(),
        "/v1/review".to_owned(),
        "/v1/subscriptions".to_owned(),
        format!("/v1/subscriptions/{subscription}/deliveries"),
        "/v1/payments?portfolio=north".to_owned(),
        "/v1/imports?portfolio=north".to_owned(),
        "/v1/assessments".to_owned(),
    ] {
        all.push(world.get(&path).await);
    }
    json!(all)
}

#[tokio::test]
async fn a_form_about_what_its_sender_does_not_see_answers_404_and_changes_nothing() {
    let (world, own) = tenants().await;
    let limit = json!({"amount": "10", "reason": "r"});
    read(world.ask("PUT", "/v1/clients/N-1/limit").json(&limit).send().await.unwrap(), 200).await;
    world.client("north", "N-3", "Tessitura Tre Valli Srl", 2).await;
    world.post("/v1/clients/N-3/merge", &json!({"into": "N-2", "reason": "r"}), 200).await;
    let prospect = json!({"name": "Officine Nuove", "country": "IT"});
    let prospect = world.post("/v1/assessments?portfolio=north", &prospect, 201).await;
    let prospect = prospect["id"].as_str().unwrap();
    let get = |name: &str| own.iter().find(|(own, _)| *own == name).unwrap().1.as_str();

    let browser = Browser::of_rank(&world, Rank::Admin, &["south"]).await;
    let before = state(&world, &own).await;
    let (mut n_sent, mut n_other) = (0, 0);
    for form in forms() {
        if OF_THE_HOUSE.iter().any(|(path, _)| *path == form) {
            n_other += 1;
            continue;
        }
        let kinds =
            [("/review", "review"), ("/alerts", "subscription"), ("/payments", "payment"), ("/imports", "import")];
        let id = kinds.iter().find(|(way, _)| form.starts_with(way)).map_or(prospect, |(_, kind)| get(kind));
        let client = if form.ends_with("/unmerge") { "N-3" } else { "N-1" };
        let path = form.replace("{client}", client).replace("{id}", id).replace("{delivery}", "1");
        for fields in filled(form) {
            assert_eq!(browser.send(&path, &fields).await.status(), 404, "{path} {fields:?}");
            n_sent += 1;
        }
    }
    assert!(n_sent >= 31, "{n_sent}");
    assert_eq!(n_other, OF_THE_HOUSE.len(), "an exception is about nothing any more");
    assert_eq!(state(&world, &own).await, before);
}

#[tokio::test]
async fn a_form_of_one_s_own_reaches_nothing_of_another_portfolio_by_what_is_typed_into_it() {
    let (world, own) = tenants().await;
    let browser = Browser::of_rank(&world, Rank::Admin, &["south"]).await;
    let before = state(&world, &own).await;
    for (path, fields, status) in [
        ("/clients/S-1/merge", vec![("into", "N-1"), ("reason", "r")], 200),
        ("/clients/S-1/actions", vec![("what", "note"), ("note", "x"), ("portfolio", "north")], 404),
        ("/assessments", vec![("name", "Officine Nuove"), ("country", "IT"), ("portfolio", "north")], 404),
        ("/new-client", vec![("client", "N-9"), ("name", "x"), ("portfolio", "north")], 404),
        (
            "/alerts",
            vec![
                ("act", "save"),
                ("name", "mine"),
                ("portfolio", "north"),
                ("channel", "sse"),
                ("type_0", "1"),
                ("notches", "1"),
            ],
            404,
        ),
    ] {
        assert_eq!(browser.send(path, &fields).await.status(), status, "{path}");
    }
    assert_eq!(state(&world, &own).await, before);
}
