//! What a request brings, waited for before it is given a place.
//!
//! Places are for requests that are worked on. Whoever announced a body and lets it drip would hold one and do nothing, and
//! needs no key for that: so the first of every body, which is the whole of nearly all, is waited for outside.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, HttpBody as _},
    extract::Request,
    http::StatusCode,
};
use futures::{StreamExt as _, stream};

use super::fault::Fault;

/// So much of a body is waited for outside: most bodies, and little enough for all connections that there may be.
pub(super) const FIRST_BYTES: usize = 16 << 10;
/// How long that may take: a slow line brings as much in two seconds.
const FIRST_TIME: Duration = Duration::from_secs(10);

/// The same request with the first of its body at hand; a refusal when that does not come.
pub(super) async fn with_first_bytes(request: Request) -> Result<Request, Fault> {
    within(FIRST_TIME, request).await
}

async fn within(time: Duration, request: Request) -> Result<Request, Fault> {
    if request.body().is_end_stream() {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let mut rest = body.into_data_stream();
    let (mut first, mut n_bytes, mut is_whole) = (Vec::new(), 0, false);
    let coming = async {
        while n_bytes < FIRST_BYTES {
            let Some(piece) = rest.next().await else {
                is_whole = true;
                break;
            };
            n_bytes += piece.as_ref().map_or(0, Bytes::len);
            let is_broken = piece.is_err();
            first.push(piece);
            if is_broken {
                break;
            }
        }
    };
    let came = tokio::time::timeout(time, coming).await;
    came.map_err(|_| Fault::of_status(StatusCode::REQUEST_TIMEOUT))?;
    let body = match first.as_mut_slice() {
        [Ok(only)] if is_whole => Body::from(std::mem::take(only)),
        _ => Body::from_stream(stream::iter(first).chain(rest)),
    };
    Ok(Request::from_parts(parts, body))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::{
        body::{Body, Bytes, to_bytes},
        extract::Request,
    };
    use futures::{StreamExt as _, stream};

    use super::{FIRST_BYTES, with_first_bytes, within};

    #[tokio::test]
    async fn a_body_is_the_same_after_its_first_bytes_were_waited_for() {
        for pieces in [vec![], vec![3], vec![1, 2, 3], vec![FIRST_BYTES], vec![FIRST_BYTES - 1, 1, 5], vec![0, 9]] {
            let pieces: Vec<Bytes> = pieces.iter().map(|n| Bytes::from(vec![7; *n])).collect();
            let sent = pieces.concat();
            let body = Body::from_stream(stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>)));
            let request = with_first_bytes(Request::new(body)).await.unwrap();
            assert_eq!(to_bytes(request.into_body(), usize::MAX).await.unwrap(), sent);
        }
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_given_up_and_a_long_one_is_not_waited_for_to_its_end() {
        let never = || stream::pending::<Result<Bytes, std::io::Error>>();
        let silent = Request::new(Body::from_stream(never()));
        let refused = within(Duration::from_millis(5), silent).await.unwrap_err();
        assert_eq!(refused.status.as_u16(), 408);
        let first = stream::iter([Ok(Bytes::from(vec![7; FIRST_BYTES]))]);
        let long = Request::new(Body::from_stream(first.chain(never())));
        assert!(within(Duration::from_secs(60), long).await.is_ok());
    }
}
