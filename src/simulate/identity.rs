use std::collections::BTreeSet;

use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use super::names::{self, TRADES, Town, Trade};

/// The three countries of the portfolio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Land {
    Italy,
    Britain,
    France,
}

impl Land {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Italy => "IT",
            Self::Britain => "GB",
            Self::France => "FR",
        }
    }
}

/// Share of clients in Italy, Britain and France.
const LANDS: [(Land, f64); 3] = [(Land::Italy, 0.55), (Land::Britain, 0.25), (Land::France, 0.20)];
/// Share of companies with a Legal Entity Identifier.
const WITH_LEI: f64 = 0.34;
/// Share of Italian clients who are natural persons.
const SOLE_TRADERS: f64 = 0.08;

/// Who an invented company is.
#[derive(Clone)]
pub(super) struct Identity {
    /// Its full name with the legal form, as in a register.
    pub(super) name: String,
    /// Its name as the press writes it.
    pub(super) short_name: String,
    /// The legal form alone.
    pub(super) form: &'static str,
    pub(super) land: Land,
    pub(super) town: &'static Town,
    pub(super) street: String,
    pub(super) postal_code: String,
    /// Place in [`TRADES`].
    pub(super) trade: usize,
    pub(super) nace: &'static str,
    /// VAT number or tax code; none in Britain.
    pub(super) tax: Option<String>,
    /// Number in the company register; none in Italy, where the tax number is it.
    pub(super) registry: Option<String>,
    pub(super) lei: Option<String>,
    /// A natural person.
    pub(super) is_person: bool,
}

impl Identity {
    /// Draws a company whose name and numbers nobody has yet.
    pub(super) fn draw(rng: &mut ChaCha8Rng, taken: &mut BTreeSet<String>) -> Self {
        let land = LANDS[super::truth::pick(rng, &LANDS.map(|(_, share)| share))].0;
        let trade = super::truth::pick(rng, &TRADES.each_ref().map(|trade| trade.weight));
        let is_person = land == Land::Italy && rng.random_bool(SOLE_TRADERS);
        let (short_name, form, person) = until_new(rng, taken, |rng| {
            let named = name(rng, land, &TRADES[trade], is_person);
            (named.0.to_lowercase(), named)
        });
        let town = town(rng, land);
        let (tax, registry) = until_new(rng, taken, |rng| {
            let numbers = numbers(rng, land, town, person);
            (format!("{:?}", numbers), numbers)
        });
        let lei = (!is_person && rng.random_bool(WITH_LEI)).then(|| lei(rng));
        let name = if form.is_empty() { short_name.clone() } else { format!("{short_name} {form}") };
        let street = street(rng, land);
        let postal_code = match land {
            Land::Britain => format!("{} {}{}{}", town.post, digit(rng), letter(rng), letter(rng)),
            _ => format!("{}{:0width$}", town.post, rng.random_range(0..100u32), width = 5 - town.post.len()),
        };
        let nace = TRADES[trade].classes.choose(rng).copied().unwrap_or("25.62");
        Self { name, short_name, form, land, town, street, postal_code, trade, nace, tax, registry, lei, is_person }
    }

    /// Another company of the same name: other town, other legal form.
    pub(super) fn namesake(&self, rng: &mut ChaCha8Rng) -> (&'static Town, &'static str) {
        let mut town = town(rng, self.land);
        while town.name == self.town.name {
            town = self::town(rng, self.land);
        }
        let forms = forms(self.land).iter().copied().filter(|(form, _)| *form != self.form);
        let forms: Vec<&'static str> = forms.map(|(form, _)| form).collect();
        (town, forms.choose(rng).copied().unwrap_or(""))
    }

    /// A number that is the same for the same company and spread evenly: for traits that are nobody's business.
    pub(super) fn fingerprint(&self) -> u64 {
        fingerprint(&self.name)
    }
}

/// The first eight bytes of a text's SHA-256.
pub(super) fn fingerprint(text: &str) -> u64 {
    Sha256::digest(text.as_bytes()).iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// Draws until the key is new. Parts are plenty, so a handful of draws is enough; should they ever run out, the last
/// draw stands.
fn until_new<T>(
    rng: &mut ChaCha8Rng,
    taken: &mut BTreeSet<String>,
    mut draw: impl FnMut(&mut ChaCha8Rng) -> (String, T),
) -> T {
    const MOST_DRAWS: usize = 1_000;
    let (mut key, mut drawn) = draw(rng);
    for _ in 0..MOST_DRAWS {
        if taken.insert(key) {
            break;
        }
        (key, drawn) = draw(rng);
    }
    drawn
}

/// A sole trader's surname and first name, for the tax code.
type Person = Option<(&'static str, &'static str, bool)>;

fn forms(land: Land) -> &'static [(&'static str, f64)] {
    match land {
        Land::Italy => &[("S.r.l.", 0.62), ("S.p.A.", 0.18), ("S.n.c.", 0.10), ("S.a.s.", 0.10)],
        Land::Britain => &[("Limited", 0.55), ("Ltd", 0.37), ("plc", 0.08)],
        Land::France => &[("SAS", 0.5), ("SARL", 0.38), ("SA", 0.12)],
    }
}

fn name(rng: &mut ChaCha8Rng, land: Land, trade: &Trade, is_person: bool) -> (String, &'static str, Person) {
    let mut part = |list: &[&'static str]| list.choose(rng).copied().unwrap_or("");
    if is_person {
        let word = part(trade.italian);
        let surname = part(&names::SURNAMES);
        let (first_name, is_woman) = names::FIRST_NAMES.choose(rng).copied().unwrap_or(("Mario", false));
        let person = Some((surname, first_name, is_woman));
        return (format!("{word} {surname} di {surname} {first_name}"), "", person);
    }
    let short_name = match land {
        Land::Italy => {
            format!("{} {}{}", part(trade.italian), part(&names::ITALIAN_ROOTS), part(&names::ITALIAN_TAILS))
        }
        Land::Britain => {
            format!("{}{} {}", part(&names::BRITISH_ROOTS), part(&names::BRITISH_TAILS), part(trade.english))
        }
        Land::France => {
            format!("{} {}{}", part(trade.french), part(&names::FRENCH_ROOTS), part(&names::FRENCH_TAILS))
        }
    };
    let weights: Vec<f64> = forms(land).iter().map(|(_, weight)| *weight).collect();
    (short_name, forms(land)[super::truth::pick(rng, &weights)].0, None)
}

fn town(rng: &mut ChaCha8Rng, land: Land) -> &'static Town {
    let towns: &'static [Town] = match land {
        Land::Italy => &names::ITALIAN_TOWNS,
        Land::Britain => &names::BRITISH_TOWNS,
        Land::France => &names::FRENCH_TOWNS,
    };
    &towns[rng.random_range(0..towns.len())]
}

fn street(rng: &mut ChaCha8Rng, land: Land) -> String {
    let number = rng.random_range(1..120u32);
    let streets: &[&str] = match land {
        Land::Italy => &names::ITALIAN_STREETS,
        Land::Britain => &names::BRITISH_STREETS,
        Land::France => &names::FRENCH_STREETS,
    };
    let street = streets.choose(rng).copied().unwrap_or("");
    if land == Land::Italy { format!("{street} {number}") } else { format!("{number} {street}") }
}

/// Tax number and register number. All begin with digits that the real registers have not given out to companies.
fn numbers(rng: &mut ChaCha8Rng, land: Land, town: &Town, person: Person) -> (Option<String>, Option<String>) {
    match (land, person) {
        (Land::Italy, Some(person)) => (Some(person_code(rng, person, town)), None),
        (Land::Italy, None) => {
            let office = rng.random_range(1..=100u32);
            let body = format!("99{:05}{office:03}", rng.random_range(0..100_000u32));
            (Some(with_luhn(&body)), None)
        }
        (Land::Britain, _) if rng.random_bool(0.1) => {
            (None, Some(format!("SC9{:05}", rng.random_range(0..100_000u32))))
        }
        (Land::Britain, _) => (None, Some(format!("97{:06}", rng.random_range(0..1_000_000u32)))),
        (Land::France, _) => {
            let siren = with_luhn(&format!("99{:06}", rng.random_range(0..1_000_000u32)));
            let key = (12 + 3 * (siren.parse::<u32>().unwrap_or(0) % 97)) % 97;
            (Some(format!("FR{key:02}{siren}")), Some(siren))
        }
    }
}

/// Adds Luhn's check digit, as the Italian and French registers do.
fn with_luhn(body: &str) -> String {
    let digits = body.chars().rev().filter_map(|c| c.to_digit(10)).enumerate();
    let sum: u32 = digits
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, twice) if twice > 9 => twice - 9,
            (0, twice) => twice,
            _ => digit,
        })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// A 16-character codice fiscale (D.M. 23 December 1976).
fn person_code(rng: &mut ChaCha8Rng, (surname, first_name, is_woman): (&str, &str, bool), town: &Town) -> String {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let year = rng.random_range(50..96u32);
    let month = [b'A', b'B', b'C', b'D', b'E', b'H', b'L', b'M', b'P', b'R', b'S', b'T'];
    let month = char::from(month[rng.random_range(0..month.len())]);
    let day = rng.random_range(1..29u32) + if is_woman { 40 } else { 0 };
    let letters = format!("{}{}", three_letters(surname, false), three_letters(first_name, true));
    let body = format!("{letters}{year:02}{month}{day:02}{}", town.cadastre);
    let rank = |byte: u8| u32::from(if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' });
    let sum: u32 = body
        .bytes()
        .enumerate()
        .map(|(place, byte)| if place % 2 == 0 { ODD[rank(byte) as usize % 26] } else { rank(byte) })
        .sum();
    let check = char::from_digit(sum % 26 + 10, 36).unwrap_or('a').to_ascii_uppercase();
    format!("{body}{check}")
}

/// Consonants first, then vowels, then X; of a first name with four consonants the second is passed over.
fn three_letters(name: &str, is_first_name: bool) -> String {
    let upper: Vec<char> = name.chars().map(|c| c.to_ascii_uppercase()).filter(char::is_ascii_uppercase).collect();
    let is_vowel = |c: &char| "AEIOU".contains(*c);
    let mut consonants: Vec<char> = upper.iter().copied().filter(|c| !is_vowel(c)).collect();
    if is_first_name && consonants.len() > 3 {
        consonants.remove(1);
    }
    let vowels = upper.iter().copied().filter(is_vowel);
    consonants.into_iter().chain(vowels).chain(['X', 'X', 'X']).take(3).collect()
}

/// A Legal Entity Identifier with its check digits (ISO 17442, ISO 7064 MOD 97-10), of an issuer that does not exist.
fn lei(rng: &mut ChaCha8Rng) -> String {
    let tail: String = (0..12).map(|_| if rng.random_bool(0.5) { digit(rng) } else { letter(rng) }).collect();
    let body = format!("999900{tail}");
    let rest = body.chars().chain(['0', '0']).filter_map(|c| c.to_digit(36)).fold(0u32, |rest, digit| {
        let shift = if digit < 10 { 10 } else { 100 };
        (rest * shift + digit) % 97
    });
    format!("{body}{:02}", 98 - rest)
}

fn digit(rng: &mut ChaCha8Rng) -> char {
    char::from(b'0' + rng.random_range(0..10u8))
}

fn letter(rng: &mut ChaCha8Rng) -> char {
    char::from(b'A' + rng.random_range(0..26u8))
}
