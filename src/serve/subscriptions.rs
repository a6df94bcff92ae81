use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    House,
    auth::{Reader, Writer},
    clients::location,
    fault::Fault,
    input::{Asked, Perhaps, Place, Sent},
    page::{Page, limit},
    query::Sought,
};
use crate::desk::{
    DeliveryView, PreviewInput, PreviewView, RecoverInput, RecoveredView, RotateInput, SubscriptionChange,
    SubscriptionInput, SubscriptionView, TestView,
};

/// The subscriptions of the portfolios that the key sees.
#[utoipa::path(get, path = "/v1/subscriptions", tag = "alerts",
    responses((status = 200, body = Page<SubscriptionView>)))]
pub(super) async fn list(
    State(house): State<House>,
    Reader(caller): Reader,
) -> Result<Json<Page<SubscriptionView>>, Fault> {
    let items = house.desk.subscriptions(&caller).await?;
    Ok(Json(Page::whole(items)))
}

/// Subscribes a receiver; the answer is the only one with the signing secret.
#[utoipa::path(post, path = "/v1/subscriptions", tag = "alerts", request_body = SubscriptionInput,
    responses((status = 201, body = SubscriptionView, headers(("Location" = String, description = "Where it is")))))]
pub(super) async fn create(
    State(house): State<House>,
    Writer(caller): Writer,
    sent: Sent<SubscriptionInput>,
) -> Result<(StatusCode, HeaderMap, Json<SubscriptionView>), Fault> {
    let made = house.desk.subscribe(&caller, sent.value).await?;
    Ok((StatusCode::CREATED, location(format!("/v1/subscriptions/{}", made.id)), Json(made)))
}

/// One subscription.
#[utoipa::path(get, path = "/v1/subscriptions/{id}", tag = "alerts", params(("id" = String, Path)),
    responses((status = 200, body = SubscriptionView)))]
pub(super) async fn one(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(id): Place<String>,
) -> Result<Json<SubscriptionView>, Fault> {
    Ok(Json(house.desk.subscription(&caller, &id).await?))
}

/// Changes a subscription; what is left out stays.
#[utoipa::path(patch, path = "/v1/subscriptions/{id}", tag = "alerts", params(("id" = String, Path)),
    request_body = SubscriptionChange, responses((status = 200, body = SubscriptionView)))]
pub(super) async fn change(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(id): Place<String>,
    sent: Sent<SubscriptionChange>,
) -> Result<Json<SubscriptionView>, Fault> {
    Ok(Json(house.desk.change_subscription(&caller, &id, sent.value).await?))
}

/// Says how often a subscription would have fired in the last ninety days, and on what first; makes none.
#[utoipa::path(post, path = "/v1/subscriptions/preview", tag = "alerts", request_body = PreviewInput,
    responses((status = 200, body = PreviewView)))]
pub(super) async fn preview(
    State(house): State<House>,
    Reader(caller): Reader,
    sent: Sent<PreviewInput>,
) -> Result<Json<PreviewView>, Fault> {
    Ok(Json(house.desk.preview(&caller, &sent.value).await?))
}

/// Says the same of a subscription that exists.
#[utoipa::path(get, path = "/v1/subscriptions/{id}/preview", tag = "alerts", params(("id" = String, Path)),
    responses((status = 200, body = PreviewView)))]
pub(super) async fn preview_one(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(id): Place<String>,
) -> Result<Json<PreviewView>, Fault> {
    Ok(Json(house.desk.preview_subscription(&caller, &id).await?))
}

/// Gives a webhook a new secret, which only this answer shows; the one before signs beside it until `old_secret_until`.
#[utoipa::path(post, path = "/v1/subscriptions/{id}/rotate", tag = "alerts", params(("id" = String, Path)),
    request_body = RotateInput, responses((status = 200, body = SubscriptionView)))]
pub(super) async fn rotate(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(id): Place<String>,
    Perhaps(input): Perhaps<RotateInput>,
) -> Result<Json<SubscriptionView>, Fault> {
    Ok(Json(house.desk.rotate_secret(&caller, &id, input).await?))
}

/// Ends a subscription.
#[utoipa::path(delete, path = "/v1/subscriptions/{id}", tag = "alerts", params(("id" = String, Path)),
    responses((status = 204, description = "Ended")))]
pub(super) async fn end(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(id): Place<String>,
) -> Result<StatusCode, Fault> {
    house.desk.unsubscribe(&caller, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends the receiver a test at once, signed like any other or by mail, and says what came back.
#[utoipa::path(post, path = "/v1/subscriptions/{id}/test", tag = "alerts", params(("id" = String, Path)),
    responses((status = 200, body = TestView)))]
pub(super) async fn test(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(id): Place<String>,
) -> Result<Json<TestView>, Fault> {
    Ok(Json(house.desk.test_subscription(&caller, &id, &house.tester).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DeliveriesQuery {
    /// Items of a page, 1 to 500; 100 when left out.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// What was sent to a subscriber, newest first.
#[utoipa::path(get, path = "/v1/subscriptions/{id}/deliveries", tag = "alerts",
    params(("id" = String, Path), DeliveriesQuery), responses((status = 200, body = Page<DeliveryView>)))]
pub(super) async fn deliveries(
    State(house): State<House>,
    Reader(caller): Reader,
    Place(id): Place<String>,
    Asked(query): Asked<DeliveriesQuery>,
    sought: Sought,
) -> Result<Json<Page<DeliveryView>>, Fault> {
    let list = house.list(&caller, &format!("deliveries of {id}"), &sought).await?;
    let before = list.after(query.cursor.as_deref())?;
    let slice = house.desk.deliveries(&caller, &id, before, limit(query.limit)?).await?;
    Ok(Json(list.page(slice)))
}

/// Sends something again.
#[utoipa::path(post, path = "/v1/subscriptions/{id}/deliveries/{delivery}/redeliver", tag = "alerts",
    params(("id" = String, Path), ("delivery" = i64, Path)),
    responses((status = 202, description = "On its way")))]
pub(super) async fn redeliver(
    State(house): State<House>,
    Writer(caller): Writer,
    Place((id, delivery)): Place<(String, i64)>,
) -> Result<StatusCode, Fault> {
    house.desk.redeliver(&caller, &id, delivery).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Sends what a subscriber missed in a range of events, each by itself; what waits for its next attempt is tried at once.
#[utoipa::path(post, path = "/v1/subscriptions/{id}/recover", tag = "alerts", params(("id" = String, Path)),
    request_body = RecoverInput, responses((status = 202, description = "On its way", body = RecoveredView)))]
pub(super) async fn recover(
    State(house): State<House>,
    Writer(caller): Writer,
    Place(id): Place<String>,
    sent: Sent<RecoverInput>,
) -> Result<(StatusCode, Json<RecoveredView>), Fault> {
    Ok((StatusCode::ACCEPTED, Json(house.desk.recover(&caller, &id, sent.value).await?)))
}
