//! How a client usually pays: what its own delays say of the next days.

use super::policy::Assumptions;
use crate::domain::Receivables;

/// Invoices due longer ago say little of how a client pays now.
const MEMORY_DAYS: i32 = 3 * 365;

/// How late a client paid, invoice by invoice, in days; paid early is negative.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Regularity {
    delays: Vec<i32>,
}

impl Regularity {
    /// Reads what was paid in full in the last three years, disputes aside.
    pub fn of(receivables: &Receivables, today: i32) -> Self {
        let settled = receivables.items.iter().filter(|i| !i.is_credit && !i.disputed && i.open_minor <= 0);
        let recent = settled.filter(|i| i.given_up.is_none()).filter(|i| today - i.due <= MEMORY_DAYS);
        let mut delays: Vec<i32> = recent.filter_map(|i| Some(i.paid? - i.due)).collect();
        delays.sort_unstable();
        Self { delays }
    }

    /// Invoices behind it.
    pub fn n_invoices(&self) -> usize {
        self.delays.len()
    }

    /// The mean delay, days, early payments as on the day; 0 when nothing is known.
    pub fn usual_delay_days(&self) -> i32 {
        let n = i64::try_from(self.delays.len()).unwrap_or(i64::MAX).max(1);
        let sum: i64 = self.delays.iter().map(|delay| i64::from((*delay).max(0))).sum();
        i32::try_from(sum / n).unwrap_or(i32::MAX)
    }

    /// The probability that what has been late for `late` days is paid within `days` more without anybody doing anything.
    ///
    /// Of its own invoices that were paid later than `late`, the share that was paid within the next `days`; together with
    /// `prior_invoices` made-up ones that are paid at a constant rate, `prior_delay_days` late on average (a Beta prior on
    /// the share, with the exponential's probability as its mean).
    pub fn pays_within(&self, late: i32, days: i32, assumptions: &Assumptions) -> f64 {
        let still_open = self.delays.len() - self.delays.partition_point(|delay| *delay <= late);
        let by_then = self.delays.partition_point(|delay| *delay <= late.saturating_add(days));
        let paid = by_then - self.delays.partition_point(|delay| *delay <= late);
        let prior = 1.0 - (-f64::from(days) / assumptions.prior_delay_days).exp();
        let weight = assumptions.prior_invoices;
        (count(paid) + weight * prior) / (count(still_open) + weight)
    }
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}
