//! The order of questions against asking round and round: how old what we know is, weighted by what is at stake, on a
//! made-up portfolio at the budget of Companies House (600 requests in five minutes, two for each client).
//! `VEDETTA_BENCH_CLIENTS` makes it smaller or larger (100 000 without it); the budget shrinks and grows with it.
//!
//! Not a criterion bench: the figures come from simulated days, and what is compared stands side by side.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::{collections::HashMap, time::Instant};

use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, LogNormal, Pareto};
use url::Url;
use vedetta::{
    collect::{Request, Room, Worths, order},
    domain::{ClientId, Grade, Probability},
    store::Stake,
};

/// Of the whole key, for the portfolio of a hundred thousand.
const REQUESTS_AN_HOUR: f64 = 600.0 * 12.0;
const REQUESTS_EACH: usize = 2;
/// Until the order has settled, and then measured.
const WARM_UP_HOURS: i64 = 4 * 24;
const MEASURED_HOURS: i64 = 4 * 24;
const SEED: u64 = 7;

fn main() {
    let n_clients = n_clients();
    println!("{n_clients} clients, {} requests an hour, {MEASURED_HOURS} hours measured", per_hour(n_clients));
    // A sigma of 1.6 and a tail of 1.16 both leave some 80 % of the exposure with 20 % of the clients.
    let log_normal = LogNormal::new(9.0, 1.6).expect("a distribution");
    let pareto = Pareto::new(1_000.0, 1.16).expect("a distribution");
    compare("log-normal", &portfolio(n_clients, log_normal));
    compare("Pareto", &portfolio(n_clients, pareto));
}

/// Size from the environment; the bench is not part of the house, so it reads it itself.
#[expect(clippy::disallowed_methods, reason = "a bench has no configuration room")]
fn n_clients() -> usize {
    std::env::var("VEDETTA_BENCH_CLIENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000)
}

fn per_hour(n_clients: usize) -> usize {
    (REQUESTS_AN_HOUR * n_clients as f64 / 100_000.0).ceil() as usize
}

fn start() -> Timestamp {
    "2026-11-20T00:00:00Z".parse().expect("an instant")
}

/// Clients of all performing grades, with a PD that fits.
fn portfolio(n_clients: usize, exposure: impl Distribution<f64>) -> Vec<Stake> {
    let mut chance = ChaCha8Rng::seed_from_u64(SEED);
    let mut stake = |n: usize| {
        let place = chance.random_range(0..Grade::PERFORMING.len());
        Stake {
            client: ClientId::new(n as i64 + 1),
            known_since: start(),
            exposure_minor: Some((exposure.sample(&mut chance) * 100.0).min(1e15) as i64),
            grade: Grade::PERFORMING[place],
            pd: Probability::new(0.001 * 2f64.powi(place as i32)).ok(),
            credit_limit: None,
            yearly_value: None,
        }
    };
    (0..n_clients).map(&mut stake).collect()
}

/// What simulated days came to.
#[derive(Default)]
struct Ages {
    /// Days, weighted by exposure.
    of_exposure: f64,
    /// Days, weighted by exposure and rate of change: what is at stake in changes not yet seen.
    of_changes: f64,
    oldest: f64,
    /// Clients put in order in a second of planning.
    planned_per_s: f64,
}

fn compare(what: &str, stakes: &[Stake]) {
    let round_robin = simulate(stakes, |stakes, seen, _, n| {
        let mut places: Vec<usize> = (0..stakes.len()).collect();
        places.sort_by_key(|place| seen[*place]);
        places.truncate(n / REQUESTS_EACH);
        places
    });
    let by_value = simulate(stakes, by_value);
    println!("\n{what} exposures");
    for (name, ages) in [("round robin", &round_robin), ("by value", &by_value)] {
        println!(
            "  {name:<12} exposure-weighted age {:>7.3} days, with rate of change {:>7.3} days, oldest {:>6.1} days, {:>9.0} clients/s planned",
            ages.of_exposure, ages.of_changes, ages.oldest, ages.planned_per_s
        );
    }
    println!(
        "  round robin / by value: {:.2} times the exposure-weighted age, {:.2} with rate of change",
        round_robin.of_exposure / by_value.of_exposure,
        round_robin.of_changes / by_value.of_changes
    );
}

/// The house's own order, on the requests that the register's reader would plan.
fn by_value(stakes: &[Stake], seen: &[Timestamp], now: Timestamp, n: usize) -> Vec<usize> {
    let url = Url::parse("https://register.example/company").expect("an address");
    let requests = stakes.iter().flat_map(|stake| {
        let request = Request { whom: vec![stake.client], ..Request::get(url.clone(), "profile") };
        [request.clone(), Request { step: "insolvency", ..request }]
    });
    let seen: Vec<_> = stakes.iter().map(|stake| stake.client).zip(seen.iter().copied()).collect();
    let worths = Worths::new(stakes, &HashMap::new(), &seen, &[], now);
    let room = Room { requests: Some(n as u64), paid: None, because: String::new() };
    let order = order(requests.collect(), |_| false, &worths, &room);
    order.asked.iter().step_by(REQUESTS_EACH).map(|asked| asked.request.whom[0].get() as usize - 1).collect()
}

fn simulate(stakes: &[Stake], choose: impl Fn(&[Stake], &[Timestamp], Timestamp, usize) -> Vec<usize>) -> Ages {
    let rates = Worths::new(stakes, &HashMap::new(), &[], &[], start());
    let weights: Vec<(f64, f64)> = stakes
        .iter()
        .map(|stake| rates.of(stake.client).map_or((0.0, 0.0), |w| (w.exposure, w.exposure * w.changes_a_day)))
        .collect();
    let (whole, whole_rate) = weights.iter().fold((0.0, 0.0), |sum, w| (sum.0 + w.0, sum.1 + w.1));
    let mut seen = vec![start(); stakes.len()];
    let (mut ages, mut planning_s) = (Ages::default(), 0.0);
    for hour in 1..=WARM_UP_HOURS + MEASURED_HOURS {
        let now = start() + SignedDuration::from_hours(hour);
        let began = Instant::now();
        let chosen = choose(stakes, &seen, now, per_hour(stakes.len()));
        planning_s += began.elapsed().as_secs_f64();
        if hour > WARM_UP_HOURS {
            for (at, (exposure, rate)) in seen.iter().zip(&weights) {
                let days = now.duration_since(*at).as_secs_f64() / 86_400.0;
                ages.of_exposure += exposure * days / whole / MEASURED_HOURS as f64;
                ages.of_changes += rate * days / whole_rate / MEASURED_HOURS as f64;
                ages.oldest = ages.oldest.max(days);
            }
        }
        for place in chosen {
            seen[place] = now;
        }
    }
    ages.planned_per_s = stakes.len() as f64 * (WARM_UP_HOURS + MEASURED_HOURS) as f64 / planning_s;
    ages
}
