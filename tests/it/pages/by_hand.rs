use jiff::SignedDuration;
use serde_json::{Value, json};
use vedetta::domain::Rank;

use super::Browser;
use crate::world::World;

/// A client with a year of invoices, and an analyst in front of its page.
async fn world() -> World {
    let world = World::new().await;
    world.client("north", "C-1", "Fonderia Alta Srl", 5).await;
    world
}

async fn line(world: &World, number: &str) -> Value {
    let ledger = world.get("/v1/clients/C-1/ledger").await;
    let lines = ledger["items"].as_array().unwrap();
    lines.iter().find(|line| line["invoice"] == number).cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_fact_that_was_heard_of_is_told_on_the_client_s_page_and_taken_back_under_its_name() {
    let world = world().await;
    let viewer = Browser::of_rank(&world, Rank::Viewer, &[]).await;
    assert!(!viewer.read("/clients/C-1").await.contains("/facts#facts"), "a viewer tells nothing");
    assert_eq!(viewer.send("/clients/C-1/facts", &[]).await.status(), 403);
    let analyst = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    let told = [
        ("kind", "protest"),
        ("on", "2026-11-18"),
        ("instrument", "cheque"),
        ("amount", "18.000,50"),
        ("own_id", "P-7"),
        ("url", "https://registro.example/p/7"),
        ("official", "1"),
    ];
    let slip = analyst.send("/clients/C-1/facts", &[&told[..], &[("source", "Il Salumiere")]].concat()).await;
    let slip = slip.text().await.unwrap();
    assert!(slip.contains("role=\"alert\"") && slip.contains("lettere minuscole"), "{slip}");
    assert!(slip.contains("value=\"18.000,50\"") && slip.contains("value=\"cheque\" selected"), "{slip}");
    assert_eq!(slip.matches("18.000,50").count(), 1, "what was typed stands in its own form only");

    let said = [&told[..], &[("source", "camera-commercio")]].concat();
    let answer = analyst.send("/clients/C-1/facts", &said).await;
    assert_eq!(answer.headers()["location"], "/clients/C-1?done=told#facts");
    let signals = world.get("/v1/clients/C-1/signals").await["items"].clone();
    let first = &signals[0];
    assert_eq!(
        (&first["kind"], &first["source"], &first["official"]),
        (&json!("protest"), &json!("camera-commercio"), &json!(true))
    );
    assert_eq!((&first["fields"]["amount"], &first["valid_at"]), (&json!("18000.50"), &json!("2026-11-18")));
    let page = analyst.read("/clients/C-1?done=told").await;
    assert!(page.contains("Protesto di assegno per 18.000,50") && page.contains("Aggiunto"), "{page}");

    world.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(analyst.send("/clients/C-1/facts", &[&said[..], &[("is_ended", "1")]].concat()).await.status(), 303);
    let signals = world.get("/v1/clients/C-1/signals").await["items"].clone();
    assert!(!signals.to_string().contains("standing"), "taken back by the same name: {signals}");
}

#[tokio::test]
async fn every_kind_of_fact_that_the_form_offers_is_taken_and_a_slip_is_named() {
    let world = world().await;
    let analyst = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    let own = [("on", "2026-11-18"), ("source", "ufficio-crediti")];
    for (fields, kind) in [
        (vec![("kind", "company_status"), ("status", "dormant")], "company_status"),
        (vec![("kind", "prejudicial_act"), ("act", "ipoteca giudiziale"), ("amount", "1.000")], "prejudicial_act"),
        (vec![("kind", "news"), ("title", "Chiude lo stabilimento"), ("event", "closure"), ("severity", "4")], "news"),
        (vec![("kind", "clean"), ("searched", "protests")], "clean"),
    ] {
        let answer = analyst.send("/clients/C-1/facts", &[&own[..], &fields[..]].concat()).await;
        assert_eq!(answer.status(), 303, "{kind}");
        let signals = world.get("/v1/clients/C-1/signals").await;
        assert!(signals["items"].as_array().unwrap().iter().any(|signal| signal["kind"] == kind), "{signals}");
    }
    for (fields, says) in [
        (vec![("kind", "prejudicial_act")], "Serve il nome dell&#39;atto."),
        (vec![("kind", "news"), ("title", "x"), ("event", "closure"), ("severity", "grave")], "da 0 a 5"),
        (vec![("kind", "weather")], "Non si può fare così."),
    ] {
        let slip = analyst.send("/clients/C-1/facts", &[&fields[..], &own[..]].concat()).await;
        let slip = slip.text().await.unwrap();
        assert!(slip.contains("role=\"alert\"") && slip.contains(says), "{fields:?}: {slip}");
    }
    let slip =
        analyst.send("/clients/C-1/facts", &[("kind", "clean"), ("searched", "news")]).await.text().await.unwrap();
    assert!(slip.contains("Serve il giorno da cui è così"), "{slip}");
}

#[tokio::test]
async fn an_invoice_and_a_payment_are_typed_in_checked_as_a_file_is_and_can_be_undone() {
    let world = world().await;
    let analyst = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    let invoice = [("what", "invoice"), ("invoice", "H-1"), ("on", "2026-11-02"), ("due_on", "2026-12-02")];
    let slip = analyst.send("/clients/C-1/invoices", &[&invoice[..], &[("amount", "-5")]].concat()).await;
    let slip = slip.text().await.unwrap();
    assert!(
        slip.contains("sopra lo zero") && slip.contains("value=\"H-1\"") && slip.contains("aria-invalid"),
        "{slip}"
    );
    assert_eq!(line(&world, "H-1").await, Value::Null);

    let early =
        [("what", "invoice"), ("invoice", "H-1"), ("on", "2026-11-02"), ("due_on", "2026-11-01"), ("amount", "5")];
    let slip = analyst.send("/clients/C-1/invoices", &early).await.text().await.unwrap();
    assert!(slip.contains("non può venire prima del documento"), "{slip}");
    assert_eq!(line(&world, "H-1").await, Value::Null);

    let taken = analyst.send("/clients/C-1/invoices", &[&invoice[..], &[("amount", "1.234,50")]].concat()).await;
    assert_eq!(taken.headers()["location"], "/clients/C-1?done=invoice#ledger");
    assert_eq!(line(&world, "H-1").await["open"], "1234.50");
    assert!(analyst.read("/clients/C-1?done=invoice").await.contains("Registrata"));
    let again = analyst.send("/clients/C-1/invoices", &[&invoice[..], &[("amount", "1,00")]].concat()).await;
    assert!(again.text().await.unwrap().contains("non viene sovrascritto"));
    assert_eq!(line(&world, "H-1").await["open"], "1234.50", "what is there is not written over");

    world.clock.advance(SignedDuration::from_secs(60));
    let payment =
        |number| [("invoice", number), ("on", "2026-11-20"), ("amount", "234,50"), ("reference", "acconto; H-1")];
    let slip = analyst.send("/clients/C-1/payments", &payment("H-9")).await.text().await.unwrap();
    assert!(slip.contains("role=\"alert\"") && slip.contains("non va bene per questo cliente"), "{slip}");
    assert_eq!(analyst.send("/clients/C-1/payments", &payment("H-1")).await.status(), 303);
    assert_eq!(line(&world, "H-1").await["open"], "1000.00");

    world.clock.advance(SignedDuration::from_secs(60));
    let note =
        [("what", "credit_note"), ("invoice", "H-2"), ("on", "2026-11-19"), ("amount", "100"), ("refers_to", "H-1")];
    assert_eq!(analyst.send("/clients/C-1/invoices", &note).await.status(), 303);
    assert_eq!(line(&world, "H-1").await["open"], "900.00");

    world.clock.advance(SignedDuration::from_secs(60));
    let imports = world.get("/v1/imports?portfolio=north").await["items"].clone();
    let (note, paid) = (imports[0]["id"].clone(), imports[1]["id"].clone());
    for (import, open) in [(note, "1000.00"), (paid, "1234.50")] {
        assert_eq!(analyst.send(&format!("/imports/{import}/undo"), &[]).await.status(), 200);
        assert_eq!(line(&world, "H-1").await["open"], open);
    }
}

#[tokio::test]
async fn a_client_is_typed_in_and_one_that_is_there_is_not_written_over() {
    let world = world().await;
    let viewer = Browser::of_rank(&world, Rank::Viewer, &[]).await;
    assert_eq!(viewer.ask("GET", "/new-client").send().await.unwrap().status(), 403);
    assert!(!viewer.read("/clients").await.contains("/new-client"));
    let analyst = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    assert!(analyst.read("/clients").await.contains("href=\"/new-client\""));
    let typed = [
        ("client", "C-1"),
        ("name", "Altra Srl"),
        ("country", "it"),
        ("portfolio", "north"),
        ("credit_limit", "12.000,00"),
    ];
    let slip = analyst.send("/new-client", &typed).await.text().await.unwrap();
    assert!(slip.contains("role=\"alert\"") && slip.contains("value=\"Altra Srl\""), "{slip}");
    assert_eq!(world.get("/v1/clients/C-1").await["name"], "Fonderia Alta Srl");
    let new = [&[("client", "C-2")][..], &typed[1..]].concat();
    let slip = analyst.send("/new-client", &[&new[..], &[("tax_id", "123")]].concat()).await.text().await.unwrap();
    assert!(slip.contains("partita IVA") && slip.contains("value=\"123\""), "{slip}");
    assert_eq!(analyst.send("/new-client", &new).await.headers()["location"], "/clients/C-2?portfolio=north");
    let client = world.get("/v1/clients/C-2").await;
    assert_eq!(
        (&client["name"], &client["country"], &client["credit_limit"]),
        (&json!("Altra Srl"), &json!("IT"), &json!("12000.00"))
    );
    let south = Browser::of_rank(&world, Rank::Manager, &["south"]).await;
    let elsewhere = [&[("client", "C-3")][..], &typed[1..]].concat();
    assert_eq!(south.send("/new-client", &elsewhere).await.status(), 404, "in a portfolio that is not theirs");
}

#[tokio::test]
async fn a_day_is_looked_back_to_with_what_was_known_on_another() {
    let world = world().await;
    world.clock.advance(SignedDuration::from_hours(48));
    world.protest("C-1", "90000.00").await;
    world.clock.advance(SignedDuration::from_hours(72));
    let browser = Browser::with_key(&world, &world.key).await;
    let grade = async |query: &str| {
        world.get(&format!("/v1/clients/C-1/rating?valid_at=2026-11-24{query}")).await["grade"].clone()
    };
    let (then, before) = (grade("").await, grade("&known_at=2026-11-21T23:59:59Z").await);
    assert_ne!(then, before);
    let shown = async |query: &str| {
        let page = browser.read(&format!("/clients/C-1?on=2026-11-24{query}")).await;
        let (_, then) = page.split_once("<div class=\"then\"").unwrap();
        then.split_once("</p>").unwrap().0.to_owned()
    };
    let (now, back) = (shown("&known=").await, shown("&known=2026-11-21").await);
    assert!(now.contains(&format!(">{}<", then.as_str().unwrap())) && !now.contains("come si sapeva"), "{now}");
    assert!(back.contains(&format!(">{}<", before.as_str().unwrap())), "{back}");
    assert!(back.contains("come si sapeva il 21/11/2026"), "{back}");
    assert!(
        browser
            .read("/clients/C-1?on=2026-11-24&known=2026-11-21")
            .await
            .contains("name=\"known\" value=\"2026-11-21\"")
    );
}

#[tokio::test]
async fn every_fact_and_every_invoice_is_reached_page_after_page() {
    let world = world().await;
    let browser = Browser::with_key(&world, &world.key).await;
    assert!(!browser.read("/clients/C-1").await.contains("/clients/C-1/facts?"), "few are all on the page");
    let row = |n: usize| format!("C-1,L-{n:03},2026-10-01,2026-11-30,10\n");
    let rows: String = (0..120).map(row).collect();
    let send = world.ask("POST", "/v1/invoices?portfolio=north").header("content-type", "text/csv");
    crate::world::read(send.body(format!("client,invoice,issued_on,due_on,amount\n{rows}")).send().await.unwrap(), 200)
        .await;
    for n in 0..105 {
        let told = json!({"client": "C-1", "kind": "news", "valid_at": "2026-11-18", "source": "press", "id": format!("n{n}"),
            "fields": {"title": format!("Titolo {n:03}"), "event": "none", "severity": 0}});
        world.post("/v1/signals", &told, 202).await;
    }
    let page = browser.read("/clients/C-1").await;
    for (list, found) in [("facts", "Titolo "), ("invoices", "L-")] {
        let first = format!("/clients/C-1/{list}?portfolio=north");
        assert!(page.contains(&format!("href=\"{first}\"")), "{list}");
        let (mut path, mut seen, mut n_pages) = (first, std::collections::BTreeSet::new(), 0);
        loop {
            let page = browser.read(&path).await;
            n_pages += 1;
            let names = page.split(found).skip(1).map(|rest| rest.chars().take(3).collect::<String>());
            seen.extend(names.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())));
            let Some((_, next)) = page.split_once("rel=\"next\" href=\"") else { break };
            path = next.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&");
        }
        assert_eq!((seen.len(), n_pages), (if list == "facts" { 105 } else { 120 }, 2), "{list}");
    }
    let south = Browser::of_rank(&world, Rank::Admin, &["south"]).await;
    for path in ["/clients/C-1/facts", "/clients/C-1/invoices", "/clients/C-1/facts?behind=sig_x"] {
        assert_eq!(south.ask("GET", path).send().await.unwrap().status(), 404, "{path}");
    }
}
