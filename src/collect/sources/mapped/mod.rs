//! Sources without a line of Rust: the operator says in `sources.toml` where things stand and what they mean.
//!
//! Four kinds, one mapping. `json` and `xml` are trees and are read by paths, `html` by CSS selectors, `csv` by the names
//! of columns. Each finds the records and hands over, under *our* names, what stands at the places that were mapped
//! ([`values::Values`]); one writer then makes mentions of them ([`mention`]), whatever they came from.
//!
//! # Why
//!
//! *Why must an empty answer be explained?* A page that changed, a notice of maintenance and a captcha hold no records
//! either. What `expect.empty` does not explain is quarantined, so that a mapping that no longer fits can never say "clean".
//!
//! *Why does a record that names nobody become the client's only when it was asked for by number?* A search by name finds
//! namesakes. Asked by number, the register has said whose record it is by answering.
//!
//! *Why are mistakes found when the settings are read?* The first answer of a source that is asked once a day would be a
//! poor place to learn that `amonut` is not a field.

mod address;
mod fact;
mod mapping;
mod mention;
mod page;
mod place;
mod rows;
mod tree;
mod values;
mod written;

use std::collections::HashMap;

use url::Url;

use super::reply::{onward, seen_on, standing};
use crate::{
    collect::{Answer, Cursor, Leftover, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::{Country, SourceId},
};
use mapping::{Empty, Mapping, Next};
use mention::Teller;
use place::Format;

/// The first page of an answer, and those that follow it.
const RECORDS: &str = "records";
const FURTHER: &str = "further";

/// The reader of a source that is only described.
#[derive(Debug)]
pub(super) struct Mapped {
    id: SourceId,
    country: Option<Country>,
    language: Option<String>,
    mapping: Mapping,
}

/// What a format found in an answer, under our names.
#[derive(Debug, Default)]
pub(super) struct Found {
    records: Vec<values::Values>,
    /// The list of records is there, although it may be empty.
    has_list: bool,
    /// The mark that an empty answer shows is there.
    has_empty_mark: bool,
    /// What leads to the next page.
    next: Option<String>,
    /// How many records there are in all, where the answer says so.
    total: Option<usize>,
    leftovers: Vec<Leftover>,
}

impl Mapped {
    pub(super) fn new(id: SourceId, kind: &str, options: &SourceOptions) -> Result<Self, String> {
        let format = Format::of(kind);
        let mapping = Mapping::read(format, options).map_err(|e| format!("options: {e}"))?;
        Ok(Self { id, country: options.country, language: options.language.clone(), mapping })
    }

    fn request(&self, url: Url, step: &'static str) -> Request {
        Request {
            accept: Some(self.mapping.format.media_type()),
            credential: self.mapping.credential.clone(),
            ..Request::get(url, step)
        }
    }

    fn found(&self, answer: &Answer) -> Result<Found, Misread> {
        match self.mapping.format {
            Format::Json => tree::json(&self.mapping, answer),
            Format::Xml => tree::xml(&self.mapping, answer),
            Format::Html => page::read(&self.mapping, answer),
            Format::Csv => rows::read(&self.mapping, answer),
        }
    }

    /// Whether the answer is one we know: a broken expectation sets it aside.
    fn check(&self, found: &Found, answer: &Answer) -> Result<(), Misread> {
        let expect = &self.mapping.expect;
        let n = found.records.len();
        let broken = |why: String| Err(Misread::Quarantined(why));
        if !found.has_list && !found.has_empty_mark {
            return broken(format!("the answer has no {:?}: its layout has changed", self.mapping.items_shown));
        }
        if n > 0 && found.has_empty_mark {
            return broken("the answer has records and the mark of an empty one".to_owned());
        }
        // The page behind the last full one is often empty, and says nothing by it.
        let is_first = answer.request.step != FURTHER;
        if n == 0 && is_first && expect.empty.is_none() {
            return broken("the answer has no records; expect.empty does not say what that means".to_owned());
        }
        if n == 0 && is_first && expect.empty_mark.is_some() && !found.has_empty_mark {
            return broken("the answer has neither records nor the mark of an empty one".to_owned());
        }
        if n > 0 && n < expect.min {
            return broken(format!("the answer has {n} records; at least {} are expected", expect.min));
        }
        if n > expect.max {
            return broken(format!("the answer has {n} records; at most {} are expected", expect.max));
        }
        let is_cut = is_first && found.next.is_none();
        match found.total {
            Some(total) if is_cut && total > n => {
                broken(format!("the answer holds {n} of {total} records, and no way to the others"))
            }
            _ => Ok(()),
        }
    }

    fn next(&self, found: &Found, answer: &Answer, leftovers: &mut Vec<Leftover>) -> Option<Request> {
        let said = found.next.as_deref()?;
        let url = match &self.mapping.next {
            Next::Parameter { name, .. } => {
                let mut url = answer.request.url.clone();
                let others: Vec<_> = url.query_pairs().into_owned().filter(|(other, _)| other != name).collect();
                url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, said);
                Some(url)
            }
            _ => onward(&answer.request, said),
        };
        if url.is_none() {
            leftovers.push(Leftover { path: "next".to_owned(), value: said.chars().take(200).collect() });
        }
        let next = self.request(url?, FURTHER);
        Some(Request { about: answer.request.about.clone(), whom: answer.request.whom.clone(), ..next })
    }
}

impl Source for Mapped {
    fn id(&self) -> &SourceId {
        &self.id
    }

    /// One question for each client that has what the address asks by, or one for everybody. Clients that share a number
    /// share a question.
    fn plan(&self, watched: &[Watched], _: &Cursor) -> Vec<Request> {
        if !self.mapping.address.asks_by_client() {
            return self.mapping.address.plain().map(|url| self.request(url, RECORDS)).into_iter().collect();
        }
        let mut requests: Vec<Request> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for w in watched {
            let Some((url, about)) = self.mapping.address.of(&w.who, self.country) else { continue };
            let place = *places.entry(url.to_string()).or_insert(requests.len());
            match requests.get_mut(place) {
                Some(request) => request.whom.push(w.client),
                None => {
                    let request = self.request(url, RECORDS);
                    requests.push(Request { about: Some(about), whom: vec![w.client], ..request });
                }
            }
        }
        requests
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        standing(answer)?;
        let mut found = self.found(answer)?;
        self.check(&found, answer)?;
        let teller = Teller {
            mapping: &self.mapping,
            source_country: self.country,
            language: self.language.as_deref(),
            asked: answer.request.about.as_ref(),
            url: &answer.request.url,
            seen: seen_on(answer),
        };
        let mut leftovers = std::mem::take(&mut found.leftovers);
        let next = self.next(&found, answer, &mut leftovers);
        let mut mentions = Vec::with_capacity(found.records.len());
        if found.records.is_empty()
            && let Some(Empty::Clean(what)) = &self.mapping.expect.empty
            && answer.request.step != FURTHER
        {
            mentions.push(teller.clean(what));
        }
        for mut record in found.records {
            mentions.push(teller.mention(&mut record)?);
            leftovers.extend(record.into_leftovers());
        }
        Ok(Page { mentions, leftovers, next: next.into_iter().collect(), ..Page::default() })
    }
}
