use super::{Result, Store, backend::Place as Held};

/// The place of the one process on a shared store that does what only one does at a time.
///
/// # Why
///
/// *Why a lock of the server's own and no row with a time in it?* The server knows at once when a process has died, and gives
/// its place to the next; a row would be waited for until its time is over, by clocks that differ. A process that is stopped,
/// or whose machine is gone, says nothing for fifteen seconds and has lost its place.
///
/// *What may whoever has lost the place do?* It does not know yet, and goes on for a moment. So nothing that is true rests on
/// the place: the transactions of a run, an alert or a rating look for themselves whether what they bring is still wanted. The
/// place only keeps two processes from doing the same work.
#[derive(Debug)]
pub struct Place(Held);

impl Store {
    /// Asks for the place; [`Place::take`] says whether it is free. On a file it always is: processes on a file do not share.
    pub async fn place(&self) -> Result<Place> {
        Ok(Place(self.backend().place().await?))
    }
}

impl Place {
    /// Takes the place, or keeps it; false while another process has it. To be asked every few seconds: an error, or fifteen
    /// seconds of silence, mean that it is lost. It is given back when this is dropped.
    pub async fn take(&mut self) -> Result<bool> {
        self.0.take().await
    }
}
