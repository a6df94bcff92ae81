//! Policies played over the ledger of the past, with the ratings that the present model would have given then.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jiff::{ToSpan, civil::Date};
use rayon::prelude::*;

use super::{
    Error, Rescorer,
    assess::{Assessor, Vectors},
    upkeep::Silent,
};
use crate::{
    domain::{AsOf, ClientId, Dossier, Grade, LegalState, SectorContext, day_number},
    extract::{Markets, View},
    treat::{self, Past, Played, Policy, Totals},
};

/// Days from one rating of the past to the next: a month, as grades move slower than phases.
const RATED_EVERY_DAYS: i32 = 30;

/// Where the resampling behind the intervals begins: the same question gives the same bytes.
const SEED: u64 = 20_260_701;

/// The kinds of credit of each client.
type Kinds = HashMap<ClientId, Vec<String>>;

/// What policies would have done in a span of days.
#[derive(Debug, Clone)]
pub struct Backtest {
    /// The first day that was played.
    pub from: Date,
    /// The last one.
    pub to: Date,
    /// Clients with a ledger.
    pub n_clients: usize,
    /// Invoices that were late in that time.
    pub n_late: usize,
    /// By policy, in the order asked.
    pub totals: Vec<Totals>,
}

impl Rescorer {
    /// Plays policies over the days from `from` to `to`, day by day. Everything that is known now is known then, but for what
    /// had not happened: a payment counts from the day it came. With everybody, or `only` with these. Records nothing.
    pub async fn backtest(
        &self,
        (from, to): (Date, Date),
        known_at: jiff::Timestamp,
        policies: &[Arc<Policy>],
        only: Option<&HashSet<ClientId>>,
    ) -> Result<Backtest, Error> {
        let seated = self.seated().await?;
        let markets = Arc::new(self.store.dossiers().sector_context().await?);
        let mut played: Vec<Vec<Played>> = policies.iter().map(|_| Vec::new()).collect();
        for number in self.store.dossiers().pages().await? {
            let mut page = self.store.dossiers().page(number, known_at).await?;
            page.dossiers.retain(|(client, _)| only.is_none_or(|only| only.contains(client)));
            let ids: Vec<ClientId> = page.dossiers.iter().map(|(id, _)| *id).collect();
            let asks = policies.iter().any(|policy| policy.asks_credit_types());
            let kinds = match asks {
                true => self.store.treatments().every_credit_type(&ids, known_at).await?,
                false => HashMap::new(),
            };
            let (rescorer, markets, policies) = (seated.clone(), Arc::clone(&markets), policies.to_vec());
            let page = tokio::task::spawn_blocking(move || {
                rescorer.play_page((&page.dossiers, &kinds), &markets, ((from, to), known_at), &policies)
            });
            for clients in page.await?? {
                played.iter_mut().zip(clients).for_each(|(all, one)| all.push(one));
            }
        }
        let days = (day_number(from), day_number(to));
        let first = played.first().map_or(&[][..], Vec::as_slice);
        Ok(Backtest {
            from,
            to,
            n_clients: first.len(),
            n_late: first.iter().map(|one| one.n_late).sum(),
            totals: played.iter().zip(policies).map(|(all, policy)| treat::totals(all, days, policy, SEED)).collect(),
        })
    }

    /// What each policy would have done about each client of a page; clients without a ledger are left out.
    fn play_page(
        &self,
        (dossiers, kinds): (&[(ClientId, Dossier)], &Kinds),
        markets: &SectorContext,
        ((from, to), known_at): ((Date, Date), jiff::Timestamp),
        policies: &[Arc<Policy>],
    ) -> Result<Vec<Vec<Played>>, Error> {
        let days = (day_number(from), day_number(to));
        let n_ratings = (days.1 - days.0) / RATED_EVERY_DAYS;
        let on = |place: i32| from.checked_add((place * RATED_EVERY_DAYS).days()).unwrap_or(to);
        let moments: Vec<AsOf> = (0..=n_ratings).map(|place| AsOf { valid_at: on(place), known_at }).collect();
        let ready: Vec<Markets<'_>> = moments.iter().map(|as_of| Markets::new(markets, *as_of)).collect();
        let end = AsOf { valid_at: to, known_at };
        let at_end = Markets::new(markets, end);
        let play = |(client, dossier): &(ClientId, Dossier)| -> Result<Option<Vec<Played>>, Error> {
            let view = View::among(dossier, &at_end);
            let receivables = view.receivables();
            if receivables.items.is_empty() {
                return Ok(None);
            }
            let (said_active, yearly_value, country) = (view.said_active(), view.yearly_value(), view.country());
            let credit_types = kinds.get(client).cloned().unwrap_or_default();
            let mut past = Past { receivables, said_active, yearly_value, country, credit_types, ..Past::default() };
            for (as_of, markets) in moments.iter().zip(&ready) {
                self.assessor(markets, *as_of).rate_past(*client, dossier, &mut past)?;
            }
            Ok(Some(policies.iter().map(|policy| treat::replayed(&past, days, policy)).collect()))
        };
        let found: Result<Vec<_>, Error> = dossiers.par_iter().map(play).collect();
        Ok(found?.into_iter().flatten().collect())
    }
}

impl Assessor<'_> {
    fn rate_past(&self, client: ClientId, dossier: &Dossier, past: &mut Past) -> Result<(), Error> {
        let view = View::among(dossier, self.markets);
        let last = past.ratings.last().map(|(_, grade, _)| *grade);
        // Who answers today says nothing of what was fresh then.
        let vectors = Vectors::of(&view, client, &Silent::default());
        let rating = self.rate(&vectors, last.filter(|grade| *grade != Grade::NotDetermined), None, false)?;
        let day = day_number(self.as_of.valid_at);
        past.ratings.push((day, rating.grade, rating.pd.map(|pd| pd.get())));
        let legal = view.legal();
        if past.legal.last().map_or(LegalState::Free, |known| known.state) != legal.state {
            // A procedure counts from the day it was opened; of one that ended only the month is known.
            let began = if legal.state == LegalState::Free { day } else { legal.opened };
            past.legal.push(crate::domain::Legal { known: began.clamp(day - RATED_EVERY_DAYS + 1, day), ..legal });
        }
        Ok(())
    }
}
