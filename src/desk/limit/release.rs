//! Whether an order may leave.

use super::{GroundView, ReleaseInput, ReleaseView};
use crate::{
    desk::{Desk, Result, Wanted, amount::currency_of},
    domain::{AsOf, NOTICE},
    treat::{self, Order},
};

impl Desk {
    /// Whether an order may leave: one read, nothing is recorded.
    pub async fn release(&self, wanted: &Wanted<'_>, input: &ReleaseInput) -> Result<ReleaseView> {
        let as_of = AsOf::at(self.clock.now());
        let (client, survivor) = self.find_rated(wanted, as_of.known_at).await?;
        let rated = survivor.as_ref().unwrap_or(&client);
        let examined = self.rescorer.examine(rated.id, as_of, None).await?;
        let found = self.limit_of(rated, &examined, as_of).await?;
        let limit = found.view;
        let currency = currency_of(input.currency.as_deref(), found.currency, "/currency")?;
        let amount = input.amount.parse(currency, "/amount")?;
        let order = Order {
            amount,
            exposure: found.exposure,
            elsewhere: &examined.treatment.elsewhere,
            foreign_limits: &found.foreign_limits,
            n_foreign_members: found.n_foreign_members,
            limit: found.in_force,
            group: limit.group.as_ref().filter(|_| found.is_of_group).map(|group| group.group.as_str()),
            is_foreign: currency != found.currency,
            is_granted: limit.temporary.is_some() || limit.granted.is_some() || found.is_of_group,
            grade: examined.rating.grade,
            legal: examined.legal.state,
            treatment: &examined.treatment,
        };
        let (verdict, grounds) = treat::release(&order, &self.rescorer.policy);
        let ground = |(verdict, code, text, text_it): treat::Ground| GroundView {
            decision: verdict.as_str().to_owned(),
            code: code.to_owned(),
            text,
            text_it,
        };
        Ok(ReleaseView {
            client: client.code.to_string(),
            decision: verdict.as_str().to_owned(),
            reasons: grounds.into_iter().map(ground).collect(),
            amount: amount.major(),
            amount_currency: currency.to_string(),
            currency: limit.currency,
            exposure: limit.exposure,
            limit: limit.in_force,
            available: limit.available,
            grade: limit.grade,
            phase: examined.treatment.phase.to_string(),
            policy: self.rescorer.policy.version().to_owned(),
            notice: NOTICE.to_owned(),
        })
    }
}
