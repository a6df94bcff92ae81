//! A body too large to hold, taken into a file without a name.

use std::{fs::File, time::Duration};

use reqwest::Response;
use sha2::{Digest, Sha256 as Hasher};
use tokio::{io::AsyncWriteExt, time::timeout};

use super::{
    Fetcher,
    body::{BodyError, Encoding, said_by},
};
use crate::domain::Sha256;

/// The largest file that is taken, as it comes: eight times the largest that a register publishes as one file today.
pub const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// The longest that one file may take: the largest one, over a line of five megabit a second.
pub(super) const LONGEST_DOWNLOAD: Duration = Duration::from_secs(2 * 60 * 60);

/// A file that was taken.
pub(super) struct Download {
    pub(super) file: File,
    pub(super) sha256: Sha256,
}

impl Fetcher {
    /// Takes a body into a file. A part that does not come in the time of a whole small answer is not waited for.
    pub(super) async fn download(&self, mut response: Response) -> Result<Download, BodyError> {
        let too_large = || BodyError::Refused(format!("the file is larger than {MAX_FILE_BYTES} bytes"));
        if response.content_length().is_some_and(|length| length > MAX_FILE_BYTES) {
            return Err(too_large());
        }
        // A file `….csv.gz` is often said to be packed for the journey only; either way it is unpacked by what it is.
        Encoding::of(&response)?;
        let unwritten = |e: &dyn std::fmt::Display| BodyError::Refused(format!("the file could not be kept: {e}"));
        let mut file = tokio::fs::File::from_std(self.scratch().map_err(|e| unwritten(&e))?);
        let (mut hasher, mut n_bytes) = (Hasher::new(), 0u64);
        loop {
            let chunk = timeout(self.answer_within, response.chunk()).await;
            let chunk = chunk.map_err(|_| BodyError::Broken("the file stopped coming".to_owned()))?;
            let Some(chunk) = chunk.map_err(|e| BodyError::Broken(said_by(&e)))? else { break };
            n_bytes += chunk.len() as u64;
            if n_bytes > MAX_FILE_BYTES {
                return Err(too_large());
            }
            hasher.update(&chunk);
            file.write_all(&chunk).await.map_err(|e| unwritten(&e))?;
        }
        file.flush().await.map_err(|e| unwritten(&e))?;
        let sha256 = Sha256::new(hasher.finalize().into());
        Ok(Download { file: file.into_std().await, sha256 })
    }

    fn scratch(&self) -> Result<File, String> {
        match &self.beside {
            Some(archive) => archive.scratch().map_err(|e| e.to_string()),
            None => tempfile::tempfile().map_err(|e| e.to_string()),
        }
    }
}
