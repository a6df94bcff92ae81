//! What all answers have in common: a status, a day, a body that may not be what was asked for.

use jiff::{civil::Date, tz::TimeZone};
use serde_json::Value;
use url::Url;

use crate::{
    collect::{Answer, Misread, Request, Whole},
    domain::{Fact, Mention, Subject},
};

/// The day (UTC) on which the answer was read.
pub(super) fn seen_on(answer: &Answer) -> Date {
    answer.seen_at.to_zoned(TimeZone::UTC).date()
}

/// Since when something is so: the day the source says, unless it says none or one that has not come yet.
pub(super) fn since(day: Option<Date>, seen: Date) -> Date {
    day.filter(|day| *day <= seen).unwrap_or(seen)
}

/// Whether the answer may be read at all, by its HTTP status. A 404 means something else at each source, so each looks
/// for it first.
pub(super) fn standing(answer: &Answer) -> Result<(), Misread> {
    let status = answer.status;
    match status {
        200..=299 => Ok(()),
        408 | 413 | 425 | 429 | 500..=599 => {
            Err(Misread::NotNow(format!("the source cannot answer now (HTTP {status}): ask again later")))
        }
        401 | 403 => {
            Err(Misread::Refused(format!("the source refuses us (HTTP {status}): check the key and its rights")))
        }
        404 | 410 => Err(Misread::Refused(format!("the source does not know this address (HTTP {status})"))),
        _ => Err(Misread::Refused(format!("the source does not accept the request (HTTP {status})"))),
    }
}

/// The list of protests that an answer gives whole about whom we asked about: there are some, or none was found. An answer
/// that could not tell gives no list.
pub(super) fn whole_protests(about: Option<&Subject>, mentions: &[Mention]) -> Option<Whole> {
    let tells = |mention: &Mention| match &mention.fact {
        Fact::Protest(_) => true,
        Fact::Clean { what } => what == "protests",
        _ => false,
    };
    let subject = about.filter(|about| !about.identifiers.is_empty())?.clone();
    mentions.iter().any(tells).then_some(Whole { subject, kind: "protest" })
}

/// The body as text: UTF-8, with or without byte order mark.
pub(super) fn text(answer: &Answer) -> Result<&str, Misread> {
    let body = answer.body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&answer.body);
    let text = std::str::from_utf8(body)
        .map_err(|e| Misread::Unreadable(format!("not UTF-8 after byte {}", e.valid_up_to())))?
        .trim();
    if text.is_empty() {
        return Err(Misread::Unreadable("the body is empty".to_owned()));
    }
    Ok(text)
}

/// The body as JSON. HTML in its place is named, because that is how overloaded sources answer.
pub(super) fn json(answer: &Answer) -> Result<Value, Misread> {
    let text = text(answer)?;
    if text.starts_with('<') {
        return Err(Misread::Unreadable("HTML or XML where JSON was expected".to_owned()));
    }
    serde_json::from_str(text).map_err(|e| Misread::Unreadable(format!("not the JSON that was expected: {e}")))
}

/// The address below `base`, whether or not `base` ends in a slash. Segments are percent-encoded.
pub(super) fn below(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    // An address that cannot be a base (`mailto:`) is refused when the settings are read.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

/// Where an answer leads on to, on the same host: an answer must not decide whom we talk to. A recorded answer, for
/// which nobody knows what was asked, may lead anywhere, for nobody will go there.
pub(super) fn onward(request: &Request, to: &str) -> Option<Url> {
    let url = request.url.join(to).ok()?;
    (request.step.is_empty() || url.origin() == request.url.origin()).then_some(url)
}
