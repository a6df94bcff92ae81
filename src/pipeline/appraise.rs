//! A company that is nobody's client: the same extraction and the same model as any client, from a dossier that is not in the
//! store.

use super::{Error, Rescorer, assess::Vectors, upkeep::Silent};
use crate::{
    domain::{AsOf, ClientId, Dossier, LegalState, Rating, Receivables, day_number},
    extract::{Catalogue, Markets, View, is_told_by_sources},
    treat::{self, Credit, Limits},
};

/// The store's keys begin at 1.
const NOBODY_YET: ClientId = ClientId::new(0);

/// What a dossier says of a company.
#[derive(Debug, Clone)]
pub struct Appraised {
    /// The rating, with all lines and evidence, without memory.
    pub rating: Rating,
    /// Every feature's name and value, in the catalogue's order; missing is none.
    pub vector: Vec<(&'static str, Option<f64>)>,
    /// The hash of the catalogue.
    pub catalogue: String,
    /// What the law says.
    pub legal: LegalState,
    /// What open sources could tell and did not: feature and share of the model's weight, the largest first.
    pub missing: Vec<(String, f64)>,
    /// The share of the model's weight that only a ledger could give, and that is not there.
    pub missing_ledger: f64,
    /// From which share on a rating is determined.
    pub enough: f64,
    /// Whether there is a ledger or an identified open source.
    pub is_known_enough: bool,
}

impl Rescorer {
    /// Rates a dossier as of then, by the model that rates now. Who answers today does not count: whoever could be asked was
    /// asked for this dossier. Records nothing.
    pub async fn appraise(&self, dossier: &Dossier, as_of: AsOf) -> Result<Appraised, Error> {
        let markets = self.store.dossiers().sector_context().await?;
        let seated = self.seated().await?;
        let (dossier, engine) = (dossier.clone(), seated.engine.clone());
        let appraising = tokio::task::spawn_blocking(move || -> Result<Appraised, Error> {
            let ready = Markets::new(&markets, as_of);
            let assessor = seated.assessor(&ready, as_of);
            let view = View::among(&dossier, &ready);
            let vectors = Vectors::of(&view, NOBODY_YET, &Silent::default());
            let rating = assessor.rate_in_full(&view, &vectors, None, None)?;
            let seen = vectors.seen();
            let names = Catalogue::get().names();
            let vector = names.iter().enumerate().map(|(place, name)| (*name, seen.all.get(place))).collect();
            let (missing, ledger): (Vec<_>, Vec<_>) =
                engine.missing(seen.all).into_iter().partition(|(feature, _)| is_told_by_sources(feature));
            Ok(Appraised {
                rating,
                vector,
                catalogue: seen.all.catalogue().to_string(),
                legal: view.legal().state,
                missing,
                missing_ledger: ledger.iter().fold(0.0, |sum, (_, share)| sum + share),
                enough: engine.determined_from(),
                is_known_enough: seen.is_known_enough,
            })
        });
        appraising.await?
    }

    /// What a company is worth that has bought nothing yet; money in whole units. `amount`: what it wants to owe;
    /// `yearly_value`: what it is expected to buy in a year, which without a word is so much that it would owe the amount.
    pub fn limits_of(&self, rating: &Rating, (amount, yearly_value): (f64, Option<f64>), as_of: AsOf) -> Limits {
        let credit = Credit {
            grade: rating.grade,
            pd: rating.pd.map(|pd| pd.get()),
            yearly_value: Some(yearly_value.unwrap_or_else(|| self.policy.yearly_value_of(amount))),
            receivables: &Receivables::default(),
            today: day_number(as_of.valid_at),
        };
        treat::limits(&credit, &self.policy)
    }
}
