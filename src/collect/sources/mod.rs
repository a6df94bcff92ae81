//! One reader for each open source: what to ask, and what the answers say.
//!
//! A reader takes every member of an answer by name. What it takes, it understands or ignores on purpose; what nobody
//! took is a leftover. `record` makes that the easy way to read JSON.
//!
//! # Why
//!
//! *Why not derive the answers with serde?* A derived type drops what it does not know, or refuses the whole answer.
//! Registers add members and words without notice: the answer must be read, and the new word must be seen. A record
//! that reports what nobody took does both, and cannot be forgotten because it reports when it is dropped.

mod article;
mod charset;
mod companies_house;
mod eurostat;
mod gdelt;
mod gleif;
mod markup;
mod openapi_it;
mod press;
mod protests_html;
mod record;
mod reply;
#[expect(dead_code, reason = "the registers that publish tables come next")]
mod table;
#[expect(dead_code, reason = "the registers that publish XML come next")]
mod xml;

use super::{Source, settings::SourceOptions};
use crate::domain::SourceId;

/// The kinds of source this build reads.
pub const KINDS: [&str; 8] =
    ["companies-house", "companies-house-stream", "eurostat", "gdelt", "gleif", "openapi-it", "press", "protests-html"];

/// The reader of a `kind` of source under its own name. The error says what in the options is wrong.
pub fn build(id: SourceId, kind: &str, options: &SourceOptions) -> Result<Box<dyn Source>, String> {
    Ok(match kind {
        "companies-house" => Box::new(companies_house::CompaniesHouse::new(id, options)),
        "companies-house-stream" => Box::new(companies_house::CompaniesHouse::events_only(id, options)),
        "eurostat" => Box::new(eurostat::Eurostat::new(id, options)?),
        "gdelt" => Box::new(gdelt::Gdelt::new(id, options)?),
        "gleif" => Box::new(gleif::Gleif::new(id, options)),
        "openapi-it" => Box::new(openapi_it::OpenapiIt::new(id, options)),
        "press" => Box::new(press::Press::new(id, options)),
        "protests-html" => Box::new(protests_html::ProtestsHtml::new(id, options)?),
        _ => return Err(format!("source {id}: no reader for kind {kind:?}; known are {}", KINDS.join(", "))),
    })
}
