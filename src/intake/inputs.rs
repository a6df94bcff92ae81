//! Clients and invoices out of a request's body, item by item.

use jiff::Timestamp;

use super::{
    ClientInput, Dialect, Error, InvoiceInput, Origin, Outcome, Reading, Refusal, Reject, Rows, archive, read::Source,
    write, write::Writer,
};
use crate::{domain::PortfolioId, store::Store};

/// Writes clients that came in a request's body; `request` is that body, kept as evidence, and `name` its path.
pub async fn put_client_inputs(
    store: &Store,
    portfolio: PortfolioId,
    name: &str,
    inputs: &[ClientInput],
    request: &[u8],
    now: Timestamp,
) -> Result<Outcome, Error> {
    // Who sends a request hears of each field; nobody reads its notes.
    let (rows, rejects) = checked(inputs, |input| {
        let mut draft = Dialect::default().client(input)?;
        draft.uncalled.take().map_or(Ok(draft), Err)
    });
    put(store, portfolio, name, Reading { rows: Rows::Clients(rows), rejects, ..Reading::default() }, request, now)
        .await
}

/// Writes invoices that came in a request's body; their clients must be known.
pub async fn put_invoice_inputs(
    store: &Store,
    portfolio: PortfolioId,
    name: &str,
    inputs: &[InvoiceInput],
    request: &[u8],
    now: Timestamp,
) -> Result<Outcome, Error> {
    let (rows, rejects) = checked(inputs, |input| Dialect::default().invoice(input, false));
    put(store, portfolio, name, Reading { rows: Rows::Invoices(rows), rejects, ..Reading::default() }, request, now)
        .await
}

async fn put(
    store: &Store,
    portfolio: PortfolioId,
    name: &str,
    reading: Reading,
    request: &[u8],
    now: Timestamp,
) -> Result<Outcome, Error> {
    let batch = archive(store, name, request.into(), now).await?;
    let writer = Writer {
        store,
        portfolio: Some(portfolio),
        batch,
        now,
        backfill: false,
        create_clients: false,
        dry_run: false,
        progress: &|_, _| {},
    };
    write(&writer, reading).await
}

fn checked<I, D>(inputs: &[I], check: impl Fn(&I) -> Result<D, Refusal>) -> (Vec<(Origin, D)>, Vec<Reject>) {
    let (mut rows, mut rejects) = (Vec::new(), Vec::new());
    for (line, input) in (1..).zip(inputs) {
        let origin = Origin { line, start: 0 };
        match check(input) {
            Ok(draft) => rows.push((origin, draft)),
            Err(refusal) => rejects.push(Source::default().reject(origin, refusal)),
        }
    }
    (rows, rejects)
}
