//! ISTAT: how the sectors fare in Italy. Industrial production, turnover, services, construction, retail, confidence,
//! protests and bankruptcies, over SDMX REST; as CSV, JSON or XML.
//!
//! # Why
//!
//! *Why is the end of a period never asked for, and looked at all the same?* The service answers `endPeriod` with one year
//! too many. Whoever puts one into a key gets no figure behind it from here.
//!
//! *Why is an answer of "no records" read and not refused?* It is a selection that is empty: a heading that ISTAT keeps
//! confidential, a series that ended. Nothing was found and nothing was checked, so nothing is said.
//!
//! *Why four questions a minute?* Five are allowed, and whoever asks a sixth is shut out for a day or two. The pace of the
//! settings holds over restarts and processes; one question is left for a person at a browser.

use url::Url;

use super::{
    record::Leftovers,
    reply::{below, seen_on, standing},
    statistics,
};
use crate::{
    collect::{Answer, Cursor, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::SourceId,
};

const DATA: &str = "data";
const CSV: &str = "application/vnd.sdmx.data+csv;version=1.0.0";

/// Periods asked for when the options say nothing: three years of months, for a level and a trend.
const PERIODS: i64 = 36;

/// How the service says that a selection is empty.
const EMPTY: [&str; 2] = ["NoRecordsFound", "No Results Found"];

/// The reader of ISTAT.
#[derive(Debug)]
pub(super) struct Istat {
    id: SourceId,
    requests: Vec<Request>,
}

impl Istat {
    /// `flows = [{ flow = "115_333", key = "M.IT.IND_PROD_21.Y." }]`, and `periods`. A key has one place for each dimension
    /// of its flow, in the order of the flow's own structure; an empty place is any code.
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Result<Self, String> {
        let bad = |what: &str| format!("source {id}: {what}");
        let periods = options.options.get("periods").and_then(toml::Value::as_integer).unwrap_or(PERIODS);
        let listed = match options.options.get("flows") {
            Some(list) => list.as_array().ok_or_else(|| bad("flows must be a list of tables"))?.clone(),
            None => Vec::new(),
        };
        let mut requests = Vec::new();
        for flow in listed {
            let text = |name: &str| flow.get(name).and_then(toml::Value::as_str);
            let code = text("flow").ok_or_else(|| bad("each of flows must have a flow, as 115_333"))?;
            let mut url = below(&options.base_url, &["data", code, text("key").unwrap_or("all")]);
            let periods = flow.get("periods").and_then(toml::Value::as_integer).unwrap_or(periods);
            url.query_pairs_mut().append_pair("lastNObservations", &periods.to_string());
            requests.push(Request { accept: Some(CSV), ..Request::get(url, DATA) });
        }
        Ok(Self { id, requests })
    }
}

impl Source for Istat {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, _: &[Watched], _: &Cursor) -> Vec<Request> {
        self.requests.clone()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        let body = String::from_utf8_lossy(&answer.body);
        let is_short = body.len() < 1_000;
        if matches!(answer.status, 200..=299 | 404) && is_short && EMPTY.iter().any(|words| body.contains(words)) {
            return Ok(Page::default());
        }
        standing(answer)?;
        let leftovers = Leftovers::default();
        let mut figures = statistics::figures(answer, &leftovers)?;
        if let Some(end) = end_period(&answer.request.url) {
            figures.retain(|figure| is_within(&figure.period(), &end));
        }
        let mentions = statistics::mentions(figures, seen_on(answer));
        Ok(Page { mentions, leftovers: leftovers.take(), ..Page::default() })
    }
}

fn end_period(url: &Url) -> Option<String> {
    url.query_pairs().find(|(name, _)| name == "endPeriod").map(|(_, end)| end.into_owned())
}

/// Whether a period ends not later than another one does: `2025-12` and `2025-Q4` are within `2025`.
fn is_within(period: &str, end: &str) -> bool {
    match (statistics::end_of(period), statistics::end_of(end)) {
        (Some(period), Some(end)) => period <= end,
        _ => true,
    }
}
