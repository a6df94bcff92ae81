//! Payments that a bank told of and that fit no invoice for sure: somebody says what each is for, or that it is for none.

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;

use self::words::Words;
use super::{
    form::{ByAnalyst, Hints, Refused, plain_number},
    frame::{Frame, Tab, page},
    look::Tongue,
    morning::client_href,
    session::Guest,
};
use crate::{
    desk::{PaymentCandidateView, PaymentInput, PaymentPartInput, PaymentView},
    serve::{
        House,
        fault::Fault,
        input::{Asked, Place},
    },
};

/// Payments of a page.
const PAGE: usize = 30;
/// Rows of the form below those of the candidates, for invoices that nothing pointed to.
const FREE_ROWS: usize = 1;

/// What would be right in a field.
const HINTS: Hints = &[(
    "/parts",
    "Una delle fatture non va: guarda codice, numero e importo.",
    "One of the invoices will not do: look at code, number and amount.",
)];

mod words {
    //! The words of the page.

    use crate::serve::pages::words::dictionary;

    dictionary! {
        payments: "Incassi", "Payments";
        lead: "La banca li ha annunciati, ma a quale fattura vadano non è sicuro. Finché nessuno decide, non saldano nulla.", "The bank has told of them, but for which invoice each is is not certain. Until somebody decides they settle nothing.";
        waiting: "Da assegnare", "Waiting";
        booked: "Assegnati", "Booked";
        dismissed: "Scartati", "Dismissed";
        returned: "Stornati", "Returned";
        none_waiting: "Nessun incasso da assegnare", "No payment waits";
        none: "Nessun incasso qui", "No payment here";
        none_how: "Importa un estratto conto (camt): ciò che non è sicuro lo trovi qui.", "Import a statement (camt): what is not certain is here.";
        to_import: "Importa", "Import";
        from_whom: "Chi ha pagato", "Who paid";
        unknown_payer: "Pagante non detto", "Payer not said";
        account: "conto", "account";
        for_what: "A che cosa va", "What it is for";
        client: "Codice cliente", "Client's code";
        invoice: "Fattura", "Invoice";
        amount: "Importo", "Amount";
        still_waiting: "ancora da assegnare", "still to be booked";
        what_is_open: "quanto è aperto", "what is open";
        book: "Assegna", "Book";
        dismiss: "Non è per una fattura", "Is for no invoice";
        undo: "Annulla l'assegnazione", "Take it back";
        another: "Un'altra fattura", "Another invoice";
        said_booked: "Assegnato: la fattura è saldata per quella parte.", "Booked: that part of the invoice is settled.";
        said_undone: "Annullato: l'incasso aspetta di nuovo e la fattura è di nuovo aperta.", "Taken back: the payment waits again, and the invoice is open again.";
        said_dismissed: "Scartato: non salda nulla.", "Dismissed: it settles nothing.";
        refused: "Non si può assegnare così.", "It cannot be booked like this.";
        no_tick: "Scegli almeno una fattura, o scarta l'incasso.", "Choose an invoice at least, or dismiss the payment.";
    }
}

#[cfg(test)]
pub(super) use words::ALL as ALL_WORDS;

fn words(t: Tongue) -> &'static Words {
    t.pick(&words::IT, &words::EN)
}

/// An invoice that a payment may be for, as a row of its form.
struct Part {
    place: usize,
    is_ticked: bool,
    /// Nothing pointed to it: whoever decides names it.
    is_free: bool,
    href: String,
    client: String,
    invoice: String,
    because: String,
    amount: String,
}

struct Row {
    id: i64,
    payer: String,
    account: Option<String>,
    amount: String,
    on: String,
    reference: String,
    /// What of it still waits, where a part is booked.
    left: Option<String>,
    /// What it was booked on.
    booked: Vec<(String, String, String, String)>,
    parts: Vec<Part>,
    is_waiting: bool,
    is_booked: bool,
    is_refused: bool,
}

struct Standing {
    href: String,
    label: &'static str,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "templates/payments.html", config = ".askama.toml")]
struct PaymentsPage {
    frame: Frame,
    w: &'static Words,
    states: Vec<Standing>,
    rows: Vec<Row>,
    is_waiting: bool,
    next: Option<String>,
    refused: Option<Refused>,
    said: Option<&'static str>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PaymentsQuery {
    /// `booked`, `dismissed` or `returned`; those that wait when it says nothing.
    state: String,
    after: Option<i64>,
    done: Option<String>,
}

/// What was typed about a payment, and why it was refused.
struct Typed {
    id: i64,
    fields: Fields,
    why: Refused,
}

/// The fields of a decision: `act`, and for each row `tick.N`, `client.N`, `invoice.N`, `amount.N`.
type Fields = HashMap<String, String>;

fn field<'f>(fields: &'f Fields, name: &str, place: usize) -> &'f str {
    fields.get(&format!("{name}.{place}")).map_or("", |text| text.trim())
}

fn parts(candidates: &[PaymentCandidateView], typed: Option<&Fields>) -> Vec<Part> {
    let typed = |name: &str, place: usize| typed.map_or("", |fields| field(fields, name, place)).to_owned();
    let candidate = |(place, one): (usize, &PaymentCandidateView)| Part {
        place,
        is_ticked: !typed("tick", place).is_empty(),
        is_free: false,
        href: client_href(&one.client),
        client: one.client.clone(),
        invoice: one.invoice.clone(),
        because: one.because.clone(),
        amount: typed("amount", place),
    };
    let free = |place: usize| Part {
        place,
        is_ticked: false,
        is_free: true,
        href: String::new(),
        client: typed("client", place),
        invoice: typed("invoice", place),
        because: String::new(),
        amount: typed("amount", place),
    };
    let n = candidates.len();
    candidates.iter().enumerate().map(candidate).chain((n..n + FREE_ROWS).map(free)).collect()
}

fn row(payment: PaymentView, typed: Option<&Typed>, t: Tongue) -> Row {
    let own = typed.filter(|typed| typed.id == payment.id);
    let money = |text: &str| t.decimal(text, &payment.currency);
    Row {
        id: payment.id,
        amount: money(&payment.amount),
        on: t.day(payment.arrived_on),
        booked: payment
            .parts
            .iter()
            .map(|part| (client_href(&part.client), part.client.clone(), part.invoice.clone(), money(&part.amount)))
            .collect(),
        parts: parts(&payment.candidates, own.map(|typed| &typed.fields)),
        left: (payment.state == "partly_booked").then(|| money(&payment.unassigned)),
        is_waiting: matches!(payment.state.as_str(), "review" | "partly_booked"),
        is_booked: matches!(payment.state.as_str(), "booked" | "partly_booked"),
        is_refused: own.is_some(),
        payer: payment.payer.unwrap_or_else(|| words(t).unknown_payer.to_owned()),
        account: payment.account,
        reference: payment.reference,
    }
}

async fn list(
    house: &House,
    guest: &Guest,
    query: &PaymentsQuery,
    (typed, said): (Option<Typed>, Option<&'static str>),
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let w = words(t);
    let state = ["booked", "dismissed", "returned"].into_iter().find(|state| *state == query.state).unwrap_or("review");
    let slice = house.desk.payments(&guest.visitor.caller, (None, Some(state)), query.after.unwrap_or(0), PAGE).await?;
    let states = [("review", w.waiting), ("booked", w.booked), ("dismissed", w.dismissed), ("returned", w.returned)];
    let standing = |(own, label): (&'static str, &'static str)| Standing {
        href: if own == "review" { "/payments".to_owned() } else { format!("/payments?state={own}") },
        label,
        is_here: own == state,
    };
    page(&PaymentsPage {
        frame: Frame::of(guest, Tab::Payments, w.payments),
        w,
        states: states.map(standing).into(),
        is_waiting: state == "review",
        next: slice.next.map(|after| format!("/payments?state={state}&after={after}")),
        rows: slice.items.into_iter().map(|payment| row(payment, typed.as_ref(), t)).collect(),
        refused: typed.map(|typed| typed.why),
        said,
    })
}

/// The list.
pub(super) async fn payments(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<PaymentsQuery>,
) -> Result<Response, Fault> {
    let w = words(guest.look.tongue);
    let said = match query.done.as_deref() {
        Some("booked") => Some(w.said_booked),
        Some("dismissed") => Some(w.said_dismissed),
        Some("undone") => Some(w.said_undone),
        _ => None,
    };
    list(&house, &guest, &query, (None, said)).await
}

/// The invoices that a form names: the ticked ones, and the one that was typed, of which no half may be missing.
fn named(fields: &Fields, t: Tongue) -> Vec<PaymentPartInput> {
    let mut places: Vec<usize> = fields.keys().filter_map(|name| name.strip_prefix("client.")?.parse().ok()).collect();
    places.sort_unstable();
    let part = |place: usize| {
        let (client, invoice) = (field(fields, "client", place), field(fields, "invoice", place));
        let amount = plain_number(field(fields, "amount", place), t);
        // Who types an invoice means it: a free row has no tick to be forgotten.
        let is_typed = !field(fields, "free", place).is_empty()
            && (amount.is_some() || ![client, invoice].iter().all(|text| text.is_empty()));
        let is_meant = is_typed || !field(fields, "tick", place).is_empty();
        is_meant.then(|| PaymentPartInput { client: client.to_owned(), invoice: invoice.to_owned(), amount })
    };
    places.into_iter().filter_map(part).collect()
}

/// Says what a payment is for.
pub(super) async fn decide(
    State(house): State<House>,
    Place(id): Place<i64>,
    ByAnalyst(guest, fields): ByAnalyst<Fields>,
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let is_dismissed = fields.get("act").is_some_and(|act| act == "dismiss");
    let parts = if is_dismissed { Vec::new() } else { named(&fields, t) };
    let refused = if parts.is_empty() && !is_dismissed {
        house.desk.payment(&guest.visitor.caller, id).await?;
        Some(Refused::saying(words(t).no_tick))
    } else {
        match house.desk.decide_payment(&guest.visitor.caller, id, &PaymentInput { parts }).await {
            Ok(_) => None,
            Err(error) => Some(Refused::of(error.into(), HINTS, t)?),
        }
    };
    match refused {
        None => {
            let done = if is_dismissed { "dismissed" } else { "booked" };
            Ok(Redirect::to(&format!("/payments?done={done}")).into_response())
        }
        // The page that the payment is on begins with it.
        Some(why) => {
            let query = PaymentsQuery { after: Some(id - 1), ..PaymentsQuery::default() };
            list(&house, &guest, &query, (Some(Typed { id, fields, why }), None)).await
        }
    }
}

/// Takes the booking of a payment back.
pub(super) async fn undo(
    State(house): State<House>,
    Place(id): Place<i64>,
    ByAnalyst(guest, _): ByAnalyst<Fields>,
) -> Result<Response, Fault> {
    match house.desk.undo_payment(&guest.visitor.caller, id).await {
        Ok(_) => Ok(Redirect::to("/payments?done=undone").into_response()),
        Err(error) => {
            let why = Refused::of(error.into(), HINTS, guest.look.tongue)?;
            let query = PaymentsQuery { state: "booked".to_owned(), after: Some(id - 1), done: None };
            list(&house, &guest, &query, (Some(Typed { id, fields: Fields::new(), why }), None)).await
        }
    }
}
