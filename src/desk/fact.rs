use serde_json::{Value, json};

use super::client::decimal;
use crate::domain::{Fact, Money};

/// What a fact says, under the field names that sources, the API and `collect --try` share.
pub fn fields_of(fact: &Fact) -> Value {
    match fact {
        Fact::CompanyStatus(s) => json!({
            "status": s.status.as_str(),
            "procedure": s.procedure.as_ref().map(|p| json!({"code": p.code, "words": p.words})),
            "opened_on": s.opened_on, "closed_on": s.closed_on, "revoked_on": s.revoked_on,
        }),
        Fact::Protest(p) => json!({
            "instrument": p.instrument.as_str(), "amount": amount(p.amount), "currency": currency(p.amount),
            "raised_on": p.raised_on, "due_on": p.due_on, "reason_code": p.reason_code, "state": p.state.as_str(),
        }),
        Fact::PrejudicialAct(a) => json!({
            "act": a.act, "amount": amount(a.amount), "currency": currency(a.amount),
            "registered_on": a.registered_on, "cancelled": a.cancelled,
        }),
        Fact::Filing(f) => json!({"form": f.form, "category": f.category, "overdue": f.overdue}),
        Fact::Identity(i) => json!({
            "what": i.what, "text": i.text, "valid_from": i.valid_from, "valid_until": i.valid_until,
        }),
        Fact::News(n) => json!({
            "title": n.title, "url": n.url, "language": n.language, "event": n.event.as_str(),
            "severity": n.severity, "about": n.about.as_str(), "negated": n.negated,
        }),
        Fact::Indicator(i) => json!({
            "series": i.series, "sector": i.sector, "country": i.country, "period": i.period,
            "value": i.value, "unit": i.unit, "flag": i.flag,
        }),
        Fact::VatCheck(answer) => json!({"answer": answer.as_str()}),
        Fact::Clean { what } => json!({"what": what}),
    }
}

fn amount(money: Option<Money>) -> Option<String> {
    money.map(decimal)
}

fn currency(money: Option<Money>) -> Option<String> {
    money.map(|m| m.currency().to_string())
}
