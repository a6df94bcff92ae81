//! G24: the API is its document, and the document breaks no promise. Every check of schemathesis runs in `scripts/outside`,
//! and as often as before a release with `EXAMPLES=100`.

use std::collections::BTreeSet;

use reqwest::Response;
use serde_json::{Value, json};
use vedetta::serve::document;

use crate::world::World;

/// What the document promises, one line for each thing that a caller may rely on. A line that goes, or a demand that comes, breaks
/// whoever was written against it: that needs a new version of the path, and `Deprecation` and `Sunset` on the old one. What is
/// merely added is promised with the next release, when the list is written anew: the test below writes it to [`WRITE_TO`].
const PROMISED: &str = include_str!("promised_api.txt");

/// Names a file that is to be given the promises of now.
const WRITE_TO: &str = "VEDETTA_PROMISES_TO";

fn api() -> Value {
    serde_json::to_value(document()).unwrap()
}

/// A schema behind its reference.
fn resolved<'a>(api: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(reference) => api.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

fn type_of(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return reference.rsplit('/').next().unwrap().to_owned();
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => format!("[{}]", type_of(&schema["items"])),
        Value::Array(several) => several.iter().map(|one| one.as_str().unwrap()).collect::<Vec<_>>().join("|"),
        Value::String(name) => name.clone(),
        _ => "any".to_owned(),
    }
}

/// The properties of a schema, each as `name type required|optional`.
fn properties(api: &Value, schema: &Value) -> Vec<String> {
    let schema = resolved(api, schema);
    let schema = if schema["type"] == "array" { resolved(api, &schema["items"]) } else { schema };
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let of = |(name, property): (&String, &Value)| {
        let word = if required.contains(&name.as_str()) { "required" } else { "optional" };
        format!("{name} {} {word}", type_of(property))
    };
    schema["properties"].as_object().into_iter().flatten().map(of).collect()
}

/// Everything the document promises.
fn promises(api: &Value) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for (name, schema) in api["components"]["schemas"].as_object().unwrap() {
        lines.extend(properties(api, schema).into_iter().map(|line| format!("{name} has {line}")));
    }
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = format!("{} {path}", method.to_uppercase());
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let word = if parameter["required"] == true { "required" } else { "optional" };
                let (place, called) = (parameter["in"].as_str().unwrap(), parameter["name"].as_str().unwrap());
                lines.insert(format!("{name} takes {place} {called} {} {word}", type_of(&parameter["schema"])));
            }
            for schema in contents(&operation["requestBody"]) {
                lines.extend(properties(api, schema).into_iter().map(|line| format!("{name} takes body {line}")));
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                lines.insert(format!("{name} answers {status}"));
                for schema in contents(response).filter(|_| status.starts_with('2')) {
                    let said = properties(api, schema).into_iter();
                    lines.extend(said.map(|line| format!("{name} answers {status} with {line}")));
                }
            }
        }
    }
    lines
}

fn contents(of: &Value) -> impl Iterator<Item = &Value> {
    of["content"].as_object().into_iter().flatten().map(|(_, content)| &content["schema"])
}

#[test]
fn g24_nothing_that_a_caller_relies_on_is_gone_and_nothing_new_is_demanded() {
    let (now, promised) = (promises(&api()), PROMISED.lines().map(str::to_owned).collect::<BTreeSet<_>>());
    if let Some(file) = std::env::var_os(WRITE_TO) {
        let lines: Vec<&str> = now.iter().map(String::as_str).collect();
        std::fs::write(file, lines.join("\n") + "\n").unwrap();
    }
    assert!(!promised.is_empty());
    let gone: Vec<_> = promised.difference(&now).collect();
    assert!(gone.is_empty(), "these promises are broken: {gone:#?}");
    let operation = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let old: BTreeSet<String> = promised.iter().map(|line| operation(line)).collect();
    let demands = |line: &&String| line.contains(" takes ") && line.ends_with(" required");
    let new: Vec<_> = now.difference(&promised).filter(demands).filter(|line| old.contains(&operation(line))).collect();
    assert!(new.is_empty(), "whoever was written against the document does not send these: {new:#?}");
}

/// A value for a parameter of a path that is well formed, and one that is not.
fn in_path(path: &str, is_hostile: bool) -> String {
    let mut text = String::new();
    for part in path.split('/').skip(1) {
        let is_parameter = part.starts_with('{');
        let value = match (is_parameter, is_hostile) {
            (false, _) => part,
            (true, false) => "1",
            (true, true) => "%F0%9F%92%A3%00'%22..%2F..%2F%3Cscript%3E",
        };
        text.push('/');
        text.push_str(value);
    }
    text
}

/// What an answer must be, whatever was asked: of a status that the document has for the operation, a problem when it is a refusal,
/// and never a fault of ours.
async fn check(name: &str, operation: &Value, asked: &str, response: Response) {
    let status = response.status().as_u16();
    let described = operation["responses"].as_object().unwrap();
    assert!(described.contains_key(&status.to_string()), "{name}, {asked}: {status} is not in the document");
    assert!(status < 500, "{name}, {asked}: {status}");
    if status >= 400 {
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{name}, {asked}: {status}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["status"], status, "{name}, {asked}");
        assert!(problem["code"].is_string() && problem["request_id"].is_string(), "{name}, {asked}: {problem}");
    }
}

#[tokio::test]
async fn g24_whatever_is_asked_is_answered_as_the_document_says() {
    let (world, api) = (World::new().await, api());
    for (path, item) in api["paths"].as_object().unwrap() {
        // It answers as long as somebody listens.
        if path == "/v1/changes/stream" {
            continue;
        }
        for (method, operation) in item.as_object().unwrap() {
            let (name, method) = (format!("{method} {path}"), method.to_uppercase());
            let bodies = [
                None,
                Some(json!({"no": "such field"}).to_string()),
                Some("[1, null, {}]".to_owned()),
                Some("{\"name\": \"\\u0000\", ".to_owned()),
            ];
            for is_hostile in [false, true] {
                for body in &bodies {
                    let query =
                        if is_hostile { "?limit=-1&cursor=%00&valid_at=2026-02-30&portfolio=%C3%28" } else { "" };
                    let mut request = world.ask(&method, &format!("{}{query}", in_path(path, is_hostile)));
                    if let Some(body) = body {
                        request = request.header("content-type", "application/json").body(body.clone());
                    }
                    let asked = format!("hostile: {is_hostile}, body: {body:?}");
                    check(&name, operation, &asked, request.send().await.unwrap()).await;
                }
            }
            if path.starts_with("/v1/") {
                check(&name, operation, "no key", world.bare(&method, &in_path(path, false)).send().await.unwrap())
                    .await;
            }
        }
    }
}
