//! What is to be done, by whom: a list to work off, each with a place for what came of it.

use askama::Template;
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use jiff::{Span, civil::Date};
use serde::Deserialize;

use super::{
    calendar::Pledge,
    codes::{capital, grade_class},
    frame::{Frame, Tab, page, part},
    look::Tongue,
    morning::client_href,
    session::Guest,
    words::Words,
};
use crate::{
    desk::{Slice, TreatmentLine, TreatmentsAsk, calendar},
    domain::AsOf,
    serve::{House, fault::Fault, input::Asked},
};

/// Things to do of a page; nobody does more in a day.
const MAX_LINES: usize = 200;
/// How far ahead a calendar looks, days.
const CALENDAR_DAYS: i64 = 60;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WorkQuery {
    /// `today`, `week` or `month`.
    span: String,
    /// Of this person only, in the policy's words.
    owner: String,
    /// The client about whom something was recorded a moment ago.
    done: String,
}

impl WorkQuery {
    fn days(&self) -> i64 {
        match self.span.as_str() {
            "week" => 7,
            "month" => 31,
            _ => 0,
        }
    }
}

struct Row {
    href: String,
    post: String,
    name: String,
    portfolio: String,
    grade: String,
    class: &'static str,
    action: String,
    how: String,
    due: String,
    late: Option<String>,
    overdue: String,
    days: String,
    why: String,
    text: Option<String>,
    text_language: String,
}

struct Owner {
    name: String,
    label: String,
    rows: Vec<Row>,
}

struct Choice {
    href: String,
    label: String,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "templates/work.html", config = ".askama.toml")]
struct WorkPage {
    frame: Frame,
    w: &'static Words,
    spans: Vec<Choice>,
    owners: Vec<Choice>,
    groups: Vec<Owner>,
    /// Money that is promised for these days.
    pledges: Vec<Pledge>,
    n: String,
    is_cut: bool,
    back: String,
    today: Date,
    is_recorded: bool,
}

fn row(line: TreatmentLine, t: Tongue) -> Row {
    let href = client_href(&line.client);
    Row {
        post: format!("{href}/actions"),
        href,
        portfolio: line.portfolio,
        class: grade_class(&line.grade),
        action: capital(&t.action(&line.action)),
        how: t.channel(&line.channel),
        due: line.due_on.map_or_else(String::new, |on| t.day(on)),
        late: line.late_since.map(|on| t.day(on)),
        overdue: t.decimal(&line.overdue, &line.currency),
        days: t.whole(line.oldest_overdue_days.into()),
        why: t.with_days(t.pick(&line.why_it, &line.why)),
        text: if line.language == "it" { line.text_it } else { line.text }.map(|text| t.with_days(&text)),
        text_language: line.language,
        name: line.name,
        grade: line.grade,
    }
}

/// The owners in the order of their names, each with its lines in the order of their days.
fn by_owner(lines: Vec<TreatmentLine>, t: Tongue) -> Vec<Owner> {
    let mut groups: Vec<Owner> = Vec::new();
    for line in lines {
        let place = groups.iter().position(|group| group.name == line.owner);
        let place = place.unwrap_or_else(|| {
            groups.push(Owner { name: line.owner.clone(), label: t.owner(&line.owner), rows: Vec::new() });
            groups.len() - 1
        });
        groups[place].rows.push(row(line, t));
    }
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    groups
}

fn href(span: &str, owner: &str) -> String {
    let pairs = [("span", span), ("owner", owner)].into_iter().filter(|(_, value)| !value.is_empty());
    let pairs = pairs.map(|(name, value)| format!("{name}={}", part(value))).collect::<Vec<_>>().join("&");
    if pairs.is_empty() { "/work".to_owned() } else { format!("/work?{pairs}") }
}

/// The first that is to be done by a day, of everybody or of one person; a page of the desk after the other.
async fn due(house: &House, guest: &Guest, ask: TreatmentsAsk<'_>, limit: usize) -> Result<Vec<TreatmentLine>, Fault> {
    let (mut lines, mut place) = (Vec::new(), None);
    while lines.len() < limit {
        let Slice { items, next } = house.desk.treatments(&guest.visitor.caller, ask, place, limit).await?;
        lines.extend(items);
        place = next;
        if place.is_none() {
            break;
        }
    }
    Ok(lines)
}

/// A person's own, when one is chosen.
pub(super) fn only(owner: &str) -> Option<&str> {
    (!owner.is_empty()).then_some(owner)
}

/// Spans, and everybody who has something to do by the policy, whether or not they have now.
fn choices(query: &WorkQuery, owners: &[&str], t: Tongue) -> (Vec<Choice>, Vec<Choice>) {
    let w = t.words();
    let spans = [("", w.today), ("week", w.this_week), ("month", w.this_month)];
    let is_other = !matches!(query.span.as_str(), "week" | "month");
    let span = |(value, label): (&str, &str)| Choice {
        href: href(value, &query.owner),
        label: label.to_owned(),
        is_here: query.span == value || (value.is_empty() && is_other),
    };
    let everybody =
        Choice { href: href(&query.span, ""), label: w.everybody.to_owned(), is_here: query.owner.is_empty() };
    let owner = |name: &str| Choice {
        href: href(&query.span, name),
        label: capital(&t.owner(name)),
        is_here: query.owner == name,
    };
    let owners = std::iter::once(everybody).chain(owners.iter().map(|name| owner(name))).collect();
    (spans.map(span).into(), owners)
}

/// The list.
pub(super) async fn work(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<WorkQuery>,
) -> Result<Response, Fault> {
    let today = AsOf::at(house.desk.clock.now()).valid_at;
    let by = today.checked_add(Span::new().days(query.days())).unwrap_or(today);
    let ask = TreatmentsAsk { owner: only(&query.owner), due: Some(by), ..TreatmentsAsk::default() };
    let mut lines = due(&house, &guest, ask, MAX_LINES + 1).await?;
    let is_cut = lines.len() > MAX_LINES;
    lines.truncate(MAX_LINES);
    let promised = house.desk.promised(&guest.visitor.caller, only(&query.owner), (today, by)).await?;
    let t = guest.look.tongue;
    let w = t.words();
    let (spans, owners) = choices(&query, &house.desk.rescorer.policy.owners(), t);
    page(&WorkPage {
        frame: Frame::of(&guest, Tab::Work, w.work),
        w,
        spans,
        owners,
        n: t.count(lines.len()),
        groups: by_owner(lines, t),
        pledges: promised.iter().take(MAX_LINES).map(|promised| Pledge::of(promised, t)).collect(),
        is_cut,
        back: {
            let own = href(&query.span, &query.owner);
            format!("{own}{}done=1", if own.contains('?') { '&' } else { '?' })
        },
        today,
        is_recorded: query.done == "1",
    })
}

/// The same as a calendar to take along (iCalendar).
pub(super) async fn ics(State(house): State<House>, guest: Guest) -> Result<Response, Fault> {
    let now = house.desk.clock.now();
    let today = AsOf::at(now).valid_at;
    let by = today.checked_add(Span::new().days(CALENDAR_DAYS)).unwrap_or(today);
    let ask = TreatmentsAsk { due: Some(by), with_awaited: true, ..TreatmentsAsk::default() };
    let lines = due(&house, &guest, ask, MAX_LINES).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"vedetta.ics\""),
    ];
    Ok((headers, calendar(&lines, now, by)).into_response())
}
