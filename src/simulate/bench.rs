use jiff::{Timestamp, civil::Date};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::names::TRADES;
use crate::domain::{
    BatchId, ClientFacts, Country, Currency, EntryKind, InvoiceKey, LedgerLine, Money, Prospect, day_number,
    day_of_number,
};

/// The day a bench portfolio ends on: rate it as of this day.
pub const BENCH_DAY: Date = jiff::civil::date(2026, 11, 20);

const SECONDS_PER_DAY: i64 = 86_400;
/// A bench portfolio's invoices are spread over so many days before [`BENCH_DAY`].
const BENCH_SPAN: i32 = 730;

/// Clients and their ledgers, quickly and one at a time: no register, no news, no text per line. Each client has a
/// lateness of its own from 0 to 60 days, so that ratings differ. Lines stand in order of invoice key, as a dossier
/// wants them.
pub fn bench_portfolio(
    n_clients: usize,
    invoices_each: usize,
    seed: u64,
) -> impl Iterator<Item = (ClientFacts, Vec<LedgerLine>)> {
    let last_day = day_number(BENCH_DAY);
    (0..n_clients).map(move |number| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number as u64);
        let facts = facts(&mut rng, number);
        let lateness = rng.random_range(0..60);
        let lines = (0..invoices_each).map(|place| {
            let key = i64::try_from(number * invoices_each + place).unwrap_or(i64::MAX);
            line(&mut rng, InvoiceKey::new(key), lateness, last_day)
        });
        let lines = lines.collect();
        (facts, lines)
    })
}

fn facts(rng: &mut ChaCha8Rng, number: usize) -> ClientFacts {
    let trade = &TRADES[rng.random_range(0..TRADES.len())];
    let country = [Country::IT, Country::IT, Country::GB, Country::FR][rng.random_range(0..4usize)];
    let euros = |thousands: i64| Some(Money::from_minor(thousands * 100_000, Currency::EUR));
    ClientFacts {
        who: Prospect {
            name: format!("Bench {number}"),
            country: Some(country),
            sector: trade.classes[0].parse().ok(),
            ..Prospect::default()
        },
        since: Some(day_of_number(day_number(BENCH_DAY) - BENCH_SPAN - rng.random_range(0..2_000))),
        active: Some(true),
        credit_limit: euros(rng.random_range(5..200)),
        yearly_value: euros(rng.random_range(10..900)),
        currency: Currency::EUR,
        email: None,
        phone: None,
    }
}

fn line(rng: &mut ChaCha8Rng, invoice: InvoiceKey, lateness: i32, last_day: i32) -> LedgerLine {
    let issued = last_day - rng.random_range(0..BENCH_SPAN);
    let due = issued + 60;
    let amount = Money::from_minor(rng.random_range(20_000..2_000_000), Currency::EUR);
    let paid = Some(due + rng.random_range(-5..=lateness)).filter(|paid| *paid <= last_day);
    LedgerLine {
        invoice,
        kind: EntryKind::Invoice,
        issued_on: day_of_number(issued),
        due_on: day_of_number(due),
        amount,
        disputed: rng.random_bool(0.01),
        known_at: midnight(issued),
        paid_on: paid.map(day_of_number),
        paid_minor: if paid.is_some() { amount.minor() } else { 0 },
        paid_known_at: paid.map(midnight),
        batch: BatchId::new(1),
    }
}

fn midnight(day: i32) -> Timestamp {
    Timestamp::from_second(i64::from(day) * SECONDS_PER_DAY).unwrap_or(Timestamp::UNIX_EPOCH)
}
