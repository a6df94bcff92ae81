//! What a source may still be asked: read before planning, taken from before each request leaves.

use jiff::{SignedDuration, Timestamp};

use super::{Budget, Room};
use crate::{
    clock::Clock,
    domain::{Money, SourceId},
    store::{Allowance, Error, Spent, Store},
};

/// A source's budget and what is left of it. Without a budget it takes nothing and asks the store nothing.
pub(in crate::collect) struct Purse<'a> {
    store: &'a Store,
    clock: &'a Clock,
    source: &'a SourceId,
    budget: &'a Budget,
    /// Nothing fits any more, or nothing that has a price: what was refused once is not asked for again.
    is_empty: bool,
    is_out_of_money: bool,
}

/// One request's share, to give back when the request never left.
#[derive(Debug, Clone, Copy)]
pub(in crate::collect) struct Share {
    price: Option<Money>,
    at: Timestamp,
}

impl<'a> Purse<'a> {
    pub(in crate::collect) fn new(
        store: &'a Store,
        clock: &'a Clock,
        source: &'a SourceId,
        budget: &'a Budget,
    ) -> Self {
        Self { store, clock, source, budget, is_empty: false, is_out_of_money: false }
    }

    fn allowance(&self) -> Allowance {
        let Budget { requests, money, per } = *self.budget;
        Allowance { per, requests, ceiling: money.map(|price| price.ceiling) }
    }

    /// Why a question is left out.
    pub(in crate::collect) fn because(&self) -> String {
        let per = length(self.budget.per);
        let requests = self.budget.requests.map(|n| format!("budget: {n} requests in {per}"));
        let money =
            self.budget.money.map(|price| format!("ceiling: {} in {per}, at {} each", price.ceiling, price.each));
        requests.into_iter().chain(money).collect::<Vec<_>>().join("; ")
    }

    /// How much may be asked now, `most` requests in any case.
    pub(in crate::collect) async fn room(&self, most: u64) -> Result<Room, Error> {
        if !self.budget.is_limited() {
            return Ok(Room {
                requests: Some(most),
                paid: None,
                because: format!("at most {most} requests in one run"),
            });
        }
        let spent = self.store.sources().spent(self.source.as_str(), &self.allowance(), self.clock.now()).await?;
        let Spent { requests, minor } = spent;
        let left = self.budget.requests.map_or(most, |n| n.saturating_sub(requests).min(most));
        let paid = self.budget.money.map(|price| {
            let left = price.ceiling.minor().saturating_sub(minor).max(0);
            u64::try_from(left / price.each.minor()).unwrap_or(0)
        });
        let money = self.budget.money.map(|price| Money::from_minor(minor, price.ceiling.currency()));
        let spent = money.map_or_else(String::new, |money| format!(" and {money}"));
        let because = format!("{} ({requests} requests{spent} spent so far)", self.because());
        Ok(Room { requests: Some(left), paid, because })
    }

    /// Takes a request's share; none when it does not reach, and then the request must not leave.
    pub(in crate::collect) async fn take(&mut self, is_paid: bool) -> Result<Option<Share>, Error> {
        let price = self.budget.money.filter(|_| is_paid).map(|price| price.each);
        let share = Share { price, at: self.clock.now() };
        if self.is_empty || (self.is_out_of_money && price.is_some()) {
            return Ok(None);
        }
        if !self.budget.is_limited() {
            return Ok(Some(share));
        }
        let taken = self.store.sources().spend(self.source.as_str(), &self.allowance(), price, share.at).await?;
        self.is_out_of_money |= !taken && price.is_some();
        self.is_empty |= !taken && price.is_none();
        Ok(taken.then_some(share))
    }

    /// Gives back the share of a request that never left.
    pub(in crate::collect) async fn give_back(&self, share: Share) -> Result<(), Error> {
        if !self.budget.is_limited() {
            return Ok(());
        }
        let Share { price, at } = share;
        self.store.sources().give_back(self.source.as_str(), &self.allowance(), price, at).await
    }
}

/// A length of time as it is written in `sources.toml`.
fn length(time: SignedDuration) -> String {
    let seconds = time.as_secs();
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let unit = units.into_iter().find(|(unit, _)| seconds > 0 && seconds % unit == 0);
    unit.map_or_else(|| format!("{seconds}s"), |(unit, name)| format!("{}{name}", seconds / unit))
}
