//! Records of other hands about the same companies, and about companies that only look like them: each with the truth.
//! They measure how well a matcher tells them apart.

use std::collections::BTreeSet;

use rand::{Rng, RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use super::{
    Company, Economy,
    identity::{Identity, Land},
    names::{FIRST_NAMES, SURNAMES, TRADES},
    stream,
};

/// Streams of the companies end far below: a variant draws nothing that a company draws.
const FIRST_STREAM: u64 = 1 << 40;
/// Records of each client.
const PER_CLIENT: usize = 3;
/// Share of records that are somebody else's and only look like the client's.
const TRAPS: f64 = 0.35;
/// How often a record holds each field.
const WITH_COUNTRY: f64 = 0.95;
const WITH_CITY: f64 = 0.8;
const WITH_ADDRESS: f64 = 0.55;
const WITH_TAX: f64 = 0.2;
const WITH_SECTOR: f64 = 0.6;

/// A record of somebody else's hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its own id.
    pub id: String,
    /// What was done to the name, or which trap it is: `typo`, `order`, `homonym`, `group`…
    pub kind: &'static str,
    /// The name as written.
    pub name: String,
    /// Two letters, or empty.
    pub country: String,
    /// The town, or empty.
    pub city: String,
    /// Street and number, or empty.
    pub address: String,
    /// The tax number, or empty.
    pub tax_id: String,
    /// NACE class, or empty.
    pub sector: String,
    /// The truth: the code of the client that it is about; none when it is about nobody in the list.
    pub client: Option<String>,
}

impl Economy {
    /// Three records for each client, true and misleading; the same seed gives the same records.
    pub fn variants(&self) -> Vec<Variant> {
        let mut taken: BTreeSet<String> = self.companies.iter().map(|c| c.identity.short_name.to_lowercase()).collect();
        let mut variants = Vec::new();
        for (number, company) in (FIRST_STREAM..).zip(&self.companies) {
            let mut rng = stream(self.plan.seed, number);
            for place in 0..PER_CLIENT {
                let id = format!("V{}-{place}", company.code.trim_start_matches("C-"));
                let drawn = if rng.random_bool(TRAPS) {
                    trap(&mut rng, company, &mut taken)
                } else {
                    respelled(&mut rng, company)
                };
                variants.push(Variant { id, ..drawn });
            }
        }
        variants
    }
}

/// A record of this identity under another name, with some of its fields.
fn record(rng: &mut impl Rng, who: &Identity, kind: &'static str, name: String, client: Option<&str>) -> Variant {
    let mut maybe = |share: f64, text: String| if rng.random_bool(share) { text } else { String::new() };
    Variant {
        id: String::new(),
        kind,
        name,
        country: maybe(WITH_COUNTRY, who.land.code().to_owned()),
        city: maybe(WITH_CITY, who.town.name.to_owned()),
        address: maybe(WITH_ADDRESS, who.street.clone()),
        tax_id: maybe(WITH_TAX, who.tax.clone().unwrap_or_default()),
        sector: maybe(WITH_SECTOR, who.nace.to_owned()),
        client: client.map(str::to_owned),
    }
}

/// The client itself, as another hand writes it.
fn respelled(rng: &mut ChaCha8Rng, company: &Company) -> Variant {
    let who = &company.identity;
    let (short, form) = (who.short_name.as_str(), who.form);
    let written = match who.land {
        Land::Italy => other_spelling(
            form,
            &[
                ("S.r.l.", "SRL"),
                ("S.r.l.", "Società a Responsabilità Limitata"),
                ("S.p.A.", "SPA"),
                ("S.p.A.", "Società per Azioni"),
                ("S.n.c.", "SNC"),
                ("S.a.s.", "s.a.s."),
            ],
            rng,
        ),
        Land::Britain => other_spelling(form, &[("Limited", "LTD"), ("Ltd", "Limited"), ("plc", "PLC")], rng),
        Land::France => {
            other_spelling(form, &[("SAS", "S.A.S."), ("SARL", "S.A.R.L."), ("SA", "Société Anonyme")], rng)
        }
    };
    let (kind, name) = match rng.random_range(0..8u32) {
        0 => ("exact", who.name.clone()),
        1 => ("form", format!("{short} {written}")),
        2 => ("form", short.to_owned()),
        3 => ("order", format!("{} {written}", turned(short))),
        4 => ("typo", format!("{} {written}", mistyped(rng, short))),
        5 => ("abbreviation", format!("{} {written}", shortened(short))),
        6 => ("accents", format!("{short} {written}").to_uppercase().replace(['È', 'É'], "E").replace('Ì', "I'")),
        _ => ("transliteration", format!("{} {form}", in_cyrillic(short))),
    };
    record(rng, who, kind, name.trim().to_owned(), Some(&company.code))
}

fn other_spelling(form: &'static str, spellings: &[(&str, &'static str)], rng: &mut ChaCha8Rng) -> &'static str {
    let fitting: Vec<&'static str> =
        spellings.iter().filter(|(f, _)| *f == form).map(|(_, written)| *written).collect();
    fitting.choose(rng).copied().unwrap_or(form)
}

/// The first word last.
fn turned(name: &str) -> String {
    name.split_once(' ').map_or_else(|| name.to_owned(), |(first, rest)| format!("{rest} {first}"))
}

/// One letter of the longest word twice, left out, or changed places with the next.
fn mistyped(rng: &mut ChaCha8Rng, name: &str) -> String {
    let longest = name.split(' ').max_by_key(|word| word.chars().count()).unwrap_or_default();
    let letters: Vec<char> = longest.chars().collect();
    if letters.len() < 4 {
        return name.to_owned();
    }
    let at = rng.random_range(1..letters.len() - 1);
    let mut wrong = letters.clone();
    match rng.random_range(0..3u32) {
        0 => wrong.insert(at, letters[at]),
        1 => drop(wrong.remove(at)),
        _ => wrong.swap(at, at + 1),
    }
    name.replacen(longest, &wrong.into_iter().collect::<String>(), 1)
}

/// The trade's word cut short, as on a bill.
fn shortened(name: &str) -> String {
    let is_trade =
        |word: &&str| TRADES.iter().any(|t| t.italian.iter().chain(t.english).chain(t.french).any(|w| w == word));
    let short = |word: &str| format!("{}.", word.chars().take(5).collect::<String>());
    let words = name
        .split(' ')
        .map(|word| if is_trade(&word) && word.chars().count() > 6 { short(word) } else { word.to_owned() });
    words.collect::<Vec<_>>().join(" ")
}

/// As a Bulgarian customs paper writes it.
fn in_cyrillic(name: &str) -> String {
    const LETTERS: [(char, &str); 26] = [
        ('a', "а"),
        ('b', "б"),
        ('c', "к"),
        ('d', "д"),
        ('e', "е"),
        ('f', "ф"),
        ('g', "г"),
        ('h', "х"),
        ('i', "и"),
        ('j', "й"),
        ('k', "к"),
        ('l', "л"),
        ('m', "м"),
        ('n', "н"),
        ('o', "о"),
        ('p', "п"),
        ('q', "к"),
        ('r', "р"),
        ('s', "с"),
        ('t', "т"),
        ('u', "у"),
        ('v', "в"),
        ('w', "в"),
        ('x', "кс"),
        ('y', "и"),
        ('z', "з"),
    ];
    let letter =
        |c: char| LETTERS.iter().find(|(latin, _)| *latin == c).map_or_else(|| c.to_string(), |(_, l)| (*l).to_owned());
    name.to_lowercase().chars().map(letter).collect()
}

/// Somebody else who looks like the client.
fn trap(rng: &mut ChaCha8Rng, company: &Company, taken: &mut BTreeSet<String>) -> Variant {
    let who = &company.identity;
    let mut other = who.clone();
    (other.tax, other.street) = (None, format!("{}/{}", who.street, rng.random_range(2..9u32)));
    match rng.random_range(0..5u32) {
        0 => {
            // The same name in another town; half the time in the same form.
            let (town, form) = who.namesake(rng);
            other.town = town;
            other.street = Identity::draw(rng, taken).street;
            let form = if rng.random_bool(0.5) { who.form } else { form };
            let name = format!("{} {form}", who.short_name).trim().to_owned();
            Variant { city: town.name.to_owned(), ..record(rng, &other, "homonym", name, None) }
        }
        1 => {
            // Of the same house, at the same address: one word of the name is another.
            other.street.clone_from(&who.street);
            let own = own_word(who);
            let rest = ["Holding", "Servizi", "Immobiliare", "Group", "International"]
                .choose(rng)
                .copied()
                .unwrap_or("Holding");
            let name = match rng.random_range(0..3u32) {
                0 => format!("{own} {rest} {}", who.form),
                1 => format!("{} {rest} {}", who.short_name, who.form),
                _ => format!("Gruppo {own} {}", who.form),
            };
            record(rng, &other, "group", name.trim().to_owned(), None)
        }
        2 => {
            // A person of the company's name, a company of the person's.
            let own = own_word(who);
            let first = FIRST_NAMES.choose(rng).map_or("", |(name, _)| *name);
            let name = if who.is_person { format!("{} S.r.l.", who.short_name) } else { format!("{first} {own}") };
            record(rng, &other, "person", name, None)
        }
        3 => {
            let surname = SURNAMES.choose(rng).copied().unwrap_or_default();
            let trade = TRADES[who.trade].italian.choose(rng).copied().unwrap_or_default();
            record(rng, &other, "unknown", format!("{trade} {surname} {}", who.form).trim().to_owned(), None)
        }
        _ => {
            let stranger = Identity::draw(rng, taken);
            record(rng, &stranger, "unknown", stranger.name.clone(), None)
        }
    }
}

/// The word that is the company's own.
fn own_word(who: &Identity) -> &str {
    let is_trade =
        |word: &&str| !TRADES.iter().any(|t| t.italian.iter().chain(t.english).chain(t.french).any(|w| w == word));
    who.short_name.split(' ').filter(is_trade).max_by_key(|word| word.len()).unwrap_or(&who.short_name)
}
