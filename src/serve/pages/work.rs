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
    calendar::{Pledge, more},
    codes::{capital, grade_class},
    frame::{Frame, Tab, page, part},
    look::Tongue,
    morning::client_href,
    session::Guest,
    words::Words,
};
use crate::{
    desk::{Slice, TreatmentLine, TreatmentsAsk, Weighed, WorkAsk, calendar},
    domain::AsOf,
    serve::{House, fault::Fault, input::Asked},
};

/// Things to do of a page: an hour's or two.
const PAGE: usize = 50;
/// Things to do of a calendar that is taken along, and days on which money is promised.
const MAX_LINES: usize = 200;
/// How far ahead a calendar looks, days.
const CALENDAR_DAYS: i64 = 60;

#[derive(Deserialize, Clone, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WorkQuery {
    /// `today`, `week` or `month`.
    span: String,
    /// Of this day only: a day of the calendar.
    on: Option<Date>,
    /// Of this person only, in the policy's words.
    owner: String,
    page: String,
    /// The client about whom something was recorded a moment ago.
    done: String,
}

impl WorkQuery {
    /// The first day and the last.
    fn days(&self, today: Date) -> (Date, Date) {
        let ahead = match self.span.as_str() {
            "week" => 7,
            "month" => 31,
            _ => 0,
        };
        let last = today.checked_add(Span::new().days(ahead)).unwrap_or(today);
        self.on.map_or((today, last), |on| (on, on))
    }

    fn number(&self) -> usize {
        self.page.parse().unwrap_or(1).clamp(1, 1_000_000)
    }

    /// The same question, on another page.
    fn href(&self, number: usize) -> String {
        let on = self.on.map(|on| on.to_string()).unwrap_or_default();
        let number = if number > 1 { number.to_string() } else { String::new() };
        let pairs = [("span", &self.span), ("on", &on), ("owner", &self.owner), ("page", &number)];
        let pairs = pairs.into_iter().filter(|(_, value)| !value.is_empty());
        let pairs = pairs.map(|(name, value)| format!("{name}={}", part(value))).collect::<Vec<_>>().join("&");
        if pairs.is_empty() { "/work".to_owned() } else { format!("/work?{pairs}") }
    }
}

/// The work of one day, of everybody or of one person.
pub(super) fn of_day(on: Date, owner: &str) -> String {
    WorkQuery { on: Some(on), owner: owner.to_owned(), ..WorkQuery::default() }.href(1)
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
    /// What is expected to be lost.
    at_stake: String,
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
    n_pledges: String,
    more_pledges: Option<String>,
    calendar: String,
    n: String,
    /// The one day that is asked for.
    on: Option<String>,
    /// Which of them are on this page, where there are more than fit.
    stretch: Option<String>,
    before: Option<String>,
    after: Option<String>,
    back: String,
    today: Date,
    is_recorded: bool,
}

fn row(Weighed { line, at_stake }: Weighed, t: Tongue) -> Row {
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
        at_stake: t.round(at_stake),
        why: t.with_days(t.pick(&line.why_it, &line.why)),
        text: if line.language == "it" { line.text_it } else { line.text }.map(|text| t.with_days(&text)),
        text_language: line.language,
        name: line.name,
        grade: line.grade,
    }
}

/// The owners, each with its lines in their order; whose first comes first, comes first.
fn by_owner(lines: Vec<Weighed>, t: Tongue) -> Vec<Owner> {
    let mut groups: Vec<Owner> = Vec::new();
    for weighed in lines {
        let place = groups.iter().position(|group| group.name == weighed.line.owner);
        let place = place.unwrap_or_else(|| {
            let name = weighed.line.owner.clone();
            groups.push(Owner { label: t.owner(&name), name, rows: Vec::new() });
            groups.len() - 1
        });
        groups[place].rows.push(row(weighed, t));
    }
    groups
}

/// The first that is to be done by a day; a page of the desk after the other.
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
        href: WorkQuery { span: value.to_owned(), on: None, ..query.clone() }.href(1),
        label: label.to_owned(),
        is_here: query.on.is_none() && (query.span == value || (value.is_empty() && is_other)),
    };
    let owner = |name: &str, label: String| Choice {
        href: WorkQuery { owner: name.to_owned(), ..query.clone() }.href(1),
        label,
        is_here: query.owner == name,
    };
    let everybody = owner("", w.everybody.to_owned());
    let owners = owners.iter().map(|name| owner(name, capital(&t.owner(name))));
    (spans.map(span).into(), std::iter::once(everybody).chain(owners).collect())
}

/// The list.
pub(super) async fn work(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<WorkQuery>,
) -> Result<Response, Fault> {
    let today = AsOf::at(house.desk.clock.now()).valid_at;
    let (days, number, caller) = (query.days(today), query.number(), &guest.visitor.caller);
    let ask = WorkAsk { owner: only(&query.owner), days };
    let first = (number - 1) * PAGE;
    let found = house.desk.work(&house.roll, caller, ask, (first, PAGE)).await?;
    let promised = house.desk.promised(caller, only(&query.owner), days).await?;
    let t = guest.look.tongue;
    let w = t.words();
    let (spans, owners) = choices(&query, &house.desk.rescorer.policy.owners(), t);
    let last = (first + PAGE).min(found.n);
    let back = WorkQuery { done: String::new(), ..query.clone() }.href(number);
    page(&WorkPage {
        frame: Frame::of(&guest, Tab::Work, w.work),
        w,
        spans,
        owners,
        n: t.count(found.n),
        on: query.on.map(|on| t.day(on)),
        stretch: (found.n > PAGE).then(|| format!("{}–{} / {}", t.count(first + 1), t.count(last), t.count(found.n))),
        before: (number > 1).then(|| query.href(number - 1)),
        after: (last < found.n).then(|| query.href(number + 1)),
        groups: by_owner(found.items, t),
        n_pledges: t.count(promised.len()),
        more_pledges: more(promised.len().saturating_sub(PAGE), t),
        calendar: match query.owner.as_str() {
            "" => "/work/calendar".to_owned(),
            owner => format!("/work/calendar?owner={}", part(owner)),
        },
        pledges: promised.iter().take(PAGE).map(|promised| Pledge::of(promised, t)).collect(),
        back: format!("{back}{}done=1", if back.contains('?') { '&' } else { '?' }),
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
