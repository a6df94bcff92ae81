//! What it is worth to ask about a client: how much is at stake, how often it changes, how long ago it was looked at.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::{
    domain::{ClientId, Dossier, EntryKind, Grade, LedgerLine, Money},
    store::{Looked, Stake},
};

/// A client with whom nothing is at stake counts as much as one euro: it is asked about last, and is asked about.
const LEAST_EXPOSURE: f64 = 1.0;

/// Of what a client buys in a year this much is unpaid at a time: sixty days, the longest term that Directive 2011/7/EU
/// lets stand without being unfair.
const UNPAID_OF_A_YEAR: f64 = 60.0 / 365.0;

/// A client that was never looked at counts as one last looked at a year before we knew it: new clients come soon, and not
/// all of them before the largest of the old.
const NEVER_SEEN_DAYS: f64 = 365.0;

/// Changes a day of a sound company, before anything was learned: a register has one thing new about it in a year (its
/// accounts).
const BASE_RATE: f64 = 1.0 / 365.0;

/// Changes that announce or follow a default, before anything was learned: filings, petitions, hearings, one a month.
const CHANGES_OF_A_DEFAULT: f64 = 12.0;

/// How many days of watching the first guess of a rate is worth, and the rate of a class for one client of it.
const GUESS_DAYS: f64 = 180.0;

/// After a question without an answer a client waits as one that was looked at, but its days count so many times: it is
/// tried again sooner than its turn, and not first of all every time.
const HASTE_AFTER_FAILURE: f64 = 4.0;

/// A day, in seconds.
const DAY_S: f64 = 86_400.0;

/// What it is worth to ask about one client.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worth {
    /// What is at stake, major units; at least 1.
    pub exposure: f64,
    /// How often the source's answer about it changes, in changes a day.
    pub changes_a_day: f64,
    /// How stale it is, in days.
    pub age_days: f64,
    /// When the source last answered about it.
    pub last_seen: Option<Timestamp>,
}

impl Worth {
    /// The value of asking now: `exposure × changes a day × age² / 2`.
    pub fn value(&self) -> f64 {
        self.exposure * self.changes_a_day * self.age_days * self.age_days / 2.0
    }

    /// Changes that are to be expected since.
    fn changes(&self) -> f64 {
        self.changes_a_day * self.age_days
    }
}

/// What one question is worth, over all the clients that it asks about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuestionWorth {
    /// Sum of their values.
    pub value: f64,
    /// Sum of what is at stake, major units.
    pub exposure: f64,
    /// The probability that at least one of them has changed since it was seen.
    pub p_changed: f64,
    /// When the one that was not seen for longest was last seen; none when one of them never was.
    pub last_seen: Option<Timestamp>,
}

/// What all clients are worth to one source.
#[derive(Debug, Clone, Default)]
pub struct Worths(HashMap<ClientId, Worth>);

impl Worths {
    /// Weighs every client. `unpaid` is what the ledger says of those that were never rated, major units; `seen` and
    /// `looked` are the source's own.
    pub fn new(
        stakes: &[Stake],
        unpaid: &HashMap<ClientId, f64>,
        seen: &[(ClientId, Timestamp)],
        looked: &[Looked],
        now: Timestamp,
    ) -> Self {
        let seen: HashMap<_, _> = seen.iter().copied().collect();
        let looked: HashMap<_, _> = looked.iter().map(|looked| (looked.client, looked)).collect();
        let rates = Rates::learned(stakes, &looked);
        let worth = |stake: &Stake| {
            let (last_seen, looked) = (seen.get(&stake.client).copied(), looked.get(&stake.client).copied());
            let worth = Worth {
                exposure: exposure(stake, unpaid.get(&stake.client).copied()),
                changes_a_day: rates.of(stake, looked),
                age_days: age_days(stake, last_seen, looked, now),
                last_seen,
            };
            (stake.client, worth)
        };
        Self(stakes.iter().map(worth).collect())
    }

    /// One client's; none for a client we do not know.
    pub fn of(&self, client: ClientId) -> Option<&Worth> {
        self.0.get(&client)
    }

    /// A question's, by whom it asks about; none when it asks about everybody, or about nobody we know.
    pub fn of_question(&self, whom: &[ClientId]) -> Option<QuestionWorth> {
        let known = || whom.iter().filter_map(|client| self.of(*client));
        known().next()?;
        Some(QuestionWorth {
            value: known().map(Worth::value).sum(),
            exposure: known().map(|worth| worth.exposure).sum(),
            p_changed: -(-known().map(Worth::changes).sum::<f64>()).exp_m1(),
            last_seen: known().map(|worth| worth.last_seen).min().flatten(),
        })
    }
}

fn days_between(from: Timestamp, to: Timestamp) -> f64 {
    (to.duration_since(from).as_secs_f64() / DAY_S).max(0.0)
}

fn age_days(stake: &Stake, seen: Option<Timestamp>, looked: Option<&Looked>, now: Timestamp) -> f64 {
    let age = match seen {
        Some(seen) => days_between(seen, now),
        None => days_between(stake.known_since, now) + NEVER_SEEN_DAYS,
    };
    let failed_at = looked.map(|looked| looked.asked_at).filter(|asked| seen.is_none_or(|seen| *asked > seen));
    failed_at.map_or(age, |failed_at| age.min(days_between(failed_at, now) * HASTE_AFTER_FAILURE))
}

/// The rating knows what a client owes. Before there is one: its limit, else what a year's trade leaves unpaid at a time,
/// else what the ledger shows unpaid. Amounts of other currencies count as they stand: it is an order, not a sum.
fn exposure(stake: &Stake, unpaid: Option<f64>) -> f64 {
    let limit = stake.credit_limit.map(Money::major);
    let by_trade = stake.yearly_value.map(|yearly| yearly.major() * UNPAID_OF_A_YEAR);
    #[expect(clippy::cast_precision_loss, reason = "a weight needs seven digits, not nineteen")]
    let rated = stake.exposure_minor.map(|minor| minor as f64 / 100.0);
    rated.or(limit).or(by_trade).or(unpaid).unwrap_or_default().max(LEAST_EXPOSURE)
}

/// What the lines of a dossier's ledger leave unpaid, major units; the newest revision of an invoice counts.
pub(in crate::collect) fn unpaid(dossier: &Dossier) -> f64 {
    let newest = dossier.ledger.chunk_by(|a, b| a.invoice == b.invoice).filter_map(<[LedgerLine]>::last);
    let open = newest.map(|line| {
        let paid = if line.paid_on.is_some() && line.paid_minor == 0 { line.amount.minor() } else { line.paid_minor };
        let left = Money::from_minor(line.amount.minor().saturating_sub(paid), line.amount.currency()).major();
        match line.kind {
            EntryKind::Invoice => left,
            EntryKind::CreditNote => -left,
            EntryKind::Withdrawn => 0.0,
        }
    });
    open.sum::<f64>().max(0.0)
}

/// How often answers change, by grade: a company in trouble is in the news of its register more often.
struct Rates(HashMap<Grade, Rate>);

/// What was watched, and what had changed.
#[derive(Debug, Clone, Copy, Default)]
struct Rate {
    n_compared: f64,
    n_changed: f64,
    days: f64,
    /// First guesses of its clients, summed.
    guesses: f64,
    n_clients: f64,
}

impl Rates {
    fn learned(stakes: &[Stake], looked: &HashMap<ClientId, &Looked>) -> Self {
        let mut classes: HashMap<Grade, Rate> = HashMap::new();
        for stake in stakes {
            let class = classes.entry(stake.grade).or_default();
            class.guesses += guess(stake);
            class.n_clients += 1.0;
            if let Some(looked) = looked.get(&stake.client) {
                class.add(looked);
            }
        }
        Self(classes)
    }

    /// A client's own rate: its class's, as far as its own history does not say otherwise.
    fn of(&self, stake: &Stake, looked: Option<&Looked>) -> f64 {
        let class = self.0.get(&stake.grade).copied().unwrap_or_default();
        // A client's PD says more than its grade's average, in the proportion in which the grade was right so far.
        let typical = class.guesses / class.n_clients.max(1.0);
        let of_class = class.towards(typical) * (guess(stake) / typical.max(f64::MIN_POSITIVE));
        let mut own = Rate::default();
        if let Some(looked) = looked {
            own.add(looked);
        }
        own.towards(of_class)
    }
}

impl Rate {
    #[expect(clippy::cast_precision_loss, reason = "counts of answers")]
    fn add(&mut self, looked: &Looked) {
        self.n_compared += looked.n_compared as f64;
        self.n_changed += looked.n_changed as f64;
        self.days += looked.watched_days;
    }

    /// Changes a day: what was seen, with a guess worth [`GUESS_DAYS`] of watching. Of several changes between two looks
    /// only one is seen; Cho and Garcia-Molina's estimator (*Estimating frequency of change*, ACM TOIT 3 (2003), section
    /// 4.2) puts the others back: `−n ln((n − x + ½) / (n + ½))`.
    fn towards(&self, guess: f64) -> f64 {
        let unchanged = (self.n_compared - self.n_changed).max(0.0);
        let changes = -self.n_compared * ((unchanged + 0.5) / (self.n_compared + 0.5)).ln();
        (changes + guess * GUESS_DAYS) / (self.days + GUESS_DAYS)
    }
}

/// Changes a day before anything was learned: of a sound company, and those that a default brings by its hazard.
fn guess(stake: &Stake) -> f64 {
    let pd = match (stake.grade, stake.pd) {
        (Grade::D, _) => 1.0,
        (_, Some(pd)) => pd.get(),
        (_, None) => 0.0,
    };
    BASE_RATE + CHANGES_OF_A_DEFAULT * pd / 365.0
}
