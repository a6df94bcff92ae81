//! Who rates: the configured model, until another one was promoted.
//!
//! # Why
//!
//! *Why is the store asked before every rescoring?* A house, a worker and a command line share one store. If each kept the
//! model it began with, a promotion would make them rate one client by turns. The question costs less than one client.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Error, Rescorer};
use crate::{
    domain::Sha256,
    extract::Catalogue,
    score::{Engine, Training},
    store::{ModelFiles, Role},
};

/// Models that were given a seat, as far as this process has read them.
#[derive(Debug, Default)]
pub struct Seats(Mutex<HashMap<(Sha256, i64), Arc<Engine>>>);

impl Rescorer {
    /// The same with the model that rates now.
    pub(super) async fn seated(&self) -> Result<Self, Error> {
        Ok(Self { engine: self.champion().await?, ..self.clone() })
    }

    /// The model that rates now: the one promoted last, or the configured one.
    pub async fn champion(&self) -> Result<Arc<Engine>, Error> {
        Ok(self.sitting(Role::Champion).await?.unwrap_or_else(|| Arc::clone(&self.engine)))
    }

    /// The model that rates beside it, unseen; none when the seat is empty.
    pub async fn challenger(&self) -> Result<Option<Arc<Engine>>, Error> {
        self.sitting(Role::Challenger).await
    }

    /// Makes a model ready to rate under this house's scale and rules, or says why it cannot.
    pub fn engine_of(&self, files: &ModelFiles) -> Result<Arc<Engine>, Error> {
        let engine = self.engine.with_model(&files.name, &files.body, &Catalogue::get().names())?;
        Ok(Arc::new(match &files.training {
            Some(text) => engine.with_training(Training::parse(text)?),
            None => engine,
        }))
    }

    async fn sitting(&self, role: Role) -> Result<Option<Arc<Engine>>, Error> {
        let Some(seat) = self.store.models().seated(role).await? else { return Ok(None) };
        let Some(hash) = seat.model else { return Ok(None) };
        // What was given with a model may come later than the model, with another seat.
        let place = (hash, seat.newest);
        if let Some(known) = self.known().get(&place) {
            return Ok(Some(Arc::clone(known)));
        }
        let files = self.store.models().files(hash).await?;
        let engine = self.engine_of(&files).map_err(|error| match error {
            Error::Score(why) => Error::Seat { model: files.name.clone(), why },
            other => other,
        })?;
        self.known().insert(place, Arc::clone(&engine));
        Ok(Some(engine))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashMap<(Sha256, i64), Arc<Engine>>> {
        self.seats.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
