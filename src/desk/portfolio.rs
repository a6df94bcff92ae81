use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, Desk, Error, Result, six_decimals};
use crate::{
    domain::{ClientId, Grade, NOTICE},
    store::{ClientFilter, Figure},
};

/// Loss given default where the configuration names none: the foundation value for senior unsecured claims on
/// companies (Basel II, CRR article 161 before 2025).
pub const DEFAULT_LGD: f64 = 0.45;

/// Clients read at a time: a page of the store.
const PAGE: usize = 1_000;

/// Minor units in a major one. Exposures are kept in the portfolio's own currency, which has cents.
pub(super) const MINOR_PER_MAJOR: f64 = 100.0;

/// A portfolio at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PortfolioSummary {
    /// The portfolios summed up.
    pub portfolios: Vec<String>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
    /// Clients in all; codes of one company, once merged, are one.
    pub clients: u64,
    /// Those with a grade other than `ND`.
    pub rated: u64,
    /// What they owe.
    pub exposure: f64,
    /// What is expected to be lost of it within twelve months: PD × LGD × exposure.
    pub expected_loss: f64,
    /// Share of the exposure that is lost when a client defaults.
    pub lgd: f64,
    /// By grade, best first.
    pub bands: Vec<BandView>,
    /// What this is not.
    pub notice: String,
}

/// The clients of one grade.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BandView {
    /// The grade.
    pub grade: String,
    /// How many.
    pub clients: u64,
    /// What they owe.
    pub exposure: f64,
    /// What is expected to be lost of it; 0 for `ND`, whose PD is not known.
    pub expected_loss: f64,
    /// Mean PD, each client counted once; null without clients, and for `ND`.
    pub mean_pd: Option<f64>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Band {
    n_clients: u64,
    exposure_minor: i64,
    expected_loss: f64,
    pd_sum: f64,
}

impl Band {
    #[expect(clippy::cast_precision_loss, reason = "exposures are far below 2^53 cents")]
    fn add(&mut self, figure: Option<&Figure>, lgd: f64) {
        self.n_clients += 1;
        let Some(figure) = figure else { return };
        self.exposure_minor = self.exposure_minor.saturating_add(figure.exposure_minor);
        let pd = f64::from(figure.pd.unwrap_or(0.0));
        self.pd_sum += pd;
        self.expected_loss += pd * lgd * figure.exposure_minor.max(0) as f64 / MINOR_PER_MAJOR;
    }

    #[expect(clippy::cast_precision_loss, reason = "exposures are far below 2^53 cents")]
    fn view(&self, grade: Grade) -> BandView {
        let has_pd = grade != Grade::NotDetermined && self.n_clients > 0;
        BandView {
            grade: grade.to_string(),
            clients: self.n_clients,
            exposure: self.exposure_minor as f64 / MINOR_PER_MAJOR,
            expected_loss: cents(self.expected_loss),
            mean_pd: has_pd.then(|| six_decimals(self.pd_sum / self.n_clients as f64)),
        }
    }
}

/// A sum rounded to cents.
pub(super) fn cents(value: f64) -> f64 {
    (value * MINOR_PER_MAJOR).round() / MINOR_PER_MAJOR
}

impl Desk {
    /// Bands, exposure and expected loss of the visible portfolios, or of the one named. Clients merged into another are in
    /// that one's figures, and nowhere else.
    pub async fn portfolio_summary(&self, caller: &Caller, named: Option<&str>) -> Result<PortfolioSummary> {
        let portfolios = self.portfolios(caller, named).await?;
        if portfolios.is_empty() && named.is_some() {
            return Err(Error::NotFound("portfolio"));
        }
        let bands = self.bands(portfolios.iter().map(|(id, _)| *id).collect()).await?;
        let views: Vec<BandView> = Grade::ALL.iter().zip(&bands).map(|(grade, band)| band.view(*grade)).collect();
        let n_undetermined = views.last().map_or(0, |band| band.clients);
        let clients: u64 = views.iter().map(|band| band.clients).sum();
        Ok(PortfolioSummary {
            portfolios: portfolios.iter().map(|(_, name)| name.to_string()).collect(),
            known_at: self.clock.now(),
            clients,
            rated: clients - n_undetermined,
            exposure: cents(views.iter().map(|band| band.exposure).sum()),
            expected_loss: cents(bands.iter().map(|band| band.expected_loss).sum()),
            lgd: self.lgd,
            bands: views,
            notice: NOTICE.to_owned(),
        })
    }

    /// One band for each grade of [`Grade::ALL`], in its order.
    async fn bands(&self, portfolios: Vec<crate::domain::PortfolioId>) -> Result<Vec<Band>> {
        let mut bands = vec![Band::default(); Grade::ALL.len()];
        let filter = ClientFilter { portfolios, only_rated: true, ..ClientFilter::default() };
        let mut after: Option<ClientId> = None;
        loop {
            let clients = self.store.facts().clients(&filter, after, PAGE).await?;
            let ids: Vec<ClientId> = clients.iter().map(|client| client.id).collect();
            let figures = self.store.ratings().figures(&ids).await?;
            for id in &ids {
                let figure = figures.get(id);
                let grade = figure.map_or(Grade::NotDetermined, |figure| figure.grade);
                bands[grade as usize].add(figure, self.lgd);
            }
            if ids.len() < PAGE {
                return Ok(bands);
            }
            after = ids.last().copied();
        }
    }
}
