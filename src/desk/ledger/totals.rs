use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{AgeingView, LedgerTotals, Line};
use crate::{
    desk::client::decimal,
    domain::{Currency, Money},
};

/// Where ages begin, in days beyond the due day; the first bucket is what is not late.
const AGES: [(Option<i32>, Option<i32>); 5] =
    [(None, Some(0)), (Some(1), Some(30)), (Some(31), Some(60)), (Some(61), Some(90)), (Some(91), None)];

/// Sums in the making, minor units.
#[derive(Default)]
struct Sums {
    open: i64,
    credits: i64,
    overdue: i64,
    disputed: i64,
    written_off: i64,
    ages: [(i64, u32); AGES.len()],
    interest: i64,
    lump_sums: i64,
}

impl Sums {
    fn add(&mut self, line: &Line, today: Date) {
        if line.is_note() {
            self.credits += line.open();
            return;
        }
        for (what, amount, decided) in line.charges(today) {
            let counts = decided.is_none_or(|claim| claim.state != "waived");
            let sum = if what == "interest" { &mut self.interest } else { &mut self.lump_sums };
            *sum += if counts { amount.minor() } else { 0 };
        }
        let open = line.open() - line.given_up();
        self.written_off += line.given_up();
        self.open += open;
        if open == 0 {
            return;
        }
        if line.heard.is_disputed {
            self.disputed += open;
            return;
        }
        let days = line.days_late(today);
        self.overdue += if days > 0 { open } else { 0 };
        let place = AGES.iter().position(|(_, to)| to.is_none_or(|to| days <= to)).unwrap_or(AGES.len() - 1);
        self.ages[place].0 += open;
        self.ages[place].1 += 1;
    }

    fn view(&self, currency: Currency) -> LedgerTotals {
        let amount = |minor: i64| decimal(Money::from_minor(minor, currency));
        LedgerTotals {
            currency: currency.to_string(),
            open: amount(self.open),
            credits: amount(self.credits),
            overdue: amount(self.overdue),
            disputed: amount(self.disputed),
            written_off: amount(self.written_off),
            ageing: AGES
                .into_iter()
                .zip(self.ages)
                .map(|((from_days, to_days), (minor, invoices))| {
                    let amount = amount(minor);
                    AgeingView { from_days, to_days, amount, invoices }
                })
                .collect(),
            interest: amount(self.interest),
            lump_sums_eur: decimal(Money::from_minor(self.lump_sums, Currency::EUR)),
        }
    }
}

/// The sums of a ledger, by currency.
pub(super) fn totals(lines: &[Line], today: Date) -> Vec<LedgerTotals> {
    let mut sums: BTreeMap<Currency, Sums> = BTreeMap::new();
    for line in lines {
        sums.entry(line.row.line.amount.currency()).or_default().add(line, today);
    }
    sums.iter().map(|(currency, sums)| sums.view(*currency)).collect()
}
