use vedetta::domain::Rank;

use super::Browser;
use crate::{
    alert::{mailbox::Mailbox, receivers::Receiver},
    world::World,
};

const YES: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const NO: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";

/// What the editor sends that nobody has changed, with some fields written over.
fn wish<'f>(fields: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let fresh = [
        ("act", "save"),
        ("name", "Ufficio crediti"),
        ("portfolio", "north"),
        ("channel", "sse"),
        ("direction", "down"),
        ("notches", "1"),
        ("type_0", "1"),
        ("time_zone", "Europe/Rome"),
        ("storm", "digest"),
        ("locale", "it"),
    ];
    let kept = fresh.into_iter().filter(|(name, _)| !fields.iter().any(|(own, _)| own == name));
    kept.chain(fields.iter().copied()).collect()
}

/// The page that a form leads to, with the address that it was sent on to.
async fn sent(browser: &Browser<'_>, path: &str, fields: &[(&str, &str)]) -> (String, String) {
    let answer = browser.send(path, fields).await;
    assert_eq!(answer.status(), 303, "{path}");
    let next = answer.headers()["location"].to_str().unwrap().to_owned();
    let page = browser.read(&next).await;
    (next, page)
}

#[tokio::test]
async fn an_alert_made_by_hand_is_the_one_that_the_api_shows() {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    let browser = Browser::of_rank(&world, Rank::Analyst, &[]).await;
    let fields = wish(&[
        ("exposure", "10.000,50"),
        ("grade", "C1"),
        ("sectors", "C, 25"),
        ("clients", "N-1"),
        ("type_5", "1"),
        ("quiet_from", "22:00"),
        ("quiet_to", "07:00"),
    ]);
    let (_, page) = sent(&browser, "/alerts", &fields).await;
    assert!(page.contains("L&#39;avviso è fatto") || page.contains("L'avviso è fatto"), "{page}");
    let made = world.get("/v1/subscriptions").await;
    let made = made["items"].as_array().unwrap().iter().find(|one| one["name"] == "Ufficio crediti").unwrap();
    let when = &made["when"];
    assert_eq!((&when["exposure_at_least"], &when["grade_at_or_below"]), (&10_000.5.into(), &"C1".into()));
    assert_eq!(when["sectors"], serde_json::json!(["C", "25"]));
    assert_eq!(when["types"], serde_json::json!(["rating.changed", "source.stale"]));
    assert_eq!((&made["quiet_hours"]["from"], &made["portfolio"]), (&"22:00".into(), &"north".into()));
}

#[tokio::test]
async fn a_refused_alert_says_what_would_be_right_and_keeps_what_was_typed() {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    let browser = Browser::with_key(&world, &world.key).await;
    for (fields, hint) in [
        (vec![("name", ""), ("exposure", "77")], "da 1 a 100 caratteri"),
        (vec![("sectors", "ZZ9"), ("exposure", "77")], "codici o lettere NACE"),
        (vec![("exposure", "molto"), ("sectors", "C")], "importo da zero in su"),
        (vec![("channel", "email"), ("to", "x@example.it"), ("exposure", "77")], "server di posta"),
        (vec![("channel", "webhook"), ("url", "ftp://example.it"), ("exposure", "77")], "webhook non va bene"),
    ] {
        let answer = browser.send("/alerts", &wish(&fields)).await;
        assert_eq!(answer.status(), 200, "{fields:?}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("role=\"alert\"") && page.contains(hint), "{hint} in {page}");
        for (_, typed) in fields.iter().filter(|(name, typed)| *name != "channel" && !typed.is_empty()) {
            assert!(page.contains(&format!("value=\"{typed}\"")), "{typed} is still there");
        }
    }
    assert_eq!(world.get("/v1/subscriptions").await["items"].as_array().unwrap().len(), 1, "only the portfolio's own");
}

#[tokio::test]
async fn an_alert_is_held_against_the_past_before_it_is_made() {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    world.protest("N-1", "50000").await;
    let browser = Browser::with_key(&world, &world.key).await;
    let tried = async |fields: &[(&str, &str)]| {
        browser.send("/alerts", &wish(&[&[("act", "try")], fields].concat())).await.text().await.unwrap()
    };
    let once = tried(&[]).await;
    assert!(once.contains("avrebbe avvisato una volta") && once.contains("href=\"/clients/N-1\""), "{once}");
    assert!(tried(&[("exposure", "1000000000")]).await.contains("non avrebbe avvisato mai"));
    assert!(tried(&[("notches", "12")]).await.contains("da 1 a 9"));
    assert_eq!(world.get("/v1/subscriptions").await["items"].as_array().unwrap().len(), 1, "a try makes none");
    let (made, page) = sent(&browser, "/alerts", &wish(&[])).await;
    assert!(!page.contains("avrebbe avvisato una volta"), "and not at every look");
    let past = format!("{}?past=1", made.split('?').next().unwrap());
    assert!(browser.read(&past).await.contains("avrebbe avvisato una volta"));
}

#[tokio::test]
async fn a_webhook_shows_its_secret_once_is_tried_switched_rotated_and_ended() {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    let receiver = Receiver::saying(YES).await;
    let browser = Browser::with_key(&world, &world.key).await;
    let made = browser.send("/alerts", &wish(&[("channel", "webhook"), ("url", &receiver.url())])).await;
    let page = made.text().await.unwrap();
    assert!(page.contains("whsec_"), "{page}");
    let (_, rest) = page.split_once("action=\"/alerts/sub_").unwrap();
    let path = format!("/alerts/sub_{}", rest.split(['/', '"']).next().unwrap());
    assert!(!browser.read(&path).await.contains("whsec_"), "shown once");

    let tested = browser.send(&format!("{path}/test"), &[]).await.text().await.unwrap();
    assert!(tested.contains("La prova è arrivata") && receiver.requests().len() == 1, "{tested}");
    let (_, off) = sent(&browser, &format!("{path}/switch"), &[("on", "0")]).await;
    assert!(off.contains("spento da chi"), "{off}");
    sent(&browser, &format!("{path}/switch"), &[("on", "1")]).await;
    let rotated = browser.send(&format!("{path}/rotate"), &[("overlap_hours", "2")]).await.text().await.unwrap();
    assert!(rotated.contains("whsec_") && rotated.contains("20/11/2026, 11:00"), "Rome is an hour ahead: {rotated}");
    let refused = browser.send(&format!("{path}/rotate"), &[("overlap_hours", "999")]).await.text().await.unwrap();
    assert!(refused.contains("da 0 a 168 ore"), "{refused}");
    let (_, gone) = sent(&browser, &format!("{path}/end"), &[]).await;
    assert!(!gone.contains("Ufficio crediti"));
    assert_eq!(browser.ask("GET", &path).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn what_was_sent_is_listed_with_what_the_receiver_answered_and_is_sent_again() {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    let receiver = Receiver::saying(NO).await;
    let browser = Browser::with_key(&world, &world.key).await;
    let made = browser.send("/alerts", &wish(&[("channel", "webhook"), ("url", &receiver.url())])).await;
    let page = made.text().await.unwrap();
    let (_, rest) = page.split_once("action=\"/alerts/sub_").unwrap();
    let id = format!("sub_{}", rest.split(['/', '"']).next().unwrap());
    world.protest("N-1", "50000").await;
    world.alerts.deliver_due_once().await.unwrap();
    let page = browser.read(&format!("/alerts/{id}")).await;
    assert!(page.contains("In attesa") && page.contains("503"), "{page}");
    let delivery = world.get(&format!("/v1/subscriptions/{id}/deliveries")).await["items"][0]["id"].as_i64().unwrap();
    sent(&browser, &format!("/alerts/{id}/deliveries/{delivery}/redeliver"), &[]).await;
    world.alerts.deliver_due_once().await.unwrap();
    assert_eq!(receiver.requests().len(), 2);
    // What waits for its next attempt is tried at once.
    let (_, one) = sent(&browser, &format!("/alerts/{id}/recover"), &[("after", "0")]).await;
    assert!(one.contains("In viaggio, eventi: 1"), "{one}");
}

#[tokio::test]
async fn an_alert_by_mail_is_made_where_there_is_a_mail_server() {
    let mailbox = Mailbox::start().await;
    let world = World::with_mail(Some(&mailbox.mail())).await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    let browser = Browser::with_key(&world, &world.key).await;
    let fields = wish(&[("channel", "email"), ("to", "crediti@example.it"), ("digest", "daily")]);
    let (next, page) = sent(&browser, "/alerts", &fields).await;
    assert!(page.contains("e-mail · crediti@example.it, riepilogo alle otto"), "{page}");
    let path = next.split('?').next().unwrap();
    let tested = browser.send(&format!("{path}/test"), &[]).await.text().await.unwrap();
    assert!(tested.contains("La prova è arrivata"), "{tested}");
    let renamed = wish(&[("channel", "email"), ("to", "crediti@example.it"), ("name", "Mattino"), ("type_7", "1")]);
    let (_, changed) = sent(&browser, path, &renamed).await;
    assert!(changed.contains("<h1>Mattino</h1>") && changed.contains("la notte è finita"), "{changed}");
}

#[tokio::test]
async fn a_viewer_reads_alerts_and_changes_none_and_nobody_sees_another_portfolio_s() {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    let browser = Browser::with_key(&world, &world.key).await;
    let (next, _) = sent(&browser, "/alerts", &wish(&[])).await;
    let path = next.split('?').next().unwrap();
    let viewer = Browser::of_rank(&world, Rank::Viewer, &["north"]).await;
    assert!(viewer.read("/alerts").await.contains("Ufficio crediti"));
    assert!(!viewer.read(path).await.contains("<form method=\"post\" action=\"/alerts"));
    for (path, fields) in
        [("/alerts".to_owned(), wish(&[])), (path.to_owned(), wish(&[])), (format!("{path}/end"), vec![])]
    {
        assert_eq!(viewer.send(&path, &fields).await.status(), 403, "{path}");
    }
    let other = Browser::of_rank(&world, Rank::Manager, &["south"]).await;
    assert!(!other.read("/alerts").await.contains("Ufficio crediti"));
    assert_eq!(other.ask("GET", path).send().await.unwrap().status(), 404);
    assert_eq!(other.send(&format!("{path}/switch"), &[("on", "0")]).await.status(), 404);
}
