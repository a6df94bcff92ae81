use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    House,
    auth::{Reader, Writer},
    clients::PortfolioQuery,
    fault::Fault,
    input::{Asked, Place, Rows, Sent},
    page::{Page, limit},
    query::Sought,
};
use crate::desk::{self, ImportView, PaymentInput, PaymentView};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PaymentQuery {
    /// `review` (when left out), `booked`, `dismissed`, `returned` (by the bank) or `all`.
    #[param(pattern = "^(review|booked|dismissed|returned|all)$")]
    state: Option<String>,
    /// In this portfolio only.
    portfolio: Option<String>,
    /// At most so many, 1 to 500; 100 when left out.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Takes what arrived: a bank's statement (camt.053, camt.054), or a table of payments. What is certain is booked.
#[utoipa::path(post, path = "/v1/payments", tag = "facts", params(PortfolioQuery),
    request_body(content((String = "application/xml"), (String = "text/csv"))),
    responses((status = 200, body = ImportView)))]
pub(super) async fn put(
    State(house): State<House>,
    Writer(caller): Writer,
    Asked(query): Asked<PortfolioQuery>,
    rows: Rows,
) -> Result<Json<ImportView>, Fault> {
    let portfolio = query.portfolio.as_deref();
    Ok(Json(house.desk.put_payments(&caller, portfolio, rows.format, rows.bytes.to_vec()).await?))
}

/// Payments, those that wait for a person unless said otherwise, oldest first.
#[utoipa::path(get, path = "/v1/payments", tag = "facts", params(PaymentQuery),
    responses((status = 200, body = Page<PaymentView>)))]
pub(super) async fn list(
    State(house): State<House>,
    Reader(caller): Reader,
    Asked(query): Asked<PaymentQuery>,
    sought: Sought,
) -> Result<Json<Page<PaymentView>>, Fault> {
    let list = house.list(&caller, "payments", &sought).await?;
    let from = list.after::<i64>(query.cursor.as_deref())?.unwrap_or(0);
    let which = (query.portfolio.as_deref(), query.state.as_deref());
    match house.desk.payments(&caller, which, from, limit(query.limit)?).await {
        // There is no body that the pointer could point into.
        Err(desk::Error::Invalid { why, .. }) => Err(Fault::bad_request("bad_query", format!("state {why}"))),
        found => Ok(Json(list.page(found?))),
    }
}

/// Says what a payment that waits is for: invoices, or none of the ledger.
#[utoipa::path(post, path = "/v1/payments/{id}", tag = "facts", request_body = PaymentInput,
    params(("id" = i64, Path, description = "The payment's number")),
    responses((status = 200, body = PaymentView)))]
pub(super) async fn decide(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(id): Place<i64>,
    sent: Sent<PaymentInput>,
) -> Result<Json<PaymentView>, Fault> {
    Ok(Json(house.desk.decide_payment(&caller, id, &sent.value).await?))
}

/// Takes the booking of a payment back: it waits again, and its invoices are open again, known from now on. What was known
/// before stays for `known_at`.
#[utoipa::path(post, path = "/v1/payments/{id}/undo", tag = "facts",
    params(("id" = i64, Path, description = "The payment's number")),
    responses((status = 200, body = PaymentView)))]
pub(super) async fn undo(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(id): Place<i64>,
) -> Result<Json<PaymentView>, Fault> {
    Ok(Json(house.desk.undo_payment(&caller, id).await?))
}
