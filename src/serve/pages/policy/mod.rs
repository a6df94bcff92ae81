//! The policy: what is done about who is late, phase by phase, and what another one would change.

mod words;

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;

use self::words::Words;
use super::{
    codes::capital,
    form::{ByManager, Choice, choices},
    frame::{Frame, Tab, page},
    look::Tongue,
    morning::client_href,
    session::Guest,
};
use crate::{
    desk::{DryRunView, Reach},
    serve::{
        House,
        fault::{Fault, FieldProblem},
    },
};

#[cfg(test)]
pub(super) use words::ALL as ALL_WORDS;

/// Clients that are named who would move: the largest.
const MOVES: usize = 30;

fn words(t: Tongue) -> &'static Words {
    t.pick(&words::IT, &words::EN)
}

/// A phase, and what is done in it.
struct Rung {
    phase: String,
    by_law: Option<String>,
    after: String,
    lasts: String,
    within: String,
    what: String,
    who: String,
    cost: String,
    least: String,
}

/// A way through the phases.
struct Way {
    name: String,
    start: String,
    after: String,
    pace: String,
    whom: String,
}

/// Who has how much to do.
struct Load {
    who: String,
    now: String,
    then: String,
    busiest: String,
}

/// What a draft would change.
struct Tried {
    version: String,
    portfolio: Option<String>,
    positions: String,
    moved: String,
    transitions: Vec<[String; 4]>,
    loads: Vec<Load>,
    /// The address of a client, its code, from, to, what is overdue.
    moves: Vec<[String; 5]>,
}

/// A line of a draft that is wrong.
struct Wrong {
    line: String,
    why: String,
}

#[derive(Template)]
#[template(path = "templates/policy.html", config = ".askama.toml")]
struct PolicyPage {
    frame: Frame,
    w: &'static Words,
    version: String,
    tolerance: String,
    promise_days: i32,
    plan_days: i32,
    rungs: Vec<Rung>,
    ways: Vec<Way>,
    may_try: bool,
    portfolios: Vec<Choice>,
    typed: String,
    wrong: Vec<Wrong>,
    tried: Option<Tried>,
}

fn days(n: i32, t: Tongue) -> String {
    if n == 0 { "–".to_owned() } else { t.whole(n.into()) }
}

fn amount(major: f64, t: Tongue) -> String {
    if major > 0.0 { t.about(major, "EUR") } else { "–".to_owned() }
}

fn rungs(house: &House, t: Tongue) -> Vec<Rung> {
    let rungs = house.desk.policy().rungs().into_iter();
    let rungs = rungs.map(|rung| Rung {
        phase: capital(&t.phase(rung.phase.as_str())),
        by_law: rung.by_law.map(|state| t.law(state.as_str())),
        after: days(rung.after_days, t),
        lasts: days(rung.lasts_days, t),
        within: days(rung.act_within_days, t),
        what: format!("{}, {}", capital(&t.action(rung.action.as_str())), t.channel(rung.channel.as_str())),
        who: capital(&t.owner(&rung.owner)),
        cost: amount(rung.cost, t),
        least: amount(rung.least_amount, t),
    });
    rungs.collect()
}

fn ways(house: &House, t: Tongue) -> Vec<Way> {
    let w = words(t);
    let value = |name: &str, value: &str| match name {
        "active" => t.condition(value),
        "legal_states" => value.split(", ").map(|state| t.law(state)).collect::<Vec<_>>().join(", "),
        _ => value.to_owned(),
    };
    let ways = house.desk.policy().paths().into_iter().map(|path| {
        let conditions =
            path.conditions.iter().map(|(name, own)| format!("{} {}", t.condition(name), value(name, own)));
        let conditions = conditions.collect::<Vec<_>>().join("; ");
        let pace = format!("{} {}", t.pick(path.pace.to_string().replace('.', ","), path.pace.to_string()), w.times);
        Way {
            name: capital(&t.track(&path.name)),
            start: t.phase(path.start.as_str()),
            after: days(path.after_days + path.delay_days, t),
            // One is the usual time, written so in the policy.
            pace: if (path.pace - 1.0).abs() < f64::EPSILON { w.usual.to_owned() } else { pace },
            whom: capital(if conditions.is_empty() { w.everybody } else { &conditions }),
        }
    });
    ways.collect()
}

/// `formal_notice / send_notice` in words.
fn stage(text: &str, t: Tongue) -> String {
    match text.split_once(" / ") {
        Some((phase, action)) => format!("{}, {}", t.phase(phase), t.action(action)),
        None => t.phase(text),
    }
}

impl Tried {
    fn of(view: &DryRunView, t: Tongue) -> Self {
        let load = |one: &crate::desk::OwnerLoad| Load {
            who: capital(&t.owner(&one.owner)),
            now: t.count(one.present),
            then: t.count(one.draft),
            busiest: t.count(one.draft_busiest_day),
        };
        let moved = view.transitions.iter().filter(|one| one.from != one.to);
        let transitions = moved
            .map(|one| [t.phase(&one.from), t.phase(&one.to), t.count(one.positions), t.about(one.overdue, "EUR")]);
        let moves = view.moves.iter().take(MOVES).map(|one| {
            let (from, to) = (stage(&one.from, t), stage(&one.to, t));
            [client_href(&one.client), one.client.clone(), from, to, t.about(one.overdue, "EUR")]
        });
        Self {
            version: view.draft.clone(),
            portfolio: view.portfolio.clone(),
            positions: t.count(view.positions),
            moved: t.count(view.moved),
            transitions: transitions.collect(),
            loads: view.owners.iter().map(load).collect(),
            moves: moves.collect(),
        }
    }
}

/// The lines of a draft that are wrong, as the desk tells them.
fn wrong(errors: &[FieldProblem]) -> Vec<Wrong> {
    let line = |error: &FieldProblem| Wrong {
        line: error.pointer.trim_start_matches("/line/").to_owned(),
        why: error.detail.clone(),
    };
    errors.iter().map(line).collect()
}

/// Refuses who does not see everybody and names no portfolio: the policy is one for all.
fn must_see_whom_it_is_tried_on(guest: &Guest, portfolio: Option<&str>) -> Result<(), Fault> {
    match (&guest.visitor.caller.reach, portfolio) {
        (Reach::Everything, _) | (_, Some(_)) => Ok(()),
        (Reach::Portfolios(_), None) => {
            let detail = "a policy is tried over every portfolio, or over one that is named";
            Err(Fault::new(axum::http::StatusCode::FORBIDDEN, "forbidden", detail))
        }
    }
}

/// The portfolios that a draft can be tried on; all of them together for who sees them all.
async fn tried_on(house: &House, guest: &Guest, chosen: &str) -> Result<Vec<Choice>, Fault> {
    let caller = &guest.visitor.caller;
    let names = house.desk.portfolio_names(caller).await?;
    let all = (caller.reach == Reach::Everything).then(|| ("", words(guest.look.tongue).every_portfolio.to_owned()));
    let each = names.iter().map(|name| (name.as_str(), name.clone()));
    Ok(choices(&all.into_iter().chain(each).collect::<Vec<_>>(), chosen))
}

async fn view(
    house: &House,
    guest: &Guest,
    typed: DraftForm,
    wrong: Vec<Wrong>,
    tried: Option<Tried>,
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let policy = house.desk.policy();
    let ahead = policy.reach();
    let frame = Frame::of(guest, Tab::Policy, t.words().policy);
    page(&PolicyPage {
        w: words(t),
        version: policy.version().to_owned(),
        tolerance: t.about(policy.tolerance(), "EUR"),
        promise_days: ahead.promise_days,
        plan_days: ahead.plan_days,
        rungs: rungs(house, t),
        ways: ways(house, t),
        may_try: frame.may_decide(),
        portfolios: tried_on(house, guest, &typed.portfolio).await?,
        frame,
        typed: typed.draft,
        wrong,
        tried,
    })
}

/// The policy in force.
pub(super) async fn show(State(house): State<House>, guest: Guest) -> Result<Response, Fault> {
    view(&house, &guest, DraftForm::default(), Vec::new(), None).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct DraftForm {
    draft: String,
    /// Empty for every portfolio.
    portfolio: String,
}

/// Tries a draft on everybody, or on the clients of a portfolio, as of now, and records nothing.
pub(super) async fn dry_run(
    State(house): State<House>,
    ByManager(guest, form): ByManager<DraftForm>,
) -> Result<Response, Fault> {
    let portfolio = Some(form.portfolio.trim().to_owned()).filter(|name| !name.is_empty());
    must_see_whom_it_is_tried_on(&guest, portfolio.as_deref())?;
    let policy = match house.desk.read_policy(&form.draft) {
        Ok(policy) => policy,
        Err(error) => {
            let wrong = wrong(&Fault::from(error).errors);
            return view(&house, &guest, form, wrong, None).await;
        }
    };
    let tried = house.desk.dry_run((&guest.visitor.caller, portfolio.as_deref()), policy, None).await?;
    let tried = Tried::of(&tried, guest.look.tongue);
    view(&house, &guest, form, Vec::new(), Some(tried)).await
}
