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

/// What a decree is about: behind the last of these stands the article, and behind the article the company.
const MATTERS: [&str; 10] = [
    "liquidazione coatta amministrativa",
    "amministrazione straordinaria",
    "scioglimento",
    "autorita'",
    "autorità",
    "gestione commissariale",
    "commissario liquidatore",
    "commissari liquidatori",
    "commissario straordinario",
    "commissario governativo",
];

/// Where the company has been named, at the latest; what follows is decreed along with it.
const ENDS: [&str; 7] =
    [" e nomina", " e contestuale", " e la nomina", ", nonche'", " con nomina", " senza nomina", " ai sensi"];

/// Reads the summary of an item: none when it is no decree on a company; the whole text when it is one and its company
/// cannot be made out.
pub(super) fn read(text: &str) -> Option<Result<Decree, String>> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('’', "'");
    let lower = text.to_lowercase();
    let (beginning, begins) = BEGINNINGS.iter().find(|(beginning, _)| lower.starts_with(beginning))?;
    let (body, code) = without_code(&text);
    // A revocation or a closure of anything else (a licence, a medicine) is about no company of ours.
    let matter = matter_ends(&body.to_lowercase())?;
    let rest = body.get(matter.max(beginning.len())..).unwrap_or_default();
    Some(match company(rest) {
        Some((name, seat)) => Ok(Decree { doing: doing(*begins, &head(&body, &name)), name, seat, code }),
        None => Err(text),
    })
}

/// Where the words on the matter end: before the company is named, for a name may hold the same words.
fn matter_ends(lower: &str) -> Option<usize> {
    let marks = ["«", "\"", "“", ", in "].iter().chain(&ENDS);
    let named = marks.filter_map(|mark| lower.find(mark)).min().unwrap_or(lower.len());
    let before = lower.get(..named)?;
    MATTERS.iter().filter_map(|matter| Some(before.rfind(matter)? + matter.len())).max()
}

/// The words before the company: what the decree does.
fn head(body: &str, name: &str) -> String {
    let first = name.split(' ').next().unwrap_or(name);
    let head = body.split_once(name).or_else(|| body.split_once(first)).map_or(body, |(head, _)| head);
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
    // `…, senza nomina del commissario liquidatore, della X`: what is not done stands before the company.
    let aside = rest.trim_start_matches([',', ' ']);
    let rest = match aside.strip_prefix("senza nomina").and_then(|aside| aside.find(',').map(|at| (aside, at))) {
        Some((aside, at)) => aside.get(at + 1..)?,
        None => rest,
    };
    let articles = [" della ", " dell'", " dello ", " del ", " delle ", " alla ", " all'"];
    let behind_first =
        |articles: &[&str]| articles.iter().filter_map(|article| Some(rest.find(article)? + article.len())).min();
    let start = behind_first(&articles).or_else(|| behind_first(&[" di "]))?;
    let behind = rest.get(start..)?;
    let end = ENDS.iter().filter_map(|mark| behind.find(mark)).min().unwrap_or(behind.len());
    let whole = behind.get(..end)?.trim().trim_end_matches(['.', ',', ' ']);
    let (name, seat) = match seat(whole) {
        Some((name, seat)) => (name, Some(seat)),
        None => (whole, None),
    };
    let name = name.replace(['«', '»', '"', '“', '”'], "");
    let name = name.trim_matches([' ', ',']);
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
