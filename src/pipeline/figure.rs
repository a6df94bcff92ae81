//! One figure of one client, as the models see it.

use super::{Error, Rescorer};
use crate::{
    domain::{AsOf, ClientId, SectorContext},
    extract::{Catalogue, View},
};

impl Rescorer {
    /// The value of a feature that looks at the client's own ledger alone; none when it is missing, or when there is no feature
    /// of that name.
    pub async fn ledger_feature(&self, client: ClientId, name: &str, as_of: AsOf) -> Result<Option<f64>, Error> {
        let dossier = self.store.dossiers().of(client, as_of.known_at).await?;
        let markets = SectorContext::default();
        let features = View::new(&dossier, &markets, as_of).features();
        Ok(Catalogue::get().place(name).and_then(|place| features.get(place)))
    }
}
