//! Who files: names, former names, address, numbers.

use jiff::civil::Date;

use super::{super::record::Record, mention};
use crate::{
    collect::Misread,
    domain::{Country, Fact, Identifier, Identity, Mention, Subject},
};

/// Members that say nothing of credit. American sectors (SIC of 1987) are not NACE, and no table leads from one to the other
/// by number alone.
const IGNORED: &[&str] = &[
    "sic",
    "sicDescription",
    "ownerOrg",
    "insiderTransactionForOwnerExists",
    "insiderTransactionForIssuerExists",
    "tickers",
    "exchanges",
    "description",
    "website",
    "investorWebsite",
    "category",
    "fiscalYearEnd",
    "stateOfIncorporation",
    "stateOfIncorporationDescription",
    "phone",
    "flags",
];

/// A number that stands for none.
const NO_NUMBER: &str = "000000000";

/// A filer, and what is to be said of its names.
pub(super) struct Filer {
    pub(super) subject: Subject,
    /// A company that reports on its business, not one that only holds others' shares.
    pub(super) is_operating: bool,
    pub(super) mentions: Vec<Mention>,
}

/// Reads all but the filings.
pub(super) fn read(record: &mut Record, seen: Date) -> Result<Filer, Misread> {
    record.ignore(IGNORED);
    let written = record.text("cik").unwrap_or_default();
    let Ok(key) = Identifier::registry(Country::US, &written) else {
        record.ignore_rest();
        return Err(Misread::Quarantined(format!("{written:?} is no Central Index Key")));
    };
    let kind = record.word("entityType", |kind| KINDS.contains(&kind).then(|| kind.to_owned()));
    let is_operating = kind.as_deref() == Some("operating");
    let mut identifiers = vec![key];
    if let Some(ein) = record.text("ein").filter(|ein| ein != NO_NUMBER) {
        match Identifier::tax(Country::US, &ein) {
            Ok(identifier) => identifiers.push(identifier),
            Err(_) => record.leave("ein", &ein),
        }
    }
    if let Some(lei) = record.text("lei") {
        match Identifier::lei(&lei) {
            Ok(identifier) => identifiers.push(identifier),
            Err(_) => record.leave("lei", &lei),
        }
    }
    let address = record.record("addresses").and_then(business);
    let former: Vec<_> = record.records("formerNames").into_iter().map(former_name).collect();
    let (address, city, country) = address.map_or((None, None, None), |a| (Some(a.text), a.city, a.country));
    let subject = Subject {
        name: record.text("name").unwrap_or_default(),
        country: country.or(Some(Country::US)),
        city,
        address,
        other_names: former.iter().filter_map(|(name, ..)| name.clone()).collect(),
        identifiers,
        sector: None,
        // A natural person files as `other`, too; those are never asked about.
        is_person: false,
    };
    let identity = |what: &str, text: String, valid_from: Option<Date>, valid_until: Option<Date>| {
        let own_id = format!("{what}/{text}");
        let fact = Fact::Identity(Identity { what: what.to_owned(), text, valid_from, valid_until });
        let valid_at = valid_from.filter(|day| *day <= seen).unwrap_or(seen);
        mention(&subject, &own_id, fact, valid_at, None)
    };
    let mut mentions = vec![identity("legal_name", subject.name.clone(), None, None)];
    mentions.extend(subject.address.clone().map(|text| identity("address", text, None, None)));
    for (name, from, until) in former {
        mentions.extend(name.map(|name| identity("previous_name", name, from, until)));
    }
    Ok(Filer { subject, is_operating, mentions })
}

const KINDS: &[&str] = &["operating", "other", "investment"];

/// The business address, on one line.
struct Address {
    text: String,
    city: Option<String>,
    /// Where it is, when it is abroad and said in a word we know.
    country: Option<Country>,
}

fn business(mut addresses: Record) -> Option<Address> {
    addresses.ignore(&["mailing"]);
    let mut address = addresses.record("business")?;
    address.ignore(&["stateOrCountryDescription", "foreignStateTerritory", "countryCode"]);
    let is_foreign = address.value("isForeignLocation").is_some_and(|value| value == 1 || value == true);
    let mut part = |name: &str| address.text(name);
    let (street_1, street_2, city, state) = (part("street1"), part("street2"), part("city"), part("stateOrCountry"));
    let (code, nation) = (part("zipCode"), part("country"));
    let parts = [street_1, street_2, city.clone(), state, code, nation.clone()];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let country = nation.filter(|_| is_foreign).and_then(|nation| country_of(&nation));
    (!text.is_empty()).then_some(Address { text, city, country })
}

/// The countries that foreign filers come from most; EDGAR writes them in words, and its codes are its own.
fn country_of(words: &str) -> Option<Country> {
    let code = match words.to_ascii_lowercase().as_str() {
        "canada" => "CA",
        "france" => "FR",
        "germany" => "DE",
        "ireland" => "IE",
        "israel" => "IL",
        "italy" => "IT",
        "japan" => "JP",
        "netherlands" => "NL",
        "spain" => "ES",
        "switzerland" => "CH",
        "united kingdom" => "GB",
        _ => return None,
    };
    code.parse().ok()
}

fn former_name(mut former: Record) -> (Option<String>, Option<Date>, Option<Date>) {
    (former.text("name"), former.day("from"), former.day("to"))
}
