//! Fifty prospects of known truth on the made-up web.

use std::{collections::BTreeMap, sync::Arc};

use jiff::civil::date;
use secrecy::SecretString;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vedetta::{
    collect::{Collector, Patience, Secrets, Settings, read_sources},
    desk::{AssessInput, Onboarding},
    simulate::{Economy, Plan, Prospect, Web},
};

use crate::world::{World, house, read};

/// The made-up web, on loopback until it is dropped.
struct Served {
    onboarding: Onboarding,
    _end: tokio_util::sync::DropGuard,
}

async fn serve(world: &World, economy: &Arc<Economy>) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let sources = Web::sources(&format!("http://{}", listener.local_addr().unwrap()));
    let end = CancellationToken::new();
    #[expect(clippy::disallowed_methods, reason = "the web ends with its test")]
    tokio::spawn(Web::new(Arc::clone(economy), date(2026, 11, 20)).serve(listener, end.clone()));
    let secret = |name: &str| (name.to_owned(), SecretString::from("made-up:made-up"));
    let secrets = Secrets::new([secret("companies-house"), secret("infocamere"), secret("openapi-it")]);
    let settings = Settings { allow_private: true, ..Settings::default() };
    let sources = read_sources(&sources, "sources.toml").unwrap();
    let (store, clock) = (world.desk.store.clone(), world.clock.clone());
    let collector = Collector::from_settings(store, clock, settings, sources, secrets, Patience::jumping()).unwrap();
    let within = std::time::Duration::from_secs(20);
    let onboarding = Onboarding { collector: Some(Arc::new(collector)), within, ..Onboarding::default() };
    Served { onboarding, _end: end.drop_guard() }
}

fn input(prospect: &Prospect) -> AssessInput {
    let said = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    AssessInput {
        name: prospect.name.clone(),
        country: said(&prospect.country),
        tax_id: said(&prospect.tax_id),
        registry_id: said(&prospect.registry_id),
        lei: said(&prospect.lei),
        sector: said(&prospect.sector),
        city: said(&prospect.city),
        address: said(&prospect.address),
        ..AssessInput::default()
    }
}

/// That what a source was asked about, or answered, bears a number of the prospect: what it said is nobody else's.
fn check_link(world: &World, prospect: &Prospect, said: &Value, signal: &Value) {
    let archive = world.desk.store.archive();
    let evidence = signal["evidence"]["sha256"].as_str().unwrap().parse().unwrap();
    assert!(archive.get(&evidence).unwrap().is_some(), "what was read is in the archive");
    let numbers = [&prospect.tax_id, &prospect.registry_id, &prospect.lei];
    let numbers = numbers.map(|number| number.trim_start_matches(char::is_alphabetic));
    let bears = |text: &str| numbers.iter().any(|number| !number.is_empty() && text.contains(number));
    let sources = said["sources"].as_array().unwrap();
    let source = sources.iter().find(|source| source["source"] == signal["source"]).unwrap();
    let is_its = source["documents"].as_array().unwrap().iter().any(|read| {
        let bytes = archive.get(&read["sha256"].as_str().unwrap().parse().unwrap()).unwrap().unwrap();
        bears(read["url"].as_str().unwrap()) || bears(&String::from_utf8_lossy(&bytes))
    });
    let is_news = signal["kind"] == "news" && prospect.kind != "homonym";
    // An authority that could not look does not repeat the number.
    let is_no_answer = signal["fields"]["answer"] == "no_answer" && source["status"] == "partly";
    assert!(is_its || is_news || is_no_answer, "{} was given a signal of somebody else: {signal}", prospect.id);
}

/// That what was found is the truth about a prospect.
fn check_truth(prospect: &Prospect, said: &Value) {
    let (standing, decision) = (said["identity"]["standing"].as_str().unwrap(), said["decision"].as_str().unwrap());
    let who =
        format!("{} {} {}: {standing}, {decision}, {}", prospect.id, prospect.kind, prospect.name, said["reasons"]);
    assert_eq!(standing == "client", prospect.kind == "client", "{who}");
    match prospect.kind {
        "client" => assert_eq!(said["identity"]["clients"][0]["client"], prospect.client.clone().unwrap(), "{who}"),
        "homonym" => {
            assert_eq!(standing, "homonym", "{who}");
            assert_eq!(said["identity"]["namesakes"][0]["client"], prospect.client.clone().unwrap(), "{who}");
        }
        "insolvent" => assert_eq!((decision, said["rating"]["grade"].as_str()), ("refuse", Some("D")), "{who}"),
        "unknown" | "bare" => {
            assert_eq!((decision, said["identity"]["identified"].as_bool()), ("refer", Some(false)), "{who}");
        }
        _ => assert_eq!(standing, "new", "{who}"),
    }
}

#[tokio::test]
async fn onboarding_of_fifty_prospects_knows_each_links_nobody_by_its_name_alone_and_documents_every_decision() {
    let plan = Plan { history_months: 12, ..Plan::new(40, 7, date(2026, 11, 20)) };
    let economy = Arc::new(Economy::new(&plan));
    let world = World::new().await;
    let clients = world.ask("POST", "/v1/clients?portfolio=pmi").header("content-type", "text/csv");
    read(clients.body(economy.clients_csv()).send().await.unwrap(), 200).await;
    let before = world.desk.store.outbox().last_seq().await.unwrap();
    let served = serve(&world, &economy).await;
    let mut decisions: BTreeMap<String, usize> = BTreeMap::new();
    let prospects: Vec<&Prospect> = economy.prospects().collect();
    assert_eq!(prospects.len(), 50);
    for prospect in prospects {
        let made = world.desk.assess(&house(), Some("pmi"), &input(prospect), &served.onboarding).await.unwrap();
        let said: Value = serde_json::from_slice(&made.body).unwrap();
        check_truth(prospect, &said);
        for signal in said["signals"].as_array().unwrap() {
            check_link(&world, prospect, &said, signal);
        }
        assert!(!said["reasons"].as_array().unwrap().is_empty() && !said["sources"].as_array().unwrap().is_empty());
        if said["rating"]["grade"] == "ND" {
            let needed = said["needed"].as_array().unwrap();
            assert!(!needed.is_empty(), "an ND says what would determine it: {said}");
            let is_said =
                |one: &Value| one["text"] != one["text_it"] && !one["text_it"].as_str().unwrap().contains("{}");
            assert!(needed.iter().all(is_said), "in both languages: {needed:?}");
        }
        assert_eq!(world.desk.assessment(&house(), &made.id).await.unwrap(), made);
        let again = world.desk.recompute_assessment(&house(), &made.id, &served.onboarding).await.unwrap();
        assert_eq!(again.same, Some(true), "{again:?}");
        *decisions.entry(said["decision"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert!(decisions.values().sum::<usize>() == 50 && decisions.len() == 3, "{decisions:?}");
    let after = world.desk.store.outbox().last_seq().await.unwrap();
    assert_eq!(before, after, "nobody's rating moved, and nothing was announced");
}
