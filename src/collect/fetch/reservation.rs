//! Whether the owner of a site reserves text and data mining (Directive 2019/790, art. 4): in a file of the site, in a
//! header of the answer, or in the page itself.
//!
//! # Why
//!
//! *Why is a broken file none?* Many sites answer every unknown address with a page that says so and a status of 200.

use reqwest::header::HeaderMap;
use serde_json::Value;

use super::{
    PRODUCT,
    robots::{matches, normalised},
};

/// Rules of one site; a file with more was not written by hand, and is cut.
const MAX_RULES: usize = 1_000;

/// How far into a page its `<meta>` elements are looked for.
const HEAD_BYTES: usize = 64 * 1024;

/// What a site's `/.well-known/tdmrep.json` says (W3C TDM Reservation Protocol), in its order.
#[derive(Debug, Default)]
pub(super) struct Reservations(Vec<(Vec<u8>, bool)>);

impl Reservations {
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let Ok(Value::Array(rules)) = serde_json::from_slice(bytes) else { return Self::default() };
        let rule = |rule: &Value| {
            let location = normalised(rule.get("location")?.as_str()?.as_bytes(), true);
            let reserves = rule.get("tdm-reservation")?;
            Some((location, reserves.as_u64() == Some(1) || reserves.as_str() == Some("1")))
        };
        Self(rules.iter().take(MAX_RULES).filter_map(rule).collect())
    }

    /// Whether the first rule that matches a path reserves it.
    pub(super) fn hold(&self, path: &str) -> bool {
        let path = normalised(path.as_bytes(), false);
        self.0.iter().find(|(location, _)| matches(location, &path)).is_some_and(|(_, reserves)| *reserves)
    }
}

/// What in an answer reserves it, if anything does.
pub(super) fn reserved_by(headers: &HeaderMap, content_type: &str, body: &[u8]) -> Option<&'static str> {
    let texts = |name| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    if texts("tdm-reservation").any(|value| value.trim() == "1") {
        return Some("TDM-Reservation: 1");
    }
    if texts("x-robots-tag").any(says_noai) {
        return Some("X-Robots-Tag: noai");
    }
    if content_type.contains("html") {
        let head = String::from_utf8_lossy(body.get(..HEAD_BYTES).unwrap_or(body)).to_ascii_lowercase();
        let head = head.replace(['\n', '\r', '\t'], " ");
        return head.split("<meta").skip(1).find_map(reserved_by_meta);
    }
    None
}

/// `noai`, or `vedetta: noai, noindex`; what is said to another robot by name is not said to us.
fn says_noai(value: &str) -> bool {
    let mut is_for_us = true;
    value.split(',').any(|part| {
        let directive = match part.split_once(':') {
            Some((agent, directive)) => {
                is_for_us = agent.trim().eq_ignore_ascii_case(PRODUCT);
                directive
            }
            None => part,
        };
        is_for_us && directive.trim().eq_ignore_ascii_case("noai")
    })
}

/// One `<meta …>` in small letters, without its beginning.
fn reserved_by_meta(text: &str) -> Option<&'static str> {
    let tag = text.split('>').next().unwrap_or_default();
    let content = attribute(tag, "content").unwrap_or_default();
    match attribute(tag, "name")? {
        "tdm-reservation" if content == "1" => Some("<meta name=\"tdm-reservation\">"),
        "robots" if says_noai(content) => Some("<meta name=\"robots\" content=\"noai\">"),
        name if name.eq_ignore_ascii_case(PRODUCT) && says_noai(content) => Some("<meta name=\"vedetta\">"),
        _ => None,
    }
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}"))?;
    let value = rest.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let inside = quote.map_or(value, |quote| value.trim_start_matches(quote));
    let end = inside.find(|c: char| quote.map_or(c.is_whitespace() || c == '/', |quote| c == quote));
    Some(inside.get(..end.unwrap_or(inside.len())).unwrap_or_default().trim())
}
