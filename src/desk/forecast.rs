//! What a subscription would have told.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Caller, DEFAULT_PORTFOLIO, Desk, Error, Reach, Result,
    channel::ChannelInput,
    wish::{QuietInput, object},
};
use crate::{
    alert::{Conditions, Span, When, replay},
    domain::{Event, EventBody, PortfolioId},
};

/// How far a preview looks back, days: a quarter holds a month's end of every kind.
const DAYS: i64 = 90;
/// Events that a preview shows in full.
const N_FIRST: usize = 5;

/// A subscription that is only thought of. What it would fire on depends on `portfolio` and `when` alone; the other parts
/// of a subscription may be sent along and say only how it would be told.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PreviewInput {
    /// Whose events; needed when the key sees more than one portfolio.
    pub portfolio: Option<String>,
    /// On which conditions; any drop when left out.
    #[serde(deserialize_with = "object")]
    pub when: Option<When>,
    /// As in a subscription.
    pub name: Option<String>,
    /// As in a subscription.
    pub channel: Option<ChannelInput>,
    /// As in a subscription.
    #[serde(deserialize_with = "object")]
    pub quiet_hours: Option<QuietInput>,
    /// As in a subscription.
    pub time_zone: Option<String>,
    /// As in a subscription.
    pub storm: Option<String>,
    /// As in a subscription.
    pub contact: Option<String>,
    /// As in a subscription.
    pub locale: Option<String>,
}

/// What a subscription would have told, had it existed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PreviewView {
    /// How many days were looked at.
    pub days: i64,
    /// From when on.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// How many alerts it would have been; several may be told in one message.
    pub would_have_fired: usize,
    /// The first few of them.
    pub first: Vec<FiredView>,
    /// Whether all events of these days were looked at; false when there are too many, and the count is too low.
    pub is_whole: bool,
}

/// An event that a subscription would have told of.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FiredView {
    /// Its number in the feed.
    pub seq: i64,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `rating.changed` and so on.
    #[serde(rename = "type")]
    pub kind: String,
    /// Which client it is about.
    pub client: Option<String>,
    /// The grade before.
    pub from: Option<String>,
    /// The grade after.
    pub to: Option<String>,
    /// Notches; negative is worse.
    pub notches: Option<i32>,
}

impl From<Event> for FiredView {
    fn from(event: Event) -> Self {
        let change = match &event.body {
            EventBody::RatingChanged(change) | EventBody::RatingOverridden(change) => Some(change),
            _ => None,
        };
        Self {
            seq: event.seq,
            at: event.at,
            kind: event.body.kind().to_owned(),
            client: event.client.as_ref().map(|(_, code)| code.to_string()),
            from: change.and_then(|change| change.from).map(|grade| grade.to_string()),
            to: change.map(|change| change.to.to_string()),
            notches: change.map(|change| change.notches()),
        }
    }
}

impl Desk {
    /// How often a subscription would have fired in the last ninety days, had it been made before them.
    pub async fn preview(&self, caller: &Caller, input: &PreviewInput) -> Result<PreviewView> {
        let portfolio = self.previewed(caller, input.portfolio.as_deref()).await?;
        let when = input.when.clone().unwrap_or_default();
        let conditions = when.parse().map_err(|e| Error::invalid(format!("/when/{}", e.field), e))?;
        self.looked_back(portfolio, &conditions).await
    }

    /// The same for one that exists.
    pub async fn preview_subscription(&self, caller: &Caller, id: &str) -> Result<PreviewView> {
        let (subscription, _) = self.own(caller, id).await?;
        let conditions = Conditions::of(&subscription).map_err(|why| Error::invalid("", why))?;
        self.looked_back(subscription.portfolio, &conditions).await
    }

    /// Looks only: unlike a subscription, a preview does not open a portfolio.
    async fn previewed(&self, caller: &Caller, named: Option<&str>) -> Result<PortfolioId> {
        let mut visible = self.portfolios(caller, named).await?;
        if visible.len() > 1 && caller.reach == Reach::Everything {
            visible.retain(|(_, name)| name.as_str() == DEFAULT_PORTFOLIO);
        }
        match visible.as_slice() {
            [(only, _)] => Ok(*only),
            [] => Err(Error::NotFound("portfolio")),
            _ => Err(Error::WhichPortfolio),
        }
    }

    async fn looked_back(&self, portfolio: PortfolioId, conditions: &Conditions) -> Result<PreviewView> {
        let now = self.clock.now();
        let since = now.checked_sub(SignedDuration::from_hours(DAYS * 24)).unwrap_or(Timestamp::MIN);
        let after = self.store.outbox().last_before(since).await?;
        let span = Span { after, until: self.store.outbox().last_seq().await?, since };
        let fired = replay(&self.store, portfolio, conditions, span, N_FIRST).await?;
        Ok(PreviewView {
            days: DAYS,
            since,
            would_have_fired: fired.seqs.len(),
            first: fired.first.into_iter().map(FiredView::from).collect(),
            is_whole: fired.is_whole,
        })
    }
}
