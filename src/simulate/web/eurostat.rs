use axum::{
    Router,
    extract::{Path, RawQuery, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Map, Value, json};

use super::{Economy, Web, feeds::day_words, iso, json as answer, pairs, values};
use crate::simulate::{
    identity::fingerprint,
    statistics::{Period, SERIES, Series},
};

const COUNTRIES: [(&str, &str); 2] = [("FR", "France"), ("IT", "Italy")];
/// Areas are given to whoever asks for them. The one of twenty members is frozen since there are twenty-one.
const AREAS: [(&str, &str); 2] = [("EA20", "Euro area – 20 countries"), ("EA21", "Euro area – 21 countries")];
/// The last period of the frozen area, and of the old base: later cells are empty.
const FROZEN_AFTER: &str = "2025-99";
const OLD_BASE_UNTIL: &str = "2025-00";
/// What an index of the old base is of one of the new.
const OLD_BASE: f64 = 1.08;
/// One address of the SDMX service in so many is answered with a web page the first time: it is overloaded now and then.
const OVERLOADED_ONCE: u64 = 5;
/// More cells than these are not sent at once, but written to a file.
const MAX_CELLS: usize = 20_000;
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
    Router::new()
        .route("/eurostat/api/dissemination/statistics/1.0/data/{dataset}", get(data))
        .route("/eurostat/api/dissemination/sdmx/2.1/data/{dataset}/{key}", get(sdmx))
        .route("/eurostat/api/dissemination/catalogue/rss/en/statistics-update.rss", get(updates))
}

/// SDMX-CSV of a key: `M.PRD.C25+C13.SCA.I21.IT`, an empty place for any code.
async fn sdmx(State(web): State<Web>, Path((dataset, key)): Path<(String, String)>, request: Request) -> Response {
    let address = request.uri().to_string();
    if fingerprint(&address).is_multiple_of(OVERLOADED_ONCE) && web.is_first_time(&format!("busy {address}")) {
        let page = "<!DOCTYPE html><html><body><h1>Service temporarily unavailable</h1></body></html>";
        let head = [(header::CONTENT_TYPE, "text/html"), (header::RETRY_AFTER, "1")];
        return (StatusCode::SERVICE_UNAVAILABLE, head, page).into_response();
    }
    let dataset = dataset.to_lowercase();
    let Some(series) = SERIES.iter().find(|series| series.dataset == dataset) else {
        return (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "application/xml")], NO_DATASET).into_response();
    };
    let names = ["freq", "indic_bt", "nace_r2", "s_adj", "unit", "geo"];
    let mut query: Vec<(String, String)> = Vec::new();
    for (name, codes) in names.iter().zip(key.split('.')) {
        query.extend(codes.split('+').filter(|c| !c.is_empty()).map(|code| ((*name).to_owned(), code.to_owned())));
    }
    let asked = pairs(request.uri().query());
    for (theirs, ours) in
        [("startPeriod", "sinceTimePeriod"), ("endPeriod", "untilTimePeriod"), ("lastNObservations", "lastTimePeriod")]
    {
        query.extend(values(&asked, theirs).first().map(|value| (ours.to_owned(), (*value).to_owned())));
    }
    match self::dataset(web.economy(), series, &query, web.today()) {
        Ok(cube) if size_of(&cube) > MAX_CELLS => {
            ([(header::CONTENT_TYPE, "application/xml")], TOO_LARGE).into_response()
        }
        Ok(cube) => ([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], csv(series, &cube, &names)).into_response(),
        Err(why) => refuse(StatusCode::BAD_REQUEST, 100, &why),
    }
}

const NO_DATASET: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><S:Fault xmlns:S=\"http://schemas.xmlsoap.org/soap/envelope/\"><faultcode>100</faultcode><faultstring>INVALID_QUERY: the dataflow does not exist</faultstring></S:Fault>";

const TOO_LARGE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><m:GenericData xmlns:m=\"http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message\" xmlns:f=\"http://www.sdmx.org/resources/sdmxml/schemas/v2_1/message/footer\" xmlns:c=\"http://www.sdmx.org/resources/sdmxml/schemas/v2_1/common\"><m:Header><m:ID>big</m:ID></m:Header><f:Footer><f:Message code=\"413\" severity=\"Infomation\"><c:Text xml:lang=\"en\">Due to the large query the response will be written to a file</c:Text></f:Message></f:Footer></m:GenericData>";

fn size_of(cube: &Value) -> usize {
    cube["value"].as_object().map_or(0, Map::len)
}

/// The cells of a cube as lines.
fn csv(series: &Series, cube: &Value, names: &[&str]) -> String {
    let codes = |name: &str| -> Vec<String> {
        cube["dimension"][name]["category"]["index"]
            .as_object()
            .map(|i| i.keys().cloned().collect())
            .unwrap_or_default()
    };
    let dimensions: Vec<Vec<String>> = names.iter().chain(&["time"]).map(|name| codes(name)).collect();
    let day = cube["updated"].as_str().and_then(|text| text.get(2..10)).unwrap_or_default();
    let backwards: Vec<&str> = day.rsplit('-').collect();
    let updated = format!("{} 11:00:00", backwards.join("/"));
    let mut text = format!("DATAFLOW,LAST UPDATE,{},TIME_PERIOD,OBS_VALUE,OBS_FLAG,CONF_STATUS\n", names.join(","));
    for (at, value) in cube["value"].as_object().into_iter().flatten() {
        let mut rest: usize = at.parse().unwrap_or(0);
        let mut key: Vec<&str> = Vec::new();
        for codes in dimensions.iter().rev() {
            key.push(codes.get(rest % codes.len().max(1)).map_or("", String::as_str));
            rest /= codes.len().max(1);
        }
        key.reverse();
        let flag = cube["status"][at].as_str().unwrap_or("");
        let flow = series.dataset.to_uppercase();
        text.push_str(&format!("ESTAT:{flow}(1.0),{updated},{},{value},{flag},\n", key.join(",")));
    }
    text
}

/// The feed of updates: what came out in the last seven days, at eleven in the morning.
async fn updates(State(web): State<Web>) -> Response {
    let mut items = String::new();
    for series in &SERIES {
        let published = web.economy().published(series, web.today());
        let out = published.into_iter().map(|period| Economy::published_on(series, period));
        for day in out.filter(|day| *day > web.today() - 7) {
            let code = series.dataset.to_uppercase();
            let date = day_words(day, false);
            items.push_str(&format!(
                "<item><title>{code} - {}</title><link>https://ec.europa.eu/eurostat/databrowser/view/{code}/default/table</link><category>data</category><guid isPermaLink=\"false\">{code}-{day}</guid><pubDate>{date} 11:00:00 +0200</pubDate></item>\n",
                series.label
            ));
        }
    }
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>Eurostat statistics updates</title><link>https://ec.europa.eu/eurostat</link><description>Updates of the last 7 days</description><language>en</language>\n";
    let body = format!("{head}{items}</channel></rss>\n");
    ([(header::CONTENT_TYPE, "application/rss+xml; charset=utf-8")], body).into_response()
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
    let mut units = vec![("I21", "Index, 2021=100")];
    if values(query, "unit").contains(&"I15") {
        units.insert(0, ("I15", "Index, 2015=100"));
    }
    let areas = AREAS.iter().filter(|(area, _)| values(query, "geo").contains(area));
    let places: Vec<(&str, &str)> = COUNTRIES.iter().chain(areas).copied().collect();
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
        dimension(query, "unit", "Unit of measure", &units)?,
        dimension(query, "geo", "Geopolitical entity (reporting)", &places)?,
        Dimension { code: "time", label: "Time", positions: labels },
    ];
    let (mut value, mut status) = (Map::new(), Map::new());
    let mut flat = 0usize;
    let is_empty = dimensions.iter().any(|dimension| dimension.positions.is_empty());
    let [_, indicators, headings, _, units, countries, _] = &dimensions;
    for (indicator, _) in indicators.positions.iter().filter(|_| !is_empty) {
        for (heading, _) in &headings.positions {
            for ((unit, _), (geo, _)) in
                units.positions.iter().flat_map(|unit| countries.positions.iter().map(move |place| (*unit, *place)))
            {
                for (period, text) in &periods {
                    let is_old = unit == "I15";
                    let is_sent =
                        (!is_old || text.as_str() < OLD_BASE_UNTIL) && (geo != "EA20" || text.as_str() < FROZEN_AFTER);
                    let figure = economy.figure(series, indicator, heading, geo, *period).filter(|_| is_sent);
                    if let Some(figure) = figure {
                        let figure = if is_old { (figure * OLD_BASE * 10.0).round() / 10.0 } else { figure };
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
