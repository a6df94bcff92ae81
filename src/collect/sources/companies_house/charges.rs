//! Charges: mortgages and debentures on the company's property. Persons entitled and particulars are not for us.

use serde_json::Value;

use super::Reader;
use crate::{
    collect::sources::record::Record,
    domain::{Fact, Mention, PrejudicialAct},
};

impl Reader {
    /// A list of charges, or one charge as the stream sends it.
    pub(super) fn charges(&mut self, record: &mut Record) -> Vec<Mention> {
        if !record.names("items") {
            return self.charge(record).into_iter().collect();
        }
        record.ignore(&[
            "etag",
            "unfiltered_count",
            "unfiletered_count",
            "satisfied_count",
            "part_satisfied_count",
            "items_per_page",
            "kind",
            "links",
        ]);
        let is_list = record.peek("items").is_some_and(Value::is_array);
        let is_counted = record.peek("total_count").is_some_and(|total| total.as_u64() != Some(0) && !total.is_null());
        let items = record.records("items");
        self.note_pages(record, "total_count", items.len());
        if items.is_empty() {
            let is_clean = is_list && !is_counted;
            let clean = || self.mention("charges", Fact::Clean { what: "charges".to_owned() }, None);
            return vec![if is_clean { clean() } else { self.unchecked("charges") }];
        }
        items.into_iter().filter_map(|mut item| self.charge(&mut item)).collect()
    }

    fn charge(&self, charge: &mut Record) -> Option<Mention> {
        let code = charge.text("charge_code");
        let number = charge.text("charge_number");
        let id = charge.text("id");
        charge.ignore(&[
            "etag",
            "acquired_on",
            "resolved_on",
            "covering_instrument_date",
            "satisfied_on",
            "particulars",
            "secured_details",
            "scottish_alterations",
            "more_than_four_persons_entitled",
            "transactions",
            "insolvency_cases",
            "links",
            "assests_ceased_released",
            "assets_ceased_released",
        ]);
        charge.forget(&["persons_entitled"]);
        let (created, delivered) = (charge.day("created_on"), charge.day("delivered_on"));
        let cancelled = charge.word("status", |status| match status {
            "outstanding" | "part-satisfied" => Some(false),
            "fully-satisfied" | "satisfied" => Some(true),
            _ => None,
        });
        let act = charge.records("classification").into_iter().find_map(|mut class| {
            class.expect_word("type", &["charge-description", "nature-of-charge"]);
            class.text("description")
        });
        let name = code.or(id).or(number)?;
        let fact = Fact::PrejudicialAct(PrejudicialAct {
            act: act.unwrap_or_else(|| "charge".to_owned()),
            amount: None,
            registered_on: created.or(delivered),
            cancelled: cancelled?,
        });
        Some(self.mention(&format!("charge/{name}"), fact, created.or(delivered)))
    }
}
