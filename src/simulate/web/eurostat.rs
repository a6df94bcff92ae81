use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use serde_json::{Map, Value, json};

use super::{Economy, Web, iso, json as answer, pairs, values};
use crate::simulate::statistics::{Period, SERIES, Series};

const COUNTRIES: [(&str, &str); 2] = [("FR", "France"), ("IT", "Italy")];
const PARAMETERS: [&str; 13] = [
    "format",
    "lang",
    "freq",
    "indic_bt",
    "nace_r2",
    "s_adj",
    "unit",
    "geo",
    "geoLevel",
    "time",
    "sinceTimePeriod",
    "untilTimePeriod",
    "lastTimePeriod",
];

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/eurostat/api/dissemination/statistics/1.0/data/{dataset}", get(data))
}

async fn data(State(web): State<Web>, Path(dataset): Path<String>, RawQuery(query): RawQuery) -> Response {
    let dataset = dataset.to_lowercase();
    let Some(series) = SERIES.iter().find(|series| series.dataset == dataset) else {
        return refuse(StatusCode::NOT_FOUND, 100, &format!("Dataset {dataset} not found"));
    };
    match self::dataset(web.economy(), series, &pairs(query.as_deref()), web.today()) {
        Ok(body) => answer(StatusCode::OK, body),
        Err(why) => refuse(StatusCode::BAD_REQUEST, 100, &why),
    }
}

fn refuse(status: StatusCode, id: u32, label: &str) -> Response {
    answer(status, json!({"error": [{"status": status.as_u16(), "id": id, "label": label}]}))
}

/// A dimension: its code, its label, and the positions that were asked for.
struct Dimension<'a> {
    code: &'static str,
    label: &'static str,
    positions: Vec<(&'a str, &'a str)>,
}

/// Keeps the positions that a query names, all when it names none; an unknown value is refused, as the real service does.
fn dimension<'a>(
    query: &[(String, String)],
    code: &'static str,
    label: &'static str,
    all: &[(&'a str, &'a str)],
) -> Result<Dimension<'a>, String> {
    let asked = values(query, code);
    if let Some(odd) = asked.iter().find(|value| !is_known(code, value, all)) {
        return Err(format!("Invalid filter value: {code}={odd}"));
    }
    let wanted = |(value, _): &&(&str, &str)| asked.is_empty() || asked.contains(value);
    Ok(Dimension { code, label, positions: all.iter().filter(wanted).copied().collect() })
}

/// Codes of the classification that hold no figures here are known all the same: they give an empty answer.
fn is_known(code: &str, value: &str, all: &[(&str, &str)]) -> bool {
    let elsewhere = match code {
        "s_adj" => ["NSA", "CA", "SCA"].contains(&value),
        "unit" => ["I15", "I21", "PCH_PRE", "PCH_SM"].contains(&value),
        "geo" => value.len() == 2 || value.starts_with("EU") || value.starts_with("EA"),
        "nace_r2" => value.starts_with(|c: char| c.is_ascii_uppercase()),
        "indic_bt" => ["REG", "BKRT", "PRD"].contains(&value),
        _ => false,
    };
    elsewhere || all.iter().any(|(known, _)| *known == value)
}

/// JSON-stat 2.0 of a data set, as of a day: filters honoured, absent cells left out, the newest period provisional.
pub(super) fn dataset(
    economy: &Economy,
    series: &Series,
    query: &[(String, String)],
    day: i32,
) -> Result<Value, String> {
    if let Some((odd, _)) = query.iter().find(|(name, _)| !PARAMETERS.contains(&name.as_str())) {
        return Err(format!("Invalid query parameter: {odd}"));
    }
    let published = economy.published(series, day);
    let newest = published.last().copied();
    let periods: Vec<(Period, String)> = chosen(query, series, &published)?;
    let labels: Vec<(&str, &str)> = periods.iter().map(|(_, text)| (text.as_str(), text.as_str())).collect();
    let freq = if series.months == 3 { [("Q", "Quarterly")] } else { [("M", "Monthly")] };
    let dimensions = [
        dimension(query, "freq", "Time frequency", &freq)?,
        dimension(query, "indic_bt", "Business trend indicator", series.indicators)?,
        dimension(
            query,
            "nace_r2",
            "Statistical classification of economic activities (NACE Rev. 2)",
            series.headings,
        )?,
        dimension(query, "s_adj", "Seasonal adjustment", &[("SCA", "Seasonally and calendar adjusted data")])?,
        dimension(query, "unit", "Unit of measure", &[("I21", "Index, 2021=100")])?,
        dimension(query, "geo", "Geopolitical entity (reporting)", &COUNTRIES)?,
        Dimension { code: "time", label: "Time", positions: labels },
    ];
    let (mut value, mut status) = (Map::new(), Map::new());
    let mut flat = 0usize;
    let is_empty = dimensions.iter().any(|dimension| dimension.positions.is_empty());
    let [_, indicators, headings, _, _, countries, _] = &dimensions;
    for (indicator, _) in indicators.positions.iter().filter(|_| !is_empty) {
        for (heading, _) in &headings.positions {
            for (geo, _) in &countries.positions {
                for (period, _) in &periods {
                    if let Some(figure) = economy.figure(series, indicator, heading, geo, *period) {
                        value.insert(flat.to_string(), json!(figure));
                        if Some(*period) == newest {
                            status.insert(flat.to_string(), json!("p"));
                        }
                    }
                    flat += 1;
                }
            }
        }
    }
    let updated = newest.map_or(day, |period| Economy::published_on(series, period));
    Ok(body(series, &dimensions, value, status, updated))
}

/// The periods a query asks for.
fn chosen(query: &[(String, String)], series: &Series, published: &[Period]) -> Result<Vec<(Period, String)>, String> {
    let first = |name: &str| values(query, name).first().map(|text| (*text).to_owned());
    let texts = published.iter().map(|period| (*period, period.text(series.months)));
    let (since, until, exact) = (first("sinceTimePeriod"), first("untilTimePeriod"), values(query, "time"));
    // Periods of one frequency compare as text: 2026-08, 2026-Q3.
    let within = |text: &String| {
        since.as_ref().is_none_or(|since| text >= since)
            && until.as_ref().is_none_or(|until| text <= until)
            && (exact.is_empty() || exact.contains(&text.as_str()))
    };
    let mut periods: Vec<(Period, String)> = texts.filter(|(_, text)| within(text)).collect();
    if let Some(last) = first("lastTimePeriod") {
        let last: usize = last.parse().map_err(|_| format!("Invalid filter value: lastTimePeriod={last}"))?;
        periods.drain(..periods.len().saturating_sub(last));
    }
    Ok(periods)
}

fn body(
    series: &Series,
    dimensions: &[Dimension],
    value: Map<String, Value>,
    status: Map<String, Value>,
    updated: i32,
) -> Value {
    let described = dimensions.iter().map(|dimension| {
        let index: Map<String, Value> = dimension
            .positions
            .iter()
            .enumerate()
            .map(|(place, (code, _))| ((*code).to_owned(), json!(place)))
            .collect();
        let label: Map<String, Value> =
            dimension.positions.iter().map(|(code, label)| ((*code).to_owned(), json!(label))).collect();
        (dimension.code.to_owned(), json!({"label": dimension.label, "category": {"index": index, "label": label}}))
    });
    let dimension: Map<String, Value> = described.collect();
    let annotations = json!([
        {"type": "OBS_COUNT", "title": value.len().to_string()},
        {"type": "UPDATE_DATA", "date": format!("{}T11:00:00+0200", iso(updated))},
    ]);
    let id = series.dataset.to_uppercase();
    json!({
        "version": "2.0",
        "class": "dataset",
        "label": series.label,
        "source": "ESTAT",
        "updated": format!("{}T11:00:00+0200", iso(updated)),
        "value": value,
        "status": status,
        "id": dimensions.iter().map(|dimension| dimension.code).collect::<Vec<_>>(),
        "size": dimensions.iter().map(|dimension| dimension.positions.len()).collect::<Vec<_>>(),
        "dimension": dimension,
        "extension": {
            "lang": "EN",
            "id": id,
            "agencyId": "ESTAT",
            "version": "1.0",
            "datastructure": {"id": id, "agencyId": "ESTAT", "version": "1.0"},
            "annotation": annotations,
            "status": {"label": {"p": "provisional"}},
        },
    })
}
