//! Facts and mentions as JSON: the shapes that outsiders rely on, and the canonical text a signal's name is made from.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::domain::{
    Fact, Filing, Identifier, IdentifierKind, Identity, Indicator, Mention, Money, NewsItem, PrejudicialAct, Protest,
    StatusChange, Subject,
};

/// A fact as one line of text that depends on its content alone: equal facts have equal texts, today and in ten years.
/// Keys come in the fixed order of [`fields`].
pub fn canonical(fact: &Fact) -> String {
    format!("{} {}", fact.kind(), Value::Object(fields(fact)))
}

/// The fields of a fact by its kind. Days are ISO dates, amounts are major units, what is absent is null.
pub fn fields(fact: &Fact) -> Map<String, Value> {
    let value = match fact {
        Fact::CompanyStatus(status) => company_status(status),
        Fact::Protest(protest) => protest_fields(protest),
        Fact::PrejudicialAct(act) => prejudicial_act(act),
        Fact::Filing(Filing { form, category, overdue }) => {
            json!({ "form": form, "category": category, "overdue": overdue })
        }
        Fact::Identity(identity) => identity_fields(identity),
        Fact::News(item) => news(item),
        Fact::Indicator(indicator) => indicator_fields(indicator),
        Fact::VatCheck(answer) => json!({ "answer": answer.as_str() }),
        Fact::Clean { what } => json!({ "what": what }),
    };
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

/// A mention in the shape of `collect --try`.
pub(super) fn mention(mention: &Mention) -> Value {
    let mut fields = fields(&mention.fact);
    if matches!(mention.fact, Fact::Clean { .. }) {
        fields.insert("on".to_owned(), json!(mention.valid_at.to_string()));
    }
    json!({
        "kind": mention.fact.kind(),
        "subject": subject(&mention.subject),
        "valid_at": mention.valid_at.to_string(),
        "published_at": day(mention.published_at),
        "official": mention.is_official,
        "fields": fields,
    })
}

fn subject(subject: &Subject) -> Value {
    let mut ids = Map::new();
    for (key, kind) in
        [("lei", IdentifierKind::Lei), ("registry", IdentifierKind::Registry), ("tax", IdentifierKind::Tax)]
    {
        if let Some(identifier) = subject.identifiers.iter().find(|identifier| identifier.kind() == kind) {
            ids.insert(key.to_owned(), json!(Identifier::text(identifier)));
        }
    }
    json!({
        "name": Some(&subject.name).filter(|name| !name.is_empty()),
        "country": subject.country.map(|country| country.to_string()),
        "ids": ids,
        "sector": subject.sector.map(|sector| sector.to_string()),
        "person": subject.is_person,
    })
}

fn company_status(status: &StatusChange) -> Value {
    json!({
        "status": status.status.as_str(),
        "procedure": status.procedure.as_ref().map(|p| json!({ "code": p.code, "words": p.words })),
        "opened_on": day(status.opened_on),
        "closed_on": day(status.closed_on),
        "revoked_on": day(status.revoked_on),
    })
}

fn protest_fields(protest: &Protest) -> Value {
    let (amount, currency) = amount(protest.amount);
    json!({
        "instrument": protest.instrument.as_str(),
        "amount": amount,
        "currency": currency,
        "raised_on": day(protest.raised_on),
        "due_on": day(protest.due_on),
        "reason_code": protest.reason_code,
        "state": protest.state.as_str(),
    })
}

fn prejudicial_act(act: &PrejudicialAct) -> Value {
    let (amount, currency) = amount(act.amount);
    json!({
        "act": act.act,
        "amount": amount,
        "currency": currency,
        "registered_on": day(act.registered_on),
        "cancelled": act.cancelled,
    })
}

fn identity_fields(identity: &Identity) -> Value {
    json!({
        "what": identity.what,
        "text": identity.text,
        "valid_from": day(identity.valid_from),
        "valid_until": day(identity.valid_until),
    })
}

fn news(item: &NewsItem) -> Value {
    json!({
        "title": item.title,
        "url": item.url,
        "language": item.language,
        "event": item.event.as_str(),
        "severity": item.severity,
        "about": item.about.as_str(),
        "negated": item.negated,
    })
}

fn indicator_fields(indicator: &Indicator) -> Value {
    json!({
        "series": indicator.series,
        "sector": indicator.sector,
        "country": indicator.country,
        "period": indicator.period,
        "value": indicator.value,
        "unit": indicator.unit,
        "flag": indicator.flag,
    })
}

fn day(day: Option<Date>) -> Option<String> {
    day.map(|day| day.to_string())
}

fn amount(money: Option<Money>) -> (Option<f64>, Option<String>) {
    (money.map(Money::major), money.map(|money| money.currency().to_string()))
}
