//! Openapi's Italian risk service: protests, procedures and prejudicial acts, in three steps.
//!
//! A search is bought (`POST /IT-negativita`), waited for (`GET /IT-richiesta/{id}`) and read
//! (`GET /IT-negativita/{id}/dettaglio`). Oracle: the provider's OpenAPI file and the answers recorded from it.
//!
//! # Why
//!
//! *Why is `presence: true` with an empty list not clean?* The provider says that there is something and does not say
//! what. That is neither a protest nor its absence: it is a check that failed, and is told as one.

mod acts;
mod company;
mod negativity;
mod procedures;
mod protests;

use serde_json::{Value, json};
use url::Url;

use super::{
    record::{Leftovers, Record},
    reply::{below, json as json_of, seen_on, standing},
};
use crate::{
    collect::{Answer, Credential, Cursor, Method, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::{Country, Identifier, IdentifierKind, SourceId, Subject},
};

const SEARCH: &str = "search";
const STATE: &str = "state";
const DETAIL: &str = "detail";

/// The reader of the risk service.
#[derive(Debug)]
pub(super) struct OpenapiIt {
    id: SourceId,
    base: Url,
    credential: Option<String>,
}

impl OpenapiIt {
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Self {
        Self { id, base: options.base_url.clone(), credential: options.credential.clone() }
    }

    fn request(&self, segments: &[&str], step: &'static str, about: Option<Subject>) -> Request {
        Request {
            credential: self.credential.clone().map(Credential::Bearer),
            about,
            ..Request::get(below(&self.base, segments), step)
        }
    }

    /// The state of a search that was bought: its detail is asked for when it is ready.
    fn search(&self, mut search: Record, answer: &Answer) -> Result<Page, Misread> {
        let tax = search.text("cf_piva");
        let id = search.text("id");
        let state = search.text("status").unwrap_or_default();
        search.ignore(&[
            "tipo",
            "callback",
            "esito",
            "timestamp",
            "date_request",
            "date_completion",
            "owner",
            "logo_pdf",
            "title_pdf",
            "text_pdf",
        ]);
        let about = answer.request.about.clone().or_else(|| tax.as_deref().and_then(|tax| subject_of(tax, None)));
        let detail = search.record("soggetto").and_then(|mut subject| {
            subject.ignore(&["code", "negativita"]);
            subject.record("dettaglio_negativita")
        });
        if let Some(detail) = detail {
            return Ok(Page { mentions: negativity::mentions(detail, about, seen_on(answer)), ..Page::default() });
        }
        let Some(id) = id else {
            return Err(Misread::Quarantined("the search has no id".to_owned()));
        };
        let request = match state.as_str() {
            "COMPLETED" => self.request(&["IT-negativita", &id, "dettaglio"], DETAIL, about),
            // What was just bought may be ready at once; asked again, it is not now.
            "PENDING" if answer.request.step == SEARCH => self.request(&["IT-richiesta", &id], STATE, about),
            "PENDING" => return Err(Misread::NotNow(format!("search {id} is still pending"))),
            other => return Err(Misread::Quarantined(format!("search {id} is in an unknown state: {other:?}"))),
        };
        Ok(Page { next: vec![request], ..Page::default() })
    }
}

impl Source for OpenapiIt {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, watched: &[Watched], _: &Cursor) -> Vec<Request> {
        let italian = |i: &&Identifier| i.kind() == IdentifierKind::Tax && i.country() == Some(Country::IT);
        watched
            .iter()
            .filter_map(|w| {
                let tax = w.who.identifiers.iter().find(italian)?;
                let mut request = self.request(&["IT-negativita"], SEARCH, subject_of(tax.text(), Some(&w.who.name)));
                request.method = Method::PostJson(json!({ "cf_piva": tax.text() }).to_string());
                Some(request)
            })
            .collect()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        refusal(answer)?;
        let leftovers = Leftovers::default();
        let Some(mut envelope) = Record::at("$", json_of(answer)?, &leftovers) else {
            return Err(Misread::Quarantined("the answer is not a JSON object".to_owned()));
        };
        let message = envelope.text("message").unwrap_or_default();
        let error = envelope.text("error");
        envelope.ignore(&["count", "cost"]);
        if envelope.flag("success") == Some(false) || error.is_some() {
            envelope.ignore_rest();
            return Err(application_error(error.as_deref(), &message));
        }
        let page = self.data(&mut envelope, answer).inspect_err(|_| envelope.ignore_rest())?;
        drop(envelope);
        Ok(Page { leftovers: leftovers.take(), ..page })
    }

    /// The search is bought, and its detail with it: one price covers both.
    fn is_paid(&self, request: &Request) -> bool {
        request.step == SEARCH
    }
}

impl OpenapiIt {
    /// Recognises `data` by its members, for a recorded answer does not say what was asked.
    fn data(&self, envelope: &mut Record, answer: &Answer) -> Result<Page, Misread> {
        let seen = seen_on(answer);
        if envelope.peek("data").is_some_and(Value::is_array) {
            let mentions = envelope.records("data").into_iter().map(|c| company::mentions(c, seen));
            return Ok(Page { mentions: mentions.collect::<Result<Vec<_>, _>>()?.concat(), ..Page::default() });
        }
        let Some(data) = envelope.record("data") else {
            return Err(Misread::Quarantined("the answer has no data".to_owned()));
        };
        let is_detail =
            ["presenzaProtesti", "presenzaProcedure", "presenzaPregiudizievoli"].iter().any(|m| data.names(m));
        if is_detail {
            let mentions = negativity::mentions(data, answer.request.about.clone(), seen);
            return Ok(Page { mentions, ..Page::default() });
        }
        if data.has("cf_piva") || (data.has("id") && data.has("status")) {
            return self.search(data, answer);
        }
        Ok(Page { mentions: company::mentions(data, seen)?, ..Page::default() })
    }
}

/// The company a tax number belongs to; none when it is no tax number (masked examples).
fn subject_of(tax: &str, name: Option<&str>) -> Option<Subject> {
    let identifier = Identifier::tax(Country::IT, tax).ok()?;
    Some(Subject {
        name: name.unwrap_or_default().to_owned(),
        country: Some(Country::IT),
        is_person: identifier.is_natural_person(),
        identifiers: vec![identifier],
        ..Subject::default()
    })
}

/// The service's own meaning of some statuses; the others mean what they mean everywhere.
fn refusal(answer: &Answer) -> Result<(), Misread> {
    match answer.status {
        200..=299 => Ok(()),
        status => match meaning_of(&status.to_string()) {
            Some(meaning) => Err(misread(meaning, format!("{} (HTTP {status})", meaning.1))),
            None => standing(answer),
        },
    }
}

/// The same by the code in the envelope, which comes with HTTP 200 when the answer was recorded.
fn application_error(code: Option<&str>, message: &str) -> Misread {
    match code.and_then(meaning_of) {
        Some(meaning) => misread(meaning, format!("{} (error {}): {message}", meaning.1, code.unwrap_or_default())),
        None => {
            Misread::Refused(format!("the service answers with error {}: {message}", code.unwrap_or("without a code")))
        }
    }
}

/// Whether asking again later may help, and what the code says.
type Meaning = (bool, &'static str);

fn meaning_of(code: &str) -> Option<Meaning> {
    Some(match code {
        "402" => (false, "the wallet is empty: recharge it"),
        "406" => (false, "the tax number is not accepted"),
        "422" | "512" => (true, "the search is not ready"),
        "428" => (false, "the request lacks a field"),
        _ => return None,
    })
}

fn misread((is_later, _): Meaning, what: String) -> Misread {
    if is_later { Misread::NotNow(what) } else { Misread::Refused(what) }
}
