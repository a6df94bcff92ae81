//! Eurostat: how the sectors fare. Bankruptcies, production, turnover, sentiment, as JSON-stat or SDMX-CSV.
//!
//! # Why
//!
//! *Why does an empty table say nothing at all?* Eurostat answers 200 with a dimension of size 0 when it has no figures
//! for what was asked. That is neither a good month nor a checked one, so no mention is made of it.

mod cube;
mod table;

use serde_json::Value;
use url::Url;

use super::{
    record::{Leftovers, Record, iso_day},
    reply::{below, json, seen_on, since, standing, text},
};
use crate::{
    collect::{Answer, Cursor, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::{Fact, Indicator, Mention, SourceId, Subject},
};

const DATA: &str = "data";

/// Periods asked for when the options say nothing: two years of months, so that a year-on-year trend can be computed.
const PERIODS: i64 = 24;

/// The reader of Eurostat.
#[derive(Debug)]
pub(super) struct Eurostat {
    id: SourceId,
    requests: Vec<Request>,
}

impl Eurostat {
    /// `datasets = [{ code = "sts_rb_q", filters = { geo = ["IT"], nace_r2 = "F" } }]`, and `periods`.
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Result<Self, String> {
        let bad = |what: &str| format!("source {id}: {what}");
        let periods = options.options.get("periods").and_then(toml::Value::as_integer).unwrap_or(PERIODS);
        let mut requests = Vec::new();
        if let Some(datasets) = options.options.get("datasets") {
            let datasets = datasets.as_array().ok_or_else(|| bad("datasets must be a list of tables"))?;
            for dataset in datasets {
                let code = dataset.get("code").and_then(toml::Value::as_str);
                let code = code.ok_or_else(|| bad("each dataset must have a code, as sts_rb_q"))?;
                let mut url = below(&options.base_url, &[code]);
                url.query_pairs_mut().append_pair("format", "JSON").append_pair("lang", "EN");
                let country = options.country.map(|country| country.code().to_owned());
                filter(&mut url, dataset.get("filters"), country).map_err(|e| bad(&e))?;
                url.query_pairs_mut().append_pair("lastTimePeriod", &periods.to_string());
                requests.push(Request::get(url, DATA));
            }
        }
        Ok(Self { id, requests })
    }
}

fn filter(url: &mut Url, filters: Option<&toml::Value>, country: Option<String>) -> Result<(), String> {
    let filters = filters.and_then(toml::Value::as_table).cloned().unwrap_or_default();
    // Eurostat writes Greece as the Union does.
    let geo = country.map(|code| if code == "GR" { "EL".to_owned() } else { code });
    if let Some(geo) = geo.filter(|_| !filters.contains_key("geo")) {
        url.query_pairs_mut().append_pair("geo", &geo);
    }
    for (name, value) in &filters {
        let values = match value {
            toml::Value::String(text) => vec![text.clone()],
            toml::Value::Array(items) => items.iter().filter_map(|i| i.as_str().map(str::to_owned)).collect(),
            _ => return Err(format!("the filter {name} must be a text or a list of texts")),
        };
        for value in values {
            url.query_pairs_mut().append_pair(name, &value);
        }
    }
    Ok(())
}

impl Source for Eurostat {
    fn id(&self) -> &SourceId {
        &self.id
    }

    /// The same tables every time: whom we watch does not matter, for a sector is asked for whole.
    fn plan(&self, _: &[Watched], _: &Cursor) -> Vec<Request> {
        self.requests.clone()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        if matches!(answer.status, 200..=299 | 400 | 404)
            && let Some(error) = spoken_error(answer)
        {
            return Err(error);
        }
        standing(answer)?;
        let leftovers = Leftovers::default();
        let body = text(answer)?;
        let figures = if body.starts_with("DATAFLOW,") {
            table::figures(body, &leftovers)?
        } else if body.starts_with('<') && body.contains("Footer") && body.contains("code=\"413\"") {
            return Err(Misread::NotNow("the answer is too large and is being written to a file".to_owned()));
        } else {
            let Some(record) = Record::at("$", json(answer)?, &leftovers) else {
                return Err(Misread::Quarantined("the answer is not a JSON object".to_owned()));
            };
            cube::figures(record)?
        };
        let seen = seen_on(answer);
        let mentions = figures.into_iter().map(|figure| figure.mention(seen)).collect();
        Ok(Page { mentions, leftovers: leftovers.take(), ..Page::default() })
    }
}

/// `{"error": …}` and `{"warning": …}`, which come with any status, once as an object and once as a list.
fn spoken_error(answer: &Answer) -> Option<Misread> {
    let value = json(answer).ok()?;
    let first = |name: &str| match value.get(name)? {
        Value::Array(items) => items.first().cloned(),
        other => Some(other.clone()),
    };
    if let Some(warning) = first("warning") {
        return Some(Misread::NotNow(format!("Eurostat answers later: {}", label(&warning))));
    }
    first("error").map(|error| Misread::Refused(format!("Eurostat answers with an error: {}", label(&error))))
}

fn label(value: &Value) -> String {
    let label = value.get("label").and_then(Value::as_str).map_or_else(|| value.to_string(), str::to_owned);
    label.chars().take(200).collect()
}

/// One cell of a table, with the code of each dimension.
#[derive(Debug, Default)]
struct Figure {
    dataset: String,
    dimensions: Vec<(String, String)>,
    value: f64,
    flag: String,
    updated: Option<jiff::civil::Date>,
}

impl Figure {
    fn code(&self, name: &str) -> Option<&str> {
        self.dimensions.iter().find(|(dimension, _)| dimension == name).map(|(_, code)| code.as_str())
    }

    fn mention(self, seen: jiff::civil::Date) -> Mention {
        let period = period_of(self.code("time").or_else(|| self.code("TIME_PERIOD")).unwrap_or_default());
        let country = self.code("geo").unwrap_or_default().to_owned();
        let indicator = Indicator {
            series: self.series(),
            sector: self.code("nace_r2").or_else(|| self.code("nace_r1")).unwrap_or_default().to_owned(),
            country: country.clone(),
            period: period.clone(),
            value: self.value,
            unit: self.code("unit").unwrap_or_default().to_owned(),
            flag: self.flag.clone(),
        };
        let key = self.dimensions.iter().map(|(_, code)| code.as_str()).collect::<Vec<_>>().join("/");
        let subject =
            Subject { country: country.parse().ok(), sector: indicator.sector.parse().ok(), ..Subject::default() };
        Mention {
            own_id: format!("{}/{key}", self.dataset),
            subject,
            fact: Fact::Indicator(indicator),
            valid_at: since(end_of(&period), seen),
            published_at: self.updated.filter(|day| *day <= seen),
            is_official: true,
            url: None,
        }
    }

    /// Our word for the series, where we have one; else the source's own code.
    fn series(&self) -> String {
        let code = ["indic_bt", "indic", "na_item", "coicop18", "coicop"].iter().find_map(|name| self.code(name));
        let word = match code {
            Some("BKRT") => "bankruptcies",
            Some("REG") => "registrations",
            Some("PRD" | "PROD") => "production",
            Some("NETTUR" | "TOVT" | "TOVE" | "TOVD" | "VOL_SLS" | "TOVV") => "turnover",
            Some(sentiment) if sentiment.starts_with("BS-") => "sentiment",
            Some(other) => other,
            None if self.dataset.starts_with("ei_bssi") => "sentiment",
            None => &self.dataset,
        };
        word.to_owned()
    }
}

/// Old exports write months as `2025M10`.
fn period_of(text: &str) -> String {
    match text.split_once('M') {
        Some((year, month)) if year.len() == 4 && month.len() == 2 => format!("{year}-{month}"),
        _ => match text.split_once('Q') {
            Some((year, quarter)) if year.len() == 4 && quarter.len() == 1 => format!("{year}-Q{quarter}"),
            _ => text.to_owned(),
        },
    }
}

/// The last day of `2026`, `2026-Q3`, `2026-08` or `2026-08-15`.
fn end_of(period: &str) -> Option<jiff::civil::Date> {
    if let Some(day) = iso_day(period) {
        return Some(day);
    }
    let year: i16 = period.get(..4)?.parse().ok()?;
    let month = match period.get(4..)? {
        "" => 12,
        quarter if quarter.starts_with("-Q") => quarter.get(2..)?.parse::<i8>().ok()?.checked_mul(3)?,
        month => month.strip_prefix('-')?.parse().ok()?,
    };
    jiff::civil::Date::new(year, month, 1).ok().map(jiff::civil::Date::last_of_month)
}
