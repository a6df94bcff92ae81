//! The history of a record's fields (`field-modifications`): when the entity ceased or came back, and what it was called
//! before. Fields are named by their path in the XML of the records.

use jiff::civil::Date;
use serde_json::Value;

use super::{next, published};
use crate::{
    collect::{
        Answer, Misread, Page,
        sources::{
            record::{Leftovers, Record},
            reply::{seen_on, since},
        },
    },
    domain::{Fact, Identifier, Identity, Mention, Status, StatusChange, Subject},
};

const KIND: &str = "field-modifications";

/// Fields of the registration: they speak of the identifier, not of the company. A lapsed one is an unpaid fee.
const OF_THE_IDENTIFIER: &str = "/Registration/";

/// Whether the data of an answer are such changes.
pub(super) fn are_they(data: Option<&Value>) -> bool {
    let first = match data {
        Some(Value::Array(items)) => items.first(),
        other => other,
    };
    first.and_then(|item| item.get("type")).and_then(Value::as_str) == Some(KIND)
}

/// What a page of changes says.
pub(super) fn page(
    mut root: Record,
    data: Option<Value>,
    answer: &Answer,
    leftovers: &Leftovers,
) -> Result<Page, Misread> {
    published(&mut root);
    let items = match data {
        Some(Value::Array(items)) => items,
        other => other.into_iter().collect(),
    };
    let seen = seen_on(answer);
    let mut mentions = Vec::new();
    let mut n_read = 0;
    for (place, item) in items.into_iter().enumerate() {
        let Some(mut record) = Record::at(&format!("$.data[{place}]"), item, leftovers) else { continue };
        record.expect_word("type", &[KIND]);
        let id = record.text("id").unwrap_or_default();
        record.ignore(&["relationships", "links"]);
        if let Some(change) = record.record("attributes") {
            let told = mention(change, &id, seen);
            n_read += usize::from(told.is_some());
            mentions.extend(told.flatten());
        }
    }
    if n_read == 0 {
        root.ignore_rest();
        return Err(Misread::Quarantined(format!("the answer holds {KIND} without an identifier of their record")));
    }
    let next = next(&mut root, &answer.request).into_iter().collect();
    drop(root);
    Ok(Page { mentions, next, leftovers: leftovers.take(), ..Page::default() })
}

/// One change. None when it is not said of which record; `Some(None)` when it is of a field that moves nothing.
fn mention(mut change: Record, id: &str, seen: Date) -> Option<Option<Mention>> {
    change.ignore(&["recordType", "context"]);
    change.expect_word("modificationType", &["INITIAL", "UPDATE", "DELETE", "INSERT"]);
    let lei = change.text("lei").unwrap_or_default();
    let field = change.text("field").unwrap_or_default().replace("lei:", "");
    let day = change.day("date");
    let (old, new) = (change.value("valueOld"), change.value("valueNew"));
    let Ok(identifier) = Identifier::lei(&lei) else {
        change.leave("lei", &lei);
        return None;
    };
    let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(str::to_owned);
    let fact = match field.rsplit('/').next() {
        _ if field.contains(OF_THE_IDENTIFIER) => None,
        Some("EntityStatus") => {
            let status = match text(&new).as_deref() {
                Some("ACTIVE") => Some(Status::Active),
                Some("INACTIVE") => Some(Status::Ceased),
                Some("NULL") => Some(Status::Unknown),
                other => {
                    change.leave("valueNew", other.unwrap_or_default());
                    None
                }
            };
            status.map(|status| Fact::CompanyStatus(StatusChange::plain(status)))
        }
        // What it was called until then; the present name is in the record itself.
        Some("LegalName") if old.is_some() => text(&old).map(|name| former("previous_name", name, day)),
        Some("OtherEntityName") => text(&new).map(|name| Fact::Identity(named("trading_name", name, day, None))),
        _ => None,
    };
    let told = fact.map(|fact| Mention {
        own_id: format!("change/{id}"),
        subject: Subject { identifiers: vec![identifier], ..Subject::default() },
        fact,
        valid_at: since(day, seen),
        published_at: day.filter(|day| *day <= seen),
        is_official: true,
        url: Some(format!("https://search.gleif.org/#/record/{lei}")),
    });
    Some(told)
}

fn former(what: &str, text: String, until: Option<Date>) -> Fact {
    Fact::Identity(named(what, text, None, until))
}

fn named(what: &str, text: String, valid_from: Option<Date>, valid_until: Option<Date>) -> Identity {
    Identity { what: what.to_owned(), text, valid_from, valid_until }
}
