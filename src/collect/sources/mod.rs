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

mod charset;
mod companies_house;
mod edgar;
mod eurostat;
mod gazette;
mod gleif;
mod markup;
mod openapi_it;
mod packed;
mod press;
mod protests_html;
mod record;
mod reply;
mod table;
mod xml;

use super::{Source, settings::SourceOptions};
use crate::domain::SourceId;

/// The kinds of source this build reads.
pub const KINDS: [&str; 10] = [
    "companies-house",
    "companies-house-bulk",
    "companies-house-stream",
    "edgar",
    "eurostat",
    "gazette",
    "gleif",
    "openapi-it",
    "press",
    "protests-html",
];

/// The reader of a `kind` of source under its own name. The error says what in the options is wrong.
pub fn build(id: SourceId, kind: &str, options: &SourceOptions) -> Result<Box<dyn Source>, String> {
    Ok(match kind {
        "companies-house" => Box::new(companies_house::CompaniesHouse::new(id, options)),
        "companies-house-bulk" => Box::new(companies_house::CompaniesHouseBulk::new(id, options)?),
        "companies-house-stream" => Box::new(companies_house::CompaniesHouseStream::new(id, options)?),
        "edgar" => Box::new(edgar::Edgar::new(id, options)),
        "eurostat" => Box::new(eurostat::Eurostat::new(id, options)?),
        "gazette" => Box::new(gazette::Gazette::new(id, options)?),
        "gleif" => Box::new(gleif::Gleif::new(id, options)),
        "openapi-it" => Box::new(openapi_it::OpenapiIt::new(id, options)),
        "press" => Box::new(press::Press::new(id, options)),
        "protests-html" => Box::new(protests_html::ProtestsHtml::new(id, options)?),
        _ => return Err(format!("source {id}: no reader for kind {kind:?}; known are {}", KINDS.join(", "))),
    })
}
