//! How the program is told to end, and how it does.

use std::fs;
use std::future::pending;
use std::io;
use std::time::Duration;

use hexpress_app::health::HealthService;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep};
use tracing::info;

use crate::config::ShutdownConfig;
use crate::failure::CutOff;
use crate::listener::Server;

/// The signals that ask the program to end.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
    quit: Signal,
    /// `None` where it was to be ignored when the program began, as below `nohup`.
    hang_up: Option<Signal>,
    last: Option<(SignalKind, Instant)>,
}

/// The same signal within so long a time is no second one: `timeout` and terminals send theirs
/// to the process and to its group.
const ECHO: Duration = Duration::from_millis(500);

impl Signals {
    /// Takes the signals, which from now on end the program no more by themselves.
    ///
    /// # Errors
    ///
    /// What the operating system says.
    pub fn take() -> io::Result<Self> {
        let hang_up = SignalKind::hangup();
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            hang_up: (!is_ignored(hang_up))
                .then(|| signal(hang_up))
                .transpose()?,
            last: None,
        })
    }

    /// Waits for the next one. The same one twice within half a second is one.
    pub async fn next(&mut self) {
        loop {
            let kind = self.received().await;
            let now = Instant::now();
            let is_echo = self
                .last
                .is_some_and(|(last, at)| last == kind && now - at < ECHO);
            if !is_echo {
                self.last = Some((kind, now));
                return;
            }
        }
    }

    async fn received(&mut self) -> SignalKind {
        let hang_up = async {
            match &mut self.hang_up {
                Some(hang_up) => hang_up.recv().await,
                None => pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => SignalKind::terminate(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.quit.recv() => SignalKind::quit(),
            _ = hang_up => SignalKind::hangup(),
        }
    }
}

/// Whether whoever started the program wanted it to ignore the signal. Where the system does
/// not tell (it has no `/proc`), nobody did.
fn is_ignored(kind: SignalKind) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignores(&status, kind).unwrap_or(false)
}

/// What the line `SigIgn` of proc_pid_status(5) says of it: bits from the right, from signal 1.
fn ignores(status: &str, kind: SignalKind) -> Option<bool> {
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))?;
    let mask = u64::from_str_radix(mask.trim(), 16).ok()?;
    let place = u32::try_from(kind.as_raw_value()).ok()?.checked_sub(1)?;
    Some(mask.checked_shr(place)? & 1 == 1)
}

/// Ends the service in order: readiness fails while requests are still taken;
/// then no connection is taken and running requests finish; then `finish_writes`,
/// which is given the time that is left for what goes on without a request, and
/// says whether it was enough. Requests leave it a quarter of the time at least.
///
/// # Errors
///
/// [`CutOff`] where a request or a write takes longer than it may, or `again` asks
/// to end at once.
pub async fn drain(
    health: &HealthService,
    server: Server,
    finish_writes: impl AsyncFnOnce(Duration) -> bool,
    limits: ShutdownConfig,
    again: impl Future<Output = ()>,
) -> Result<(), CutOff> {
    let in_order = async {
        health.drain();
        info!(delay = ?limits.delay, "draining");
        sleep(limits.delay).await;
        let end = Instant::now() + limits.timeout;
        let cut_off = server.close(limits.timeout / 4 * 3).await;
        let rest = end.saturating_duration_since(Instant::now());
        if !finish_writes(rest).await {
            return Err(CutOff::Writes);
        }
        match cut_off {
            0 => Ok(()),
            count => Err(CutOff::Requests(count)),
        }
    };
    tokio::select! {
        ended = in_order => ended,
        () = again => Err(CutOff::Signal),
    }
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;
    use std::sync::Arc;

    use axum::Router;
    use axum::routing::get;
    use hexpress_app::health::HealthPorts;
    use hexpress_domain::clock::Clock;
    use hexpress_domain::health::{StoreProbe, StoreState};
    use hexpress_infra::security::SystemClock;
    use tokio::io::AsyncWriteExt;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::Notify;

    use super::*;
    use crate::listener::{Admission, ConnectionLimits};
    use crate::open_files::ConnectionCounts;

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

    async fn finished(_: Duration) -> bool {
        true
    }

    async fn start() -> (HealthService, Server, SocketAddr) {
        start_with(Router::new()).await
    }

    async fn start_with(router: Router) -> (HealthService, Server, SocketAddr) {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let limits = ConnectionLimits {
            header_read: LONG,
            keep_alive: LONG,
            write_stall: LONG,
            linger: LONG,
        };
        let counts = ConnectionCounts {
            max: 10,
            per_address: 10,
        };
        let admission = Admission::new(counts, Vec::new());
        let server = Server::start(listener, router, limits, admission);
        let store = Arc::new(Healthy);
        let health = HealthService::new(HealthPorts { store, clock });
        (health, server, address)
    }

    #[tokio::test]
    async fn writes_end_after_the_last_connection() {
        let (health, server, address) = start().await;
        let finish_writes = async |_: Duration| TcpStream::connect(address).await.is_err();
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
        let ended = drain(&health, server, finished, limits, again).await;
        assert_eq!(ended, Err(CutOff::Signal));
    }

    #[tokio::test]
    async fn a_request_that_does_not_end_leaves_time_for_writes() {
        let begun = Arc::new(Notify::new());
        let endless = {
            let begun = Arc::clone(&begun);
            get(async move || {
                begun.notify_one();
                pending::<()>().await;
            })
        };
        let (health, server, address) = start_with(Router::new().route("/", endless)).await;
        let mut client = TcpStream::connect(address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        client.write_all(request).await.unwrap();
        begun.notified().await;

        let mut left = None;
        let finish_writes = async |time: Duration| {
            left = Some(time);
            true
        };
        let limits = ShutdownConfig {
            timeout: Duration::from_millis(200),
            ..LIMITS
        };
        let ended = drain(&health, server, finish_writes, limits, pending()).await;
        assert_eq!(ended, Err(CutOff::Requests(1)));
        assert!(left.is_some());
    }

    #[tokio::test]
    async fn a_connection_without_a_request_is_not_cut_off_but_closed() {
        let (health, server, address) = start().await;
        let mut half = TcpStream::connect(address).await.unwrap();
        half.write_all(b"GET / HT").await.unwrap();
        let limits = ShutdownConfig {
            timeout: Duration::ZERO,
            ..LIMITS
        };
        let ended = drain(&health, server, finished, limits, pending()).await;
        assert_eq!(ended, Ok(()));
    }

    #[test]
    fn the_system_tells_which_signals_are_ignored() {
        let status = "SigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\nSigCgt:\t00\n";
        assert_eq!(ignores(status, SignalKind::hangup()), Some(true));
        assert_eq!(ignores(status, SignalKind::interrupt()), Some(false));
        assert_eq!(ignores(status, SignalKind::pipe()), Some(true));
        assert_eq!(ignores("", SignalKind::hangup()), None);
    }

    #[tokio::test]
    async fn writes_that_do_not_end_are_told() {
        let (health, server, _) = start().await;
        let unfinished = async |_: Duration| false;
        let ended = drain(&health, server, unfinished, LIMITS, pending()).await;
        assert_eq!(ended, Err(CutOff::Writes));
    }
}
