use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    House,
    auth::{Reader, Writer},
    clients::PortfolioQuery,
    fault::Fault,
    input::{Asked, Place, Sent, day_of},
    page::{Page, limit},
    query::Sought,
};
use crate::desk::{ActedView, ActionInput, Slice, TreatmentLine, TreatmentView, TreatmentsAsk, Wanted, calendar};

/// Entries of a calendar: more than anybody works off, and few enough for every client of calendars.
const CALENDAR_MAX_ENTRIES: usize = 2_000;
/// How far ahead a calendar looks when it is not said, days.
const CALENDAR_DAYS: i64 = 60;

/// What to do about a client, and why this and not more.
#[utoipa::path(get, path = "/v1/clients/{client}/treatment", tag = "treatment",
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = TreatmentView)))]
pub(super) async fn one(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
) -> Result<Json<TreatmentView>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.treatment(&wanted).await?))
}

/// Records something that was done and what came of it; answers the treatment that follows. The same again changes nothing. How a
/// promise, a plan or a dispute ended is refused with 409 where none is open, and nothing is recorded.
#[utoipa::path(post, path = "/v1/clients/{client}/actions", tag = "treatment", request_body = ActionInput,
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), PortfolioQuery),
    responses((status = 200, body = ActedView)))]
pub(super) async fn act(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(code): Place<String>,
    Asked(query): Asked<PortfolioQuery>,
    sent: Sent<ActionInput>,
) -> Result<Json<ActedView>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.act(&wanted, &sent.value).await?))
}

/// Takes back something that was recorded by mistake, and answers the treatment that follows; what was known before keeps it. A
/// promise, a plan or a dispute whose end is recorded is refused with 409: its end goes first.
#[utoipa::path(delete, path = "/v1/clients/{client}/actions/{action}", tag = "treatment",
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"),
        ("action" = String, Path, description = "The `id` of what was recorded, `act_…`"), PortfolioQuery),
    responses((status = 200, body = TreatmentView)))]
pub(super) async fn withdraw(
    State(house): State<House>,
    Writer(caller): Writer,
    Place((code, action)): Place<(String, String)>,
    Asked(query): Asked<PortfolioQuery>,
) -> Result<Json<TreatmentView>, Fault> {
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    Ok(Json(house.desk.withdraw_action(&wanted, &action).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TreatmentsQuery {
    /// What is to be done by that day, the earliest first; without it every open position, in the order of clients.
    #[param(value_type = Option<String>, format = Date)]
    due: Option<String>,
    /// Items of a page, 1 to 500; 100 when left out. What was paid since it was announced is left out of a page.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// In this portfolio only.
    portfolio: Option<String>,
}

/// What to do, for whom, by when.
#[utoipa::path(get, path = "/v1/treatments", tag = "treatment", params(TreatmentsQuery),
    responses((status = 200, body = Page<TreatmentLine>)))]
pub(super) async fn list(
    State(house): State<House>,
    Reader(caller): Reader,
    Asked(query): Asked<TreatmentsQuery>,
    sought: Sought,
) -> Result<Json<Page<TreatmentLine>>, Fault> {
    let due = query.due.as_deref().map(|due| day_of("due", due)).transpose()?;
    // A cursor of one order is no place in another.
    let kind = if due.is_some() { "treatments_due" } else { "treatments" };
    let list = house.list(&caller, kind, &sought).await?;
    let place = list.after::<(i64, i64)>(query.cursor.as_deref())?;
    let limit = limit(query.limit)?;
    let ask = TreatmentsAsk { portfolio: query.portfolio.as_deref(), due, ..TreatmentsAsk::default() };
    let slice = house.desk.treatments(&caller, ask, place, limit).await?;
    Ok(Json(list.page(slice)))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CalendarQuery {
    /// What is to be done by that day; 60 days ahead when left out.
    #[param(value_type = Option<String>, format = Date)]
    due: Option<String>,
    /// In this portfolio only.
    portfolio: Option<String>,
    /// Of this person only, in the policy's words.
    owner: Option<String>,
}

/// The same as a calendar feed (iCalendar): at most 2 000 entries, the earliest first.
#[utoipa::path(get, path = "/v1/treatments.ics", tag = "treatment", params(CalendarQuery),
    responses((status = 200, description = "iCalendar, RFC 5545", body = String, content_type = "text/calendar")))]
pub(super) async fn ics(
    State(house): State<House>,
    Reader(caller): Reader,
    Asked(query): Asked<CalendarQuery>,
) -> Result<Response, Fault> {
    house.desk.check_owner(query.owner.as_deref())?;
    let now = house.desk.clock.now();
    let today = crate::domain::AsOf::at(now).valid_at;
    let ahead = || today.checked_add(jiff::Span::new().days(CALENDAR_DAYS)).unwrap_or(today);
    let due = query.due.as_deref().map_or(Ok(ahead()), |due| day_of("due", due))?;
    let ask = TreatmentsAsk {
        portfolio: query.portfolio.as_deref(),
        owner: query.owner.as_deref(),
        due: Some(due),
        with_awaited: true,
    };
    let (mut lines, mut place) = (Vec::new(), None);
    while lines.len() < CALENDAR_MAX_ENTRIES {
        let Slice { items, next } = house.desk.treatments(&caller, ask, place, 500).await?;
        lines.extend(items);
        place = next;
        if place.is_none() {
            break;
        }
    }
    lines.truncate(CALENDAR_MAX_ENTRIES);
    let headers =
        [(header::CONTENT_TYPE, "text/calendar; charset=utf-8"), (header::CACHE_CONTROL, "private, no-cache")];
    Ok((headers, calendar(&lines, now, due)).into_response())
}
