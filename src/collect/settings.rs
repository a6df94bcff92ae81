//! What an operator writes about sources, and what becomes of it.

use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Source, fetch::Manners, sources, span::Span};
use crate::domain::{Country, SourceId};

/// The file as it ships, embedded.
pub const DEFAULT_SOURCES: &str = include_str!("../../config/sources.toml");

/// How the house asks, whatever the source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How the owner of a site can reach you: a web address or `mailto:`; it is part of the User-Agent.
    pub contact: String,
    /// Ask private and loopback addresses too, on any port. For a demo or a register inside your own network.
    pub allow_private: bool,
    /// Seconds to wait for a connection.
    pub connect_timeout_s: u64,
    /// Seconds to wait for a whole answer.
    pub timeout_s: u64,
    /// Sources asked at the same time; each host is asked one thing at a time in any case.
    pub max_sources_at_once: usize,
    /// Requests of one source in one run, following pages included; the rest is left for the next run, and said.
    pub max_requests: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            contact: String::new(),
            allow_private: false,
            connect_timeout_s: 10,
            timeout_s: 30,
            max_sources_at_once: 4,
            max_requests: 500_000,
        }
    }
}

impl Settings {
    /// What can be known to be wrong before anything is asked.
    pub fn check(&self) -> Result<(), SettingsError> {
        let wrong = |why: &str| Err(SettingsError(format!("collect: {why}")));
        if !self.contact.chars().all(|c| matches!(c, ' '..='~')) {
            return wrong(
                "contact: must be plain ASCII on one line, as https://example.com/bot or mailto:bot@example.com",
            );
        }
        if self.connect_timeout_s == 0 || self.timeout_s == 0 {
            return wrong("connect_timeout_s, timeout_s: must be 1 or more");
        }
        if self.max_sources_at_once == 0 || self.max_requests == 0 {
            return wrong("max_sources_at_once, max_requests: must be 1 or more");
        }
        Ok(())
    }
}

/// A source's table in `sources.toml`, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceSettings {
    /// The table's name.
    pub id: SourceId,
    /// Which reader reads it.
    pub kind: String,
    /// Switched on.
    pub is_enabled: bool,
    /// How it is asked.
    pub manners: Manners,
    /// How often it is due.
    pub every: SignedDuration,
    /// How long it may be silent before it counts as stale.
    pub stale_after: SignedDuration,
    /// How long the bytes it sent are kept as evidence; none keeps them as long as what was read from them counts.
    pub keep: Option<SignedDuration>,
    /// Whether what it calls official is taken as official; a mirror of a register is not the register.
    pub is_official: bool,
    /// What its reader is made with.
    pub options: SourceOptions,
}

impl SourceSettings {
    /// The reader of this source, whether it is switched on or not: a recorded answer can be read without asking anybody.
    pub fn reader(&self) -> Result<Box<dyn Source>, SettingsError> {
        let Self { id, kind, options, .. } = self;
        sources::build(id.clone(), kind, options).map_err(|why| SettingsError(format!("sources.toml: [{id}] {why}")))
    }
}

/// What a reader is made with.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceOptions {
    /// The root of its addresses.
    pub base_url: Url,
    /// Its feeds, where it reads feeds.
    pub feeds: Vec<Url>,
    /// The country it is about.
    pub country: Option<Country>,
    /// The language it is written in, ISO 639-1.
    pub language: Option<String>,
    /// The *name* of its secret, for [`super::Credential`].
    pub credential: Option<String>,
    /// Whatever its kind understands besides.
    pub options: toml::Table,
}

/// A mistake in `sources.toml`: which file, which table, which key, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub(super) String);

/// A table as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    kind: String,
    #[serde(default = "yes")]
    enabled: bool,
    base_url: Option<Url>,
    #[serde(default)]
    feeds: Vec<Url>,
    country: Option<String>,
    language: Option<String>,
    credential: Option<String>,
    #[serde(default)]
    pace: Pace,
    #[serde(default = "a_second")]
    min_interval: Span,
    every: Span,
    stale_after: Span,
    keep: Option<Span>,
    #[serde(default = "yes")]
    robots: bool,
    #[serde(default = "yes")]
    official: bool,
    #[serde(default)]
    options: toml::Table,
}

/// At most `requests` in any `per_seconds`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pace {
    requests: u32,
    per_seconds: u64,
}

impl Default for Pace {
    /// One a second, for whoever documents nothing.
    fn default() -> Self {
        Self { requests: 1, per_seconds: 1 }
    }
}

fn yes() -> bool {
    true
}

fn a_second() -> Span {
    Span::from_secs(1)
}

/// The sources in the text of a `sources.toml`, in the order of their names; `file` is for the messages.
pub fn read_sources(text: &str, file: &str) -> Result<Vec<SourceSettings>, SettingsError> {
    let tables: toml::Table = text.parse().map_err(|e| SettingsError(format!("{file}: {e}")))?;
    tables.into_iter().map(|(name, value)| read_source(&name, value, file)).collect()
}

fn read_source(name: &str, value: toml::Value, file: &str) -> Result<SourceSettings, SettingsError> {
    let wrong = |why: String| SettingsError(format!("{file}: [{name}] {}", why.trim().replace('\n', " ")));
    let id: SourceId = name.parse().map_err(|e| wrong(format!("{e}")))?;
    if !value.is_table() {
        return Err(wrong("must be a table; a source is written as [NAME] with its keys below".to_owned()));
    }
    let written: Written = value.try_into().map_err(|e: toml::de::Error| wrong(e.to_string()))?;
    let first_feed = || written.feeds.first().and_then(|feed| feed.join("/").ok());
    let Some(base_url) = written.base_url.clone().or_else(first_feed) else {
        return Err(wrong("base_url (or feeds): one of them must be there".to_owned()));
    };
    let addresses = std::iter::once(&base_url).chain(&written.feeds);
    if let Some(odd) = addresses.into_iter().find(|url| !matches!(url.scheme(), "http" | "https")) {
        return Err(wrong(format!("base_url, feeds: {odd} is not an http or https address")));
    }
    if written.pace.requests == 0 || written.pace.per_seconds == 0 {
        return Err(wrong("pace: requests and per_seconds must be 1 or more".to_owned()));
    }
    if written.every.is_zero() || written.stale_after < written.every {
        return Err(wrong("every, stale_after: must be above 0, and stale_after not shorter than every".to_owned()));
    }
    let country = written.country.as_deref().map(str::parse).transpose().map_err(|e| wrong(format!("country: {e}")))?;
    Ok(SourceSettings {
        id,
        kind: written.kind,
        is_enabled: written.enabled,
        manners: Manners {
            requests: written.pace.requests,
            per: Duration::from_secs(written.pace.per_seconds),
            min_interval: written.min_interval.std(),
            obeys_robots: written.robots,
        },
        every: written.every.signed(),
        stale_after: written.stale_after.signed(),
        keep: written.keep.map(Span::signed),
        is_official: written.official,
        options: SourceOptions {
            base_url,
            feeds: written.feeds,
            country,
            language: written.language,
            credential: written.credential,
            options: written.options,
        },
    })
}
