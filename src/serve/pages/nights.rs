//! The night: how the last one went, and another one when it cannot wait.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use serde::Deserialize;

use self::words::Words;
use super::{
    form::{ByManager, Done, Hints, Refused, day},
    frame::{Frame, Tab, page},
    look::Tongue,
    session::Guest,
};
use crate::{
    desk::RunView,
    domain::AsOf,
    serve::{House, fault::Fault, input::Asked},
};

/// What would be right in a field.
const HINTS: Hints = &[(
    "/valid_at",
    "Il giorno è oggi, o uno dei 366 prima: la notte diventa la valutazione di tutti.",
    "The day is today, or one of the 366 before: a night becomes everybody's rating.",
)];

mod words {
    //! The words of the page.

    use crate::serve::pages::words::dictionary;

    dictionary! {
        nights: "Notti", "Nights";
        lead: "Ogni notte tutti i clienti sono valutati di nuovo, anche quelli di cui nessuno ha detto nulla: i giorni passano per tutti.", "Every night all clients are rated anew, those too of whom nobody has said anything: days pass for everybody.";
        last: "L'ultima notte", "The last night";
        none: "Ancora nessuna notte", "No night yet";
        none_how: "La prima notte valuta tutti: ordinala qui, o aspetta l'ora che è scritta nelle impostazioni.", "The first night rates everybody: order it here, or wait for the hour that the settings say.";
        is_queued: "in attesa", "waiting";
        is_running: "in corso", "under way";
        is_done: "finita", "done";
        is_failed: "non riuscita", "failed";
        of_day: "Per il giorno", "For the day";
        began: "Cominciata", "Began";
        ended: "Finita", "Ended";
        scanned: "Valutati", "Rated";
        down: "Peggiorati", "Worse";
        up: "Migliorati", "Better";
        not_rated: "Non riusciti", "Not rated";
        order: "Un'altra notte, adesso", "Another night, now";
        order_how: "Dopo un'importazione grande, o quando una fonte è tornata. Gli avvisi partono come di notte.", "After a large import, or when a source has come back. Alerts go out as at night.";
        for_day: "Giorno", "Day";
        order_now: "Ordina la notte", "Order the night";
        refused: "La notte non è stata ordinata.", "The night was not ordered.";
        said_ordered: "Ordinata: la pagina dice quando è finita.", "Ordered: the page says when it has ended.";
        only_here: "Questo processo non tiene notti, o una aspetta già.", "This process holds no nights, or one is waiting already.";
    }
}

#[cfg(test)]
pub(super) use words::ALL as ALL_WORDS;

fn words(t: Tongue) -> &'static Words {
    t.pick(&words::IT, &words::EN)
}

/// The last night, in words.
struct Night {
    state: &'static str,
    class: &'static str,
    is_open: bool,
    lines: Vec<(&'static str, String)>,
    figures: Vec<(&'static str, String, &'static str)>,
}

impl Night {
    fn of(run: &RunView, t: Tongue) -> Self {
        let w = words(t);
        let (state, class) = match run.state.as_str() {
            "done" => (w.is_done, "better"),
            "failed" => (w.is_failed, "worse"),
            "queued" => (w.is_queued, "warned"),
            _ => (w.is_running, "warned"),
        };
        let ended = run.ended_at.map(|at| (w.ended, t.instant(at)));
        let lines = [(w.of_day, t.day(run.valid_at)), (w.began, t.instant(run.started_at))];
        let failed = if run.failed > 0 { "worse" } else { "" };
        Self {
            state,
            class,
            is_open: run.ended_at.is_none(),
            lines: lines.into_iter().chain(ended).collect(),
            figures: vec![
                (w.scanned, t.whole(run.scanned), ""),
                (w.down, t.whole(run.moved_down), ""),
                (w.up, t.whole(run.moved_up), ""),
                (w.not_rated, t.whole(run.failed), failed),
            ],
        }
    }
}

#[derive(Template)]
#[template(path = "templates/nights.html", config = ".askama.toml")]
struct NightsPage {
    frame: Frame,
    w: &'static Words,
    last: Option<Night>,
    today: String,
    typed: String,
    refused: Option<Refused>,
    said: Option<&'static str>,
}

async fn shown(
    house: &House,
    guest: &Guest,
    (typed, refused): (String, Option<Refused>),
    said: Option<&'static str>,
) -> Result<Response, Fault> {
    let t = guest.look.tongue;
    let last = house.desk.last_night().await?;
    page(&NightsPage {
        frame: Frame::of(guest, Tab::Nights, words(t).nights),
        w: words(t),
        last: last.map(|run| Night::of(&run, t)),
        today: AsOf::at(house.desk.clock.now()).valid_at.to_string(),
        typed,
        refused,
        said,
    })
}

/// Nights are about every portfolio.
fn must_see_everything(guest: &Guest) -> Result<(), Fault> {
    if guest.visitor.caller.reach == crate::desk::Reach::Everything {
        return Ok(());
    }
    Err(Fault::new(axum::http::StatusCode::FORBIDDEN, "forbidden", "a night is about every portfolio"))
}

/// The page.
pub(super) async fn nights(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<Done>,
) -> Result<Response, Fault> {
    must_see_everything(&guest)?;
    let said = query.done.map(|_| words(guest.look.tongue).said_ordered);
    shown(&house, &guest, (String::new(), None), said).await
}

/// For which day a night is ordered.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct NightForm {
    valid_at: String,
}

/// Orders a night.
pub(super) async fn order(
    State(house): State<House>,
    ByManager(guest, form): ByManager<NightForm>,
) -> Result<Response, Fault> {
    must_see_everything(&guest)?;
    let ordered = async {
        let valid_at = day(&form.valid_at, "/valid_at")?;
        Ok::<_, Fault>(house.desk.order_night(&guest.visitor.caller, valid_at).await?)
    };
    match ordered.await {
        Ok(_) => Ok(Redirect::to("/nights?done=ordered").into_response()),
        Err(fault) if fault.status == axum::http::StatusCode::CONFLICT => {
            let refused = Refused::saying(words(guest.look.tongue).only_here);
            shown(&house, &guest, (form.valid_at, Some(refused)), None).await
        }
        Err(fault) => {
            let refused = Refused::of(fault, HINTS, guest.look.tongue)?;
            shown(&house, &guest, (form.valid_at, Some(refused)), None).await
        }
    }
}
