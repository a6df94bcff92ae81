use serde_json::json;
use vedetta::{
    alert::{
        Guard, default_subscription,
        wire::{SubscriptionIn, SubscriptionOut, SubscriptionPatch},
    },
    domain::PortfolioId,
    store::Subscription,
};

use super::noon;

fn accept(body: serde_json::Value) -> Result<Subscription, String> {
    let written: SubscriptionIn = serde_json::from_value(body).map_err(|error| error.to_string())?;
    written.accept(PortfolioId::new(1), &Guard::new(false, []), noon()).map_err(|error| error.to_string())
}

fn webhook() -> Subscription {
    let made = accept(json!({
        "name": " Credit desk ", "channel": {"webhook": {"url": "https://hooks.example.com/x"}},
        "when": {"grade_at_or_below": "C1", "sectors": ["25"]}, "quiet_hours": null, "locale": "it",
    }));
    made.expect("a good subscription")
}

#[test]
fn a_secret_is_shown_once_and_what_was_left_out_is_spelled_out() {
    let made = webhook();
    let created = json!(SubscriptionOut::with_secret(&made));
    assert!(created["secret"].as_str().unwrap().starts_with("whsec_"));
    let listed = json!(SubscriptionOut::of(&made));
    assert!(!listed.to_string().contains("whsec_"), "{listed}");
    assert_eq!(listed["name"], "Credit desk");
    assert_eq!(listed["channel"], json!({"webhook": {"url": "https://hooks.example.com/x"}}));
    assert_eq!(listed["when"]["direction"], "down");
    assert_eq!(listed["when"]["types"], json!(["rating.changed"]));
    assert_eq!(listed["when"]["notches_at_least"], json!(null), "a grade alone asks for no notches");
    assert_eq!((&listed["enabled"], &listed["disabled"]), (&json!(true), &json!(null)));
}

#[test]
fn what_cannot_be_is_refused_by_the_name_of_its_field() {
    let hook = json!({"webhook": {"url": "https://hooks.example.com/x"}});
    let table = [
        (json!({"name": "", "channel": hook}), "name: "),
        (json!({"name": "x", "channel": {"webhook": {"url": "http://127.0.0.1/"}}}), "channel.webhook.url: "),
        (json!({"name": "x", "channel": {"webhook": {"url": "nonsense"}}}), "channel.webhook.url: "),
        (json!({"name": "x", "channel": {"email": {"to": "a@b.example", "digest": "none"}}}), "channel.email: "),
        (json!({"name": "x", "channel": {"pager": {}}}), "pager"),
        (json!({"name": "x", "channel": hook, "when": {"direction": "left"}}), "when.direction: "),
        (json!({"name": "x", "channel": hook, "when": {"notch": 1}}), "notch"),
        (json!({"name": "x", "channel": hook, "locale": "fr"}), "locale: "),
        (json!({"name": "x", "channel": hook, "quiet_hours": {"from": "22:00"}}), "quiet_hours: "),
        (json!({"name": "x", "channel": hook, "colour": "red"}), "colour"),
    ];
    for (body, part) in table {
        let error = accept(body).unwrap_err();
        assert!(error.contains(part), "{error} does not name {part}");
    }
}

#[test]
fn rotation_keeps_the_secret_before_and_no_older_one() {
    let patch = SubscriptionPatch { rotate_secret: true, ..SubscriptionPatch::default() };
    let guard = Guard::new(false, []);
    let first = webhook();
    let second = patch.apply(&first, &guard).unwrap();
    assert_eq!((second.secrets.len(), &second.secrets[1]), (2, &first.secrets[0]));
    let third = patch.apply(&second, &guard).unwrap();
    assert_eq!((third.secrets.len(), &third.secrets[1]), (2, &second.secrets[0]));
}

#[test]
fn switched_on_again_past_failures_are_forgiven() {
    let guard = Guard::new(false, []);
    let broken = Subscription { disabled: Some("410".to_owned()), failing_since: Some(noon()), ..webhook() };
    let patch: SubscriptionPatch = serde_json::from_value(json!({"enabled": true})).unwrap();
    let on = patch.apply(&broken, &guard).unwrap();
    assert_eq!((on.disabled, on.failing_since), (None, None));
    let patch: SubscriptionPatch = serde_json::from_value(json!({"enabled": false})).unwrap();
    assert!(patch.apply(&webhook(), &guard).unwrap().disabled.unwrap().contains("owner"));
}

#[test]
fn a_new_portfolio_hears_of_any_drop_and_of_it_once() {
    let one = default_subscription(PortfolioId::new(3), noon());
    assert_eq!(one.id, default_subscription(PortfolioId::new(3), noon()).id, "making it twice is the same as once");
    assert_ne!(one.id, default_subscription(PortfolioId::new(4), noon()).id);
    let shown = json!(SubscriptionOut::of(&one));
    assert_eq!(shown["channel"], json!({"sse": {}}));
    assert_eq!((&shown["when"]["notches_at_least"], &shown["when"]["direction"]), (&json!(1), &json!("down")));
}
