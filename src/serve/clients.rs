use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type, schema::SchemaType},
};

use super::{
    House,
    auth::{Reader, Writer},
    fault::Fault,
    input::{Asked, Place, Rows, Sent},
    page::{Page, limit},
    query::Sought,
};
use crate::{
    desk::{ClientSearch, ClientView, ImportView, Wanted},
    domain::WordError,
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ClientsQuery {
    /// With this present grade.
    #[param(pattern = "^(A[123]|B[123]|C[123]|D|ND)$")]
    grade: Option<String>,
    /// In this sector: a NACE or ATECO code, or the beginning of one.
    sector: Option<String>,
    /// With this text in name or code.
    q: Option<String>,
    /// In this portfolio only.
    portfolio: Option<String>,
    /// Items of a page, 1 to 500; 100 when left out.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Clients in the order in which they were created.
#[utoipa::path(get, path = "/v1/clients", tag = "clients", params(ClientsQuery),
    responses((status = 200, body = Page<ClientView>)))]
pub(super) async fn list(
    State(house): State<House>,
    Reader(caller): Reader,
    Asked(query): Asked<ClientsQuery>,
    sought: Sought,
) -> Result<Json<Page<ClientView>>, Fault> {
    let bad = |e: WordError| Fault::bad_request("bad_query", e.to_string());
    let search = ClientSearch {
        portfolio: query.portfolio.as_deref(),
        grade: query.grade.map(|grade| grade.parse()).transpose().map_err(bad)?,
        sector: query.sector.map(|sector| sector.parse()).transpose().map_err(bad)?,
        q: query.q.filter(|q| !q.trim().is_empty()),
    };
    let list = house.list(&caller, "clients", &sought).await?;
    let from = list.after(query.cursor.as_deref())?;
    Ok(Json(list.page(house.desk.clients(&caller, search, from, limit(query.limit)?).await?)))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PortfolioQuery {
    /// Which portfolio is meant, when the key sees more than one.
    pub(super) portfolio: Option<String>,
}

/// A client as its creditor last described it.
#[utoipa::path(get, path = "/v1/clients/{client}", tag = "clients",
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = ClientView)))]
pub(super) async fn one(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
) -> Result<Json<ClientView>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.client(&wanted).await?))
}

/// A value of a row, as a file would have it: a text, or a number or a truth that is read as the text for it.
pub(super) struct Cell;

impl PartialSchema for Cell {
    fn schema() -> RefOr<Schema> {
        let kinds = SchemaType::from_iter([Type::String, Type::Number, Type::Boolean]);
        ObjectBuilder::new().schema_type(kinds).into()
    }
}

impl ToSchema for Cell {}

/// A row about a client, under the column names of the import files; numbers may be numbers or texts.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body, which is read column by column like a file's row")]
pub(super) struct ClientRow {
    /// The creditor's own code; may be left out where the path has it.
    client: Option<Cell>,
    /// The name.
    name: Cell,
    /// ISO 3166-1 alpha-2.
    country: Option<Cell>,
    /// Tax or VAT number.
    tax_id: Option<Cell>,
    /// Number in the company register.
    registry_id: Option<Cell>,
    /// Legal Entity Identifier.
    lei: Option<Cell>,
    /// NACE or ATECO.
    sector: Option<Cell>,
    /// Town of its seat.
    city: Option<Cell>,
    /// Street and number.
    address: Option<Cell>,
    /// Client since.
    since: Option<Cell>,
    /// Still buying.
    active: Option<Cell>,
    /// The limit granted.
    credit_limit: Option<Cell>,
    /// ISO 4217; EUR when left out.
    currency: Option<Cell>,
    /// What it buys in a year.
    yearly_value: Option<Cell>,
    /// Whom to write to.
    email: Option<Cell>,
    /// Whom to call: digits, with `+` in front of a country's code.
    phone: Option<Cell>,
}

/// Says what is known of a client: a new version, as a row of an import would be.
#[utoipa::path(put, path = "/v1/clients/{client}", tag = "clients", request_body = ClientRow,
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = ClientView), (status = 201, body = ClientView, description = "It was not known")))]
pub(super) async fn put_one(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
    sent: Sent<serde_json::Map<String, serde_json::Value>>,
) -> Result<(StatusCode, Json<ClientView>), Fault> {
    let portfolio = query.portfolio.as_deref();
    let (client, is_new) = house.desk.put_client(&caller, &code, portfolio, &sent.bytes).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(client)))
}

/// Takes many clients: an array, an object on each line, or an import file. Each row is a `ClientRow`, and has its own outcome.
#[utoipa::path(post, path = "/v1/clients", tag = "clients", params(PortfolioQuery),
    request_body(content((Vec<serde_json::Value> = "application/json"), (String = "application/x-ndjson"),
        (String = "text/csv"))),
    responses((status = 200, body = ImportView)))]
pub(super) async fn put_many(
    State(house): State<House>,
    Writer(caller): Writer,
    Asked(query): Asked<PortfolioQuery>,
    rows: Rows,
) -> Result<Json<ImportView>, Fault> {
    let rows = rows.without_xml()?;
    Ok(Json(house.desk.put_clients(&caller, query.portfolio.as_deref(), rows.format, &rows.bytes).await?))
}

/// Where something that was made can be found.
pub(super) fn location(path: String) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(value) = path.try_into() {
        headers.insert(axum::http::header::LOCATION, value);
    }
    headers
}
