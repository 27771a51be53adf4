//! What those who watch the service can read: the registry of all metrics, and what
//! is sampled whenever they read.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hexpress_infra::cache::{Cache, CacheStatus};
use hexpress_infra::database::Database;
use hexpress_infra::post::BufferedViewCounter;
use hexpress_infra::security::Argon2Hasher;
use hexpress_web::{HttpMetrics, RenderCache};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, prometheus_text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::telemetry::DroppedLines;

/// What the name of every metric begins with.
const PREFIX: &str = "hexpress";

/// All metrics of the process.
pub struct Metrics {
    registry: Registry,
}

/// One value, or one for each value of a label.
pub type Samples = Vec<(Option<&'static str>, f64)>;

/// Something that is not counted as it happens but read when somebody asks.
struct Source {
    name: &'static str,
    help: &'static str,
    kind: MetricType,
    /// The label by which its samples are told apart.
    label: &'static str,
    read: Box<dyn Fn() -> Samples + Send + Sync>,
}

impl Metrics {
    /// The metrics of requests, the database, the cache, the hashing of passwords and the
    /// counting of views.
    pub fn new(
        http: &HttpMetrics,
        database: &Database,
        cache: &Cache,
        render_cache: &RenderCache,
        hasher: &Arc<Argon2Hasher>,
        views: &Arc<BufferedViewCounter>,
    ) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix(PREFIX),
        };
        http.register(&mut metrics.registry);
        metrics.watch_database(database);
        metrics.watch_cache(cache, render_cache);
        metrics.watch_hasher(hasher);
        metrics.watch_views(views);
        metrics
    }

    /// Adds something that goes up and down.
    pub fn gauge(
        &mut self,
        name: &'static str,
        help: &'static str,
        label: &'static str,
        read: impl Fn() -> Samples + Send + Sync + 'static,
    ) {
        self.add(name, help, MetricType::Gauge, label, Box::new(read));
    }

    /// Adds something that only goes up. Its name is given without `_total`.
    pub fn counter(
        &mut self,
        name: &'static str,
        help: &'static str,
        label: &'static str,
        read: impl Fn() -> Samples + Send + Sync + 'static,
    ) {
        self.add(name, help, MetricType::Counter, label, Box::new(read));
    }

    fn add(
        &mut self,
        name: &'static str,
        help: &'static str,
        kind: MetricType,
        label: &'static str,
        read: Box<dyn Fn() -> Samples + Send + Sync>,
    ) {
        self.registry.register_collector(Box::new(Source {
            name,
            help,
            kind,
            label,
            read,
        }));
    }

    fn watch_database(&mut self, database: &Database) {
        let watched = database.clone();
        self.gauge(
            "database_connections",
            "Connections to the database",
            "state",
            move || {
                let status = watched.status();
                let used = status.connections.saturating_sub(status.idle_connections);
                vec![
                    (Some("used"), number(used)),
                    (Some("idle"), number(status.idle_connections)),
                ]
            },
        );
        let watched = database.clone();
        self.gauge(
            "database_connections_max",
            "Connections to the database that there may be",
            "",
            move || vec![(None, number(watched.status().max_connections))],
        );
        let watched = database.clone();
        self.gauge(
            "database_waiting",
            "Pieces of work that wait for a connection, or on SQLite for their turn to write",
            "",
            move || vec![(None, number(watched.status().waiting))],
        );
        let watched = database.clone();
        self.counter(
            "database_acquired",
            "Pieces of work that were given a connection",
            "",
            move || vec![(None, counted(watched.status().acquired))],
        );
        let watched = database.clone();
        self.counter(
            "database_wait_seconds",
            "How long those have waited for it, all together",
            "",
            move || vec![(None, watched.status().waited.as_secs_f64())],
        );
        let watched = database.clone();
        self.counter(
            "database_errors",
            "Work on the database that went wrong, whether or not it was done again",
            "kind",
            move || {
                let errors = watched.status().errors;
                vec![
                    (Some("no_connection"), counted(errors.no_connection)),
                    (Some("connection_lost"), counted(errors.connection_lost)),
                    (Some("contention"), counted(errors.contention)),
                    (Some("silence"), counted(errors.silence)),
                    (Some("unavailable"), counted(errors.unavailable)),
                    (Some("internal"), counted(errors.internal)),
                ]
            },
        );
    }

    fn watch_cache(&mut self, cache: &Cache, render_cache: &RenderCache) {
        let each = |cache: &Cache, value: fn(CacheStatus) -> u64| -> Samples {
            let status = cache.status().into_iter();
            let samples = status.map(|kind| (Some(kind.name), counted(value(kind))));
            samples.collect()
        };
        let watched = cache.clone();
        self.counter(
            "cache_hits",
            "Reads that were answered from memory",
            "kind",
            move || each(&watched, |kind| kind.hits),
        );
        let watched = cache.clone();
        self.counter(
            "cache_misses",
            "Reads that went to the database because nothing was kept that could be shown",
            "kind",
            move || each(&watched, |kind| kind.misses),
        );
        let (watched, rendered) = (cache.clone(), render_cache.clone());
        self.gauge(
            "cache_bytes",
            "What reads have left in memory, about",
            "kind",
            move || {
                let mut samples = each(&watched, |kind| kind.bytes);
                samples.push((Some("rendered"), counted(rendered.bytes())));
                samples
            },
        );
    }

    fn watch_hasher(&mut self, hasher: &Arc<Argon2Hasher>) {
        let hasher = Arc::clone(hasher);
        self.gauge(
            "password_hashes",
            "Hashes of passwords that run and that wait",
            "state",
            move || {
                let status = hasher.status();
                vec![
                    (Some("running"), number(status.running)),
                    (Some("waiting"), number(status.waiting)),
                ]
            },
        );
    }

    fn watch_views(&mut self, views: &Arc<BufferedViewCounter>) {
        let watched = Arc::clone(views);
        self.gauge(
            "views_waiting",
            "Views of posts that wait in memory until they are counted",
            "",
            move || vec![(None, counted(watched.waiting()))],
        );
        let watched = Arc::clone(views);
        self.counter(
            "views_lost",
            "Views of posts that were not counted",
            "",
            move || vec![(None, counted(watched.lost()))],
        );
    }

    /// Adds the lines of the log that were dropped.
    pub fn watch_log(&mut self, dropped: &DroppedLines) {
        let dropped = dropped.clone();
        self.counter(
            "log_lines_dropped",
            "Lines of the log that were dropped, since standard error was not read in time",
            "",
            move || vec![(None, number(dropped.count()))],
        );
    }

    /// `GET /metrics`, and nothing else.
    pub fn router(self) -> Router {
        let registry = Arc::new(self.registry);
        Router::new().route("/metrics", get(move || async move { show(&registry) }))
    }
}

/// In the text format of Prometheus, version 0.0.4.
fn show(registry: &Registry) -> Response {
    let mut text = String::new();
    match prometheus_text::encode(&mut text, registry) {
        Ok(()) => ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(fmt::Error) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Numbers of Prometheus are floating, exact up to 2^53.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "there is no other way, and nothing counts beyond 2^53"
)]
const fn counted(number: u64) -> f64 {
    number as f64
}

fn number(number: usize) -> f64 {
    counted(u64::try_from(number).unwrap_or(u64::MAX))
}

impl Collector for Source {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let mut family = encoder.encode_descriptor(self.name, self.help, None, self.kind)?;
        for (label, value) in (self.read)() {
            let labels: Vec<_> = label.map(|label| (self.label, label)).into_iter().collect();
            let sample = family.encode_family(&labels)?;
            match self.kind {
                MetricType::Counter => ConstCounter::new(value).encode(sample)?,
                _ => ConstGauge::new(value).encode(sample)?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
