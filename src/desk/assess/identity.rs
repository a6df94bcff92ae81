//! Who a prospect is among the clients that there are.

use serde::Serialize;
use utoipa::ToSchema;

use super::{
    directory::{Directory, Listed},
    input::Applicant,
};
use crate::{
    desk::{Desk, Error, Result},
    domain::{PortfolioId, Subject},
    resolve::{Candidate, Decision},
    treat::Standing,
};

/// Namesakes that are shown.
const MAX_NAMESAKES: usize = 5;

/// A client that the prospect may be, or that bears its name.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CandidateView {
    /// The creditor's own code.
    pub client: String,
    /// How sure it is that they are one company, 0 to 1.
    pub certainty: f64,
    /// What speaks for and against it.
    pub because: Vec<BecauseView>,
}

/// What one field says of two being one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BecauseView {
    /// `name`, `form`, `country`, `city`, `address`, `sector`, `tax`, `registry`, `lei`, `homonym`, `prior`.
    pub field: String,
    /// What the prospect says.
    pub theirs: String,
    /// What the client's row says.
    pub ours: String,
    /// By how many bits it moves the odds: positive speaks for, negative against.
    pub weight: f64,
}

/// Who the prospect is among the clients.
pub(super) struct Known {
    pub(super) standing: Standing,
    /// Those that it is, or may be.
    pub(super) clients: Vec<CandidateView>,
    /// Those that bear its name and are others.
    pub(super) namesakes: Vec<CandidateView>,
}

impl Desk {
    /// Looks the prospect up among the clients of its portfolio, and of no other: whose client somebody else is, is nobody's
    /// business.
    pub(super) async fn known_as(
        &self,
        applicant: &Applicant,
        portfolio: PortfolioId,
        directory: &Directory,
    ) -> Result<Known> {
        let clients = directory.of(&self.store, portfolio).await?;
        let subject = applicant.subject();
        let looking = tokio::task::spawn_blocking(move || look_up(&subject, &clients));
        looking.await.map_err(Error::from)
    }
}

fn look_up(subject: &Subject, clients: &Listed) -> Known {
    let index = &clients.index;
    let view = |candidate: &Candidate| candidate_view(candidate, clients);
    let (standing, found) = match index.resolve(subject) {
        Decision::Link(found) => (Standing::Client, found),
        Decision::Review(found) => (Standing::Uncertain, found),
        Decision::None => (Standing::New, Vec::new()),
    };
    // Whoever is found by the bare name and not by all that is known of it only bears the name.
    let bare = Subject { name: subject.name.clone(), country: subject.country, ..Subject::default() };
    let is_other = |candidate: &&Candidate| found.iter().all(|own| own.client != candidate.client);
    let bears_it = |candidate: &&Candidate| candidate.because.iter().any(|b| b.field == "name" && b.weight > 0.0);
    let by_name = index.resolve(&bare);
    let namesakes: Vec<CandidateView> =
        by_name.candidates().iter().filter(is_other).filter(bears_it).take(MAX_NAMESAKES).map(view).collect();
    let standing = if standing == Standing::New && !namesakes.is_empty() { Standing::Homonym } else { standing };
    Known { standing, clients: found.iter().map(view).collect(), namesakes }
}

fn candidate_view(candidate: &Candidate, clients: &Listed) -> CandidateView {
    let because = |b: &crate::resolve::Because| BecauseView {
        field: b.field.to_owned(),
        theirs: b.theirs.clone(),
        ours: b.ours.clone(),
        weight: (b.weight * 100.0).round() / 100.0,
    };
    CandidateView {
        client: clients.code(candidate.client).map(ToString::to_string).unwrap_or_default(),
        // Cut, not rounded: what links must not be told from what does not by a rounding.
        certainty: (candidate.certainty.get() * 1e4).floor() / 1e4,
        because: candidate.because.iter().map(because).collect(),
    }
}
