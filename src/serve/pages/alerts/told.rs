//! An alert in words: on what, where to, how it stands, and what was sent.

use serde_json::Value;

use super::form::AlertForm;
use crate::{
    desk::{DeliveryView, PreviewView, SubscriptionView, TestView},
    serve::pages::{
        codes::{capital, grade_class},
        look::Tongue,
        morning::client_href,
    },
};

/// On what an alert fires, in a sentence.
pub(super) fn when(form: &AlertForm, t: Tongue) -> String {
    let types = form.types();
    let is_rated = types.is_empty() || types.iter().any(|kind| kind.starts_with("rating."));
    let mut parts = vec![types.iter().map(|kind| t.event_type(kind)).collect::<Vec<_>>().join(", ")];
    if is_rated {
        parts.push(move_of(form, t));
    }
    if !form.exposure.is_empty() {
        parts.push(format!("{} {} €", t.pick("esposizione da", "exposure from"), form.exposure));
    }
    if !form.sectors.is_empty() {
        parts.push(format!("{} {}", t.pick("settori", "sectors"), form.sectors));
    }
    if !form.clients.is_empty() {
        let n = form.clients.split(", ").count();
        parts.push(match (n, t.is_italian()) {
            (1, _) => format!("{} {}", t.pick("cliente", "client"), form.clients),
            (n, true) => format!("{n} clienti scelti"),
            (n, false) => format!("{n} chosen clients"),
        });
    }
    capital(&parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; "))
}

/// How far a grade must move, and which way.
fn move_of(form: &AlertForm, t: Tongue) -> String {
    let way = match form.direction.as_str() {
        "up" => t.pick("in su", "up"),
        "both" => t.pick("in su o in giù", "up or down"),
        _ => t.pick("in giù", "down"),
    };
    let notches = match form.notches.as_str() {
        "" => None,
        "1" => Some(t.pick(format!("almeno 1 gradino {way}"), format!("1 notch {way} or more"))),
        n => Some(t.pick(format!("almeno {n} gradini {way}"), format!("{n} notches {way} or more"))),
    };
    let floor = Some(form.grade.as_str()).filter(|grade| !grade.is_empty());
    let floor = floor.map(|grade| t.pick(format!("classe {grade} o peggiore"), format!("grade {grade} or worse")));
    [notches, floor].into_iter().flatten().collect::<Vec<_>>().join(t.pick(" o ", " or "))
}

/// Where an alert goes, in words.
pub(super) fn channel(view: &SubscriptionView, t: Tongue) -> String {
    let text = |pointer: &str| view.channel.pointer(pointer).and_then(Value::as_str);
    if let Some(url) = text("/webhook/url") {
        return format!("webhook · {url}");
    }
    let Some(to) = text("/email/to") else { return t.pick("flusso (SSE)", "stream (SSE)").to_owned() };
    let digest = match text("/email/digest") {
        Some("hourly") => t.pick(", riepilogo ogni ora", ", hourly digest"),
        Some("daily") => t.pick(", riepilogo alle otto", ", digest at eight"),
        _ => "",
    };
    format!("e-mail · {to}{digest}")
}

/// An alert in a list.
pub(super) struct Row {
    pub(super) href: String,
    pub(super) name: String,
    pub(super) portfolio: String,
    pub(super) channel: String,
    pub(super) when: String,
    pub(super) state: State,
}

/// How an alert stands.
pub(super) struct State {
    pub(super) is_on: bool,
    pub(super) word: &'static str,
    /// Why it is off, or since when its receiver does not answer.
    pub(super) why: Option<String>,
}

/// The reasons that the house itself gives for an alert that is off.
fn off_because(why: &str, t: Tongue) -> String {
    match why {
        "switched off by its owner" => t.pick("spento da chi l'ha fatto", why).to_owned(),
        "ended by its reader" => t.pick("disdetto da chi lo riceve", why).to_owned(),
        other => other.to_owned(),
    }
}

impl State {
    pub(super) fn of(view: &SubscriptionView, t: Tongue) -> Self {
        let failing = view.failing_since.map(|since| {
            format!(
                "{} {}",
                t.pick("chi riceve non risponde dal", "its receiver has not answered since"),
                t.instant(since)
            )
        });
        Self {
            is_on: view.enabled,
            word: if view.enabled { t.pick("acceso", "on") } else { t.pick("spento", "off") },
            why: view.disabled.as_deref().map(|why| off_because(why, t)).or(failing),
        }
    }
}

impl Row {
    pub(super) fn of(view: &SubscriptionView, t: Tongue) -> Self {
        Self {
            href: format!("/alerts/{}", view.id),
            name: view.name.clone(),
            portfolio: view.portfolio.clone(),
            channel: channel(view, t),
            when: when(&AlertForm::of(view, t), t),
            state: State::of(view, t),
        }
    }
}

/// How often an alert would have fired.
pub(super) struct Past {
    pub(super) sentence: String,
    pub(super) is_whole: bool,
    pub(super) first: Vec<Fired>,
}

/// Something it would have fired on.
pub(super) struct Fired {
    pub(super) at: String,
    pub(super) what: String,
    pub(super) client: Option<(String, String)>,
    /// From and to, each with the class that paints it.
    pub(super) step: Option<[(String, &'static str); 2]>,
}

impl Past {
    pub(super) fn of(view: PreviewView, t: Tongue) -> Self {
        let (days, n) = (view.days, t.count(view.would_have_fired));
        let sentence = match (view.would_have_fired, t.is_italian()) {
            (0, true) => format!("Negli ultimi {days} giorni non avrebbe avvisato mai."),
            (1, true) => format!("Negli ultimi {days} giorni avrebbe avvisato una volta."),
            (_, true) => format!("Negli ultimi {days} giorni avrebbe avvisato {n} volte."),
            (0, false) => format!("In the last {days} days it would never have fired."),
            (1, false) => format!("In the last {days} days it would have fired once."),
            (_, false) => format!("In the last {days} days it would have fired {n} times."),
        };
        let fired = |one: crate::desk::FiredView| Fired {
            at: t.instant(one.at),
            what: capital(&t.event_type(&one.kind)),
            client: one.client.map(|code| (client_href(&code), code)),
            step: one.from.zip(one.to).map(|step| {
                [step.0, step.1].map(|grade| {
                    let class = grade_class(&grade);
                    (grade, class)
                })
            }),
        };
        Self { sentence, is_whole: view.is_whole, first: view.first.into_iter().map(fired).collect() }
    }
}

/// Something that was sent, or waits to be.
pub(super) struct Sending {
    pub(super) id: i64,
    pub(super) at: String,
    pub(super) what: String,
    pub(super) state: String,
    pub(super) is_bad: bool,
    pub(super) tries: String,
    pub(super) answer: String,
    pub(super) next: Option<String>,
    /// Whether it can be sent once more: what waits is on its way already.
    pub(super) may_repeat: bool,
}

impl Sending {
    pub(super) fn of(view: &DeliveryView, t: Tongue) -> Self {
        let kind = capital(&t.delivery(&view.kind));
        let what =
            if view.seq > 0 { format!("{kind} {}", t.whole(view.seq)) } else { format!("{kind} {}", t.whole(view.id)) };
        let wait = view.wait.as_deref().map(|wait| format!(", {}", t.delivery(wait))).unwrap_or_default();
        let status = view.last_status.map(|status| status.to_string());
        Self {
            id: view.id,
            at: t.instant(view.updated_at),
            what,
            state: format!("{}{wait}", capital(&t.delivery(&view.state))),
            is_bad: matches!(view.state.as_str(), "exhausted" | "dropped"),
            tries: t.whole(view.attempts),
            answer: [status, view.last_error.clone()].into_iter().flatten().collect::<Vec<_>>().join(" · "),
            next: view.next_at.filter(|_| view.state == "pending").map(|at| t.instant(at)),
            may_repeat: view.state != "pending",
        }
    }
}

/// What became of a test.
pub(super) struct Tested {
    pub(super) is_taken: bool,
    pub(super) sentence: String,
    pub(super) detail: String,
}

impl Tested {
    pub(super) fn of(view: TestView, t: Tongue) -> Self {
        let sentence = match view.delivered {
            true => t.pick("La prova è arrivata.", "The test arrived."),
            false => t.pick("La prova non è arrivata.", "The test did not arrive."),
        };
        let status = view.status.map(|status| format!("{} {status}", t.pick("Risposta", "Answer")));
        let detail = [status, view.error].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        Self { is_taken: view.delivered, sentence: sentence.to_owned(), detail }
    }
}

#[cfg(test)]
mod tests {
    use super::{AlertForm, when};
    use crate::serve::pages::look::{Language, Tongue};

    #[test]
    fn the_conditions_are_said_in_a_sentence() {
        let (italian, english) = (Tongue::default(), Tongue::from(Language::English));
        let mut form = AlertForm::fresh(italian);
        (form.grade, form.sectors) = ("C1".to_owned(), "C".to_owned());
        assert_eq!(
            when(&form, italian),
            "Una classe cambia; almeno 1 gradino in giù o classe C1 o peggiore; settori C"
        );
        assert_eq!(when(&form, english), "A grade changes; 1 notch down or more or grade C1 or worse; sectors C");
    }
}
