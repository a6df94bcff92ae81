//! One record under our names, whatever it was read from; and the reading of days, amounts and words out of it.

use std::collections::HashMap;

use jiff::{civil::Date, fmt::strtime};

use super::{super::record::iso_day, mapping::Spelling};
use crate::{
    collect::Leftover,
    domain::{Currency, Mention, Money},
};

/// A text longer than this is no value but a document.
const MAX_CHARS: usize = 1_000;

/// How much of a leftover's value is shown.
const SHOWN_CHARS: usize = 200;

/// A value as it was said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    text: String,
    /// It was a number of the format's own, with a decimal point whatever the texts use.
    is_number: bool,
}

impl Said {
    /// A text: blanks collapsed, control characters taken out; none when nothing is left.
    pub(super) fn text(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(|c| !c.is_control() || c.is_whitespace()).collect();
        let text = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        (!text.is_empty()).then_some(Self { text, is_number: false })
    }

    /// A number.
    pub(super) fn number(text: String) -> Self {
        Self { text, is_number: true }
    }
}

/// A record's values by our names (`fields.amount`, `subject.name`), and what was not understood of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    /// Where the record stands: `$.data.items[3]`, `row 4`, `line 5`.
    pub(super) path: String,
    said: HashMap<String, Said>,
    leftovers: Vec<Leftover>,
}

impl Values {
    pub(super) fn at(path: String) -> Self {
        Self { path, ..Self::default() }
    }

    /// Puts a value under our name; nothing is not put.
    pub(super) fn put(&mut self, name: &str, said: Option<Said>) {
        let Some(said) = said else { return };
        if said.text.chars().count() > MAX_CHARS {
            self.leave(name, &said.text);
            let text = said.text.chars().take(MAX_CHARS).collect();
            self.said.insert(name.to_owned(), Said { text, ..said });
        } else {
            self.said.insert(name.to_owned(), said);
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.said.contains_key(name)
    }

    /// Notes a value as not understood.
    pub(super) fn leave(&mut self, name: &str, value: &str) {
        let path = format!("{}: {name}", self.path);
        self.leftovers.push(Leftover { path, value: value.chars().take(SHOWN_CHARS).collect() });
    }

    pub(super) fn into_leftovers(self) -> Vec<Leftover> {
        self.leftovers
    }

    pub(super) fn get(&self, name: &str) -> Option<String> {
        self.said.get(name).map(|said| said.text.clone())
    }

    /// A day in one of the spellings of the mapping; ISO days without one.
    pub(super) fn day(&mut self, name: &str, spelling: &Spelling) -> Option<Date> {
        let text = self.get(name)?;
        let day = match spelling.dates.as_slice() {
            [] => iso_day(&text),
            dates => dates.iter().find_map(|form| strtime::parse(form, &text).and_then(|time| time.to_date()).ok()),
        };
        if day.is_none() {
            self.leave(name, &text);
        }
        day
    }

    /// A plain number as a float.
    pub(super) fn number(&mut self, name: &str, spelling: &Spelling) -> Option<f64> {
        let said = self.said.get(name)?.clone();
        let digits = digits(&said, spelling.decimal)?;
        let number = digits.parse::<f64>().ok().filter(|number| number.is_finite());
        if number.is_none() {
            self.leave(name, &said.text);
        }
        number
    }

    /// An amount, and its currency under `currency`; the euro where the source names none.
    pub(super) fn money(&mut self, name: &str, currency: &str, spelling: &Spelling) -> Option<Money> {
        let said = self.said.get(name)?.clone();
        let named = self.word(currency, spelling, |word| match word {
            "€" => Some(Currency::EUR),
            "£" => "GBP".parse().ok(),
            "$" => "USD".parse().ok(),
            code => code.parse().ok(),
        });
        if named.is_none() && self.has(currency) {
            return None;
        }
        let currency = named.unwrap_or(Mention::DEFAULT_CURRENCY);
        let money = digits(&said, spelling.decimal).and_then(|digits| Money::parse(&digits, currency).ok());
        if money.is_none() {
            self.leave(name, &said.text);
        }
        money
    }

    /// A word of a closed list, theirs translated first. One that is not on the list is a leftover, never a default.
    pub(super) fn word<T>(
        &mut self,
        name: &str,
        spelling: &Spelling,
        known: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.get(name)?;
        let ours = spelling.ours(name, &text);
        let word = known(ours.unwrap_or(&text));
        if word.is_none() {
            self.leave(name, &text);
        }
        word
    }

    /// Yes or no, in their words or in plain ones.
    pub(super) fn flag(&mut self, name: &str, spelling: &Spelling) -> Option<bool> {
        self.word(name, spelling, |word| match word.to_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => None,
        })
    }
}

/// `18.000,00 €` as `18000.00`: the mark that is not the decimal one separates groups of three. None for a text that holds
/// anything else, `12.50` where the comma is decimal included; a number is taken as it is.
fn digits(said: &Said, decimal: char) -> Option<String> {
    if said.is_number {
        return Some(said.text.clone());
    }
    let is_currency = |c: char| c.is_alphabetic() || "€$£".contains(c);
    let bare = said.text.trim_matches(|c: char| is_currency(c) || c.is_whitespace());
    let around: String = said.text.replacen(bare, "", 1).chars().filter(|c| is_currency(*c)).collect();
    let is_code = around.len() == 3 && around.bytes().all(|b| b.is_ascii_uppercase());
    if !(is_code || matches!(around.to_lowercase().as_str(), "" | "€" | "£" | "$" | "euro")) {
        return None;
    }
    let (whole, fraction) = bare.split_once(decimal).map_or((bare, None), |(whole, fraction)| (whole, Some(fraction)));
    let (sign, whole) = match whole.strip_prefix('-') {
        Some(whole) => ("-", whole),
        None => ("", whole.strip_prefix('+').unwrap_or(whole)),
    };
    let thousands = if decimal == ',' { '.' } else { ',' };
    let is_mark = |c: char| c == thousands || c.is_whitespace() || matches!(c, '\'' | '’');
    let groups: Vec<&str> = whole.split(is_mark).collect();
    let are_groups = groups.len() == 1
        || groups
            .iter()
            .enumerate()
            .all(|(place, group)| group.len() == 3 || (place == 0 && (1..3).contains(&group.len())));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let is_sound = are_groups && groups.iter().all(|group| all_digits(group)) && fraction.is_none_or(all_digits);
    is_sound.then(|| format!("{sign}{}{}", groups.concat(), fraction.map_or_else(String::new, |f| format!(".{f}"))))
}
