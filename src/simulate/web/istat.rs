use std::collections::BTreeMap;

use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{Economy, Web, pairs, values};
use crate::{
    domain::day_of_number,
    simulate::statistics::{SERIES, Series},
};

/// Questions that the office answers in a minute. A day of the made-up world stands for the minute: its clock knows no
/// shorter time.
const MOST_ASKED: u32 = 5;
/// Whoever asks more is shut out for so many days.
const SHUT_OUT_DAYS: i32 = 2;

/// Industrial production, under the dimension names of the present service.
pub(super) const PRODUCTION: &str = "115_333";
/// Protests, under the older ones.
const PROTESTS: &str = "76_177";

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/istat/SDMXWS/rest/data/{flow}/{key}", get(data))
}

impl Web {
    /// Counts a question; false while the office answers nobody.
    fn may_ask_istat(&self) -> bool {
        let mut asked = self.world.istat.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let today = self.today();
        let is_shut_out = asked.range(today - SHUT_OUT_DAYS..today).any(|(_, n)| *n > MOST_ASKED);
        let n = asked.entry(today).or_default();
        *n += 1;
        !is_shut_out && *n <= MOST_ASKED
    }
}

async fn data(
    State(web): State<Web>,
    Path((flow, key)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    if !web.may_ask_istat() {
        return (StatusCode::SERVICE_UNAVAILABLE, "").into_response();
    }
    // No validator, and word that nothing is to be kept: as the real service has it.
    let head = [
        (header::CONTENT_TYPE, "application/vnd.sdmx.data+csv; version=1.0.0; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store,no-cache"),
    ];
    match self::flow(web.economy(), &flow, &key, &pairs(query.as_deref()), web.today()) {
        Ok(body) if body.lines().count() > 1 => (head, body).into_response(),
        Ok(_) => (StatusCode::NOT_FOUND, "NoRecordsFound").into_response(),
        Err(why) => (StatusCode::BAD_REQUEST, why).into_response(),
    }
}

/// A flow as CSV: its key honoured, its newest period provisional.
pub(super) fn flow(
    economy: &Economy,
    flow: &str,
    key: &str,
    query: &[(String, String)],
    day: i32,
) -> Result<String, String> {
    let number = |name: &str| values(query, name).first().and_then(|text| text.parse::<usize>().ok());
    let window = Window {
        since: values(query, "startPeriod").first().map(|text| (*text).to_owned()),
        // The service takes the end for the end of the year after it.
        until: number("endPeriod").map(|year| format!("{}-99", year + 1)),
        last: number("lastNObservations").unwrap_or(usize::MAX),
    };
    match flow.split("_DF_").next() {
        Some(PRODUCTION) => production(economy, flow, key, &window, day),
        Some(PROTESTS) => Ok(protests(economy, flow, &window, day)),
        _ => Err(format!("Could not find Dataflow {flow}")),
    }
}

struct Window {
    since: Option<String>,
    until: Option<String>,
    last: usize,
}

impl Window {
    fn cut<T>(&self, mut periods: Vec<(T, String)>) -> Vec<(T, String)> {
        periods.retain(|(_, text)| {
            self.since.as_ref().is_none_or(|since| text >= since)
                && self.until.as_ref().is_none_or(|until| text <= until)
        });
        periods.drain(..periods.len().saturating_sub(self.last));
        periods
    }
}

fn production(economy: &Economy, flow: &str, key: &str, window: &Window, day: i32) -> Result<String, String> {
    let Some(series) = SERIES.iter().find(|series: &&Series| series.dataset == "sts_inpr_m") else {
        return Err("no such flow".to_owned());
    };
    let places: Vec<&str> = key.split('.').collect();
    let wants = |place: usize, code: &str| {
        places.get(place).is_none_or(|codes| codes.is_empty() || codes.split('+').any(|c| c == code || c == "all"))
    };
    let mut text = String::from(
        "DATAFLOW,FREQ,REF_AREA,DATA_TYPE,ADJUSTMENT,ECON_ACTIVITY_NACE_2007,TIME_PERIOD,OBS_VALUE,OBS_STATUS,NOTE_IT,UNIT_MULT\n",
    );
    let codes = [(0, "M"), (1, "IT"), (2, "IND_PROD_21"), (3, "Y")];
    if !codes.iter().all(|(place, code)| wants(*place, code)) {
        return Ok(text);
    }
    let published = economy.published(series, day);
    let newest = published.last().copied();
    let periods = window.cut(published.into_iter().map(|p| (p, p.text(series.months))).collect());
    for (heading, _) in series.headings {
        // The office writes divisions without the letter of their section.
        let code = if heading.len() > 1 { heading.trim_start_matches('C') } else { heading };
        for (period, name) in periods.iter().filter(|_| wants(4, code)) {
            let status = if Some(*period) == newest { "p" } else { "" };
            let figure = economy.figure(series, "PRD", heading, "IT", *period);
            // A confidential cell is there, and empty.
            let figure = figure.map_or_else(String::new, |figure| figure.to_string());
            text.push_str(&format!("IT1:{flow}(1.0),M,IT,IND_PROD_21,Y,{code},{name},{figure},{status},,0\n"));
        }
    }
    Ok(text)
}

/// Protests of a year, counted from the registers of the made-up world itself.
fn protests(economy: &Economy, flow: &str, window: &Window, day: i32) -> String {
    let mut by_year: BTreeMap<i16, u32> = BTreeMap::new();
    let this_year = day_of_number(day).year();
    for protest in economy.companies.iter().flat_map(|company| &company.records.protests) {
        let year = day_of_number(protest.raised).year();
        // A year is counted when it is over.
        if protest.told_on <= day && year < this_year {
            *by_year.entry(year).or_default() += 1;
        }
    }
    let years = window.cut(by_year.into_iter().map(|(year, n)| (n, year.to_string())).collect());
    let mut text =
        String::from("DATAFLOW,FREQ,ITTER107,TIPO_DATO,TIME_PERIOD,OBS_VALUE,BREAK,CONF_STATUS,OBS_STATUS,BASE_PER\n");
    for (n, year) in years {
        text.push_str(&format!("IT1:{flow}(1.0),A,IT,PROTESTI,{year},{n},,,,\n"));
    }
    text
}
