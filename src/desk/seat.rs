//! Which model rates: what there is, whether it may, what the portfolio would do, and the way back.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Caller, Desk, Error, Result, ShiftView};
use crate::{
    domain::{AsOf, Sha256},
    pipeline::{self, Against, Candidate, Checked, Finding},
    store::{ModelFiles, Role, Seated},
};

/// How many hexadecimal digits of a hash tell two models apart; as many as ratings carry.
const HASH_DIGITS: usize = 12;

/// A model that has, or had, a seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ModelView {
    /// Name and hash, as ratings carry them.
    pub model: String,
    /// `champion` (its ratings are the ratings), `challenger` (it rates beside it, unseen); null for neither.
    pub role: Option<String>,
    /// Since when it sits there; null for the configured model that was never replaced.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Timestamp>,
    /// Who put it there.
    pub by: Option<String>,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FindingView {
    /// `hash`, `catalogue`, `definition`, `golden`, `order` (of a table model), `champion`, `more_delay_never_improves`, `open_liquidation_is_D`.
    pub check: String,
    /// Whether it was passed.
    pub ok: bool,
    /// What was looked at, or what is wrong and where.
    pub text: String,
}

impl From<&Finding> for FindingView {
    fn from(finding: &Finding) -> Self {
        Self { check: finding.check.to_owned(), ok: finding.is_ok, text: finding.text.clone() }
    }
}

/// What became of a promotion.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Promotion {
    /// The model that was to rate.
    pub model: String,
    /// The one that rated before.
    pub from: String,
    /// Whether every check was passed.
    pub ok: bool,
    /// Every check.
    pub checks: Vec<FindingView>,
    /// What the portfolio would do; null when the model cannot rate at all.
    pub portfolio: Option<ShiftView>,
    /// Whether it rates now.
    pub promoted: bool,
    /// The command that takes it back.
    pub back: String,
}

/// A night that began longer ago and has not ended was cut off.
const LONGEST_NIGHT: SignedDuration = SignedDuration::from_hours(6);

/// The command that undoes a promotion.
const BACK: &str = "vedetta model promote --back";

impl Desk {
    /// Every model that has or had a seat, those that sit first.
    pub async fn models(&self) -> Result<Vec<ModelView>> {
        let models = self.store.models();
        let (champion, challenger) = (models.seated(Role::Champion).await?, models.seated(Role::Challenger).await?);
        let mut views = vec![self.champion_view(champion.as_ref()).await?];
        let mut seen: Vec<Sha256> = champion.and_then(|seat| seat.model).into_iter().collect();
        if let Some(seat) = &challenger
            && let Some(hash) = seat.model
        {
            let role = Some(Role::Challenger.as_str().to_owned());
            let model = name_of(&models.files(hash).await?);
            views.push(ModelView { model, role, since: Some(seat.at), by: Some(seat.who.clone()) });
            seen.push(hash);
        }
        let others = models.all().await?.into_iter().filter(|files| !seen.contains(&files.hash()));
        views.extend(others.map(|files| ModelView { model: name_of(&files), role: None, since: None, by: None }));
        Ok(views)
    }

    async fn champion_view(&self, seat: Option<&Seated>) -> Result<ModelView> {
        let role = Some(Role::Champion.as_str().to_owned());
        let model = match seat.and_then(|seat| seat.model) {
            Some(hash) => name_of(&self.store.models().files(hash).await?),
            None => self.rescorer.engine.model().to_string(),
        };
        Ok(ModelView { model, role, since: seat.map(|seat| seat.at), by: seat.map(|seat| seat.who.clone()) })
    }

    /// Every check of a model; records nothing.
    pub async fn check_model(&self, candidate: &Candidate) -> Result<Vec<FindingView>> {
        let checked = self.rescorer.check(candidate, AsOf::at(self.clock.now())).await?;
        Ok(checked.findings.iter().map(FindingView::from).collect())
    }

    /// Checks a model, shows `agree` what the portfolio would do, and lets it rate from now on when every check was passed
    /// and `agree` says so. The next night rates everybody with it, with cause `model`. A promotion ends the model's shadow.
    pub async fn promote(
        &self,
        caller: &Caller,
        candidate: &Candidate,
        agree: impl FnOnce(&Promotion) -> bool,
    ) -> Result<Promotion> {
        let as_of = AsOf::at(self.clock.now());
        let Checked { engine, mut findings } = self.rescorer.check(candidate, as_of).await?;
        if engine.is_none() && findings.iter().all(|finding| finding.is_ok) {
            let why = "it scores the rows of tables (`evaluate`, `score`); clients are rated by a model of features \
                       (`train --from-store`)";
            findings.push(Finding::failed("catalogue", why));
        }
        let can_rate = engine.is_some();
        let mut portfolio = None;
        if let Some(engine) = engine {
            match self.rescorer.side_by_side(as_of, Against::Model(engine), None).await {
                Ok(found) => portfolio = Some(found),
                // Who has the seat and cannot rate must not keep another one from it.
                Err(error @ pipeline::Error::Seat { .. }) => {
                    findings.push(Finding::passed("champion", format!("nothing to compare with: {error}")));
                }
                Err(error) => return Err(error.into()),
            }
        }
        let models = self.store.models();
        let mut promotion = Promotion {
            model: name_of(&candidate.files),
            from: self.champion_view(models.seated(Role::Champion).await?.as_ref()).await?.model,
            ok: findings.iter().all(|finding| finding.is_ok),
            checks: findings.iter().map(FindingView::from).collect(),
            portfolio: portfolio.map(|found| ShiftView::of(&found, self.lgd)),
            promoted: false,
            back: BACK.to_owned(),
        };
        if promotion.ok && can_rate && agree(&promotion) {
            self.refuse_during_a_night().await?;
            // Whoever rates already is not seated again: the way back must lead to another.
            if promotion.model != promotion.from {
                let details = serde_json::json!({ "from": promotion.from, "to": promotion.model });
                let seating = models.seat(Role::Champion, Some(&candidate.files), as_of.known_at, &caller.name);
                self.noted(caller, ("model.promoted", &candidate.files.name), &details, seating).await?;
            }
            self.end_own_shadow(caller).await?;
            promotion.promoted = true;
        }
        Ok(promotion)
    }

    /// Takes the last promotion back: the model that rated before it rates again, which is answered. Each time it goes one
    /// promotion further back, and ends at the configured model.
    pub async fn promote_back(&self, caller: &Caller) -> Result<ModelView> {
        let models = self.store.models();
        let Some(present) = models.seated(Role::Champion).await? else { return Err(Error::NotFound("earlier model")) };
        self.refuse_during_a_night().await?;
        let from = self.champion_view(Some(&present)).await?.model;
        models.take_back(Role::Champion, self.clock.now()).await?;
        // A model of before that this program cannot rate with any more is passed over.
        while let Err(pipeline::Error::Seat { .. }) = self.rescorer.champion().await {
            models.take_back(Role::Champion, self.clock.now()).await?;
        }
        let now = self.champion_view(models.seated(Role::Champion).await?.as_ref()).await?;
        let details = serde_json::json!({ "from": from, "to": now.model });
        self.note(caller, "model.taken_back", &from, &details).await?;
        self.end_own_shadow(caller).await?;
        Ok(now)
    }

    /// A model that has come to rate needs not rate in its own shadow any more.
    async fn end_own_shadow(&self, caller: &Caller) -> Result<()> {
        let models = self.store.models();
        let Some(challenger) = models.seated(Role::Challenger).await?.and_then(|seat| seat.model) else {
            return Ok(());
        };
        let challenger = name_of(&models.files(challenger).await?);
        let champion = self.champion_view(models.seated(Role::Champion).await?.as_ref()).await?.model;
        if challenger == champion { self.shadow(caller, None).await } else { Ok(()) }
    }

    /// A night ends with the model that it began with; were the live path given another one meanwhile, clients would go to
    /// and fro between the two.
    async fn refuse_during_a_night(&self) -> Result<()> {
        let night = self.store.runs().last("night").await?.filter(|night| night.ended_at.is_none());
        let now = self.clock.now();
        match night.is_some_and(|night| now.duration_since(night.started_at) < LONGEST_NIGHT) {
            true => Err(Error::Busy("a night is being rated; let it end, or go on with it by `vedetta night`, first")),
            false => Ok(()),
        }
    }

    /// Lets a model rate beside the champion every night, unseen; none ends it. A model that cannot rate is refused.
    pub async fn shadow(&self, caller: &Caller, files: Option<&ModelFiles>) -> Result<()> {
        if let Some(files) = files {
            self.rescorer.engine_of(files)?;
        }
        let models = self.store.models();
        let seating = models.seat(Role::Challenger, files, self.clock.now(), &caller.name);
        let object = files.map_or_else(|| "none".to_owned(), name_of);
        self.noted(caller, ("model.shadow", &object), &serde_json::Value::Null, seating).await
    }
}

/// As ratings carry it: `baseline-1@4f1c0a2b9c3d`.
pub(super) fn name_of(files: &ModelFiles) -> String {
    named(&files.name, files.hash())
}

/// The same of a name and a hash.
pub(super) fn named(name: &str, hash: Sha256) -> String {
    let hash: String = hash.to_string().chars().take(HASH_DIGITS).collect();
    format!("{name}@{hash}")
}
