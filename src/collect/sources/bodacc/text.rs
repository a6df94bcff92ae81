//! French texts as the gazette really sends them: accents broken on the way, blanks that do not break, dates in words.

use encoding_rs::WINDOWS_1252;
use jiff::civil::Date;

use crate::collect::sources::record::iso_day;

/// A character that got lost on the way, in a text somebody decoded with the wrong table.
const LOST: [char; 2] = ['\u{fffd}', '?'];

const MONTHS: [&str; 12] = [
    "janvier",
    "fevrier",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "aout",
    "septembre",
    "octobre",
    "novembre",
    "decembre",
];

/// The text as it was meant: UTF-8 that was once read as windows-1252 (`procÃ©dure`) is read again.
pub(super) fn mended(text: &str) -> String {
    if !text.contains(['Ã', 'Â']) && !text.contains("â€") {
        return text.to_owned();
    }
    let (bytes, _, is_lossy) = WINDOWS_1252.encode(text);
    match std::str::from_utf8(&bytes) {
        Ok(meant) if !is_lossy => meant.to_owned(),
        _ => text.to_owned(),
    }
}

/// Lower case, without accents, one kind of apostrophe and of blank: what is equal here is the same to a reader.
pub(super) fn folded(text: &str) -> String {
    let plain = |c: char| match c {
        'à' | 'â' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        '’' | '‘' | 'ʼ' | '`' | '´' => '\'',
        other => other,
    };
    let text: String = mended(text).to_lowercase().chars().map(plain).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').to_owned()
}

/// Whether two folded texts are the same, where a lost character may be any other.
pub(super) fn is_same(theirs: &str, ours: &str) -> bool {
    let mut ours = ours.chars();
    theirs.chars().all(|c| ours.next().is_some_and(|o| c == o || LOST.contains(&c))) && ours.next().is_none()
}

/// Whether a folded text holds another, lost characters allowed for.
pub(super) fn holds(theirs: &str, part: &str) -> bool {
    if !theirs.contains(LOST) {
        return theirs.contains(part);
    }
    let theirs: Vec<char> = theirs.chars().collect();
    let part: Vec<char> = part.chars().collect();
    theirs.windows(part.len().max(1)).any(|window| window.iter().zip(&part).all(|(c, p)| c == p || LOST.contains(c)))
}

/// `2020-11-19`, `19/11/2020`, `10 décembre 2009`, `1er janvier 2020` with whatever blanks.
pub(super) fn day(text: &str) -> Option<Date> {
    let text = text.trim();
    if let Some(day) = iso_day(text) {
        return Some(day);
    }
    let text = folded(text);
    let parts: Vec<&str> = text.split(|c: char| c == '/' || c.is_whitespace()).filter(|p| !p.is_empty()).collect();
    let at = parts.iter().position(|part| part.starts_with(|c: char| c.is_ascii_digit()))?;
    let [number, month, year, ..] = parts.get(at..)? else { return None };
    let number = number.trim_end_matches("er").parse().ok()?;
    let by_name = || MONTHS.iter().position(|name| is_same(month, name)).and_then(|at| i8::try_from(at + 1).ok());
    let month = month.parse().ok().or_else(by_name)?;
    Date::new(year.parse().ok()?, month, number).ok()
}
