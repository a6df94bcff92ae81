//! How an amount divides over invoices: all of them, some that come to exactly it, or an instalment of one.

use super::{matching::Book, words::key};

/// What banks on the way may keep of a payment, minor units: 5 EUR.
pub(super) const CHARGES: i64 = 500;
/// Equal instalments of one invoice, at most.
const MAX_INSTALMENTS: i64 = 4;
/// Of more referenced invoices than these, sums of some are not tried: there are too many.
const MAX_SUMMED: usize = 12;

impl Book {
    /// How a payment divides over the invoices that it names; none when that is not certain.
    pub(super) fn parts(
        &self,
        amount: i64,
        own: &[usize],
        is_strong: impl Fn(usize) -> bool,
    ) -> Option<Vec<(usize, i64)>> {
        let due = |place: &usize| self.invoices[*place].due;
        let own: Vec<usize> = own.iter().filter(|place| due(place) > 0).copied().collect();
        let whole = |places: &[usize]| places.iter().map(|place| (*place, due(place))).collect::<Vec<_>>();
        let total = sum(own.iter().map(due))?;
        if own.is_empty() || amount > total {
            return None;
        }
        if amount == total {
            return Some(whole(&own));
        }
        if let [one] = own.as_slice() {
            // Charges are short by little, an instalment by more; either way what came is what is booked.
            return (is_strong(*one) || total - amount <= CHARGES).then(|| vec![(*one, amount)]);
        }
        match self.exact_sums(amount, &own).as_slice() {
            [one] => return Some(whole(one)),
            [] => {}
            _ => return None,
        }
        let short = total - amount;
        let last = own.last().filter(|last| short <= CHARGES && due(last) > short)?;
        Some(own.iter().map(|place| (*place, due(place) - if place == last { short } else { 0 })).collect())
    }

    /// Some of the invoices that come to exactly this sum: every way, or the first two.
    fn exact_sums(&self, amount: i64, own: &[usize]) -> Vec<Vec<usize>> {
        if own.len() > MAX_SUMMED {
            return Vec::new();
        }
        let mut found = Vec::new();
        for chosen in 1u32..(1 << own.len()) {
            let places: Vec<usize> =
                own.iter().enumerate().filter(|(bit, _)| chosen >> bit & 1 == 1).map(|(_, place)| *place).collect();
            if sum(places.iter().map(|place| self.invoices[*place].due)) == Some(amount) {
                found.push(places);
                if found.len() > 1 {
                    break;
                }
            }
        }
        found
    }
}

/// What amounts come to; none when that is beyond all money.
pub(super) fn sum(mut amounts: impl Iterator<Item = i64>) -> Option<i64> {
    amounts.try_fold(0i64, i64::checked_add)
}

/// The letters and digits of a number, sorted: the same for two numbers that differ by a slip of order.
pub(super) fn digits_in_order(number: &str) -> Vec<char> {
    let mut letters: Vec<char> = key(number).chars().collect();
    letters.sort_unstable();
    letters
}

/// Whether an amount is one of a few equal instalments of another one, each rounded to the cent.
pub(super) fn is_instalment(amount: i64, whole: i64) -> bool {
    (2..=MAX_INSTALMENTS).any(|n| (amount.saturating_mul(n) - whole).abs() < n)
}
