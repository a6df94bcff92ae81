use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    House,
    auth::{Reader, Writer},
    clients::PortfolioQuery,
    fault::Fault,
    input::{Asked, Place, Rows, Sent, moment},
    page::{Page, limit},
    query::Sought,
    ratings::ListQuery,
};
use crate::{
    desk::{Accepted, ImportView, LedgerPage, SignalView, Slice, Told, Wanted},
    domain::{Sha256, SignalId},
};

/// What open sources said about a client, newest first.
#[utoipa::path(get, path = "/v1/clients/{client}/signals", tag = "facts",
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), ListQuery),
    responses((status = 200, body = Page<SignalView>)))]
pub(super) async fn signals(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(code): Place<String>,
    Asked(query): Asked<ListQuery>,
    sought: Sought,
) -> Result<Json<Page<SignalView>>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    let list = house.list(&caller, &format!("signals of {code}"), &sought).await?;
    let before = list
        .after::<String>(query.cursor.as_deref())?
        .map(|id| id.parse::<SignalId>())
        .transpose()
        .map_err(|_| Fault::bad_request("bad_cursor", "cursor must be the `next` of an answer from this list"))?;
    let Slice { items, next } = house.desk.signals(&wanted, before, limit(query.limit)?).await?;
    Ok(Json(list.page(Slice { items, next: next.map(|id| id.to_string()) })))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct LedgerQuery {
    /// Items of a page, 1 to 500; 100 when left out.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Which portfolio's client, when the code is in more than one.
    portfolio: Option<String>,
    /// As it stood on this day; today when left out.
    #[param(value_type = Option<String>, format = Date)]
    valid_at: Option<String>,
    /// As far as was known at this instant; now when left out.
    #[param(value_type = Option<String>, format = DateTime)]
    known_at: Option<String>,
}

/// A client's invoices as they stand, newest first, with their payments, and the sums of all of them: ageing, payment index,
/// default interest.
#[utoipa::path(get, path = "/v1/clients/{client}/ledger", tag = "facts",
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), LedgerQuery),
    responses((status = 200, body = LedgerPage)))]
pub(super) async fn ledger(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(code): Place<String>,
    Asked(query): Asked<LedgerQuery>,
    sought: Sought,
) -> Result<Json<LedgerPage>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    // A place far behind the end is an empty page, not an overflow.
    let list = house.list(&caller, &format!("ledger of {code}"), &sought).await?;
    let from = list.after::<u32>(query.cursor.as_deref())?.unwrap_or(0) as usize;
    let moment = moment(query.valid_at.as_deref(), query.known_at.as_deref())?;
    let found = house.desk.ledger_at(&wanted, moment, (from, limit(query.limit)?)).await?;
    let (Slice { items, next }, page) = found;
    Ok(Json(LedgerPage { items, next: next.map(|key| list.cursor(&key)), ..page }))
}

/// Takes a signal from a source of one's own: a bureau, a salesman.
#[utoipa::path(post, path = "/v1/signals", tag = "facts", request_body = Told,
    responses((status = 202, body = Accepted, description = "Taken; the rating follows")))]
pub(super) async fn tell(
    State(house): State<House>,
    Writer(caller): Writer,
    sent: Sent<Told>,
) -> Result<(StatusCode, Json<Accepted>), Fault> {
    let accepted = house.desk.tell(&caller, &sent.value, sent.bytes.to_vec()).await?;
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}

/// A row about an invoice, under the column names of the import files; numbers may be numbers or texts.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body, which is read column by column like a file's row")]
pub(super) struct InvoiceRow {
    /// The creditor's own code of the client.
    client: String,
    /// The invoice's number, unique per client.
    invoice: String,
    /// The day on the document.
    #[schema(format = Date)]
    issued_on: String,
    /// The day payment is due; the day of issue when left out.
    #[schema(format = Date)]
    due_on: Option<String>,
    /// What it is for, positive.
    amount: String,
    /// ISO 4217; EUR when left out.
    currency: Option<String>,
    /// The day the last payment arrived.
    #[schema(format = Date)]
    paid_on: Option<String>,
    /// What was paid in all.
    paid_amount: Option<String>,
    /// `invoice` or `credit_note`.
    kind: Option<String>,
    /// Type of credit in the creditor's own words.
    credit_type: Option<String>,
    /// The client disputes it.
    disputed: Option<bool>,
    /// What the client is asked to pay under, where it is not the number.
    reference: Option<String>,
    /// Of a credit note: the number of the invoice that it takes away from.
    refers_to: Option<String>,
    /// Since when the client disputes it.
    #[schema(format = Date)]
    disputed_on: Option<String>,
    /// About how much; all of it when left out.
    disputed_amount: Option<String>,
    /// When the dispute ended.
    #[schema(format = Date)]
    dispute_closed_on: Option<String>,
    /// `upheld`, `rejected`, `withdrawn` or `settled`.
    dispute_outcome: Option<String>,
    /// The day by which the client promised to pay.
    #[schema(format = Date)]
    promised_on: Option<String>,
    /// How much of it; all of it when left out.
    promised_amount: Option<String>,
    /// The plan of instalments that it is part of.
    plan: Option<String>,
    /// The day agreed for it in the plan.
    #[schema(format = Date)]
    plan_due_on: Option<String>,
    /// When it was given up.
    #[schema(format = Date)]
    written_off_on: Option<String>,
    /// How much of it; what is open when left out.
    written_off_amount: Option<String>,
}

/// Takes many invoices: an object on each line, an import file, or an array. Each row is an `InvoiceRow`, and has its own outcome.
#[utoipa::path(post, path = "/v1/invoices", tag = "facts", params(PortfolioQuery),
    request_body(content((Vec<serde_json::Value> = "application/json"), (String = "application/x-ndjson"),
        (String = "text/csv"))),
    responses((status = 200, body = ImportView)))]
pub(super) async fn put_invoices(
    State(house): State<House>,
    Writer(caller): Writer,
    Asked(query): Asked<PortfolioQuery>,
    rows: Rows,
) -> Result<Json<ImportView>, Fault> {
    Ok(Json(house.desk.put_invoices(&caller, query.portfolio.as_deref(), rows.format, &rows.bytes).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EvidenceQuery {
    /// Whose evidence it is; needed by a key that sees only some portfolios.
    client: Option<String>,
    /// Which portfolio's client, when the code is in more than one.
    portfolio: Option<String>,
}

/// The bytes that were read, by their SHA-256.
#[utoipa::path(get, path = "/v1/evidence/{sha256}", tag = "facts",
    params(("sha256" = String, Path, description = "64 hexadecimal digits"), EvidenceQuery),
    responses((status = 200, description = "As they were read", body = String,
        content_type = "application/octet-stream")))]
pub(super) async fn evidence(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(name): Place<String>,
    Asked(query): Asked<EvidenceQuery>,
) -> Result<impl IntoResponse, Fault> {
    let name: Sha256 = name.parse().map_err(|_| Fault::of_status(StatusCode::NOT_FOUND))?;
    let wanted =
        query.client.as_deref().map(|code| Wanted { caller: &caller, code, portfolio: query.portfolio.as_deref() });
    let bytes = house.desk.evidence(&caller, wanted.as_ref(), name).await?;
    // Bytes of strangers: they are saved, never shown as a page of ours.
    let headers = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CONTENT_DISPOSITION, "attachment")];
    Ok((headers, bytes))
}
