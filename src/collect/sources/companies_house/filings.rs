//! Filings: what was handed in at the register, and the notices it published.

use super::Reader;
use crate::{
    collect::sources::record::Record,
    domain::{Fact, Filing, Mention, Status, StatusChange},
};

/// Words for the state of a history; one that is not available has no items.
const HISTORY_STATES: &[&str] = &[
    "filing-history-available",
    "filing-history-available-no-images-limited-partnership-from-1988",
    "filing-history-available-no-images-limited-partnership-from-2014",
    "filing-history-available-assurance-company-before-2004",
    "filing-history-not-available-assurance-company",
    "filing-history-not-available-industrial-and-provident-society",
    "filing-history-not-available-northern-ireland-other",
    "filing-history-not-available-protected-cell-company",
    "filing-history-not-available-royal-charter",
    "filing-history-not-available-unregistered-company",
];

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

/// What the description of a filing says of the company's state, where it says anything. Keys of
/// `filing_history_descriptions.yml`, its misspellings included. Insolvency is told by its cases, which know more.
fn status_of(description: &str) -> Option<Status> {
    Some(match description {
        // First gazette of a compulsory strike-off (GAZ1), of a voluntary one (GAZ1(A)), and the application (DS01). A
        // strike-off that is only suspended (DISS16, SOAS) still hangs over the company.
        "gazette-notice-compulsory"
        | "gazette-notice-compulsary"
        | "gazette-notice-voluntary"
        | "dissolution-application-strike-off-company"
        | "dissolution-application-strike-off-limited-liability-partnership"
        | "dissolved-compulsory-strike-off-suspended"
        | "dissolution-voluntary-strike-off-suspended" => Status::ActiveWarning,
        // Stopped: what was late was filed (DISS40), or the application was taken back (DS02).
        "gazette-filings-brought-up-to-date"
        | "dissolution-withdrawal-application-strike-off-company"
        | "dissolution-withdrawal-application-strike-off-limited-liability-partnership"
        | "dissolution-voluntary-strike-off-discontinued" => Status::Active,
        "dissolved-company" => Status::Ceased,
        struck if struck.starts_with("gazette-dissolved-") => Status::Ceased,
        _ => return None,
    })
}

impl Reader {
    /// A page of the filing history, or one filing as the stream sends it.
    pub(super) fn filings(&mut self, record: &mut Record) -> Vec<Mention> {
        if record.has("transaction_id") {
            return self.filing(record);
        }
        record.expect_word("filing_history_status", HISTORY_STATES);
        record.ignore(&["etag", "kind", "items_per_page", "links"]);
        let items = record.records("items");
        self.note_pages(record, "total_count", items.len());
        items.into_iter().flat_map(|mut item| self.filing(&mut item)).collect()
    }

    fn filing(&self, record: &mut Record) -> Vec<Mention> {
        let Some(transaction) = record.text("transaction_id") else { return Vec::new() };
        let (form, date) = (record.text("type"), record.day("date"));
        let category = record.word("category", |c| CATEGORIES.contains(&c).then(|| c.to_owned()));
        let status = record.text("description").as_deref().and_then(status_of);
        record.ignore(&[
            "action_date",
            "annotations",
            "associated_filings",
            "barcode",
            "links",
            "pages",
            "paper_filed",
            "resolutions",
            "subcategory",
        ]);
        // The values of a description name officers and practitioners.
        record.forget(&["description_values"]);
        let own_id = format!("filing/{transaction}");
        let filing =
            form.map(|form| Fact::Filing(Filing { form, category: category.unwrap_or_default(), overdue: false }));
        let status = status.map(|status| Fact::CompanyStatus(StatusChange::plain(status)));
        let told = [(own_id.clone(), filing), (format!("status-{own_id}"), status)];
        told.into_iter().filter_map(|(own_id, fact)| Some(self.mention(&own_id, fact?, date))).collect()
    }
}
