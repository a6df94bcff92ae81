//! A file is brought, looked at, and only then taken: which column is which, what would be new, which rows are refused and why.

mod plan;
mod taken;
mod uploads;
mod words;

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::{
    body::Bytes,
    extract::{Multipart, State, multipart::MultipartError},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;

use self::{
    plan::shown,
    taken::{Taken, Unsaid},
    uploads::Upload,
    words::Words,
};
use super::{
    form::{ByAnalyst, Choice, Hints, Refused, choices, said},
    frame::{Frame, Tab, page},
    look::Tongue,
    session::{Guest, must_be_ours},
};
use crate::{
    desk::{ColumnView, ColumnsView, ImportKind, ImportOrder},
    domain::Rank,
    serve::{
        House,
        fault::Fault,
        input::{Asked, Place},
    },
};

pub(in crate::serve) use uploads::Uploads;
#[cfg(test)]
pub(super) use words::ALL as ALL_WORDS;

/// Fields of the form that say which of their columns is ours begin so.
const COLUMN: &str = "column.";
/// A name of a file is shown and kept as evidence up to so many characters.
const NAME_MAX_CHARS: usize = 120;

/// What would be right.
const HINTS: Hints = &[
    ("/file", "Controlla il formato, e le colonne che servono.", "Check its format, and the columns that are needed."),
    ("/columns", "Le colonne scelte non vanno insieme.", "The columns chosen do not go together."),
    ("/portfolio", "Il portafoglio non si può usare.", "The portfolio cannot be used."),
];

fn words(t: Tongue) -> &'static Words {
    t.pick(&words::IT, &words::EN)
}

fn word(kind: ImportKind) -> &'static str {
    match kind {
        ImportKind::Clients => "clients",
        ImportKind::Invoices => "invoices",
        ImportKind::Payments => "payments",
    }
}

fn kind_of(word: &str) -> ImportKind {
    match word {
        "invoices" => ImportKind::Invoices,
        "payments" => ImportKind::Payments,
        _ => ImportKind::Clients,
    }
}

#[derive(Template)]
#[template(path = "templates/import.html", config = ".askama.toml")]
struct BeginPage {
    frame: Frame,
    w: &'static Words,
    kinds: Vec<Choice>,
    portfolios: Vec<Choice>,
    problem: Option<&'static str>,
    /// Files that were taken lately.
    taken: Vec<Taken>,
    /// Behind which of them the next page begins.
    older: Option<i64>,
    unsaid: Option<Unsaid>,
    refused: Option<Refused>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BeginQuery {
    gone: Option<String>,
    empty: Option<String>,
    kind: String,
    /// Files taken before this one are listed.
    before: Option<i64>,
}

/// Where a file is brought.
pub(super) async fn begin(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<BeginQuery>,
) -> Result<Response, Fault> {
    guest.must_be(Rank::Analyst)?;
    beginning(&house, &guest, &query, (None, None)).await
}

async fn beginning(
    house: &House,
    guest: &Guest,
    query: &BeginQuery,
    (unsaid, refused): (Option<Unsaid>, Option<Refused>),
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let w = words(t);
    let kinds = [("clients", w.clients), ("invoices", w.invoices), ("payments", w.payments)];
    let names = house.desk.portfolio_names(&guest.visitor.caller).await?;
    let names: Vec<_> = names.iter().map(|name| (name.as_str(), name.clone())).collect();
    let (taken, older) = taken::lately(house, guest, query.before, names.len() > 1).await?;
    page(&BeginPage {
        frame: Frame::of(guest, Tab::Import, t.words().import),
        w,
        taken,
        older,
        unsaid,
        refused,
        kinds: choices(&kinds.map(|(value, label)| (value, label.to_owned())), &query.kind),
        portfolios: choices(&names, ""),
        problem: query.gone.as_ref().map(|_| w.gone).or(query.empty.as_ref().map(|_| w.no_file)),
    })
}

/// Takes a file back.
pub(super) async fn undo(
    State(house): State<House>,
    Place(id): Place<i64>,
    ByAnalyst(guest, _): ByAnalyst<HashMap<String, String>>,
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let done = match house.desk.undo_import(&guest.visitor.caller, id).await {
        Ok(view) => (Some(taken::unsaid(view, t)), None),
        Err(error) => (None, Some(Refused::of(error.into(), HINTS, t)?)),
    };
    beginning(&house, &guest, &BeginQuery::default(), done).await
}

/// Where a file is taken back there is nothing to read: whoever opens that address again is led to the list.
pub(super) async fn undone(_: Guest) -> Redirect {
    Redirect::to("/import")
}

/// What the form with the file brings.
#[derive(Default)]
struct Brought {
    proof: String,
    kind: String,
    portfolio: String,
    name: String,
    bytes: Bytes,
}

async fn brought(mut form: Multipart) -> Result<Brought, MultipartError> {
    let mut brought = Brought::default();
    while let Some(field) = form.next_field().await? {
        match field.name().unwrap_or_default() {
            "proof" => brought.proof = field.text().await?,
            "kind" => brought.kind = field.text().await?,
            "portfolio" => brought.portfolio = field.text().await?,
            "file" => {
                let name = field.file_name().unwrap_or_default();
                brought.name = name.chars().filter(|c| !c.is_control()).take(NAME_MAX_CHARS).collect();
                brought.bytes = field.bytes().await?;
            }
            _ => {}
        }
    }
    Ok(brought)
}

/// Keeps a file to be looked at.
pub(super) async fn receive(
    State(house): State<House>,
    guest: Guest,
    headers: HeaderMap,
    form: Multipart,
) -> Result<Response, Fault> {
    guest.must_be(Rank::Analyst)?;
    must_be_ours(&headers)?;
    let brought = brought(form).await.map_err(|broken| Fault::new(broken.status(), "bad_form", broken.body_text()))?;
    if brought.proof != guest.proof {
        let detail = "this form is from another session: open the page again, and send it again";
        return Err(Fault::new(StatusCode::FORBIDDEN, "proof", detail));
    }
    let kind = kind_of(&brought.kind);
    if brought.bytes.is_empty() {
        return Ok(Redirect::to(&format!("/import?empty=1&kind={}", word(kind))).into_response());
    }
    let (owner, now) = (&guest.visitor.caller.name, house.wall.now());
    let upload = Upload::new(owner, brought.name, kind, said(&brought.portfolio), brought.bytes, now);
    let token = house.uploads.put(upload);
    Ok(Redirect::to(&format!("/import/{token}")).into_response())
}

fn order(upload: &Upload, columns: BTreeMap<String, String>) -> ImportOrder {
    ImportOrder {
        kind: upload.kind,
        file: upload.name.clone(),
        portfolio: upload.portfolio.clone(),
        columns,
        create_clients: false,
        backfill: false,
    }
}

/// The columns that are recognised, as the first proposal.
fn proposed(view: Option<&ColumnsView>) -> BTreeMap<String, String> {
    let columns = view.map(|view| view.columns.as_slice()).unwrap_or_default();
    columns.iter().filter_map(|one| Some((one.ours.to_owned(), one.theirs.clone()?))).collect()
}

fn gone() -> Response {
    Redirect::to("/import?gone=1").into_response()
}

/// What would become of a file by its own columns and those that look like ours; or what became of it.
pub(super) async fn look(
    State(house): State<House>,
    guest: Guest,
    Place(token): Place<String>,
) -> Result<Response, Fault> {
    guest.must_be(Rank::Analyst)?;
    let caller = &guest.visitor.caller;
    let Some(upload) = house.uploads.find(&token, &caller.name, house.wall.now()) else { return Ok(gone()) };
    if upload.answer().is_some_and(|answer| answer.is_taken) {
        return shown(&guest, &upload, (&order(&upload, BTreeMap::new()), None), None);
    }
    let view = match house.desk.columns_of(upload.kind, &upload.name, &upload.bytes).await {
        Ok(view) => view,
        Err(error) => {
            let refused = Refused::of(error.into(), HINTS, guest.look.tongue)?;
            return shown(&guest, &upload, (&order(&upload, BTreeMap::new()), None), Some(refused));
        }
    };
    let order = order(&upload, proposed(view.as_ref()));
    planned(&house, &guest, &upload, &order, view.as_ref()).await
}

/// Which columns that are needed no column of the file is, and what kind of file it looks like instead; none when all are there.
async fn without_columns(
    house: &House,
    upload: &Upload,
    (order, view): (&ImportOrder, Option<&ColumnsView>),
    t: Tongue,
) -> Option<Refused> {
    let is_missing = |one: &&ColumnView| one.is_required && !order.columns.contains_key(one.ours);
    let missing: Vec<String> = view?.columns.iter().filter(is_missing).map(|one| t.column(one.ours)).collect();
    if missing.is_empty() {
        return None;
    }
    let missing = missing.join(", ");
    let mut said = t.pick(
        format!("Nessuna colonna del file è stata riconosciuta per: {missing}. Scegli qui sotto quale è."),
        format!("No column of the file was recognised for: {missing}. Choose below which it is."),
    );
    let w = words(t);
    for (kind, name) in [
        (ImportKind::Clients, w.of_clients),
        (ImportKind::Invoices, w.of_invoices),
        (ImportKind::Payments, w.of_payments),
    ] {
        let columns = if kind == upload.kind {
            None
        } else {
            Some(house.desk.columns_of(kind, &upload.name, &upload.bytes).await)
        };
        let Some(Ok(Some(other))) = columns else { continue };
        if other.columns.iter().all(|one| !one.is_required || one.theirs.is_some()) {
            said += &t.pick(
                format!(" O comincia di nuovo scegliendo «{name}»: ha le colonne che servono a quelli."),
                format!(" Or begin again and choose “{name}”: it has the columns that those need."),
            );
            break;
        }
    }
    Some(Refused::saying(&said))
}

async fn planned(
    house: &House,
    guest: &Guest,
    upload: &Upload,
    order: &ImportOrder,
    view: Option<&ColumnsView>,
) -> Result<Response, Fault> {
    let refused = match house.desk.plan_import(&guest.visitor.caller, order, &upload.bytes).await {
        Ok(answer) => {
            upload.keep(answer, false);
            None
        }
        Err(error) => {
            let refused = Refused::of(error.into(), HINTS, guest.look.tongue)?;
            Some(without_columns(house, upload, (order, view), guest.look.tongue).await.unwrap_or(refused))
        }
    };
    shown(guest, upload, (order, view), refused)
}

/// Looks at a file again with other columns, or takes it.
pub(super) async fn take(
    State(house): State<House>,
    Place(token): Place<String>,
    ByAnalyst(guest, fields): ByAnalyst<HashMap<String, String>>,
) -> Result<Response, Fault> {
    let caller = &guest.visitor.caller;
    let Some(upload) = house.uploads.find(&token, &caller.name, house.wall.now()) else { return Ok(gone()) };
    let chosen =
        fields.iter().filter_map(|(field, theirs)| Some((field.strip_prefix(COLUMN)?.to_owned(), said(theirs)?)));
    let is_ticked = |field: &str| fields.contains_key(field);
    let order = ImportOrder {
        create_clients: is_ticked("create_clients"),
        backfill: is_ticked("backfill"),
        ..order(&upload, chosen.collect())
    };
    let view = house.desk.columns_of(upload.kind, &upload.name, &upload.bytes).await?;
    if fields.get("act").is_none_or(|act| act != "take") {
        return planned(&house, &guest, &upload, &order, view.as_ref()).await;
    }
    match house.desk.import_file(caller, &order, &upload.bytes).await {
        Ok(answer) => {
            upload.keep(answer, true);
            Ok(Redirect::to(&format!("/import/{token}")).into_response())
        }
        Err(error) => {
            let refused = Refused::of(error.into(), HINTS, guest.look.tongue)?;
            shown(&guest, &upload, (&order, view.as_ref()), Some(refused))
        }
    }
}

/// The rows that are refused, as they came.
pub(super) async fn rejected(
    State(house): State<House>,
    guest: Guest,
    Place(token): Place<String>,
) -> Result<Response, Fault> {
    guest.must_be(Rank::Analyst)?;
    let found = house.uploads.find(&token, &guest.visitor.caller.name, house.wall.now());
    let Some(answer) = found.and_then(|upload| upload.answer()) else { return Ok(gone()) };
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"rejected.csv\""),
    ];
    Ok((headers, answer.answer.rejected.clone()).into_response())
}
