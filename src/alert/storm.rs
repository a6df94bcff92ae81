use jiff::{SignedDuration, Timestamp};

use super::{Alerts, Pace};
use crate::store::{Result, Storm, Subscription};

/// From how many alerts on it is a storm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Weather {
    /// More than so many mails within the window are one digest.
    pub(super) n_mails: i64,
    /// More than so many posts that a webhook has not taken yet are one digest.
    pub(super) n_posts: i64,
    /// How long alerts are counted, and how long a storm is waited out.
    pub(super) window: SignedDuration,
}

impl Alerts {
    /// The storm on a subscription, if `n_new` alerts more make one: more mails than a person reads, or more posts than a
    /// program takes as they come. A storm that is going on keeps the time at which it is told, so that it is told in the end
    /// however long it lasts; the next digest then begins.
    pub(super) async fn storm(
        &self,
        subscription: &Subscription,
        n_new: usize,
        now: Timestamp,
    ) -> Result<Option<Storm>> {
        if subscription.storm == "each" {
            return Ok(None);
        }
        let Weather { n_mails, n_posts, window } = self.weather;
        let since = now.checked_sub(window).unwrap_or(Timestamp::MIN);
        let n_new = i64::try_from(n_new).unwrap_or(i64::MAX);
        let deliveries = self.store.deliveries();
        let (limit, n_before) = match subscription.channel.as_str() {
            "email" => (n_mails, deliveries.n_matched(&subscription.id, since, n_mails + 1).await?),
            _ => (n_posts, deliveries.n_unsent(&subscription.id, since, n_posts + 1).await?),
        };
        if n_before.saturating_add(n_new) <= limit {
            return Ok(None);
        }
        let running = self.store.deliveries().storm_due(&subscription.id).await?.filter(|due| *due > now);
        let due = running.unwrap_or_else(|| now.checked_add(window).unwrap_or(now));
        let due = Pace::of(subscription).after_quiet(due);
        Ok(Some(Storm { subscription: subscription.id.clone(), since, due }))
    }
}
