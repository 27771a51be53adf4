//! Liveness and readiness of the service.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use hexpress_domain::clock::Clock;
use hexpress_domain::health::{StoreProbe, StoreState};

/// Whether requests should be sent to this instance, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// The instance is shutting down.
    pub draining: bool,
    /// What the store needs.
    pub store: StoreState,
}

impl Readiness {
    /// Whether requests should be sent to this instance.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.draining && self.store == StoreState::Ready
    }
}

/// The ports of the health checks.
pub struct HealthPorts {
    /// Tells whether the store can be worked with.
    pub store: Arc<dyn StoreProbe>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

/// Answers health checks.
pub struct HealthService {
    ports: HealthPorts,
    draining: AtomicBool,
}

impl HealthService {
    /// Puts the use cases on their ports.
    #[must_use]
    pub const fn new(ports: HealthPorts) -> Self {
        Self {
            ports,
            draining: AtomicBool::new(false),
        }
    }

    /// The time, which shows that the process is alive. Touches nothing else.
    #[must_use]
    pub fn alive(&self) -> DateTime<Utc> {
        self.ports.clock.now()
    }

    /// Whether requests should be sent to this instance.
    pub async fn ready(&self) -> Readiness {
        Readiness {
            draining: self.draining.load(Ordering::Relaxed),
            store: self.ports.store.state().await,
        }
    }

    /// Makes the instance not ready from now on.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use hexpress_domain::clock::MockClock;
    use hexpress_domain::health::MockStoreProbe;

    use super::*;

    fn service(state: StoreState) -> HealthService {
        let mut store = MockStoreProbe::new();
        store.expect_state().return_const(state);
        HealthService::new(HealthPorts {
            store: Arc::new(store),
            clock: Arc::new(MockClock::new()),
        })
    }

    #[tokio::test]
    async fn is_ready_with_its_store_alone() {
        for (state, ready) in [
            (StoreState::Ready, true),
            (StoreState::MigrationsPending, false),
            (StoreState::Unreachable, false),
        ] {
            assert_eq!(service(state).ready().await.is_ready(), ready, "{state:?}");
        }
    }

    #[tokio::test]
    async fn is_not_ready_while_it_drains() {
        let service = service(StoreState::Ready);
        service.drain();
        assert!(!service.ready().await.is_ready());
    }
}
