use serde_json::{Value, json};
use vedetta::{serve::document, store::Scope};

use crate::{
    alert::{mailbox::Mailbox, receivers::Receiver},
    world::{World, problem, read},
};

const YES: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

async fn webhook(world: &World, portfolio: &str, url: &str) -> String {
    let wish = json!({"name": "desk", "portfolio": portfolio, "channel": {"webhook": {"url": url}}, "when": {}});
    world.post("/v1/subscriptions", &wish, 201).await["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_preview_says_what_would_have_been_told_and_makes_nothing() {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    world.client("south", "S-1", "Cantiere Meridiano", 2).await;
    let receiver = Receiver::saying(YES).await;
    let id = webhook(&world, "north", &receiver.url()).await;
    for code in ["N-1", "S-1"] {
        world.protest(code, "50000").await;
    }
    world.alerts.deliver_due_once().await.unwrap();
    let told = receiver.requests().len();
    assert_eq!(told, 1, "the protest is a drop");
    let n_before = world.get("/v1/subscriptions").await["items"].as_array().unwrap().len();
    let asked =
        json!({"portfolio": "north", "name": "only thought of", "channel": {"webhook": {"url": receiver.url()}}});
    let seen = world.post("/v1/subscriptions/preview", &asked, 200).await;
    assert_eq!((&seen["days"], &seen["would_have_fired"], &seen["is_whole"]), (&json!(90), &json!(told), &json!(true)));
    let first = &seen["first"][0];
    assert_eq!((&first["client"], &first["type"]), (&json!("N-1"), &json!("rating.changed")));
    assert!(first["notches"].as_i64().unwrap() < 0, "{first}");
    let of_one = world.get(&format!("/v1/subscriptions/{id}/preview")).await;
    assert_eq!((&of_one["would_have_fired"], &of_one["first"]), (&seen["would_have_fired"], &seen["first"]));
    let strict = json!({"portfolio": "north", "when": {"exposure_at_least": 1e12}});
    assert_eq!(world.post("/v1/subscriptions/preview", &strict, 200).await["would_have_fired"], 0);
    assert_eq!(world.get("/v1/subscriptions").await["items"].as_array().unwrap().len(), n_before);
    world.clock.advance(jiff::SignedDuration::from_hours(91 * 24));
    assert_eq!(world.post("/v1/subscriptions/preview", &asked, 200).await["would_have_fired"], 0, "ninety days later");
    for (when, pointer) in [(json!({"direction": "left"}), "/when/direction"), (json!([null, null]), "/when")] {
        let wrong = json!({"portfolio": "north", "when": when});
        let refused = world.ask("POST", "/v1/subscriptions/preview").json(&wrong).send().await.unwrap();
        assert_eq!(problem(refused, 422).await["errors"][0]["pointer"], pointer);
    }
}

#[tokio::test]
async fn a_rotation_shows_the_new_secret_once_and_says_until_when_the_old_one_signs() {
    let world = World::new().await;
    let id = webhook(&world, "north", "https://hooks.example.com/x").await;
    let path = format!("/v1/subscriptions/{id}");
    let rotated = read(world.ask("POST", &format!("{path}/rotate")).send().await.unwrap(), 200).await;
    assert!(rotated["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(rotated["old_secret_until"], "2026-11-21T08:00:00Z", "a day when nothing is said");
    let again = world.post(&format!("{path}/rotate"), &json!({"overlap_hours": 2}), 200).await;
    assert_eq!(again["old_secret_until"], "2026-11-20T10:00:00Z");
    assert_ne!(again["secret"], rotated["secret"]);
    assert!(!world.get(&path).await.to_string().contains("whsec_"));
    let too_long = world.ask("POST", &format!("{path}/rotate")).json(&json!({"overlap_hours": 999}));
    assert_eq!(problem(too_long.send().await.unwrap(), 422).await["errors"][0]["pointer"], "/overlap_hours");
}

#[tokio::test]
async fn what_was_missed_while_a_subscription_was_off_is_recovered_by_range() {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    let receiver = Receiver::saying(YES).await;
    let id = webhook(&world, "north", &receiver.url()).await;
    let path = format!("/v1/subscriptions/{id}");
    let switch =
        async |on: bool| read(world.ask("PATCH", &path).json(&json!({"enabled": on})).send().await.unwrap(), 200).await;
    switch(false).await;
    world.protest("N-1", "50000").await;
    world.alerts.deliver_due_once().await.unwrap();
    let range = json!({"after": 0, "until": 1000});
    let off = world.ask("POST", &format!("{path}/recover")).json(&range).send().await.unwrap();
    assert!(problem(off, 422).await["detail"].as_str().unwrap().contains("off"));
    switch(true).await;
    world.alerts.deliver_due_once().await.unwrap();
    assert_eq!(receiver.requests().len(), 0, "what happened while it was off is not told by itself");
    assert_eq!(world.post(&format!("{path}/recover"), &range, 202).await["recovered"], 1);
    world.alerts.deliver_due_once().await.unwrap();
    assert_eq!(receiver.requests().len(), 1);
    assert_eq!(world.post(&format!("{path}/recover"), &range, 202).await["recovered"], 0);
    let again = json!({"after": 0, "again": true});
    assert_eq!(world.post(&format!("{path}/recover"), &again, 202).await["recovered"], 1);
    for wrong in [json!({"after": 5, "until": 5}), json!({"after": -1}), json!({"after": 0, "until": 0})] {
        let refused = world.ask("POST", &format!("{path}/recover")).json(&wrong).send().await.unwrap();
        assert_eq!(problem(refused, 422).await["errors"][0]["pointer"], "/until", "{wrong}");
    }
}

/// A subscription by mail and the path of the link in its test mail.
async fn link(world: &World, mailbox: &Mailbox, locale: &str) -> (String, String) {
    let wish = json!({"name": "Fidi & incassi", "channel": {"email": {"to": "desk@credit.example", "digest": "daily"}},
        "locale": locale, "contact": "owner@credit.example"});
    let made = world.post("/v1/subscriptions", &wish, 201).await;
    assert_eq!(made["channel"], json!({"email": {"to": "desk@credit.example", "digest": "daily"}}));
    let path = format!("/v1/subscriptions/{}", made["id"].as_str().unwrap());
    let test = read(world.ask("POST", &format!("{path}/test")).send().await.unwrap(), 200).await;
    assert_eq!((&test["delivered"], &test["status"]), (&json!(true), &json!(250)), "{test}");
    let link = mailbox.mails().pop().unwrap().header("List-Unsubscribe").unwrap();
    let link = link.trim_matches(['<', '>']).strip_prefix("https://vedetta.example/here").unwrap().to_owned();
    (path, link)
}

#[tokio::test]
async fn opening_the_link_of_a_mail_asks_and_posting_to_it_ends_the_mails() {
    let mailbox = Mailbox::start().await;
    let world = World::with_mail(Some(&mailbox.mail())).await;
    let (path, link) = link(&world, &mailbox, "it").await;
    for _ in 0..2 {
        let page = world.bare("GET", &link).send().await.unwrap();
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("form-action 'self'") && page.headers()["cache-control"] == "no-store");
        let text = page.text().await.unwrap();
        assert!(text.contains("Fidi &#38; incassi") && text.contains("<button>"), "{text}");
    }
    assert_eq!(world.get(&path).await["enabled"], true, "scanners open every link");
    for _ in 0..2 {
        let click = world.bare("POST", &link).header("content-type", "application/x-www-form-urlencoded");
        let click = click.body("List-Unsubscribe=One-Click").send().await.unwrap();
        assert_eq!(click.status(), 200);
        assert!(click.text().await.unwrap().contains("Non riceverai altri avvisi"));
    }
    let off = world.get(&path).await;
    assert_eq!((&off["enabled"], &off["disabled"]), (&json!(false), &json!("ended by its reader")));
    let feed = world.get("/v1/changes").await;
    let said: Vec<&Value> =
        feed["events"].as_array().unwrap().iter().filter(|e| e["type"] == "subscription.disabled").collect();
    assert_eq!((said.len(), &said[0]["data"]["reason"]), (1, &json!("ended by its reader")));
}

#[tokio::test]
async fn a_link_that_was_not_made_here_or_went_to_an_earlier_address_opens_nothing() {
    let mailbox = Mailbox::start().await;
    let world = World::with_mail(Some(&mailbox.mail())).await;
    let (path, link) = link(&world, &mailbox, "en").await;
    let (head, signature) = link.split_once('.').unwrap();
    let other = if signature.starts_with('A') { "B" } else { "A" };
    let forged = [
        format!("{head}.{other}{}", signature.chars().skip(1).collect::<String>()),
        format!("{head}."),
        head.to_owned(),
        format!("/unsubscribe/sub_default_1.{signature}"),
        "/unsubscribe/%00".to_owned(),
    ];
    for link in &forged {
        for method in ["GET", "POST"] {
            problem(world.bare(method, link).send().await.unwrap(), 404).await;
        }
    }
    let change = json!({"channel": {"email": {"to": "other@credit.example"}}});
    read(world.ask("PATCH", &path).json(&change).send().await.unwrap(), 200).await;
    problem(world.bare("POST", &link).send().await.unwrap(), 404).await;
    assert_eq!(world.get(&path).await["enabled"], true);
}

#[tokio::test]
async fn another_portfolios_subscription_is_as_unknown_as_nobodys_to_every_operation() {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 2).await;
    world.client("south", "S-1", "Cantiere Meridiano", 2).await;
    let theirs = webhook(&world, "south", "https://canary.example.com/south").await;
    let north = world.key_for(Scope::Write, &["north"]).await;
    let api = serde_json::to_value(document()).unwrap();
    let mut n_operations = 0;
    for (path, item) in
        api["paths"].as_object().unwrap().iter().filter(|(path, _)| path.starts_with("/v1/subscriptions/{id}"))
    {
        for method in item.as_object().unwrap().keys() {
            let ask = async |id: &str| {
                let path = path.replace("{id}", id).replace("{delivery}", "1");
                let request = world.bare(&method.to_uppercase(), &path).bearer_auth(&north);
                let body = match path.rsplit('/').next() {
                    Some("recover") => json!({"after": 0}),
                    Some("rotate") => json!({}),
                    _ => json!({"name": "mine"}),
                };
                let mut answer = problem(request.json(&body).send().await.unwrap(), 404).await;
                answer["instance"].take();
                answer["request_id"].take();
                answer
            };
            assert_eq!(ask(&theirs).await, ask("sub_nobodys").await, "{method} {path}");
            n_operations += 1;
        }
    }
    assert_eq!(n_operations, 9, "get, patch, delete, preview, rotate, test, deliveries, redeliver, recover");
    let list = world.bare("GET", "/v1/subscriptions").bearer_auth(&north).send().await.unwrap();
    assert!(!read(list, 200).await.to_string().contains("canary"));
    let asked = json!({"portfolio": "south"});
    let preview =
        world.bare("POST", "/v1/subscriptions/preview").bearer_auth(&north).json(&asked).send().await.unwrap();
    assert_eq!(problem(preview, 404).await["code"], "unknown_portfolio");
}

#[tokio::test]
async fn without_a_mail_server_a_subscription_by_mail_is_refused_with_a_sentence() {
    let world = World::new().await;
    let wish = json!({"name": "post", "channel": {"email": {"to": "a@b.example", "digest": "daily"}}});
    let refused = problem(world.ask("POST", "/v1/subscriptions").json(&wish).send().await.unwrap(), 422).await;
    assert_eq!(refused["errors"][0]["pointer"], "/channel/email");
    assert!(refused["detail"].as_str().unwrap().contains("no mail server"), "{refused}");
}
