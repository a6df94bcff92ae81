//! Insolvency cases. Practitioners are natural persons: their members are forgotten, never stored.

use jiff::civil::Date;

use super::Reader;
use crate::{
    collect::sources::record::Record,
    domain::{Fact, Mention, Procedure, Status, StatusChange},
};

/// What a case is, by its `type`. Members' voluntary liquidation is solvent and must never look like insolvency.
fn status_of(case: &str) -> Option<(Status, &'static str)> {
    Some(match case {
        "compulsory-liquidation" => (Status::InsolventLiquidation, "Compulsory liquidation"),
        "creditors-voluntary-liquidation" => (Status::InsolventLiquidation, "Creditors voluntary liquidation"),
        "members-voluntary-liquidation" => (Status::VoluntaryLiquidation, "Members voluntary liquidation"),
        "in-administration" => (Status::Restructuring, "In administration"),
        "administration-order" => (Status::Restructuring, "Administration order"),
        "corporate-voluntary-arrangement" => (Status::Restructuring, "Corporate voluntary arrangement (CVA)"),
        "corporate-voluntary-arrangement-moratorium" => (Status::Restructuring, "CVA moratorium"),
        "order-of-court-restructuring-plan" => (Status::Restructuring, "Restructuring plan"),
        "moratorium" => (Status::Restructuring, "Moratorium"),
        "administrative-receiver" => (Status::InsolventLiquidation, "Administrative receiver appointed"),
        "scottish-administrative-receiver" => (Status::InsolventLiquidation, "Receiver (Scotland) appointed"),
        "receiver-manager" => (Status::InsolventLiquidation, "Receiver/Manager appointed"),
        "receivership" => (Status::InsolventLiquidation, "Receivership"),
        "foreign-insolvency" => (Status::InsolventLiquidation, "Foreign insolvency"),
        other if other.starts_with("liquidation-moratorium-") => (Status::Restructuring, "Moratorium"),
        _ => return None,
    })
}

/// The same by the words of the resource's own `status` list, for an answer that lists no case.
fn status_of_list(word: &str) -> Option<(Status, &'static str)> {
    Some(match word {
        "liquidation" => (Status::InsolventLiquidation, "Liquidation"),
        "receivership" | "receiver-manager" | "administrative-receiver" => {
            (Status::InsolventLiquidation, "Receivership")
        }
        "live-receiver-manager-on-at-least-one-charge" => {
            (Status::InsolventLiquidation, "Receiver manager on at least one charge")
        }
        "in-administration" | "administration-order" => (Status::Restructuring, "In administration"),
        "voluntary-arrangement" | "voluntary-arrangement-receivership" => {
            (Status::Restructuring, "Voluntary arrangement")
        }
        _ => return None,
    })
}

/// What a date of a case says about it.
enum Moment {
    Opened,
    /// The petition or the directors' declaration, before anything is opened: the start only of a case without another.
    Prepared,
    Closed,
    /// Announced for later: says nothing yet.
    Planned,
}

fn moment_of(date: &str) -> Option<Moment> {
    Some(match date {
        "wound-up-on"
        | "ordered-to-wind-up-on"
        | "administration-started-on"
        | "instrumented-on"
        | "moratorium-started-on"
        | "voluntary-arrangement-started-on" => Moment::Opened,
        "petitioned-on" | "declaration-solvent-on" => Moment::Prepared,
        "concluded-winding-up-on"
        | "dissolved-on"
        | "administration-ended-on"
        | "administration-discharged-on"
        | "moratorium-ended-on"
        | "voluntary-arrangement-ended-on"
        | "case-end-on" => Moment::Closed,
        "due-to-be-dissolved-on" => Moment::Planned,
        _ => return None,
    })
}

#[derive(Default)]
struct Dates {
    opened: Option<Date>,
    prepared: Option<Date>,
    closed: Option<Date>,
}

impl Reader {
    pub(super) fn insolvency(&mut self, record: &mut Record) -> Vec<Mention> {
        record.ignore(&["etag", "kind", "links"]);
        let listed = record.texts("status");
        for word in listed.iter().filter(|word| status_of_list(word).is_none()) {
            record.leave("status", word);
        }
        let is_none = record.peek("cases").is_some_and(|cases| cases.as_array().is_some_and(Vec::is_empty));
        let cases = record.records("cases");
        if cases.is_empty() && listed.is_empty() {
            // Only a list without a case says that there is none.
            return vec![if is_none { self.insolvency_is_clean() } else { self.unchecked("insolvency") }];
        }
        if !cases.is_empty() {
            return cases.into_iter().map(|case| self.case(case)).collect();
        }
        let plain = |word: &String| {
            let (status, words) = status_of_list(word).unwrap_or((Status::Unknown, ""));
            let procedure = Some(Procedure { code: word.clone(), words: words.to_owned() });
            let change = StatusChange { procedure, ..StatusChange::plain(status) };
            self.mention(&format!("insolvency-status/{word}"), Fact::CompanyStatus(change), None)
        };
        listed.iter().map(plain).collect()
    }

    pub(super) fn insolvency_is_clean(&self) -> Mention {
        self.mention("insolvency", Fact::Clean { what: "insolvency".to_owned() }, None)
    }

    fn case(&self, mut case: Record) -> Mention {
        let number = case.text("number").unwrap_or_default();
        let code = case.text("type").unwrap_or_default();
        let known = status_of(&code);
        if known.is_none() {
            case.leave("type", &code);
        }
        case.ignore(&["notes", "links"]);
        case.forget(&["practitioners"]);
        let dates = dates(&mut case);
        let (status, words) = known.unwrap_or((Status::Unknown, ""));
        let opened_on = dates.opened.or(dates.prepared);
        let change = StatusChange {
            status,
            procedure: Some(Procedure { code, words: words.to_owned() }),
            opened_on,
            closed_on: dates.closed.filter(|day| *day <= self.seen),
            revoked_on: None,
        };
        // A case that knows only its end was so until then, and is no news of today.
        let valid_from = opened_on.or(change.closed_on);
        self.mention(&format!("case/{number}"), Fact::CompanyStatus(change), valid_from)
    }
}

fn dates(case: &mut Record) -> Dates {
    let mut dates = Dates::default();
    for mut date in case.records("dates") {
        let (kind, day) = (date.word("type", moment_of), date.day("date"));
        let (Some(kind), Some(day)) = (kind, day) else { continue };
        match kind {
            Moment::Opened => dates.opened = dates.opened.map_or(Some(day), |before| Some(before.min(day))),
            Moment::Prepared => dates.prepared = Some(day),
            Moment::Closed => dates.closed = dates.closed.map_or(Some(day), |before| Some(before.min(day))),
            Moment::Planned => {}
        }
    }
    dates
}
