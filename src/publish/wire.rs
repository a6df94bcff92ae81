use std::{fmt, str::FromStr};

use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::{
    Cohort, Event, EventBody, Glossary, Observed, Probability, RatingChange, ReasonLine, Scoreboard, TreatmentChange,
    WordError, say_line,
};

/// Every type of event that is or will be sent; a subscription may ask for any of them.
pub const TYPES: &[&str] = &[
    "rating.changed",
    "rating.overridden",
    "treatment.changed",
    "signal.withdrawn",
    "review.needed",
    "source.stale",
    "source.recovered",
    "model.drifted",
    "model.miscalibrated",
    "overrides.judged",
    "night.completed",
    "subscription.disabled",
];

/// At most so many reasons travel with an event; all of them are behind the API.
const MAX_REASONS: usize = 5;

/// The CloudEvents `source`: with the `id` it makes an event unique in the world. `/vedetta` unless configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventSource(Box<str>);

impl Default for EventSource {
    fn default() -> Self {
        Self("/vedetta".into())
    }
}

impl FromStr for EventSource {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let plain =
            |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}');
        if (1..=200).contains(&text.len()) && text.chars().all(plain) {
            Ok(Self(text.into()))
        } else {
            Err(WordError::new("event source", text, "must be a URI or a path of 1 to 200 characters, as /vedetta"))
        }
    }
}

impl fmt::Display for EventSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The CloudEvents 1.0 envelope of an event, from the default source.
pub fn cloud_event(event: &Event, glossary: &Glossary) -> Value {
    cloud_event_from(event, glossary, &EventSource::default())
}

/// The CloudEvents 1.0 envelope of an event. The same event gives the same bytes through every door and at every
/// attempt, but that who sees only some portfolios is told no figure over all ([`Event::in_part`]); money is in major units, probabilities from 0 to 1, `time` RFC 3339 in UTC.
pub fn cloud_event_from(event: &Event, glossary: &Glossary, source: &EventSource) -> Value {
    let mut envelope = json!({
        "specversion": "1.0",
        "id": event.seq.to_string(),
        "source": source.to_string(),
        "type": event.body.kind(),
    });
    // An event of the whole installation has no subject: CloudEvents wants the attribute absent then, not null.
    if let Some((_, code)) = &event.client {
        envelope["subject"] = code.as_str().into();
    }
    envelope["time"] = event.at.to_string().into();
    envelope["datacontenttype"] = "application/json".into();
    envelope["data"] = data(event, glossary);
    envelope
}

fn data(event: &Event, glossary: &Glossary) -> Value {
    let client = event.client.as_ref().map(|(_, code)| code.as_str());
    let portfolio = event.portfolio.as_ref().map(|(_, name)| name.as_str());
    let seq = event.seq;
    match &event.body {
        EventBody::RatingChanged(change) | EventBody::RatingOverridden(change) => {
            json!(RatingData::of(change, client, portfolio, seq, glossary))
        }
        EventBody::TreatmentChanged(change) => treatment_changed(change, client, portfolio, seq),
        EventBody::SignalWithdrawn { rule } => {
            json!({ "client": client, "portfolio": portfolio, "rule": rule, "seq": seq })
        }
        EventBody::ReviewNeeded { review } => {
            json!({ "client": client, "portfolio": portfolio, "review": review, "seq": seq })
        }
        EventBody::SourceStale { source, error } => json!({ "source": source, "error": error, "seq": seq }),
        EventBody::SourceRecovered { source } => json!({ "source": source, "seq": seq }),
        EventBody::ModelDrifted { model, run, psi, features } => {
            let features: Vec<Value> =
                features.iter().map(|(feature, csi)| json!({ "feature": feature, "csi": csi })).collect();
            json!({ "model": model, "run": run, "psi": psi, "features": features, "seq": seq })
        }
        EventBody::ModelMiscalibrated { model, run, cohort } => miscalibrated(model, *run, cohort, seq),
        EventBody::OverridesJudged { run, board } => {
            let Scoreboard { made, in_force, better, worse, right, wrong, open } = *board;
            json!({
                "run": run, "made": made, "in_force": in_force, "better": better, "worse": worse, "right": right,
                "wrong": wrong, "open": open, "ahead": board.ahead(), "light": board.light().as_str(), "seq": seq,
            })
        }
        EventBody::NightCompleted { run, scanned, moved_up, moved_down, failed } => json!({
            "run": run, "scanned": scanned, "moved_up": moved_up, "moved_down": moved_down, "failed": failed, "seq": seq,
        }),
        EventBody::SubscriptionDisabled { subscription, reason } => {
            json!({ "portfolio": portfolio, "subscription": subscription, "reason": reason, "seq": seq })
        }
        EventBody::InPart(body) => in_part(body, seq),
        // Its number is taken: whoever counts them finds it, and may ask a program that can read it.
        EventBody::Unread { .. } => json!({}),
    }
}

/// `data` of what is about every portfolio, for who sees only some of them: no figure over all.
fn in_part(body: &EventBody, seq: i64) -> Value {
    match body {
        EventBody::NightCompleted { run, .. } => json!({ "run": run, "seq": seq }),
        EventBody::ModelDrifted { model, run, .. } => json!({ "model": model, "run": run, "seq": seq }),
        EventBody::ModelMiscalibrated { model, run, cohort } => json!({
            "model": model, "run": run, "valid_at": cohort.valid_at.to_string(), "days": cohort.days,
            "light": cohort.all().light().as_str(), "seq": seq,
        }),
        EventBody::OverridesJudged { run, board } => {
            json!({ "run": run, "ahead": board.ahead(), "light": board.light().as_str(), "seq": seq })
        }
        _ => json!({ "seq": seq }),
    }
}

/// `data` of `treatment.changed`: `overdue` in major units of `currency`, days as 2026-11-20.
fn treatment_changed(change: &TreatmentChange, client: Option<&str>, portfolio: Option<&str>, seq: i64) -> Value {
    json!({
        "client": client, "portfolio": portfolio,
        "from": change.from.map(|(phase, _)| phase.as_str()), "to": change.to.0.as_str(),
        "action_from": change.from.map(|(_, action)| action.as_str()), "action": change.to.1.as_str(),
        "channel": change.channel.as_str(), "tone": change.tone.as_str(), "owner": change.owner,
        "due_on": change.due_on.map(|on| on.to_string()),
        "next": change.next.map(|(phase, on)| json!({ "phase": phase.as_str(), "on": on.to_string() })),
        "overdue": change.overdue.major(), "currency": change.overdue.currency().to_string(),
        "oldest_overdue_days": change.oldest_overdue_days, "basis": change.basis, "policy": change.policy, "seq": seq,
    })
}

fn miscalibrated(model: &str, run: i64, cohort: &Cohort, seq: i64) -> Value {
    let all = cohort.all();
    let grades: Vec<Value> = cohort
        .by_grade()
        .map(|(grade, Observed { n, bad, expected })| {
            let light = Observed { n, bad, expected }.light().as_str();
            json!({ "grade": grade.as_str(), "clients": n, "expected": expected, "observed": bad, "light": light })
        })
        .collect();
    json!({
        "model": model, "run": run, "valid_at": cohort.valid_at.to_string(), "days": cohort.days, "clients": all.n,
        "expected": all.expected, "observed": all.bad, "light": all.light().as_str(), "grades": grades, "seq": seq,
    })
}

/// `data` of `rating.changed` and `rating.overridden`: a promise to outsiders, so the order and the names stay.
#[derive(Serialize)]
struct RatingData<'a> {
    client: Option<&'a str>,
    portfolio: Option<&'a str>,
    from: Option<&'static str>,
    to: &'static str,
    notches: i32,
    pd_from: Option<f64>,
    pd_to: Option<f64>,
    cause: &'static str,
    client_seq: i64,
    seq: i64,
    exposure: f64,
    reasons: Vec<Reason<'a>>,
    treatment: Option<&'a str>,
}

#[derive(Serialize)]
struct Reason<'a> {
    feature: &'a str,
    value: Option<f64>,
    unit: Option<&'static str>,
    points: i32,
    text: String,
}

impl<'a> RatingData<'a> {
    fn of(
        change: &'a RatingChange,
        client: Option<&'a str>,
        portfolio: Option<&'a str>,
        seq: i64,
        glossary: &Glossary,
    ) -> Self {
        Self {
            client,
            portfolio,
            from: change.from.map(|grade| grade.as_str()),
            to: change.to.as_str(),
            notches: change.notches(),
            pd_from: change.pd_from.map(six_decimals),
            pd_to: change.pd_to.map(six_decimals),
            cause: change.cause.as_str(),
            client_seq: change.client_seq,
            seq,
            exposure: major(change.exposure_minor),
            reasons: change.reasons.iter().take(MAX_REASONS).map(|line| Reason::of(line, glossary)).collect(),
            treatment: change.treatment.as_deref(),
        }
    }
}

impl<'a> Reason<'a> {
    fn of(line: &'a ReasonLine, glossary: &Glossary) -> Self {
        let words = glossary.get(&line.feature);
        Self {
            feature: &line.feature,
            value: line.value,
            unit: words.map(|words| words.unit),
            points: line.points,
            text: say_line(glossary, line, false),
        }
    }
}

/// A probability as outsiders see it: six decimals, as in the API.
fn six_decimals(pd: Probability) -> f64 {
    (pd.get() * 1e6).round() / 1e6
}

/// Minor units of the ledger as a number of major ones. Exposure is an order of magnitude for the reader: the event does
/// not carry its currency, and all but a dozen currencies have two decimals.
#[expect(clippy::cast_precision_loss, reason = "exact up to 90 million million")]
fn major(minor: i64) -> f64 {
    minor as f64 / 100.0
}
