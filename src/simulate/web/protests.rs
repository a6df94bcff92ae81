use std::fmt::Write as _;

use axum::{
    Router,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use super::{Company, Web, pairs, values};
use crate::{domain::day_of_number, simulate::records::Protest};

/// Rows of a page.
const PAGE: usize = 20;
/// A cancelled protest is shown as such for so many days, then the row is gone.
const CANCELLED_SHOWN: i32 = 60;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/protesti", get(register))
}

async fn register(State(web): State<Web>, RawQuery(query): RawQuery, _headers: HeaderMap) -> Response {
    let pairs = pairs(query.as_deref());
    let Some(tax) = values(&pairs, "cf").first().copied().filter(|tax| !tax.trim().is_empty()) else {
        return (StatusCode::BAD_REQUEST, Html("<p class=\"errore\">Indicare il codice fiscale</p>")).into_response();
    };
    let number = values(&pairs, "page").first().and_then(|text| text.parse().ok()).unwrap_or(1);
    let tax = tax.trim().to_uppercase();
    Html(page(web.company(&tax), &tax, web.today(), number)).into_response()
}

/// One page of the register for a tax code.
pub(super) fn page(company: Option<&Company>, tax: &str, day: i32, number: usize) -> String {
    let shown = |p: &&Protest| p.told_on <= day && p.cancelled.is_none_or(|on| day < on + CANCELLED_SHOWN);
    let rows: Vec<(&Company, &Protest)> =
        company.into_iter().flat_map(|c| c.records.protests.iter().filter(shown).map(move |p| (c, p))).collect();
    let mut html = String::from("<!DOCTYPE html>\n<html lang=\"it\"><head><meta charset=\"utf-8\">");
    html.push_str(
        "<title>Registro informatico dei protesti</title></head><body>\n<main class=\"registro-protesti\">\n",
    );
    html.push_str("<h1>Elenco dei protesti</h1>\n");
    if rows.is_empty() {
        html.push_str("<p class=\"nessun-protesto\">Nessun protesto trovato</p>\n");
    } else {
        html.push_str("<table class=\"protesti\">\n<thead><tr><th>Debitore</th><th>Codice fiscale</th><th>Comune</th>");
        html.push_str("<th>Titolo</th><th>Importo</th><th>Levata</th><th>Scadenza</th><th>Motivo</th><th>Stato</th>");
        html.push_str("</tr></thead>\n<tbody>\n");
        for (company, protest) in rows.iter().skip(number.saturating_sub(1).saturating_mul(PAGE)).take(PAGE) {
            push_row(&mut html, company, protest, day);
        }
        html.push_str("</tbody>\n</table>\n");
        if number.saturating_mul(PAGE) < rows.len() {
            let cf: String = url::form_urlencoded::byte_serialize(tax.as_bytes()).collect();
            let link = format!("<a rel=\"next\" href=\"/protesti?cf={cf}&amp;page={}\">Avanti</a>\n", number + 1);
            html.push_str(&link);
        }
    }
    html.push_str("</main>\n</body></html>\n");
    html
}

fn push_row(html: &mut String, company: &Company, protest: &Protest, day: i32) {
    let who = &company.identity;
    let reached = |on: Option<i32>| on.is_some_and(|on| on <= day);
    let state = match (reached(protest.cancelled), reached(protest.annotated)) {
        (true, _) => "Cancellato",
        (_, true) => "Annotato",
        _ => "Normale",
    };
    let (title, letter) = if protest.is_cheque { ("Assegno", 'A') } else { ("Cambiale", 'C') };
    let cells: [(&str, String); 9] = [
        ("debitore", who.name.to_uppercase()),
        ("cf", who.tax.clone().unwrap_or_default()),
        ("comune", who.town.name.to_uppercase()),
        ("titolo", title.to_owned()),
        ("importo", italian_amount(protest.cents)),
        ("levata", italian_date(protest.raised)),
        ("scadenza", italian_date(protest.due)),
        ("motivo", format!("{letter}{}", protest.code)),
        ("stato", state.to_owned()),
    ];
    html.push_str("<tr>");
    for (class, text) in cells {
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let written = write!(html, "<td class=\"{class}\">{text}</td>");
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    }
    html.push_str("</tr>\n");
}

/// `18.000,00`.
fn italian_amount(cents: i64) -> String {
    let mut whole = (cents / 100).to_string();
    let mut place = whole.len();
    while place > 3 {
        place -= 3;
        whole.insert(place, '.');
    }
    format!("{whole},{:02}", cents % 100)
}

/// `05/11/2026`.
pub(super) fn italian_date(day: i32) -> String {
    let date = day_of_number(day);
    format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year())
}
