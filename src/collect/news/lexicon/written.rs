//! The files as they are written.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Events, Happening, Meaning};
use crate::domain::NewsEvent;

/// The files; a language more is a file more.
const FILES: [(&str, &str); 8] = [
    ("it", include_str!("it.toml")),
    ("en", include_str!("en.toml")),
    ("fr", include_str!("fr.toml")),
    ("de", include_str!("de.toml")),
    ("es", include_str!("es.toml")),
    ("", include_str!("international.toml")),
    ("", include_str!("sectors.toml")),
    ("", include_str!("names.toml")),
];

/// Words under a name, parted by blanks.
pub(super) type Classes = BTreeMap<String, String>;

/// One file.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) words: Classes,
    pub(super) friends: Vec<String>,
    pub(super) denied: Vec<String>,
    pub(super) undone: Vec<String>,
    pub(super) negators: Vec<String>,
    pub(super) avoided: Vec<String>,
    pub(super) rumoured: Vec<String>,
    pub(super) market: Vec<String>,
    pub(super) event: Vec<WrittenEvent>,
    pub(super) context: Vec<WrittenContext>,
    pub(super) sector: BTreeMap<String, Vec<String>>,
    pub(super) names: Names,
}

/// What words are to the names of companies; each line holds words parted by blanks.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Names {
    pub(super) common: Vec<String>,
    pub(super) institutions: Vec<String>,
    pub(super) trades: Vec<String>,
    pub(super) compounds: Vec<String>,
    pub(super) forms: Vec<String>,
    pub(super) introductions: Vec<String>,
    pub(super) before_places: Vec<String>,
    pub(super) particles: Vec<String>,
}

/// An event and the phrases that tell of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenEvent {
    is: String,
    severity: u8,
    #[serde(default)]
    sure: bool,
    #[serde(default)]
    weak: bool,
    pub(super) phrases: Vec<String>,
}

/// A world in which these events are not meant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenContext {
    mutes: Vec<String>,
    pub(super) phrases: Vec<String>,
}

impl WrittenEvent {
    pub(super) fn meaning(&self) -> Result<Meaning, String> {
        let event: NewsEvent = self.is.parse().map_err(|e| format!("{e}"))?;
        let severity = self.severity.min(5);
        Ok(Meaning::Event(Happening { event, severity, is_sure: self.sure, is_weak: self.weak }))
    }
}

impl WrittenContext {
    pub(super) fn meaning(&self) -> Result<Meaning, String> {
        let mut events = Events::default();
        for name in &self.mutes {
            match name.as_str() {
                "all" => NewsEvent::ALL.iter().for_each(|event| events = events.with(*event)),
                name => events = events.with(name.parse().map_err(|e| format!("{e}"))?),
            }
        }
        Ok(Meaning::Context(events))
    }
}

/// All files, parsed.
pub(super) fn files() -> Result<Vec<(&'static str, File)>, String> {
    FILES.iter().map(|(language, text)| Ok((*language, toml::from_str(text).map_err(|e| e.to_string())?))).collect()
}
