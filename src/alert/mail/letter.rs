use askama::Template;

use super::say;
use crate::{
    alert::bundle::Bundle,
    domain::{Event, Glossary},
    store::{Subscription, Wait},
};

/// The languages letters are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::alert) enum Tongue {
    English,
    Italian,
}

impl Tongue {
    pub(super) fn of(subscription: &Subscription) -> Self {
        if subscription.locale == "it" { Self::Italian } else { Self::English }
    }

    pub(super) fn is_italian(self) -> bool {
        self == Self::Italian
    }

    pub(super) fn pick(self, english: &'static str, italian: &'static str) -> &'static str {
        if self.is_italian() { italian } else { english }
    }
}

/// One thing that happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::alert) struct Entry {
    pub(super) title: String,
    pub(super) facts: Vec<String>,
    pub(super) reasons: Vec<String>,
    /// Whether it is a drop, which the subject counts.
    pub(super) has_drop: bool,
}

/// A letter as it is written, once for the plain and once for the formatted part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::alert) struct Letter {
    pub(super) tongue: Tongue,
    pub(super) subject: String,
    pub(super) opening: String,
    pub(super) entries: Vec<Entry>,
    pub(super) omitted: Option<String>,
    pub(super) closing: String,
}

/// Where a reader ends the subscription.
pub(super) struct Link {
    pub(super) label: &'static str,
    pub(super) url: String,
}

#[derive(Template)]
#[template(path = "letter.txt", config = ".askama.toml")]
struct Plain<'a> {
    heading: &'a str,
    opening: &'a str,
    entries: &'a [Entry],
    omitted: Option<&'a str>,
    closing: &'a str,
    unsubscribe: Option<&'a Link>,
}

#[derive(Template)]
#[template(path = "letter.html", config = ".askama.toml")]
struct Formatted<'a> {
    lang: &'static str,
    subject: &'a str,
    heading: &'a str,
    opening: &'a str,
    entries: &'a [Entry],
    omitted: Option<&'a str>,
    closing: &'a str,
    unsubscribe: Option<&'a Link>,
}

/// What is known of an event's client beside the event: its name, by which people know it.
pub(in crate::alert) type Named = (Event, Option<String>);

impl Letter {
    /// A single alert.
    pub(in crate::alert) fn alert(subscription: &Subscription, (event, name): &Named, glossary: &Glossary) -> Self {
        let tongue = Tongue::of(subscription);
        let entry = say::entry(event, name.as_deref(), glossary, tongue);
        Self {
            subject: entry.title.clone(),
            opening: String::new(),
            entries: vec![entry],
            omitted: None,
            ..Self::blank(subscription)
        }
    }

    /// Several alerts. `events`: those of the bundle, with the names of their clients.
    pub(in crate::alert) fn digest(
        subscription: &Subscription,
        bundle: &Bundle,
        events: &[Named],
        glossary: &Glossary,
    ) -> Self {
        let tongue = Tongue::of(subscription);
        let said = |(event, name): &Named| say::entry(event, name.as_deref(), glossary, tongue);
        let entries: Vec<Entry> = events.iter().map(said).collect();
        let n = bundle.n_events;
        let gravest = entries.iter().find(|entry| entry.has_drop).map(|entry| format!(": {}", entry.title));
        let (subject, opening) = match tongue {
            Tongue::English => (format!("{n} alerts{}", gravest.unwrap_or_default()), why_english(bundle.wait)),
            Tongue::Italian => (format!("{n} avvisi{}", gravest.unwrap_or_default()), why_italian(bundle.wait)),
        };
        let (first, last) = bundle.ends;
        let omitted = (bundle.n_omitted() > 0).then(|| match tongue {
            Tongue::English => format!(
                "And {} more: GET /v1/changes?after={} lists every event, these are numbers {first} to {last}.",
                bundle.n_omitted(),
                first - 1
            ),
            Tongue::Italian => format!(
                "E altri {}: GET /v1/changes?after={} elenca tutti gli eventi, questi vanno dal {first} al {last}.",
                bundle.n_omitted(),
                first - 1
            ),
        });
        Self { subject, opening: opening.to_owned(), entries, omitted, ..Self::blank(subscription) }
    }

    /// To the contact of a subscription that was switched off.
    pub(in crate::alert) fn notice(subscription: &Subscription, reason: &str) -> Self {
        let (name, id) = (&subscription.name, &subscription.id);
        let (subject, opening) = match Tongue::of(subscription) {
            Tongue::English => (
                format!("The alerts \"{name}\" were switched off"),
                format!(
                    "Nothing is sent to the subscription {id} any more: {reason}. When the cause is gone, switch it on \
                     with PATCH /v1/subscriptions/{id} {{\"enabled\": true}} and fetch what was missed with POST \
                     /v1/subscriptions/{id}/recover."
                ),
            ),
            Tongue::Italian => (
                format!("Gli avvisi \"{name}\" sono stati disattivati"),
                format!(
                    "All'abbonamento {id} non viene più inviato nulla: {reason}. Rimossa la causa, va riattivato con PATCH \
                     /v1/subscriptions/{id} {{\"enabled\": true}}; gli avvisi persi si recuperano con POST \
                     /v1/subscriptions/{id}/recover."
                ),
            ),
        };
        Self { subject, opening, ..Self::blank(subscription) }
    }

    /// What a test sends.
    pub(in crate::alert) fn test(subscription: &Subscription) -> Self {
        let (subject, opening) = match Tongue::of(subscription) {
            Tongue::English => ("This is a test", "Alerts of this subscription reach you."),
            Tongue::Italian => ("Questa è una prova", "Gli avvisi di questo abbonamento arrivano."),
        };
        Self { subject: subject.to_owned(), opening: opening.to_owned(), ..Self::blank(subscription) }
    }

    fn blank(subscription: &Subscription) -> Self {
        let tongue = Tongue::of(subscription);
        let name = &subscription.name;
        let closing = match tongue {
            Tongue::English => format!(
                "Vedetta, subscription \"{name}\". Internal score, not a credit rating under Regulation (EC) No 1060/2009."
            ),
            Tongue::Italian => format!(
                "Vedetta, abbonamento \"{name}\". Valutazione interna, non un rating ai sensi del regolamento (CE) n. 1060/2009."
            ),
        };
        let (subject, opening) = (String::new(), String::new());
        Self { tongue, subject, opening, entries: Vec::new(), omitted: None, closing }
    }

    /// The plain and the formatted text. `unsubscribe`: where the reader ends the subscription.
    pub(super) fn written(&self, unsubscribe: Option<String>) -> Result<(String, String), askama::Error> {
        let label = self.tongue.pick("Unsubscribe", "Annulla l'iscrizione");
        let link = unsubscribe.map(|url| Link { label, url });
        let Self { subject, opening, entries, closing, .. } = self;
        let (omitted, unsubscribe) = (self.omitted.as_deref(), link.as_ref());
        let plain = Plain { heading: subject, opening, entries, omitted, closing, unsubscribe };
        let lang = self.tongue.pick("en", "it");
        let formatted = Formatted { lang, subject, heading: subject, opening, entries, omitted, closing, unsubscribe };
        Ok((plain.render()?, formatted.render()?))
    }
}

fn why_english(wait: Option<Wait>) -> &'static str {
    match wait {
        Some(Wait::Storm) => "More came at once than one can read: here they are together, the gravest first.",
        Some(Wait::Quiet) => "This came during your quiet hours; the gravest first.",
        Some(Wait::Digest) | None => "This came since the last message; the gravest first.",
    }
}

fn why_italian(wait: Option<Wait>) -> &'static str {
    match wait {
        Some(Wait::Storm) => {
            "Ne sono arrivati più di quanti si possano leggere: eccoli insieme, i più gravi per primi."
        }
        Some(Wait::Quiet) => "Sono arrivati nelle ore di silenzio; i più gravi per primi.",
        Some(Wait::Digest) | None => "Sono arrivati dopo l'ultimo messaggio; i più gravi per primi.",
    }
}
