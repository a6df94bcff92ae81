use std::collections::BTreeSet;

use serde_json::Value;
use vedetta::serve::document;

/// What the contract promises and the flow has.
const PROMISED: [&str; 46] = [
    "get /v1/clients/{client}/rating",
    "post /v1/ratings/query",
    "get /v1/clients/{client}/ratings",
    "get /v1/clients/{client}/explanation",
    "post /v1/clients/{client}/override",
    "delete /v1/clients/{client}/override",
    "get /v1/clients/{client}/signals",
    "get /v1/clients/{client}/ledger",
    "post /v1/clients/{client}/interest",
    "post /v1/payments",
    "get /v1/payments",
    "post /v1/payments/{id}",
    "post /v1/payments/{id}/undo",
    "get /v1/clients/{client}",
    "get /v1/clients",
    "put /v1/clients/{client}",
    "post /v1/clients",
    "post /v1/invoices",
    "post /v1/signals",
    "get /v1/changes",
    "get /v1/changes/stream",
    "post /v1/subscriptions",
    "get /v1/subscriptions/{id}",
    "patch /v1/subscriptions/{id}",
    "delete /v1/subscriptions/{id}",
    "post /v1/subscriptions/{id}/test",
    "post /v1/subscriptions/preview",
    "get /v1/subscriptions/{id}/preview",
    "post /v1/subscriptions/{id}/rotate",
    "post /v1/subscriptions/{id}/recover",
    "get /unsubscribe/{token}",
    "post /unsubscribe/{token}",
    "get /v1/subscriptions/{id}/deliveries",
    "post /v1/subscriptions/{id}/deliveries/{delivery}/redeliver",
    "post /v1/runs",
    "get /v1/runs/{id}",
    "get /v1/portfolio/summary",
    "get /v1/portfolio/migration",
    "post /v1/portfolio/stress",
    "post /v1/clients/{client}/override/confirm",
    "get /v1/review",
    "post /v1/review/{id}",
    "post /v1/clients/{client}/merge",
    "get /v1/clients/{client}/merge",
    "delete /v1/clients/{client}/merge",
    "post /v1/clients/{client}/split",
];

fn api() -> Value {
    serde_json::to_value(document()).unwrap()
}

fn operations(api: &Value) -> impl Iterator<Item = (String, &Value)> {
    let paths = api["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| (format!("{method} {path}"), operation))
    })
}

#[test]
fn the_document_describes_every_promised_route() {
    let api = api();
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
    let described: BTreeSet<String> = operations(&api).map(|(name, _)| name).collect();
    for promised in PROMISED {
        assert!(described.contains(promised), "{promised} is not in {described:#?}");
    }
}

#[test]
fn every_answer_is_described_every_refusal_is_a_problem_and_every_reference_leads_somewhere() {
    let api = api();
    for (name, operation) in operations(&api) {
        let responses = operation["responses"].as_object().unwrap();
        for (status, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
            assert!(response["content"]["application/problem+json"].is_object(), "{name} {status}");
        }
        for (status, response) in responses {
            let is_said = response["description"].as_str().is_some_and(|text| !text.is_empty());
            assert!(is_said, "{name} {status}: OpenAPI 3.1 wants a description");
        }
        for status in ["500", "503"] {
            assert!(responses.contains_key(status), "{name} without {status}");
        }
        if name.contains(" /v1/") {
            assert!(responses.contains_key("401") && responses.contains_key("403"), "{name}");
        }
        assert!(operation["description"].is_string() || operation["summary"].is_string(), "{name} says nothing");
    }
    let text = api.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(api.pointer(pointer).is_some(), "{pointer} leads nowhere");
    }
}

#[test]
fn operations_have_names_of_their_own() {
    let api = api();
    let mut seen = BTreeSet::new();
    for (name, operation) in operations(&api) {
        assert!(
            seen.insert(operation["operationId"].as_str().unwrap().to_owned()),
            "{name}: {}",
            operation["operationId"]
        );
    }
}
