use std::collections::HashMap;

use jiff::{Timestamp, civil::Date};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, Desk, Error, ReasonView, Result, Slice, Wanted, level::Level, six_decimals, three_decimals};
use crate::{
    domain::{AsOf, Client, ClientCode, ClientId, Grade, NOTICE, Override, Probability},
    store::{Figure, RecordedRating},
};

/// A client's rating, with its reasons.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RatingView {
    /// The creditor's own code.
    pub client: String,
    /// The client's name.
    pub name: String,
    /// Whose client it is, in an answer where several portfolios have one under this code; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portfolio: Option<String>,
    /// The client whose rating this is, where the one asked for is merged into it; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// `A1` to `C3`, `D`, or `ND` when not determined.
    #[schema(example = "C1")]
    pub grade: String,
    /// Probability of default within twelve months; null for `ND`.
    pub pd: Option<f64>,
    /// Points; null for `ND`. The reasons add up to them.
    pub points: Option<i32>,
    /// Share of the model's information that was present and fresh.
    pub coverage: f64,
    /// The day the rating is about.
    #[schema(value_type = String, format = Date)]
    pub valid_at: Date,
    /// The instant of knowledge.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
    /// Per client, from 1, without gaps; 0 while nothing was recorded.
    pub client_seq: i64,
    /// The grade before.
    pub previous: Option<PreviousView>,
    /// Name and hash of the model; null while nothing was recorded.
    pub model: Option<String>,
    /// An analyst's decision in force.
    #[serde(rename = "override")]
    pub decision: Option<OverrideView>,
    /// A decision that waits until a second key confirms it, and moves nothing until then; absent when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending_override: Option<OverrideView>,
    /// Every line of the sum, what weighs most first.
    pub reasons: Vec<ReasonView>,
    /// What this is not.
    pub notice: String,
}

impl RatingView {
    /// A level with its reasons in words.
    pub(super) fn of(client: &Client, level: Level, reasons: Vec<ReasonView>) -> Self {
        let previous = |(grade, client_seq, valid_at): (Grade, i64, Date)| PreviousView {
            grade: grade.to_string(),
            client_seq,
            valid_at,
        };
        Self {
            client: client.code.to_string(),
            name: client.facts.who.name.clone(),
            portfolio: None,
            merged_into: None,
            grade: level.grade.to_string(),
            pd: level.pd.map(shown),
            points: level.points,
            coverage: three_decimals(level.coverage),
            valid_at: level.as_of.valid_at,
            known_at: level.as_of.known_at,
            client_seq: level.client_seq,
            previous: level.previous.map(previous),
            model: Some(level.model),
            decision: level.decision.map(OverrideView::from),
            pending_override: None,
            reasons,
            notice: NOTICE.to_owned(),
        }
    }
}

/// The step before the present one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PreviousView {
    /// The grade.
    pub grade: String,
    /// Its place in the client's history.
    pub client_seq: i64,
    /// The day it was about.
    #[schema(value_type = String, format = Date)]
    pub valid_at: Date,
}

/// An analyst's decision that stands above the model.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct OverrideView {
    /// The grade it gives.
    pub grade: String,
    /// Why.
    pub reason: String,
    /// Who.
    pub author: String,
    /// Until when.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

impl From<Override> for OverrideView {
    fn from(decision: Override) -> Self {
        let Override { grade, reason, author, expires_at } = decision;
        Self { grade: grade.to_string(), reason, author, expires_at }
    }
}

/// A rating in a line, for many clients at once.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct BriefRating {
    /// The creditor's own code.
    pub client: String,
    /// Whose client it is, in an answer where several portfolios have one under this code; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portfolio: Option<String>,
    /// The client whose rating this is, where the one asked for is merged into it; else absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// `A1` to `C3`, `D` or `ND`.
    pub grade: String,
    /// Probability of default within twelve months.
    pub pd: Option<f64>,
    /// Points.
    pub points: Option<i32>,
    /// Share of the model's information that was present and fresh.
    pub coverage: f64,
    /// The day the rating is about; null while nothing was recorded.
    #[schema(value_type = Option<String>, format = Date)]
    pub valid_at: Option<Date>,
    /// Place in the client's history; 0 while nothing was recorded.
    pub client_seq: i64,
}

/// Ratings of many clients.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct QueryAnswer {
    /// In the order asked; full ratings when the reasons were asked for, else one line each. A code that several visible
    /// portfolios have gives one for each, and each says its `portfolio`.
    pub ratings: Vec<QueriedRating>,
    /// Codes that are nobody's.
    pub unknown: Vec<String>,
}

/// A rating of a query.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum QueriedRating {
    /// With reasons.
    Full(Box<RatingView>),
    /// Without.
    Brief(BriefRating),
}

/// A step of a client's history.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct HistoryLine {
    /// Per client, from 1, without gaps.
    pub client_seq: i64,
    /// The event's number in the feed of changes.
    pub seq: i64,
    /// The grade recorded.
    pub grade: String,
    /// Probability of default within twelve months.
    pub pd: Option<f64>,
    /// Points.
    pub points: Option<i32>,
    /// Share of the model's information that was present and fresh.
    pub coverage: f64,
    /// The day the rating is about.
    #[schema(value_type = String, format = Date)]
    pub valid_at: Date,
    /// The instant of knowledge.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
    /// `signals`, `night`, `model`, `override` or `expiry`.
    pub cause: String,
    /// Name and hash of the model.
    pub model: String,
    /// An analyst's decision in force then.
    #[serde(rename = "override")]
    pub decision: Option<OverrideView>,
}

impl From<RecordedRating> for HistoryLine {
    fn from(step: RecordedRating) -> Self {
        let rating = step.rating;
        Self {
            client_seq: step.client_seq,
            seq: step.seq,
            grade: rating.grade.to_string(),
            pd: rating.pd.map(shown),
            points: rating.points,
            coverage: three_decimals(rating.coverage),
            valid_at: rating.as_of.valid_at,
            known_at: rating.as_of.known_at,
            cause: step.cause.to_string(),
            model: rating.model.to_string(),
            decision: step.override_.map(OverrideView::from),
        }
    }
}

/// Which moment is asked about; the present when neither clock is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moment {
    /// What was so on that day.
    pub valid_at: Option<Date>,
    /// As far as was known at that instant.
    pub known_at: Option<Timestamp>,
}

/// A PD as outsiders see it.
pub(super) fn shown(pd: Probability) -> f64 {
    six_decimals(pd.get())
}

/// A client under a code that was asked for.
struct Bearer {
    id: ClientId,
    /// Whose, where it is not the only one.
    portfolio: Option<String>,
}

impl Desk {
    /// The rating of a client: the present one, or what had been recorded at a moment. A question about the past is
    /// answered from what was recorded, never computed anew; before anything was known the answer is `ND`. The rating of a
    /// client that was known then to be merged into another is that one's.
    pub async fn rating(&self, wanted: &Wanted<'_>, moment: Moment) -> Result<RatingView> {
        Ok(self.rating_of(wanted, moment).await?.0)
    }

    /// The same, and the client that was asked for.
    pub async fn rating_of(&self, wanted: &Wanted<'_>, moment: Moment) -> Result<(RatingView, ClientId)> {
        let known_at = moment.known_at.unwrap_or_else(|| self.clock.now());
        let (client, survivor) = self.find_rated(wanted, known_at).await?;
        let rated = survivor.as_ref().map_or(client.id, |survivor| survivor.id);
        let level =
            if moment == Moment::default() { self.present(rated).await? } else { self.level_at(rated, moment).await? };
        let mut view = match level {
            Some(level) => self.rating_view(&client, level).await?,
            None => self.undetermined(&client, moment),
        };
        if moment == Moment::default() {
            view.pending_override = self.pending(rated).await?;
        }
        let merged_into = survivor.map(|survivor| survivor.code.to_string());
        Ok((RatingView { merged_into, ..view }, client.id))
    }

    async fn rating_view(&self, client: &Client, level: Level) -> Result<RatingView> {
        let reasons = self.reasons(&level.lines).await?;
        Ok(RatingView::of(client, level, reasons))
    }

    fn undetermined(&self, client: &Client, moment: Moment) -> RatingView {
        let now = AsOf::at(self.clock.now());
        RatingView {
            client: client.code.to_string(),
            name: client.facts.who.name.clone(),
            portfolio: None,
            merged_into: None,
            grade: "ND".to_owned(),
            pd: None,
            points: None,
            coverage: 0.0,
            valid_at: moment.valid_at.unwrap_or(now.valid_at),
            known_at: moment.known_at.unwrap_or(now.known_at),
            client_seq: 0,
            previous: None,
            model: None,
            decision: None,
            pending_override: None,
            reasons: Vec::new(),
            notice: NOTICE.to_owned(),
        }
    }

    /// The present ratings of many clients, in the order asked; a code in several portfolios gives one for each.
    pub async fn ratings(
        &self,
        caller: &Caller,
        portfolio: Option<&str>,
        codes: &[String],
        with_reasons: bool,
    ) -> Result<QueryAnswer> {
        let found = self.clients_of_codes(caller, portfolio, codes).await?;
        let mergers = self.store.facts().mergers(self.clock.now()).await?;
        let merger = |id: ClientId| mergers.iter().find(|merger| merger.client == id);
        let rated = |id: ClientId| merger(id).map_or(id, |merger| merger.survivor);
        let ids: Vec<ClientId> = found.iter().flat_map(|(_, own)| own.iter().map(|own| rated(own.id))).collect();
        let figures = self.store.ratings().figures(&ids).await?;
        let mut answer = QueryAnswer { ratings: Vec::new(), unknown: Vec::new() };
        for (code, own) in found {
            if own.is_empty() {
                answer.unknown.push(code);
                continue;
            }
            for Bearer { id, portfolio } in own {
                let merged_into = merger(id).map(|merger| merger.survivor_code.to_string());
                answer.ratings.push(if with_reasons {
                    let view = self.full(id, rated(id)).await?;
                    QueriedRating::Full(Box::new(RatingView { portfolio, merged_into, ..view }))
                } else {
                    let brief = brief(code.clone(), merged_into, figures.get(&rated(id)));
                    QueriedRating::Brief(BriefRating { portfolio, ..brief })
                });
            }
        }
        Ok(answer)
    }

    /// The present figures behind each of these codes, each code once, with the clients that they are of: none for a code
    /// that is nobody's, several for one in several portfolios.
    pub async fn briefs(
        &self,
        caller: &Caller,
        portfolio: Option<&str>,
        codes: &[String],
    ) -> Result<Vec<(String, Vec<(BriefRating, ClientId)>)>> {
        let found = self.clients_of_codes(caller, portfolio, codes).await?;
        let mergers = self.store.facts().mergers(self.clock.now()).await?;
        let merger = |id: ClientId| mergers.iter().find(|merger| merger.client == id);
        let rated = |id: ClientId| merger(id).map_or(id, |merger| merger.survivor);
        let ids: Vec<ClientId> = found.iter().flat_map(|(_, own)| own.iter().map(|own| rated(own.id))).collect();
        let figures = self.store.ratings().figures(&ids).await?;
        let line = |code: &str, Bearer { id, portfolio }: Bearer| {
            let merged_into = merger(id).map(|merger| merger.survivor_code.to_string());
            let brief = brief(code.to_owned(), merged_into, figures.get(&rated(id)));
            (BriefRating { portfolio, ..brief }, id)
        };
        let lines = |(code, own): (String, Vec<Bearer>)| {
            let lines = own.into_iter().map(|own| line(&code, own)).collect();
            (code, lines)
        };
        Ok(found.into_iter().map(lines).collect())
    }

    /// The present rating of a client, which is that of `rated`.
    pub(super) async fn full(&self, id: ClientId, rated: ClientId) -> Result<RatingView> {
        let client = self.store.facts().client_by_id(id).await?.ok_or(Error::NotFound("client"))?;
        let view = match self.present(rated).await? {
            Some(level) => self.rating_view(&client, level).await?,
            None => self.undetermined(&client, Moment::default()),
        };
        Ok(RatingView { pending_override: self.pending(rated).await?, ..view })
    }

    async fn pending(&self, client: ClientId) -> Result<Option<OverrideView>> {
        let asked = self.store.ratings().asked_override(client, self.clock.now()).await?;
        Ok(asked.map(|asked| asked.decision.into()))
    }

    /// The clients behind these codes in every visible portfolio, each code once.
    async fn clients_of_codes(
        &self,
        caller: &Caller,
        portfolio: Option<&str>,
        codes: &[String],
    ) -> Result<Vec<(String, Vec<Bearer>)>> {
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut found: Vec<(String, Vec<Bearer>)> = Vec::new();
        for code in codes {
            places.entry(code).or_insert_with(|| {
                found.push((code.clone(), Vec::new()));
                found.len() - 1
            });
        }
        let parsed: Vec<(usize, ClientCode)> =
            found.iter().enumerate().filter_map(|(i, (code, _))| Some((i, code.parse().ok()?))).collect();
        let asked: Vec<ClientCode> = parsed.iter().map(|(_, code)| code.clone()).collect();
        for (portfolio, name) in self.portfolios(caller, portfolio).await? {
            let ids = self.store.facts().client_ids(portfolio, &asked).await?;
            for ((place, _), id) in parsed.iter().zip(ids) {
                found[*place].1.extend(id.map(|id| Bearer { id, portfolio: Some(name.to_string()) }));
            }
        }
        for (_, own) in &mut found {
            if let [only] = own.as_mut_slice() {
                only.portfolio = None;
            }
        }
        Ok(found)
    }

    /// Every step that was recorded of the client itself, newest first, before `before` (a `client_seq`).
    pub async fn history(&self, wanted: &Wanted<'_>, before: Option<i64>, limit: usize) -> Result<Slice<HistoryLine>> {
        let client = self.find(wanted).await?;
        let steps = self.store.ratings().history(client.id, before, limit + 1).await?;
        let more = steps.len() > limit;
        let items: Vec<HistoryLine> = steps.into_iter().take(limit).map(HistoryLine::from).collect();
        let next = items.last().filter(|_| more).map(|step| step.client_seq);
        Ok(Slice { items, next })
    }
}

/// A line of figures, which may be those of the client that this one is merged into.
pub(super) fn brief(client: String, merged_into: Option<String>, figure: Option<&Figure>) -> BriefRating {
    let Some(figure) = figure else {
        let (grade, pd, points) = ("ND".to_owned(), None, None);
        let (portfolio, coverage, valid_at, client_seq) = (None, 0.0, None, 0);
        return BriefRating { client, portfolio, merged_into, grade, pd, points, coverage, valid_at, client_seq };
    };
    BriefRating {
        client,
        portfolio: None,
        merged_into,
        grade: figure.grade.to_string(),
        pd: figure.pd.map(|pd| six_decimals(f64::from(pd))),
        points: figure.points.map(i32::from),
        coverage: three_decimals(f64::from(figure.coverage)),
        valid_at: Some(figure.valid_at),
        client_seq: figure.client_seq,
    }
}
