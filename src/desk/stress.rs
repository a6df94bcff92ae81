//! What if a market broke? Every client rated again as if its statistics had told of it.

use std::collections::HashSet;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Caller, Desk, Error, Reach, Result, ShiftView, place_for_a_heavy_question};
use crate::{
    domain::{AsOf, ClientId, Country, Heading, NOTICE, PortfolioId},
    pipeline::{Against, Shock},
    store::ClientFilter,
};

/// Nothing can lose more than all of it.
const WORST: f64 = -1.0;
/// A market that grows by more than ten times itself is a slip of the decimal point.
const BEST: f64 = 10.0;
/// Clients read at a time: a page of the store.
const PAGE: usize = 1_000;

/// A blow to a market.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StressInput {
    /// Which part of the economy: a NACE or ATECO heading, as `14`, `C13-C15` or `C`; every sector when left out.
    #[serde(default)]
    #[schema(example = "14")]
    pub sector: Option<String>,
    /// Only clients established there, ISO 3166-1 alpha-2; everywhere when left out.
    #[serde(default)]
    pub country: Option<String>,
    /// Change of its output: −0.28 is 28 % less; from −1 to 10.
    #[schema(example = -0.28)]
    pub shock: f64,
    /// Change of its bankruptcies on the year: 0.5 is half as many again; none when left out.
    #[serde(default)]
    pub bankruptcies: f64,
}

/// What a blow to a market would do to a portfolio.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct StressView {
    /// The part of the economy that is hit; null for every sector.
    pub sector: Option<String>,
    /// Where; null for everywhere.
    pub country: Option<String>,
    /// Change of its output.
    pub shock: f64,
    /// Change of its bankruptcies.
    pub bankruptcies: f64,
    /// The day it is supposed to be known.
    #[schema(value_type = String, format = Date)]
    pub valid_at: Date,
    /// The facts that are known.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
    /// Name and hash of the model.
    pub model: String,
    /// Share of the exposure that is lost when a client defaults.
    pub lgd: f64,
    /// Migration and expected loss, before and after.
    #[serde(flatten)]
    pub shift: ShiftView,
    /// What this is not.
    pub notice: String,
}

impl StressInput {
    fn parse(&self) -> Result<Shock> {
        for (pointer, value) in [("/shock", self.shock), ("/bankruptcies", self.bankruptcies)] {
            if !(WORST..=BEST).contains(&value) {
                return Err(Error::invalid(pointer, format!("must be a change from {WORST} to {BEST}, as -0.28")));
            }
        }
        let sector = self.sector.as_deref().map(str::parse::<Heading>).transpose();
        let country = self.country.as_deref().map(str::parse::<Country>).transpose();
        Ok(Shock {
            sector: sector.map_err(|e| Error::invalid("/sector", e))?,
            country: country.map_err(|e| Error::invalid("/country", e))?,
            activity: self.shock,
            bankruptcies: self.bankruptcies,
        })
    }
}

impl Desk {
    /// What a blow to a market would do to the visible portfolios, or to the one named. Records nothing.
    pub async fn stress(&self, caller: &Caller, named: Option<&str>, input: &StressInput) -> Result<StressView> {
        let shock = input.parse()?;
        let _place = place_for_a_heavy_question().await?;
        let only = self.only(caller, named).await?;
        let as_of = AsOf::at(self.clock.now());
        let found = self.rescorer.side_by_side(as_of, Against::Shock(shock), only).await?;
        Ok(StressView {
            sector: input.sector.as_ref().map(|sector| sector.trim().to_owned()),
            country: input.country.as_ref().map(|country| country.trim().to_owned()),
            shock: input.shock,
            bankruptcies: input.bankruptcies,
            valid_at: as_of.valid_at,
            known_at: as_of.known_at,
            model: found.model.to_string(),
            lgd: self.lgd,
            shift: ShiftView::of(&found, self.lgd),
            notice: NOTICE.to_owned(),
        })
    }

    /// The clients that a question is about: those of the portfolio named, or of all that are visible; none when that is
    /// everybody.
    pub(super) async fn only(&self, caller: &Caller, named: Option<&str>) -> Result<Option<HashSet<ClientId>>> {
        if caller.reach == Reach::Everything && named.is_none() {
            return Ok(None);
        }
        let portfolios = self.portfolios(caller, named).await?;
        if portfolios.is_empty() && named.is_some() {
            return Err(Error::NotFound("portfolio"));
        }
        self.ids_of(portfolios.into_iter().map(|(id, _)| id).collect()).await.map(Some)
    }

    async fn ids_of(&self, portfolios: Vec<PortfolioId>) -> Result<HashSet<ClientId>> {
        let filter = ClientFilter { portfolios, ..ClientFilter::default() };
        let (mut ids, mut after) = (HashSet::new(), None);
        loop {
            let clients = self.store.facts().clients(&filter, after, PAGE).await?;
            ids.extend(clients.iter().map(|client| client.id));
            match clients.last() {
                Some(last) if clients.len() == PAGE => after = Some(last.id),
                _ => return Ok(ids),
            }
        }
    }
}
