//! The way back for one client: the pure search, with the client's facts and the model that rates now.

use super::{Error, Rescorer, assess::Vectors};
use crate::{
    domain::{AsOf, ClientId, Dossier, Grade, Rating},
    extract::{Markets, View},
    score::{self, Aim, Path, way_back},
};

/// What a client is, and what would bring it back.
#[derive(Debug, Clone)]
pub struct Back {
    /// The rating by the model as of then, without what an analyst decided.
    pub present: Rating,
    /// What was found.
    pub path: Path,
}

impl Rescorer {
    /// The cheapest change of facts that returns a client to a grade; `last` is the grade recorded last. Records nothing.
    pub async fn way_back(&self, client: ClientId, to: Grade, as_of: AsOf, last: Option<Grade>) -> Result<Back, Error> {
        let seated = self.seated().await?;
        let dossier = self.store.dossiers().of(client, as_of.known_at).await?;
        let context = self.store.dossiers().sector_context().await?;
        let silent = self.silent_for(&[client], as_of.known_at).await?;
        let search = move || -> Result<Back, score::Error> {
            let markets = Markets::new(&context, as_of);
            let assessor = seated.assessor(&markets, as_of);
            let aim = Aim { to, as_of };
            let rate = |dossier: &Dossier, last| {
                let view = View::among(dossier, &markets);
                assessor.rate(&Vectors::of(&view, client, &silent), last, None, false)
            };
            let present = rate(&dossier, last)?;
            let path = way_back(&dossier, aim, &present, |bent| rate(bent, aim.memory()))?;
            Ok(Back { present, path })
        };
        Ok(tokio::task::spawn_blocking(search).await??)
    }
}
