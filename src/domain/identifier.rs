use std::{fmt, str::FromStr};

use super::WordError;

/// The officially assigned codes of ISO 3166-1, and `XK` (Kosovo), `XI` (Northern Ireland in VAT numbers).
const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV \
    BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO \
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP \
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU \
    MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB \
    SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY \
    UZ VA VC VE VG VI VN VU WF WS XI XK YE YT ZA ZM ZW";

/// Whether two letters are a code, by their places in the alphabet: a night reads a country for every client.
static IS_ASSIGNED: [[bool; 26]; 26] = {
    let codes = COUNTRIES.as_bytes();
    let mut table = [[false; 26]; 26];
    let mut place = 0;
    while place < codes.len() {
        table[(codes[place] - b'A') as usize][(codes[place + 1] - b'A') as usize] = true;
        place += 3;
    }
    table
};

/// A country, ISO 3166-1 alpha-2. `EL` and `UK`, which the Union's own forms use, become `GR` and `GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl Country {
    /// Italy.
    pub const IT: Self = Self(*b"IT");
    /// France.
    pub const FR: Self = Self(*b"FR");
    /// The United Kingdom.
    pub const GB: Self = Self(*b"GB");
    /// The United States.
    pub const US: Self = Self(*b"US");

    /// The two letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XX")
    }
}

impl FromStr for Country {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        match text.trim().to_ascii_uppercase().as_bytes() {
            b"EL" => Ok(Self(*b"GR")),
            b"UK" => Ok(Self::GB),
            [a @ b'A'..=b'Z', b @ b'A'..=b'Z'] if IS_ASSIGNED[usize::from(a - b'A')][usize::from(b - b'A')] => {
                Ok(Self([*a, *b]))
            }
            _ => Err(WordError::new("country", text, "must be two letters, as IT (ISO 3166-1 alpha-2)")),
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Which numbering an identifier belongs to. Two identifiers are the same only when both kind and text are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdentifierKind {
    /// A tax or VAT number: partita IVA, codice fiscale, French TVA, or another country's as it came.
    Tax,
    /// A number in the national company register: SIREN, UK company number, REA, Central Index Key.
    Registry,
    /// Legal Entity Identifier, ISO 17442.
    Lei,
}

/// Why a text is not an identifier of that kind.
pub type IdentifierError = WordError;

/// A checked identifier of a company: the strongest link between a record and a client.
///
/// Where the register defines a checksum it was verified (Italian partita IVA and codice fiscale, French SIREN, SIRET
/// and TVA, LEI); for other countries the text is only put in one spelling. Display gives the canonical text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier {
    kind: IdentifierKind,
    country: Option<Country>,
    text: String,
}

impl Identifier {
    /// A tax or VAT number of a country. The country's own prefix (`IT`, `FR`…) may be there or not.
    pub fn tax(country: Country, text: &str) -> Result<Self, IdentifierError> {
        let bare = squeeze(text);
        let prefixes: &[&str] = if country.code() == "GR" { &["EL", "GR"] } else { &[country.code()] };
        let stripped = prefixes.iter().find_map(|p| bare.strip_prefix(p)).unwrap_or(&bare);
        match country.code() {
            "IT" => italian_tax(text, stripped),
            "FR" => french_tax(text, stripped),
            _ => Self::unchecked(IdentifierKind::Tax, country, text, stripped.to_owned()),
        }
    }

    /// A number in the company register of a country. In the United States, which have a register for each state, it is
    /// the Central Index Key (CIK) of the Securities and Exchange Commission.
    pub fn registry(country: Country, text: &str) -> Result<Self, IdentifierError> {
        let bare = squeeze(text);
        match country.code() {
            "GB" => uk_company_number(text, &bare),
            "US" => us_company_number(text, &bare),
            "FR" => french_siren(text, &bare),
            // The Italian register files a company under its codice fiscale; the REA is province and number.
            "IT" if bare.bytes().all(|b| b.is_ascii_digit()) && bare.len() == 11 => {
                let checked = italian_tax(text, &bare)?;
                Ok(Self { kind: IdentifierKind::Registry, ..checked })
            }
            _ => Self::unchecked(IdentifierKind::Registry, country, text, bare),
        }
    }

    /// A Legal Entity Identifier: 20 characters whose value modulo 97 is 1 (ISO 17442, ISO 7064).
    pub fn lei(text: &str) -> Result<Self, IdentifierError> {
        let Lei(text) = text.parse()?;
        Ok(Self { kind: IdentifierKind::Lei, country: None, text })
    }

    fn unchecked(kind: IdentifierKind, country: Country, raw: &str, text: String) -> Result<Self, IdentifierError> {
        let what = if kind == IdentifierKind::Tax { "tax number" } else { "registration number" };
        if (2..=30).contains(&text.len()) && text.bytes().any(|b| b.is_ascii_digit()) {
            Ok(Self { kind, country: Some(country), text })
        } else {
            Err(WordError::new(what, raw, "must have 2 to 30 letters and digits"))
        }
    }

    /// Its numbering.
    pub fn kind(&self) -> IdentifierKind {
        self.kind
    }

    /// The country that gave it; none for an LEI.
    pub fn country(&self) -> Option<Country> {
        self.country
    }

    /// The canonical text, without country prefix, blanks or dots.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A 16-character Italian tax code belongs to a natural person, even under a company's name: data protection
    /// applies in full.
    pub fn is_natural_person(&self) -> bool {
        self.kind == IdentifierKind::Tax && self.country == Some(Country::IT) && self.text.len() == 16
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A Legal Entity Identifier with the right check digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Lei(String);

impl FromStr for Lei {
    type Err = IdentifierError;

    fn from_str(text: &str) -> Result<Self, IdentifierError> {
        let bare = squeeze(text);
        let bad = |why| WordError::new("LEI", text, why);
        if bare.len() != 20 || !bare.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(bad("must have 20 letters and digits"));
        }
        let remainder = bare.chars().filter_map(|c| c.to_digit(36)).fold(0u32, |rest, digit| {
            let shift = if digit < 10 { 10 } else { 100 };
            (rest * shift + digit) % 97
        });
        if remainder == 1 { Ok(Self(bare)) } else { Err(bad("the check digits are wrong (ISO 7064 MOD 97-10)")) }
    }
}

impl fmt::Display for Lei {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Upper case, only letters and digits: `IT 0074 311-0157` and `it00743110157` are one text.
fn squeeze(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

fn digits_of(text: &str) -> Vec<u32> {
    text.chars().filter_map(|c| c.to_digit(10)).collect()
}

/// Luhn's sum: every second digit counted from `first_doubled` is doubled, and 9 taken off above 9.
fn luhn_sum(digits: &[u32], first_doubled: usize) -> u32 {
    let twice = |d: u32| if d > 4 { 2 * d - 9 } else { 2 * d };
    digits.iter().enumerate().map(|(i, d)| if i % 2 == first_doubled % 2 { twice(*d) } else { *d }).sum()
}

fn italian_tax(raw: &str, text: &str) -> Result<Identifier, IdentifierError> {
    let it = |text: String| Identifier { kind: IdentifierKind::Tax, country: Some(Country::IT), text };
    match text.len() {
        11 => {
            let bad = |why| WordError::new("partita IVA", raw, why);
            let digits = digits_of(text);
            if digits.len() != 11 {
                return Err(bad("must have 11 digits"));
            }
            if digits[..7].iter().all(|d| *d == 0) {
                return Err(bad("the first seven digits are all zero"));
            }
            let office = digits[7] * 100 + digits[8] * 10 + digits[9];
            if !matches!(office, 1..=100 | 120 | 121 | 888 | 999) {
                return Err(bad("digits 8 to 10 are not a tax office"));
            }
            if !luhn_sum(&digits, 1).is_multiple_of(10) {
                return Err(bad("the check digit is wrong"));
            }
            Ok(it(text.to_owned()))
        }
        16 => italian_person_code(raw, text).map(it),
        _ => Err(WordError::new("partita IVA or codice fiscale", raw, "must have 11 digits or 16 characters")),
    }
}

/// The 16-character codice fiscale (D.M. 23 December 1976), with the letters that replace digits in case of *omocodia*.
fn italian_person_code(raw: &str, text: &str) -> Result<String, IdentifierError> {
    const ODD: [u32; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let bad = |why| WordError::new("codice fiscale", raw, why);
    let bytes = text.as_bytes();
    let number_like = |b: u8| b.is_ascii_digit() || b"LMNPQRSTUV".contains(&b);
    let shaped = bytes.iter().enumerate().all(|(place, b)| match place {
        0..=5 | 11 | 15 => b.is_ascii_uppercase(),
        8 => b"ABCDEHLMPRST".contains(b),
        _ => number_like(*b),
    });
    if !shaped {
        return Err(bad("must look like RSSMRA80A01H501U"));
    }
    let rank = |b: u8| u32::from(if b.is_ascii_digit() { b - b'0' } else { b - b'A' });
    let sum: u32 = bytes[..15]
        .iter()
        .enumerate()
        .map(|(place, b)| if place % 2 == 0 { ODD[rank(*b) as usize] } else { rank(*b) })
        .sum();
    if sum % 26 == rank(bytes[15]) { Ok(text.to_owned()) } else { Err(bad("the check character is wrong")) }
}

fn french_siren(raw: &str, text: &str) -> Result<Identifier, IdentifierError> {
    let bad = |why| WordError::new("SIREN", raw, why);
    let digits = digits_of(text);
    if digits.len() != text.len() || !matches!(digits.len(), 9 | 14) {
        return Err(bad("must have 9 digits, or 14 for an establishment (SIRET)"));
    }
    let siren = &digits[..9];
    if !luhn_sum(siren, 1).is_multiple_of(10) {
        return Err(bad("the check digit is wrong"));
    }
    // La Poste numbers its establishments by the sum of their digits (INSEE); everybody else by Luhn.
    let la_poste = text.starts_with("356000000") && digits.iter().sum::<u32>().is_multiple_of(5);
    if digits.len() == 14 && !la_poste && !luhn_sum(&digits, 0).is_multiple_of(10) {
        return Err(bad("the check digit of the establishment is wrong"));
    }
    let text = text.chars().take(9).collect();
    Ok(Identifier { kind: IdentifierKind::Registry, country: Some(Country::FR), text })
}

/// A French VAT number: two check digits and the SIREN; `(12 + 3 × (SIREN mod 97)) mod 97`.
fn french_tax(raw: &str, text: &str) -> Result<Identifier, IdentifierError> {
    let bad = |why| WordError::new("French VAT number", raw, why);
    let (Some(key), Some(siren)) = (text.get(..2), text.get(2..)) else {
        return Err(bad("must have 2 check characters and the 9 digits of the SIREN"));
    };
    if siren.len() != 9 {
        return Err(bad("must have 2 check characters and the 9 digits of the SIREN"));
    }
    french_siren(raw, siren)?;
    let number: u32 = siren.parse().map_err(|_| bad("must end in 9 digits"))?;
    let expected = (12 + 3 * (number % 97)) % 97;
    // New-style keys hold letters and follow another rule; only the numeric ones can be checked.
    if key.bytes().all(|b| b.is_ascii_digit()) && key.parse() != Ok(expected) {
        return Err(bad("the check digits are wrong"));
    }
    Ok(Identifier { kind: IdentifierKind::Tax, country: Some(Country::FR), text: text.to_owned() })
}

/// A UK company number: eight characters, digits padded with zeros behind an optional prefix of two.
fn uk_company_number(raw: &str, text: &str) -> Result<Identifier, IdentifierError> {
    let bad = || WordError::new("UK company number", raw, "must have up to 8 digits, or a prefix as SC and 6 digits");
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (Some(prefix), Some(number)) = (text.get(..letters), text.get(letters..)) else { return Err(bad()) };
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let text = match letters {
        0 if is_number && number.len() <= 8 => format!("{number:0>8}"),
        // R0000123 (old Northern Irish) and IP12345R have their own shapes and are taken as they come.
        1 if text.len() == 8 => text.to_owned(),
        2 if is_number && number.len() <= 6 => format!("{prefix}{number:0>6}"),
        2 if text.len() == 8 => text.to_owned(),
        _ => return Err(bad()),
    };
    Ok(Identifier { kind: IdentifierKind::Registry, country: Some(Country::GB), text })
}

/// A Central Index Key: ten digits, padded with zeros, with or without `CIK` before it. What is not made of digits alone
/// is a state's file number, and taken as it comes.
fn us_company_number(raw: &str, text: &str) -> Result<Identifier, IdentifierError> {
    let number = text.strip_prefix("CIK").unwrap_or(text);
    let is_key = (1..=10).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    if !is_key {
        return Identifier::unchecked(IdentifierKind::Registry, Country::US, raw, text.to_owned());
    }
    if number.bytes().all(|b| b == b'0') {
        return Err(WordError::new("Central Index Key", raw, "must be a number above 0"));
    }
    Ok(Identifier { kind: IdentifierKind::Registry, country: Some(Country::US), text: format!("{number:0>10}") })
}
