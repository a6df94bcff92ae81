use reqwest::{Response, header};
use serde_json::json;
use vedetta::{domain::Rank, store::NewImport};

use super::Browser;
use crate::world::World;

/// Sends the form with a file, as a browser writes it (RFC 7578).
async fn post(browser: &Browser<'_>, proof: &str, kind: &str, (name, bytes): (&str, &[u8])) -> Response {
    const EDGE: &str = "a-line-that-is-in-no-file";
    let mut body = Vec::new();
    for (field, value) in [("proof", proof), ("kind", kind)] {
        let part = format!("--{EDGE}\r\ncontent-disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
        body.extend(part.into_bytes());
    }
    let head = format!("content-disposition: form-data; name=\"file\"; filename=\"{name}\"");
    body.extend(format!("--{EDGE}\r\n{head}\r\ncontent-type: text/csv\r\n\r\n").into_bytes());
    body.extend(bytes);
    body.extend(format!("\r\n--{EDGE}--\r\n").into_bytes());
    let kind = format!("multipart/form-data; boundary={EDGE}");
    browser.ask("POST", "/import").header(header::CONTENT_TYPE, kind).body(body).send().await.unwrap()
}

/// Brings a file, and answers where it is looked at.
async fn bring(browser: &Browser<'_>, kind: &str, name: &str, bytes: &[u8]) -> String {
    let answer = post(browser, &browser.proof().await, kind, (name, bytes)).await;
    assert_eq!(answer.status(), 303);
    answer.headers()["location"].to_str().unwrap().to_owned()
}

const CLIENTS: &str =
    "Cod. cliente;Ragione sociale;Nazione;Partita IVA;Note\nK-1;Fonderia Alta Srl;IT;;vip\nK-2;;IT;;\n";

#[tokio::test]
async fn a_file_with_other_names_is_recognised_looked_at_and_only_then_taken() {
    let world = World::new().await;
    let browser = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    let path = bring(&browser, "clients", "clienti <b>.csv", CLIENTS.as_bytes()).await;
    let page = browser.read(&path).await;
    assert!(page.contains("<option value=\"Cod. cliente\" selected>"), "{page}");
    assert!(page.contains("Ancora nulla è scritto") && page.contains("Manca"), "{page}");
    assert!(
        page.contains("Colonne del file che non sono usate:</strong> Note</p>"),
        "before anything is taken: {page}"
    );
    assert!(!page.contains("<b>.csv"), "a file's name is only a name");
    assert_eq!(world.get("/v1/clients").await["items"].as_array().unwrap().len(), 0, "nothing is written by looking");
    let rejected = browser.ask("GET", &format!("{path}/rejected.csv")).send().await.unwrap().text().await.unwrap();
    assert!(rejected.contains("K-2") && rejected.contains("missing"), "{rejected}");

    let fields = [("act", "take"), ("column.client", "Cod. cliente"), ("column.name", "Ragione sociale")];
    for _ in 0..2 {
        assert_eq!(browser.send(&path, &fields).await.status(), 303, "and taking it twice is the same as once");
    }
    let done = browser.read(&path).await;
    assert!(done.contains("Importato") && !done.contains("value=\"take\""), "{done}");
    let clients = world.get("/v1/clients").await;
    assert_eq!(
        (clients["items"].as_array().unwrap().len(), &clients["items"][0]["name"]),
        (1, &"Fonderia Alta Srl".into())
    );
}

#[tokio::test]
async fn a_ledger_that_is_brought_as_clients_is_said_to_look_like_a_ledger() {
    let world = World::new().await;
    let browser = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    let file = "client,invoice,issued_on,due_on,amount\nK-1,7,2026-01-01,2026-02-01,100\n";
    let path = bring(&browser, "clients", "partite.csv", file.as_bytes()).await;
    assert!(browser.read(&path).await.contains("scegliendo «Partitario»"));
}

#[tokio::test]
async fn a_column_that_is_not_recognised_is_asked_for_and_chosen() {
    let world = World::new().await;
    let browser = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    let file = "Alfa,Beta\nK-1,Fonderia Alta Srl\n";
    let path = bring(&browser, "clients", "strano.csv", file.as_bytes()).await;
    let page = browser.read(&path).await;
    assert!(page.contains("role=\"alert\"") && page.contains("name=\"column.client\""), "{page}");
    assert!(!page.contains("value=\"take\""), "what cannot be read is not offered to be taken");
    assert!(page.contains("Nessuna colonna del file è stata riconosciuta per: "), "{page}");
    let chosen = [("act", "look"), ("column.client", "Alfa"), ("column.name", "Beta")];
    let page = browser.send(&path, &chosen).await.text().await.unwrap();
    assert!(page.contains("<option value=\"Alfa\" selected>") && page.contains("value=\"take\""), "{page}");
    let wrong = [("act", "take"), ("column.client", "Alfa"), ("column.name", "Gamma")];
    let page = browser.send(&path, &wrong).await.text().await.unwrap();
    assert!(page.contains("Gamma") && page.contains("<option value=\"Alfa\" selected>"), "{page}");
}

#[tokio::test]
async fn a_ledger_makes_its_clients_when_that_is_ticked() {
    let world = World::new().await;
    let browser = Browser::with_key(&world, &world.key).await;
    let file = "client;invoice;issued_on;due_on;amount\nK-9;1;31/10/2026;30/11/2026;1.234,50\n";
    let path = bring(&browser, "invoices", "partitario.csv", file.as_bytes()).await;
    assert!(browser.read(&path).await.contains("Di questo cliente non sappiamo nulla"));
    let columns = ["client", "invoice", "issued_on", "due_on", "amount"].map(|name| (format!("column.{name}"), name));
    let mut fields = vec![("act", "take"), ("create_clients", "1")];
    fields.extend(columns.iter().map(|(field, name)| (field.as_str(), *name)));
    assert_eq!(browser.send(&path, &fields).await.status(), 303);
    let ledger = world.get("/v1/clients/K-9/ledger").await;
    assert_eq!(ledger["items"][0]["amount"], "1234.50", "{ledger}");
}

#[tokio::test]
async fn a_file_belongs_to_who_brought_it_and_is_forgotten_after_a_while() {
    let world = World::new().await;
    let browser = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    let path = bring(&browser, "clients", "clienti.csv", CLIENTS.as_bytes()).await;
    let other = Browser::of_rank(&world, Rank::Admin, &[]).await;
    for path in [path.clone(), format!("{path}/rejected.csv")] {
        let answer = other.ask("GET", &path).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (303, "/import?gone=1"));
    }
    world.clock.advance(jiff::SignedDuration::from_mins(31));
    assert_eq!(browser.ask("GET", &path).send().await.unwrap().status(), 303);
    assert!(browser.read("/import?gone=1").await.contains("portalo di nuovo"));
}

#[tokio::test]
async fn a_file_needs_the_proof_of_the_session_and_a_rank_that_writes() {
    let world = World::new().await;
    let viewer = Browser::of_rank(&world, Rank::Viewer, &[]).await;
    assert_eq!(viewer.ask("GET", "/import").send().await.unwrap().status(), 403);
    let browser = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    for (proof, browser) in [("0".to_owned(), &browser), (viewer.proof().await, &viewer)] {
        assert_eq!(post(browser, &proof, "clients", ("a.csv", CLIENTS.as_bytes())).await.status(), 403);
    }
    let empty = bring(&browser, "clients", "vuoto.csv", b"").await;
    assert_eq!(empty, "/import?empty=1&kind=clients");
}

#[tokio::test]
async fn a_file_that_was_taken_is_listed_and_can_be_undone_when_asked_for() {
    let world = World::new().await;
    let browser = Browser::with_key(&world, &world.key).await;
    let file = "client;invoice;issued_on;due_on;amount\nK-9;1;31/10/2026;30/11/2026;1.234,50\n";
    let path = bring(&browser, "invoices", "partite <b>.csv", file.as_bytes()).await;
    let mut fields = vec![("act", "take"), ("create_clients", "1")];
    fields.extend([("column.client", "client"), ("column.invoice", "invoice"), ("column.issued_on", "issued_on")]);
    fields.extend([("column.due_on", "due_on"), ("column.amount", "amount")]);
    assert_eq!(browser.send(&path, &fields).await.status(), 303);
    let page = browser.read("/import").await;
    assert!(page.contains("action=\"/imports/1/undo\"") && page.contains("si può annullare fino al"), "{page}");
    assert!(!page.contains("<b>.csv"), "a file's name is only a name");

    let viewer = Browser::of_rank(&world, Rank::Viewer, &[]).await;
    assert_eq!(viewer.send("/imports/1/undo", &[]).await.status(), 403);
    let page = browser.send("/imports/1/undo", &[]).await.text().await.unwrap();
    assert!(page.contains("role=\"status\"") && page.contains("Tolte: 1") && page.contains("K-9"), "{page}");
    assert!(page.contains("annullata") && !page.contains("action=\"/imports/1/undo\""), "{page}");
    assert_eq!(world.get("/v1/clients/K-9/ledger").await["items"].as_array().unwrap().len(), 0);
    let opened = browser.ask("GET", "/imports/1/undo").send().await.unwrap();
    assert_eq!(
        (opened.status().as_u16(), &opened.headers()["location"]),
        (303, &header::HeaderValue::from_static("/import"))
    );
    let late = browser.send("/imports/1/undo", &[]).await.text().await.unwrap();
    assert!(late.contains("role=\"alert\""), "{late}");
}

#[tokio::test]
async fn imports_are_listed_by_page_and_one_that_broke_off_says_so() {
    let world = World::new().await;
    let facts = world.desk.store.facts();
    let (portfolio, at) = (facts.portfolio(&"main".parse().unwrap()).await.unwrap(), world.clock.now());
    for n in 0..51 {
        let name = format!("partite-{n}.csv");
        facts.begin_import(&NewImport { portfolio, kind: "invoices", name: &name, at }).await.unwrap();
    }
    let browser = Browser::with_key(&world, &world.key).await;
    let first = browser.read("/import").await;
    assert!(first.contains("partite-50.csv") && first.contains("non finita") && !first.contains("partite-0.csv"));
    let older = first.split("href=\"/import?before=").nth(1).unwrap().split('#').next().unwrap().to_owned();
    let second = browser.read(&format!("/import?before={older}")).await;
    assert!(second.contains("partite-0.csv") && !second.contains("partite-1.csv"));
    let view = world.get("/v1/imports?limit=1").await["items"][0].clone();
    assert_eq!((&view["finished"], &view["can_be_undone"]), (&json!(false), &json!(false)), "it wrote nothing");
}
