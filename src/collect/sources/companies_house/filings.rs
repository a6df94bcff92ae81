//! Filings: what was handed in at the register, and the notices it published.

use super::Reader;
use crate::{
    collect::sources::record::Record,
    domain::{Fact, Filing, Mention},
};

const CATEGORIES: &[&str] = &[
    "accounts",
    "address",
    "annual-return",
    "auditors",
    "capital",
    "certificate",
    "change-of-constitution",
    "change-of-name",
    "change-of-name-and-constitution",
    "confirmation-statement",
    "court-order",
    "dissolution",
    "document-replacement",
    "gazette",
    "historical",
    "incorporation",
    "insolvency",
    "liquidation",
    "miscellaneous",
    "mortgage",
    "officer",
    "officers",
    "other",
    "persons-with-significant-control",
    "re-registration",
    "reregistration",
    "resolution",
    "restoration",
    "return",
    "social-landlord",
    "statement-of-capital",
];

impl Reader {
    /// A page of the filing history, or one filing as the stream sends it.
    pub(super) fn filings(&mut self, record: &mut Record) -> Vec<Mention> {
        if record.has("transaction_id") {
            return self.filing(record).into_iter().collect();
        }
        record.ignore(&[
            "filing_history_status",
            "etag",
            "kind",
            "items_per_page",
            "start_index",
            "total_count",
            "links",
        ]);
        record.records("items").into_iter().filter_map(|mut item| self.filing(&mut item)).collect()
    }

    fn filing(&self, record: &mut Record) -> Option<Mention> {
        let transaction = record.text("transaction_id")?;
        let (form, date) = (record.text("type"), record.day("date"));
        let category = record.word("category", |c| CATEGORIES.contains(&c).then(|| c.to_owned()));
        record.ignore(&[
            "action_date",
            "annotations",
            "associated_filings",
            "barcode",
            "description",
            "links",
            "pages",
            "paper_filed",
            "resolutions",
            "subcategory",
        ]);
        // The values of a description name officers and practitioners.
        record.forget(&["description_values"]);
        let fact = Fact::Filing(Filing { form: form?, category: category.unwrap_or_default(), overdue: false });
        Some(self.mention(&format!("filing/{transaction}"), fact, date))
    }
}
