//! Takes connections, so many at once, and serves HTTP/1.1 on them, with a limit on every
//! wait.
//!
//! `axum::serve` has none: it would hold a connection for ever whose client sends
//! one byte a second, sends nothing, or reads nothing.

mod admission;
mod connection;
mod limits;
mod pace;
mod stream;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use self::connection::Service;

pub use self::admission::Admission;
pub use self::limits::ConnectionLimits;

/// How long to wait after a failure to accept: what it lacked (such as file
/// descriptors) may come free.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A server that takes connections until it is closed.
pub struct Server {
    service: Service,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Begins to take connections.
    pub fn start(
        listener: TcpListener,
        router: Router,
        limits: ConnectionLimits,
        admission: Admission,
    ) -> Self {
        let service = Service {
            router,
            limits,
            admission,
            closing: CancellationToken::new(),
            connections: TaskTracker::new(),
            cutting: CancellationToken::new(),
            cut_off: Arc::default(),
        };
        Self {
            accepting: tokio::spawn(accept(listener, service.clone())),
            service,
        }
    }

    /// Takes no more connections, and waits until the last request that was sent
    /// before is answered, but no longer than the limit: then what is left is cut
    /// off. Every answer from now on ends its connection. Returns how many requests
    /// had begun and are not answered.
    pub async fn close(self, limit: Duration) -> usize {
        self.service.closing.cancel();
        if let Err(error) = self.accepting.await {
            warn!(%error, "the accept loop has failed");
        }
        self.service.connections.close();
        let ended = timeout(limit, self.service.connections.wait()).await;
        if ended.is_err() {
            self.service.cutting.cancel();
            self.service.connections.wait().await;
        }
        self.service.cut_off.load(Ordering::Relaxed)
    }
}

async fn accept(listener: TcpListener, service: Service) {
    loop {
        tokio::select! {
            accepted = next(&listener, &service.admission) => match accepted {
                Ok((permit, stream, peer)) => service.take(permit, stream, peer),
                Err(error) if is_clients_doing(&error) => {}
                Err(error) => {
                    warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            },
            () = service.closing.cancelled() => break,
        }
    }
    if let Err(error) = empty_queue(listener, &service) {
        warn!(%error, "connections that waited to be accepted are lost");
    }
}

/// Accepts a connection as soon as there is a place for one.
async fn next(
    listener: &TcpListener,
    admission: &Admission,
) -> io::Result<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let permit = admission.vacancy().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((permit, stream, peer))
}

/// Takes those connections that stand already in their clients' eyes, as far as there are
/// places, and stops listening, which closes the rest.
fn empty_queue(listener: TcpListener, service: &Service) -> io::Result<()> {
    let listener = listener.into_std()?;
    while let Ok(permit) = service.admission.try_vacancy() {
        match listener.accept() {
            Ok((stream, peer)) => {
                stream.set_nonblocking(true)?;
                service.take(permit, TcpStream::from_std(stream)?, peer);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) if is_clients_doing(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Whether the client gave up before its turn came.
fn is_clients_doing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests;
