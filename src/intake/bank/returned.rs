//! Money that the bank takes back: which booked payment it was, with certainty or not at all.
//!
//! A booked payment of the same amount is meant when it bears the same name of the bank, the same reference end to end, or has
//! the same payer and is booked on invoices that the entry names. When that is one payment only, it is taken back; else a person
//! is asked, for an invoice that is opened again on a guess has somebody reminded who has paid.

use super::{
    books::Books,
    entry::{Entry, TakesBack},
    words::folded,
};
use crate::{
    domain::{ClientId, InvoiceKey, PortfolioId},
    store::{Payment, PaymentCandidate, Result, Store},
};

/// Payments of one payer and amount that are looked at one by one: who pays the same sum more often has it asked about.
const MAX_ALIKE: usize = 50;
/// Invoices that are shown to a person.
const MAX_CANDIDATES: usize = 10;

/// Which payment an entry takes back.
pub(super) enum Meant {
    /// This one, and on which invoices it was booked.
    Sure(Box<Payment>, Vec<PaymentCandidate>),
    /// Perhaps one that is booked on these.
    Unsure(Vec<PaymentCandidate>),
}

/// Looks for the payment that an entry takes back.
pub(super) async fn meant(
    (store, portfolio): (&Store, Option<PortfolioId>),
    books: &Books,
    (entry, takes_back): (&Entry, &TakesBack),
) -> Result<Meant> {
    let named = books.named(entry);
    let all = match portfolio {
        Some(portfolio) => store.facts().booked_of(portfolio, entry.amount, entry.arrived_on).await?,
        None => Vec::new(),
    };
    let of_name: Vec<i64> = all.iter().filter(|payment| bears_its_name(payment, takes_back)).map(|p| p.id).collect();
    let alike = all
        .iter()
        .filter(|p| of_name.contains(&p.id) || has_its_reference(p, takes_back) || is_its_payer(p, takes_back));
    let alike: Vec<&Payment> = alike.collect();
    let mut looked_at = Vec::new();
    for payment in alike.iter().take(MAX_ALIKE) {
        looked_at.extend(store.facts().payment(payment.id).await?);
    }
    let is_meant = |payment: &&Payment| match of_name.as_slice() {
        [] => {
            has_its_reference(payment, takes_back)
                || (is_its_payer(payment, takes_back)
                    && !payment.parts.is_empty()
                    && payment.parts.iter().all(|part| named.contains(&(part.client, part.invoice))))
        }
        ids => ids.contains(&payment.id),
    };
    let mut meant = looked_at.iter().filter(is_meant);
    let is_clear = !entry.is_divided && alike.len() <= MAX_ALIKE;
    match (meant.next(), meant.next()) {
        (Some(payment), None) if is_clear => {
            let on = payment.parts.iter().map(|part| (part.client, part.invoice));
            Ok(Meant::Sure(
                Box::new(payment.clone()),
                candidates(books, on, "was booked on it, and the bank took it back"),
            ))
        }
        _ => {
            let alike = looked_at.iter().flat_map(|payment| &payment.parts).map(|part| (part.client, part.invoice));
            let because = "the bank takes money back that may have been booked on it";
            Ok(Meant::Unsure(candidates(books, named.into_iter().chain(alike), because)))
        }
    }
}

fn candidates(
    books: &Books,
    invoices: impl Iterator<Item = (ClientId, InvoiceKey)>,
    because: &str,
) -> Vec<PaymentCandidate> {
    let mut all: Vec<PaymentCandidate> = Vec::new();
    for (client, key) in invoices {
        let Some(invoice) = books.number((client, key)) else { continue };
        let candidate = PaymentCandidate { client, invoice, because: because.to_owned() };
        if all.len() < MAX_CANDIDATES && !all.contains(&candidate) {
            all.push(candidate);
        }
    }
    all
}

fn bears_its_name(payment: &Payment, takes_back: &TakesBack) -> bool {
    takes_back.own_ids(payment.arrived_on, payment.amount, payment.account.as_deref()).contains(&payment.own_id)
}

/// References in fields of their own stand first in what is kept of a payment.
fn has_its_reference(payment: &Payment, takes_back: &TakesBack) -> bool {
    let Some(end_to_end) = &takes_back.end_to_end else { return false };
    let rest = payment.reference.strip_prefix(end_to_end.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

fn is_its_payer(payment: &Payment, takes_back: &TakesBack) -> bool {
    let is_account = payment.account.as_ref().is_some_and(|account| takes_back.accounts.contains(account));
    let name = payment.payer.as_deref().map(folded).filter(|name| !name.is_empty());
    is_account || name.is_some_and(|name| takes_back.names.iter().any(|other| folded(other) == name))
}
