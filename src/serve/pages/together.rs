//! One thing done with several clients of the list: what will happen is said first, and done when it is confirmed.

use std::collections::{HashMap, HashSet};

use askama::Template;
use axum::{extract::State, response::Response};

use self::words::Words;
use super::{
    clients::{ClientsQuery, as_file},
    codes::grade_class,
    form::{ByAnalyst, Choice, choices, said},
    frame::{Frame, Tab, page},
    look::Tongue,
    morning::client_href,
    session::Guest,
};
use crate::{
    desk::{ActionInput, MAX_TOGETHER, RollLine, Together},
    domain::ClientId,
    serve::{House, fault::Fault},
};

mod words {
    //! The words of the page.

    use crate::serve::pages::words::dictionary;

    dictionary! {
        title: "Più clienti insieme", "Several clients at once";
        seen: "Segna come visti", "Mark as seen";
        seen_note: "Visto.", "Seen.";
        note: "Scrivi una nota", "Write a note";
        reminder_sent: "Registra un sollecito inviato", "Record a reminder that was sent";
        export: "Esporta", "Export";
        nobody: "Nessun cliente scelto", "No client chosen";
        nobody_how: "Scegli le caselle accanto ai clienti, poi di' che cosa fare.", "Tick the boxes beside clients, then say what to do.";
        too_many: "Sono troppi insieme", "These are too many at once";
        too_many_how: "Al massimo 200 alla volta: restringi il filtro.", "At most 200 at a time: narrow the filter.";
        will_seen: "Verrà registrato che li hai visti, oggi, a tuo nome:", "That you have seen them will be recorded, today, in your name:";
        will_note: "Verrà scritta la stessa nota, oggi, a tuo nome:", "The same note will be written, today, in your name:";
        will_reminder: "Verrà registrato un sollecito inviato oggi. Il trattamento di ciascuno ne tiene conto:", "A reminder sent today will be recorded. The treatment of each takes it into account:";
        note_text: "Nota", "Note";
        no_note: "Scrivi la nota.", "Write the note.";
        confirm: "Registra per tutti", "Record for all";
        back: "Torna ai clienti", "Back to the clients";
        done: "Registrato per", "Recorded for";
        refused: "Non è stato possibile per", "It could not be done for";
        of_clients: "clienti", "clients";
    }
}

#[cfg(test)]
pub(super) use words::ALL as ALL_WORDS;

/// Clients are named in a form so: `c.` and the number of the client.
const TICK: &str = "c.";

/// What can be done with several clients: `note`, `seen` (a note that says so), `reminder_sent`, `export`.
pub(super) fn deeds(chosen: &str, t: Tongue) -> Vec<Choice> {
    let w = words(t);
    let all = [("seen", w.seen), ("note", w.note), ("reminder_sent", w.reminder_sent), ("export", w.export)];
    choices(&all.map(|(value, label)| (value, label.to_owned())), chosen)
}

fn words(t: Tongue) -> &'static Words {
    t.pick(&words::IT, &words::EN)
}

/// The fields of both forms: `what`, `note`, `filter`, `all`, and a tick for each client.
type Fields = HashMap<String, String>;

fn field<'f>(fields: &'f Fields, name: &str) -> &'f str {
    fields.get(name).map_or("", String::as_str)
}

/// Whom a form is about, of those that its sender sees: the ticked ones, or all that the filter finds.
async fn chosen(house: &House, guest: &Guest, fields: &Fields) -> Result<Vec<RollLine>, Fault> {
    let caller = &guest.visitor.caller;
    if !field(fields, "all").is_empty() {
        let ask = ClientsQuery::of_address(field(fields, "filter")).ask();
        return Ok(house.desk.from_roll(&house.roll, caller, &ask, (0, MAX_TOGETHER + 1)).await?.lines);
    }
    let ticked: HashSet<i64> = fields.keys().filter_map(|name| name.strip_prefix(TICK)?.parse().ok()).collect();
    let everybody = house.roll.lines(&house.desk).await?;
    let is_chosen = |line: &&RollLine| ticked.contains(&line.id.get()) && caller.reach.sees(line.portfolio);
    Ok(everybody.iter().filter(is_chosen).cloned().collect())
}

struct Row {
    id: i64,
    href: String,
    name: String,
    code: String,
    grade: &'static str,
    class: &'static str,
    exposure: String,
}

fn row(line: &RollLine, t: Tongue) -> Row {
    let grade = line.grade.as_str();
    Row {
        id: line.id.get(),
        href: client_href(&line.code),
        name: line.name.clone(),
        code: line.code.clone(),
        grade,
        class: grade_class(grade),
        exposure: t.round(line.exposure),
    }
}

/// What was done.
struct Done {
    sentence: String,
    refused: Vec<(String, String, String)>,
}

impl Done {
    fn of(together: Together, t: Tongue) -> Self {
        let w = words(t);
        Self {
            sentence: format!("{} {} {}.", w.done, t.count(together.n_done), w.of_clients),
            refused: together.refused.into_iter().map(|(code, why)| (client_href(&code), code, why)).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "templates/together.html", config = ".askama.toml")]
struct TogetherPage {
    frame: Frame,
    w: &'static Words,
    what: String,
    sentence: &'static str,
    has_note: bool,
    note: String,
    rows: Vec<Row>,
    n: String,
    is_too_many: bool,
    problem: Option<&'static str>,
    done: Option<Done>,
}

fn shown(
    guest: &Guest,
    fields: &Fields,
    lines: &[RollLine],
    (problem, done): (Option<&'static str>, Option<Done>),
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let w = words(t);
    let what = field(fields, "what");
    let is_too_many = lines.len() > MAX_TOGETHER;
    page(&TogetherPage {
        frame: Frame::of(guest, Tab::Clients, w.title),
        w,
        what: what.to_owned(),
        sentence: match what {
            "note" => w.will_note,
            "reminder_sent" => w.will_reminder,
            _ => w.will_seen,
        },
        has_note: what == "note",
        note: field(fields, "note").to_owned(),
        n: t.count(lines.len()),
        rows: if is_too_many { Vec::new() } else { lines.iter().map(|line| row(line, t)).collect() },
        is_too_many,
        problem,
        done,
    })
}

/// Says what will happen, and to whom; an export happens at once.
pub(super) async fn confirm(
    State(house): State<House>,
    ByAnalyst(guest, fields): ByAnalyst<Fields>,
) -> Result<Response, Fault> {
    let lines = chosen(&house, &guest, &fields).await?;
    if field(&fields, "what") == "export" && (1..=MAX_TOGETHER).contains(&lines.len()) {
        return as_file(&lines, guest.look.tongue);
    }
    shown(&guest, &fields, &lines, (None, None))
}

/// What is recorded for each.
fn input(fields: &Fields, t: Tongue) -> Option<ActionInput> {
    let (kind, note) = match field(fields, "what") {
        "note" => ("note", Some(said(field(fields, "note"))?)),
        "reminder_sent" => ("reminder_sent", None),
        _ => ("note", Some(words(t).seen_note.to_owned())),
    };
    Some(ActionInput { kind: kind.to_owned(), note, ..ActionInput::default() })
}

/// Does it.
pub(super) async fn act(
    State(house): State<House>,
    ByAnalyst(guest, fields): ByAnalyst<Fields>,
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let lines = chosen(&house, &guest, &fields).await?;
    let Some(input) = input(&fields, t) else {
        return shown(&guest, &fields, &lines, (Some(words(t).no_note), None));
    };
    if lines.is_empty() || lines.len() > MAX_TOGETHER {
        return shown(&guest, &fields, &lines, (None, None));
    }
    let ids: Vec<ClientId> = lines.iter().map(|line| line.id).collect();
    let together = house.desk.act_together(&guest.visitor.caller, &ids, &input).await?;
    shown(&guest, &fields, &lines, (None, Some(Done::of(together, t))))
}
