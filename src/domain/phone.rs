use std::{ops::RangeInclusive, str::FromStr};

use super::WordError;

/// Digits of a telephone number: of a short one at home, and the most that there are (ITU-T E.164, with `00` in front).
const DIGITS: RangeInclusive<usize> = 5..=17;
/// Longest telephone number as somebody writes it, in characters.
const MAX_CHARS: usize = 32;
/// Longest cell in which several numbers are looked for, in bytes.
const MAX_CELL_BYTES: usize = 200;
/// What people write between two numbers; within one, a stroke stands between area and number, too.
const BETWEEN: [&str; 4] = ["/", ";", ",", " - "];
/// Digits from which on what stands in front of a stroke is a number and no area: at home, and with a country's code.
const MIN_DIGITS_ALONE: (usize, usize) = (7, 9);
/// Where the zero of the area is dialled from abroad as well: Italy, San Marino, the Vatican.
const KEEP_THE_ZERO: [&str; 3] = ["39", "378", "379"];

/// A telephone number that a dialler can call, as somebody wrote it: at most 32 characters, digits with blanks, brackets,
/// strokes and dots, and `+` in front of a country's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone(String);

impl Phone {
    /// The number in a cell, of several the first. Two that were dialled as one would reach a stranger.
    pub fn first_of(cell: &str) -> Result<Self, WordError> {
        let cell = cell.trim();
        first_of_several(cell).unwrap_or(cell).parse()
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a dialler takes it: digits alone, with the international prefix for a plus sign, so that no spreadsheet takes it for a
    /// sum; without the zero that is dialled only at home, which people write in brackets behind a country's code.
    pub fn dialled(&self) -> String {
        let Some(abroad) = from_abroad(&self.0) else { return digits(&self.0).collect() };
        let (code, rest) = abroad.split_once("(0").unwrap_or((abroad, ""));
        let code: String = digits(code).collect();
        let is_dropped = (1..=3).contains(&code.len()) && !KEEP_THE_ZERO.contains(&code.as_str());
        let number = if is_dropped { digits(rest) } else { digits(abroad) };
        let code = if is_dropped { code } else { String::new() };
        "00".chars().chain(code.chars()).chain(number).collect()
    }
}

impl FromStr for Phone {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let bad = |why| WordError::new("telephone number", text, why);
        match text.trim() {
            text if text.chars().count() > MAX_CHARS => Err(bad("must have at most 32 characters")),
            text if is_number(text) => Ok(Self(text.to_owned())),
            _ => Err(bad("must be digits, with + in front of a country's code")),
        }
    }
}

fn is_number(text: &str) -> bool {
    let is_sign = |(place, c): (usize, char)| c.is_ascii_digit() || " ()/.-".contains(c) || (c == '+' && place == 0);
    text.len() <= MAX_CHARS && DIGITS.contains(&digits(text).count()) && text.char_indices().all(is_sign)
}

fn digits(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(char::is_ascii_digit)
}

/// What stands behind the international prefix.
fn from_abroad(text: &str) -> Option<&str> {
    text.strip_prefix('+').or_else(|| text.strip_prefix("00"))
}

/// The first of the numbers of a cell; none where it holds but one, or none.
fn first_of_several(cell: &str) -> Option<&str> {
    let cell = Some(cell).filter(|cell| cell.len() <= MAX_CELL_BYTES)?;
    cuts(cell).into_iter().find_map(|(left, right)| {
        let rest = std::iter::once(right).chain(cuts(right).into_iter().map(|(next, _)| next));
        rest.into_iter().any(|next| are_two(left, next)).then_some(left)
    })
}

/// Every way to cut a text in two between numbers, from its start.
fn cuts(text: &str) -> Vec<(&str, &str)> {
    let mut places: Vec<(usize, &str)> = BETWEEN.iter().flat_map(|between| text.match_indices(*between)).collect();
    places.sort_unstable();
    let cut =
        |(place, between): (usize, &str)| Some((text.get(..place)?.trim(), text.get(place + between.len()..)?.trim()));
    places.into_iter().filter_map(cut).collect()
}

/// Whether both are numbers by themselves, and not an area with its number: behind an area no zero follows, nor nine digits.
fn are_two(left: &str, right: &str) -> bool {
    let (at_home, abroad) = MIN_DIGITS_ALONE;
    let min = if from_abroad(left).is_some() { abroad } else { at_home };
    let is_whole = right.starts_with(['0', '+']) || digits(right).count() >= abroad;
    let are_long = digits(left).count() >= min && digits(right).count() >= at_home;
    is_number(left) && is_number(right) && (are_long || (is_whole && from_abroad(left).is_none()))
}

#[cfg(test)]
mod tests {
    use super::Phone;

    fn dialled(cell: &str) -> String {
        Phone::first_of(cell).unwrap().dialled()
    }

    #[test]
    fn a_dialler_gets_digits_alone() {
        assert_eq!(dialled("+39 (02) 123-45.67"), "0039021234567");
        assert_eq!(dialled("02/1234567"), "021234567");
    }

    #[test]
    fn the_zero_that_is_dialled_only_at_home_is_left_out_behind_a_countrys_code() {
        for cell in ["+44 (0)20 7946 0958", "0044 (0) 20 79460958", "+44(020) 7946-0958"] {
            assert_eq!(dialled(cell), "00442079460958", "{cell}");
        }
        assert_eq!(dialled("+39 (0)2 1234567"), "0039021234567", "in Italy it is dialled from abroad, too");
        assert_eq!(dialled("(0)20 7946 0958"), "02079460958");
    }

    #[test]
    fn of_two_numbers_in_a_cell_the_first_is_called_and_an_area_is_no_number() {
        for between in [" / ", "/", ";", ", ", " - "] {
            assert_eq!(dialled(&format!("0211111{between}0222222")), "0211111", "{between:?}");
            assert_eq!(dialled(&format!("+39 02 1111111{between}333 1234567{between}06 1")), "0039021111111");
        }
        assert_eq!(dialled("02/1111111 / 02/2222222"), "021111111");
        assert_eq!(dialled("012345 / 012346"), "012345");
        for (whole, digits) in [("08031/123456", "08031123456"), ("+49 33056/1234567", "0049330561234567")] {
            assert_eq!(dialled(whole), digits, "an area stands in front of the stroke");
        }
    }

    #[test]
    fn what_cannot_be_called_is_no_number() {
        let long = "1".repeat(12) + &" ".repeat(30) + "2";
        for text in ["chiedere di Anna", "02", "02+1234567", "0212345, 12", long.as_str(), &"0211111/".repeat(500)] {
            assert!(Phone::first_of(text).is_err(), "{text}");
        }
    }
}
