//! The editor of an alert: what is typed, what it asks of the desk, and why it may be refused.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    desk::SubscriptionView,
    serve::{
        fault::Fault,
        pages::{
            form::{Hints, plain_number, said},
            look::Tongue,
        },
    },
};

/// Kinds of events, in the order of the editor.
pub(super) const TYPES: [&str; 8] = [
    "rating.changed",
    "rating.overridden",
    "treatment.changed",
    "signal.withdrawn",
    "review.needed",
    "source.stale",
    "source.recovered",
    "night.completed",
];

/// What would be right in a field.
pub(super) const HINTS: Hints = &[
    ("/name", "Il nome ha da 1 a 100 caratteri.", "A name has 1 to 100 characters."),
    ("/channel", "Scegli dove mandare gli avvisi.", "Choose where alerts go."),
    (
        "/channel/webhook/url",
        "L'indirizzo del webhook non va bene: dev'essere un https che da qui si può raggiungere.",
        "This address will not do: a webhook is an https address that can be reached from here.",
    ),
    (
        "/channel/email",
        "Qui manca un server di posta: lo imposta chi gestisce Vedetta. Intanto usa un webhook o il flusso.",
        "There is no mail server here: whoever runs Vedetta sets one. Until then use a webhook or the stream.",
    ),
    ("/channel/email/to", "L'indirizzo e-mail non si può leggere.", "The e-mail address cannot be read."),
    ("/when/notches_at_least", "I gradini vanno da 1 a 9.", "Notches are 1 to 9."),
    ("/when/exposure_at_least", "L'esposizione è un importo da zero in su.", "Exposure is an amount from zero up."),
    (
        "/when/sectors",
        "I settori sono codici o lettere NACE separati da virgole, come C, 25, B-E.",
        "Sectors are NACE codes or letters with commas between, as C, 25, B-E.",
    ),
    (
        "/when/clients",
        "I clienti sono i tuoi codici, separati da virgole.",
        "Clients are your codes, with commas between.",
    ),
    (
        "/quiet_hours",
        "Le ore di silenzio vogliono un inizio e una fine diversi.",
        "Quiet hours need a beginning and another end.",
    ),
    ("/time_zone", "Il fuso orario è un nome come Europe/Rome.", "A time zone is a name as Europe/Rome."),
    ("/contact", "L'indirizzo di chi avvisare non si può usare.", "The address of whom to tell cannot be used."),
    (
        "/overlap_hours",
        "Il segreto di prima vale ancora da 0 a 168 ore.",
        "The secret before is good for 0 to 168 hours more.",
    ),
    ("/until", "L'intervallo di eventi non si può leggere.", "The range of events cannot be read."),
];

/// What is typed; every field is a text, and empty when nothing was said.
#[derive(Deserialize, Clone, Default)]
#[serde(default)]
pub(in crate::serve::pages) struct AlertForm {
    /// `save`, or `try` to hold it against the past.
    act: String,
    pub(super) name: String,
    pub(super) portfolio: String,
    pub(super) channel: String,
    pub(super) url: String,
    pub(super) to: String,
    pub(super) digest: String,
    pub(super) notches: String,
    pub(super) direction: String,
    pub(super) grade: String,
    pub(super) exposure: String,
    pub(super) sectors: String,
    pub(super) clients: String,
    /// `type_N` for each kind of [`TYPES`] that is ticked.
    #[serde(flatten)]
    ticks: HashMap<String, String>,
    pub(super) quiet_from: String,
    pub(super) quiet_to: String,
    pub(super) time_zone: String,
    pub(super) storm: String,
    pub(super) contact: String,
    pub(super) locale: String,
}

/// The name of the field that ticks a kind, by its place in [`TYPES`].
pub(super) fn tick(place: usize) -> String {
    format!("type_{place}")
}

/// The items of a list as it is typed.
fn items(text: &str) -> Vec<&str> {
    text.split([',', ';', '\n']).map(str::trim).filter(|item| !item.is_empty()).collect()
}

impl AlertForm {
    /// An editor that nobody has typed into yet.
    pub(super) fn fresh(t: Tongue) -> Self {
        let word = str::to_owned;
        Self {
            channel: word("email"),
            digest: word("none"),
            notches: word("1"),
            direction: word("down"),
            ticks: HashMap::from([(tick(0), word("1"))]),
            time_zone: word(t.zone.name()),
            storm: word("digest"),
            locale: word(t.code()),
            ..Self::default()
        }
    }

    /// An editor with what a subscription says.
    pub(super) fn of(view: &SubscriptionView, t: Tongue) -> Self {
        let text = |pointer: &str| view.channel.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let when = |name: &str| view.when.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |name: &str| view.when.get(name).and_then(Value::as_f64);
        let list = |name: &str| {
            let items = view.when.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            items.collect::<Vec<_>>().join(", ")
        };
        let channel = view.channel.as_object().and_then(|channel| channel.keys().next());
        let quiet = view.quiet_hours.as_ref();
        let types = list("types");
        let types: Vec<&str> = types.split(", ").collect();
        let is_ticked = |(_, kind): &(usize, &&str)| types.contains(*kind);
        Self {
            name: view.name.clone(),
            portfolio: view.portfolio.clone(),
            channel: channel.cloned().unwrap_or_default(),
            url: text("/webhook/url"),
            to: text("/email/to"),
            digest: text("/email/digest"),
            notches: number("notches_at_least").map(|n| n.to_string()).unwrap_or_default(),
            direction: when("direction"),
            grade: when("grade_at_or_below"),
            exposure: number("exposure_at_least")
                .map(|n| t.pick(n.to_string().replace('.', ","), n.to_string()))
                .unwrap_or_default(),
            sectors: list("sectors"),
            clients: list("clients"),
            quiet_from: quiet.map(|quiet| quiet.from.clone()).unwrap_or_default(),
            quiet_to: quiet.map(|quiet| quiet.to.clone()).unwrap_or_default(),
            time_zone: view.time_zone.clone(),
            storm: view.storm.clone(),
            contact: view.contact.clone().unwrap_or_default(),
            locale: view.locale.clone(),
            ticks: TYPES.iter().enumerate().filter(is_ticked).map(|(place, _)| (tick(place), "1".to_owned())).collect(),
            act: String::new(),
        }
    }

    /// Whether only the past is asked, and nothing is to be kept.
    pub(super) fn is_try(&self) -> bool {
        self.act == "try"
    }

    /// The kinds of events that are ticked.
    pub(super) fn types(&self) -> Vec<&'static str> {
        let is_ticked = |place| self.ticks.get(&tick(place)).is_some_and(|said| !said.is_empty());
        TYPES.iter().enumerate().filter(|(place, _)| is_ticked(*place)).map(|(_, kind)| *kind).collect()
    }

    /// The conditions as the API takes them.
    pub(super) fn when(&self, t: Tongue) -> Result<Value, Fault> {
        let notches = said(&self.notches).map(|n| n.parse::<u8>()).transpose();
        let notches = notches.map_err(|_| Fault::unprocessable("/when/notches_at_least", "must be 1 to 9"))?;
        let exposure = plain_number(&self.exposure, t).map(|n| n.parse::<f64>()).transpose();
        let exposure = exposure.map_err(|_| Fault::unprocessable("/when/exposure_at_least", "must be an amount"))?;
        Ok(json!({
            "notches_at_least": notches, "direction": said(&self.direction), "grade_at_or_below": said(&self.grade),
            "exposure_at_least": exposure, "sectors": items(&self.sectors), "clients": items(&self.clients),
            "types": self.types(),
        }))
    }

    /// The whole wish as the API takes it, new or changed.
    pub(super) fn wish(&self, t: Tongue) -> Result<Value, Fault> {
        let channel = match self.channel.as_str() {
            "webhook" => json!({"webhook": {"url": self.url}}),
            "email" => json!({"email": {"to": self.to, "digest": said(&self.digest)}}),
            _ => json!({"sse": {}}),
        };
        let quiet = match (said(&self.quiet_from), said(&self.quiet_to)) {
            (None, None) => Value::Null,
            (from, to) => json!({"from": from.unwrap_or_default(), "to": to.unwrap_or_default()}),
        };
        Ok(json!({
            "name": self.name, "channel": channel, "when": self.when(t)?, "quiet_hours": quiet,
            "time_zone": said(&self.time_zone), "storm": said(&self.storm), "contact": said(&self.contact),
            "locale": said(&self.locale),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::{AlertForm, TYPES};
    use crate::serve::pages::look::Tongue;

    #[test]
    fn what_is_typed_is_what_the_api_would_be_sent() {
        let italian = Tongue::default();
        let form = AlertForm {
            channel: "email".into(),
            to: "ufficio@example.it".into(),
            exposure: "10.000,50".into(),
            sectors: "C; 25,\nB-E".into(),
            ..AlertForm::fresh(italian)
        };
        let wish = form.wish(italian).ok().unwrap();
        assert_eq!(wish["when"]["exposure_at_least"], 10_000.5);
        assert_eq!(wish["when"]["sectors"], serde_json::json!(["C", "25", "B-E"]));
        assert_eq!(wish["when"]["types"], serde_json::json!([TYPES[0]]));
        assert_eq!(wish["channel"]["email"]["to"], "ufficio@example.it");
        assert!(AlertForm { exposure: "molto".into(), ..form }.wish(italian).is_err());
    }
}
