use axum::{
    Router,
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::{Value, json};

use super::{Web, feeds::address, json as answer_json, pairs, values};
use crate::{domain::day_of_number, simulate::stories::Story};

/// Articles of one answer, as the real one has it.
const MAX_RECORDS: usize = 250;

/// Days that a tone looks back.
const TONE_DAYS: i32 = 90;

/// The themes it knows; any other is answered with an empty object.
const THEMES: [&str; 4] = ["ECON_BANKRUPTCY", "WB_1277_BANKRUPTCY_AND_LIQUIDATION", "WB_1281_MANUFACTURING", "STRIKE"];

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/gdelt/api/v2/doc/doc", get(doc))
}

async fn doc(State(web): State<Web>, RawQuery(query): RawQuery) -> Response {
    let pairs = pairs(query.as_deref());
    let first = |name: &str| values(&pairs, name).first().copied().unwrap_or_default();
    let asked = first("query");
    // One question in a few comes too soon after another, and is told so once.
    if asked.len().is_multiple_of(3) && web.is_first_time(&format!("gdelt {asked}")) {
        let headers = [(header::RETRY_AFTER, "1")];
        return (StatusCode::TOO_MANY_REQUESTS, headers, "Please limit requests to one every 5 seconds")
            .into_response();
    }
    if let Some(sentence) = complaint(asked) {
        return ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], sentence).into_response();
    }
    let is_unknown = |word: &str| word.strip_prefix("theme:").is_some_and(|theme| !THEMES.contains(&theme));
    if asked.split([' ', '(', ')']).any(is_unknown) {
        return answer_json(StatusCode::OK, json!({}));
    }
    let stories: Vec<&Story> = web.economy().stories.iter().filter(|story| is_told(story, asked)).collect();
    match first("mode").to_ascii_lowercase().as_str() {
        "timelinetone" => answer_json(StatusCode::OK, tone(&stories, asked, web.today())),
        _ => answer_json(StatusCode::OK, articles(&stories, web.today(), days(first("timespan")))),
    }
}

/// What it says of a question it does not take, with status 200.
fn complaint(asked: &str) -> Option<&'static str> {
    if asked.len() < 5 || asked.len() > 400 {
        return Some("Your query was too short or too long.");
    }
    (asked.contains(" OR ") && !asked.contains('('))
        .then_some("Queries containing OR'd terms must be surrounded by ().")
}

/// Whether a story answers a question: by a name in quotes, else by the country of its paper alone.
fn is_told(story: &Story, asked: &str) -> bool {
    let names: Vec<&str> = asked.split('"').skip(1).step_by(2).collect();
    if names.is_empty() {
        return story.is_english == asked.contains("sourcecountry:unitedkingdom");
    }
    names.iter().any(|name| story.title.contains(name))
}

fn days(timespan: &str) -> i32 {
    timespan.strip_suffix('d').and_then(|days| days.parse().ok()).unwrap_or(1)
}

/// `20261120T071500Z`.
fn stamp(day: i32, minute: i32) -> String {
    let date = day_of_number(day);
    let (hour, minute) = (minute / 60, minute % 60);
    format!("{:04}{:02}{:02}T{hour:02}{minute:02}00Z", date.year(), date.month(), date.day())
}

/// Titles come in words and signs parted by blanks.
fn tokenised(title: &str) -> String {
    let mut text = title.to_owned();
    for sign in [",", ":", ";", "?", "!"] {
        text = text.replace(sign, &format!(" {sign}"));
    }
    text
}

fn articles(stories: &[&Story], today: i32, days: i32) -> Value {
    let recent = stories.iter().rev().filter(|story| story.told_on <= today && story.told_on > today - days);
    let article = |story: &&Story| {
        let (language, country) = if story.is_english { ("English", "United Kingdom") } else { ("Italian", "Italy") };
        let url = address(story, "gdelt");
        json!({
            "url": url, "url_mobile": "", "title": tokenised(&story.title),
            "seendate": stamp(story.told_on, story.minute), "socialimage": "", "domain": "gdelt.example",
            "language": language, "sourcecountry": country,
        })
    };
    let articles: Vec<Value> = recent.take(MAX_RECORDS).map(article).collect();
    // Where nothing matches there is no list at all.
    if articles.is_empty() { json!({}) } else { json!({ "articles": articles }) }
}

/// A figure for each day on which something was told; the others are left out.
fn tone(stories: &[&Story], asked: &str, today: i32) -> Value {
    let on = |day: i32| stories.iter().filter(|story| story.told_on == day).count();
    let point = |day: i32| {
        let n = u32::try_from(on(day)).unwrap_or(u32::MAX);
        (n > 0).then(|| json!({ "date": stamp(day, 0), "value": -0.4 * f64::from(n.min(20)) }))
    };
    let points: Vec<Value> = (today - TONE_DAYS..=today).filter_map(point).collect();
    json!({
        "query_details": { "title": asked, "date_resolution": "day" },
        "timeline": [{ "series": "Average Tone", "data": points }],
    })
}
