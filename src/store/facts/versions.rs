//! A version of a client as columns, and back.

use super::maybe_days;
use crate::{
    domain::{BatchId, Client, ClientFacts, Country, Identifier, IdentifierKind, Money, PortfolioId, Prospect},
    store::{
        Result,
        backend::{Query, Row},
        codec::Flaw,
        rows::Cells,
    },
};

/// A version's columns behind client, version, known_at and batch: what is compared, so that equal means unchanged.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Columns {
    name: String,
    country: Option<String>,
    city: Option<String>,
    address: Option<String>,
    identifiers: String,
    sector: Option<String>,
    since: Option<i64>,
    active: Option<i64>,
    credit_limit: Option<(i64, String)>,
    yearly_value: Option<(i64, String)>,
    currency: String,
    email: Option<String>,
    phone: Option<String>,
}

/// The columns that [`Columns::read`] and [`client_of`] expect, in order.
pub(super) const SELECT: &str =
    "select c.id, c.portfolio, c.code, v.version, v.known_at, v.batch, v.name, v.country, v.city,
    v.address, v.identifiers, v.sector, v.since, v.active, v.credit_limit, v.credit_limit_currency, v.yearly_value,
    v.yearly_value_currency, v.currency, v.email, v.phone
    from client c join client_version v on v.client = c.id and v.version = c.version";

/// The same of another version than the newest: the one that an expression of SQL names.
pub(super) fn select_version(version: &str) -> String {
    SELECT.replace("v.version = c.version", &format!("v.version = {version}"))
}

impl Columns {
    pub(super) fn of(facts: &ClientFacts) -> Self {
        let who = &facts.who;
        let money = |m: Money| (m.minor(), m.currency().to_string());
        Self {
            name: who.name.clone(),
            country: who.country.map(|c| c.to_string()),
            city: who.city.clone(),
            address: who.address.clone(),
            identifiers: identifiers_text(&who.identifiers),
            sector: who.sector.map(|s| s.to_string()),
            since: maybe_days(facts.since),
            active: facts.active.map(i64::from),
            credit_limit: facts.credit_limit.map(money),
            yearly_value: facts.yearly_value.map(money),
            currency: facts.currency.to_string(),
            email: facts.email.clone(),
            phone: facts.phone.clone(),
        }
    }

    pub(super) fn read(cells: &Cells<'_>) -> Result<Self> {
        let money = |place| match cells.maybe_int(place)? {
            Some(minor) => cells.string(place + 1).map(|currency| Some((minor, currency))),
            None => Ok(None),
        };
        Ok(Self {
            name: cells.string(6)?,
            country: cells.maybe_string(7)?,
            city: cells.maybe_string(8)?,
            address: cells.maybe_string(9)?,
            identifiers: cells.string(10)?,
            sector: cells.maybe_string(11)?,
            since: cells.maybe_int(12)?,
            active: cells.maybe_int(13)?,
            credit_limit: money(14)?,
            yearly_value: money(16)?,
            currency: cells.string(18)?,
            email: cells.maybe_string(19)?,
            phone: cells.maybe_string(20)?,
        })
    }

    pub(super) fn bind(&self, query: Query) -> Query {
        let minor = |m: &Option<(i64, String)>| m.as_ref().map(|(minor, _)| *minor);
        let currency = |m: &Option<(i64, String)>| m.as_ref().map(|(_, currency)| currency.clone());
        query
            .bind(self.name.as_str())
            .bind(self.country.as_deref())
            .bind(self.city.as_deref())
            .bind(self.address.as_deref())
            .bind(self.identifiers.as_str())
            .bind(self.sector.as_deref())
            .bind(self.since)
            .bind(self.active)
            .bind(minor(&self.credit_limit))
            .bind(currency(&self.credit_limit))
            .bind(minor(&self.yearly_value))
            .bind(currency(&self.yearly_value))
            .bind(self.currency.as_str())
            .bind(self.email.as_deref())
            .bind(self.phone.as_deref())
    }
}

pub(super) fn client_of(row: &Row) -> Result<Client> {
    let cells = Cells::of("client_version", row);
    let who = Prospect {
        name: cells.string(6)?,
        country: cells.maybe_word(7)?,
        city: cells.maybe_string(8)?,
        address: cells.maybe_string(9)?,
        other_names: Vec::new(),
        identifiers: cells.checked(identifiers_from(cells.text(10)?))?,
        sector: cells.maybe_word(11)?,
    };
    Ok(Client {
        id: cells.client(0)?,
        portfolio: PortfolioId::new(cells.int(1)?),
        code: cells.word(2)?,
        facts: ClientFacts {
            who,
            since: cells.maybe_day(12)?,
            active: cells.maybe_int(13)?.map(|n| n != 0),
            credit_limit: cells.maybe_money(14)?,
            yearly_value: cells.maybe_money(16)?,
            currency: cells.word(18)?,
            email: cells.maybe_string(19)?,
            phone: cells.maybe_string(20)?,
        },
        known_at: cells.instant(4)?,
        batch: BatchId::new(cells.int(5)?),
    })
}

/// `tax/IT/00743110157 lei//…`: kind, country, text.
fn identifiers_text(identifiers: &[Identifier]) -> String {
    let words = identifiers.iter().map(|id| {
        let kind = match id.kind() {
            IdentifierKind::Tax => "tax",
            IdentifierKind::Registry => "registry",
            IdentifierKind::Lei => "lei",
        };
        format!("{kind}/{}/{}", id.country().map(|c| c.to_string()).unwrap_or_default(), id.text())
    });
    words.collect::<Vec<_>>().join(" ")
}

fn identifiers_from(text: &str) -> Result<Vec<Identifier>, Flaw> {
    let one = |word: &str| {
        let mut parts = word.splitn(3, '/');
        let (Some(kind), Some(country), Some(text)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(format!("{word:?} is not an identifier"));
        };
        let place = || country.parse::<Country>().map_err(|e| e.to_string());
        match kind {
            // The country's prefix is put back, because a bare number may begin with the same letters.
            "tax" => place().and_then(|c| Identifier::tax(c, &format!("{c}{text}")).map_err(|e| e.to_string())),
            "registry" => place().and_then(|c| Identifier::registry(c, text).map_err(|e| e.to_string())),
            "lei" => Identifier::lei(text).map_err(|e| e.to_string()),
            other => Err(format!("unknown kind of identifier {other:?}")),
        }
    };
    text.split_whitespace().map(one).collect()
}
