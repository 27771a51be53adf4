//! What systemd is told of a service of `Type=notify`, by sd_notify(3). A program that runs below
//! something else tells nobody.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::interval;
use tracing::warn;

/// Says that requests are taken, and where.
pub fn ready(address: SocketAddr) {
    let status = format!("listening on {address}");
    tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
}

/// Says what the start waits for.
pub fn starting(status: &str) {
    tell(&[NotifyState::Status(status)]);
}

/// Says that the program ends.
pub fn stopping() {
    let status = NotifyState::Status("draining");
    tell(&[NotifyState::Stopping, status]);
}

/// Says twice in each period of the watchdog (`WatchdogSec=`) that the program lives, for as long
/// as it is polled. It is polled by the threads that serve requests: where those hang, systemd
/// starts the program anew.
pub async fn keep_watchdog() -> Infallible {
    let Some(period) = sd_notify::watchdog_enabled() else {
        return pending().await;
    };
    let mut beats = interval((period / 2).max(Duration::from_millis(1)));
    loop {
        beats.tick().await;
        tell(&[NotifyState::Watchdog]);
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        warn!(%error, "the service manager cannot be told");
    }
}
