//! recherche-entreprises.api.gouv.fr, the open search over the French registers: whether a company is active or ceased, and
//! whether it has a liquidator. Procedures are not in it: they are in the gazette.
//!
//! Oracle: the interface's own description (`open-api.yml` of etalab's search-api), and the states that the directory of
//! French companies derives from its answers.
//!
//! # Why
//!
//! *Why is an empty list not clean?* The register of all companies that does not know a company has not looked it up under
//! the right number. That is an open question, and is told as one.
//!
//! *Why is nothing kept of the officers but that one is a liquidator?* They are natural persons.

mod company;

use url::Url;

use super::{
    france::{siren_of, subject_of},
    record::{Leftovers, Record},
    reply::{below, json, seen_on, standing},
};
use crate::{
    collect::{Answer, Cursor, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::{Country, Fact, Mention, SourceId, Status, StatusChange, Subject},
};

const SEARCH: &str = "search";

/// The reader of the search.
#[derive(Debug)]
pub(super) struct RechercheEntreprises {
    id: SourceId,
    base: Url,
}

impl RechercheEntreprises {
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Self {
        Self { id, base: options.base_url.clone() }
    }
}

impl Source for RechercheEntreprises {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, watched: &[Watched], _: &Cursor) -> Vec<Request> {
        let request = |w: &Watched| {
            let siren = siren_of(&w.who.identifiers)?;
            let mut url = below(&self.base, &["search"]);
            url.query_pairs_mut()
                .append_pair("q", siren.text())
                .append_pair("page", "1")
                // A SIREN finds one company; whatever else the words of the search hit is none of ours.
                .append_pair("per_page", "1");
            let about = Some(subject_of(siren, &w.who.name));
            Some(Request { about, whom: vec![w.client], ..Request::get(url, SEARCH) })
        };
        watched.iter().filter_map(request).collect()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        standing(answer)?;
        let leftovers = Leftovers::default();
        let Some(mut record) = Record::at("$", json(answer)?, &leftovers) else {
            return Err(Misread::Quarantined("the answer is not a JSON object".to_owned()));
        };
        // The directory's own recordings wrap the answer and repeat the question.
        if let Some(inner) = record.record("result") {
            record.ignore(&["searchTerms"]);
            record = inner;
        }
        if let Some(error) = record.text("erreur").or_else(|| record.text("error")) {
            record.ignore_rest();
            return Err(Misread::Refused(format!("the search does not accept the question: {error}")));
        }
        if !record.names("results") {
            record.ignore_rest();
            return Err(Misread::Quarantined("not an answer of the search: it has no results".to_owned()));
        }
        record.ignore(&["total_results", "page", "per_page", "total_pages"]);
        let seen = seen_on(answer);
        let companies = record.records("results");
        let mut mentions: Vec<Mention> = companies.into_iter().flat_map(|c| company::mentions(c, seen)).collect();
        let about = answer.request.about.as_ref();
        let knows = |about: &Subject| mentions.iter().any(|m| m.subject.identifiers == about.identifiers);
        if about.map_or(mentions.is_empty(), |about| !knows(about)) {
            mentions.push(not_known(about, answer));
        }
        drop(record);
        Ok(Page { mentions, leftovers: leftovers.take(), ..Page::default() })
    }
}

/// The register does not know whom we asked about: neither active nor ceased.
fn not_known(about: Option<&Subject>, answer: &Answer) -> Mention {
    let subject = about.cloned().unwrap_or_else(|| Subject { country: Some(Country::FR), ..Subject::default() });
    let siren = subject.identifiers.first().map_or_else(String::new, ToString::to_string);
    Mention {
        own_id: format!("status/{siren}"),
        subject,
        fact: Fact::CompanyStatus(StatusChange::plain(Status::Unknown)),
        valid_at: seen_on(answer),
        published_at: None,
        is_official: true,
        url: None,
    }
}
