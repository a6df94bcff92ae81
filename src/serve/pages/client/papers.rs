//! What belongs to a client beside its rating: an order held against its limit, the file for the lawyer, its other codes, what
//! was found of it before it was a client, and its erasure.

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;

use super::{
    act::wanted,
    holds::Held,
    words::{self, Words},
};
use crate::{
    desk::{
        AssessmentLine, ErasedView, FileKind, FileOrder, Language, MergeInput, MergerLine, Moment, Reach, ReasonInput,
        ReleaseInput, ReleaseView, Wanted,
    },
    domain::Rank,
    serve::{
        House,
        fault::Fault,
        input::{Asked, Place},
        pages::{
            codes::{capital, grade_class},
            form::{ByAdmin, ByManager, Hints, Refused, amount, said},
            frame::{Frame, Tab, page, part},
            look::Tongue,
            morning::client_href,
            session::Guest,
        },
    },
};

/// Evaluations that are shown, the newest.
const ASSESSMENTS: usize = 20;

/// What would be right in a field.
const HINTS: Hints = &[
    ("/amount", "L'importo si scrive come 1.234,56.", "An amount is written as 1,234.56."),
    (
        "/into",
        "Serve il codice di un altro cliente dello stesso portafoglio.",
        "It must be the code of another client of the same portfolio.",
    ),
    ("/reason", "Il motivo ha da 1 a 500 caratteri.", "A reason has 1 to 500 characters."),
    ("/held", "Il motivo ha da 1 a 500 caratteri.", "A reason has 1 to 500 characters."),
    ("/code", "Il codice scritto non è quello di questo cliente.", "The code typed is not that of this client."),
];

pub(super) fn words_of(t: Tongue) -> &'static Words {
    t.pick(&words::IT, &words::EN)
}

/// What becomes of an order.
struct Released {
    decision: String,
    class: &'static str,
    about: String,
    reasons: Vec<String>,
}

impl Released {
    fn of(view: &ReleaseView, t: Tongue) -> Self {
        let w = words_of(t);
        let about = |label: &str, major: f64| format!("{label} {}", t.about(major, &view.currency));
        let figures = [
            Some(about(w.order_of, view.amount)),
            Some(about(w.owes, view.exposure)),
            view.available.map(|left| about(w.left, left)),
        ];
        Self {
            decision: capital(&t.decision(&view.decision)),
            class: match view.decision.as_str() {
                "release" => "better",
                "hold" => "worse",
                _ => "warned",
            },
            about: figures.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            reasons: view.reasons.iter().map(|ground| t.pick(&ground.text_it, &ground.text).clone()).collect(),
        }
    }
}

/// A code that is, or was, the same company.
struct Merged {
    client: (String, String),
    into: (String, String),
    since: String,
    by: String,
    /// When it was taken back, and by whom.
    until: Option<String>,
}

impl Merged {
    fn of(line: MergerLine, t: Tongue) -> Self {
        let by = line.ended_by.map(|who| format!(", {who}")).unwrap_or_default();
        Self {
            client: (client_href(&line.client), line.client),
            into: (client_href(&line.into), line.into),
            since: t.instant(line.from_known),
            by: line.decided_by,
            until: line.to_known.map(|at| format!("{}{by}", t.instant(at))),
        }
    }
}

/// An evaluation of when the client was a prospect.
struct Before {
    href: String,
    at: String,
    decision: String,
    grade: String,
    class: &'static str,
}

impl Before {
    fn of(line: AssessmentLine, t: Tongue) -> Self {
        Self {
            href: format!("/assessments/{}", part(&line.id)),
            at: t.instant(line.made_at),
            decision: capital(&t.decision(&line.decision)),
            class: grade_class(&line.grade),
            grade: line.grade,
        }
    }
}

/// What was typed into a form that was refused.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(in crate::serve::pages) struct PapersForm {
    into: String,
    reason: String,
    /// Why a client is held.
    pub(super) held: String,
    code: String,
    pub(super) portfolio: String,
}

/// What happened a moment ago.
#[derive(Default)]
struct News {
    order: String,
    released: Option<ReleaseView>,
    refused: Option<Refused>,
    said: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "templates/papers.html", config = ".askama.toml")]
struct PapersPage {
    frame: Frame,
    w: &'static Words,
    name: String,
    code: String,
    href: String,
    portfolio: String,
    merged_into: Option<(String, String)>,
    mergers: Vec<Merged>,
    befores: Vec<Before>,
    holds: Vec<Held>,
    /// Whether whoever looks may end a hold.
    may_end_holds: bool,
    order: String,
    released: Option<Released>,
    typed: PapersForm,
    refused: Option<Refused>,
    said: Option<&'static str>,
    is_admin: bool,
}

async fn papers_page(
    house: &House,
    guest: &Guest,
    wanted: &Wanted<'_>,
    typed: PapersForm,
    news: News,
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let (client, mergers, befores, holds) = tokio::try_join!(
        house.desk.client(wanted),
        house.desk.mergers(wanted),
        house.desk.assessments_of(wanted, None, ASSESSMENTS),
        house.desk.holds_on(wanted)
    )?;
    let is_admin = guest.visitor.rank >= Rank::Admin;
    page(&PapersPage {
        frame: Frame::of(guest, Tab::Clients, format!("{}: {}", words_of(t).papers, client.name)),
        w: words_of(t),
        href: client_href(&client.client),
        merged_into: client.merged_into.as_ref().map(|into| (client_href(into), into.clone())),
        mergers: mergers.into_iter().rev().map(|line| Merged::of(line, t)).collect(),
        befores: befores.items.into_iter().map(|line| Before::of(line, t)).collect(),
        holds: holds.into_iter().map(|hold| Held::of(hold, t)).collect(),
        may_end_holds: is_admin && guest.visitor.caller.reach == Reach::Everything,
        order: news.order,
        released: news.released.map(|view| Released::of(&view, t)),
        typed,
        refused: news.refused,
        said: news.said,
        is_admin,
        name: client.name,
        code: client.client,
        portfolio: client.portfolio,
    })
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(in crate::serve::pages) struct PapersQuery {
    portfolio: String,
    /// What an order is worth, to be held against the limit; nothing is recorded.
    order: String,
    done: Option<String>,
}

/// The page.
pub(in crate::serve::pages) async fn papers(
    State(house): State<House>,
    guest: Guest,
    Place(code): Place<String>,
    Asked(query): Asked<PapersQuery>,
) -> Result<Response, Fault> {
    let (t, wanted) = (guest.look.tongue, wanted(&guest, &code, &query.portfolio));
    let w = words_of(t);
    let mut news = News { order: query.order.clone(), ..News::default() };
    if let Some(amount) = amount(&query.order, t) {
        match house.desk.release(&wanted, &ReleaseInput { amount, currency: None }).await {
            Ok(released) => news.released = Some(released),
            Err(error) => news.refused = Some(Refused::of(error.into(), HINTS, t)?),
        }
    }
    news.said = match query.done.as_deref() {
        Some("merged") => Some(w.said_merged),
        Some("unmerged") => Some(w.said_unmerged),
        Some("held") => Some(w.said_held),
        Some("freed") => Some(w.said_freed),
        _ => None,
    };
    papers_page(&house, &guest, &wanted, PapersForm::default(), news).await
}

pub(super) fn back(code: &str, portfolio: &str, done: &str) -> Response {
    let portfolio = said(portfolio).map(|name| format!("&portfolio={}", part(&name))).unwrap_or_default();
    Redirect::to(&format!("{}/papers?done={done}{portfolio}", client_href(code))).into_response()
}

/// The page again, with why a form on it was refused and what was typed.
pub(super) async fn again(
    house: &House,
    guest: &Guest,
    code: &str,
    typed: PapersForm,
    fault: Fault,
) -> Result<Response, Fault> {
    let refused = Some(Refused::of(fault, HINTS, guest.look.tongue)?);
    let portfolio = typed.portfolio.clone();
    papers_page(house, guest, &wanted(guest, code, &portfolio), typed, News { refused, ..News::default() }).await
}

/// Says that two codes are one company.
pub(in crate::serve::pages) async fn merge(
    State(house): State<House>,
    Place(code): Place<String>,
    ByManager(guest, form): ByManager<PapersForm>,
) -> Result<Response, Fault> {
    let input = MergeInput { into: form.into.trim().to_owned(), reason: said(&form.reason) };
    match house.desk.merge(&wanted(&guest, &code, &form.portfolio), &input).await {
        Ok(_) => Ok(back(&code, &form.portfolio, "merged")),
        // Nobody of that code is a slip of the pen in the field, not a page that is missing.
        Err(crate::desk::Error::NotFound(what)) if what != "client" => {
            again(&house, &guest, &code, form, Fault::unprocessable("/into", format!("no such {what}"))).await
        }
        Err(error) => again(&house, &guest, &code, form, error.into()).await,
    }
}

/// Takes a merger back.
pub(in crate::serve::pages) async fn unmerge(
    State(house): State<House>,
    Place(code): Place<String>,
    ByManager(guest, form): ByManager<PapersForm>,
) -> Result<Response, Fault> {
    match house.desk.unmerge(&wanted(&guest, &code, &form.portfolio)).await {
        Ok(_) => Ok(back(&code, &form.portfolio, "unmerged")),
        Err(error) => again(&house, &guest, &code, form, error.into()).await,
    }
}

/// The file for the lawyer: the archive (`zip`), or what there is to read (`pdf`), in the language of the page.
pub(in crate::serve::pages) async fn file(
    State(house): State<House>,
    guest: Guest,
    Place((code, kind)): Place<(String, String)>,
    Asked(query): Asked<PapersQuery>,
) -> Result<Response, Fault> {
    let kind = [FileKind::Archive, FileKind::Pdf].into_iter().find(|own| own.ending() == kind);
    let kind = kind.ok_or_else(|| Fault::of_status(StatusCode::NOT_FOUND))?;
    let language = guest.look.tongue.pick(Language::Italian, Language::English);
    let order = FileOrder { moment: Moment::default(), language, kind };
    let file = house.desk.client_file(&wanted(&guest, &code, &query.portfolio), order).await?;
    let headers = [
        (header::CONTENT_TYPE, kind.media_type().to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
    ];
    Ok((headers, file.bytes).into_response())
}

#[derive(Template)]
#[template(path = "templates/erased.html", config = ".askama.toml")]
struct ErasedPage {
    frame: Frame,
    w: &'static Words,
    erased: ErasedView,
    figures: Vec<(&'static str, String)>,
}

/// Erases a client; whoever does so types its code once more.
pub(in crate::serve::pages) async fn erase(
    State(house): State<House>,
    Place(code): Place<String>,
    ByAdmin(guest, form): ByAdmin<PapersForm>,
) -> Result<Response, Fault> {
    if form.code.trim() != code {
        return again(&house, &guest, &code, form, Fault::unprocessable("/code", "must be the client's own code"))
            .await;
    }
    let input = ReasonInput { reason: form.reason.clone() };
    let erased = match house.desk.erase(&wanted(&guest, &code, &form.portfolio), &input).await {
        Ok(erased) => erased,
        Err(error) => return again(&house, &guest, &code, form, error.into()).await,
    };
    let t = guest.look.tongue;
    let w = words_of(t);
    let count = |n: u64| t.whole(i64::try_from(n).unwrap_or(i64::MAX));
    page(&ErasedPage {
        frame: Frame::of(&guest, Tab::Clients, w.erased),
        w,
        figures: vec![
            (w.erased_facts, count(erased.signals)),
            (w.erased_files, count(erased.imports)),
            (w.erased_documents, count(erased.documents)),
        ],
        erased,
    })
}
