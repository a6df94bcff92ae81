use std::borrow::Cow;

use chardetng::EncodingDetector;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use jiff::civil::Date;

use super::{amount, map::Map};

/// Delimiters tried when the map names none; in this order when two serve equally.
const DELIMITERS: &[u8] = b",;\t|";

/// Fewer accented letters than these fit many encodings; then it is the one of Western Europe.
const ENOUGH_ACCENTS: usize = 200;

/// Date spellings tried when the map names none; in this order when two serve equally: the day comes first in the
/// ledgers of every country whose registers we read.
const DATES: &[&str] = &[
    "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d", "%d/%m/%y",
    "%m/%d/%y", "%d.%m.%y",
];

/// Decodes a file: a byte order mark wins, then the map, then UTF-8 when it is UTF-8 (or was before a few bytes were
/// damaged), else the single-byte set of Western Europe or the one that its letters speak for.
pub(super) fn decode(bytes: &[u8], map: &Map) -> (String, String) {
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    let detected = || if is_utf8_at_heart(bytes) { UTF_8 } else { guess(bytes) };
    let (encoding, how) = match (marked, map.encoding) {
        (Some(marked), _) => (marked, "from its byte order mark"),
        (None, Some(stated)) => (stated, "from the map"),
        (None, None) => (detected(), "detected"),
    };
    let (text, _) = encoding.decode_with_bom_removal(bytes);
    (Cow::into_owned(text), format!("encoding: {} ({how})", encoding.name()))
}

/// Whether more characters are right in UTF-8 than bytes are wrong: then the wrong ones are damage, and their rows are
/// refused one by one instead of misreading every accent of the file.
fn is_utf8_at_heart(bytes: &[u8]) -> bool {
    let (mut right, mut wrong) = (0u64, 0u64);
    for chunk in bytes.utf8_chunks() {
        right += chunk.valid().chars().filter(|c| !c.is_ascii()).count() as u64;
        wrong += u64::from(!chunk.invalid().is_empty());
    }
    wrong == 0 || right > wrong
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    if bytes.iter().filter(|b| !b.is_ascii()).count() < ENOUGH_ACCENTS {
        return WINDOWS_1252;
    }
    let mut detector = EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let encoding = detector.guess(None, chardetng::Utf8Detection::Deny);
    if encoding.is_single_byte() { encoding } else { WINDOWS_1252 }
}

/// The delimiter that finds most of the wanted columns in the header; then the one that finds most columns.
pub(super) fn delimiter(n_found: impl Fn(u8) -> (usize, usize)) -> u8 {
    let mut best = (b',', (0, 0));
    for candidate in DELIMITERS {
        let found = n_found(*candidate);
        if found > best.1 {
            best = (*candidate, found);
        }
    }
    best.0
}

/// Watches a file's values and says which spelling of dates and decimals reads most of them.
#[derive(Debug, Default)]
pub(super) struct Watch {
    n_dates: u64,
    readable: [u64; DATES.len()],
    n_points: u64,
    n_commas: u64,
}

impl Watch {
    /// Looks at a date.
    pub(super) fn date(&mut self, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        self.n_dates += 1;
        for (place, format) in DATES.iter().enumerate() {
            self.readable[place] += u64::from(read_date(text, format).is_some());
        }
    }

    /// Looks at an amount.
    pub(super) fn amount(&mut self, text: &str) {
        match amount::decimal_of(text) {
            Some('.') => self.n_points += 1,
            Some(_) => self.n_commas += 1,
            None => {}
        }
    }

    /// The format that reads most dates, and what to say about it. Where two read all of them, the day comes first,
    /// and the note warns.
    pub(super) fn best_date(&self) -> (&'static str, String) {
        let most = self.readable.iter().max().copied().unwrap_or(0);
        let best = if most == 0 { 0 } else { self.readable.iter().position(|n| *n == most).unwrap_or(0) };
        let rival = self.readable.iter().skip(best + 1).position(|n| *n == most && most > 0).map(|n| best + 1 + n);
        let note = match rival {
            _ if self.n_dates == 0 => format!("dates: {} (default)", DATES[0]),
            Some(rival) => format!(
                "dates: {} (detected, but {} reads them as well: say `dates` in a map to be sure)",
                DATES[best], DATES[rival]
            ),
            None => format!("dates: {} (detected)", DATES[best]),
        };
        (DATES[best], note)
    }

    /// The decimal mark that most amounts speak for; a point when none does.
    pub(super) fn best_decimal(&self) -> (char, String) {
        match (self.n_points, self.n_commas) {
            (0, 0) => ('.', "decimal: . (default)".to_owned()),
            (points, commas) if commas > points => (',', "decimal: , (detected)".to_owned()),
            _ => ('.', "decimal: . (detected)".to_owned()),
        }
    }
}

/// Whether a text is a day in ISO 8601.
pub(super) fn is_iso_day(text: &str) -> bool {
    read_date(text, "%Y-%m-%d").is_some()
}

/// Whether a text is a number as a program writes it: digits, at most one point, a sign.
pub(super) fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    are_digits(whole) && are_digits(fraction)
}

/// The day in this format; a time of day behind it is left out, and a year beyond 1900 to 2100 is a slip of the pen.
pub(super) fn read_date(text: &str, format: &str) -> Option<Date> {
    let text = text.trim();
    let has_clock = text.contains(':') && !format.contains(['T', 'H']);
    let day = if has_clock { text.split([' ', 'T']).next().unwrap_or(text) } else { text };
    Date::strptime(format, day).ok().filter(|d| (1900..=2100).contains(&d.year()))
}
