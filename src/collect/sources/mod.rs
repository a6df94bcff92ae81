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
mod bodacc;
mod charset;
mod companies_house;
mod edgar;
mod eurostat;
mod france;
mod gazette;
mod gazzetta_ufficiale;
mod gdelt;
mod gleif;
mod infocamere;
mod istat;
mod italy;
mod mapped;
mod markup;
mod openapi_it;
mod packed;
mod press;
mod protests_html;
mod recherche_entreprises;
mod record;
mod reply;
mod statistics;
mod table;
mod vies;
mod xml;

use super::{Source, settings::SourceOptions};
use crate::domain::SourceId;

/// The kinds of source this build reads.
pub const KINDS: [&str; 22] = [
    "bodacc",
    "companies-house",
    "companies-house-bulk",
    "companies-house-stream",
    "csv",
    "edgar",
    "eurostat",
    "gazette",
    "gazzetta-ufficiale",
    "gdelt",
    "gleif",
    "gleif-golden-copy",
    "html",
    "infocamere",
    "istat",
    "json",
    "openapi-it",
    "press",
    "protests-html",
    "recherche-entreprises",
    "vies",
    "xml",
];

/// Whether a kind is only described by its options, so that they can be checked without asking anybody.
pub(super) fn is_described(kind: &str) -> bool {
    matches!(kind, "csv" | "html" | "json" | "xml")
}

/// The reader of a `kind` of source under its own name. The error says what in the options is wrong.
pub fn build(id: SourceId, kind: &str, options: &SourceOptions) -> Result<Box<dyn Source>, String> {
    Ok(match kind {
        "bodacc" => Box::new(bodacc::Bodacc::new(id, options)),
        "companies-house" => Box::new(companies_house::CompaniesHouse::new(id, options)),
        "companies-house-bulk" => Box::new(companies_house::CompaniesHouseBulk::new(id, options)?),
        "companies-house-stream" => Box::new(companies_house::CompaniesHouseStream::new(id, options)?),
        "csv" | "html" | "json" | "xml" => Box::new(mapped::Mapped::new(id, kind, options)?),
        "edgar" => Box::new(edgar::Edgar::new(id, options)),
        "eurostat" => Box::new(eurostat::Eurostat::new(id, options)?),
        "gazette" => Box::new(gazette::Gazette::new(id, options)?),
        "gazzetta-ufficiale" => Box::new(gazzetta_ufficiale::GazzettaUfficiale::new(id, options)),
        "gdelt" => Box::new(gdelt::Gdelt::new(id, options)?),
        "gleif" => Box::new(gleif::Gleif::new(id, options)),
        "gleif-golden-copy" => Box::new(gleif::GoldenCopy::new(id, options)),
        "infocamere" => Box::new(infocamere::Infocamere::new(id, options)?),
        "istat" => Box::new(istat::Istat::new(id, options)?),
        "openapi-it" => Box::new(openapi_it::OpenapiIt::new(id, options)?),
        "press" => Box::new(press::Press::new(id, options)),
        "protests-html" => Box::new(protests_html::ProtestsHtml::new(id, options)?),
        "recherche-entreprises" => Box::new(recherche_entreprises::RechercheEntreprises::new(id, options)),
        "vies" => Box::new(vies::Vies::new(id, options)),
        _ => return Err(format!("source {id}: no reader for kind {kind:?}; known are {}", KINDS.join(", "))),
    })
}
