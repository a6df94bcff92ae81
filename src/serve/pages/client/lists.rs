//! Every fact and every invoice of a client, a page after the other.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;

use super::{
    deeds,
    sections::{FactRow, Invoice},
    whole,
};
use crate::{
    desk::{ClientView, Wanted},
    domain::SignalId,
    serve::{
        House,
        fault::Fault,
        input::{Asked, Place},
        pages::{
            frame::{Frame, Tab, page, part},
            morning::client_href,
            session::Guest,
            words::Words,
        },
    },
};

/// Lines of a page.
const PAGE: usize = 100;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(in crate::serve::pages) struct ListQuery {
    portfolio: Option<String>,
    /// The last of the facts that were shown before.
    behind: Option<String>,
    /// How many invoices were shown before.
    from: Option<u32>,
}

#[derive(Template)]
#[template(path = "templates/client_list.html", config = ".askama.toml")]
struct ListPage {
    frame: Frame,
    w: &'static Words,
    h: &'static deeds::Words,
    title: &'static str,
    name: String,
    back: String,
    facts: Vec<FactRow>,
    invoices: Vec<Invoice>,
    /// The list from its beginning, when this is not it.
    newest: Option<String>,
    /// What follows.
    older: Option<String>,
}

impl ListPage {
    /// A list without lines; `anchor` is where it begins on the client's page.
    fn of(client: &ClientView, guest: &Guest, title: &'static str, anchor: &str) -> Self {
        let back = format!("{}?portfolio={}#{anchor}", client_href(&client.client), part(&client.portfolio));
        Self {
            frame: Frame::of(guest, Tab::Clients, client.name.clone()),
            w: guest.look.tongue.words(),
            h: deeds::words_of(guest.look.tongue),
            title,
            name: client.name.clone(),
            back,
            facts: Vec::new(),
            invoices: Vec::new(),
            newest: None,
            older: None,
        }
    }
}

/// Every fact, newest first.
pub(in crate::serve::pages) async fn facts(
    State(house): State<House>,
    guest: Guest,
    Place(code): Place<String>,
    Asked(query): Asked<ListQuery>,
) -> Result<Response, Fault> {
    let wanted = Wanted { caller: &guest.visitor.caller, code: &code, portfolio: query.portfolio.as_deref() };
    let behind = query.behind.as_deref().map(str::parse::<SignalId>).transpose();
    let behind = behind.map_err(|_| Fault::of_status(StatusCode::NOT_FOUND))?;
    let client = house.desk.client(&wanted).await?;
    let found = house.desk.signals(&wanted, behind, PAGE).await?;
    let t = guest.look.tongue;
    let all = whole(&client_href(&client.client), "facts", &client.portfolio);
    page(&ListPage {
        facts: found.items.iter().map(|signal| FactRow::of(signal, &client.client, t)).collect(),
        older: found.next.map(|last| format!("{all}&behind={last}")),
        newest: behind.map(|_| all),
        ..ListPage::of(&client, &guest, t.words().facts, "facts")
    })
}

/// Every invoice, newest first.
pub(in crate::serve::pages) async fn invoices(
    State(house): State<House>,
    guest: Guest,
    Place(code): Place<String>,
    Asked(query): Asked<ListQuery>,
) -> Result<Response, Fault> {
    let wanted = Wanted { caller: &guest.visitor.caller, code: &code, portfolio: query.portfolio.as_deref() };
    let client = house.desk.client(&wanted).await?;
    let (found, _) = house.desk.ledger(&wanted, query.from.unwrap_or_default() as usize, PAGE).await?;
    let t = guest.look.tongue;
    let all = whole(&client_href(&client.client), "invoices", &client.portfolio);
    page(&ListPage {
        invoices: found.items.iter().map(|line| Invoice::of(line, t)).collect(),
        older: found.next.map(|from| format!("{all}&from={from}")),
        newest: query.from.map(|_| all),
        ..ListPage::of(&client, &guest, t.words().invoices, "ledger")
    })
}
