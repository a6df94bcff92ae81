//! GDELT's times: `20260901T071500Z` in answers, `20260901071500` in questions, `1d` for a span.

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use url::Url;

/// `90min`, `12h`, `3d`, `2w`, `3m` (months of thirty days).
pub(super) fn span(text: &str) -> Option<SignedDuration> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(split)?;
    let number: i64 = number.parse().ok().filter(|n| (1..=10_000).contains(n))?;
    let hours = match unit {
        "min" => return Some(SignedDuration::from_mins(number)),
        "h" | "hours" => 1,
        "d" | "days" => 24,
        "w" | "weeks" => 7 * 24,
        "m" | "months" => 30 * 24,
        _ => return None,
    };
    Some(SignedDuration::from_hours(number * hours))
}

/// The moment that an answer writes.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let shaped = text.len() == "20260901T071500Z".len() || text.len() == digits.len();
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<i8>().ok();
    if !shaped || digits.len() != 14 {
        return None;
    }
    let year: i16 = digits.get(..4)?.parse().ok()?;
    let (month, day) = (number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let civil = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// The time that a question covers: from one moment to another, or a timespan before the answer.
pub(super) fn window(url: &Url, seen_at: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let said = |name: &str| url.query_pairs().find(|(n, _)| n == name).map(|(_, text)| text.into_owned());
    let moment_of = |name: &str| said(name).and_then(|text| moment(&text));
    match (moment_of("startdatetime"), moment_of("enddatetime")) {
        (Some(from), Some(to)) => Some((from, to)),
        _ => Some((seen_at.checked_sub(span(&said("timespan")?)?).ok()?, seen_at)),
    }
}

/// The same question about this time only.
pub(super) fn within(url: &Url, from: Timestamp, to: Timestamp) -> Url {
    let written = |moment: Timestamp| moment.to_zoned(TimeZone::UTC).strftime("%Y%m%d%H%M%S").to_string();
    let is_time = |name: &str| matches!(name, "timespan" | "startdatetime" | "enddatetime");
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(name, _)| !is_time(name)).map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
    let mut url = url.clone();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair("startdatetime", &written(from))
        .append_pair("enddatetime", &written(to));
    url
}
