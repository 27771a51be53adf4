//! What is counted about requests, in the terms of Prometheus.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Seconds, from an answer out of memory to the limit of a request.
const BUCKETS: [f64; 13] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0,
];

/// Counts of requests. Clones count together.
#[derive(Debug, Clone)]
pub struct HttpMetrics {
    answered: Family<Answered, Counter>,
    durations: Family<Route, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
    limits_hit: Family<Limit, Counter>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Limit {
    limit: &'static str,
}

/// A request that is not answered yet; one that is given up counts no longer either.
pub(crate) struct InFlight(Gauge);

impl Default for HttpMetrics {
    fn default() -> Self {
        Self {
            answered: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            in_flight: Gauge::default(),
            limits_hit: Family::default(),
        }
    }
}

impl HttpMetrics {
    /// Lets a registry read the counts.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "http_requests",
            "Requests that were answered",
            self.answered.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "From a request's head to the head of its answer",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register(
            "http_requests_in_flight",
            "Requests that are being handled",
            self.in_flight.clone(),
        );
        registry.register(
            "limits_hit",
            "Requests that were refused because a limit was reached",
            self.limits_hit.clone(),
        );
    }

    pub(crate) fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Counts an answer. The route is one of ours: what clients made up would have no
    /// end.
    pub(crate) fn answered(
        &self,
        method: Option<&Method>,
        route: &str,
        status: StatusCode,
        elapsed: Duration,
    ) {
        let method = method.map_or("other", known);
        let route = route.to_owned();
        let labels = Answered {
            method,
            route: route.clone(),
            status: status.as_u16(),
        };
        self.answered.get_or_create(&labels).inc();
        let durations = self.durations.get_or_create(&Route { method, route });
        durations.observe(elapsed.as_secs_f64());
    }

    pub(crate) fn limit_hit(&self, limit: &'static str) {
        self.limits_hit.get_or_create(&Limit { limit }).inc();
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Clients may make up methods too.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PATCH => "PATCH",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
