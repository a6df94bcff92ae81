//! The search for companies: who was found, in which state, and under which number its extract is asked for.

use jiff::civil::Date;

use super::element::{element, elements};
use crate::{
    collect::sources::{
        italy::{state_of, subject_of},
        record::Record,
        reply::since,
    },
    domain::{Country, Fact, Identifier, Identity, Mention, Nace, Status, StatusChange, Subject},
};

/// A company of the list.
pub(super) struct Found {
    pub(super) mentions: Vec<Mention>,
    /// Chamber and number.
    pub(super) rea: Option<(String, String)>,
}

/// Every company of a list.
pub(super) fn companies(list: &mut Record, seen: Date) -> Vec<Found> {
    let mut found = Vec::new();
    for mut entry in elements(list, "Impresa") {
        entry.ignore(&["ProgressivoImpresa"]);
        found.extend(element(&mut entry, "AnagraficaImpresa").map(|company| of_company(company, seen)));
    }
    found
}

fn of_company(mut company: Record, seen: Date) -> Found {
    let name = company.text("Denominazione");
    let (tax, vat) = (company.text("CodFisc"), company.text("PIva"));
    let rea = company.text("Cciaa").zip(company.text("NRea"));
    let named = tax.as_deref().or(vat.as_deref()).and_then(|tax| subject_of(tax, name.as_deref()));
    if let (Some(tax), None) = (tax.as_deref().or(vat.as_deref()), &named) {
        company.leave("CodFisc", tax);
    }
    let mut subject = named.unwrap_or_else(|| Subject { country: Some(Country::IT), ..Subject::default() });
    if let Some((chamber, number)) = &rea {
        subject.identifiers.extend(Identifier::registry(Country::IT, &format!("{chamber}-{number}")).ok());
    }
    subject.sector = sector(&mut company);
    let address = address(&mut company, &mut subject);
    let status = status(&mut company);
    company.ignore(&[
        "DescCciaa",
        "SglPrvSede",
        "DescPrvSede",
        "NatGiu",
        "DescNatGiu",
        "Fonte",
        "DescFonte",
        "AttivitaDichiarata",
        "IndirizzoPostaCertificata",
        "FlagSede",
        "TipoImpresa",
        "DescTipoImpresa",
    ]);
    let id = subject.identifiers.first().map_or_else(String::new, ToString::to_string);
    let mention = |own_id: String, fact: Fact| Mention {
        own_id,
        subject: subject.clone(),
        fact,
        valid_at: since(None, seen),
        published_at: None,
        is_official: true,
        url: None,
    };
    let mut mentions = vec![mention(format!("status/{id}"), Fact::CompanyStatus(StatusChange::plain(status)))];
    for (what, text) in [("legal_name", name), ("address", address)] {
        if let (Some(text), false) = (text, subject.is_person) {
            let own_id = format!("{what}/{id}/{text}");
            let identity = Identity { what: what.to_owned(), text, valid_from: None, valid_until: None };
            mentions.push(mention(own_id, Fact::Identity(identity)));
        }
    }
    Found { mentions, rea }
}

/// The register keeps two states, of the business and of the entry; the graver one holds.
fn status(company: &mut Record) -> Status {
    let mut status = Status::Unknown;
    for (words, code) in [("DescStatoAttivita", "StatoAttivita"), ("DescStatoAttivitaReg", "StatoAttivitaReg")] {
        let (said, letter) = (company.text(words), company.text(code));
        let known = said.as_deref().and_then(state_of).or_else(|| letter.as_deref().and_then(state_by_letter));
        match (known, said.or(letter)) {
            (Some(known), _) => status = if gravity(known) > gravity(status) { known } else { status },
            (None, Some(odd)) => company.leave(words, &odd),
            (None, None) => {}
        }
    }
    status
}

/// The letters of the register that are known.
pub(super) fn state_by_letter(letter: &str) -> Option<Status> {
    match letter {
        "A" => Some(Status::Active),
        "I" => Some(Status::Dormant),
        "S" => Some(Status::ActiveWarning),
        "C" => Some(Status::Ceased),
        _ => None,
    }
}

/// How bad a state is for whoever is owed money, against the others.
pub(super) fn gravity(status: Status) -> u8 {
    match status {
        Status::Unknown | Status::CouldNotCheck => 0,
        Status::Active => 1,
        Status::Dormant => 2,
        Status::ActiveWarning => 3,
        Status::VoluntaryLiquidation => 4,
        Status::Restructuring => 5,
        Status::InsolventLiquidation => 6,
        Status::Ceased => 7,
    }
}

fn sector(company: &mut Record) -> Option<Nace> {
    let mut sector = None;
    for mut class in elements(company, "ClassificazioneAteco") {
        class.ignore(&["CodCodifica", "DescCodifica", "DescAttivita", "CodImportanza", "DescImportanza"]);
        sector = sector.or(class.word("CodAttivita", |code| code.parse().ok()));
    }
    sector
}

fn address(company: &mut Record, subject: &mut Subject) -> Option<String> {
    let mut seat = element(company, "IndirizzoSede")?;
    let street = ["DescToponSede", "ViaSede", "NCivicoSede"].map(|part| seat.text(part));
    let street = street.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let place = [seat.text("CapSede"), seat.text("DescComSede"), seat.text("SglPrvSede")];
    seat.ignore(&["DescPrvSede", "CodComSede", "CodToponSede", "FrazioneSede", "AltreIndicazioniSede"]);
    subject.city = place[1].clone();
    let text = [Some(street), Some(place.into_iter().flatten().collect::<Vec<_>>().join(" "))];
    let text = text.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    (!text.is_empty()).then_some(text)
}
