//! What one process at a time does on a store that several share: saying which sources are due, live rescoring, alerts, the clock of the nights.
//!
//! # Why
//!
//! *Why one process for all of it?* Together these cost little beside a night, and each of them done twice costs somebody
//! something: a register that is asked twice, a subscriber who is called twice. The night, which is most of the work, is for
//! all workers.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{
    duties::{finish_erasures, pause},
    supervise::Supervisor,
};
use crate::store::{Place, Store};

/// How often the place is asked for, or kept: several times in the fifteen seconds after which it is lost.
const ASK_EVERY: Duration = Duration::from_secs(3);

/// Does the duties whenever this process has the place, until shutdown.
pub(super) async fn serve(
    store: Store,
    duties: Arc<dyn Fn(&Supervisor) + Send + Sync>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let mut place = store.place().await?;
    while !place.take().await? {
        if pause(ASK_EVERY, &shutdown).await {
            return Ok(());
        }
    }
    info!("this process does what only one does");
    finish_erasures(&store).await;
    let supervisor = Supervisor::new(shutdown.child_token());
    duties(&supervisor);
    let kept = keep(&mut place, &shutdown).await;
    supervisor.stop().await;
    Ok(kept?)
}

/// Keeps the place until it is lost, which is an error, or until shutdown.
async fn keep(place: &mut Place, shutdown: &CancellationToken) -> Result<(), crate::store::Error> {
    while !pause(ASK_EVERY, shutdown).await {
        if let Err(error) = place.take().await {
            warn!(%error, "the place is lost: another process may have it");
            return Err(error);
        }
    }
    Ok(())
}
