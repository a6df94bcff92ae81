//! Where a company sits: towns in several languages, with and without province and postcode; streets and numbers.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use serde::Deserialize;

use super::words;
use crate::domain::Country;

/// A town's name must be this long for a slip in it to be a slip.
const LEAST_FOR_A_SLIP: usize = 5;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    towns: String,
    small: String,
    town_short: HashMap<String, String>,
    provinces: Provinces,
    streets: Streets,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Provinces {
    codes: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Streets {
    kinds: String,
}

struct Table {
    towns: HashMap<String, String>,
    small: HashSet<String>,
    short: HashMap<String, String>,
    provinces: HashMap<String, String>,
    kinds: HashSet<String>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let written: Written = toml::from_str(include_str!("tables/places.toml")).expect("the embedded table is valid");
    let set = |text: &str| text.split_ascii_whitespace().map(str::to_owned).collect::<HashSet<_>>();
    let mut towns = HashMap::new();
    for line in written.towns.lines() {
        let mut names = line.split_ascii_whitespace();
        let Some(first) = names.next() else { continue };
        towns.extend(names.map(|name| (name.to_owned(), first.to_owned())));
    }
    let codes: Vec<&str> = written.provinces.codes.split_ascii_whitespace().collect();
    let pairs = codes.as_chunks::<2>().0.iter();
    Table {
        towns,
        small: set(&written.small),
        short: written.town_short,
        provinces: pairs.map(|[code, town]| (code.to_ascii_lowercase(), (*town).to_owned())).collect(),
        kinds: set(&written.streets.kinds),
    }
});

/// What two places say of two companies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    /// One place.
    Same,
    /// One place with a slip in it, or half of what is compared.
    Near,
    /// Two places that are often mixed up: of one province, of one street.
    Around,
    /// Two places.
    Different,
}

/// A town as it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Town {
    /// Its name in one spelling, without blanks.
    pub(super) name: String,
    /// The capital of its province, where the text says one or the town is one.
    province: Option<String>,
}

impl Town {
    /// None for a text that holds no name.
    pub(super) fn of(text: &str, country: Option<Country>) -> Option<Self> {
        let folded = words::fold(text);
        let mut parts: Vec<&str> =
            folded.split(' ').filter(|p| !p.is_empty() && !p.bytes().any(|b| b.is_ascii_digit())).collect();
        let may_be_italian = country.is_none_or(|c| c == Country::IT);
        let code = parts.last().filter(|p| may_be_italian && p.len() == 2 && parts.len() > 1);
        let mut province = code.and_then(|code| TABLE.provinces.get(*code)).cloned();
        if province.is_some() {
            parts.pop();
        } else if let ([one], true) = (parts.as_slice(), may_be_italian) {
            // A province alone, as some registers write it.
            if let Some(capital) = TABLE.provinces.get(*one) {
                return Some(Self { name: capital.clone(), province: Some(capital.clone()) });
            }
        }
        let spelled = parts.iter().map(|p| TABLE.short.get(*p).map_or(*p, String::as_str));
        let name: String = spelled.filter(|p| !TABLE.small.contains(*p)).collect();
        let name = TABLE.towns.get(&name).cloned().unwrap_or(name);
        if province.is_none() && TABLE.provinces.values().any(|capital| *capital == name) {
            province = Some(name.clone());
        }
        (!name.is_empty()).then_some(Self { name, province })
    }

    pub(super) fn likeness(&self, other: &Self) -> Likeness {
        let (a, b) = (&self.name, &other.name);
        if a == b {
            return Likeness::Same;
        }
        let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
        if short.len() >= LEAST_FOR_A_SLIP && (long.starts_with(short.as_str()) || strsim::osa_distance(a, b) <= 1) {
            return Likeness::Near;
        }
        let same_province = self.province.as_ref().zip(other.province.as_ref()).is_some_and(|(a, b)| a == b);
        if same_province { Likeness::Around } else { Likeness::Different }
    }
}

/// A street as it is compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Street {
    words: Vec<String>,
    number: Option<String>,
}

impl Street {
    /// None for a text that holds neither a name nor a number; a postcode of five digits is neither.
    pub(super) fn of(text: &str) -> Option<Self> {
        let mut street = Self::default();
        for word in words::fold(text).split(' ').filter(|word| !word.is_empty()) {
            let digits = word.bytes().take_while(u8::is_ascii_digit).count();
            match digits {
                0 if TABLE.kinds.contains(word) => {}
                0 => street.words.push(word.to_owned()),
                5 if word.len() == 5 => {}
                _ => {
                    let number = word.get(..digits).unwrap_or_default().trim_start_matches('0').to_owned();
                    street.number = street.number.or(Some(number));
                }
            }
        }
        (!street.words.is_empty() || street.number.is_some()).then_some(street)
    }

    pub(super) fn likeness(&self, other: &Self) -> Likeness {
        let is_same_word = |a: &String, b: &String| {
            a == b
                || (a.len() > 3 && b.len() > 3 && strsim::osa_distance(a, b) <= 1)
                || (a.len().min(b.len()) > 2 && (a.starts_with(b.as_str()) || b.starts_with(a.as_str())))
        };
        let shared = self.words.iter().filter(|a| other.words.iter().any(|b| is_same_word(a, b))).count();
        let fewest = self.words.len().min(other.words.len());
        let is_same_street = fewest > 0 && 2 * shared > fewest;
        let numbers = self.number.as_ref().zip(other.number.as_ref()).map(|(a, b)| a == b);
        match (is_same_street, numbers) {
            (true, Some(true)) => Likeness::Same,
            (true, None) => Likeness::Near,
            (true, Some(false)) => Likeness::Around,
            (false, _) => Likeness::Different,
        }
    }
}
