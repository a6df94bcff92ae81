use super::{Caller, Desk, Error, Reach, Result, Wanted};
use crate::domain::{Client, ClientId, Sha256};

/// How many of a client's signals are looked through for a document.
const SIGNALS_LOOKED_THROUGH: usize = 500;

impl Desk {
    /// Keeps bytes in the archive.
    pub(super) async fn keep(&self, bytes: Vec<u8>) -> Result<Sha256> {
        Ok(self.store.facts().keep_document(bytes).await?)
    }

    /// The bytes behind a reason. The archive is shared by all portfolios, so who sees only some must name the client
    /// whose evidence it is.
    pub async fn evidence(&self, caller: &Caller, wanted: Option<&Wanted<'_>>, name: Sha256) -> Result<Vec<u8>> {
        if caller.reach != Reach::Everything {
            let wanted = wanted.ok_or(Error::NotFound("document"))?;
            let (client, survivor) = self.find_rated(wanted, self.clock.now()).await?;
            // What a merged client is rated by is the survivor's.
            if !self.is_evidence_of(survivor.as_ref().unwrap_or(&client), name).await? {
                return Err(Error::NotFound("document"));
            }
        }
        let archive = self.store.archive().clone();
        let bytes = tokio::task::spawn_blocking(move || archive.get(&name)).await??;
        bytes.ok_or(Error::NotFound("document"))
    }

    async fn is_evidence_of(&self, client: &Client, name: Sha256) -> Result<bool> {
        let whose: Vec<ClientId> = self.whose(client).await?.into_iter().map(|(id, _)| id).collect();
        let signals = self.store.facts().signals_of(&whose, None, SIGNALS_LOOKED_THROUGH).await?;
        if signals.iter().any(|link| link.signal.evidence.sha256 == name) {
            return Ok(true);
        }
        let mut batches = Vec::new();
        for id in whose {
            batches.extend(self.store.facts().ledger(id).await?.iter().map(|row| row.line.batch));
        }
        batches.push(client.batch);
        batches.sort_unstable();
        batches.dedup();
        let rows = self.store.facts().batches_by_id(&batches).await?;
        Ok(rows.into_iter().flatten().any(|batch| batch.sha256 == name))
    }
}
