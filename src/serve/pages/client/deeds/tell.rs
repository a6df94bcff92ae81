//! A fact that somebody here has learned: a protest, a procedure, an act, news, or that nothing was found.

use axum::{extract::State, response::Response};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{DeedForm, answer};
use crate::{
    desk::{ClientView, Told},
    domain::{Instrument, NewsEvent, Status},
    serve::{
        House,
        fault::Fault,
        input::Place,
        pages::{
            client::act::wanted,
            codes::{Table, capital},
            form::{ByAnalyst, Choice, choices, day, plain_number, said},
            look::Tongue,
        },
    },
};

/// What can have been searched for: code, Italian, English.
const SEARCHED: Table = &[
    ("protests", "protesti", "protests"),
    ("procedures", "procedure concorsuali", "insolvency procedures"),
    ("prejudicial_acts", "atti pregiudizievoli", "prejudicial acts"),
    ("news", "notizie", "news"),
];

/// What can be chosen in the form.
pub(in crate::serve::pages::client) struct Offers {
    pub(in crate::serve::pages::client) statuses: Vec<Choice>,
    pub(in crate::serve::pages::client) events: Vec<Choice>,
    pub(in crate::serve::pages::client) instruments: Vec<Choice>,
    pub(in crate::serve::pages::client) searched: Vec<Choice>,
}

impl Offers {
    pub(in crate::serve::pages::client) fn of(typed: &DeedForm, t: Tongue) -> Self {
        // Nobody tells that nothing was told, or that nobody could look.
        let is_told = |status: &&Status| !matches!(status, Status::Unknown | Status::CouldNotCheck);
        let statuses = Status::ALL.iter().filter(is_told).map(|status| status.as_str());
        let events = NewsEvent::ALL.iter().map(|event| event.as_str());
        let instruments = Instrument::ALL.iter().map(|instrument| instrument.as_str());
        let of = |codes: Vec<&'static str>, name: &dyn Fn(&str) -> String, chosen: &str| {
            let named: Vec<_> = codes.into_iter().map(|code| (code, capital(&name(code)))).collect();
            choices(&named, chosen)
        };
        let searched = SEARCHED.iter().map(|(code, _, _)| *code).collect();
        Self {
            statuses: of(statuses.collect(), &|code| t.status(code), &typed.status),
            events: of(events.collect(), &|code| t.event(code), &typed.event),
            instruments: of(instruments.collect(), &|code| t.instrument(code), &typed.instrument),
            searched: of(searched, &|code| t.said(SEARCHED, code), &typed.searched),
        }
    }
}

impl DeedForm {
    /// What the fact says, by kind; what does not belong to its kind was not meant.
    fn fields(&self, on: Date, t: Tongue) -> Result<Value, Fault> {
        let amount = plain_number(&self.amount, t);
        let is_ended = self.is_ended.is_some();
        Ok(match self.kind.as_str() {
            "protest" => {
                let state = if is_ended { "cancelled" } else { "standing" };
                json!({"instrument": self.instrument, "amount": amount, "raised_on": on, "state": state})
            }
            "company_status" => json!({"status": self.status}),
            "prejudicial_act" => {
                let act = said(&self.act).ok_or_else(|| Fault::unprocessable("/fields/act", "is required"))?;
                json!({"act": act, "amount": amount, "registered_on": on, "cancelled": is_ended})
            }
            "news" => {
                let title = said(&self.title).ok_or_else(|| Fault::unprocessable("/fields/title", "is required"))?;
                let wrong = |_| Fault::unprocessable("/fields/severity", "must be from 0 to 5");
                let severity: u8 = self.severity.trim().parse().map_err(wrong)?;
                json!({"title": title, "event": self.event, "severity": severity})
            }
            "clean" => json!({"what": self.searched}),
            _ => return Err(Fault::unprocessable("/kind", "must be one of those that are offered")),
        })
    }

    /// The fact as the API takes it; the request itself is its evidence.
    fn told(&self, client: &ClientView, t: Tongue) -> Result<(Told, Vec<u8>), Fault> {
        let valid_at = day(&self.on, "/valid_at")?.ok_or_else(|| Fault::unprocessable("/valid_at", "is required"))?;
        let told = json!({
            "client": client.client, "portfolio": client.portfolio, "kind": self.kind, "valid_at": valid_at,
            "fields": self.fields(valid_at, t)?, "source": self.source.trim(), "id": said(&self.own_id), "url": said(&self.url),
            "official": self.official.is_some(),
        });
        let bytes = told.to_string().into_bytes();
        let told = serde_json::from_value(told).map_err(|failure| Fault::internal(&failure))?;
        Ok((told, bytes))
    }
}

/// Takes a fact; the rating follows.
pub(in crate::serve::pages) async fn tell(
    State(house): State<House>,
    Place(code): Place<String>,
    ByAnalyst(guest, form): ByAnalyst<DeedForm>,
) -> Result<Response, Fault> {
    let client = house.desk.client(&wanted(&guest, &code, &form.portfolio)).await?;
    let taken = match form.told(&client, guest.look.tongue) {
        Ok((told, bytes)) => house.desk.tell(&guest.visitor.caller, &told, bytes).await.map_err(Fault::from),
        Err(fault) => Err(fault),
    };
    answer((&house, &guest, &code), form, taken, ("told", "facts"), |slip| &mut slip.told).await
}
