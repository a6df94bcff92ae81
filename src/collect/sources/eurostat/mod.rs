//! Eurostat: how the sectors fare. Bankruptcies, registrations, production, turnover, sentiment; as JSON-stat, SDMX-CSV or
//! TSV. The feed of updates is asked first, and then only what changed.
//!
//! # Why
//!
//! *Why does an empty table say nothing at all?* Eurostat answers 200 with a dimension of size 0 when it has no figures
//! for what was asked. That is neither a good month nor a checked one, so no mention is made of it.
//!
//! *Why does the place in the feed travel in the address?* A reader keeps nothing between two questions. What follows the
//! `#` of an address is never sent, and comes back with the answer.
//!
//! *Why does a feed that cannot be read cost requests and no figures?* It only saves asking. Without it everything is asked
//! for, as if all had changed, and the feed's failure is a leftover.

mod updates;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::{
    record::Leftovers,
    reply::{below, json, seen_on, standing},
    statistics,
};
use crate::{
    collect::{Answer, Cursor, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::SourceId,
};
use updates::Changed;

const DATA: &str = "data";
const UPDATES: &str = "updates";

/// Periods asked for when the options say nothing: two years of months, so that a year-on-year trend can be computed.
const PERIODS: i64 = 24;

/// The reader of Eurostat.
#[derive(Debug)]
pub(super) struct Eurostat {
    id: SourceId,
    /// Data sets in lower case, each with its question.
    datasets: Vec<(String, Request)>,
    /// The feed of updates, where there is one.
    updates: Option<Url>,
}

impl Eurostat {
    /// `datasets = [{ code = "sts_rb_q", filters = { geo = ["IT"], nace_r2 = "F" } }]`, and `periods`. A data set with a
    /// `key` (`M.PRD..SCA.I21.IT+FR`) is asked for as SDMX-CSV below `sdmx`. `updates` is the address of the feed.
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Result<Self, String> {
        let bad = |what: &str| format!("source {id}: {what}");
        let address = |name: &str| match options.options.get(name) {
            None => Ok(None),
            Some(text) => {
                let url = text.as_str().and_then(|text| text.parse::<Url>().ok());
                url.filter(|url| url.origin() == options.base_url.origin())
                    .map(Some)
                    .ok_or_else(|| bad(&format!("options.{name} must be an address on the same host as base_url")))
            }
        };
        let (updates, sdmx) = (address("updates")?, address("sdmx")?);
        let periods = options.options.get("periods").and_then(toml::Value::as_integer).unwrap_or(PERIODS);
        let mut datasets = Vec::new();
        let listed = match options.options.get("datasets") {
            Some(list) => list.as_array().ok_or_else(|| bad("datasets must be a list of tables"))?.clone(),
            None => Vec::new(),
        };
        for dataset in listed {
            let text = |name: &str| dataset.get(name).and_then(toml::Value::as_str);
            let code = text("code").ok_or_else(|| bad("each dataset must have a code, as sts_rb_q"))?;
            let url = match (text("key"), &sdmx) {
                (Some(key), Some(sdmx)) => sdmx_csv(sdmx, code, key, periods),
                (Some(_), None) => {
                    return Err(bad("a dataset with a key needs options.sdmx, the root of the SDMX service"));
                }
                (None, _) => {
                    let mut url = below(&options.base_url, &[code]);
                    url.query_pairs_mut().append_pair("format", "JSON").append_pair("lang", "EN");
                    let country = options.country.map(|country| country.code().to_owned());
                    filter(&mut url, dataset.get("filters"), country).map_err(|e| bad(&e))?;
                    url.query_pairs_mut().append_pair("lastTimePeriod", &periods.to_string());
                    url
                }
            };
            datasets.push((code.to_lowercase(), Request::get(url, DATA)));
        }
        Ok(Self { id, datasets, updates })
    }

    fn all(&self) -> Vec<Request> {
        self.datasets.iter().map(|(_, request)| request.clone()).collect()
    }

    /// What to ask after the feed was read, or could not be.
    fn after_updates(&self, answer: &Answer) -> Page {
        let leftovers = Leftovers::default();
        let codes: BTreeSet<String> = self.datasets.iter().map(|(code, _)| code.clone()).collect();
        let since = answer.request.url.fragment().and_then(|at| at.strip_prefix("since=")?.parse::<Timestamp>().ok());
        let read = standing(answer).and_then(|()| updates::changed(answer, &codes, since, &leftovers));
        let (next, cursor) = match read {
            Ok((Changed::Only(found), newest)) => {
                let changed = self.datasets.iter().filter(|(code, _)| found.contains(code));
                (changed.map(|(_, request)| request.clone()).collect(), newest)
            }
            Ok((Changed::Unknown, newest)) => (self.all(), newest.or(Some(answer.seen_at))),
            Err(misread) => {
                leftovers.add(UPDATES, &misread.to_string());
                (self.all(), None)
            }
        };
        let cursor = cursor.map(|at| Cursor(format!("\"{at}\"")));
        Page { leftovers: leftovers.take(), next, cursor, ..Page::default() }
    }
}

fn sdmx_csv(root: &Url, code: &str, key: &str, periods: i64) -> Url {
    let mut url = below(root, &[&code.to_uppercase(), key]);
    url.query_pairs_mut()
        .append_pair("format", "SDMX-CSV")
        .append_pair("lastNObservations", &periods.to_string())
        .append_pair("compressed", "false");
    url
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
    fn plan(&self, _: &[Watched], cursor: &Cursor) -> Vec<Request> {
        let Some(updates) = &self.updates else { return self.all() };
        let mut url = updates.clone();
        let since = serde_json::from_str::<String>(&cursor.0).ok();
        url.set_fragment(since.map(|at| format!("since={at}")).as_deref());
        vec![Request::get(url, UPDATES)]
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        if answer.request.step == UPDATES {
            return Ok(self.after_updates(answer));
        }
        if matches!(answer.status, 200..=299 | 400 | 404)
            && let Some(error) = spoken_error(answer)
        {
            return Err(error);
        }
        standing(answer)?;
        let leftovers = Leftovers::default();
        let figures = statistics::figures(answer, &leftovers)?;
        let mentions = statistics::mentions(figures, seen_on(answer));
        Ok(Page { mentions, leftovers: leftovers.take(), ..Page::default() })
    }
}

/// `{"error": …}` and `{"warning": …}`, which come with any status, once as an object and once as a list; or as a number
/// or a text.
fn spoken_error(answer: &Answer) -> Option<Misread> {
    let value = json(answer).ok()?;
    if value.get("class").is_some() {
        return None;
    }
    let first = |name: &str| match value.get(name)? {
        Value::Null => None,
        Value::Array(items) => items.first().cloned(),
        other => Some(other.clone()),
    };
    if let Some(warning) = first("warning") {
        return Some(Misread::NotNow(format!("Eurostat answers later: {}", label(&warning))));
    }
    first("error").map(|error| match is_413(&error) {
        true => Misread::NotNow(format!("Eurostat answers later: {}", label(&error))),
        false => Misread::Refused(format!("Eurostat answers with an error: {}", label(&error))),
    })
}

/// Too large to answer at once, said as an error.
fn is_413(error: &Value) -> bool {
    error.get("status").is_some_and(|status| status.as_u64() == Some(413) || status.as_str() == Some("413"))
}

fn label(value: &Value) -> String {
    let label = value.get("label").and_then(Value::as_str).map_or_else(|| value.to_string(), str::to_owned);
    label.chars().take(200).collect()
}
