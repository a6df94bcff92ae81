//! A company of the provider's company service: `IT-start`, `IT-advanced`, `IT-full`, and the same of other countries. Its
//! state of activity, its names and addresses.

use jiff::civil::Date;

use crate::{
    collect::{
        Misread,
        sources::{
            italy::{state_of, subject_of},
            record::Record,
            reply::since,
        },
    },
    domain::{Country, Fact, Identifier, Identity, Mention, Nace, Procedure, Status, StatusChange, Subject},
};

/// The state by its word, or by the letters of the full extract.
fn status_of(word: &str) -> Option<Status> {
    Some(match word {
        "A" => Status::Active,
        "I" | "S" => Status::Dormant,
        // In closure: of its own will, or not.
        "IF" => Status::VoluntaryLiquidation,
        "IS" => Status::InsolventLiquidation,
        // Out of business, in a good way and in a bad one.
        "CF" | "CS" => Status::Ceased,
        _ => return state_of(word),
    })
}

pub(super) fn mentions(mut company: Record, seen: Date) -> Result<Vec<Mention>, Misread> {
    // The full extract has its numbers in a member of their own.
    let mut details = company.record("companyDetails");
    if let Some(details) = &mut details {
        details.ignore(&["lastUpdateDate", "officeType", "openapiNumber"]);
    }
    let mut text = |name: &str| {
        let inside = details.as_mut().and_then(|details| details.text(name));
        inside.or_else(|| company.text(name))
    };
    let name = text("companyName");
    let numbers = ["taxCode", "vatCode", "companyNumber", "sirenCode", "leiCode"].map(&mut text);
    let rea = [text("cciaa"), text("reaCode")].into_iter().flatten().collect::<Vec<_>>().join("-");
    let (change, word) = state(&mut company);
    let Seat { address, city, country } = seat(&mut company);
    let Some(subject) = subject(&numbers, country, name.as_deref(), &rea) else {
        company.ignore_rest();
        return Err(Misread::Quarantined("neither a search, a detail nor a company of the service".to_owned()));
    };
    let sector = sector(&mut company);
    let subject = Subject { sector, city, ..subject };
    if change.is_none() {
        company.leave("activityStatus", &word);
    }
    let change = change.unwrap_or(StatusChange::plain(Status::Unknown));
    let ended = company.day("endDate").filter(|_| change.status == Status::Ceased);
    ignore_known(&mut company);
    let id = subject.identifiers.first().map_or_else(String::new, ToString::to_string);
    let mention = |own_id: String, fact: Fact, day: Option<Date>| Mention {
        own_id,
        subject: subject.clone(),
        fact,
        valid_at: since(day, seen),
        published_at: None,
        is_official: true,
        url: None,
    };
    let mut mentions = vec![mention(format!("status/{id}"), Fact::CompanyStatus(change), ended)];
    for (what, text) in [("legal_name", name), ("address", address)] {
        // A sole trader's name and address are a natural person's.
        if let (Some(text), false) = (text, subject.is_person) {
            let own_id = format!("{what}/{id}/{text}");
            let identity = Identity { what: what.to_owned(), text, valid_from: None, valid_until: None };
            mentions.push(mention(own_id, Fact::Identity(identity), None));
        }
    }
    Ok(mentions)
}

/// Whom the numbers name: tax, VAT, register, SIREN, LEI. None when no number is one.
fn subject(numbers: &[Option<String>; 5], country: Option<Country>, name: Option<&str>, rea: &str) -> Option<Subject> {
    let [tax, vat, number, siren, lei] = numbers;
    let prefix = vat.as_deref().and_then(|vat| vat.get(..2)).and_then(|letters| letters.parse::<Country>().ok());
    let country = country.or(prefix).unwrap_or(Country::IT);
    if country == Country::IT {
        let mut subject = [tax, vat].into_iter().flatten().find_map(|tax| subject_of(tax, name))?;
        subject.identifiers.extend(Identifier::registry(Country::IT, rea).ok());
        subject.identifiers.extend(lei.as_deref().and_then(|lei| Identifier::lei(lei).ok()));
        return Some(subject);
    }
    let tax = [vat, tax].into_iter().flatten().find_map(|tax| Identifier::tax(country, tax).ok());
    let registered = [siren, number].into_iter().flatten().find_map(|n| Identifier::registry(country, n).ok());
    let lei = lei.as_deref().and_then(|lei| Identifier::lei(lei).ok());
    let identifiers: Vec<Identifier> = [tax, registered, lei].into_iter().flatten().collect();
    let name = name.unwrap_or_default().to_owned();
    let subject = Subject { name, country: Some(country), identifiers, ..Subject::default() };
    (!subject.identifiers.is_empty()).then_some(subject)
}

/// The state, and the word it was read from; none when nobody knows the word. `activityStatus` is a word, or in the full
/// extract `companyStatus.activityStatus.code`.
fn state(company: &mut Record) -> (Option<StatusChange>, String) {
    let full = company.record("companyStatus").and_then(|mut status| {
        let mut activity = status.record("activityStatus")?;
        let words = activity.text("description");
        activity.text("code").map(|code| (code, words))
    });
    let told = full.or_else(|| company.text("activityStatus").map(|word| (word, None)));
    let is_ceased = company.flag("cessata");
    let Some((word, description)) = told else {
        let status = if is_ceased == Some(true) { Status::Ceased } else { Status::Unknown };
        return (Some(StatusChange::plain(status)), String::new());
    };
    let status = status_of(&word);
    let change = status.map(|status| match status {
        // The word of a company's end is worth keeping; any other takes the place of the one before.
        Status::Ceased => {
            let words = description.clone().unwrap_or_else(|| word.clone());
            let procedure = Some(Procedure { code: word.clone(), words });
            StatusChange { procedure, ..StatusChange::plain(status) }
        }
        status => StatusChange::plain(status),
    });
    (change, word)
}

fn sector(company: &mut Record) -> Option<Nace> {
    let mut sectors = Vec::new();
    for (member, lists) in [
        ("atecoClassification", ["ateco2007", "ateco2022", "ateco"].as_slice()),
        ("internationalClassification", &["nace"]),
    ] {
        let Some(mut classes) = company.record(member) else { continue };
        for list in lists {
            if let Some(mut class) = classes.record(list) {
                class.ignore(&["description"]);
                sectors.extend(class.word("code", |code| code.parse::<Nace>().ok()));
            }
        }
        classes.ignore(&["secondaryAteco", "secondaryAteco2022", "primarySic", "secondarySic", "sic", "naics"]);
    }
    sectors.into_iter().next()
}

/// Where it sits.
#[derive(Default)]
struct Seat {
    address: Option<String>,
    city: Option<String>,
    country: Option<Country>,
}

/// The seat, in a member of its own or, in the full extract, without one.
fn seat(company: &mut Record) -> Seat {
    let Some(mut place) = company.record("address") else { return Seat::default() };
    let Some(mut office) = place.record("registeredOffice").or_else(|| place.has("town").then_some(place)) else {
        return Seat::default();
    };
    let mut named = |name: &str, inside: &str| {
        if office.peek(name).is_some_and(serde_json::Value::is_object) {
            let mut inner = office.record(name)?;
            let text = inner.text(inside);
            inner.ignore_rest();
            return text;
        }
        office.text(name)
    };
    let (province, country) = (named("province", "code"), named("country", "code"));
    let city = office.text("town");
    let parts = [office.text("streetName"), office.text("zipCode"), city.clone(), province];
    office.ignore(&[
        "toponym",
        "street",
        "streetNumber",
        "streetName2",
        "streetName3",
        "streetName4",
        "hamlet",
        "gps",
        "townCode",
        "region",
        "department",
    ]);
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let address = (!text.is_empty()).then_some(text);
    Seat { address, city, country: country.and_then(|code| code.parse().ok()) }
}

/// Known, and not for us: balance sheets and their ratios, sizes, certificates, dates of upkeep.
const NOT_READ: &[&str] = &[
    "detailedLegalForm",
    "legalForm",
    "startDate",
    "registrationDate",
    "incorporationDate",
    "companyDates",
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
    "siretCode",
    "coCode",
    "regonNumber",
    "tradingName",
    "aliasName",
    "publicTenders",
    "adjustments",
    "productionCosts",
    "revenuesFinancialCharges",
    "annualResult",
    "incomeStatementAggregateValues",
    "productionValue",
    "assetsAggregateValues",
    "intangibleFixedAssets",
    "tangibleFixedAssets",
    "cashEquivalents",
    "credits",
    "financialFixedAssets",
    "creditsToShareholders",
    "financialAssets",
    "inventory",
    "debts",
    "liabilitiesAggregateValues",
    "netWorth",
    "riskProvisions",
    "marketable",
    "branches",
    "ecofin",
    "employees",
    "employeesStatistic",
    "innovativeSmeAndSu",
    "mail",
    "webAndSocial",
    "foreignTrade",
    "corporateGroups",
    "artisanBusinessRegistry",
    "soaCertification",
    "financialCycle",
    "coverageRatios",
    "efficiency",
    "leverageRatios",
    "liquidityRatios",
    "profitability",
    "profitabilityRatios",
    "solvency",
    "solvencyRatios",
    "structureRatios",
    "workingCapital",
    "financialBurden",
    "indebtedness",
    "financialStability",
    "development",
    "operatingResults",
    "financialStatementKpi",
    "rae",
    "sae",
    "allOffices",
];

fn ignore_known(company: &mut Record) {
    company.ignore(NOT_READ);
    company.forget(&["shareHolders", "shareholders", "managers", "contacts"]);
}
