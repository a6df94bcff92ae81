use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    House,
    auth::{Admin, Reader, Writer},
    clients::PortfolioQuery,
    fault::Fault,
    input::{Asked, Place, Sent},
    page::{Page, limit},
    query::Sought,
};
use crate::desk::{
    AdoptInput, AdoptedView, AssessInput, Assessed, AssessmentLine, AssessmentView, ReasonInput, RecomputedView, Wanted,
};

/// Evaluates a prospect before credit is granted: who it is among the clients, what the open sources say of it now, its
/// rating, and by rules decided in advance whether it is approved, referred to a person or refused, up to which limit and on
/// which terms. It is kept with everything that it rests on; what did not answer in time is named, and is no good news.
#[utoipa::path(post, path = "/v1/assessments", tag = "onboarding", request_body = AssessInput, params(PortfolioQuery),
    responses((status = 201, body = AssessmentView, headers(("Location" = String, description = "Where it can be read")))))]
pub(super) async fn make(
    State(house): State<House>,
    Writer(caller): Writer,
    Asked(query): Asked<PortfolioQuery>,
    sent: Sent<AssessInput>,
) -> Result<Response, Fault> {
    let portfolio = query.portfolio.as_deref();
    let Assessed { id, body } = house.desk.assess(&caller, portfolio, &sent.value, &house.onboarding).await?;
    let location = [(header::LOCATION, format!("/v1/assessments/{id}"))];
    Ok((StatusCode::CREATED, location, [(header::CONTENT_TYPE, "application/json")], body).into_response())
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AssessmentsQuery {
    /// Items of a page, 1 to 500; 100 when left out.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// In this portfolio only.
    portfolio: Option<String>,
}

/// Evaluations of prospects, the newest first.
#[utoipa::path(get, path = "/v1/assessments", tag = "onboarding", params(AssessmentsQuery),
    responses((status = 200, body = Page<AssessmentLine>)))]
pub(super) async fn list(
    State(house): State<House>,
    Reader(caller): Reader,
    Asked(query): Asked<AssessmentsQuery>,
    sought: Sought,
) -> Result<Json<Page<AssessmentLine>>, Fault> {
    let list = house.list(&caller, "assessments", &sought).await?;
    let place = list.after(query.cursor.as_deref())?;
    let slice = house.desk.assessments(&caller, query.portfolio.as_deref(), place, limit(query.limit)?).await?;
    Ok(Json(list.page(slice)))
}

/// An evaluation as it was answered then, byte for byte. When a fact it rests on is withdrawn later, as the law may demand,
/// what was decided is left of it and `withdrawn` says so.
#[utoipa::path(get, path = "/v1/assessments/{id}", tag = "onboarding",
    params(("id" = String, Path, description = "Its name, `asm_…`")),
    responses((status = 200, body = AssessmentView)))]
pub(super) async fn one(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(id): Place<String>,
) -> Result<Response, Fault> {
    let Assessed { body, .. } = house.desk.assessment(&caller, &id).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// The evaluation computed again, from the facts kept with it and as of its own moment: asks nobody, records nothing.
#[utoipa::path(get, path = "/v1/assessments/{id}/recomputed", tag = "onboarding",
    params(("id" = String, Path, description = "Its name, `asm_…`")),
    responses((status = 200, body = RecomputedView)))]
pub(super) async fn recomputed(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(id): Place<String>,
) -> Result<Json<RecomputedView>, Fault> {
    Ok(Json(house.desk.recompute_assessment(&caller, &id, &house.onboarding).await?))
}

/// A document that was read for the evaluation, by its SHA-256.
#[utoipa::path(get, path = "/v1/assessments/{id}/documents/{sha256}", tag = "onboarding",
    params(("id" = String, Path, description = "Its name, `asm_…`"),
        ("sha256" = String, Path, description = "64 hexadecimal digits")),
    responses((status = 200, description = "As it was read", body = String,
        content_type = "application/octet-stream")))]
pub(super) async fn document(
    State(house): State<House>,
    Reader(caller): Reader,
    Place((id, name)): Place<(String, String)>,
) -> Result<Response, Fault> {
    let name = name.parse().map_err(|_| Fault::of_status(StatusCode::NOT_FOUND))?;
    let bytes = house.desk.assessment_document(&caller, &id, name).await?;
    // Bytes of strangers: they are saved, never shown as a page of ours.
    let headers = [(header::CONTENT_TYPE, "application/octet-stream"), (header::CONTENT_DISPOSITION, "attachment")];
    Ok((headers, bytes).into_response())
}

/// Says which client the prospect is now. What was found is the client's, known since it was read. A client that is put with
/// one of the prospect's numbers becomes it by itself.
#[utoipa::path(post, path = "/v1/assessments/{id}/client", tag = "onboarding", request_body = AdoptInput,
    params(("id" = String, Path, description = "Its name, `asm_…`")),
    responses((status = 200, body = AdoptedView)))]
pub(super) async fn adopt(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(id): Place<String>,
    sent: Sent<AdoptInput>,
) -> Result<Json<AdoptedView>, Fault> {
    Ok(Json(house.desk.adopt_assessment(&caller, &id, &sent.value).await?))
}

/// Erases an evaluation of a prospect, the facts kept with it and every document that was read for it. Cannot be undone.
#[utoipa::path(post, path = "/v1/assessments/{id}/erase", tag = "onboarding", request_body = ReasonInput,
    params(("id" = String, Path, description = "Its name, `asm_…`")),
    responses((status = 204, description = "It is gone")))]
pub(super) async fn erase(
    State(house): State<House>,
    Admin(caller): Admin,
    Place(id): Place<String>,
    sent: Sent<ReasonInput>,
) -> Result<StatusCode, Fault> {
    house.desk.erase_assessment(&caller, &id, &sent.value).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The evaluations that are a client's file, from when it was a prospect; the newest first.
#[utoipa::path(get, path = "/v1/clients/{client}/assessments", tag = "onboarding",
    params(("client" = String, Path, description = "The creditor's own code, percent-encoded"), AssessmentsQuery),
    responses((status = 200, body = Page<AssessmentLine>)))]
pub(super) async fn of_client(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(code): Place<String>,
    Asked(query): Asked<AssessmentsQuery>,
    sought: Sought,
) -> Result<Json<Page<AssessmentLine>>, Fault> {
    let list = house.list(&caller, &format!("assessments of {code}"), &sought).await?;
    let place = list.after(query.cursor.as_deref())?;
    let wanted = Wanted { caller: &caller, code: &code, portfolio: query.portfolio.as_deref() };
    let slice = house.desk.assessments_of(&wanted, place, limit(query.limit)?).await?;
    Ok(Json(list.page(slice)))
}
