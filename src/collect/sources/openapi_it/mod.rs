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
    italy::{subject_of, tax_code},
    record::{Leftovers, Record},
    reply::{below, json as json_of, seen_on, standing, whole_protests},
};
use crate::{
    collect::{Answer, Credential, Cursor, Method, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::{SourceId, Subject},
};

const SEARCH: &str = "search";
const STATE: &str = "state";
const DETAIL: &str = "detail";
const COMPANY: &str = "company";

/// The reader of the risk service.
#[derive(Debug)]
pub(super) struct OpenapiIt {
    id: SourceId,
    base: Url,
    credential: Option<String>,
    companies: Option<Companies>,
}

/// The company service, which is bought apart and has a host of its own.
#[derive(Debug)]
struct Companies {
    base: Url,
    /// Which extract: `IT-start`, `IT-advanced`.
    product: String,
}

impl Companies {
    /// From the options `companies = "https://company.openapi.com/"` and `product = "IT-start"`; none asks no company.
    fn read(options: &toml::Table) -> Result<Option<Self>, String> {
        if let Some(odd) = options.keys().find(|key| !matches!(key.as_str(), "companies" | "product")) {
            return Err(format!("options.{odd} is not known; use companies, product"));
        }
        let text = |name: &str| match options.get(name) {
            None => Ok(None),
            Some(toml::Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(format!("options.{name} must be a text")),
        };
        let product = text("product")?.unwrap_or("IT-start");
        if !["IT-start", "IT-advanced", "IT-full"].contains(&product) {
            return Err(format!("options.product = {product:?} is not IT-start, IT-advanced or IT-full"));
        }
        let Some(address) = text("companies")? else { return Ok(None) };
        let base = address.parse().map_err(|e| format!("options.companies = {address:?} is no address: {e}"))?;
        Ok(Some(Self { base, product: product.to_owned() }))
    }
}

impl OpenapiIt {
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Result<Self, String> {
        let companies = Companies::read(&options.options).map_err(|e| format!("source {id}: {e}"))?;
        Ok(Self { id, base: options.base_url.clone(), credential: options.credential.clone(), companies })
    }

    fn request(&self, segments: &[&str], step: &'static str, about: Option<Subject>) -> Request {
        self.asked(below(&self.base, segments), step, about)
    }

    fn asked(&self, url: Url, step: &'static str, about: Option<Subject>) -> Request {
        Request { credential: self.credential.clone().map(Credential::Bearer), about, ..Request::get(url, step) }
    }

    /// What one client is asked about: what the registers hold against it, and its extract where that is bought, too.
    fn questions(&self, w: &Watched) -> Vec<Request> {
        let Some(tax) = tax_code(&w.who.identifiers) else { return Vec::new() };
        let about = subject_of(tax.text(), Some(&w.who.name));
        let mut search = self.request(&["IT-negativita"], SEARCH, about.clone());
        search.method = Method::PostJson(json!({ "cf_piva": tax.text() }).to_string());
        // The company service knows companies by their eleven digits.
        let company = self
            .companies
            .as_ref()
            .filter(|_| !tax.is_natural_person())
            .map(|companies| self.asked(below(&companies.base, &[&companies.product, tax.text()]), COMPANY, about));
        let questions = [Some(search), company].into_iter().flatten();
        questions.map(|request| Request { whom: vec![w.client], ..request }).collect()
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
            return Ok(page_of(detail, about, answer));
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
        Ok(Page { next: vec![Request { whom: answer.request.whom.clone(), ..request }], ..Page::default() })
    }
}

impl Source for OpenapiIt {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, watched: &[Watched], _: &Cursor) -> Vec<Request> {
        watched.iter().flat_map(|w| self.questions(w)).collect()
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
            return Ok(page_of(data, answer.request.about.clone(), answer));
        }
        if data.has("cf_piva") || (data.has("id") && data.has("status")) {
            return self.search(data, answer);
        }
        Ok(Page { mentions: company::mentions(data, seen)?, ..Page::default() })
    }
}

/// What a detail says; its list of protests is all there is.
fn page_of(detail: Record, about: Option<Subject>, answer: &Answer) -> Page {
    let mentions = negativity::mentions(detail, about, seen_on(answer));
    let whole = whole_protests(answer.request.about.as_ref(), &mentions).into_iter().collect();
    Page { mentions, whole, ..Page::default() }
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
    // One number has two meanings: the status of an empty wallet, and the service's own code of an unknown search.
    if message.starts_with("no request") {
        return Misread::Refused(format!("the service does not know the search: {message}"));
    }
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
        "402" | "610" => (false, "the wallet is empty: recharge it"),
        "406" | "412" => (false, "the tax number is not accepted"),
        "422" | "512" => (true, "the search is not ready"),
        "428" | "411" | "511" => (false, "the request lacks a field"),
        "509" | "510" => (false, "the service does not know the search"),
        _ => return None,
    })
}

fn misread((is_later, _): Meaning, what: String) -> Misread {
    if is_later { Misread::NotNow(what) } else { Misread::Refused(what) }
}
