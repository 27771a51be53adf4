use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::response::Response;
use hexpress_domain::auth::ClientAddress;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::Limits;
use super::bytes::HeldBytes;
use crate::error::{ApiError, Capacity};

/// Answers up to this length, in bytes, are not counted: the number of connections bounds
/// them.
const SHORT: usize = 16 * 1024;

/// How much of a long answer is handed over at once. The rest is held here until there is
/// room for it on the connection.
const PIECE: usize = 64 * 1024;

/// Marks an answer whose bytes are in memory anyhow, once for all who ask for them.
#[derive(Clone)]
pub(crate) struct Constant;

impl Limits {
    /// Counts a long answer until it is written, or its reader has gone.
    ///
    /// # Errors
    ///
    /// [`ApiError::Overloaded`] where all such answers, or those to this address, take up as
    /// much as they may. What the request has done is done.
    pub(crate) fn hold(
        &self,
        response: Response,
        address: ClientAddress,
    ) -> Result<Response, ApiError> {
        let bytes = response.body().size_hint().lower();
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        if bytes <= SHORT || response.extensions().get::<Constant>().is_some() {
            return Ok(response);
        }
        let mut held = self.answers.begin(address);
        // An address may always have one.
        if !held.grow(bytes, bytes) {
            return Err(ApiError::Overloaded(Capacity::ResponseBytes));
        }
        Ok(response.map(|body| {
            Body::new(HeldBody {
                body,
                rest: Bytes::new(),
                held: Arc::new(held),
            })
        }))
    }
}

/// The body of an answer that is counted, in pieces.
struct HeldBody {
    body: Body,
    /// What the body has given and nobody has taken.
    rest: Bytes,
    /// Each piece has it, too: the last one to be written gives it back.
    held: Arc<HeldBytes>,
}

/// Bytes out of an answer, which count as long as they are in memory.
struct Piece {
    bytes: Bytes,
    _held: Arc<HeldBytes>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl HttpBody for HeldBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
            match frame.map(|frame| frame.map(Frame::into_data)) {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(Err(trailers))) => return Poll::Ready(Some(Ok(trailers))),
                Some(Ok(Ok(bytes))) => self.rest = bytes,
            }
        }
        let length = self.rest.len().min(PIECE);
        let bytes = self.rest.split_to(length);
        let piece = Bytes::from_owner(Piece {
            bytes,
            _held: Arc::clone(&self.held),
        });
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        match self.body.size_hint().exact() {
            Some(bytes) => SizeHint::with_exact(bytes.saturating_add(rest)),
            None => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use http_body_util::BodyExt;

    use super::super::LimitSettings;
    use super::*;

    fn limits() -> Limits {
        Limits::new(&LimitSettings {
            response_bytes: 16 * PIECE,
            ..LimitSettings::default()
        })
    }

    fn hold(limits: &Limits, length: usize, last: u8) -> Option<Response> {
        let address = IpAddr::from([192, 0, 2, last]).into();
        let response = Response::new(Body::from(vec![b'a'; length]));
        limits.hold(response, address).ok()
    }

    #[tokio::test]
    async fn a_long_answer_is_the_same_in_pieces() {
        let limits = limits();
        let mut body = hold(&limits, 2 * PIECE + 1, 1).unwrap().into_body();
        let mut left = 2 * PIECE + 1;
        while !body.is_end_stream() {
            let hint = body.size_hint().exact();
            assert_eq!(hint, u64::try_from(left).ok());
            let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert!(piece.len() <= PIECE);
            left -= piece.len();
        }
        assert_eq!(left, 0);
    }

    #[tokio::test]
    async fn an_answer_is_counted_until_its_last_piece_is_written() {
        let limits = limits();
        let answer = hold(&limits, 16 * PIECE, 1).unwrap();
        let pieces = answer.into_body().collect().await.unwrap();
        assert!(hold(&limits, SHORT + 1, 2).is_none());
        drop(pieces);
        assert!(hold(&limits, 16 * PIECE, 2).is_some());
    }

    #[test]
    fn answers_are_counted_until_they_are_dropped() {
        let limits = limits();
        // An eighth for each address.
        let held: Vec<_> = (1..=8)
            .map(|last| {
                let answer = hold(&limits, 2 * PIECE, last).unwrap();
                assert!(hold(&limits, SHORT + 1, last).is_none());
                answer
            })
            .collect();
        assert!(hold(&limits, SHORT + 1, 9).is_none());
        assert!(hold(&limits, SHORT, 1).is_some());
        drop(held);
        assert!(hold(&limits, 2 * PIECE, 1).is_some());
    }

    #[test]
    fn an_address_may_have_one_answer_whatever_its_length() {
        let limits = limits();
        let held = hold(&limits, 10 * PIECE, 1).unwrap();
        assert!(hold(&limits, SHORT + 1, 1).is_none());
        assert!(hold(&limits, 6 * PIECE, 2).is_some());
        drop(held);
        assert!(hold(&limits, 16 * PIECE + 1, 1).is_none());
    }

    #[test]
    fn what_all_share_is_not_counted() {
        let limits = limits();
        let mut response = Response::new(Body::from(vec![b'a'; 17 * PIECE]));
        response.extensions_mut().insert(Constant);
        assert!(limits.hold(response, ClientAddress::LOCAL).is_ok());
    }
}
