//! VIES, the Union's check of VAT numbers: valid, invalid, or nobody answered.
//!
//! Of an answer only the outcome is read. Names and addresses are not: the Commission's disclaimer allows the check and no
//! republication of what it shows.
//!
//! # Why
//!
//! *Why is an error of the service an answer?* Because it is one to our question: nobody could say. It is written down as
//! that, so that it is neither taken for "invalid" nor for a check that was never made.

use jiff::civil::Date;
use serde_json::json;
use url::Url;

use super::{
    record::{Leftovers, Record},
    reply::{below, json as json_of, seen_on, since, standing},
};
use crate::{
    collect::{Answer, Cursor, Method, Misread, Page, Request, Source, Watched, settings::SourceOptions},
    domain::{Country, Fact, Identifier, IdentifierKind, Mention, SourceId, Subject, VatAnswer},
};

const CHECK: &str = "check";

/// The members of the Union and Northern Ireland, as VIES spells them (Greece is EL).
const MEMBERS: [&str; 28] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
];

/// The service's words for "nobody could say", with and without the `_TIME` of those that are about load.
const NO_ANSWER: [&str; 12] = [
    "INVALID_INPUT",
    "INVALID_REQUESTER_INFO",
    "SERVICE_UNAVAILABLE",
    "MS_UNAVAILABLE",
    "TIMEOUT",
    "SERVER_BUSY",
    "GLOBAL_MAX_CONCURRENT_REQ",
    "GLOBAL_MAX_CONCURRENT_REQ_TIME",
    "MS_MAX_CONCURRENT_REQ",
    "MS_MAX_CONCURRENT_REQ_TIME",
    "VAT_BLOCKED",
    "INTERNAL_ERROR",
];

/// The reader of VIES.
#[derive(Debug)]
pub(super) struct Vies {
    id: SourceId,
    base: Url,
}

impl Vies {
    pub(super) fn new(id: SourceId, options: &SourceOptions) -> Self {
        Self { id, base: options.base_url.clone() }
    }
}

impl Source for Vies {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, watched: &[Watched], _: &Cursor) -> Vec<Request> {
        let request = |w: &Watched| {
            let number = w.who.identifiers.iter().find(|i| is_vat_number(i))?;
            let code = member_of(number.country()?)?;
            let body = json!({ "countryCode": code, "vatNumber": number.text() });
            let about = Subject {
                name: w.who.name.clone(),
                country: number.country(),
                identifiers: vec![number.clone()],
                ..Subject::default()
            };
            Some(Request {
                method: Method::PostJson(body.to_string()),
                about: Some(about),
                whom: vec![w.client],
                ..Request::get(below(&self.base, &["check-vat-number"]), CHECK)
            })
        };
        watched.iter().filter_map(request).collect()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        // Errors come with 4xx, with 500 or with 200: what the envelope says counts.
        let value = match json_of(answer) {
            Ok(value) => value,
            Err(misread) => return Err(standing(answer).err().unwrap_or(misread)),
        };
        let leftovers = Leftovers::default();
        let Some(mut record) = Record::at("$", value, &leftovers) else {
            return Err(Misread::Quarantined("the answer is not a JSON object".to_owned()));
        };
        let mentions = if record.has("errorWrappers") || record.has("actionSucceed") {
            vec![refused(&mut record, answer)?]
        } else {
            standing(answer)?;
            outcome(&mut record, answer)?.into_iter().collect()
        };
        drop(record);
        Ok(Page { mentions, leftovers: leftovers.take(), ..Page::default() })
    }
}

/// A code of 16 characters is a tax code, no VAT number.
fn is_vat_number(identifier: &Identifier) -> bool {
    identifier.kind() == IdentifierKind::Tax && !identifier.is_natural_person()
}

/// How VIES spells a country; none outside the Union.
fn member_of(country: Country) -> Option<&'static str> {
    let code = if country.code() == "GR" { "EL" } else { country.code() };
    MEMBERS.iter().find(|member| **member == code).copied()
}

/// `{"actionSucceed": false, "errorWrappers": [{"error": …}]}`.
fn refused(record: &mut Record, answer: &Answer) -> Result<Mention, Misread> {
    if record.flag("actionSucceed") == Some(true) {
        record.ignore_rest();
        return Err(Misread::Quarantined("it succeeded, and gives no answer".to_owned()));
    }
    let mut codes = Vec::new();
    for mut wrapper in record.records("errorWrappers") {
        wrapper.ignore(&["message"]);
        codes.extend(wrapper.text("error"));
    }
    if codes.iter().any(|code| code == "IP_BLOCKED") {
        return Err(Misread::Refused("VIES has blocked our address (IP_BLOCKED): ask less often".to_owned()));
    }
    for code in codes.iter().filter(|code| meaning(code).is_none()) {
        record.leave("errorWrappers", code);
    }
    let invalid = codes.iter().any(|code| meaning(code) == Some(VatAnswer::Invalid));
    let said = if invalid { VatAnswer::Invalid } else { VatAnswer::NoAnswer };
    let (country, number) = (record.text("countryCode"), record.text("vatNumber"));
    Ok(mention(answer, said, country.as_deref(), number.as_deref(), None))
}

/// What a code of the service says of the number.
fn meaning(code: &str) -> Option<VatAnswer> {
    match code {
        "VALID" => Some(VatAnswer::Valid),
        "INVALID" => Some(VatAnswer::Invalid),
        code if NO_ANSWER.contains(&code) => Some(VatAnswer::NoAnswer),
        _ => None,
    }
}

/// An answer in either shape: `valid` of the check, `isValid` of the plain address. The state of the service itself says
/// nothing about a number.
fn outcome(record: &mut Record, answer: &Answer) -> Result<Option<Mention>, Misread> {
    if record.has("vow") && record.has("countries") {
        availability(record);
        return Ok(None);
    }
    if !["valid", "isValid", "userError"].iter().any(|name| record.names(name)) {
        record.ignore_rest();
        return Err(Misread::Quarantined("neither a check nor an error of VIES".to_owned()));
    }
    let flag = record.flag("valid").or(record.flag("isValid"));
    let error = record.text("userError");
    let said = match (error.as_deref().map(meaning), flag) {
        // With a code of trouble, `valid` is null or false and means nothing.
        (Some(Some(VatAnswer::NoAnswer)), _) => VatAnswer::NoAnswer,
        (Some(None), _) => {
            record.leave("userError", error.as_deref().unwrap_or_default());
            VatAnswer::NoAnswer
        }
        // Two words against each other are none.
        (Some(Some(VatAnswer::Invalid)), Some(true)) => VatAnswer::NoAnswer,
        (_, Some(true)) => VatAnswer::Valid,
        (_, Some(false)) => VatAnswer::Invalid,
        (Some(Some(said)), None) => said,
        (None, None) => VatAnswer::NoAnswer,
    };
    let (country, number) = (record.text("countryCode"), record.text("vatNumber"));
    let on = record.day("requestDate");
    if !is_of(answer, number.as_deref()) {
        record.ignore_rest();
        return Err(Misread::Quarantined("the answer is about another number than we asked about".to_owned()));
    }
    // Names and addresses are not ours to keep, and neither is what they were compared with.
    record.forget(&[
        "name",
        "address",
        "traderName",
        "traderStreet",
        "traderPostalCode",
        "traderCity",
        "traderCompanyType",
        "viesApproximate",
    ]);
    record.ignore(&[
        "requestIdentifier",
        "originalVatNumber",
        "traderNameMatch",
        "traderStreetMatch",
        "traderPostalCodeMatch",
        "traderCityMatch",
        "traderCompanyTypeMatch",
    ]);
    Ok(Some(mention(answer, said, country.as_deref(), number.as_deref(), on)))
}

/// Whether the number that an answer repeats, if it does, is the one we asked about.
fn is_of(answer: &Answer, number: Option<&str>) -> bool {
    let (Some(about), Some(number)) = (&answer.request.about, number) else { return true };
    let bare = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
    };
    let number = bare(number);
    about.identifiers.is_empty() || about.identifiers.iter().any(|known| number.ends_with(&bare(known.text())))
}

/// `{"vow": {"available": true}, "countries": [{"countryCode", "availability"}]}`.
fn availability(record: &mut Record) {
    if let Some(mut service) = record.record("vow") {
        service.ignore(&["available"]);
    }
    for mut country in record.records("countries") {
        country.ignore(&["countryCode"]);
        country.expect_word("availability", &["Available", "Unavailable", "Monitoring Disabled"]);
    }
}

fn mention(answer: &Answer, said: VatAnswer, country: Option<&str>, number: Option<&str>, on: Option<Date>) -> Mention {
    let seen = seen_on(answer);
    let told = country.and_then(|code| code.parse::<Country>().ok()).or_else(|| country_in(&answer.request.url));
    let named = told.zip(number).and_then(|(country, number)| Identifier::tax(country, number).ok());
    let subject = answer.request.about.clone().unwrap_or_else(|| Subject {
        country: told,
        identifiers: named.into_iter().collect(),
        ..Subject::default()
    });
    let id = subject.identifiers.first().map_or_else(String::new, ToString::to_string);
    let code = subject.country.map_or_else(String::new, |country| country.to_string());
    Mention {
        own_id: format!("vat/{code}/{id}"),
        subject,
        fact: Fact::VatCheck(said),
        valid_at: since(on, seen),
        published_at: None,
        is_official: true,
        url: None,
    }
}

/// The country in the plain address, `…/ms/IT/vat/00743110157`, whose answer does not repeat it.
fn country_in(url: &Url) -> Option<Country> {
    url.path_segments()?.skip_while(|part| *part != "ms").nth(1)?.parse().ok()
}
