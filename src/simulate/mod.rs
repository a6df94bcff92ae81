//! A made-up economy with known truth, and the web that tells of it.
//!
//! A seed gives companies, each with a hidden health that moves from month to month; invoices, protests, register
//! entries and news are drawn from tables of likelihood given that health. [`Economy`] exports what a creditor's books
//! would hold on a day, [`Web`] answers on loopback as the real registers and papers do, and the oracle ranks clients
//! as well as anybody could who saw the same. The demo, the benches and the recovery tests live on it.
//!
//! # Why
//!
//! *Why a hidden Markov chain and not a list of scripted cases?* Because its exact posterior can be computed: the best
//! possible ranking is a number, and how near the house comes to it says more than any score by itself. For that each
//! likelihood is written once (`emission`), and both drawing and weighing read it.
//!
//! *Why does it open no other room than `domain`?* It stands for the world outside. What it shared with the readers it
//! could not test: a misunderstanding would be on both sides.
//!
//! *Why ChaCha?* Its stream is defined for ever and on every machine, so that a seed in a report still gives the same
//! bytes years later; and each company has a stream of its own, so that more draws for one shift no other.

mod bench;
mod calendar;
mod emission;
mod files;
mod headlines;
mod identity;
mod ledger;
mod names;
mod oracle;
mod prospects;
mod records;
mod statement;
mod statistics;
mod stories;
mod truth;
mod variants;
mod web;

use std::{collections::BTreeSet, sync::OnceLock};

use jiff::civil::Date;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub use bench::{BENCH_DAY, bench_portfolio};
pub use files::write;
pub use prospects::Prospect;
pub use variants::Variant;
pub use web::Web;

use crate::domain::day_number;
use calendar::Calendar;
use emission::Happening;
use identity::Identity;
use ledger::{Invoice, Trading};
use names::N_TRADES;
use records::{Happened, Records};
use stories::{Story, Trap};
use truth::Life;

/// Days after the opening for which books and web can still be had.
pub const DAYS_AHEAD: i32 = 120;
/// Months drawn beyond history and horizon, so that outcomes are known for the days ahead, too.
const SPARE_MONTHS: u32 = 6;
/// Share of companies that the press writes about.
const IN_THE_PRESS: f64 = 0.45;
/// Share of clients that joined after the history began.
const NEWCOMERS: f64 = 0.12;

/// Clients of the largest world. Each has numbers of its own, of which there are some millions.
pub const MAX_CLIENTS: usize = 1_000_000;

/// What to make up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// How many clients, at most [`MAX_CLIENTS`].
    pub n_clients: usize,
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// The day the demo opens.
    pub start: Date,
    /// Months of ledger and news before that day, 1 to 120.
    pub history_months: u32,
    /// Months after it for which outcomes are drawn, at most 60.
    pub horizon_months: u32,
}

impl Plan {
    /// Two years of history and one of outcomes.
    pub fn new(n_clients: usize, seed: u64, start: Date) -> Self {
        Self { n_clients, seed, start, history_months: 24, horizon_months: 12 }
    }
}

/// One company: who it is, how it trades, and what nobody knows.
struct Company {
    code: String,
    identity: Identity,
    trading: Trading,
    in_the_press: bool,
    life: Life,
    happened: Vec<Happened>,
    records: Records,
    invoices: Vec<Invoice>,
}

/// A whole made-up economy, from the first month of history to the last of the outcomes.
pub struct Economy {
    plan: Plan,
    calendar: Calendar,
    /// For each trade, whether its market is in a shock, month by month.
    shocks: [Vec<bool>; N_TRADES],
    companies: Vec<Company>,
    /// In the order in which they are printed.
    stories: Vec<Story>,
    /// Drawn when they are asked for: most worlds are about clients alone.
    newcomers: OnceLock<Vec<prospects::Newcomer>>,
}

impl Economy {
    /// Draws it.
    pub fn new(plan: &Plan) -> Self {
        let plan = Plan {
            n_clients: plan.n_clients.min(MAX_CLIENTS),
            history_months: plan.history_months.clamp(1, 120),
            horizon_months: plan.horizon_months.min(60),
            ..plan.clone()
        };
        let after = plan.horizon_months + SPARE_MONTHS;
        let calendar = Calendar::new(plan.start, plan.history_months as usize, after as usize);
        let mut markets = stream(plan.seed, 0);
        let shocks = std::array::from_fn(|_| truth::draw_shocks(&mut markets, calendar.n_months()));
        let mut taken = BTreeSet::new();
        let mut stories = market_stories(&mut markets, &calendar, &shocks);
        let mut companies = Vec::with_capacity(plan.n_clients);
        for number in 1..=plan.n_clients {
            let mut rng = stream(plan.seed, number as u64);
            let company = Company::draw(&mut rng, number, &calendar, &shocks, &mut taken);
            stories.extend(company.stories(&mut rng, &calendar));
            companies.push(company);
        }
        stories.sort_by(|a, b| (a.told_on, a.minute, &a.title).cmp(&(b.told_on, b.minute, &b.title)));
        Self { plan, calendar, shocks, companies, stories, newcomers: OnceLock::new() }
    }

    /// What was asked for.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Of the clients that had not defaulted when `day` was over, who did within so many months: the truth, known to
    /// the simulation alone.
    pub fn defaults_after(&self, day: Date, months: u32) -> Vec<(String, bool)> {
        let day = day_number(day);
        let end = Calendar::months_after(day, months as usize);
        let joined = |c: &&Company| self.calendar.first_day(c.life.joined) <= day && c.life.is_alive_after(day);
        let outcome = |c: &Company| (c.code.clone(), !c.life.is_alive_after(end));
        self.companies.iter().filter(joined).map(outcome).collect()
    }

    /// A word on what a client really is, for the demo's table; none for an unknown code.
    pub fn defaulted_on(&self, code: &str) -> Option<Date> {
        let company = self.companies.iter().find(|c| c.code == code)?;
        company.life.defaulted_on.map(crate::domain::day_of_number)
    }
}

/// The random stream of a company; stream 0 is the markets'.
fn stream(seed: u64, number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(number);
    rng
}

/// Sector news while a shock lasts, and what fills the page every day.
fn market_stories(rng: &mut ChaCha8Rng, calendar: &Calendar, shocks: &[Vec<bool>; N_TRADES]) -> Vec<Story> {
    let mut stories = Vec::new();
    for month in 0..calendar.n_months() {
        let first = calendar.first_day(month);
        for (trade, months) in shocks.iter().enumerate() {
            if months[month] {
                // The press tells of a shock in the month it begins, and again while it lasts.
                let days = [rng.random_range(0..4), rng.random_range(10..25)];
                stories.extend(days.into_iter().flat_map(|day| stories::of_shock(rng, trade, first + day)));
            }
        }
        for day in first..first + calendar.days_in(month) {
            stories.push(stories::filler(rng, day));
        }
    }
    stories
}

impl Company {
    fn draw(
        rng: &mut ChaCha8Rng,
        number: usize,
        calendar: &Calendar,
        shocks: &[Vec<bool>; N_TRADES],
        taken: &mut BTreeSet<String>,
    ) -> Self {
        let identity = Identity::draw(rng, taken);
        Self::live(rng, format!("C-{number:04}"), identity, calendar, shocks)
    }

    /// The life of a company that there is.
    fn live(
        rng: &mut ChaCha8Rng,
        code: String,
        identity: Identity,
        calendar: &Calendar,
        shocks: &[Vec<bool>; N_TRADES],
    ) -> Self {
        let trading = Trading::draw(rng);
        let in_the_press = !identity.is_person && rng.random_bool(IN_THE_PRESS);
        let opening = calendar.opening_month();
        let joined = if rng.random_bool(NEWCOMERS) { rng.random_range(0..opening) } else { 0 };
        let life = Life::draw(rng, calendar, joined, &shocks[identity.trade]);
        let happened = records::draw_happenings(rng, calendar, &life, identity.land, in_the_press);
        let last_day = calendar.first_day(calendar.n_months());
        let records = records::draw(rng, &identity, &trading, &life, &happened, last_day);
        let stops_buying = happened.iter().find(|h| h.what() == Happening::SolventLiquidation).map(|h| h.day);
        let invoices = ledger::draw(rng, calendar, &trading, &life, stops_buying);
        Self { code, identity, trading, in_the_press, life, happened, records, invoices }
    }

    /// What the press prints about the company, true and misleading.
    fn stories(&self, rng: &mut ChaCha8Rng, calendar: &Calendar) -> Vec<Story> {
        if !self.in_the_press {
            return Vec::new();
        }
        /// Chance in a month of each trap; it does not depend on health.
        const TRAPS: [(Trap, f64); 3] = [(Trap::Namesake, 0.006), (Trap::FalseFriend, 0.006), (Trap::Denial, 0.004)];
        let mut stories: Vec<Story> =
            self.happened.iter().filter_map(|h| stories::of_happening(rng, &self.identity, h)).collect();
        stories.extend(self.life.defaulted_on.map(|day| stories::of_default(rng, &self.identity, day)));
        for month in 0..calendar.n_months() {
            for (trap, chance) in TRAPS {
                if rng.random_bool(chance) {
                    let day = calendar.first_day(month) + rng.random_range(0..calendar.days_in(month));
                    stories.push(stories::trap(rng, &self.identity, trap, day));
                }
            }
        }
        stories
    }
}
