//! How the program is told to end, and how it does.

use std::io;

use hexpress_app::health::HealthService;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{sleep, timeout};
use tracing::info;

use crate::config::ShutdownConfig;
use crate::listener::Server;

/// The signals that ask the program to end: SIGTERM and SIGINT.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

/// Why the program ended before all was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CutOff {
    /// Somebody asked a second time.
    #[error("stopped at once, on a second signal: running requests were cut off")]
    Signal,
    /// `SHUTDOWN_TIMEOUT_MS` went by.
    #[error("stopped at the limit of SHUTDOWN_TIMEOUT_MS: running requests were cut off")]
    TimeLimit,
}

impl Signals {
    /// Takes the signals, which from now on end the program no more by themselves.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn take() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Ends the service in order: readiness fails while requests are still taken;
/// then no connection is taken and running requests finish; then `finish_writes`,
/// what goes on without a request.
///
/// # Errors
///
/// [`CutOff`] where that takes longer than it may, or `again` asks to end at once.
pub async fn drain(
    health: &HealthService,
    server: Server,
    finish_writes: impl Future<Output = ()>,
    limits: ShutdownConfig,
    again: impl Future<Output = ()>,
) -> Result<(), CutOff> {
    let in_order = async {
        health.drain();
        info!(delay = ?limits.delay, "draining");
        sleep(limits.delay).await;
        let ending = async {
            server.close().await;
            finish_writes.await;
        };
        let ended = timeout(limits.timeout, ending).await;
        ended.map_err(|_| CutOff::TimeLimit)
    };
    tokio::select! {
        ended = in_order => ended,
        () = again => Err(CutOff::Signal),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::future::{pending, ready};
    use std::net::SocketAddr;
    use std::sync::Arc;
    use std::time::Duration;

    use axum::Router;
    use hexpress_domain::clock::Clock;
    use hexpress_domain::health::{StoreProbe, StoreState};
    use hexpress_infra::security::SystemClock;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::listener::ConnectionLimits;

    const LONG: Duration = Duration::from_secs(60);
    const LIMITS: ShutdownConfig = ShutdownConfig {
        delay: Duration::ZERO,
        timeout: LONG,
    };

    struct Healthy;

    #[async_trait::async_trait]
    impl StoreProbe for Healthy {
        async fn state(&self) -> StoreState {
            StoreState::Ready
        }
    }

    async fn start() -> (HealthService, Server, SocketAddr) {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let limits = ConnectionLimits {
            header_read: LONG,
            keep_alive: LONG,
            write_stall: LONG,
            linger: LONG,
        };
        let server = Server::start(listener, Router::new(), limits);
        (
            HealthService::new(Arc::new(Healthy), clock),
            server,
            address,
        )
    }

    #[tokio::test]
    async fn writes_end_after_the_last_connection() {
        let (health, server, address) = start().await;
        let finish_writes = async {
            assert!(TcpStream::connect(address).await.is_err());
        };
        let ended = drain(&health, server, finish_writes, LIMITS, pending()).await;
        assert_eq!(ended, Ok(()));
        assert!(!health.ready().await.is_ready());
    }

    #[tokio::test]
    async fn connections_are_taken_while_readiness_fails_already() {
        let (health, server, address) = start().await;
        let limits = ShutdownConfig {
            delay: LONG,
            ..LIMITS
        };
        let again = async {
            while health.ready().await.is_ready() {
                tokio::task::yield_now().await;
            }
            TcpStream::connect(address).await.unwrap();
        };
        let ended = drain(&health, server, ready(()), limits, again).await;
        assert_eq!(ended, Err(CutOff::Signal));
    }

    #[tokio::test]
    async fn nothing_is_waited_for_beyond_the_limit() {
        let (health, server, _) = start().await;
        let limits = ShutdownConfig {
            timeout: Duration::from_millis(50),
            ..LIMITS
        };
        let ended = drain(&health, server, pending(), limits, pending()).await;
        assert_eq!(ended, Err(CutOff::TimeLimit));
    }
}
