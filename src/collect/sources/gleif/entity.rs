//! One record: the entity's state, its legal events, its names and addresses.

use jiff::civil::Date;
use serde_json::Value;

use crate::{
    collect::{
        Misread,
        sources::{record::Record, reply::since},
    },
    domain::{Country, Fact, Identifier, Identity, Mention, Procedure, Status, StatusChange, Subject},
};

const CATEGORIES: &[&str] =
    &["BRANCH", "FUND", "SOLE_PROPRIETOR", "GENERAL", "RESIDENT_GOVERNMENT_ENTITY", "INTERNATIONAL_ORGANIZATION"];
const SUB_CATEGORIES: &[&str] = &["CENTRAL_GOVERNMENT", "STATE_GOVERNMENT", "LOCAL_GOVERNMENT", "SOCIAL_SECURITY"];
const REGISTRATIONS: &[&str] = &[
    "PENDING_VALIDATION",
    "ISSUED",
    "DUPLICATE",
    "LAPSED",
    "MERGED",
    "RETIRED",
    "ANNULLED",
    "CANCELLED",
    "TRANSFERRED",
    "PENDING_TRANSFER",
    "PENDING_ARCHIVAL",
    "PUBLISHED",
];
const CORROBORATIONS: &[&str] = &["FULLY_CORROBORATED", "PARTIALLY_CORROBORATED", "ENTITY_SUPPLIED_ONLY", "PENDING"];
const CONFORMITIES: &[&str] = &["CONFORMING", "NON_CONFORMING", "NOT_APPLICABLE"];
const REASONS: &[&str] = &["DISSOLVED", "CORPORATE_ACTION", "OTHER"];
const GROUPS: &[&str] = &["STANDALONE", "REVERSE_TAKEOVER", "CHANGE_LEGAL_FORM_AND_NAME", "COMPLEX_CHANGE_LEGAL_FORM"];
const DOCUMENTS: &[&str] =
    &["ACCOUNTS_FILING", "REGULATORY_FILING", "SUPPORTING_DOCUMENTS", "CONTRACTS", "OTHER_OFFICIAL_DOCUMENTS"];
/// Events that say nothing about whether the company can pay.
const NEUTRAL_EVENTS: &[&str] = &[
    "CHANGE_LEGAL_NAME",
    "CHANGE_OTHER_NAMES",
    "CHANGE_LEGAL_ADDRESS",
    "CHANGE_HQ_ADDRESS",
    "CHANGE_LEGAL_FORM",
    "DEMERGER",
    "SPINOFF",
    "ABSORPTION",
    "ACQUISITION_BRANCH",
    "TRANSFORMATION_BRANCH_TO_SUBSIDIARY",
    "TRANSFORMATION_SUBSIDIARY_TO_BRANCH",
    "TRANSFORMATION_UMBRELLA_TO_STANDALONE",
    "BREAKUP",
    "MERGERS_AND_ACQUISITIONS",
];

/// What a record says: its status, the legal events behind it, who it is, and who came after it.
pub(super) fn mentions(mut record: Record, seen: Date, published: Option<Date>) -> Result<Vec<Mention>, Misread> {
    record.ignore(&["type", "relationships", "links"]);
    let id = record.text("id");
    let Some(mut attributes) = record.record("attributes") else {
        return Err(Misread::Quarantined("a record without attributes".to_owned()));
    };
    let lei = attributes.text("lei").or(id).unwrap_or_default();
    let identifier = Identifier::lei(&lei).map_err(|e| Misread::Quarantined(e.to_string()));
    // Of a record that is nobody's there is nothing to say but that.
    let identifier = identifier.inspect_err(|_| attributes.ignore_rest())?;
    attributes.ignore(&["bic", "mic", "ocid", "spglobal", "qcc"]);
    attributes.expect_word("conformityFlag", CONFORMITIES);
    let Some(mut entity) = attributes.record("entity") else {
        return Err(Misread::Quarantined(format!("the record of {lei} has no entity")));
    };
    let registration = registration(&mut attributes);
    let subject = subject(&mut entity, identifier);
    let teller =
        Teller { lei, seen, published: registration.updated.or(published).filter(|day| *day <= seen), subject };
    let mut mentions = teller.states(&mut entity, &registration);
    mentions.extend(teller.names(&mut entity));
    mentions.extend(teller.addresses(&mut entity));
    mentions.extend(teller.successors(&mut entity));
    entity.ignore(&["legalForm", "associatedEntity", "creationDate", "jurisdiction"]);
    entity.expect_word("subCategory", SUB_CATEGORIES);
    Ok(mentions)
}

struct Registration {
    status: String,
    updated: Option<Date>,
}

fn registration(attributes: &mut Record) -> Registration {
    let Some(mut registration) = attributes.record("registration") else {
        return Registration { status: String::new(), updated: None };
    };
    registration.ignore(&[
        "initialRegistrationDate",
        "nextRenewalDate",
        "managingLou",
        "validatedAt",
        "validatedAs",
        "otherValidationAuthorities",
    ]);
    registration.expect_word("corroborationLevel", CORROBORATIONS);
    let status = registration.word("status", |s| REGISTRATIONS.contains(&s).then(|| s.to_owned()));
    Registration { status: status.unwrap_or_default(), updated: registration.day("lastUpdateDate") }
}

/// Registers whose numbering we know (registration authority codes of GLEIF's list).
fn register_country(authority: &str) -> Option<Country> {
    Some(match authority {
        "RA000585" | "RA000586" | "RA000587" => Country::GB,
        "RA000189" | "RA000192" => Country::FR,
        "RA000407" => Country::IT,
        _ => return None,
    })
}

fn subject(entity: &mut Record, lei: Identifier) -> Subject {
    let mut identifiers = vec![lei];
    let authority = entity.record("registeredAt").and_then(|mut at| {
        at.ignore(&["other"]);
        at.text("id")
    });
    let number = entity.text("registeredAs");
    if let (Some(country), Some(number)) = (authority.as_deref().and_then(register_country), &number) {
        match Identifier::registry(country, number) {
            Ok(identifier) => identifiers.push(identifier),
            Err(_) => entity.leave("registeredAs", number),
        }
    }
    let category = entity.word("category", |c| CATEGORIES.contains(&c).then(|| c.to_owned()));
    let is_person = category.as_deref() == Some("SOLE_PROPRIETOR");
    let legal_address = entity.peek("legalAddress");
    let of_address = |member: &str| legal_address.and_then(|a| a.get(member)).and_then(Value::as_str);
    Subject {
        name: entity
            .peek("legalName")
            .and_then(|n| n.get("name"))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        country: of_address("country").and_then(|text| text.parse().ok()),
        city: of_address("city").map(str::to_owned),
        address: legal_address
            .and_then(|a| a.get("addressLines")?.as_array()?.first()?.as_str())
            .map(str::to_owned)
            .filter(|line| !line.trim().is_empty()),
        other_names: other_names(entity),
        identifiers,
        is_person,
        ..Subject::default()
    }
}

/// Every other name of the entity, once: former, trading, in another script.
fn other_names(entity: &Record) -> Vec<String> {
    let lists = ["otherNames", "transliteratedOtherNames"].iter().filter_map(|list| entity.peek(list)?.as_array());
    let named = lists.flatten().filter_map(|name| name.get("name").and_then(Value::as_str));
    let mut names: Vec<String> = Vec::new();
    for name in named.map(str::trim).filter(|name| !name.is_empty()) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// A legal event of the entity that bears on its state.
struct LegalEvent {
    change: StatusChange,
    effective: Option<Date>,
    is_open: bool,
}

/// Says things about one entity.
struct Teller {
    lei: String,
    seen: Date,
    published: Option<Date>,
    subject: Subject,
}

impl Teller {
    fn mention(&self, own_id: String, fact: Fact, day: Option<Date>) -> Mention {
        Mention {
            own_id,
            subject: self.subject.clone(),
            fact,
            valid_at: since(day.or(self.published), self.seen),
            published_at: self.published,
            is_official: true,
            url: Some(format!("https://search.gleif.org/#/record/{}", self.lei)),
        }
    }

    /// The state, which an open legal event explains, and the events that are over.
    fn states(&self, entity: &mut Record, registration: &Registration) -> Vec<Mention> {
        let base = entity.word("status", |status| match status {
            "ACTIVE" => Some(Status::Active),
            "INACTIVE" => Some(Status::Ceased),
            "NULL" => Some(Status::Unknown),
            _ => None,
        });
        // A duplicate or annulled identifier is nobody's: what it says of the entity counts for nothing.
        let is_void = matches!(registration.status.as_str(), "DUPLICATE" | "ANNULLED" | "CANCELLED");
        let base = base.filter(|_| !is_void).unwrap_or(Status::Unknown);
        let ended = entity.record("expiration").and_then(|mut expiration| {
            expiration.expect_word("reason", REASONS);
            expiration.day("date")
        });
        let mut events = events(entity);
        let worst = events
            .iter()
            .enumerate()
            .filter(|(_, event)| event.is_open && base == Status::Active)
            .max_by_key(|(_, event)| gravity(event.change.status))
            .map(|(place, _)| place);
        let (change, day) = match worst {
            Some(place) => {
                let event = events.swap_remove(place);
                (event.change, event.effective)
            }
            None => (StatusChange::plain(base), ended.filter(|_| base == Status::Ceased)),
        };
        let mut mentions = vec![self.mention(format!("status/{}", self.lei), Fact::CompanyStatus(change), day)];
        for event in events {
            let code = event.change.procedure.as_ref().map_or("", |p| p.code.as_str());
            let day = event.effective.map_or_else(String::new, |day| day.to_string());
            let own_id = format!("event/{}/{code}/{day}", self.lei);
            mentions.push(self.mention(own_id, Fact::CompanyStatus(event.change), event.effective));
        }
        mentions
    }

    fn names(&self, entity: &mut Record) -> Vec<Mention> {
        let mut names: Vec<_> =
            entity.record("legalName").and_then(name).map(|n| ("legal_name", n)).into_iter().collect();
        for mut other in entity.records("otherNames") {
            let what = other.word("type", |kind| match kind {
                "PREVIOUS_LEGAL_NAME" => Some("previous_name"),
                "TRADING_OR_OPERATING_NAME" => Some("trading_name"),
                "ALTERNATIVE_LANGUAGE_LEGAL_NAME" => Some("legal_name"),
                _ => None,
            });
            names.extend(name(other).zip(what).map(|(name, what)| (what, name)));
        }
        for mut other in entity.records("transliteratedOtherNames") {
            other.expect_word(
                "type",
                &["PREFERRED_ASCII_TRANSLITERATED_LEGAL_NAME", "AUTO_ASCII_TRANSLITERATED_LEGAL_NAME"],
            );
            names.extend(name(other).map(|name| ("legal_name", name)));
        }
        names.into_iter().map(|(what, text)| self.identity(what, text)).collect()
    }

    fn addresses(&self, entity: &mut Record) -> Vec<Mention> {
        let mut addresses: Vec<_> = ["legalAddress", "headquartersAddress"]
            .iter()
            .filter_map(|member| address(entity.record(member)?))
            .collect();
        addresses.extend(entity.records("otherAddresses").into_iter().filter_map(address));
        addresses.dedup();
        addresses.into_iter().map(|text| self.identity("address", text)).collect()
    }

    /// Into whom it was merged or otherwise went; one alone, and a list of several where it was divided.
    fn successors(&self, entity: &mut Record) -> Vec<Mention> {
        let mut all = entity.records("successorEntities");
        all.extend(entity.record("successorEntity"));
        let mut named: Vec<String> = Vec::new();
        for mut successor in all {
            successor.ignore(&["language"]);
            let (lei, name) = (successor.text("lei"), successor.text("name"));
            let text = match (name, lei) {
                (Some(name), Some(lei)) => format!("{name} ({lei})"),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => continue,
            };
            if !named.contains(&text) {
                named.push(text);
            }
        }
        named.into_iter().map(|text| self.identity("successor", text)).collect()
    }

    fn identity(&self, what: &str, text: String) -> Mention {
        let own_id = format!("{what}/{}/{text}", self.lei);
        let fact = Fact::Identity(Identity { what: what.to_owned(), text, valid_from: None, valid_until: None });
        self.mention(own_id, fact, None)
    }
}

fn name(mut record: Record) -> Option<String> {
    record.ignore(&["language"]);
    record.text("name")
}

fn address(mut record: Record) -> Option<String> {
    record.ignore(&["language", "addressNumber", "addressNumberWithinBuilding", "mailRouting", "fieldType", "type"]);
    let mut parts = record.texts("addressLines");
    parts.extend(["postalCode", "city", "region", "country"].iter().filter_map(|member| record.text(member)));
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn events(entity: &mut Record) -> Vec<LegalEvent> {
    let mut events = Vec::new();
    for mut group in entity.records("eventGroups") {
        group.expect_word("groupType", GROUPS);
        events.extend(group.records("events").into_iter().filter_map(event));
    }
    events
}

/// What an event does to the state, while it lasts.
fn status_of(kind: &str) -> Option<Option<Status>> {
    Some(match kind {
        "BANKRUPTCY" | "LIQUIDATION" | "INSOLVENCY" => Some(Status::InsolventLiquidation),
        "VOLUNTARY_ARRANGEMENT" => Some(Status::Restructuring),
        "DISSOLUTION" => Some(Status::ActiveWarning),
        neutral if NEUTRAL_EVENTS.contains(&neutral) => None,
        _ => return None,
    })
}

fn event(mut event: Record) -> Option<LegalEvent> {
    event.ignore(&["validationReference", "affectedFields"]);
    event.expect_word("validationDocuments", DOCUMENTS);
    let (effective, recorded) = (event.day("effectiveDate"), event.day("recordedDate"));
    let kind = event.text("type").unwrap_or_default();
    let Some(status) = status_of(&kind) else {
        event.leave("type", &kind);
        return None;
    };
    let stage = event
        .word("status", |s| ["IN_PROGRESS", "WITHDRAWN_CANCELLED", "COMPLETED"].contains(&s).then(|| s.to_owned()))?;
    let status = match (status?, stage.as_str()) {
        (Status::ActiveWarning, "COMPLETED") => Status::Ceased,
        (status, _) => status,
    };
    let procedure = Some(Procedure { code: kind, words: stage.to_lowercase().replace('_', " ") });
    let over = recorded.or(effective);
    Some(LegalEvent {
        change: StatusChange {
            status,
            procedure,
            opened_on: effective,
            closed_on: over.filter(|_| stage == "COMPLETED" && status != Status::Ceased),
            revoked_on: over.filter(|_| stage == "WITHDRAWN_CANCELLED"),
        },
        effective,
        is_open: stage == "IN_PROGRESS",
    })
}

fn gravity(status: Status) -> u8 {
    match status {
        Status::InsolventLiquidation => 3,
        Status::Restructuring => 2,
        Status::ActiveWarning => 1,
        _ => 0,
    }
}
