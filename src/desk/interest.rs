//! Default interest and the lump sum of late invoices: what they come to, and whether they are claimed or waived.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Desk, Error, Result, Wanted, client::decimal};
use crate::{
    domain::{AsOf, Currency, HalfYear, Instalment, InterestRates, InvoiceKey, Money},
    store::{Entry, InterestClaim},
};

/// The rates as data, with their source.
const RATES: &str = include_str!("../../config/interest.toml");
/// A reason that fits in a report.
const REASON_MAX_CHARS: usize = 500;

/// What the law lets a creditor ask of who pays late.
pub(super) struct Terms {
    pub(super) rates: InterestRates,
    /// For each invoice that is paid late.
    pub(super) lump_sum: Money,
    /// The day from which on what is sold bears it.
    pub(super) lump_sum_from: Date,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    lump_sum: String,
    lump_sum_from: Date,
    rates: Vec<(Date, f64, f64)>,
}

impl Terms {
    fn parse(text: &str) -> Result<Self, String> {
        let written: Written = toml::from_str(text).map_err(|e| e.to_string())?;
        let halves = written.rates.into_iter().map(|(from, reference, margin)| {
            Ok(HalfYear { from, reference_bp: basis_points(reference)?, margin_bp: basis_points(margin)? })
        });
        let lump_sum = Money::parse(&written.lump_sum, Currency::EUR).map_err(|e| e.to_string())?;
        Ok(Self {
            rates: InterestRates::new(halves.collect::<Result<_, String>>()?)?,
            lump_sum,
            lump_sum_from: written.lump_sum_from,
        })
    }

    /// What the law says now. The file is part of the program, and a test reads it.
    pub(super) fn get() -> &'static Self {
        static TERMS: LazyLock<Terms> = LazyLock::new(|| Terms::parse(RATES).expect("config/interest.toml is right"));
        &TERMS
    }
}

fn basis_points(percent: f64) -> Result<i64, String> {
    if !(0.0..=100.0).contains(&percent) {
        return Err(format!("{percent} is not a rate in percent"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most ten thousand")]
    Ok((percent * 100.0).round() as i64)
}

/// What lateness on an invoice comes to when a day is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Late {
    /// Interest, minor units of the invoice's currency.
    pub(super) interest: i64,
    /// Something of it was paid late, or is.
    pub(super) is_late: bool,
}

/// Interest runs on each part from the day after due to the day it arrived, and on what is open to today; at the points of the
/// day on which it was sold.
pub(super) fn late((sold, due): (Date, Date), parts: &[Instalment], open: i64, today: Date) -> Late {
    let rates = &Terms::get().rates;
    let paid: i64 = parts.iter().map(|part| rates.on(part.minor, sold, (due, part.on))).sum();
    let is_late = parts.iter().any(|part| part.on > due) || (open > 0 && today > due);
    Late { interest: paid + rates.on(open, sold, (due, today)), is_late }
}

/// Interest or the lump sum of an invoice.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct InterestView {
    /// The invoice's number; absent where it stands beside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoice: Option<String>,
    /// `interest` or `lump_sum`.
    pub what: String,
    /// A decimal number in `currency`: what it comes to today, or what was claimed or waived.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
    /// `due`: nobody has decided; `claimed`, `waived`.
    pub state: String,
    /// The day up to which it is counted.
    #[schema(value_type = String, format = Date)]
    pub until: Date,
}

/// What is decided of the interest and the lump sum of a client's invoices.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InterestInput {
    /// The invoice's number; every late invoice of the client when left out.
    #[serde(default)]
    pub invoice: Option<String>,
    /// `interest`, `lump_sum` or `all`; `all` when left out.
    #[serde(default)]
    pub what: Option<String>,
    /// `claimed` or `waived`.
    pub state: String,
    /// Why, 1 to 500 characters.
    pub reason: String,
}

impl InterestInput {
    fn check(&self) -> Result<&[&'static str]> {
        if !["claimed", "waived"].contains(&self.state.as_str()) {
            return Err(Error::invalid("/state", "must be claimed or waived"));
        }
        if !(1..=REASON_MAX_CHARS).contains(&self.reason.trim().chars().count()) {
            return Err(Error::invalid("/reason", format!("must have 1 to {REASON_MAX_CHARS} characters")));
        }
        match self.what.as_deref() {
            None | Some("all") => Ok(&["interest", "lump_sum"]),
            Some("interest") => Ok(&["interest"]),
            Some("lump_sum") => Ok(&["lump_sum"]),
            Some(_) => Err(Error::invalid("/what", "must be interest, lump_sum or all")),
        }
    }
}

impl Desk {
    /// Claims or waives default interest and the lump sum of an invoice, or of all that are late; noted in the audit log. What was
    /// decided otherwise of an invoice stands unless it is named.
    pub async fn decide_interest(&self, wanted: &Wanted<'_>, input: &InterestInput) -> Result<Vec<InterestView>> {
        let whats = input.check()?;
        let client = self.find(wanted).await?;
        let now = self.clock.now();
        let today = AsOf::at(now).valid_at;
        let lines = self.lines_on(&client, today).await?;
        if let Some(number) = &input.invoice
            && !lines.iter().any(|line| line.row.number == *number)
        {
            return Err(Error::invalid("/invoice", "the client has no invoice of this number"));
        }
        let (mut claims, mut views) = (Vec::new(), Vec::new());
        for line in lines.iter().filter(|line| input.invoice.as_ref().is_none_or(|number| line.row.number == *number)) {
            let is_meant = |what: &str| input.invoice.is_some() || !line.is_decided_otherwise(what, &input.state);
            let owed = line.owed(today).into_iter().filter(|(what, _)| whats.contains(what) && is_meant(what));
            for (what, amount) in owed {
                claims.push(InterestClaim {
                    client: line.row.client,
                    invoice: InvoiceKey::of(&line.row.number),
                    what: what.to_owned(),
                    state: input.state.clone(),
                    amount,
                    until: today,
                    who: wanted.caller.name.clone(),
                    reason: input.reason.trim().to_owned(),
                    at: now,
                });
                let number = Some(line.row.number.clone());
                views.push(view(number, what, amount, (input.state.clone(), today)));
            }
        }
        if claims.is_empty() {
            return Err(Error::invalid("/invoice", "nothing of it is late: there is neither interest nor a lump sum"));
        }
        let details = serde_json::json!({
            "state": input.state, "reason": input.reason.trim(),
            "invoices": views.iter().map(|view| serde_json::json!([view.invoice, view.what, view.amount])).collect::<Vec<_>>(),
        });
        let note = Entry {
            who: &wanted.caller.name,
            what: "interest.decided",
            object: client.code.as_str(),
            details: &details.to_string(),
        };
        self.store.facts().put_interest_claims(&claims, &note).await?;
        Ok(views)
    }
}

/// A view of what is owed, or of what was decided.
pub(super) fn view(invoice: Option<String>, what: &str, amount: Money, (state, until): (String, Date)) -> InterestView {
    let currency = amount.currency().to_string();
    InterestView { invoice, what: what.to_owned(), amount: decimal(amount), currency, state, until }
}

#[cfg(test)]
mod tests {
    use super::{RATES, Terms};

    #[test]
    fn the_rates_that_are_shipped_can_be_read() {
        let terms = Terms::parse(RATES).unwrap();
        assert_eq!(terms.rates.at(jiff::civil::date(2024, 3, 1)).rate_bp(), 1_250);
        assert_eq!(terms.rates.at(jiff::civil::date(2012, 3, 1)).rate_bp(), 800);
        assert_eq!(terms.lump_sum.to_string(), "40.00 EUR");
    }
}
