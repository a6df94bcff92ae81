//! The way back: the cheapest change of facts after which a client would have a given grade again.
//!
//! Facts are changed, never features: a copy of the dossier in which the overdue is paid, a protest cancelled, months have
//! passed; it is rated as every other dossier is, by whoever calls. What is found is a list of steps that a client can
//! take, and what its rating would then be.
//!
//! # Why
//!
//! *What is cheapest?* The least of money and waiting together. Money is what must be found now: the overdue, a protested
//! bill. A month of waiting is priced as the trade that a client without open terms loses in it ([`MONTH_PRICE`]).
//!
//! *Why are the oldest invoices paid first?* Because the law does it so where nobody says otherwise (Italian civil code,
//! article 1193), and because a line "pay those due before May" can be said in a letter.
//!
//! *Why does waiting suppose that the client goes on buying?* A client that stopped would be rated down for its silence.
//! What it bought in the last year it is supposed to buy again, and to pay on the day it is due: the step says so.
//!
//! *Why must the margin be crossed that hysteresis asks for?* A client comes back through the grades below, and the last of
//! them is remembered.

mod change;
mod levers;
mod words;

use super::Error;
use crate::domain::{AsOf, Dossier, Grade, Money, Rating};
use change::Bent;
use jiff::civil::Date;
use levers::Levers;

pub use words::{say_step, say_way};

/// A month of waiting costs this share of what the client bought in a year: a twelfth of it is the month's trade, and a
/// quarter of that is what trade usually leaves.
const MONTH_PRICE: f64 = 0.02;

/// Nobody waits longer than two years for a grade.
const MAX_MONTHS: i32 = 24;

/// Facts other than overdue invoices that are tried in every combination; of more, the newest.
const MAX_LEVERS: usize = 5;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aim {
    /// The grade to come back to, or better: `A1` to `C3`.
    pub to: Grade,
    /// Both clocks of the present.
    pub as_of: AsOf,
}

impl Aim {
    /// The grade that is remembered by whoever comes back one grade at a time.
    pub fn memory(&self) -> Option<Grade> {
        let rank = usize::try_from(self.to.rank()?).ok()?;
        Grade::PERFORMING.get(rank + 1).copied()
    }

    fn is_reached(&self, rating: &Rating) -> bool {
        matches!((rating.grade.rank(), self.to.rank()), (Some(own), Some(to)) if own <= to)
    }
}

/// Something that a client can do, or let pass.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Pay what is overdue, the oldest first.
    PayOverdue {
        /// In all.
        amount: Money,
        /// How many invoices.
        n_invoices: usize,
        /// Since when the oldest is due.
        since: Date,
        /// The last of them fell due on this day; none when all that is overdue is paid.
        due_by: Option<Date>,
    },
    /// Pay a protested bill and have the protest cancelled: possible within twelve months of it.
    CancelProtest {
        /// Of the bill, where known.
        amount: Option<Money>,
        /// The day of the protest.
        raised_on: Date,
    },
    /// Have a protest deleted by rehabilitation: paid, and a year without another.
    Rehabilitate {
        /// Of the paper, where known.
        amount: Option<Money>,
        /// The day of the protest.
        raised_on: Date,
    },
    /// Settle what an act secures and have it struck out.
    StrikeOut {
        /// What it is, in its source's words.
        act: String,
        /// What for, where known.
        amount: Option<Money>,
    },
    /// File what is overdue at the register.
    File {
        /// Its category, in the register's word.
        what: String,
    },
    /// Let time pass without anything new.
    Wait {
        /// How long.
        months: i32,
        /// Nothing new must be protested.
        no_protest: bool,
        /// Nothing bad must be written.
        no_news: bool,
        /// What falls due meanwhile must be paid on its day.
        on_time: bool,
    },
}

impl Step {
    /// Money that must be found for it.
    pub fn amount(&self) -> Option<Money> {
        match self {
            Self::PayOverdue { amount, .. } => Some(*amount),
            Self::CancelProtest { amount, .. } | Self::Rehabilitate { amount, .. } | Self::StrikeOut { amount, .. } => {
                *amount
            }
            Self::File { .. } | Self::Wait { .. } => None,
        }
    }

    /// The word on the wire.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::PayOverdue { .. } => "pay_overdue",
            Self::CancelProtest { .. } => "cancel_protest",
            Self::Rehabilitate { .. } => "rehabilitate",
            Self::StrikeOut { .. } => "strike_out",
            Self::File { .. } => "file",
            Self::Wait { .. } => "wait",
        }
    }
}

/// A way that leads there.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// What is to be done; none can be left out.
    pub steps: Vec<Step>,
    /// How long it takes.
    pub months: i32,
    /// What the rating would be.
    pub rating: Rating,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Path {
    /// It has the grade, or a better one.
    AlreadyThere,
    /// The cheapest way.
    Found(Way),
    /// No change that can be asked for leads there.
    Nowhere {
        /// The best rating that any of those tried would give.
        best: Rating,
    },
}

/// Looks for the cheapest way. `rate` rates a dossier as of the aim's clocks, remembering [`Aim::memory`]; `present` is the
/// rating that stands.
pub fn way_back(
    dossier: &Dossier,
    aim: Aim,
    present: &Rating,
    rate: impl Fn(&Dossier) -> Result<Rating, Error>,
) -> Result<Path, Error> {
    if aim.is_reached(present) {
        return Ok(Path::AlreadyThere);
    }
    let levers = Levers::of(dossier, aim.as_of, MAX_LEVERS);
    let mut search = Search { aim, rate, levers: &levers, best: present.clone(), found: None };
    for months in 0..=MAX_MONTHS {
        let waiting = f64::from(months) * MONTH_PRICE * levers.yearly();
        if search.found.as_ref().is_some_and(|(price, _)| waiting >= *price) {
            break; // Waiting alone costs more by now than the way that is known.
        }
        search.after(dossier, months, waiting)?;
    }
    let Search { best, found, .. } = search;
    Ok(found.map_or(Path::Nowhere { best }, |(_, way)| Path::Found(way)))
}

struct Search<'a, R> {
    aim: Aim,
    rate: R,
    levers: &'a Levers,
    best: Rating,
    /// The cheapest so far, and its price.
    found: Option<(f64, Way)>,
}

impl<R: Fn(&Dossier) -> Result<Rating, Error>> Search<'_, R> {
    /// Tries every combination of levers after so many months.
    fn after(&mut self, dossier: &Dossier, months: i32, waiting: f64) -> Result<(), Error> {
        let bent = Bent::after(dossier, self.levers, self.aim.as_of, months);
        let n_levers = self.levers.n_others();
        let everything = self.try_out(&bent, self.levers.n_overdue(), (1 << n_levers) - 1)?;
        if !self.aim.is_reached(&everything) {
            return Ok(());
        }
        for mask in 0..1u32 << n_levers {
            let Some((n_paid, rating)) = self.fewest_paid(&bent, mask)? else { continue };
            let price = waiting + self.levers.price(n_paid, mask);
            // Of two equally dear ways the one found first is the sooner, and has fewer steps.
            if self.found.as_ref().is_none_or(|(known, _)| price < *known) {
                let steps = self.levers.steps(n_paid, mask, &bent);
                self.found = Some((price, Way { steps, months, rating }));
            }
        }
        Ok(())
    }

    /// How many of the oldest overdue invoices must be paid beside these levers. Paying more never makes it worse, so the
    /// number is halved and not counted up to.
    fn fewest_paid(&mut self, bent: &Bent, mask: u32) -> Result<Option<(usize, Rating)>, Error> {
        let (mut too_few, mut enough) = (None, None);
        let mut n_paid = self.levers.n_overdue();
        loop {
            let rating = self.try_out(bent, n_paid, mask)?;
            match self.aim.is_reached(&rating) {
                true => enough = Some((n_paid, rating)),
                false => too_few = Some(n_paid),
            }
            let Some((most, _)) = enough else { return Ok(None) };
            let least = too_few.map_or(0, |n| n + 1);
            if least >= most {
                return Ok(enough);
            }
            n_paid = least.midpoint(most.saturating_sub(1));
        }
    }

    fn try_out(&mut self, bent: &Bent, n_paid: usize, mask: u32) -> Result<Rating, Error> {
        let rating = (self.rate)(&bent.with(self.levers, n_paid, mask))?;
        let rank = |rating: &Rating| rating.grade.rank().unwrap_or(i32::MAX);
        if (rank(&rating), -rating.points.unwrap_or(0)) < (rank(&self.best), -self.best.points.unwrap_or(0)) {
            self.best = rating.clone();
        }
        Ok(rating)
    }
}
