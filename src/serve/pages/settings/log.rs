//! The log of who did what, newest first.

use askama::Template;
use axum::{extract::State, response::Response};
use serde::Deserialize;

use super::{Words, words};
use crate::{
    desk::{LogAsk, LogLine},
    domain::Rank,
    escape::turns_direction,
    serve::{
        House,
        fault::Fault,
        input::Asked,
        pages::{
            codes::capital,
            form::{Choice, choices, said},
            frame::{Frame, Tab, page, part},
            look::Tongue,
            session::Guest,
        },
    },
};

/// Rows of a page.
const PAGE: usize = 50;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(in crate::serve::pages) struct LogQuery {
    who: String,
    what: String,
    before: Option<i64>,
}

struct Row {
    id: String,
    at: String,
    who: String,
    what: String,
    object: String,
    details: String,
    is_erased: bool,
}

fn row(line: LogLine, t: Tongue) -> Row {
    Row {
        id: t.whole(line.id),
        at: t.instant(line.at),
        who: line.who,
        what: line.what,
        object: visible(&line.object),
        details: visible(&line.details),
        is_erased: line.is_erased,
    }
}

/// Marks that turn the direction of what follows, written out: whoever reads a log must read it in its order (Unicode Standard
/// Annex 9, section 2).
fn visible(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}') || turns_direction(c);
    text.chars().fold(String::with_capacity(text.len()), |mut seen, c| {
        if turns(c) {
            seen.extend(c.escape_unicode())
        } else {
            seen.push(c)
        }
        seen
    })
}

#[derive(Template)]
#[template(path = "templates/log.html", config = ".askama.toml")]
struct LogPage {
    frame: Frame,
    w: &'static Words,
    who: Vec<Choice>,
    what: Vec<Choice>,
    rows: Vec<Row>,
    newest: Option<String>,
    older: Option<String>,
}

/// The page.
pub(in crate::serve::pages) async fn log(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<LogQuery>,
) -> Result<Response, Fault> {
    guest.must_be(Rank::Admin)?;
    let (t, caller) = (guest.look.tongue, &guest.visitor.caller);
    let w = words(t);
    let ask = LogAsk { who: said(&query.who), what: said(&query.what), before: query.before };
    let found = house.desk.log(caller, &ask, PAGE).await?;
    let names = house.desk.named_in_log(caller).await?;
    let mut who = vec![("", w.anybody.to_owned())];
    who.extend(names.iter().map(|name| (name.as_str(), name.clone())));
    let mut what = vec![("", w.anything.to_owned())];
    what.extend(super::words::ABOUT.iter().map(|(code, _, _)| (*code, capital(&t.log_about(code)))));
    let filter = format!("who={}&what={}", part(&query.who), part(&query.what));
    page(&LogPage {
        frame: Frame::of(&guest, Tab::Log, t.words().log),
        w,
        who: choices(&who, &query.who),
        what: choices(&what, &query.what),
        rows: found.items.into_iter().map(|line| row(line, t)).collect(),
        newest: query.before.map(|_| format!("/settings/log?{filter}")),
        older: found.next.map(|before| format!("/settings/log?{filter}&before={before}")),
    })
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn a_mark_that_turns_the_direction_is_written_out_and_nothing_else_is() {
        assert_eq!(visible("è \u{202e}esrevni\u{2069} «ok»"), "è \\u{202e}esrevni\\u{2069} «ok»");
    }
}
