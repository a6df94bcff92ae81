//! `ledger`: what a client owes, and what is decided of default interest.

use anyhow::Context;
use clap::{Args, ValueEnum};
use serde_json::json;

use super::{
    Ended, Opened, Usage,
    ask::{caller, desk},
    out::{Out, table},
};
use crate::desk::{InterestInput, LedgerPage, Wanted};

/// Lines that are shown when nobody says how many.
const SHOWN: usize = 100;

/// What a client owes.
#[derive(Debug, Args)]
pub(super) struct Ledger {
    /// Your code of the client
    client: String,
    /// Which portfolio, when the code is in several
    #[arg(long, value_name = "NAME")]
    portfolio: Option<String>,
    /// At most so many lines, newest first
    #[arg(long, default_value_t = SHOWN, value_name = "N")]
    limit: usize,
    /// Claim default interest, the lump sum of 40 EUR, or both
    #[arg(long, value_enum, value_name = "WHAT", conflicts_with = "waive", requires = "reason")]
    claim: Option<What>,
    /// Waive them
    #[arg(long, value_enum, value_name = "WHAT", requires = "reason")]
    waive: Option<What>,
    /// Of this invoice only [default: every late one]
    #[arg(long, value_name = "NUMBER")]
    invoice: Option<String>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    Interest,
    LumpSum,
    All,
}

impl What {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Interest => "interest",
            Self::LumpSum => "lump_sum",
            Self::All => "all",
        }
    }
}

pub(super) async fn ledger(house: &Opened, asked: &Ledger, out: &Out) -> anyhow::Result<Ended> {
    let caller = caller();
    let wanted = Wanted { caller: &caller, code: &asked.client, portfolio: asked.portfolio.as_deref() };
    let whom = || format!("client {:?}", asked.client);
    let decided = match (asked.claim, asked.waive) {
        (Some(what), _) => Some((what, "claimed")),
        (None, Some(what)) => Some((what, "waived")),
        (None, None) => None,
    };
    if let Some((what, state)) = decided {
        let reason = asked.reason.clone().ok_or_else(|| Usage("--reason is missing".to_owned()))?;
        let what = Some(what.as_str().to_owned());
        let input = InterestInput { invoice: asked.invoice.clone(), what, state: state.to_owned(), reason };
        let views = desk(house).decide_interest(&wanted, &input).await.with_context(whom)?;
        let text = || {
            views.iter().map(|v| {
                format!("{} {} of {}: {} {}", v.state, v.what, v.invoice.as_deref().unwrap_or(""), v.amount, v.currency)
            })
        };
        out.answer(&json!({"decided": views}), || text().collect::<Vec<_>>().join("\n"))?;
        return Ok(Ended::Done);
    }
    let (slice, page) = desk(house).ledger(&wanted, 0, asked.limit).await.with_context(whom)?;
    let page = LedgerPage { items: slice.items, ..page };
    out.answer(&serde_json::to_value(&page)?, || text(&page))?;
    Ok(Ended::Done)
}

fn text(page: &LedgerPage) -> String {
    let mut rows = table(&["document", "issued", "due", "amount", "open", "state", "days late", "payments"]);
    for line in &page.items {
        let payments: Vec<String> =
            line.payments.iter().map(|p| format!("{} {} ({})", p.paid_on, p.amount, p.told_by)).collect();
        rows.add_row([
            line.invoice.clone(),
            line.issued_on.to_string(),
            line.due_on.to_string(),
            format!("{} {}", line.amount, line.currency),
            line.open.clone(),
            line.state.clone(),
            line.days_late.to_string(),
            payments.join("\n"),
        ]);
    }
    let mut text = format!("as of {}\n{rows}", page.as_of);
    for sums in &page.totals {
        text += &format!(
            "\n{}: open {}, overdue {}, disputed {}, credits {}; interest {}, lump sums {} EUR",
            sums.currency, sums.open, sums.overdue, sums.disputed, sums.credits, sums.interest, sums.lump_sums_eur
        );
        for age in &sums.ageing {
            let days = match (age.from_days, age.to_days) {
                (None, _) => "not late".to_owned(),
                (Some(from), Some(to)) => format!("{from}-{to} days"),
                (Some(from), None) => format!("{from} days and more"),
            };
            text += &format!("\n  {days}: {} ({} invoices)", age.amount, age.invoices);
        }
    }
    let index = page.payment_index.map_or_else(|| "–".to_owned(), |index| format!("{index:.0}"));
    format!("{text}\npayment index {index} of 100 (80 is within terms)")
}
