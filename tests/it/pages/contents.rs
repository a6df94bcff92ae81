use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use reqwest::header;
use serde_json::json;

use super::Browser;
use crate::world::World;

/// Every page that is read.
const PAGES: [&str; 29] = [
    "/?days=30",
    "/changes?days=30",
    "/clients",
    "/clients?q=nobody-at-all",
    "/clients/C-1",
    "/clients/C-1?on=2026-11-01&path=A2",
    "/clients/C-1/papers",
    "/clients/C-1/papers?order=5000",
    "/assessments",
    "/assessments/new",
    "/payments",
    "/payments?state=booked",
    "/nights",
    "/work",
    "/work?span=month",
    "/work/calendar",
    "/review",
    "/portfolio",
    "/alerts",
    "/alerts/new",
    "/sources",
    "/import",
    "/models",
    "/policy",
    "/settings/people",
    "/settings/keys",
    "/settings/log",
    "/settings/log?who=nobody",
    "/help",
];

#[tokio::test]
async fn every_page_answers_in_both_languages_with_nothing_written_into_it_that_runs_or_paints() {
    let world = World::new().await;
    world.client("alpha", "C-1", "Fabbri Torneria Srl", 45).await;
    world.protest("C-1", "18000.00").await;
    let browser = Browser::with_key(&world, &world.key).await;
    for path in PAGES {
        for lang in ["it", "en"] {
            let cookie = format!("{}; vedetta-lang={lang}", browser.cookie);
            let answer = world.bare("GET", path).header(header::COOKIE, cookie).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
            assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
            for (name, value) in [("x-content-type-options", "nosniff"), ("cache-control", "no-store")] {
                assert_eq!(answer.headers()[name], value, "{path}");
            }
            let page = answer.text().await.unwrap();
            assert!(page.contains(&format!("<html lang=\"{lang}\"")), "{path}");
            for painted in ["<style", " style=", " onclick=", " onload=", "javascript:", "<script>", "http://", "//cdn"]
            {
                assert!(!page.contains(painted), "{painted} in {path}");
            }
        }
    }
}

#[tokio::test]
async fn an_empty_house_says_what_to_do_on_every_page() {
    let world = World::new().await;
    let browser = Browser::with_key(&world, &world.key).await;
    for (path, said) in [
        ("/", "vedetta import clients"),
        ("/clients", "Ancora nessun cliente"),
        ("/work", "Niente da fare"),
        ("/review", "Nessun documento da verificare"),
        ("/changes", "Nessuno."),
        ("/assessments", "Ancora nessuna valutazione"),
        ("/payments", "Nessun incasso da assegnare"),
        ("/nights", "Ancora nessuna notte"),
    ] {
        assert!(browser.read(path).await.contains(said), "{said} on {path}");
    }
}

#[tokio::test]
async fn what_is_due_stands_on_its_day_of_the_calendar() {
    let world = World::new().await;
    world.client("alpha", "C-1", "Fabbri Torneria Srl", 45).await;
    let browser = Browser::with_key(&world, &world.key).await;
    let open = json!([{"client": "C-1", "invoice": "9/B", "issued_on": "2026-10-10", "due_on": "2026-11-09", "amount": "5000"}]);
    assert_eq!(world.post("/v1/invoices?portfolio=alpha", &open, 200).await["accepted"], 1);
    world.settle().await;
    let page = browser.read("/work/calendar").await;
    assert_eq!(page.matches("aria-current=\"date\"").count(), 1, "today is marked once");
    assert!(page.contains("href=\"/clients/C-1\""), "{page}");
    assert!(!browser.read("/work/calendar?owner=nobody").await.contains("Fabbri Torneria"));
}

#[tokio::test]
async fn hostile_names_are_escaped_wherever_they_stand() {
    let world = World::new().await;
    let evil = "<script>alert('x')</script>\"'><img src=x>";
    world.client("alpha", "X<b>1", evil, 50).await;
    world.protest("X<b>1", "18000.00").await;
    let browser = Browser::with_key(&world, &world.key).await;
    let client = "/clients/X%3Cb%3E1";
    for path in
        ["/?days=30", "/changes?days=30", "/clients", "/clients?q=%3Cimg%20src%3Dx%3E", client, "/work?span=month"]
    {
        let page = browser.read(path).await;
        assert!(!page.contains("<script>") && !page.contains("<img"), "{path}");
        let is_there = path.starts_with("/clients");
        assert!(!is_there || page.contains("alert("), "{path} shows the name");
    }
}

#[tokio::test]
async fn a_drop_of_this_morning_is_on_the_page_with_its_reason_and_in_both_languages() {
    let world = World::new().await;
    world.client("alpha", "C-1", "Fabbri Torneria Srl", 0).await;
    let browser = Browser::with_key(&world, &world.key).await;
    assert!(browser.read("/").await.contains("Nessun cliente è peggiorato"));
    world.protest("C-1", "18000.00").await;
    let page = browser.read("/").await;
    assert!(page.contains("Un cliente è peggiorato"), "{page}");
    assert!(
        page.contains("Fabbri Torneria Srl") && page.contains("Protesto di cambiale per 18.000,00\u{a0}€"),
        "{page}"
    );
    let english =
        browser.ask("GET", "/").header(header::COOKIE, "vedetta-lang=en").send().await.unwrap().text().await.unwrap();
    assert!(
        english.contains("One client has got worse") && english.contains("Protested bill for €18,000.00"),
        "{english}"
    );
}

#[tokio::test]
async fn what_was_withdrawn_is_no_longer_told_in_the_morning() {
    let world = World::new().await;
    world.client("alpha", "C-1", "Fabbri Torneria Srl", 0).await;
    world.protest("C-1", "18000.00").await;
    let browser = Browser::with_key(&world, &world.key).await;
    assert!(browser.read("/").await.contains("18.000,00"));
    let gone = json!({"client": "C-1", "kind": "protest", "valid_at": "2026-11-18", "source": "chamber", "official": true,
        "fields": {"instrument": "bill", "amount": "18000.00", "raised_on": "2026-11-18", "state": "cancelled"}});
    world.post("/v1/signals", &gone, 202).await;
    world.clock.advance(jiff::SignedDuration::from_secs(60));
    world.settle().await;
    let page = browser.read("/").await;
    assert!(!page.contains("18 000") && !page.contains("18.000"), "{page}");
}

#[tokio::test]
async fn the_list_is_found_as_one_types_and_taken_along_without_formulas() {
    let world = World::new().await;
    world.client("alpha", "C-1", "Meccanica Valdossa Srl", 0).await;
    world.client("alpha", "C-2", "=CMD() Fonderie Srl", 0).await;
    let browser = Browser::with_key(&world, &world.key).await;
    for (q, found) in [("valdossa", true), ("vadlossa", true), ("c-1", true), ("C-2", false), ("zzzzzzz", false)] {
        let page = browser.read(&format!("/clients?q={q}")).await;
        assert_eq!(page.contains("Meccanica Valdossa"), found, "{q}");
    }
    let mut answer = browser.ask("GET", "/export/clients.csv").send().await.unwrap();
    let file = answer.chunk().await.unwrap().unwrap();
    let text = String::from_utf8(file.to_vec()).unwrap();
    assert!(text.contains("'=CMD() Fonderie Srl") && text.starts_with('\u{feff}'), "{text}");
}

#[tokio::test]
async fn a_refusal_is_a_page_for_a_browser_and_a_problem_for_a_program() {
    let world = World::new().await;
    let browser = Browser::with_key(&world, &world.key).await;
    let page = browser.ask("GET", "/nowhere").send().await.unwrap();
    assert_eq!(
        (page.status().as_u16(), page.headers()["content-type"].to_str().unwrap()),
        (404, "text/html; charset=utf-8")
    );
    let id = page.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert!(page.text().await.unwrap().contains(&id));
    let problem = world.bare("GET", "/nowhere").send().await.unwrap();
    assert_eq!(problem.headers()["content-type"], "application/problem+json");
    let api = world.ask("GET", "/v1/nowhere").header(header::ACCEPT, "text/html").send().await.unwrap();
    assert_eq!(api.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn the_page_of_a_refusal_has_the_form_with_what_was_typed_and_says_why_in_the_reader_s_language() {
    let world = World::new().await;
    world.client("north", "C-1", "Fonderia Alta Srl", 0).await;
    let browser = Browser::with_key(&world, &world.key).await;
    let typed = [("what", "promise"), ("amount", "<abc>"), ("due_on", "2026-12-05"), ("note", "la mia nota")];
    let refused = browser.send("/clients/C-1/actions", &typed).await;
    assert_eq!(refused.status(), 422);
    let page = refused.text().await.unwrap();
    for part in
        ["action=\"/clients/C-1/actions\"", "value=\"&#60;abc&#62;\"", "la mia nota", "name=\"what\" value=\"promise\""]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    // Mended, it is taken as from its own page.
    let mended = [("what", "note"), ("note", "la mia nota")];
    assert_eq!(browser.send("/clients/C-1/actions", &mended).await.status(), 303);
    let nothing_open = browser.send("/clients/C-1/actions", &[("what", "promise_kept")]).await.text().await.unwrap();
    assert!(nothing_open.contains("<p lang=\"it\">Quel giorno non è aperta"), "{nothing_open}");
    let nobody = browser.ask("GET", "/clients/NOPE").send().await.unwrap().text().await.unwrap();
    assert!(nobody.contains("<p lang=\"it\">"), "{nobody}");
}

#[tokio::test]
async fn a_client_without_a_grade_is_said_to_lack_what_a_grade_needs() {
    let world = World::new().await;
    world
        .post("/v1/clients?portfolio=north", &json!([{"client": "N-1", "name": "Nuova Srl", "country": "IT"}]), 200)
        .await;
    world.night().await;
    let explained = world.get("/v1/clients/N-1/explanation").await;
    let why = explained["not_determined"]["text"].as_str().unwrap();
    assert!(why.contains("a grade is given from") || why.contains("nor one open source"), "{explained}");
    let browser = Browser::with_key(&world, &world.key).await;
    let page = browser.read("/clients/N-1").await;
    assert!(page.contains(explained["not_determined"]["text_it"].as_str().unwrap()), "{page}");
}

#[tokio::test]
async fn a_name_that_turns_the_direction_of_letters_is_read_as_it_was_written() {
    let world = World::new().await;
    world.client("north", "C-1", "\u{202e}gnp.exe Rovescio\u{202d} S.r.l.", 0).await;
    let browser = Browser::with_key(&world, &world.key).await;
    for path in ["/clients", "/clients/C-1", "/export/clients.csv"] {
        let page = browser.read(path).await;
        assert!(page.contains("gnp.exe Rovescio S.r.l.") && !page.contains('\u{202e}'), "{path}");
    }
}

#[tokio::test]
async fn scripts_and_styles_are_a_hundred_kilobytes_compressed_at_most() {
    let world = World::new().await;
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    for file in ["vedetta.css", "vedetta.js"] {
        let answer = world.bare("GET", &format!("/assets/any/{file}")).send().await.unwrap();
        assert!(answer.headers()["cache-control"].to_str().unwrap().contains("immutable"));
        packed.write_all(answer.text().await.unwrap().as_bytes()).unwrap();
    }
    assert!(packed.finish().unwrap().len() <= 100 << 10);
    assert_eq!(world.bare("GET", "/assets/any/passwd").send().await.unwrap().status(), 404);
}
