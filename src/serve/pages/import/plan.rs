//! The page of a file: which column is which, what would become of it, and which rows are refused.

use askama::Template;
use axum::response::Response;

use super::{
    COLUMN,
    uploads::{Answer, Upload},
    words,
    words::Words,
};
use crate::{
    desk::{ColumnsView, ImportKind, ImportOrder, RejectView},
    serve::{
        fault::Fault,
        pages::{
            form::{Choice, Refused, choices},
            frame::{Frame, Tab, page},
            look::Tongue,
            session::Guest,
        },
    },
};

/// A column of ours, with theirs to choose from.
struct Column {
    field: String,
    label: String,
    is_required: bool,
    theirs: Vec<Choice>,
}

/// A row that is refused.
struct Reject {
    line: String,
    column: String,
    value: String,
    why: String,
    /// What more the reader of the file says, in English.
    detail: Option<String>,
}

/// The figures of an outcome.
struct Figures {
    accepted: String,
    changed: String,
    unchanged: String,
    rejected: String,
    has_rejects: bool,
    created: String,
    matched: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "templates/import_look.html", config = ".askama.toml")]
struct LookPage {
    frame: Frame,
    w: &'static Words,
    href: String,
    name: String,
    what: &'static str,
    portfolio: Option<String>,
    figures: Option<Figures>,
    is_taken: bool,
    refused: Option<Refused>,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    columns: Vec<Column>,
    /// Columns of the file that none of ours is, as they are called there.
    unused: Option<String>,
    create_clients: bool,
    backfill: bool,
    may_create: bool,
    rejects: Vec<Reject>,
    n_rejects: usize,
    /// How it was read, and in which language that is said.
    notes: Vec<(String, &'static str)>,
}

fn reject(reject: &RejectView, t: Tongue) -> Reject {
    Reject {
        line: t.whole(i64::try_from(reject.line).unwrap_or(i64::MAX)),
        column: reject.column.clone(),
        value: reject.value.clone(),
        why: t.row_refusal(&reject.code, &reject.reason),
        detail: t.row_detail(&reject.code, &reject.reason),
    }
}

fn figures(answer: &Answer, t: Tongue) -> Figures {
    let n = |n: u64| t.whole(i64::try_from(n).unwrap_or(i64::MAX));
    let view = &answer.answer.view;
    Figures {
        accepted: n(view.accepted),
        changed: n(view.changed),
        unchanged: n(view.unchanged),
        rejected: n(view.rejected),
        has_rejects: view.rejected > 0,
        created: n(view.created_clients),
        matched: answer.answer.matched.map(|(booked, waiting)| (n(booked), n(waiting))),
    }
}

/// The columns to choose from, with those chosen that the order has.
fn columns(view: &ColumnsView, order: &ImportOrder, t: Tongue) -> Vec<Column> {
    let none = format!("– {}", words(t).not_there);
    let column = |one: &crate::desk::ColumnView| {
        let mut all = vec![("", none.clone())];
        all.extend(view.header.iter().filter(|name| !name.is_empty()).map(|name| (name.as_str(), name.clone())));
        let chosen = order.columns.get(one.ours).map_or("", String::as_str);
        Column {
            field: format!("{COLUMN}{}", one.ours),
            label: t.column(one.ours),
            is_required: one.is_required,
            theirs: choices(&all, chosen),
        }
    };
    view.columns.iter().map(column).collect()
}

/// The columns of the file that are not read with this choice.
fn unused(view: &ColumnsView, order: &ImportOrder) -> Option<String> {
    let is_read = |name: &str| order.columns.values().any(|theirs| theirs == name);
    let names = view.header.iter().filter(|name| !name.trim().is_empty() && !is_read(name));
    let names: Vec<&str> = names.map(|name| name.trim()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The page of a file: as it would be read, or why it cannot be.
pub(super) fn shown(
    guest: &Guest,
    upload: &Upload,
    (order, view): (&ImportOrder, Option<&ColumnsView>),
    refused: Option<Refused>,
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let w = words(t);
    let answer = upload.answer().filter(|_| refused.is_none());
    let outcome = answer.as_ref().map(|answer| &answer.answer.view);
    page(&LookPage {
        frame: Frame::of(guest, Tab::Import, upload.name.clone()),
        w,
        href: format!("/import/{}", upload.token),
        name: upload.name.clone(),
        what: match upload.kind {
            ImportKind::Clients => w.clients,
            ImportKind::Invoices => w.invoices,
            ImportKind::Payments => w.payments,
        },
        portfolio: upload.portfolio.clone(),
        figures: answer.as_ref().map(|answer| figures(answer, t)),
        is_taken: answer.as_ref().is_some_and(|answer| answer.is_taken),
        refused,
        header: view.map(|view| view.header.clone()).unwrap_or_default(),
        rows: view.map(|view| view.rows.clone()).unwrap_or_default(),
        columns: view.map(|view| columns(view, order, t)).unwrap_or_default(),
        unused: view.and_then(|view| unused(view, order)),
        create_clients: order.create_clients,
        backfill: order.backfill,
        may_create: upload.kind == ImportKind::Invoices,
        rejects: outcome.map(|view| view.rejects.iter().map(|one| reject(one, t)).collect()).unwrap_or_default(),
        n_rejects: outcome.map_or(0, |view| usize::try_from(view.rejected).unwrap_or(usize::MAX)),
        notes: outcome.map(|view| view.notes.iter().map(|note| t.note(note)).collect()).unwrap_or_default(),
    })
}
