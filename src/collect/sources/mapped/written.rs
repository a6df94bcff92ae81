//! The mapping as an operator writes it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `[NAME.options]` of a mapped source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    /// The address; below `base_url` unless it is a whole one.
    #[serde(default)]
    pub(super) url: String,
    /// Where the records stand; without it the answer itself is the record, or the list of them.
    #[serde(default)]
    pub(super) items: String,
    /// Which kind of mention a record is.
    pub(super) kind: String,
    pub(super) own_id: Option<WrittenField>,
    pub(super) valid_at: Option<WrittenField>,
    pub(super) published_at: Option<WrittenField>,
    /// Where a person can read it.
    pub(super) link: Option<WrittenField>,
    #[serde(default)]
    pub(super) subject: BTreeMap<String, WrittenField>,
    #[serde(default)]
    pub(super) fields: BTreeMap<String, WrittenField>,
    #[serde(default)]
    pub(super) dates: OneOrMany,
    pub(super) decimal: Option<String>,
    pub(super) delimiter: Option<String>,
    /// `field = { ours = ["theirs"] }`.
    #[serde(default)]
    pub(super) words: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Known, and not needed.
    #[serde(default)]
    pub(super) ignore: Vec<String>,
    pub(super) next: Option<WrittenNext>,
    /// How the secret is sent.
    pub(super) send_credential: Option<String>,
    #[serde(default)]
    pub(super) expect: WrittenExpect,
}

/// A place, or a constant.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a place as a text, or a constant as { is = \"…\" }")]
pub(super) enum WrittenField {
    /// Where it stands.
    Place(String),
    /// What it always is.
    Constant(Constant),
}

/// `{ is = "IT" }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Constant {
    pub(super) is: toml::Value,
}

/// One text or several.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a text or a list of texts")]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

/// The way to the next page.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a place as a text, or { place = \"…\", parameter = \"…\" }")]
pub(super) enum WrittenNext {
    /// Where its address stands.
    Address(String),
    /// Where a word stands that goes into this parameter of the address.
    Parameter(WrittenParameter),
}

/// `{ place = "meta.cursor", parameter = "cursor" }`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenParameter {
    pub(super) place: String,
    pub(super) parameter: String,
}

/// What every answer must be; what is not is set aside.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenExpect {
    /// Places that every answer has.
    #[serde(default)]
    pub(super) present: Vec<String>,
    /// Fields that every record has.
    #[serde(default)]
    pub(super) required: Vec<String>,
    /// Records in an answer that has any.
    pub(super) min: Option<usize>,
    pub(super) max: Option<usize>,
    /// How many records there are on all pages.
    pub(super) total: Option<String>,
    /// What no records mean: `clean:WHAT` or `nothing`.
    pub(super) empty: Option<String>,
    /// What an answer without records shows.
    pub(super) empty_mark: Option<String>,
}
