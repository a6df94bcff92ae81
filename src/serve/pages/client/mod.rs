//! A client: how it stands, why, how it came there, what is owed and what to do.

mod act;
mod deeds;
mod history;
mod holds;
mod lists;
mod papers;
mod sections;
mod why;
mod words;

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use jiff::civil::Date;
use serde::Deserialize;

pub(super) use act::{act, confirm_override, end_limit, end_override, grant, overrule, withdraw};
use deeds::{Aside, Charge, Offers, Slip};
pub(super) use deeds::{interest, join, leave, put_invoice, put_payment, split, tell};
use history::{Past, Then};
pub(super) use holds::{end_hold, hold};
pub(super) use lists::{facts, invoices};
pub(super) use papers::{erase, file, merge, papers, unmerge};
pub(super) use sections::web_address;
use sections::{ActionRow, Debt, FactRow, Granted, Order};
use why::Waterfall;

/// The words of a client's papers, and of what is decided on its page.
#[cfg(test)]
pub(super) const ALL_WORDS: [&[(&str, &str, &str)]; 2] = [words::ALL, deeds::ALL_WORDS];

use super::{
    codes::grade_class,
    form::end_of,
    frame::{Frame, Tab, page, part},
    look::Tongue,
    morning::client_href,
    session::Guest,
    words::Words,
};
use crate::{
    desk::{ClientView, Explanation, Moment, OverrideView, PathView, Wanted},
    domain::Grade,
    serve::{
        House,
        fault::Fault,
        input::{Asked, Place},
    },
};

/// Steps of the history that are drawn.
const STEPS: usize = 60;
/// Facts that are shown, the newest.
const FACTS: usize = 40;
/// Records that were said to be about somebody else, the newest.
const ASIDE: usize = 20;
/// Lines of the ledger that are shown, the newest.
const LINES: usize = 60;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ClientQuery {
    portfolio: Option<String>,
    /// The day to look back to.
    on: Option<String>,
    /// The day whose knowledge it is to be looked back with.
    known: Option<String>,
    /// The grade to find the way back to.
    path: Option<String>,
    /// What was done a moment ago, as a word.
    done: Option<String>,
}

impl ClientQuery {
    /// The page as it is, of a client of this portfolio.
    fn of(portfolio: Option<String>) -> Self {
        Self { portfolio, ..Self::default() }
    }
}

/// A step of the way back.
struct Step {
    text: String,
    amount: String,
}

struct Way {
    text: String,
    steps: Vec<Step>,
    result: String,
}

#[derive(Template)]
#[template(path = "templates/client.html", config = ".askama.toml")]
struct ClientPage {
    frame: Frame,
    w: &'static Words,
    /// The words of what is decided here.
    h: &'static deeds::Words,
    /// A form that was refused a moment ago.
    slip: Slip,
    name: String,
    about: String,
    merged_into: Option<(String, String)>,
    href: String,
    portfolio: String,
    grade: String,
    class: &'static str,
    pd: String,
    points: String,
    coverage: String,
    as_of: String,
    before: Option<String>,
    decision: Option<Decision>,
    /// A decision that waits for a second person.
    pending: Option<Decision>,
    level: Waterfall,
    change: Option<Waterfall>,
    change_title: String,
    past: Past,
    then: Option<Then>,
    /// The day whose knowledge is shown, as the form says it.
    known: String,
    telling: Vec<FactRow>,
    facts: Vec<FactRow>,
    /// Where the rest of them is.
    all_facts: Option<String>,
    offers: Offers,
    /// Records that were said to be about somebody else.
    asides: Vec<Aside>,
    debt: Debt,
    /// Where the rest of its invoices is.
    all_invoices: Option<String>,
    /// The invoices whose interest can be decided.
    late_invoices: Vec<String>,
    order: Order,
    granted: Granted,
    /// Every group of the portfolio.
    groups: Vec<String>,
    actions: Vec<ActionRow>,
    grades: Vec<&'static str>,
    way: Option<Way>,
    way_to: Option<&'static str>,
    today: Date,
    said: Option<&'static str>,
}

/// A grade that a person decided, or asked for.
struct Decision {
    text: String,
    reason: String,
    /// Whether whoever looks asked for it, and so cannot confirm it.
    is_own: bool,
}

fn about(client: &ClientView, t: Tongue) -> String {
    let vat = client.tax_id.as_ref().map(|id| format!("{} {id}", t.pick("P. IVA", "VAT")));
    let place =
        [client.city.as_deref(), client.country.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let since = client.since.map(|on| format!("{} {}", t.pick("cliente dal", "client since"), t.day(on)));
    let sector = client.sector.as_ref().map(|sector| format!("ATECO {sector}"));
    let all = [Some(client.client.clone()), Some(place).filter(|p| !p.is_empty()), vat, sector, since];
    all.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn before(explained: &Explanation, t: Tongue) -> Option<String> {
    let (from, to) = (explained.from.as_ref()?, explained.to.as_ref()?);
    Some(t.pick(
        format!("prima {} · {} dal {}", from.grade, to.grade, t.day(to.valid_at)),
        format!("before {} · {} since {}", from.grade, to.grade, t.day(to.valid_at)),
    ))
}

/// `verb`: decided, or asked for.
fn decision(decided: &OverrideView, verb: &str, guest: &Guest) -> Decision {
    let t = guest.look.tongue;
    let until = t.pick("fino al", "until");
    Decision {
        text: format!("{} {verb} {} {until} {}", decided.grade, decided.author, t.last_day(decided.expires_at)),
        reason: decided.reason.clone(),
        is_own: decided.author == guest.visitor.caller.name,
    }
}

fn way(path: &PathView, t: Tongue) -> Way {
    let step = |step: &crate::desk::PathStepView| Step {
        text: t.pick(&step.text_it, &step.text).clone(),
        amount: step.amount.map_or_else(String::new, |a| t.about(a, step.currency.as_deref().unwrap_or("EUR"))),
    };
    let pd = path.result.pd.map_or_else(String::new, |pd| format!(", PD {}", t.percent(pd)));
    Way {
        text: t.pick(&path.text_it, &path.text).clone(),
        steps: path.steps.iter().map(step).collect(),
        result: format!("{}{pd}", path.result.grade),
    }
}

/// The grade that a way back is offered to: the one before, where the client fell, else one notch up.
fn way_to(explained: &Explanation) -> Option<&'static str> {
    let grade = |text: &str| Grade::PERFORMING.iter().find(|grade| grade.as_str() == text);
    let now = explained.to.as_ref()?;
    let before = explained.from.as_ref().and_then(|from| grade(&from.grade));
    let place = Grade::PERFORMING.iter().position(|grade| grade.as_str() == now.grade);
    let fell = before.filter(|b| place.is_none_or(|place| Grade::PERFORMING[place] > **b));
    let up = || place.and_then(|place| Grade::PERFORMING.get(place.checked_sub(1)?));
    fell.or_else(up).map(|grade| grade.as_str())
}

fn said(done: Option<&str>, t: Tongue) -> Option<&'static str> {
    let (w, h) = (t.words(), deeds::words_of(t));
    match done? {
        "action" => Some(w.said_action),
        "withdrawn" => Some(w.said_withdrawn),
        "override" => Some(w.said_override),
        "asked" => Some(w.said_asked),
        "limit" => Some(w.said_limit),
        "charges" => Some(h.said_charges),
        "split" => Some(h.said_split),
        "given_back" => Some(h.said_given_back),
        "joined" => Some(h.said_joined),
        "left" => Some(h.said_left),
        "told" => Some(h.said_told),
        "invoice" => Some(h.said_invoice),
        "payment" => Some(h.said_payment),
        _ => None,
    }
}

/// The page.
pub(super) async fn show(
    State(house): State<House>,
    guest: Guest,
    Place(code): Place<String>,
    Asked(query): Asked<ClientQuery>,
) -> Result<Response, Fault> {
    Box::pin(client_page(&house, &guest, &code, query, Slip::default())).await
}

/// The grade of another day, when one is asked about; as it was known at the end of a day, when one is named.
async fn on_day(
    house: &House,
    wanted: &Wanted<'_>,
    (on, known): (Option<Date>, Option<Date>),
    t: Tongue,
) -> Result<Option<Then>, Fault> {
    let Some(day) = on else { return Ok(None) };
    let moment = Moment { valid_at: Some(day), known_at: known.and_then(end_of) };
    Ok(Some(Then::of(&house.desk.rating(wanted, moment).await?, (day, known), t)))
}

impl ClientQuery {
    /// The day that is looked back at, and the one by which it was known. What is known at the end of today is not known yet.
    fn days(&self, today: Date) -> (Option<Date>, Option<Date>) {
        let asked = |day: &Option<String>| day.as_deref().and_then(|day| day.parse::<Date>().ok());
        (asked(&self.on), asked(&self.known).filter(|day| *day < today))
    }
}

/// The page of all that this page shows only the newest of.
fn whole(href: &str, list: &str, portfolio: &str) -> String {
    format!("{href}/{list}?portfolio={}", part(portfolio))
}

async fn client_page(
    house: &House,
    guest: &Guest,
    code: &str,
    query: ClientQuery,
    slip: Slip,
) -> Result<Response, Fault> {
    let wanted = Wanted { caller: &guest.visitor.caller, code, portfolio: query.portfolio.as_deref() };
    let (desk, t) = (&house.desk, guest.look.tongue);
    let (client, rating, explained) = tokio::try_join!(
        desk.client(&wanted),
        desk.rating(&wanted, Moment::default()),
        desk.explanation(&wanted, None, None)
    )?;
    let (steps, signals, (ledger, sums)) = tokio::try_join!(
        desk.history(&wanted, None, STEPS),
        desk.signals(&wanted, None, FACTS),
        desk.ledger(&wanted, 0, LINES)
    )?;
    let (treated, limit) = tokio::try_join!(desk.treatment(&wanted), desk.limit(&wanted))?;
    let (asides, groups) = tokio::try_join!(desk.set_aside(&wanted, ASIDE), desk.group_names(&wanted))?;
    let w = t.words();
    let way = match query.path.as_deref() {
        Some(to) => Some(way(&desk.path(&wanted, to).await?, t)),
        None => None,
    };
    let (on, known) = query.days(sums.as_of);
    let then = on_day(house, &wanted, (on, known), t).await?;
    let debt = Debt::of(&ledger.items, &sums, t);
    let href = client_href(&client.client);
    let facts = signals.items.iter().map(|signal| FactRow::of(signal, &client.client, t));
    let (telling, facts) = facts.partition(|fact| fact.is_telling);
    page(&ClientPage {
        frame: Frame::of(guest, Tab::Clients, client.name.clone()),
        w,
        h: deeds::words_of(t),
        offers: Offers::of(slip.typed_in(&slip.told), t),
        slip,
        about: about(&client, t),
        merged_into: client.merged_into.as_ref().map(|into| (client_href(into), into.clone())),
        class: grade_class(&rating.grade),
        pd: rating.pd.map_or_else(|| "–".to_owned(), |pd| t.percent(pd)),
        points: rating.points.map_or_else(|| "–".to_owned(), |points| t.whole(points.into())),
        coverage: t.percent_whole(rating.coverage),
        as_of: format!("{} · {}", t.day(rating.valid_at), rating.model.as_deref().unwrap_or("–")),
        before: before(&explained, t),
        decision: rating.decision.as_ref().map(|one| decision(one, w.decided_by, guest)),
        pending: rating.pending_override.as_ref().map(|one| decision(one, w.asked_by, guest)),
        level: Waterfall::of_level(&explained, t),
        change: Waterfall::of_change(&explained, t),
        change_title: why::change_title(&explained, t),
        past: Past::of(&steps.items, &rating, &signals.items, sums.as_of, on, t),
        then,
        known: known.map(|day| day.to_string()).unwrap_or_default(),
        telling,
        facts,
        all_facts: signals.next.map(|_| whole(&href, "facts", &client.portfolio)),
        all_invoices: ledger.next.map(|_| whole(&href, "invoices", &client.portfolio)),
        asides: asides.iter().map(|review| Aside::of(review, t)).collect(),
        late_invoices: Charge::invoices(&debt.charges),
        debt,
        order: Order::of(&treated, t),
        granted: Granted::of(&limit, t),
        groups,
        actions: treated.actions.iter().map(|action| ActionRow::of(action, &treated.line.currency, t)).collect(),
        grades: Grade::PERFORMING.iter().map(|grade| grade.as_str()).collect(),
        way,
        way_to: way_to(&explained),
        today: sums.as_of,
        said: said(query.done.as_deref(), t),
        grade: rating.grade,
        portfolio: client.portfolio,
        name: client.name,
        href,
    })
}

/// What was read, as a file to keep: never shown as a page of ours, because others wrote it.
pub(super) async fn evidence(
    State(house): State<House>,
    guest: Guest,
    Place((code, sha256)): Place<(String, String)>,
) -> Result<Response, Fault> {
    let name = sha256.parse().map_err(|_| Fault::of_status(StatusCode::NOT_FOUND))?;
    let wanted = Wanted { caller: &guest.visitor.caller, code: &code, portfolio: None };
    let bytes = house.desk.evidence(&guest.visitor.caller, Some(&wanted), name).await?;
    let file = format!("attachment; filename=\"{sha256}.bin\"");
    let headers = [(header::CONTENT_TYPE, "application/octet-stream".to_owned()), (header::CONTENT_DISPOSITION, file)];
    Ok((headers, bytes).into_response())
}
