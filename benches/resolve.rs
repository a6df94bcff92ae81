//! How fast a record finds its client among a million: per kind of record the median and the slowest hundredth, on one
//! core; what the index costs, in memory per client and in time to build; and what one company more before all costs.
#![expect(clippy::print_stdout, reason = "a bench prints its rates")]

use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use vedetta::{
    domain::{ClientId, Country, Prospect, Subject},
    resolve::{Decision, Index},
};

const N_CLIENTS: usize = 1_000_000;
const N_QUERIES: usize = 2_000;

const SYLLABLES: [&str; 40] = [
    "bar", "ben", "bor", "cal", "car", "cor", "dal", "der", "dol", "fan", "fer", "for", "gal", "gar", "gor", "lam",
    "lar", "lor", "mal", "mer", "mon", "nar", "ner", "nol", "pal", "per", "pon", "ral", "ren", "ros", "sal", "ser",
    "sor", "tal", "ter", "tor", "val", "ver", "vol", "zan",
];
const ENDINGS: [&str; 8] = ["ini", "etti", "oni", "ello", "ato", "eri", "ucci", "ossi"];
const TRADES: [&str; 10] = [
    "Costruzioni",
    "Meccanica",
    "Trasporti",
    "Impianti",
    "Arredamenti",
    "Servizi",
    "Alimentari",
    "Plastica",
    "Carpenteria",
    "Edilizia",
];
const FORMS: [&str; 4] = ["S.r.l.", "S.p.A.", "S.n.c.", "S.a.s."];

/// A made-up surname; two syllables give 12 800 of them, as a country has common ones, three give half a million.
fn surname(rng: &mut ChaCha8Rng) -> String {
    let n_syllables = if rng.random_bool(0.3) { 2 } else { 3 };
    let parts = (0..n_syllables).map(|_| SYLLABLES[rng.random_range(0..SYLLABLES.len())]);
    let mut name: String = parts.collect();
    name.push_str(ENDINGS[rng.random_range(0..ENDINGS.len())]);
    name
}

fn town(number: usize) -> String {
    format!("{}{}ago", SYLLABLES[number % 40], SYLLABLES[number / 40 % 40])
}

fn client(number: usize) -> Prospect {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    rng.set_stream(number as u64);
    let trade = TRADES[rng.random_range(0..TRADES.len())];
    let (first, second) = (surname(&mut rng), surname(&mut rng));
    let form = FORMS[rng.random_range(0..FORMS.len())];
    let name = if rng.random_bool(0.5) {
        format!("{trade} {first} {form}")
    } else {
        format!("{first} {second} {trade} {form}")
    };
    Prospect {
        name,
        country: Some(Country::IT),
        city: Some(town(rng.random_range(0..1_500))),
        address: Some(format!("Via {} {}", surname(&mut rng), rng.random_range(1..200u32))),
        sector: "25.62".parse().ok(),
        ..Prospect::default()
    }
}

fn record(who: &Prospect) -> Subject {
    let Prospect { name, country, city, address, sector, .. } = who.clone();
    Subject { name, country, city, address, sector, ..Subject::default() }
}

/// One letter of the longest word is missing.
fn mistyped(name: &str) -> String {
    let longest = name.split(' ').max_by_key(|word| word.len()).unwrap_or_default();
    let wrong: String = longest.chars().enumerate().filter(|(place, _)| *place != 3).map(|(_, c)| c).collect();
    name.replacen(longest, &wrong, 1)
}

/// The first word stands last, before the legal form.
fn reordered(name: &str) -> String {
    let mut words: Vec<&str> = name.split(' ').collect();
    let n_words = words.len().saturating_sub(1);
    words[..n_words].rotate_left(1);
    words.join(" ")
}

/// The first word is missing.
fn shortened(name: &str) -> String {
    name.split_once(' ').map_or_else(String::new, |(_, rest)| rest.to_owned())
}

fn query(kind: &str, number: usize) -> Subject {
    let own = record(&client(number));
    let name = match kind {
        "typo" => mistyped(&own.name),
        "reordered" => reordered(&own.name),
        "shortened" => shortened(&own.name),
        "unknown" => client(N_CLIENTS + number).name,
        _ => own.name.clone(),
    };
    let city = if kind == "homonym" { Some("Altrove".to_owned()) } else { own.city.clone() };
    Subject { name, city, ..own }
}

fn main() {
    let started = Instant::now();
    let index = Index::new((0..N_CLIENTS).map(|n| (ClientId::new(n as i64), client(n))));
    let built = started.elapsed();
    println!(
        "{N_CLIENTS} clients: built in {:.1} s, drawing their names included; {} bytes per client",
        built.as_secs_f64(),
        index.bytes() / N_CLIENTS
    );
    let started = Instant::now();
    let with_one_more = index.with_first((ClientId::new(-1), client(N_CLIENTS)));
    let joined = started.elapsed();
    println!("{} with one before them: {:.0} ms", with_one_more.len(), joined.as_secs_f64() * 1e3);
    drop(with_one_more);
    for kind in ["exact", "typo", "reordered", "shortened", "homonym", "unknown"] {
        let queries: Vec<Subject> = (0..N_QUERIES).map(|n| query(kind, n * (N_CLIENTS / N_QUERIES))).collect();
        let (mut times, mut n_links): (Vec<Duration>, usize) = (Vec::new(), 0);
        for subject in &queries {
            let started = Instant::now();
            let decision = index.resolve(subject);
            times.push(started.elapsed());
            n_links += usize::from(matches!(decision, Decision::Link(_)));
        }
        times.sort();
        let micros = |share: usize| times[times.len() * share / 100].as_secs_f64() * 1e6;
        println!("{kind:>10}: median {:.0} µs, p99 {:.0} µs; {n_links} of {N_QUERIES} linked", micros(50), micros(99));
    }
}
