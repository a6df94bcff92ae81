use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    House,
    auth::{Reader, Writer},
    fault::Fault,
    input::{Asked, Place, Sent},
    page::{Page, limit},
    query::Sought,
};
use crate::{desk::ReviewView, store::ReviewDecision};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReviewsQuery {
    /// Items of a page, 1 to 500; 100 when left out.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Records that may be about a client and wait for a person to look.
#[utoipa::path(get, path = "/v1/review", tag = "review", params(ReviewsQuery),
    responses((status = 200, body = Page<ReviewView>)))]
pub(super) async fn list(
    State(house): State<House>,
    Reader(caller): Reader,
    Asked(query): Asked<ReviewsQuery>,
    sought: Sought,
) -> Result<Json<Page<ReviewView>>, Fault> {
    let list = house.list(&caller, "review", &sought).await?;
    let from = list.after(query.cursor.as_deref())?.unwrap_or(0);
    Ok(Json(list.page(house.desk.reviews(&caller, from, limit(query.limit)?).await?)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionInput {
    /// Whether the record is about the client.
    decision: DecisionWord,
}

/// What a person says of a link.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum DecisionWord {
    /// It counts from now on.
    Same,
    /// It never will.
    NotSame,
    /// It stays out, and was looked at.
    Unsure,
}

/// Says whether a record is about the client.
#[utoipa::path(post, path = "/v1/review/{id}", tag = "review", params(("id" = i64, Path)),
    request_body = DecisionInput, responses((status = 204, description = "Noted; the rating follows")))]
pub(super) async fn decide(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(id): Place<i64>,
    sent: Sent<DecisionInput>,
) -> Result<StatusCode, Fault> {
    let decision = match sent.value.decision {
        DecisionWord::Same => ReviewDecision::Same,
        DecisionWord::NotSame => ReviewDecision::NotSame,
        DecisionWord::Unsure => ReviewDecision::Unsure,
    };
    house.desk.decide_review(&caller, id, decision).await?;
    Ok(StatusCode::NO_CONTENT)
}
