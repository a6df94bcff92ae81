//! A blow to a market that nobody has told of: what if fashion lost a quarter of its turnover?
//!
//! # Why
//!
//! *Why is a shock a change of the market and not of the features?* Because that is the way a real one would come: the
//! statistics of a sector fall, and whoever is in it reads them. The features of every other client stay as they are.
//!
//! *Why is a market without statistics taken as flat?* A shock must reach those who are in the sector, whoever publishes
//! about it. Nought is what a market does that neither grows nor falls.

use super::{View, markets::Market};
use crate::domain::{Country, Heading, Nace};

/// What is supposed to happen, and to whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Shock {
    /// The part of the economy that is hit; none hits every sector (a macro shock).
    pub sector: Option<Heading>,
    /// Only clients established there; none hits them everywhere.
    pub country: Option<Country>,
    /// Change of output: −0.28 is 28 % less.
    pub activity: f64,
    /// Change of the number of bankruptcies on the year: 0.5 is half as many again.
    pub bankruptcies: f64,
}

impl Shock {
    /// Whether a client of this sector and country is hit. One of whom no sector is known is in no market.
    pub fn hits(&self, sector: Option<Nace>, country: Option<Country>) -> bool {
        let is_in = sector.is_some_and(|own| self.sector.as_ref().is_none_or(|hit| hit.covers(own)));
        is_in && self.country.is_none_or(|hit| country == Some(hit))
    }

    /// Output falls from where it is, against every yardstick at once; bankruptcies rise from where they are.
    pub(super) fn strike(&self, market: &mut Market) {
        let moved = |before: Option<f64>, by: f64| Some((1.0 + before.unwrap_or(0.0)) * (1.0 + by) - 1.0);
        if self.activity != 0.0 {
            market.activity_yoy = moved(market.activity_yoy, self.activity);
            market.activity_level = moved(market.activity_level, self.activity);
            market.activity_surprise = moved(market.activity_surprise, self.activity);
        }
        if self.bankruptcies != 0.0 {
            market.bankruptcies_yoy = moved(market.bankruptcies_yoy, self.bankruptcies);
        }
    }
}

impl View<'_> {
    /// Whether the shock hits this client.
    pub fn is_hit_by(&self, shock: &Shock) -> bool {
        self.client.is_some_and(|client| shock.hits(client.sector, client.country))
    }
}
