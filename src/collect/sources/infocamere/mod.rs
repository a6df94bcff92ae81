//! The Italian chambers of commerce (InfoCamere): the register of protests, the search for companies, the extract of the
//! register (*visura*), as XML by web service or by file.
//!
//! Oracle: names of elements from the types of those services as their users publish them; codes from the answers of a
//! reseller of the same registers. Dates are read in every way that a chamber writes them, for the format of the protest
//! service is not public.
//!
//! # Why
//!
//! *Why are the addresses options?* They are part of the contract with the chambers and differ by contract.
//!
//! *Why is an answer without a protest "clean" only here?* Only a search by tax code that answers "no positions", or an extract
//! of that company without an entry, has looked. An error, which these services send with HTTP 200, has not.

mod companies;
mod element;
mod extract;
mod protests;

use serde_json::Value;
use url::Url;

use super::{
    italy::{subject_of, tax_code},
    record::{Leftovers, Record},
    reply::{below, seen_on, standing, whole_protests},
    xml,
};
use crate::{
    collect::{Answer, Credential, Cursor, Misread, Page, Request, Source, Watched, Whole, settings::SourceOptions},
    domain::{Country, Fact, Mention, SourceId, Status, StatusChange, Subject},
};
use element::element;

const PROTESTS: &str = "protests";
const PROTEST_DETAIL: &str = "protest-detail";
/// The detail of one entry, where the search listed more that are or may be whom we asked about.
const PROTEST_DETAIL_OF_SEVERAL: &str = "protest-detail-of-several";
const COMPANIES: &str = "companies";
const EXTRACT: &str = "extract";

/// The reader of the chambers' services.
#[derive(Debug)]
pub(super) struct Infocamere {
    id: SourceId,
    base: Url,
    credential: Option<String>,
    paths: Paths,
}

/// Where each question goes, below the base address; one that is empty is not asked.
#[derive(Debug)]
struct Paths {
    protests: String,
    protest_detail: String,
    companies: String,
    extract: String,
}

impl Paths {
    fn read(options: &toml::Table) -> Result<Self, String> {
        const KNOWN: [&str; 4] = ["protests", "protest_detail", "companies", "extract"];
        if let Some(odd) = options.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return Err(format!("options.{odd} is not known; use {}", KNOWN.join(", ")));
        }
        let path = |name: &str, default: &str| match options.get(name) {
            None => Ok(default.to_owned()),
            Some(toml::Value::String(path)) => Ok(path.trim_matches('/').to_owned()),
            Some(_) => Err(format!("options.{name} must be a path below base_url")),
        };
        Ok(Self {
            protests: path("protests", "protesti/ricerca/codicefiscale")?,
            protest_detail: path("protest_detail", "protesti/visura")?,
            companies: path("companies", "registroimprese/imprese/ricerca/partitaiva")?,
            extract: path("extract", "registroimprese/output/impresa/blocchi/nrea/xml")?,
        })
    }
}

impl Infocamere {
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Result<Self, String> {
        let paths = Paths::read(&options.options).map_err(|e| format!("source {id}: {e}"))?;
        Ok(Self { id, base: options.base_url.clone(), credential: options.credential.clone(), paths })
    }

    /// A question below the base address; none where the path is empty.
    fn request(&self, path: &str, parameters: &[(&str, &str)], step: &'static str) -> Option<Request> {
        if path.is_empty() {
            return None;
        }
        let mut url = below(&self.base, &path.split('/').collect::<Vec<_>>());
        url.query_pairs_mut().extend_pairs(parameters);
        Some(Request { credential: self.credential.clone().map(Credential::BasicPair), ..Request::get(url, step) })
    }

    /// What an answer leads on to, about the same client.
    fn onward(&self, answer: &Answer, request: Option<Request>, about: Option<Subject>) -> Option<Request> {
        let about = answer.request.about.clone().or(about);
        Some(Request { about, whom: answer.request.whom.clone(), ..request? })
    }

    /// An answer of the web service: a head, and behind it a list, a detail or an extract.
    fn reply(&self, mut reply: Record, answer: &Answer) -> Result<Page, Misread> {
        let head = element(&mut reply, "Testata");
        let n_found = match head {
            Some(head) => self::head(head, answer)?,
            None => Head { n_found: None, is_nothing: false },
        };
        let mut page = Page::default();
        let mut is_known = false;
        for name in ["VisuraEffetto", "ListaAnagrafiche", "ListaImpreseRI", "blocchi-impresa"] {
            let is_there = reply.names(name);
            is_known |= is_there;
            let parts = element::elements(&mut reply, name);
            if name == "ListaAnagrafiche" {
                self.debtors(parts, n_found.n_found, answer, &mut page);
            } else {
                parts.into_iter().try_for_each(|part| self.part(name, part, answer, &mut page))?;
            }
            // A list without an entry is a list all the same, unless the head has counted some.
            if is_there && page.mentions.is_empty() && page.next.is_empty() && n_found.n_found.is_some_and(|n| n > 0) {
                reply.ignore_rest();
                return Err(Misread::Quarantined(format!("the head counts positions and {name} shows none")));
            }
            if is_there && page.mentions.is_empty() && page.next.is_empty() {
                page.mentions.extend(self.nothing(name, answer));
            }
        }
        if is_known {
            return Ok(page);
        }
        let is_nothing = n_found.is_nothing || n_found.n_found == Some(0);
        let list = match answer.request.step {
            PROTESTS | PROTEST_DETAIL | PROTEST_DETAIL_OF_SEVERAL => "ListaAnagrafiche",
            COMPANIES | EXTRACT => "ListaImpreseRI",
            _ => "",
        };
        if is_nothing && !list.is_empty() {
            page.mentions.extend(self.nothing(list, answer));
            return Ok(page);
        }
        reply.ignore_rest();
        if is_nothing {
            return Err(Misread::Refused("the service found nothing, and does not say of what".to_owned()));
        }
        Err(Misread::Quarantined("an answer with neither a list nor a detail nor an extract".to_owned()))
    }

    fn part(&self, name: &str, mut part: Record, answer: &Answer, page: &mut Page) -> Result<(), Misread> {
        let seen = seen_on(answer);
        let about = answer.request.about.as_ref();
        match name {
            "VisuraEffetto" => page.mentions.extend(protests::mentions(part, about, seen)),
            "blocchi-impresa" => page.mentions.extend(extract::mentions(part, about, seen)?),
            _ => {
                for found in companies::companies(&mut part, seen) {
                    if let Some((chamber, number)) = found.rea {
                        let parameters = [("cciaa", chamber.as_str()), ("nRea", number.as_str())];
                        let request = self.request(&self.paths.extract, &parameters, EXTRACT);
                        page.next.extend(self.onward(
                            answer,
                            request,
                            found.mentions.first().map(|m| m.subject.clone()),
                        ));
                    }
                    page.mentions.extend(found.mentions);
                }
            }
        }
        Ok(())
    }

    /// Whom a search found: each leads to its papers, which are the whole list only where nobody else may be ours.
    fn debtors(&self, lists: Vec<Record>, n_found: Option<u64>, answer: &Answer, page: &mut Page) {
        let about = answer.request.about.as_ref();
        let found = protests::debtors(lists, about);
        let is_cut = n_found.is_some_and(|n| n > found.n_listed as u64);
        let is_alone = found.ours.len() == 1 && !found.is_unclear && !is_cut;
        let step = if is_alone { PROTEST_DETAIL } else { PROTEST_DETAIL_OF_SEVERAL };
        let is_listed = found.is_unclear || !found.ours.is_empty();
        for (key, subject) in found.ours {
            let request = self.request(&self.paths.protest_detail, &[("kAnagrafica", &key)], step);
            page.next.extend(self.onward(answer, request, Some(subject)));
        }
        // Whoever may stand in the list, and whose papers nobody can show, is not clean.
        if is_listed && page.next.is_empty() {
            page.mentions.push(told(about, protests::unchecked(), answer));
        }
    }

    /// A list without entries: no protest is good news, no company is none.
    fn nothing(&self, list: &str, answer: &Answer) -> Option<Mention> {
        let fact = match list {
            "ListaAnagrafiche" | "VisuraEffetto" => Fact::Clean { what: "protests".to_owned() },
            "ListaImpreseRI" => Fact::CompanyStatus(StatusChange::plain(Status::Unknown)),
            _ => return None,
        };
        Some(told(answer.request.about.as_ref(), fact, answer))
    }
}

impl Source for Infocamere {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, watched: &[Watched], _: &Cursor) -> Vec<Request> {
        let mut requests = Vec::new();
        for w in watched {
            let Some(tax) = tax_code(&w.who.identifiers) else { continue };
            let about = subject_of(tax.text(), Some(&w.who.name));
            let protests = self.request(&self.paths.protests, &[("codiceFiscale", tax.text())], PROTESTS);
            // The register is searched by VAT number, and only for head offices; a person's tax code is none.
            let by_vat = [("partitaIva", tax.text()), ("fSoloSedi", "S")];
            let companies = self.request(&self.paths.companies, &by_vat, COMPANIES);
            let companies = companies.filter(|_| !tax.is_natural_person());
            let asked = [protests, companies].into_iter().flatten();
            requests.extend(asked.map(|r| Request { about: about.clone(), whom: vec![w.client], ..r }));
        }
        requests
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        standing(answer)?;
        let (root, value) = xml::document(answer)?;
        let leftovers = Leftovers::default();
        let Value::Object(members) = value else {
            return Err(Misread::Quarantined(format!("<{root}> holds nothing that could be read")));
        };
        let record = Record::at(&format!("/{root}"), Value::Object(members), &leftovers);
        let Some(mut record) = record else {
            return Err(Misread::Quarantined(format!("<{root}> is no element with children")));
        };
        let about = answer.request.about.as_ref();
        let mut page = match root.as_str() {
            "Risposta" => self.reply(record, answer)?,
            "VisuraEffetto" => Page { mentions: protests::mentions(record, about, seen_on(answer)), ..Page::default() },
            "blocchi-impresa" => {
                Page { mentions: extract::mentions(record, about, seen_on(answer))?, ..Page::default() }
            }
            "dati-identificativi" => {
                Page { mentions: extract::of_head(record, about, seen_on(answer)), ..Page::default() }
            }
            other => {
                record.ignore_rest();
                return Err(Misread::Quarantined(format!("<{other}> is no answer of the chambers' services")));
            }
        };
        // One entry of several tells neither that there is no protest nor what the whole list is: the others may hold more.
        let is_of_several = answer.request.step == PROTEST_DETAIL_OF_SEVERAL;
        page.mentions.retain(|mention| !(is_of_several && matches!(mention.fact, Fact::Clean { .. })));
        let is_whole = !is_of_several && !protests::is_unchecked(&page.mentions);
        let protests = whole_protests(about, &page.mentions).filter(|_| is_whole);
        let whole = protests.into_iter().chain(whole_extract(answer, &page.mentions)).collect();
        Ok(Page { leftovers: leftovers.take(), whole, ..page })
    }
}

/// An extract with the state of activity holds every state and procedure that the register has of the company: one that
/// stood there without its day, and now has one, stands there once.
fn whole_extract(answer: &Answer, mentions: &[Mention]) -> Option<Whole> {
    let has_state = mentions.iter().any(|mention| mention.own_id.starts_with("status/"));
    let subject = answer.request.about.clone().filter(|_| answer.request.step == EXTRACT && has_state)?;
    Some(Whole { subject, kind: "company_status" })
}

/// A mention of the whole answer.
fn told(about: Option<&Subject>, fact: Fact, answer: &Answer) -> Mention {
    let subject = about.cloned().unwrap_or_else(|| Subject { country: Some(Country::IT), ..Subject::default() });
    let tax = subject.identifiers.first().map_or_else(String::new, ToString::to_string);
    let what = match &fact {
        Fact::Clean { .. } => "clean/protests",
        Fact::CompanyStatus(change) if change.status == Status::CouldNotCheck => "unchecked/protests",
        _ => "status",
    };
    Mention {
        own_id: format!("{what}/{tax}"),
        subject,
        fact,
        valid_at: seen_on(answer),
        published_at: None,
        is_official: true,
        url: None,
    }
}

/// How a message begins that says a register holds nothing; others that deny something speak of rights or of the service.
const NOTHING_FOUND: [&str; 5] =
    ["nessuna posizione", "nessun nominativo", "nessun protesto", "nessuna impresa", "zero posizioni"];

/// What the head of an answer says.
struct Head {
    n_found: Option<u64>,
    /// A message that there is nothing.
    is_nothing: bool,
}

/// Reads the head. An error of the application comes in it, with HTTP 200.
fn head(mut head: Record, answer: &Answer) -> Result<Head, Misread> {
    let summary = element(&mut head, "Riepilogo");
    let n_found = summary.and_then(|mut summary| {
        summary.ignore(&[
            "RichiestaInput",
            "FormatoDocumentoAllegato",
            "IdRichiesta",
            "DtEstrazione",
            "OraEstrazione",
            "TipoRichiesta",
        ]);
        summary.text("NumeroPosizioni").and_then(|text| text.parse().ok())
    });
    head.ignore(&["RecordAccount"]);
    let mut is_nothing = false;
    for mut message in element::elements(&mut head, "Messaggio") {
        let code = message.text("CodiceErrore").unwrap_or_default();
        let words = message.text("DescrizioneErrore").unwrap_or_default();
        message.ignore(&["GravitaErrore"]);
        // No error is written as an empty code, or as noughts.
        if code.trim_matches('0').is_empty() && words.is_empty() {
            continue;
        }
        let folded = words.trim().to_lowercase();
        let says = |any: &[&str]| any.iter().any(|word| folded.contains(word));
        if NOTHING_FOUND.iter().any(|start| folded.starts_with(start)) {
            is_nothing = true;
        } else if answer.request.step.is_empty() || !says(&["riprova", "disponibil", "occupat", "timeout", "tempo"]) {
            return Err(Misread::Refused(format!("the service answers with error {code}: {words}")));
        } else {
            return Err(Misread::NotNow(format!("the service cannot answer now ({code}): {words}")));
        }
    }
    Ok(Head { n_found, is_nothing })
}
