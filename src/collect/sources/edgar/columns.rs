//! Filings, written column by column: the first of each column is the newest filing.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::Value;

use super::{
    super::record::{Record, iso_day},
    forms::{Kind, item, kind_of},
    mention, text_of,
};
use crate::{
    collect::Misread,
    domain::{Fact, Filing, Mention, Procedure, Status, StatusChange, Subject},
};

/// Columns without which a filing says nothing; and those that say nothing of credit.
const REQUIRED: [&str; 3] = ["accessionNumber", "filingDate", "form"];
const IGNORED: &[&str] = &[
    "acceptanceDateTime",
    "act",
    "fileNumber",
    "filmNumber",
    "core_type",
    "size",
    "isXBRL",
    "isInlineXBRL",
    "isXBRLNumeric",
    "primaryDocument",
    "primaryDocDescription",
];

/// Bankruptcy or receivership.
const BANKRUPTCY: &str = "1.03";

/// Filings of bankruptcy so many days apart are of one case: half of all reorganisations are over in one year, and a
/// company that fails again within two has not been saved.
const ONE_CASE_DAYS: i32 = 730;

/// A company that reported within so many days is one that EDGAR knows the state of.
const REPORTS_WITHIN_DAYS: i32 = 400;

/// One filing.
struct Row {
    accession: String,
    filed: Date,
    /// The day of what is reported.
    reported: Option<Date>,
    form: String,
    items: Vec<String>,
}

/// The filings of a page, oldest first.
pub(super) struct Filings<'a> {
    subject: &'a Subject,
    seen: Date,
    rows: Vec<Row>,
    /// No column and no row is missing.
    is_whole: bool,
}

/// Reads the columns. Some are shorter than others: what a missing value would have said is left over, and rows go only as
/// far as the columns that every row needs.
pub(super) fn read(mut record: Record, subject: &Subject, seen: Date, horizon: Date) -> Result<Filings<'_>, Misread> {
    record.ignore(IGNORED);
    if let Some(missing) = REQUIRED.iter().find(|name| !record.peek(name).is_some_and(Value::is_array)) {
        record.ignore_rest();
        return Err(Misread::Quarantined(format!("no column {missing:?} among the filings: the layout has changed")));
    }
    let mut column = |name: &str| match record.value(name) {
        Some(Value::Array(values)) => values,
        _ => Vec::new(),
    };
    let (accessions, filed, forms) = (column("accessionNumber"), column("filingDate"), column("form"));
    let (reported, items) = (column("reportDate"), column("items"));
    let n_rows = accessions.len().min(filed.len()).min(forms.len());
    let longest = accessions.len().max(filed.len()).max(forms.len());
    let mut is_whole = true;
    for (name, values) in
        [("accessionNumber", &accessions), ("filingDate", &filed), ("form", &forms), ("items", &items)]
    {
        if values.len() != longest {
            is_whole = false;
            record.leave(name, &format!("{} values where other columns have {longest}", values.len()));
        }
    }
    let mut rows = Vec::new();
    let text = |column: &[Value], place: usize| column.get(place).and_then(text_of).filter(|text| !text.is_empty());
    for place in 0..n_rows {
        let (Some(accession), Some(form)) = (text(&accessions, place), text(&forms, place)) else {
            is_whole = false;
            continue;
        };
        let written = text(&filed, place).unwrap_or_default();
        let Some(day) = iso_day(&written) else {
            record.leave("filingDate", &written);
            is_whole = false;
            continue;
        };
        if day < horizon {
            continue;
        }
        let items = text(&items, place).unwrap_or_default();
        let items = items.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty());
        let reported = text(&reported, place).and_then(|text| iso_day(&text));
        rows.push(Row { accession, filed: day, reported, form, items: items.collect() });
    }
    leave_unknown(&rows, &record);
    rows.sort_by(|a, b| (a.filed, &a.accession).cmp(&(b.filed, &b.accession)));
    Ok(Filings { subject, seen, rows, is_whole })
}

/// Forms and items that nobody knows, each once.
fn leave_unknown(rows: &[Row], record: &Record) {
    let forms: BTreeSet<&str> =
        rows.iter().filter(|row| kind_of(&row.form).is_none()).map(|r| r.form.as_str()).collect();
    forms.into_iter().for_each(|form| record.leave("form", form));
    let of_8k = rows.iter().filter(|row| kind_of(&row.form) == Some(Kind::Current));
    let items: BTreeSet<&str> =
        of_8k.flat_map(|r| &r.items).map(String::as_str).filter(|i| item(i).is_none()).collect();
    items.into_iter().for_each(|item| record.leave("items", item));
}

impl Filings<'_> {
    /// What the filings say: each that speaks of credit, the state of a case, and that there was none where a company
    /// reports on its business and would have had to say so, where these are all its filings and all of them were read.
    pub(super) fn mentions(&self, may_be_clean: bool) -> Vec<Mention> {
        let mut mentions = Vec::new();
        let mut case: Option<(Date, Date)> = None;
        for row in self.rows.iter().filter(|row| row.filed <= self.seen) {
            mentions.extend(self.filing(row));
            if kind_of(&row.form) == Some(Kind::Current) && row.has(BANKRUPTCY) {
                let day = row.reported.filter(|day| *day <= row.filed).unwrap_or(row.filed);
                let is_same = |(_, last): &(Date, Date)| days_between(*last, row.filed) <= ONE_CASE_DAYS;
                let opened = case.filter(is_same).map_or(day, |(opened, _)| opened);
                mentions.push(self.bankruptcy(row, opened, day));
                case = Some((opened, row.filed));
            }
        }
        let reports = |row: &&Row| matches!(kind_of(&row.form), Some(Kind::Periodic | Kind::Current));
        let is_fresh = |row: &Row| (0..=REPORTS_WITHIN_DAYS).contains(&days_between(row.filed, self.seen));
        if may_be_clean && self.is_whole && case.is_none() && self.rows.iter().filter(reports).any(is_fresh) {
            let fact = Fact::Clean { what: "insolvency".to_owned() };
            mentions.push(mention(self.subject, "insolvency", fact, self.seen, None));
        }
        mentions
    }

    fn filing(&self, row: &Row) -> Option<Mention> {
        let (form, category, overdue) = match kind_of(&row.form)? {
            Kind::Current => {
                let telling = row.items.iter().filter_map(|written| item(written)).filter(|(_, tells)| *tells);
                let items: Vec<&str> = telling.map(|(item, _)| item).collect();
                let category = format!("8-K items {}", items.join(","));
                (row.form.clone(), (!items.is_empty()).then_some(category)?, false)
            }
            // The notice names the report that will be late, so that the report, when it comes, takes the word back.
            Kind::Late => {
                let report = row.form.trim_start_matches("NT ").trim_end_matches("/A");
                (report.to_owned(), "periodic-report".to_owned(), true)
            }
            Kind::Periodic => (row.form.trim_end_matches("/A").to_owned(), "periodic-report".to_owned(), false),
            Kind::Delisting => (row.form.clone(), "delisting".to_owned(), false),
            Kind::Deregistration => (row.form.clone(), "deregistration".to_owned(), false),
            Kind::Other => return None,
        };
        let fact = Fact::Filing(Filing { form, category, overdue });
        Some(mention(self.subject, &format!("filing/{}", row.accession), fact, row.filed, Some(row.filed)))
    }

    fn bankruptcy(&self, row: &Row, opened: Date, day: Date) -> Mention {
        let is_in_effect = row.filed > opened && day > opened && row.has("1.02") && row.has("3.03");
        let change = StatusChange {
            procedure: Some(Procedure { code: BANKRUPTCY.to_owned(), words: "Bankruptcy or receivership".to_owned() }),
            opened_on: Some(opened),
            closed_on: is_in_effect.then_some(day),
            ..StatusChange::plain(Status::InsolventLiquidation)
        };
        let own_id = format!("case/{}", row.accession);
        mention(self.subject, &own_id, Fact::CompanyStatus(change), day, Some(row.filed))
    }
}

impl Row {
    fn has(&self, wanted: &str) -> bool {
        self.items.iter().filter_map(|written| item(written)).any(|(item, _)| item == wanted)
    }
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(i32::MAX, |span| span.get_days())
}
