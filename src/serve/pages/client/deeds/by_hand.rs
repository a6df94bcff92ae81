//! An invoice and a payment that are typed in: each goes the way of a file of one row, with the same checks, and can be undone for
//! a day as a file can.

use axum::{extract::State, response::Response};
use jiff::civil::Date;

use super::{DeedForm, answer};
use crate::{
    desk::{BodyFormat, Error, ImportView},
    serve::{
        House,
        fault::Fault,
        input::Place,
        pages::{
            client::act::wanted,
            form::{ByAnalyst, plain_number},
        },
    },
};

/// A table of one row.
fn table(cells: &[(&str, &str)]) -> Result<Vec<u8>, Fault> {
    let mut file = csv::Writer::from_writer(Vec::new());
    let (columns, values): (Vec<_>, Vec<_>) = cells.iter().map(|(column, value)| (*column, value.trim())).unzip();
    for record in [columns, values] {
        file.write_record(record).map_err(|failure| Fault::internal(&failure))?;
    }
    file.into_inner().map_err(|failure| Fault::internal(&failure))
}

/// What came of the only row: taken, or what was wrong in it.
fn only_row(view: ImportView) -> Result<(), Error> {
    match view.rejects.into_iter().next() {
        Some(reject) => Err(Error::Invalid { pointer: format!("/row/{}", reject.column), why: reject.reason }),
        None => Ok(()),
    }
}

/// Lines of a ledger that are looked at for a number.
const MAX_LINES: usize = 100_000;

/// Whether what is typed falls due before it was issued. A file may say so of what was paid in advance; who types it has slipped.
fn is_due_before_its_day(form: &DeedForm) -> bool {
    let day = |text: &str| text.trim().parse::<Date>().ok();
    day(&form.on).zip(day(&form.due_on)).is_some_and(|(issued, due)| due < issued)
}

/// Takes an invoice, or a credit note, whose number is not in the client's ledger yet: what is known of one that is there, paid or
/// disputed, is not written over by a slip of the pen.
pub(in crate::serve::pages) async fn put_invoice(
    State(house): State<House>,
    Place(code): Place<String>,
    ByAnalyst(guest, form): ByAnalyst<DeedForm>,
) -> Result<Response, Fault> {
    let client = house.desk.client(&wanted(&guest, &code, &form.portfolio)).await?;
    let (lines, _) = house.desk.ledger(&wanted(&guest, &code, &form.portfolio), 0, MAX_LINES).await?;
    if lines.items.iter().any(|line| line.invoice == form.invoice.trim()) {
        let known = Error::Invalid { pointer: "/known".to_owned(), why: "is in the ledger already".to_owned() };
        return answer((&house, &guest, &code), form, Err::<(), _>(known), ("invoice", "ledger"), |slip| {
            &mut slip.invoice
        })
        .await;
    }
    if is_due_before_its_day(&form) {
        let early = Error::Invalid { pointer: "/row/due_on".to_owned(), why: "is before its day of issue".to_owned() };
        return answer((&house, &guest, &code), form, Err::<(), _>(early), ("invoice", "ledger"), |slip| {
            &mut slip.invoice
        })
        .await;
    }
    let amount = plain_number(&form.amount, guest.look.tongue).unwrap_or_default();
    let is_note = form.what == "credit_note";
    let bytes = table(&[
        ("client", &client.client),
        ("invoice", &form.invoice),
        ("issued_on", &form.on),
        ("due_on", &form.due_on),
        ("amount", &amount),
        ("currency", &client.currency),
        ("kind", if is_note { "credit_note" } else { "invoice" }),
        ("refers_to", if is_note { &form.refers_to } else { "" }),
    ])?;
    let (caller, portfolio) = (&guest.visitor.caller, Some(client.portfolio.as_str()));
    let taken = house.desk.put_invoices(caller, portfolio, BodyFormat::Csv, &bytes).await.and_then(only_row);
    answer((&house, &guest, &code), form, taken, ("invoice", "ledger"), |slip| &mut slip.invoice).await
}

/// Takes a payment.
pub(in crate::serve::pages) async fn put_payment(
    State(house): State<House>,
    Place(code): Place<String>,
    ByAnalyst(guest, form): ByAnalyst<DeedForm>,
) -> Result<Response, Fault> {
    let client = house.desk.client(&wanted(&guest, &code, &form.portfolio)).await?;
    let amount = plain_number(&form.amount, guest.look.tongue).unwrap_or_default();
    let bytes = table(&[
        ("client", &client.client),
        ("invoice", &form.invoice),
        ("paid_on", &form.on),
        ("amount", &amount),
        ("currency", &client.currency),
        ("reference", &form.reference),
    ])?;
    let (caller, portfolio) = (&guest.visitor.caller, Some(client.portfolio.as_str()));
    let taken = house.desk.put_payments(caller, portfolio, BodyFormat::Csv, bytes).await.and_then(only_row);
    answer((&house, &guest, &code), form, taken, ("payment", "ledger"), |slip| &mut slip.payment).await
}
