use serde_json::{Value, json};
use vedetta::{
    alert::default_subscription,
    desk::{Reachable, SubscriptionChange, SubscriptionInput},
    domain::PortfolioId,
    store::Subscription,
};

use crate::world::{World, problem, read, start};

const HOOK: &str = "https://hooks.example.com/x";

fn accept(body: Value) -> Result<Subscription, String> {
    let wish: SubscriptionInput = serde_json::from_value(body).map_err(|e| e.to_string())?;
    wish.accept(PortfolioId::new(1), Reachable::default(), start()).map_err(|e| e.to_string())
}

fn changed(before: &Subscription, change: &SubscriptionChange) -> Subscription {
    change.apply(before, Reachable::default(), start()).unwrap()
}

fn webhook() -> Subscription {
    accept(json!({
        "name": " Credit desk ", "channel": {"webhook": {"url": HOOK}},
        "when": {"grade_at_or_below": "C1", "sectors": ["25"]}, "quiet_hours": null, "locale": "it",
    }))
    .unwrap()
}

#[tokio::test]
async fn a_secret_is_shown_once_and_what_was_left_out_is_spelled_out() {
    let world = World::new().await;
    let wish =
        json!({"name": " Credit desk ", "channel": {"webhook": {"url": HOOK}}, "when": {"grade_at_or_below": "C1"}});
    let made = world.post("/v1/subscriptions", &wish, 201).await;
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    let path = format!("/v1/subscriptions/{}", made["id"].as_str().unwrap());
    let shown = world.get(&path).await;
    assert!(!shown.to_string().contains("whsec_"), "{shown}");
    assert_eq!(shown["name"], "Credit desk");
    assert_eq!(shown["channel"], json!({"webhook": {"url": HOOK}}));
    assert_eq!((&shown["when"]["direction"], &shown["when"]["types"]), (&json!("down"), &json!(["rating.changed"])));
    assert_eq!(shown["when"]["notches_at_least"], json!(null), "a grade alone asks for no notches");
    assert_eq!((&shown["enabled"], &shown["disabled"]), (&json!(true), &json!(null)));
    let off = read(world.ask("PATCH", &path).json(&json!({"enabled": false})).send().await.unwrap(), 200).await;
    assert_eq!((&off["enabled"], &off["secret"]), (&json!(false), &json!(null)));
    let rotated =
        read(world.ask("PATCH", &path).json(&json!({"rotate_secret": true})).send().await.unwrap(), 200).await;
    assert_ne!(rotated["secret"], made["secret"]);
    assert!(rotated["secret"].as_str().unwrap().starts_with("whsec_"));
}

#[tokio::test]
async fn a_new_portfolio_hears_of_any_drop_and_who_ends_that_has_ended_it() {
    let world = World::new().await;
    world.client("north", "N-1", "Officine Valdarno S.r.l.", 5).await;
    let items = world.get("/v1/subscriptions").await["items"].clone();
    assert_eq!(items.as_array().unwrap().len(), 1, "{items}");
    assert_eq!(
        (&items[0]["portfolio"], &items[0]["channel"], &items[0]["name"]),
        (&json!("north"), &json!({"sse": {}}), &json!("any drop"))
    );
    assert_eq!((&items[0]["when"]["notches_at_least"], &items[0]["when"]["direction"]), (&json!(1), &json!("down")));
    let path = format!("/v1/subscriptions/{}", items[0]["id"].as_str().unwrap());
    assert_eq!(world.ask("DELETE", &path).send().await.unwrap().status(), 204);
    world.client("north", "N-2", "Fonderie Brenta S.p.A.", 5).await;
    assert_eq!(world.get("/v1/subscriptions").await["items"], json!([]), "writing again must not bring it back");
}

#[tokio::test]
async fn the_stream_is_a_channel_without_a_secret_until_it_becomes_a_webhook() {
    let world = World::new().await;
    let made = world.post("/v1/subscriptions", &json!({"name": "live", "channel": {"sse": {}}}), 201).await;
    assert_eq!((&made["channel"], &made["secret"]), (&json!({"sse": {}}), &json!(null)));
    let path = format!("/v1/subscriptions/{}", made["id"].as_str().unwrap());
    let change = json!({"channel": {"webhook": {"url": "http://127.0.0.1:9/"}}});
    let changed = read(world.ask("PATCH", &path).json(&change).send().await.unwrap(), 200).await;
    assert!(changed["secret"].as_str().unwrap().starts_with("whsec_"), "{changed}");
    let mail = json!({"name": "post", "channel": {"email": {"to": "a@b.example", "digest": "daily"}}});
    let refused = problem(world.ask("POST", "/v1/subscriptions").json(&mail).send().await.unwrap(), 422).await;
    assert_eq!(refused["errors"][0]["pointer"], "/channel/email");
}

#[test]
fn what_cannot_be_is_refused_by_the_name_of_its_field() {
    let hook = json!({"webhook": {"url": HOOK}});
    let table = [
        (json!({"name": "", "channel": hook}), "/name: "),
        (json!({"name": "a\u{7}b", "channel": hook}), "/name: "),
        (json!({"name": "x", "channel": {"webhook": {"url": "http://127.0.0.1/"}}}), "/channel/webhook/url: "),
        (json!({"name": "x", "channel": {"webhook": {"url": "nonsense"}}}), "/channel/webhook/url: "),
        (json!({"name": "x", "channel": {"email": {"to": "a@b.example", "digest": "none"}}}), "/channel/email: "),
        (json!({"name": "x", "channel": {"pager": {}}}), "pager"),
        (json!({"name": "x", "channel": hook, "when": {"direction": "left"}}), "/when/direction: "),
        (json!({"name": "x", "channel": hook, "when": {"notch": 1}}), "notch"),
        (json!({"name": "x", "channel": hook, "locale": "fr"}), "/locale: "),
        (json!({"name": "x", "channel": hook, "quiet_hours": {"from": "22:00"}}), "missing field `to`"),
        (json!({"name": "x", "channel": hook, "quiet_hours": {"from": "22:00", "to": "22:00"}}), "/quiet_hours: "),
        (json!({"name": "x", "channel": hook, "time_zone": "Europe/Atlantis"}), "/time_zone: "),
        (
            json!({"name": "x", "channel": hook, "time_zone": "UTC",
                "quiet_hours": {"from": "22:00", "to": "07:00", "time_zone": "Europe/Rome"}}),
            "/quiet_hours/time_zone: ",
        ),
        (json!({"name": "x", "channel": hook, "storm": "ignore"}), "/storm: "),
        (json!({"name": "x", "channel": hook, "contact": "a@b.example"}), "/contact: "),
        (json!({"name": "x", "channel": hook, "colour": "red"}), "colour"),
    ];
    for (body, part) in table {
        let error = accept(body).unwrap_err();
        assert!(error.contains(part), "{error} does not name {part}");
    }
}

#[test]
fn rotation_keeps_the_secret_before_and_no_older_one() {
    let change = SubscriptionChange { rotate_secret: true, ..SubscriptionChange::default() };
    let first = webhook();
    let second = changed(&first, &change);
    assert_eq!((second.secrets.len(), &second.secrets[1]), (2, &first.secrets[0]));
    let third = changed(&second, &change);
    assert_eq!((third.secrets.len(), &third.secrets[1]), (2, &second.secrets[0]));
}

#[test]
fn switched_on_again_past_failures_are_forgiven() {
    let broken = Subscription { disabled: Some("410".to_owned()), failing_since: Some(start()), ..webhook() };
    let change: SubscriptionChange = serde_json::from_value(json!({"enabled": true})).unwrap();
    let on = changed(&broken, &change);
    assert_eq!((on.disabled, on.failing_since), (None, None));
    let change: SubscriptionChange = serde_json::from_value(json!({"enabled": false})).unwrap();
    assert!(changed(&webhook(), &change).disabled.unwrap().contains("owner"));
}

#[test]
fn the_first_subscription_of_a_portfolio_is_the_same_however_often_it_is_made() {
    let one = default_subscription(PortfolioId::new(3), start());
    assert_eq!(one.id, default_subscription(PortfolioId::new(3), start()).id);
    assert_ne!(one.id, default_subscription(PortfolioId::new(4), start()).id);
}

#[test]
fn a_mailbox_is_one_address_and_a_rhythm() {
    let reachable = Reachable { mail: true, ..Reachable::default() };
    let by_mail = |email: Value| {
        let body = json!({"name": "x", "channel": {"email": email}});
        let wish: SubscriptionInput = serde_json::from_value(body).map_err(|e| e.to_string())?;
        wish.accept(PortfolioId::new(1), reachable, start()).map_err(|e| e.to_string())
    };
    let made = by_mail(json!({"to": " desk@credit.example ", "digest": "daily"})).unwrap();
    assert_eq!((made.target.as_deref(), made.digest.as_str()), (Some("desk@credit.example"), "daily"));
    assert!(made.secrets.is_empty(), "a mail is not signed");
    assert_eq!(by_mail(json!({"to": "desk@credit.example"})).unwrap().digest, "none");
    for wrong in ["desk", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example", "a@b", ""] {
        assert!(by_mail(json!({"to": wrong})).unwrap_err().starts_with("/channel/email/to: "), "{wrong}");
    }
    assert!(by_mail(json!({"to": "a@b.example", "digest": "weekly"})).unwrap_err().contains("/digest: "));
}

#[test]
fn quiet_hours_are_kept_and_null_ends_them() {
    let hours = json!({"from": "22:00", "to": "07:00", "time_zone": "Europe/Rome"});
    let made = accept(json!({"name": "x", "channel": {"sse": {}}, "quiet_hours": hours})).unwrap();
    assert_eq!((made.quiet.as_deref(), made.time_zone.as_str()), (Some("22:00-07:00"), "Europe/Rome"));
    let change = |text: &str| serde_json::from_str::<SubscriptionChange>(text).unwrap();
    assert_eq!(changed(&made, &change(r#"{"name": "y"}"#)).quiet, made.quiet);
    let ended = changed(&made, &change(r#"{"quiet_hours": null}"#));
    assert_eq!((ended.quiet, ended.time_zone.as_str()), (None, "Europe/Rome"));
}

#[tokio::test]
async fn what_two_people_change_at_once_is_both_kept() {
    let world = World::new().await;
    let made = world.post("/v1/subscriptions", &json!({"name": "x", "channel": {"webhook": {"url": HOOK}}}), 201).await;
    let id = made["id"].as_str().unwrap();
    let path = format!("/v1/subscriptions/{id}");
    for n in 0..20 {
        let renamed = world.ask("PATCH", &path).json(&json!({"name": format!("desk {n}")})).send();
        let rotated = world.ask("POST", &format!("{path}/rotate")).json(&json!({"overlap_hours": 0})).send();
        let (renamed, rotated) = tokio::join!(renamed, rotated);
        assert_eq!(renamed.unwrap().status(), 200);
        let secret = read(rotated.unwrap(), 200).await["secret"].as_str().unwrap().to_owned();
        let stored = world.desk.store.deliveries().subscription_by_id(id).await.unwrap().unwrap();
        assert_eq!((stored.name, stored.secrets), (format!("desk {n}"), vec![secret]));
    }
}
