use super::{Element, document::Refused};
use crate::domain::{ClientCode, ClientFacts, Country, Creditor, Currency, Identifier, Prospect};

/// Longest name, street or town that is kept, in characters.
const MAX_NAME: usize = 300;

/// Who an invoice is for.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::intake) struct Buyer {
    /// The code that it gets where it is not a client yet: its number, with the country in front.
    pub(in crate::intake) code: ClientCode,
    /// Who it is.
    pub(in crate::intake) facts: ClientFacts,
}

/// What a number is compared by: the same digits in the tax register and in the company register are one company.
pub(in crate::intake) fn same_number(number: &Identifier) -> Option<(Country, &str)> {
    Some((number.country()?, number.text()))
}

/// The buyer of a document, ordinary or simplified.
pub(super) fn buyer(header: &Element) -> Result<Buyer, Refused> {
    let missing = |line| Refused::new(line, "CessionarioCommittente", "", "missing", "the buyer is missing");
    let party = header.at("CessionarioCommittente").ok_or_else(|| missing(header.line))?;
    let numbers = party.at("DatiAnagrafici").or_else(|| party.at("IdentificativiFiscali"));
    let numbers = numbers.ok_or_else(|| missing(party.line))?;
    let other = party.at("AltriDatiIdentificativi").unwrap_or(party);
    let seat = party.at("Sede").or_else(|| other.at("Sede"));
    let vat_country = numbers.text_at("IdFiscaleIVA/IdPaese");
    let vat = numbers.at("IdFiscaleIVA/IdCodice").map(|code| number(code, vat_country)).transpose()?.flatten();
    let tax = numbers.at("CodiceFiscale").map(|code| number(code, Some("IT"))).transpose()?.flatten();
    let mut identifiers: Vec<Identifier> = vat.into_iter().collect();
    identifiers.extend(tax.filter(|tax| !identifiers.contains(tax)));
    let Some(first) = identifiers.first() else {
        let reason = "the buyer has neither a VAT number nor a tax code";
        return Err(Refused::new(numbers.line, "IdFiscaleIVA", "", "missing", reason));
    };
    let country = seat.and_then(|s| s.text_at("Nazione")).and_then(|c| c.parse().ok()).or_else(|| first.country());
    let prefix = first.country().map(|c| c.to_string()).unwrap_or_default();
    let code = format!("{prefix}{}", first.text());
    let code: ClientCode = code
        .parse()
        .map_err(|e: crate::domain::WordError| Refused::new(numbers.line, "IdCodice", &code, "bad_word", e.why))?;
    let name = numbers.at("Anagrafica").and_then(name).or_else(|| name(other)).unwrap_or_else(|| code.to_string());
    let street = seat.map(|seat| {
        let parts = ["Indirizzo", "NumeroCivico", "CAP"].into_iter().filter_map(|part| seat.text_at(part));
        cut(&parts.collect::<Vec<_>>().join(", "))
    });
    let who = Prospect {
        name,
        country,
        city: seat.and_then(|seat| seat.text_at("Comune")).map(cut),
        address: street.filter(|street| !street.is_empty()),
        other_names: Vec::new(),
        identifiers,
        sector: None,
    };
    let facts = ClientFacts {
        who,
        since: None,
        active: None,
        credit_limit: None,
        yearly_value: None,
        currency: Currency::EUR,
        email: None,
        phone: None,
    };
    Ok(Buyer { code, facts })
}

/// Who issues: its number, by which it is told from others, and what is said of it, its name with the number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intake) struct Seller {
    pub(in crate::intake) number: String,
    pub(in crate::intake) words: String,
    /// None where the document names nobody.
    pub(in crate::intake) creditor: Option<Creditor>,
}

/// The party that issues.
pub(super) fn seller(header: &Element) -> Option<Seller> {
    let party = header.at("CedentePrestatore")?;
    let own = party.at("DatiAnagrafici").unwrap_or(party);
    let vat = [own.text_at("IdFiscaleIVA/IdPaese"), own.text_at("IdFiscaleIVA/IdCodice")];
    let vat: String = vat.into_iter().flatten().collect();
    let name = own.at("Anagrafica").and_then(name).or_else(|| name(party)).unwrap_or_default();
    let seat = party.at("Sede").map(|seat| {
        let said = |parts: &[&str]| parts.iter().filter_map(|part| seat.text_at(part)).collect::<Vec<_>>().join(" ");
        let lines = [said(&["Indirizzo", "NumeroCivico"]), said(&["CAP", "Comune", "Provincia"]), said(&["Nazione"])];
        cut(&lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", "))
    });
    // A number whose check digit is wrong is nobody's.
    let number = own.at("IdFiscaleIVA/IdCodice");
    let number = number.and_then(|code| self::number(code, own.text_at("IdFiscaleIVA/IdPaese")).ok().flatten());
    let creditor = Creditor::new(&name, number, &seat.unwrap_or_default()).ok();
    Some(Seller { words: format!("{name} ({vat})"), number: vat, creditor })
}

fn name(of: &Element) -> Option<String> {
    let person = || {
        let parts: Vec<&str> = ["Nome", "Cognome"].into_iter().filter_map(|part| of.text_at(part)).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    of.text_at("Denominazione").map(str::to_owned).or_else(person).map(|name| cut(&name))
}

fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect()
}

/// A number of the buyer. A foreigner without one is written with zeros or nines, which is none; one with a wrong check
/// digit would tie the invoice to another company.
fn number(code: &Element, country: Option<&str>) -> Result<Option<Identifier>, Refused> {
    let Some(text) = code.text() else { return Ok(None) };
    if text.chars().all(|c| c == '0') || text.chars().all(|c| c == '9') {
        return Ok(None);
    }
    let bad = |why: &str| Refused::new(code.line, &code.name, text, "bad_tax_id", why);
    let country: Country = country.unwrap_or("IT").parse().map_err(|_| bad("the country is none"))?;
    Identifier::tax(country, text).map(Some).map_err(|e| bad(&e.to_string()))
}
