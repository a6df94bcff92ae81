//! The fields of a signal by kind, and the fact they say.

use jiff::civil::Date;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::Told;
use crate::{
    desk::{Error, Result, in_plain_words},
    domain::{
        About, Currency, Fact, Filing, Identity, Indicator, Instrument, Money, NewsEvent, NewsItem, PrejudicialAct,
        Procedure, Protest, ProtestState, Status, StatusChange, VatAnswer, WordError,
    },
};

/// Headlines are kept up to this length, as those that are collected.
const TITLE_MAX_CHARS: usize = 300;

#[derive(Deserialize)]
#[serde(untagged)]
enum ProcedureField {
    Code(String),
    Both { code: String, words: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StatusFields {
    status: String,
    procedure: Option<ProcedureField>,
    opened_on: Option<Date>,
    closed_on: Option<Date>,
    revoked_on: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProtestFields {
    instrument: Option<String>,
    amount: Option<Value>,
    currency: Option<String>,
    raised_on: Option<Date>,
    due_on: Option<Date>,
    reason_code: Option<String>,
    state: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActFields {
    act: String,
    amount: Option<Value>,
    currency: Option<String>,
    registered_on: Option<Date>,
    #[serde(default)]
    cancelled: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FilingFields {
    form: String,
    category: String,
    #[serde(default)]
    overdue: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IdentityFields {
    what: String,
    text: String,
    valid_from: Option<Date>,
    valid_until: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewsFields {
    title: String,
    url: Option<String>,
    #[serde(default)]
    language: String,
    event: String,
    severity: u8,
    about: Option<String>,
    #[serde(default)]
    negated: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IndicatorFields {
    series: String,
    sector: String,
    country: String,
    period: String,
    value: f64,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    flag: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VatFields {
    answer: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CleanFields {
    what: String,
    on: Option<Date>,
}

/// What is said, and the day of a check when the fields name one.
pub(super) fn fact_of(told: &Told) -> Result<(Fact, Option<Date>)> {
    let mut checked_on = None;
    let fact = match told.kind.as_str() {
        "company_status" => status(fields(told)?)?,
        "protest" => protest(fields(told)?, told)?,
        "prejudicial_act" => {
            let f: ActFields = fields(told)?;
            let amount = money(f.amount, f.currency)?;
            let (act, registered_on, cancelled) = (f.act, f.registered_on, f.cancelled);
            Fact::PrejudicialAct(PrejudicialAct { act, amount, registered_on, cancelled })
        }
        "filing" => {
            let f: FilingFields = fields(told)?;
            Fact::Filing(Filing { form: f.form, category: f.category, overdue: f.overdue })
        }
        "identity" => {
            let f: IdentityFields = fields(told)?;
            let (what, text, valid_from, valid_until) = (f.what, f.text, f.valid_from, f.valid_until);
            Fact::Identity(Identity { what, text, valid_from, valid_until })
        }
        "news" => news(fields(told)?, told.url.as_deref())?,
        "indicator" => {
            let f: IndicatorFields = fields(told)?;
            let IndicatorFields { series, sector, country, period, value, unit, flag } = f;
            Fact::Indicator(Indicator { series, sector, country, period, value, unit, flag })
        }
        "vat_check" => Fact::VatCheck(word::<VatAnswer>("answer", &fields::<VatFields>(told)?.answer)?),
        "clean" => {
            let f: CleanFields = fields(told)?;
            checked_on = f.on;
            Fact::Clean { what: f.what }
        }
        _ => {
            return Err(Error::invalid(
                "/kind",
                "must be one of company_status protest prejudicial_act filing identity news indicator vat_check clean",
            ));
        }
    };
    Ok((fact, checked_on))
}

fn fields<T: DeserializeOwned>(told: &Told) -> Result<T> {
    serde_path_to_error::deserialize(Value::Object(told.fields.clone())).map_err(|e| {
        let (pointer, why) = in_plain_words(&e);
        Error::invalid(format!("/fields{pointer}"), why)
    })
}

fn word<T: std::str::FromStr<Err = WordError>>(field: &str, text: &str) -> Result<T> {
    text.parse().map_err(|e| Error::invalid(format!("/fields/{field}"), e))
}

/// An amount, as a number or as a decimal text; in euro when no currency is named, as everywhere.
fn money(amount: Option<Value>, currency: Option<String>) -> Result<Option<Money>> {
    let text = match amount {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => return Err(Error::invalid("/fields/amount", "must be a decimal number, as 1234.56")),
    };
    let currency = match currency {
        Some(code) => code.parse().map_err(|e| Error::invalid("/fields/currency", e))?,
        None => Currency::EUR,
    };
    let money = Money::parse(&text, currency).map_err(|e| Error::invalid("/fields/amount", e))?;
    match money.minor() < 0 {
        true => Err(Error::invalid("/fields/amount", "must not be below zero")),
        false => Ok(Some(money)),
    }
}

/// Whether what is told lies behind: nothing is so before its day. A procedure may be opened as of a day to come.
pub(super) fn is_over((valid_at, checked_on): (Date, Option<Date>), fact: &Fact, today: Date) -> Result<()> {
    let (raised_on, registered_on) = match fact {
        Fact::Protest(protest) => (protest.raised_on, None),
        Fact::PrejudicialAct(act) => (None, act.registered_on),
        _ => (None, None),
    };
    // Somewhere the next day has begun: whoever tells it there tells of today.
    let today = today.tomorrow().unwrap_or(today);
    for (pointer, day) in [
        ("/valid_at", Some(valid_at)),
        ("/fields/on", checked_on),
        ("/fields/raised_on", raised_on),
        ("/fields/registered_on", registered_on),
    ] {
        if day.is_some_and(|day| day > today) {
            return Err(Error::invalid(pointer, "must not be in the future: tell it on its day"));
        }
    }
    Ok(())
}

fn status(f: StatusFields) -> Result<Fact> {
    let procedure = f.procedure.map(|p| match p {
        ProcedureField::Code(code) => Procedure { code, words: String::new() },
        ProcedureField::Both { code, words } => Procedure { code, words },
    });
    Ok(Fact::CompanyStatus(StatusChange {
        status: word::<Status>("status", &f.status)?,
        procedure,
        opened_on: f.opened_on,
        closed_on: f.closed_on,
        revoked_on: f.revoked_on,
    }))
}

/// A protest says how much was not paid; without a day of its own it was raised on the day that is told. One that is taken back may
/// be told by its name alone.
fn protest(f: ProtestFields, told: &Told) -> Result<Fact> {
    let amount = money(f.amount, f.currency)?;
    let state = f.state.map_or(Ok(ProtestState::Standing), |s| word("state", &s))?;
    let is_told_by_name = told.id.is_some() && state == ProtestState::Cancelled;
    if amount.is_none() && !is_told_by_name {
        return Err(Error::invalid("/fields/amount", "is missing: a protest says how much was not paid"));
    }
    Ok(Fact::Protest(Protest {
        instrument: f.instrument.map_or(Ok(Instrument::Other), |i| word("instrument", &i))?,
        amount,
        raised_on: f.raised_on.or_else(|| (!is_told_by_name).then_some(told.valid_at)),
        due_on: f.due_on,
        reason_code: f.reason_code,
        state,
    }))
}

fn news(f: NewsFields, url: Option<&str>) -> Result<Fact> {
    if f.severity > 5 {
        return Err(Error::invalid("/fields/severity", "must be from 0 to 5"));
    }
    Ok(Fact::News(NewsItem {
        title: f.title.chars().take(TITLE_MAX_CHARS).collect(),
        url: f.url.or_else(|| url.map(str::to_owned)).unwrap_or_default(),
        language: f.language,
        event: word::<NewsEvent>("event", &f.event)?,
        severity: f.severity,
        about: f.about.map_or(Ok(About::Client), |a| word("about", &a))?,
        negated: f.negated,
    }))
}

#[cfg(test)]
mod tests {
    use super::{Told, fact_of};
    use crate::desk::{Error, fields_of};

    fn told(kind: &str, fields: serde_json::Value) -> Told {
        serde_json::from_value(serde_json::json!({
            "client": "C-1", "kind": kind, "valid_at": "2026-03-02", "fields": fields, "source": "salesman"
        }))
        .unwrap()
    }

    #[test]
    fn every_kind_reads_back_what_it_says() {
        for (kind, fields) in [
            (
                "company_status",
                serde_json::json!({"status": "restructuring", "procedure": {"code": "CP", "words": "concordato"}, "opened_on": "2026-01-02"}),
            ),
            (
                "protest",
                serde_json::json!({"instrument": "bill", "amount": "18000.00", "currency": "EUR", "raised_on": "2026-02-01", "state": "standing"}),
            ),
            (
                "prejudicial_act",
                serde_json::json!({"act": "pignoramento", "amount": "10.00", "currency": "EUR", "cancelled": true}),
            ),
            ("filing", serde_json::json!({"form": "AA", "category": "accounts", "overdue": true})),
            ("identity", serde_json::json!({"what": "previous_name", "text": "Vecchia Fornace Srl"})),
            (
                "news",
                serde_json::json!({"title": "t", "url": "u", "language": "it", "event": "layoffs", "severity": 3, "about": "client", "negated": false}),
            ),
            (
                "indicator",
                serde_json::json!({"series": "turnover", "sector": "C25", "country": "IT", "period": "2026-08", "value": 91.5, "unit": "I21", "flag": "p"}),
            ),
            ("vat_check", serde_json::json!({"answer": "no_answer"})),
            ("clean", serde_json::json!({"what": "protests"})),
        ] {
            let (fact, _) = fact_of(&told(kind, fields.clone())).unwrap();
            let shown = fields_of(&fact);
            for (name, value) in fields.as_object().unwrap() {
                assert_eq!(&shown[name], value, "{kind}.{name}");
            }
        }
    }

    #[test]
    fn a_wrong_field_is_named_by_its_pointer() {
        let wrong = [
            ("protest", serde_json::json!({"amount": 12, "colour": "red"}), "/fields/colour"),
            ("company_status", serde_json::json!({"status": "fine"}), "/fields/status"),
            ("news", serde_json::json!({"title": "t", "event": "strike", "severity": 6}), "/fields/severity"),
            ("protest", serde_json::json!({"raised_on": "31/12/2026"}), "/fields/raised_on"),
            ("weather", serde_json::json!({}), "/kind"),
            ("protest", serde_json::json!({"amount": "-1", "raised_on": "2026-02-01"}), "/fields/amount"),
            ("protest", serde_json::json!({"raised_on": "2026-02-01"}), "/fields/amount"),
            ("prejudicial_act", serde_json::json!({"act": "pignoramento", "amount": "-0.01"}), "/fields/amount"),
            ("prejudicial_act", serde_json::json!({"amount": "1"}), "/fields/act"),
        ];
        for (kind, fields, expected) in wrong {
            match fact_of(&told(kind, fields)) {
                Err(Error::Invalid { pointer, .. }) => assert_eq!(pointer, expected),
                other => panic!("{kind}: {other:?}"),
            }
        }
    }
}
