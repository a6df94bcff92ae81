//! The envelope that every outsider sees, and the address of the queue.

use std::sync::Arc;

use vedetta::{
    domain::{
        Cause, ClientId, Cohort, Event, EventBody, FeatureWords, Glossary, Grade, PortfolioId, Probability,
        RatingChange, ReasonLine, Scoreboard,
    },
    publish::{EventSource, QueueUrl, TYPES, cloud_event, cloud_event_from},
};

const WORDS: &[FeatureWords] = &[
    FeatureWords {
        name: "protest_amount_12m",
        unit: "EUR",
        meaning: "amount of standing protests raised in the last 12 months",
        phrase_en: "protested bills for {} in 12 months",
        phrase_it: "effetti protestati per {} in 12 mesi",
    },
    FeatureWords {
        name: "late_share_90d",
        unit: "share",
        meaning: "share of the amount due in the last 90 days that was paid late",
        phrase_en: "{} of the last 90 days paid late",
        phrase_it: "{} degli ultimi 90 giorni pagato in ritardo",
    },
];

fn glossary() -> Glossary {
    Glossary(Arc::from(WORDS))
}

fn line(feature: &str, value: Option<f64>, points: i32) -> ReasonLine {
    ReasonLine { feature: feature.to_owned(), value, points, evidence: Vec::new() }
}

fn drop_of_two_notches() -> Event {
    Event {
        seq: 42,
        at: "2026-03-03T02:31:07Z".parse().expect("an instant"),
        portfolio: Some((PortfolioId::new(1), "main".parse().expect("a name"))),
        client: Some((ClientId::new(7), "C-1042".parse().expect("a code"))),
        body: EventBody::RatingChanged(RatingChange {
            client_seq: 7,
            from: Some(Grade::B2),
            to: Grade::C1,
            pd_from: Probability::new(0.015).ok(),
            pd_to: Probability::new(0.0613).ok(),
            cause: Cause::Signals,
            exposure_minor: 1_234_550,
            reasons: vec![line("protest_amount_12m", Some(18_000.0), -31), line("late_share_90d", Some(0.42), -12)],
            treatment: Some("courtesy_call".to_owned()),
        }),
    }
}

#[test]
fn a_changed_rating_looks_the_same_through_every_door() {
    let envelope = cloud_event(&drop_of_two_notches(), &glossary());
    insta::assert_json_snapshot!(envelope, @r#"
    {
      "specversion": "1.0",
      "id": "42",
      "source": "/vedetta",
      "type": "rating.changed",
      "subject": "C-1042",
      "time": "2026-03-03T02:31:07Z",
      "datacontenttype": "application/json",
      "data": {
        "client": "C-1042",
        "portfolio": "main",
        "from": "B2",
        "to": "C1",
        "notches": -2,
        "pd_from": 0.015,
        "pd_to": 0.0613,
        "cause": "signals",
        "client_seq": 7,
        "seq": 42,
        "exposure": 12345.5,
        "reasons": [
          {
            "feature": "protest_amount_12m",
            "value": 18000.0,
            "unit": "EUR",
            "points": -31,
            "text": "protested bills for 18 000 EUR in 12 months"
          },
          {
            "feature": "late_share_90d",
            "value": 0.42,
            "unit": "share",
            "points": -12,
            "text": "42 % of the last 90 days paid late"
          }
        ],
        "treatment": "courtesy_call"
      }
    }
    "#);
}

#[test]
fn five_reasons_travel_and_lines_that_are_no_feature_have_words_too() {
    let mut event = drop_of_two_notches();
    if let EventBody::RatingChanged(change) = &mut event.body {
        let names = ["late_share_90d", "rule:never_better", "cap:one_source", "calibration", "override", "a_sixth"];
        change.reasons = names.iter().map(|name| line(name, None, -1)).collect();
    }
    let envelope = cloud_event(&event, &glossary());
    let reasons = envelope["data"]["reasons"].as_array().unwrap();
    assert_eq!(reasons.len(), 5);
    for reason in reasons {
        let text = reason["text"].as_str().unwrap();
        assert!(reason["value"].is_null() && !text.is_empty() && !text.contains("{}"), "{reason}");
    }
}

#[test]
fn a_first_rating_has_no_grade_to_come_from_and_no_notches() {
    let mut event = drop_of_two_notches();
    if let EventBody::RatingChanged(change) = &mut event.body {
        (change.from, change.pd_from, change.treatment) = (None, None, None);
    }
    let data = cloud_event(&event, &glossary())["data"].clone();
    assert!(data["from"].is_null() && data["pd_from"].is_null() && data["treatment"].is_null(), "{data}");
    assert_eq!(data["notches"], 0);
}

#[test]
fn an_event_of_the_whole_house_has_no_subject() {
    let body = EventBody::SourceStale { source: "gleif".to_owned(), error: "no answer for 3 days".to_owned() };
    let event = Event { portfolio: None, client: None, body, ..drop_of_two_notches() };
    let source: EventSource = "https://risk.example.com/vedetta".parse().unwrap();
    insta::assert_json_snapshot!(cloud_event_from(&event, &glossary(), &source), @r#"
    {
      "specversion": "1.0",
      "id": "42",
      "source": "https://risk.example.com/vedetta",
      "type": "source.stale",
      "time": "2026-03-03T02:31:07Z",
      "datacontenttype": "application/json",
      "data": {
        "source": "gleif",
        "error": "no answer for 3 days",
        "seq": 42
      }
    }
    "#);
}

#[test]
fn every_event_has_a_type_that_can_be_subscribed_to() {
    let step = RatingChange { reasons: Vec::new(), ..change_of(&drop_of_two_notches()) };
    let text = String::new;
    let cohort = Cohort { run: 1, valid_at: jiff::civil::date(2025, 11, 20), days: 365, grades: Vec::new() };
    let bodies = [
        EventBody::RatingChanged(step.clone()),
        EventBody::RatingOverridden(step),
        EventBody::SignalWithdrawn { rule: text() },
        EventBody::ReviewNeeded { review: 1 },
        EventBody::SourceStale { source: text(), error: text() },
        EventBody::SourceRecovered { source: text() },
        EventBody::ModelDrifted { model: text(), run: 1, psi: 0.3, features: vec![(text(), 0.3)] },
        EventBody::ModelMiscalibrated { model: text(), run: 2, cohort },
        EventBody::OverridesJudged { run: 2, board: Scoreboard::default() },
        EventBody::NightCompleted { run: 1, scanned: 1, moved_up: 0, moved_down: 0, failed: 0 },
        EventBody::SubscriptionDisabled { subscription: text(), reason: text() },
    ];
    for body in bodies {
        let event = Event { body, ..drop_of_two_notches() };
        let envelope = cloud_event(&event, &glossary());
        let kind = envelope["type"].as_str().unwrap();
        assert!(TYPES.contains(&kind), "{kind}");
        assert_eq!(envelope["data"]["seq"], 42, "{kind}");
    }
}

fn change_of(event: &Event) -> RatingChange {
    match &event.body {
        EventBody::RatingChanged(change) => change.clone(),
        other => panic!("{other:?} is no change of a rating"),
    }
}

#[test]
fn a_queue_is_local_or_a_redis_and_anything_else_is_explained() {
    assert_eq!("local:".parse(), Ok(QueueUrl::Local));
    assert!(matches!("redis://127.0.0.1:6379/3".parse(), Ok(QueueUrl::Redis(_))));
    for wrong in ["", "amqp://host", "redis://", "redis://host/three", "rediss://host", "/var/run/redis.sock"] {
        let error = wrong.parse::<QueueUrl>().unwrap_err().to_string();
        assert!(error.contains("redis://") || error.contains("number"), "{wrong}: {error}");
    }
}

#[test]
fn the_password_of_the_queue_is_never_shown() {
    let queue: QueueUrl = "redis://relay:hunter2@10.0.0.5:6379".parse().unwrap();
    let refused = "redis://relay:hunter2@10.0.0.5:6379/three".parse::<QueueUrl>().unwrap_err();
    for shown in [queue.to_string(), format!("{queue:?}"), refused.to_string(), format!("{refused:?}")] {
        assert!(!shown.contains("hunter2") && shown.contains("10.0.0.5"), "{shown}");
    }
}
