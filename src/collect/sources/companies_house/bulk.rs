//! The monthly file of all live companies: a row of 55 columns each, some two gigabytes of them.

use jiff::civil::Date;
use url::Url;

use super::{
    super::{
        packed::unpacked,
        record::{Leftovers, Record},
        reply::{below, onward, seen_on, standing, text},
        table::Table,
    },
    PUBLIC_PAGE,
};
use crate::{
    collect::{Answer, Cursor, Misread, Page, Request, Source, Taking, Watched, settings::SourceOptions},
    domain::{
        Country, Fact, Filing, Identifier, Identity, Mention, Nace, Procedure, SourceId, Status, StatusChange, Subject,
    },
};

const INDEX: &str = "index";
const ROWS: &str = "rows";

/// The page that links to the newest file, and what the file is called before its date.
const INDEX_PAGE: &str = "en_output.html";
const FILE_STEM: &str = "BasicCompanyDataAsOneFile-";

/// Columns without which a row says nothing.
const REQUIRED: [&str; 3] = ["CompanyName", "CompanyNumber", "CompanyStatus"];

/// Pairs of columns for former names.
const N_PREVIOUS_NAMES: usize = 10;

/// Columns that say nothing of credit. Of a mortgage only the count is here: the list of charges tells of each.
const IGNORED: &[&str] = &[
    "CompanyCategory",
    "CountryOfOrigin",
    "IncorporationDate",
    "Accounts.AccountRefDay",
    "Accounts.AccountRefMonth",
    "Accounts.LastMadeUpDate",
    "Returns.NextDueDate",
    "Returns.LastMadeUpDate",
    "Mortgages.NumMortOutstanding",
    "Mortgages.NumMortPartSatisfied",
    "Mortgages.NumMortSatisfied",
    "SICCode.SicText_2",
    "SICCode.SicText_3",
    "SICCode.SicText_4",
    "LimitedPartnerships.NumGenPartners",
    "LimitedPartnerships.NumLimPartners",
    "URI",
    "ConfStmtLastMadeUpDate",
];

/// The state a row's words stand for, whatever their case. Where two procedures run side by side the graver one counts.
fn status_of(words: &str) -> Option<Status> {
    Some(match words.to_lowercase().replace(" / ", "/").as_str() {
        "active" | "open" | "registered" => Status::Active,
        "active - proposal to strike off" => Status::ActiveWarning,
        "in administration" | "administration order" | "voluntary arrangement" => Status::Restructuring,
        "liquidation"
        | "insolvency proceedings"
        | "receivership"
        | "receiver action"
        | "administrative receiver"
        | "receiver manager"
        | "receiver manager/administrative receiver"
        | "in administration/administrative receiver"
        | "in administration/receiver manager"
        | "voluntary arrangement/receiver manager"
        | "voluntary arrangement/administrative receiver"
        | "live but receiver manager on at least one charge" => Status::InsolventLiquidation,
        "dissolved" | "converted/closed" | "closed" | "removed" => Status::Ceased,
        _ => return None,
    })
}

/// The reader of the bulk file.
#[derive(Debug)]
pub(in super::super) struct CompaniesHouseBulk {
    id: SourceId,
    base: Url,
    leaves_liquidation: bool,
}

impl CompaniesHouseBulk {
    /// Asks which file is the newest, and reads it when it was not read before. The error says what in the options is wrong.
    pub(in super::super) fn new(id: SourceId, options: &SourceOptions) -> Result<Self, String> {
        let leaves_liquidation = match options.options.get("leaves_liquidation") {
            None => true,
            Some(value) => value.as_bool().ok_or(format!("options.leaves_liquidation: must be a bool, not {value}"))?,
        };
        Ok(Self { id, base: options.base_url.clone(), leaves_liquidation })
    }

    /// The newest file a page links to, when it is newer than the one read before.
    fn index(&self, answer: &Answer) -> Result<Page, Misread> {
        let page = text(answer)?;
        let dates = page.split(FILE_STEM).skip(1).filter_map(|rest| rest.get(..10)?.parse::<Date>().ok());
        let Some(newest) = dates.max() else {
            return Err(Misread::Quarantined(format!("no link to a {FILE_STEM}….zip: the page has changed")));
        };
        let read: Option<Date> = answer.request.url.fragment().and_then(|day| day.parse().ok());
        if read.is_some_and(|read| read >= newest) {
            return Ok(Page::default());
        }
        let url = onward(&answer.request, &format!("{FILE_STEM}{newest}.zip"));
        let next = url.map(|url| Request { taking: Taking::Lines, ..Request::get(url, ROWS) });
        Ok(Page { next: next.into_iter().collect(), ..Page::default() })
    }

    fn rows(&self, answer: &Answer) -> Result<Page, Misread> {
        let leftovers = Leftovers::default();
        let body = unpacked(answer)?.into_owned();
        let table = Table::open(&Answer { body, ..answer.clone() }, b',', &leftovers)?;
        table.expect(&REQUIRED)?;
        let (seen, dated) = (seen_on(answer), date_of(&answer.request.url));
        let as_of = dated.filter(|day| *day <= seen).unwrap_or(seen);
        let mut mentions = Vec::new();
        for row in table {
            mentions.extend(self.row(row, as_of, dated.is_some()));
        }
        // Only the last piece tells that the file was read.
        let is_whole = answer.request.step == ROWS && answer.part.is_last;
        let cursor = dated.filter(|_| is_whole).map(|day| Cursor(day.to_string()));
        Ok(Page { mentions, leftovers: leftovers.take(), cursor, ..Page::default() })
    }

    fn row(&self, mut row: Record, as_of: Date, is_dated: bool) -> Vec<Mention> {
        row.ignore(IGNORED);
        row.forget(&["RegAddress.CareOf"]);
        let previous = previous_names(&mut row);
        let Some(subject) = subject(&mut row, &previous) else {
            // Nobody can be told by a row without a number; what else it holds says no more than that.
            row.ignore_rest();
            return Vec::new();
        };
        let told = Told { as_of, is_dated, number: subject.identifiers[0].text().to_owned(), subject };
        let accounts = told.document(&mut row, "Accounts.NextDueDate", "accounts", "AA");
        let statement = told.document(&mut row, "ConfStmtNextDueDate", "confirmation-statement", "CS01");
        let is_late = [&accounts, &statement].into_iter().flatten().any(is_overdue);
        let mut mentions: Vec<Mention> = self.status(&mut row, &told, is_late).into_iter().collect();
        mentions.extend(accounts.into_iter().chain(statement));
        let name = told.subject.name.clone();
        mentions.push(told.identity("legal_name", name, None));
        mentions.extend(told.subject.address.clone().map(|text| told.identity("address", text, None)));
        mentions.extend(previous.into_iter().map(|(name, until)| told.identity("previous_name", name, until)));
        if row.text("Mortgages.NumMortCharges").as_deref() == Some("0") {
            mentions.push(told.mention("charges", Fact::Clean { what: "charges".to_owned() }, None));
        }
        mentions
    }

    fn status(&self, row: &mut Record, told: &Told, is_late: bool) -> Option<Mention> {
        let words = row.text("CompanyStatus").unwrap_or_default();
        let known = status_of(&words);
        if known.is_none() {
            row.leave("CompanyStatus", &words);
        }
        let is_dormant = row.text("Accounts.AccountCategory").is_some_and(|c| c.eq_ignore_ascii_case("dormant"));
        let dissolved_on = day(row, "DissolutionDate");
        let status = match known.unwrap_or(Status::Unknown) {
            _ if dissolved_on.is_some_and(|on| on <= told.as_of) => Status::Ceased,
            Status::Active if is_late => Status::ActiveWarning,
            Status::Active if is_dormant => Status::Dormant,
            other => other,
        };
        if self.leaves_liquidation && words.eq_ignore_ascii_case("liquidation") {
            return None;
        }
        let is_procedure = matches!(status, Status::Restructuring | Status::InsolventLiquidation);
        let procedure = is_procedure.then(|| Procedure { code: words.clone(), words });
        let change = StatusChange { procedure, ..StatusChange::plain(status) };
        Some(told.mention("status", Fact::CompanyStatus(change), dissolved_on))
    }
}

impl Source for CompaniesHouseBulk {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, _: &[Watched], cursor: &Cursor) -> Vec<Request> {
        let mut url = below(&self.base, &[INDEX_PAGE]);
        url.set_fragment(Some(&cursor.0).filter(|day| !day.is_empty()).map(String::as_str));
        vec![Request::get(url, INDEX)]
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        standing(answer)?;
        let is_page = answer.body.trim_ascii_start().starts_with(b"<");
        match answer.request.step {
            INDEX => self.index(answer),
            "" if is_page => self.index(answer),
            _ => self.rows(answer),
        }
    }
}

/// What a row tells about one company, as of the day of its file.
struct Told {
    as_of: Date,
    /// The day is that of the file, and not only the day on which a file of unknown age was read.
    is_dated: bool,
    number: String,
    subject: Subject,
}

impl Told {
    fn mention(&self, what: &str, fact: Fact, day: Option<Date>) -> Mention {
        Mention {
            own_id: format!("{what}/{}", self.number),
            subject: self.subject.clone(),
            fact,
            valid_at: day.filter(|day| *day <= self.as_of).unwrap_or(self.as_of),
            published_at: Some(self.as_of),
            is_official: true,
            url: Some(format!("{PUBLIC_PAGE}{}", self.number)),
        }
    }

    /// Late or filed at last: both are said, so that the second takes back the first. A file of unknown age says neither:
    /// what was due behind it may have been filed long since.
    fn document(&self, row: &mut Record, column: &str, category: &str, form: &str) -> Option<Mention> {
        let by = day(row, column).filter(|_| self.is_dated)?;
        let overdue = by < self.as_of;
        let fact = Fact::Filing(Filing { form: form.to_owned(), category: category.to_owned(), overdue });
        Some(self.mention(&format!("{category}/{by}"), fact, Some(by).filter(|_| overdue)))
    }

    fn identity(&self, what: &str, text: String, valid_until: Option<Date>) -> Mention {
        let own_id = format!("{what}/{text}");
        let fact = Fact::Identity(Identity { what: what.to_owned(), text, valid_from: None, valid_until });
        self.mention(&own_id, fact, valid_until)
    }
}

fn subject(row: &mut Record, previous: &[(String, Option<Date>)]) -> Option<Subject> {
    let number = row.text("CompanyNumber")?;
    let Ok(identifier) = Identifier::registry(Country::GB, &number) else {
        row.leave("CompanyNumber", &number);
        return None;
    };
    let mut part = |column: &str| row.text(&format!("RegAddress.{column}"));
    let (po_box, line_1, line_2) = (part("POBox"), part("AddressLine1"), part("AddressLine2"));
    let (city, county, country, code) = (part("PostTown"), part("County"), part("Country"), part("PostCode"));
    let parts = [po_box, line_1, line_2, city.clone(), county, code, country];
    let address = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
    Some(Subject {
        name: row.text("CompanyName").unwrap_or_default(),
        country: Some(Country::GB),
        city,
        address: Some(address).filter(|address| !address.is_empty()),
        other_names: previous.iter().map(|(name, _)| name.clone()).collect(),
        identifiers: vec![identifier],
        sector: sector(row),
        is_person: false,
    })
}

/// `70229 - Management consultancy …`: British SIC 2007 is NACE Rev. 2 with a fifth digit. `99999` is a dormant company,
/// `98000` and its neighbours residents' companies, and some have `None Supplied`.
fn sector(row: &mut Record) -> Option<Nace> {
    let words = row.text("SICCode.SicText_1")?;
    let code: String = words.chars().take_while(char::is_ascii_digit).collect();
    let sector = code.parse::<Nace>().ok();
    let is_known = matches!(code.as_str(), "99999" | "74990" | "98000") || words.eq_ignore_ascii_case("none supplied");
    if sector.is_none() && !is_known {
        row.leave("SICCode.SicText_1", &words);
    }
    sector
}

/// Former names and the day each was given up.
fn previous_names(row: &mut Record) -> Vec<(String, Option<Date>)> {
    let mut names = Vec::new();
    for place in 1..=N_PREVIOUS_NAMES {
        let until = day(row, &format!("PreviousName_{place}.CONDATE"));
        names.extend(row.text(&format!("PreviousName_{place}.CompanyName")).map(|name| (name, until)));
    }
    names
}

/// A day written `29/09/2022`; anything else is a leftover.
fn day(row: &mut Record, column: &str) -> Option<Date> {
    row.word(column, |text| {
        let mut parts = text.splitn(3, '/');
        let mut part = || parts.next()?.parse::<i16>().ok();
        let (day, month, year) = (part()?, part()?, part()?);
        Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
    })
}

fn is_overdue(mention: &Mention) -> bool {
    matches!(&mention.fact, Fact::Filing(filing) if filing.overdue)
}

/// The day in a file's name.
fn date_of(url: &Url) -> Option<Date> {
    url.path().rsplit(FILE_STEM).next()?.get(..10)?.parse().ok()
}
