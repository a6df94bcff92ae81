use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, Desk, Result, Slice, Wanted, six_decimals, three_decimals};
use crate::{
    domain::{Client, ClientId, Grade, IdentifierKind, Money, Nace, PortfolioId, PortfolioName},
    store::{ClientFilter, Figure, Merger},
};

/// A client as its creditor last described it, with the figures of its present rating.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ClientView {
    /// The creditor's own code.
    pub client: String,
    /// Whose client it is.
    pub portfolio: String,
    /// The client that it was found to be, whose rating is shown; absent for a client of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// Codes of clients that were found to be this one; absent when there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<String>,
    /// The name.
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Tax or VAT number, without prefix.
    pub tax_id: Option<String>,
    /// Number in the company register.
    pub registry_id: Option<String>,
    /// Legal Entity Identifier.
    pub lei: Option<String>,
    /// NACE or ATECO.
    pub sector: Option<String>,
    /// Town of its seat.
    pub city: Option<String>,
    /// Street and number.
    pub address: Option<String>,
    /// Client since.
    #[schema(value_type = Option<String>, format = Date)]
    pub since: Option<Date>,
    /// Still buying, when said.
    pub active: Option<bool>,
    /// The limit granted, a decimal number in `currency`.
    pub credit_limit: Option<String>,
    /// What it buys in a year, a decimal number in `currency`.
    pub yearly_value: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// Whom to write to.
    pub email: Option<String>,
    /// Whom to call.
    pub phone: Option<String>,
    /// When this version was learned.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
    /// The present rating in figures; null while nothing was recorded.
    pub rating: Option<Figures>,
}

/// A present rating in figures.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Figures {
    /// The grade.
    pub grade: String,
    /// Probability of default; null for `ND`.
    pub pd: Option<f64>,
    /// Points; null for `ND`.
    pub points: Option<i32>,
    /// Share of the model's information that was present and fresh.
    pub coverage: f64,
    /// The day it is about.
    #[schema(value_type = String, format = Date)]
    pub valid_at: Date,
    /// Place in the client's history.
    pub client_seq: i64,
}

impl From<&Figure> for Figures {
    fn from(figure: &Figure) -> Self {
        Self {
            grade: figure.grade.to_string(),
            pd: figure.pd.map(|pd| six_decimals(f64::from(pd))),
            points: figure.points.map(i32::from),
            coverage: three_decimals(f64::from(figure.coverage)),
            valid_at: figure.valid_at,
            client_seq: figure.client_seq,
        }
    }
}

/// Which clients to list.
#[derive(Debug, Clone, Default)]
pub struct ClientSearch<'a> {
    /// In this portfolio only.
    pub portfolio: Option<&'a str>,
    /// With this present grade.
    pub grade: Option<Grade>,
    /// In this sector.
    pub sector: Option<Nace>,
    /// With this text in name or code.
    pub q: Option<String>,
}

/// An amount without its currency: `1234.56`.
pub(super) fn decimal(money: Money) -> String {
    let text = money.to_string();
    text.split_once(' ').map_or(text.clone(), |(number, _)| number.to_owned())
}

impl Desk {
    /// One client.
    pub async fn client(&self, wanted: &Wanted<'_>) -> Result<ClientView> {
        let client = self.find(wanted).await?;
        let names = self.portfolios(wanted.caller, None).await?;
        let mergers = self.store.facts().mergers_of(client.id).await?;
        let mergers = mergers.into_iter().filter(|merger| merger.to_known.is_none()).collect();
        Ok(self.client_views(&[client], &names, mergers).await?.remove(0))
    }

    /// Clients in the order in which they were created, after `after`.
    pub async fn clients(
        &self,
        caller: &Caller,
        search: ClientSearch<'_>,
        after: Option<i64>,
        limit: usize,
    ) -> Result<Slice<ClientView>> {
        let names = self.portfolios(caller, search.portfolio).await?;
        let filter = ClientFilter {
            portfolios: names.iter().map(|(id, _)| *id).collect(),
            grade: search.grade,
            sector: search.sector,
            q: search.q,
            only_rated: false,
        };
        let mut clients = self.store.facts().clients(&filter, after.map(ClientId::new), limit + 1).await?;
        let more = clients.len() > limit;
        clients.truncate(limit);
        let mergers = self.store.facts().mergers(self.clock.now()).await?;
        let items = self.client_views(&clients, &names, mergers).await?;
        Ok(Slice { items, next: clients.last().filter(|_| more).map(|client| client.id.get()) })
    }

    /// These clients, each with the figures of the rating that is its own or its survivor's.
    async fn client_views(
        &self,
        clients: &[Client],
        names: &[(PortfolioId, PortfolioName)],
        mergers: Vec<Merger>,
    ) -> Result<Vec<ClientView>> {
        let merger = |client: &Client| mergers.iter().find(|merger| merger.client == client.id);
        let rated = |client: &Client| merger(client).map_or(client.id, |merger| merger.survivor);
        let figures = self.store.ratings().figures(&clients.iter().map(rated).collect::<Vec<_>>()).await?;
        let view = |client: &Client| ClientView {
            merged_into: merger(client).map(|merger| merger.survivor_code.to_string()),
            merged: mergers.iter().filter(|m| m.survivor == client.id).map(|m| m.code.to_string()).collect(),
            ..client_view(client, names, figures.get(&rated(client)))
        };
        Ok(clients.iter().map(view).collect())
    }
}

fn client_view(client: &Client, names: &[(PortfolioId, PortfolioName)], figure: Option<&Figure>) -> ClientView {
    let facts = &client.facts;
    let who = &facts.who;
    let number = |kind: IdentifierKind| who.identifiers.iter().find(|i| i.kind() == kind).map(ToString::to_string);
    let portfolio = names.iter().find(|(id, _)| *id == client.portfolio).map(|(_, name)| name.to_string());
    ClientView {
        client: client.code.to_string(),
        portfolio: portfolio.unwrap_or_default(),
        merged_into: None,
        merged: Vec::new(),
        name: who.name.clone(),
        country: who.country.map(|c| c.to_string()),
        tax_id: number(IdentifierKind::Tax),
        registry_id: number(IdentifierKind::Registry),
        lei: number(IdentifierKind::Lei),
        sector: who.sector.map(|s| s.to_string()),
        city: who.city.clone(),
        address: who.address.clone(),
        since: facts.since,
        active: facts.active,
        credit_limit: facts.credit_limit.map(decimal),
        yearly_value: facts.yearly_value.map(decimal),
        currency: facts.currency.to_string(),
        email: facts.email.clone(),
        phone: facts.phone.clone(),
        known_at: client.known_at,
        rating: figure.map(Figures::from),
    }
}
