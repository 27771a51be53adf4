//! Spans for OpenTelemetry: by OTLP over HTTP, to where the variables of its
//! specification say (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_SERVICE_NAME`,
//! `OTEL_TRACES_SAMPLER` and so on).

use std::env;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use opentelemetry::context::FutureExt;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use crate::failure::Failure;

const NAME: &str = "hexpress";

/// Either of them turns the export on.
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
];

/// What exports spans, in batches, from a thread of its own.
pub struct Exporter(SdkTracerProvider);

impl Exporter {
    /// The exporter, where the environment names an endpoint.
    pub fn from_environment() -> Result<Option<Self>, Failure> {
        let is_wanted = ENDPOINTS.iter().any(|name| env::var_os(name).is_some());
        if !is_wanted {
            return Ok(None);
        }
        // The exporter's HTTP client has no provider of its own where the build gives it TLS.
        rustls::crypto::ring::default_provider()
            .install_default()
            .ok();
        let exporter = SpanExporter::builder().with_http().build();
        let exporter = exporter.map_err(|error| {
            let [name, _] = ENDPOINTS;
            Failure::Usage(format!("spans cannot be exported to {name}: {error}"))
        })?;
        let mut resource = Resource::builder();
        if env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name(NAME);
        }
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource.build())
            .build();
        Ok(Some(Self(provider)))
    }

    /// Turns spans of the program into those of OpenTelemetry.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        OpenTelemetryLayer::new(self.0.tracer(NAME))
    }

    /// Sends what is left. Blocks for some seconds at most.
    pub fn finish(&self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last spans could not be exported");
        }
    }
}

/// Makes a request's span the child of the one that its `traceparent` names.
pub fn continue_traces(router: Router) -> Router {
    router.layer(from_fn(async |request: Request, next: Next| -> Response {
        let headers = HeaderExtractor(request.headers());
        let parent = TraceContextPropagator::new().extract(&headers);
        next.run(request).with_context(parent).await
    }))
}
