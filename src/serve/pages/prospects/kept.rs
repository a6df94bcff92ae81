//! An evaluation as it was kept: the answer of then, read back for a page.

use jiff::{Timestamp, civil::Date};
use serde::Deserialize;
use serde_json::Value;

/// The parts of an `AssessmentView` that a page shows. It is read from the bytes that were answered then, so that the page
/// shows what was decided and not what would be decided today.
#[derive(Deserialize)]
pub(super) struct Kept {
    pub(super) id: String,
    pub(super) decision: String,
    pub(super) reasons: Vec<Ground>,
    pub(super) limit: Option<f64>,
    pub(super) terms: Terms,
    pub(super) human_review: Option<String>,
    pub(super) prospect: Whom,
    pub(super) asked: AskedFor,
    pub(super) identity: Identity,
    pub(super) sources: Vec<Answered>,
    pub(super) signals: Vec<Signal>,
    pub(super) rating: Rated,
    pub(super) needed: Vec<Needed>,
    pub(super) made_at: Timestamp,
    pub(super) keep_until: Timestamp,
    pub(super) rules: String,
    pub(super) withdrawn: bool,
}

#[derive(Deserialize)]
pub(super) struct Ground {
    pub(super) text: String,
    pub(super) text_it: String,
}

#[derive(Deserialize)]
pub(super) struct Terms {
    pub(super) days: u16,
    pub(super) advance: f64,
    pub(super) guarantee: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Whom {
    pub(super) name: String,
    pub(super) country: Option<String>,
    pub(super) tax_id: Option<String>,
    pub(super) registry_id: Option<String>,
    pub(super) lei: Option<String>,
    pub(super) sector: Option<String>,
    pub(super) city: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct AskedFor {
    pub(super) amount: f64,
    pub(super) currency: String,
    pub(super) assumed: bool,
}

#[derive(Deserialize)]
pub(super) struct Identity {
    pub(super) standing: String,
    pub(super) clients: Vec<Candidate>,
    pub(super) namesakes: Vec<Candidate>,
}

#[derive(Deserialize)]
pub(super) struct Candidate {
    pub(super) client: String,
    pub(super) certainty: f64,
}

#[derive(Deserialize)]
pub(super) struct Answered {
    pub(super) source: String,
    pub(super) status: String,
    pub(super) signals: usize,
    pub(super) why: Vec<String>,
    pub(super) documents: Vec<Document>,
}

#[derive(Deserialize)]
pub(super) struct Document {
    pub(super) url: String,
    pub(super) sha256: String,
}

#[derive(Deserialize)]
pub(super) struct Signal {
    pub(super) kind: String,
    pub(super) source: String,
    pub(super) valid_at: Date,
    pub(super) official: bool,
    pub(super) fields: Value,
}

#[derive(Deserialize)]
pub(super) struct Rated {
    pub(super) grade: String,
    pub(super) pd: Option<f64>,
    pub(super) points: Option<i32>,
    pub(super) coverage: f64,
    pub(super) model: String,
    pub(super) reasons: Vec<Reason>,
}

#[derive(Deserialize)]
pub(super) struct Reason {
    pub(super) points: i32,
    pub(super) text: String,
    pub(super) text_it: String,
}

#[derive(Deserialize)]
pub(super) struct Needed {
    pub(super) text: String,
    /// What was kept before it was said in Italian, too, has none.
    #[serde(default)]
    pub(super) text_it: Option<String>,
}
