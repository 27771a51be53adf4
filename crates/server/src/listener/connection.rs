use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Request, Response};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::admission::Admission;
use super::limits::ConnectionLimits;
use super::pace::Pace;
use super::stream::PacedStream;

/// How much is read for the head of a request, in bytes: whoever has filled it without an end
/// gets 431. As much again may have been read by then, so that no head of more than 64 KiB is
/// taken.
const HEAD_BUFFER: usize = 32 * 1024;

/// What every connection shares.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) router: Router,
    pub(super) limits: ConnectionLimits,
    pub(super) admission: Admission,
    pub(super) closing: CancellationToken,
    pub(super) connections: TaskTracker,
    /// Ends every connection at once.
    pub(super) cutting: CancellationToken,
    /// How many of those that were ended so owed an answer.
    pub(super) cut_off: Arc<AtomicUsize>,
}

impl Service {
    /// Serves a connection in a task of its own, unless its address has too many.
    pub(super) fn take(&self, permit: OwnedSemaphorePermit, stream: TcpStream, peer: SocketAddr) {
        let Some(admitted) = self.admission.admit(permit, peer.ip()) else {
            debug!(%peer, "an address has too many connections");
            return;
        };
        // Answers are written whole: waiting for more to send would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "a connection has ended at once");
            return;
        }
        let service = self.clone();
        self.connections.spawn(async move {
            serve(stream, peer, service).await;
            drop(admitted);
        });
    }
}

/// Serves one connection until either side ends it, or it waits for too long.
async fn serve(stream: TcpStream, peer: SocketAddr, service: Service) {
    let pace = Pace::new(service.limits);
    let stream = TokioIo::new(PacedStream::new(stream, pace.clone()));
    let answers = service_fn(|request| answer(request, peer, &service, pace.clone()));
    let connection = http1::Builder::new()
        // The pace knows better: hyper would count an idle connection as a slow head.
        .header_read_timeout(None)
        .max_buf_size(HEAD_BUFFER)
        .serve_connection(stream, answers);
    let closed = async {
        service.closing.cancelled().await;
        pace.close();
        std::future::pending().await
    };
    let crowding = async {
        let mut crowded = service.admission.crowding();
        loop {
            pace.set_crowded(*crowded.borrow_and_update());
            if crowded.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    };
    tokio::select! {
        ended = connection => if let Err(error) = ended {
            debug!(%peer, %error, "a connection has broken");
        },
        () = pace.exceeded() => debug!(%peer, "a connection has waited for too long"),
        () = closed => {}
        () = crowding => {}
        () = service.cutting.cancelled() => if pace.owes_an_answer() {
            service.cut_off.fetch_add(1, Ordering::Relaxed);
            warn!(%peer, "a request has been cut off");
        },
    }
}

async fn answer(
    request: Request<Incoming>,
    peer: SocketAddr,
    service: &Service,
    pace: Pace,
) -> Result<Response<AnswerBody>, Infallible> {
    pace.request_begins();
    let is_read = Arc::new(AtomicBool::new(request.body().is_end_stream()));
    let mut request = request.map(|body| {
        let is_read = Arc::clone(&is_read);
        Body::new(RequestBody { body, is_read })
    });
    request.extensions_mut().insert(ConnectInfo(peer));
    let router = TowerToHyperService::new(service.router.clone());
    let mut response = router.call(request).await?;
    let is_last = service.closing.is_cancelled() || service.admission.is_crowded();
    // What is left of a body would be taken for the next request.
    if is_last || !is_read.load(Ordering::Relaxed) {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    Ok(response.map(|body| AnswerBody { body, pace }))
}

/// The body of a request, which notes when all of it has been read.
struct RequestBody {
    body: Incoming,
    is_read: Arc<AtomicBool>,
}

impl hyper::body::Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = pin!(&mut self.body).poll_frame(context);
        let is_end = matches!(frame, Poll::Ready(None)) || self.body.is_end_stream();
        self.is_read.fetch_or(is_end, Ordering::Relaxed);
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer, which is dropped when all of it has been handed over.
struct AnswerBody {
    body: Body,
    pace: Pace,
}

impl hyper::body::Body for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        pin!(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        self.pace.request_ends();
    }
}
