//! Prospects: evaluated before credit is granted, with everything that the decision rests on, and what became of them.

mod kept;
mod shown;
mod words;

use askama::Template;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;

use self::{kept::Kept, shown::Shown, words::Words};
use super::{
    codes::{capital, grade_class},
    form::{ByAdmin, ByManager, Choice, Hints, Refused, amount, choices, said},
    frame::{Frame, Tab, page, part},
    look::Tongue,
    morning::client_href,
    session::Guest,
};
use crate::{
    desk::{AdoptInput, AssessInput, Assessed, AssessmentLine, ReasonInput, RecomputedView},
    domain::Rank,
    serve::{
        House,
        fault::Fault,
        input::{Asked, Place},
    },
};

#[cfg(test)]
pub(super) use words::ALL as ALL_WORDS;

/// Evaluations of a page.
const PAGE: usize = 50;

/// What would be right in a field.
const HINTS: Hints = &[
    ("/name", "Serve il nome dell'azienda.", "The name of the company is needed."),
    ("/country", "Il paese sono due lettere, come IT.", "A country is two letters, as IT."),
    (
        "/tax_id",
        "La partita IVA non è di questo paese, o ha una cifra sbagliata.",
        "The VAT number is not of this country, or has a wrong digit.",
    ),
    ("/registry_id", "Il numero di registro non si può leggere.", "The register number cannot be read."),
    ("/lei", "Un LEI ha venti caratteri e una cifra di controllo.", "An LEI has twenty characters and a check digit."),
    ("/sector", "Il settore è un codice ATECO o NACE, come 25.62.", "A sector is a NACE code, as 25.62."),
    ("/amount", "L'importo si scrive come 1.234,56.", "An amount is written as 1,234.56."),
    ("/yearly_value", "L'importo si scrive come 1.234,56.", "An amount is written as 1,234.56."),
    ("/portfolio", "Scegli un portafoglio.", "Choose a portfolio."),
    ("/client", "Nessun cliente del portafoglio ha questo codice.", "No client of the portfolio has this code."),
    ("/reason", "Il motivo ha da 1 a 500 caratteri.", "A reason has 1 to 500 characters."),
];

fn words(t: Tongue) -> &'static Words {
    t.pick(&words::IT, &words::EN)
}

struct Row {
    href: String,
    name: String,
    decision: String,
    class: &'static str,
    grade: String,
    grade_class: &'static str,
    limit: String,
    at: String,
    client: Option<(String, String)>,
}

/// The class that paints a decision; it is always written beside.
fn decision_class(decision: &str) -> &'static str {
    match decision {
        "approve" => "better",
        "refuse" => "worse",
        _ => "warned",
    }
}

fn row(line: AssessmentLine, t: Tongue) -> Row {
    Row {
        href: format!("/assessments/{}", part(&line.id)),
        name: line.name,
        class: decision_class(&line.decision),
        decision: capital(&t.decision(&line.decision)),
        grade_class: grade_class(&line.grade),
        grade: line.grade,
        limit: line.limit.map_or_else(|| "–".to_owned(), |limit| t.about(limit, &line.currency)),
        at: t.instant(line.made_at),
        client: line.client.map(|code| (client_href(&code), code)),
    }
}

#[derive(Template)]
#[template(path = "templates/prospects.html", config = ".askama.toml")]
struct ListPage {
    frame: Frame,
    w: &'static Words,
    rows: Vec<Row>,
    next: Option<i64>,
    said: Option<&'static str>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ListQuery {
    before: Option<i64>,
    done: Option<String>,
}

/// The list, the newest first.
pub(super) async fn list(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<ListQuery>,
) -> Result<Response, Fault> {
    let found = house.desk.assessments(&guest.visitor.caller, None, query.before, PAGE).await?;
    let t = guest.look.tongue;
    let w = words(t);
    page(&ListPage {
        frame: Frame::of(&guest, Tab::Clients, w.prospects),
        w,
        rows: found.items.into_iter().map(|line| row(line, t)).collect(),
        next: found.next,
        said: query.done.map(|_| w.said_erased),
    })
}

/// A prospect as it is typed.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(super) struct ProspectForm {
    name: String,
    country: String,
    tax_id: String,
    registry_id: String,
    lei: String,
    sector: String,
    city: String,
    address: String,
    amount: String,
    yearly_value: String,
    portfolio: String,
}

impl ProspectForm {
    fn input(&self, t: Tongue) -> AssessInput {
        AssessInput {
            name: self.name.trim().to_owned(),
            country: said(&self.country).map(|country| country.to_uppercase()),
            tax_id: said(&self.tax_id),
            registry_id: said(&self.registry_id),
            lei: said(&self.lei),
            sector: said(&self.sector),
            city: said(&self.city),
            address: said(&self.address),
            amount: amount(&self.amount, t),
            yearly_value: amount(&self.yearly_value, t),
            currency: None,
        }
    }
}

#[derive(Template)]
#[template(path = "templates/prospect_new.html", config = ".askama.toml")]
struct NewPage {
    frame: Frame,
    w: &'static Words,
    form: ProspectForm,
    portfolios: Vec<Choice>,
    refused: Option<Refused>,
}

async fn new_page(
    house: &House,
    guest: &Guest,
    form: ProspectForm,
    refused: Option<Refused>,
) -> Result<Response, Fault> {
    let names = house.desk.portfolio_names(&guest.visitor.caller).await?;
    let names: Vec<_> = names.iter().map(|name| (name.as_str(), name.clone())).collect();
    let w = words(guest.look.tongue);
    page(&NewPage {
        frame: Frame::of(guest, Tab::Clients, w.begin),
        w,
        portfolios: choices(&names, &form.portfolio),
        form,
        refused,
    })
}

/// Where a prospect is typed.
pub(super) async fn begin(State(house): State<House>, guest: Guest) -> Result<Response, Fault> {
    guest.must_be(Rank::Manager)?;
    new_page(&house, &guest, ProspectForm::default(), None).await
}

/// Evaluates a prospect; the sources are asked at once.
pub(super) async fn make(
    State(house): State<House>,
    ByManager(guest, form): ByManager<ProspectForm>,
) -> Result<Response, Fault> {
    let (t, portfolio) = (guest.look.tongue, said(&form.portfolio));
    let input = form.input(t);
    match house.desk.assess(&guest.visitor.caller, portfolio.as_deref(), &input, &house.onboarding).await {
        Ok(made) => Ok(Redirect::to(&format!("/assessments/{}", part(&made.id))).into_response()),
        Err(error) => {
            let refused = Refused::of(error.into(), HINTS, t)?;
            new_page(&house, &guest, form, Some(refused)).await
        }
    }
}

/// What is typed on an evaluation's page.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct AfterForm {
    client: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "templates/prospect.html", config = ".askama.toml")]
struct ProspectPage {
    frame: Frame,
    w: &'static Words,
    shown: Shown,
    client: Option<(String, String)>,
    typed: AfterForm,
    refused: Option<Refused>,
    said: Option<&'static str>,
    again: Option<Again>,
    is_admin: bool,
}

/// An evaluation computed again, beside what was decided then.
struct Again {
    class: &'static str,
    text: &'static str,
    /// The decision, the grade and the limit, computed now.
    now: String,
    /// Why it cannot be told whether it is the same, in English as the API says it.
    why: Vec<String>,
}

impl Again {
    fn of(view: RecomputedView, t: Tongue) -> Self {
        let w = words(t);
        let (class, text) = match view.same {
            Some(true) => ("better", w.same),
            Some(false) => ("worse", w.not_same),
            None => ("warned", w.cannot_tell),
        };
        let pd = view.pd.map(|pd| format!("PD {}", t.percent(pd)));
        let all = [Some(capital(&t.decision(&view.decision))), Some(view.grade), pd];
        Self { class, text, now: all.into_iter().flatten().collect::<Vec<_>>().join(" · "), why: view.why }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ShowQuery {
    done: Option<String>,
    /// Whether it is to be computed again.
    again: Option<String>,
}

async fn prospect_page(
    house: &House,
    guest: &Guest,
    id: &str,
    (typed, refused): (AfterForm, Option<Refused>),
    (said, again): (Option<&'static str>, Option<Again>),
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let caller = &guest.visitor.caller;
    let Assessed { body, .. } = house.desk.assessment(caller, id).await?;
    let kept: Kept = serde_json::from_slice(&body).map_err(|error| Fault::internal(&error))?;
    let client = house.desk.assessed_client(caller, id).await?;
    page(&ProspectPage {
        frame: Frame::of(guest, Tab::Clients, kept.prospect.name.clone()),
        w: words(t),
        shown: Shown::of(kept, t),
        client: client.map(|code| (client_href(&code), code)),
        typed,
        refused,
        said,
        again,
        is_admin: guest.visitor.rank >= Rank::Admin,
    })
}

/// An evaluation as it was answered then.
pub(super) async fn show(
    State(house): State<House>,
    guest: Guest,
    Place(id): Place<String>,
    Asked(query): Asked<ShowQuery>,
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let said = query.done.map(|_| words(t).said_adopted);
    let again = match query.again {
        Some(_) => {
            let view = house.desk.recompute_assessment(&guest.visitor.caller, &id, &house.onboarding).await?;
            Some(Again::of(view, t))
        }
        None => None,
    };
    prospect_page(&house, &guest, &id, (AfterForm::default(), None), (said, again)).await
}

/// A document that was read for it, as a file to keep: others wrote it.
pub(super) async fn document(
    State(house): State<House>,
    guest: Guest,
    Place((id, sha256)): Place<(String, String)>,
) -> Result<Response, Fault> {
    let name = sha256.parse().map_err(|_| Fault::of_status(StatusCode::NOT_FOUND))?;
    let bytes = house.desk.assessment_document(&guest.visitor.caller, &id, name).await?;
    let file = format!("attachment; filename=\"{sha256}.bin\"");
    let headers = [(header::CONTENT_TYPE, "application/octet-stream".to_owned()), (header::CONTENT_DISPOSITION, file)];
    Ok((headers, bytes).into_response())
}

/// Says which client it is now.
pub(super) async fn adopt(
    State(house): State<House>,
    Place(id): Place<String>,
    ByManager(guest, form): ByManager<AfterForm>,
) -> Result<Response, Fault> {
    let input = AdoptInput { client: form.client.trim().to_owned() };
    let fault = match house.desk.adopt_assessment(&guest.visitor.caller, &id, &input).await {
        Ok(_) => return Ok(Redirect::to(&format!("/assessments/{}?done=adopted", part(&id))).into_response()),
        // Nobody of that code is a slip of the pen in the field, not a page that is missing.
        Err(crate::desk::Error::NotFound(what)) if what != "assessment" => {
            Fault::unprocessable("/client", format!("no such {what}"))
        }
        Err(error) => error.into(),
    };
    let refused = Refused::of(fault, HINTS, guest.look.tongue)?;
    prospect_page(&house, &guest, &id, (form, Some(refused)), (None, None)).await
}

/// Erases an evaluation.
pub(super) async fn erase(
    State(house): State<House>,
    Place(id): Place<String>,
    ByAdmin(guest, form): ByAdmin<AfterForm>,
) -> Result<Response, Fault> {
    let input = ReasonInput { reason: form.reason.clone() };
    match house.desk.erase_assessment(&guest.visitor.caller, &id, &input).await {
        Ok(()) => Ok(Redirect::to("/assessments?done=erased").into_response()),
        Err(error) => {
            let refused = Refused::of(error.into(), HINTS, guest.look.tongue)?;
            prospect_page(&house, &guest, &id, (form, Some(refused)), (None, None)).await
        }
    }
}
