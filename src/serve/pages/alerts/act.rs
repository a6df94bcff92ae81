//! What is done with an alert that is there: a test, on and off, another secret, an end, and sending again.

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;

use super::{News, alert_page, back, shown_again};
use crate::{
    desk::{RecoverInput, RotateInput, SubscriptionChange},
    serve::{
        House,
        fault::Fault,
        input::Place,
        pages::{
            form::{ByAnalyst, said},
            session::Nothing,
        },
    },
};

/// Sends a test at once, and says what came back.
pub(in crate::serve::pages) async fn test(
    State(house): State<House>,
    Place(id): Place<String>,
    ByAnalyst(guest, _): ByAnalyst<Nothing>,
) -> Result<Response, Fault> {
    let caller = &guest.visitor.caller;
    let tested = house.desk.test_subscription(caller, &id, &house.tester).await?;
    let view = house.desk.subscription(caller, &id).await?;
    alert_page(&house, &guest, (view, None), None, News { tested: Some(tested), ..News::default() }).await
}

#[derive(Deserialize)]
pub(in crate::serve::pages) struct SwitchForm {
    on: String,
}

/// Switches an alert on, which forgives its receiver, or off.
pub(in crate::serve::pages) async fn switch(
    State(house): State<House>,
    Place(id): Place<String>,
    ByAnalyst(guest, form): ByAnalyst<SwitchForm>,
) -> Result<Response, Fault> {
    let is_on = form.on == "1";
    let change = SubscriptionChange { enabled: Some(is_on), ..SubscriptionChange::default() };
    house.desk.change_subscription(&guest.visitor.caller, &id, change).await?;
    Ok(back(&id, if is_on { "on" } else { "off" }))
}

#[derive(Deserialize)]
pub(in crate::serve::pages) struct RotateForm {
    #[serde(default)]
    overlap_hours: String,
}

/// Gives a webhook another secret, which only this answer shows.
pub(in crate::serve::pages) async fn rotate(
    State(house): State<House>,
    Place(id): Place<String>,
    ByAnalyst(guest, form): ByAnalyst<RotateForm>,
) -> Result<Response, Fault> {
    let rotated = async {
        let hours = said(&form.overlap_hours).map(|hours| hours.parse()).transpose();
        let hours = hours.map_err(|_| Fault::unprocessable("/overlap_hours", "must be a number of hours"))?;
        let input = RotateInput { overlap_hours: hours };
        Ok(house.desk.rotate_secret(&guest.visitor.caller, &id, input).await?)
    };
    match rotated.await {
        Ok(view) => {
            let news = News { secret: view.secret.clone(), ..News::default() };
            alert_page(&house, &guest, (view, None), None, news).await
        }
        Err(fault) => shown_again(&house, &guest, &id, None, fault).await,
    }
}

/// Ends an alert.
pub(in crate::serve::pages) async fn end(
    State(house): State<House>,
    Place(id): Place<String>,
    ByAnalyst(guest, _): ByAnalyst<Nothing>,
) -> Result<Response, Fault> {
    house.desk.unsubscribe(&guest.visitor.caller, &id).await?;
    Ok(Redirect::to("/alerts?done=ended").into_response())
}

/// Sends something again.
pub(in crate::serve::pages) async fn redeliver(
    State(house): State<House>,
    Place((id, delivery)): Place<(String, i64)>,
    ByAnalyst(guest, _): ByAnalyst<Nothing>,
) -> Result<Response, Fault> {
    house.desk.redeliver(&guest.visitor.caller, &id, delivery).await?;
    Ok(back(&id, "again"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::serve::pages) struct RecoverForm {
    after: String,
    until: String,
}

/// Sends what was missed in a range of events.
pub(in crate::serve::pages) async fn recover(
    State(house): State<House>,
    Place(id): Place<String>,
    ByAnalyst(guest, form): ByAnalyst<RecoverForm>,
) -> Result<Response, Fault> {
    let recovered = async {
        let wrong = |_| Fault::unprocessable("/until", "must be numbers of events");
        let after = said(&form.after).unwrap_or_else(|| "0".to_owned()).parse().map_err(wrong)?;
        let until = said(&form.until).map(|until| until.parse()).transpose().map_err(wrong)?;
        let input = RecoverInput { after, until, again: false };
        Ok::<_, Fault>(house.desk.recover(&guest.visitor.caller, &id, input).await?)
    };
    match recovered.await {
        Ok(view) => Ok(back(&id, &format!("recovered&n={}", view.recovered))),
        Err(fault) => shown_again(&house, &guest, &id, None, fault).await,
    }
}
