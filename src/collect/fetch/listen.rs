//! Hearing a stream that does not end, for a while.

use std::time::Duration;

use reqwest::Response;
use tokio::time::timeout;

use super::{
    Fetcher, MAX_BODY_BYTES,
    body::{BodyError, Encoding, said_by},
};

impl Fetcher {
    /// The whole lines that came within this time, or until there were enough of them; blank ones, which only say that the
    /// other side is alive, left out. A line that is cut by the end of our time is not heard: the source's cursor stays
    /// before it, and the next run hears it whole.
    pub(super) async fn listen(&self, mut response: Response, time: Duration) -> Result<Vec<u8>, BodyError> {
        if Encoding::of(&response)? != Encoding::Plain {
            return Err(BodyError::Refused("a stream that is compressed although it was not asked to be".to_owned()));
        }
        let until = self.patience.now() + time;
        let (mut heard, mut n_bytes) = (Vec::new(), 0);
        let (mut broke_off, mut has_ended) = (None, false);
        while heard.len() < MAX_BODY_BYTES && self.patience.now() < until {
            let left = self.patience.listening(until);
            match timeout(left, response.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    n_bytes += chunk.len();
                    let room = MAX_BODY_BYTES - heard.len();
                    heard.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
                }
                Ok(Ok(None)) => {
                    has_ended = true;
                    break;
                }
                Ok(Err(error)) => {
                    broke_off = Some(said_by(&error));
                    break;
                }
                Err(_) => self.patience.wait_until(until).await,
            }
        }
        let lines = whole_lines(&heard);
        match broke_off {
            Some(why) if lines.is_empty() => Err(BodyError::Broken(why)),
            // Silence and a dead line sound alike; a living one says something now and then.
            None if n_bytes == 0 => {
                Err(BodyError::Refused(format!("nothing was heard in {} s, not even a sign of life", time.as_secs())))
            }
            // What ends by itself without ever having ended a line is no stream but a page, and the reader must see it.
            None if has_ended && !heard.contains(&b'\n') => Ok(heard),
            _ => Ok(lines),
        }
    }
}

fn whole_lines(heard: &[u8]) -> Vec<u8> {
    let end = heard.iter().rposition(|b| *b == b'\n').map_or(0, |last| last + 1);
    let lines = heard.get(..end).unwrap_or_default().split_inclusive(|b| *b == b'\n');
    lines.filter(|line| !line.trim_ascii().is_empty()).flatten().copied().collect()
}
