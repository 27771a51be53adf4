//! The log: what the program says to those who operate it, on standard error; and
//! with the feature `otel` its spans, for those who collect them.

#[cfg(feature = "otel")]
pub mod otel;

use std::env;
use std::io::{self, IsTerminal};
use std::panic;

use tracing::field::display;
use tracing::level_filters::LevelFilter;
use tracing::{Subscriber, error};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{LogConfig, LogFormat};
use crate::failure::Failure;

/// What has to be seen to at the end of the process.
pub struct Telemetry {
    #[cfg(feature = "otel")]
    exporter: Option<otel::Exporter>,
}

/// Begins to log, panics too, for the rest of the process. Each line carries the
/// fields of the spans that it is in, the request's id among them.
///
/// # Errors
///
/// [`Failure::Usage`] where spans are to be exported and cannot be.
pub fn init(config: &LogConfig) -> Result<Telemetry, Failure> {
    // As https://no-color.org has it: set and not empty.
    let is_plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_colourful = io::stderr().is_terminal() && !is_plain;
    let subscriber = subscriber(config, io::stderr, is_colourful);
    #[cfg(feature = "otel")]
    let exporter = otel::Exporter::from_environment()?;
    #[cfg(feature = "otel")]
    let subscriber = subscriber.with(exporter.as_ref().map(|exporter| {
        exporter
            .layer()
            .with_filter(Targets::new().with_target("hexpress", LevelFilter::INFO))
    }));
    subscriber.init();
    panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(display);
        error!(panic = panic.payload_as_str(), place, "panicked");
    }));
    Ok(Telemetry {
        #[cfg(feature = "otel")]
        exporter,
    })
}

impl Telemetry {
    /// Sends what has been collected and not been sent.
    pub fn finish(&self) {
        #[cfg(feature = "otel")]
        if let Some(exporter) = &self.exporter {
            exporter.finish();
        }
    }
}

fn subscriber<W>(
    config: &LogConfig,
    writer: W,
    is_colourful: bool,
) -> impl Subscriber + for<'a> LookupSpan<'a> + use<W>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(writer);
    let lines = match config.format {
        LogFormat::Pretty => lines.with_ansi(is_colourful).boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .boxed(),
    };
    // Libraries speak only of what goes wrong.
    let filter = Targets::new()
        .with_default(config.level.min(LevelFilter::WARN))
        .with_target("hexpress", config.level);
    tracing_subscriber::registry().with(lines.with_filter(filter))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};
    use std::sync::Arc;

    use serde_json::Value;
    use tracing::{info, info_span, subscriber::with_default, warn};

    use super::*;

    fn logged(format: LogFormat, level: LevelFilter, act: impl FnOnce()) -> String {
        let mut file = tempfile::tempfile().unwrap();
        let writer = Arc::new(file.try_clone().unwrap());
        with_default(subscriber(&LogConfig { format, level }, writer, false), act);
        let mut text = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn each_json_line_carries_the_fields_of_its_spans() {
        let text = logged(LogFormat::Json, LevelFilter::INFO, || {
            let _request = info_span!("request", request_id = "r-1").entered();
            let _query = info_span!("query").entered();
            info!(rows = 3, "found");
        });
        let line: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line.get("message").unwrap(), "found");
        assert_eq!(line.get("rows").unwrap(), 3);
        assert_eq!(line.pointer("/spans/0/request_id").unwrap(), "r-1");
    }

    #[test]
    fn each_line_for_people_carries_the_fields_of_its_spans() {
        let text = logged(LogFormat::Pretty, LevelFilter::INFO, || {
            let _request = info_span!("request", request_id = "r-1").entered();
            info!("found");
        });
        assert_eq!(text.lines().count(), 1);
        assert!(text.contains("r-1") && text.contains("found"), "{text}");
    }

    #[test]
    fn libraries_speak_only_of_what_goes_wrong() {
        let text = logged(LogFormat::Pretty, LevelFilter::DEBUG, || {
            info!(target: "hyper", "chatter");
            warn!(target: "hyper", "trouble");
            info!(target: "hexpress_infra", "statement");
        });
        assert!(!text.contains("chatter"), "{text}");
        assert!(
            text.contains("trouble") && text.contains("statement"),
            "{text}"
        );
    }
}
