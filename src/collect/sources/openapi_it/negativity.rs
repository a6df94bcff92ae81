//! The detail of a search: for each of three questions a yes or no, and a list.

use jiff::civil::Date;

use super::{acts, procedures, protests};
use crate::{
    collect::sources::{
        italy::{end_what_they_close, subject_of},
        record::Record,
    },
    domain::{Fact, Mention, Procedure, Status, StatusChange, Subject},
};

/// What every mention of one detail shares.
pub(super) struct Detail {
    pub(super) about: Option<Subject>,
    pub(super) seen: Date,
}

impl Detail {
    /// Whom a row is about: its own tax number, else whom we asked about.
    pub(super) fn subject(&self, row: &mut Record) -> Subject {
        let (tax, name) = (row.text("codice_fiscale"), row.text("denominazione"));
        let named = tax.as_deref().and_then(|tax| subject_of(tax, name.as_deref()));
        if let (Some(tax), None) = (&tax, &named) {
            row.leave("codice_fiscale", tax);
        }
        named.or_else(|| self.about.clone()).unwrap_or_else(|| Subject {
            name: name.unwrap_or_default(),
            country: Some(crate::domain::Country::IT),
            ..Subject::default()
        })
    }

    pub(super) fn mention(&self, own_id: String, subject: Subject, fact: Fact, since: Option<Date>) -> Mention {
        Mention {
            own_id,
            subject,
            fact,
            valid_at: crate::collect::sources::reply::since(since, self.seen),
            published_at: None,
            is_official: true,
            url: None,
        }
    }

    /// Says that a check was made and found nothing, or that it could not be made.
    fn verdict(&self, what: &str, is_present: Option<bool>) -> Mention {
        let subject = self
            .about
            .clone()
            .unwrap_or_else(|| Subject { country: Some(crate::domain::Country::IT), ..Subject::default() });
        let tax = subject.identifiers.first().map_or_else(String::new, ToString::to_string);
        let (own_id, fact) = match is_present {
            Some(false) => (format!("clean/{what}/{tax}"), Fact::Clean { what: what.to_owned() }),
            _ => {
                let procedure = Procedure { code: what.to_owned(), words: "declared, detail missing".to_owned() };
                let change = StatusChange { procedure: Some(procedure), ..StatusChange::plain(Status::CouldNotCheck) };
                (format!("unchecked/{what}/{tax}"), Fact::CompanyStatus(change))
            }
        };
        self.mention(own_id, subject, fact, None)
    }
}

type ReadRow = fn(&Detail, Record) -> Vec<Mention>;

/// What a detail says. A question that is not in the answer at all is not answered: nothing is said about it.
pub(super) fn mentions(mut record: Record, about: Option<Subject>, seen: Date) -> Vec<Mention> {
    let questions: [(&str, &str, &str, ReadRow); 3] = [
        ("presenzaProtesti", "protesti", "protests", protests::mentions),
        ("presenzaProcedure", "procedure", "procedures", procedures::mentions),
        ("presenzaPregiudizievoli", "pregiudizievoli", "prejudicial_acts", acts::mentions),
    ];
    let mut detail = Detail { about, seen };
    let mut told = Vec::new();
    for (presence, list, what, read) in questions {
        if !record.names(presence) && !record.names(list) {
            continue;
        }
        let is_present = record.flag(presence);
        let listed = record.records(list);
        let is_listed = !listed.is_empty();
        if is_present == Some(false) && is_listed {
            record.leave(presence, "false, and yet there is a list");
        }
        let mut rows: Vec<Mention> = listed.into_iter().flat_map(|row| read(&detail, row)).collect();
        end_what_they_close(&mut rows);
        // What is listed and tells nothing of the company is not its absence.
        told.push((what, is_present.map(|is_present| is_present || is_listed), rows));
    }
    // What was found names the company; what was not found is about the same one.
    let named = told.iter().flat_map(|(_, _, rows)| rows).find(|row| !row.subject.identifiers.is_empty());
    let named = named.map(|row| row.subject.clone());
    detail.about = detail.about.or(named);
    let verdict = |(what, is_present, rows): (&str, Option<bool>, Vec<Mention>)| {
        if rows.is_empty() { vec![detail.verdict(what, is_present)] } else { rows }
    };
    told.into_iter().flat_map(verdict).collect()
}
