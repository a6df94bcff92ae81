//! Bodies, read with a cap before and after decompression.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use reqwest::{Response, header};

/// The largest answer that is read, compressed or not: eight times the largest page a source of ours was seen to send.
pub const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// Text compresses five to thirty times; a body that grows more than this was made to hurt.
const MAX_RATIO: usize = 200;

/// Below this size a high ratio harms nobody: a short file of blanks may be all one run.
const RATIO_IS_FREE_BELOW: usize = 256 * 1024;

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    /// Too large, a bomb, or an encoding that was not asked for: asking again gives the same.
    #[error("{0}")]
    Refused(String),
    /// The connection broke, or the compressed stream ended early: asking again may help.
    #[error("{0}")]
    Broken(String),
}

/// The whole body, decompressed, or why not. Reading stops at the cap; nothing beyond it is ever held.
pub(super) async fn capped_body(mut response: Response, cap: usize) -> Result<Vec<u8>, BodyError> {
    let too_large = || BodyError::Refused(format!("the answer is larger than {cap} bytes"));
    if response.content_length().is_some_and(|length| usize::try_from(length).map_or(true, |length| length > cap)) {
        return Err(too_large());
    }
    let encoding = Encoding::of(&response)?;
    let bytes = first_bytes(&mut response, cap.saturating_add(1)).await?;
    match encoding {
        _ if bytes.len() > cap => Err(too_large()),
        Encoding::Gzip if !bytes.is_empty() => gunzip(&bytes, cap),
        _ => Ok(bytes),
    }
}

/// The beginning of a body, as much of it as `cap` allows; the rest is left unread.
pub(super) async fn head_of_body(mut response: Response, cap: usize) -> Result<Vec<u8>, BodyError> {
    let encoding = Encoding::of(&response)?;
    let bytes = first_bytes(&mut response, cap).await?;
    if encoding == Encoding::Plain {
        return Ok(bytes);
    }
    let mut head = Vec::new();
    let limit = u64::try_from(cap).unwrap_or(u64::MAX);
    // What was cut off by the cap breaks off in the middle of the stream, and what came before it is good.
    match MultiGzDecoder::new(bytes.as_slice()).take(limit).read_to_end(&mut head) {
        Err(e) if head.is_empty() && !bytes.is_empty() => {
            Err(BodyError::Broken(format!("the gzip stream is damaged: {e}")))
        }
        _ => Ok(head),
    }
}

/// How a body is packed for the journey.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    Gzip,
}

impl Encoding {
    pub(super) fn of(response: &Response) -> Result<Self, BodyError> {
        let said = response.headers().get_all(header::CONTENT_ENCODING).iter();
        let said: Vec<_> = said.map(|e| String::from_utf8_lossy(e.as_bytes()).trim().to_lowercase()).collect();
        match said.join(",").as_str() {
            "" | "identity" => Ok(Self::Plain),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            other => Err(BodyError::Refused(format!("content-encoding {other:?} was not asked for"))),
        }
    }
}

/// What comes first, and no more than `cap` of it.
async fn first_bytes(response: &mut Response, cap: usize) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| BodyError::Broken(said_by(&e)))? {
        let room = cap - bytes.len();
        bytes.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if bytes.len() == cap {
            break;
        }
    }
    Ok(bytes)
}

/// Decompresses at most `cap` bytes, and refuses what grows beyond every honest ratio.
fn gunzip(packed: &[u8], cap: usize) -> Result<Vec<u8>, BodyError> {
    let allowed = packed.len().saturating_mul(MAX_RATIO).max(RATIO_IS_FREE_BELOW).min(cap);
    let mut bytes = Vec::new();
    let limit = u64::try_from(allowed).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(packed)
        .take(limit)
        .read_to_end(&mut bytes)
        .map_err(|e| BodyError::Broken(format!("the gzip stream is damaged: {e}")))?;
    if bytes.len() > allowed {
        let packed = packed.len();
        return Err(BodyError::Refused(format!(
            "{packed} compressed bytes grow beyond {allowed}: taken for a gzip bomb"
        )));
    }
    Ok(bytes)
}

/// A network error with its causes, without the address (which may name a person).
pub(super) fn said_by(error: &reqwest::Error) -> String {
    let mut said = if error.is_timeout() { "no answer in time".to_owned() } else { "no answer".to_owned() };
    let mut cause = std::error::Error::source(error);
    let mut last = String::new();
    while let Some(inner) = cause {
        last = inner.to_string();
        cause = inner.source();
    }
    if !last.is_empty() && !error.is_timeout() {
        said = format!("{said}: {last}");
    }
    said
}
