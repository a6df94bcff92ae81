//! One decree: what it does, to whom, where. Its words are the gazette's own and hardly vary:
//! `Liquidazione coatta amministrativa della X societa' cooperativa, in Supino e nomina del commissario liquidatore. (26A02808)`.

use jiff::civil::Date;

use crate::{
    collect::sources::{italy::procedure_of, press::dates},
    domain::{Procedure, Status},
};

/// What a decree does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Doing {
    /// Opens a procedure.
    Opens(Status, Procedure),
    /// Ends one.
    Closes(Status, Procedure),
    /// Takes one back.
    Revokes(Status, Procedure),
    /// Names or replaces somebody; nothing changes for those who are owed money.
    Informs(String),
}

/// A decree on a company.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Decree {
    pub(super) doing: Doing,
    pub(super) name: String,
    pub(super) seat: Option<String>,
    /// The gazette's own number (`26A02808`).
    pub(super) code: Option<String>,
}

/// How decrees begin. Longer beginnings stand before shorter ones.
const BEGINNINGS: [(&str, Begins); 14] = [
    ("liquidazione coatta amministrativa", Begins::Procedure),
    ("assoggettamento alla liquidazione coatta amministrativa", Begins::Procedure),
    ("assoggettamento a liquidazione coatta amministrativa", Begins::Procedure),
    ("sottoposizione alla liquidazione coatta amministrativa", Begins::Procedure),
    ("ammissione alla procedura di amministrazione straordinaria", Begins::Procedure),
    ("scioglimento", Begins::Procedure),
    ("gestione commissariale", Begins::Commissioner),
    ("revoca", Begins::Revocation),
    ("annullamento", Begins::Revocation),
    ("chiusura", Begins::Closure),
    ("cessazione", Begins::Closure),
    ("sostituzione del commissario", Begins::Information),
    ("sostituzione dei commissari", Begins::Information),
    ("nomina del commissario", Begins::Information),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begins {
    Procedure,
    Commissioner,
    Revocation,
    Closure,
    Information,
}

/// What stands between the act and the company, and holds an article that is not the company's.
const ASIDES: [&str; 9] = [
    "per atto dell'autorita'",
    "per atto dell'autorità",
    "della procedura di liquidazione coatta amministrativa",
    "della liquidazione coatta amministrativa",
    "del provvedimento di liquidazione coatta amministrativa",
    "del decreto di liquidazione coatta amministrativa",
    "della gestione commissariale",
    "del decreto di scioglimento",
    "del commissario liquidatore",
];

/// Reads the summary of an item: none when it is no decree on a company; the whole text when it is one and its company
/// cannot be made out.
pub(super) fn read(text: &str) -> Option<Result<Decree, String>> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('’', "'");
    let lower = text.to_lowercase();
    let (beginning, begins) = BEGINNINGS.iter().find(|(beginning, _)| lower.starts_with(beginning))?;
    let (body, code) = without_code(&text);
    // Revocations and closures of other things (a decree on a medicine) name no procedure.
    let is_ours = ["liquidazion", "sciogliment", "commissari", "amministrazione straordinaria", "cooperativ"];
    if !is_ours.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let rest = body.get(beginning.len()..).unwrap_or_default();
    Some(match company(rest) {
        Some((name, seat)) => Ok(Decree { doing: doing(*begins, &head(&body, &name)), name, seat, code }),
        None => Err(text),
    })
}

/// The words before the company: what the decree does.
fn head(body: &str, name: &str) -> String {
    let head = body.split(name).next().unwrap_or(body);
    let head = head.trim_end_matches(['«', '"', '“', ' ', '\'']);
    let articles = [" della", " dell", " del", " dello", " di", " alla", " all"];
    let bare = articles.iter().find_map(|article| head.strip_suffix(article)).unwrap_or(head);
    bare.trim().to_owned()
}

fn doing(begins: Begins, head: &str) -> Doing {
    let (status, procedure) = procedure_of(head, "");
    let status = status.unwrap_or(Status::ActiveWarning);
    match begins {
        Begins::Procedure => Doing::Opens(status, procedure),
        Begins::Commissioner => Doing::Opens(Status::ActiveWarning, procedure),
        Begins::Revocation => Doing::Revokes(status, procedure),
        Begins::Closure => Doing::Closes(status, procedure),
        Begins::Information => Doing::Informs(head.to_owned()),
    }
}

/// `… (26A02808)`.
fn without_code(text: &str) -> (String, Option<String>) {
    let Some((body, code)) = text.trim_end_matches('.').rsplit_once('(') else { return (text.to_owned(), None) };
    let code = code.trim_end_matches([')', '.', ' ']);
    let is_code = (6..=12).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_code { (body.trim().to_owned(), Some(code.to_owned())) } else { (text.to_owned(), None) }
}

/// The company and its seat, behind the article: `della «X societa' cooperativa», in Supino e nomina del …`.
fn company(rest: &str) -> Option<(String, Option<String>)> {
    let mut rest = format!(" {} ", rest.trim());
    for aside in ASIDES {
        if let Some(at) = rest.to_lowercase().find(aside) {
            rest = format!("{}{}", rest.get(..at)?, rest.get(at + aside.len()..)?);
        }
    }
    let articles = [" della ", " dell'", " dello ", " del ", " alla ", " all'", " di "];
    let start = articles.iter().filter_map(|article| Some(rest.find(article)? + article.len())).min()?;
    let behind = rest.get(start..)?;
    // The appointment stands behind the company, and so does all that was decreed along with it.
    let ends =
        [" e nomina", " e contestuale", " e la nomina", ", nonche'", " con nomina", " senza nomina", " ai sensi"];
    let end = ends.iter().filter_map(|mark| behind.find(mark)).min().unwrap_or(behind.len());
    let whole = behind.get(..end)?.trim().trim_end_matches(['.', ',', ' ']);
    let (name, seat) = match seat(whole) {
        Some((name, seat)) => (name, Some(seat)),
        None => (whole, None),
    };
    let name = name.trim_matches(['«', '»', '"', '“', '”', ' ', ',']).trim();
    (!name.is_empty()).then(|| (name.to_owned(), seat))
}

/// `X, in Supino`; a company *in liquidazione* does not sit there.
fn seat(whole: &str) -> Option<(&str, String)> {
    let marks = [", con sede in ", ", con sede a ", ", in ", "\u{bb} in ", "\" in "];
    let is_place = |text: &str| text.starts_with(|c: char| c.is_uppercase());
    marks.iter().find_map(|mark| {
        let (name, place) = whole.rsplit_once(mark)?;
        let place = place.split([',', '(']).next().unwrap_or(place).trim().trim_end_matches(['.', ';']);
        (is_place(place) && !place.is_empty()).then(|| (name, place.to_owned()))
    })
}

/// The day of publication, in the address: `…/eli/id/2026/06/13/26A02808/SG`.
pub(super) fn day_of_link(link: &str) -> Option<Date> {
    let mut parts = link.split_once("/eli/id/")?.1.split('/');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// The day of the decree, in the title: `MINISTERO … - DECRETO 22 maggio 2026`.
pub(super) fn day_of_title(title: &str) -> Option<Date> {
    let (_, day) = title.rsplit_once("DECRETO ").or_else(|| title.rsplit_once("PROVVEDIMENTO "))?;
    dates::read(day).map(|published| published.day)
}
