//! One resource of the register, plain or as an event of the stream, recognised by its members.

use jiff::civil::Date;
use serde_json::Value;

use super::{
    super::{
        record::{Record, iso_day},
        reply::since,
    },
    PUBLIC_PAGE, registry_number,
};
use crate::{
    collect::Misread,
    domain::{Country, Fact, Identifier, Mention, Procedure, Status, StatusChange, Subject},
};

/// What is known of a resource before it is read, and what was learned on the way.
pub(super) struct Reader {
    pub(super) seen: Date,
    /// Whom we asked about; whom the resource is about, once it has said so.
    pub(super) about: Option<Subject>,
    /// When the stream published it.
    published: Option<Date>,
    /// The insolvency cases of the same company are asked for as well.
    pub(super) asks_for_cases: bool,
    /// The profile says that there are or were charges.
    pub(super) has_charges: bool,
    /// Where the following page of a list begins, when there is one.
    pub(super) next_start: Option<u64>,
}

impl Reader {
    pub(super) fn new(seen: Date, about: Option<Subject>) -> Self {
        Self { seen, about, published: None, asks_for_cases: false, has_charges: false, next_start: None }
    }

    /// Recognises a resource by its members, for a recorded answer does not say what was asked.
    pub(super) fn resource(&mut self, mut record: Record) -> Result<Vec<Mention>, Misread> {
        if record.has("resource_kind") || (record.has("data") && record.has("event")) {
            return self.event(record);
        }
        if let Some(mut inner) = record.record("companyInsolvency") {
            record.ignore(&["updatedAt", "updatedBy", "deltaAt", "deltaBy"]);
            if let Some(number) = record.text("id") {
                self.name_company(&number, &record);
            }
            return Ok(self.insolvency(&mut inner));
        }
        self.plain(record)
    }

    fn plain(&mut self, mut record: Record) -> Result<Vec<Mention>, Misread> {
        if record.has("cases")
            || (record.has("status") && !record.has("company_number") && record.names("etag")) && !is_charge(&record)
        {
            return Ok(self.insolvency(&mut record));
        }
        if record.has("company_number") || record.has("company_status") {
            return self.profile(&mut record);
        }
        if record.has("transaction_id") || record.has("filing_history_status") {
            return Ok(self.filings(&mut record));
        }
        if record.has("active_count") || record.has("resigned_count") {
            return Ok(self.officers(&mut record));
        }
        if is_charge(&record) || record.has("unfiltered_count") || record.has("unfiletered_count") {
            return Ok(self.charges(&mut record));
        }
        let errors = record.value("errors").or_else(|| record.value("error"));
        record.ignore_rest();
        match errors {
            Some(error) => Err(Misread::Refused(format!("the register answers with an error: {}", shorten(&error)))),
            None => Err(Misread::Quarantined(
                "not a profile, an insolvency, a list of charges, filings or officers of Companies House".to_owned(),
            )),
        }
    }

    /// An event of the stream: `{resource_kind, resource_uri, resource_id, data, event}`.
    fn event(&mut self, mut record: Record) -> Result<Vec<Mention>, Misread> {
        let kind = record.text("resource_kind").unwrap_or_default();
        let uri = record.text("resource_uri").unwrap_or_default();
        record.ignore(&["resource_id"]);
        let mut event = record.record("event");
        let is_deleted = event.as_mut().and_then(|e| {
            e.word("type", |t| match t {
                "changed" => Some(false),
                "deleted" => Some(true),
                _ => None,
            })
        });
        if let Some(event) = &mut event {
            event.ignore(&["timepoint", "fields_changed"]);
            self.published = event.text("published_at").and_then(|text| iso_day(&text));
        }
        let number = uri.split('/').skip_while(|part| *part != "company").nth(1).map(str::to_owned);
        if let Some(number) = &number {
            self.name_company(number, &record);
        }
        if is_deleted == Some(true) {
            return Ok(self.deleted(&kind, &mut record));
        }
        let Some(mut data) = record.record("data") else {
            return Err(Misread::Quarantined(format!("the event {kind} carries no data")));
        };
        match kind.as_str() {
            "company-profile" => self.profile(&mut data),
            "company-insolvency" => Ok(self.insolvency(&mut data)),
            "company-charges" => Ok(self.charges(&mut data)),
            "filing-history" => Ok(self.filings(&mut data)),
            _ => {
                data.ignore_rest();
                Err(Misread::Quarantined(format!("events of kind {kind:?} are not read here")))
            }
        }
    }

    /// A resource that is no longer there. What it last said may come along as `data`, or nothing.
    fn deleted(&mut self, kind: &str, record: &mut Record) -> Vec<Mention> {
        let mut data = record.record("data");
        let mentions = match (kind, &mut data) {
            ("company-insolvency", _) => vec![self.insolvency_is_revoked(), self.insolvency_is_clean()],
            ("company-profile", _) => {
                vec![self.mention("status", Fact::CompanyStatus(StatusChange::plain(Status::Unknown)), None)]
            }
            ("company-charges", Some(data)) => {
                let mut mentions = self.charges(data);
                for mention in &mut mentions {
                    if let Fact::PrejudicialAct(act) = &mut mention.fact {
                        act.cancelled = true;
                    }
                }
                mentions
            }
            // A filing taken back leaves the state of the company to its profile, which changes with it.
            ("filing-history", _) => Vec::new(),
            _ => {
                record.leave("event.type", &format!("deleted {kind}"));
                Vec::new()
            }
        };
        if let Some(mut data) = data {
            data.ignore_rest();
        }
        mentions
    }

    /// The cases were taken from the register, as if they had never been: the newest word on procedures is that none stands.
    fn insolvency_is_revoked(&self) -> Mention {
        let revoked_on = Some(self.published.filter(|day| *day <= self.seen).unwrap_or(self.seen));
        let procedure = Procedure { code: "deleted".to_owned(), words: "Taken from the register".to_owned() };
        let change = StatusChange {
            procedure: Some(procedure),
            revoked_on,
            ..StatusChange::plain(Status::InsolventLiquidation)
        };
        self.mention("insolvency-deleted", Fact::CompanyStatus(change), revoked_on)
    }

    /// Makes `number` the company this is about; a text that is no company number is a leftover.
    pub(super) fn name_company(&mut self, number: &str, record: &Record) {
        match Identifier::registry(Country::GB, number) {
            Ok(identifier) => {
                let name = self.about.take().map_or_else(String::new, |about| about.name);
                let country = Some(Country::GB);
                self.about = Some(Subject { name, country, identifiers: vec![identifier], ..Subject::default() });
            }
            Err(_) => record.leave("company_number", number),
        }
    }

    /// The following page of a list of so many items, by its `start_index` and its total.
    pub(super) fn note_pages(&mut self, record: &mut Record, total: &str, n_items: usize) {
        let mut count = |name: &str| record.text(name).and_then(|text| text.parse::<u64>().ok());
        let (start, total) = (count("start_index").unwrap_or(0), count(total));
        let end = start.saturating_add(u64::try_from(n_items).unwrap_or(u64::MAX));
        self.next_start = total.filter(|total| n_items > 0 && end < *total).map(|_| end);
    }

    /// A list that does not show what it may hold: no good news, and no bad.
    pub(super) fn unchecked(&self, what: &str) -> Mention {
        let procedure = Procedure { code: what.to_owned(), words: "the list is missing".to_owned() };
        let change = StatusChange { procedure: Some(procedure), ..StatusChange::plain(Status::CouldNotCheck) };
        self.mention(&format!("unchecked/{what}"), Fact::CompanyStatus(change), None)
    }

    /// The company's number, once it is known.
    pub(super) fn number(&self) -> Option<String> {
        self.about.as_ref().map(number_of).filter(|number| !number.is_empty())
    }

    /// A mention about the company, named `what` and its number in the register's own terms.
    pub(super) fn mention(&self, what: &str, fact: Fact, day: Option<Date>) -> Mention {
        let number = self.number().unwrap_or_default();
        let subject = self.about.clone();
        Mention {
            own_id: format!("{what}/{number}"),
            subject: subject.unwrap_or_else(|| Subject { country: Some(Country::GB), ..Subject::default() }),
            fact,
            valid_at: since(day, self.seen),
            published_at: self.published.filter(|day| *day <= self.seen),
            is_official: true,
            url: (!number.is_empty()).then(|| format!("{PUBLIC_PAGE}{number}")),
        }
    }
}

/// The company number of a subject; empty when it has none.
pub(super) fn number_of(subject: &Subject) -> String {
    registry_number(&subject.identifiers).map_or_else(String::new, |i| i.text().to_owned())
}

fn is_charge(record: &Record) -> bool {
    record.has("charge_number") || record.has("charge_code") || record.has("classification")
}

fn shorten(value: &Value) -> String {
    value.to_string().chars().take(200).collect()
}
