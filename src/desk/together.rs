//! One thing done with several clients at once.

use std::collections::HashMap;

use super::{ActionInput, Caller, Desk, Error, Result, Wanted};
use crate::domain::ClientId;

/// Clients of one go: as many as somebody reads before they confirm, and a second or two of work.
pub const MAX_TOGETHER: usize = 200;

/// What became of something that was done with several clients.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Together {
    /// For how many it was recorded now, or was already.
    pub n_done: usize,
    /// Whom it was refused for, by code, and why.
    pub refused: Vec<(String, String)>,
}

impl Desk {
    /// Records the same action for each of these clients, one after the other: a client for whom it is refused keeps no other from
    /// it, and the same once more changes nothing. Clients that the caller does not see are passed over, as if they were not.
    pub async fn act_together(&self, caller: &Caller, ids: &[ClientId], input: &ActionInput) -> Result<Together> {
        if ids.len() > MAX_TOGETHER {
            return Err(Error::invalid("", format!("at most {MAX_TOGETHER} clients at a time")));
        }
        let names: HashMap<_, _> = self.portfolios(caller, None).await?.into_iter().collect();
        let clients = self.store.facts().clients_by_id(ids).await?;
        let mut together = Together::default();
        for client in ids.iter().filter_map(|id| clients.get(id)) {
            let Some(portfolio) = names.get(&client.portfolio) else { continue };
            let code = client.code.to_string();
            let wanted = Wanted { caller, code: &code, portfolio: Some(portfolio.as_str()) };
            match self.act(&wanted, input).await {
                Ok(_) => together.n_done += 1,
                Err(error @ (Error::Invalid { .. } | Error::Merged { .. } | Error::NotFound(_))) => {
                    together.refused.push((code, error.to_string()));
                }
                Err(error) if together.n_done == 0 => return Err(error),
                // Some are done: whoever asked is told who is not, whatever the reason.
                Err(error) => together.refused.push((code, error.to_string())),
            }
        }
        Ok(together)
    }
}
