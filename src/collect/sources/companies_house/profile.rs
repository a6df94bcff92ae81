//! The company profile: state, overdue documents, names, address.

use jiff::civil::Date;
use serde_json::Value;

use super::Reader;
use crate::{
    collect::{Misread, sources::record::Record},
    domain::{Fact, Filing, Identity, Mention, Nace, Procedure, Status, StatusChange},
};

/// Words of `constants.yml`, by their member. One that is missing here is a leftover.
const JURISDICTIONS: &[&str] =
    &["england-wales", "wales", "scotland", "northern-ireland", "european-union", "united-kingdom", "england", "noneu"];
const TYPES: &[&str] = &[
    "private-unlimited",
    "ltd",
    "plc",
    "old-public-company",
    "private-limited-guarant-nsc-limited-exemption",
    "limited-partnership",
    "private-limited-guarant-nsc",
    "converted-or-closed",
    "private-unlimited-nsc",
    "private-limited-shares-section-30-exemption",
    "protected-cell-company",
    "assurance-company",
    "oversea-company",
    "eeig-establishment",
    "eeig",
    "ukeig",
    "icvc-securities",
    "icvc-warrant",
    "icvc-umbrella",
    "registered-society-non-jurisdictional",
    "industrial-and-provident-society",
    "northern-ireland",
    "northern-ireland-other",
    "llp",
    "royal-charter",
    "investment-company-with-variable-capital",
    "unregistered-company",
    "other",
    "european-public-limited-liability-company-se",
    "united-kingdom-societas",
    "uk-establishment",
    "scottish-partnership",
    "charitable-incorporated-organisation",
    "scottish-charitable-incorporated-organisation",
    "further-education-or-sixth-form-college-corporation",
    "registered-overseas-entity",
];
const SUBTYPES: &[&str] = &["community-interest-company", "private-fund-limited-partnership", "slp", "pflp", "spflp"];
const ACCOUNT_TYPES: &[&str] = &[
    "null",
    "full",
    "small",
    "medium",
    "group",
    "dormant",
    "interim",
    "initial",
    "total-exemption-full",
    "total-exemption-small",
    "partial-exemption",
    "audit-exemption-subsidiary",
    "filing-exemption-subsidiary",
    "micro-entity",
    "no-accounts-type-available",
    "audited-abridged",
    "unaudited-abridged",
];
const PARTIAL_DATA: &[&str] = &[
    "full-data-available-from-financial-conduct-authority",
    "full-data-available-from-department-of-the-economy",
    "full-data-available-from-the-company",
    "full-data-available-from-financial-conduct-authority-mutuals-public-register",
];
const STATUS_DETAILS: &[&str] = &[
    "active",
    "dissolved",
    "converted-closed",
    "transferred-from-uk",
    STRIKE_OFF,
    "petition-to-restore-dissolved",
    "transformed-to-se",
    "converted-to-plc",
    "converted-to-uk-societas",
    "converted-to-ukeig",
];
const STRIKE_OFF: &str = "active-proposal-to-strike-off";

/// The state a profile's `company_status` stands for. `liquidation` alone does not say whether it is solvent; until the
/// insolvency cases say so, it is taken for what it usually is.
fn status_of(word: &str) -> Option<Status> {
    Some(match word {
        "active" | "open" | "registered" => Status::Active,
        "liquidation" | "receivership" | "insolvency-proceedings" => Status::InsolventLiquidation,
        "administration" | "voluntary-arrangement" => Status::Restructuring,
        "dissolved" | "converted-closed" | "closed" | "removed" => Status::Ceased,
        _ => return None,
    })
}

fn words_of(code: &str) -> &'static str {
    match code {
        "liquidation" => "Liquidation",
        "receivership" => "Receiver Action",
        "insolvency-proceedings" => "Insolvency Proceedings",
        "administration" => "In Administration",
        "voluntary-arrangement" => "Voluntary Arrangement",
        _ => "",
    }
}

/// One kind of document the register expects, and whether it is late.
struct Due {
    is_late: Option<bool>,
    by: Option<Date>,
}

impl Reader {
    pub(super) fn profile(&mut self, record: &mut Record) -> Result<Vec<Mention>, Misread> {
        let name = record.text("company_name");
        if let Some(number) = record.text("company_number") {
            self.name_company(&number, record);
        }
        if self.about.is_none() {
            return Err(Misread::Quarantined(
                "the profile has no company_number, or one that cannot be one".to_owned(),
            ));
        }
        let sector = sector(record);
        if let Some(about) = &mut self.about {
            about.sector = sector;
            about.name = name.clone().unwrap_or_else(|| std::mem::take(&mut about.name));
        }
        let address = address(record, "registered_office_address");
        let previous: Vec<_> = record.records("previous_company_names").into_iter().map(previous_name).collect();
        if let Some(about) = &mut self.about {
            (about.address, about.city) = address.clone().map_or((None, None), |(text, city)| (Some(text), city));
            about.other_names = previous.iter().filter_map(|(name, ..)| name.clone()).collect();
        }
        let has_link = record.peek("links").is_some_and(|links| links.get("charges").is_some());
        self.has_charges = has_link || record.peek("has_charges").and_then(Value::as_bool) == Some(true);
        let (accounts, is_dormant) = accounts(record);
        let statement = due(record, "confirmation_statement");
        due(record, "annual_return");
        let created = record.day("date_of_creation");
        let is_well = is_well(record);
        let warnings = [is_late(&accounts), is_late(&statement), is_unreachable(record)];
        let is_warned = warnings.contains(&true);
        let mut mentions: Vec<Mention> = self.status(record, is_warned, is_dormant).into_iter().collect();
        mentions.extend(self.overdue("accounts", "AA", &accounts));
        mentions.extend(self.overdue("confirmation-statement", "CS01", &statement));
        mentions.extend(name.map(|text| self.identity("legal_name", text, None, None)));
        mentions.extend(address.map(|(text, _)| self.identity("address", text, None, None)));
        for (name, from, until) in previous {
            mentions.extend(name.map(|text| self.identity("previous_name", text, from, until)));
        }
        mentions.extend(self.flags(record, is_well));
        ignore_known(record);
        if let Some(created) = created.filter(|created| *created > self.seen) {
            record.leave("date_of_creation", &created.to_string());
        }
        Ok(mentions)
    }

    /// The state. A procedure is left to its cases where they are asked for: they know whether a liquidation is solvent
    /// and when an administration ended, and the profile's bare word, read later, would stand in their way.
    fn status(&self, record: &mut Record, is_warned: bool, is_dormant: bool) -> Option<Mention> {
        let has_cases = record.peek("links").is_some_and(|links| links.get("insolvency").is_some());
        let code = record.text("company_status").unwrap_or_default();
        let base = status_of(&code);
        if base.is_none() && !code.is_empty() {
            record.leave("company_status", &code);
        }
        let detail = record.word("company_status_detail", |d| STATUS_DETAILS.contains(&d).then(|| d.to_owned()));
        let is_struck = detail.as_deref() == Some(STRIKE_OFF);
        let status = match base.unwrap_or(Status::Unknown) {
            Status::Active if is_struck || is_warned => Status::ActiveWarning,
            Status::Active if is_dormant => Status::Dormant,
            other => other,
        };
        let ceased_on = record.day("date_of_cessation");
        let words = words_of(&code);
        if !words.is_empty() && has_cases && self.asks_for_cases {
            return None;
        }
        let procedure = (!words.is_empty()).then(|| Procedure { code, words: words.to_owned() });
        let change = StatusChange { procedure, ..StatusChange::plain(status) };
        Some(self.mention("status", Fact::CompanyStatus(change), ceased_on.filter(|_| status == Status::Ceased)))
    }

    /// Late or filed at last: both are said, so that the second takes back the first.
    fn overdue(&self, category: &str, form: &str, due: &Due) -> Option<Mention> {
        let overdue = due.is_late?;
        let fact = Fact::Filing(Filing { form: form.to_owned(), category: category.to_owned(), overdue });
        let by = due.by.map_or_else(String::new, |day| day.to_string());
        let late_since = due.by.filter(|_| overdue);
        Some(self.mention(&format!("{category}/{by}"), fact, late_since))
    }

    /// Nothing was ever registered: as good an answer as an empty list. That something was says nothing yet.
    /// The flag of insolvency lags behind the status: only of a company whose status is no procedure is it believed.
    fn flags(&self, record: &mut Record, is_well: bool) -> Vec<Mention> {
        let flags = [("has_charges", "charges", true), ("has_insolvency_history", "insolvency", is_well)];
        let never = flags.into_iter().filter(|(member, _, counts)| record.flag(member) == Some(false) && *counts);
        never.map(|(_, what, _)| self.mention(what, Fact::Clean { what: what.to_owned() }, None)).collect()
    }

    fn identity(&self, what: &str, text: String, valid_from: Option<Date>, valid_until: Option<Date>) -> Mention {
        let own_id = format!("{what}/{text}");
        let fact = Fact::Identity(Identity { what: what.to_owned(), text, valid_from, valid_until });
        self.mention(&own_id, fact, valid_from)
    }
}

/// A name the company had, from when until when.
fn previous_name(mut previous: Record) -> (Option<String>, Option<Date>, Option<Date>) {
    (previous.text("name"), previous.day("effective_from"), previous.day("ceased_on"))
}

fn is_late(due: &Due) -> bool {
    due.is_late == Some(true)
}

/// Post does not reach the registered office, or somebody says that it is not the company's: on the way to be struck off.
fn is_unreachable(record: &mut Record) -> bool {
    let flags = ["undeliverable_registered_office_address", "registered_office_is_in_dispute"];
    flags.map(|member| record.flag(member) == Some(true)).contains(&true)
}

/// Whether the status is one we know and no procedure.
fn is_well(record: &Record) -> bool {
    let code = record.peek("company_status").and_then(Value::as_str).unwrap_or_default().trim();
    status_of(code).is_some() && words_of(code).is_empty()
}

/// The first SIC code. British SIC 2007 is NACE Rev. 2 with a fifth digit.
fn sector(record: &mut Record) -> Option<Nace> {
    let codes = record.texts("sic_codes");
    let sectors: Vec<_> = codes.iter().map(|code| code.parse::<Nace>()).collect();
    for (code, _) in codes.iter().zip(&sectors).filter(|(_, sector)| sector.is_err()) {
        record.leave("sic_codes", code);
    }
    sectors.into_iter().flatten().next()
}

/// The address on one line, and its town.
fn address(record: &mut Record, member: &str) -> Option<(String, Option<String>)> {
    let mut address = record.record(member)?;
    let mut part = |name| address.text(name);
    let (premises, line_1, line_2) = (part("premises"), part("address_line_1"), part("address_line_2"));
    let (city, region, code) = (part("locality"), part("region"), part("postal_code"));
    let (po_box, country) = (part("po_box"), part("country"));
    address.forget(&["care_of", "care_of_name"]);
    let parts = [premises, po_box, line_1, line_2, city.clone(), region, code, country];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    (!text.is_empty()).then_some((text, city))
}

fn accounts(record: &mut Record) -> (Due, bool) {
    let Some(mut accounts) = record.record("accounts") else { return (Due { is_late: None, by: None }, false) };
    accounts.ignore(&["accounting_reference_date", "next_made_up_to"]);
    let mut is_dormant = false;
    if let Some(mut last) = accounts.record("last_accounts") {
        last.ignore(&["made_up_to", "period_start_on", "period_end_on"]);
        let kind = last.word("type", |kind| ACCOUNT_TYPES.contains(&kind).then(|| kind.to_owned()));
        is_dormant = kind.as_deref() == Some("dormant");
    }
    let (mut is_late, mut by) = (accounts.flag("overdue"), accounts.day("next_due"));
    if let Some(mut next) = accounts.record("next_accounts") {
        next.ignore(&["period_start_on", "period_end_on"]);
        is_late = next.flag("overdue").or(is_late);
        by = next.day("due_on").or(by);
    }
    (Due { is_late, by }, is_dormant)
}

fn due(record: &mut Record, member: &str) -> Due {
    let Some(mut document) = record.record(member) else { return Due { is_late: None, by: None } };
    document.ignore(&["last_made_up_to", "next_made_up_to"]);
    Due { is_late: document.flag("overdue"), by: document.day("next_due") }
}

/// Members of the specification that say nothing about credit.
fn ignore_known(record: &mut Record) {
    record.expect_word("jurisdiction", JURISDICTIONS);
    record.expect_word("type", TYPES);
    record.expect_word("subtype", SUBTYPES);
    record.expect_word("partial_data_available", PARTIAL_DATA);
    record.ignore(&[
        "etag",
        "kind",
        "links",
        "can_file",
        "last_full_members_list_date",
        "has_been_liquidated",
        "is_community_interest_company",
        "external_registration_number",
        "foreign_company_details",
        "branch_company_details",
        "has_super_secure_pscs",
        "super_secure_managing_officer_count",
        "accounts_no_longer_required",
    ]);
    record.forget(&["service_address"]);
    for mut note in record.records("corporate_annotation") {
        note.ignore(&["created_on", "description", "type"]);
    }
}
