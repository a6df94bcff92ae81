//! When an item was published: RFC 822 as feeds really write it (Italian months, `Z`, no seconds), and ISO 8601.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::Offset,
};

use crate::{collect::news::fold, collect::sources::record::iso_day};

/// A moment of publication: the day as it was written, and the instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::collect::sources) struct Published {
    /// The day in the publisher's own zone, as a reader sees it.
    pub(in crate::collect::sources) day: Date,
    /// The instant, to tell the future from the past.
    pub(in crate::collect::sources) instant: Timestamp,
}

/// Reads either form; none for anything else.
pub(in crate::collect::sources) fn read(text: &str) -> Option<Published> {
    let text = text.trim();
    if iso_day(text).is_some() { iso(text) } else { rfc_822(text) }
}

fn iso(text: &str) -> Option<Published> {
    let day = iso_day(text)?;
    let rest = text.get(11..).unwrap_or_default();
    let split = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (time, zone) = (rest.get(..split)?, rest.get(split..)?);
    at(day, time, zone.trim())
}

/// `mer, 16 nov 2022 00:38:15 +0100`, `Tue, 15 Nov 2022 20:15:04 Z`, `16 November 2022 08:00 GMT`.
fn rfc_822(text: &str) -> Option<Published> {
    let text = text.replace(',', " ");
    let mut words = text.split_whitespace().skip_while(|word| !word.starts_with(|c: char| c.is_ascii_digit()));
    let number: i8 = words.next()?.trim_end_matches(['.', 'º']).parse().ok()?;
    let month = month(words.next()?)?;
    let year: i16 = words.next()?.parse().ok()?;
    let year = match year {
        0..=69 => year + 2000,
        70..=99 => year + 1900,
        _ => year,
    };
    let day = Date::new(year, month, number).ok()?;
    at(day, words.next().unwrap_or_default(), words.next().unwrap_or_default())
}

/// The first three letters tell the months apart in Italian, English, French, German and Spanish, but for June and July
/// in French.
fn month(word: &str) -> Option<i8> {
    let word = fold(word);
    let month = match word.get(..4).unwrap_or(&word) {
        "juin" => 6,
        "juil" => 7,
        _ => match word.get(..3)? {
            "jan" | "gen" | "ene" => 1,
            "feb" | "fev" => 2,
            "mar" | "mrz" => 3,
            "apr" | "avr" | "abr" => 4,
            "may" | "mag" | "mai" => 5,
            "jun" | "giu" => 6,
            "jul" | "lug" => 7,
            "aug" | "ago" | "aou" => 8,
            "sep" | "set" => 9,
            "oct" | "ott" | "okt" => 10,
            "nov" => 11,
            "dec" | "dic" | "dez" => 12,
            _ => return None,
        },
    };
    Some(month)
}

fn at(day: Date, time: &str, zone: &str) -> Option<Published> {
    let mut parts = time.split(':').map(|part| part.split('.').next().unwrap_or_default().parse::<i8>().ok());
    let mut part = || parts.next().flatten();
    let time = match part() {
        Some(hour) => Time::new(hour, part().unwrap_or(0), part().unwrap_or(0), 0).ok()?,
        None => Time::midnight(),
    };
    let instant = offset(zone)?.to_timestamp(DateTime::from_parts(day, time)).ok()?;
    Some(Published { day, instant })
}

/// `+0100`, `+01:00`, `Z`, `GMT` and the American names of RFC 822. No zone, or one nobody knows, counts as UTC.
fn offset(zone: &str) -> Option<Offset> {
    let hours = match zone {
        "CET" | "MET" => 1,
        "CEST" | "MEST" => 2,
        "BST" => 1,
        "EST" | "CDT" => -5,
        "EDT" => -4,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        _ => return numeric_offset(zone),
    };
    Offset::from_hours(hours).ok()
}

fn numeric_offset(zone: &str) -> Option<Offset> {
    let sign = match zone.get(..1) {
        Some("+") => 1,
        Some("-") => -1,
        _ => return Some(Offset::UTC),
    };
    let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes): (i32, i32) = (digits.get(..2)?.parse().ok()?, digits.get(2..4).unwrap_or("0").parse().ok()?);
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}
