use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, Request, Response};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::limits::ConnectionLimits;
use super::pace::Pace;
use super::stream::PacedStream;

/// What every connection shares.
#[derive(Clone)]
pub(super) struct Service {
    pub(super) router: Router,
    pub(super) limits: ConnectionLimits,
    pub(super) closing: CancellationToken,
    pub(super) connections: TaskTracker,
    /// Ends every connection at once.
    pub(super) cutting: CancellationToken,
    /// How many of those that were ended so owed an answer.
    pub(super) cut_off: Arc<AtomicUsize>,
}

impl Service {
    /// Serves a connection in a task of its own.
    pub(super) fn take(&self, stream: TcpStream, peer: SocketAddr) {
        // Answers are written whole: waiting for more to send would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            debug!(%error, "a connection has ended at once");
            return;
        }
        self.connections.spawn(serve(stream, peer, self.clone()));
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
        .serve_connection(stream, answers);
    let closed = async {
        service.closing.cancelled().await;
        pace.close();
        std::future::pending().await
    };
    tokio::select! {
        ended = connection => if let Err(error) = ended {
            debug!(%peer, %error, "a connection has broken");
        },
        () = pace.exceeded() => debug!(%peer, "a connection has waited for too long"),
        () = closed => {}
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
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    let router = TowerToHyperService::new(service.router.clone());
    let mut response = router.call(request).await?;
    if service.closing.is_cancelled() {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(CONNECTION, close);
    }
    Ok(response.map(|body| AnswerBody { body, pace }))
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
