use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    House,
    auth::{Reader, Writer},
    fault::Fault,
    input::{Asked, Place},
    page::{Page, limit},
    query::Sought,
};
use crate::desk::{TakenView, UnsaidView};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportQuery {
    /// In this portfolio only.
    portfolio: Option<String>,
    /// At most so many, 1 to 500; 100 when left out.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Files that were taken and changed something, newest first: CSV, XLSX, electronic invoices, bank's messages.
#[utoipa::path(get, path = "/v1/imports", tag = "facts", params(ImportQuery),
    responses((status = 200, body = Page<TakenView>)))]
pub(super) async fn list(
    State(house): State<House>,
    Reader(caller): Reader,
    Asked(query): Asked<ImportQuery>,
    sought: Sought,
) -> Result<Json<Page<TakenView>>, Fault> {
    let list = house.list(&caller, "imports", &sought).await?;
    let before = list.after::<i64>(query.cursor.as_deref())?;
    let found = house.desk.imports(&caller, query.portfolio.as_deref(), before, limit(query.limit)?).await?;
    Ok(Json(list.page(found)))
}

/// Takes a file back within 24 hours: its rows say again what they said before it, known from now on, and those that were new
/// with it are no longer there. What was changed since is left, and so are clients that were new. What was known before stays
/// for `known_at`.
#[utoipa::path(post, path = "/v1/imports/{id}/undo", tag = "facts",
    params(("id" = i64, Path, description = "The import's number")),
    responses((status = 200, body = UnsaidView)))]
pub(super) async fn undo(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(id): Place<i64>,
) -> Result<Json<UnsaidView>, Fault> {
    Ok(Json(house.desk.undo_import(&caller, id).await?))
}
