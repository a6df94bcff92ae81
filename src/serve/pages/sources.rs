//! Sources: how each of them answers, whom it sees, and the clients that nobody sees now.

use askama::Template;
use axum::{extract::State, response::Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use self::words::Words;
use super::{
    codes::grade_class,
    frame::{Frame, Tab, page},
    look::Tongue,
    morning::{amount, client_href},
    session::Guest,
};
use crate::{
    desk::{UnseenLine, WatchedSource},
    serve::{House, fault::Fault, input::Asked},
};

/// Clients that nobody sees, of a page: who owes less is on the next.
const UNSEEN: usize = 50;

/// Of a source that has answered about no client by name.
const NOBODY: &str = "—";

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SourcesQuery {
    /// Of those whom nobody sees.
    page: String,
}

mod words {
    //! The words of the page.

    use crate::serve::pages::words::dictionary;

    dictionary! {
        lead: "Chi guarda i tuoi clienti, da quando, e chi oggi nessuno vede.", "Who watches your clients, since when, and whom nobody sees today.";
        none: "Nessuna fonte accesa", "No source is switched on";
        none_how: "Le fonti si accendono nella configurazione; fino ad allora parla solo il partitario.", "Sources are switched on in the configuration; until then the ledger alone speaks.";
        source: "Fonte", "Source";
        state: "Stato", "State";
        answered: "Ultima risposta", "Last answer";
        asked: "Ultima domanda", "Last asked";
        never: "mai", "never";
        awaited: "Può tacere", "May be silent";
        sees: "Clienti visti", "Clients seen";
        late: "non più", "no longer";
        error: "Ultimo errore", "Last error";
        is_well: "risponde", "answers";
        is_stale: "tace da troppo", "silent for too long";
        is_failing: "l'ultima volta ha fallito", "failed the last time";
        is_new: "non ancora interrogata", "not asked yet";
        is_off: "spenta", "switched off";
        sources: "Fonti accese", "Sources on";
        answering: "Rispondono", "Answering";
        seen: "Clienti visti da una fonte almeno", "Clients seen by one source at least";
        unseen: "Nessuno li vede", "Nobody sees them";
        unseen_owe: "Devono", "They owe";
        unseen_how: "Di questi clienti nessuna fonte ha risposto entro il tempo in cui può tacere: di loro parla solo il partitario.", "No source has answered about these clients within the time that it may be silent: the ledger alone speaks of them.";
        all_seen: "Ogni cliente è visto da una fonte almeno.", "Every client is seen by one source at least.";
        last_seen: "Visto l'ultima volta", "Last seen";
        by_name: "«—»: una fonte che si legge intera (statistiche, giornali, gazzette, elenchi) risponde di tutti insieme, e di un cliente solo quando lo nomina.", "“—”: a source that is read as a whole (statistics, papers, gazettes, lists) answers about all at once, and about a client only when it names them.";
    }
}

#[cfg(test)]
pub(super) use words::ALL as ALL_WORDS;

struct Row {
    id: String,
    class: &'static str,
    mark: &'static str,
    state: &'static str,
    answered: String,
    asked: String,
    awaited: String,
    sees: String,
    late: Option<String>,
    error: Option<String>,
}

struct Unseen {
    href: String,
    name: String,
    grade: &'static str,
    class: &'static str,
    exposure: String,
    last: String,
}

#[derive(Template)]
#[template(path = "templates/sources.html", config = ".askama.toml")]
struct SourcesPage {
    frame: Frame,
    w: &'static Words,
    rows: Vec<Row>,
    n_on: String,
    n_answering: String,
    seen_share: String,
    n_unseen: usize,
    unseen_count: String,
    unseen_owe: String,
    unseen: Vec<Unseen>,
    has_nobody: bool,
    /// Which of them are on this page, where there are more than fit.
    stretch: Option<String>,
    before: Option<usize>,
    after: Option<usize>,
}

/// A time in its largest unit: days from two on, else hours.
fn span(time: SignedDuration, t: Tongue) -> String {
    match time.as_hours() {
        hours @ 0..48 => format!("{hours} {}", t.pick("ore", "hours")),
        hours => format!("{} {}", hours / 24, t.pick("giorni", "days")),
    }
}

/// Whether a source answers, in a word, a mark and the class that paints it.
fn standing(source: &WatchedSource, w: &'static Words) -> (&'static str, &'static str, &'static str) {
    let state = &source.state;
    match (source.stale_after, state.last_tried_at) {
        (None, _) => ("○", "quiet", w.is_off),
        _ if state.is_stale => ("▼", "worse", w.is_stale),
        (_, None) => ("○", "quiet", w.is_new),
        _ if state.last_error.is_some() => ("▼", "warned", w.is_failing),
        _ => ("●", "better", w.is_well),
    }
}

fn row(source: WatchedSource, w: &'static Words, t: Tongue) -> Row {
    let (mark, class, state) = standing(&source, w);
    let at = |at: Option<Timestamp>| at.map_or_else(|| w.never.to_owned(), |at| t.instant(at));
    Row {
        class,
        mark,
        state,
        answered: at(source.state.last_ok_at),
        asked: at(source.state.last_tried_at),
        awaited: source.stale_after.map_or_else(|| "–".to_owned(), |time| span(time, t)),
        sees: if source.n_fresh + source.n_late == 0 { NOBODY.to_owned() } else { t.count(source.n_fresh) },
        late: (source.n_late > 0).then(|| t.count(source.n_late)),
        error: source.state.last_error,
        id: source.state.id,
    }
}

fn unseen(one: &UnseenLine, w: &'static Words, t: Tongue) -> Unseen {
    let grade = one.line.grade.as_str();
    Unseen {
        href: client_href(&one.line.code),
        name: one.line.name.clone(),
        grade,
        class: grade_class(grade),
        exposure: t.round(one.line.exposure),
        last: one
            .last
            .as_ref()
            .map_or_else(|| w.never.to_owned(), |(source, at)| format!("{}, {source}", t.day_of(*at))),
    }
}

/// The page.
#[expect(clippy::cast_precision_loss, reason = "a share of clients, for showing")]
pub(super) async fn sources(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<SourcesQuery>,
) -> Result<Response, Fault> {
    let number: usize = query.page.parse().unwrap_or(1).clamp(1, 1_000_000);
    let first = (number - 1) * UNSEEN;
    let found = house.desk.coverage(&house.roll, &guest.visitor.caller, (first, UNSEEN)).await?;
    let t = guest.look.tongue;
    let w = t.pick(&words::IT, &words::EN);
    let share = match found.n_clients {
        0 => "–".to_owned(),
        n => t.percent_whole((n - found.n_unseen) as f64 / n as f64),
    };
    let last = (first + UNSEEN).min(found.n_unseen);
    let is_on = |source: &&WatchedSource| source.stale_after.is_some();
    let answers = |source: &&WatchedSource| !source.state.is_stale && source.state.last_ok_at.is_some();
    page(&SourcesPage {
        frame: Frame::of(&guest, Tab::Sources, t.words().sources),
        w,
        n_on: t.count(found.sources.iter().filter(is_on).count()),
        n_answering: t.count(found.sources.iter().filter(is_on).filter(answers).count()),
        seen_share: share,
        n_unseen: found.n_unseen,
        unseen_count: t.count(found.n_unseen),
        unseen_owe: amount(found.unseen_minor, found.currency, t),
        unseen: found.unseen.iter().map(|one| unseen(one, w, t)).collect(),
        has_nobody: found.sources.iter().any(|source| source.n_fresh + source.n_late == 0),
        stretch: (found.n_unseen > UNSEEN)
            .then(|| format!("{}–{} / {}", t.count(first + 1), t.count(last), t.count(found.n_unseen))),
        before: (number > 1).then_some(number.saturating_sub(1)),
        after: (last < found.n_unseen).then_some(number + 1),
        rows: found.sources.into_iter().map(|source| row(source, w, t)).collect(),
    })
}
