//! A register of protests that is only a web page: rows and cells found by selectors that the operator writes.
//!
//! # Why
//!
//! *Why an expectation?* A page that changed, a captcha or a notice of maintenance has no rows either. Only the page we
//! know may say "nothing found"; any other is quarantined.
//!
//! *Why a check before the tree is built?* An HTML parser accepts everything, and a page of a million open tags costs it
//! a tree of a million levels. One pass over the bytes refuses it first.

mod layout;
mod page;
pub(super) mod precheck;

use url::Url;

use super::reply::{seen_on, standing};
use crate::{
    collect::{Answer, Cursor, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::{Country, IdentifierKind, SourceId, Subject},
};
use layout::Layout;

const ROWS: &str = "rows";
const FOLLOWING: &str = "following";

/// The reader of a protest page.
#[derive(Debug)]
pub(super) struct ProtestsHtml {
    id: SourceId,
    base: Url,
    country: Country,
    layout: Layout,
}

impl ProtestsHtml {
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Result<Self, String> {
        let layout = Layout::read(&options.options).map_err(|e| format!("source {id}: {e}"))?;
        let country = options.country.unwrap_or(Country::IT);
        Ok(Self { id, base: options.base_url.clone(), country, layout })
    }
}

impl Source for ProtestsHtml {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, watched: &[Watched], _: &Cursor) -> Vec<Request> {
        watched
            .iter()
            .filter_map(|w| {
                let mine = |i: &&_| {
                    let i: &crate::domain::Identifier = i;
                    i.kind() == IdentifierKind::Tax && i.country() == Some(self.country)
                };
                let tax = w.who.identifiers.iter().find(mine)?;
                let mut url = self.base.clone();
                url.query_pairs_mut().append_pair(&self.layout.parameter, tax.text());
                let about = Subject {
                    name: w.who.name.clone(),
                    country: Some(self.country),
                    identifiers: vec![tax.clone()],
                    is_person: tax.is_natural_person(),
                    ..Subject::default()
                };
                Some(Request { about: Some(about), whom: vec![w.client], ..Request::get(url, ROWS) })
            })
            .collect()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        standing(answer)?;
        let html = precheck::html(&answer.body, &answer.content_type)?;
        let reading = page::Reading {
            layout: &self.layout,
            country: self.country,
            request: &answer.request,
            seen: seen_on(answer),
        };
        reading.page(&html)
    }
}
