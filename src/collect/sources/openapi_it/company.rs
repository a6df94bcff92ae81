//! A company of the provider's register extract (`IT-start`, `IT-advanced`, `IT-full`): its activity status.

use jiff::civil::Date;

use crate::{
    collect::{
        Misread,
        sources::{italy::subject_of, record::Record, reply::since},
    },
    domain::{Country, Fact, Identifier, Identity, Mention, Nace, Status, StatusChange, Subject},
};

/// The state by the extract's word, or by the letter of the full extract.
fn status_of(word: &str) -> Option<Status> {
    Some(match word {
        "ATTIVA" | "REGISTRATA" | "A" | "ACTIVE" => Status::Active,
        // Not yet enrolled, or stopped by the office: registered, with something to be warned of.
        "IN_ISCRIZIONE" => Status::Active,
        "SOSPESA" => Status::ActiveWarning,
        "INATTIVA" | "I" | "S" | "ACTIVE (DORMANT)" => Status::Dormant,
        "IF" => Status::VoluntaryLiquidation,
        "IS" => Status::InsolventLiquidation,
        "CESSATA" | "CF" | "CS" | "DISSOLVED" => Status::Ceased,
        _ => return None,
    })
}

pub(super) fn mentions(mut company: Record, seen: Date) -> Result<Vec<Mention>, Misread> {
    let name = company.text("companyName");
    let (tax, vat) = (company.text("taxCode"), company.text("vatCode"));
    let code = activity(&mut company);
    let Some(subject) = tax.as_deref().or(vat.as_deref()).and_then(|tax| subject_of(tax, name.as_deref())) else {
        company.ignore_rest();
        return Err(Misread::Quarantined("neither a search, a detail nor a company of the service".to_owned()));
    };
    let subject = Subject { sector: sector(&mut company), ..subject };
    let subject = with_register(&mut company, subject);
    let (address, city) = address(&mut company);
    let subject = Subject { city, ..subject };
    let ended = company.day("endDate");
    let is_ceased = company.flag("cessata");
    ignore_known(&mut company);
    let status = match (code.as_deref().map(status_of), is_ceased) {
        (Some(Some(status)), _) => status,
        (Some(None), _) => {
            company.leave("activityStatus", code.as_deref().unwrap_or_default());
            Status::Unknown
        }
        (None, Some(true)) => Status::Ceased,
        (None, _) => Status::Unknown,
    };
    let id = subject.identifiers.first().map_or_else(String::new, ToString::to_string);
    // An activity status is no procedure: the next one takes its place.
    let change = StatusChange::plain(status);
    let mention = |own_id: String, fact: Fact, day: Option<Date>| Mention {
        own_id,
        subject: subject.clone(),
        fact,
        valid_at: since(day, seen),
        published_at: None,
        is_official: true,
        url: None,
    };
    let identity = |what: &str, text: String| {
        let own_id = format!("{what}/{id}/{text}");
        let fact = Identity { what: what.to_owned(), text, valid_from: None, valid_until: None };
        mention(own_id, Fact::Identity(fact), None)
    };
    let ended = ended.filter(|_| status == Status::Ceased);
    let mut mentions = vec![mention(format!("status/{id}"), Fact::CompanyStatus(change), ended)];
    mentions.extend(name.map(|text| identity("legal_name", text)));
    mentions.extend(address.map(|text| identity("address", text)));
    Ok(mentions)
}

/// `activityStatus` is a word, or in the full extract `companyStatus.activityStatus.code`.
fn activity(company: &mut Record) -> Option<String> {
    if let Some(mut status) = company.record("companyStatus") {
        let mut activity = status.record("activityStatus")?;
        activity.ignore(&["description"]);
        return activity.text("code");
    }
    company.text("activityStatus")
}

fn with_register(company: &mut Record, mut subject: Subject) -> Subject {
    let rea = [company.text("cciaa"), company.text("reaCode")].into_iter().flatten().collect::<Vec<_>>().join("-");
    subject.identifiers.extend(Identifier::registry(Country::IT, &rea).ok());
    subject
}

fn sector(company: &mut Record) -> Option<Nace> {
    let mut classes = company.record("atecoClassification")?;
    let mut sectors = Vec::new();
    for member in ["ateco2007", "ateco2022", "ateco"] {
        if let Some(mut class) = classes.record(member) {
            class.ignore(&["description"]);
            sectors.extend(class.word("code", |code| code.parse::<Nace>().ok()));
        }
    }
    classes.ignore(&["secondaryAteco"]);
    sectors.into_iter().next()
}

fn address(company: &mut Record) -> (Option<String>, Option<String>) {
    let Some(mut office) = company.record("address").and_then(|mut a| a.record("registeredOffice")) else {
        return (None, None);
    };
    let town = office.text("town");
    let parts = [office.text("streetName"), office.text("zipCode"), town.clone(), office.text("province")];
    office.ignore(&["toponym", "street", "streetNumber", "hamlet", "gps", "townCode", "region"]);
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    ((!text.is_empty()).then_some(text), town)
}

fn ignore_known(company: &mut Record) {
    company.ignore(&[
        "detailedLegalForm",
        "startDate",
        "registrationDate",
        "pec",
        "taxCodeCeased",
        "taxCodeCeasedTimestamp",
        "gruppo_iva",
        "sdiCode",
        "sdiCodeTimestamp",
        "creationTimestamp",
        "lastUpdateTimestamp",
        "balanceSheets",
        "id",
    ]);
    company.forget(&["shareHolders"]);
}
