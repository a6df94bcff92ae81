use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, Desk, Error, Result, SignalView, Slice, Wanted};
use crate::store::{Review, ReviewDecision};

/// Records that are looked through for those that were said to be about somebody else.
const SET_ASIDE: usize = 200;

/// A record that may be about a client; a person should look.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ReviewView {
    /// Its number.
    pub id: i64,
    /// The client that it may be about.
    pub client: String,
    /// The client's name.
    pub name: String,
    /// Whose client it is.
    pub portfolio: String,
    /// The name as the source writes it.
    pub subject_name: String,
    /// How sure it is that they are the same, 0 to 1.
    pub certainty: f64,
    /// Why, field by field.
    pub because: Vec<String>,
    /// What would count if they were the same.
    pub signal: SignalView,
}

impl Desk {
    /// Reviews that wait for a decision, in order, after `after`.
    pub async fn reviews(&self, caller: &Caller, after: i64, limit: usize) -> Result<Slice<ReviewView>> {
        let names = self.portfolios(caller, None).await?;
        let visible: Vec<_> = names.iter().map(|(id, _)| *id).collect();
        let reviews = self.store.facts().reviews(&visible, after, limit + 1).await?;
        let next = (reviews.len() > limit).then(|| reviews[limit - 1].id);
        let mut items = Vec::new();
        for review in reviews.into_iter().take(limit) {
            let portfolio = names.iter().find(|(id, _)| *id == review.portfolio).map(|(_, name)| name.to_string());
            items.push(self.review_view(review, portfolio.unwrap_or_default()).await?);
        }
        Ok(Slice { items, next })
    }

    /// One review, decided or not.
    pub async fn review(&self, caller: &Caller, id: i64) -> Result<ReviewView> {
        let names = self.portfolios(caller, None).await?;
        let visible: Vec<_> = names.iter().map(|(id, _)| *id).collect();
        let review = self.store.facts().review(id, &visible).await?.ok_or(Error::NotFound("review"))?;
        let portfolio = names.iter().find(|(id, _)| *id == review.portfolio).map(|(_, name)| name.to_string());
        self.review_view(review, portfolio.unwrap_or_default()).await
    }

    /// Records of which a person said that they are not about a client, or about those merged into it: one of each subject,
    /// the newest decided first. Deciding one `same` gives its subject back.
    pub async fn set_aside(&self, wanted: &Wanted<'_>, limit: usize) -> Result<Vec<ReviewView>> {
        let client = self.find(wanted).await?;
        let whose: Vec<_> = self.whose(&client).await?.into_iter().map(|(id, _)| id).collect();
        let (mut seen, mut views) = (Vec::new(), Vec::new());
        for review in self.store.facts().set_aside(&whose, SET_ASIDE).await? {
            let subject = (review.client, review.signal.source.clone(), review.fingerprint);
            if views.len() < limit && (subject.2.is_none() || !seen.contains(&subject)) {
                seen.push(subject);
                views.push(self.review_view(review, String::new()).await?);
            }
        }
        Ok(views)
    }

    async fn review_view(&self, review: Review, portfolio: String) -> Result<ReviewView> {
        let client = self.store.facts().client_by_id(review.client).await?.ok_or(Error::NotFound("client"))?;
        Ok(ReviewView {
            id: review.id,
            client: client.code.to_string(),
            name: client.facts.who.name,
            portfolio,
            subject_name: review.subject_name,
            certainty: review.certainty.get(),
            because: review.because.lines().map(str::to_owned).collect(),
            signal: SignalView::new(review.signal, review.certainty),
        })
    }

    /// A person says whether they are the same: from then on this record and the next ones of the same subject count, or
    /// do not. Whoever changes their mind says so again: a link that was made is taken back as if it had never been.
    pub async fn decide_review(&self, caller: &Caller, id: i64, decision: ReviewDecision) -> Result<()> {
        let visible: Vec<_> = self.portfolios(caller, None).await?.into_iter().map(|(id, _)| id).collect();
        let at = self.clock.now();
        if !self.store.facts().decide_review(id, &visible, decision, &caller.name, at).await? {
            return Err(Error::NotFound("review"));
        }
        self.touched.notify_one();
        Ok(())
    }
}
